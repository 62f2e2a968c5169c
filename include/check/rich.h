// SPDX-License-Identifier: Apache-2.0
//
// Many extensions asked about in one hello. Where that is turned down the set is cut in two, until
// each extension stands in a hello that was answered, or is refused by itself.
#ifndef CHECK_RICH_H
#define CHECK_RICH_H

#include "check/opening.h"

enum rich_part {
    RICH_STATUS_REQUEST,
    RICH_SIGNED_CERTIFICATE_TIMESTAMP,
    RICH_SESSION_TICKET,
    RICH_HEARTBEAT,
    RICH_TRUNCATED_HMAC,
    RICH_MAX_FRAGMENT_LENGTH,
    RICH_RECORD_SIZE_LIMIT,
    RICH_ENCRYPT_THEN_MAC,
    RICH_NEXT_PROTOCOL_NEGOTIATION,
    RICH_CERTIFICATE_TYPES,
    RICH_COMPRESSION,
    RICH_DELEGATED_CREDENTIAL,
    RICH_ENCRYPTED_CLIENT_HELLO,
    RICH_ALPN, // every protocol: see alpn.h
};
#define RICH_PARTS 14

// Set of parts.
#define RICH(part) (1u << (part))

struct rich {
    const struct answer *answer[RICH_PARTS]; // to an accepted hello with that part; NULL: see why
    struct fact why[RICH_PARTS];
};

// The answer to each part of the set. Parts that would hide others are asked apart from them where
// the server takes them: raw public keys hide what comes with a certificate, a record size limit
// outdoes a maximum fragment length (RFC 8449 section 5). Scratch memory.
enum progress rich_find(struct host *host, const struct opening *opening, unsigned set, struct rich *rich);

// The hello that carries a set; and asks with it once more.
struct hello rich_hello(const struct host *host, const struct opening *opening, unsigned set);
const struct answer *rich_ask(struct host *host, const struct opening *opening, unsigned set, uint16_t sample);

// Whether the server's choice is to show a raw public key: RFC 7250.
bool rich_raw_public_key(const struct flight *flight);

#endif
