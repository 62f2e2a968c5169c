// SPDX-License-Identifier: Apache-2.0
//
// The heap of timers against a plain list, under random sets and cancels.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/timers.h"

#define TIMERS 200

static uint32_t random_below(uint32_t *seed, uint32_t bound)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % bound;
}

static uint64_t earliest(const uint64_t due[TIMERS])
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < TIMERS; i++)
        if (due[i] < least)
            least = due[i];
    return least;
}

static void take_due(struct timers *timers, struct timer *timer, uint64_t due[TIMERS], uint64_t now)
{
    uint64_t before = 0;
    for (struct timer *taken; (taken = timers_take(timers, now)) != NULL;) {
        size_t index = (size_t)(taken - timer);
        assert_true(due[index] <= now && due[index] == taken->due.rank);
        assert_true(due[index] >= before);
        assert_int_equal(taken->due.place, 0);
        before = due[index];
        due[index] = UINT64_MAX;
    }
    assert_true(earliest(due) > now);
}

static void test_random(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer timer[TIMERS] = {0};
    uint64_t due[TIMERS]; // UINT64_MAX: not set
    uint32_t seed = 7;
    for (size_t i = 0; i < TIMERS; i++)
        due[i] = UINT64_MAX;
    for (unsigned step = 0; step < 20000; step++) {
        size_t index = random_below(&seed, TIMERS);
        uint32_t what = random_below(&seed, 10);
        if (what < 6) {
            due[index] = step + random_below(&seed, 500);
            timers_set(&timers, &timer[index], due[index]);
        } else if (what < 8) {
            due[index] = UINT64_MAX;
            timers_cancel(&timers, &timer[index]);
        } else {
            take_due(&timers, timer, due, step);
        }
        assert_true(timers_next(&timers) == earliest(due));
    }
    timers_release(&timers);
}

static void test_empty(void **state)
{
    (void)state;
    struct timers timers = {0};
    assert_true(timers_next(&timers) == UINT64_MAX);
    assert_null(timers_take(&timers, UINT64_MAX));
    timers_release(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
