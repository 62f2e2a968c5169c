// SPDX-License-Identifier: Apache-2.0
//
// An ECHConfigList (RFC 9849 section 4): the keys by which a client hides its ClientHello, as DNS publishes them and
// as a server offers them for a retry. Read, never used: this program encrypts no hello.
#ifndef WIRE_ECH_H
#define WIRE_ECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

enum { ECH_VERSION = 0xfe0d }; // of RFC 9849 and of the drafts from 13 on

struct ech_suite {
    uint16_t kdf, aead;
};

struct ech_config {
    uint16_t version;
    bool known; // ECH_VERSION; the rest is zero for other versions, which clients pass over
    uint8_t config_id;
    uint16_t kem;
    struct bytes public_key;
    const struct ech_suite *suites;
    size_t suite_count;
    uint8_t maximum_name_length;
    const char *public_name; // escaped
    // An extension whose number says that clients must know it; this program knows none (section 4.2).
    bool mandatory_extension;
    struct bytes whole; // with version and length: what two lists can be compared by
};

struct ech_list {
    const char *error; // a sentence: the list is malformed, and a client uses none of it; NULL: it is well-formed
    const struct ech_config *configs;
    size_t count;
};

// bytes begin with the length of the list. What configs point to are views into them, texts live in the arena.
void ech_read(struct arena *arena, struct bytes bytes, struct ech_list *out);

// Algorithms of HPKE (RFC 9180 section 7): "DHKEM(X25519, HKDF-SHA256)"; NULL where it has no name here.
const char *ech_kem_name(uint16_t kem);
const char *ech_kdf_name(uint16_t kdf);
const char *ech_aead_name(uint16_t aead);

#endif
