// SPDX-License-Identifier: Apache-2.0
//
// One target's facts become one JSON tree. Nothing is judged and nothing is found out here: rows
// are put in order, numbers get their names, and what is not known stays null or unknown.
#include "report/report.h"

#include <string.h>

#include "base/text.h"
#include "report/judge_tree.h"
#include "report/report_tree.h"
#include "report/tree.h"
#include "shakedown.h"
#include "wire/library.h"
#include "wire/registry.h"

#define SCHEMA "shakedown-report/1"

// --- order of rows -------------------------------------------------------------------------------

static int compare_versions(const void *a, const void *b)
{
    const struct version_fact *x = *(const struct version_fact *const *)a;
    const struct version_fact *y = *(const struct version_fact *const *)b;
    return tree_order(x->version, y->version);
}

// A row whose order is not known comes after those that have one.
static int compare_suites(const void *a, const void *b)
{
    const struct suite_fact *x = *(const struct suite_fact *const *)a, *y = *(const struct suite_fact *const *)b;
    if (x->version != y->version)
        return tree_order(x->version, y->version);
    if (x->order != y->order)
        return x->order == 0 ? 1 : y->order == 0 ? -1 : tree_order(x->order, y->order);
    return tree_order(x->code, y->code);
}

static int compare_enumerations(const void *a, const void *b)
{
    const struct enumeration_fact *x = *(const struct enumeration_fact *const *)a;
    const struct enumeration_fact *y = *(const struct enumeration_fact *const *)b;
    return tree_order(x->version, y->version);
}

static int compare_preferences(const void *a, const void *b)
{
    const struct preference_fact *x = *(const struct preference_fact *const *)a;
    const struct preference_fact *y = *(const struct preference_fact *const *)b;
    return tree_order(x->version, y->version);
}

static int compare_anomalies(const void *a, const void *b)
{
    const struct anomaly_fact *x = *(const struct anomaly_fact *const *)a;
    const struct anomaly_fact *y = *(const struct anomaly_fact *const *)b;
    return strcmp(x->code, y->code);
}

// Not in the order asked: that depends on which answer came first.
static int compare_answers(const void *a, const void *b)
{
    const struct answer *x = **(const struct answer *const *const *)a;
    const struct answer *y = **(const struct answer *const *const *)b;
    return tree_order(x->key, y->key);
}

// --- an endpoint's lists -------------------------------------------------------------------------

static json_t *versions(struct arena *scratch, const struct facts *facts)
{
    json_t *list = tree_list();
    const void **sorted =
        tree_sorted(scratch, facts->versions, facts->version_count, sizeof *facts->versions, compare_versions);
    for (size_t i = 0; i < facts->version_count; i++) {
        const struct version_fact *row = sorted[i];
        json_t *object = tree_object();
        tree_set(object, "version", tree_version(scratch, row->version));
        tree_set(object, "code", tree_code(scratch, row->version));
        tree_set_fact(scratch, object, &row->fact);
        tree_add(list, object);
    }
    return list;
}

static json_t *group(struct arena *scratch, uint16_t code)
{
    if (code == 0)
        return tree_text(scratch, NULL);
    const struct group *known = group_find(code);
    return known == NULL ? tree_code(scratch, code) : tree_text(scratch, known->name);
}

// A name, or null where the registry has none.
static json_t *name(struct arena *scratch, const char *text)
{
    return tree_text(scratch, text[0] == '\0' ? NULL : text);
}

static void set_suite(struct arena *scratch, json_t *object, const struct suite *suite)
{
    char recommended[2] = {suite->recommended, '\0'};
    tree_set(object, "key_exchange", name(scratch, suite->key_exchange));
    tree_set(object, "authentication", name(scratch, suite->authentication));
    tree_set(object, "cipher", name(scratch, suite->cipher));
    tree_set(object, "mac", name(scratch, suite->mac));
    tree_set(object, "key_bits", tree_number(suite->key_bits));
    tree_set(object, "strength_bits", tree_number(suite->strength_bits));
    tree_set(object, "aead", tree_truth(suite->aead));
    tree_set(object, "forward_secrecy", tree_truth(suite->forward_secrecy));
    tree_set(object, "export", tree_truth(suite->export));
    tree_set(object, "iana_recommended", tree_text(scratch, suite->recommended == ' ' ? NULL : recommended));
}

