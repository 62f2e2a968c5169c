// SPDX-License-Identifier: Apache-2.0
//
// Rules as JSON become rules as values. Whatever cannot be meant is an error that names file, line
// and key: an unknown key, a word that no registry has, a test that a property does not take.
#include "report/rule.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"

#define MOST_WORDS 1000 // of one list

struct reader {
    struct arena *arena;
    const struct source *source;
    struct complaint *complaint;
    const struct subject *subject;
};

#define REFUSE(reader, place, ...) place_complain((reader)->complaint, (reader)->source, (place), __VA_ARGS__)

static const char *const rule_words[] = {"of",      "where", "every", "none",  "some",
                                         "ordered", "when",  "from",  "until", NULL};
static const char *const quantifiers[] = {[EVERY] = "every", [NONE] = "none", [SOME] = "some", [ORDERED] = "ordered"};

#define QUANTIFIERS (sizeof quantifiers / sizeof *quantifiers)

// --- conditions ----------------------------------------------------------------------------------

static bool read_word(struct reader *reader, const struct place *place, const json_t *json,
                      const struct property *property, const char **word)
{
    *word = json_string_value(json);
    if (*word == NULL || (*word)[0] == '\0')
        return REFUSE(reader, place, "this takes a %s", word_kind(property->words));
    return word_known(property->words, *word) ||
           REFUSE(reader, place, "there is no %s '%.80s'", word_kind(property->words), *word);
}

// One word, or a list of them.
static bool read_words(struct reader *reader, const struct place *place, const json_t *json, struct condition *out)
{
    bool list = json_is_array(json);
    size_t count = list ? json_array_size(json) : 1;
    if (count == 0)
        return REFUSE(reader, place, "the list is empty");
    if (count > MOST_WORDS)
        return REFUSE(reader, place, "a list has at most %d words", MOST_WORDS);
    const char **words = arena_array(reader->arena, count, sizeof *words);
    for (size_t i = 0; i < count; i++) {
        struct place item = {.above = place, .index = i};
        if (!read_word(reader, list ? &item : place, list ? json_array_get(json, i) : json, out->property, &words[i]))
            return false;
    }
    out->words = words;
    out->word_count = count;
    return true;
}

// {"min": 2048, "max": 4096}, either alone too
static bool read_range(struct reader *reader, const struct place *place, const json_t *json, struct condition *out)
{
    static const char *const keys[] = {"min", "max", NULL}, *const none[] = {NULL};
    const json_t *low = json_object_get(json, "min"), *high = json_object_get(json, "max");
    if (!json_is_object(json) || json_object_size(json) == 0)
        return REFUSE(reader, place, "'%s' is a number: this takes {\"min\": N}, {\"max\": N} or both",
                      out->property->name);
    if (!rule_keys(reader->source, place, json, keys, none, reader->complaint))
        return false;
    if ((low != NULL && !json_is_integer(low)) || (high != NULL && !json_is_integer(high)))
        return REFUSE(reader, place, "min and max are whole numbers");
    out->test = TEST_RANGE;
    out->low = low == NULL ? INT64_MIN : json_integer_value(low);
    out->high = high == NULL ? INT64_MAX : json_integer_value(high);
    return out->low <= out->high || REFUSE(reader, place, "no number is at least 'min' and at most 'max'");
}

static bool read_date(struct reader *reader, const struct place *place, const json_t *object, const char *key,
                      int64_t *out)
{
    const json_t *json = json_object_get(object, key);
    struct place here = {.above = place, .key = key};
    if (json == NULL)
        return true;
    return (json_is_string(json) && text_to_time(json_string_value(json), out)) ||
           REFUSE(reader, &here, "this takes a date (\"2026-03-15\") or a time (\"2026-03-15T00:00:00Z\")");
}

