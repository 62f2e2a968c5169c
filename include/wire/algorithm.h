// SPDX-License-Identifier: Apache-2.0
//
// Which key a SubjectPublicKeyInfo holds and which signature an AlgorithmIdentifier names, read
// from the DER alone: what libcrypto cannot compute with can still be told.
#ifndef WIRE_ALGORITHM_H
#define WIRE_ALGORITHM_H

#include <stdbool.h>

#include "base/bytes.h"

struct arena;

struct key_facts {
    const char *type;  // "RSA", "ML-DSA-65", or the OID; "" when unreadable
    unsigned bits;     // 0: it has none, or unknown
    const char *curve; // NULL for keys that are not on a named choice of curves
};

// info: a whole SubjectPublicKeyInfo. False: it is malformed; what could be read is written.
bool algorithm_of_key(struct arena *arena, struct bytes info, struct key_facts *out);

// identifier: a whole AlgorithmIdentifier. "" when it is malformed.
const char *algorithm_of_signature(struct arena *arena, struct bytes identifier);

// Whether a kind of key or signature, by the name that the two above gave it, withstands a quantum
// computer. Unknown for an OID without a name.
enum quantum { QUANTUM_UNKNOWN, QUANTUM_BREAKABLE, QUANTUM_SAFE };
enum quantum algorithm_quantum(const char *name);

#endif
