// SPDX-License-Identifier: Apache-2.0
//
// Counts of a run. A report is read with suspicion, since it may be a saved one: what is absent or of another type is
// not counted.
#include "report/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "report/report_tree.h"
#include "report/sightings.h"
#include "report/subject.h"
#include "report/summary_shared.h"
#include "report/tree.h"
#include "wire/certificate.h"
#include "wire/keys.h"

#define SCHEMA "shakedown-summary/1"

static const char *const statuses[] = {"complete", "partial", "unreachable", "refused", "not_tls"};
static const char *const severities[] = {"critical", "high", "medium", "low", "info"};
static const char *const verdicts[] = {"pass", "fail", "incomplete"};
static const char *const traffic[] = {"connections", "bytes_sent", "bytes_received", "fetches", "lookups"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { TARGET_COMPLETE, TARGET_PARTIAL, TARGET_NOT_REACHED, TARGET_INTERRUPTED, TARGET_ENDS };
static const char *const target_ends[TARGET_ENDS] = {"complete", "partial", "not_reached", "interrupted"};

struct summary {
    struct sightings sightings;
    uint64_t reports, target[TARGET_ENDS];
    uint64_t endpoint[COUNT(statuses)];
    uint64_t finding[COUNT(severities)];
    uint64_t policy[COUNT(verdicts)];
    uint64_t traffic[COUNT(traffic)];
};

struct summary *summary_new(void)
{
    struct summary *summary = calloc(1, sizeof *summary);
    if (summary == NULL)
        die("out of memory");
    return summary;
}

void summary_free(struct summary *summary)
{
    if (summary == NULL)
        return;
    sightings_release(&summary->sightings);
    free(summary);
}

void summary_key(struct summary *summary, struct bytes info) { sightings_learn(&summary->sightings, info); }

// --- counts --------------------------------------------------------------------------------------

static void count_word(const char *word, const char *const *words, uint64_t *counts, size_t size)
{
    for (size_t i = 0; word != NULL && i < size; i++)
        counts[i] += strcmp(words[i], word) == 0;
}

static void count_traffic(struct summary *summary, const json_t *object)
{
    for (size_t i = 0; i < COUNT(traffic); i++) {
        json_int_t value = json_integer_value(json_object_get(object, traffic[i]));
        summary->traffic[i] += value > 0 && value < INT64_MAX / SUMMARY_SIGHTINGS ? (uint64_t)value : 0;
    }
}

static void count_findings(struct summary *summary, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!json_is_object(json_object_get(row, "waived")))
            count_word(member_text(row, "severity"), severities, summary->finding, COUNT(severities));
    }
}

static void count_target(struct summary *summary, const json_t *report, const json_t *endpoints)
{
    size_t complete = 0, partial = 0, count = json_array_size(endpoints);
    for (size_t i = 0; i < count; i++) {
        complete += member_is(json_array_get(endpoints, i), "status", "complete");
        partial += member_is(json_array_get(endpoints, i), "status", "partial");
    }
    if (json_is_true(json_object_get(report, "interrupted")))
        summary->target[TARGET_INTERRUPTED]++;
    else if (complete + partial == 0)
        summary->target[TARGET_NOT_REACHED]++;
    else
        summary->target[complete == count ? TARGET_COMPLETE : TARGET_PARTIAL]++;
    summary->reports++;
}

// --- certificates --------------------------------------------------------------------------------

static bool read_digest(struct arena *scratch, const char *hex, uint8_t out[DIGEST])
{
    struct bytes octets;
    if (hex == NULL || !text_from_hex(scratch, hex, &octets) || octets.size != DIGEST)
        return false;
    memcpy(out, octets.data, DIGEST);
    return true;
}

// Whose PEM is in the report tells its key by itself (RFC 7468).
static void learn_pem(struct summary *summary, struct arena *scratch, const char *pem)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
    const char *end = pem == NULL ? NULL : strstr(pem, "-----END");
    if (end == NULL || strncmp(pem, begin, sizeof begin - 1) != 0)
        return;
    char *base64 = arena_alloc(scratch, strlen(pem) + 1), *out = base64;
    for (const char *c = pem + sizeof begin - 1; c < end; c++)
        if (*c != '\n')
            *out++ = *c;
    struct bytes der;
    struct certificate certificate;
    if (!text_from_base64(scratch, base64, &der))
        return;
    certificate_read(scratch, der, &certificate);
    summary_key(summary, certificate.public_key_der);
}

