// SPDX-License-Identifier: Apache-2.0
//
// Limits over several workers: alone, in turns, and with real processes that want all at the same time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "run/commons.h"
#include "run/pace.h"
#include "run/place.h"

static unsigned take_all(struct commons *commons, unsigned seat, size_t place, unsigned most, uint64_t now_ms)
{
    unsigned taken = 0;
    while (commons_begin(commons, seat, place, most, now_ms))
        taken++;
    return taken;
}

static void give_back(struct commons *commons, unsigned seat, size_t place, unsigned count)
{
    while (count-- != 0)
        commons_end(commons, seat, place);
}

// So many workers use a place. All of it is theirs, no more, and each has a part of it: at once or when its turn comes.
static void test_parts(void **state)
{
    (void)state;
    static const struct {
        unsigned most, users, want_least, want_largest;
    } rows[] = {{6, 1, 6, 6}, {6, 2, 3, 3}, {6, 4, 1, 2}, {7, 2, 3, 4},
                {1, 2, 0, 1}, {1, 8, 0, 1}, {6, 8, 0, 1}, {1000, 3, 333, 334}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%u of %u\n", rows[i].users, rows[i].most);
        struct commons *commons = commons_new(8, 100);
        size_t place = commons_place(commons, COMMONS_ADDRESS, "192.0.2.1");
        unsigned had[8] = {0};
        for (unsigned seat = 0; seat < rows[i].users; seat++)
            commons_enter(commons, 7 - seat, place);
        for (uint64_t ms = 1000; ms < 1000 + 8 * COMMONS_TURN_MS; ms += COMMONS_TURN_MS) {
            unsigned all = 0, got[8] = {0};
            for (unsigned seat = 0; seat < rows[i].users; seat++) {
                got[seat] = take_all(commons, 7 - seat, place, rows[i].most, ms);
                assert_in_range(got[seat], rows[i].want_least, rows[i].want_largest);
                had[seat] += got[seat];
                all += got[seat];
            }
            assert_int_equal(all, rows[i].most);
            for (unsigned seat = 0; seat < rows[i].users; seat++)
                give_back(commons, 7 - seat, place, got[seat]);
        }
        for (unsigned seat = 0; seat < rows[i].users; seat++)
            assert_in_range(had[seat], 1, 8 * rows[i].most);
        commons_free(commons);
    }
}

// What somebody still holds when the turn passes on counts.
static void test_never_more(void **state)
{
    (void)state;
    struct commons *commons = commons_new(2, 1);
    size_t place = commons_place(commons, COMMONS_NETWORK, "192.0.2.0/24");
    commons_enter(commons, 0, place);
    assert_int_equal(take_all(commons, 0, place, 5, 0), 5);
    commons_enter(commons, 1, place);
    assert_int_equal(take_all(commons, 1, place, 5, COMMONS_TURN_MS), 0);
    commons_end(commons, 0, place);
    assert_false(commons_begin(commons, 0, place, 5, COMMONS_TURN_MS)); // it has more than its part
    assert_int_equal(take_all(commons, 1, place, 5, COMMONS_TURN_MS), 1);
    give_back(commons, 0, place, 4);
    commons_leave(commons, 0, place);
    assert_int_equal(take_all(commons, 1, place, 5, COMMONS_TURN_MS), 4);
    commons_free(commons);
}

static void test_the_dead_hold_nothing(void **state)
{
    (void)state;
    struct commons *commons = commons_new(3, 1);
    size_t place = commons_place(commons, COMMONS_ADDRESS, "2001:db8::1");
    size_t other = commons_place(commons, COMMONS_NETWORK, "2001:db8::1");
    assert_true(place != other);
    commons_enter(commons, 1, place);
    commons_enter(commons, 1, other);
    commons_tell(commons, 1, (struct commons_counts){100, 7});
    assert_int_equal(take_all(commons, 1, place, 6, 0), 6);
    assert_int_equal(take_all(commons, 1, other, 9, 0), 9);
    commons_enter(commons, 2, place);
    assert_false(commons_begin(commons, 2, place, 6, 0));
    assert_int_equal(commons_told(commons, 1).connections, 100);
    commons_forget(commons, 1);
    assert_int_equal(commons_told(commons, 1).connections, 0);
    assert_int_equal(take_all(commons, 2, place, 6, 0), 6);
    commons_free(commons);
}

// Names are spread, and each at the same place every time.
static void test_places(void **state)
{
    (void)state;
    struct commons *commons = commons_new(1, 100);
    static unsigned char taken[1 << 14];
    unsigned met = 0;
    for (unsigned i = 0; i < 200; i++) {
        char name[ADDRESS_TEXT];
        snprintf(name, sizeof name, "192.0.2.%u", i);
        size_t place = commons_place(commons, COMMONS_ADDRESS, name);
        assert_true(place == commons_place(commons, COMMONS_ADDRESS, name) && place < sizeof taken);
        met += taken[place]++;
    }
    assert_in_range(met, 0, 30);
    commons_free(commons);
}

