// SPDX-License-Identifier: Apache-2.0
//
// Strict-Transport-Security, by the grammar of RFC 6797 section 6.1. A client ignores a field that breaks it,
// and all but the first of several.
#ifndef WIRE_HSTS_H
#define WIRE_HSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct hsts {
    const char *fault; // NULL: valid. Stable codes: "no_max_age", "bad_max_age", "repeated_directive",
                       // "unexpected_value" (of a directive that takes none), "bad_syntax"
    uint64_t max_age;  // seconds; UINT64_MAX where it is more than can be counted
    bool include_subdomains;
    bool preload; // not of the RFC: browsers' lists ask for it
};

void hsts_read(struct bytes value, struct hsts *out);

#endif
