// SPDX-License-Identifier: Apache-2.0
//
// Policies as JSON become rules in one list: those of the policies that one extends, with the level
// they are given there, then its own, which replace those with the same id.
#include "report/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "report/embedded.h"
#include "report/tree.h"

#define POLICY_SCHEMA "shakedown-policy/1"
#define POLICY_LIMIT  ((size_t)4 << 20) // octets of a file
#define MOST_RULES    1000
#define MOST_DEPTH    8 // of policies that extend others

static const char *const levels[] = {"INFO", "MAY", "SHOULD", "MUST"};

const char *level_name(enum policy_level level) { return levels[level]; }

struct loader {
    struct arena *arena;
    json_t *texts;
    struct complaint *complaint;
    struct policy_rule *rule;
    size_t count;
    unsigned depth;
};

struct file {
    struct source source;
    const json_t *json;
    struct loader *loader;
};

#define REFUSE(file, place, ...) place_complain((file)->loader->complaint, &(file)->source, (place), __VA_ARGS__)

// --- pieces --------------------------------------------------------------------------------------

static bool is_code(const char *text)
{
    return text[0] >= 'a' && text[0] <= 'z' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

// A text that may be missing only where it need not be there.
static bool read_text(const struct file *file, const struct place *place, const json_t *json, const char *key,
                      bool needed, const char **out)
{
    const json_t *value = json_object_get(json, key);
    struct place here = {.above = place, .key = key};
    *out = json_string_value(value);
    if (value == NULL)
        return !needed || REFUSE(file, place, "the key \"%s\" is missing", key);
    return (*out != NULL && **out != '\0') || REFUSE(file, &here, "this takes a text that is not empty");
}

static bool read_level(const struct file *file, const struct place *place, const json_t *json, enum policy_level *out)
{
    const char *name = json_string_value(json_object_get(json, "level"));
    struct place here = {.above = place, .key = "level"};
    for (size_t i = 0; name != NULL && i < sizeof levels / sizeof *levels; i++)
        if (strcmp(levels[i], name) == 0) {
            *out = (enum policy_level)i;
            return true;
        }
    return REFUSE(file, &here, "a level is one of MUST, SHOULD, MAY and INFO");
}

static bool read_cite(const struct file *file, const struct place *place, const json_t *json, struct policy_rule *out)
{
    static const char *const keys[] = {"document", "section", NULL}, *const none[] = {NULL};
    struct place here = {.above = place, .key = "cite"};
    const char *document, *section;
    out->cite = json_object_get(json, "cite");
    if (out->cite == NULL)
        return true;
    if (!json_is_object(out->cite))
        return REFUSE(file, &here, "this takes {\"document\": ..., \"section\": ...}");
    return rule_keys(&file->source, &here, out->cite, keys, none, file->loader->complaint) &&
           read_text(file, &here, out->cite, "document", true, &document) &&
           read_text(file, &here, out->cite, "section", false, &section);
}

// --- rules ---------------------------------------------------------------------------------------

static void drop(struct loader *loader, const char *id, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < loader->count; i++)
        if (strcmp(loader->rule[i].id, id) != 0)
            loader->rule[kept++] = loader->rule[i];
    loader->count = kept;
}

static bool read_rule(const struct file *file, const char *policy, const struct place *place, const json_t *json,
                      size_t own)
{
    static const char *const keys[] = {"id", "level", "sentence", "cite", "note", NULL};
    struct loader *loader = file->loader;
    struct policy_rule rule = {.policy = policy};
    struct place at_id = {.above = place, .key = "id"};
    if (!rule_read(loader->arena, &file->source, place, json, keys, &rule.rule, loader->complaint) ||
        !read_text(file, place, json, "id", true, &rule.id) || !read_level(file, place, json, &rule.level) ||
        !read_text(file, place, json, "sentence", true, &rule.sentence) ||
        !read_text(file, place, json, "note", false, &rule.note) || !read_cite(file, place, json, &rule))
        return false;
    if (!is_code(rule.id))
        return REFUSE(file, &at_id, "an id is made of small letters, digits and '_', and begins with a letter");
    for (size_t i = own; i < loader->count; i++)
        if (loader->rule[i].policy == policy && strcmp(loader->rule[i].id, rule.id) == 0)
            return REFUSE(file, &at_id, "there is another rule '%.64s'", rule.id);
    drop(loader, rule.id, own);
    if (loader->count == MOST_RULES)
        return REFUSE(file, place, "a policy has at most %d rules", MOST_RULES);
    loader->rule[loader->count++] = rule;
    return true;
}

