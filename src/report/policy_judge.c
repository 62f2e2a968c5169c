// SPDX-License-Identifier: Apache-2.0
//
// A report held against a policy: a row for each rule, with the worst that any address gives it. What is
// not known is incomplete, whatever else was passed.
#include <string.h>

#include "report/policy.h"
#include "report/tree.h"

// Worst first.
static const enum ruling_verdict worst_first[] = {RULING_FAIL, RULING_INCOMPLETE, RULING_PASS, RULING_NOT_APPLICABLE};

static enum ruling_verdict worse(enum ruling_verdict a, enum ruling_verdict b)
{
    size_t i = 0;
    while (worst_first[i] != a && worst_first[i] != b)
        i++;
    return worst_first[i];
}

struct verdicts {
    struct ruling *ruling; // one for each address, as the next two
    const char **detail, **address;
    size_t count;
    enum ruling_verdict worst;
};

static bool reached(const json_t *endpoint)
{
    return member_is(endpoint, "status", "complete") || member_is(endpoint, "status", "partial");
}

static void judge_at(const struct policy_rule *rule, const struct scene *scene, struct verdicts *out)
{
    struct ruling *ruling = &out->ruling[out->count];
    const char *reason = member_text(scene->endpoint, "reason");
    if (scene->endpoint == NULL || reached(scene->endpoint))
        rule_judge(&rule->rule, scene, ruling);
    else
        *ruling = (struct ruling){.verdict = RULING_INCOMPLETE,
                                  .detail = reason != NULL ? reason : "the address was not reached"};
    const char *shown = ruling->verdict == RULING_FAIL ? ruling_show(&rule->rule, ruling, scene->scratch) : NULL;
    // The row of a certificate says itself what it is of.
    bool placed = shown != NULL && !rule->rule.demand.subject->one_by_one;
    const char *place = !placed ? NULL : ruling_place(&rule->rule, ruling, scene->scratch);
    out->detail[out->count] =
        place == NULL ? (shown != NULL ? shown : ruling->detail) : arena_text(scene->scratch, "%s: %s", place, shown);
    out->address[out->count] = member_text(scene->endpoint, "address");
    out->worst = out->count == 0 ? ruling->verdict : worse(out->worst, ruling->verdict);
    out->count++;
}

static void judge_everywhere(const struct policy_rule *rule, const json_t *report, const struct scene *scene,
                             struct verdicts *out)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    bool of_report = rule->rule.demand.subject->of_report;
    size_t count = json_array_size(endpoints);
    *out = (struct verdicts){arena_array(scene->scratch, count + 1, sizeof *out->ruling),
                             arena_array(scene->scratch, count + 1, sizeof *out->detail),
                             arena_array(scene->scratch, count + 1, sizeof *out->address), 0, RULING_INCOMPLETE};
    for (size_t i = 0; i < count && (i == 0 || !of_report); i++) {
        struct scene one = *scene;
        one.endpoint = of_report ? NULL : json_array_get(endpoints, i);
        judge_at(rule, &one, out);
    }
    if (count == 0) {
        const char *trouble = member_text(report, "trouble");
        out->detail[0] = trouble != NULL ? trouble : "there is no address";
        out->ruling[0].verdict = RULING_INCOMPLETE;
        out->count = 1;
    }
}

// --- rows ----------------------------------------------------------------------------------------

// Said once where all addresses agree, else with the address in front.
static const char *detail_of(const struct verdicts *verdicts, struct arena *scratch)
{
    const char **texts = arena_array(scratch, verdicts->count, sizeof *texts);
    size_t count = 0;
    bool differ = false;
    for (size_t i = 0; i < verdicts->count; i++) {
        const char *detail = verdicts->detail[i], *first = verdicts->detail[0];
        differ = differ || verdicts->ruling[i].verdict != verdicts->worst || (detail == NULL) != (first == NULL) ||
                 (detail != NULL && strcmp(detail, first) != 0);
    }
    for (size_t i = 0; i < verdicts->count; i++) {
        const char *detail = verdicts->detail[i], *address = verdicts->address[i];
        if (verdicts->ruling[i].verdict != verdicts->worst || detail == NULL)
            continue;
        texts[count++] = differ && address != NULL ? arena_text(scratch, "%s: %s", address, detail) : detail;
    }
    return ruling_join(scratch, texts, count, "; ");
}