static json_t *suite_row(struct arena *scratch, const struct suite_fact *row)
{
    const struct suite *suite = row->version == SSL2 ? suite_find_ssl2(row->code) : suite_find(row->code);
    always(suite != NULL);
    json_t *object = tree_object();
    tree_set(object, "version", tree_version(scratch, row->version));
    tree_set(object, "name", tree_text(scratch, suite->name));
    tree_set(object, "openssl_name", name(scratch, suite->openssl_name));
    tree_set(object, "code", row->version == SSL2 ? tree_kind(scratch, row->code) : tree_code(scratch, row->code));
    tree_set(object, "order", tree_number_or_null(row->order));
    set_suite(scratch, object, suite);
    tree_set(object, "group", group(scratch, row->group));
    tree_set(object, "dh_bits", tree_number_or_null(row->dh_bits));
    tree_set(object, "evidence", tree_evidence(scratch, row->evidence));
    return object;
}

static json_t *suites(struct arena *scratch, const struct facts *facts)
{
    json_t *list = tree_list();
    const void **sorted =
        tree_sorted(scratch, facts->suites, facts->suite_count, sizeof *facts->suites, compare_suites);
    for (size_t i = 0; i < facts->suite_count; i++)
        tree_add(list, suite_row(scratch, sorted[i]));
    return list;
}

static json_t *enumerations(struct arena *scratch, const struct facts *facts)
{
    json_t *list = tree_list();
    const void **sorted = tree_sorted(scratch, facts->enumerations, facts->enumeration_count,
                                      sizeof *facts->enumerations, compare_enumerations);
    for (size_t i = 0; i < facts->enumeration_count; i++) {
        const struct enumeration_fact *row = sorted[i];
        json_t *object = tree_object();
        tree_set(object, "version", tree_version(scratch, row->version));
        tree_set(object, "offered", tree_number(row->offered));
        tree_set_fact(scratch, object, &row->fact);
        tree_add(list, object);
    }
    return list;
}

static json_t *preferences(struct arena *scratch, const struct facts *facts)
{
    json_t *list = tree_list();
    const void **sorted = tree_sorted(scratch, facts->preferences, facts->preference_count, sizeof *facts->preferences,
                                      compare_preferences);
    for (size_t i = 0; i < facts->preference_count; i++) {
        const struct preference_fact *row = sorted[i];
        json_t *object = tree_object();
        tree_set(object, "version", tree_version(scratch, row->version));
        tree_set_preference(scratch, object, row);
        tree_add(list, object);
    }
    return list;
}

static json_t *anomalies(struct arena *scratch, const struct facts *facts)
{
    json_t *list = tree_list();
    const void **sorted =
        tree_sorted(scratch, facts->anomalies, facts->anomaly_count, sizeof *facts->anomalies, compare_anomalies);
    for (size_t i = 0; i < facts->anomaly_count; i++) {
        const struct anomaly_fact *row = sorted[i];
        json_t *object = tree_object();
        tree_set(object, "code", tree_text(scratch, row->code));
        tree_set(object, "sentence", tree_text(scratch, row->sentence));
        tree_set(object, "evidence", tree_evidence(scratch, row->evidence));
        tree_add(list, object);
    }
    return list;
}

// Zeroed where the check did not come to its end.
static struct fact certificate_enumeration(const struct host *host)
{
    static const struct fact unfinished = {
        .verdict = VERDICT_UNKNOWN, .reason = "skipped", .sentence = "the check did not come to its end"};
    static const struct fact unselected = {
        .verdict = VERDICT_NOT_TESTED, .reason = "not_selected", .sentence = "the check was not selected"};
    const struct fact *found = &host->facts.certificates;
    if (found->verdict != VERDICT_UNKNOWN || found->reason != NULL)
        return *found;
    return host_runs(host, check_find("certificates")) ? unfinished : unselected;
}

// --- evidence ------------------------------------------------------------------------------------

static const char *probe_text(struct arena *scratch, const struct answer *answer)
{
    struct probe probe;
    answer_decode(answer, scratch, &probe);
    return probe_sentence(scratch, &probe);
}

