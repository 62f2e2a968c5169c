// SPDX-License-Identifier: Apache-2.0
//
// From scores and caps to letters. Every question that is open is answered twice, well and badly: where
// both answers come to the same letter it is the grade, else the grade is not known and both are told.
#include "report/grade.h"

#include <string.h>

#include "report/embedded.h"
#include "report/place.h"
#include "report/tree.h"

#define METHOD    "SSL Labs Server Rating Guide 2009q"
#define MOST_CAPS 100

struct cap {
    const char *id, *sentence;
    enum letter letter;
    bool exposure; // a rule that is broken says that it may apply: nobody tested whether it does
    bool owed;     // it applies also where there is nothing that the rule could be about
    struct rule rule;
};

struct caps {
    struct cap row[MOST_CAPS];
    size_t count;
};

static const char *const letters[] = {"A+", "A", "A-", "B", "C", "D", "E", "F", "M", "T"};

static const struct {
    unsigned sum; // of the halves of three scores, each times its weight in percent
    enum letter letter;
} totals[] = {{16000, LETTER_A_PLUS}, {13000, LETTER_B}, {10000, LETTER_C}, {7000, LETTER_D}, {4000, LETTER_E}};

// --- the table of caps ---------------------------------------------------------------------------

static bool find_letter(const char *name, enum letter *out)
{
    for (size_t i = 0; name != NULL && i < sizeof letters / sizeof *letters; i++)
        if (strcmp(letters[i], name) == 0) {
            *out = (enum letter)i;
            return true;
        }
    return false;
}

static void read_cap(struct arena *arena, const struct source *source, size_t index, const json_t *json,
                     struct cap *out)
{
    static const char *const keys[] = {"id", "letter", "sentence", "exposure", "owed", NULL};
    struct place place = {.index = index};
    struct complaint complaint = {0};
    out->id = member_text(json, "id");
    out->sentence = member_text(json, "sentence");
    out->exposure = json_is_true(json_object_get(json, "exposure"));
    out->owed = json_is_true(json_object_get(json, "owed"));
    if (out->id == NULL || out->sentence == NULL || !find_letter(member_text(json, "letter"), &out->letter))
        place_complain(&complaint, source, &place, "a cap has an id, a letter and a sentence");
    if (!rule_read(arena, source, &place, json, keys, &out->rule, &complaint) || complaint.text[0] != '\0')
        bug(complaint.text);
}

const struct caps *caps_load(struct arena *arena, json_t *texts)
{
    struct caps *caps = arena_alloc(arena, sizeof *caps);
    *caps = (struct caps){0};
    for (size_t i = 0; i < embedded_count(EMBEDDED_GRADE); i++) {
        const struct embedded *file = embedded_at(EMBEDDED_GRADE, i);
        struct source source = {file->name, file->text};
        json_t *list = embedded_load(file);
        for (size_t k = 0; k < json_array_size(list); k++) {
            always(caps->count < MOST_CAPS);
            read_cap(arena, &source, k, json_array_get(list, k), &caps->row[caps->count++]);
        }
        tree_add(texts, list);
    }
    return caps;
}

void caps_print(const struct caps *caps, FILE *file)
{
    for (size_t i = 0; i < caps->count; i++)
        fprintf(file, "%-24s %-3s %-8s %s\n", caps->row[i].id, letters[caps->row[i].letter],
                caps->row[i].exposure ? "open" : "applies", caps->row[i].sentence);
}

// --- caps ----------------------------------------------------------------------------------------

struct range {
    enum letter best, worst;
    const char *reason; // why they differ
};

static void lower(enum letter *letter, enum letter to)
{
    if (to > *letter)
        *letter = to;
}

static json_t *cap_row(const struct cap *cap, const struct ruling *ruling, bool applies, const char *detail,
                       struct arena *scratch)
{
    json_t *row = tree_object(), *evidence = tree_list();
    for (size_t i = 0; i < ruling->evidence_count; i++)
        tree_add(evidence, tree_text(scratch, ruling->evidence[i]));
    tree_set(row, "id", tree_text(scratch, cap->id));
    tree_set(row, "letter", tree_text(scratch, letters[cap->letter]));
    tree_set(row, "state", tree_text(scratch, applies ? "applies" : "open"));
    tree_set(row, "sentence", tree_text(scratch, cap->sentence));
    tree_set(row, "detail", tree_text(scratch, detail));
    tree_set(row, "evidence", evidence);
    return row;
}

