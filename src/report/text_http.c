// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of an endpoint's HTTP answer: what browsers will heed, what they miss, what the server tells.
#include <inttypes.h>
#include <string.h>

#include "report/view.h"

#define DETAILS 4 // columns of indentation, as for certificates
#define DAY     86400

static void status(struct view *view, const json_t *row)
{
    const char *phrase = view_text(view, row, "phrase"), *method = view_text(view, row, "method");
    const char *version = view_text(view, row, "tls_version");
    view_labelled(view, DETAILS, "Status",
                  arena_text(&view->memory, "%" PRId64 "%s%s, to %s over %s", view_number(row, "status"),
                             phrase == NULL ? "" : " ", phrase == NULL ? "" : phrase, method == NULL ? "?" : method,
                             version == NULL ? "?" : version));
}

static void redirect(struct view *view, const json_t *row)
{
    const json_t *target = json_object_get(row, "redirect");
    const char *location = view_text(view, target, "location");
    if (location == NULL)
        return;
    page_label(&view->page, DETAILS, "Leads to");
    page_words(&view->page, TINT_PLAIN, location);
    if (!view_truth(target, "https"))
        page_words(&view->page, TINT_BAD, "(not https)");
    else if (!view_truth(target, "same_host"))
        page_words(&view->page, TINT_DIM, "(another host)");
    page_end(&view->page);
}

// "max-age 365 days, subdomains too, to be preloaded"
static const char *policy(struct view *view, const json_t *hsts)
{
    int64_t seconds = view_number(hsts, "max_age");
    if (!view_is(hsts, "verdict", "yes"))
        return view_text(view, hsts, "value");
    const char *time = seconds < DAY ? view_counted(view, seconds, "second") : view_counted(view, seconds / DAY, "day");
    return arena_text(&view->memory, "max-age %s%s%s", time,
                      view_truth(hsts, "include_subdomains") ? ", subdomains too" : "",
                      view_truth(hsts, "preload") ? ", to be preloaded" : "");
}

static void hsts(struct view *view, const json_t *row)
{
    const json_t *fact = json_object_get(row, "hsts"), *effective = json_object_get(fact, "effective");
    view_fact(view, DETAILS, "HSTS", fact, TINT_GOOD, TINT_POOR, policy(view, fact));
    if (view_is(fact, "verdict", "yes") && (view->options->verbose || !view_is(effective, "verdict", "yes")))
        view_fact(view, DETAILS, "Heeded", effective, TINT_GOOD, TINT_BAD, NULL);
    if (view_number(fact, "fields") > 1)
        view_labelled(view, DETAILS, "Repeated",
                      arena_text(&view->memory,
                                 "Strict-Transport-Security stands there %" PRId64 " times; the first counts",
                                 view_number(fact, "fields")));
}

static void header_names(struct view *view, const json_t *row, const char *state, const char *label)
{
    const json_t *list = json_object_get(row, "headers");
    struct builder builder = builder_in(&view->memory);
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *header = json_array_get(list, i);
        const char *name = view_text(view, header, "name");
        if (!view_is(header, "state", state) || name == NULL)
            continue;
        view_append(&builder, builder.size == 0 ? "" : ", ");
        view_append(&builder, name);
    }
    view_labelled(view, DETAILS, label, arena_string(&view->memory, builder_bytes(&builder)));
}

static void header_lines(struct view *view, const json_t *row, const char *state, const char *label, enum tint tint)
{
    const json_t *list = json_object_get(row, "headers");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *header = json_array_get(list, i);
        const char *name = view_text(view, header, "name"), *value = view_text(view, header, "value");
        const char *wanted = view_text(view, header, "wanted");
        if (!view_is(header, "state", state) || name == NULL)
            continue;
        page_label(&view->page, DETAILS, label);
        page_words(&view->page, tint, arena_text(&view->memory, "%s:", name));
        page_words(&view->page, TINT_PLAIN, value == NULL ? "" : value);
        if (wanted != NULL && view->options->verbose && strcmp(state, "bad") == 0)
            page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(wanted: %s)", wanted));
        page_end(&view->page);
    }
}

static void cookies(struct view *view, const json_t *row)
{
    const json_t *list = json_object_get(row, "cookies");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *cookie = json_array_get(list, i);
        const char *name = view_text(view, cookie, "name"), *site = view_text(view, cookie, "same_site");
        const char *faults = view_joined(view, json_object_get(cookie, "faults"), VIEW_ROWS);
        bool secure = view_truth(cookie, "secure");
        page_label(&view->page, DETAILS, i == 0 ? "Cookies" : "");
        page_words(&view->page, TINT_PLAIN, name == NULL || name[0] == '\0' ? "(no name)" : name);
        page_words(&view->page, secure ? TINT_DIM : TINT_BAD, secure ? "Secure," : "not Secure,");
        page_words(&view->page, TINT_DIM, view_truth(cookie, "http_only") ? "HttpOnly," : "for scripts too,");
        page_words(&view->page, TINT_DIM,
                   site == NULL ? "no SameSite" : arena_text(&view->memory, "SameSite %s", site));
        if (faults != NULL)
            page_words(&view->page, TINT_BAD, arena_text(&view->memory, "(refused by browsers: %s)", faults));
        page_end(&view->page);
    }
}

static void answered(struct view *view, const json_t *row)
{
    const json_t *compression = json_object_get(row, "compression"), *port_80 = json_object_get(row, "https_redirect");
    const char *evidence = view_evidence(view, row);
    status(view, row);
    if (evidence != NULL)
        page_line(&view->page, DETAILS + PAGE_LABEL, TINT_DIM, evidence);
    redirect(view, row);
    hsts(view, row);
    header_names(view, row, "missing", "Missing");
    header_lines(view, row, "bad", "Unwanted", TINT_POOR);
    if (view->options->verbose) {
        header_lines(view, row, "good", "Good", TINT_GOOD);
        header_lines(view, row, "told", "Told", TINT_PLAIN);
    }
    cookies(view, row);
    if (view->options->verbose || view_is(compression, "verdict", "yes"))
        view_fact(view, DETAILS, "Compressed", compression, TINT_POOR, TINT_GOOD,
                  view_text(view, compression, "encoding"));
    view_labelled(view, DETAILS, "Also as", view_text(view, json_object_get(row, "alt_svc"), "value"));
    if (view->options->verbose || view_is(port_80, "verdict", "yes") || view_is(port_80, "verdict", "no"))
        view_fact(view, DETAILS, "From port 80", port_80, TINT_GOOD, TINT_BAD, view_text(view, port_80, "location"));
}

void view_http(struct view *view, const json_t *report, const json_t *endpoint)
{
    const json_t *row = view_http_row(report, endpoint);
    bool yes = view_is(row, "verdict", "yes");
    if (row == NULL || (!view->options->verbose && !yes && !view_is(row, "verdict", "unknown")))
        return;
    view_title(view, "HTTP");
    if (yes)
        answered(view, row);
    else
        view_fact(view, DETAILS, "Spoken", row, TINT_PLAIN, TINT_PLAIN, NULL);
}
