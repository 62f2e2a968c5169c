// SPDX-License-Identifier: Apache-2.0
//
// The scan against random crowds in virtual time. Whatever the limits, the hosts' manners and the moment at which it is
// stopped, each target comes to its end in its time with an outcome for each question; and after every event each
// address that is not finished has something that will go on with it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/simulator.h"
#include "base/fail.h"
#include "run/commons.h"
#include "run/scan.h"

#define MIXES        400
#define MOST_TARGETS 60
#define MOST_HOSTS   80
#define DOCUMENTS    4     // hosts of documents, the last of a crowd
#define LOCAL_MS     12000 // what failures on this machine cost a target of three addresses before its time begins

// What the host of a target asks: so many probes at once, and so many more when those are answered.
struct wish {
    unsigned wave[3];
    bool handshakes; // but for the first probe
    bool first_too;
    bool records;   // are looked up after the first wave
    bool document;  // is fetched then, from one of the hosts of documents
    bool own;       // ... and from the host itself
    unsigned where; // which of them
};

struct crowd {
    uint64_t random;
    struct scan_settings settings;
    struct simulator simulator;
    struct simulated_host host[MOST_HOSTS];
    char address[MOST_HOSTS][ADDRESS_TEXT], name[MOST_HOSTS][32];
    struct target target[MOST_TARGETS];
    struct wish wish[MOST_TARGETS];
    size_t host_count, target_count, next;

    struct address *live[4 * MOST_TARGETS]; // not handed over
    size_t live_count;
    size_t finished;
    unsigned handshakes; // at once
    uint64_t stop_ms, ended_ms;
};

static struct crowd *crowd;

static unsigned below(unsigned limit)
{
    crowd->random ^= crowd->random << 13;
    crowd->random ^= crowd->random >> 7;
    crowd->random ^= crowd->random << 17;
    return (unsigned)(crowd->random >> 20) % limit;
}

static bool once_in(unsigned times) { return below(times) == 0; }
static unsigned between(unsigned least, unsigned most) { return least + below(most - least + 1); }

// --- hosts that follow a wish, and few handshakes at once ------------------------------------------

static void note_live(struct host *host);

static bool wanted(struct host *host, struct arena *scratch, const struct probe *probe)
{
    return ledger_want(&host->ledger, scratch, probe)->outcome != NULL;
}

static bool beside_answered(struct host *host, struct arena *scratch, const struct wish *wish)
{
    char url[64];
    bool all = true;
    struct probe probe = {.kind = PROBE_FETCH, .fetch = {.url = url, .limit = 1000}};
    snprintf(url, sizeof url, "http://%s/", crowd->address[crowd->host_count - 1 - wish->where]);
    if (wish->records)
        all &= wanted(host, scratch,
                      &(struct probe){.kind = PROBE_RECORDS, .records = {crowd->name[wish->where], RECORD_CAA}});
    if (wish->document)
        all &= wanted(host, scratch, &probe);
    probe.fetch.own_address = true;
    if (wish->own)
        all &= wanted(host, scratch, &probe);
    return all;
}

static bool wave_answered(struct host *host, struct arena *scratch, const struct wish *wish, unsigned from,
                          unsigned count)
{
    static const uint16_t suites[] = {0xC02F, 0x009C};
    bool all = true;
    for (unsigned sample = from; sample < from + count; sample++) {
        struct probe probe = {.hello = {.version = 0x0303, .suites = {suites, 2}}, .sample = (uint16_t)sample};
        if (wish->handshakes && (sample != 0 || wish->first_too))
            probe = (struct probe){.kind = PROBE_HANDSHAKE,
                                   .handshake = {.lowest = 0x0303, .highest = 0x0303},
                                   .sample = (uint16_t)sample};
        all &= wanted(host, scratch, &probe);
    }
    return all;
}

static void wishful_step(struct host *host, struct arena *scratch, const struct answer *answer)
{
    const struct wish *wish = &crowd->wish[host->target - crowd->target];
    unsigned from = 0;
    if (answer == NULL)
        note_live(host);
    for (unsigned i = 0; i < 3 && wish->wave[i] != 0; from += wish->wave[i++]) {
        bool beside = i == 0 || beside_answered(host, scratch, wish);
        if (!wave_answered(host, scratch, wish, from, wish->wave[i]) || !beside)
            return;
    }
    host->finished = host->selected;
}

