// SPDX-License-Identifier: Apache-2.0
//
// The words for verdicts, and the few ways in which facts are made.
#include "check/fact.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_UNKNOWN:
        return "unknown";
    case VERDICT_YES:
        return "yes";
    case VERDICT_NO:
        return "no";
    case VERDICT_NOT_APPLICABLE:
        return "not_applicable";
    case VERDICT_NOT_TESTED:
        return "not_tested";
    }
    bug("no such verdict");
}

const char *preference_name(enum preference preference)
{
    switch (preference) {
    case PREFERENCE_UNKNOWN:
        return "unknown";
    case PREFERENCE_SERVER:
        return "server";
    case PREFERENCE_CLIENT:
        return "client";
    case PREFERENCE_SERVER_CHACHA_BY_CLIENT:
        return "server_chacha_by_client";
    case PREFERENCE_SINGLE:
        return "single";
    case PREFERENCE_INCONSISTENT:
        return "inconsistent";
    }
    bug("no such preference");
}

void evidence_add(struct arena *arena, struct evidence *evidence, uint64_t key)
{
    for (size_t i = 0; i < evidence->count; i++)
        if (evidence->key[i] == key)
            return;
    uint64_t *keys = arena_array(arena, evidence->count + 1, sizeof *keys);
    for (size_t i = 0; i < evidence->count; i++)
        keys[i] = evidence->key[i];
    keys[evidence->count] = key;
    *evidence = (struct evidence){keys, evidence->count + 1};
}

void evidence_join(struct arena *arena, struct evidence *evidence, struct evidence more)
{
    for (size_t i = 0; i < more.count; i++)
        evidence_add(arena, evidence, more.key[i]);
}

struct fact fact_of(enum verdict verdict) { return (struct fact){.verdict = verdict}; }

struct fact fact_because(enum verdict verdict, const char *reason, const char *sentence)
{
    return (struct fact){.verdict = verdict, .reason = reason, .sentence = sentence};
}

struct fact fact_all(const struct fact *const *needed, size_t count)
{
    const struct fact *decides = NULL;
    for (size_t i = 0; i < count; i++) {
        bool worse = decides == NULL || (needed[i]->verdict == VERDICT_NO && decides->verdict != VERDICT_NO);
        if (needed[i]->verdict != VERDICT_YES && worse)
            decides = needed[i];
    }
    return decides == NULL ? fact_of(VERDICT_YES) : fact_because(decides->verdict, decides->reason, decides->sentence);
}

struct evidence evidence_keep(struct arena *arena, struct evidence evidence)
{
    uint64_t *key = arena_array(arena, evidence.count, sizeof *key);
    for (size_t i = 0; i < evidence.count; i++)
        key[i] = evidence.key[i];
    return (struct evidence){key, evidence.count};
}

struct fact fact_keep(struct arena *arena, struct fact fact)
{
    fact.evidence = evidence_keep(arena, fact.evidence);
    if (fact.sentence != NULL)
        fact.sentence = arena_text(arena, "%s", fact.sentence);
    return fact;
}

static const struct anomaly_fact *find_anomaly(const struct facts *facts, const char *code)
{
    for (size_t i = 0; i < facts->anomaly_count; i++)
        if (strcmp(facts->anomalies[i].code, code) == 0)
            return &facts->anomalies[i];
    return NULL;
}

void anomaly_add(struct arena *arena, struct facts *facts, const char *code, const char *sentence,
                 struct evidence evidence)
{
    if (find_anomaly(facts, code) != NULL)
        return;
    struct anomaly_fact *rows = arena_array(arena, facts->anomaly_count + 1, sizeof *rows);
    for (size_t i = 0; i < facts->anomaly_count; i++)
        rows[i] = facts->anomalies[i];
    rows[facts->anomaly_count] = (struct anomaly_fact){
        .code = arena_text(arena, "%s", code),
        .sentence = arena_text(arena, "%s", sentence),
        .evidence = evidence_keep(arena, evidence),
    };
    facts->anomalies = rows;
    facts->anomaly_count++;
}

// Rows with room for one more: whenever count is a power of two they move to where there is room for as many again.
// Nothing is given back to an arena, so a copy for each row would cost the square of their number.
static void *grown(struct arena *arena, const void *rows, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return (void *)rows;
    void *moved = arena_array(arena, count == 0 ? 1 : 2 * count, size);
    if (count != 0)
        memcpy(moved, rows, count * size);
    return moved;
}

void feature_add(struct arena *arena, struct facts *facts, const struct feature_fact *feature)
{
    const struct feature_fact **rows = grown(arena, facts->features, facts->feature_count, sizeof *rows);
    struct feature_fact *row = arena_alloc(arena, sizeof *row);
    *row = *feature;
    rows[facts->feature_count++] = row;
    facts->features = rows;
}

void feature_keep(struct arena *arena, struct facts *facts, struct feature_fact feature)
{
    feature.fact = fact_keep(arena, feature.fact);
    if (feature.value != NULL)
        feature.value = arena_text(arena, "%s", feature.value);
    feature_add(arena, facts, &feature);
}

void group_add(struct arena *arena, struct facts *facts, const struct group_fact *group)
{
    struct group_fact *rows = grown(arena, facts->groups, facts->group_count, sizeof *rows);
    rows[facts->group_count++] = *group;
    facts->groups = rows;
}

void scheme_add(struct arena *arena, struct facts *facts, const struct scheme_fact *scheme)
{
    struct scheme_fact *rows = grown(arena, facts->schemes, facts->scheme_count, sizeof *rows);
    rows[facts->scheme_count++] = *scheme;
    facts->schemes = rows;
}

void list_add(struct arena *arena, struct facts *facts, const struct list_fact *list)
{
    struct list_fact *rows = grown(arena, facts->lists, facts->list_count, sizeof *rows);
    rows[facts->list_count++] = *list;
    facts->lists = rows;
}

const char *feature_section_name(enum feature_section section)
{
    static const char *const names[FEATURE_SECTIONS] = {
        [FEATURE_POST_QUANTUM] = "post_quantum",
        [FEATURE_KEY_EXCHANGE] = "key_exchange",
        [FEATURE_EXTENSION] = "extensions",
        [FEATURE_ALPN] = "alpn",
        [FEATURE_CLIENT_AUTHENTICATION] = "client_authentication",
        [FEATURE_SESSION] = "sessions",
        [FEATURE_RENEGOTIATION] = "renegotiation",
        [FEATURE_DOWNGRADE] = "downgrade",
        [FEATURE_INTOLERANCE] = "intolerance",
        [FEATURE_OTHER] = "behaviours",
    };
    always((unsigned)section < FEATURE_SECTIONS);
    return names[section];
}
