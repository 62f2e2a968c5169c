// SPDX-License-Identifier: Apache-2.0
//
// A policy on an HTML page: its verdict, then the rules that were not met or could not be judged, and
// behind a fold those that were met.
#include <string.h>

#include "report/html_parts.h"

struct outcome_word {
    const char *verdict, *style, *sign, *title;
};

static const struct outcome_word verdicts[] = {
    {"fail", "bad", "✗", "Not met"},
    {"incomplete", "poor", "?", "Could not be judged"},
    {"pass", "good", "✓", "Met"},
    {"not_applicable", "dim", "–", "Not applicable"},
};

#define COUNT (sizeof verdicts / sizeof *verdicts)

static const struct outcome_word *verdict_of(const json_t *row)
{
    for (size_t i = 0; i < COUNT; i++)
        if (view_is(row, "verdict", verdicts[i].verdict))
            return &verdicts[i];
    return NULL;
}

// Rules below MUST do not.
static bool decides(const json_t *row)
{
    return json_object_get(row, "level") == NULL || view_is(row, "level", "MUST");
}

void html_policy_verdict(struct html *html, const json_t *row)
{
    const struct outcome_word *verdict = verdict_of(row);
    if (verdict == NULL)
        html_mark(html, "dim", "•", html_words(html, html_known(html, row, "verdict")));
    else
        html_mark(html, decides(row) ? verdict->style : "plain", verdict->sign, html_words(html, verdict->verdict));
}

static size_t count(const json_t *rules, const struct outcome_word *verdict)
{
    size_t found = 0;
    for (size_t i = 0; i < view_count(rules); i++)
        found += verdict_of(json_array_get(rules, i)) == verdict;
    return found;
}

static const char *cited(struct html *html, const json_t *row)
{
    const json_t *citation = json_object_get(row, "citation");
    const char *document = view_text(&html->view, citation, "document");
    const char *section = view_text(&html->view, citation, "section");
    if (document == NULL)
        return section;
    return section == NULL ? document : arena_text(&html->view.memory, "%s, %s", document, section);
}

static void summary(struct html *html, const json_t *row)
{
    html_put(html, "<summary>");
    html_policy_verdict(html, row);
    html_put(html, " <span class=\"level\">%s</span> <span class=\"title\">%s</span></summary>\n",
             html_known(html, row, "level"), html_known(html, row, "sentence"));
}

static void rule(struct html *html, const json_t *row)
{
    const json_t *waived = json_object_get(row, "waived");
    html_put(html, "<li><details class=\"finding\">");
    summary(html, row);
    html_put(html, "<dl class=\"facts\">\n");
    html_pair_name(html, "Seen", view_text(&html->view, row, "detail"));
    html_pair(html, "At", view_joined(&html->view, json_object_get(row, "addresses"), 16));
    html_pair(html, "Citation", cited(html, row));
    html_pair(html, "Note", view_text(&html->view, row, "note"));
    html_pair_name(html, "Rule", view_text(&html->view, row, "id"));
    if (json_is_object(waived))
        html_put(html, "<dt>Waived</dt><dd>until %s by %s: %s</dd>\n", html_known(html, waived, "until"),
                 html_known(html, waived, "owner"), html_known(html, waived, "reason"));
    html_put(html, "</dl>\n");
    html_evidence(html, row, NULL);
    html_put(html, "</details></li>\n");
}

static void rules(struct html *html, const json_t *list, const struct outcome_word *verdict)
{
    html_put(html, "<ul class=\"findings\">\n");
    for (size_t i = 0; i < view_count(list); i++) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        if (verdict_of(json_array_get(list, i)) == verdict)
            rule(html, json_array_get(list, i));
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, "</ul>\n");
}

static void group(struct html *html, const json_t *list, const struct outcome_word *verdict)
{
    size_t found = count(list, verdict);
    const char *number = html_number(html, (int64_t)found);
    bool open = verdict < &verdicts[2]; // what is not met comes first, and unfolded
    if (found == 0)
        return;
    if (open)
        html_put(html, "<h3>%s <span class=\"count\">%s</span></h3>\n", verdict->title, number);
    else
        html_put(html, "<details><summary>%s: %s</summary>\n", verdict->title,
                 view_counted(&html->view, (int64_t)found, "rule"));
    rules(html, list, verdict);
    if (!open)
        html_put(html, "</details>\n");
}

void html_policy(struct html *html, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy"), *list = json_object_get(policy, "rules");
    const char *version = view_text(&html->view, policy, "version");
    if (!json_is_object(policy))
        return;
    html_put(html, "<p class=\"verdict\">");
    html_policy_verdict(html, policy);
    html_put(html, " <strong>%s</strong>", html_known(html, policy, "title"));
    if (version != NULL)
        html_put(html, " <span class=\"why\">version %s</span>", version);
    html_put(html,
             "</p>\n<p class=\"note\">Rules of the level MUST decide. What is not known makes a policy incomplete, "
             "never passed.</p>\n");
    for (size_t i = 0; i < COUNT; i++)
        group(html, list, &verdicts[i]);
}
