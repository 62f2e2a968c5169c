// SPDX-License-Identifier: Apache-2.0
//
// A complete handshake as a question, and what it led to: both plain values with a canonical form.
// Where only a finished handshake tells (sessions, renegotiation), libssl carries it out over memory
// BIOs: handshake.c, the only file that knows libssl. What its octets were cannot be derived again from
// a seed, so a transcript keeps the result itself. A session stays in memory and is offered by reference.
#ifndef PROBE_HANDSHAKE_H
#define PROBE_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define HANDSHAKE_CERTIFICATES 100 // that are kept

struct arena;
struct identity;

enum handshake_option {
    HANDSHAKE_TICKETS = 1 << 0,     // TLS <= 1.2: the session_ticket extension (RFC 5077)
    HANDSHAKE_PSK_ALONE = 1 << 1,   // TLS 1.3: lists psk_ke too; the server may then resume without (EC)DHE
    HANDSHAKE_EARLY_DATA = 1 << 2,  // TLS 1.3: one HEAD request as early data; only where HTTP is known
    HANDSHAKE_CERTIFICATE = 1 << 3, // presents the run's client certificate to a server that asks for one
    HANDSHAKE_HTTP = 1 << 4,        // one HEAD request, where ALPN agrees on HTTP/1; its answer's head is kept
    HANDSHAKE_HTTP_UNSAID = 1 << 5, // ... and where the server has no word of ALPN; only on a port of HTTP's
    HANDSHAKE_HTTP_GET = 1 << 6,    // ... with GET instead, whose content is not read
    HANDSHAKE_CHAIN = 1 << 7,       // keeps the server's certificates and the staple, which it asks for
    HANDSHAKE_CAREFUL = 1 << 8,     // offers and bears what a careful client does, and not all that there is
};
#define HANDSHAKE_OPTIONS 9

#define HANDSHAKE_RENEGOTIATIONS 10 // the most that are attempted on one connection

struct handshake {
    uint16_t lowest, highest; // versions, TLS10 to TLS13
    uint16_t options;         // set of enum handshake_option
    uint8_t renegotiations;   // to attempt after the handshake (TLS <= 1.2), with or without RFC 5746
    uint64_t session;         // key of the probe whose session is offered; 0: none
    const char *server_name;  // A-label or NULL
    const char *alpn;         // protocols to offer, separated by commas, or NULL
    const char *authority;    // of the HTTP request: "example.com:8443"; NULL without one
};

void handshake_encode(struct builder *out, const struct handshake *question);

// Sticky: what is no question that can be asked makes the cursor bad.
void handshake_decode(struct arena *arena, struct cursor *in, struct handshake *out);

const char *handshake_sentence(struct arena *arena, const struct handshake *question);

// --- what came of it ------------------------------------------------------------------------------

#define TICKET_NAME   16 // octets: how long a key name is in RFC 5077 and in nearly every server
#define TICKETS_KEPT  4
#define TICKETS_LIMIT 32 // on one connection; the talk ends there

struct ticket {
    uint32_t lifetime; // seconds; TLS <= 1.2: a hint, 0: not said
    uint32_t length;   // octets
    uint32_t max_early_data;
    uint8_t name[TICKET_NAME]; // its first octets
    uint8_t name_size;         // fewer when the ticket is shorter
};

enum early_data { EARLY_DATA_NONE, EARLY_DATA_REJECTED, EARLY_DATA_ACCEPTED };

enum http_answer {
    HTTP_NOT_ASKED,   // not wanted, or nobody said that this is HTTP
    HTTP_NO_ANSWER,   // the request was sent, and no whole head came
    HTTP_ANSWER,      // `http` is the head of the final response
    HTTP_NO_HTTP,     // what came is another protocol
    HTTP_BROKEN_HEAD, // ... is a head that does not parse, or does not end
};
#define HTTP_ANSWERS 5

// How the connection came to its end after, or before, the handshake was complete.
enum handshake_end {
    HANDSHAKE_ORDERLY, // the server answered our close_notify, or closed
    HANDSHAKE_CLOSED,  // FIN where an answer was due
    HANDSHAKE_RESET,
    HANDSHAKE_SILENT,
    HANDSHAKE_STOPPED, // we ended it: a limit, the deadline
    HANDSHAKE_FAILED,  // an alert, or something that libssl could not bear: `alert`, `error`
};
#define HANDSHAKE_ENDS 6

struct handshake_result {
    bool hello;     // a ServerHello was read: the next four are its
    bool completed; // both Finished messages were good
    uint16_t version, suite;
    uint16_t group; // of the key exchange in this handshake; 0: none
    bool resumed;   // good only when completed, as all that follows
    bool extended_master_secret, secure_renegotiation;
    bool resumable;             // it brought a session that can be offered
    bool certificate_requested; // the server asked for a client certificate, completed or not
    bool certificate_sent;      // ... and was shown one
    uint8_t session_id_size;
    enum early_data early_data;
    uint8_t renegotiations; // completed
    enum handshake_end end;
    bool alerted; // the server sent an alert other than close_notify that ended something
    uint8_t alert;
    struct bytes alpn; // as sent; empty: none
    const char *error; // libssl's reason in printable ASCII, or NULL
    uint16_t ticket_count;
    struct ticket ticket[TICKETS_KEPT]; // the first
    uint16_t scheme;                    // of the server's signature over the key exchange; 0: not read
    enum http_answer http_answer;
    struct bytes http;                // the response's head, the values of cookies left out
    const struct bytes *certificates; // with HANDSHAKE_CHAIN: DER as sent, the leaf first
    size_t certificate_count;
    struct bytes staple;  // likewise: the leaf's OCSP response
    struct bytes session; // in memory only
};

void handshake_result_encode(struct builder *out, const struct handshake_result *result);
bool handshake_result_decode(struct arena *arena, struct bytes encoded, struct handshake_result *out);

// "a TLSv1.3 handshake was completed with ..., session resumed".
const char *handshake_result_sentence(struct arena *arena, const struct handshake_result *result);

// --- the conversation ------------------------------------------------------------------------------

// libssl's objects of one connection, held until handshake_release: they cannot be values.
struct handshake_talk;

// session: what an earlier result holds; empty when none is offered. identity: NULL where the run has
// none; else it must outlive the talk. Lives in the arena.
struct handshake_talk *handshake_begin(struct arena *arena, const struct handshake *question, struct bytes session,
                                       const struct identity *identity);

// What is to be sent now; empty: nothing. It is taken by this, and copied into the arena.
struct bytes handshake_output(struct handshake_talk *talk, struct arena *arena);

void handshake_input(struct handshake_talk *talk, struct bytes bytes);

// Nothing more is wanted from the peer.
bool handshake_over(const struct handshake_talk *talk);

// All that was asked is done, our close_notify is sent: nothing but the server's end is awaited.
bool handshake_closing(const struct handshake_talk *talk);

// The first octets that came, where they begin no record of TLS; else empty. They live as long as the talk.
struct bytes handshake_strange(const struct handshake_talk *talk);

// Where it is not over, `end` is HANDSHAKE_STOPPED: only who holds the connection knows better. Copied
// into the arena.
void handshake_result(const struct handshake_talk *talk, struct arena *arena, struct handshake_result *out);

void handshake_release(struct handshake_talk *talk);

#endif