#define host_step wishful_step
#include "../../src/run/address.c"
#undef host_step

#undef HANDSHAKES_MOST
#define HANDSHAKES_MOST crowd->handshakes
#include "../../src/run/handshakes.c"

static struct address *address_of(const struct host *host)
{
    return (struct address *)((const char *)host - offsetof(struct address, endpoint.host));
}

static void note_live(struct host *host)
{
    assert_true(crowd->live_count < sizeof crowd->live / sizeof *crowd->live);
    crowd->live[crowd->live_count++] = address_of(host);
}

static void forget_live(const struct address *address)
{
    size_t i = 0;
    while (crowd->live[i] != address)
        i++;
    crowd->live[i] = crowd->live[--crowd->live_count];
}

// --- what goes on ----------------------------------------------------------------------------------

static bool goes_on(const struct attempt *attempt)
{
    return attempt->id != 0 || attempt->timer.due.place != 0 || attempt->turn.place != 0;
}

static bool place_is_free(const struct engine *engine, const struct place *place)
{
    return place == NULL ||
           (pace_next_ms(&place->pace) <= engine->now_ms && place->in_flight < pace_limit(&place->pace));
}

static unsigned ready_at(const struct place *place)
{
    unsigned count = 0;
    for (size_t i = 0; i < crowd->live_count; i++) {
        const struct address *address = crowd->live[i];
        count += address->ready.place != 0 && (address->place == place || address->network == place);
    }
    return count;
}

// A place where somebody waits has a connection that will end, a timer, or somebody to whom its room was given.
static bool place_goes_on(const struct place *place)
{
    return place->in_flight != 0 || place->again.due.place != 0 || ready_at(place) != 0;
}

static bool is_errand_open(const struct address *address)
{
    const struct errand_use *use = address->uses;
    while (use != NULL && use->answer == NULL)
        use = use->next;
    return use != NULL;
}

static bool will_go_on(const struct address *address)
{
    if (address->ready.place != 0 || address->wake.due.place != 0 || !has_turn(address) || is_errand_open(address))
        return true;
    for (const struct attempt *attempt = address->attempts; attempt != NULL; attempt = attempt->next)
        if (goes_on(attempt))
            return true;
    return address->waits != NULL && place_goes_on(address->waits);
}

// It could begin a connection, nobody else was given the room, and it is not among those that may.
static bool is_overlooked(const struct address *address)
{
    const struct engine *engine = address->engine;
    if (address->ready.place != 0 || address->waits == NULL || !has_room(address) ||
        pace_next_ms(&address->pace) > engine->now_ms)
        return false;
    if (!place_is_free(engine, address->place) || !place_is_free(engine, address->network) ||
        engine->settings.commons != NULL)
        return false;
    const struct timer *again = &address->waits->again;
    return ready_at(address->waits) == 0 && (again->due.place == 0 || again->due.rank > engine->now_ms);
}

static void describe(const struct address *address, const char *what)
{
    const struct place *place = address->place, *network = address->network;
    fail_msg("at %llu ms %s %s: %u open, waits %s, wakes %s; its place has %u of %u and wakes %s, its network %u of %u",
             (unsigned long long)address->engine->now_ms, what, address->endpoint.address, address->in_flight,
             address->waits == NULL ? "nowhere" : address->waits->text, address->wake.due.place == 0 ? "never" : "once",
             place->in_flight, pace_limit(&place->pace), place->again.due.place == 0 ? "never" : "once",
             network == NULL ? 0 : network->in_flight, network == NULL ? 0 : pace_limit(&network->pace));
}

