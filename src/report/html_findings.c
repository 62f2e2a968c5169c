// SPDX-License-Identifier: Apache-2.0
//
// Findings on an HTML page, worst first: one entry for each rule, which unfolds to all places where it
// was broken, why that matters, and what to do. What is known of a rule beside the report (why it
// matters, configuration lines) comes from the findings that the program carries.
#include <string.h>

#include "report/embedded.h"
#include "report/html_parts.h"
#include "report/tree.h"

#define PLACES 200 // shown of one rule
#define PROVEN 4   // of these, with their evidence

json_t *html_rules(void)
{
    json_t *rules = tree_object();
    for (size_t i = 0; i < embedded_count(EMBEDDED_FINDINGS); i++) {
        json_t *list = embedded_load(embedded_at(EMBEDDED_FINDINGS, i));
        for (size_t k = 0; k < json_array_size(list); k++) {
            json_t *row = json_array_get(list, k);
            tree_set(rules, json_string_value(json_object_get(row, "id")), json_incref(row));
        }
        json_decref(list);
    }
    return rules;
}

// --- one finding ---------------------------------------------------------------------------------

static void place(struct html *html, const json_t *row)
{
    const char *where = view_text(&html->view, row, "where"), *address = view_text(&html->view, row, "address");
    const json_t *waived = json_object_get(row, "waived");
    html_put(html, "<li>");
    if (where != NULL || address != NULL)
        html_put(html, "<span class=\"where\">%s%s%s</span> ", where == NULL ? "" : where,
                 where == NULL || address == NULL ? "" : " at ", address == NULL ? "" : address);
    html_name(html, html_known(html, row, "detail"));
    if (json_is_object(waived))
        html_put(html, " <span class=\"why\">waived until %s by %s: %s</span>", html_known(html, waived, "until"),
                 html_known(html, waived, "owner"), html_known(html, waived, "reason"));
    html_put(html, "</li>\n");
}

static void configuration(struct html *html, const json_t *rule)
{
    static const struct {
        const char *key, *title;
    } servers[] = {{"nginx", "nginx"}, {"apache", "Apache"}, {"haproxy", "HAProxy"}};
    const json_t *configure = json_object_get(rule, "configure");
    const char *needs = view_text(&html->view, configure, "needs");
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        const json_t *lines = json_object_get(configure, servers[i].key);
        if (view_count(lines) == 0)
            continue;
        html_put(html, "<dt>%s</dt><dd><pre><code>", servers[i].title);
        for (size_t k = 0; k < view_count(lines); k++)
            html_put(html, "%s\n", json_string_value(json_array_get(lines, k)));
        html_put(html, "</code></pre>");
        if (needs != NULL)
            html_put(html, "<span class=\"why\">needs %s</span>", needs);
        html_put(html, "</dd>\n");
    }
}

// rule: NULL where the program that made the report knew more than this one.
static void advice(struct html *html, const json_t *row, const json_t *rule)
{
    html_put(html, "<dl class=\"facts\">\n");
    html_pair(html, "Why it matters", view_text(&html->view, rule, "sentence"));
    html_pair(html, "What to do", view_text(&html->view, row, "advice"));
    configuration(html, rule);
    if (view_is(row, "basis", "exposure"))
        html_pair(html, "Basis", "read from what is offered; that it can be abused was not shown");
    html_pair(html, "Can be wrong", view_text(&html->view, rule, "false_results"));
    html_pair(html, "References", view_joined(&html->view, json_object_get(row, "references"), 16));
    html_pair_name(html, "Rule", view_text(&html->view, row, "id"));
    html_put(html, "</dl>\n");
}

static bool same_id(const json_t *a, const json_t *b)
{
    const char *id = json_string_value(json_object_get(a, "id"));
    return id != NULL && view_is(b, "id", id);
}

static bool is_waived(const json_t *row) { return json_is_object(json_object_get(row, "waived")); }

// The end of the rows from `at` on that are of one rule.
static size_t end_of(const json_t *list, size_t at)
{
    size_t end = at + 1;
    while (end < view_count(list) && same_id(json_array_get(list, at), json_array_get(list, end)))
        end++;
    return end;
}

