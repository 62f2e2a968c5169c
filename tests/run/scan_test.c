// SPDX-License-Identifier: Apache-2.0
//
// The scan against simulated hosts in virtual time. Its hosts follow a plan instead of checks: so
// many probes at once, and so many more when those are answered.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/simulator.h"
#include "base/fail.h"
#include "run/commons.h"
#include "run/scan.h"

// --- a host that follows a plan ------------------------------------------------------------------

static unsigned plan[4];        // probes of each wave; 0 ends it
static bool handshakes_planned; // all but the first are complete handshakes

static bool wave_answered(struct host *host, struct arena *scratch, unsigned from, unsigned count)
{
    static const uint16_t suites[] = {0xC02F, 0x009C};
    bool all = true;
    for (unsigned sample = from; sample < from + count; sample++) {
        struct probe probe = {.hello = {.version = 0x0303, .suites = {suites, 2}}, .sample = (uint16_t)sample};
        if (handshakes_planned && sample != 0)
            probe = (struct probe){.kind = PROBE_HANDSHAKE,
                                   .handshake = {.lowest = 0x0303, .highest = 0x0303},
                                   .sample = (uint16_t)sample};
        all &= ledger_want(&host->ledger, scratch, &probe)->outcome != NULL;
    }
    return all;
}

static void planned_step(struct host *host, struct arena *scratch, const struct answer *answer)
{
    (void)answer;
    unsigned from = 0;
    for (unsigned wave = 0; wave < 4 && plan[wave] != 0; from += plan[wave++])
        if (!wave_answered(host, scratch, from, plan[wave]))
            return;
    host->finished = host->selected;
}

// The only file of the scan that steps hosts, with this step instead.
#define host_step planned_step
#include "../../src/run/address.c"
#undef host_step

// --- running -------------------------------------------------------------------------------------

#define MOST_TARGETS 1000

struct run {
    struct target targets[MOST_TARGETS];
    char names[MOST_TARGETS][ADDRESS_TEXT];
    size_t target_count, next, asked;

    // What came out of it.
    size_t finished, interrupted, endpoints;
    unsigned outcomes[OUTCOME_KINDS];
    unsigned connections;
    unsigned most_tries;
    bool pushed_back;
    char detail[128]; // of the last skipped probe
    char trouble[128];
    size_t largest;    // host, in octets
    uint64_t ended_ms; // of the last target
};

static bool next_target(void *context, struct target **target)
{
    struct run *run = context;
    if (run->next == run->target_count)
        return false;
    *target = &run->targets[run->next++];
    return true;
}

static void count_outcomes(struct run *run, const struct ledger *ledger)
{
    for (const struct answer *answer = ledger->first; answer != NULL; answer = answer->next) {
        assert_non_null(answer->outcome);
        run->outcomes[answer->outcome->kind]++;
        if (answer->outcome->tries > run->most_tries)
            run->most_tries = answer->outcome->tries;
        if (answer->outcome->kind == OUTCOME_SKIPPED)
            snprintf(run->detail, sizeof run->detail, "%s", answer->outcome->detail);
    }
}

static void finish_target(void *context, const struct finished *finished)
{
    struct run *run = context;
    run->finished++;
    run->interrupted += finished->interrupted;
    run->endpoints += finished->endpoint_count;
    run->ended_ms = finished->ended_ms;
    if (finished->trouble != NULL)
        snprintf(run->trouble, sizeof run->trouble, "%s", finished->trouble);
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct endpoint *endpoint = finished->endpoints[i];
        count_outcomes(run, &endpoint->host.ledger);
        run->connections += endpoint->connections;
        run->pushed_back |= endpoint->pushed_back;
        size_t size = endpoint->host.ledger.memory.total + endpoint->host.facts_memory.total;
        if (size > run->largest)
            run->largest = size;
    }
}

static struct scan_settings defaults(void)
{
    return (struct scan_settings){.selected = 1,
                                  .connections = 6,
                                  .parallel = 100,
                                  .tries = 2,
                                  .connect_ms = 5000,
                                  .silence_ms = 5000,
                                  .deadline_ms = 60000,
                                  .use_ipv4 = true,
                                  .use_ipv6 = true};
}

static void add_target(struct run *run, const char *host, bool is_address)
{
    char *name = run->names[run->target_count];
    snprintf(name, ADDRESS_TEXT, "%s", host);
    run->targets[run->target_count++] =
        (struct target){.input = name, .host = name, .display = name, .port = 443, .is_address = is_address};
}

static void perform(struct run *run, const struct scan_settings *settings, struct simulator *simulator)
{
    struct scan *scan =
        scan_new(settings, (struct target_source){next_target, run}, (struct finish_sink){finish_target, run});
    simulator_run(simulator, scan);
    struct scan_counts counts = scan_counts(scan);
    assert_int_equal(counts.targets_done, run->finished);
    assert_int_equal(counts.targets_in_flight, 0);
    assert_int_equal(counts.connections_in_flight, 0);
    scan_free(scan);
}

static void set_plan(unsigned first, unsigned second)
{
    plan[0] = first;
    plan[1] = second;
    plan[2] = 0;
}

// --- one address ---------------------------------------------------------------------------------

