// SPDX-License-Identifier: Apache-2.0
//
// What was strange about an endpoint, and which lists are not known to be whole.
#include "report/html_parts.h"

static void anomalies(struct html *html, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "anomalies");
    const char *address = json_string_value(json_object_get(endpoint, "address"));
    if (view_count(list) == 0)
        return;
    html_put(html, "<h4>Anomalies</h4>\n<ul class=\"places\">\n");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        html_put(html, "<li>%s <span class=\"why\">%s</span>", html_known(html, row, "sentence"),
                 html_known(html, row, "code"));
        html_evidence(html, row, address);
        html_put(html, "</li>\n");
    }
    html_put(html, "</ul>\n");
}

static void open_fact(void *context, const json_t *fact, const char *what)
{
    struct html *html = context;
    const char *version = view_text(&html->view, fact, "version");
    html_put(html, "<dt>%s%s%s</dt><dd>%s</dd>\n", version, version == NULL ? "" : " ", what,
             html_known(html, fact, "sentence"));
}

static void not_known(struct html *html, const json_t *endpoint)
{
    size_t before = html->out.size;
    html_put(html, "<h4>Not known</h4>\n<dl class=\"facts\">\n");
    size_t titled = html->out.size;
    view_each_open(endpoint, open_fact, html);
    if (html->out.size == titled)
        html->out.size = before;
    else
        html_put(html, "</dl>\n");
}

void html_open(struct html *html, const json_t *endpoint)
{
    anomalies(html, endpoint);
    not_known(html, endpoint);
}
