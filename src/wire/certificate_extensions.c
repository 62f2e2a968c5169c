// SPDX-License-Identifier: Apache-2.0
//
// One small reader for each extension and a table that finds it by OID. A reader returns false
// when the extension is malformed; what it had read by then stays.
#include "wire/certificate_extensions.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/der.h"
#include "wire/distinguished.h"
#include "wire/oid.h"

#define OCSP           "1.3.6.1.5.5.7.48.1"
#define CA_ISSUERS     "1.3.6.1.5.5.7.48.2"
#define STATUS_REQUEST 5 // RFC 7633: the TLS extension that a must-staple certificate asks for

// Grows when the count is a power of two, so that no capacity need be kept. False: the list is full.
static bool add(struct arena *arena, struct strings *list, const char *text)
{
    if (list->count == CERTIFICATE_NAMES)
        return false;
    if ((list->count & (list->count - 1)) == 0) {
        const char **grown = arena_array(arena, list->count == 0 ? 1 : 2 * list->count, sizeof *grown);
        if (list->count != 0)
            memcpy(grown, list->text, list->count * sizeof *grown);
        list->text = grown;
    }
    ((const char **)list->text)[list->count++] = text;
    return true;
}

// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
static bool read_basic_constraints(struct arena *arena, struct cursor value, struct certificate *out)
{
    (void)arena;
    struct cursor fields = der_enter(&value, DER_SEQUENCE);
    out->has_basic_constraints = true;
    if (der_at(&fields, DER_BOOLEAN)) {
        struct bytes is_ca = der_take(&fields, DER_BOOLEAN);
        out->is_ca = is_ca.size == 1 && is_ca.data[0] != 0;
    }
    if (!fields.bad && fields.left != 0) {
        struct bytes limit = der_take(&fields, DER_INTEGER);
        if (limit.size == 0 || limit.data[0] >= 0x80)
            return false;
        if (!der_integer(limit, &out->path_length))
            out->path_length = LONG_MAX;
    }
    return cursor_ended(&fields) && cursor_ended(&value);
}

static bool read_key_usage(struct arena *arena, struct cursor value, struct certificate *out)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    struct cursor bits = cursor_of(der_take(&value, DER_BIT_STRING));
    cursor_u8(&bits); // unused bits
    struct bytes octets = cursor_rest(&bits);
    out->has_key_usage = true;
    for (size_t i = 0; i < sizeof names / sizeof *names && i / 8 < octets.size; i++)
        if ((octets.data[i / 8] & 0x80 >> i % 8) != 0)
            add(arena, &out->key_usage, names[i]);
    return !value.bad && !bits.bad;
}

static bool read_extended_key_usage(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct cursor purposes = der_enter(&value, DER_SEQUENCE);
    bool room = true;
    out->has_extended_key_usage = true;
    while (purposes.left != 0 && !purposes.bad && room) {
        const char *oid = der_oid(arena, der_take(&purposes, DER_OID));
        room = purposes.bad || add(arena, &out->extended_key_usage, oid_name(OID_PURPOSE, oid));
    }
    return !value.bad && !purposes.bad && room;
}

static const char *address_text(struct arena *arena, struct bytes octets)
{
    char text[INET6_ADDRSTRLEN];
    if (octets.size == 4 || octets.size == 16)
        return arena_text(arena, "%s",
                          inet_ntop(octets.size == 4 ? AF_INET : AF_INET6, octets.data, text, sizeof text));
    return text_hex(arena, octets);
}

// otherName ::= [0] SEQUENCE { type-id OID, value [0] EXPLICIT ANY }
static const char *other_text(struct arena *arena, struct element name)
{
    struct cursor fields = cursor_of(name.content);
    struct bytes identifier = der_take(&fields, DER_OID);
    return fields.bad ? "other:" : arena_text(arena, "other:%s", der_oid(arena, identifier));
}

static const char *directory_text(struct arena *arena, struct element name)
{
    const char *text = distinguished_text(arena, name.content);
    return text == NULL ? "dirname:" : arena_text(arena, "dirname:%s", text);
}

