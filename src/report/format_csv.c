// SPDX-License-Identifier: Apache-2.0
//
// CSV (RFC 4180), for spreadsheets: a row for each address, and below it one for each finding there, for
// findings that could not be judged, and for each rule of the policy that is not passed. What is known of the address
// is repeated in all of them, so that the table can be filtered and sorted by any column. Columns are stable: new ones
// come last.
//
// A spreadsheet takes a field that begins like a formula for one. Such a field gets a quote in front.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/rendering.h"
#include "report/view.h"

enum csv_column {
    TARGET,
    HOST,
    ADDRESS,
    PORT,
    STATUS,
    SCANNED,
    VERSIONS,
    CERTIFICATE,
    NOT_AFTER,
    GRADE,
    POLICY,
    POLICY_VERDICT,
    KIND,
    ID,
    SEVERITY,
    VERDICT,
    TITLE,
    WHERE,
    DETAIL,
    ADVICE,
    REFERENCES,
    WAIVED,
    COLUMNS
};

static const char *const titles[COLUMNS] = {
    "target",    "host",  "address", "port",           "status",     "scanned", "versions", "certificate",
    "not_after", "grade", "policy",  "policy_verdict", "kind",       "id",      "severity", "verdict",
    "title",     "where", "detail",  "advice",         "references", "waived",
};

// A row's fields; NULL: empty.
struct csv_row {
    const char *field[COLUMNS];
};

// --- fields ----------------------------------------------------------------------------------------

// Full-width forms are taken for the plain ones in some places.
static bool begins_formula(const char *text)
{
    static const char *const beginnings[] = {"=", "+", "-", "@", "|", "%", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

// What is printable has no line's end in it.
static void put_field(struct rendering *rendering, const char *text)
{
    bool formula = begins_formula(text);
    if (!formula && strpbrk(text, "\",; '") == NULL) {
        rendering_put(rendering, text);
        return;
    }
    rendering_put(rendering, formula ? "\"'" : "\"");
    for (size_t size; *text != '\0'; text += size) {
        size = strcspn(text, "\"");
        rendering_put_octets(rendering, text, size);
        if (text[size] != '"')
            break;
        rendering_put(rendering, "\"\"");
        size++;
    }
    rendering_put(rendering, "\"");
}

static void put_row(struct rendering *rendering, const char *const *fields)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i != 0)
            rendering_put(rendering, ",");
        if (fields[i] != NULL)
            put_field(rendering, fields[i]);
    }
    rendering_put(rendering, "\r\n");
}

// --- what every row says ---------------------------------------------------------------------------

static const char *port_text(struct rendering *rendering, const json_t *object)
{
    const json_t *port = json_object_get(object, "port");
    return json_is_integer(port) ? arena_text(&rendering->scratch, "%" PRId64, (int64_t)json_integer_value(port))
                                 : NULL;
}

static void describe_report(struct rendering *rendering, const json_t *report, struct csv_row *row)
{
    const json_t *target = json_object_get(report, "target"), *policy = json_object_get(report, "policy");
    row->field[TARGET] = rendering_text(rendering, target, "input");
    row->field[HOST] = rendering_text(rendering, target, "host");
    row->field[PORT] = port_text(rendering, target);
    row->field[SCANNED] = rendering_text(rendering, report, "started");
    row->field[POLICY] = rendering_text(rendering, policy, "name");
    row->field[POLICY_VERDICT] = rendering_text(rendering, policy, "verdict");
    row->field[GRADE] = rendering_text(rendering, json_object_get(report, "grade"), "letter");
}

static void describe_endpoint(struct rendering *rendering, const json_t *endpoint, struct csv_row *row)
{
    const json_t *leaf = rendering_leaf(endpoint);
    row->field[ADDRESS] = rendering_text(rendering, endpoint, "address");
    row->field[PORT] = port_text(rendering, endpoint);
    row->field[STATUS] = rendering_text(rendering, endpoint, "status");
    row->field[VERSIONS] = rendering_versions(rendering, endpoint);
    row->field[CERTIFICATE] = rendering_text(rendering, leaf, "subject");
    row->field[NOT_AFTER] = rendering_text(rendering, leaf, "not_after");
    row->field[KIND] = "address";
    row->field[DETAIL] = rendering_text(rendering, endpoint, "reason");
}

