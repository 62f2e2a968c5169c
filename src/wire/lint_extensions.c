// SPDX-License-Identifier: Apache-2.0
//
// Rules about extensions as such: how often, how empty, how critical. What they hold is for other
// files.
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "wire/lint_rules.h"

#include "lint.def"

static int compare_octets(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->size == 0 ? 0 : memcmp(x->data, y->data, x->size);
}

// Sorted, since a stranger may send ten thousand.
enum lint_verdict lint_unrepeated(struct lint *lint, struct bytes *oids, size_t count,
                                  const char *(*name)(struct lint *lint, struct bytes oid))
{
    struct lint_offenders offenders = {0};
    qsort(oids, count, sizeof *oids, compare_octets);
    for (size_t i = 1; i < count; i++)
        if (bytes_equal(oids[i - 1], oids[i]))
            lint_offend(&offenders, offenders.count == 0 ? name(lint, oids[i]) : NULL);
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_extension_twice(struct lint *lint)
{
    struct bytes *oids = arena_array(lint->arena, lint->extension_count, sizeof *oids);
    if (!lint->has_extensions)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->extension_count; i++)
        oids[i] = lint->extension[i].oid;
    return lint_unrepeated(lint, oids, lint->extension_count, lint_extension_name);
}

enum lint_verdict lint_rule_extension_malformed(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    for (size_t i = 0; i < lint->extension_count; i++)
        if (lint->extension[i].malformed)
            lint_offend(&offenders, lint_extension_name(lint, lint->extension[i].oid));
    return lint->has_extensions ? lint_judge(lint, &offenders) : LINT_NOT_APPLICABLE;
}

// SEQUENCE SIZE (1..MAX) OF ...; those that may be empty, and name constraints, are not here.
enum lint_verdict lint_rule_extension_empty(struct lint *lint)
{
    static const enum lint_extension_kind lists[] = {
        EXT_POLICIES,   EXT_POLICY_MAPPINGS, EXT_ALTERNATIVE_NAMES,  EXT_ISSUER_NAMES,        EXT_PURPOSES,
        EXT_CRL_POINTS, EXT_FRESHEST_CRL,    EXT_INFORMATION_ACCESS, EXT_SUBJECT_INFORMATION, EXT_SUBJECT_DIRECTORY,
    };
    struct lint_offenders offenders = {0};
    if (!lint->has_extensions)
        return LINT_NOT_APPLICABLE;
    if (lint->extension_count == 0)
        lint_offend(&offenders, "the list of extensions");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct lint_extension *extension = lint->found[lists[i]];
        if (extension != NULL && !extension->malformed && lint_sequence(lint, lists[i]).left == 0)
            lint_offend(&offenders, lint_extension_name(lint, extension->oid));
    }
    return lint_judge(lint, &offenders);
}

// Of those kinds that are there: is each critical, or is none?
static enum lint_verdict criticality(struct lint *lint, const enum lint_extension_kind *kind, size_t count, bool wanted)
{
    struct lint_offenders offenders = {0};
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (lint->found[kind[i]] == NULL)
            continue;
        any = true;
        if (lint_critical(lint, kind[i]) != wanted)
            lint_offend(&offenders, lint_extension_name(lint, lint->found[kind[i]]->oid));
    }
    return any ? lint_judge(lint, &offenders) : LINT_NOT_APPLICABLE;
}
#define CRITICALITY(lint, kinds, wanted) criticality(lint, kinds, sizeof(kinds) / sizeof *(kinds), wanted)

enum lint_verdict lint_rule_extension_not_critical(struct lint *lint)
{
    static const enum lint_extension_kind kinds[] = {EXT_AUTHORITY_KEY_ID,   EXT_SUBJECT_KEY_ID,
                                                     EXT_INFORMATION_ACCESS, EXT_SUBJECT_INFORMATION,
                                                     EXT_FRESHEST_CRL,       EXT_SUBJECT_DIRECTORY};
    return CRITICALITY(lint, kinds, false);
}

enum lint_verdict lint_rule_extension_critical(struct lint *lint)
{
    static const enum lint_extension_kind kinds[] = {EXT_POLICY_CONSTRAINTS, EXT_INHIBIT_ANY_POLICY};
    return CRITICALITY(lint, kinds, true);
}

enum lint_verdict lint_rule_extension_criticality(struct lint *lint)
{
    static const enum lint_extension_kind kinds[] = {EXT_POLICIES, EXT_PURPOSES, EXT_CRL_POINTS, EXT_TIMESTAMPS};
    return CRITICALITY(lint, kinds, false);
}

enum lint_verdict lint_rule_key_usage_critical(struct lint *lint)
{
    static const enum lint_extension_kind kinds[] = {EXT_KEY_USAGE};
    return CRITICALITY(lint, kinds, true);
}

enum lint_verdict lint_rule_constraints_critical(struct lint *lint)
{
    static const enum lint_extension_kind kinds[] = {EXT_BASIC_CONSTRAINTS};
    return CRITICALITY(lint, kinds, true);
}

enum lint_verdict lint_rule_name_constraints_critical(struct lint *lint)
{
    static const enum lint_extension_kind kinds[] = {EXT_NAME_CONSTRAINTS};
    return CRITICALITY(lint, kinds, true);
}

enum lint_verdict lint_rule_extension_critical_unknown(struct lint *lint)
{
    struct strings unknown = lint->certificate->unknown_critical;
    struct lint_offenders offenders = {0};
    for (size_t i = 0; i < unknown.count; i++)
        lint_offend(&offenders, unknown.text[i]);
    return lint->has_extensions ? lint_judge(lint, &offenders) : LINT_NOT_APPLICABLE;
}

enum lint_verdict lint_rule_precertificate(struct lint *lint)
{
    return lint_holds(lint, lint->found[EXT_POISON] == NULL, "the extension that only precertificates have");
}

enum lint_verdict lint_rule_timestamp_list_empty(struct lint *lint)
{
    if (lint->found[EXT_TIMESTAMPS] == NULL)
        return LINT_NOT_APPLICABLE;
    struct cursor value = cursor_of(lint->found[EXT_TIMESTAMPS]->value);
    return lint_holds(lint, der_take(&value, DER_OCTET_STRING).size > 2, "an empty list");
}
