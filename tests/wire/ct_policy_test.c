// SPDX-License-Identifier: Apache-2.0
//
// What Chrome and Apple say of sets of SCTs; and that one more SCT, whatever it is, never makes things worse.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "wire/ct_policy.h"

#define DAY    INT64_C(86400)
#define NOW    INT64_C(1780000000)
#define SIGNED (NOW - 30 * DAY) // all SCTs

#define BOTH(state, since)                                                                                             \
    {                                                                                                                  \
        {state, since, "2026-08-21"}, { state, since, "2026-04-01" }                                                   \
    }

// By the letter that stands for them in the rows below.
static const struct named_log {
    char letter;
    struct ct_log log;
} logs[] = {
    {'a', {.name = "a", .operator= "One", .standing = BOTH(CT_USABLE, NOW - 400 * DAY)}},
    {'b', {.name = "b", .operator= "One", .standing = BOTH(CT_READONLY, NOW - 400 * DAY)}},
    {'c', {.name = "c", .operator= "Two", .standing = BOTH(CT_QUALIFIED, INT64_MIN)}},
    {'d', {.name = "d", .operator= "Three", .standing = BOTH(CT_USABLE, INT64_MIN)}},
    {'s', {.name = "s", .operator= "Four", .tiled = true, .standing = BOTH(CT_USABLE, INT64_MIN)}},
    {'t', {.name = "t", .operator= "Five", .tiled = true, .standing = BOTH(CT_USABLE, INT64_MIN)}},
    {'r', {.name = "r", .operator= "Six", .standing = BOTH(CT_RETIRED, NOW - 10 * DAY)}},  // after SIGNED
    {'q', {.name = "q", .operator= "Six", .standing = BOTH(CT_RETIRED, NOW - 100 * DAY)}}, // before
    {'n', {.name = "n", .operator= "Six", .standing = BOTH(CT_RETIRED, INT64_MIN)}},
    {'j', {.name = "j", .operator= "Seven", .standing = BOTH(CT_REJECTED, NOW - 100 * DAY)}},
    {'k', {.name = "k", .operator= "Seven", .standing = BOTH(CT_REJECTED, NOW + DAY)}},
    {'p', {.name = "p", .operator= "Eight", .standing = BOTH(CT_PENDING, NOW - 100 * DAY)}},
    {'m', {.name = "m", .operator= "Eight", .standing = BOTH(CT_ABSENT, INT64_MIN)}},
    {'x', {.name = "x", .operator= "Eight", .test = true, .standing = BOTH(CT_ABSENT, INT64_MIN)}},
};

// Letters: small ones in the certificate, capitals in TLS; '?' and '/' of two unknown logs, '!' a bad one, '~' of log
// a, with a signature that is not known; '2' of another version.
struct rows {
    struct sct sct[CT_ROWS];
    struct sct_judgement judgement[CT_ROWS];
    struct ct_row row[CT_ROWS];
    size_t count;
};

static const struct ct_log *log_of(char letter)
{
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        if (logs[i].letter == letter)
            return &logs[i].log;
    return NULL;
}

static void add(struct rows *rows, char letter)
{
    char small = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter == '~' ? 'a' : letter;
    struct sct *sct = &rows->sct[rows->count];
    struct sct_judgement *judgement = &rows->judgement[rows->count];
    *sct = (struct sct){.source = small == letter || letter == '~' ? SCT_IN_CERTIFICATE : SCT_IN_TLS,
                        .version = letter == '2',
                        .timestamp = (uint64_t)SIGNED * 1000};
    sct->log_id[0] = (uint8_t)small;
    *judgement = (struct sct_judgement){.answer = SCT_GOOD, .log = log_of(small)};
    if (letter == '!')
        *judgement = (struct sct_judgement){SCT_BAD, "bad_signature", "no", log_of('d')};
    else if (letter == '~')
        *judgement = (struct sct_judgement){SCT_UNKNOWN, "no_issuer", "not at hand", log_of('a')};
    else if (judgement->log == NULL)
        *judgement = (struct sct_judgement){SCT_UNKNOWN, letter == '2' ? "version" : "unknown_log", "which", NULL};
    rows->row[rows->count++] = (struct ct_row){sct, judgement};
}

