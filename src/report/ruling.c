// SPDX-License-Identifier: Apache-2.0
//
// Answering a rule. Each condition holds, does not, or is not known; from these the rows of a list,
// and from the rows and whether there may be more of them, the rule.
#include <string.h>

#include "base/fail.h"
#include "report/rule.h"

enum holds { HOLDS_NO, HOLDS_YES, HOLDS_UNKNOWN, HOLDS_NOT_APPLICABLE };

// --- conditions ----------------------------------------------------------------------------------

static bool in_words(const struct condition *condition, const char *name)
{
    for (size_t i = 0; i < condition->word_count; i++)
        if (word_matches(condition->words[i], name))
            return true;
    return false;
}

static size_t count_in_words(const struct condition *condition, const json_t *texts)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const char *text = json_string_value(json_array_get(texts, i));
        count += text != NULL && in_words(condition, text);
    }
    return count;
}

static bool all_words_in(const struct condition *condition, const json_t *texts)
{
    for (size_t i = 0; i < condition->word_count; i++) {
        bool found = false;
        for (size_t k = 0; k < json_array_size(texts) && !found; k++) {
            const char *text = json_string_value(json_array_get(texts, k));
            found = text != NULL && word_matches(condition->words[i], text);
        }
        if (!found)
            return false;
    }
    return true;
}

static bool test_words(const struct condition *condition, const struct value *value)
{
    bool list = condition->property->kind == PROPERTY_TEXTS;
    size_t found = list ? count_in_words(condition, value->texts) : in_words(condition, value->text);
    switch (condition->test) {
    case TEST_ANY:
        return found != 0;
    case TEST_NONE:
        return found == 0;
    case TEST_ONLY:
        return found == json_array_size(value->texts);
    case TEST_ALL:
        return all_words_in(condition, value->texts);
    default:
        bug("a test that takes no words");
    }
}

static bool test_value(const struct condition *condition, const struct value *value)
{
    bool list = condition->property->kind == PROPERTY_TEXTS;
    int64_t number = list ? (int64_t)json_array_size(value->texts) : value->number;
    switch (condition->test) {
    case TEST_RANGE:
        return number >= condition->low && number <= condition->high;
    case TEST_PERIOD:
        return number >= condition->low && number < condition->high;
    case TEST_TRUTH:
        return value->truth == condition->truth;
    default:
        return test_words(condition, value);
    }
}

static enum holds condition_holds(const struct condition *condition, const struct row *row)
{
    struct value value;
    if (!property_read(condition->property, row, &value))
        return HOLDS_UNKNOWN;
    if (value.not_applicable)
        return HOLDS_NOT_APPLICABLE;
    return test_value(condition, &value) ? HOLDS_YES : HOLDS_NO;
}

static enum holds case_holds(const struct condition_case *item, const struct row *row)
{
    bool unknown = false, not_applicable = false;
    for (size_t i = 0; i < item->count; i++) {
        enum holds holds = condition_holds(&item->condition[i], row);
        if (holds == HOLDS_NO)
            return HOLDS_NO;
        unknown = unknown || holds == HOLDS_UNKNOWN;
        not_applicable = not_applicable || holds == HOLDS_NOT_APPLICABLE;
    }
    return not_applicable ? HOLDS_NOT_APPLICABLE : unknown ? HOLDS_UNKNOWN : HOLDS_YES;
}

static enum holds choice_holds(const struct choice *choice, const struct row *row)
{
    bool unknown = false, not_applicable = false;
    for (size_t i = 0; i < choice->count; i++) {
        enum holds holds = case_holds(&choice->item[i], row);
        if (holds == HOLDS_YES)
            return HOLDS_YES;
        unknown = unknown || holds == HOLDS_UNKNOWN;
        not_applicable = not_applicable || holds == HOLDS_NOT_APPLICABLE;
    }
    if (choice->count == 0)
        return HOLDS_YES;
    return unknown ? HOLDS_UNKNOWN : not_applicable ? HOLDS_NOT_APPLICABLE : HOLDS_NO;
}

// Whether the rule is about the row; a row that may not be there at all is never surely meant.
static enum holds selected(const struct demand *demand, const struct row *row)
{
    enum holds holds = choice_holds(&demand->where, row);
    if (holds == HOLDS_NOT_APPLICABLE)
        return HOLDS_NO;
    return holds == HOLDS_YES && !row->certain ? HOLDS_UNKNOWN : holds;
}

