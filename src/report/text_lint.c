// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of the rules that a certificate breaks: their names, parted by whom they bind;
// where everything is wanted, a line for each with what was seen.
#include <inttypes.h>

#include "report/view.h"

#define INDENT 4

static const char *broken(struct view *view, const json_t *rules, bool public)
{
    struct builder names = builder_in(&view->memory);
    for (size_t i = 0; i < view_count(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *id = view_text(view, rule, "id");
        if (id == NULL || !view_is(rule, "verdict", "no") || view_truth(rule, "public") != public)
            continue;
        view_append(&names, names.size == 0 ? "" : ", ");
        view_append(&names, id);
    }
    return arena_string(&view->memory, builder_bytes(&names));
}

static void counts(struct view *view, const json_t *lint)
{
    struct arena *memory = &view->memory;
    int64_t failed = view_number(lint, "broken"), open = view_number(lint, "unknown");
    page_label(&view->page, INDENT, "Rules");
    if (view_is(lint, "reason", "unparseable")) {
        page_words(&view->page, TINT_POOR, "not applied, since the certificate could not be read");
    } else {
        page_words(&view->page, TINT_PLAIN, arena_text(memory, "%" PRId64 " hold,", view_number(lint, "held")));
        page_words(&view->page, failed == 0 ? TINT_PLAIN : TINT_POOR, arena_text(memory, "%" PRId64 " broken", failed));
        if (open != 0)
            page_words(&view->page, TINT_PLAIN, arena_text(memory, "(%" PRId64 " undecided)", open));
    }
    page_end(&view->page);
}

static void rule_row(struct view *view, const json_t *rule)
{
    const char *id = view_text(view, rule, "id"), *value = view_text(view, rule, "value");
    const char *document = view_text(view, rule, "document"), *section = view_text(view, rule, "section");
    bool failed = view_is(rule, "verdict", "no");
    if (!failed)
        value = view_text(view, rule, "sentence");
    page_begin(&view->page, INDENT + PAGE_LABEL, INDENT + PAGE_LABEL + 2);
    page_words(&view->page, failed ? TINT_POOR : TINT_PLAIN, arena_text(&view->memory, "%s:", id == NULL ? "?" : id));
    page_words(&view->page, TINT_PLAIN, value == NULL ? "" : value);
    page_words(&view->page, TINT_DIM,
               arena_text(&view->memory, "(%s %s)", document == NULL ? "?" : document, section == NULL ? "" : section));
    page_end(&view->page);
}

void view_lint(struct view *view, const json_t *chain, size_t index)
{
    const json_t *lint = json_array_get(json_object_get(chain, "lint"), index), *rules = json_object_get(lint, "rules");
    if (!json_is_object(lint))
        return;
    counts(view, lint);
    if (view->options->verbose) {
        for (size_t i = 0; i < view_count(rules); i++)
            rule_row(view, json_array_get(rules, i));
        return;
    }
    view_labelled(view, INDENT, "Broken", broken(view, rules, false));
    view_labelled(view, INDENT, "For public", broken(view, rules, true));
}
