// SPDX-License-Identifier: Apache-2.0
//
// The history of a target on a terminal: a line for each time that something else was found, and under it which
// findings came and went.
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "report/archive.h"
#include "report/view.h"

#define HISTORY_SCHEMA "shakedown-history/1"
#define DIGITS         8 // of a fingerprint

// "2026-11-23 14:05", from "2026-11-23T14:05:09Z"
static const char *time_text(struct view *view, const json_t *row, const char *key)
{
    const char *text = view_text(view, row, key);
    if (text == NULL || strlen(text) < 16)
        return "-";
    return arena_text(&view->memory, "%.10s %.5s", text, text + 11);
}

static const char *target_text(struct view *view, const json_t *target)
{
    const char *host = view_text(view, target, "host"), *starttls = view_text(view, target, "starttls");
    const char *name = view_text(view, target, "sni");
    bool brackets = host != NULL && strchr(host, ':') != NULL;
    const char *text = arena_text(&view->memory, "%s%s%s:%" PRId64, brackets ? "[" : "", host == NULL ? "?" : host,
                                  brackets ? "]" : "", view_number(target, "port"));
    if (starttls != NULL)
        text = arena_text(&view->memory, "%s with STARTTLS (%s)", text, starttls);
    if (name != NULL && host != NULL && strcmp(name, host) != 0)
        text = arena_text(&view->memory, "%s as %s", text, name);
    return text;
}

static struct cell grade_cell(struct view *view, const json_t *row)
{
    const json_t *grade = json_object_get(row, "grade");
    const char *letter = view_text(view, grade, "letter"), *best = view_text(view, grade, "at_best");
    const char *worst = view_text(view, grade, "at_worst");
    if (letter == NULL && best != NULL)
        return (struct cell){arena_text(&view->memory, "%s to %s", worst == NULL ? "?" : worst, best), TINT_DIM};
    return (struct cell){letter == NULL ? "-" : letter, view_letter_tint(letter)};
}

static struct cell policy_cell(struct view *view, const json_t *row)
{
    const char *verdict = view_text(view, json_object_get(row, "policy"), "verdict");
    if (verdict == NULL)
        return (struct cell){NULL, TINT_PLAIN};
    return (struct cell){verdict, strcmp(verdict, "pass") == 0   ? TINT_GOOD
                                  : strcmp(verdict, "fail") == 0 ? TINT_BAD
                                                                 : TINT_POOR};
}

// "1 high, 2 low"
static struct cell findings_cell(struct view *view, const json_t *row)
{
    static const struct {
        const char *severity;
        enum tint tint;
    } severities[] = {{"critical", TINT_BAD}, {"high", TINT_BAD}, {"medium", TINT_POOR}, {"low", TINT_PLAIN}};
    const json_t *counts = json_object_get(row, "findings");
    struct cell cell = {NULL, TINT_GOOD};
    for (size_t i = 0; i < sizeof severities / sizeof *severities; i++) {
        int64_t count = view_number(counts, severities[i].severity);
        if (count == 0)
            continue;
        if (cell.text == NULL)
            cell.tint = severities[i].tint;
        cell.text = arena_text(&view->memory, "%s%s%" PRId64 " %s", cell.text == NULL ? "" : cell.text,
                               cell.text == NULL ? "" : ", ", count, severities[i].severity);
    }
    if (cell.text == NULL)
        cell.text = "none";
    return cell;
}

// "1A2B3C4D, 5E6F7A8B"; in bold where they are other ones than before.
static struct cell certificates_cell(struct view *view, const json_t *row, const json_t *before)
{
    const json_t *list = json_object_get(row, "certificates");
    bool other = before != NULL && !json_equal(list, json_object_get(before, "certificates"));
    const char *text = NULL;
    for (size_t i = 0; i < view_count(list) && i < 4; i++) {
        const char *digest = view_string(view, json_array_get(list, i));
        if (digest == NULL)
            continue;
        text = arena_text(&view->memory, "%s%s%.*s", text == NULL ? "" : text, text == NULL ? "" : ", ",
                          view->options->verbose ? 64 : DIGITS, digest);
    }
    return (struct cell){text, other ? TINT_BOLD : TINT_PLAIN};
}

static bool has(const json_t *list, const char *id)
{
    for (size_t i = 0; i < view_count(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL && strcmp(text, id) == 0)
            return true;
    }
    return false;
}

