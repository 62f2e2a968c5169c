// SPDX-License-Identifier: Apache-2.0
//
// A list of waivers is read once for a run. For each report those that are about its target are held
// against the rows that somebody may want to be rid of: findings, and rules that are failed or open.
#include "report/waiver.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/embedded.h"
#include "report/tree.h"

#define WAIVERS_SCHEMA "shakedown-waivers/1"
#define MOST_WAIVERS   10000
#define MOST_TOLD      20 // of those that have expired, and of those that were not used

struct waiver {
    const char *rule; // "tls_1_0", or "pci-dss-4/versions"
    const char *target, *owner, *reason;
    const char *host;     // the pattern's, without the port
    const char *port;     // NULL: any
    int64_t until;        // the first second in which it does not count any more
    bool used, expired;   // in some report
    bool counts, counted; // in the report at hand: it excuses a row; it would, had it not expired
};

struct waivers {
    struct source source;
    struct waiver *row;
    size_t count;
};

struct loaded {
    const struct policy *policy;
    struct loaded *next;
};

struct loader {
    struct arena *arena;
    struct source source;
    const struct waivable *what;
    json_t *texts;
    struct complaint *complaint;
    struct loaded *policies; // embedded ones that were named so far
};

#define REFUSE(loader, place, ...) place_complain((loader)->complaint, &(loader)->source, (place), __VA_ARGS__)

// --- whose rule it is ----------------------------------------------------------------------------

static bool is_finding(const struct findings *findings, const char *id)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->row[i].id, id) == 0)
            return true;
    return false;
}

static const struct policy_rule *rule_of(const struct policy *policy, const char *name, size_t size, const char *id)
{
    for (size_t i = 0; policy != NULL && i < policy->count; i++) {
        const struct policy_rule *rule = &policy->rule[i];
        if (strcmp(rule->id, id) == 0 &&
            (name == NULL || (strlen(rule->policy) == size && memcmp(rule->policy, name, size) == 0)))
            return rule;
    }
    return NULL;
}

static const struct policy *embedded_policy(struct loader *loader, const char *name)
{
    for (const struct loaded *known = loader->policies; known != NULL; known = known->next)
        if (strcmp(known->policy->name, name) == 0)
            return known->policy;
    if (embedded_find(EMBEDDED_POLICIES, name) == NULL)
        return NULL;
    struct loaded *loaded = arena_alloc(loader->arena, sizeof *loaded);
    loaded->policy = policy_load(loader->arena, name, loader->texts, loader->complaint);
    if (loaded->policy == NULL)
        bug("an embedded policy that cannot be read");
    loaded->next = loader->policies;
    loader->policies = loaded;
    return loaded->policy;
}

// "POLICY/RULE", as a report and `explain` name a rule.
static bool check_policy_rule(struct loader *loader, const struct place *place, const char *text)
{
    size_t size = strcspn(text, "/");
    const char *id = text + size + 1, *name = arena_text(loader->arena, "%.*s", (int)size, text);
    const struct policy *asked = loader->what->policy;
    const struct policy *policy = embedded_policy(loader, name);
    if (rule_of(asked, text, size, id) != NULL || rule_of(policy, text, size, id) != NULL)
        return true;
    if (policy == NULL && asked != NULL && strcmp(asked->name, name) == 0)
        policy = asked;
    if (policy == NULL)
        return REFUSE(loader, place, "there is no policy '%.64s' (see --list policies), nor is it the one of --policy",
                      name);
    const struct policy_rule *other = rule_of(policy, NULL, 0, id);
    if (other != NULL)
        return REFUSE(loader, place, "the policy '%.64s' has that rule from another: \"%.64s/%.64s\"", name,
                      other->policy, id);
    return REFUSE(loader, place, "the policy '%.64s' has no rule '%.64s'", name, id);
}