// GeneralName's choices that are neither a host nor an address (RFC 5280 section 4.2.1.6).
static const char *general_text(struct arena *arena, struct element name)
{
    switch (name.tag) {
    case DER_CONTEXT_CONSTRUCTED + 0:
        return other_text(arena, name);
    case DER_CONTEXT + 1:
        return arena_text(arena, "email:%s", text_escape(arena, name.content));
    case DER_CONTEXT_CONSTRUCTED + 3:
        return "x400:";
    case DER_CONTEXT_CONSTRUCTED + 4:
        return directory_text(arena, name);
    case DER_CONTEXT_CONSTRUCTED + 5:
        return "ediparty:";
    case DER_CONTEXT + 6:
        return arena_text(arena, "uri:%s", text_escape(arena, name.content));
    case DER_CONTEXT + 8:
        return arena_text(arena, "rid:%s", der_oid(arena, name.content));
    default:
        return arena_text(arena, "unknown:%02X", name.tag);
    }
}

static bool add_name(struct arena *arena, struct element name, struct certificate *out)
{
    if (name.tag == DER_CONTEXT + 2)
        return add(arena, &out->dns_names, text_escape(arena, name.content));
    if (name.tag == DER_CONTEXT + 7)
        return add(arena, &out->ip_addresses, address_text(arena, name.content));
    return add(arena, &out->other_names, general_text(arena, name));
}

static bool read_alternative_names(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct cursor names = der_enter(&value, DER_SEQUENCE);
    bool room = true;
    out->has_alternative_names = true;
    while (names.left != 0 && !names.bad && room) {
        struct element name = der_next(&names);
        room = names.bad || add_name(arena, name, out);
    }
    return !value.bad && !names.bad && room;
}

// SEQUENCE OF SEQUENCE { policyIdentifier OID, qualifiers OPTIONAL }
static bool read_policies(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct cursor policies = der_enter(&value, DER_SEQUENCE);
    bool room = true;
    while (policies.left != 0 && !policies.bad && room) {
        struct cursor policy = der_enter(&policies, DER_SEQUENCE);
        struct bytes identifier = der_take(&policy, DER_OID);
        if (policy.bad)
            return false;
        room = add(arena, &out->policies, der_oid(arena, identifier));
    }
    return !value.bad && !policies.bad && room;
}

// SEQUENCE OF SEQUENCE { accessMethod OID, accessLocation GeneralName }
static bool read_information_access(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct cursor descriptions = der_enter(&value, DER_SEQUENCE);
    bool room = true;
    while (descriptions.left != 0 && !descriptions.bad && room) {
        struct cursor description = der_enter(&descriptions, DER_SEQUENCE);
        const char *method = der_oid(arena, der_take(&description, DER_OID));
        struct element location = der_next(&description);
        if (description.bad)
            return false;
        if (location.tag != DER_CONTEXT + 6)
            continue;
        if (strcmp(method, OCSP) == 0)
            room = add(arena, &out->ocsp_urls, text_escape(arena, location.content));
        else if (strcmp(method, CA_ISSUERS) == 0)
            room = add(arena, &out->issuer_urls, text_escape(arena, location.content));
    }
    return !value.bad && !descriptions.bad && room;
}

// DistributionPoint ::= SEQUENCE { [0] { [0] fullName GeneralNames, ... } OPTIONAL, ... }
static bool add_point(struct arena *arena, struct cursor point, struct certificate *out)
{
    if (!der_at(&point, DER_CONTEXT_CONSTRUCTED))
        return true;
    struct cursor choice = der_enter(&point, DER_CONTEXT_CONSTRUCTED);
    if (!der_at(&choice, DER_CONTEXT_CONSTRUCTED))
        return !choice.bad;
    struct cursor names = der_enter(&choice, DER_CONTEXT_CONSTRUCTED);
    while (names.left != 0 && !names.bad) {
        struct element name = der_next(&names);
        if (name.tag == DER_CONTEXT + 6 && !add(arena, &out->crl_urls, text_escape(arena, name.content)))
            return false;
    }
    return !names.bad;
}

static bool read_distribution_points(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct cursor points = der_enter(&value, DER_SEQUENCE);
    while (points.left != 0 && !points.bad) {
        struct cursor point = der_enter(&points, DER_SEQUENCE);
        if (point.bad || !add_point(arena, point, out))
            return false;
    }
    return !value.bad && !points.bad;
}

static bool read_subject_key_id(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct bytes octets = der_take(&value, DER_OCTET_STRING);
    if (value.bad || octets.size > TEXT_LIMIT)
        return false;
    out->subject_key_id = text_hex(arena, octets);
    return true;
}

// AuthorityKeyIdentifier ::= SEQUENCE { [0] keyIdentifier OPTIONAL, ... }
static bool read_authority_key_id(struct arena *arena, struct cursor value, struct certificate *out)
{
    struct cursor fields = der_enter(&value, DER_SEQUENCE);
    if (!der_at(&fields, DER_CONTEXT))
        return !fields.bad;
    struct bytes octets = der_take(&fields, DER_CONTEXT);
    if (fields.bad || octets.size > TEXT_LIMIT)
        return false;
    out->authority_key_id = text_hex(arena, octets);
    return true;
}

