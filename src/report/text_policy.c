// SPDX-License-Identifier: Apache-2.0
//
// A policy on a terminal: its verdict, and the rules that were not met or could not be judged. Those that
// were met are counted, and shown to whoever asks for more.
#include <string.h>

#include "report/view.h"

static enum tint verdict_tint(const json_t *row)
{
    if (view_is(row, "verdict", "pass"))
        return TINT_GOOD;
    return view_is(row, "verdict", "fail") ? TINT_BAD : view_is(row, "verdict", "incomplete") ? TINT_POOR : TINT_DIM;
}

static const char *cited(struct view *view, const json_t *row)
{
    const json_t *citation = json_object_get(row, "citation");
    const char *document = view_text(view, citation, "document"), *section = view_text(view, citation, "section");
    const char *id = view_text(view, row, "id");
    return arena_text(&view->memory, "(%s%s%s%s%s)", id == NULL ? "?" : id, document == NULL ? "" : ": ",
                      document == NULL ? "" : document, section == NULL ? "" : ", ", section == NULL ? "" : section);
}

// "  fail      MUST TLS 1.0 is not offered: TLSv1.0 (no_tls_1_0: NIST SP 800-52r2, 3.1)"
static void rule(struct view *view, const json_t *row)
{
    const char *verdict = view_text(view, row, "verdict"), *level = view_text(view, row, "level");
    const char *sentence = view_text(view, row, "sentence"), *detail = view_text(view, row, "detail");
    const char *evidence = view_evidence(view, row);
    bool decides = level != NULL && strcmp(level, "MUST") == 0;
    page_tinted_label(&view->page, 2, decides ? verdict_tint(row) : TINT_DIM, verdict == NULL ? "?" : verdict);
    page_words(&view->page, decides ? TINT_PLAIN : TINT_DIM, level == NULL ? "?" : level);
    page_words(&view->page, TINT_PLAIN, sentence == NULL ? "?" : sentence);
    page_words(&view->page, TINT_DIM, cited(view, row));
    page_end(&view->page);
    view_waived(view, row);
    if (detail != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_PLAIN, detail);
    if (evidence != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_DIM, evidence);
}

static bool worth_showing(struct view *view, const json_t *row)
{
    bool met = view_is(row, "verdict", "pass") || view_is(row, "verdict", "not_applicable");
    bool minor = view_is(row, "level", "INFO") || view_is(row, "level", "MAY");
    return view->options->verbose || (!met && !minor);
}

// "11 pass, 3 fail"
static const char *counts(struct view *view, const json_t *rules)
{
    static const char *const verdicts[] = {"pass", "fail", "incomplete", "not_applicable"};
    const char *text = "";
    for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++) {
        size_t found = 0;
        for (size_t i = 0; i < view_count(rules); i++)
            found += view_is(json_array_get(rules, i), "verdict", verdicts[k]);
        if (found != 0)
            text = arena_text(&view->memory, "%s%s%zu %s", text, text[0] == '\0' ? "" : ", ", found,
                              k == 3 ? "not applicable" : verdicts[k]);
    }
    return text;
}

void view_policy(struct view *view, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy"), *rules = json_object_get(policy, "rules");
    const char *name = view_text(view, policy, "name"), *verdict = view_text(view, policy, "verdict");
    if (!json_is_object(policy))
        return;
    page_blank(&view->page);
    page_begin(&view->page, 0, 2);
    page_words(&view->page, TINT_BOLD, arena_text(&view->memory, "Policy %s:", name == NULL ? "?" : name));
    page_words(&view->page, verdict_tint(policy), verdict == NULL ? "?" : verdict);
    page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", counts(view, rules)));
    page_end(&view->page);
    for (size_t i = 0; i < view_count(rules); i++)
        if (worth_showing(view, json_array_get(rules, i)))
            rule(view, json_array_get(rules, i));
}

void view_policy_verdict(struct view *view, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy");
    const char *verdict = view_text(view, policy, "verdict");
    if (verdict == NULL)
        return;
    page_words(&view->page, TINT_DIM, "policy");
    page_words(&view->page, verdict_tint(policy), verdict);
}
