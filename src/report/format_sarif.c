// SPDX-License-Identifier: Apache-2.0
//
// SARIF 2.1.0, for code scanning: a result for each finding, and for each rule of the policy that is not
// met. What was not reached, not known or could not be judged is told in notifications: whoever reads only
// results must not take them for a pass.
//
// A server has no file. What stands in for one is the line of the list of targets that names it, so that a
// finding shows beside it in the repository that holds the list; the server itself is a logical location.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "report/rendering.h"
#include "report/tree.h"
#include "report/view.h"
#include "shakedown.h"

#define RULES 1000 // that are described; a result of one beyond these has its id alone

struct sarif {
    struct spool rules, notifications;
    const char *rule[RULES];
    size_t rule_count, notification_count;
    bool any; // result so far
    FILE *list;
    char *line; // of the list, malloc'd by getline
    size_t capacity;
};

static json_t *message(struct rendering *rendering, const char *text)
{
    json_t *object = tree_object();
    tree_set(object, "text", tree_text(&rendering->scratch, text == NULL ? "?" : text));
    return object;
}

// --- where -----------------------------------------------------------------------------------------

static bool names(const char *line, const char *target)
{
    size_t size = strlen(target);
    line += strspn(line, " \t");
    return size != 0 && strncmp(line, target, size) == 0 && strchr("# \t\r\n", line[size]) != NULL;
}

// The line of the list that names a target, from 1; 1 where it cannot be found.
static int64_t line_of(struct sarif *sarif, const char *target)
{
    if (sarif->list == NULL || target == NULL)
        return 1;
    rewind(sarif->list);
    for (int64_t number = 1; getline(&sarif->line, &sarif->capacity, sarif->list) > 0; number++)
        if (names(sarif->line, target))
            return number;
    return 1;
}

// A list's name as a relative reference (RFC 3986): from the folder that the scan was started in, or the
// name alone.
static const char *list_uri(struct rendering *rendering)
{
    const char *name = rendering->options.list;
    struct builder builder = builder_in(&rendering->scratch);
    if (name == NULL || strcmp(name, "-") == 0)
        return "targets";
    if (name[0] == '/')
        name = strrchr(name, '/') + 1;
    for (; *name != '\0'; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= '0' && *name <= '9') || strchr("-._~/", *name) != NULL;
        if (plain)
            builder_u8(&builder, (uint8_t)*name);
        else
            view_append(&builder, arena_text(&rendering->scratch, "%%%02X", (unsigned)(unsigned char)*name));
    }
    return builder.size == 0 ? "targets" : arena_string(&rendering->scratch, builder_bytes(&builder));
}

static json_t *locations(struct rendering *rendering, int64_t line, const char *endpoint)
{
    json_t *artifact = tree_object(), *region = tree_object(), *physical = tree_object(), *logical = tree_object();
    tree_set(artifact, "uri", tree_text(&rendering->scratch, list_uri(rendering)));
    tree_set(artifact, "uriBaseId", tree_text(&rendering->scratch, "%SRCROOT%"));
    tree_set(region, "startLine", tree_integer(line));
    tree_set(physical, "artifactLocation", artifact);
    tree_set(physical, "region", region);
    tree_set(logical, "fullyQualifiedName", tree_text(&rendering->scratch, endpoint));
    tree_set(logical, "kind", tree_text(&rendering->scratch, "resource"));
    json_t *location = tree_object(), *logicals = tree_list(), *list = tree_list();
    tree_add(logicals, logical);
    tree_set(location, "physicalLocation", physical);
    tree_set(location, "logicalLocations", logicals);
    tree_add(list, location);
    return list;
}

// --- rules -----------------------------------------------------------------------------------------

// What GitHub and others sort by: 9 and above is critical, 7 high, 4 medium.
static const char *const scores[] = {[SEVERITY_NONE] = NULL,    [SEVERITY_INFO] = NULL,  [SEVERITY_LOW] = "3.0",
                                     [SEVERITY_MEDIUM] = "5.5", [SEVERITY_HIGH] = "8.0", [SEVERITY_CRITICAL] = "9.5"};