// Latency is 50 ms, so a connection and its answer take 100; a pause before a try is 300.
static const struct row {
    const char *name, *manners;
    unsigned probes, then, tries;
    unsigned want_connections, want_most_open;
    unsigned want_replied[OUTCOME_KINDS];
    unsigned want_tries;
    uint64_t want_ms;
    bool want_pushed_back;
    const char *want_detail;
} rows[] = {
    {"one answer", "a", 1, 0, 2, 1, 1, {[OUTCOME_ALERT] = 1}, 1, 100, false, NULL},
    {"one, then six at once", "a", 13, 0, 2, 13, 6, {[OUTCOME_ALERT] = 13}, 1, 300, false, NULL},
    {"two waves", "a", 1, 6, 2, 7, 6, {[OUTCOME_ALERT] = 7}, 1, 200, false, NULL},
    {"closes", "c", 7, 0, 2, 7, 6, {[OUTCOME_CLOSED] = 7}, 1, 200, false, NULL},
    {"resets at once", "x", 7, 0, 2, 7, 6, {[OUTCOME_RESET] = 7}, 1, 200, false, NULL},
    {"refused",
     "r",
     9,
     0,
     2,
     2,
     1,
     {[OUTCOME_REFUSED] = 1, [OUTCOME_SKIPPED] = 8},
     2,
     400,
     false,
     "the address refused the first connection"},
    {"refused, more wanted later",
     "r",
     1,
     8,
     2,
     2,
     1,
     {[OUTCOME_REFUSED] = 1, [OUTCOME_SKIPPED] = 8},
     2,
     400,
     false,
     "the address refused the first connection"},
    {"refused, one try",
     "r",
     9,
     0,
     1,
     1,
     1,
     {[OUTCOME_REFUSED] = 1, [OUTCOME_SKIPPED] = 8},
     1,
     50,
     false,
     "the address refused the first connection"},
    {"refused at first", "ra", 9, 0, 2, 10, 6, {[OUTCOME_ALERT] = 9}, 2, 50 + 300 + 100 + 200, false, NULL},
    {"unreachable",
     "u",
     9,
     0,
     2,
     2,
     1,
     {[OUTCOME_UNREACHABLE] = 1, [OUTCOME_SKIPPED] = 8},
     2,
     400,
     false,
     "the address could not be reached by the first connection"},
    {"drops",
     "d",
     9,
     0,
     2,
     2,
     1,
     {[OUTCOME_UNREACHABLE] = 1, [OUTCOME_SKIPPED] = 8},
     2,
     10300,
     false,
     "the address could not be reached by the first connection"},
    {"silent", "s", 1, 0, 2, 2, 1, {[OUTCOME_SILENT] = 1}, 2, 50 + 5000 + 300 + 50 + 5000, false, NULL},
    {"silent, three tries", "s", 1, 0, 3, 3, 1, {[OUTCOME_SILENT] = 1}, 3, 3 * 5050 + 300 + 600, false, NULL},
    {"silent once", "sa", 7, 0, 2, 8, 6, {[OUTCOME_ALERT] = 7}, 2, 5050 + 300 + 100 + 100, false, NULL},
    {"an octet a second", "1", 1, 0, 1, 1, 1, {[OUTCOME_SILENT] = 1}, 1, 50 + 20000, false, NULL},
    {"fails here",
     "l",
     9,
     0,
     2,
     0,
     1,
     {[OUTCOME_LOCAL_FAILURE] = 1, [OUTCOME_SKIPPED] = 8},
     0,
     200 + 400 + 800 + 1600,
     false,
     "this machine could not open the first connection"},
    {"fails here at first", "lla", 7, 0, 2, 7, 4, {[OUTCOME_ALERT] = 7}, 1, 950, false, NULL},
    {"silent second", "asa", 2, 0, 2, 3, 1, {[OUTCOME_ALERT] = 2}, 2, 100 + 5050 + 300 + 100, false, NULL},
};

static void check_row(const struct row *row)
{
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = row->manners, .latency_ms = 50};
    struct simulator simulator = {.hosts = &host, .host_count = 1, .limit_ms = 200000};
    struct scan_settings settings = defaults();
    settings.tries = row->tries;
    set_plan(row->probes, row->then);
    add_target(run, "192.0.2.1", true);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 1);
    assert_int_equal(run->connections, row->want_connections);
    unsigned here = row->manners[0] == 'l' ? host.connections - run->connections : 0; // never left this machine
    assert_int_equal(run->connections + here, host.connections);
    assert_int_equal(host.most_open, row->want_most_open);
    assert_int_equal(host.before_first_end, 1);
    assert_int_equal(run->most_tries, row->want_tries);
    for (unsigned kind = 0; kind < OUTCOME_KINDS; kind++)
        assert_int_equal(run->outcomes[kind], row->want_replied[kind]);
    assert_int_equal(run->pushed_back, row->want_pushed_back);
    assert_string_equal(run->detail, row->want_detail == NULL ? "" : row->want_detail);
    assert_int_equal(run->ended_ms, row->want_ms);
    assert_int_equal(run->interrupted, 0);
    simulator_release(&simulator);
    free(run);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].name);
        check_row(&rows[i]);
    }
}

// --- pushing back --------------------------------------------------------------------------------

// An address that once answered is asked again after a failed connection, ever more slowly, and is
// given up at last.
static void test_refuses_later(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = "aaar", .latency_ms = 1};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    set_plan(100, 0);
    add_target(run, "192.0.2.1", true);
    perform(run, &settings, &simulator);
    assert_true(run->pushed_back);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 3);
    assert_int_equal(run->connections, 3 + LOST_AFTER);
    assert_int_equal(run->outcomes[OUTCOME_ALERT] + run->outcomes[OUTCOME_REFUSED] + run->outcomes[OUTCOME_SKIPPED],
                     100);
    assert_string_equal(run->detail, "the address no longer takes connections");
    assert_in_range(run->ended_ms, 2000, 30000);
    simulator_release(&simulator);
    free(run);
}

