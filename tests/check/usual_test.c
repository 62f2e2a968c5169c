// SPDX-License-Identifier: Apache-2.0
//
// Guesses of what a server chooses next: by the usual order, without what it has passed over.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/usual.h"

#define MOST 6

// What was chosen, one after the other, of all that is listed; and the guess after that.
static const struct {
    const char *name;
    uint16_t chosen[MOST], left[MOST], want;
} rows[] = {
    {"nothing is known of RSA", {0xC02C}, {0xC030, 0xCCA9}, 0xCCA9},
    {"the next", {0xC02C, 0xC030}, {0xCCA9, 0xCCA8}, 0xCCA9},
    {"only what is left", {0xC02C, 0xC030}, {0xCCA8, 0xC02F}, 0xCCA8},
    {"no DSS without DSS", {0xC02C, 0xC030}, {0x00A3, 0xC02B}, 0xC02B},
    {"DHE may be there", {0xC030}, {0x009F, 0xC02F}, 0x009F},
    {"DHE is not there", {0xC030, 0xCCA8}, {0x009F, 0xCCAA, 0xC02F}, 0xC02F},
    {"CCM is not there", {0xC02C, 0xC030, 0xC02B}, {0xC0AD, 0xC0AC, 0xC05C}, 0xC0AC},
    {"no key agreed on beforehand", {0x009D, 0x009C}, {0x00A8, 0x003D}, 0x003D},
    {"not what stands before", {0xC02F}, {0xC030, 0xC02C}, 0},
    {"the last", {0x002F}, {0xC030}, 0},
    {"one that OpenSSL does not have", {0xCC13}, {0xC02F}, 0},
    {"nothing is left", {0xC030}, {0}, 0},
};

static size_t count_of(const uint16_t *codes)
{
    size_t count = 0;
    while (count < MOST && codes[count] != 0)
        count++;
    return count;
}

static void test_guesses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct usual seen = {0};
        const struct codes left = {rows[i].left, count_of(rows[i].left)};
        uint16_t last = rows[i].chosen[0];
        for (size_t j = 0; j < count_of(rows[i].chosen); j++) {
            usual_learn(&seen, left, last, rows[i].chosen[j]);
            last = rows[i].chosen[j];
        }
        print_message("%s\n", rows[i].name);
        assert_int_equal(usual_next(&seen, left, last), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_guesses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
