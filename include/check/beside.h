// SPDX-License-Identifier: Apache-2.0
//
// Signature schemes of TLS 1.2 that are found beside suites. For suites_find.c and signature_schemes.c.
#ifndef CHECK_BESIDE_H
#define CHECK_BESIDE_H

#include "check/removal.h"
#include "wire/registry.h"

extern const struct removal_beside beside_schemes;

// The answers that chose the first schemes for a kind of key, each from what the one before it left.
struct beside_found {
    const struct answer *answer[REMOVAL_TOLD];
    size_t count;
};

// What the suites told as far as they are known. WAIT: they may tell more.
enum progress beside_find(const struct removal_found *suites, enum authentication kind, struct beside_found *found);

#endif
