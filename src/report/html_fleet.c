// SPDX-License-Identifier: Apache-2.0
//
// A target's row on the page of many: its verdicts, how many findings it has of each severity, and behind
// its name the worst of them. What is sorted by stands beside each cell's text as a number.
#include "report/html_fleet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

#define KEY_FINDINGS 8 // shown behind a name

static const char *const severities[] = {"critical", "high", "medium", "low"};

#define SEVERITIES (sizeof severities / sizeof *severities)
#define DAY        86400

// --- what a report says --------------------------------------------------------------------------

static bool counts(const json_t *finding) { return !json_is_object(json_object_get(finding, "waived")); }

static size_t count_of(const json_t *report, const char *severity)
{
    const json_t *list = json_object_get(report, "findings");
    size_t found = 0;
    for (size_t i = 0; i < view_count(list); i++)
        found += counts(json_array_get(list, i)) && view_is(json_array_get(list, i), "severity", severity);
    return found;
}

static const char *worst_of(const json_t *report)
{
    for (size_t i = 0; i < SEVERITIES; i++)
        if (count_of(report, severities[i]) != 0)
            return severities[i];
    return count_of(report, "info") != 0 ? "info" : "none";
}

// The worst of its addresses: unreachable, partial, complete.
static const char *status_of(struct html *html, const json_t *report)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    const char *worst = view_count(endpoints) == 0 ? "not scanned" : "complete";
    for (size_t i = 0; i < view_count(endpoints); i++) {
        const json_t *endpoint = json_array_get(endpoints, i);
        const char *status = html_words(html, html_known(html, endpoint, "status"));
        if (!html_reached(endpoint))
            return status;
        if (!view_is(endpoint, "status", "complete"))
            worst = status;
    }
    return worst;
}

static struct fleet_host host_of(struct html *html, const json_t *report)
{
    const char *grade = html_grade(html, report);
    const char *policy = view_text(&html->view, json_object_get(report, "policy"), "verdict"), *text;
    struct fleet_host host = {.name = html_target(html, report),
                              .grade = grade == NULL ? "" : grade,
                              .policy = policy == NULL ? "" : html_words(html, policy),
                              .status = status_of(html, report)};
    host.across = host.policy[0] == '\0' ? host.status : host.policy;
    host.down = host.grade[0] == '\0' ? worst_of(report) : host.grade;
    text = view_text(&html->view, html_first_to_end(html, report), "not_after");
    host.has_end = text != NULL && text_to_time(text, &host.end);
    return host;
}

// --- cells ---------------------------------------------------------------------------------------

static void key_findings(struct html *html, const json_t *report)
{
    const json_t *list = json_object_get(report, "findings"), *before = NULL;
    size_t shown = 0;
    for (size_t i = 0; i < view_count(list) && shown < KEY_FINDINGS; i++) {
        const json_t *row = json_array_get(list, i);
        const char *id = json_string_value(json_object_get(row, "id"));
        bool again = id != NULL && view_is(before, "id", id);
        before = row;
        if (again || !counts(row))
            continue;
        html_put(html, shown++ == 0 ? "<ul>" : "");
        html_put(html, "<li>");
        html_severity(html, json_string_value(json_object_get(row, "severity")), html_known(html, row, "severity"));
        html_put(html, " %s</li>", html_known(html, row, "title"));
    }
    html_put(html, shown == 0 ? "<p>No findings.</p>" : "</ul>");
}

static void addresses(struct html *html, const json_t *report)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    const char *trouble = view_text(&html->view, report, "trouble");
    if (view_count(endpoints) == 0)
        html_put(html, "<p>Not scanned: %s</p>", trouble == NULL ? "no address" : trouble);
    for (size_t i = 0; i < view_count(endpoints) && i < KEY_FINDINGS; i++) {
        const json_t *endpoint = json_array_get(endpoints, i);
        const char *reason = view_text(&html->view, endpoint, "reason");
        html_put(html, "<p>%s %s", html_address(html, endpoint),
                 html_words(html, html_known(html, endpoint, "status")));
        html_put(html, reason == NULL ? "%s</p>" : ": %s</p>", reason);
    }
}

static void name_cell(struct html *html, const json_t *report, const struct fleet_host *host)
{
    html_put(html, "<tr><th scope=\"row\"><details><summary>");
    html_name(html, host->name);
    html_put(html, "</summary>");
    addresses(html, report);
    key_findings(html, report);
    html_put(html, "</details></th>");
}

