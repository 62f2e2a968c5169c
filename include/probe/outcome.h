// SPDX-License-Identifier: Apache-2.0
//
// An outcome is the answer to a probe: one of a closed set of kinds, the parsed flight where there
// was one, and the raw octets where they are kept.
#ifndef PROBE_OUTCOME_H
#define PROBE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "probe/fetch.h"
#include "probe/handshake.h"
#include "probe/records.h"
#include "wire/flight.h"

struct arena;

enum outcome_kind {
    OUTCOME_REPLIED,       // a ServerHello, HelloRetryRequest or SERVER-HELLO was read; whatever came after it.
                           // Of a fetch: the head of a response; of records: what the resolver said
    OUTCOME_ALERT,         // a fatal alert (or an SSLv2 ERROR) and no ServerHello
    OUTCOME_CLOSED,        // FIN before a ServerHello
    OUTCOME_RESET,         // RST before a ServerHello
    OUTCOME_SILENT,        // connected, sent, and no complete answer in time
    OUTCOME_GARBLED,       // records of TLS, but no flight: malformed or endless
    OUTCOME_NOT_TLS,       // the answer is another protocol
    OUTCOME_REFUSED,       // RST to our SYN
    OUTCOME_UNREACHABLE,   // no answer to our SYN, or the network says so
    OUTCOME_LOCAL_FAILURE, // this machine could not ask: no descriptors, no route, no port
    OUTCOME_SKIPPED,       // not asked: the deadline passed, the host is down, or the user stopped
    OUTCOME_NOT_ALLOWED,   // a fetch, and the user has not allowed any
    OUTCOME_PRIVATE,       // a fetch that leads to addresses that are not public alone
    OUTCOME_NO_RESOLVER,   // records, and there is no resolver, or it does not answer
};
#define OUTCOME_KINDS 14

// What went over a connection.
struct raw {
    struct bytes sent, received;
};

// In an order that leaves no gaps: there is one for each question to each host.
struct outcome {
    const struct flight *flight;              // NULL when nothing of TLS was read; kept also for ALERT and GARBLED
    const struct handshake_result *handshake; // of a complete handshake that came to a talk; `flight` is NULL then
    const struct fetch_result *fetch;         // of a fetch that came to a talk
    const struct records_result *records;     // of records where the resolver answered
    const char *detail;                       // escaped text of the machine or a banner, or NULL
    const struct raw *raw;                    // of the last try; NULL when not kept
    uint32_t connect_ms, answer_ms;           // of the last try; 0 where it did not come so far
    enum outcome_kind kind;
    uint8_t tries; // connections it took
    bool cut;      // REPLIED, but the peer ended or fell silent before the flight was complete
    bool ended;    // ... by FIN or RST
};

// "replied", "alert", ...: stable codes, and the way back (false: no such code).
const char *outcome_code(enum outcome_kind kind);
bool outcome_from_code(const char *code, enum outcome_kind *kind);

// One sentence for people: "the server answered with alert 40 (handshake_failure)".
const char *outcome_sentence(struct arena *arena, const struct outcome *outcome);

// RST or internal_error for an answer: how some refuse a question, and how others say that they have had enough of us.
bool outcome_is_abrupt(const struct outcome *outcome);
bool outcome_is_cut_off(const struct outcome *outcome); // ... or FIN

const struct raw *raw_keep(struct arena *arena, struct raw raw); // copied into the arena

// Empty where it was not kept.
struct raw outcome_raw(const struct outcome *outcome);

// Whether it came to a talk: octets were exchanged, or could have been.
bool outcome_has_talk(enum outcome_kind kind);

#endif
