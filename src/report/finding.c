// SPDX-License-Identifier: Apache-2.0
//
// The embedded findings as values, and a report held against them. A finding is made only where the
// facts say so; where they say too little the rule is named in unjudged[], and never passed over.
#include "report/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/embedded.h"
#include "report/tree.h"

#define MOST_FINDINGS 512

static const char *const severities[] = {"none", "info", "low", "medium", "high", "critical"};

const char *severity_name(enum severity severity) { return severities[severity]; }

bool severity_find(const char *name, enum severity *out)
{
    for (size_t i = SEVERITY_INFO; name != NULL && i <= SEVERITY_CRITICAL; i++)
        if (strcmp(severities[i], name) == 0) {
            *out = (enum severity)i;
            return true;
        }
    return false;
}

// --- the table -----------------------------------------------------------------------------------

static const char *text_of(const struct source *source, const struct place *place, const json_t *json, const char *key,
                           struct complaint *complaint)
{
    struct place here = {.above = place, .key = key};
    const char *text = member_text(json, key);
    if (text == NULL || text[0] == '\0')
        place_complain(complaint, source, &here, "this takes a text");
    return text;
}

static bool read_finding(struct arena *arena, const struct source *source, size_t index, const json_t *json,
                         struct finding *out, struct complaint *complaint)
{
    static const char *const keys[] = {"id",        "severity",   "title",         "sentence", "advice",
                                       "configure", "references", "false_results", "exposure", NULL};
    struct place place = {.index = index};
    if (!severity_find(member_text(json, "severity"), &out->severity))
        return place_complain(complaint, source, &place, "there is no such severity");
    out->id = text_of(source, &place, json, "id", complaint);
    out->title = text_of(source, &place, json, "title", complaint);
    out->sentence = text_of(source, &place, json, "sentence", complaint);
    out->advice = text_of(source, &place, json, "advice", complaint);
    out->false_results = text_of(source, &place, json, "false_results", complaint);
    out->exposure = json_is_true(json_object_get(json, "exposure"));
    out->configure = json_object_get(json, "configure");
    out->references = json_object_get(json, "references");
    return complaint->text[0] == '\0' && rule_read(arena, source, &place, json, keys, &out->rule, complaint);
}

static int worst_first(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    return x->severity != y->severity ? (x->severity < y->severity) - (x->severity > y->severity)
                                      : strcmp(x->id, y->id);
}

void findings_load(struct arena *arena, struct findings *out, json_t *texts)
{
    struct finding *rows = arena_array(arena, MOST_FINDINGS, sizeof *rows);
    struct complaint complaint = {0};
    *out = (struct findings){rows, 0};
    for (size_t i = 0; i < embedded_count(EMBEDDED_FINDINGS); i++) {
        const struct embedded *file = embedded_at(EMBEDDED_FINDINGS, i);
        struct source source = {file->name, file->text};
        json_t *list = embedded_load(file);
        for (size_t k = 0; k < json_array_size(list); k++) {
            always(out->count < MOST_FINDINGS);
            read_finding(arena, &source, k, json_array_get(list, k), &rows[out->count++], &complaint);
        }
        if (complaint.text[0] != '\0')
            bug(complaint.text);
        tree_add(texts, list);
    }
    qsort(rows, out->count, sizeof *rows, worst_first);
}

// --- judging -------------------------------------------------------------------------------------

struct work {
    json_t *findings, *unjudged;
    const struct finding *finding;
    const struct scene *scene;
};

static json_t *evidence_of(struct arena *scratch, const struct ruling *ruling)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < ruling->evidence_count; i++)
        tree_add(list, tree_text(scratch, ruling->evidence[i]));
    return list;
}

static const char *or_else(const char *text, const char *otherwise) { return text != NULL ? text : otherwise; }

static json_t *address_of(const struct scene *scene)
{
    return tree_text(scene->scratch, member_text(scene->endpoint, "address"));
}

