// SPDX-License-Identifier: Apache-2.0
//
// Circumstances are known by their keys, and walked through in the order of the report. So a plain list of them is
// enough to put each one back.
#include "report/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/compare.h"
#include "report/tree.h"

// Times, durations, counts of questions, and who asked; `number` and `value` only where is_restless() says so.
static const char *const circumstances[] = {"scanner",     "started",  "duration_ms", "now",         "input",
                                            "days_left",   "traffic",  "connections", "probes",      "connect_ms",
                                            "ms",          "changes",  "thresholds",  "this_update", "next_update",
                                            "produced_at", "resolver", NULL};

static bool is_one_of(const char *const *words, const char *word)
{
    for (; *words != NULL; words++)
        if (**words == *word && strcmp(*words, word) == 0) // nearly every key is none of them
            return true;
    return false;
}

// Features that are seen otherwise each time, and who vouches for a certificate for a day or two.
static bool is_restless(const json_t *object)
{
    const char *id = member_text(object, "id");
    return (id != NULL && feature_is_restless(id)) || json_object_get(object, "produced_at") != NULL;
}

struct walk {
    json_t *taken;       // what is taken out goes here
    const json_t *given; // or is put back from here
    size_t next;
    bool good;
};

// The value may be set while the object is walked through, since its key is there.
static void meet(struct walk *walk, json_t *object, const char *key, json_t *value)
{
    if (walk->taken != NULL) {
        tree_add(walk->taken, json_incref(value));
        tree_set(object, key, json_null());
        return;
    }
    json_t *own = json_array_get(walk->given, walk->next++);
    walk->good = walk->good && own != NULL;
    if (own != NULL)
        tree_set(object, key, json_incref(own));
}

static void walk_on(struct walk *walk, json_t *value)
{
    static const char *const seen[] = {"value", "number", NULL};
    const char *key;
    json_t *below;
    for (size_t i = 0; i < json_array_size(value); i++)
        walk_on(walk, json_array_get(value, i));
    bool restless = is_restless(value);
    json_object_foreach(value, key, below)
    {
        if (is_one_of(circumstances, key) || (restless && is_one_of(seen, key)))
            meet(walk, value, key, below);
        else
            walk_on(walk, below);
    }
}

json_t *state_take(json_t *report)
{
    struct walk walk = {.taken = tree_list()};
    walk_on(&walk, report);
    return walk.taken;
}

bool state_give(json_t *report, const json_t *given)
{
    struct walk walk = {.given = given, .good = true};
    walk_on(&walk, report);
    return walk.good && walk.next == json_array_size(given);
}

// --- what the history shows ----------------------------------------------------------------------

// Of several addresses the worst counts.
static const char *status_of(const json_t *report)
{
    static const char *const worst_first[] = {"unreachable", "refused", "not_tls", "partial", "complete"};
    const json_t *endpoints = json_object_get(report, "endpoints");
    for (size_t k = 0; k < sizeof worst_first / sizeof *worst_first; k++)
        for (size_t i = 0; i < json_array_size(endpoints); i++)
            if (member_is(json_array_get(endpoints, i), "status", worst_first[k]))
                return worst_first[k];
    return "no_address";
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

static const char *array_text(struct arena *scratch, const json_t *list)
{
    char *text = json_dumps(list, JSON_COMPACT);
    if (text == NULL)
        die("out of memory");
    const char *own = arena_text(scratch, "%s", text);
    free(text);
    return own;
}

// Waived ones do not count.
static void add_findings(struct arena *scratch, const json_t *report, struct store_line *line)
{
    json_t *ids = tree_list();
    const json_t *findings = json_object_get(report, "findings");
    for (size_t i = 0; i < json_array_size(findings) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(findings, i);
        const char *id = member_text(row, "id");
        enum severity severity;
        if (id == NULL || json_is_object(json_object_get(row, "waived")) ||
            !severity_find(member_text(row, "severity"), &severity))
            continue;
        line->findings[severity]++;
        if (!has_text(ids, id))
            tree_add(ids, tree_text(scratch, id));
    }
    line->ids = array_text(scratch, ids);
    json_decref(ids);
}

static void add_chain(const json_t *chain, json_t *leaves, struct arena *scratch, struct store_line *line)
{
    const char *leaf = member_text(json_array_get(json_object_get(chain, "chain"), 0), "fingerprint_sha256");
    const char *text = member_text(json_object_get(chain, "expiry"), "not_after");
    int64_t ends;
    if (leaf != NULL && !has_text(leaves, leaf))
        tree_add(leaves, tree_text(scratch, leaf));
    if (text != NULL && text_to_time(text, &ends) && ends < line->ends)
        line->ends = ends;
}

static void add_certificates(struct arena *scratch, const json_t *report, struct store_line *line)
{
    json_t *leaves = tree_list();
    const json_t *endpoints = json_object_get(report, "endpoints");
    line->ends = INT64_MAX;
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        const json_t *chains = json_object_get(json_array_get(endpoints, i), "certificates");
        for (size_t k = 0; k < json_array_size(chains) && json_array_size(leaves) < SUBJECT_ROWS; k++)
            add_chain(json_array_get(chains, k), leaves, scratch, line);
    }
    line->certificates = array_text(scratch, leaves);
    json_decref(leaves);
}

struct store_line state_line(struct arena *scratch, const json_t *report)
{
    const json_t *grade = json_object_get(report, "grade"), *policy = json_object_get(report, "policy");
    struct store_line line = {
        .status = status_of(report),
        .grade = member_text(grade, "letter"),
        .at_best = member_text(grade, "at_best"),
        .at_worst = member_text(grade, "at_worst"),
        .policy = member_text(policy, "name"),
        .verdict = member_text(policy, "verdict"),
    };
    add_findings(scratch, report, &line);
    add_certificates(scratch, report, &line);
    return line;
}

static const char *text_or_empty(const json_t *object, const char *member)
{
    const char *text = member_text(object, member);
    return text == NULL ? "" : text;
}

struct store_target state_target(const json_t *report)
{
    const json_t *target = json_object_get(report, "target");
    return (struct store_target){
        .host = text_or_empty(target, "host"),
        .port = (int64_t)json_integer_value(json_object_get(target, "port")),
        .transport = text_or_empty(target, "transport"),
        .starttls = text_or_empty(target, "starttls"),
        .server_name = text_or_empty(target, "sni"),
    };
}
