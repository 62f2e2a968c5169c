// SPDX-License-Identifier: Apache-2.0
//
// Limits that a run was given, and waivers that have expired, on an HTML page. A waiver that counts stands
// with what it excuses.
#include <inttypes.h>

#include "report/html_parts.h"

static void threshold(struct html *html, const json_t *row)
{
    const json_t *list = json_object_get(row, "certificates");
    html_put(html, "<p>");
    html_policy_verdict(html, row);
    html_put(html, " %s</p>\n", html_known(html, row, "sentence"));
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *one = json_array_get(list, i);
        html_put(html, i == 0 ? "<ul class=\"places\">\n<li>" : "<li>");
        html_name(html, html_known(html, one, "subject"));
        html_put(html, " <span class=\"why\">%s, until %s</span></li>\n", view_text(&html->view, one, "address"),
                 html_known(html, one, "not_after"));
    }
    html_put(html, view_count(list) == 0 ? "" : "</ul>\n");
}

void html_thresholds(struct html *html, const json_t *report)
{
    const json_t *list = json_object_get(report, "thresholds");
    for (size_t i = 0; i < view_count(list); i++)
        threshold(html, json_array_get(list, i));
}

void html_waivers(struct html *html, const json_t *report)
{
    const json_t *list = json_object_get(report, "waivers");
    bool first = true;
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!view_is(row, "state", "expired"))
            continue;
        html_put(html, first ? "<ul class=\"places\">\n<li>" : "<li>");
        html_mark(html, "poor", "!", "expired");
        html_put(html, " <code>%s</code> for %s, until %s, by %s: %s</li>\n", html_known(html, row, "rule"),
                 html_known(html, row, "target"), html_known(html, row, "until"), html_known(html, row, "owner"),
                 html_known(html, row, "reason"));
        first = false;
    }
    html_put(html, first ? "" : "</ul>\n");
}
