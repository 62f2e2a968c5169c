// SPDX-License-Identifier: Apache-2.0
//
// What stands at the top of an HTML page, for a reader who reads nothing else: of what it is, how it was
// judged, and what was reached.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/html_parts.h"

static const char *const severities[] = {"critical", "high", "medium", "low", "info"};

#define SEVERITIES (sizeof severities / sizeof *severities)

// Whether a finding counts for an address; NULL: for the whole.
static bool counts_for(const json_t *row, const char *address)
{
    return !json_is_object(json_object_get(row, "waived")) && (address == NULL || view_is(row, "address", address));
}

static size_t count(const json_t *findings, const char *severity, const char *address)
{
    size_t found = 0;
    for (size_t i = 0; i < view_count(findings); i++) {
        const json_t *row = json_array_get(findings, i);
        found += view_is(row, "severity", severity) && counts_for(row, address);
    }
    return found;
}

// --- what was found ------------------------------------------------------------------------------

static void severity_counts(struct html *html, const json_t *findings, const char *address)
{
    bool none = true;
    for (size_t i = 0; i < SEVERITIES; i++) {
        size_t found = count(findings, severities[i], address);
        if (found == 0)
            continue;
        html_put(html, none ? "" : " ");
        html_severity(html, severities[i], arena_text(&html->view.memory, "%zu %s", found, severities[i]));
        none = false;
    }
    html_put(html, none ? "none" : "");
}

static void spoken(struct html *html, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "versions");
    bool none = true;
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!view_is(row, "verdict", "yes"))
            continue;
        html_put(html, none ? "%s" : ", %s", html_version(html, html_known(html, row, "version")));
        none = false;
    }
    html_put(html, none ? "–" : "");
}

static void address_row(struct html *html, const json_t *report, const json_t *endpoint, size_t number)
{
    const char *address = json_string_value(json_object_get(endpoint, "address"));
    const char *status = html_known(html, endpoint, "status"), *at = html_number(html, (int64_t)number);
    bool complete = strcmp(status, "complete") == 0;
    html_put(html, "<tr><th scope=\"row\"><a href=\"#at-%s\">%s</a></th><td>", at, html_address(html, endpoint));
    html_mark(html,
              complete                 ? "good"
              : html_reached(endpoint) ? "poor"
                                       : "bad",
              complete ? "✓" : "✗", html_words(html, status));
    html_put(html, "</td><td>");
    spoken(html, endpoint);
    html_put(html, "</td><td>");
    severity_counts(html, json_object_get(report, "findings"), address == NULL ? "" : address);
    html_put(html, "</td></tr>\n");
}

// With several there is a table.
static void only_address_tiles(struct html *html, const json_t *report)
{
    const json_t *endpoints = json_object_get(report, "endpoints"), *only = json_array_get(endpoints, 0);
    if (view_count(endpoints) != 1)
        return;
    html_put(html, "<div><dt>Address</dt><dd>%s</dd></div>\n<div><dt>Versions</dt><dd>", html_address(html, only));
    spoken(html, only);
    html_put(html, "</dd></div>\n");
}

static void addresses(struct html *html, const json_t *report)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    if (view_count(endpoints) < 2)
        return;
    html_put(html,
             "<table class=\"addresses\">\n<caption>What was scanned</caption>\n<thead><tr><th scope=\"col\">Address"
             "</th><th scope=\"col\">Status</th><th scope=\"col\">Versions</th><th scope=\"col\">Findings</th>"
             "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < view_count(endpoints); i++)
        address_row(html, report, json_array_get(endpoints, i), i + 1);
    html_put(html, "</tbody>\n</table>\n");
}

// --- tiles ---------------------------------------------------------------------------------------

static void policy_tile(struct html *html, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy");
    if (!json_is_object(policy))
        return;
    html_put(html, "<div><dt>Policy</dt><dd>");
    html_policy_verdict(html, policy);
    html_put(html, " <span class=\"why\">%s</span></dd></div>\n", html_known(html, policy, "name"));
}

