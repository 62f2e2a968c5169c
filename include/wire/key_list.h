// SPDX-License-Identifier: Apache-2.0
//
// Lists of public keys that nobody should use, from files of the user's: read whole when they are
// opened, then searched by halves.
//
// A line holds one fingerprint; '#' begins a comment, at the start of a line or after a blank; empty
// lines are passed over. A fingerprint is one of
//   - the SHA-256 of the SubjectPublicKeyInfo, as 64 hexadecimal digits or as 44 characters of base64;
//   - in a list of weak keys also what Debian's openssl-blacklist holds: the last 20 hexadecimal digits
//     of the SHA-1 of "Modulus=", the modulus in upper-case hexadecimal as openssl prints it, and LF.
#ifndef WIRE_KEY_LIST_H
#define WIRE_KEY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"

#define KEY_LIST_LIMIT 4000000 // fingerprints of one list: 128 MB at most

enum key_list_kind { KEY_LIST_WEAK, KEY_LIST_COMPROMISED };

struct key_list;

// The two lists that a run may have; NULL: not given.
struct key_lists {
    const struct key_list *weak, *compromised;
};

// NULL and a complaint that names file and line: it cannot be read, a line is none of the above, there
// are too many of them or none.
struct key_list *key_list_open(const char *path, enum key_list_kind kind, struct complaint *complaint);
void key_list_close(struct key_list *list);

// Lists that were opened before are not read again. NULL without a complaint: path is NULL.
struct key_pool {
    struct key_list *first;
};
const struct key_list *key_pool_open(struct key_pool *pool, const char *path, enum key_list_kind kind,
                                     struct complaint *complaint);
void key_pool_close(struct key_pool *pool);

const char *key_list_name(const struct key_list *list); // the path
size_t key_list_size(const struct key_list *list);      // fingerprints

// Whether it has fingerprints of the kind that fits: of whole keys, and of moduli.
bool key_list_has_digests(const struct key_list *list);
bool key_list_has_marks(const struct key_list *list);

#define KEY_MARK 10 // octets of a modulus's fingerprint

bool key_list_find_digest(const struct key_list *list, const uint8_t digest[32]);
bool key_list_find_mark(const struct key_list *list, const uint8_t mark[KEY_MARK]);

// The fingerprint of a modulus: big-endian octets without leading zeros.
void key_mark(struct bytes modulus, uint8_t mark[KEY_MARK]);

#endif