static bool check_rule(struct loader *loader, const struct place *place, const char *text)
{
    if (strchr(text, '/') != NULL)
        return check_policy_rule(loader, place, text);
    return is_finding(loader->what->findings, text) ||
           REFUSE(loader, place,
                  "there is no finding '%.64s' (see --list findings); a policy's rule is \"POLICY/RULE\"", text);
}

// --- which targets -------------------------------------------------------------------------------

static bool is_port(const char *text)
{
    size_t size = strspn(text, "0123456789");
    return strcmp(text, "*") == 0 || (size != 0 && size <= 5 && text[size] == '\0' && text[0] != '0');
}

// "*.example.com", "www.example.com:8443", "[2001:db8::*]:*"
static bool read_target(struct loader *loader, const struct place *place, struct waiver *out)
{
    const char *text = out->target, *end = text[0] == '[' ? strchr(text, ']') : NULL;
    bool bracket = end != NULL;
    if (end == NULL)
        end = text + strcspn(text, ":");
    const char *host = bracket ? text + 1 : text, *rest = bracket ? end + 1 : end;
    out->host = arena_text(loader->arena, "%.*s", (int)(end - host), host);
    out->port = *rest == ':' ? rest + 1 : NULL;
    if (out->host[0] == '\0')
        return REFUSE(loader, place, "this takes a host, in which '*' stands for anything");
    return (*rest == '\0' || (*rest == ':' && is_port(rest + 1))) ||
           REFUSE(loader, place, "behind the host stands a port, or *; an IPv6 address stands in brackets");
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

// The last '*' takes one more octet each time that what is behind it does not fit.
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *taken = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            taken = text;
        } else if (lower(*pattern) == lower(*text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++taken;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool is_about(const struct waiver *waiver, const json_t *target, const char *port)
{
    const char *host = member_text(target, "host"), *display = member_text(target, "display_host");
    bool named = (host != NULL && matches(waiver->host, host)) || (display != NULL && matches(waiver->host, display));
    return named && (waiver->port == NULL || matches(waiver->port, port));
}

// --- reading -------------------------------------------------------------------------------------

static bool read_text(struct loader *loader, const struct place *place, const json_t *json, const char *key,
                      const char **out)
{
    const json_t *value = json_object_get(json, key);
    struct place here = {.above = place, .key = key};
    *out = json_string_value(value);
    if (value == NULL)
        return REFUSE(loader, place, "the key \"%s\" is missing", key);
    return (*out != NULL && **out != '\0') || REFUSE(loader, &here, "this takes a text that is not empty");
}

static bool read_until(struct loader *loader, const struct place *place, const json_t *json, struct waiver *out)
{
    const char *text;
    struct place here = {.above = place, .key = "until"};
    return read_text(loader, place, json, "until", &text) &&
           (text_to_time(text, &out->until) ||
            REFUSE(loader, &here, "this takes a date (\"2027-03-15\") or a time (\"2027-03-15T00:00:00Z\")"));
}

static bool read_waiver(struct loader *loader, const struct place *place, const json_t *json, struct waiver *out)
{
    static const char *const keys[] = {"rule", "target", "until", "owner", "reason", NULL}, *const none[] = {NULL};
    struct place at_rule = {.above = place, .key = "rule"}, at_target = {.above = place, .key = "target"};
    *out = (struct waiver){0};
    if (!json_is_object(json))
        return REFUSE(loader, place, "a waiver is an object");
    return rule_keys(&loader->source, place, json, keys, none, loader->complaint) &&
           read_text(loader, place, json, "rule", &out->rule) &&
           read_text(loader, place, json, "target", &out->target) && read_until(loader, place, json, out) &&
           read_text(loader, place, json, "owner", &out->owner) &&
           read_text(loader, place, json, "reason", &out->reason) && check_rule(loader, &at_rule, out->rule) &&
           read_target(loader, &at_target, out);
}

static bool read_waivers(struct loader *loader, const json_t *json, struct waivers *out)
{
    static const char *const keys[] = {"schema", "waivers", NULL}, *const none[] = {NULL};
    struct place at_schema = {.key = "schema"}, at_list = {.key = "waivers"};
    const char *schema = member_text(json, "schema");
    const json_t *list = json_object_get(json, "waivers");
    if (!json_is_object(json))
        return REFUSE(loader, NULL, "a file of waivers holds an object");
    if (schema == NULL || strcmp(schema, WAIVERS_SCHEMA) != 0)
        return REFUSE(loader, &at_schema, "this is no file of waivers: \"schema\" is not \"%s\"", WAIVERS_SCHEMA);
    if (!rule_keys(&loader->source, NULL, json, keys, none, loader->complaint))
        return false;
    if (!json_is_array(list))
        return REFUSE(loader, &at_list, "this takes a list of waivers");
    if (json_array_size(list) > MOST_WAIVERS)
        return REFUSE(loader, &at_list, "there are at most %d waivers", MOST_WAIVERS);
    out->row = arena_array(loader->arena, json_array_size(list), sizeof *out->row);
    for (; out->count < json_array_size(list); out->count++) {
        struct place here = {.above = &at_list, .index = out->count};
        if (!read_waiver(loader, &here, json_array_get(list, out->count), &out->row[out->count]))
            return false;
    }
    return true;
}

struct waivers *waivers_load(struct arena *arena, const char *file, const struct waivable *what, json_t *texts,
                             struct complaint *complaint)
{
    struct loader loader = {arena, {file, policy_read_file(arena, file, complaint)}, what, texts, complaint, NULL};
    if (loader.source.text == NULL)
        return NULL;
    json_t *json = place_load(&loader.source, complaint);
    if (json == NULL)
        return NULL;
    tree_add(texts, json);
    struct waivers *waivers = arena_alloc(arena, sizeof *waivers);
    *waivers = (struct waivers){.source = loader.source};
    return read_waivers(&loader, json, waivers) ? waivers : NULL;
}

// --- a report ------------------------------------------------------------------------------------

static json_t *excuse(const struct waiver *waiver, struct arena *scratch)
{
    json_t *object = tree_object();
    tree_set(object, "target", tree_text(scratch, waiver->target));
    tree_set(object, "until", tree_time(scratch, waiver->until));
    tree_set(object, "owner", tree_text(scratch, waiver->owner));
    tree_set(object, "reason", tree_text(scratch, waiver->reason));
    return object;
}

// Those that are about the report's target.
struct hearing {
    struct waiver **waiver;
    size_t count;
    const struct scene *scene;
};

// Of several waivers the first is shown, and each counts as used.
static void waive(const struct hearing *hearing, json_t *row, const char *rule)
{
    bool waived = false;
    for (size_t i = 0; i < hearing->count; i++) {
        struct waiver *waiver = hearing->waiver[i];
        bool in_force = hearing->scene->now < waiver->until;
        if (strcmp(waiver->rule, rule) != 0)
            continue;
        if (in_force && !waived)
            tree_set(row, "waived", excuse(waiver, hearing->scene->scratch));
        waived = waived || in_force;
        waiver->counts = waiver->counts || in_force;
        waiver->counted = waiver->counted || !in_force;
    }
}

// A rule that may be broken is waived like one that is.
static void waive_rules(const struct hearing *hearing, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i);
        const char *policy = member_text(row, "policy"), *id = member_text(row, "id");
        if (member_is(row, "verdict", "fail") || member_is(row, "verdict", "incomplete"))
            waive(hearing, row, arena_text(hearing->scene->scratch, "%s/%s", policy, id));
    }
}

