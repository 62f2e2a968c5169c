// SPDX-License-Identifier: Apache-2.0
//
// What vouches that a chain was logged, on an HTML page: what programs that want it would say, and behind a
// fold each SCT.
#include <string.h>

#include "report/html_parts.h"

static const char *source_of(const json_t *row)
{
    return view_is(row, "source", "certificate") ? "in the certificate"
           : view_is(row, "source", "tls")       ? "in TLS"
           : view_is(row, "source", "ocsp")      ? "in a staple"
                                                 : "";
}

static void sct(struct html *html, const json_t *row)
{
    const char *log = view_text(&html->view, row, "log"), *time = view_text(&html->view, row, "timestamp");
    html_put(html, "<li>");
    html_verdict(html, row, TINT_GOOD, TINT_BAD);
    html_put(html, " ");
    html_name(html, log == NULL ? html_known(html, row, "log_id") : log);
    html_put(html, " <span class=\"why\">%s%s %s</span></li>\n", source_of(row),
             time == NULL ? "" : arena_text(&html->view.memory, ", %.10s", time),
             view_text(&html->view, row, "sentence"));
}

static void scts(struct html *html, const json_t *transparency)
{
    const json_t *list = json_object_get(transparency, "scts");
    if (view_count(list) == 0)
        return;
    html_put(html, "<details><summary>%s</summary>\n<ul class=\"places\">\n",
             view_counted(&html->view, (int64_t)view_count(list), "SCT"));
    for (size_t i = 0; i < view_count(list); i++)
        sct(html, json_array_get(list, i));
    html_put(html, "</ul></details>\n");
}

static void policies(struct html *html, const json_t *transparency)
{
    const json_t *list = json_object_get(transparency, "policies");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *date = view_text(&html->view, row, "date");
        html_fact(html, view_is(row, "policy", "apple") ? "Logged for Apple" : "Logged for Chrome", row, TINT_GOOD,
                  TINT_BAD, date == NULL ? NULL : arena_text(&html->view.memory, "logs as of %s", date));
    }
}

void html_transparency(struct html *html, const json_t *chain)
{
    const json_t *transparency = json_object_get(chain, "transparency");
    if (!json_is_object(transparency))
        return;
    html_put(html, "<dt>Logged</dt><dd>");
    html_verdict(html, transparency, TINT_PLAIN, TINT_PLAIN);
    html_put(html, " <span class=\"why\">%s</span>\n", view_text(&html->view, transparency, "sentence"));
    scts(html, transparency);
    html_put(html, "</dd>\n");
    policies(html, transparency);
}