// Resets, internal_error and FIN are answers of a kind; the first ones are asked again, and some that make a burst. Of
// the first two we slow down, until that has changed nothing: what is left takes no longer than anything else.
static const struct cut {
    const char *manners;
    enum outcome_kind want;
    bool want_slower;
} cuts[] = {{"ax", OUTCOME_RESET, true}, {"ai", OUTCOME_ALERT, true}, {"ac", OUTCOME_CLOSED, false}};

static void test_cut_off_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host host = {.address = "192.0.2.1", .manners = cuts[i].manners, .latency_ms = 1};
        struct simulator simulator = {.hosts = &host, .host_count = 1};
        struct scan_settings settings = defaults();
        settings.deadline_ms = 120000;
        set_plan(31, 0);
        add_target(run, "192.0.2.1", true);
        perform(run, &settings, &simulator);
        print_message("%s: %u connections, %u ms\n", cuts[i].manners, run->connections, (unsigned)run->ended_ms);
        assert_int_equal(run->pushed_back, cuts[i].want_slower);
        assert_in_range(run->connections, 31 + 4, 31 + 20);
        assert_int_equal(run->outcomes[cuts[i].want], 30 + (cuts[i].want == OUTCOME_ALERT));
        assert_in_range(run->most_tries, 2, 4);
        assert_in_range(run->ended_ms, cuts[i].want_slower ? 5000 : 1000, cuts[i].want_slower ? 8000 : 4000);
        simulator_release(&simulator);
        free(run);
    }
}

// One that resets because of the pace answers when it is asked again alone: no reset is believed.
static void test_resets_under_load(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = "p", .latency_ms = 20};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    set_plan(1, 100);
    add_target(run, "192.0.2.1", true);
    perform(run, &settings, &simulator);
    assert_true(run->pushed_back);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 101);
    assert_in_range(run->connections, 102, 130);
    simulator_release(&simulator);
    free(run);
}

// What one target has learned of an address holds for the next one that leads there, and for those of other workers.
static void test_pace_is_the_addresss(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct run *run = calloc(2, sizeof *run); // of each worker
        struct simulated_host host = {.address = "192.0.2.1", .manners = "arrra", .latency_ms = 1};
        struct simulator simulator = {.hosts = &host, .host_count = 1};
        struct scan_settings settings = defaults();
        settings.parallel = 1;
        settings.commons = workers == 2 ? commons_new(2, 100) : NULL;
        set_plan(1, 3);
        for (unsigned worker = 0; worker < workers; worker++) {
            for (unsigned i = worker; i < 2; i += workers)
                add_target(&run[worker], "192.0.2.1", true);
            settings.seat = worker;
            perform(&run[worker], &settings, &simulator);
        }
        assert_int_equal(run[0].finished + run[1].finished, 2);
        assert_int_equal(run[0].outcomes[OUTCOME_ALERT] + run[1].outcomes[OUTCOME_ALERT], 8);
        assert_true(run[0].pushed_back && run[workers - 1].pushed_back);
        assert_int_equal(simulator.started_count, 11);
        for (size_t i = 8; i < 11; i++)
            assert_in_range(simulator.started[i] - simulator.started[i - 1], PACE_FIRST_DELAY, 2 * PACE_FIRST_DELAY);
        simulator_release(&simulator);
        commons_free(settings.commons);
        free(run);
    }
}

// Ports that are closed say nothing about the address.
static void test_closed_ports(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = "ar", .latency_ms = 1};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    settings.parallel = 1;
    set_plan(1, 0);
    for (uint16_t i = 0; i < 20; i++) {
        add_target(run, "192.0.2.1", true);
        run->targets[i].port = (uint16_t)(443 + i);
    }
    perform(run, &settings, &simulator);
    assert_int_equal(run->outcomes[OUTCOME_REFUSED], 19);
    assert_false(run->pushed_back);
    assert_in_range(run->ended_ms, 19 * 300, 19 * 310);
    simulator_release(&simulator);
    free(run);
}

// Addresses that were slowed are remembered, so many of them.
static void test_slowed_places(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct places places = {.timers = &timers};
    for (unsigned i = 0; i < 2 * PLACES_KEPT; i++) {
        char name[ADDRESS_TEXT];
        snprintf(name, sizeof name, "%u", i);
        struct place *place = places_enter(&places, name, 6, COMMONS_ADDRESS);
        pace_learn(&place->pace, 0, LESSON_ANSWERED);
        for (unsigned k = 0; k < PACE_BURST && i % 2 == 0; k++)
            pace_learn(&place->pace, 0, LESSON_NOT_CONNECTED);
        places_leave(&places, place);
        assert_int_equal(places.count, i / 2 + 1);
    }
    for (unsigned i = 0; i < 2 * PLACES_KEPT; i++) {
        char name[ADDRESS_TEXT];
        snprintf(name, sizeof name, "new %u", i);
        struct place *place = places_enter(&places, name, 6, COMMONS_ADDRESS);
        pace_learn(&place->pace, 0, LESSON_ANSWERED);
        pace_learn(&place->pace, 0, LESSON_TURNED_AWAY);
        places_leave(&places, place);
        assert_int_equal(places.count, PLACES_KEPT);
    }
    struct place *place = places_enter(&places, "0", 6, COMMONS_ADDRESS);
    assert_int_equal(pace_limit(&place->pace), 6);
    places_leave(&places, place);
    place = places_enter(&places, "new 5000", 6, COMMONS_ADDRESS);
    assert_int_equal(pace_limit(&place->pace), 3);
    places_leave(&places, place);
    places_release(&places);
    timers_release(&timers);
}

