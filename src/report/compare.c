// SPDX-License-Identifier: Apache-2.0
//
// Which address is compared with which, and what is written down. Addresses that both reports have are
// compared; of a pool whose addresses rotate, one that is new is like one of those that were, and only
// where it is like none of them there is something to tell.
#include "report/compare.h"

#include <stdlib.h>
#include <string.h>

#include "report/tree.h"

#define DIFF_SCHEMA   "shakedown-diff/1"
#define MOST_PARTNERS 8 // old addresses that a new one is compared with

static const struct {
    const char *word, *help;
} aspects[] = {
    {"status", "whether an address speaks TLS"},
    {"versions", "protocol versions"},
    {"suites", "cipher suites"},
    {"groups", "groups"},
    {"signature_schemes", "signature schemes"},
    {"order", "who chooses, and in which order"},
    {"features", "extensions, sessions and the like: features.ID"},
    {"anomalies", "what a server should not do"},
    {"certificates", "chains and their properties; renewals are none of them"},
    {"http", "the answer to an HTTP request"},
    {"dns", "records and DNSSEC"},
    {"findings", "findings: findings.ID"},
    {"policy", "rules of the policy: policy.POLICY/RULE"},
    {"grade", "the grade"},
};

#define ASPECTS (sizeof aspects / sizeof *aspects)

size_t aspect_count(void) { return ASPECTS; }

const char *aspect_at(size_t index, const char **help)
{
    always(index < ASPECTS);
    *help = aspects[index].help;
    return aspects[index].word;
}

// --- what is not to be told ----------------------------------------------------------------------

static const char *next_word(const char **rest, size_t *size)
{
    *rest += strspn(*rest, ", ");
    const char *word = *rest;
    *size = strcspn(word, ", ");
    *rest += *size;
    return word;
}

bool compare_words(const char *ignore, struct complaint *complaint)
{
    size_t size;
    for (const char *rest = ignore == NULL ? "" : ignore;;) {
        const char *word = next_word(&rest, &size);
        size_t length = size == 0 ? 0 : strcspn(word, "., ");
        bool known = false;
        for (size_t i = 0; i < ASPECTS && !known; i++)
            known = strlen(aspects[i].word) == length && memcmp(aspects[i].word, word, length) == 0;
        if (size == 0)
            return true;
        if (!known)
            return complain(complaint, "'%.*s' is nothing that a comparison is about (see --list aspects)",
                            size > 64 ? 64 : (int)size, word);
    }
}

static bool is_ignored(const struct comparison *comparison, const char *aspect, const char *id)
{
    size_t size, length = strlen(aspect);
    for (const char *rest = comparison->ignore == NULL ? "" : comparison->ignore;;) {
        const char *word = next_word(&rest, &size);
        if (size == 0)
            return false;
        if (size < length || memcmp(word, aspect, length) != 0)
            continue;
        if (size == length)
            return true;
        const char *own = word + length + 1;
        size_t rest_size = size - length - 1;
        if (word[length] == '.' && strncmp(id, own, rest_size) == 0 && (id[rest_size] == '\0' || id[rest_size] == ' '))
            return true;
    }
}

// --- writing down --------------------------------------------------------------------------------

static json_t *row_of(const struct comparison *comparison, const char *aspect, const char *id)
{
    json_t *row = tree_object();
    tree_set(row, "address", tree_text(comparison->scratch, comparison->address));
    tree_set(row, "aspect", tree_text(comparison->scratch, aspect));
    tree_set(row, "id", tree_text(comparison->scratch, id));
    return row;
}

void compare_change(struct comparison *comparison, const char *aspect, const char *id, const char *was, const char *is,
                    enum effect effect)
{
    static const char *const effects[] = {"none", "worse", "better"};
    if ((was == NULL && is == NULL) || (was != NULL && is != NULL && strcmp(was, is) == 0) ||
        is_ignored(comparison, aspect, id))
        return;
    json_t *row = row_of(comparison, aspect, id);
    tree_set(row, "change",
             tree_text(comparison->scratch, was == NULL  ? "appeared"
                                            : is == NULL ? "vanished"
                                                         : "changed"));
    tree_set(row, "was", tree_text(comparison->scratch, was));
    tree_set(row, "is", tree_text(comparison->scratch, is));
    tree_set(row, "effect", tree_text(comparison->scratch, effects[effect]));
    tree_add(comparison->changes, row);
    comparison->changed = true;
    comparison->worse = comparison->worse || effect == EFFECT_WORSE;
}

void compare_open(struct comparison *comparison, const char *aspect, const char *id, enum side side, const char *reason)
{
    if (is_ignored(comparison, aspect, id))
        return;
    json_t *row = row_of(comparison, aspect, id);
    tree_set(row, "unknown_in", tree_text(comparison->scratch, side == OLD ? "was" : "is"));
    tree_set(row, "reason", tree_text(comparison->scratch, reason == NULL ? "the report gives no reason" : reason));
    tree_add(comparison->open, row);
}

