// SPDX-License-Identifier: Apache-2.0
//
// Small numbers in groups that can be worked out by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "wire/factor_group.h"

static struct bytes octets(struct arena *arena, uint64_t number)
{
    struct builder builder = builder_in(arena);
    for (int shift = 56; shift >= 0; shift -= 8)
        if (number >> shift != 0)
            builder_u8(&builder, (uint8_t)(number >> shift));
    return builder_bytes(&builder);
}

static uint64_t number_of(struct bytes bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.size; i++)
        number = number << 8 | bytes.data[i];
    return number;
}

// "7: 0 1; 11: 2 3"
static const char *described(struct arena *arena, struct factor_groups groups)
{
    const char *text = "";
    for (size_t i = 0; i < groups.count; i++) {
        text = arena_text(arena, "%s%s%llu:", text, i == 0 ? "" : "; ",
                          (unsigned long long)number_of(groups.group[i].factor));
        for (size_t k = 0; k < groups.group[i].count; k++)
            text = arena_text(arena, "%s %zu", text, groups.group[i].member[k]);
    }
    return text;
}

static void groups_by_hand(void **state)
{
    static const struct {
        const char *name;
        uint64_t number[8]; // to the first 0
        const char *want;
    } rows[] = {
        {"none", {0}, ""},
        {"one", {77}, ""},
        {"nothing in common", {77, 221, 437}, ""},
        {"one prime", {77, 91, 437}, "7: 0 1"},
        {"one prime of many", {77, 437, 91, 119, 133}, "7: 0 2 3 4; 19: 1 4"},
        {"two groups", {77, 91, 323, 437}, "7: 0 1; 19: 2 3"},
        {"each with each", {15, 21, 35}, "3: 0 1; 5: 0 2; 7: 1 2"},
        {"one that shares both", {35, 77, 65}, "5: 0 2; 7: 0 1"},
        {"a divisor", {77, 1001, 437}, "77: 0 1"},
        {"the product of two", {15, 77, 1155}, "15: 0 2; 77: 1 2"},
        {"the number one", {1, 77, 91}, "7: 1 2"},
        {"even ones", {6, 10, 77}, "2: 0 1"},
    };
    struct arena arena = {0};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct bytes number[8];
        size_t count = 0;
        for (; rows[r].number[count] != 0; count++)
            number[count] = octets(&arena, rows[r].number[count]);
        struct factor_groups groups = factor_groups_of(&arena, number, count);
        const char *found = described(&arena, groups);
        assert_true(groups.whole);
        if (strcmp(found, rows[r].want) != 0)
            fail_msg("%s: %s, not %s", rows[r].name, found, rows[r].want);
    }
    arena_release(&arena);
    (void)state;
}

// So many share with so many others that they are not told apart; that is said.
static void too_many_to_compare(void **state)
{
    static const uint64_t primes[] = {3,  5,  7,  11, 13, 17, 19, 23, 29, 31,  37,  41,  43,  47,  53,
                                      59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127};
    size_t most = sizeof primes / sizeof *primes, count = 0;
    static struct bytes number[512];
    struct arena arena = {0};
    for (size_t a = 0; a < most; a++)
        for (size_t b = a + 1; b < most; b++)
            number[count++] = octets(&arena, primes[a] * primes[b]);
    assert_true(count < 512);
    struct factor_groups groups = factor_groups_of(&arena, number, count);
    assert_false(groups.whole);
    assert_true(groups.count != 0);
    arena_release(&arena);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_by_hand),
        cmocka_unit_test(too_many_to_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
