// SPDX-License-Identifier: Apache-2.0
//
// What can be told against a public key from its octets alone, and from lists of keys that are known
// to be bad. Each row is one weakness: yes, the key has it; no, it has not; or not known, and why. A row
// that a kind of key cannot have (small factors of a curve's key) is left out.
//
//   close_primes      RSA: 100 rounds of Fermat's method factor it
//   compromised       any: its SHA-256 is in the list of compromised keys
//   even_modulus      RSA: 2 divides it
//   exponent_invalid  RSA: 1, or even: no RSA at all
//   exponent_large    RSA: over 32 bits, which some clients cannot use
//   exponent_small    RSA: odd, and below 65537
//   invalid_point     EC, SM2: not a point of its curve, or of the wrong order
//   predictable       RSA, DSA, EC: in the list of weak keys (Debian's of 2006 to 2008, CVE-2008-0166)
//   roca              RSA: has the fingerprint of CVE-2017-15361
//   small_factor      RSA: an odd prime below 752 divides it
//   square_modulus    RSA: both primes are the same
//   unnamed_curve     EC: a curve by its parameters, or implied
//
// Rounds and bounds are those of the CA/Browser Forum's Baseline Requirements, sections 6.1.1.3 and 6.1.6.
#ifndef WIRE_WEAK_KEY_H
#define WIRE_WEAK_KEY_H

#include <stddef.h>

#include "base/bytes.h"
#include "wire/key_list.h"

struct arena;

enum weakness { WEAKNESS_UNKNOWN, WEAKNESS_YES, WEAKNESS_NO, WEAKNESS_NOT_TESTED };

struct weakness_row {
    const char *id;
    enum weakness answer;
    const char *reason;   // stable code: "roca_fingerprint", "no_list", "unreadable", ...; NULL with a plain no
    const char *sentence; // the reason for people; NULL with reason
};

#define WEAKNESS_ROWS    12    // as many as there are kinds
#define WEAKNESS_MODULUS 16384 // bits of the longest modulus that is computed with; libcrypto uses no longer one

// info: a whole SubjectPublicKeyInfo, or nothing. Writes the rows that apply, sorted by id, and returns
// how many. What is computed is remembered for the process: the same keys come again and again.
size_t weak_key_rows(struct arena *arena, struct bytes info, const struct key_lists *lists,
                     struct weakness_row rows[WEAKNESS_ROWS]);

#endif
