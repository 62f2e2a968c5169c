// SPDX-License-Identifier: Apache-2.0
//
// Primes of finite-field Diffie-Hellman: which are known to be shared by many servers, and whether
// one that is not known is a safe prime. The rows are generated from data/dh-primes.csv.
#ifndef WIRE_PRIME_H
#define WIRE_PRIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

// One of the table: a prime that many servers use, so that work spent on breaking it pays often.
struct prime {
    const char *digest; // SHA-256 of the big-endian octets without leading zeros, lower-case hex
    const char *name;   // "modp2048 (RFC 3526)", "nginx 0.7.2 (1024-bit)"
    uint16_t bits;
    bool is_prime, safe; // safe: half of it is a prime too
    bool standard;       // of a group that an RFC defines
};

size_t prime_count(void);
const struct prime *prime_at(size_t index);

// Big-endian octets, leading zeros allowed. NULL: not in the table.
const struct prime *prime_find(struct bytes number);

// The named group of RFC 7919 that has this prime (0x0100 to 0x0104), or 0.
uint16_t prime_group(struct bytes number);

enum prime_kind {
    PRIME_SAFE,      // p and (p - 1) / 2 are primes
    PRIME_NOT_SAFE,  // p is one, half of it is not
    PRIME_COMPOSITE, // p is none
    PRIME_TOO_LONG,  // over PRIME_LIMIT bits: not looked at
};

#define PRIME_LIMIT 4096 // bits; the test runs where other hosts wait for it

// By the table, or else, anew, by Miller and Rabin's test with libcrypto. A composite number is
// told in one round; a safe prime of 2048 bits takes about a tenth of a second, one of 4096 bits half
// a second. The same answer for the same number always.
enum prime_kind prime_test(struct bytes number);
enum prime_kind prime_test_anew(struct bytes number);

#endif
