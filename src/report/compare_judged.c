// SPDX-License-Identifier: Apache-2.0
//
// What was judged of two reports: findings, the rules of a policy, grades. These say whether it got worse.
#include <string.h>

#include "report/compare.h"

// --- findings ------------------------------------------------------------------------------------

// The versions that a finding is seen in come and go, and it stays the same; certificates are told apart.
static bool same_place(const json_t *a, const json_t *b)
{
    const char *x = member_text(a, "where"), *y = member_text(b, "where");
    bool versions = x == NULL || y == NULL || strncmp(x, "TLSv", 4) == 0 || strncmp(x, "SSLv", 4) == 0;
    return versions || strcmp(x, y) == 0;
}

// Of the address, or of the report where the finding is about the name.
static bool is_at(const json_t *row, const struct scene *scene)
{
    const char *address = member_text(row, "address"), *mine = member_text(scene->endpoint, "address");
    return address == NULL ? mine == NULL : mine != NULL && strcmp(address, mine) == 0;
}

static const json_t *find(const json_t *list, const json_t *row, const struct scene *scene)
{
    const char *id = member_text(row, "id");
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++) {
        const json_t *other = json_array_get(list, i);
        if (id != NULL && member_is(other, "id", id) && is_at(other, scene) && same_place(other, row))
            return other;
    }
    return NULL;
}

// Why it is not known whether there is such a finding; NULL: it is.
static const char *unjudged(const struct scene *scene, const char *id)
{
    const json_t *list = json_object_get(scene->report, "unjudged");
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i), *ids = json_object_get(row, "ids");
        const char *reason = member_text(row, "reason");
        for (size_t k = 0; is_at(row, scene) && k < json_array_size(ids) && k < SUBJECT_ROWS; k++) {
            const char *one = json_string_value(json_array_get(ids, k));
            if (one != NULL && strcmp(one, id) == 0)
                return reason == NULL ? "the report gives no reason" : reason;
        }
    }
    return NULL;
}

static bool counts(const json_t *row)
{
    return !member_is(row, "severity", "info") && !json_is_object(json_object_get(row, "waived"));
}

static void compare_side(struct comparison *comparison, enum side side)
{
    enum side other = side == OLD ? NEW : OLD;
    const struct scene *mine = &comparison->scene[side], *its = &comparison->scene[other];
    const json_t *list = json_object_get(mine->report, "findings");
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        const char *id = member_text(row, "id"), *title = member_text(row, "title");
        if (id == NULL || title == NULL || !is_at(row, mine) ||
            find(json_object_get(its->report, "findings"), row, its) != NULL)
            continue;
        const char *reason = unjudged(its, id);
        enum effect effect = !counts(row) ? EFFECT_NONE : side == NEW ? EFFECT_WORSE : EFFECT_BETTER;
        if (reason != NULL)
            compare_open(comparison, "findings", id, other, reason);
        else
            compare_change(comparison, "findings", id, side == OLD ? title : NULL, side == OLD ? NULL : title, effect);
    }
}

void compare_findings(struct comparison *comparison)
{
    compare_side(comparison, OLD);
    compare_side(comparison, NEW);
}

// --- policy --------------------------------------------------------------------------------------

static const json_t *find_rule(const json_t *rules, const json_t *rule)
{
    const char *policy = member_text(rule, "policy"), *id = member_text(rule, "id");
    for (size_t i = 0; i < json_array_size(rules) && i < SUBJECT_ROWS; i++) {
        const json_t *other = json_array_get(rules, i);
        if (policy != NULL && id != NULL && member_is(other, "policy", policy) && member_is(other, "id", id))
            return other;
    }
    return NULL;
}

static struct known known_rule(const json_t *rule)
{
    const char *verdict = member_text(rule, "verdict"), *detail = member_text(rule, "detail");
    bool open = verdict == NULL || strcmp(verdict, "incomplete") == 0;
    // A rule that does not apply is met.
    if (verdict != NULL && strcmp(verdict, "not_applicable") == 0)
        verdict = "pass";
    return (struct known){open ? NULL : verdict, detail};
}

static void compare_policies(struct comparison *comparison)
{
    const json_t *was = json_object_get(json_object_get(comparison->scene[OLD].report, "policy"), "rules");
    const json_t *is = json_object_get(json_object_get(comparison->scene[NEW].report, "policy"), "rules");
    for (size_t i = 0; i < json_array_size(is) && i < SUBJECT_ROWS; i++) {
        const json_t *rule = json_array_get(is, i), *before = find_rule(was, rule);
        const char *policy = member_text(rule, "policy"), *id = member_text(rule, "id");
        const struct known known[] = {known_rule(before), known_rule(rule)};
        bool waived = json_is_object(json_object_get(rule, "waived"));
        if (before != NULL)
            compare_known(comparison, "policy", arena_text(comparison->scratch, "%s/%s", policy, id), known,
                          waived || !member_is(rule, "level", "MUST") ? EFFECT_NONE : effect_of(known, "pass"));
    }
}

// --- grade ---------------------------------------------------------------------------------------

static int place_of(const char *letter)
{
    static const char *const letters[] = {"A+", "A", "A-", "B", "C", "D", "E", "F"};
    int place = 0;
    while (place < 8 && strcmp(letters[place], letter) != 0)
        place++;
    return place;
}

static void compare_grades(struct comparison *comparison)
{
    struct known known[2];
    for (size_t side = OLD; side <= NEW; side++) {
        const json_t *grade = json_object_get(comparison->scene[side].report, "grade");
        known[side] = (struct known){member_text(grade, "letter"), member_text(grade, "reason")};
    }
    enum effect effect = EFFECT_NONE;
    if (known[OLD].text != NULL && known[NEW].text != NULL)
        effect = place_of(known[NEW].text) > place_of(known[OLD].text)   ? EFFECT_WORSE
                 : place_of(known[NEW].text) < place_of(known[OLD].text) ? EFFECT_BETTER
                                                                         : EFFECT_NONE;
    compare_known(comparison, "grade", "letter", known, effect);
}

void compare_judgements(struct comparison *comparison)
{
    compare_findings(comparison); // those about the name
    compare_policies(comparison);
    compare_grades(comparison);
}
