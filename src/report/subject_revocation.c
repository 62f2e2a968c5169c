// SPDX-License-Identifier: Apache-2.0
//
// What rules may say of revocation: properties of chains and certificates that are worked out of a chain's object
// "revocation".
#include <string.h>

#include "report/subject.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const json_t *revocation_of(const struct row *row)
{
    const json_t *certificates = json_object_get(row->chain, "chain");
    size_t index = 0;
    while (index < json_array_size(certificates) && json_array_get(certificates, index) != row->json)
        index++;
    return json_array_get(json_object_get(json_object_get(row->chain, "revocation"), "certificates"), index);
}

// What the check of revocation found of the certificate. Good or revoked is what somebody says who may.
bool subject_revoked(const struct row *row, struct value *out)
{
    const json_t *found = revocation_of(row);
    out->text = member_is(found, "status", "revoked") ? "yes" : member_is(found, "status", "good") ? "no" : NULL;
    out->not_applicable = member_is(found, "status", "not_applicable");
    if (out->not_applicable)
        out->text = "not_applicable";
    out->sentence = member_text(found, "sentence");
    out->evidence = json_object_get(found, "evidence");
    return out->text != NULL;
}

// Whether a responder of the certificate calls good whatever it is asked about. Older reports do not tell.
bool subject_unissued(const struct row *row, struct value *out)
{
    const json_t *found = revocation_of(row), *sources = json_object_get(found, "sources");
    out->not_applicable = json_is_array(sources);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i), *control = json_object_get(source, "unissued");
        if (!member_is(source, "source", "ocsp") || !member_is(source, "status", "good") ||
            (out->text != NULL && strcmp(out->text, "yes") == 0))
            continue;
        out->not_applicable = false;
        out->text = member_is(control, "verdict", "yes") || member_is(control, "verdict", "no")
                        ? member_text(control, "verdict")
                        : NULL;
        out->sentence = member_text(control, "sentence");
        out->evidence = json_object_get(control, "evidence");
    }
    if (out->not_applicable)
        out->text = "not_applicable";
    return out->text != NULL;
}

// Reasons that are the staple's own, not those for which it could not be had or read.
static bool is_fault_of_staple(const char *reason)
{
    static const char *const faults[] = {
        "malformed",          "bad_signature",        "weak_signature", "expired",      "not_yet_valid",
        "malformed_request",  "internal_error",       "try_later",      "unauthorized", "signature_required",
        "other_certificate",  "unknown_certificate",  "unknown_signer", "wrong_signer", "signer_expired",
        "critical_extension", "signer_not_yet_valid",
    };
    for (size_t i = 0; reason != NULL && i < COUNT(faults); i++)
        if (strcmp(reason, faults[i]) == 0)
            return true;
    return false;
}

// Whether what the server staples to the leaf is good for something; there may be none.
bool subject_staple(const struct row *row, struct value *out)
{
    const json_t *certificates = json_object_get(json_object_get(row->json, "revocation"), "certificates");
    const json_t *sources = json_object_get(json_array_get(certificates, 0), "sources");
    const json_t *staple = list_find(sources, "source", "staple");
    if (member_is(staple, "status", "good") || member_is(staple, "status", "revoked"))
        out->text = "yes";
    else if (is_fault_of_staple(member_text(staple, "reason")))
        out->text = "no";
    else if (member_is(staple, "status", "not_applicable") || json_array_size(sources) == 0)
        out->text = "not_applicable";
    out->not_applicable = out->text != NULL && strcmp(out->text, "not_applicable") == 0;
    out->sentence = member_text(staple, "sentence");
    out->evidence = json_object_get(staple, "evidence");
    return out->text != NULL && json_is_array(sources);
}

// A report that did not look for staples still tells whether one is required.
bool subject_promise(const struct row *row, struct value *out)
{
    const json_t *kept = json_object_get(json_object_get(row->json, "revocation"), "must_staple_kept");
    const json_t *leaf = json_array_get(json_object_get(row->json, "chain"), 0);
    out->text = member_text(kept, "verdict");
    if (json_is_false(json_object_get(leaf, "must_staple")))
        out->text = "not_applicable";
    out->not_applicable = out->text != NULL && strcmp(out->text, "not_applicable") == 0;
    out->sentence = member_text(kept, "sentence");
    out->evidence = json_object_get(kept, "evidence");
    return out->not_applicable || member_is(kept, "verdict", "yes") || member_is(kept, "verdict", "no");
}
