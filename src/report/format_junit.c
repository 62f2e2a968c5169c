// SPDX-License-Identifier: Apache-2.0
//
// JUnit XML, for pipelines that show tests: a suite for each address, with a case for the scan itself and
// for each finding, and a suite for the policy with a case for each rule. A finding of medium severity or
// worse, and a MUST that is not met, is a failure; what could not be reached or decided is an error where it
// would have counted. What is less than that is skipped, with its reason, and so is what is waived.
//
// That a finding is not there is a passed test only in a report that was judged by this program just now:
// an older judge did not know every finding. No text is longer than the formats' common limit, and what XML
// cannot carry is escaped in it (view_printable).
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/embedded.h"
#include "report/rendering.h"
#include "report/view.h"

#define FILES 16 // of findings, in the program

struct junit {
    json_t *findings[FILES]; // lists of them, as they stand in data/findings/
    size_t count;
};

// The cases of a suite: they are counted before the suite is begun.
struct cases {
    const char *name; // of the suite
    struct builder text;
    unsigned tests, failures, errors, skipped;
};

enum result { PASSED, FAILED, ERROR, SKIPPED };

static void append_escaped(struct builder *builder, const char *text)
{
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        builder_add(builder, (struct bytes){(const uint8_t *)text, plain});
        text += plain;
        for (size_t i = 0; i < sizeof entities / sizeof *entities && *text != '\0'; i++)
            if (*text == entities[i].character) {
                view_append(builder, entities[i].entity);
                text++;
                break;
            }
    }
}

static void append_attribute(struct builder *builder, const char *name, const char *value)
{
    view_append(builder, " ");
    view_append(builder, name);
    view_append(builder, "=\"");
    append_escaped(builder, value);
    view_append(builder, "\"");
}

struct ending {
    enum result result;
    const char *message, *type, *body; // of what did not pass; body: or NULL
};

static void append_ending(struct builder *builder, const struct ending *ending)
{
    static const char *const elements[] = {NULL, "failure", "error", "skipped"};
    const char *element = elements[ending->result];
    view_append(builder, "<");
    view_append(builder, element);
    append_attribute(builder, "message", ending->message == NULL || ending->message[0] == '\0' ? "?" : ending->message);
    if (ending->result != SKIPPED)
        append_attribute(builder, "type", ending->type == NULL ? "?" : ending->type);
    if (ending->body == NULL || ending->result == SKIPPED) {
        view_append(builder, "/>");
        return;
    }
    view_append(builder, ">");
    append_escaped(builder, ending->body);
    view_append(builder, "</");
    view_append(builder, element);
    view_append(builder, ">");
}

// kind: the last part of the class. What stands before it keeps apart cases of one name in several suites.
static void add_case(struct cases *cases, const char *kind, const char *name, const struct ending *ending)
{
    struct builder *text = &cases->text;
    cases->tests++;
    cases->failures += ending->result == FAILED;
    cases->errors += ending->result == ERROR;
    cases->skipped += ending->result == SKIPPED;
    view_append(text, "  <testcase");
    append_attribute(text, "classname", arena_text(text->arena, "%s.%s", cases->name, kind));
    append_attribute(text, "name", name == NULL ? "?" : name);
    if (ending->result == PASSED) {
        view_append(text, "/>\n");
        return;
    }
    view_append(text, ">");
    append_ending(text, ending);
    view_append(text, "</testcase>\n");
}

// --- what becomes a case ---------------------------------------------------------------------------

static const char *or_nothing(const char *text) { return text == NULL ? "" : text; }

static void add_scan(struct rendering *rendering, struct cases *cases, const json_t *endpoint, const char *trouble)
{
    const char *status = rendering_text(rendering, endpoint, "status");
    const char *reason = rendering_text(rendering, endpoint, "reason");
    struct ending ending = {.result = view_is(endpoint, "status", "complete") ? PASSED : ERROR,
                            .message = reason != NULL    ? reason
                                       : trouble != NULL ? trouble
                                                         : status,
                            .type = status == NULL ? "unresolved" : status};
    if (view_is(endpoint, "status", "partial"))
        ending.result = SKIPPED;
    add_case(cases, "scan", "scan", &ending);
}

