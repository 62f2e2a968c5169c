// SPDX-License-Identifier: Apache-2.0
//
// The report's list of what rules say about a chain's certificates: for each how many held, and a
// row for every one that is broken or could not be decided.
#include "report/tree.h"

static struct fact verdict_of(const struct lint_result *result, struct evidence evidence)
{
    struct fact fact = fact_of(result->broken != 0 ? VERDICT_NO : VERDICT_YES);
    if (result->error != NULL)
        fact = fact_because(VERDICT_UNKNOWN, "unparseable", result->error);
    else if (result->broken == 0 && result->unknown != 0)
        fact =
            fact_because(VERDICT_UNKNOWN, "undecided", "no rule is known to be broken, and some could not be decided");
    fact.evidence = evidence;
    return fact;
}

static json_t *row(struct arena *scratch, const struct lint_row *found)
{
    const struct lint_rule *rule = found->rule;
    json_t *object = tree_object();
    tree_set(object, "id", tree_text(scratch, rule->id));
    tree_set(object, "document", tree_text(scratch, rule->document));
    tree_set(object, "section", tree_text(scratch, rule->section));
    tree_set(object, "level", tree_text(scratch, rule->must ? "must" : "should"));
    tree_set(object, "public", tree_truth(rule->public));
    tree_set(object, "from", tree_text(scratch, lint_day_text(scratch, rule->from)));
    tree_set(object, "until", tree_text(scratch, lint_day_text(scratch, rule->until)));
    tree_set(object, "requirement", tree_text(scratch, rule->sentence));
    tree_set(object, "verdict", tree_text(scratch, found->verdict == LINT_BROKEN ? "no" : "unknown"));
    tree_set(object, "reason", tree_text(scratch, found->reason));
    tree_set(object, "sentence", tree_text(scratch, found->sentence));
    tree_set(object, "value", tree_text(scratch, found->value));
    return object;
}

static json_t *certificate(struct arena *scratch, size_t index, const struct lint_result *result,
                           struct evidence evidence)
{
    json_t *object = tree_object(), *rows = tree_list();
    struct fact fact = verdict_of(result, evidence);
    tree_set(object, "certificate", tree_number(index));
    tree_set(object, "kind", tree_text(scratch, lint_kind_name(result->kinds)));
    tree_set_fact(scratch, object, &fact);
    tree_set(object, "held", tree_number(result->held));
    tree_set(object, "broken", tree_number(result->broken));
    tree_set(object, "unknown", tree_number(result->unknown));
    tree_set(object, "not_applicable", tree_number(result->not_applicable));
    for (size_t i = 0; i < result->row_count; i++)
        tree_add(rows, row(scratch, &result->rows[i]));
    tree_set(object, "rules", rows);
    return object;
}

json_t *tree_lint(struct arena *scratch, const struct chain_fact *chain)
{
    json_t *list = tree_list();
    for (size_t i = 0; chain->lint != NULL && i < chain->count; i++)
        tree_add(list, certificate(scratch, i, &chain->lint[i], chain->evidence));
    return list;
}
