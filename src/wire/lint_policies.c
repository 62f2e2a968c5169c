// SPDX-License-Identifier: Apache-2.0
//
// Rules about certificate policies, and about what a subject may say once it was validated in one of
// the four ways that reserved policies stand for (Baseline Requirements section 7.1.6.1). Policies of
// single authorities mean what those say, so nothing follows from them.
#include <string.h>

#include "base/arena.h"
#include "wire/lint_rules.h"
#include "wire/oid.h"

#include "lint.def"

#define DOMAIN_VALIDATED       OID("\x67\x81\x0c\x01\x02\x01")
#define ORGANIZATION_VALIDATED OID("\x67\x81\x0c\x01\x02\x02")
#define INDIVIDUAL_VALIDATED   OID("\x67\x81\x0c\x01\x02\x03")
#define EXTENDED_VALIDATION    OID("\x67\x81\x0c\x01\x01")
#define ANY_POLICY             OID("\x55\x1d\x20\x00")
#define PRACTICE_STATEMENT     OID("\x2b\x06\x01\x05\x05\x07\x02\x01")
#define SERVER_AUTH            OID("\x2b\x06\x01\x05\x05\x07\x03\x01")
#define ANY_PURPOSE            OID("\x55\x1d\x25\x00")

#define COUNTRY              OID("\x55\x04\x06")
#define STATE                OID("\x55\x04\x08")
#define LOCALITY             OID("\x55\x04\x07")
#define ORGANIZATION         OID("\x55\x04\x0a")
#define COMMON_NAME          OID("\x55\x04\x03")
#define SURNAME              OID("\x55\x04\x04")
#define GIVEN_NAME           OID("\x55\x04\x2a")
#define SERIAL_NUMBER        OID("\x55\x04\x05")
#define CATEGORY             OID("\x55\x04\x0f")
#define JURISDICTION_COUNTRY OID("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03")

// An authority that is not for servers need not have them (section 7.1.2.3.1).
enum lint_verdict lint_rule_policies_present(struct lint *lint)
{
    bool for_servers =
        lint->found[EXT_PURPOSES] == NULL || lint_has_purpose(lint, SERVER_AUTH) || lint_has_purpose(lint, ANY_PURPOSE);
    if (lint->kinds == LINT_SUBORDINATE && !for_servers)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, lint->found[EXT_POLICIES] != NULL, "none");
}

static bool is_reserved(struct bytes oid)
{
    return bytes_equal(oid, DOMAIN_VALIDATED) || bytes_equal(oid, ORGANIZATION_VALIDATED) ||
           bytes_equal(oid, INDIVIDUAL_VALIDATED) || bytes_equal(oid, EXTENDED_VALIDATION);
}

static bool next_policy(struct cursor *policies, struct bytes *oid, struct cursor *qualifiers)
{
    if (policies->left == 0)
        return false;
    struct cursor policy = der_enter(policies, DER_SEQUENCE);
    *oid = der_take(&policy, DER_OID);
    *qualifiers = (struct cursor){0};
    if (policy.left != 0)
        *qualifiers = der_enter(&policy, DER_SEQUENCE);
    return true;
}

enum lint_verdict lint_rule_policy_reserved(struct lint *lint)
{
    struct cursor policies = lint_sequence(lint, EXT_POLICIES), qualifiers;
    struct bytes oid;
    size_t count = 0;
    if (lint->found[EXT_POLICIES] == NULL)
        return LINT_NOT_APPLICABLE;
    while (next_policy(&policies, &oid, &qualifiers))
        count += is_reserved(oid);
    return count == 1 ? LINT_HELD : count == 0 ? lint_broken(lint, "none") : lint_broken(lint, "%zu of them", count);
}

enum lint_verdict lint_rule_policy_any(struct lint *lint)
{
    if (lint->found[EXT_POLICIES] == NULL)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, !lint_has_policy(lint, ANY_POLICY), "2.5.29.32.0");
}

static const char *dotted(struct lint *lint, struct bytes oid) { return der_oid(lint->arena, oid); }

enum lint_verdict lint_rule_policy_twice(struct lint *lint)
{
    struct cursor policies = lint_sequence(lint, EXT_POLICIES), qualifiers;
    struct bytes *oids = arena_array(lint->arena, policies.left / 4 + 1, sizeof *oids); // none is shorter
    size_t count = 0;
    if (lint->found[EXT_POLICIES] == NULL)
        return LINT_NOT_APPLICABLE;
    while (next_policy(&policies, &oids[count], &qualifiers))
        count++;
    return lint_unrepeated(lint, oids, count, dotted);
}

