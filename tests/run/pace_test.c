// SPDX-License-Identifier: Apache-2.0
//
// The pace: lessons in, connections at once and pauses out; and the token bucket.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/pace.h"

// One letter a lesson: a answered, x reset, t turned away, f not connected. All at the same millisecond.
static const struct row {
    const char *lessons;
    unsigned most;
    unsigned want_limit, want_delay;
    bool want_pushed_back;
} rows[] = {
    {"", 6, 6, 0, false},
    {"fffffffff", 6, 6, 0, false}, // never answered: not there, which is no pushing back
    {"xxxxxxxxx", 6, 6, 0, false},
    {"aff", 6, 6, 0, false},
    {"afff", 6, 3, 100, true},
    {"affaff", 6, 6, 0, false}, // not in a row
    {"axxx", 6, 3, 100, false}, // may be how it refuses
    {"axxxxx", 6, 3, 100, false},
    {"axxxxxx", 6, 1, 200, true},
    {"axxf", 6, 3, 100, false},
    {"axfxfxf", 6, 1, 200, true},
    {"affffff", 6, 1, 200, true},
    {"afffffffff", 6, 1, 400, true},
    {"afff"
     "fff"
     "fff"
     "fff"
     "fff"
     "fff"
     "fff",
     6, 1, 2000, true},
    {"afff", 1, 1, 100, true},
    {"att", 6, 3, 100, false}, // told at the same time: one lesson
    {"tt", 6, 6, 0, false},
    {"afff"
     "aaaaaaa",
     6, 3, 100, true},
    {"afff"
     "aaaaaaaa",
     6, 4, 0, true}, // one step back; what was seen stays seen
    {"afff"
     "aaaaaaaa"
     "aaaaaaaa"
     "aaaaaaaa"
     "aaaaaaaa",
     6, 6, 0, true},
    {"affffff"
     "aaaaaaaa",
     6, 2, 100, true},
    {"affffff"
     "aaaaaaax"
     "aaaaaaa",
     6, 1, 200, true}, // a run of answers, not any eight
};

static enum lesson lesson_of(char letter)
{
    return letter == 'a'   ? LESSON_ANSWERED
           : letter == 'x' ? LESSON_RESET
           : letter == 't' ? LESSON_TURNED_AWAY
                           : LESSON_NOT_CONNECTED;
}

static void test_lessons(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        print_message("\"%s\" of %u\n", row->lessons, row->most);
        struct pace pace;
        pace_begin(&pace, row->most, (struct pace_common){0});
        for (const char *letter = row->lessons; *letter != '\0'; letter++)
            pace_learn(&pace, 1000, lesson_of(*letter));
        assert_int_equal(pace_limit(&pace), row->want_limit);
        assert_int_equal(pace_delay_ms(&pace), row->want_delay);
        assert_int_equal(pace_is_slowed(&pace), row->want_limit != row->most || row->want_delay != 0);
        assert_int_equal(pace.pushed_back, row->want_pushed_back);
        pace_started(&pace, 5000);
        if (row->want_delay != 0)
            assert_int_equal(pace_next_ms(&pace), 5000 + row->want_delay);
        else
            assert_in_range(pace_next_ms(&pace), 0, 5000);
    }
}

static void test_burst_pauses_at_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_begin(&pace, 6, (struct pace_common){0});
    pace_learn(&pace, 10, LESSON_ANSWERED);
    for (unsigned i = 0; i < PACE_BURST; i++)
        pace_learn(&pace, 10, LESSON_NOT_CONNECTED);
    assert_int_equal(pace_next_ms(&pace), 10 + PACE_FIRST_DELAY);
}

// Two processes that share one: what one of them learns holds for the other, and starts of both are parted by the
// pause.
static void test_common(void **state)
{
    (void)state;
    struct pace_state common = {0};
    struct pace one, other, stranger;
    pace_begin(&one, 6, (struct pace_common){&common, 7});
    pace_begin(&other, 6, (struct pace_common){&common, 7});
    pace_begin(&stranger, 6, (struct pace_common){&common, 8});
    pace_learn(&one, 10, LESSON_ANSWERED);
    for (unsigned i = 0; i < PACE_BURST; i++)
        pace_learn(&one, 10, LESSON_NOT_CONNECTED);
    assert_int_equal(pace_limit(&other), 3);
    assert_int_equal(pace_delay_ms(&other), PACE_FIRST_DELAY);
    assert_int_equal(pace_next_ms(&other), 10 + PACE_FIRST_DELAY);
    assert_true(pace_is_slowed(&other));
    assert_false(pace_is_slowed(&stranger));
    assert_int_equal(pace_limit(&stranger), 6);
    assert_int_equal(pace_next_ms(&stranger), 0);
    pace_started(&one, 1000);
    pace_started(&other, 1000);
    assert_int_equal(pace_next_ms(&one), 1000 + 2 * PACE_FIRST_DELAY);
    for (unsigned i = 0; i < 2 * PACE_RECOVERY; i++)
        pace_learn(&other, 2000, LESSON_ANSWERED);
    assert_int_equal(pace_limit(&one), 5);
    assert_int_equal(pace_delay_ms(&one), 0);
    for (unsigned i = 0; i < PACE_RECOVERY; i++)
        pace_learn(&one, 2000, LESSON_ANSWERED);
    assert_false(pace_is_slowed(&other));
    pace_learn(&one, 3000, LESSON_TURNED_AWAY);
    pace_learn(&stranger, 3000, LESSON_ANSWERED);
    pace_learn(&stranger, 3000, LESSON_TURNED_AWAY); // it takes the place
    assert_int_equal(pace_limit(&stranger), 3);
    assert_int_equal(pace_limit(&one), 6);
}

static const struct rate {
    unsigned rate, from_ms, want_first_second; // starts in the first second when as many as possible are made
} rates[] = {
    {1, 0, 1},   {1, 5000, 1},   {2, 0, 2},          {10, 5000, 10},
    {40, 0, 40}, {40, 5000, 42}, {1000, 5000, 1050}, {5000, 0, 4996},
};

static void test_bucket(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        print_message("%u per second from %u\n", rates[i].rate, rates[i].from_ms);
        struct bucket bucket = {.rate = rates[i].rate};
        unsigned started = 0;
        for (uint64_t now = rates[i].from_ms; now < rates[i].from_ms + 1000; now++)
            for (; bucket_ready(&bucket, now); started++)
                bucket_take(&bucket, now);
        assert_in_range(started, rates[i].want_first_second - 1, rates[i].want_first_second + 1);
        uint64_t due = bucket_due(&bucket);
        assert_false(bucket_ready(&bucket, due - 1));
        assert_true(bucket_ready(&bucket, due));
    }
}

static void test_unlimited(void **state)
{
    (void)state;
    struct bucket bucket = {0};
    for (unsigned i = 0; i < 100000; i++) {
        assert_true(bucket_ready(&bucket, 7));
        bucket_take(&bucket, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lessons),   cmocka_unit_test(test_burst_pauses_at_once),
        cmocka_unit_test(test_common),    cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_unlimited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
