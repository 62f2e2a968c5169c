// SPDX-License-Identifier: Apache-2.0
//
// RSA moduli that share a factor, put together: which ones, and what they share.
#ifndef WIRE_FACTOR_GROUP_H
#define WIRE_FACTOR_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct arena;

struct factor_group {
    struct bytes factor;  // big-endian
    const size_t *member; // indexes, ascending; two or more
    size_t count;
};

struct factor_groups {
    const struct factor_group *group; // by their first members
    size_t count;
    bool whole; // false: some moduli share factors, but with whom was too much to compute
};

// number: distinct, positive, big-endian, without leading zeros. All results are in the arena. A modulus may be in
// several groups; where one divides another, that is what the two share.
struct factor_groups factor_groups_of(struct arena *arena, const struct bytes *number, size_t count);

#endif