static void fill(struct rows *rows, const char *letters)
{
    rows->count = 0;
    for (; *letters != '\0'; letters++)
        add(rows, *letters);
}

static const struct {
    const char *scts;
    int days; // 0: 90; negative: and a second more
    const char *want_chrome, *want_apple;
} cases[] = {
    {"", 0, "no no_scts", "no no_scts"},
    {"a", 0, "no too_few", "no too_few"},
    {"aa", 0, "no too_few", "no too_few"},
    {"ab", 0, "no one_operator", "no one_operator"},
    {"ac", 0, "yes", "yes"},
    {"a!", 0, "no too_few", "no too_few"},
    {"!", 0, "no no_current_log", "no no_current_log"},
    {"x", 0, "no no_current_log", "no no_current_log"},
    {"2", 0, "no no_current_log", "no no_current_log"},
    {"j", 0, "no no_current_log", "no no_current_log"},
    {"aj", 0, "no too_few", "no too_few"},
    // By how long the certificate lasts. Apple counts both ends.
    {"ac", 180, "yes", "no too_few"},
    {"ac", -180, "no too_few", "no too_few"},
    {"acd", 200, "yes", "yes"},
    {"abc", 200, "yes", "yes"},
    {"abb", 200, "no too_few", "no too_few"},
    {"abc", 397, "yes", "yes"},
    {"abc", 398, "yes", "unknown lifetime"},
    {"", 500, "no no_scts", "unknown lifetime"},
    // Logs that are no longer taken from count where they signed before that, beside one that still is.
    {"ar", 0, "yes", "yes"},
    {"aq", 0, "no too_few", "no too_few"},
    {"an", 0, "unknown log_state", "unknown log_state"},
    {"r", 0, "no no_current_log", "no no_current_log"},
    {"rq", 0, "no no_current_log", "no no_current_log"},
    // What may have changed since the day of the list, or is not in it.
    {"ak", 0, "unknown log_state", "unknown log_state"},
    {"ap", 0, "unknown log_state", "unknown log_state"},
    {"am", 0, "unknown log_state", "unknown log_state"},
    {"acm", 0, "yes", "yes"},
    {"a?", 0, "unknown unknown_log", "unknown unknown_log"},
    {"?", 0, "no too_few", "no too_few"},
    {"??", 0, "no too_few", "no too_few"},
    {"?/", 0, "unknown unknown_log", "unknown unknown_log"},
    {"?/", 200, "no too_few", "no too_few"},
    {"ac?", 0, "yes", "yes"},
    {"~c", 0, "unknown no_issuer", "unknown no_issuer"},
    {"~b", 0, "no one_operator", "no one_operator"},
    // In TLS: Chrome wants all of them there, its program does not; Apple wants one there.
    {"AC", 0, "yes", "yes"},
    {"AC", 300, "yes", "yes"},
    {"AB", 0, "no too_few", "yes"},
    {"A", 0, "no too_few", "no too_few"},
    {"Ac", 0, "unknown mixed_delivery", "yes"},
    {"Ab", 0, "no too_few", "yes"},
    {"aA", 0, "no too_few", "no too_few"},
    {"AR", 0, "no too_few", "no too_few"},
    {"acR", 300, "no too_few", "no too_few"},
    {"A?", 0, "unknown mixed_delivery", "unknown unknown_log"},
    // Logs with the static API alone.
    {"st", 0, "unknown static_logs_alone", "unknown static_logs_alone"},
    {"sta", 200, "yes", "yes"},
    {"ST", 0, "unknown static_logs_alone", "unknown static_logs_alone"},
};

static void want(enum ct_program program, const struct ct_question *question, const char *wanted)
{
    static const char *const words[] = {[CT_NO] = "no", [CT_MAYBE] = "unknown", [CT_YES] = "yes"};
    struct ct_verdict verdict;
    char text[64];
    ct_policy_judge(program, question, &verdict);
    assert_int_equal(verdict.answer == CT_YES, verdict.reason == NULL);
    assert_int_equal(verdict.reason == NULL, verdict.sentence == NULL);
    snprintf(text, sizeof text, "%s%s%s", words[verdict.answer], verdict.reason == NULL ? "" : " ",
             verdict.reason == NULL ? "" : verdict.reason);
    assert_string_equal(text, wanted);
}