static void grade_tile(struct html *html, const json_t *report)
{
    const char *letter = html_grade(html, report);
    if (letter != NULL)
        html_put(html, "<div><dt>Grade</dt><dd class=\"grade\">%s</dd></div>\n", letter);
}

// The leaf that ends first.
const json_t *html_first_to_end(struct html *html, const json_t *report)
{
    const json_t *endpoints = json_object_get(report, "endpoints"), *first = NULL;
    int64_t earliest = INT64_MAX, end;
    for (size_t i = 0; i < view_count(endpoints); i++) {
        const json_t *chains = json_object_get(json_array_get(endpoints, i), "certificates");
        for (size_t k = 0; k < view_count(chains); k++) {
            const json_t *leaf = json_array_get(json_object_get(json_array_get(chains, k), "chain"), 0);
            const char *text = view_text(&html->view, leaf, "not_after");
            if (text == NULL || !text_to_time(text, &end) || end >= earliest)
                continue;
            earliest = end;
            first = leaf;
        }
    }
    return first;
}

static void certificate_tile(struct html *html, const json_t *report)
{
    const char *style, *state = html_remaining(html, html_first_to_end(html, report), &style);
    if (state == NULL)
        return;
    html_put(html, "<div><dt>Certificate</dt><dd>");
    html_mark(html, style, strcmp(style, "good") == 0 ? "✓" : strcmp(style, "poor") == 0 ? "!" : "✗", state);
    html_put(html, "</dd></div>\n");
}

static const char *overall(const json_t *report, const char **style)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    size_t reached = 0, complete = 0, all = view_count(endpoints);
    for (size_t i = 0; i < all; i++) {
        reached += html_reached(json_array_get(endpoints, i));
        complete += view_is(json_array_get(endpoints, i), "status", "complete");
    }
    *style = reached == 0 ? "bad" : complete == all ? "good" : "poor";
    if (view_truth(report, "interrupted"))
        *style = "poor";
    return view_truth(report, "interrupted") ? "interrupted"
           : reached == 0                    ? "not reached"
           : complete == all                 ? "complete"
                                             : "partial";
}

static void tiles(struct html *html, const json_t *report)
{
    const char *style, *status = overall(report, &style);
    html_put(html, "<dl class=\"tiles\">\n<div><dt>Scan</dt><dd>");
    html_mark(html, style, strcmp(style, "good") == 0 ? "✓" : "✗", status);
    html_put(html, "</dd></div>\n");
    grade_tile(html, report);
    policy_tile(html, report);
    html_put(html, "<div><dt>Findings</dt><dd>");
    severity_counts(html, json_object_get(report, "findings"), NULL);
    html_put(html, "</dd></div>\n");
    certificate_tile(html, report);
    only_address_tiles(html, report);
    html_put(html, "</dl>\n");
}

void html_head(struct html *html, const json_t *report)
{
    const json_t *target = json_object_get(report, "target");
    const char *host = view_text(&html->view, target, "host"),
               *display = view_text(&html->view, target, "display_host");
    const char *now = view_text(&html->view, report, "now"), *trouble = view_text(&html->view, report, "trouble");
    html_put(html, "<header>\n<p class=\"kicker\">TLS report");
    html_put(html, now == NULL ? "%s</p>\n<h1>" : " · <time>%s</time></p>\n<h1>", now);
    html_name(html, html_target(html, report));
    html_put(html, "</h1>\n");
    if (host != NULL && display != NULL && strcmp(host, display) != 0)
        html_put(html, "<p class=\"why\">%s</p>\n", host);
    tiles(html, report);
    if (view_count(json_object_get(report, "endpoints")) == 0)
        html_put(html, "<p>Not scanned: %s.</p>\n", trouble == NULL ? "no address" : trouble);
    addresses(html, report);
    html_put(html, "</header>\n");
}
