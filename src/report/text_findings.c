// SPDX-License-Identifier: Apache-2.0
//
// What was found fault with, worst first: the part of the terminal view that stands before the facts.
#include <string.h>

#include "report/view.h"

static enum tint severity_tint(const char *severity)
{
    if (severity == NULL || strcmp(severity, "info") == 0)
        return TINT_DIM;
    return strcmp(severity, "critical") == 0 || strcmp(severity, "high") == 0 ? TINT_BAD : TINT_POOR;
}

// Whether a row stands with an endpoint: it has its address, or none and this is the first.
static bool belongs(const json_t *row, const json_t *endpoint, bool first)
{
    const char *address = json_string_value(json_object_get(row, "address"));
    const char *its = json_string_value(json_object_get(endpoint, "address"));
    return address == NULL ? first : its != NULL && strcmp(address, its) == 0;
}

static void more(struct view *view, const json_t *row)
{
    const char *detail = view_text(view, row, "detail"), *advice = view_text(view, row, "advice");
    const char *references = view_joined(view, json_object_get(row, "references"), 16);
    const char *evidence = view_evidence(view, row);
    if (detail != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_PLAIN, detail);
    if (advice != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_PLAIN, advice);
    if (references != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_DIM, references);
    if (evidence != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_DIM, evidence);
}

// "  high      The certificate has expired: CN=example.com, RSA (certificate_expired)"
static void finding(struct view *view, const json_t *row)
{
    const char *severity = view_text(view, row, "severity"), *title = view_text(view, row, "title");
    const char *where = view_text(view, row, "where"), *id = view_text(view, row, "id");
    page_tinted_label(&view->page, 2, severity_tint(severity), severity == NULL ? "?" : severity);
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%s%s%s", title == NULL ? "?" : title, where == NULL ? "" : ": ",
                          where == NULL ? "" : where));
    page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", id == NULL ? "?" : id));
    page_end(&view->page);
    view_waived(view, row);
    if (view->options->verbose)
        more(view, row);
}

static void unjudged(struct view *view, const json_t *report, const json_t *endpoint, bool first)
{
    const json_t *list = json_object_get(report, "unjudged");
    for (size_t i = 0; i < view_count(list) && view->options->verbose; i++) {
        const json_t *row = json_array_get(list, i);
        const char *reason = view_text(view, row, "reason");
        const char *ids = view_joined(view, json_object_get(row, "ids"), VIEW_ROWS);
        if (!belongs(row, endpoint, first))
            continue;
        page_label(&view->page, 2, "unknown");
        page_words(&view->page, TINT_DIM,
                   arena_text(&view->memory, "%s: %s", ids == NULL ? "?" : ids, reason == NULL ? "?" : reason));
        page_end(&view->page);
    }
}

void view_findings(struct view *view, const json_t *report, const json_t *endpoint, bool first)
{
    const json_t *list = json_object_get(report, "findings");
    bool titled = false;
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!belongs(row, endpoint, first))
            continue;
        if (!titled)
            view_title(view, "Findings");
        titled = true;
        finding(view, row);
    }
    if (titled || view->options->verbose) {
        if (!titled && view_count(json_object_get(report, "unjudged")) != 0)
            view_title(view, "Findings");
        unjudged(view, report, endpoint, first);
    }
}

void view_finding_counts(struct view *view, const json_t *report, const json_t *endpoint, bool first)
{
    static const char *const severities[] = {"critical", "high", "medium", "low"};
    const json_t *list = json_object_get(report, "findings");
    int64_t waived = 0;
    for (size_t i = 0; i < view_count(list); i++)
        waived += belongs(json_array_get(list, i), endpoint, first) &&
                  json_is_object(json_object_get(json_array_get(list, i), "waived"));
    for (size_t k = 0; k < sizeof severities / sizeof *severities; k++) {
        int64_t count = 0;
        for (size_t i = 0; i < view_count(list); i++) {
            const json_t *row = json_array_get(list, i);
            count += belongs(row, endpoint, first) && view_is(row, "severity", severities[k]) &&
                     !json_is_object(json_object_get(row, "waived"));
        }
        if (count != 0)
            page_words(&view->page, severity_tint(severities[k]),
                       arena_text(&view->memory, "%lld %s", (long long)count, severities[k]));
    }
    if (waived != 0)
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "%lld waived", (long long)waived));
}
