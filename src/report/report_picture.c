// SPDX-License-Identifier: Apache-2.0
//
// The part of an endpoint that is beyond versions, suites and certificates: groups and signature
// schemes, one row for each code point whatever the versions it was accepted in, and the sections
// of features; and what each check cost.
#include <string.h>

#include "base/fail.h"
#include "check/host.h"
#include "report/tree.h"
#include "wire/registry.h"

// --- groups and signature schemes ----------------------------------------------------------------

enum { UP_TO_12, IN_13, EPOCHS }; // what the order of a list is told by

static const uint16_t epoch_version[EPOCHS] = {TLS12, TLS13};

// A code point that was accepted, in whatever version.
struct point {
    uint16_t code;
    bool accepted[EPOCHS];
    unsigned order[EPOCHS]; // 0: not known
    struct evidence evidence;
};

struct points {
    struct point *row;
    size_t count;
};

static void file(struct arena *scratch, struct points *points, uint16_t code, uint16_t version, unsigned order,
                 struct evidence evidence)
{
    const size_t epoch = version <= TLS12 ? UP_TO_12 : IN_13;
    size_t i = 0;
    while (i < points->count && points->row[i].code != code)
        i++;
    if (i == points->count)
        points->row[points->count++] = (struct point){.code = code};
    struct point *row = &points->row[i];
    row->accepted[epoch] = true;
    row->order[epoch] = order;
    for (size_t k = 0; k < evidence.count; k++)
        evidence_add(scratch, &row->evidence, evidence.key[k]);
}

// One whose order is not known comes after those that have one.
static int compare_places(unsigned a, unsigned b) { return a == b ? 0 : a == 0 ? 1 : b == 0 ? -1 : tree_order(a, b); }

static int compare_points(const void *a, const void *b)
{
    const struct point *x = *(const struct point *const *)a, *y = *(const struct point *const *)b;
    int order = compare_places(x->order[IN_13], y->order[IN_13]);
    if (order == 0)
        order = compare_places(x->order[UP_TO_12], y->order[UP_TO_12]);
    return order != 0 ? order : tree_order(x->code, y->code);
}

static int compare_keys(const void *a, const void *b)
{
    return tree_order(**(const uint64_t *const *)a, **(const uint64_t *const *)b);
}

// Two lists were joined, each filed when its version was done: in the order of the keys it is one.
static struct evidence in_order(struct arena *scratch, struct evidence evidence)
{
    const void **sorted = tree_sorted(scratch, evidence.key, evidence.count, sizeof *evidence.key, compare_keys);
    uint64_t *keys = arena_array(scratch, evidence.count, sizeof *keys);
    for (size_t i = 0; i < evidence.count; i++)
        keys[i] = *(const uint64_t *)sorted[i];
    return (struct evidence){keys, evidence.count};
}

static void set_point(struct arena *scratch, json_t *object, const struct point *row)
{
    struct fact accepted = fact_of(VERDICT_YES);
    json_t *versions = tree_list(), *order = tree_object();
    for (size_t i = 0; i < EPOCHS; i++) {
        if (row->accepted[i])
            tree_add(versions, tree_version(scratch, epoch_version[i]));
        tree_set(order, version_name(epoch_version[i]), tree_number_or_null(row->order[i]));
    }
    accepted.evidence = in_order(scratch, row->evidence);
    tree_set(object, "versions", versions);
    tree_set(object, "order", order);
    tree_set_fact(scratch, object, &accepted);
}

static const char *kind_name(enum group_kind kind)
{
    switch (kind) {
    case GROUP_EC_PRIME:
    case GROUP_EC_BINARY:
    case GROUP_MONTGOMERY:
    case GROUP_SM2:
        return "ecdhe";
    case GROUP_FFDHE:
        return "ffdhe";
    case GROUP_GOST:
        return "gost";
    case GROUP_KEM:
        return "kem";
    case GROUP_HYBRID:
        return "hybrid";
    case GROUP_EXPLICIT:
        return "explicit";
    case GROUP_GREASE:
        break;
    }
    return "unknown";
}

