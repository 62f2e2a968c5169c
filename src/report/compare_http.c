// SPDX-License-Identifier: Apache-2.0
//
// The answer to an HTTP request, and what DNS says.
#include <inttypes.h>
#include <string.h>

#include "report/compare.h"

static struct known number_of(struct arena *scratch, const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    const char *text =
        json_is_integer(number) ? arena_text(scratch, "%" PRId64, (int64_t)json_integer_value(number)) : NULL;
    return (struct known){text, "the report does not say it"};
}

static void compare_verdicts(struct comparison *comparison, const char *aspect, const char *id, const json_t *was,
                             const json_t *is, const char *good)
{
    const struct known known[] = {known_verdict(was), known_verdict(is)};
    if (!not_applicable(was) && !not_applicable(is))
        compare_known(comparison, aspect, id, known, good == NULL ? EFFECT_NONE : effect_of(known, good));
}

// --- HTTP ----------------------------------------------------------------------------------------

static const json_t *answer_of(const struct comparison *comparison, enum side side)
{
    const struct scene *scene = &comparison->scene[side];
    const char *address = member_text(scene->endpoint, "address");
    return address == NULL ? NULL : list_find(json_object_get(scene->report, "http"), "address", address);
}

// "max-age 31536000", "no"
static struct known hsts_of(struct arena *scratch, const json_t *answer)
{
    const json_t *hsts = json_object_get(answer, "hsts"), *age = json_object_get(hsts, "max_age");
    struct known known = known_verdict(hsts);
    if (member_is(hsts, "verdict", "yes") && json_is_integer(age))
        known.text = arena_text(scratch, "max-age %" PRId64 "%s", (int64_t)json_integer_value(age),
                                json_is_true(json_object_get(hsts, "include_subdomains")) ? ", with subdomains" : "");
    return known;
}

static enum effect effect_of_hsts(const json_t *was, const json_t *is)
{
    bool before = member_is(json_object_get(was, "hsts"), "verdict", "yes");
    bool after = member_is(json_object_get(is, "hsts"), "verdict", "yes");
    return before == after ? EFFECT_NONE : after ? EFFECT_BETTER : EFFECT_WORSE;
}

static void compare_headers(struct comparison *comparison, const json_t *was, const json_t *is)
{
    for (size_t i = 0; i < json_array_size(is) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(is, i);
        const char *name = member_text(row, "name");
        const json_t *before = name == NULL ? NULL : list_find(was, "name", name);
        const struct known known[] = {{member_text(before, "state"), NULL}, {member_text(row, "state"), NULL}};
        if (before != NULL)
            compare_known(comparison, "http", arena_text(comparison->scratch, "header %s", name), known,
                          effect_of(known, "good"));
    }
}

static const char *flags_of(struct arena *scratch, const json_t *cookie)
{
    const char *site = member_text(cookie, "same_site");
    return arena_text(scratch, "%s%s%s%s", json_is_true(json_object_get(cookie, "secure")) ? "Secure " : "",
                      json_is_true(json_object_get(cookie, "http_only")) ? "HttpOnly " : "",
                      "SameSite=", site == NULL ? "absent" : site);
}

// Which cookies a server sets may hang on the hour; what they are like should not.
static void compare_cookies(struct comparison *comparison, const json_t *was, const json_t *is)
{
    for (size_t i = 0; i < json_array_size(is) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(is, i);
        const char *name = member_text(row, "name");
        const json_t *before = name == NULL ? NULL : list_find(was, "name", name);
        const json_t *secure = json_object_get(row, "secure");
        if (before == NULL)
            continue;
        bool lost = json_is_true(json_object_get(before, "secure")) && json_is_false(secure);
        compare_change(comparison, "http", arena_text(comparison->scratch, "cookie %s", name),
                       flags_of(comparison->scratch, before), flags_of(comparison->scratch, row),
                       lost ? EFFECT_WORSE : EFFECT_NONE);
    }
}