static size_t count_of(const json_t *list, size_t from, size_t to, bool waived)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        count += is_waived(json_array_get(list, i)) == waived;
    return count;
}

// "SSLv3, TLSv1.0": what a finding is about, short enough for its first line.
static void summary(struct html *html, const json_t *list, size_t from, size_t count)
{
    const json_t *row = json_array_get(list, from);
    html_put(html, "<summary>");
    html_severity(html, json_string_value(json_object_get(row, "severity")), html_known(html, row, "severity"));
    html_put(html, " <span class=\"title\">%s</span>", html_known(html, row, "title"));
    if (count > 1)
        html_put(html, " <span class=\"why\">%s</span>", view_counted(&html->view, (int64_t)count, "place"));
    else
        html_put(html, " <span class=\"why\">%s</span>", view_text(&html->view, row, "where"));
    html_put(html, "</summary>\n");
}

static void evidence(struct html *html, const json_t *list, size_t from, size_t to, bool waived)
{
    size_t shown = 0;
    for (size_t i = from; i < to && shown < PROVEN; i++) {
        const json_t *row = json_array_get(list, i);
        if (is_waived(row) != waived)
            continue;
        html_evidence(html, row, json_string_value(json_object_get(row, "address")));
        shown++;
    }
}

static void finding(struct html *html, const json_t *list, size_t from, size_t to, bool waived)
{
    const json_t *row = json_array_get(list, from);
    const char *id = json_string_value(json_object_get(row, "id"));
    size_t count = count_of(list, from, to, waived), shown = 0;
    html_put(html, "<li><details class=\"finding\">");
    summary(html, list, from, count);
    html_put(html, "<ul class=\"places\">\n");
    for (size_t i = from; i < to && shown < PLACES; i++)
        if (is_waived(json_array_get(list, i)) == waived) {
            place(html, json_array_get(list, i));
            shown++;
        }
    if (count > shown)
        html_put(html, "<li>and %s more</li>\n", html_number(html, (int64_t)(count - shown)));
    html_put(html, "</ul>\n");
    advice(html, row, id == NULL ? NULL : json_object_get(html->rules, id));
    evidence(html, list, from, to, waived);
    html_put(html, "</details></li>\n");
}

// --- the section ---------------------------------------------------------------------------------

static void findings(struct html *html, const json_t *list, bool waived)
{
    html_put(html, "<ul class=\"findings\">\n");
    for (size_t from = 0, to; from < view_count(list); from = to) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        to = end_of(list, from);
        if (count_of(list, from, to, waived) != 0)
            finding(html, list, from, to, waived);
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, "</ul>\n");
}

static size_t count_unjudged(const json_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < view_count(list); i++)
        count += view_count(json_object_get(json_array_get(list, i), "ids"));
    return count;
}

// That there is no finding means something only for rules that could be judged.
static void unjudged(struct html *html, const json_t *list)
{
    size_t count = count_unjudged(list);
    if (count == 0)
        return;
    html_put(html, "<details><summary>%s could not be judged</summary>\n<dl class=\"facts\">\n",
             view_counted(&html->view, (int64_t)count, "rule"));
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *address = view_text(&html->view, row, "address");
        html_put(html, "<dt>%s</dt><dd>", address == NULL ? "This name" : address);
        html_name(html, view_joined(&html->view, json_object_get(row, "ids"), VIEW_ROWS));
        html_put(html, " <span class=\"why\">%s</span></dd>\n", html_known(html, row, "reason"));
    }
    html_put(html, "</dl></details>\n");
}

void html_findings(struct html *html, const json_t *report)
{
    const json_t *list = json_object_get(report, "findings"), *open = json_object_get(report, "unjudged");
    size_t waived = count_of(list, 0, view_count(list), true);
    if (!json_is_array(list))
        return;
    if (view_count(list) == waived)
        html_put(html, "<p>Nothing was found fault with%s.</p>\n",
                 count_unjudged(open) == 0 ? "" : ", by the rules that could be judged");
    else
        findings(html, list, false);
    if (waived != 0) {
        html_put(html, "<h3>Waived</h3>\n");
        findings(html, list, true);
    }
    unjudged(html, open);
}
