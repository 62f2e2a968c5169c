// SPDX-License-Identifier: Apache-2.0
//
// Limits that a run sets beside any policy. The one on expiry is about the chains that clients of this
// target are shown, and about each of their certificates: the first to end is the end of all. What could
// not be read, or was not found out, is not taken for good.
#include "base/text.h"
#include "report/judge_tree.h"
#include "report/rule.h"
#include "report/tree.h"

#define DAY 86400

// A limit on expiry at work.
struct watch {
    const struct scene *scene;
    bool named;    // clients send the server's name
    int64_t limit; // seconds since 1970: what ends then or before fails
    json_t *rows;  // of what failed, or could not be judged
    size_t seen, failed;
    const char *open; // why it is not known of everything: the first reason, a sentence; or NULL
};

static void doubt(struct watch *watch, const char *sentence)
{
    if (watch->open == NULL)
        watch->open = sentence;
}

static void add_row(struct watch *watch, const json_t *chain, size_t index, enum ruling_verdict verdict)
{
    struct arena *scratch = watch->scene->scratch;
    const json_t *certificates = json_object_get(chain, "chain"), *one = json_array_get(certificates, index);
    const json_t *leaf = json_array_get(certificates, 0);
    json_t *row = tree_object();
    tree_set(row, "address", tree_text(scratch, member_text(watch->scene->endpoint, "address")));
    tree_set(row, "leaf_sha256", tree_text(scratch, member_text(leaf, "fingerprint_sha256")));
    tree_set(row, "certificate", tree_number(index));
    tree_set(row, "subject", tree_text(scratch, member_text(one, "subject")));
    tree_set(row, "not_after", tree_text(scratch, member_text(one, "not_after")));
    tree_set(row, "verdict", tree_text(scratch, ruling_name(verdict)));
    tree_add(watch->rows, row);
}

static void watch_certificate(struct watch *watch, const json_t *chain, size_t index)
{
    const char *text = member_text(json_array_get(json_object_get(chain, "chain"), index), "not_after");
    int64_t not_after;
    watch->seen++;
    if (text == NULL || !text_to_time(text, &not_after)) {
        add_row(watch, chain, index, RULING_INCOMPLETE);
        doubt(watch, "when a certificate ends could not be read");
    } else if (not_after <= watch->limit) {
        add_row(watch, chain, index, RULING_FAIL);
        watch->failed++;
    }
}

// Whether clients of the target are shown it, by what they send as server name.
static bool is_shown(const struct watch *watch, const json_t *chain)
{
    const json_t *served = json_object_get(chain, "served_for");
    for (size_t i = 0; i < json_array_size(served); i++) {
        const json_t *sni = json_object_get(json_array_get(served, i), "sni");
        if (json_is_boolean(sni) && json_is_true(sni) == watch->named)
            return true;
    }
    return false;
}

// A server without certificates has none that could end.
static void watch_enumeration(struct watch *watch, size_t shown)
{
    const json_t *fact = json_object_get(watch->scene->endpoint, "certificate_enumeration");
    const char *sentence = member_text(fact, "sentence");
    if (!member_is(fact, "verdict", "yes") && !member_is(fact, "verdict", "no"))
        doubt(watch, sentence != NULL ? sentence : "it is not known which certificates there are");
    else if (shown == 0 && member_is(fact, "verdict", "yes"))
        doubt(watch, "no certificate was seen that clients of the target are shown");
}

static void watch_endpoint(struct watch *watch)
{
    const json_t *endpoint = watch->scene->endpoint, *chains = json_object_get(endpoint, "certificates");
    const char *reason = member_text(endpoint, "reason");
    size_t shown = 0;
    if (!member_is(endpoint, "status", "complete") && !member_is(endpoint, "status", "partial")) {
        doubt(watch, reason != NULL ? reason : "an address was not reached");
        return;
    }
    for (size_t i = 0; i < json_array_size(chains); i++) {
        const json_t *chain = json_array_get(chains, i);
        if (!is_shown(watch, chain))
            continue;
        shown++;
        for (size_t k = 0; k < json_array_size(json_object_get(chain, "chain")); k++)
            watch_certificate(watch, chain, k);
    }
    watch_enumeration(watch, shown);
}

static void watch_report(struct watch *watch, const json_t *report, struct scene *scene)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    const char *trouble = member_text(report, "trouble");
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        scene->endpoint = json_array_get(endpoints, i);
        watch_endpoint(watch);
    }
    if (json_array_size(endpoints) == 0)
        doubt(watch, trouble != NULL ? trouble : "there is no address");
}

static const char *days_text(struct arena *scratch, unsigned days)
{
    return arena_text(scratch, "%u day%s left", days, days == 1 ? "" : "s");
}

static const char *sentence_of(const struct watch *watch, struct arena *scratch, unsigned days)
{
    if (watch->failed != 0)
        return arena_text(scratch, "%zu certificate%s at most %s", watch->failed,
                          watch->failed == 1 ? " has" : "s have", days_text(scratch, days));
    if (watch->open != NULL)
        return watch->open;
    return watch->seen == 0 ? "there is no certificate that could end"
                            : arena_text(scratch, "every certificate has more than %s", days_text(scratch, days));
}

static json_t *expiry(const struct judge_settings *settings, const struct scene *scene, enum ruling_verdict *verdict)
{
    struct scene here = *scene;
    struct watch watch = {
        .scene = &here,
        .named = member_text(json_object_get(scene->report, "target"), "sni") != NULL,
        .limit = scene->now + (int64_t)settings->expires_within * DAY,
        .rows = tree_list(),
    };
    watch_report(&watch, scene->report, &here);
    *verdict = watch.failed != 0 ? RULING_FAIL : watch.open != NULL ? RULING_INCOMPLETE : RULING_PASS;
    json_t *row = tree_object();
    tree_set(row, "id", tree_text(scene->scratch, "expiry"));
    tree_set(row, "days", tree_number(settings->expires_within));
    tree_set(row, "verdict", tree_text(scene->scratch, ruling_name(*verdict)));
    tree_set(row, "sentence", tree_text(scene->scratch, sentence_of(&watch, scene->scratch, settings->expires_within)));
    tree_set(row, "certificates", watch.rows);
    return row;
}

json_t *thresholds_judge(const struct judge_settings *settings, const struct scene *scene, struct judgement *out)
{
    json_t *list = tree_list();
    if (!settings->has_expires_within)
        return list;
    enum ruling_verdict verdict;
    tree_add(list, expiry(settings, scene, &verdict));
    out->failed = out->failed || verdict == RULING_FAIL;
    out->incomplete = out->incomplete || verdict == RULING_INCOMPLETE;
    return list;
}