static const char *const levels[] = {
    [SEVERITY_NONE] = "note",      [SEVERITY_INFO] = "note",  [SEVERITY_LOW] = "note",
    [SEVERITY_MEDIUM] = "warning", [SEVERITY_HIGH] = "error", [SEVERITY_CRITICAL] = "error"};

// A rule as it is told of: by a finding, or by a row of a policy.
struct told {
    const char *id, *title, *help;
    enum severity severity;
};

static void describe_rule(struct rendering *rendering, const struct told *rule)
{
    json_t *object = tree_object(), *configuration = tree_object(), *properties = tree_object(), *tags = tree_list();
    tree_set(object, "id", tree_text(&rendering->scratch, rule->id));
    tree_set(object, "shortDescription", message(rendering, rule->title));
    tree_set(object, "fullDescription", message(rendering, rule->title));
    tree_set(object, "help", message(rendering, rule->help == NULL ? rule->title : rule->help));
    tree_set(configuration, "level", tree_text(&rendering->scratch, levels[rule->severity]));
    tree_set(object, "defaultConfiguration", configuration);
    tree_add(tags, tree_text(&rendering->scratch, "security"));
    tree_add(tags, tree_text(&rendering->scratch, "tls"));
    tree_set(properties, "tags", tags);
    if (scores[rule->severity] != NULL)
        tree_set(properties, "security-severity", tree_text(&rendering->scratch, scores[rule->severity]));
    tree_set(object, "properties", properties);
    rendering_put_json(rendering, object);
}

// Its index among the rules; RULES: it has no place there.
static size_t rule_index(struct rendering *rendering, const struct told *rule)
{
    struct sarif *sarif = rendering->state;
    for (size_t i = 0; i < sarif->rule_count; i++)
        if (strcmp(sarif->rule[i], rule->id) == 0)
            return i;
    if (sarif->rule_count == RULES)
        return RULES;
    rendering_divert(rendering, &sarif->rules);
    if (sarif->rule_count != 0)
        rendering_put(rendering, ",");
    describe_rule(rendering, rule);
    rendering_divert(rendering, NULL);
    sarif->rule[sarif->rule_count] = arena_text(&rendering->memory, "%s", rule->id);
    return sarif->rule_count++;
}

// --- results ---------------------------------------------------------------------------------------

// Where a row belongs.
struct site {
    const json_t *report, *endpoint;
    const char *name;
    int64_t line;
};

// The same from scan to scan: of what is asked about, and what is said of it.
static const char *fingerprint(struct rendering *rendering, const struct site *site, const char *id, const json_t *row)
{
    const char *where = rendering_text(rendering, row, "where");
    const char *text = arena_text(&rendering->scratch, "%s\n%s\n%s", site->name, id, where == NULL ? "" : where);
    return arena_text(&rendering->scratch, "%016" PRIx64, bytes_hash(bytes_of_text(text)));
}

static json_t *suppressions(struct rendering *rendering, const json_t *row)
{
    json_t *list = tree_list(), *object = tree_object();
    const char *reason = rendering_text(rendering, json_object_get(row, "waived"), "reason");
    tree_set(object, "kind", tree_text(&rendering->scratch, "external"));
    tree_set(object, "justification", tree_text(&rendering->scratch, reason == NULL ? "?" : reason));
    tree_add(list, object);
    return list;
}

