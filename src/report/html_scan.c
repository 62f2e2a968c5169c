// SPDX-License-Identifier: Apache-2.0
//
// How the scan was made: what stands at the end of an HTML page.
#include <inttypes.h>

#include "report/html_parts.h"

// "41 connections, 21034 octets sent, 180223 received"
static void traffic(struct html *html, const json_t *endpoint)
{
    const json_t *traffic = json_object_get(endpoint, "traffic"),
                 *received = json_object_get(traffic, "bytes_received");
    int64_t fetches = view_number(traffic, "fetches"), lookups = view_number(traffic, "lookups");
    html_put(html, "<dt>%s</dt><dd>%s, %s sent", html_address(html, endpoint),
             view_counted(&html->view, view_number(traffic, "connections"), "connection"),
             view_counted(&html->view, view_number(traffic, "bytes_sent"), "octet"));
    if (json_is_integer(received))
        html_put(html, ", %s received", html_number(html, json_integer_value(received)));
    if (fetches != 0)
        html_put(html, ", documents fetched elsewhere: %s", html_number(html, fetches));
    if (lookups != 0)
        html_put(html, ", %s in DNS", view_counted(&html->view, lookups, "look-up"));
    html_put(html, "</dd>\n");
}

// Those that connected at all, for the first address.
static void checks(struct html *html, const json_t *report)
{
    const json_t *endpoint = json_array_get(json_object_get(report, "endpoints"), 0);
    const json_t *list = json_object_get(endpoint, "checks");
    bool first = true;
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        int64_t connections = view_number(row, "connections");
        if (connections == 0)
            continue;
        html_put(html, first ? "<dt>By check</dt><dd>" : ", ");
        html_put(html, "%s %s", html_words(html, html_known(html, row, "id")), html_number(html, connections));
        first = false;
    }
    html_put(html, first ? "" : "</dd>\n");
}

void html_scan(struct html *html, const json_t *report)
{
    const json_t *target = json_object_get(report, "target"), *scanner = json_object_get(report, "scanner");
    const json_t *duration = json_object_get(report, "duration_ms"), *endpoints = json_object_get(report, "endpoints");
    html_put(html, "<dl class=\"facts\">\n");
    html_pair_name(html, "Asked for", view_text(&html->view, target, "input"));
    html_pair_name(html, "Server name sent", view_text(&html->view, target, "sni"));
    html_pair(html, "Transport", view_text(&html->view, target, "transport"));
    html_pair(html, "STARTTLS", view_text(&html->view, target, "starttls"));
    html_pair(html, "Started", view_text(&html->view, report, "started"));
    html_pair(html, "Dates judged by", view_text(&html->view, report, "now"));
    if (json_is_integer(duration))
        html_pair(html, "Duration",
                  arena_text(&html->view.memory, "%.1f seconds", (double)json_integer_value(duration) / 1000));
    html_put(html, "<dt>Scanner</dt><dd>%s %s, with %s</dd>\n", html_known(html, scanner, "name"),
             html_known(html, scanner, "version"), html_known(html, scanner, "tls_library"));
    for (size_t i = 0; i < view_count(endpoints); i++)
        traffic(html, json_array_get(endpoints, i));
    checks(html, report);
    html_put(html, "</dl>\n");
}
