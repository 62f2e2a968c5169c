// SPDX-License-Identifier: Apache-2.0
//
// A grade on a terminal: the letter, the sum that leads to it, and what caps it.
#include <inttypes.h>
#include <string.h>

#include "report/view.h"

enum tint view_letter_tint(const char *letter)
{
    if (letter == NULL)
        return TINT_DIM;
    return letter[0] == 'A' ? TINT_GOOD : letter[0] == 'B' || letter[0] == 'C' ? TINT_POOR : TINT_BAD;
}

static const char *points(struct view *view, const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    return json_is_number(number) ? arena_text(&view->memory, "%.4g", json_number_value(number)) : "?";
}

// "92.25", or "0 to 93" where it is not known.
static const char *score_text(struct view *view, const json_t *score)
{
    const char *best = points(view, score, "at_best"), *worst = points(view, score, "at_worst");
    return strcmp(best, worst) == 0 ? best : arena_text(&view->memory, "%s to %s", worst, best);
}

static void score(struct view *view, const char *label, const json_t *row)
{
    const char *detail = view_text(view, row, "detail"), *reason = view_text(view, row, "reason");
    page_label(&view->page, 2, label);
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%s x %" PRId64 "%%", score_text(view, row), view_number(row, "weight")));
    page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", detail == NULL ? "?" : detail));
    if (reason != NULL)
        page_words(&view->page, TINT_PLAIN, reason);
    page_end(&view->page);
}

static void scores(struct view *view, const json_t *object)
{
    if (!json_is_object(object))
        return;
    score(view, "protocol", json_object_get(object, "protocol"));
    score(view, "exchange", json_object_get(object, "key_exchange"));
    score(view, "cipher", json_object_get(object, "cipher"));
    view_labelled(view, 2, "sum", score_text(view, json_object_get(object, "total")));
}

// "  cap         B TLS 1.0 is accepted: TLSv1.0 (tls_1_0)"
static void cap(struct view *view, const json_t *row, bool open)
{
    const char *letter = view_text(view, row, "letter"), *sentence = view_text(view, row, "sentence");
    const char *detail = view_text(view, row, "detail"), *id = view_text(view, row, "id");
    const char *evidence = view_evidence(view, row);
    page_tinted_label(&view->page, 2, open ? TINT_DIM : view_letter_tint(letter), open ? "open" : "cap");
    page_words(&view->page, open ? TINT_DIM : view_letter_tint(letter), letter == NULL ? "?" : letter);
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%s%s%s", sentence == NULL ? "?" : sentence, detail == NULL ? "" : ": ",
                          detail == NULL ? "" : detail));
    page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", id == NULL ? "?" : id));
    page_end(&view->page);
    if (evidence != NULL)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_DIM, evidence);
}

// Those that are open are shown to whoever asks for more.
static void caps(struct view *view, const json_t *list)
{
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        bool open = view_is(row, "state", "open");
        if (!open || view->options->verbose)
            cap(view, row, open);
    }
}

static void letter(struct view *view, const json_t *grade)
{
    const char *known = view_text(view, grade, "letter"), *best = view_text(view, grade, "at_best");
    const char *trust = view_text(view, json_object_get(grade, "trust"), "letter");
    if (trust != NULL)
        page_words(&view->page, TINT_BAD, arena_text(&view->memory, "%s;", trust));
    if (trust != NULL)
        page_words(&view->page, TINT_DIM, "the configuration alone:");
    if (known != NULL || best == NULL)
        page_words(&view->page, view_letter_tint(known), known == NULL ? "none" : known);
    else
        page_words(&view->page, view_letter_tint(best), arena_text(&view->memory, "%s at best", best));
}

void view_grade(struct view *view, const json_t *report, const json_t *endpoint)
{
    const json_t *grade = json_object_get(report, "grade"), *list = json_object_get(grade, "endpoints");
    const char *address = json_string_value(json_object_get(endpoint, "address"));
    for (size_t i = 0; address != NULL && i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *method = view_text(view, grade, "method");
        if (!view_is(row, "address", address))
            continue;
        page_blank(&view->page);
        page_begin(&view->page, 0, 2);
        page_words(&view->page, TINT_BOLD, "Grade:");
        letter(view, row);
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", method == NULL ? "?" : method));
        page_end(&view->page);
        scores(view, json_object_get(row, "scores"));
        view_labelled(view, 2, "not known", view_text(view, row, "reason"));
        caps(view, json_object_get(row, "caps"));
        caps(view, json_object_get(json_object_get(row, "trust"), "caps"));
        return;
    }
}

void view_grade_letter(struct view *view, const json_t *report, const json_t *endpoint)
{
    const json_t *list = json_object_get(json_object_get(report, "grade"), "endpoints");
    const char *address = json_string_value(json_object_get(endpoint, "address"));
    for (size_t i = 0; address != NULL && i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!view_is(row, "address", address) || view_text(view, row, "at_best") == NULL)
            continue;
        page_words(&view->page, TINT_DIM, "grade");
        letter(view, row);
        return;
    }
}
