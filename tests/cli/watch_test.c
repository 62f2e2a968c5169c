// SPDX-License-Identifier: Apache-2.0
//
// What is told of a run's progress, and how long the rest is said to take.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/watch.h"

static const struct shakedown_progress some = {
    .elapsed_ms = 12345,
    .done = 100,
    .in_flight = 20,
    .waiting = 80,
    .rejected = 1,
    .duplicates = 2,
    .elsewhere = 3,
    .earlier = 4,
    .unresolved = 5,
    .complete = 60,
    .partial = 7,
    .refused = 30,
    .unreachable = 8,
    .connections = 1000,
    .open = 90,
};

static void time_left(void **state)
{
    static const struct {
        double rate, read, want;
    } rows[] = {{10, 1, 10}, {10, 0.5, 30}, {0, 1, -1}, {10, 0, -1}, {2.5, 1, 40}};
    struct shakedown_progress fresh = some;
    fresh.earlier = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(watch_left(&fresh, rows[i].rate, rows[i].read) == rows[i].want);
    (void)state;
}

// Half of a list of 2000 was done by an earlier run.
static void time_left_of_a_run_that_goes_on(void **state)
{
    static const struct {
        uint64_t done, in_flight, passed, earlier;
        double read, want;
    } rows[] = {
        {0, 0, 500, 1000, 0.25, 100},   // not yet where that one was
        {80, 20, 1000, 1000, 0.55, 92}, // all of it in front
        {80, 20, 100, 1000, 0.1, 92},   // everywhere
        {80, 20, 2000, 1000, 0.55, 92}, // each of them twice
        {980, 20, 1000, 1000, 1, 2},    // nearly at the end
        {980, 20, 1000, 50000, 1, 2},   // which had another list besides
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct shakedown_progress progress = {
            .done = rows[i].done, .in_flight = rows[i].in_flight, .passed = rows[i].passed, .earlier = rows[i].earlier};
        double left = watch_left(&progress, 10, rows[i].read);
        assert_true(left > rows[i].want - 0.001 && left < rows[i].want + 0.001);
    }
    (void)state;
}

static void sentences(void **state)
{
    static const struct {
        double left;
        const char *want;
    } rows[] = {{-1, ""},
                {0, ", about 0 s left"},
                {99, ", about 99 s left"},
                {150, ", about 2 min left"},
                {7200, ", about 2 h left"}};
    char want[256];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(want, sizeof want,
                 "100 done, 20 in progress, 8.1/s%s, 7 partial, 30 refused, 8 unreachable, 5 without an address, "
                 "1000 connections",
                 rows[i].want);
        assert_string_equal(watch_sentence(&some, 8.1, rows[i].left), want);
    }
    const struct shakedown_progress none = {.done = 1};
    assert_string_equal(watch_sentence(&none, 0, -1), "1 done, 0 in progress, 0.0/s, 0 connections");
    (void)state;
}

static void lines_of_json(void **state)
{
    assert_string_equal(
        watch_json(&some, 8.1, 12.4),
        "{\"progress\":{\"elapsed_ms\":12345,\"targets\":{\"done\":100,\"in_flight\":20,\"waiting\":80,\"rejected\":1,"
        "\"duplicates\":2,\"elsewhere\":3,\"earlier\":4,\"unresolved\":5},\"endpoints\":{\"complete\":60,\"partial\":7,"
        "\"refused\":30,\"unreachable\":8,\"not_tls\":0},\"connections\":1000,\"open\":90,\"per_second\":8.1,"
        "\"left_seconds\":12,\"ended\":false}}");
    struct shakedown_progress most;
    memset(&most, 0xff, sizeof most);
    most.asked = most.ended = true;
    const char *text = watch_json(&most, 1e12, 1e18);
    static const char end[] = "\"left_seconds\":null,\"ended\":true}}";
    assert_string_equal(text + strlen(text) - strlen(end), end); // the longest numbers are not cut
    (void)state;
}

static void metrics(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    watch_print_metrics(file, &some, 8.1);
    fclose(file);
    static const char *const wanted[] = {
        "# TYPE shakedown_run_targets gauge\nshakedown_run_targets{state=\"done\"} 100\n",
        "shakedown_run_targets{state=\"unresolved\"} 5\n",
        "shakedown_run_endpoints{status=\"refused\"} 30\n",
        "# TYPE shakedown_run_connections_total counter\nshakedown_run_connections_total 1000\n",
        "shakedown_run_connections_open 90\n",
        "shakedown_run_targets_per_second 8.1\n",
        "shakedown_run_elapsed_seconds 12.345\n",
        "shakedown_run_ended 0\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(text, wanted[i]) == NULL)
            fail_msg("'%s' is not in\n%s", wanted[i], text);
    free(text);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_left), cmocka_unit_test(time_left_of_a_run_that_goes_on),
        cmocka_unit_test(sentences), cmocka_unit_test(lines_of_json),
        cmocka_unit_test(metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