static json_t *told(const struct waiver *waiver, struct arena *scratch)
{
    json_t *row = excuse(waiver, scratch);
    tree_set(row, "rule", tree_text(scratch, waiver->rule));
    tree_set(row, "state", tree_text(scratch, waiver->counts ? "used" : "expired"));
    return row;
}

static void summon(struct waivers *waivers, const json_t *report, struct hearing *out)
{
    const json_t *target = json_object_get(report, "target");
    json_int_t port = json_integer_value(json_object_get(target, "port"));
    const char *port_text = arena_text(out->scene->scratch, "%lld", (long long)port);
    out->waiver = arena_array(out->scene->scratch, waivers->count, sizeof *out->waiver);
    for (size_t i = 0; i < waivers->count; i++) {
        struct waiver *waiver = &waivers->row[i];
        waiver->counts = waiver->counted = false;
        waiver->expired = waiver->expired || out->scene->now >= waiver->until;
        if (is_about(waiver, target, port_text))
            out->waiver[out->count++] = waiver;
    }
}

void waivers_apply(struct waivers *waivers, json_t *report, const struct scene *scene)
{
    struct hearing hearing = {.scene = scene};
    const json_t *findings = json_object_get(report, "findings");
    if (waivers == NULL) {
        tree_set(report, "waivers", tree_text(scene->scratch, NULL));
        return;
    }
    summon(waivers, report, &hearing);
    for (size_t i = 0; i < json_array_size(findings); i++)
        waive(&hearing, json_array_get(findings, i), member_text(json_array_get(findings, i), "id"));
    waive_rules(&hearing, json_object_get(json_object_get(report, "policy"), "rules"));
    json_t *list = tree_list();
    for (size_t i = 0; i < hearing.count; i++) {
        struct waiver *waiver = hearing.waiver[i];
        waiver->used = waiver->used || waiver->counts;
        if (waiver->counts || waiver->counted)
            tree_add(list, told(waiver, scene->scratch));
    }
    tree_set(report, "waivers", list);
}