// What may begin and does not has to wait for a timer, or for a connection to end.
static void check_engine(const struct engine *engine)
{
    bool full = engine->open != 0 && engine->open >= engine->ceiling;
    bool slow = engine->bucket_timer.due.place != 0 || engine->swift_timer.due.place != 0;
    bool errands = engine->errands.again.due.place != 0 || engine->errands.out.first != NULL;
    assert_in_range(engine->handshakes.under_way, 0, crowd->handshakes);
    assert_true(engine->handshakes.waiting.count == 0 || engine->handshakes.under_way == crowd->handshakes);
    assert_true(heap_first(&engine->ready) == NULL || slow || full);
    assert_true(engine->errands.queue.first == NULL || slow || full || errands);
}

static void check_all_go_on(void *context, const struct scan *scan)
{
    (void)context;
    (void)scan;
    for (size_t i = 0; i < crowd->live_count; i++) {
        const struct address *address = crowd->live[i];
        if (i == 0)
            check_engine(address->engine);
        assert_true(address->in_flight <= crowd->settings.connections);
        assert_true(address->place->in_flight <= crowd->settings.connections);
        if (address->network != NULL)
            assert_true(address->network->in_flight <= crowd->settings.per_network);
        if (!address->finished && !will_go_on(address))
            describe(address, "nothing goes on with");
        if (!address->finished && is_overlooked(address))
            describe(address, "nobody gives the room that is there to");
    }
}

// --- a crowd ---------------------------------------------------------------------------------------

static bool next_target(void *context, struct target **target)
{
    (void)context;
    if (crowd->next == crowd->target_count)
        return false;
    *target = once_in(5) ? NULL : &crowd->target[crowd->next++];
    return true;
}

static void finish_target(void *context, const struct finished *finished)
{
    (void)context;
    uint64_t began = UINT64_MAX;
    const struct wish *wish = &crowd->wish[finished->target - crowd->target];
    crowd->finished++;
    crowd->ended_ms = finished->ended_ms;
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct host *host = &finished->endpoints[i]->host;
        const struct address *address = address_of(host);
        for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
            assert_non_null(answer->outcome);
        assert_int_equal(address->in_flight, 0);
        began = address->began_ms < began ? address->began_ms : began;
        forget_live(address);
    }
    if (began != UINT64_MAX)
        assert_in_range(finished->ended_ms, began, began + crowd->settings.deadline_ms);
    else if (finished->endpoint_count != 0 && crowd->stop_ms == 0 && !wish->records && !wish->document && !wish->own)
        assert_false(finished->interrupted); // its time has not begun, and it waits for nobody but other targets
}

static const char *some_manners(void)
{
    static const char *const manners[] = {"a",   "a",  "a",  "a",   "a",   "as", "s",  "d",    "r",  "u",   "ra", "ax",
                                          "axa", "p",  "b",  "c",   "ac",  "ai", "at", "t",    "1",  "asa", "l",  "lla",
                                          "aar", "ad", "sa", "aca", "aia", "e",  "w",  "assa", "da", "a1",  "x",  "al"};
    return manners[below(sizeof manners / sizeof *manners)];
}

static void add_hosts(void)
{
    crowd->host_count = between(1, MOST_HOSTS - DOCUMENTS) + DOCUMENTS;
    for (size_t i = 0; i < crowd->host_count; i++) {
        snprintf(crowd->address[i], ADDRESS_TEXT, "10.0.%u.%zu", below(3), i + 1);
        snprintf(crowd->name[i], sizeof crowd->name[i], "%zu.example", i / 3);
        crowd->host[i] = (struct simulated_host){.address = crowd->address[i],
                                                 .name = crowd->name[i],
                                                 .manners = some_manners(),
                                                 .latency_ms = between(1, once_in(3) ? 900 : 60)};
    }
}

static void add_targets(void)
{
    bool handshakes = once_in(2), beside = once_in(2);
    unsigned most = once_in(3) ? 40 : 12;
    crowd->target_count = between(1, MOST_TARGETS);
    for (size_t i = 0; i < crowd->target_count; i++) {
        size_t which = below((unsigned)(crowd->host_count - DOCUMENTS));
        bool is_address = once_in(2);
        const char *host = is_address ? crowd->address[which] : crowd->name[which];
        crowd->target[i] = (struct target){.input = host,
                                           .host = host,
                                           .display = host,
                                           .port = (uint16_t)between(443, 444),
                                           .is_address = is_address};
        crowd->wish[i] = (struct wish){.wave = {between(1, 4), below(most), below(most)},
                                       .handshakes = handshakes && once_in(2),
                                       .first_too = once_in(4),
                                       .records = beside && once_in(2),
                                       .document = beside && once_in(2),
                                       .own = beside && once_in(4),
                                       .where = below(DOCUMENTS)};
    }
}

