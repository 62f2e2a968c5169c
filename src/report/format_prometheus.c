// SPDX-License-Identifier: Apache-2.0
//
// Prometheus' text format, for the textfile collector of the node exporter. The samples of a metric stand
// together, and no series may stand twice or the collector drops the file; so what is said of an address is
// kept until the end, in a few hundred octets, and of two reports of one target the later one counts.
//
// What is not known has no sample, and is never a 0. Names, labels and units are stable (docs/formats.md).
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/rendering.h"
#include "report/view.h"
#include "shakedown.h"

#define KEY_TYPES 4 // of an address' certificates that are kept
#define VERSIONS  8

// What is kept of an address, or of what is about the target as a whole. Texts are label values already.
struct series {
    uint64_t key;
    const char *target, *address; // address: "" where there is none
    bool whole;                   // of the target
    bool has_started, has_duration, interrupted;
    int64_t started, duration_ms;
    bool reached, complete;
    unsigned findings[SEVERITY_CRITICAL + 1], waived, unjudged;
    struct {
        const char *type; // of key
        int64_t not_before, not_after;
    } certificate[KEY_TYPES];
    struct {
        const char *name;
        bool offered;
    } version[VERSIONS];
    const char *policy, *verdict; // or NULL
    unsigned rules[3];            // pass, fail, incomplete
};

struct prometheus {
    struct series **row; // malloc'd, in the order in which they came
    size_t count, capacity;
    size_t *slot; // malloc'd: 1 + index into row by key, 0: free; twice as many as rows at least
    size_t slots;
};

// --- collecting ------------------------------------------------------------------------------------

// As a label's value: backslash, quote and line feed are special.
static const char *label(struct rendering *rendering, const char *text)
{
    struct builder builder = builder_in(&rendering->memory);
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            builder_u8(&builder, '\\');
        builder_u8(&builder, (uint8_t)*text);
    }
    return arena_string(&rendering->memory, builder_bytes(&builder));
}

static void *grown(void *memory, size_t count, size_t size)
{
    void *again = realloc(memory, count * size);
    if (again == NULL)
        die("out of memory");
    return again;
}

static size_t place_of(const struct prometheus *prometheus, uint64_t key)
{
    size_t place = (size_t)key & (prometheus->slots - 1);
    while (prometheus->slot[place] != 0 && prometheus->row[prometheus->slot[place] - 1]->key != key)
        place = (place + 1) & (prometheus->slots - 1);
    return place;
}

static void make_room(struct prometheus *prometheus)
{
    if (prometheus->count < prometheus->capacity)
        return;
    prometheus->capacity = prometheus->capacity == 0 ? 64 : 2 * prometheus->capacity;
    prometheus->slots = 2 * prometheus->capacity;
    prometheus->row = grown(prometheus->row, prometheus->capacity, sizeof(struct series *));
    prometheus->slot = grown(prometheus->slot, prometheus->slots, sizeof *prometheus->slot);
    memset(prometheus->slot, 0, prometheus->slots * sizeof *prometheus->slot);
    for (size_t i = 0; i < prometheus->count; i++)
        prometheus->slot[place_of(prometheus, prometheus->row[i]->key)] = i + 1;
}

// The series of a target's address, or of the target as a whole; NULL: a later report has it already.
static struct series *series_for(struct rendering *rendering, const json_t *report, const json_t *endpoint, bool whole)
{
    struct prometheus *prometheus = rendering->state;
    const char *target = rendering_target(rendering, report), *address = rendering_text(rendering, endpoint, "address");
    const char *started = json_string_value(json_object_get(report, "started"));
    struct series fresh = {.whole = whole};
    const char *name =
        arena_text(&rendering->scratch, "%s\n%s\n%s", target, address == NULL ? "" : address, whole ? "whole" : "");
    fresh.key = bytes_hash(bytes_of_text(name));
    fresh.has_started = started != NULL && text_to_time(started, &fresh.started);
    make_room(prometheus);
    size_t place = place_of(prometheus, fresh.key);
    struct series *series;
    if (prometheus->slot[place] != 0) {
        series = prometheus->row[prometheus->slot[place] - 1];
        if (series->has_started && (!fresh.has_started || fresh.started < series->started))
            return NULL;
        fresh.target = series->target;
        fresh.address = series->address;
    } else {
        series = arena_alloc(&rendering->memory, sizeof *series);
        prometheus->row[prometheus->count++] = series;
        prometheus->slot[place] = prometheus->count;
        fresh.target = label(rendering, target);
        fresh.address = label(rendering, address);
    }
    *series = fresh;
    return series;
}

