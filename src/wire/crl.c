// SPDX-License-Identifier: Apache-2.0
//
// Walks a CertificateList (RFC 5280 section 5.1) over its octets; libcrypto, which would make an object of each
// entry, verifies the signature alone.
#include "wire/crl.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/der.h"
#include "wire/distinguished.h"

// The list's fields.
struct list {
    struct signed_octets what;
    struct bytes issuer; // whole Name
    struct cursor entries;
    struct bytes scope; // IssuingDistributionPoint; empty: none
    bool delta, critical;
};

struct extension_row {
    const char *oid;
    bool critical;
    struct bytes value;
};

// --- reading ---------------------------------------------------------------------------------------

static const char malformed[] = "This is no certificate revocation list, or it is cut short.";

static bool take_extension(struct arena *arena, struct cursor *all, struct extension_row *out)
{
    struct cursor extension = der_enter(all, DER_SEQUENCE);
    struct bytes identifier = der_take(&extension, DER_OID), critical = {NULL, 0};
    if (der_at(&extension, DER_BOOLEAN))
        critical = der_take(&extension, DER_BOOLEAN);
    out->value = der_take(&extension, DER_OCTET_STRING);
    out->critical = critical.size == 1 && critical.data[0] != 0;
    if (extension.bad)
        return false;
    out->oid = der_oid(arena, identifier);
    return true;
}

static void read_number(struct arena *arena, struct bytes value, struct revocation_result *result)
{
    struct cursor cursor = cursor_of(value);
    struct bytes number = der_take(&cursor, DER_INTEGER);
    if (!cursor.bad)
        result->number = der_integer_hex(arena, number);
}

// [0] EXPLICIT Extensions.
static bool read_extensions(struct arena *arena, struct cursor *fields, struct list *out,
                            struct revocation_result *result)
{
    struct cursor tagged = der_enter(fields, DER_CONTEXT_CONSTRUCTED), all = der_enter(&tagged, DER_SEQUENCE);
    struct extension_row row;
    while (all.left != 0 && take_extension(arena, &all, &row)) {
        if (strcmp(row.oid, "2.5.29.20") == 0)
            read_number(arena, row.value, result);
        else if (strcmp(row.oid, "2.5.29.28") == 0)
            out->scope = row.value;
        else if (strcmp(row.oid, "2.5.29.27") == 0)
            out->delta = true;
        else if (row.critical && strcmp(row.oid, "2.5.29.35") != 0)
            out->critical = true;
    }
    return cursor_ended(&all) && cursor_ended(&tagged);
}

// TBSCertList, in its own order. False: it is malformed.
static bool read_fields(struct arena *arena, struct bytes whole, struct list *out, struct revocation_result *result)
{
    struct cursor outer = cursor_of(whole), fields = der_enter(&outer, DER_SEQUENCE);
    if (der_at(&fields, DER_INTEGER))
        der_next(&fields); // the version, which is there exactly when extensions may be
    struct bytes algorithm = der_next(&fields).whole;
    out->issuer = der_next(&fields).whole;
    if (!der_time(der_next(&fields), &result->this_update) || !bytes_equal(algorithm, out->what.algorithm))
        return false;
    if (der_at(&fields, DER_UTC_TIME) || der_at(&fields, DER_GENERALIZED_TIME))
        if (!der_time(der_next(&fields), &result->next_update))
            return false;
    if (der_at(&fields, DER_SEQUENCE))
        out->entries = der_enter(&fields, DER_SEQUENCE);
    if (!fields.bad && fields.left != 0 && !read_extensions(arena, &fields, out, result))
        return false;
    return cursor_ended(&fields);
}

static bool read_list(struct arena *arena, struct bytes octets, struct list *out, struct revocation_result *result)
{
    struct cursor file = cursor_of(octets), fields = der_enter(&file, DER_SEQUENCE);
    *out = (struct list){0};
    out->what.octets = der_next(&fields).whole;
    out->what.algorithm = der_next(&fields).whole;
    out->what.signature = der_take(&fields, DER_BIT_STRING);
    return cursor_ended(&fields) && cursor_ended(&file) && read_fields(arena, out->what.octets, out, result);
}

// --- of which certificates it is -------------------------------------------------------------------

static bool is_of(struct arena *arena, struct bytes issuer, const struct certificate *certificate)
{
    if (bytes_equal(issuer, certificate->issuer_der))
        return true;
    const char *name = distinguished_text(arena, issuer);
    return name != NULL && text_same(name, certificate->issuer);
}

// RFC 5280 section 6.3.3 (b)(2): a name of the list's distribution point is one of the certificate's.
static bool names_point(struct arena *arena, struct bytes point, const struct certificate *certificate)
{
    struct cursor choice = cursor_of(point), full = der_enter(&choice, DER_CONTEXT_CONSTRUCTED);
    while (full.left != 0 && !full.bad) {
        struct element name = der_next(&full);
        const char *url = name.tag == DER_CONTEXT + 6 ? text_escape(arena, name.content) : NULL;
        for (size_t i = 0; url != NULL && i < certificate->crl_urls.count; i++)
            if (strcmp(url, certificate->crl_urls.text[i]) == 0)
                return true;
    }
    return false;
}

enum { POINT, USERS_ONLY, AUTHORITIES_ONLY, SOME_REASONS, INDIRECT, ATTRIBUTES_ONLY };

