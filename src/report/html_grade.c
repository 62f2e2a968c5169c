// SPDX-License-Identifier: Apache-2.0
//
// A grade on an HTML page: for each address the letter, the sum that leads to it, and what caps it.
#include <inttypes.h>
#include <string.h>

#include "report/html_parts.h"

// "A+"; "A at best" where more is not known; trust that is wanting stands before all else.
static const char *letter(struct html *html, const json_t *grade)
{
    const char *trust = view_text(&html->view, json_object_get(grade, "trust"), "letter");
    const char *known = view_text(&html->view, grade, "letter"), *best = view_text(&html->view, grade, "at_best");
    if (trust != NULL || known != NULL || best == NULL)
        return trust != NULL ? trust : known;
    return arena_text(&html->view.memory, "%s at best", best);
}

const char *html_grade(struct html *html, const json_t *report)
{
    return letter(html, json_object_get(report, "grade"));
}

static const char *points(struct html *html, const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    return json_is_number(number) ? arena_text(&html->view.memory, "%.4g", json_number_value(number)) : "?";
}

// "92.25", or "0 to 93" where it is not known.
static const char *range(struct html *html, const json_t *score)
{
    const char *best = points(html, score, "at_best"), *worst = points(html, score, "at_worst");
    return strcmp(best, worst) == 0 ? best : arena_text(&html->view.memory, "%s to %s", worst, best);
}

static void score(struct html *html, const char *title, const json_t *row)
{
    html_put(html, "<tr><th scope=\"row\">%s</th><td>", title);
    html_name(html, view_text(&html->view, row, "detail"));
    html_put(html,
             " <span class=\"why\">%s</span></td><td class=\"number\">%s</td><td class=\"number\">%s%%</td></tr>\n",
             view_text(&html->view, row, "reason"), range(html, row), html_number(html, view_number(row, "weight")));
}

static void scores(struct html *html, const json_t *object)
{
    if (!json_is_object(object))
        return;
    html_put(
        html,
        "<table>\n<caption>The sum</caption>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Seen</th>"
        "<th scope=\"col\" class=\"number\">Points</th><th scope=\"col\" class=\"number\">Weight</th></tr></thead>\n"
        "<tbody>\n");
    score(html, "Protocols", json_object_get(object, "protocol"));
    score(html, "Key exchange", json_object_get(object, "key_exchange"));
    score(html, "Ciphers", json_object_get(object, "cipher"));
    html_put(html,
             "<tr><th scope=\"row\">Sum</th><td></td><td class=\"number\"><b>%s</b></td><td></td></tr>\n</tbody>\n"
             "</table>\n",
             range(html, json_object_get(object, "total")));
}

static void caps(struct html *html, const json_t *list, const char *address)
{
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *detail = view_text(&html->view, row, "detail");
        bool open = view_is(row, "state", "open");
        html_put(html, i == 0 ? "<ul class=\"places\">\n" : "");
        html_put(html, "<li>");
        html_mark(html, open ? "dim" : "poor", open ? "?" : "✗",
                  arena_text(&html->view.memory, "%s %s", open ? "perhaps capped to" : "capped to",
                             html_known(html, row, "letter")));
        html_put(html, " %s", html_known(html, row, "sentence"));
        html_put(html, detail == NULL ? "%s" : " <span class=\"why\">%s</span>", detail);
        html_evidence(html, row, address);
        html_put(html, "</li>\n");
    }
    html_put(html, view_count(list) == 0 ? "" : "</ul>\n");
}

static void address_grade(struct html *html, const json_t *row, bool only)
{
    const char *of = letter(html, row), *reason = view_text(&html->view, row, "reason");
    const char *address = json_string_value(json_object_get(row, "address"));
    if (!only)
        html_put(html, "<h3>%s</h3>\n", html_known(html, row, "address"));
    html_put(html, "<p class=\"verdict\"><strong>%s</strong>", of == NULL ? "none" : of);
    html_put(html, reason == NULL ? "%s</p>\n" : " <span class=\"why\">%s</span></p>\n", reason);
    scores(html, json_object_get(row, "scores"));
    caps(html, json_object_get(row, "caps"), address);
    caps(html, json_object_get(json_object_get(row, "trust"), "caps"), address);
}

void html_grades(struct html *html, const json_t *report)
{
    const json_t *grade = json_object_get(report, "grade"), *list = json_object_get(grade, "endpoints");
    if (!json_is_object(grade))
        return;
    html_put(html, "<p class=\"note\">%s. The worst address counts.</p>\n", html_known(html, grade, "method"));
    for (size_t i = 0; i < view_count(list); i++) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        address_grade(html, json_array_get(list, i), view_count(list) == 1);
        arena_rewind(&html->view.memory, mark);
    }
}