// A server that tells in words that it has too many connections is asked again, slowly, and loses no answer.
static void test_busy(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = "b", .latency_ms = 20};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    set_plan(100, 0);
    add_target(run, "192.0.2.1", true);
    perform(run, &settings, &simulator);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 100);
    assert_true(run->pushed_back);
    assert_in_range(run->connections, 101, 140);
    simulator_release(&simulator);
    free(run);
}

// One that has words for this question however often it is asked is not busy.
static void test_words(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = "atttta", .latency_ms = 20};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    settings.connections = 1;
    set_plan(1, 1);
    add_target(run, "192.0.2.1", true);
    perform(run, &settings, &simulator);
    assert_int_equal(run->outcomes[OUTCOME_NOT_TLS], 1);
    assert_int_equal(run->most_tries, 4);
    assert_false(run->pushed_back);
    simulator_release(&simulator);
    free(run);
}

// --- the end before the end ----------------------------------------------------------------------

static void test_deadline(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "192.0.2.1", .manners = "as", .latency_ms = 50};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    settings.deadline_ms = 12000;
    set_plan(50, 1);
    add_target(run, "192.0.2.1", true);
    perform(run, &settings, &simulator);
    assert_int_equal(run->ended_ms, 12000);
    assert_int_equal(run->interrupted, 1);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 1);
    assert_int_equal(run->outcomes[OUTCOME_ALERT] + run->outcomes[OUTCOME_SILENT] + run->outcomes[OUTCOME_SKIPPED], 51);
    assert_string_equal(run->detail, "the time for this target, 12000 ms, was over");
    simulator_release(&simulator);
    free(run);
}

static void test_deadline_while_looking_up(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.name = "a.example", .address = "192.0.2.1", .manners = "a"};
    struct simulator simulator = {.hosts = &host, .host_count = 1, .lookup_ms = 90000};
    struct scan_settings settings = defaults();
    set_plan(1, 0);
    add_target(run, "a.example", false);
    perform(run, &settings, &simulator);
    assert_int_equal(run->ended_ms, 60000);
    assert_int_equal(run->endpoints, 0);
    assert_int_equal(run->interrupted, 1);
    assert_string_equal(run->trouble, "the time for this target, 60000 ms, was over");
    simulator_release(&simulator);
    free(run);
}

// 50 targets, ten at a time, 300 ms each: at 700 ms twenty are done and ten are in the middle.
static void test_stop(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host hosts[50];
    char addresses[50][ADDRESS_TEXT];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(addresses[i], sizeof addresses[i], "192.0.2.%u", i + 1);
        hosts[i] = (struct simulated_host){.address = addresses[i], .manners = "a", .latency_ms = 50};
        add_target(run, addresses[i], true);
    }
    struct simulator simulator = {.hosts = hosts, .host_count = 50, .stop_ms = 720};
    struct scan_settings settings = defaults();
    settings.parallel = 10;
    set_plan(13, 0);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 30);
    assert_int_equal(run->interrupted, 10);
    assert_int_equal(run->ended_ms, 720);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 20 * 13 + 10 * 1);
    assert_int_equal(run->outcomes[OUTCOME_SKIPPED], 10 * 12);
    assert_string_equal(run->detail, "the scan was interrupted");
    simulator_release(&simulator);
    free(run);
}

// --- names and addresses -------------------------------------------------------------------------

static const struct resolution {
    const char *name, *target;
    bool is_address, ipv4, ipv6;
    const char *chosen;
    size_t want_endpoints;
    unsigned want_connections;
    const char *want_trouble;
    uint64_t want_ms;
} resolutions[] = {
    {"all addresses, at once", "a.example", false, true, true, NULL, 3, 3, "", 30 + 100},
    {"IPv4 alone", "a.example", false, true, false, NULL, 2, 2, "", 30 + 100},
    {"IPv6 alone", "a.example", false, false, true, NULL, 1, 1, "", 30 + 100},
    {"no such name", "b.example", false, true, true, NULL, 0, 0, "the name does not exist", 30},
    {"a chosen address", "b.example", false, true, true, "192.0.2.1", 1, 1, "", 100},
    {"a literal is not looked up", "192.0.2.2", true, true, true, NULL, 1, 1, "", 100},
    {"a literal of the other kind", "2001:db8::1", true, true, false, NULL, 1, 1, "", 100},
};

static void test_resolutions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof resolutions / sizeof *resolutions; i++) {
        const struct resolution *row = &resolutions[i];
        print_message("%s\n", row->name);
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host hosts[] = {
            {.name = "a.example", .address = "192.0.2.1", .manners = "a", .latency_ms = 50},
            {.name = "a.example", .address = "192.0.2.2", .manners = "a", .latency_ms = 50},
            {.name = "a.example", .address = "2001:db8::1", .manners = "a", .latency_ms = 50},
            {.name = "a.example", .address = "192.0.2.2", .manners = "a", .latency_ms = 50}, // listed twice
        };
        struct simulator simulator = {.hosts = hosts, .host_count = 4, .lookup_ms = 30};
        struct scan_settings settings = defaults();
        settings.use_ipv4 = row->ipv4;
        settings.use_ipv6 = row->ipv6;
        settings.address = row->chosen;
        set_plan(1, 0);
        add_target(run, row->target, row->is_address);
        perform(run, &settings, &simulator);
        assert_int_equal(run->endpoints, row->want_endpoints);
        assert_int_equal(run->connections, row->want_connections);
        assert_string_equal(run->trouble, row->want_trouble);
        assert_int_equal(run->ended_ms, row->want_ms);
        simulator_release(&simulator);
        free(run);
    }
}

