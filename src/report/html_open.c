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

// What the user did not ask for is not missed.
static bool is_open(const json_t *fact)
{
    return view_is(fact, "verdict", "unknown") ||
           (view_is(fact, "verdict", "not_tested") && !view_is(fact, "reason", "not_selected"));
}

static void open_fact(struct html *html, const json_t *fact, const char *what, bool *titled)
{
    const char *version = view_text(&html->view, fact, "version");
    if (!is_open(fact))
        return;
    if (!*titled)
        html_put(html, "<h4>Not known</h4>\n<dl class=\"facts\">\n");
    *titled = true;
    html_put(html, "<dt>%s%s%s</dt><dd>%s</dd>\n", version, version == NULL ? "" : " ", what,
             html_known(html, fact, "sentence"));
}

static void not_known(struct html *html, const json_t *endpoint)
{
    static const struct {
        const char *list, *what;
    } lists[] = {{"versions", "version"},
                 {"suite_enumeration", "list of suites"},
                 {"suite_preference", "order of suites"},
                 {"group_enumeration", "list of groups"},
                 {"group_preference", "order of groups"},
                 {"signature_scheme_enumeration", "list of signature schemes"},
                 {"signature_scheme_preference", "order of signature schemes"}};
    bool titled = false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *list = json_object_get(endpoint, lists[i].list);
        for (size_t row = 0; row < view_count(list); row++)
            open_fact(html, json_array_get(list, row), lists[i].what, &titled);
    }
    open_fact(html, json_object_get(endpoint, "certificate_enumeration"), "certificates", &titled);
    html_put(html, titled ? "</dl>\n" : "");
}

void html_open(struct html *html, const json_t *endpoint)
{
    anomalies(html, endpoint);
    not_known(html, endpoint);
}
