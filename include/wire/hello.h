// SPDX-License-Identifier: Apache-2.0
//
// What a ClientHello should say (a plain value), and its bytes. SSLv2, SSLv3 and TLS 1.0 to 1.3.
// The spec holds no randomness: random, session id and key shares are derived from the entropy
// given when the bytes are made, so that a saved seed makes the same bytes again.
#ifndef WIRE_HELLO_H
#define WIRE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

// A list of code points; a view.
struct codes {
    const uint16_t *code;
    size_t count;
};

bool codes_have(struct codes codes, uint16_t code);

// Any extension, as it stands on the wire.
struct extension {
    uint16_t type;
    struct bytes body;
};

struct extensions {
    const struct extension *row;
    size_t count;
};

// Extensions that a hello can carry, as bits of hello.extensions. They are written in the order
// of this list, which ends with ones that are never empty: some old stacks refuse a hello whose
// last extension is empty.
enum hello_extension {
    HELLO_SERVER_NAME = 1 << 0,                  // RFC 6066; from hello.server_name, left out when that is NULL
    HELLO_EXTENDED_MASTER_SECRET = 1 << 1,       // RFC 7627
    HELLO_ENCRYPT_THEN_MAC = 1 << 14,            // RFC 7366
    HELLO_RENEGOTIATION_INFO = 1 << 2,           // RFC 5746, empty
    HELLO_EC_POINT_FORMATS = 1 << 3,             // RFC 8422: uncompressed alone
    HELLO_SESSION_TICKET = 1 << 4,               // RFC 5077, empty
    HELLO_STATUS_REQUEST = 1 << 5,               // RFC 6066: OCSP
    HELLO_SIGNED_CERTIFICATE_TIMESTAMP = 1 << 6, // RFC 6962
    HELLO_KEY_SHARE = 1 << 7,                    // RFC 8446; from hello.key_shares, may be an empty list
    HELLO_PSK_KEY_EXCHANGE_MODES = 1 << 8,       // RFC 8446: psk_dhe_ke
    HELLO_SIGNATURE_ALGORITHMS_CERT = 1 << 12,   // RFC 8446; from hello.certificate_schemes
    HELLO_SUPPORTED_VERSIONS = 1 << 9,           // from hello.versions
    HELLO_SUPPORTED_GROUPS = 1 << 10,            // from hello.groups
    HELLO_SIGNATURE_ALGORITHMS = 1 << 11,        // from hello.schemes
    HELLO_EXTENDED_MASTER_SECRET_LAST = 1 << 13, // instead of the first one: an empty extension at the end, on purpose
};

struct hello {
    uint16_t version;        // legacy_version; SSL2 means an SSLv2 CLIENT-HELLO with every cipher kind of the registry
    uint16_t record_version; // of the record layer; 0: 0x0301, or the version itself when that is SSL3
    uint32_t extensions;     // set of enum hello_extension; 0: no extension block at all
    bool session_id;         // a legacy session id of 32 octets, else empty
    struct codes suites;
    struct codes versions, groups, schemes, certificate_schemes, key_shares;
    struct extensions extra;   // written as they are, in this order, before supported_versions and what follows it
    struct bytes compressions; // compression methods; empty: null alone
    uint16_t pad_to;           // a padding extension makes the handshake message at least this long; 0: no
    uint16_t fragment;         // octets of the message in each record; 0: as many as fit
    const char *server_name;   // A-label or NULL
};

// Where a hello's (and its key shares') randomness comes from: HKDF-SHA256 over seed and key.
struct entropy {
    uint8_t seed[32];
    uint64_t key; // the probe's key
};

// Fills size octets (at most 255 * 32), different for each label. libcrypto, in wire/keys.c.
void entropy_expand(const struct entropy *entropy, const char *label, uint8_t *out, size_t size);

// The whole first flight, record header included, in the arena. A TLS hello whose handshake
// message would be 256 to 511 octets long is padded to 512 (RFC 7685: some F5 devices hang on
// those), where it may carry extensions; the padding stands before the last extension. Groups in
// key_shares must be computable (keys.h) or look so (kem.h), and each list must fit its length field (32767 suites,
// 127 versions).
struct bytes hello_build(struct arena *arena, const struct hello *hello, const struct entropy *entropy);

// Whether the hello carries an extension of this type.
bool hello_carries(const struct hello *hello, uint16_t type);

// ... and whether a key share of this group.
bool hello_shares(const struct hello *hello, uint16_t group);

#endif