// Of several certificates with one type of key the one that ends first counts.
static void take_certificate(struct rendering *rendering, struct series *series, const json_t *leaf)
{
    const char *type = rendering_text(rendering, json_object_get(leaf, "key"), "type");
    const char *end = json_string_value(json_object_get(leaf, "not_after"));
    const char *begin = json_string_value(json_object_get(leaf, "not_before"));
    int64_t not_after, not_before = 0;
    if (end == NULL || !text_to_time(end, &not_after))
        return;
    if (begin != NULL)
        text_to_time(begin, &not_before);
    type = type == NULL ? "" : type;
    for (size_t i = 0; i < KEY_TYPES; i++) {
        bool empty = series->certificate[i].type == NULL;
        if (!empty && strcmp(series->certificate[i].type, type) != 0)
            continue;
        if (empty)
            series->certificate[i].type = label(rendering, type);
        if (empty || not_after < series->certificate[i].not_after) {
            series->certificate[i].not_after = not_after;
            series->certificate[i].not_before = not_before;
        }
        return;
    }
}

static void take_certificates(struct rendering *rendering, struct series *series, const json_t *endpoint)
{
    const json_t *chains = json_object_get(endpoint, "certificates");
    for (size_t i = 0; i < view_count(chains); i++)
        take_certificate(rendering, series, json_array_get(json_object_get(json_array_get(chains, i), "chain"), 0));
}

static bool has_version(const struct series *series, const char *name)
{
    for (size_t i = 0; i < VERSIONS && series->version[i].name != NULL; i++)
        if (strcmp(series->version[i].name, name) == 0)
            return true;
    return false;
}

static void take_versions(struct rendering *rendering, struct series *series, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "versions");
    size_t count = 0;
    for (size_t i = 0; i < view_count(list) && count < VERSIONS; i++) {
        const json_t *version = json_array_get(list, i);
        const char *name = rendering_text(rendering, version, "version");
        bool yes = view_is(version, "verdict", "yes");
        if (name == NULL || !(yes || view_is(version, "verdict", "no")) || has_version(series, label(rendering, name)))
            continue;
        series->version[count].name = label(rendering, name);
        series->version[count++].offered = yes;
    }
}

static void take_findings(struct series *series, const json_t *report, const json_t *endpoint, bool first)
{
    const json_t *findings = json_object_get(report, "findings"), *unjudged = json_object_get(report, "unjudged");
    const struct rendering_counts counts = rendering_count(report, endpoint, first);
    memcpy(series->findings, counts.of, sizeof series->findings);
    for (size_t i = 0; i < view_count(findings); i++)
        series->waived += rendering_is_waived(json_array_get(findings, i)) &&
                          rendering_belongs(json_array_get(findings, i), endpoint, first);
    for (size_t i = 0; i < view_count(unjudged); i++)
        if (rendering_belongs(json_array_get(unjudged, i), endpoint, first))
            series->unjudged += (unsigned)view_count(json_object_get(json_array_get(unjudged, i), "ids"));
}

static const char *const verdicts[] = {"pass", "fail", "incomplete"};

