// SPDX-License-Identifier: Apache-2.0
//
// The table of object identifiers, searched from its first row: those that certificates carry
// most often stand first in their kind.
#include "wire/oid.h"

#include <string.h>

static const struct oid_row rows[] = {
#define KEY(oid, name, bits)   {OID_KEY, oid, name, bits},
#define SIGNATURE(oid, name)   {OID_SIGNATURE, oid, name, 0},
#define HASH(oid, name)        {OID_HASH, oid, name, 0},
#define CURVE(oid, name, bits) {OID_CURVE, oid, name, bits},
#define ATTRIBUTE(oid, name)   {OID_ATTRIBUTE, oid, name, 0},
#define PURPOSE(oid, name)     {OID_PURPOSE, oid, name, 0},
#define EXTENSION(oid, name)   {OID_EXTENSION, oid, name, 0},
#include "oids.def"
};

const struct oid_row *oid_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const struct oid_row *oid_find(enum oid_kind kind, const char *oid)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == kind && strcmp(rows[i].oid, oid) == 0)
            return &rows[i];
    return NULL;
}

const char *oid_name(enum oid_kind kind, const char *oid)
{
    const struct oid_row *row = oid_find(kind, oid);
    return row == NULL ? oid : row->name;
}