// --- many ----------------------------------------------------------------------------------------

static void set_up_hosts(struct run *run, struct simulated_host *hosts, size_t count, unsigned latency_ms)
{
    for (size_t i = 0; i < count; i++) {
        char address[ADDRESS_TEXT];
        snprintf(address, sizeof address, "10.0.%zu.%zu", i / 250, i % 250 + 1);
        add_target(run, address, true);
        hosts[i] = (struct simulated_host){.address = run->names[i], .manners = "a", .latency_ms = latency_ms};
    }
}

static void check_order(void *context, const struct scan *scan)
{
    (void)scan;
    const struct simulated_host *hosts = context;
    for (size_t i = 1; i < 4; i++)
        if (hosts[i].connections != 0)
            assert_in_range(hosts[i - 1].connections, 50 - 6, 50);
}

// A rate that holds all back lets the first target come to its end before others begin.
static void test_rate_and_order(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host hosts[4];
    struct simulator simulator = {.hosts = hosts, .host_count = 4, .every_event = check_order, .context = hosts};
    struct scan_settings settings = defaults();
    settings.rate = 40;
    set_up_hosts(run, hosts, 4, 10);
    set_plan(50, 0);
    perform(run, &settings, &simulator);
    assert_int_equal(simulator.started_count, 200);
    assert_in_range(simulator_most_started(&simulator, 1000), 38, 42);
    assert_in_range(run->ended_ms, 4800, 5100);
    simulator_release(&simulator);
    free(run);
}

// However many wait for a rate, for descriptors or for others at the same address: the time for a target is counted
// from when it is its turn, and is enough for each.
static const struct queue {
    const char *name;
    unsigned rate, descriptors;
    bool one_address;
    unsigned deadline_ms, most_ms; // the time for each target, and for all of them
} queues[] = {
    {"a rate", 100, 0, false, 10000, 20500},
    {"descriptors", 0, 8, false, 10000, 45000},
    {"one address", 0, 0, true, 10000, 34000},
};

static void test_deadline_of_those_that_wait(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        const struct queue *row = &queues[i];
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host hosts[40];
        struct simulator simulator = {
            .hosts = hosts, .host_count = row->one_address ? 1 : 40, .descriptors = row->descriptors};
        struct scan_settings settings = defaults();
        settings.rate = row->rate;
        settings.deadline_ms = row->deadline_ms;
        set_up_hosts(run, hosts, 40, 50);
        for (size_t j = 0; row->one_address && j < 40; j++)
            run->targets[j].host = run->names[0];
        set_plan(50, 0);
        perform(run, &settings, &simulator);
        assert_int_equal(run->finished, 40);
        assert_int_equal(run->interrupted, 0);
        assert_int_equal(run->outcomes[OUTCOME_ALERT], 40 * 50);
        assert_in_range(run->ended_ms, 0, row->most_ms);
        simulator_release(&simulator);
        free(run);
    }
}

static void check_networks(void *context, const struct scan *scan)
{
    const struct simulated_host *hosts = context;
    assert_in_range(hosts[0].open + hosts[1].open + hosts[2].open + hosts[3].open, 0, 7);
    assert_in_range(hosts[5].open + hosts[6].open, 0, 7);
    (void)scan;
}

// Twenty targets that are one address: it never sees more than six connections at once, and all
// targets are finished, as fast as six at once allow.
static void test_shared_address(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "10.0.0.1", .manners = "a", .latency_ms = 10};
    struct simulator simulator = {.hosts = &host, .host_count = 1};
    struct scan_settings settings = defaults();
    for (size_t i = 0; i < 20; i++)
        add_target(run, "10.0.0.1", true);
    set_plan(13, 0);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 20);
    assert_int_equal(host.connections, 20 * 13);
    assert_int_equal(host.most_open, 6);
    assert_in_range(run->ended_ms, 20 * 13 / 6 * 20, 20 * 13 / 6 * 20 + 200);
    simulator_release(&simulator);
    free(run);
}

// Targets of one run with one server name that lead to the same address and port are one endpoint.
static const struct one {
    const char *name, *manners;
    unsigned targets, parallel;
    bool other_port, other_name; // of the last target
    bool by_name;                // half of them
    unsigned want_connections;
    enum outcome_kind want_first;
    unsigned want_firsts; // outcomes of this kind; others were skipped
} ones[] = {
    {"at the same time", "a", 20, 100, false, false, false, 13, OUTCOME_ALERT, 20 * 13},
    {"one after the other", "a", 20, 1, false, false, false, 13, OUTCOME_ALERT, 20 * 13},
    {"names and addresses", "a", 20, 7, false, false, true, 13, OUTCOME_ALERT, 20 * 13},
    {"another port", "a", 20, 100, true, false, false, 26, OUTCOME_ALERT, 20 * 13},
    {"another name", "a", 20, 100, false, true, false, 26, OUTCOME_ALERT, 20 * 13},
    {"refuses", "r", 20, 100, false, false, false, 2, OUTCOME_REFUSED, 20},
    {"drops", "d", 20, 3, false, false, true, 2, OUTCOME_UNREACHABLE, 20},
    {"words", "t", 5, 100, false, false, false, 2, OUTCOME_NOT_TLS, 10},
    {"resets", "ax", 5, 100, false, false, false, 27, OUTCOME_RESET, 5 * 12},
    // What failed on this machine says nothing about the endpoint.
    {"fails here", "l", 3, 100, false, false, false, 0, OUTCOME_LOCAL_FAILURE, 3},
};