// Null for what is no look-up, and where no resolver answered.
static json_t *records(struct arena *scratch, const struct records_result *found)
{
    if (found == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_object(), *list = tree_list();
    for (size_t i = 0; i < found->count; i++)
        tree_add(list, tree_text(scratch, text_base64(scratch, found->rdata[i])));
    tree_set(object, "dnssec", tree_text(scratch, dnssec_name(found->dnssec)));
    tree_set(object, "rcode", tree_number((uint64_t)found->rcode));
    tree_set(object, "canonical_name", tree_text(scratch, found->canonical_name));
    tree_set(object, "why", tree_text(scratch, found->why));
    tree_set(object, "rdata", list);
    return object;
}

static void set_outcome(struct arena *scratch, json_t *object, const struct outcome *outcome, bool timings)
{
    tree_set(object, "outcome", tree_text(scratch, outcome_code(outcome->kind)));
    tree_set(object, "sentence", tree_text(scratch, outcome_sentence(scratch, outcome)));
    tree_set(object, "detail", tree_text(scratch, outcome->detail));
    struct raw raw = outcome_raw(outcome);
    tree_set(object, "sent", tree_text(scratch, text_base64(scratch, raw.sent)));
    tree_set(object, "received", tree_text(scratch, text_base64(scratch, raw.received)));
    tree_set(object, "records", records(scratch, outcome->records));
    if (!timings)
        return;
    tree_set(object, "tries", tree_number(outcome->tries));
    tree_set(object, "connect_ms", tree_number(outcome->connect_ms));
    tree_set(object, "ms", tree_number(outcome->answer_ms));
}

static const void **sorted_answers(struct arena *scratch, const struct ledger *ledger, size_t *count)
{
    *count = 0;
    for (const struct answer *answer = ledger->first; answer != NULL; answer = answer->next)
        *count += answer->outcome != NULL;
    const struct answer **answers = arena_array(scratch, *count, sizeof(const struct answer *));
    size_t filled = 0;
    for (const struct answer *answer = ledger->first; answer != NULL; answer = answer->next)
        if (answer->outcome != NULL)
            answers[filled++] = answer;
    return tree_sorted(scratch, answers, *count, sizeof(const struct answer *), compare_answers);
}

static json_t *probes(struct arena *scratch, const struct ledger *ledger, bool timings)
{
    json_t *list = tree_list();
    size_t count;
    const void **sorted = sorted_answers(scratch, ledger, &count);
    for (size_t i = 0; i < count; i++) {
        const struct answer *answer = *(const struct answer *const *)sorted[i];
        json_t *object = tree_object();
        tree_set(object, "key", tree_text(scratch, probe_key_text(scratch, answer->key)));
        tree_set(object, "what", tree_text(scratch, probe_text(scratch, answer)));
        set_outcome(scratch, object, answer->outcome, timings);
        tree_add(list, object);
    }
    return list;
}

// --- the tree ------------------------------------------------------------------------------------

// Questions to others that were answered or failed. Each report counts those it rests on, although a run asks
// once what several targets want.
static size_t errands(const struct host *host, enum probe_kind kind)
{
    size_t count = 0;
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        count += answer->outcome != NULL && answer->outcome->tries != 0 && answer->kind == kind;
    return count;
}

// How many octets came differs between two scans of one server (an ECDSA signature is not always
// as long), so a reproducible report does not say it.
static json_t *traffic(const struct report_endpoint *endpoint, const struct report_options *options)
{
    json_t *object = tree_object();
    tree_set(object, "connections", tree_number(endpoint->connections));
    tree_set(object, "bytes_sent", tree_number(endpoint->bytes_sent));
    if (!options->reproducible)
        tree_set(object, "bytes_received", tree_number(endpoint->bytes_received));
    tree_set(object, "pushed_back", tree_truth(endpoint->pushed_back));
    tree_set(object, "fetches", tree_number(errands(endpoint->host, PROBE_FETCH)));
    tree_set(object, "lookups", tree_number(errands(endpoint->host, PROBE_RECORDS)));
    return object;
}

static json_t *endpoint_row(struct arena *scratch, const struct report_input *input,
                            const struct report_endpoint *endpoint, const struct report_options *options)
{
    const struct tree_clock clock = {.now = input->now, .shown = !options->reproducible};
    const struct facts *facts = &endpoint->host->facts;
    const struct fact certificates = certificate_enumeration(endpoint->host);
    const char *sentence = NULL;
    const char *status = host_status_name(host_status(endpoint->host, &sentence));
    json_t *object = tree_object();
    tree_set(object, "address", tree_text(scratch, endpoint->address));
    tree_set(object, "port", tree_number(endpoint->host->target->port));
    tree_set(object, "status", tree_text(scratch, status));
    tree_set(object, "reason", tree_text(scratch, sentence));
    tree_set(object, "traffic", traffic(endpoint, options));
    tree_set(object, "versions", versions(scratch, facts));
    tree_set(object, "cipher_suites", suites(scratch, facts));
    tree_set(object, "suite_enumeration", enumerations(scratch, facts));
    tree_set(object, "suite_preference", preferences(scratch, facts));
    tree_set(object, "certificates", tree_certificates(scratch, facts, &clock, options->pem));
    tree_set(object, "certificate_enumeration", tree_fact(scratch, &certificates));
    tree_set(object, "connection", tree_connection(scratch, facts, &clock, options->pem));
    tree_set_picture(scratch, object, facts);
    tree_set(object, "anomalies", anomalies(scratch, facts));
    tree_set(object, "checks", tree_checks(scratch, endpoint->host));
    if (options->evidence)
        tree_set(object, "probes", probes(scratch, &endpoint->host->ledger, !options->reproducible));
    return object;
}

static json_t *endpoints(struct arena *scratch, const struct report_input *input, const struct report_options *options)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < input->endpoint_count; i++)
        tree_add(list, endpoint_row(scratch, input, &input->endpoints[i], options));
    return list;
}

