// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of what vouches that a chain was logged: in short how many SCTs there are, those that are wrong,
// and the policies that apply.
#include <string.h>

#include "report/view.h"

#define DETAILS 4 // columns of indentation, as for certificates

static size_t count_from(const json_t *scts, const char *source)
{
    size_t count = 0;
    for (size_t i = 0; i < view_count(scts); i++)
        if (view_is(json_array_get(scts, i), "source", source))
            count++;
    return count;
}

// "2 in the certificate, 1 in TLS"
static const char *counts(struct view *view, const json_t *scts)
{
    static const struct {
        const char *source, *place;
    } places[] = {{"certificate", "in the certificate"}, {"tls", "in TLS"}, {"ocsp", "in a staple"}};
    const char *text = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t count = count_from(scts, places[i].source);
        if (count != 0)
            text = arena_text(&view->memory, "%s%s%zu %s", text == NULL ? "" : text, text == NULL ? "" : ", ", count,
                              places[i].place);
    }
    return text;
}

// Who gave it when: "Google 'Argon2026h1' log, 2026-02-03"
static const char *giver(struct view *view, const json_t *row)
{
    const char *log = view_text(view, row, "log"), *id = view_text(view, row, "log_id");
    const char *time = view_text(view, row, "timestamp");
    const char *who = log != NULL ? log : id != NULL ? id : "?";
    return time == NULL ? who : arena_text(&view->memory, "%s, %.10s", who, time);
}

static void policy(struct view *view, const json_t *row)
{
    const char *name = view_text(view, row, "policy"), *date = view_text(view, row, "date");
    bool apple = name != NULL && strcmp(name, "apple") == 0;
    if (view_is(row, "verdict", "not_applicable") && !view->options->verbose)
        return;
    view_fact(view, DETAILS, apple ? "For Apple" : "For Chrome", row, TINT_GOOD, TINT_BAD,
              date == NULL ? NULL : arena_text(&view->memory, "logs as of %s", date));
}

void view_transparency(struct view *view, const json_t *chain)
{
    const json_t *object = json_object_get(chain, "transparency");
    const json_t *scts = json_object_get(object, "scts"), *policies = json_object_get(object, "policies");
    if (!json_is_object(object))
        return;
    view_fact(view, DETAILS, "SCTs", object, TINT_PLAIN, TINT_PLAIN, counts(view, scts));
    for (size_t i = 0; i < view_count(scts); i++) {
        const json_t *row = json_array_get(scts, i);
        if (view->options->verbose || !view_is(row, "verdict", "yes"))
            view_fact(view, DETAILS, "Signed", row, TINT_GOOD, TINT_BAD, giver(view, row));
    }
    for (size_t i = 0; i < view_count(policies); i++)
        policy(view, json_array_get(policies, i));
}
