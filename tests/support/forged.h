// SPDX-License-Identifier: Apache-2.0
//
// Reports that somebody has meddled with: each value of a tree in turn becomes one of another type.
#ifndef SUPPORT_FORGED_H
#define SUPPORT_FORGED_H

#include <stddef.h>

#include <jansson.h>

struct forger {
    const char *const *strangers; // what values become, in JSON
    size_t stranger_count;
    size_t alike; // so many rows of each list: the others have the same shape
    void (*try)(json_t *root);
};

// Leaves the tree as it was; how many forgeries there were.
unsigned forge(const struct forger *forger, json_t *root);

#endif
