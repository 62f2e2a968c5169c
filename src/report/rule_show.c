// SPDX-License-Identifier: Apache-2.0
//
// What broke a rule, in words: the rows' names, and beside them what the rule objected to.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/rule.h"

#define MOST_SHOWN 6 // rows and words; the rest are counted

static const char *show_texts(const struct row *row, const json_t *texts)
{
    struct arena *scratch = row->scene->scratch;
    const char *shown = NULL;
    for (size_t i = 0; i < json_array_size(texts) && i < MOST_SHOWN; i++) {
        const char *text = json_string_value(json_array_get(texts, i));
        if (text != NULL)
            shown = shown == NULL ? text : arena_text(scratch, "%s, %s", shown, text);
    }
    return shown == NULL ? "none" : shown;
}

// "key bits 1024"; NULL where it is not known.
static const char *show_value(const struct row *row, const struct property *property)
{
    struct value value;
    struct arena *scratch = row->scene->scratch;
    char *name = arena_text(scratch, "%s", property->name);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    if (!property_read(property, row, &value))
        return NULL;
    switch (property->kind) {
    case PROPERTY_NUMBER:
        return arena_text(scratch, "%s %" PRId64, name, value.number);
    case PROPERTY_TIME:
        return arena_text(scratch, "%s %s", name, text_time(scratch, value.number));
    case PROPERTY_TEXTS:
        return arena_text(scratch, "%s %s", name, show_texts(row, value.texts));
    case PROPERTY_TRUTH:
        return arena_text(scratch, "%s %s", name, value.truth ? "yes" : "no");
    default:
        return value.sentence != NULL ? value.sentence : arena_text(scratch, "%s %s", name, value.text);
    }
}

// Properties in the order of the rule, each once.
static bool shown_before(const struct choice *choice, size_t item, size_t condition)
{
    const struct property *property = choice->item[item].condition[condition].property;
    for (size_t i = 0; i <= item; i++)
        for (size_t k = 0; k < choice->item[i].count && (i != item || k < condition); k++)
            if (choice->item[i].condition[k].property == property)
                return true;
    return false;
}

const char *rule_show(const struct rule *rule, const struct row *row)
{
    const struct choice *what = &rule->demand.what;
    const char *label = rule->demand.subject->label(row), *values = NULL;
    struct arena *scratch = row->scene->scratch;
    for (size_t i = 0; i < what->count; i++)
        for (size_t k = 0; k < what->item[i].count; k++) {
            const struct property *property = what->item[i].condition[k].property;
            const char *value = property->shown && !shown_before(what, i, k) ? show_value(row, property) : NULL;
            if (value != NULL)
                values = values == NULL ? value : arena_text(scratch, "%s, %s", values, value);
        }
    if (label == NULL || values == NULL)
        return label != NULL ? label : values != NULL ? values : "?";
    return arena_text(scratch, "%s: %s", label, values);
}

static bool is_among(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

const char *ruling_join(struct arena *scratch, const char *const *texts, size_t count, const char *between)
{
    const char *distinct[MOST_SHOWN], *joined = NULL;
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < count; i++) {
        if (texts[i] == NULL || is_among(distinct, shown, texts[i]))
            continue;
        if (shown == MOST_SHOWN) {
            more++;
            continue;
        }
        distinct[shown++] = texts[i];
        joined = joined == NULL ? texts[i] : arena_text(scratch, "%s%s%s", joined, between, texts[i]);
    }
    return more == 0 ? joined : arena_text(scratch, "%s and %zu more", joined, more);
}

const char *ruling_show(const struct rule *rule, const struct ruling *ruling, struct arena *scratch)
{
    const char **texts = arena_array(scratch, ruling->count, sizeof *texts);
    for (size_t i = 0; i < ruling->count; i++)
        texts[i] = rule_show(rule, ruling->row[i]);
    return ruling_join(scratch, texts, ruling->count, rule->demand.subject->one_by_one ? "; " : ", ");
}

const char *ruling_place(const struct rule *rule, const struct ruling *ruling, struct arena *scratch)
{
    const char **texts = arena_array(scratch, ruling->count, sizeof *texts);
    for (size_t i = 0; i < ruling->count; i++)
        texts[i] = rule->demand.subject->place(ruling->row[i]);
    return ruling_join(scratch, texts, ruling->count, ", ");
}