static json_t *evidence_of(const struct verdicts *verdicts, struct arena *scratch)
{
    json_t *list = tree_list();
    struct ruling all = {0};
    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->ruling[i].verdict == verdicts->worst)
            ruling_collect(&all, &verdicts->ruling[i]);
    for (size_t i = 0; i < all.evidence_count; i++)
        tree_add(list, tree_text(scratch, all.evidence[i]));
    return list;
}

static json_t *addresses_of(const struct verdicts *verdicts, struct arena *scratch)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->ruling[i].verdict == verdicts->worst && verdicts->address[i] != NULL)
            tree_add(list, tree_text(scratch, verdicts->address[i]));
    return list;
}

static json_t *citation_of(const struct policy_rule *rule, struct arena *scratch)
{
    if (rule->cite == NULL)
        return tree_text(scratch, NULL);
    json_t *cite = tree_object();
    tree_set(cite, "document", tree_text(scratch, member_text(rule->cite, "document")));
    tree_set(cite, "section", tree_text(scratch, member_text(rule->cite, "section")));
    return cite;
}

static json_t *row_of(const struct policy_rule *rule, const struct verdicts *verdicts, struct arena *scratch)
{
    json_t *row = tree_object();
    tree_set(row, "id", tree_text(scratch, rule->id));
    tree_set(row, "policy", tree_text(scratch, rule->policy));
    tree_set(row, "level", tree_text(scratch, level_name(rule->level)));
    tree_set(row, "verdict", tree_text(scratch, ruling_name(verdicts->worst)));
    tree_set(row, "sentence", tree_text(scratch, rule->sentence));
    tree_set(row, "citation", citation_of(rule, scratch));
    tree_set(row, "addresses", addresses_of(verdicts, scratch));
    tree_set(row, "detail", tree_text(scratch, detail_of(verdicts, scratch)));
    tree_set(row, "evidence", evidence_of(verdicts, scratch));
    tree_set(row, "waived", tree_text(scratch, NULL));
    return row;
}

json_t *policy_judge(const struct policy *policy, const json_t *report, const struct scene *scene)
{
    struct arena *scratch = scene->scratch;
    json_t *object = tree_object(), *rows = tree_list();
    for (size_t i = 0; i < policy->count; i++) {
        struct verdicts verdicts;
        judge_everywhere(&policy->rule[i], report, scene, &verdicts);
        tree_add(rows, row_of(&policy->rule[i], &verdicts, scratch));
    }
    tree_set(object, "name", tree_text(scratch, policy->name));
    tree_set(object, "title", tree_text(scratch, policy->title));
    tree_set(object, "version", tree_text(scratch, policy->version));
    tree_set(object, "date", tree_text(scratch, policy->date));
    tree_set(object, "verdict", tree_text(scratch, "incomplete"));
    tree_set(object, "rules", rows);
    return object;
}

// Waived rows do not count. A policy that nothing was asked of is passed.
enum ruling_verdict policy_verdict(const json_t *object)
{
    enum ruling_verdict verdict = RULING_PASS;
    const json_t *rows = json_object_get(object, "rules");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!member_is(row, "level", "MUST") || json_is_object(json_object_get(row, "waived")))
            continue;
        if (member_is(row, "verdict", "fail"))
            verdict = RULING_FAIL;
        else if (member_is(row, "verdict", "incomplete"))
            verdict = worse(verdict, RULING_INCOMPLETE);
    }
    return verdict;
}
