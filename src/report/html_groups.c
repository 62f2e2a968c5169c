// SPDX-License-Identifier: Apache-2.0
//
// Groups and signature schemes on an HTML page: a table each, with the place in the server's order for
// both kinds of handshake.
#include <inttypes.h>
#include <string.h>

#include "report/html_parts.h"

static const struct {
    const char *version, *title;
} kinds[] = {{"TLSv1.3", "TLS 1.3"}, {"TLSv1.2", "TLS 1.2"}};

#define KINDS (sizeof kinds / sizeof *kinds)

// One of the report's two lists of code points.
struct list {
    const char *title, *columns, *rows, *enumeration, *preference;
    void (*remark)(struct html *html, const json_t *row); // beside the name
    void (*cells)(struct html *html, const json_t *row);
};

static void place(struct html *html, const json_t *row, const char *version)
{
    int64_t order = view_number(json_object_get(row, "order"), version);
    if (!view_has(row, "versions", version))
        html_put(html, "<td></td>");
    else
        html_put(html, "<td class=\"cell plain\">%s</td>", order == 0 ? "•" : html_number(html, order));
}

static void group_remark(struct html *html, const json_t *row)
{
    const json_t *bits = json_object_get(row, "strength_bits");
    if (view_truth(row, "post_quantum"))
        html_mark(html, "good", "✓", "post-quantum");
    else if (json_is_integer(bits) && json_integer_value(bits) < 112)
        html_mark(html, "bad", "✗", "weak");
}

static void group_cells(struct html *html, const json_t *row)
{
    const json_t *bits = json_object_get(row, "strength_bits");
    html_put(html, "<td>%s</td><td class=\"number\">%s</td>", html_known(html, row, "kind"),
             json_is_integer(bits) ? html_number(html, json_integer_value(bits)) : "?");
}

static void scheme_remark(struct html *html, const json_t *row)
{
    if (view_is(row, "hash", "MD5") || view_is(row, "hash", "SHA1"))
        html_mark(html, "poor", "✗", "weak hash");
}

static void scheme_cells(struct html *html, const json_t *row)
{
    html_put(html, "<td class=\"wide\">%s</td><td>%s</td>", view_text(&html->view, row, "signature"),
             view_text(&html->view, row, "hash"));
}

static const struct list lists[] = {
    {"Groups", "<th scope=\"col\">Kind</th><th scope=\"col\" class=\"number\">Bits</th>", "groups", "group_enumeration",
     "group_preference", group_remark, group_cells},
    {"Signature schemes", "<th scope=\"col\" class=\"wide\">Signature</th><th scope=\"col\">Hash</th>",
     "signature_schemes", "signature_scheme_enumeration", "signature_scheme_preference", scheme_remark, scheme_cells},
};

static void table(struct html *html, const struct list *list, const json_t *rows)
{
    html_put(html,
             "<table class=\"picture\">\n<caption>%s: a number is the place in the order of "
             "choice.</caption>\n<thead><tr><th scope=\"col\">Name</th>",
             list->title);
    for (size_t v = 0; v < KINDS; v++)
        html_put(html, "<th scope=\"col\" class=\"cell\">%s</th>", kinds[v].title);
    html_own(html, list->columns);
    html_put(html, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < view_count(rows); i++) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        const json_t *row = json_array_get(rows, i);
        html_put(html, "<tr><th scope=\"row\"><code>");
        html_name(html, html_known(html, row, "name"));
        html_put(html, "</code> ");
        list->remark(html, row);
        html_put(html, "</th>");
        for (size_t v = 0; v < KINDS; v++)
            place(html, row, kinds[v].version);
        list->cells(html, row);
        html_put(html, "</tr>\n");
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, "</tbody>\n</table>\n");
}

// Who chooses, and whether the list is whole.
static void order(struct html *html, const json_t *endpoint, const struct list *list, const char *version,
                  const char *title)
{
    const json_t *whole = view_about(endpoint, list->enumeration, version);
    const json_t *preference = view_about(endpoint, list->preference, version);
    const char *sentence = view_text(&html->view, whole, "sentence");
    if (whole == NULL && preference == NULL)
        return;
    html_put(html, "<dt>%s</dt><dd>%s", title, view_order(preference));
    if (whole != NULL && !view_is(whole, "verdict", "yes")) {
        html_put(html, preference == NULL ? "" : "; ");
        html_put(html, "%s <span class=\"why\">%s</span>",
                 view_is(whole, "verdict", "unknown") ? "there may be more"
                                                      : html_words(html, html_known(html, whole, "verdict")),
                 sentence);
    }
    html_put(html, "</dd>\n");
}

void html_groups(struct html *html, const json_t *endpoint)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *rows = json_object_get(endpoint, lists[i].rows);
        bool asked = view_count(json_object_get(endpoint, lists[i].enumeration)) != 0;
        if (view_count(rows) == 0 && !asked)
            continue;
        if (view_count(rows) == 0)
            html_put(html, "<p>%s: none was found.</p>\n", lists[i].title);
        else
            table(html, &lists[i], rows);
        html_put(html, "<dl class=\"facts\">\n");
        for (size_t v = 0; v < KINDS; v++)
            order(html, endpoint, &lists[i], kinds[v].version, kinds[v].title);
        html_put(html, "</dl>\n");
    }
}