// The leaf alone: that several chains lead over one authority is how it should be.
static void see_chain(struct summary *summary, struct arena *scratch, const struct sighted_target *target,
                      const char *address, const json_t *chain)
{
    const json_t *leaf = json_array_get(json_object_get(chain, "chain"), 0), *key = json_object_get(leaf, "key");
    struct sighted_certificate certificate = {.bits = 0};
    json_int_t bits = json_integer_value(json_object_get(key, "bits"));
    const char *type = member_text(key, "type");
    if (!read_digest(scratch, member_text(leaf, "fingerprint_sha256"), certificate.certificate) ||
        !read_digest(scratch, member_text(leaf, "public_key_sha256"), certificate.key))
        return;
    learn_pem(summary, scratch, member_text(leaf, "pem"));
    certificate.type = type == NULL ? NULL : text_escape(scratch, bytes_of_text(type));
    certificate.bits = bits > 0 && bits < INT32_MAX ? (unsigned)bits : 0;
    sightings_add(&summary->sightings, target, address, &certificate);
}

static const char *clean(struct arena *scratch, const char *text)
{
    return text == NULL ? "" : text_escape(scratch, bytes_of_text(text));
}

static void see_endpoint(struct summary *summary, struct arena *scratch, const json_t *report, const json_t *endpoint)
{
    const json_t *target = json_object_get(report, "target"), *chains = json_object_get(endpoint, "certificates");
    json_int_t port = json_integer_value(json_object_get(endpoint, "port"));
    struct sighted_target sighted = {
        .host = clean(scratch, member_text(target, "host")),
        .sni = member_text(target, "sni"),
        .port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0,
    };
    const char *address = clean(scratch, member_text(endpoint, "address"));
    count_word(member_text(endpoint, "status"), statuses, summary->endpoint, COUNT(statuses));
    count_traffic(summary, json_object_get(endpoint, "traffic"));
    for (size_t i = 0; i < json_array_size(chains); i++)
        see_chain(summary, scratch, &sighted, address, json_array_get(chains, i));
}

void summary_report(struct summary *summary, const struct report *report)
{
    struct arena scratch = {0};
    const json_t *tree = report->tree, *endpoints = json_object_get(tree, "endpoints");
    count_target(summary, tree, endpoints);
    for (size_t i = 0; i < json_array_size(endpoints); i++)
        see_endpoint(summary, &scratch, tree, json_array_get(endpoints, i));
    count_findings(summary, json_object_get(tree, "findings"));
    count_word(member_text(json_object_get(tree, "policy"), "verdict"), verdicts, summary->policy, COUNT(verdicts));
    arena_release(&scratch);
}

// --- the document --------------------------------------------------------------------------------

static json_t *counts(const char *const *words, const uint64_t *count, size_t size)
{
    json_t *object = tree_object();
    for (size_t i = 0; i < size; i++)
        tree_set(object, words[i], tree_number(count[i]));
    return object;
}

static json_t *targets(const struct summary *summary, const struct summary_end *end)
{
    json_t *object = counts(target_ends, summary->target, TARGET_ENDS);
    tree_set(object, "reports", tree_number(summary->reports));
    tree_set(object, "rejected", tree_number(end->rejected));
    tree_set(object, "duplicates", tree_number(end->duplicates));
    tree_set(object, "elsewhere", tree_number(end->elsewhere));
    tree_set(object, "earlier", tree_number(end->earlier));
    return object;
}

char *summary_json(struct summary *summary, const struct summary_end *end)
{
    struct arena scratch = {0};
    json_t *object = tree_object();
    tree_set(object, "schema", tree_text(&scratch, SCHEMA));
    tree_set(object, "scanner", tree_scanner(&scratch));
    if (end->started != INT64_MIN) {
        tree_set(object, "started", tree_time(&scratch, end->started));
        tree_set(object, "ended", tree_time(&scratch, end->ended));
    }
    tree_set(object, "exit_status", tree_number((uint64_t)end->exit_status));
    tree_set(object, "interrupted", tree_truth(end->interrupted));
    tree_set(object, "error", tree_text(&scratch, end->error));
    tree_set(object, "targets", targets(summary, end));
    tree_set(object, "endpoints", counts(statuses, summary->endpoint, COUNT(statuses)));
    tree_set(object, "findings", counts(severities, summary->finding, COUNT(severities)));
    tree_set(object, "policy", counts(verdicts, summary->policy, COUNT(verdicts)));
    tree_set(object, "traffic", counts(traffic, summary->traffic, COUNT(traffic)));
    tree_set(object, "keys", summary_keys(&summary->sightings));
    tree_set(object, "shared_keys", summary_shared_keys(&scratch, &summary->sightings));
    tree_set(object, "common_factors", summary_common_factors(&scratch, &summary->sightings));
    char *text = tree_dump(object, true);
    json_decref(object);
    arena_release(&scratch);
    return text;
}