void compare_http(struct comparison *comparison)
{
    const json_t *was = answer_of(comparison, OLD), *is = answer_of(comparison, NEW);
    struct arena *scratch = comparison->scratch;
    compare_verdicts(comparison, "http", "answer", was, is, NULL);
    if (!member_is(was, "verdict", "yes") || !member_is(is, "verdict", "yes"))
        return;
    const struct known status[] = {number_of(scratch, was, "status"), number_of(scratch, is, "status")};
    const struct known hsts[] = {hsts_of(scratch, was), hsts_of(scratch, is)};
    const char *server = member_text(was, "server"), *its = member_text(is, "server");
    compare_known(comparison, "http", "status", status, EFFECT_NONE);
    compare_known(comparison, "http", "hsts", hsts, effect_of_hsts(was, is));
    compare_verdicts(comparison, "http", "https_redirect", json_object_get(was, "https_redirect"),
                     json_object_get(is, "https_redirect"), "yes");
    compare_verdicts(comparison, "http", "compression", json_object_get(was, "compression"),
                     json_object_get(is, "compression"), NULL);
    compare_change(comparison, "http", "server", server, its, EFFECT_NONE);
    compare_headers(comparison, json_object_get(was, "headers"), json_object_get(is, "headers"));
    compare_cookies(comparison, json_object_get(was, "cookies"), json_object_get(is, "cookies"));
}

// --- DNS -----------------------------------------------------------------------------------------

// A record by the members that make it: "example.com 0 issue letsencrypt.org".
static const char *record_of(struct arena *scratch, const json_t *row, const char *const *members, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const json_t *member = json_object_get(row, members[i]);
        const char *word = json_is_integer(member) ? arena_text(scratch, "%lld", (long long)json_integer_value(member))
                           : json_is_array(member) ? sorted_list(scratch, member)
                                                   : json_string_value(member);
        text = arena_text(scratch, "%s%s%s", text, i == 0 ? "" : " ", word == NULL ? "-" : word);
    }
    return text;
}

static const char *records_of(struct arena *scratch, const json_t *part, const char *const *members, size_t count)
{
    const json_t *list = json_object_get(part, "records");
    size_t most = json_array_size(list) < SUBJECT_ROWS ? json_array_size(list) : SUBJECT_ROWS;
    const char **texts = arena_array(scratch, most, sizeof *texts);
    for (size_t i = 0; i < most; i++)
        texts[i] = record_of(scratch, json_array_get(list, i), members, count);
    return sorted_texts(scratch, texts, most, "; ");
}

static void compare_part(struct comparison *comparison, const json_t *dns[2], const char *name,
                         const char *const *members, size_t count)
{
    struct known known[2];
    for (size_t side = OLD; side <= NEW; side++) {
        const json_t *part = json_object_get(dns[side], name);
        known[side] = known_verdict(part);
        if (known[side].text != NULL)
            known[side].text = records_of(comparison->scratch, part, members, count);
    }
    compare_known(comparison, "dns", name, known, EFFECT_NONE);
}

void compare_dns(struct comparison *comparison)
{
    static const char *const caa[] = {"name", "flags", "tag", "value"},
                             *const tlsa[] = {"usage_code", "selector_code", "matching_code", "data"},
                             *const https[] = {"name", "priority", "target", "alpn"};
    const json_t *dns[] = {json_object_get(comparison->scene[OLD].report, "dns"),
                           json_object_get(comparison->scene[NEW].report, "dns")};
    if (!json_is_object(dns[OLD]) || !json_is_object(dns[NEW]))
        return;
    const char *was = member_text(dns[OLD], "dnssec"), *is = member_text(dns[NEW], "dnssec");
    bool unknown = was == NULL || is == NULL || strcmp(was, "unvalidated") == 0 || strcmp(is, "unvalidated") == 0;
    const struct known known[] = {{was, NULL}, {is, NULL}};
    if (!unknown)
        compare_change(comparison, "dns", "dnssec", was, is, effect_of(known, "secure"));
    compare_part(comparison, dns, "caa", caa, 4);
    compare_part(comparison, dns, "tlsa", tlsa, 4);
    compare_part(comparison, dns, "https", https, 4);
}
