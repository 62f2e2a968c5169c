// SPDX-License-Identifier: Apache-2.0
//
// A server's first flight, read as it arrives: any record fragmentation, one octet at a time if
// need be, SSLv2 to TLS 1.3, or something that is not TLS at all. Bounded in memory whatever the
// peer sends. Every view in a struct flight lives in the arena given to flight_begin.
#ifndef WIRE_FLIGHT_H
#define WIRE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "wire/hello.h"
#include "wire/keys.h"

#define FLIGHT_LIMIT        (256 * 1024) // octets read on one connection before it counts as endless
#define FLIGHT_CERTIFICATES 100          // certificates kept of one chain
#define FLIGHT_EXTENSIONS   256          // extensions kept of one message
#define FLIGHT_WARNINGS     16           // warning alerts skipped before it counts as endless

// What a peer did that no TLS server should. A set of bits; description in flight_fault_name.
enum flight_fault {
    FAULT_SUITE_NOT_OFFERED = 1 << 0,
    FAULT_VERSION_NOT_OFFERED = 1 << 1, // higher than offered, or a TLS 1.3 one that supported_versions did not list
    FAULT_GROUP_NOT_OFFERED = 1 << 2,
    FAULT_RETRY_WITHOUT_GROUP = 1 << 3, // HelloRetryRequest that names no group
    FAULT_RETRY_FOR_SHARE = 1 << 4,     // ... or one whose share was in the hello
    FAULT_COMPRESSION = 1 << 5,         // a compression method that was not offered
    FAULT_SESSION_ID = 1 << 6,          // TLS 1.3: legacy_session_id_echo differs
    FAULT_EXTENSION_NOT_OFFERED = 1 << 7,
    FAULT_MALFORMED = 1 << 8,      // a message that does not parse; what came before it stands
    FAULT_UNEXPECTED = 1 << 9,     // a message that has no place here
    FAULT_UNDECRYPTABLE = 1 << 10, // a TLS 1.3 record that does not open, or comes before there is a key for it
    FAULT_TOO_LONG = 1 << 11,      // over FLIGHT_LIMIT, or too many certificates, extensions or warnings
    FAULT_TRAILING_DATA = 1 << 12, // octets after the end of a message's last field
};
#define FLIGHT_FAULTS 13

// "suite_not_offered" and so on for one bit.
const char *flight_fault_name(enum flight_fault fault);

enum flight_state {
    FLIGHT_READING,
    FLIGHT_ENDED,   // all was read that this hello can draw out, or a fatal alert
    FLIGHT_NOT_TLS, // the first octets are no record of TLS nor SSLv2
    FLIGHT_BROKEN,  // a fault that makes reading on pointless
};

// What most flights of a server have in common: one is kept for all that show the same (probe/talk.c).
struct flight_shown {
    struct extensions extensions;           // of the ServerHello or HelloRetryRequest
    struct extensions encrypted_extensions; // TLS 1.3

    // ServerKeyExchange (TLS <= 1.2)
    struct bytes dh_prime, dh_generator;
    uint16_t dh_bits; // length of the prime; 0: none

    // Certificate
    bool certificate_message; // one was read, even if it lists none
    bool certificate_request;
    uint16_t certificate_compression;  // algorithm of a CompressedCertificate, which ends the flight; 0: none
    const struct bytes *certificates;  // DER, as sent
    size_t certificate_count;          // also of `staples`
    struct extensions leaf_extensions; // TLS 1.3: those of the first CertificateEntry
    struct bytes staple;               // CertificateStatus, or the leaf's status_request in TLS 1.3: OCSPResponse DER
    const struct bytes *staples;       // TLS 1.3: of each certificate, empty where there is none; else NULL
    struct bytes certificate_request_body;

    // SSLv2
    const uint32_t *kinds; // cipher kinds the server listed
    size_t kind_count;
};

// ... and what each has of its own, in an order that leaves no gaps.
struct flight {
    struct flight_shown *shown; // never NULL

    // ServerHello, HelloRetryRequest or SSLv2 SERVER-HELLO
    bool hello;    // one was read whole
    bool retry;    // it is a HelloRetryRequest
    bool complete; // the flight was read to its end: see flight_feed
    uint8_t compression;
    uint16_t record_version; // of the first record
    uint16_t legacy_version; // field of the ServerHello
    uint16_t version;        // what was negotiated: supported_versions if sent, else legacy_version; SSL2
    uint16_t suite;
    uint16_t group;          // named by key_share or ServerKeyExchange; 0: none
    uint16_t scheme;         // signature scheme of ServerKeyExchange (1.2) or CertificateVerify (1.3); 0: none
    uint8_t random_begin[4]; // of its random: the time, in some servers
    uint8_t random_end[8];   // ... and the place of a sentinel (RFC 8446 section 4.1.3)
    unsigned faults;         // set of enum flight_fault
    struct bytes key_share;  // the server's public value in ServerKeyExchange, or its share in TLS 1.3

    // Alerts, and an SSLv2 ERROR message
    bool alert; // a fatal one (or any that ended the flight)
    uint8_t alert_level, alert_description;
    uint8_t warnings; // skipped ones
    uint8_t warning;  // description of the last of them
    bool ssl2_error;
    uint16_t ssl2_error_code;
};

// NULL when the extension is not there.
const struct extension *extension_in(struct extensions extensions, uint16_t type);

struct flight_reader {
    enum flight_state state;
    struct flight flight;
    struct bytes banner; // FLIGHT_NOT_TLS: the first octets, at most 256
    // private to flight.c and message.c from here on
    struct arena *arena;
    const struct hello *hello;
    struct entropy entropy;
    struct bytes sent;
    struct builder input;     // octets of an unfinished record
    size_t wanted;            // ... and how many there must be before they are looked at again
    struct builder handshake; // octets of an unfinished handshake message
    unsigned previous;        // type of the last message, as a bit
    uint8_t half_alert;       // level of an alert whose description has not come yet
    bool has_half_alert;
    size_t total; // octets taken
    bool secret;  // records are encrypted from here on
    struct opener opener;
};

// hello, entropy and sent (the bytes of hello_build) must outlive the reader.
void flight_begin(struct flight_reader *reader, struct arena *arena, const struct hello *hello,
                  const struct entropy *entropy, struct bytes sent);

// Whether octets came that do not make a whole record and message: what ends now is broken off.
bool flight_broken_off(const struct flight_reader *reader);

// Takes octets as they arrive; the result is the same however they are cut. The flight is complete
// at ServerHelloDone (TLS <= 1.2), HelloRetryRequest, Finished (1.3), the ServerHello itself where
// the keys to go on are not to be had, SERVER-HELLO (SSLv2), and at a ChangeCipherSpec right after
// the ServerHello (TLS <= 1.2: a session resumed that we never had; FAULT_UNEXPECTED). A fatal alert,
// an SSLv2 ERROR or a close_notify ends it incomplete; other warnings are skipped. Later octets are
// ignored, but for the banner of what is not TLS, which they make longer.
enum flight_state flight_feed(struct flight_reader *reader, struct bytes bytes);

#endif