// --- which versions a rule is about --------------------------------------------------------------

static bool is_of_versions(const struct condition *condition)
{
    return condition->property->words == WORDS_VERSION && condition->test == TEST_ANY;
}

static bool choice_wants(const struct choice *choice, const char *version)
{
    bool wants = choice->count == 0;
    for (size_t i = 0; i < choice->count && !wants; i++) {
        const struct condition_case *item = &choice->item[i];
        wants = true;
        for (size_t k = 0; k < item->count; k++)
            if (is_of_versions(&item->condition[k]))
                wants = wants && in_words(&item->condition[k], version);
    }
    return wants;
}

static bool wants(const void *rule, const char *version)
{
    const struct demand *demand = rule;
    bool narrowed = demand->quantifier == NONE || demand->quantifier == SOME;
    return choice_wants(&demand->where, version) && (!narrowed || choice_wants(&demand->what, version));
}

// --- writing down --------------------------------------------------------------------------------

static bool is_key(const char *text) { return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16; }

static void add_key(struct ruling *out, const char *key)
{
    bool known = out->evidence_count == RULING_EVIDENCE;
    for (size_t i = 0; i < out->evidence_count && !known; i++)
        known = strcmp(out->evidence[i], key) == 0;
    if (!known)
        out->evidence[out->evidence_count++] = key;
}

static void add_evidence(struct ruling *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && i < 1000; i++) {
        const char *key = json_string_value(json_array_get(list, i));
        if (key != NULL && is_key(key))
            add_key(out, key);
    }
}

void ruling_collect(struct ruling *all, const struct ruling *one)
{
    for (size_t i = 0; i < one->evidence_count; i++)
        add_key(all, one->evidence[i]);
}

// A fact of a chain has evidence of its own, which says more than the chain's.
static void add_row_evidence(struct ruling *out, const struct demand *demand, const struct row *row)
{
    const json_t *evidence = NULL;
    for (size_t i = 0; i < demand->what.count && evidence == NULL; i++)
        for (size_t k = 0; k < demand->what.item[i].count && evidence == NULL; k++) {
            struct value value;
            const struct property *property = demand->what.item[i].condition[k].property;
            if (property->kind == PROPERTY_VERDICT && property_read(property, row, &value) &&
                json_array_size(value.evidence) != 0)
                evidence = value.evidence;
        }
    add_evidence(out, evidence != NULL ? evidence : row_evidence(row));
}

static void add_proofs(struct ruling *out, const struct rows *rows)
{
    for (size_t i = 0; i < rows->proof_count; i++)
        add_evidence(out, rows->proof[i]);
}

void ruling_prove(const struct rule *rule, struct ruling *ruling)
{
    for (size_t i = 0; i < ruling->count; i++)
        add_row_evidence(ruling, &rule->demand, ruling->row[i]);
}

struct tally {
    const struct row **broke;
    size_t broke_count, meant, open;
    const char *doubt;
    const struct row **kept; // that are as they should be
    size_t kept_count;
};

// What a fact of the row says of itself is more than what the row says.
static const char *sentence_of(const struct demand *demand, const struct row *row)
{
    for (size_t i = 0; i < demand->what.count; i++)
        for (size_t k = 0; k < demand->what.item[i].count; k++) {
            struct value value;
            const struct property *property = demand->what.item[i].condition[k].property;
            if (property->kind == PROPERTY_VERDICT && !property_read(property, row, &value) && value.sentence != NULL)
                return value.sentence;
        }
    return row_text(row, "sentence");
}

static void doubt(struct tally *tally, const char *sentence)
{
    tally->open++;
    if (tally->doubt == NULL)
        tally->doubt = sentence;
}

static void settle(struct ruling *out, const struct demand *demand, const struct tally *tally, const struct rows *rows,
                   enum ruling_verdict verdict)
{
    out->verdict = verdict;
    if (verdict == RULING_FAIL) {
        out->row = tally->broke;
        out->count = tally->broke_count;
        for (size_t i = 0; i < tally->broke_count; i++)
            add_row_evidence(out, demand, tally->broke[i]);
        if (tally->broke_count == 0)
            add_proofs(out, rows);
        for (size_t i = 0; i < rows->count && tally->broke_count == 0 && demand->subject->takes_id; i++)
            add_row_evidence(out, demand, &rows->row[i]);
        return;
    }
    if (verdict == RULING_INCOMPLETE)
        out->detail = tally->doubt != NULL                   ? tally->doubt
                      : rows->reason != NULL && !rows->whole ? rows->reason
                                                             : "the report does not say enough to decide it";
    if (verdict == RULING_NOT_APPLICABLE)
        out->detail = rows->reason != NULL ? rows->reason : "there is nothing that it could be about";
    if (verdict != RULING_PASS)
        return;
    add_proofs(out, rows);
    for (size_t i = 0; i < tally->kept_count; i++)
        add_row_evidence(out, demand, tally->kept[i]);
}