json_t *tree_scanner(struct arena *scratch)
{
    json_t *object = tree_object();
    tree_set(object, "name", tree_text(scratch, "shakedown"));
    tree_set(object, "version", tree_text(scratch, SHAKEDOWN_VERSION));
    tree_set(object, "tls_library", tree_text(scratch, library_version()));
    return object;
}

static json_t *target(struct arena *scratch, const struct target *target)
{
    json_t *object = tree_object();
    tree_set(object, "input", tree_text(scratch, target->input));
    tree_set(object, "host", tree_text(scratch, target->host));
    tree_set(object, "display_host", tree_text(scratch, target->display));
    tree_set(object, "port", tree_number(target->port));
    tree_set(object, "transport", tree_text(scratch, "tcp"));
    tree_set(object, "starttls", tree_text(scratch, NULL));
    tree_set(object, "sni", tree_text(scratch, target->sni));
    return object;
}

static json_t *tree_of(struct arena *scratch, const struct report_input *input, const struct report_options *options)
{
    json_t *object = tree_object();
    tree_set(object, "schema", tree_text(scratch, SCHEMA));
    tree_set(object, "scanner", tree_scanner(scratch));
    if (!options->reproducible) {
        tree_set(object, "started", tree_time(scratch, input->started));
        tree_set(object, "duration_ms", tree_number(input->duration_ms));
        tree_set(object, "now", tree_time(scratch, input->now));
    }
    tree_set(object, "target", target(scratch, input->target));
    tree_set(object, "interrupted", tree_truth(input->interrupted));
    tree_set(object, "trouble", tree_text(scratch, input->trouble));
    tree_set(object, "endpoints", endpoints(scratch, input, options));
    tree_set(object, "dns", tree_dns(scratch, input));
    tree_set(object, "http", tree_http(scratch, input));
    tree_set(object, "findings", tree_list());
    tree_set(object, "unjudged", tree_list());
    tree_set(object, "policy", tree_text(scratch, NULL));
    tree_set(object, "waivers", tree_text(scratch, NULL));
    tree_set(object, "grade", tree_text(scratch, NULL));
    tree_set(object, "thresholds", tree_list());
    tree_set(object, "changes", tree_text(scratch, NULL));
    if (options->judge != NULL)
        judge_tree(options->judge, input->now, object, options->judgement);
    return object;
}

struct report *report_make(const struct report_input *input, const struct report_options *options)
{
    struct arena scratch = {0};
    struct report *report = report_of(tree_of(&scratch, input, options), NULL, 0);
    arena_release(&scratch);
    return report;
}

char *report_json(const struct report_input *input, const struct report_options *options)
{
    struct report *report = report_make(input, options);
    char *text = tree_dump(report->tree, options->indent);
    report_free(report);
    return text;
}
