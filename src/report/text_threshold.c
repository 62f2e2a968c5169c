// SPDX-License-Identifier: Apache-2.0
//
// The limits of a run on a terminal: a line for each, and one for what broke it.
#include <inttypes.h>

#include "report/view.h"

static enum tint verdict_tint(const json_t *row)
{
    if (view_is(row, "verdict", "pass"))
        return TINT_GOOD;
    return view_is(row, "verdict", "fail") ? TINT_BAD : TINT_POOR;
}

// "  fail       127.0.0.1, certificate 2: CN=authority, 2026-12-01T00:00:00Z"
static void certificate(struct view *view, const json_t *row)
{
    const char *verdict = view_text(view, row, "verdict"), *address = view_text(view, row, "address");
    const char *subject = view_text(view, row, "subject"), *end = view_text(view, row, "not_after");
    int64_t index = view_number(row, "certificate");
    page_tinted_label(&view->page, 2, verdict_tint(row), verdict == NULL ? "?" : verdict);
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%s, certificate %" PRId64 ": %s, %s", address == NULL ? "?" : address,
                          index < INT64_MAX ? index + 1 : index, subject == NULL || subject[0] == '\0' ? "?" : subject,
                          end == NULL ? "unreadable" : end));
    page_end(&view->page);
}

void view_thresholds(struct view *view, const json_t *report)
{
    const json_t *rows = json_object_get(report, "thresholds");
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i), *list = json_object_get(row, "certificates");
        const char *id = view_text(view, row, "id"), *verdict = view_text(view, row, "verdict");
        const char *sentence = view_text(view, row, "sentence");
        page_blank(&view->page);
        page_begin(&view->page, 0, 2);
        page_words(&view->page, TINT_BOLD, arena_text(&view->memory, "Threshold %s:", id == NULL ? "?" : id));
        page_words(&view->page, verdict_tint(row), verdict == NULL ? "?" : verdict);
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", sentence == NULL ? "?" : sentence));
        page_end(&view->page);
        for (size_t k = 0; k < view_count(list); k++)
            certificate(view, json_array_get(list, k));
    }
}

void view_threshold_verdicts(struct view *view, const json_t *report)
{
    const json_t *rows = json_object_get(report, "thresholds");
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *id = view_text(view, row, "id"), *verdict = view_text(view, row, "verdict");
        if (id == NULL || verdict == NULL)
            continue;
        page_words(&view->page, TINT_DIM, id);
        page_words(&view->page, verdict_tint(row), verdict);
    }
}