// A code point that a sweep has found need not be in the registry.
static json_t *group_row(struct arena *scratch, const struct point *row)
{
    const struct group *known = group_find(row->code);
    json_t *object = tree_object(), *code = tree_code(scratch, row->code);
    tree_set(object, "name", known == NULL ? tree_code(scratch, row->code) : tree_text(scratch, known->name));
    tree_set(object, "code", code);
    tree_set(object, "kind", tree_text(scratch, known == NULL ? "unknown" : kind_name(known->kind)));
    tree_set(object, "post_quantum", known == NULL ? tree_text(scratch, NULL) : tree_truth(known->post_quantum));
    tree_set(object, "field_bits", tree_number_or_null(known == NULL ? 0 : known->field_bits));
    tree_set(object, "strength_bits", tree_number_or_null(known == NULL ? 0 : known->strength_bits));
    set_point(scratch, object, row);
    return object;
}

static json_t *text_or_null(struct arena *scratch, const char *text)
{
    return tree_text(scratch, text == NULL || text[0] == '\0' ? NULL : text);
}

static json_t *scheme_row(struct arena *scratch, const struct point *row)
{
    const struct scheme *known = scheme_find(row->code);
    json_t *object = tree_object();
    tree_set(object, "name", known == NULL ? tree_code(scratch, row->code) : tree_text(scratch, known->name));
    tree_set(object, "code", tree_code(scratch, row->code));
    tree_set(object, "signature", text_or_null(scratch, known == NULL ? NULL : known->signature));
    tree_set(object, "hash", text_or_null(scratch, known == NULL ? NULL : known->hash));
    set_point(scratch, object, row);
    return object;
}

static json_t *rows_of(struct arena *scratch, const struct points *points,
                       json_t *(*row)(struct arena *, const struct point *))
{
    json_t *list = tree_list();
    const void **sorted = tree_sorted(scratch, points->row, points->count, sizeof *points->row, compare_points);
    for (size_t i = 0; i < points->count; i++)
        tree_add(list, row(scratch, sorted[i]));
    return list;
}

static json_t *groups(struct arena *scratch, const struct facts *facts)
{
    struct points points = {arena_array(scratch, facts->group_count, sizeof *points.row), 0};
    for (size_t i = 0; i < facts->group_count; i++) {
        const struct group_fact *row = &facts->groups[i];
        file(scratch, &points, row->code, row->version, row->order, row->evidence);
    }
    return rows_of(scratch, &points, group_row);
}

static json_t *schemes(struct arena *scratch, const struct facts *facts)
{
    struct points points = {arena_array(scratch, facts->scheme_count, sizeof *points.row), 0};
    for (size_t i = 0; i < facts->scheme_count; i++) {
        const struct scheme_fact *row = &facts->schemes[i];
        file(scratch, &points, row->code, row->version, row->order, row->evidence);
    }
    return rows_of(scratch, &points, scheme_row);
}

// --- whether those lists are whole, and who chooses ----------------------------------------------

static int compare_lists(const void *a, const void *b)
{
    const struct list_fact *x = *(const struct list_fact *const *)a, *y = *(const struct list_fact *const *)b;
    return tree_order(x->version, y->version);
}

static json_t *enumerations(struct arena *scratch, const struct facts *facts, enum list_kind kind)
{
    json_t *list = tree_list();
    const void **sorted = tree_sorted(scratch, facts->lists, facts->list_count, sizeof *facts->lists, compare_lists);
    for (size_t i = 0; i < facts->list_count; i++) {
        const struct list_fact *row = sorted[i];
        if (row->kind != kind)
            continue;
        json_t *object = tree_object();
        tree_set(object, "version", tree_version(scratch, row->version));
        tree_set(object, "offered", tree_number(row->offered));
        tree_set_fact(scratch, object, &row->complete);
        tree_add(list, object);
    }
    return list;
}

// A check that does not ask for the order leaves it zeroed.
static struct preference_fact preference_of(const struct list_fact *list)
{
    struct preference_fact row = list->preference;
    if (row.preference == PREFERENCE_UNKNOWN && row.reason == NULL) {
        row.reason = "not_asked";
        row.sentence = "the order was not asked for";
    }
    return row;
}

