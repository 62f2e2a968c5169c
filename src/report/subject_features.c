// SPDX-License-Identifier: Apache-2.0
//
// Features: rows of one shape in a dozen sections. A rule names the section and the id; where the
// report has no such row the answer is not known, never no.
#include <inttypes.h>
#include <string.h>

#include "report/subject.h"
#include "report/words.h"
#include "wire/registry.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *section, *id;
} features[] = {
#define FEATURE(section, id) {section, id},
#include "features.def"
};

static const struct {
    const char *section, *id, *above;
} explained[] = {
#define ABOVE(section, id, above) {section, id, above},
#include "features.def"
};

bool feature_known(const struct subject *subject, const char *id)
{
    if (strcmp(subject->name, "alpn") == 0)
        for (size_t i = 0; i < protocol_count(); i++)
            if (word_matches(id, protocol_at(i)->id))
                return true;
    for (size_t i = 0; i < COUNT(features); i++)
        if (strcmp(features[i].section, subject->name) == 0 && word_matches(id, features[i].id))
            return true;
    return false;
}

static const json_t *section_of(const struct query *query)
{
    const struct scene *scene = query->scene;
    return json_object_get(query->subject->of_report ? scene->report : scene->endpoint, query->subject->name);
}

static bool is_wanted(const struct query *query, const char *version)
{
    return version == NULL || query->wants == NULL || query->wants(query->rule, version);
}

static bool has_row(const json_t *list, const char *id, const char *version)
{
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        const char *of = member_text(row, "version");
        if (member_is(row, "id", id) && (version == NULL || of == NULL || strcmp(of, version) == 0))
            return true;
    }
    return false;
}

// A row that stands above the one that is asked for, and is no yes. What there is nothing of has no lifetime.
static bool explain(const struct query *query, const json_t *row, struct rows *out)
{
    const char *sentence = member_text(row, "sentence"), *id = member_text(row, "id");
    if (member_is(row, "verdict", "yes"))
        return false;
    if (!member_is(row, "verdict", "no") && !member_is(row, "verdict", "not_applicable")) {
        out->reason = NULL; // why there is nothing in another version is not what is to be told
        rows_doubt(out, sentence);
        return true;
    }
    out->not_applicable = true;
    if (out->reason == NULL)
        out->reason = sentence != NULL ? sentence : arena_text(query->scene->scratch, "%s: no", id);
    return true;
}

static bool explain_missing(const struct query *query, const json_t *list, struct rows *out)
{
    bool any = false;
    for (size_t k = 0; k < COUNT(explained); k++) {
        if (strcmp(explained[k].section, query->subject->name) != 0 || !word_matches(query->id, explained[k].id))
            continue;
        for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++) {
            const json_t *row = json_array_get(list, i);
            const char *version = member_text(row, "version");
            if (member_is(row, "id", explained[k].above) && is_wanted(query, version) &&
                !has_row(list, explained[k].id, version) && explain(query, row, out))
                any = true;
        }
    }
    return any;
}

// Behaviours come from several checks, of which this one asks most.
static const char *check_of(const struct query *query)
{
    const char *section = query->subject->name;
    return strcmp(section, "behaviours") == 0 ? "server_name" : section;
}

// What cannot be asked of this server makes no row, but says that the question was understood.
static void feature_rows(const struct query *query, struct rows *out)
{
    const json_t *list = section_of(query);
    bool any = false;
    out->whole = true;
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        const char *version = member_text(row, "version");
        const char *id = member_text(row, "id");
        if (id == NULL || !word_matches(query->id, id))
            continue;
        any = true;
        if (!is_wanted(query, version))
            continue;
        if (!member_is(row, "verdict", "not_applicable"))
            rows_add(query, out, (struct row){.json = row, .certain = true});
        else if (out->reason == NULL)
            out->reason = member_text(row, "sentence");
        out->not_applicable = out->not_applicable || member_is(row, "verdict", "not_applicable");
    }
    if (!explain_missing(query, list, out) && !any)
        rows_doubt(out, subject_lacking(query, check_of(query), "the report says nothing about it"));
}

static const char *version_of(const struct row *row) { return row_text(row, "version"); }

// "h2 (3 of 3 attempts)", "1209600 seconds", or NULL
static const char *shown_value(const struct row *row)
{
    const char *value = row_text(row, "value"), *unit = row_text(row, "unit");
    const json_t *number = json_object_get(row->json, "number");
    if (!json_is_integer(number))
        return value;
    const char *amount = arena_text(row->scene->scratch, "%" PRId64 "%s%s", (int64_t)json_integer_value(number),
                                    unit == NULL ? "" : " ", unit == NULL ? "" : unit);
    return value == NULL ? amount : arena_text(row->scene->scratch, "%s (%s)", value, amount);
}

// "ticket lifetime: 1209600 seconds", "tls compression: yes"
// A value beside a `no` is what the no is about: the sentence says what is wrong with it.
static const char *label_feature(const struct row *row)
{
    const char *value = shown_value(row), *verdict = row_text(row, "verdict"), *id = row_text(row, "id");
    const char *wrong = value != NULL && member_is(row->json, "verdict", "no") ? row_text(row, "sentence") : NULL;
    char *label = arena_text(row->scene->scratch, "%s: %s%s%s", id == NULL ? "?" : id,
                             value != NULL     ? value
                             : verdict != NULL ? verdict
                                               : "not known",
                             wrong == NULL ? "" : "; ", wrong == NULL ? "" : wrong);
    for (char *c = label; *c != '\0' && *c != ':'; c++)
        if (*c == '_')
            *c = ' ';
    return label;
}

static bool derive_reason(const struct row *row, struct value *out)
{
    const char *reason = row_text(row, "reason");
    out->text = reason == NULL ? "" : reason;
    return true;
}

static const struct property properties[] = {
    {.name = "version", .words = WORDS_VERSION, .member = "version", .help = "that it was seen or asked in"},
    {.name = "verdict", .kind = PROPERTY_VERDICT, .words = WORDS_VERDICT, .member = "verdict", .help = "yes, no"},
    {.name = "reason", .words = WORDS_ANY, .derive = derive_reason, .help = "the code beside the verdict, or none"},
    {.name = "value", .words = WORDS_ANY, .member = "value", .help = "what was seen, as text"},
    {.name = "number", .kind = PROPERTY_NUMBER, .member = "number", .help = "what was measured"},
};

#define SECTION(section, words)                                                                                        \
    {                                                                                                                  \
        section, words, properties, COUNT(properties), .takes_id = true, .rows = feature_rows, .place = version_of,    \
                                                       .label = label_feature                                          \
    }

const struct subject subjects_of_features[] = {
    SECTION("post_quantum", "hybrid and post-quantum key shares"),
    SECTION("key_exchange", "finite-field groups and reuse of public values"),
    SECTION("extensions", "extensions and compression"),
    SECTION("alpn", "application protocols"),
    SECTION("client_authentication", "certificates of clients"),
    SECTION("sessions", "resumption, tickets, early data"),
    SECTION("renegotiation", "renegotiation"),
    SECTION("downgrade", "protection against being talked down"),
    SECTION("intolerance", "what the server cannot bear: yes means that it cannot"),
    SECTION("behaviours", "what else the server does"),
};
const size_t subjects_of_features_count = COUNT(subjects_of_features);
