// SPDX-License-Identifier: Apache-2.0
//
// Guesses of what a server chooses next: by the usual order or the offered one, without what it has passed over.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/usual.h"

#define MOST 8

// What was offered, what was chosen of it, one after the other, and what is to be expected then.
static const struct row {
    const char *name;
    const struct usual_list *list;
    uint16_t offered[MOST], chosen[MOST], want;
    enum usual_order order;
} rows[] = {
    {"nothing is known of RSA", &usual_suites, {0xC030, 0xCCA9, 0xC02C}, {0xC02C}, 0xCCA9, USUAL_OWN},
    {"the next", &usual_suites, {0xC02C, 0xCCA8, 0xCCA9, 0xC030}, {0xC02C, 0xC030}, 0xCCA9, USUAL_OWN},
    {"only what is left", &usual_suites, {0xC02F, 0xCCA8, 0xC030}, {0xC030}, 0xCCA8, USUAL_OWN},
    {"no DSS without DSS", &usual_suites, {0x00A3, 0xC02B, 0xC030, 0xC02C}, {0xC02C, 0xC030}, 0xC02B, USUAL_OWN},
    {"DHE may be there", &usual_suites, {0xC02F, 0x009F, 0xC030}, {0xC030}, 0x009F, USUAL_OWN},
    {"DHE is not there", &usual_suites, {0xC02F, 0xCCAA, 0x009F, 0xCCA8, 0xC030}, {0xC030, 0xCCA8}, 0xC02F, USUAL_OWN},
    {"no CCM where another was passed over",
     &usual_suites,
     {0xC02C, 0xC030, 0xC0AF, 0xC0AD, 0xC0AE, 0xC02B, 0xC024},
     {0xC02C, 0xC030, 0xC02B},
     0xC024,
     USUAL_OWN},
    {"CCM may be there without DHE",
     &usual_suites,
     {0xC09F, 0x009F, 0xC030, 0xCCA8, 0x009D, 0xC09D},
     {0xC030, 0xCCA8, 0x009D},
     0xC09D,
     USUAL_OWN},
    {"no key agreed on beforehand",
     &usual_suites,
     {0x00A8, 0x003D, 0x009C, 0x009D},
     {0x009D, 0x009C},
     0x003D,
     USUAL_OWN},
    {"not what stands before", &usual_suites, {0xC02C, 0xC030, 0xC02F}, {0xC02F}, 0, USUAL_OWN},
    {"the last", &usual_suites, {0xC030, 0x002F}, {0x002F}, 0, USUAL_OWN},
    {"one that OpenSSL does not have", &usual_suites, {0xC02F, 0xCC13}, {0xCC13}, 0, USUAL_OWN},
    {"nothing is left", &usual_suites, {0xC030}, {0xC030}, 0, USUAL_OWN},
    {"as offered", &usual_suites, {0x002F, 0x0035, 0x003C}, {0x002F}, 0x0035, USUAL_OFFERED},
    {"as offered, and not what was passed over",
     &usual_suites,
     {0xC030, 0x009F, 0xC02F, 0x009E, 0xC028},
     {0xC030, 0xC02F},
     0xC028,
     USUAL_OFFERED},
    {"both orders agree", &usual_suites, {0xC030, 0xC02F}, {0xC030}, 0xC02F, USUAL_UNTOLD},
    {"they do not", &usual_suites, {0xC030, 0xC014, 0xC02F}, {0xC030}, 0, USUAL_UNTOLD},
    {"an order of its own shows",
     &usual_suites,
     {0xC030, 0xC014, 0xC02F, 0xC028},
     {0xC030, 0xC02F},
     0xC028,
     USUAL_UNTOLD},
    {"the offered order shows",
     &usual_suites,
     {0xC030, 0xC014, 0xC02F, 0xC028},
     {0xC030, 0xC014},
     0xC02F,
     USUAL_UNTOLD},
    {"groups", &usual_groups, {0x001D, 0x0017, 0x0018, 0x0019, 0x001E}, {0x001D}, 0x0017, USUAL_UNTOLD},
    {"groups of OpenSSL",
     &usual_groups,
     {0x001D, 0x0017, 0x0018, 0x0019, 0x001E},
     {0x001D, 0x0017, 0x001E},
     0x0019,
     USUAL_UNTOLD},
    {"groups of BoringSSL",
     &usual_groups,
     {0x001D, 0x0017, 0x0018, 0x0019, 0x001E},
     {0x001D, 0x0017, 0x0018},
     0x0019,
     USUAL_UNTOLD},
    {"schemes of one kind of key", &usual_schemes_12, {0x0403, 0x0804, 0x0401, 0x0503}, {0x0804}, 0x0401, USUAL_UNTOLD},
    {"schemes of TLS 1.3",
     &usual_schemes_13,
     {0x0403, 0x0503, 0x0804, 0x0805, 0x0401},
     {0x0403, 0x0804},
     0x0805,
     USUAL_UNTOLD},
};

static size_t count_of(const uint16_t *codes)
{
    size_t count = 0;
    while (count < MOST && codes[count] != 0)
        count++;
    return count;
}

static uint16_t take(uint16_t *codes, uint16_t code)
{
    size_t at = 0, count = count_of(codes);
    while (codes[at] != code)
        at++;
    memmove(codes + at, codes + at + 1, (count - at - 1) * sizeof *codes);
    codes[count - 1] = 0;
    return (uint16_t)at;
}

static void test_guesses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        uint16_t left[MOST];
        memcpy(left, row->offered, sizeof left);
        struct usual seen;
        usual_begin(&seen, row->list, row->chosen[0]);
        seen.order = row->order;
        struct usual_place place = {row->chosen[0], take(left, row->chosen[0])};
        for (size_t j = 1; j < count_of(row->chosen); j++) {
            const struct codes rest = {left, count_of(left)};
            usual_learn(&seen, rest, place, row->chosen[j]);
            place = (struct usual_place){row->chosen[j], take(left, row->chosen[j])};
        }
        print_message("%s\n", row->name);
        assert_int_equal(usual_next(&seen, (struct codes){left, count_of(left)}, place), row->want);
    }
}

static enum usual_choice learn(struct usual *seen, uint16_t chosen)
{
    static const uint16_t left[] = {0xC014, 0xC02F, 0xC028, 0xC02C};
    return usual_learn(seen, (struct codes){left, 4}, (struct usual_place){0xC030, 0}, chosen);
}

// What was foreseen and what was not; what is supposed is doubtful once.
static void test_what_is_foreseen(void **state)
{
    (void)state;
    struct usual seen;
    usual_begin(&seen, &usual_suites, 0xC030);
    const struct usual before = seen;
    assert_int_equal(learn(&seen, 0xC02F), USUAL_FORESEEN);
    assert_int_equal(seen.order, USUAL_OWN);
    seen = before;
    assert_int_equal(learn(&seen, 0xC014), USUAL_FORESEEN);
    assert_int_equal(seen.order, USUAL_OFFERED);
    seen = before;
    assert_int_equal(learn(&seen, 0xC028), USUAL_GOES_ON);
    assert_int_equal(seen.order, USUAL_UNTOLD);
    seen = before;
    seen.order = USUAL_OWN;
    assert_int_equal(learn(&seen, 0xC02C), USUAL_SURPRISE);
    assert_true(usual_suppose(&seen, 0xC061));
    assert_false(usual_suppose(&seen, 0xC061));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_guesses), cmocka_unit_test(test_what_is_foreseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
