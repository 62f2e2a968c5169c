// SPDX-License-Identifier: Apache-2.0
//
// Opens a certificate for its rules: one pass over TBSCertificate (RFC 5280 section 4.1), its subject,
// key and extensions. Everything is a view of the DER; what is wrong inside a field is noted, and only
// where the fields themselves are not to be found is there nothing to judge.
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "wire/lint_rules.h"

// By octets of the identifier; the frequent ones first.
static const struct {
    struct bytes oid;
    enum lint_extension_kind kind;
    const char *name;
} kinds[] = {
    {{(const uint8_t *)"\x55\x1d\x23", 3}, EXT_AUTHORITY_KEY_ID, "authorityKeyIdentifier"},
    {{(const uint8_t *)"\x55\x1d\x0e", 3}, EXT_SUBJECT_KEY_ID, "subjectKeyIdentifier"},
    {{(const uint8_t *)"\x55\x1d\x0f", 3}, EXT_KEY_USAGE, "keyUsage"},
    {{(const uint8_t *)"\x55\x1d\x20", 3}, EXT_POLICIES, "certificatePolicies"},
    {{(const uint8_t *)"\x55\x1d\x11", 3}, EXT_ALTERNATIVE_NAMES, "subjectAltName"},
    {{(const uint8_t *)"\x55\x1d\x13", 3}, EXT_BASIC_CONSTRAINTS, "basicConstraints"},
    {{(const uint8_t *)"\x55\x1d\x25", 3}, EXT_PURPOSES, "extKeyUsage"},
    {{(const uint8_t *)"\x55\x1d\x1f", 3}, EXT_CRL_POINTS, "cRLDistributionPoints"},
    {{(const uint8_t *)"\x2b\x06\x01\x05\x05\x07\x01\x01", 8}, EXT_INFORMATION_ACCESS, "authorityInfoAccess"},
    {{(const uint8_t *)"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", 10},
     EXT_TIMESTAMPS,
     "signed certificate timestamps"},
    {{(const uint8_t *)"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03", 10}, EXT_POISON, "precertificate poison"},
    {{(const uint8_t *)"\x2b\x06\x01\x05\x05\x07\x01\x18", 8}, EXT_TLS_FEATURES, "TLS feature"},
    {{(const uint8_t *)"\x55\x1d\x1e", 3}, EXT_NAME_CONSTRAINTS, "nameConstraints"},
    {{(const uint8_t *)"\x55\x1d\x24", 3}, EXT_POLICY_CONSTRAINTS, "policyConstraints"},
    {{(const uint8_t *)"\x55\x1d\x21", 3}, EXT_POLICY_MAPPINGS, "policyMappings"},
    {{(const uint8_t *)"\x55\x1d\x36", 3}, EXT_INHIBIT_ANY_POLICY, "inhibitAnyPolicy"},
    {{(const uint8_t *)"\x55\x1d\x12", 3}, EXT_ISSUER_NAMES, "issuerAltName"},
    {{(const uint8_t *)"\x55\x1d\x2e", 3}, EXT_FRESHEST_CRL, "freshestCRL"},
    {{(const uint8_t *)"\x55\x1d\x09", 3}, EXT_SUBJECT_DIRECTORY, "subjectDirectoryAttributes"},
    {{(const uint8_t *)"\x2b\x06\x01\x05\x05\x07\x01\x0b", 8}, EXT_SUBJECT_INFORMATION, "subjectInfoAccess"},
};

static size_t count_elements(struct bytes list)
{
    struct cursor cursor = cursor_of(list);
    size_t count = 0;
    while (cursor.left != 0 && !cursor.bad) {
        der_next(&cursor);
        count++;
    }
    return count;
}

// --- extensions ----------------------------------------------------------------------------------------

static void classify(struct lint *lint, struct lint_extension *extension)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        enum lint_extension_kind kind = kinds[i].kind;
        if (!bytes_equal(kinds[i].oid, extension->oid))
            continue;
        extension->malformed = !lint_syntax_holds(kind, extension->value);
        if (extension->malformed)
            lint->malformed |= READS(kind);
        else
            lint_walk(lint, extension->value);
        if (lint->found[kind] == NULL)
            lint->found[kind] = extension;
        return;
    }
}

// Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
static bool open_extension(struct lint *lint, struct cursor *all, struct lint_extension *out)
{
    struct cursor fields = der_enter(all, DER_SEQUENCE);
    *out = (struct lint_extension){.oid = der_take(&fields, DER_OID)};
    if (der_at(&fields, DER_BOOLEAN))
        out->critical = der_next(&fields);
    out->value = der_take(&fields, DER_OCTET_STRING);
    if (!cursor_ended(&fields))
        return false;
    classify(lint, out);
    return true;
}