// own: where the rules of this policy, and of those it extends, begin
static bool read_rules(const struct file *file, const char *policy, size_t own)
{
    const json_t *list = json_object_get(file->json, "rules");
    struct place place = {.key = "rules"};
    if (list != NULL && !json_is_array(list))
        return REFUSE(file, &place, "this takes a list of rules");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place here = {.above = &place, .index = i};
        if (!read_rule(file, policy, &here, json_array_get(list, i), own))
            return false;
    }
    return file->loader->count != own || REFUSE(file, NULL, "the policy has no rules");
}

// --- files ---------------------------------------------------------------------------------------

static bool is_file(const char *name)
{
    size_t size = strlen(name);
    return strchr(name, '/') != NULL || (size > 5 && strcmp(name + size - 5, ".json") == 0);
}

char *policy_read_file(struct arena *arena, const char *name, struct complaint *complaint)
{
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        complain(complaint, "cannot read '%.200s': %m", name);
        return NULL;
    }
    struct builder text = builder_in(arena);
    uint8_t piece[4096];
    size_t size;
    while ((size = fread(piece, 1, sizeof piece, file)) != 0 && text.size <= POLICY_LIMIT)
        builder_add(&text, (struct bytes){piece, size});
    if (ferror(file))
        complain(complaint, "cannot read '%.200s': %m", name);
    else if (text.size > POLICY_LIMIT)
        complain(complaint, "'%.200s' is longer than %zu octets", name, POLICY_LIMIT);
    else if (text.size != 0 && memchr(text.data, '\0', text.size) != NULL)
        complain(complaint, "'%.200s' is not a text", name);
    fclose(file);
    return complaint->text[0] != '\0' ? NULL : arena_string(arena, builder_bytes(&text));
}

// from: the policy that asks for it, or NULL where it was named by the user
static bool no_such_policy(const struct loader *loader, const struct file *from, const struct place *place,
                           const char *name)
{
    const char *like = "";
    for (size_t i = 0; i < embedded_count(EMBEDDED_POLICIES) && like[0] == '\0'; i++) {
        const char *known = embedded_at(EMBEDDED_POLICIES, i)->name;
        if (strncmp(known, name, strlen(name)) == 0)
            like = arena_text(loader->arena, "there is '%s', ", known);
    }
    if (like[0] == '\0' && access(name, F_OK) == 0)
        like = arena_text(loader->arena, "for the file write ./%.64s, ", name);
    const char *text = arena_text(loader->arena, "there is no policy '%.64s' (%ssee --list policies)", name, like);
    return from == NULL ? complain(loader->complaint, "%s", text) : REFUSE(from, place, "%s", text);
}

// A file that a policy extends lies beside it, unless its name says where else.
static const char *beside(struct arena *arena, const char *base, const char *name)
{
    const char *slash = base == NULL ? NULL : strrchr(base, '/');
    if (slash == NULL || name[0] == '/')
        return name;
    return arena_text(arena, "%.*s/%s", (int)(slash - base), base, name);
}

static bool open_source(struct loader *loader, const struct file *from, const struct place *place, const char *name,
                        struct source *out)
{
    const struct embedded *embedded = embedded_find(EMBEDDED_POLICIES, name);
    *out = (struct source){name, NULL};
    if (embedded != NULL)
        out->text = embedded->text;
    else if (is_file(name)) {
        out->name = beside(loader->arena, from == NULL ? NULL : from->source.name, name);
        out->text = policy_read_file(loader->arena, out->name, loader->complaint);
    } else {
        return no_such_policy(loader, from, place, name);
    }
    return out->text != NULL;
}

static bool check_top(const struct file *file)
{
    static const char *const keys[] = {"schema",    "name", "title",  "version",    "date",
                                       "publisher", "url",  "source", "confidence", "extends",
                                       "without",   "note", "beyond", "rules",      NULL};
    static const char *const none[] = {NULL};
    struct place place = {.key = "schema"};
    const char *schema = json_string_value(json_object_get(file->json, "schema"));
    if (!json_is_object(file->json))
        return REFUSE(file, NULL, "a policy is an object");
    if (schema == NULL || strcmp(schema, POLICY_SCHEMA) != 0)
        return REFUSE(file, &place, "this is no policy: \"schema\" is not \"%s\"", POLICY_SCHEMA);
    return rule_keys(&file->source, NULL, file->json, keys, none, file->loader->complaint);
}

