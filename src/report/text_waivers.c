// SPDX-License-Identifier: Apache-2.0
//
// Waivers on a terminal: under each row that one excuses who answers for it, and those that have expired.
#include "report/view.h"

void view_waived(struct view *view, const json_t *row)
{
    const json_t *waived = json_object_get(row, "waived");
    const char *until = view_text(view, waived, "until"), *owner = view_text(view, waived, "owner");
    const char *reason = view_text(view, waived, "reason");
    if (!json_is_object(waived))
        return;
    page_line(&view->page, 2 + PAGE_LABEL, TINT_DIM,
              arena_text(&view->memory, "waived by %s until %s: %s", owner == NULL ? "?" : owner,
                         until == NULL ? "?" : until, reason == NULL ? "?" : reason));
}

// "  expired   tls_1_0 for *.example.com, 2026-11-01T00:00:00Z (office@example.com)"
static void expired(struct view *view, const json_t *row)
{
    const char *rule = view_text(view, row, "rule"), *target = view_text(view, row, "target");
    const char *until = view_text(view, row, "until"), *owner = view_text(view, row, "owner");
    page_tinted_label(&view->page, 2, TINT_POOR, "expired");
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%s for %s, %s", rule == NULL ? "?" : rule, target == NULL ? "?" : target,
                          until == NULL ? "?" : until));
    page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", owner == NULL ? "?" : owner));
    page_end(&view->page);
}

void view_waivers(struct view *view, const json_t *report)
{
    const json_t *list = json_object_get(report, "waivers");
    bool titled = false;
    for (size_t i = 0; i < view_count(list); i++) {
        if (!view_is(json_array_get(list, i), "state", "expired"))
            continue;
        if (!titled)
            view_title(view, "Waivers");
        titled = true;
        expired(view, json_array_get(list, i));
    }
}