struct capped {
    struct range range;
    json_t *rows, *trust_rows;
    enum letter trust; // LETTER_T, LETTER_M, or another where neither applies
    bool trust_open;
};

static void take_cap(const struct cap *cap, bool applies, const char *reason, struct capped *out)
{
    if (cap->letter > LETTER_F) {
        if (applies)
            lower(&out->trust, cap->letter);
        out->trust_open = out->trust_open || !applies;
        return;
    }
    if (applies)
        lower(&out->range.best, cap->letter);
    lower(&out->range.worst, cap->letter);
    if (!applies && out->range.reason == NULL && cap->letter > out->range.best)
        out->range.reason = reason;
}

static void judge_cap(const struct cap *cap, const struct scene *scene, struct capped *out)
{
    struct ruling ruling;
    rule_judge(&cap->rule, scene, &ruling);
    bool owed = cap->owed && ruling.verdict == RULING_NOT_APPLICABLE;
    if (ruling.verdict != RULING_FAIL && ruling.verdict != RULING_INCOMPLETE && !owed)
        return;
    bool broken = ruling.verdict == RULING_FAIL, applies = owed || (broken && !cap->exposure);
    const char *shown = broken ? ruling_show(&cap->rule, &ruling, scene->scratch) : ruling.detail;
    take_cap(cap, applies, broken ? cap->sentence : shown, out);
    tree_add(cap->letter > LETTER_F ? out->trust_rows : out->rows,
             cap_row(cap, &ruling, applies, shown, scene->scratch));
}

// The table has the worst first, so that a reason is not one that makes no difference any more.
static void judge_caps(const struct caps *caps, const struct scene *scene, struct capped *out)
{
    for (size_t i = 0; i < caps->count; i++)
        judge_cap(&caps->row[i], scene, out);
}

// --- sums ----------------------------------------------------------------------------------------

static const unsigned weights[] = {30, 30, 40};

static unsigned sum_of(const unsigned halves[3])
{
    bool zero = halves[0] == 0 || halves[1] == 0 || halves[2] == 0;
    return zero ? 0 : halves[0] * weights[0] + halves[1] * weights[1] + halves[2] * weights[2];
}

static enum letter letter_of(unsigned sum)
{
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        if (sum >= totals[i].sum)
            return totals[i].letter;
    return LETTER_F;
}

static json_t *points(unsigned sum)
{
    json_t *number = sum % 200 == 0 ? json_integer(sum / 200) : json_real(sum / 200.0);
    if (number == NULL)
        die("out of memory");
    return number;
}

static json_t *score_row(const struct score *score, unsigned weight, struct arena *scratch)
{
    json_t *row = tree_object();
    tree_set(row, "weight", tree_number(weight));
    tree_set(row, "at_best", points(score->halves * 100));
    tree_set(row, "at_worst", points(score->lowest * 100));
    tree_set(row, "detail", tree_text(scratch, score->detail));
    tree_set(row, "reason", tree_text(scratch, score->lowest == score->halves ? NULL : score->doubt));
    return row;
}

static json_t *score_rows(const struct scores *scores, unsigned best, unsigned worst, struct arena *scratch)
{
    json_t *object = tree_object(), *total = tree_object();
    tree_set(object, "protocol", score_row(&scores->protocol, weights[0], scratch));
    tree_set(object, "key_exchange", score_row(&scores->key_exchange, weights[1], scratch));
    tree_set(object, "cipher", score_row(&scores->cipher, weights[2], scratch));
    tree_set(total, "at_best", points(best));
    tree_set(total, "at_worst", points(worst));
    tree_set(object, "total", total);
    return object;
}

static void take_scores(const struct scores *scores, unsigned *best, unsigned *worst, struct range *out)
{
    const struct score *all[] = {&scores->protocol, &scores->key_exchange, &scores->cipher};
    *best = sum_of((const unsigned[3]){all[0]->halves, all[1]->halves, all[2]->halves});
    *worst = sum_of((const unsigned[3]){all[0]->lowest, all[1]->lowest, all[2]->lowest});
    *out = (struct range){letter_of(*best), letter_of(*worst), NULL};
    for (size_t i = 0; i < 3 && out->best != out->worst; i++)
        if (out->reason == NULL && all[i]->lowest != all[i]->halves)
            out->reason = all[i]->doubt;
}

// --- addresses -----------------------------------------------------------------------------------