static bool read_heads(const struct file *file, struct policy *out)
{
    const struct {
        const char *key;
        const char **place;
        bool needed;
    } texts[] = {
        {"name", &out->name, true},
        {"title", &out->title, true},
        {"version", &out->version, false},
        {"date", &out->date, false},
        {"publisher", &out->publisher, false},
        {"url", &out->url, false},
        {"source", &out->source, false},
        {"confidence", &out->confidence, false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!read_text(file, NULL, file->json, texts[i].key, texts[i].needed, texts[i].place))
            return false;
    return true;
}

static bool load(struct loader *loader, const struct file *from, const struct place *place, const char *name,
                 struct policy *out);

// "nist-sp800-52r2", or {"policy": "fips-140-3", "level": "SHOULD"}: not above that level
static bool extend(const struct file *file, const struct place *place, const json_t *json)
{
    static const char *const keys[] = {"policy", "level", NULL}, *const none[] = {NULL};
    struct loader *loader = file->loader;
    const char *name = json_string_value(json);
    enum policy_level most = LEVEL_MUST;
    if (name == NULL && !json_is_object(json))
        return REFUSE(file, place, "this takes the name of a policy, or {\"policy\": NAME, \"level\": LEVEL}");
    if (name == NULL && (!rule_keys(&file->source, place, json, keys, none, loader->complaint) ||
                         !read_text(file, place, json, "policy", true, &name) || !read_level(file, place, json, &most)))
        return false;
    if (loader->depth == MOST_DEPTH)
        return REFUSE(file, place, "policies extend each other without an end");
    size_t first = loader->count;
    struct policy ignored = {0};
    if (!load(loader, file, place, name, &ignored))
        return false;
    for (size_t i = first; i < loader->count; i++)
        if (loader->rule[i].level > most)
            loader->rule[i].level = most;
    return true;
}

static bool read_extends(const struct file *file)
{
    const json_t *list = json_object_get(file->json, "extends");
    struct place place = {.key = "extends"};
    if (list != NULL && !json_is_array(list))
        return REFUSE(file, &place, "this takes a list of policies");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place here = {.above = &place, .index = i};
        if (!extend(file, &here, json_array_get(list, i)))
            return false;
    }
    return true;
}

// Rules of extended policies that do not count here.
static bool read_without(const struct file *file, size_t own)
{
    const json_t *list = json_object_get(file->json, "without");
    struct place place = {.key = "without"};
    if (list != NULL && !json_is_array(list))
        return REFUSE(file, &place, "this takes a list of rules");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place here = {.above = &place, .index = i};
        const char *id = json_string_value(json_array_get(list, i));
        size_t before = file->loader->count;
        if (id != NULL)
            drop(file->loader, id, own);
        if (file->loader->count == before)
            return REFUSE(file, &here, "no policy that is extended has a rule of that id");
    }
    return true;
}

static bool load(struct loader *loader, const struct file *from, const struct place *place, const char *name,
                 struct policy *out)
{
    struct file file = {.loader = loader};
    size_t own = loader->count;
    if (!open_source(loader, from, place, name, &file.source))
        return false;
    json_t *json = place_load(&file.source, loader->complaint);
    if (json == NULL)
        return false;
    tree_add(loader->texts, json);
    file.json = json;
    loader->depth++;
    bool good = check_top(&file) && read_heads(&file, out) && read_extends(&file) && read_without(&file, own) &&
                read_rules(&file, out->name, own);
    loader->depth--;
    return good;
}

const struct policy *policy_load(struct arena *arena, const char *name, json_t *texts, struct complaint *complaint)
{
    struct loader loader = {arena, texts, complaint, arena_array(arena, MOST_RULES, sizeof(struct policy_rule)), 0, 0};
    struct policy *policy = arena_alloc(arena, sizeof *policy);
    if (!load(&loader, NULL, NULL, name, policy))
        return NULL;
    policy->rule = loader.rule;
    policy->count = loader.count;
    return policy;
}