static bool open_extensions(struct lint *lint, struct bytes field)
{
    struct cursor outer = cursor_of(field);
    struct bytes list = der_take(&outer, DER_SEQUENCE);
    struct cursor all = cursor_of(list);
    if (!cursor_ended(&outer))
        return false;
    lint->has_extensions = true;
    lint->extension = arena_array(lint->arena, count_elements(list), sizeof *lint->extension);
    while (all.left != 0)
        if (!open_extension(lint, &all, &lint->extension[lint->extension_count++]))
            return false;
    return true;
}

static void open_key_usage(struct lint *lint)
{
    if (lint->found[EXT_KEY_USAGE] == NULL || lint->found[EXT_KEY_USAGE]->malformed)
        return;
    struct cursor value = cursor_of(lint->found[EXT_KEY_USAGE]->value);
    struct cursor bits = cursor_of(der_take(&value, DER_BIT_STRING));
    cursor_u8(&bits); // unused bits
    uint8_t first = bits.left != 0 ? cursor_u8(&bits) : 0, second = bits.left != 0 ? cursor_u8(&bits) : 0;
    lint->usage = (uint16_t)(first << 8 | second);
}

// --- subject and key ----------------------------------------------------------------------------------

// Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY }
static bool open_part(struct lint_attribute *attributes, size_t most, struct cursor *names, size_t part, size_t *count)
{
    struct cursor set = der_enter(names, DER_SET);
    while (set.left != 0 && *count < most) {
        struct cursor pair = der_enter(&set, DER_SEQUENCE);
        struct bytes oid = der_take(&pair, DER_OID);
        struct element value = der_next(&pair);
        if (!cursor_ended(&pair))
            return false;
        attributes[(*count)++] = (struct lint_attribute){oid, value.content, value.tag, part};
    }
    return !set.bad;
}

static bool open_subject(struct lint *lint)
{
    size_t most = 0;
    struct cursor counted = cursor_of(lint->subject.content), names = counted;
    while (counted.left != 0 && !counted.bad)
        most += count_elements(der_take(&counted, DER_SET));
    struct lint_attribute *attributes = arena_array(lint->arena, most, sizeof *attributes);
    lint->attribute = attributes;
    for (; names.left != 0; lint->part_count++) {
        size_t before = lint->attribute_count;
        if (!open_part(attributes, most, &names, lint->part_count, &lint->attribute_count))
            return false;
        lint->empty_part = lint->empty_part || lint->attribute_count == before;
    }
    return !names.bad;
}

// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
static bool open_rsa(struct lint *lint)
{
    struct cursor key = cursor_of(lint->key_bits), numbers = der_enter(&key, DER_SEQUENCE);
    lint->modulus = der_take(&numbers, DER_INTEGER);
    lint->exponent = der_take(&numbers, DER_INTEGER);
    if (!cursor_ended(&numbers) || !cursor_ended(&key) || lint->modulus.size == 0 || lint->exponent.size == 0)
        return false;
    lint_walk(lint, lint->key_bits);
    return true;
}

// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
static bool open_key(struct lint *lint)
{
    struct cursor parts = cursor_of(lint->key.content);
    struct element identifier = der_next(&parts);
    struct cursor bits = cursor_of(der_take(&parts, DER_BIT_STRING));
    struct cursor algorithm = cursor_of(identifier.content);
    der_take(&algorithm, DER_OID);
    if (algorithm.left != 0)
        lint->key_parameters = der_next(&algorithm);
    lint->key_identifier = identifier.whole;
    cursor_u8(&bits); // unused bits
    lint->key_bits = cursor_rest(&bits);
    if (identifier.tag != DER_SEQUENCE || !cursor_ended(&algorithm) || !cursor_ended(&parts) || bits.bad)
        return false;
    return strncmp(lint->certificate->key_type, "RSA", 3) != 0 || open_rsa(lint);
}

// --- the certificate ------------------------------------------------------------------------------------

// What follows the key: unique identifiers of issuer and subject, and the extensions.
static bool open_optional(struct lint *lint, struct cursor *fields)
{
    while (fields->left != 0) {
        struct element field = der_next(fields);
        if (field.tag == DER_CONTEXT + 1 || field.tag == DER_CONTEXT + 2)
            lint->has_unique_identifiers = true;
        else if (field.tag != DER_CONTEXT_CONSTRUCTED + 3 || fields->left != 0 || !open_extensions(lint, field.content))
            return false;
    }
    return !fields->bad;
}