static void add_finding(struct rendering *rendering, struct cases *cases, const json_t *finding)
{
    const char *severity = rendering_text(rendering, finding, "severity");
    const char *title = or_nothing(rendering_text(rendering, finding, "title"));
    const char *where = rendering_text(rendering, finding, "where");
    const char *detail = or_nothing(rendering_text(rendering, finding, "detail"));
    const char *waived = rendering_text(rendering, json_object_get(finding, "waived"), "reason");
    bool counts = rendering_severity(finding) >= SEVERITY_MEDIUM && !rendering_is_waived(finding);
    struct ending ending = {
        .result = counts ? FAILED : SKIPPED,
        .message =
            arena_text(&rendering->scratch, "%s%s: %s", rendering_is_waived(finding) ? "waived: " : "", title, detail),
        .type = severity,
        .body = arena_text(&rendering->scratch, "%s%s%s See %s", where == NULL ? "" : where, where == NULL ? "" : "\n",
                           or_nothing(rendering_text(rendering, finding, "advice")),
                           or_nothing(rendering_joined(rendering, json_object_get(finding, "references"), ", ")))};
    if (waived != NULL)
        ending.message = arena_text(&rendering->scratch, "%s (%s)", ending.message, waived);
    const char *id = rendering_text(rendering, finding, "id");
    if (where != NULL)
        id = arena_text(&rendering->scratch, "%s (%s)", or_nothing(id), where);
    add_case(cases, "finding", id, &ending);
}