static void set_range(json_t *object, const struct range *range, struct arena *scratch)
{
    bool known = range != NULL && range->best == range->worst;
    tree_set(object, "letter", tree_text(scratch, known ? letters[range->best] : NULL));
    tree_set(object, "at_best", tree_text(scratch, range == NULL ? NULL : letters[range->best]));
    tree_set(object, "at_worst", tree_text(scratch, range == NULL ? NULL : letters[range->worst]));
}

static json_t *trust_row(enum letter letter, bool open, json_t *caps, struct arena *scratch)
{
    json_t *row = tree_object();
    bool bad = letter > LETTER_F;
    tree_set(row, "verdict", tree_text(scratch, bad ? "no" : open ? "unknown" : "yes"));
    tree_set(row, "letter", tree_text(scratch, bad ? letters[letter] : NULL));
    if (caps != NULL)
        tree_set(row, "caps", caps);
    return row;
}

// What there is to grade: an address that was reached and has some version of TLS.
static const char *nothing_in(const json_t *endpoint)
{
    const json_t *versions = json_object_get(endpoint, "versions");
    const char *reason = member_text(endpoint, "reason");
    if (!member_is(endpoint, "status", "complete") && !member_is(endpoint, "status", "partial"))
        return reason != NULL ? reason : "the address was not reached";
    for (size_t i = 0; i < json_array_size(versions) && i < SUBJECT_ROWS; i++)
        if (member_is(json_array_get(versions, i), "verdict", "yes"))
            return NULL;
    return "no version is known to be accepted";
}

static void grade_address(const struct caps *caps, const struct scene *scene, json_t *row, struct capped *out)
{
    struct arena *scratch = scene->scratch;
    const char *nothing = nothing_in(scene->endpoint);
    json_t *scored = tree_text(scratch, NULL);
    *out = (struct capped){.range = {LETTER_A_PLUS, LETTER_F, nothing}, .trust_open = true};
    out->rows = tree_list();
    out->trust_rows = tree_list();
    if (nothing == NULL) {
        struct scores scores;
        unsigned best, worst;
        json_decref(scored);
        out->trust_open = false;
        grade_score(scene, &scores);
        take_scores(&scores, &best, &worst, &out->range);
        judge_caps(caps, scene, out);
        scored = score_rows(&scores, best, worst, scratch);
    }
    tree_set(row, "address", tree_text(scratch, member_text(scene->endpoint, "address")));
    set_range(row, nothing == NULL ? &out->range : NULL, scratch);
    tree_set(row, "reason", tree_text(scratch, out->range.best == out->range.worst ? NULL : out->range.reason));
    tree_set(row, "scores", scored);
    tree_set(row, "caps", out->rows);
    tree_set(row, "trust", trust_row(out->trust, out->trust_open, out->trust_rows, scratch));
}

// The worst of the addresses.
static void join(struct capped *all, const struct capped *one, const char *address, struct arena *scratch)
{
    lower(&all->range.best, one->range.best);
    lower(&all->range.worst, one->range.worst);
    lower(&all->trust, one->trust);
    all->trust_open = all->trust_open || one->trust_open;
    if (all->range.reason == NULL && one->range.best != one->range.worst)
        all->range.reason = arena_text(scratch, "%s: %s", address == NULL ? "?" : address,
                                       one->range.reason == NULL ? "?" : one->range.reason);
}

json_t *grade_judge(const struct caps *caps, const json_t *report, const struct scene *scene)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    struct arena *scratch = scene->scratch;
    json_t *object = tree_object(), *rows = tree_list();
    struct capped all = {0};
    size_t graded = 0;
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        struct scene here = *scene;
        struct capped one;
        json_t *row = tree_object();
        here.endpoint = json_array_get(endpoints, i);
        grade_address(caps, &here, row, &one);
        graded += nothing_in(here.endpoint) == NULL;
        join(&all, &one, member_text(here.endpoint, "address"), scratch);
        tree_add(rows, row);
    }
    tree_set(object, "method", tree_text(scratch, METHOD));
    set_range(object, &all.range, scratch);
    tree_set(object, "reason", tree_text(scratch, all.range.best == all.range.worst ? NULL : all.range.reason));
    tree_set(object, "trust", trust_row(all.trust, all.trust_open, NULL, scratch));
    tree_set(object, "endpoints", rows);
    if (graded != 0)
        return object;
    json_decref(object);
    return tree_text(scratch, NULL);
}
