// SPDX-License-Identifier: Apache-2.0
//
// Lists of facts that grow: every row stays what it was, what was left by a check that gave up is written over, and the
// memory is a small multiple of that of the rows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "check/fact.h"

#define ROWS 1000

static struct feature_fact row(size_t number) { return (struct feature_fact){.id = "row", .number = (int64_t)number}; }

static void test_growing(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct facts facts = {0};
    for (size_t i = 0; i < ROWS; i++) {
        struct feature_fact feature = row(i);
        feature_add(&arena, &facts, &feature);
    }
    assert_int_equal(facts.feature_count, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(facts.features[i]->number, i);
    assert_true(arena.total < 2 * ROWS * sizeof(struct feature_fact));
    arena_release(&arena);
}

// host.c throws away the facts of a check that waits, and what it took of the arena.
static void test_given_up(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct facts facts = {0};
    for (size_t kept = 0; kept < 20; kept++) {
        struct facts tried = facts;
        struct arena_mark before = arena_mark(&arena);
        for (size_t i = 0; i < 7; i++) {
            struct feature_fact feature = row(ROWS + i);
            feature_add(&arena, &tried, &feature);
        }
        arena_rewind(&arena, before);
        struct feature_fact feature = row(kept);
        feature_add(&arena, &facts, &feature);
        for (size_t i = 0; i <= kept; i++)
            assert_int_equal(facts.features[i]->number, i);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