static void take_policy(struct rendering *rendering, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy"), *rules = json_object_get(policy, "rules");
    const char *name = rendering_text(rendering, policy, "name");
    struct series *series = name == NULL ? NULL : series_for(rendering, report, NULL, true);
    if (series == NULL)
        return;
    series->policy = label(rendering, name);
    for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++) {
        if (view_is(policy, "verdict", verdicts[k]))
            series->verdict = verdicts[k];
        for (size_t i = 0; i < view_count(rules); i++)
            series->rules[k] += view_is(json_array_get(rules, i), "verdict", verdicts[k]);
    }
}

static void take(struct rendering *rendering, const json_t *report, const json_t *endpoint, bool first)
{
    struct series *series = series_for(rendering, report, endpoint, false);
    const json_t *duration = json_object_get(report, "duration_ms");
    if (series == NULL)
        return;
    series->has_duration = json_is_integer(duration) && json_integer_value(duration) >= 0;
    series->duration_ms = json_integer_value(duration);
    series->interrupted = json_is_true(json_object_get(report, "interrupted"));
    series->reached = rendering_is_reached(endpoint);
    series->complete = view_is(endpoint, "status", "complete");
    take_certificates(rendering, series, endpoint);
    take_versions(rendering, series, endpoint);
    take_findings(series, report, endpoint, first);
}

static void add(struct rendering *rendering, struct report *report)
{
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    for (size_t i = 0; i < view_count(endpoints); i++)
        take(rendering, report->tree, json_array_get(endpoints, i), i == 0);
    if (view_count(endpoints) == 0)
        take(rendering, report->tree, NULL, true);
    take_policy(rendering, report->tree);
}

// --- metrics ---------------------------------------------------------------------------------------

// A sample of an address; more: further labels, each with a comma in front.
static void put_sample(struct rendering *rendering, const char *metric, const struct series *series, const char *more,
                       int64_t value)
{
    rendering_print(rendering, "%s{target=\"%s\",address=\"%s\"%s} %" PRId64 "\n", metric, series->target,
                    series->address, more, value);
}

static const char *more(struct rendering *rendering, const char *name, const char *value)
{
    return arena_text(&rendering->scratch, ",%s=\"%s\"", name, value);
}

static void put_reached(struct rendering *rendering, const char *metric, const struct series *series)
{
    put_sample(rendering, metric, series, "", series->reached);
}

static void put_success(struct rendering *rendering, const char *metric, const struct series *series)
{
    put_sample(rendering, metric, series, "", series->complete && !series->interrupted);
}

static void put_time(struct rendering *rendering, const char *metric, const struct series *series)
{
    if (series->has_started)
        put_sample(rendering, metric, series, "",
                   series->started + (series->has_duration ? series->duration_ms / 1000 : 0));
}

static void put_duration(struct rendering *rendering, const char *metric, const struct series *series)
{
    if (series->has_duration)
        rendering_print(rendering, "%s{target=\"%s\",address=\"%s\"} %" PRId64 ".%03" PRId64 "\n", metric,
                        series->target, series->address, series->duration_ms / 1000, series->duration_ms % 1000);
}

static void put_not_after(struct rendering *rendering, const char *metric, const struct series *series)
{
    for (size_t i = 0; i < KEY_TYPES && series->certificate[i].type != NULL; i++)
        put_sample(rendering, metric, series, more(rendering, "key_type", series->certificate[i].type),
                   series->certificate[i].not_after);
}

static void put_not_before(struct rendering *rendering, const char *metric, const struct series *series)
{
    for (size_t i = 0; i < KEY_TYPES && series->certificate[i].type != NULL; i++)
        if (series->certificate[i].not_before != 0)
            put_sample(rendering, metric, series, more(rendering, "key_type", series->certificate[i].type),
                       series->certificate[i].not_before);
}

static void put_versions(struct rendering *rendering, const char *metric, const struct series *series)
{
    for (size_t i = 0; i < VERSIONS && series->version[i].name != NULL; i++)
        put_sample(rendering, metric, series, more(rendering, "version", series->version[i].name),
                   series->version[i].offered);
}

