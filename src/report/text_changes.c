// SPDX-License-Identifier: Apache-2.0
//
// What changed since an earlier report, on a terminal.
#include <locale.h>
#include <stdlib.h>

#include "report/diff.h"
#include "report/view.h"

#define SCHEMA "shakedown-diff/1"

static const char *text_or(struct view *view, const json_t *object, const char *key, const char *otherwise)
{
    const char *text = view_text(view, object, key);
    return text == NULL ? otherwise : text;
}

// "suites TLS_RSA_WITH_RC4_128_SHA TLSv1.2 appeared", "order suite_preference TLSv1.2: server, was client"
static const char *told(struct view *view, const json_t *row)
{
    const char *aspect = text_or(view, row, "aspect", "?"), *id = text_or(view, row, "id", "?");
    const char *was = text_or(view, row, "was", "?"), *is = text_or(view, row, "is", "?");
    if (view_is(row, "aspect", "findings"))
        return arena_text(&view->memory, "%s (%s) %s", view_is(row, "change", "vanished") ? was : is, id,
                          text_or(view, row, "change", "?"));
    if (!view_is(row, "change", "changed"))
        return arena_text(&view->memory, "%s %s %s", aspect, id, text_or(view, row, "change", "?"));
    return arena_text(&view->memory, "%s %s: %s, was %s", aspect, id, is, was);
}

static void change(struct view *view, const json_t *row)
{
    bool worse = view_is(row, "effect", "worse"), better = view_is(row, "effect", "better");
    const char *address = view_text(view, row, "address");
    page_tinted_label(&view->page, 2,
                      worse    ? TINT_BAD
                      : better ? TINT_GOOD
                               : TINT_PLAIN,
                      worse    ? "worse"
                      : better ? "better"
                               : "changed");
    page_words(&view->page, TINT_PLAIN, told(view, row));
    if (address != NULL)
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", address));
    page_end(&view->page);
}

static void changes(struct view *view, const json_t *list)
{
    static const char *const effects[] = {"worse", "none", "better"};
    for (size_t k = 0; k < sizeof effects / sizeof *effects; k++)
        for (size_t i = 0; i < view_count(list); i++)
            if (view_is(json_array_get(list, i), "effect", effects[k]))
                change(view, json_array_get(list, i));
}

static void renewals(struct view *view, const json_t *list)
{
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        view_labelled(view, 2, "renewed",
                      arena_text(&view->memory, "%s, until %s (%s)", text_or(view, row, "certificate", "?"),
                                 text_or(view, row, "is_until", "?"), text_or(view, row, "address", "?")));
    }
}

// Shown one by one to whoever asks for more.
static void not_comparable(struct view *view, const json_t *list)
{
    if (view_count(list) != 0 && !view->options->verbose)
        view_labelled(view, 2, "not known",
                      arena_text(&view->memory, "%s not be compared",
                                 view_count(list) == 1
                                     ? "1 thing could"
                                     : arena_text(&view->memory, "%zu things could", view_count(list))));
    for (size_t i = 0; i < view_count(list) && view->options->verbose; i++) {
        const json_t *row = json_array_get(list, i);
        page_label(&view->page, 2, "not known");
        page_words(&view->page, TINT_DIM,
                   arena_text(&view->memory, "%s %s: %s%s", text_or(view, row, "aspect", "?"),
                              text_or(view, row, "id", "?"), view_is(row, "unknown_in", "was") ? "before, " : "",
                              text_or(view, row, "reason", "?")));
        page_end(&view->page);
    }
}

static const char *verdict(const json_t *object)
{
    return view_is(object, "state", "appeared")   ? "new"
           : view_is(object, "state", "vanished") ? "not there any more"
           : view_truth(object, "worse")          ? "worse"
           : view_truth(object, "changed")        ? "changed"
                                                  : "unchanged";
}

static void addresses(struct view *view, const json_t *object)
{
    view_labelled(view, 2, "new at", view_joined(view, json_object_get(object, "appeared"), 16));
    view_labelled(view, 2, "no more at", view_joined(view, json_object_get(object, "vanished"), 16));
}

static void body(struct view *view, const json_t *object)
{
    changes(view, json_object_get(object, "changes"));
    renewals(view, json_object_get(object, "renewals"));
    addresses(view, json_object_get(object, "addresses"));
    not_comparable(view, json_object_get(object, "not_comparable"));
}

static enum tint verdict_tint(const json_t *object)
{
    return view_truth(object, "worse") ? TINT_BAD : view_truth(object, "changed") ? TINT_POOR : TINT_GOOD;
}

void view_changes_of(struct view *view, const json_t *object)
{
    const json_t *target = json_object_get(object, "target");
    page_begin(&view->page, 0, 2);
    page_words(&view->page, TINT_BOLD,
               arena_text(&view->memory, "%s:%lld", text_or(view, target, "host", "?"),
                          (long long)view_number(target, "port")));
    page_words(&view->page, verdict_tint(object), verdict(object));
    page_words(&view->page, TINT_DIM,
               view_counted(view, (int64_t)view_count(json_object_get(object, "changes")), "change"));
    page_end(&view->page);
    if (!view->options->quiet)
        body(view, object);
}

void view_changes(struct view *view, const json_t *report)
{
    const json_t *object = json_object_get(report, "changes");
    if (!json_is_object(object))
        return;
    page_blank(&view->page);
    page_begin(&view->page, 0, 2);
    page_words(&view->page, TINT_BOLD,
               arena_text(&view->memory, "Since %s:", text_or(view, object, "was_started", "the earlier report")));
    page_words(&view->page, verdict_tint(object), verdict(object));
    page_end(&view->page);
    body(view, object);
}

void view_changes_verdict(struct view *view, const json_t *report)
{
    const json_t *object = json_object_get(report, "changes");
    if (json_is_object(object))
        page_words(&view->page, verdict_tint(object), verdict(object));
}

char *diff_text(const char *json, const struct text_options *options, struct complaint *complaint)
{
    json_t *changes = json_loads(json, 0, NULL);
    if (!view_is(changes, "schema", SCHEMA)) {
        json_decref(changes);
        complain(complaint, "this is no comparison: \"schema\" is not \"%s\"", SCHEMA);
        return NULL;
    }
    struct view view = {.options = options, .page = {.width = options->width, .color = options->color}};
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
    view_changes_of(&view, changes);
    if (utf8 != (locale_t)0) {
        uselocale(before);
        freelocale(utf8);
    }
    json_decref(changes);
    arena_release(&view.memory);
    if (!view.page.full)
        return view.page.text;
    free(view.page.text);
    complain(complaint, "the comparison is too long to show");
    return NULL;
}