static bool open_fields(struct lint *lint, struct cursor fields)
{
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED))
        lint->version = der_next(&fields);
    lint->serial = der_next(&fields);
    lint->signature = der_next(&fields);
    lint->issuer = der_next(&fields);
    struct cursor validity = der_enter(&fields, DER_SEQUENCE);
    lint->before = der_next(&validity);
    lint->after = der_next(&validity);
    lint->subject = der_next(&fields);
    lint->key = der_next(&fields);
    return !fields.bad && cursor_ended(&validity) && lint->serial.tag == DER_INTEGER &&
           lint->serial.content.size != 0 && lint->signature.tag == DER_SEQUENCE && lint->issuer.tag == DER_SEQUENCE &&
           lint->subject.tag == DER_SEQUENCE && lint->key.tag == DER_SEQUENCE && open_optional(lint, &fields);
}

// An authority that issued itself and whose signature nobody here can check may be a root, or one
// that changes its key.
static unsigned kinds_of(const struct lint *lint)
{
    const struct certificate *certificate = lint->certificate;
    if (lint->leaf)
        return LINT_SUBSCRIBER;
    if ((lint->malformed & READS(EXT_BASIC_CONSTRAINTS)) != 0)
        return LINT_ANY;
    if (!lint->has_extensions)
        return certificate->self_signed ? LINT_ROOT : LINT_ANY;
    if (!certificate->is_ca)
        return LINT_SUBSCRIBER;
    if (certificate->self_signed)
        return LINT_ROOT;
    return certificate->self_issued ? LINT_AUTHORITY : LINT_SUBORDINATE;
}

static int day_of(int64_t seconds)
{
    struct tm tm;
    time_t time = (time_t)seconds;
    if (seconds == INT64_MIN || gmtime_r(&time, &tm) == NULL)
        return 0;
    return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

bool lint_open(struct arena *arena, const struct certificate *certificate, bool leaf, struct lint *out)
{
    *out = (struct lint){.arena = arena, .certificate = certificate, .leaf = leaf};
    struct cursor file = cursor_of(certificate->der);
    struct element whole = der_next(&file);
    struct cursor outer = cursor_of(whole.content), fields = der_enter(&outer, DER_SEQUENCE);
    struct element algorithm = der_next(&outer);
    der_take(&outer, DER_BIT_STRING);
    out->outer_signature = algorithm.whole;
    out->has_trailing = file.left != 0;
    if (whole.tag != DER_SEQUENCE || algorithm.tag != DER_SEQUENCE || !cursor_ended(&outer))
        return false;
    lint_walk(out, whole.whole);
    if (!open_fields(out, fields))
        return false;
    if (!open_subject(out))
        out->malformed |= READS_SUBJECT;
    if (!open_key(out))
        out->malformed |= READS_KEY;
    if (certificate->not_before == INT64_MIN || certificate->not_after == INT64_MAX)
        out->malformed |= READS_DATES;
    open_key_usage(out);
    out->kinds = kinds_of(out);
    out->date = day_of(certificate->not_before);
    return true;
}

const char *lint_extension_name(struct lint *lint, struct bytes oid)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal(kinds[i].oid, oid))
            return kinds[i].name;
    return der_oid(lint->arena, oid);
}

// --- what rules ask -------------------------------------------------------------------------------------

struct cursor lint_sequence(const struct lint *lint, enum lint_extension_kind kind)
{
    struct cursor value = {0};
    if (lint->found[kind] == NULL)
        return value;
    value = cursor_of(lint->found[kind]->value);
    return der_enter(&value, DER_SEQUENCE);
}

bool lint_critical(const struct lint *lint, enum lint_extension_kind kind)
{
    const struct lint_extension *extension = lint->found[kind];
    return extension != NULL && extension->critical.content.size == 1 && extension->critical.content.data[0] != 0;
}

bool lint_has_policy(const struct lint *lint, struct bytes oid)
{
    for (struct cursor policies = lint_sequence(lint, EXT_POLICIES); policies.left != 0;) {
        struct cursor policy = der_enter(&policies, DER_SEQUENCE);
        if (bytes_equal(der_take(&policy, DER_OID), oid))
            return true;
    }
    return false;
}

bool lint_has_purpose(const struct lint *lint, struct bytes oid)
{
    for (struct cursor purposes = lint_sequence(lint, EXT_PURPOSES); purposes.left != 0;)
        if (bytes_equal(der_take(&purposes, DER_OID), oid))
            return true;
    return false;
}

size_t lint_attributes(const struct lint *lint, struct bytes oid)
{
    size_t count = 0;
    for (size_t i = 0; i < lint->attribute_count; i++)
        count += bytes_equal(lint->attribute[i].oid, oid);
    return count;
}

int64_t lint_validity(const struct lint *lint)
{
    return lint->certificate->not_after - lint->certificate->not_before + 1;
}