// TLS Features ::= SEQUENCE OF INTEGER (RFC 7633)
static bool read_tls_features(struct arena *arena, struct cursor value, struct certificate *out)
{
    (void)arena;
    struct cursor features = der_enter(&value, DER_SEQUENCE);
    while (features.left != 0 && !features.bad) {
        long feature;
        if (der_integer(der_take(&features, DER_INTEGER), &feature) && feature == STATUS_REQUEST)
            out->must_staple = true;
    }
    return !value.bad && !features.bad;
}

// NULL: that it is there says all.
static bool read_no_check(struct arena *arena, struct cursor value, struct certificate *out)
{
    (void)arena;
    (void)value;
    out->ocsp_no_check = true;
    return true;
}

// An OCTET STRING around TLS's own list (RFC 6962 section 3.3).
static bool read_timestamps(struct arena *arena, struct cursor value, struct certificate *out)
{
    (void)arena;
    struct cursor wrapped = cursor_of(der_take(&value, DER_OCTET_STRING));
    struct cursor list = cursor_block16(&wrapped);
    while (list.left != 0 && !list.bad) {
        cursor_block16(&list);
        if (!list.bad)
            out->sct_count++;
    }
    return !value.bad && !list.bad && cursor_ended(&wrapped);
}

static const struct reader {
    const char *oid, *name;
    bool (*read)(struct arena *arena, struct cursor value, struct certificate *out);
} readers[] = {
    {"2.5.29.35", "authorityKeyIdentifier", read_authority_key_id},
    {"2.5.29.14", "subjectKeyIdentifier", read_subject_key_id},
    {"2.5.29.17", "subjectAltName", read_alternative_names},
    {"2.5.29.32", "certificatePolicies", read_policies},
    {"2.5.29.15", "keyUsage", read_key_usage},
    {"2.5.29.37", "extKeyUsage", read_extended_key_usage},
    {"2.5.29.31", "cRLDistributionPoints", read_distribution_points},
    {"1.3.6.1.5.5.7.1.1", "authorityInfoAccess", read_information_access},
    {"2.5.29.19", "basicConstraints", read_basic_constraints},
    {"1.3.6.1.4.1.11129.2.4.2", "signed certificate timestamps", read_timestamps},
    {"1.3.6.1.5.5.7.1.24", "TLS feature", read_tls_features},
    {"1.3.6.1.5.5.7.48.1.5", "OCSP no check", read_no_check},
};
#define READERS (sizeof readers / sizeof *readers)

static void fault(struct certificate *out, const char *error)
{
    if (out->error == NULL)
        out->error = error;
}

static void dispatch(struct arena *arena, const char *oid, struct bytes value, bool seen[READERS],
                     struct certificate *out)
{
    for (size_t i = 0; i < READERS; i++) {
        if (strcmp(readers[i].oid, oid) != 0)
            continue;
        if (seen[i])
            fault(out, arena_text(arena, "The extension %s occurs twice.", readers[i].name));
        else if (!readers[i].read(arena, cursor_of(value), out))
            fault(out, arena_text(arena, "The extension %s is malformed or too long.", readers[i].name));
        seen[i] = true;
        return;
    }
}

// Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
void certificate_extensions_read(struct arena *arena, struct bytes extensions, struct certificate *out)
{
    bool seen[READERS] = {false};
    struct cursor outer = cursor_of(extensions), all = der_enter(&outer, DER_SEQUENCE);
    while (all.left != 0 && !all.bad) {
        struct cursor extension = der_enter(&all, DER_SEQUENCE);
        struct bytes identifier = der_take(&extension, DER_OID), critical = {0};
        if (der_at(&extension, DER_BOOLEAN))
            critical = der_take(&extension, DER_BOOLEAN);
        struct bytes value = der_take(&extension, DER_OCTET_STRING);
        if (extension.bad) {
            fault(out, "An extension is malformed.");
            continue;
        }
        const char *oid = der_oid(arena, identifier);
        if (critical.size == 1 && critical.data[0] != 0 && oid_find(OID_EXTENSION, oid) == NULL &&
            !add(arena, &out->unknown_critical, oid))
            fault(out, "There are too many extensions.");
        dispatch(arena, oid, value, seen, out);
    }
    if (all.bad)
        fault(out, "The extensions are malformed.");
}