static bool read_period(struct reader *reader, const struct place *place, const json_t *json, struct condition *out)
{
    static const char *const keys[] = {"from", "before", NULL}, *const none[] = {NULL};
    out->test = TEST_PERIOD;
    out->low = INT64_MIN;
    out->high = INT64_MAX;
    if (!json_is_object(json) || json_object_size(json) == 0)
        return REFUSE(reader, place, "'%s' is a time: this takes {\"from\": DATE}, {\"before\": DATE} or both",
                      out->property->name);
    return rule_keys(reader->source, place, json, keys, none, reader->complaint) &&
           read_date(reader, place, json, "from", &out->low) && read_date(reader, place, json, "before", &out->high) &&
           (out->low < out->high || REFUSE(reader, place, "no time is 'from' this one on and 'before' that one"));
}

// {"all": [...]}, {"none": [...]}, {"only": [...]}, and for a list also {"min": 1}
static bool read_set(struct reader *reader, const struct place *place, const json_t *json, struct condition *out)
{
    static const struct {
        const char *key;
        enum test test;
    } tests[] = {{"none", TEST_NONE}, {"all", TEST_ALL}, {"only", TEST_ONLY}};
    bool list = out->property->kind == PROPERTY_TEXTS;
    for (size_t i = 0; i < sizeof tests / sizeof *tests && json_object_size(json) == 1; i++) {
        const json_t *words = json_object_get(json, tests[i].key);
        struct place here = {.above = place, .key = tests[i].key};
        if (words == NULL || (tests[i].test != TEST_NONE && !list))
            continue;
        out->test = tests[i].test;
        return read_words(reader, &here, words, out);
    }
    if (list)
        return read_range(reader, place, json, out);
    return REFUSE(reader, place, "'%s' takes a word, a list of words or {\"none\": [...]}", out->property->name);
}

static bool read_condition(struct reader *reader, const struct place *place, const json_t *json, struct condition *out)
{
    switch (out->property->kind) {
    case PROPERTY_NUMBER:
        return read_range(reader, place, json, out);
    case PROPERTY_TIME:
        return read_period(reader, place, json, out);
    case PROPERTY_TRUTH:
        out->test = TEST_TRUTH;
        out->truth = json_is_true(json);
        return json_is_boolean(json) || REFUSE(reader, place, "'%s' is true or false", out->property->name);
    default:
        return json_is_object(json) ? read_set(reader, place, json, out) : read_words(reader, place, json, out);
    }
}

static bool read_case(struct reader *reader, const struct place *place, const json_t *json, struct condition_case *out)
{
    if (!json_is_object(json) || json_object_size(json) == 0)
        return REFUSE(reader, place, "this takes an object of properties and what they have to be");
    struct condition *conditions = arena_array(reader->arena, json_object_size(json), sizeof *conditions);
    const char *key;
    json_t *value;
    *out = (struct condition_case){conditions, 0};
    json_object_foreach((json_t *)json, key, value)
    {
        struct place here = {.above = place, .key = key};
        struct condition *condition = &conditions[out->count++];
        condition->property = property_find(reader->subject, key);
        if (condition->property == NULL)
            return REFUSE(reader, &here, "%s have no property of that name", reader->subject->name);
        if (!read_condition(reader, &here, value, condition))
            return false;
    }
    return true;
}

// One case, or a list of them.
static bool read_choice(struct reader *reader, const struct place *place, const json_t *json, struct choice *out)
{
    bool list = json_is_array(json);
    size_t count = list ? json_array_size(json) : 1;
    if (count == 0)
        return REFUSE(reader, place, "the list is empty");
    struct condition_case *cases = arena_array(reader->arena, count, sizeof *cases);
    for (size_t i = 0; i < count; i++) {
        struct place item = {.above = place, .index = i};
        if (!read_case(reader, list ? &item : place, list ? json_array_get(json, i) : json, &cases[i]))
            return false;
    }
    *out = (struct choice){cases, count};
    return true;
}

// --- demands -------------------------------------------------------------------------------------