static void test_one_endpoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
        const struct one *row = &ones[i];
        print_message("%s\n", row->name);
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host host = {.name = "a*", .address = "10.0.0.1", .manners = row->manners, .latency_ms = 10};
        struct simulator simulator = {.hosts = &host, .host_count = 1};
        struct scan_settings settings = defaults();
        settings.one_name = true;
        settings.parallel = row->parallel;
        for (size_t k = 0; k < row->targets; k++)
            add_target(run, row->by_name && k % 2 == 1 ? "a.example" : "10.0.0.1", !row->by_name || k % 2 == 0);
        if (row->other_port)
            run->targets[row->targets - 1].port = 8443;
        if (row->other_name)
            run->targets[row->targets - 1].sni = "b.example";
        set_plan(1, 12);
        perform(run, &settings, &simulator);
        assert_int_equal(run->finished, row->targets);
        assert_int_equal(run->connections, row->want_connections);
        assert_int_equal(run->outcomes[row->want_first], row->want_firsts);
        assert_in_range(host.most_open, 0, 6);
        assert_false(run->interrupted);
        simulator_release(&simulator);
        free(run);
    }
}

// One that was cut off leaves what it knows, and what it does not know is asked again; nobody waits for what is gone.
static void test_one_endpoint_cut_off(void **state)
{
    (void)state;
    for (unsigned parallel = 1; parallel <= 2; parallel++) {
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host host = {.address = "10.0.0.1", .manners = "aassssssssssssssssssssa", .latency_ms = 10};
        struct simulator simulator = {.hosts = &host, .host_count = 1, .limit_ms = 60000};
        struct scan_settings settings = defaults();
        settings.one_name = true;
        settings.parallel = parallel;
        settings.deadline_ms = 12000;
        add_target(run, "10.0.0.1", true);
        add_target(run, "10.0.0.1", true);
        set_plan(1, 29);
        perform(run, &settings, &simulator);
        assert_int_equal(run->finished, 2);
        assert_int_equal(run->interrupted, 1);
        // The first one has two answers and five silences; the second one has its own time and asks the other 23.
        assert_int_equal(run->outcomes[OUTCOME_ALERT], 2 + 2 + 23);
        assert_int_equal(run->outcomes[OUTCOME_SILENT], 5 + 5);
        assert_int_equal(run->outcomes[OUTCOME_SKIPPED], 23);
        simulator_release(&simulator);
        free(run);
    }
}

static void test_one_endpoint_stopped(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host = {.address = "10.0.0.1", .manners = "as", .latency_ms = 10};
    struct simulator simulator = {.hosts = &host, .host_count = 1, .stop_ms = 1000};
    struct scan_settings settings = defaults();
    settings.one_name = true;
    for (size_t i = 0; i < 10; i++)
        add_target(run, "10.0.0.1", true);
    set_plan(1, 12);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 10);
    assert_int_equal(run->interrupted, 10);
    assert_int_equal(run->ended_ms, 1000);
    simulator_release(&simulator);
    free(run);
}

// What is kept of endpoints that nobody leads to at present is bounded, and what is used stays.
static void test_twins_bounded(void **state)
{
    (void)state;
    enum { MOST = TWINS_IDLE >> 20, COUNT = 2 * MOST };
    struct twins twins = {0};
    struct address address = {.port = 443};
    snprintf(address.endpoint.address, sizeof address.endpoint.address, "10.0.0.1");
    struct twin *used = twins_enter(&twins, &address, NULL);
    for (unsigned i = 0; i < COUNT; i++) {
        address.port = (uint16_t)(i + 1000);
        struct twin *twin = twins_enter(&twins, &address, "a.example");
        arena_alloc(&twin->ledger.memory, 1 << 20);
        twins_leave(&twins, twin);
        assert_in_range(twins.idle_octets, 0, TWINS_IDLE);
    }
    assert_in_range(twins.count, MOST / 2, MOST + 1);
    address.port = 443;
    assert_ptr_equal(twins_enter(&twins, &address, NULL), used);
    assert_int_equal(used->users, 2);
    address.port = COUNT - 1 + 1000; // the latest
    assert_int_not_equal(twins_enter(&twins, &address, "a.example")->ledger.memory.total, 0);
    address.port = 1000; // the oldest was forgotten
    struct twin *new = twins_enter(&twins, &address, "a.example");
    assert_in_range(new->ledger.memory.total, 0, 1 << 16);
    twins_leave(&twins, new);
    address.port = COUNT - 1 + 1000;
    new = twins_enter(&twins, &address, "a.example");
    twins_leave(&twins, new);
    twins_leave(&twins, new);
    twins_leave(&twins, used);
    twins_leave(&twins, used);
    twins_release(&twins);
}

// Two hosts that may have sixty connections each, and three at once are all that there are: each question waits until
// there is one for it, however often there was none.
static void test_few_descriptors(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host hosts[2] = {{.address = "10.0.0.1", .manners = "a", .latency_ms = 200},
                                      {.address = "10.0.0.2", .manners = "a", .latency_ms = 1500}};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .descriptors = 3};
    struct scan_settings settings = defaults();
    settings.connections = 60;
    settings.deadline_ms = 3600000;
    for (size_t i = 0; i < 2; i++)
        add_target(run, hosts[i].address, true);
    set_plan(400, 0);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 2);
    assert_int_equal(run->outcomes[OUTCOME_LOCAL_FAILURE], 0);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 2 * 400);
    assert_int_equal(run->connections, 2 * 400); // what came to nothing does not count
    simulator_release(&simulator);
    free(run);
}