// --- processes -------------------------------------------------------------------------------------

#define WORKERS 4
#define MOST    3

struct seen {
    _Atomic unsigned now, most, had[WORKERS];
    _Atomic bool wrong;
};

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

// Long enough for everybody to have a turn.
static void want(struct commons *commons, struct seen *seen, unsigned seat, size_t place)
{
    uint64_t end_ms = now() + (WORKERS + 2) * COMMONS_TURN_MS;
    commons_enter(commons, seat, place);
    for (unsigned i = 0; now() < end_ms; i++) {
        if (!commons_begin(commons, seat, place, MOST, now())) {
            usleep(100);
            continue;
        }
        unsigned all = atomic_fetch_add(&seen->now, 1) + 1, most = atomic_load(&seen->most);
        while (all > most && !atomic_compare_exchange_weak(&seen->most, &most, all))
            ;
        if (all > MOST)
            atomic_store(&seen->wrong, true);
        atomic_fetch_add(&seen->had[seat], 1);
        if (i % 16 == 0)
            usleep(10);
        atomic_fetch_sub(&seen->now, 1);
        commons_end(commons, seat, place);
    }
    commons_leave(commons, seat, place);
}

static void test_processes(void **state)
{
    (void)state;
    struct commons *commons = commons_new(WORKERS, 1);
    struct seen *seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t place = commons_place(commons, COMMONS_ADDRESS, "127.0.0.1");
    pid_t child[WORKERS];
    for (unsigned seat = 0; seat < WORKERS; seat++)
        if ((child[seat] = fork()) == 0) {
            want(commons, seen, seat, place);
            _exit(0);
        }
    for (unsigned seat = 0; seat < WORKERS; seat++)
        assert_int_equal(waitpid(child[seat], NULL, 0), child[seat]);
    assert_false(seen->wrong);
    assert_in_range(seen->most, 1, MOST);
    for (unsigned seat = 0; seat < WORKERS; seat++)
        assert_in_range(seen->had[seat], 1, UINT32_MAX);
    commons_enter(commons, 0, place); // all was given back
    assert_int_equal(take_all(commons, 0, place, MOST, 0), MOST);
    munmap(seen, sizeof *seen);
    commons_free(commons);
}

// Two buckets of one schedule start as often as one.
static void test_schedule(void **state)
{
    (void)state;
    struct commons *commons = commons_new(2, 1);
    struct bucket bucket[2] = {{.rate = 40, .common = commons_schedule(commons)},
                               {.rate = 40, .common = commons_schedule(commons)}};
    unsigned started = 0;
    for (uint64_t ms = 5000; ms < 7000; ms++)
        for (; bucket_ready(&bucket[ms % 2], ms); started++)
            bucket_take(&bucket[ms % 2], ms);
    assert_in_range(started, 79, 84);
    commons_free(commons);
}

// --- in a scan's places ----------------------------------------------------------------------------

// One place of a process asks for all of them, and is woken a little later.
static void test_place(void **state)
{
    (void)state;
    struct commons *commons = commons_new(2, 1);
    struct timers timers = {0};
    struct places ours = {.commons = commons, .seat = 0, .timers = &timers};
    struct places theirs = {.commons = commons, .seat = 1, .timers = &timers};
    struct place *a = places_enter(&ours, "127.0.0.1", 2, COMMONS_ADDRESS);
    assert_true(place_begin(&ours, a, 0) && place_begin(&ours, a, 0));
    struct place *b = places_enter(&theirs, "127.0.0.1", 2, COMMONS_ADDRESS);
    assert_false(place_begin(&theirs, b, 0));
    assert_int_equal(timers_next(&timers), COMMONS_WAIT_MS);
    place_end(&ours, a);
    assert_false(place_begin(&theirs, b, COMMONS_WAIT_MS)); // it is not closed yet
    places_settle(&ours);
    assert_true(place_begin(&theirs, b, COMMONS_WAIT_MS));
    assert_false(place_begin(&ours, a, COMMONS_WAIT_MS));
    place_end(&ours, a);
    place_end(&theirs, b);
    assert_true(place_begin(&theirs, b, COMMONS_WAIT_MS)); // in its place
    place_end(&theirs, b);
    places_leave(&ours, a);
    places_leave(&theirs, b);
    places_settle(&ours);
    places_settle(&theirs); // and its timer is gone with it
    assert_true(timers_next(&timers) == UINT64_MAX && ours.count == 0 && theirs.count == 0);
    places_release(&ours);
    places_release(&theirs);
    timers_release(&timers);
    commons_free(commons);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_never_more), cmocka_unit_test(test_the_dead_hold_nothing),
        cmocka_unit_test(test_places), cmocka_unit_test(test_processes),  cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
