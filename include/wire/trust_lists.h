// SPDX-License-Identifier: Apache-2.0
//
// What a list of roots says of a chain, from all its paths and what became of each. For the files of
// wire/ that verify (trust*.c); for nobody else.
#ifndef WIRE_TRUST_LISTS_H
#define WIRE_TRUST_LISTS_H

#include "wire/trust.h"
#include "wire/trust_paths.h"

struct trust_case {
    const struct trust_paths *paths;
    struct trust_result result[TRUST_PATHS]; // of those that end in a root of the store or of some list
    struct trust_result leaf;                // of the leaf alone
    int64_t now;
};

void trust_lists_judge(struct arena *arena, const struct trust_case *all, struct trust_result out[ROOT_LISTS]);

#endif