// What was not reached has no findings; that is no 0 of them.
static void put_findings(struct rendering *rendering, const char *metric, const struct series *series)
{
    for (enum severity severity = SEVERITY_CRITICAL; severity > SEVERITY_NONE && series->reached; severity--)
        put_sample(rendering, metric, series, more(rendering, "severity", severity_name(severity)),
                   series->findings[severity]);
}

static void put_waived(struct rendering *rendering, const char *metric, const struct series *series)
{
    if (series->reached)
        put_sample(rendering, metric, series, "", series->waived);
}

static void put_unjudged(struct rendering *rendering, const char *metric, const struct series *series)
{
    put_sample(rendering, metric, series, "", series->unjudged);
}

// The policy is about the target, whatever its addresses.
static void put_verdict(struct rendering *rendering, const char *metric, const struct series *series)
{
    for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts && series->verdict != NULL; k++)
        rendering_print(rendering, "%s{target=\"%s\",policy=\"%s\",verdict=\"%s\"} %d\n", metric, series->target,
                        series->policy, verdicts[k], series->verdict == verdicts[k]);
}

static void put_rules(struct rendering *rendering, const char *metric, const struct series *series)
{
    for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++)
        rendering_print(rendering, "%s{target=\"%s\",policy=\"%s\",verdict=\"%s\"} %u\n", metric, series->target,
                        series->policy, verdicts[k], series->rules[k]);
}

static const struct {
    const char *name, *help;
    bool whole; // of targets
    void (*put)(struct rendering *rendering, const char *metric, const struct series *series);
} metrics[] = {
    {"shakedown_endpoint_reached", "Whether the address was spoken to in TLS.", false, put_reached},
    {"shakedown_scan_success", "Whether the scan of the address settled every fact.", false, put_success},
    {"shakedown_scan_timestamp_seconds", "When the scan ended, in seconds since 1970.", false, put_time},
    {"shakedown_scan_duration_seconds", "How long the scan of the target took.", false, put_duration},
    {"shakedown_certificate_not_after_timestamp_seconds",
     "When the certificate with a type of key ends, in seconds since 1970; of several, the first to end.", false,
     put_not_after},
    {"shakedown_certificate_not_before_timestamp_seconds", "When the same certificate begins.", false, put_not_before},
    {"shakedown_tls_version_offered", "Whether a version of the protocol is accepted; absent where that is not known.",
     false, put_versions},
    {"shakedown_findings", "Findings that are not waived, by severity.", false, put_findings},
    {"shakedown_findings_waived", "Findings that are waived.", false, put_waived},
    {"shakedown_findings_unjudged", "Findings that may or may not be, since the facts do not say.", false,
     put_unjudged},
    {"shakedown_policy_verdict", "1 for the verdict of the policy, 0 for the others.", true, put_verdict},
    {"shakedown_policy_rules", "Rules of the policy by their verdict.", true, put_rules},
};

static void put_head(struct rendering *rendering, const char *name, const char *help)
{
    rendering_print(rendering, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void end(struct rendering *rendering)
{
    struct prometheus *prometheus = rendering->state;
    put_head(rendering, "shakedown_build_info", "The program that wrote this file.");
    rendering_put(rendering, "shakedown_build_info{version=\"" SHAKEDOWN_VERSION "\"} 1\n");
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        put_head(rendering, metrics[i].name, metrics[i].help);
        for (size_t k = 0; k < prometheus->count; k++) {
            if (prometheus->row[k]->whole != metrics[i].whole)
                continue;
            struct arena_mark mark = arena_mark(&rendering->scratch);
            metrics[i].put(rendering, metrics[i].name, prometheus->row[k]);
            arena_rewind(&rendering->scratch, mark);
        }
    }
    free(prometheus->row);
    free(prometheus->slot);
}

const struct format_view format_prometheus = {sizeof(struct prometheus), NULL, add, end};
