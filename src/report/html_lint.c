// SPDX-License-Identifier: Apache-2.0
//
// Rules for certificates on an HTML page: how many hold, and those that are broken or undecided.
#include <inttypes.h>

#include "report/html_parts.h"

static void rule(struct html *html, const json_t *row)
{
    bool broken = view_is(row, "verdict", "no");
    const char *seen = view_text(&html->view, row, broken ? "value" : "sentence");
    html_put(html, "<li>");
    html_mark(html, broken ? "poor" : "dim", broken ? "✗" : "?", broken ? "broken" : "undecided");
    html_put(html, " %s", html_known(html, row, "requirement"));
    if (seen != NULL)
        html_put(html, " <span class=\"why\">%s</span>", seen);
    html_put(html, " <span class=\"why\">(%s, %s %s%s)</span></li>\n", html_known(html, row, "id"),
             html_known(html, row, "document"), view_text(&html->view, row, "section"),
             view_truth(row, "public") ? ", for public authorities" : "");
}

static const char *counts(struct html *html, const json_t *lint)
{
    struct arena *memory = &html->view.memory;
    int64_t open = view_number(lint, "unknown");
    return arena_text(memory, "%" PRId64 " hold, %" PRId64 " broken%s", view_number(lint, "held"),
                      view_number(lint, "broken"),
                      open == 0 ? "" : arena_text(memory, ", %" PRId64 " undecided", open));
}

void html_lint(struct html *html, const json_t *chain, size_t index)
{
    const json_t *lint = json_array_get(json_object_get(chain, "lint"), index), *rules = json_object_get(lint, "rules");
    if (!json_is_object(lint))
        return;
    if (view_count(rules) == 0) {
        html_pair(html, "Rules",
                  view_is(lint, "verdict", "unknown") ? view_text(&html->view, lint, "sentence") : counts(html, lint));
        return;
    }
    html_put(html, "<dt>Rules</dt><dd><details><summary>%s</summary>\n<ul class=\"places\">\n", counts(html, lint));
    for (size_t i = 0; i < view_count(rules); i++)
        rule(html, json_array_get(rules, i));
    html_put(html, "</ul></details></dd>\n");
}