// A machine that is slow has fewer connections at once, and the hosts of a long list are not all half done. Those that
// do not answer take no time, and there may be many of them.
static const struct slow {
    const char *name;
    size_t alive, dead; // one behind the other in the list
    unsigned least_ms, most_ms;
} slow[] = {
    {"all answer", 500, 0, 28000, 33000}, // 56,500 connections at some 2,000 a second
    {"the rest is dead", 300, 700, 17000, 32000},
};

static void check_half_done(void *context, const struct scan *scan)
{
    const struct simulator *simulator = context;
    size_t half_done = 0;
    (void)scan;
    for (size_t i = 0; i < simulator->host_count; i++)
        half_done += simulator->hosts[i].connections > 2 && simulator->hosts[i].connections < 113;
    if (simulator->now_ms > 4000)
        assert_in_range(half_done, 0, 250);
}

static void test_no_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        struct run *run = calloc(1, sizeof *run);
        size_t count = slow[i].alive + slow[i].dead;
        struct simulated_host *hosts = calloc(count, sizeof *hosts);
        struct simulator simulator = {
            .hosts = hosts, .host_count = count, .swift = 400, .every_event = check_half_done};
        struct scan_settings settings = defaults();
        simulator.context = &simulator;
        settings.parallel = 500;
        set_up_hosts(run, hosts, count, 50);
        for (size_t k = slow[i].alive; k < count; k++)
            hosts[k].manners = "d";
        set_plan(113, 0);
        perform(run, &settings, &simulator);
        assert_int_equal(run->finished, count);
        assert_int_equal(run->outcomes[OUTCOME_ALERT], slow[i].alive * 113);
        assert_in_range(run->ended_ms, slow[i].least_ms, slow[i].most_ms);
        simulator_release(&simulator);
        free(hosts);
        free(run);
    }
}

// Another worker of the run is at the address too: together they keep to six, this one gets its half of them and all is
// finished; when the other one dies, it gets all.
static void test_other_worker(void **state)
{
    (void)state;
    for (unsigned dead = 0; dead < 2; dead++) {
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host host = {.address = "10.0.0.1", .manners = "a", .latency_ms = 10};
        struct simulator simulator = {.hosts = &host, .host_count = 1};
        struct scan_settings settings = defaults();
        settings.commons = commons_new(2, 100);
        settings.seat = 1;
        size_t place = commons_place(settings.commons, COMMONS_ADDRESS, "10.0.0.1");
        commons_enter(settings.commons, 0, place);
        for (unsigned i = 0; i < 4; i++)
            assert_true(commons_begin(settings.commons, 0, place, 6, 0));
        if (dead == 1)
            commons_forget(settings.commons, 0);
        for (size_t i = 0; i < 5; i++)
            add_target(run, "10.0.0.1", true);
        set_plan(13, 0);
        perform(run, &settings, &simulator);
        assert_int_equal(run->finished, 5);
        assert_int_equal(host.connections, 5 * 13);
        assert_int_equal(host.most_open, dead == 1 ? 6 : 2);
        commons_enter(settings.commons, 1, place);
        for (unsigned i = 0; i < (dead == 1 ? 6 : 2); i++) // all were given back
            assert_true(commons_begin(settings.commons, 1, place, 6, 0));
        simulator_release(&simulator);
        commons_free(settings.commons);
        free(run);
    }
}

// Ten addresses of one network, and two of others: the network sees seven connections at once, each of its addresses
// no more than six, and nobody is left waiting.
static void test_network(void **state)
{
    (void)state;
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2",    "10.0.0.3",          "10.0.0.255",
                                            "10.0.1.1", "2001:db8::1", "2001:db8:0:ffff::1"};
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host hosts[7];
    struct simulator simulator = {.hosts = hosts, .host_count = 7};
    struct scan_settings settings = defaults();
    settings.per_network = 7;
    simulator.every_event = check_networks;
    simulator.context = hosts;
    for (size_t i = 0; i < 7; i++) {
        hosts[i] = (struct simulated_host){.address = addresses[i], .manners = "a", .latency_ms = 10};
        for (size_t k = 0; k < 3; k++)
            add_target(run, addresses[i], true);
    }
    set_plan(13, 0);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 21);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(hosts[i].connections, 3 * 13);
        assert_in_range(hosts[i].most_open, 1, 6);
    }
    assert_int_equal(hosts[4].most_open, 6);
    assert_in_range(run->ended_ms, 4 * 39 / 7 * 20, 4 * 39 / 7 * 20 + 200);
    simulator_release(&simulator);
    free(run);
}

// A source that has its targets one by one, two seconds apart: meanwhile the scan goes on, and then it ends.
static bool next_slowly(void *context, struct target **target)
{
    struct run *run = context;
    *target = NULL;
    if (run->next == run->target_count)
        return false;
    if (++run->asked % 40 == 0)
        *target = &run->targets[run->next++];
    return true;
}

static void test_slow_source(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host hosts[3];
    struct simulator simulator = {.hosts = hosts, .host_count = 3};
    struct scan_settings settings = defaults();
    set_up_hosts(run, hosts, 3, 50);
    hosts[0].manners = "s"; // its silence takes longer than the others
    set_plan(1, 0);
    settings.tries = 1;
    struct scan *scan =
        scan_new(&settings, (struct target_source){next_slowly, run}, (struct finish_sink){finish_target, run});
    simulator_run(&simulator, scan);
    scan_free(scan);
    assert_int_equal(run->finished, 3);
    assert_int_equal(run->asked, 120);
    assert_int_equal(run->outcomes[OUTCOME_SILENT], 1);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 2);
    assert_in_range(run->ended_ms, 1950 + 5050, 1950 + 5150);
    simulator_release(&simulator);
    free(run);
}