// --- a run ---------------------------------------------------------------------------------------

static unsigned line_of(const struct waivers *waivers, size_t index)
{
    struct place list = {.key = "waivers"}, place = {.above = &list, .index = index};
    return place_line(waivers->source.text, &place);
}

static size_t tell_expired(const struct waivers *waivers, struct arena *scratch,
                           void (*tell)(void *context, const char *sentence), void *context)
{
    size_t count = 0;
    for (size_t i = 0; i < waivers->count; i++) {
        const struct waiver *waiver = &waivers->row[i];
        if (!waiver->expired || ++count > MOST_TOLD)
            continue;
        tell(context, arena_text(scratch, "%.200s:%u: the waiver of %.64s for %.100s has expired (%s, %.64s)",
                                 waivers->source.name, line_of(waivers, i), waiver->rule, waiver->target,
                                 text_time(scratch, waiver->until), waiver->owner));
    }
    return count;
}

static size_t unused(const struct waivers *waivers, struct arena *scratch, const char **lines)
{
    size_t count = 0;
    *lines = "";
    for (size_t i = 0; i < waivers->count; i++) {
        if (waivers->row[i].used || waivers->row[i].expired || ++count > MOST_TOLD)
            continue;
        *lines = arena_text(scratch, "%s%s%u", *lines, count == 1 ? "" : ", ", line_of(waivers, i));
    }
    return count;
}

void waivers_tell(const struct waivers *waivers, void (*tell)(void *context, const char *sentence), void *context)
{
    struct arena scratch = {0};
    const char *lines, *name = waivers->source.name;
    size_t expired = tell_expired(waivers, &scratch, tell, context);
    if (expired > MOST_TOLD)
        tell(context, arena_text(&scratch, "%.200s: %zu more have expired", name, expired - MOST_TOLD));
    size_t count = unused(waivers, &scratch, &lines);
    if (count != 0)
        tell(context, arena_text(&scratch, "%.200s: %zu waiver%s not used (line%s %s%s)", name, count,
                                 count == 1 ? " was" : "s were", count == 1 ? "" : "s", lines,
                                 count > MOST_TOLD ? " and more" : ""));
    arena_release(&scratch);
}