// What neither knows is no news.
void compare_known(struct comparison *comparison, const char *aspect, const char *id, const struct known known[2],
                   enum effect effect)
{
    if (known[OLD].text != NULL && known[NEW].text != NULL)
        compare_change(comparison, aspect, id, known[OLD].text, known[NEW].text, effect);
    else if (known[OLD].text != NULL)
        compare_open(comparison, aspect, id, NEW, known[NEW].reason);
    else if (known[NEW].text != NULL)
        compare_open(comparison, aspect, id, OLD, known[OLD].reason);
}

bool not_applicable(const json_t *fact) { return member_is(fact, "verdict", "not_applicable"); }

struct known known_verdict(const json_t *fact)
{
    const char *verdict = member_text(fact, "verdict"), *sentence = member_text(fact, "sentence");
    bool known = verdict != NULL && strcmp(verdict, "unknown") != 0 && strcmp(verdict, "not_tested") != 0;
    return (struct known){known ? verdict : NULL, sentence != NULL ? sentence : "the report does not say it"};
}

enum effect effect_of(const struct known known[2], const char *good)
{
    bool was = known[OLD].text != NULL && strcmp(known[OLD].text, good) == 0;
    bool is = known[NEW].text != NULL && strcmp(known[NEW].text, good) == 0;
    return was == is ? EFFECT_NONE : is ? EFFECT_BETTER : EFFECT_WORSE;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

const char *sorted_texts(struct arena *scratch, const char **texts, size_t count, const char *between)
{
    struct builder text = builder_in(scratch);
    if (count > 1)
        qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && strcmp(texts[i - 1], texts[i]) == 0)
            continue;
        if (i != 0)
            builder_add(&text, bytes_of_text(between));
        if (texts[i][0] != '\0')
            builder_add(&text, bytes_of_text(texts[i]));
    }
    return count == 0 ? "none" : arena_string(scratch, builder_bytes(&text));
}

const char *sorted_list(struct arena *scratch, const json_t *list)
{
    size_t count = 0, most = json_array_size(list) < SUBJECT_ROWS ? json_array_size(list) : SUBJECT_ROWS;
    const char **texts = arena_array(scratch, most, sizeof *texts);
    for (size_t i = 0; i < most; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL)
            texts[count++] = text;
    }
    return json_is_array(list) ? sorted_texts(scratch, texts, count, ", ") : NULL;
}

// --- addresses -----------------------------------------------------------------------------------

static const json_t *endpoints_of(const json_t *report) { return json_object_get(report, "endpoints"); }

static bool reached(const json_t *endpoint)
{
    return member_is(endpoint, "status", "complete") || member_is(endpoint, "status", "partial");
}

// Plain text where TLS was is a fact; that nobody answers may be the network's doing.
static struct known known_status(const json_t *endpoint)
{
    const char *reason = member_text(endpoint, "reason");
    if (reached(endpoint))
        return (struct known){"tls", NULL};
    return (struct known){member_is(endpoint, "status", "not_tls") ? "not_tls" : NULL,
                          reason != NULL ? reason : "the address was not reached"};
}

static void compare_endpoints(struct comparison *comparison, const json_t *was, const json_t *is)
{
    const struct known known[] = {known_status(was), known_status(is)};
    comparison->scene[OLD].endpoint = was;
    comparison->scene[NEW].endpoint = is;
    comparison->address = member_text(is, "address");
    compare_known(comparison, "status", "status", known, effect_of(known, "tls"));
    if (!reached(was) || !reached(is))
        return;
    compare_lists(comparison);
    compare_features(comparison);
    compare_certificates(comparison);
    compare_http(comparison);
    compare_findings(comparison);
}

// Whether two addresses are alike, as far as is known.
static bool alike(const struct comparison *comparison, const json_t *was, const json_t *is)
{
    struct comparison dry = *comparison;
    dry.changes = tree_list();
    dry.open = tree_list();
    dry.renewals = tree_list();
    dry.changed = dry.worse = false;
    compare_endpoints(&dry, was, is);
    json_decref(dry.changes);
    json_decref(dry.open);
    json_decref(dry.renewals);
    return !dry.changed && reached(was) == reached(is);
}