static void add_unjudged(struct rendering *rendering, struct cases *cases, const json_t *row)
{
    const json_t *ids = json_object_get(row, "ids");
    struct ending ending = {.result = SKIPPED, .message = rendering_text(rendering, row, "reason")};
    for (size_t i = 0; i < view_count(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (id != NULL)
            add_case(cases, "finding", view_printable(&rendering->scratch, id), &ending);
    }
}

static bool is_id(const json_t *value, const char *id)
{
    const char *text = json_string_value(value);
    return text != NULL && strcmp(text, id) == 0;
}

// Whether a finding was made at an endpoint, or could not be.
static bool is_told(const json_t *report, const json_t *endpoint, bool first, const char *id)
{
    const json_t *findings = json_object_get(report, "findings"), *unjudged = json_object_get(report, "unjudged");
    for (size_t i = 0; i < view_count(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        if (is_id(json_object_get(finding, "id"), id) && rendering_belongs(finding, endpoint, first))
            return true;
    }
    for (size_t i = 0; i < view_count(unjudged); i++) {
        const json_t *row = json_array_get(unjudged, i), *ids = json_object_get(row, "ids");
        for (size_t k = 0; k < view_count(ids); k++)
            if (is_id(json_array_get(ids, k), id) && rendering_belongs(row, endpoint, first))
                return true;
    }
    return false;
}

static void add_passed(struct rendering *rendering, struct cases *cases, const json_t *report, const json_t *endpoint,
                       bool first)
{
    const struct junit *junit = rendering->state;
    for (size_t i = 0; i < junit->count; i++)
        for (size_t k = 0; k < json_array_size(junit->findings[i]); k++) {
            const char *id = json_string_value(json_object_get(json_array_get(junit->findings[i], k), "id"));
            if (id != NULL && !is_told(report, endpoint, first, id))
                add_case(cases, "finding", id, &(struct ending){.result = PASSED});
        }
}

static void add_rule(struct rendering *rendering, struct cases *cases, const json_t *rule)
{
    bool must = view_is(rule, "level", "MUST") && !rendering_is_waived(rule);
    const char *sentence = or_nothing(rendering_text(rendering, rule, "sentence"));
    const char *detail = rendering_text(rendering, rule, "detail"), *cite = rendering_citation(rendering, rule);
    struct ending ending = {
        .result = SKIPPED,
        .message = arena_text(&rendering->scratch, "%s%s%s%s", rendering_is_waived(rule) ? "waived: " : "", sentence,
                              detail == NULL ? "" : " ", or_nothing(detail)),
        .type = rendering_text(rendering, rule, "level"),
        .body = cite,
    };
    if (view_is(rule, "verdict", "pass"))
        ending.result = PASSED;
    else if (must && view_is(rule, "verdict", "fail"))
        ending.result = FAILED;
    else if (must && !view_is(rule, "verdict", "not_applicable"))
        ending.result = ERROR;
    add_case(cases, "policy", rendering_text(rendering, rule, "id"), &ending);
}

// --- suites ----------------------------------------------------------------------------------------

static void put_attribute(struct rendering *rendering, const char *name, const char *value)
{
    struct builder builder = builder_in(&rendering->scratch);
    append_attribute(&builder, name, value);
    rendering_put_octets(rendering, (const char *)builder.data, builder.size);
}

static void put_suite(struct rendering *rendering, const json_t *report, bool timed, const struct cases *cases)
{
    const char *started = rendering_text(rendering, report, "started");
    int64_t duration = timed ? view_number(report, "duration_ms") : 0, seconds;
    duration = duration < 0 ? 0 : duration;
    rendering_put(rendering, " <testsuite");
    put_attribute(rendering, "name", cases->name);
    rendering_print(rendering,
                    " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%" PRId64 ".%03" PRId64 "\"",
                    cases->tests, cases->failures, cases->errors, cases->skipped, duration / 1000, duration % 1000);
    if (started != NULL && text_to_time(started, &seconds))
        put_attribute(rendering, "timestamp",
                      arena_text(&rendering->scratch, "%.19s", text_time(&rendering->scratch, seconds)));
    rendering_put(rendering, ">\n");
    rendering_put_octets(rendering, (const char *)cases->text.data, cases->text.size);
    rendering_put(rendering, " </testsuite>\n");
}

static void add_endpoint(struct rendering *rendering, const struct report *from, const json_t *endpoint, bool first)
{
    const json_t *report = from->tree, *findings = json_object_get(report, "findings");
    const json_t *unjudged = json_object_get(report, "unjudged");
    const char *trouble = endpoint == NULL ? rendering_text(rendering, report, "trouble") : NULL;
    struct cases cases = {.name = rendering_endpoint(rendering, report, endpoint),
                          .text = builder_in(&rendering->scratch)};
    add_scan(rendering, &cases, endpoint, trouble);
    for (size_t i = 0; i < view_count(findings); i++)
        if (rendering_belongs(json_array_get(findings, i), endpoint, first))
            add_finding(rendering, &cases, json_array_get(findings, i));
    for (size_t i = 0; i < view_count(unjudged); i++)
        if (rendering_belongs(json_array_get(unjudged, i), endpoint, first))
            add_unjudged(rendering, &cases, json_array_get(unjudged, i));
    if (endpoint != NULL && (from->text == NULL || from->judged))
        add_passed(rendering, &cases, report, endpoint, first);
    put_suite(rendering, report, first, &cases);
}

static void add_policy(struct rendering *rendering, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy"), *rules = json_object_get(policy, "rules");
    const char *name = rendering_text(rendering, policy, "name");
    struct cases cases = {.text = builder_in(&rendering->scratch)};
    cases.name =
        arena_text(&rendering->scratch, "%s policy %s", rendering_target(rendering, report), name == NULL ? "?" : name);
    if (!json_is_object(policy))
        return;
    for (size_t i = 0; i < view_count(rules); i++)
        add_rule(rendering, &cases, json_array_get(rules, i));
    put_suite(rendering, report, false, &cases);
}

static void add(struct rendering *rendering, struct report *report)
{
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    size_t count = view_count(endpoints);
    for (size_t i = 0; i < count; i++)
        add_endpoint(rendering, report, json_array_get(endpoints, i), i == 0);
    if (count == 0)
        add_endpoint(rendering, report, NULL, true);
    add_policy(rendering, report->tree);
}

static void begin(struct rendering *rendering)
{
    struct junit *junit = rendering->state;
    junit->count = embedded_count(EMBEDDED_FINDINGS);
    always(junit->count <= FILES);
    for (size_t i = 0; i < junit->count; i++)
        junit->findings[i] = embedded_load(embedded_at(EMBEDDED_FINDINGS, i));
    rendering_put(rendering, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"shakedown\">\n");
}

static void end(struct rendering *rendering)
{
    struct junit *junit = rendering->state;
    rendering_put(rendering, "</testsuites>\n");
    for (size_t i = 0; i < junit->count; i++)
        json_decref(junit->findings[i]);
}

const struct format_view format_junit = {sizeof(struct junit), begin, add, end};
