// SPDX-License-Identifier: Apache-2.0
//
// Rules about what a certificate points to: its issuer's key and its own by their identifiers, and
// where its issuer and its status are to be had (RFC 5280 sections 4.2.1.1, 4.2.1.2, 4.2.1.13 and
// 4.2.2.1; Baseline Requirements section 7.1.2.11).
#include <string.h>

#include "base/arena.h"
#include "wire/lint_rules.h"

#include "lint.def"

#define OCSP       OID("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define CA_ISSUERS OID("\x2b\x06\x01\x05\x05\x07\x30\x02")

#define DAY INT64_C(86400)

enum { URI = DER_CONTEXT + 6 };

// --- key identifiers --------------------------------------------------------------------------------------

static bool has(const struct lint *lint, enum lint_extension_kind kind) { return lint->found[kind] != NULL; }

static struct bytes key_identifier(const struct lint *lint)
{
    struct cursor fields = lint_sequence(lint, EXT_AUTHORITY_KEY_ID);
    return der_at(&fields, DER_CONTEXT) ? der_take(&fields, DER_CONTEXT) : (struct bytes){0};
}

enum lint_verdict lint_rule_authority_key_id(struct lint *lint)
{
    if (lint->certificate->self_issued)
        return LINT_NOT_APPLICABLE;
    if (!has(lint, EXT_AUTHORITY_KEY_ID))
        return lint_broken(lint, "no authority key identifier");
    return lint_holds(lint, key_identifier(lint).size != 0, "no key identifier");
}

enum lint_verdict lint_rule_authority_key_id_form(struct lint *lint)
{
    struct cursor fields = lint_sequence(lint, EXT_AUTHORITY_KEY_ID);
    if (!has(lint, EXT_AUTHORITY_KEY_ID))
        return LINT_NOT_APPLICABLE;
    if (!der_at(&fields, DER_CONTEXT))
        return lint_broken(lint, "no key identifier");
    der_next(&fields);
    return lint_holds(lint, fields.left == 0, "issuer and serial number");
}

enum lint_verdict lint_rule_authority_subject_key_id(struct lint *lint)
{
    return lint_holds(lint, has(lint, EXT_SUBJECT_KEY_ID), "no subject key identifier");
}

enum lint_verdict lint_rule_root_key_ids(struct lint *lint)
{
    if (!has(lint, EXT_AUTHORITY_KEY_ID) || !has(lint, EXT_SUBJECT_KEY_ID))
        return LINT_NOT_APPLICABLE;
    struct cursor value = cursor_of(lint->found[EXT_SUBJECT_KEY_ID]->value);
    struct bytes issuer = key_identifier(lint), own = der_take(&value, DER_OCTET_STRING);
    if (bytes_equal(issuer, own))
        return LINT_HELD;
    return lint_broken(lint, "%s and %s", lint_hex(lint, issuer), lint_hex(lint, own));
}

// --- authority information access ----------------------------------------------------------------------------

enum lint_verdict lint_rule_information_access_present(struct lint *lint)
{
    return lint_holds(lint, has(lint, EXT_INFORMATION_ACCESS), "none");
}

static bool next_access(struct cursor *list, struct bytes *method, struct element *location)
{
    if (list->left == 0)
        return false;
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    *method = der_take(&fields, DER_OID);
    *location = der_next(&fields);
    return true;
}

enum lint_verdict lint_rule_information_access_methods(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    struct cursor list = lint_sequence(lint, EXT_INFORMATION_ACCESS);
    struct bytes method;
    struct element location;
    if (!has(lint, EXT_INFORMATION_ACCESS))
        return LINT_NOT_APPLICABLE;
    while (next_access(&list, &method, &location))
        if (!bytes_equal(method, OCSP) && !bytes_equal(method, CA_ISSUERS))
            lint_offend(&offenders, offenders.count == 0 ? der_oid(lint->arena, method) : NULL);
    return lint_judge(lint, &offenders);
}

static bool is_http(struct element location)
{
    return location.tag == URI && location.content.size > 7 &&
           strncasecmp((const char *)location.content.data, "http://", 7) == 0;
}

static const char *shown(struct lint *lint, struct element location)
{
    return location.tag == URI ? lint_show(lint, location.content) : "a name that is no URI";
}

enum lint_verdict lint_rule_information_access_http(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    struct cursor list = lint_sequence(lint, EXT_INFORMATION_ACCESS);
    struct bytes method;
    struct element location;
    if (!has(lint, EXT_INFORMATION_ACCESS))
        return LINT_NOT_APPLICABLE;
    while (next_access(&list, &method, &location))
        if (!is_http(location))
            lint_offend(&offenders, offenders.count == 0 ? shown(lint, location) : NULL);
    return lint_judge(lint, &offenders);
}

static bool has_responder(const struct lint *lint)
{
    struct cursor list = lint_sequence(lint, EXT_INFORMATION_ACCESS);
    struct bytes method;
    struct element location;
    while (next_access(&list, &method, &location))
        if (bytes_equal(method, OCSP))
            return true;
    return false;
}

// --- CRL distribution points ------------------------------------------------------------------------------

enum lint_verdict lint_rule_authority_crl_points(struct lint *lint)
{
    return lint_holds(lint, has(lint, EXT_CRL_POINTS), "none");
}

// Section 1.6.1: ten days, and seven from 2026-03-15 on.
static bool is_short_lived(const struct lint *lint)
{
    return lint_validity(lint) <= (lint->date < 20260315 ? 10 * DAY : 7 * DAY);
}

enum lint_verdict lint_rule_crl_points_or_ocsp(struct lint *lint)
{
    if (is_short_lived(lint))
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, has(lint, EXT_CRL_POINTS) || has_responder(lint), "neither");
}

// DistributionPoint ::= SEQUENCE { [0] { [0] fullName | [1] ... } OPTIONAL, [1] reasons, [2] cRLIssuer }
static const char *point_fault(struct lint *lint, struct cursor point)
{
    struct cursor choice =
        cursor_of(der_at(&point, DER_CONTEXT_CONSTRUCTED) ? der_next(&point).content : (struct bytes){0});
    struct cursor names =
        cursor_of(der_at(&choice, DER_CONTEXT_CONSTRUCTED) ? der_next(&choice).content : (struct bytes){0});
    if (names.left == 0)
        return "a distribution point without a full name";
    while (names.left != 0) {
        struct element name = der_next(&names);
        if (!is_http(name))
            return shown(lint, name);
    }
    return point.left == 0 ? NULL : "reasons, or another issuer";
}

enum lint_verdict lint_rule_crl_points_form(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!has(lint, EXT_CRL_POINTS))
        return LINT_NOT_APPLICABLE;
    for (struct cursor points = lint_sequence(lint, EXT_CRL_POINTS); points.left != 0;) {
        const char *fault = point_fault(lint, der_enter(&points, DER_SEQUENCE));
        if (fault != NULL)
            lint_offend(&offenders, fault);
    }
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_crl_point_complete(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!has(lint, EXT_CRL_POINTS))
        return LINT_NOT_APPLICABLE;
    for (struct cursor points = lint_sequence(lint, EXT_CRL_POINTS); points.left != 0;) {
        struct cursor point = der_enter(&points, DER_SEQUENCE);
        bool named = der_at(&point, DER_CONTEXT_CONSTRUCTED);
        while (point.left != 0)
            named = der_next(&point).tag == DER_CONTEXT_CONSTRUCTED + 2 || named;
        if (!named)
            lint_offend(&offenders, "a distribution point with neither a name nor an issuer");
    }
    return lint_judge(lint, &offenders);
}