static void grade_cell(struct html *html, const struct fleet_host *host)
{
    static const char *const grades[] = {"A+", "A", "A-", "B", "C", "D", "E", "F", "T", "M"};
    size_t place = 0, size = strcspn(host->grade, " "); // "B at best" comes after "B"
    while (place < sizeof grades / sizeof *grades &&
           (strlen(grades[place]) != size || strncmp(grades[place], host->grade, size) != 0))
        place++;
    place = 2 * place + (host->grade[size] != '\0');
    html_put(html, "<td class=\"of-grade\" data-v=\"%s\"><b>%s</b></td>", html_number(html, (int64_t)place),
             host->grade[0] == '\0' ? "–" : host->grade);
}

static void policy_cell(struct html *html, const json_t *report, const struct fleet_host *host)
{
    int64_t place = strcmp(host->policy, "fail") == 0 ? 0 : strcmp(host->policy, "incomplete") == 0 ? 1 : 2;
    html_put(html, "<td class=\"of-policy\" data-v=\"%s\">", html_number(html, place));
    if (host->policy[0] == '\0')
        html_put(html, "–");
    else
        html_policy_verdict(html, json_object_get(report, "policy"));
    html_put(html, "</td>");
}

static void severity_cell(struct html *html, const json_t *report, size_t severity)
{
    size_t found = count_of(report, severities[severity]);
    const char *number = html_number(html, (int64_t)found);
    if (found == 0)
        html_put(html, "<td class=\"cell zero%s\">0</td>", severity < 2 ? "" : " wide");
    else
        html_put(html, "<td class=\"cell %s%s\">%s</td>", severities[severity], severity < 2 ? "" : " wide", number);
}

static void end_cell(struct html *html, const json_t *report, const struct fleet_host *host)
{
    const char *style, *state = html_remaining(html, html_first_to_end(html, report), &style);
    if (!host->has_end || state == NULL) {
        html_put(html, "<td class=\"number\" data-v=\"9e15\">–</td>");
        return;
    }
    int64_t left = (host->end - html->view.now) / DAY;
    html_put(html, "<td class=\"number\" data-v=\"%s\"><span class=\"%s\">%s%s</span></td>",
             html_number(html, host->end), style,
             strcmp(style, "bad") == 0    ? "✗ "
             : strcmp(style, "poor") == 0 ? "! "
                                          : "",
             html_number(html, left));
}

// What any of its addresses speaks, and what is not known to be spoken nowhere.
static void version_cell(struct html *html, const json_t *report)
{
    static const struct {
        const char *version, *title;
        bool old;
    } versions[] = {{"SSLv2", "SSL2", true},  {"SSLv3", "SSL3", true},   {"TLSv1.0", "1.0", true},
                    {"TLSv1.1", "1.1", true}, {"TLSv1.2", "1.2", false}, {"TLSv1.3", "1.3", false}};
    const json_t *endpoints = json_object_get(report, "endpoints");
    html_put(html, "<td class=\"wide\">");
    for (size_t v = 0; v < sizeof versions / sizeof *versions; v++) {
        bool spoken = false;
        for (size_t i = 0; i < view_count(endpoints) && !spoken; i++)
            spoken =
                view_is(view_about(json_array_get(endpoints, i), "versions", versions[v].version), "verdict", "yes");
        if (spoken)
            html_put(html, versions[v].old ? "<span class=\"bad\">%s!</span> " : "%s ", versions[v].title);
    }
    html_put(html, "</td>");
}

static void status_cell(struct html *html, const struct fleet_host *host)
{
    bool complete = strcmp(host->status, "complete") == 0, partial = strcmp(host->status, "partial") == 0;
    html_put(html, "<td class=\"wide\" data-v=\"%s\">", complete ? "2" : partial ? "1" : "0");
    html_mark(html, complete ? "dim" : partial ? "poor" : "bad", complete ? "✓" : partial ? "?" : "✗", host->status);
    html_put(html, "</td></tr>\n");
}

// --- the row -------------------------------------------------------------------------------------

char *html_fleet_row(struct html_fleet *fleet, const json_t *report)
{
    struct html html;
    html_begin(&html, report);
    struct fleet_host host = host_of(&html, report);
    name_cell(&html, report, &host);
    grade_cell(&html, &host);
    policy_cell(&html, report, &host);
    for (size_t i = 0; i < SEVERITIES; i++)
        severity_cell(&html, report, i);
    version_cell(&html, report);
    end_cell(&html, report, &host);
    status_cell(&html, &host);
    html_fleet_count(fleet, report, &host);
    return html_end(&html);
}
