// SPDX-License-Identifier: Apache-2.0
//
// Just enough of TLS 1.3's key schedule (RFC 8446 section 7) to open a server's first encrypted
// flight: key shares, the server handshake traffic secret, and record opening. Knows nothing of
// application data, Finished or resumption. The only wire file with ciphers; libcrypto.
#ifndef WIRE_KEYS_H
#define WIRE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/hello.h"

// Whether a key share can be made for the group: x25519, x448, secp256r1, secp384r1, secp521r1,
// ffdhe2048 to ffdhe8192. Every libcrypto from 3.0 on has them.
bool key_group_known(uint16_t group);

// The client's public share, the same for the same entropy and group; in the arena.
struct bytes key_share(struct arena *arena, const struct entropy *entropy, uint16_t group);

// Whether records under this TLS 1.3 suite can be opened (0x1301 to 0x1305).
bool key_suite_known(uint16_t suite);

// Server handshake traffic keys, and the number of the next record.
struct opener {
    uint16_t suite;
    uint8_t key[32], iv[12];
    uint64_t sequence;
};

// From the server's share and the hash of ClientHello..ServerHello (transcript: the two handshake
// messages, concatenated). False when the share is not valid for the group.
bool opener_begin(struct opener *opener, const struct entropy *entropy, uint16_t suite, uint16_t group,
                  struct bytes server_share, struct bytes transcript);

// The part of opener_begin after the key agreement: shared is what the two sides agreed on. The
// suite must be known.
void opener_schedule(struct opener *opener, uint16_t suite, struct bytes shared, struct bytes transcript);

// Opens one TLSCiphertext: header is its five octets, body what follows. The inner plaintext and
// content type are written, padding removed. False: it does not authenticate.
bool opener_open(struct opener *opener, struct arena *arena, struct bytes header, struct bytes body,
                 struct bytes *plain, uint8_t *type);

// SHA-256 and SHA-1, for fingerprints and for telling bytes apart; SHA-512, which TLSA records may use.
void digest_sha256(struct bytes bytes, uint8_t out[32]);
void digest_sha1(struct bytes bytes, uint8_t out[20]);
void digest_sha512(struct bytes bytes, uint8_t out[64]);

#endif
