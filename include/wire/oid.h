// SPDX-License-Identifier: Apache-2.0
//
// What object identifiers stand for, from a table of our own, so that a name does not change with
// the libcrypto at hand.
#ifndef WIRE_OID_H
#define WIRE_OID_H

#include <stdbool.h>
#include <stddef.h>

enum oid_kind {
    OID_KEY,
    OID_SIGNATURE,
    OID_HASH,
    OID_CURVE,
    OID_ATTRIBUTE,
    OID_PURPOSE,
    OID_EXTENSION,
};

struct oid_row {
    enum oid_kind kind;
    const char *oid, *name; // "2.5.4.3", "CN"
    unsigned bits;          // of a key or curve, where the identifier alone says it; else 0
};

// By dotted identifier; NULL when the table does not have it.
const struct oid_row *oid_find(enum oid_kind kind, const char *oid);

// The name, or the identifier itself.
const char *oid_name(enum oid_kind kind, const char *oid);

// All rows, for tests and listings.
const struct oid_row *oid_rows(size_t *count);

#endif