static struct ct_question question_of(const struct rows *rows, int days)
{
    int64_t from = SIGNED + 3600, lasts = days == 0 ? 90 * DAY : days < 0 ? -days * DAY + 1 : days * DAY;
    return (struct ct_question){
        .row = rows->row, .count = rows->count, .not_before = from, .not_after = from + lasts, .now = NOW};
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rows rows;
        fill(&rows, cases[i].scts);
        struct ct_question question = question_of(&rows, cases[i].days);
        print_message("'%s' %d\n", cases[i].scts, cases[i].days);
        want(CT_CHROME, &question, cases[i].want_chrome);
        want(CT_APPLE, &question, cases[i].want_apple);
    }
}

// What was not looked at may hold more.
static void test_more(void **state)
{
    (void)state;
    struct rows rows;
    fill(&rows, "a");
    struct ct_question question = question_of(&rows, 0);
    question.more = "not_asked";
    question.more_sentence = "nobody asked";
    want(CT_CHROME, &question, "unknown not_asked");
    want(CT_APPLE, &question, "unknown not_asked");
    fill(&rows, "ac");
    question.count = rows.count;
    want(CT_CHROME, &question, "yes");
    want(CT_APPLE, &question, "yes");
}

static void test_dates(void **state)
{
    (void)state;
    struct rows rows;
    fill(&rows, "ac");
    struct ct_question question = question_of(&rows, 0);
    question.not_before = 1649980799; // the day before Chrome's, after Apple's
    question.not_after = question.not_before + 90 * DAY;
    want(CT_CHROME, &question, "unknown older_policy");
    want(CT_APPLE, &question, "yes");
    question.not_before = 1618963199;
    want(CT_APPLE, &question, "unknown older_policy");
    question.not_before = INT64_MIN;
    want(CT_CHROME, &question, "unknown unparseable");
    want(CT_APPLE, &question, "unknown unparseable");
    question = question_of(&rows, 0);
    question.not_after = INT64_MAX;
    want(CT_CHROME, &question, "unknown unparseable");
}

// How many are asked for and were counted.
static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *scts;
        int days;
        unsigned want_required, want_chrome, want_apple;
    } numbers[] = {
        {"ab", 0, 2, 2, 1}, {"abc", 200, 3, 3, 3}, {"abab", 200, 3, 2, 2}, {"A", 0, 2, 0, 0}, {"a?j", 0, 2, 1, 1}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct rows rows;
        struct ct_verdict verdict;
        fill(&rows, numbers[i].scts);
        struct ct_question question = question_of(&rows, numbers[i].days);
        ct_policy_judge(CT_CHROME, &question, &verdict);
        assert_int_equal(verdict.required, numbers[i].want_required);
        assert_int_equal(verdict.counted, numbers[i].want_chrome);
        ct_policy_judge(CT_APPLE, &question, &verdict);
        assert_int_equal(verdict.counted, numbers[i].want_apple);
    }
}

static void test_never_worse(void **state)
{
    (void)state;
    static const char letters[] = "abcdstrqnjkpmx?/!~2ABCDSTRQJPM";
    struct rows rows;
    // Every set of three, in every order, with repetitions; then with a fourth.
    for (size_t i = 0; i < 27000; i++)
        for (int days = 90; days <= 200; days += 110) {
            char set[] = {letters[i % 30], letters[i / 30 % 30], letters[i / 900], '\0'};
            enum ct_answer answers[CT_PROGRAMS] = {CT_NO, CT_NO};
            fill(&rows, set);
            for (size_t count = 0; count <= 3; count++)
                for (size_t program = 0; program < CT_PROGRAMS; program++) {
                    struct ct_question question = question_of(&rows, days);
                    struct ct_verdict verdict;
                    question.count = count;
                    ct_policy_judge((enum ct_program)program, &question, &verdict);
                    if (verdict.answer < answers[program])
                        fail_msg("'%s' at %zu is worse than without its last", set, count);
                    answers[program] = verdict.answer;
                }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),   cmocka_unit_test(test_more),        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_never_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
