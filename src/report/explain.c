// SPDX-License-Identifier: Apache-2.0
//
// Findings and policies explained, from the same data that reports are judged by.
#include "report/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/embedded.h"
#include "report/finding.h"
#include "report/grade.h"
#include "report/policy.h"
#include "report/tree.h"

#define WIDTH 80

// --- lines ---------------------------------------------------------------------------------------

static void print_folded(FILE *file, unsigned indent, const char *text)
{
    unsigned column = 0;
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        if (column != 0 && column + 1 + size > WIDTH) {
            fputc('\n', file);
            column = 0;
        }
        column += (unsigned)(column == 0 ? fprintf(file, "%*s", (int)indent, "") : fprintf(file, " "));
        column += (unsigned)fprintf(file, "%.*s", (int)size, text);
        text += size + strspn(text + size, " ");
    }
    fputc('\n', file);
}

static void print_part(FILE *file, const char *title, const char *text)
{
    if (text == NULL)
        return;
    fprintf(file, "\n%s\n", title);
    print_folded(file, 2, text);
}

static void print_texts(FILE *file, const char *title, const json_t *list)
{
    if (json_array_size(list) == 0)
        return;
    fprintf(file, "\n%s\n", title);
    for (size_t i = 0; i < json_array_size(list); i++)
        print_folded(file, 2, json_string_value(json_array_get(list, i)));
}

// --- findings ------------------------------------------------------------------------------------

static void print_configuration(FILE *file, const json_t *configure)
{
    static const struct {
        const char *key, *title;
    } servers[] = {{"nginx", "nginx"}, {"apache", "Apache"}, {"haproxy", "HAProxy"}};
    const char *needs = member_text(configure, "needs");
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        const json_t *lines = json_object_get(configure, servers[i].key);
        if (json_array_size(lines) == 0)
            continue;
        fprintf(file, "\n%s%s%s%s\n", servers[i].title, needs == NULL ? "" : " (needs ", needs == NULL ? "" : needs,
                needs == NULL ? "" : ")");
        for (size_t k = 0; k < json_array_size(lines); k++)
            fprintf(file, "  %s\n", json_string_value(json_array_get(lines, k)));
    }
}

static void print_finding(FILE *file, const struct finding *finding)
{
    fprintf(file, "%s (%s%s)\n\n", finding->id, severity_name(finding->severity),
            finding->exposure ? ", an exposure" : "");
    print_folded(file, 0, finding->title);
    fputc('\n', file);
    print_folded(file, 2, finding->sentence);
    print_part(file, "What to do", finding->advice);
    print_configuration(file, finding->configure);
    print_part(file, "False results", finding->false_results);
    print_texts(file, "References", finding->references);
}

void explain_findings(FILE *file)
{
    struct arena memory = {0};
    struct findings findings;
    json_t *texts = tree_list();
    findings_load(&memory, &findings, texts);
    for (size_t i = 0; i < findings.count; i++)
        fprintf(file, "%-32s %-9s %s\n", findings.row[i].id, severity_name(findings.row[i].severity),
                findings.row[i].title);
    json_decref(texts);
    arena_release(&memory);
}

// --- policies ------------------------------------------------------------------------------------

static void print_rule(FILE *file, const struct policy *policy, const struct policy_rule *rule)
{
    const char *document = member_text(rule->cite, "document"), *section = member_text(rule->cite, "section");
    bool own = strcmp(rule->policy, policy->name) == 0;
    fprintf(file, "\n%s%s%s (%s)\n", own ? "" : rule->policy, own ? "" : "/", rule->id, level_name(rule->level));
    print_folded(file, 2, rule->sentence);
    if (rule->note != NULL)
        print_folded(file, 2, rule->note);
    if (document != NULL)
        fprintf(file, "  [%s%s%s]\n", document, section == NULL ? "" : ", ", section == NULL ? "" : section);
}

static void print_policy(FILE *file, const struct policy *policy, const json_t *json)
{
    fprintf(file, "%s\n\n", policy->name);
    print_folded(file, 0, policy->title);
    if (policy->publisher != NULL || policy->date != NULL)
        fprintf(file, "  %s%s%s\n", policy->publisher == NULL ? "" : policy->publisher,
                policy->publisher == NULL || policy->date == NULL ? "" : ", ",
                policy->date == NULL ? "" : policy->date);
    if (policy->url != NULL)
        fprintf(file, "  %s\n", policy->url);
    print_part(file, "How it is read here", member_text(json, "note"));
    print_part(file, "Where the rules were taken from", policy->source);
    print_part(file, "How sure that is", policy->confidence);
    print_texts(file, "What no scan can settle", json_object_get(json, "beyond"));
    fputs("\nRules\n", file);
    for (size_t i = 0; i < policy->count; i++)
        print_rule(file, policy, &policy->rule[i]);
}