static void add_finding(const struct work *work, const struct ruling *ruling)
{
    const struct finding *finding = work->finding;
    struct arena *scratch = work->scene->scratch;
    json_t *row = tree_object();
    tree_set(row, "id", tree_text(scratch, finding->id));
    tree_set(row, "severity", tree_text(scratch, severity_name(finding->severity)));
    tree_set(row, "basis", tree_text(scratch, finding->exposure ? "exposure" : "fact"));
    tree_set(row, "title", tree_text(scratch, finding->title));
    tree_set(row, "address", address_of(work->scene));
    tree_set(row, "where", tree_text(scratch, ruling_place(&finding->rule, ruling, scratch)));
    tree_set(row, "detail",
             tree_text(scratch, or_else(ruling_show(&finding->rule, ruling, scratch), finding->sentence)));
    tree_set(row, "advice", tree_text(scratch, finding->advice));
    tree_set(row, "references", json_deep_copy(finding->references));
    tree_set(row, "evidence", evidence_of(scratch, ruling));
    tree_set(row, "waived", tree_text(scratch, NULL));
    tree_add(work->findings, row);
}

// Certificates are judged one by one, so that each has a row that can be followed from scan to scan.
static void add_findings(const struct work *work, const struct ruling *ruling)
{
    if (!work->finding->rule.demand.subject->one_by_one || ruling->count == 0) {
        add_finding(work, ruling);
        return;
    }
    for (size_t i = 0; i < ruling->count; i++) {
        struct ruling one = {.verdict = RULING_FAIL, .row = &ruling->row[i], .count = 1};
        ruling_prove(&work->finding->rule, &one);
        add_finding(work, &one);
    }
}

// Rules that wait for the same thing share a row.
static void add_unjudged(const struct work *work, const char *reason)
{
    const char *address = member_text(work->scene->endpoint, "address");
    struct arena *scratch = work->scene->scratch;
    json_t *row = NULL;
    for (size_t i = 0; i < json_array_size(work->unjudged) && row == NULL; i++) {
        json_t *other = json_array_get(work->unjudged, i);
        const char *its = member_text(other, "address");
        bool same = its == NULL || address == NULL ? its == address : strcmp(its, address) == 0;
        if (same && member_is(other, "reason", reason))
            row = other;
    }
    if (row == NULL) {
        row = tree_object();
        tree_set(row, "address", tree_text(scratch, address));
        tree_set(row, "reason", tree_text(scratch, reason));
        tree_set(row, "ids", tree_list());
        tree_add(work->unjudged, row);
    }
    tree_add(json_object_get(row, "ids"), tree_text(scratch, work->finding->id));
}

// Of an address where nothing of TLS was reached nothing is known, for the one reason that it has.
static bool reached(const json_t *endpoint)
{
    return endpoint == NULL || member_is(endpoint, "status", "complete") || member_is(endpoint, "status", "partial");
}

static void judge_one(const struct work *work)
{
    struct ruling ruling;
    const json_t *endpoint = work->scene->endpoint;
    if (!reached(endpoint)) {
        add_unjudged(work, or_else(member_text(endpoint, "reason"), "the address was not reached"));
        return;
    }
    rule_judge(&work->finding->rule, work->scene, &ruling);
    if (ruling.verdict == RULING_FAIL)
        add_findings(work, &ruling);
    else if (ruling.verdict == RULING_INCOMPLETE)
        add_unjudged(work, ruling.detail);
}

void findings_judge(const struct findings *findings, json_t *report, const struct scene *scene)
{
    struct work work = {tree_list(), tree_list(), NULL, scene};
    const json_t *endpoints = json_object_get(report, "endpoints");
    for (size_t i = 0; i < findings->count; i++) {
        work.finding = &findings->row[i];
        bool of_report = work.finding->rule.demand.subject->of_report;
        for (size_t k = 0; k < json_array_size(endpoints) && (k == 0 || !of_report); k++) {
            struct scene one = *scene;
            one.endpoint = of_report ? NULL : json_array_get(endpoints, k);
            work.scene = &one;
            judge_one(&work);
        }
    }
    tree_set(report, "findings", work.findings);
    tree_set(report, "unjudged", work.unjudged);
}