// The old address that a new one is like, else one to tell the differences to: rather one that is gone.
static const json_t *partner_of(const struct comparison *comparison, const json_t *was, const json_t *now,
                                const json_t *is)
{
    const json_t *other = NULL, *list = endpoints_of(was);
    size_t tried = 0;
    for (size_t i = 0; i < json_array_size(list) && tried < MOST_PARTNERS; i++) {
        const json_t *one = json_array_get(list, i);
        const char *address = member_text(one, "address");
        bool gone = address != NULL && list_find(endpoints_of(now), "address", address) == NULL;
        if (!reached(one))
            continue;
        tried++;
        if (alike(comparison, one, is))
            return one;
        other = other == NULL || gone ? one : other;
    }
    return other;
}

static void add_address(json_t *list, const json_t *endpoint, struct arena *scratch)
{
    tree_add(list, tree_text(scratch, member_text(endpoint, "address")));
}

static json_t *compare_addresses(struct comparison *comparison, const json_t *was, const json_t *is)
{
    json_t *object = tree_object(), *appeared = tree_list(), *vanished = tree_list();
    const json_t *old = endpoints_of(was), *new = endpoints_of(is);
    for (size_t i = 0; i < json_array_size(new) && i < SUBJECT_ROWS; i++) {
        const json_t *one = json_array_get(new, i);
        const char *address = member_text(one, "address");
        const json_t *same = address == NULL ? NULL : list_find(old, "address", address);
        if (same == NULL)
            add_address(appeared, one, comparison->scratch);
        if (same == NULL)
            same = partner_of(comparison, was, is, one);
        if (same != NULL)
            compare_endpoints(comparison, same, one);
    }
    for (size_t i = 0; i < json_array_size(old) && i < SUBJECT_ROWS; i++) {
        const char *address = member_text(json_array_get(old, i), "address");
        if (address == NULL || list_find(new, "address", address) == NULL)
            add_address(vanished, json_array_get(old, i), comparison->scratch);
    }
    tree_set(object, "appeared", appeared);
    tree_set(object, "vanished", vanished);
    return object;
}

// --- reports -------------------------------------------------------------------------------------

static json_t *head(const char *state, const json_t *was, const json_t *is, struct arena *scratch)
{
    json_t *object = tree_object(), *target = tree_object();
    const json_t *one = json_object_get(is != NULL ? is : was, "target"), *port = json_object_get(one, "port");
    tree_set(target, "input", tree_text(scratch, member_text(one, "input")));
    tree_set(target, "host", tree_text(scratch, member_text(one, "host")));
    tree_set(target, "port", json_is_integer(port) ? json_deep_copy(port) : tree_text(scratch, NULL));
    tree_set(object, "schema", tree_text(scratch, DIFF_SCHEMA));
    tree_set(object, "target", target);
    tree_set(object, "state", tree_text(scratch, state));
    tree_set(object, "was_started", tree_text(scratch, member_text(was, "started")));
    tree_set(object, "is_started", tree_text(scratch, member_text(is, "started")));
    return object;
}

static void set_rows(json_t *object, const struct comparison *comparison, json_t *addresses)
{
    tree_set(object, "worse", tree_truth(comparison->worse));
    tree_set(object, "changed", tree_truth(comparison->changed));
    tree_set(object, "addresses", addresses);
    tree_set(object, "changes", comparison->changes);
    tree_set(object, "not_comparable", comparison->open);
    tree_set(object, "renewals", comparison->renewals);
}

static json_t *no_addresses(void)
{
    json_t *object = tree_object();
    tree_set(object, "appeared", tree_list());
    tree_set(object, "vanished", tree_list());
    return object;
}

json_t *compare_reports(const json_t *was, const json_t *is, const struct scene *scene, const char *ignore,
                        struct compared *out)
{
    struct arena *scratch = scene->scratch;
    struct comparison comparison = {.ignore = ignore,
                                    .scratch = scratch,
                                    .scene = {*scene, *scene},
                                    .changes = tree_list(),
                                    .open = tree_list(),
                                    .renewals = tree_list()};
    json_t *object = head(was == NULL ? "appeared" : "compared", was, is, scratch), *addresses;
    comparison.scene[OLD].report = was;
    comparison.scene[NEW].report = is;
    if (was != NULL) {
        addresses = compare_addresses(&comparison, was, is);
        comparison.address = NULL;
        comparison.scene[OLD].endpoint = comparison.scene[NEW].endpoint = NULL;
        compare_dns(&comparison);
        compare_judgements(&comparison);
    } else {
        addresses = no_addresses();
        comparison.changed = true;
    }
    set_rows(object, &comparison, addresses);
    *out = (struct compared){comparison.changed, comparison.worse};
    return object;
}

json_t *compare_vanished(const json_t *was, struct arena *scratch)
{
    struct comparison comparison = {
        .changes = tree_list(), .open = tree_list(), .renewals = tree_list(), .changed = true};
    json_t *object = head("vanished", was, NULL, scratch);
    set_rows(object, &comparison, no_addresses());
    return object;
}