void explain_policies(FILE *file)
{
    for (size_t i = 0; i < embedded_count(EMBEDDED_POLICIES); i++) {
        const struct embedded *text = embedded_at(EMBEDDED_POLICIES, i);
        json_t *json = json_loads(text->text, 0, NULL);
        fprintf(file, "%-25s %s\n", text->name, member_text(json, "title"));
        json_decref(json);
    }
}

void explain_caps(FILE *file)
{
    struct arena memory = {0};
    json_t *texts = tree_list();
    caps_print(caps_load(&memory, texts), file);
    json_decref(texts);
    arena_release(&memory);
}

// --- what rules can speak of ---------------------------------------------------------------------

static const char *takes(const struct property *property)
{
    switch (property->kind) {
    case PROPERTY_TEXTS:
        return "list";
    case PROPERTY_NUMBER:
        return "number";
    case PROPERTY_TRUTH:
        return "true or false";
    case PROPERTY_TIME:
        return "time";
    default:
        return word_kind(property->words);
    }
}

void explain_properties(FILE *file)
{
    for (size_t i = 0; i < subject_count(); i++) {
        const struct subject *subject = subject_at(i);
        fprintf(file, "%s%s: %s\n", subject->name, subject->takes_id ? ".ID" : "", subject->help);
        bool shared = i + 1 < subject_count() && subject_at(i + 1)->properties == subject->properties;
        for (size_t k = 0; k < subject->property_count && !shared; k++) { // told once, after the last that has them
            const struct property *property = &subject->properties[k];
            fprintf(file, "  %-20s %-20s %s\n", property->name, takes(property), property->help);
        }
    }
}

// --- by name -------------------------------------------------------------------------------------

static bool print_named_finding(FILE *file, const char *name, struct arena *memory, json_t *texts)
{
    struct findings findings;
    findings_load(memory, &findings, texts);
    for (size_t i = 0; i < findings.count; i++)
        if (strcmp(findings.row[i].id, name) == 0) {
            print_finding(file, &findings.row[i]);
            return true;
        }
    return false;
}

// The policy's own JSON is the first that loading it reads.
static bool print_named_policy(FILE *file, const char *name, struct arena *memory, struct complaint *complaint)
{
    json_t *texts = tree_list();
    const struct policy *policy = policy_load(memory, name, texts, complaint);
    if (policy != NULL)
        print_policy(file, policy, json_array_get(texts, 0));
    json_decref(texts);
    return policy != NULL;
}

// A policy may be a stranger's file.
static char *escape_lines(struct arena *memory, const char *text)
{
    char *clean = NULL;
    size_t size;
    FILE *file = open_memstream(&clean, &size);
    if (file == NULL)
        die("out of memory");
    for (const char *rest = text; *rest != '\0';) {
        size_t line = strcspn(rest, "\n");
        fprintf(file, "%s\n", text_escape(memory, (struct bytes){(const uint8_t *)rest, line}));
        rest += line + (rest[line] == '\n');
    }
    if (fclose(file) != 0)
        die("out of memory");
    return clean;
}

char *explain_text(const char *name, struct complaint *complaint)
{
    struct arena memory = {0};
    json_t *texts = tree_list();
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        die("out of memory");
    bool known = print_named_finding(file, name, &memory, texts) || print_named_policy(file, name, &memory, complaint);
    if (!known && strncmp(complaint->text, "there is no policy", 18) == 0) {
        *complaint = (struct complaint){0};
        complain(complaint, "there is no finding and no policy '%.64s' (see --list findings, --list policies)", name);
    }
    if (fclose(file) != 0)
        die("out of memory");
    char *clean = known ? escape_lines(&memory, text) : NULL;
    json_decref(texts);
    arena_release(&memory);
    free(text);
    return clean;
}

const char *explain_schema(const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < embedded_count(EMBEDDED_SCHEMAS); i++) {
        const struct embedded *schema = embedded_at(EMBEDDED_SCHEMAS, i);
        if (strncmp(schema->name, name, size) == 0 && strncmp(schema->name + size, "-v", 2) == 0)
            return schema->text;
    }
    return NULL;
}
