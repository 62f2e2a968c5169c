// SPDX-License-Identifier: Apache-2.0
//
// What changed since an earlier report, on an HTML page: what is worse comes first.
#include <string.h>

#include "report/html_parts.h"

static void effect(struct html *html, const json_t *row)
{
    if (view_is(row, "effect", "worse"))
        html_mark(html, "bad", "✗", "worse");
    else if (view_is(row, "effect", "better"))
        html_mark(html, "good", "✓", "better");
    else
        html_mark(html, "plain", "•", html_known(html, row, "change"));
}

static void cell(struct html *html, const json_t *row, const char *key)
{
    html_put(html, "<td>");
    html_name(html, view_text(&html->view, row, key));
    html_put(html, "</td>");
}

static void change(struct html *html, const json_t *row)
{
    const char *address = view_text(&html->view, row, "address");
    html_put(html, "<tr><th scope=\"row\">%s ", html_words(html, html_known(html, row, "aspect")));
    html_name(html, html_known(html, row, "id"));
    html_put(html, address == NULL ? "%s</th><td>" : " <span class=\"why\">%s</span></th><td>", address);
    effect(html, row);
    html_put(html, "</td>");
    cell(html, row, "was");
    cell(html, row, "is");
    html_put(html, "</tr>\n");
}

static void changes(struct html *html, const json_t *list)
{
    static const char *const effects[] = {"worse", "none", "better"};
    if (view_count(list) == 0)
        return;
    html_put(
        html,
        "<table>\n<caption>What is otherwise</caption>\n<thead><tr><th scope=\"col\">What</th>"
        "<th scope=\"col\">Change</th><th scope=\"col\">Was</th><th scope=\"col\">Is</th></tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < sizeof effects / sizeof *effects; k++)
        for (size_t i = 0; i < view_count(list); i++) {
            struct arena_mark mark = arena_mark(&html->view.memory);
            if (view_is(json_array_get(list, i), "effect", effects[k]))
                change(html, json_array_get(list, i));
            arena_rewind(&html->view.memory, mark);
        }
    html_put(html, "</tbody>\n</table>\n");
}

// Told, and no change: renewed certificates, and addresses that came and went.
static void told(struct html *html, const json_t *object)
{
    const json_t *renewals = json_object_get(object, "renewals"), *addresses = json_object_get(object, "addresses");
    html_put(html, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < view_count(renewals); i++) {
        const json_t *row = json_array_get(renewals, i);
        html_put(html, "<dt>Renewed</dt><dd>%s, until %s <span class=\"why\">%s</span></dd>\n",
                 html_known(html, row, "certificate"), html_known(html, row, "is_until"),
                 view_text(&html->view, row, "address"));
    }
    html_pair(html, "New at", view_joined(&html->view, json_object_get(addresses, "appeared"), 16));
    html_pair(html, "No more at", view_joined(&html->view, json_object_get(addresses, "vanished"), 16));
    html_put(html, "</dl>\n");
}

static void not_comparable(struct html *html, const json_t *list)
{
    if (view_count(list) == 0)
        return;
    html_put(html, "<details><summary>Not comparable: %s</summary>\n<ul class=\"places\">\n",
             html_number(html, (int64_t)view_count(list)));
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        html_put(html, "<li>%s %s <span class=\"why\">%s%s</span></li>\n", html_known(html, row, "aspect"),
                 html_known(html, row, "id"), view_is(row, "unknown_in", "was") ? "before, " : "",
                 html_known(html, row, "reason"));
    }
    html_put(html, "</ul></details>\n");
}

void html_changes(struct html *html, const json_t *report)
{
    const json_t *object = json_object_get(report, "changes"), *list = json_object_get(object, "changes");
    const char *since = view_text(&html->view, object, "was_started");
    bool worse = view_truth(object, "worse"), changed = view_truth(object, "changed");
    if (!json_is_object(object))
        return;
    html_put(html, "<p class=\"verdict\">");
    html_mark(html,
              worse     ? "bad"
              : changed ? "poor"
                        : "good",
              worse     ? "✗"
              : changed ? "!"
                        : "✓",
              worse     ? "worse"
              : changed ? "changed"
                        : "unchanged");
    html_put(html, " since %s</p>\n", since == NULL ? "the earlier report" : since);
    changes(html, list);
    told(html, object);
    not_comparable(html, json_object_get(object, "not_comparable"));
}