// Nothing comes any more, and the user does not want to wait.
static void test_stop_while_the_source_is_slow(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host host;
    struct simulator simulator = {.hosts = &host, .host_count = 1, .stop_ms = 1000};
    struct scan_settings settings = defaults();
    set_up_hosts(run, &host, 1, 50);
    struct scan *scan =
        scan_new(&settings, (struct target_source){next_slowly, run}, (struct finish_sink){finish_target, run});
    simulator_run(&simulator, scan);
    scan_free(scan);
    assert_int_equal(run->finished, 0);
    assert_int_equal(simulator.now_ms, 1000);
    simulator_release(&simulator);
    free(run);
}

struct heap_use {
    size_t before, most;
};

static void measure_heap(void *context, const struct scan *scan)
{
    (void)scan;
    struct heap_use *use = context;
    size_t now = mallinfo2().uordblks;
    if (now > use->most)
        use->most = now;
}

// A thousand hosts, 50 ms away, a hundred in flight: each takes 100 ms for the first probe and 100 for
// each six of the others, so the whole takes ten times 300 ms and not one more.
static void test_thousand(void **state)
{
    (void)state;
    struct run *run = calloc(1, sizeof *run);
    struct simulated_host *hosts = calloc(1000, sizeof *hosts);
    struct heap_use use = {.before = mallinfo2().uordblks};
    struct simulator simulator = {.hosts = hosts, .host_count = 1000, .every_event = measure_heap, .context = &use};
    struct scan_settings settings = defaults();
    settings.keep_bytes = true;
    set_up_hosts(run, hosts, 1000, 50);
    set_plan(13, 0);
    perform(run, &settings, &simulator);
    assert_int_equal(run->finished, 1000);
    assert_int_equal(run->connections, 13000);
    assert_int_equal(run->outcomes[OUTCOME_ALERT], 13000);
    assert_int_equal(run->ended_ms, 3000);
    assert_in_range(run->largest, 1, 100 * 1024);
    size_t each = use.most > use.before ? (use.most - use.before) / 100 : 0; // 0 under a sanitizer
    print_message("%zu octets of heap for each host in flight, the simulator's own included\n", each);
    assert_in_range(each, 0, 100 * 1024);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(hosts[i].most_open, 6);
    simulator_release(&simulator);
    free(hosts);
    free(run);
}

// More hosts than there may be handshakes at once, which all come to theirs at the same time: the others wait, and
// each gets its turn.
static const struct crowd {
    const char *name, *manners;
    uint64_t stop_ms;
    unsigned deadline_ms;
    enum outcome_kind want;
    unsigned want_count;
    unsigned want_ms; // when all is over: 900 handshakes in eight turns
} crowds[] = {
    {"alerts", "a", 0, 60000, OUTCOME_ALERT, 300 * 4, 900},
    {"asked again alone", "ac", 0, 60000, OUTCOME_CLOSED, 300 * 3, 4800},
    {"silent, asked twice", "as", 0, 120000, OUTCOME_SILENT, 300 * 3, 75850},
    {"the deadline comes first", "as", 0, 8000, OUTCOME_SKIPPED, 300 * 3, 8000},
    {"stopped", "as", 300, 60000, OUTCOME_SKIPPED, 300 * 3, 300},
};

// The first hello of each is over after four ways of 50 ms.
static void count_handshakes(void *context, const struct scan *scan)
{
    const struct simulator *simulator = context;
    if (simulator->now_ms > 200)
        assert_in_range(scan_counts(scan).connections_in_flight, 0, HANDSHAKES_MOST);
}

static void test_handshakes_take_turns(void **state)
{
    (void)state;
    handshakes_planned = true;
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        const struct crowd *row = &crowds[i];
        struct run *run = calloc(1, sizeof *run);
        struct simulated_host *hosts = calloc(300, sizeof *hosts);
        struct simulator simulator = {.hosts = hosts, .host_count = 300, .every_event = count_handshakes};
        struct scan_settings settings = defaults();
        settings.parallel = 300;
        settings.deadline_ms = row->deadline_ms;
        simulator.stop_ms = row->stop_ms;
        simulator.context = &simulator;
        set_up_hosts(run, hosts, 300, 50);
        for (size_t j = 0; j < 300; j++)
            hosts[j].manners = row->manners;
        set_plan(4, 0);
        perform(run, &settings, &simulator);
        assert_int_equal(run->finished, 300);
        assert_int_equal(run->outcomes[row->want], row->want_count);
        assert_int_equal(run->ended_ms, row->want_ms);
        simulator_release(&simulator);
        free(hosts);
        free(run);
    }
    handshakes_planned = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_refuses_later),
        cmocka_unit_test(test_cut_off_later),
        cmocka_unit_test(test_resets_under_load),
        cmocka_unit_test(test_pace_is_the_addresss),
        cmocka_unit_test(test_closed_ports),
        cmocka_unit_test(test_slowed_places),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_deadline_while_looking_up),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_resolutions),
        cmocka_unit_test(test_rate_and_order),
        cmocka_unit_test(test_deadline_of_those_that_wait),
        cmocka_unit_test(test_shared_address),
        cmocka_unit_test(test_one_endpoint),
        cmocka_unit_test(test_one_endpoint_cut_off),
        cmocka_unit_test(test_one_endpoint_stopped),
        cmocka_unit_test(test_twins_bounded),
        cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_no_time),
        cmocka_unit_test(test_other_worker),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_slow_source),
        cmocka_unit_test(test_stop_while_the_source_is_slow),
        cmocka_unit_test(test_thousand),
        cmocka_unit_test(test_handshakes_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
