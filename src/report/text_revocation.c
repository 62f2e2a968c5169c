// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of revocation: a line for each certificate of which something is known or should be, and every
// source where all is asked for.
#include <string.h>

#include "report/view.h"

#define DETAILS 4 // columns of indentation, as in text_certificates.c

static enum tint tint_of(const char *status)
{
    return strcmp(status, "good") == 0 ? TINT_GOOD : strcmp(status, "revoked") == 0 ? TINT_BAD : TINT_POOR;
}

// "good", "unknown (try_later): The responder asks to try later."
static void status(struct view *view, const json_t *row, bool with_sentence)
{
    const char *word = view_text(view, row, "status"), *reason = view_text(view, row, "reason");
    const char *sentence = view_text(view, row, "sentence");
    word = word == NULL ? "?" : word;
    bool told = with_sentence && sentence != NULL;
    page_words(&view->page, tint_of(word),
               arena_text(&view->memory, "%s%s%s%s%s", word, reason == NULL ? "" : " (", reason == NULL ? "" : reason,
                          reason == NULL ? "" : ")", told ? ":" : ""));
    if (told)
        page_words(&view->page, TINT_PLAIN, sentence);
}

static const char *name_of(struct view *view, const json_t *row)
{
    const char *source = view_text(view, row, "source"), *url = view_text(view, row, "url");
    return arena_text(&view->memory, "%s%s%s", source == NULL ? "?" : source, url == NULL ? "" : " ",
                      url == NULL ? "" : url);
}

// Those that say the same as the whole: "(staple, ocsp http://...)"
static const char *who_says(struct view *view, const json_t *found)
{
    struct builder builder = builder_in(&view->memory);
    const json_t *sources = json_object_get(found, "sources");
    const char *word = view_text(view, found, "status");
    for (size_t i = 0; word != NULL && i < view_count(sources); i++)
        if (view_is(json_array_get(sources, i), "status", word)) {
            view_append(&builder, builder.size == 0 ? "(" : ", ");
            view_append(&builder, name_of(view, json_array_get(sources, i)));
        }
    view_append(&builder, builder.size == 0 ? "" : ")");
    return arena_string(&view->memory, builder_bytes(&builder));
}

static void source_rows(struct view *view, const json_t *found)
{
    const json_t *sources = json_object_get(found, "sources");
    for (size_t i = 0; i < view_count(sources); i++) {
        const json_t *row = json_array_get(sources, i);
        const char *until = view_text(view, row, "next_update"), *signer = view_text(view, row, "signer");
        page_label(&view->page, DETAILS, "");
        page_words(&view->page, TINT_PLAIN, arena_text(&view->memory, "%s:", name_of(view, row)));
        status(view, row, !view_is(row, "status", "good"));
        if (until != NULL)
            page_words(&view->page, TINT_DIM, arena_text(&view->memory, "until %s", until));
        if (signer != NULL)
            page_words(&view->page, TINT_DIM, arena_text(&view->memory, "by %s", signer));
        if (view_is(json_object_get(row, "unissued"), "verdict", "yes"))
            page_words(&view->page, TINT_POOR, "who calls good what nobody has issued");
        page_end(&view->page);
    }
}

void view_revocation(struct view *view, const json_t *chain, size_t index)
{
    const json_t *found = json_array_get(json_object_get(json_object_get(chain, "revocation"), "certificates"), index);
    bool verbose = view->options->verbose, good = view_is(found, "status", "good");
    bool idle = view_is(found, "status", "not_tested") || view_is(found, "status", "not_applicable");
    if (view_text(view, found, "status") == NULL || (idle && !verbose))
        return;
    page_label(&view->page, DETAILS, "Revocation");
    status(view, found, !good);
    page_words(&view->page, TINT_PLAIN, who_says(view, found));
    page_end(&view->page);
    if (verbose)
        source_rows(view, found);
}

void view_must_staple(struct view *view, const json_t *chain)
{
    const json_t *fact = json_object_get(json_object_get(chain, "revocation"), "must_staple_kept");
    if (view_text(view, fact, "verdict") != NULL && !view_is(fact, "verdict", "not_applicable"))
        view_fact(view, DETAILS, "Must-staple", fact, TINT_GOOD, TINT_BAD, NULL);
}