static void put_result(struct rendering *rendering, const struct site *site, const struct told *rule, const json_t *row)
{
    struct sarif *sarif = rendering->state;
    const char *detail = rendering_text(rendering, row, "detail");
    const char *text = arena_text(&rendering->scratch, "%s: %s%s%s", site->name, rule->title,
                                  detail == NULL ? "" : " - ", detail == NULL ? "" : detail);
    json_t *result = tree_object(), *prints = tree_object();
    size_t index = rule_index(rendering, rule);
    tree_set(result, "ruleId", tree_text(&rendering->scratch, rule->id));
    if (index != RULES)
        tree_set(result, "ruleIndex", tree_integer((int64_t)index));
    tree_set(result, "level", tree_text(&rendering->scratch, levels[rule->severity]));
    tree_set(result, "message", message(rendering, text));
    tree_set(result, "locations", locations(rendering, site->line, site->name));
    tree_set(prints, "endpointRule/v1", tree_text(&rendering->scratch, fingerprint(rendering, site, rule->id, row)));
    tree_set(result, "partialFingerprints", prints);
    if (rendering_is_waived(row))
        tree_set(result, "suppressions", suppressions(rendering, row));
    if (sarif->any)
        rendering_put(rendering, ",\n");
    sarif->any = true;
    rendering_put_json(rendering, result);
}

static void put_finding(struct rendering *rendering, const struct site *site, const json_t *finding)
{
    const char *id = rendering_text(rendering, finding, "id"), *title = rendering_text(rendering, finding, "title");
    const char *advice = rendering_text(rendering, finding, "advice");
    const char *references = rendering_joined(rendering, json_object_get(finding, "references"), ", ");
    const char *help = arena_text(&rendering->scratch, "%s%s%s", advice == NULL ? "" : advice,
                                  references == NULL ? "" : " See ", references == NULL ? "" : references);
    const struct told rule = {id == NULL ? "?" : id, title == NULL ? "?" : title, help[0] == '\0' ? NULL : help,
                              rendering_severity(finding)};
    put_result(rendering, site, &rule, finding);
}

static enum severity severity_of_level(const json_t *rule)
{
    return view_is(rule, "level", "MUST")     ? SEVERITY_HIGH
           : view_is(rule, "level", "SHOULD") ? SEVERITY_MEDIUM
                                              : SEVERITY_LOW;
}

static void put_rule(struct rendering *rendering, const struct site *site, const json_t *row)
{
    const char *id = rendering_text(rendering, row, "id"), *policy = rendering_text(rendering, row, "policy");
    const char *sentence = rendering_text(rendering, row, "sentence"), *cite = rendering_citation(rendering, row);
    const struct told rule = {
        arena_text(&rendering->scratch, "%s/%s", policy == NULL ? "?" : policy, id == NULL ? "?" : id),
        sentence == NULL ? "?" : sentence,
        cite == NULL ? NULL : arena_text(&rendering->scratch, "Demanded by %s.", cite),
        severity_of_level(row),
    };
    put_result(rendering, site, &rule, row);
}

// --- notifications ---------------------------------------------------------------------------------

static void notify(struct rendering *rendering, const struct site *site, const char *level, const char *text)
{
    struct sarif *sarif = rendering->state;
    json_t *object = tree_object();
    tree_set(object, "level", tree_text(&rendering->scratch, level));
    tree_set(object, "message", message(rendering, arena_text(&rendering->scratch, "%s: %s", site->name, text)));
    tree_set(object, "locations", locations(rendering, site->line, site->name));
    rendering_divert(rendering, &sarif->notifications);
    if (sarif->notification_count++ != 0)
        rendering_put(rendering, ",");
    rendering_put_json(rendering, object);
    rendering_divert(rendering, NULL);
}

static void notify_status(struct rendering *rendering, const struct site *site)
{
    const char *status = rendering_text(rendering, site->endpoint, "status");
    const char *reason = rendering_text(rendering, site->endpoint, "reason");
    if (view_is(site->endpoint, "status", "complete"))
        return;
    notify(rendering, site, rendering_is_reached(site->endpoint) ? "warning" : "error",
           arena_text(&rendering->scratch, "%s%s%s", status == NULL ? "not reached" : status,
                      reason == NULL ? "" : ": ", reason == NULL ? "" : reason));
}

