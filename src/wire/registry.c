// SPDX-License-Identifier: Apache-2.0
//
// The generated tables as C arrays, and finding a row by halving. The rows of a table ascend by
// code because data/tables.py sorts them; the test holds it to that.
#include "wire/registry.h"

#include <stdlib.h>

#include "base/fail.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Each row holds its members in the order of the struct.
static const struct suite suites[] = {
#define SUITE(code, name, openssl_name, status, lowest, highest, kx, auth, ...)                                        \
    {code, name, openssl_name, STATUS_##status, lowest, highest, KX_##kx, AUTH_##auth, __VA_ARGS__},
#include "suites.def"
#undef SUITE
};

// Their codes alone, close together for whoever looks one up.
static const uint32_t suite_codes[] = {
#define SUITE(code, ...) code,
#include "suites.def"
#undef SUITE
};

static const struct group groups[] = {
#define GROUP(code, name, kind, field, strength, post_quantum, tls13, status, ...)                                     \
    {code, name, GROUP_##kind, field, strength, post_quantum, tls13, STATUS_##status, __VA_ARGS__},
#include "groups.def"
#undef GROUP
};

static const struct scheme schemes[] = {
#define SCHEME(code, name, signature, hash, tls12, tls13, status)                                                      \
    {code, name, signature, hash, tls12, tls13, STATUS_##status},
#include "schemes.def"
#undef SCHEME
};

// Code points of which only the name is wanted.
struct named {
    uint16_t code;
    const char *name;
};

static const struct named extensions[] = {
#define EXTENSION(code, name) {code, name},
#include "extensions.def"
#undef EXTENSION
};

static const struct named alerts[] = {
#define ALERT(code, name) {code, name},
#include "alerts.def"
#undef ALERT
};

static const struct named versions[] = {
#define VERSION(code, name) {code, name},
#include "versions.def"
#undef VERSION
};

static const struct protocol protocols[] = {
#define PROTOCOL(id, name, asked) {id, name, asked},
#include "alpn.def"
#undef PROTOCOL
};

static int order(uint32_t a, uint32_t b) { return (a > b) - (a < b); }

static int compare_group(const void *code, const void *row)
{
    return order(*(const uint16_t *)code, ((const struct group *)row)->code);
}

static int compare_scheme(const void *code, const void *row)
{
    return order(*(const uint16_t *)code, ((const struct scheme *)row)->code);
}

static int compare_named(const void *code, const void *row)
{
    return order(*(const uint16_t *)code, ((const struct named *)row)->code);
}

size_t suite_count(void) { return COUNT(suites); }

const struct suite *suite_at(size_t index)
{
    always(index < COUNT(suites));
    return &suites[index];
}

// Two registries share this table and collide at code 0, where SSLv2 comes second. By hand and without a jump for each
// step, since every suite of every question is looked up.
static const struct suite *find_suite(uint32_t code, bool ssl2)
{
    const uint32_t *at = suite_codes;
    for (size_t count = COUNT(suite_codes), half; count > 1; count -= half) {
        half = count / 2;
        at = at[half] <= code ? at + half : at;
    }
    if (!ssl2 && at > suite_codes && at[-1] == code)
        at--;
    const struct suite *suite = &suites[at - suite_codes];
    return *at == code && (suite->status == STATUS_SSL2) == ssl2 ? suite : NULL;
}

const struct suite *suite_find(uint32_t code)
{
    return code > UINT16_MAX ? suite_find_ssl2(code) : find_suite(code, false);
}

const struct suite *suite_find_ssl2(uint32_t kind) { return find_suite(kind, true); }

size_t group_count(void) { return COUNT(groups); }

const struct group *group_at(size_t index)
{
    always(index < COUNT(groups));
    return &groups[index];
}

const struct group *group_find(uint16_t code)
{
    return bsearch(&code, groups, COUNT(groups), sizeof *groups, compare_group);
}

size_t scheme_count(void) { return COUNT(schemes); }

const struct scheme *scheme_at(size_t index)
{
    always(index < COUNT(schemes));
    return &schemes[index];
}

const struct scheme *scheme_find(uint16_t code)
{
    return bsearch(&code, schemes, COUNT(schemes), sizeof *schemes, compare_scheme);
}

size_t protocol_count(void) { return COUNT(protocols); }

const struct protocol *protocol_at(size_t index)
{
    always(index < COUNT(protocols));
    return &protocols[index];
}

static const char *find_name(const struct named *table, size_t count, uint16_t code)
{
    const struct named *row = bsearch(&code, table, count, sizeof *table, compare_named);
    return row == NULL ? NULL : row->name;
}

const char *version_name(uint16_t version) { return find_name(versions, COUNT(versions), version); }

const char *alert_name(uint8_t description) { return find_name(alerts, COUNT(alerts), description); }

const char *alert_label(uint8_t description)
{
    const char *name = alert_name(description);
    return name != NULL ? name : "not assigned";
}

const char *extension_name(uint16_t type) { return find_name(extensions, COUNT(extensions), type); }

bool is_grease(uint16_t code) { return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff); }
