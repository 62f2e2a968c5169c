// SPDX-License-Identifier: Apache-2.0
//
// What an endpoint answers to an HTTP request: the answer itself, its header fields and its cookies. Where
// HTTP is not spoken there is nothing that a rule could be about.
#include <string.h>

#include "report/subject.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// The endpoint's answer, or NULL with what is to be said instead.
static const json_t *answer_of(const struct query *query, struct rows *out)
{
    const json_t *list = json_object_get(query->scene->report, "http");
    const char *address = member_text(query->scene->endpoint, "address");
    const json_t *row = address == NULL ? NULL : list_find(list, "address", address);
    const char *sentence = member_text(row, "sentence");
    out->whole = true;
    rows_prove(out, row);
    if (member_is(row, "verdict", "yes"))
        return row;
    out->not_applicable = member_is(row, "verdict", "no") || member_is(row, "verdict", "not_applicable") ||
                          member_is(row, "reason", "not_http");
    if (sentence == NULL)
        sentence = "the report does not say what the server answers to HTTP";
    if (out->not_applicable)
        out->reason = sentence;
    else
        rows_doubt(out, sentence);
    return NULL;
}

static void answer_rows(const struct query *query, struct rows *out)
{
    const json_t *row = answer_of(query, out);
    if (row != NULL)
        rows_add(query, out, (struct row){.json = row, .chain = row, .certain = true});
}

static void list_rows(const struct query *query, struct rows *out, const char *name)
{
    const json_t *row = answer_of(query, out), *list = json_object_get(row, name);
    if (row != NULL && !json_is_array(list))
        rows_doubt(out, "the report does not list what the answer had");
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++)
        rows_add(query, out, (struct row){.json = json_array_get(list, i), .chain = row, .certain = true});
}

static void header_rows(const struct query *query, struct rows *out) { list_rows(query, out, "headers"); }
static void cookie_rows(const struct query *query, struct rows *out) { list_rows(query, out, "cookies"); }

// --- what is worked out --------------------------------------------------------------------------

static bool derive_redirect(const struct row *row, struct value *out)
{
    const json_t *redirect = json_object_get(row->json, "redirect"), *https = json_object_get(redirect, "https");
    out->text = json_is_true(https) ? "https" : json_is_false(https) ? "http" : "none";
    return json_is_null(redirect) || json_is_boolean(https);
}

static bool derive_same_site(const struct row *row, struct value *out)
{
    const json_t *json = json_object_get(row->json, "same_site");
    out->text = json_is_null(json) ? "absent" : json_string_value(json);
    return out->text != NULL;
}

// --- how they are called -------------------------------------------------------------------------

static const char *nowhere(const struct row *row) { return row == NULL ? "" : NULL; }

static const char *label_answer(const struct row *row)
{
    (void)row;
    return NULL;
}

static const char *label_named(const struct row *row)
{
    const char *name = row_text(row, "name");
    return name == NULL ? "?" : name;
}

// "X-Frame-Options missing", "Server: nginx/1.18.0"
static const char *label_header(const struct row *row)
{
    const char *name = label_named(row), *value = row_text(row, "value");
    if (value == NULL)
        return arena_text(row->scene->scratch, "%s missing", name);
    return arena_text(row->scene->scratch, "%s: %s", name, value);
}

// --- tables --------------------------------------------------------------------------------------

#define FACT(property, way, words_of_help)                                                                             \
    {                                                                                                                  \
        .name = property, .kind = PROPERTY_VERDICT, .words = WORDS_VERDICT, .member = way, .shown = true,              \
        .help = words_of_help                                                                                          \
    }

static const struct property answer_properties[] = {
    {.name = "status", .kind = PROPERTY_NUMBER, .member = "status", .shown = true, .help = "200, 404, ..."},
    {.name = "redirect", .words = WORDS_ANY, .derive = derive_redirect, .shown = true, .help = "https, http or none"},
    FACT("hsts", "hsts", "Strict-Transport-Security is sent, valid, and not of 0 seconds"),
    {.name = "hsts_max_age", .kind = PROPERTY_NUMBER, .member = "hsts.max_age", .shown = true, .help = "seconds"},
    {.name = "hsts_subdomains",
     .kind = PROPERTY_TRUTH,
     .member = "hsts.include_subdomains",
     .shown = true,
     .help = "it is for the names below, too"},
    {.name = "hsts_preload", .kind = PROPERTY_TRUTH, .member = "hsts.preload", .shown = true, .help = ""},
    FACT("hsts_effective", "hsts.effective", "browsers heed it"),
    FACT("compression", "compression", "contents are compressed for whoever asks for it"),
    FACT("https_redirect", "https_redirect", "port 80 leads to https"),
};

static const struct property header_properties[] = {
    {.name = "name", .words = WORDS_ANY, .member = "name", .help = "of the field"},
    {.name = "kind", .words = WORDS_ANY, .member = "kind", .help = "content, disclosure, isolation, obsolete, ..."},
    {.name = "state", .words = WORDS_ANY, .member = "state", .help = "good, bad, missing, told"},
};

static const struct property cookie_properties[] = {
    {.name = "name", .words = WORDS_ANY, .member = "name", .help = ""},
    {.name = "secure", .kind = PROPERTY_TRUTH, .member = "secure", .help = "sent over TLS alone"},
    {.name = "http_only", .kind = PROPERTY_TRUTH, .member = "http_only", .help = "kept from scripts"},
    {.name = "same_site", .words = WORDS_ANY, .derive = derive_same_site, .help = "strict, lax, none, other, absent"},
    {.name = "faults",
     .kind = PROPERTY_TEXTS,
     .words = WORDS_ANY,
     .member = "faults",
     .shown = true,
     .help = "why browsers refuse it"},
};

#define PROPERTIES(table) .properties = table, .property_count = COUNT(table)

const struct subject subjects_of_http[] = {
    {"http", "the answer to an HTTP request, where HTTP is spoken", PROPERTIES(answer_properties), .rows = answer_rows,
     .place = nowhere, .label = label_answer},
    {"http_headers", "header fields that are there, and wanted ones that are not", PROPERTIES(header_properties),
     .rows = header_rows, .place = nowhere, .label = label_header},
    {"cookies", "cookies of the answer", PROPERTIES(cookie_properties), .rows = cookie_rows, .place = nowhere,
     .label = label_named},
};
const size_t subjects_of_http_count = COUNT(subjects_of_http);