static void notify_unjudged(struct rendering *rendering, const struct site *site, const json_t *row)
{
    const char *ids = rendering_joined(rendering, json_object_get(row, "ids"), ", ");
    const char *reason = rendering_text(rendering, row, "reason");
    notify(
        rendering, site, "note",
        arena_text(&rendering->scratch, "not judged: %s (%s)", ids == NULL ? "?" : ids, reason == NULL ? "?" : reason));
}

static void notify_rule(struct rendering *rendering, const struct site *site, const json_t *row)
{
    const char *id = rendering_text(rendering, row, "id"), *detail = rendering_text(rendering, row, "detail");
    notify(rendering, site, "warning",
           arena_text(&rendering->scratch, "rule %s of the policy is incomplete: %s", id == NULL ? "?" : id,
                      detail == NULL ? "?" : detail));
}

// --- reports ---------------------------------------------------------------------------------------

static void add_site(struct rendering *rendering, const struct site *site, bool first)
{
    const json_t *findings = json_object_get(site->report, "findings"),
                 *unjudged = json_object_get(site->report, "unjudged");
    const json_t *rules = json_object_get(json_object_get(site->report, "policy"), "rules");
    for (size_t i = 0; i < view_count(findings); i++)
        if (rendering_belongs(json_array_get(findings, i), site->endpoint, first))
            put_finding(rendering, site, json_array_get(findings, i));
    for (size_t i = 0; i < view_count(unjudged); i++)
        if (rendering_belongs(json_array_get(unjudged, i), site->endpoint, first))
            notify_unjudged(rendering, site, json_array_get(unjudged, i));
    for (size_t i = 0; i < view_count(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        if (!rendering_belongs(rule, site->endpoint, first))
            continue;
        if (view_is(rule, "verdict", "fail"))
            put_rule(rendering, site, rule);
        else if (view_is(rule, "verdict", "incomplete"))
            notify_rule(rendering, site, rule);
    }
}

static void add(struct rendering *rendering, struct report *report)
{
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    const char *input = json_string_value(json_object_get(json_object_get(report->tree, "target"), "input"));
    struct site site = {.report = report->tree, .line = line_of(rendering->state, input)};
    for (size_t i = 0; i < view_count(endpoints); i++) {
        site.endpoint = json_array_get(endpoints, i);
        site.name = rendering_endpoint(rendering, report->tree, site.endpoint);
        notify_status(rendering, &site);
        add_site(rendering, &site, i == 0);
    }
    if (view_count(endpoints) != 0)
        return;
    const char *trouble = rendering_text(rendering, report->tree, "trouble");
    site.name = rendering_target(rendering, report->tree);
    notify(rendering, &site, "error", trouble == NULL ? "there is no address" : trouble);
    add_site(rendering, &site, true);
}

// What is no plain file can be read once, and not by us.
static FILE *open_list(const char *name)
{
    struct stat status;
    if (name == NULL || stat(name, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    return fopen(name, "r");
}

static void begin(struct rendering *rendering)
{
    struct sarif *sarif = rendering->state;
    sarif->list = open_list(rendering->options.list);
    rendering_put(rendering, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
                             "\"runs\":[{\"results\":[\n");
}

static void end(struct rendering *rendering)
{
    struct sarif *sarif = rendering->state;
    rendering_put(rendering, "],\n\"invocations\":[{\"executionSuccessful\":true,\"toolExecutionNotifications\":[");
    rendering_recall(rendering, &sarif->notifications);
    rendering_print(rendering, "]}],\n\"automationDetails\":{\"id\":\"shakedown/%s/\"},\n", list_uri(rendering));
    rendering_put(rendering, "\"tool\":{\"driver\":{\"name\":\"shakedown\",\"version\":\"" SHAKEDOWN_VERSION
                             "\",\"semanticVersion\":\"" SHAKEDOWN_VERSION "\",\"rules\":[");
    rendering_recall(rendering, &sarif->rules);
    rendering_put(rendering, "]}}}]}\n");
    if (sarif->list != NULL)
        fclose(sarif->list);
    free(sarif->line);
}

const struct format_view format_sarif = {sizeof(struct sarif), begin, add, end};