static json_t *preferences(struct arena *scratch, const struct facts *facts, enum list_kind kind)
{
    json_t *list = tree_list();
    const void **sorted = tree_sorted(scratch, facts->lists, facts->list_count, sizeof *facts->lists, compare_lists);
    for (size_t i = 0; i < facts->list_count; i++) {
        const struct list_fact *row = sorted[i];
        if (row->kind != kind || row->complete.verdict == VERDICT_NOT_APPLICABLE)
            continue;
        const struct preference_fact preference = preference_of(row);
        json_t *object = tree_object();
        tree_set(object, "version", tree_version(scratch, row->version));
        tree_set_preference(scratch, object, &preference);
        tree_add(list, object);
    }
    return list;
}

// --- features ------------------------------------------------------------------------------------

// What is sorted are the places of the list.
static int compare_features(const void *a, const void *b)
{
    const struct feature_fact *const *first = *(const struct feature_fact *const *const *)a;
    const struct feature_fact *const *second = *(const struct feature_fact *const *const *)b;
    const struct feature_fact *x = *first, *y = *second;
    int order = tree_order(x->section, y->section);
    // These are filed in the order in which the server chooses.
    if (order == 0 && x->section != FEATURE_ALPN)
        order = strcmp(x->id, y->id);
    if (order == 0 && x->section != FEATURE_ALPN)
        order = tree_order(x->version, y->version);
    return order != 0 ? order : tree_order((uintptr_t)first, (uintptr_t)second);
}

static json_t *feature_row(struct arena *scratch, const struct feature_fact *row)
{
    json_t *object = tree_object();
    tree_set(object, "id", tree_text(scratch, row->id));
    tree_set(object, "version", row->version == 0 ? tree_text(scratch, NULL) : tree_version(scratch, row->version));
    tree_set_fact(scratch, object, &row->fact);
    tree_set(object, "value", text_or_null(scratch, row->value));
    tree_set(object, "number", row->has_number ? tree_integer(row->number) : tree_text(scratch, NULL));
    tree_set(object, "unit", tree_text(scratch, row->has_number ? row->unit : NULL));
    return object;
}

static void set_features(struct arena *scratch, json_t *object, const struct facts *facts)
{
    json_t *section[FEATURE_SECTIONS];
    const void **sorted =
        tree_sorted(scratch, facts->features, facts->feature_count, sizeof *facts->features, compare_features);
    for (unsigned i = 0; i < FEATURE_SECTIONS; i++)
        section[i] = tree_list();
    for (size_t i = 0; i < facts->feature_count; i++) {
        const struct feature_fact *row = *(const struct feature_fact *const *)sorted[i];
        tree_add(section[row->section], feature_row(scratch, row));
    }
    for (unsigned i = 0; i < FEATURE_SECTIONS; i++)
        tree_set(object, feature_section_name((enum feature_section)i), section[i]);
}

void tree_set_picture(struct arena *scratch, json_t *object, const struct facts *facts)
{
    tree_set(object, "groups", groups(scratch, facts));
    tree_set(object, "group_enumeration", enumerations(scratch, facts, LIST_GROUPS));
    tree_set(object, "group_preference", preferences(scratch, facts, LIST_GROUPS));
    tree_set(object, "signature_schemes", schemes(scratch, facts));
    tree_set(object, "signature_scheme_enumeration", enumerations(scratch, facts, LIST_SIGNATURE_SCHEMES));
    tree_set(object, "signature_scheme_preference", preferences(scratch, facts, LIST_SIGNATURE_SCHEMES));
    set_features(scratch, object, facts);
}

// --- what each check cost ------------------------------------------------------------------------

// A question that several checks asked counts for the first of them, whichever came to it first.
static unsigned caused_by(const struct host *host, size_t check)
{
    unsigned connections = 0;
    const uint64_t bit = UINT64_C(1) << check;
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        if (answer->outcome != NULL && (answer->askers & bit) != 0 && (answer->askers & (bit - 1)) == 0)
            connections += answer->outcome->tries;
    return connections;
}

json_t *tree_checks(struct arena *scratch, const struct host *host)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < check_count(); i++) {
        if (!host_runs(host, check_at(i)))
            continue;
        json_t *object = tree_object();
        tree_set(object, "id", tree_text(scratch, check_at(i)->id));
        tree_set(object, "connections", tree_number(caused_by(host, i)));
        tree_add(list, object);
    }
    return list;
}