// --- findings and rules ----------------------------------------------------------------------------

static void put_finding(struct rendering *rendering, const json_t *finding, struct csv_row row)
{
    row.field[KIND] = "finding";
    row.field[ID] = rendering_text(rendering, finding, "id");
    row.field[SEVERITY] = rendering_text(rendering, finding, "severity");
    row.field[TITLE] = rendering_text(rendering, finding, "title");
    row.field[WHERE] = rendering_text(rendering, finding, "where");
    row.field[DETAIL] = rendering_text(rendering, finding, "detail");
    row.field[ADVICE] = rendering_text(rendering, finding, "advice");
    row.field[REFERENCES] = rendering_joined(rendering, json_object_get(finding, "references"), "; ");
    row.field[WAIVED] = rendering_text(rendering, json_object_get(finding, "waived"), "reason");
    put_row(rendering, row.field);
}

// Findings of which nobody knows whether they are there: that there is no row of theirs says nothing.
static void put_unjudged(struct rendering *rendering, const json_t *unjudged, struct csv_row row)
{
    row.field[KIND] = "unjudged";
    row.field[ID] = rendering_joined(rendering, json_object_get(unjudged, "ids"), " ");
    row.field[VERDICT] = "unknown";
    row.field[DETAIL] = rendering_text(rendering, unjudged, "reason");
    put_row(rendering, row.field);
}

static void put_rule(struct rendering *rendering, const json_t *rule, struct csv_row row)
{
    row.field[KIND] = "rule";
    row.field[ID] = rendering_text(rendering, rule, "id");
    row.field[SEVERITY] = rendering_text(rendering, rule, "level");
    row.field[VERDICT] = rendering_text(rendering, rule, "verdict");
    row.field[TITLE] = rendering_text(rendering, rule, "sentence");
    row.field[DETAIL] = rendering_text(rendering, rule, "detail");
    row.field[REFERENCES] = rendering_citation(rendering, rule);
    row.field[WAIVED] = rendering_text(rendering, json_object_get(rule, "waived"), "reason");
    put_row(rendering, row.field);
}

static void put_about(struct rendering *rendering, const json_t *report, const json_t *endpoint, struct csv_row *row,
                      bool first)
{
    const json_t *findings = json_object_get(report, "findings"), *unjudged = json_object_get(report, "unjudged");
    const json_t *rules = json_object_get(json_object_get(report, "policy"), "rules");
    put_row(rendering, row->field);
    row->field[DETAIL] = NULL;
    for (size_t i = 0; i < view_count(findings); i++)
        if (rendering_belongs(json_array_get(findings, i), endpoint, first))
            put_finding(rendering, json_array_get(findings, i), *row);
    for (size_t i = 0; i < view_count(unjudged); i++)
        if (rendering_belongs(json_array_get(unjudged, i), endpoint, first))
            put_unjudged(rendering, json_array_get(unjudged, i), *row);
    for (size_t i = 0; i < view_count(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        if (rendering_is_open(rule) && rendering_belongs(rule, endpoint, first))
            put_rule(rendering, rule, *row);
    }
}

static void begin(struct rendering *rendering) { put_row(rendering, titles); }

static void add(struct rendering *rendering, struct report *report)
{
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    for (size_t i = 0; i < view_count(endpoints); i++) {
        struct csv_row row = {0};
        describe_report(rendering, report->tree, &row);
        describe_endpoint(rendering, json_array_get(endpoints, i), &row);
        put_about(rendering, report->tree, json_array_get(endpoints, i), &row, i == 0);
    }
    if (view_count(endpoints) != 0)
        return;
    struct csv_row row = {0};
    describe_report(rendering, report->tree, &row);
    row.field[STATUS] = "unresolved";
    row.field[KIND] = "address";
    row.field[DETAIL] = rendering_text(rendering, report->tree, "trouble");
    put_about(rendering, report->tree, NULL, &row, true);
}

const struct format_view format_csv = {0, begin, add, NULL};