static bool some_records(const char *name, uint16_t type, struct records_result *out)
{
    (void)type;
    (void)out;
    return strlen(name) % 2 == 0;
}

static void settle_limits(void)
{
    static const unsigned deadlines[] = {3000, 10000, 60000};
    crowd->handshakes = between(1, 8);
    crowd->settings = (struct scan_settings){.selected = 1,
                                             .connections = between(1, 6),
                                             .per_network = once_in(2) ? between(1, 4) : 0,
                                             .parallel = between(1, MOST_TARGETS),
                                             .tries = between(1, 3),
                                             .rate = once_in(3) ? between(2, 200) : 0,
                                             .connect_ms = between(300, 3000),
                                             .silence_ms = between(300, 3000),
                                             .deadline_ms = deadlines[below(3)],
                                             .use_ipv4 = true,
                                             .one_name = once_in(3),
                                             .fetch = true,
                                             .fetch_private = true,
                                             .lookup_ms = 2000,
                                             .commons = once_in(2) ? commons_new(2, MOST_TARGETS) : NULL,
                                             .seat = 1};
    crowd->simulator = (struct simulator){.hosts = crowd->host,
                                          .host_count = crowd->host_count,
                                          .lookup_ms = once_in(10) ? 20000 : below(500),
                                          .descriptors = once_in(3) ? between(1, 20) : 0,
                                          .swift = once_in(3) ? between(1, 100) : 0,
                                          .records = once_in(10) ? NULL : some_records,
                                          .stop_ms = once_in(4) ? between(1, 20000) : 0,
                                          .every_event = check_all_go_on};
    crowd->stop_ms = crowd->simulator.stop_ms;
}

// Another worker is there at some of the addresses.
static void share_places(void)
{
    struct commons *commons = crowd->settings.commons;
    for (size_t i = 0; commons != NULL && i < crowd->host_count; i += 2)
        commons_enter(commons, 0, commons_place(commons, COMMONS_ADDRESS, crowd->address[i]));
}

static void run_crowd(void)
{
    struct scan *scan = scan_new(&crowd->settings, (struct target_source){next_target, NULL},
                                 (struct finish_sink){finish_target, NULL});
    crowd->simulator.limit_ms = (uint64_t)(crowd->target_count + 2) * (crowd->settings.deadline_ms + LOCAL_MS);
    simulator_run(&crowd->simulator, scan);
    assert_int_equal(crowd->finished, crowd->next);
    assert_int_equal(crowd->live_count, 0);
    assert_int_equal(scan_counts(scan).connections_in_flight, 0);
    if (crowd->stop_ms == 0)
        assert_int_equal(crowd->finished, crowd->target_count);
    else
        assert_true(crowd->ended_ms <= crowd->stop_ms || crowd->finished == crowd->target_count);
    scan_free(scan);
}

static unsigned number; // of the crowd that is on

// With MIX in the environment it is run alone.
static int tell_number(void **state)
{
    (void)state;
    print_message("the last one was MIX=%u\n", number);
    return 0;
}

static void test_random_crowds(void **state)
{
    (void)state;
    unsigned first = getenv("MIX") == NULL ? 0 : (unsigned)atoi(getenv("MIX"));
    for (unsigned i = first; i < first + (getenv("MIX") == NULL ? MIXES : 1); i++) {
        crowd = calloc(1, sizeof *crowd);
        assert_non_null(crowd);
        crowd->random = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
        number = i;
        add_hosts();
        add_targets();
        settle_limits();
        share_places();
        run_crowd();
        simulator_release(&crowd->simulator);
        commons_free(crowd->settings.commons);
        free(crowd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_random_crowds, tell_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