static bool is_web_address(struct bytes text)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (text.size > strlen(schemes[i]) && strncasecmp((const char *)text.data, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

static void judge_qualifier(struct lint *lint, struct cursor fields, struct lint_offenders *offenders)
{
    struct bytes kind = der_take(&fields, DER_OID);
    struct element value = der_next(&fields);
    if (!bytes_equal(kind, PRACTICE_STATEMENT))
        lint_offend(offenders, offenders->count == 0 ? dotted(lint, kind) : NULL);
    else if (value.tag != DER_IA5_STRING || !is_web_address(value.content))
        lint_offend(offenders, offenders->count == 0 ? lint_show(lint, value.content) : NULL);
}

enum lint_verdict lint_rule_policy_qualifiers(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    struct cursor policies = lint_sequence(lint, EXT_POLICIES), qualifiers;
    struct bytes oid;
    if (lint->found[EXT_POLICIES] == NULL)
        return LINT_NOT_APPLICABLE;
    while (next_policy(&policies, &oid, &qualifiers))
        while (qualifiers.left != 0)
            judge_qualifier(lint, der_enter(&qualifiers, DER_SEQUENCE), &offenders);
    return lint_judge(lint, &offenders);
}

// --- how the subject was validated ---------------------------------------------------------------------------

static void want(struct lint *lint, struct lint_offenders *offenders, struct bytes oid, const char *missing)
{
    if (lint_attributes(lint, oid) == 0)
        lint_offend(offenders, missing);
}

static void want_place(struct lint *lint, struct lint_offenders *offenders)
{
    want(lint, offenders, COUNTRY, "no country");
    if (lint_attributes(lint, STATE) == 0)
        want(lint, offenders, LOCALITY, "neither state nor locality");
}

enum lint_verdict lint_rule_dv_subject(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!lint_has_policy(lint, DOMAIN_VALIDATED))
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->attribute_count; i++) {
        struct bytes oid = lint->attribute[i].oid;
        if (!bytes_equal(oid, COUNTRY) && !bytes_equal(oid, COMMON_NAME))
            lint_offend(&offenders, offenders.count == 0 ? oid_name(OID_ATTRIBUTE, dotted(lint, oid)) : NULL);
    }
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_ov_subject(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!lint_has_policy(lint, ORGANIZATION_VALIDATED))
        return LINT_NOT_APPLICABLE;
    want(lint, &offenders, ORGANIZATION, "no organization");
    want_place(lint, &offenders);
    if (lint_attributes(lint, SURNAME) + lint_attributes(lint, GIVEN_NAME) != 0)
        lint_offend(&offenders, "a person's name");
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_iv_subject(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!lint_has_policy(lint, INDIVIDUAL_VALIDATED))
        return LINT_NOT_APPLICABLE;
    want(lint, &offenders, SURNAME, "no surname");
    want(lint, &offenders, GIVEN_NAME, "no given name");
    want_place(lint, &offenders);
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_ev_subject(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!lint_has_policy(lint, EXTENDED_VALIDATION))
        return LINT_NOT_APPLICABLE;
    want(lint, &offenders, ORGANIZATION, "no organization");
    want(lint, &offenders, CATEGORY, "no category");
    want(lint, &offenders, JURISDICTION_COUNTRY, "no country of jurisdiction");
    want(lint, &offenders, SERIAL_NUMBER, "no registration number");
    want(lint, &offenders, COUNTRY, "no country");
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_ev_category(struct lint *lint)
{
    static const char *const categories[] = {"Private Organization", "Government Entity", "Business Entity",
                                             "Non-Commercial Entity"};
    if (!lint_has_policy(lint, EXTENDED_VALIDATION) || lint_attributes(lint, CATEGORY) == 0)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->attribute_count; i++) {
        bool known = !bytes_equal(lint->attribute[i].oid, CATEGORY);
        for (size_t j = 0; j < sizeof categories / sizeof *categories; j++)
            known = known || bytes_equal(lint->attribute[i].value, bytes_of_text(categories[j]));
        if (!known)
            return lint_broken(lint, "%s", lint_show(lint, lint->attribute[i].value));
    }
    return LINT_HELD;
}

enum lint_verdict lint_rule_ev_wildcard(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!lint_has_policy(lint, EXTENDED_VALIDATION))
        return LINT_NOT_APPLICABLE;
    for (struct cursor names = lint_sequence(lint, EXT_ALTERNATIVE_NAMES); names.left != 0;) {
        struct element name = der_next(&names);
        if (name.tag == DER_CONTEXT + 2 && lint_dns_is_wildcard(name.content) &&
            !lint_dns_ends_in(name.content, "onion"))
            lint_offend(&offenders, offenders.count == 0 ? lint_show(lint, name.content) : NULL);
    }
    return lint_judge(lint, &offenders);
}
