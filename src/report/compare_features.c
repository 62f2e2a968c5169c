// SPDX-License-Identifier: Apache-2.0
//
// Features, row by row: verdicts, and what was seen where it does not change by itself. And anomalies.
#include <inttypes.h>
#include <string.h>

#include "report/compare.h"

static const char *const sections[] = {"post_quantum",          "key_exchange", "extensions",    "alpn",
                                       "client_authentication", "sessions",     "renegotiation", "downgrade",
                                       "intolerance",           "behaviours"};

// What is seen there is another thing each time, or counts questions.
static const char *const restless[] = {"random_clock",          "ticket_key_name",   "several_ticket_keys",
                                       "tickets_issued",        "ticket_length",     "dh_value_reused",
                                       "ecdh_value_reused",     "raccoon_condition", "unsolicited_extension",
                                       "certificate_presented", "ocsp_staple",       "signed_certificate_timestamp"};

bool feature_is_restless(const char *id)
{
    for (size_t i = 0; i < sizeof restless / sizeof *restless; i++)
        if (strcmp(restless[i], id) == 0)
            return true;
    return false;
}

static bool is_same(const json_t *a, const json_t *b)
{
    const char *x = json_string_value(a), *y = json_string_value(b);
    return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

static const json_t *find(const json_t *list, const char *id, const json_t *version)
{
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        if (member_is(row, "id", id) && is_same(json_object_get(row, "version"), version))
            return row;
    }
    return NULL;
}

// "yes: 2048 bits", "no"
static struct known feature(const struct comparison *comparison, const json_t *row, bool seen)
{
    struct known known = known_verdict(row);
    const json_t *number = json_object_get(row, "number");
    const char *value = member_text(row, "value"), *unit = member_text(row, "unit");
    struct arena *scratch = comparison->scratch;
    if (known.text == NULL || !seen)
        return known;
    if (json_is_integer(number))
        value = arena_text(scratch, "%s%s%" PRId64 "%s%s", value == NULL ? "" : value, value == NULL ? "" : ", ",
                           (int64_t)json_integer_value(number), unit == NULL ? "" : " ", unit == NULL ? "" : unit);
    if (value != NULL)
        known.text = arena_text(scratch, "%s: %s", known.text, value);
    return known;
}

static void compare_feature(struct comparison *comparison, const json_t *was, const json_t *is)
{
    const json_t *row = is != NULL ? is : was;
    const char *id = member_text(row, "id"), *version = member_text(row, "version");
    bool seen = id != NULL && !feature_is_restless(id);
    const struct known known[] = {feature(comparison, was, seen), feature(comparison, is, seen)};
    if (id == NULL || not_applicable(was) || not_applicable(is))
        return; // there is nothing to compare it with
    if (version != NULL)
        id = arena_text(comparison->scratch, "%s %s", id, version);
    compare_known(comparison, "features", id, known, EFFECT_NONE);
}

static void compare_section(struct comparison *comparison, const char *name)
{
    const json_t *was = json_object_get(comparison->scene[OLD].endpoint, name);
    const json_t *is = json_object_get(comparison->scene[NEW].endpoint, name);
    for (size_t i = 0; i < json_array_size(is) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(is, i);
        const char *id = member_text(row, "id");
        if (id != NULL)
            compare_feature(comparison, find(was, id, json_object_get(row, "version")), row);
    }
    for (size_t i = 0; i < json_array_size(was) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(was, i);
        const char *id = member_text(row, "id");
        if (id != NULL && find(is, id, json_object_get(row, "version")) == NULL)
            compare_feature(comparison, row, NULL);
    }
}

// A report that has the list says with its silence that there was no such anomaly.
static void compare_anomalies(struct comparison *comparison, enum side side)
{
    const json_t *mine = json_object_get(comparison->scene[side].endpoint, "anomalies");
    const json_t *other = json_object_get(comparison->scene[side == OLD ? NEW : OLD].endpoint, "anomalies");
    for (size_t i = 0; i < json_array_size(mine) && i < SUBJECT_ROWS && json_is_array(other); i++) {
        const char *code = member_text(json_array_get(mine, i), "code");
        if (code != NULL && list_find(other, "code", code) == NULL)
            compare_change(comparison, "anomalies", code, side == OLD ? code : NULL, side == OLD ? NULL : code,
                           EFFECT_NONE);
    }
}

void compare_features(struct comparison *comparison)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        compare_section(comparison, sections[i]);
    compare_anomalies(comparison, OLD);
    compare_anomalies(comparison, NEW);
}