// --- quantifiers ---------------------------------------------------------------------------------

static enum ruling_verdict every_row(const struct demand *demand, const struct rows *rows, struct tally *tally)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        enum holds meant = selected(demand, row);
        enum holds holds = meant == HOLDS_NO ? HOLDS_NO : choice_holds(&demand->what, row);
        if (meant == HOLDS_NO || holds == HOLDS_NOT_APPLICABLE)
            continue;
        tally->meant++;
        if (holds == HOLDS_YES)
            tally->kept[tally->kept_count++] = row;
        else if (meant == HOLDS_YES && holds == HOLDS_NO)
            tally->broke[tally->broke_count++] = row;
        else
            doubt(tally, sentence_of(demand, row));
    }
    if (tally->broke_count != 0)
        return RULING_FAIL;
    if (tally->open != 0 || !rows->whole)
        return RULING_INCOMPLETE;
    return tally->meant == 0 ? RULING_NOT_APPLICABLE : RULING_PASS;
}

// Rows that match, surely (tally->broke) or perhaps (tally->open).
static void match(const struct demand *demand, const struct rows *rows, struct tally *tally)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        enum holds meant = selected(demand, row);
        if (meant == HOLDS_NO)
            continue;
        enum holds holds = choice_holds(&demand->what, row);
        if (meant == HOLDS_YES && holds == HOLDS_YES)
            tally->broke[tally->broke_count++] = row;
        else if (holds == HOLDS_YES || holds == HOLDS_UNKNOWN)
            doubt(tally, sentence_of(demand, row));
    }
}

static enum ruling_verdict no_row(const struct demand *demand, const struct rows *rows, struct tally *tally)
{
    match(demand, rows, tally);
    if (tally->broke_count != 0)
        return RULING_FAIL;
    if (tally->open != 0 || !rows->whole)
        return RULING_INCOMPLETE;
    return rows->count == 0 && rows->not_applicable ? RULING_NOT_APPLICABLE : RULING_PASS;
}

static enum ruling_verdict some_row(const struct demand *demand, const struct rows *rows, struct tally *tally)
{
    match(demand, rows, tally);
    memcpy(tally->kept, tally->broke, tally->broke_count * sizeof *tally->broke);
    tally->kept_count = tally->broke_count;
    tally->broke_count = 0;
    if (tally->kept_count != 0)
        return RULING_PASS;
    if (tally->open != 0 || !rows->whole)
        return RULING_INCOMPLETE;
    return rows->count == 0 && rows->not_applicable ? RULING_NOT_APPLICABLE : RULING_FAIL;
}

// --- order of suites -----------------------------------------------------------------------------

// The place of the first class that a row is of; rows of none come last. False: not known.
static bool class_of(const struct choice *classes, const struct row *row, size_t *class)
{
    for (*class = 0; *class < classes->count; (*class)++) {
        enum holds holds = case_holds(&classes->item[*class], row);
        if (holds == HOLDS_YES)
            return true;
        if (holds == HOLDS_UNKNOWN)
            return false;
    }
    return true;
}