// " +tls_1_0", for what the one list has and the other has not.
static const char *differences(struct view *view, const char *text, const json_t *list, const json_t *other, char sign)
{
    for (size_t i = 0; i < view_count(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (id != NULL && !has(other, id))
            text = arena_text(&view->memory, "%s%s%c%s", text == NULL ? "" : text, text == NULL ? "" : " ", sign,
                              view_printable(&view->memory, id));
    }
    return text;
}

// The first row has no findings before it, which only matters to whoever wants to know all.
static const char *note(struct view *view, const json_t *row, const json_t *before)
{
    const json_t *is = json_object_get(row, "finding_ids"), *was = json_object_get(before, "finding_ids");
    if (before == NULL && !view->options->verbose)
        return NULL;
    return differences(view, differences(view, NULL, is, was, '+'), was, is, '-');
}

static void fill(struct view *view, const json_t *row, const json_t *before, struct row *out)
{
    const char *status = view_text(view, row, "status"), *ends = view_text(view, row, "ends");
    bool complete = status != NULL && strcmp(status, "complete") == 0;
    int64_t scans = view_number(row, "scans");
    out->cell[0] = (struct cell){time_text(view, row, "first"), TINT_PLAIN};
    out->cell[1] = (struct cell){scans == 1 ? NULL : time_text(view, row, "last"), TINT_DIM};
    out->cell[2] = (struct cell){arena_text(&view->memory, "%" PRId64, scans), TINT_DIM};
    out->cell[3] = (struct cell){status == NULL ? "?" : status, complete ? TINT_GOOD : TINT_POOR};
    out->cell[4] = grade_cell(view, row);
    out->cell[5] = policy_cell(view, row);
    out->cell[6] = findings_cell(view, row);
    out->cell[7] = certificates_cell(view, row, before);
    out->cell[8] = (struct cell){ends == NULL ? NULL : arena_text(&view->memory, "%.10s", ends), TINT_PLAIN};
    out->note = note(view, row, before);
}

// What is too long loses its beginning: the latest is what matters. quiet: the latest row alone.
static void table(struct view *view, const json_t *list)
{
    static const struct column columns[] = {
        {.title = "Since"},
        {.title = "Until", .drop = 3},
        {.title = "Scans", .right = true, .drop = 2},
        {.title = "Status"},
        {.title = "Grade"},
        {.title = "Policy", .drop = 6},
        {.title = "Findings"},
        {.title = "Certificate", .drop = 4},
        {.title = "Ends", .drop = 5},
    };
    size_t total = json_array_size(list), count = view->options->quiet ? (total != 0) : view_count(list);
    struct row *rows = arena_array(&view->memory, count, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        size_t at = total - count + i;
        fill(view, json_array_get(list, at), at == 0 ? NULL : json_array_get(list, at - 1), &rows[i]);
        if (view->options->quiet)
            rows[i].note = NULL;
    }
    if (count < total && !view->options->quiet)
        page_line(&view->page, 2, TINT_DIM, arena_text(&view->memory, "%zu earlier rows are not shown", total - count));
    page_table(&view->page, 2, columns, sizeof columns / sizeof *columns, rows, count);
}

static void show(struct view *view, const json_t *history)
{
    page_begin(&view->page, 0, 2);
    page_words(&view->page, TINT_BOLD, target_text(view, json_object_get(history, "target")));
    page_words(&view->page, TINT_DIM, view_counted(view, view_number(history, "scans"), "scan"));
    page_end(&view->page);
    table(view, json_object_get(history, "rows"));
}

char *history_text(const char *json, const struct text_options *options, struct complaint *complaint)
{
    json_t *history = json_loads(json, 0, NULL);
    if (!view_is(history, "schema", HISTORY_SCHEMA)) {
        json_decref(history);
        complain(complaint, "this is no history: \"schema\" is not \"%s\"", HISTORY_SCHEMA);
        return NULL;
    }
    struct view view = {.options = options, .page = {.width = options->width, .color = options->color}};
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
    show(&view, history);
    if (utf8 != (locale_t)0) {
        uselocale(before);
        freelocale(utf8);
    }
    json_decref(history);
    arena_release(&view.memory);
    if (!view.page.full)
        return view.page.text;
    free(view.page.text);
    complain(complaint, "the history is too long to show");
    return NULL;
}