// IssuingDistributionPoint, whose fields are all optional. False: nothing is to be had from the list, or, of *some,
// only what it lists.
static bool covers(struct arena *arena, struct bytes scope, const struct certificate *certificate, bool *some,
                   struct revocation_result *out)
{
    struct cursor outer = cursor_of(scope), fields = der_enter(&outer, DER_SEQUENCE);
    bool other = false, indirect = false;
    while (fields.left != 0 && !fields.bad) {
        struct element field = der_next(&fields);
        bool set = field.content.size == 1 && field.content.data[0] != 0;
        switch (field.tag & 0x1f) {
        case POINT:
            other = other || !names_point(arena, field.content, certificate);
            break;
        case USERS_ONLY:
            other = other || (set && certificate->is_ca);
            break;
        case AUTHORITIES_ONLY:
            other = other || (set && !certificate->is_ca);
            break;
        case ATTRIBUTES_ONLY:
            other = other || set;
            break;
        case INDIRECT:
            indirect = indirect || set;
            break;
        case SOME_REASONS:
            *some = true;
            break;
        default:
            fields.bad = true;
        }
    }
    if (fields.bad || outer.bad || outer.left != 0)
        return revocation_unknown(out, "malformed", "What the list says it is of is malformed.");
    if (indirect)
        return revocation_unknown(out, "indirect", "It is an indirect list, of certificates of several issuers.");
    if (other)
        return revocation_unknown(out, "other_scope", "It is a list of other certificates than this.");
    return true;
}

// --- the entry -------------------------------------------------------------------------------------

// The rest of SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL }
static bool read_entry(struct arena *arena, struct cursor entry, struct revocation_result *out)
{
    enum { REMOVED = 8 };
    bool known = der_time(der_next(&entry), &out->revoked_at);
    struct cursor all = entry.left == 0 ? cursor_of((struct bytes){NULL, 0}) : der_enter(&entry, DER_SEQUENCE);
    struct extension_row row;
    while (all.left != 0 && take_extension(arena, &all, &row)) {
        struct cursor value = cursor_of(row.value);
        long code = -1;
        bool is_reason = strcmp(row.oid, "2.5.29.21") == 0;
        if (is_reason && (!der_integer(der_take(&value, DER_ENUMERATED), &code) || code == REMOVED))
            known = false;
        if (is_reason)
            out->revocation_reason = revocation_reason_name(code);
        else if (row.critical)
            return revocation_unknown(out, "critical_extension",
                                      "The certificate's entry has a critical extension that is not known.");
    }
    if (!known || !cursor_ended(&all) || !cursor_ended(&entry))
        return revocation_unknown(out, "malformed", "The certificate's entry in the list is malformed.");
    return true;
}

// False: the list or the entry is malformed. *found: it is on the list.
static bool find_entry(struct arena *arena, struct cursor entries, struct bytes serial, bool *found,
                       struct revocation_result *out)
{
    *found = false;
    while (entries.left != 0 && !entries.bad && !*found) {
        struct cursor entry = der_enter(&entries, DER_SEQUENCE);
        struct bytes number = der_take(&entry, DER_INTEGER);
        if (entry.bad)
            return revocation_unknown(out, "malformed", "An entry of the list is malformed.");
        *found = der_integer_equal(number, serial);
        if (*found && !read_entry(arena, entry, out))
            return false;
    }
    return !entries.bad || revocation_unknown(out, "malformed", "An entry of the list is malformed.");
}

// --- the verdict -----------------------------------------------------------------------------------

static bool may_sign(const struct certificate *issuer)
{
    bool allowed = !issuer->has_key_usage;
    for (size_t i = 0; i < issuer->key_usage.count && !allowed; i++)
        allowed = strcmp(issuer->key_usage.text[i], "cRLSign") == 0;
    return allowed;
}

static bool is_usable(struct arena *arena, const struct list *list, const struct revocation_question *question,
                      bool *some, struct revocation_result *out)
{
    if (!is_of(arena, list->issuer, question->certificate))
        return revocation_unknown(out, "other_issuer", "It is a list of another issuer.");
    out->signer = question->issuer->subject;
    if (!revocation_signed(out, signature_verify(&list->what, question->issuer->public_key_der)))
        return false;
    if (!may_sign(question->issuer))
        return revocation_unknown(out, "wrong_signer", "The issuer's key is not for signing such lists.");
    if (list->delta)
        return revocation_unknown(out, "delta", "It is a delta list, which tells what changed in another.");
    if (list->critical)
        return revocation_unknown(out, "critical_extension", "The list has a critical extension that is not known.");
    return list->scope.size == 0 || covers(arena, list->scope, question->certificate, some, out);
}

void crl_judge(struct arena *arena, struct bytes octets, const struct revocation_question *question,
               struct revocation_result *out)
{
    struct list list;
    bool some = false, revoked;
    *out = revocation_begin();
    if (question->certificate->serial_octets.size == 0 || !read_list(arena, octets, &list, out)) {
        revocation_unknown(out, "malformed", malformed);
        return;
    }
    if (!is_usable(arena, &list, question, &some, out) ||
        !find_entry(arena, list.entries, question->certificate->serial_octets, &revoked, out))
        return;
    if (some && !revoked)
        revocation_unknown(out, "some_reasons", "It lists what was revoked for some reasons alone.");
    else
        revocation_settle(arena, out, revoked, question->now);
}