static bool same_version(const struct row *a, const struct row *b)
{
    const char *x = row_text(a, "version"), *y = row_text(b, "version");
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static int64_t order_of(const struct row *row) { return json_integer_value(json_object_get(row->json, "order")); }

// Whether the server itself chooses: yes, no (the client does), or not known.
static enum holds server_chooses(const struct row *row)
{
    const char *version = row_text(row, "version");
    const json_t *list = json_object_get(row->scene->endpoint, "suite_preference");
    const json_t *found = version == NULL ? NULL : list_find(list, "version", version);
    if (member_is(found, "verdict", "server") || member_is(found, "verdict", "server_chacha_by_client"))
        return HOLDS_YES;
    return member_is(found, "verdict", "client") ? HOLDS_NO : HOLDS_UNKNOWN;
}

struct classed {
    const struct row *row;
    size_t class;
    bool known; // its class is
};

// A row breaks the order when the server chooses one of a better class only after it.
static void compare(struct tally *tally, const struct classed *one, const struct classed *other)
{
    if (!same_version(one->row, other->row))
        return;
    if (!one->known || !other->known) {
        doubt(tally, row_text(one->row, "sentence"));
        return;
    }
    if (other->class >= one->class)
        return;
    enum holds chooses = server_chooses(one->row);
    int64_t mine = order_of(one->row), its = order_of(other->row);
    if (chooses == HOLDS_UNKNOWN || (chooses == HOLDS_YES && (mine < 1 || its < 1)))
        doubt(tally, row_text(one->row, "sentence"));
    else if ((chooses == HOLDS_NO || mine < its) &&
             (tally->broke_count == 0 || tally->broke[tally->broke_count - 1] != one->row))
        tally->broke[tally->broke_count++] = one->row;
}

static enum ruling_verdict ordered_rows(const struct scene *scene, const struct demand *demand, const struct rows *rows,
                                        struct tally *tally)
{
    struct classed *classed = arena_array(scene->scratch, rows->count, sizeof *classed);
    for (size_t i = 0; i < rows->count; i++) {
        struct classed *one = &classed[tally->meant];
        enum holds meant = selected(demand, &rows->row[i]);
        one->row = &rows->row[i];
        one->known = class_of(&demand->what, one->row, &one->class) && meant == HOLDS_YES;
        tally->meant += meant != HOLDS_NO;
    }
    for (size_t i = 0; i < tally->meant; i++)
        for (size_t k = 0; k < tally->meant; k++)
            compare(tally, &classed[i], &classed[k]);
    if (tally->broke_count != 0)
        return RULING_FAIL;
    if (tally->open != 0 || !rows->whole)
        return RULING_INCOMPLETE;
    return tally->meant == 0 ? RULING_NOT_APPLICABLE : RULING_PASS;
}

// --- rules ---------------------------------------------------------------------------------------

static void judge_demand(const struct demand *demand, const struct scene *scene, struct ruling *out)
{
    struct rows rows = {0};
    struct query query = {scene, demand->subject, demand->id, wants, demand};
    demand->subject->rows(&query, &rows);
    struct tally tally = {.broke = arena_array(scene->scratch, rows.count, sizeof *tally.broke),
                          .kept = arena_array(scene->scratch, rows.count, sizeof *tally.kept)};
    enum ruling_verdict verdict = RULING_INCOMPLETE;
    switch (demand->quantifier) {
    case EVERY:
        verdict = every_row(demand, &rows, &tally);
        break;
    case NONE:
        verdict = no_row(demand, &rows, &tally);
        break;
    case SOME:
        verdict = some_row(demand, &rows, &tally);
        break;
    case ORDERED:
        verdict = ordered_rows(scene, demand, &rows, &tally);
        break;
    }
    *out = (struct ruling){0};
    settle(out, demand, &tally, &rows, verdict);
}

// What depends on a condition that is not known: a rule that is met is met, whether it applies or not.
static void apply_condition(const struct ruling *when, struct ruling *out)
{
    if (when->verdict == RULING_PASS)
        return;
    if (when->verdict == RULING_INCOMPLETE && (out->verdict == RULING_PASS || out->verdict == RULING_NOT_APPLICABLE))
        return;
    bool open = when->verdict == RULING_INCOMPLETE;
    *out = (struct ruling){.verdict = open ? RULING_INCOMPLETE : RULING_NOT_APPLICABLE};
    out->detail = open ? when->detail : "the condition under which the rule applies is not met";
}

void rule_judge(const struct rule *rule, const struct scene *scene, struct ruling *out)
{
    if (scene->now < rule->from || scene->now >= rule->until) {
        *out = (struct ruling){.verdict = RULING_NOT_APPLICABLE, .detail = "the rule is not in force at this date"};
        return;
    }
    judge_demand(&rule->demand, scene, out);
    if (rule->when == NULL)
        return;
    struct ruling when;
    judge_demand(rule->when, scene, &when);
    apply_condition(&when, out);
}

const char *ruling_name(enum ruling_verdict verdict)
{
    static const char *const names[] = {"pass", "fail", "incomplete", "not_applicable"};
    return names[verdict];
}