static bool read_subject(struct reader *reader, const struct place *place, const json_t *json, struct demand *out)
{
    const char *name = json_string_value(json_object_get(json, "of"));
    struct place here = {.above = place, .key = "of"};
    if (name == NULL)
        return REFUSE(reader, place, "the key \"of\" is missing: what the rule is about");
    size_t size = strcspn(name, ".");
    out->subject = subject_find(name, size);
    if (out->subject == NULL)
        return REFUSE(reader, &here, "there is no list '%.80s' that a rule can be about", name);
    if (out->subject->takes_id != (name[size] == '.' && name[size + 1] != '\0'))
        return REFUSE(reader, &here, out->subject->takes_id ? "'%s' needs an id: \"%s.ID\"" : "'%s' takes no id",
                      out->subject->name, out->subject->name);
    if (out->subject->takes_id) {
        out->id = name + size + 1;
        if (!feature_known(out->subject, out->id))
            return REFUSE(reader, &here, "there is no '%.80s' in '%s'", out->id, out->subject->name);
    }
    return true;
}

static bool read_demand(struct reader *reader, const struct place *place, const json_t *json, struct demand *out)
{
    const char *found = NULL;
    if (!read_subject(reader, place, json, out))
        return false;
    reader->subject = out->subject;
    const json_t *where = json_object_get(json, "where");
    struct place at_where = {.above = place, .key = "where"};
    if (where != NULL && !read_choice(reader, &at_where, where, &out->where))
        return false;
    for (size_t i = 0; i < QUANTIFIERS; i++) {
        const json_t *what = json_object_get(json, quantifiers[i]);
        struct place here = {.above = place, .key = quantifiers[i]};
        if (what == NULL)
            continue;
        if (found != NULL)
            return REFUSE(reader, &here, "a rule has one of every, none, some and ordered, and this one has '%s' too",
                          found);
        found = quantifiers[i];
        out->quantifier = (enum quantifier)i;
        if (!read_choice(reader, &here, what, &out->what))
            return false;
    }
    if (found == NULL)
        return REFUSE(reader, place, "one of the keys every, none, some and ordered is missing");
    return out->quantifier != ORDERED || strcmp(out->subject->name, "cipher_suites") == 0 ||
           REFUSE(reader, place, "only cipher_suites have an order to judge");
}

bool rule_keys(const struct source *source, const struct place *place, const json_t *json, const char *const *some,
               const char *const *others, struct complaint *complaint)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        bool known = false;
        for (size_t i = 0; some[i] != NULL; i++)
            known = known || strcmp(some[i], key) == 0;
        for (size_t i = 0; others[i] != NULL; i++)
            known = known || strcmp(others[i], key) == 0;
        struct place here = {.above = place, .key = key};
        if (!known)
            return place_complain(complaint, source, &here, "this key has no meaning here");
    }
    return true;
}

static bool read_when(struct reader *reader, const struct place *place, const json_t *json, struct rule *out)
{
    static const char *const keys[] = {"of", "where", "every", "none", "some", NULL}, *const none[] = {NULL};
    if (json == NULL)
        return true;
    struct place here = {.above = place, .key = "when"};
    struct demand *when = arena_alloc(reader->arena, sizeof *when);
    out->when = when;
    if (!json_is_object(json))
        return REFUSE(reader, &here, "this takes an object like a rule");
    return rule_keys(reader->source, &here, json, keys, none, reader->complaint) &&
           read_demand(reader, &here, json, when);
}

bool rule_read(struct arena *arena, const struct source *source, const struct place *place, const json_t *json,
               const char *const *mine, struct rule *out, struct complaint *complaint)
{
    struct reader reader = {arena, source, complaint, NULL};
    *out = (struct rule){.from = INT64_MIN, .until = INT64_MAX};
    if (!json_is_object(json))
        return REFUSE(&reader, place, "a rule is an object");
    return rule_keys(source, place, json, rule_words, mine, complaint) &&
           read_demand(&reader, place, json, &out->demand) &&
           read_when(&reader, place, json_object_get(json, "when"), out) &&
           read_date(&reader, place, json, "from", &out->from) &&
           read_date(&reader, place, json, "until", &out->until) &&
           (out->from < out->until ||
            REFUSE(&reader, place, "the rule is never in force: 'until' is not after 'from'"));
}
