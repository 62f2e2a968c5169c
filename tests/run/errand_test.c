// SPDX-License-Identifier: Apache-2.0
//
// What a scan asks of others, in virtual time: what is shared, what is refused, what is waited for and how long.
// Its hosts follow a plan instead of checks: they want these documents and records.

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
#include "run/private.h"
#include "run/scan.h"

// --- a host that follows a plan ------------------------------------------------------------------

enum { MOST_URLS = 4 };

static struct {
    const char *url[MOST_URLS]; // of documents; "%u" stands for the number in the target's name
    uint32_t limit;
    bool own_address;
    bool records; // of the target's name
    bool hello;   // to the host
    bool after;   // ... and before anything of others
} plan;

static unsigned number_of(const struct host *host)
{
    return (unsigned)strtoul(host->target->host + strcspn(host->target->host, "0123456789"), NULL, 10);
}

static bool want(struct host *host, struct arena *scratch, const struct probe *probe)
{
    return ledger_want(&host->ledger, scratch, probe)->outcome != NULL;
}

static void planned_step(struct host *host, struct arena *scratch, const struct answer *answer)
{
    (void)answer;
    static const uint16_t suites[] = {0xC02F};
    struct probe hello = {.hello = {.version = 0x0303, .suites = {suites, 1}}};
    bool all = true;
    if (plan.after && !want(host, scratch, &hello))
        return;
    for (size_t i = 0; i < MOST_URLS && plan.url[i] != NULL; i++) {
        char url[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(url, sizeof url, plan.url[i], number_of(host));
#pragma GCC diagnostic pop
        struct probe probe = {.kind = PROBE_FETCH,
                              .fetch = {.url = url, .limit = plan.limit, .own_address = plan.own_address}};
        all &= want(host, scratch, &probe);
    }
    if (plan.records)
        all &= want(host, scratch, &(struct probe){.kind = PROBE_RECORDS, .records = {host->target->host, RECORD_CAA}});
    if (plan.hello)
        all &= want(host, scratch, &hello);
    if (all)
        host->finished = host->selected;
}

#define host_step planned_step
#include "../../src/run/address.c"
#undef host_step

// --- running -------------------------------------------------------------------------------------

#define MOST_TARGETS 200

struct run {
    struct target targets[MOST_TARGETS];
    char names[MOST_TARGETS][ADDRESS_TEXT];
    size_t count, next, finished, interrupted;

    // What came out of it, of errands alone.
    unsigned outcomes[OUTCOME_KINDS], hellos[OUTCOME_KINDS];
    unsigned status, most_tries;
    size_t body;
    char error[32], detail[128], location[64];
    uint64_t ended_ms;
};

static bool next_target(void *context, struct target **target)
{
    struct run *run = context;
    if (run->next == run->count)
        return false;
    *target = &run->targets[run->next++];
    return true;
}

static void note(struct run *run, const struct outcome *outcome)
{
    run->outcomes[outcome->kind]++;
    run->most_tries = outcome->tries > run->most_tries ? outcome->tries : run->most_tries;
    snprintf(run->detail, sizeof run->detail, "%s", outcome->detail == NULL ? "" : outcome->detail);
    if (outcome->fetch == NULL)
        return;
    run->status = outcome->fetch->status;
    run->body = outcome->fetch->body.size;
    snprintf(run->error, sizeof run->error, "%s", outcome->fetch->error == NULL ? "" : outcome->fetch->error);
    snprintf(run->location, sizeof run->location, "%s",
             outcome->fetch->location == NULL ? "" : outcome->fetch->location);
}

static void finish_target(void *context, const struct finished *finished)
{
    struct run *run = context;
    run->finished++;
    run->interrupted += finished->interrupted;
    run->ended_ms = finished->ended_ms;
    for (size_t i = 0; i < finished->endpoint_count; i++)
        for (const struct answer *answer = finished->endpoints[i]->host.ledger.first; answer != NULL;
             answer = answer->next) {
            assert_non_null(answer->outcome);
            if (answer_is_errand(answer))
                note(run, answer->outcome);
            else
                run->hellos[answer->outcome->kind]++;
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
                                  .lookup_ms = 5000,
                                  .deadline_ms = 300000,
                                  .use_ipv4 = true,
                                  .use_ipv6 = true,
                                  .fetch = true};
}

// t0.example, t1.example, ...: all at one address.
static struct run targets(size_t count)
{
    struct run run = {.count = count};
    return run;
}

static void name_targets(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        snprintf(run->names[i], ADDRESS_TEXT, "t%zu.example", i);
        run->targets[i] =
            (struct target){.input = run->names[i], .host = run->names[i], .display = run->names[i], .port = 443};
    }
}

static struct scan_counts perform(struct run *run, const struct scan_settings *settings, struct simulator *simulator)
{
    name_targets(run);
    struct scan *scan =
        scan_new(settings, (struct target_source){next_target, run}, (struct finish_sink){finish_target, run});
    simulator_run(simulator, scan);
    struct scan_counts counts = scan_counts(scan);
    assert_int_equal(run->finished, run->count);
    assert_int_equal(counts.connections_in_flight, 0);
    scan_free(scan);
    simulator_release(simulator);
    return counts;
}

// Every target's name leads to the first host.
static struct simulated_host of_targets(const char *manners)
{
    return (struct simulated_host){.name = "t*", .address = "192.0.2.1", .manners = manners, .latency_ms = 50};
}

static struct bytes serve(void *context, struct bytes request)
{
    assert_memory_equal(request.data, "GET ", 4);
    return bytes_of_text(context);
}

#define DOCUMENT "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"

static struct simulated_host of_documents(const char *name, const char *address, const char *manners)
{
    return (struct simulated_host){.name = name,
                                   .address = address,
                                   .manners = manners,
                                   .latency_ms = 50,
                                   .model = serve,
                                   .context = (void *)DOCUMENT};
}

static bool say_none(const char *name, uint16_t type, struct records_result *out)
{
    (void)name, (void)type;
    out->dnssec = DNSSEC_INSECURE;
    return true;
}

// --- shared --------------------------------------------------------------------------------------

static void test_one_for_all(void **state)
{
    (void)state;
    const unsigned parallel[] = {1, 100};
    for (size_t i = 0; i < 2; i++) {
        struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", "m")};
        struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
        struct scan_settings settings = defaults();
        settings.parallel = parallel[i];
        struct run run = targets(100);
        memset(&plan, 0, sizeof plan);
        plan.url[0] = "http://crl.example/a.crl", plan.limit = 100, plan.hello = true;
        struct scan_counts counts = perform(&run, &settings, &simulator);
        assert_int_equal(hosts[1].connections, 1);
        assert_int_equal(counts.fetches, 1);
        assert_int_equal(counts.connections, 100);
        assert_int_equal(run.outcomes[OUTCOME_REPLIED], 100);
        assert_int_equal(run.hellos[OUTCOME_ALERT], 100);
        assert_int_equal(run.body, 3);
    }
}

// Records are asked once for a target, however many addresses it has.
static void test_records(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a"), of_targets("a"), of_targets("a")};
    hosts[1].address = "192.0.2.2", hosts[2].address = "2001:db8::1";
    struct simulator simulator = {.hosts = hosts, .host_count = 3, .lookup_ms = 10, .records = say_none};
    struct scan_settings settings = defaults();
    struct run run = targets(100);
    memset(&plan, 0, sizeof plan);
    plan.records = plan.hello = true;
    struct scan_counts counts = perform(&run, &settings, &simulator);
    assert_int_equal(simulator.lookups, 100);
    assert_int_equal(counts.lookups, 100);
    assert_int_equal(counts.fetches, 0);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 300);
}

// To its own address: that is nobody else's question, and needs no name.
static void test_own_address(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_documents("t*", "127.0.0.1", "m"), of_documents("t*", "127.0.0.2", "r")};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    struct run run = targets(3);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://nowhere.example/", plan.limit = 100, plan.own_address = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(hosts[0].connections, 3);
    assert_int_equal(hosts[1].connections, 3);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 3);
    assert_int_equal(run.outcomes[OUTCOME_REFUSED], 3);
}

// --- refused -------------------------------------------------------------------------------------

static void test_not_allowed(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a")};
    struct simulator simulator = {.hosts = hosts, .host_count = 1, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.fetch = false;
    struct run run = targets(2);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/a.crl", plan.limit = 100;
    assert_int_equal(perform(&run, &settings, &simulator).fetches, 0);
    assert_int_equal(run.outcomes[OUTCOME_NOT_ALLOWED], 2);
}

static const struct {
    const char *url, *want_detail; // NULL: it is allowed
} urls[] = {
    {"http://127.0.0.1/", "127.0.0.1 is loopback"},
    {"http://127.9.9.9/", "127.9.9.9 is loopback"},
    {"http://[::1]:8080/", "::1 is loopback"},
    {"http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1 is private"},
    {"http://10.1.2.3/", "10.1.2.3 is private"},
    {"http://[fd00::1]/", "fd00::1 is private"},
    {"http://inside.example/", "10.0.0.1 is private"},
    {"http://both.example/", NULL},
    {"http://8.8.8.8/", NULL},
};

static void test_private(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof urls / sizeof *urls; i++) {
        size_t row = i / 2;
        bool allowed = i % 2 == 1;
        struct simulated_host hosts[] = {
            of_targets("a"),
            of_documents("inside.example", "10.0.0.1", "m"),
            of_documents("both.example", "10.0.0.2", "r"),
            of_documents("both.example", "8.8.4.4", "m"),
            of_documents(NULL, "8.8.8.8", "m"),
            of_documents(NULL, "127.0.0.1", "m"),
            of_documents(NULL, "127.9.9.9", "m"),
            of_documents(NULL, "::1", "m"),
            of_documents(NULL, "::ffff:10.0.0.1", "m"),
            of_documents(NULL, "10.1.2.3", "m"),
            of_documents(NULL, "fd00::1", "m"),
        };
        struct simulator simulator = {.hosts = hosts, .host_count = sizeof hosts / sizeof *hosts, .lookup_ms = 10};
        struct scan_settings settings = defaults();
        settings.fetch_private = allowed;
        struct run run = targets(1);
        memset(&plan, 0, sizeof plan);
        plan.url[0] = urls[row].url, plan.limit = 100;
        perform(&run, &settings, &simulator);
        print_message("%s\n", urls[row].url);
        bool refused = urls[row].want_detail != NULL && !allowed;
        assert_int_equal(run.outcomes[OUTCOME_PRIVATE], refused);
        assert_int_equal(run.outcomes[OUTCOME_REPLIED], !refused);
        assert_string_equal(run.detail, refused ? urls[row].want_detail : "");
        assert_int_equal(hosts[2].connections, allowed && strcmp(urls[row].url, "http://both.example/") == 0);
    }
}

// Several that are told without asking anybody, one target after the other: nothing else wakes the scan.
static void test_all_private(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a")};
    struct simulator simulator = {.hosts = hosts, .host_count = 1, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.parallel = 1;
    struct run run = targets(3);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://127.0.0.1/%u", plan.url[1] = "http://127.0.0.1:81/%u", plan.url[2] = "http://10.0.0.1/%u";
    plan.limit = 100, plan.hello = true;
    assert_int_equal(perform(&run, &settings, &simulator).fetches, 0);
    assert_int_equal(run.outcomes[OUTCOME_PRIVATE], 9);
    assert_int_equal(run.hellos[OUTCOME_ALERT], 3);
    assert_true(run.ended_ms < 1000);
}

static const struct {
    const char *address;
    bool want_public;
} addresses[] = {
    {"1.1.1.1", true},         {"0.0.0.0", false},         {"100.64.0.1", false},
    {"100.128.0.1", true},     {"169.254.169.254", false}, {"172.15.0.1", true},
    {"172.16.0.1", false},     {"172.31.255.255", false},  {"172.32.0.1", true},
    {"192.0.0.8", false},      {"192.0.1.1", true},        {"192.0.2.1", false},
    {"192.168.1.1", false},    {"198.17.0.1", true},       {"198.19.255.1", false},
    {"198.51.100.1", false},   {"203.0.113.1", false},     {"223.255.255.255", true},
    {"224.0.0.1", false},      {"255.255.255.255", false}, {"::", false},
    {"2606:4700::1111", true}, {"2001:db8::1", false},     {"2001:0:1::1", false},
    {"2001:200::1", true},     {"fe80::1", false},         {"fec0::1", false},
    {"ff02::1", false},        {"::ffff:8.8.8.8", true},   {"::ffff:127.0.0.1", false},
    {"::8.8.8.8", false},      {"64:ff9b::8.8.8.8", true}, {"64:ff9b::a00:1", false},
    {"64:ff9b:1::1", false},   {"2002:a00:1::1", false},   {"2002:808:808::1", true},
    {"4000::1", false},        {"8000::1", false},         {"3fff::1", false},
    {"3fff:1000::1", true},    {"a.example", false},       {"", false},
};

static void test_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        print_message("%s\n", addresses[i].address);
        assert_int_equal(private_kind(addresses[i].address) == NULL, addresses[i].want_public);
    }
}

// --- what goes wrong -----------------------------------------------------------------------------

static const struct {
    const char *name, *manners, *response; // response: of manner m
    enum outcome_kind want;
    unsigned want_status;
    const char *want_error, *want_location;
    unsigned want_tries;
    uint64_t most_ms;
} troubles[] = {
    {"refuses", "r", NULL, OUTCOME_REFUSED, 0, "", "", 1, 1000},
    {"drops", "d", NULL, OUTCOME_UNREACHABLE, 0, "", "", 1, 6000},
    {"fails here", "l", NULL, OUTCOME_LOCAL_FAILURE, 0, "", "", 1, 1000},
    {"says nothing", "s", NULL, OUTCOME_SILENT, 0, "broken_off", "", 1, 6000},
    {"closes", "c", NULL, OUTCOME_CLOSED, 0, "broken_off", "", 1, 1000},
    {"resets", "x", NULL, OUTCOME_RESET, 0, "broken_off", "", 1, 1000},
    {"speaks TLS", "a", NULL, OUTCOME_GARBLED, 0, "not_http", "", 1, 1000},
    {"never ends", "e", NULL, OUTCOME_REPLIED, 200, "too_long", "", 1, 5000},
    {"is slow", "w", NULL, OUTCOME_REPLIED, 200, "broken_off", "", 1, 21000},
    {"says no", "m", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", OUTCOME_REPLIED, 404, "", "", 1, 1000},
    {"points elsewhere", "m", "HTTP/1.1 301 Moved\r\nLocation: http://b.example/\r\nContent-Length: 0\r\n\r\n",
     OUTCOME_REPLIED, 301, "", "http://b.example/", 1, 1000},
};

static void test_troubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", troubles[i].manners)};
        hosts[1].context = (void *)troubles[i].response;
        struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
        struct scan_settings settings = defaults();
        struct run run = targets(3);
        memset(&plan, 0, sizeof plan);
        plan.url[0] = "http://crl.example/a.crl", plan.limit = 1000000, plan.hello = true;
        perform(&run, &settings, &simulator);
        print_message("%s\n", troubles[i].name);
        assert_int_equal(run.outcomes[troubles[i].want], 3);
        assert_int_equal(run.status, troubles[i].want_status);
        assert_string_equal(run.error, troubles[i].want_error);
        assert_string_equal(run.location, troubles[i].want_location);
        assert_int_equal(run.most_tries, troubles[i].want_tries);
        bool here = troubles[i].want == OUTCOME_LOCAL_FAILURE; // then it waits while there are other connections
        assert_in_range(hosts[1].connections, 1, here ? 3 : 1);
        assert_int_equal(run.hellos[OUTCOME_ALERT], 3);
        assert_true(run.ended_ms <= troubles[i].most_ms);
    }
}

static void test_no_name(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a")};
    struct simulator simulator = {.hosts = hosts, .host_count = 1, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    struct run run = targets(1);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/a.crl", plan.limit = 100;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_UNREACHABLE], 1);
    assert_string_equal(run.detail, "crl.example: the name does not exist");
}

// Another address of the host may do better.
static void test_next_address(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", "r"),
                                     of_documents("crl.example", "8.8.4.4", "d"),
                                     of_documents("crl.example", "1.1.1.1", "m")};
    struct simulator simulator = {.hosts = hosts, .host_count = 4, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    struct run run = targets(1);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/a.crl", plan.limit = 100;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 1);
    assert_int_equal(run.most_tries, 3);
}

// A failure is believed for a minute. Each target takes about ten seconds here, one after the other.
static void test_failure_is_forgotten(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("s"), of_documents("crl.example", "8.8.8.8", "rm")};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.parallel = 1;
    struct run run = targets(12);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/a.crl", plan.limit = 100, plan.hello = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(hosts[1].connections, 2);
    assert_in_range(run.outcomes[OUTCOME_REFUSED], 5, 7);
    assert_int_equal(run.outcomes[OUTCOME_REFUSED] + run.outcomes[OUTCOME_REPLIED], 12);
}

// An address that takes no connections still has a name.
static void test_lost_address(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("r")};
    struct simulator simulator = {.hosts = hosts, .host_count = 1, .lookup_ms = 3000, .records = say_none};
    struct scan_settings settings = defaults();
    struct run run = targets(5);
    memset(&plan, 0, sizeof plan);
    plan.hello = plan.records = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.hellos[OUTCOME_REFUSED], 5);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 5);
}

// --- the resolver --------------------------------------------------------------------------------

// It costs one time-out for the run, not one for each target.
static void test_silent_resolver(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a")};
    struct simulator simulator = {.hosts = hosts, .host_count = 1, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.parallel = 10;
    struct run run = targets(100);
    memset(&plan, 0, sizeof plan);
    plan.hello = plan.records = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_NO_RESOLVER], 100);
    assert_int_equal(simulator.lookups, 10);
    assert_true(run.ended_ms < 2 * settings.lookup_ms);
    assert_string_equal(run.detail, "it was silent before");
}

static bool say_mostly(const char *name, uint16_t type, struct records_result *out)
{
    return strcmp(name, "t7.example") != 0 && say_none(name, type, out);
}

static void test_silent_once(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a")};
    struct simulator simulator = {.hosts = hosts, .host_count = 1, .lookup_ms = 10, .records = say_mostly};
    struct scan_settings settings = defaults();
    settings.parallel = 5;
    struct run run = targets(100);
    memset(&plan, 0, sizeof plan);
    plan.records = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_NO_RESOLVER], 1);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 99);
}

// --- ends ----------------------------------------------------------------------------------------

static void test_deadline(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", "w")};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.deadline_ms = 2000;
    struct run run = targets(3);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/a.crl", plan.limit = 100, plan.records = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_SKIPPED], 6);
    assert_int_equal(run.interrupted, 3);
    assert_int_equal(run.ended_ms, 2000);
    assert_int_equal(hosts[1].open, 0);
}

// While names are looked up, while connecting, while talking.
static void test_interrupt(void **state)
{
    (void)state;
    const uint64_t when[] = {5, 30, 90, 150, 400};
    for (size_t i = 0; i < sizeof when / sizeof *when; i++) {
        struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", "w")};
        struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10, .stop_ms = when[i]};
        struct scan_settings settings = defaults();
        settings.rate = 50;
        struct run run = targets(50);
        memset(&plan, 0, sizeof plan);
        plan.url[0] = "http://crl.example/%u", plan.limit = 100, plan.records = plan.hello = true;
        perform(&run, &settings, &simulator);
        assert_true(run.ended_ms <= when[i]);
        assert_int_equal(hosts[1].open, 0);
    }
}

// --- limits --------------------------------------------------------------------------------------

static void test_few_to_one_host(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a"), of_documents("ocsp.example", "8.8.8.8", "m")};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    struct run run = targets(100);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://ocsp.example/%u", plan.limit = 100;
    perform(&run, &settings, &simulator);
    assert_int_equal(hosts[1].connections, 100);
    assert_int_equal(hosts[1].most_open, 4);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 100);
}

// Another worker of the run has three of the four, and does not give them back; then it dies.
static void test_few_over_all_workers(void **state)
{
    (void)state;
    for (unsigned dead = 0; dead < 2; dead++) {
        struct simulated_host hosts[] = {of_targets("a"), of_documents("ocsp.example", "8.8.8.8", "m")};
        struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
        struct scan_settings settings = defaults();
        struct run run = targets(100);
        settings.commons = commons_new(2, 100);
        size_t place = commons_place(settings.commons, COMMONS_DOCUMENTS, "ocsp.example");
        commons_enter(settings.commons, 1, place);
        for (unsigned i = 0; i < 3; i++)
            assert_true(commons_begin(settings.commons, 1, place, 4, 0));
        if (dead == 1)
            commons_forget(settings.commons, 1);
        memset(&plan, 0, sizeof plan);
        plan.url[0] = "http://ocsp.example/%u", plan.limit = 100;
        perform(&run, &settings, &simulator);
        assert_int_equal(hosts[1].connections, 100);
        assert_int_equal(hosts[1].most_open, dead == 1 ? 4 : 1);
        assert_int_equal(run.outcomes[OUTCOME_REPLIED], 100);
        commons_forget(settings.commons, 1);
        for (unsigned i = 0; i < 4; i++) // all were given back
            assert_true(commons_begin(settings.commons, 0, place, 4, 0));
        commons_free(settings.commons);
    }
}

static unsigned most_open_at_all;

static void note_open(void *context, const struct scan *scan)
{
    (void)context;
    unsigned open = (unsigned)scan_counts(scan).connections_in_flight;
    most_open_at_all = open > most_open_at_all ? open : most_open_at_all;
}

static void test_few_at_once(void **state)
{
    (void)state;
    static char text[100][2][32];
    struct simulated_host hosts[101] = {of_targets("a")};
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text[i][0], 32, "ocsp%u.example", i);
        snprintf(text[i][1], 32, "8.8.8.%u", i);
        hosts[i + 1] = of_documents(text[i][0], text[i][1], "m");
    }
    struct simulator simulator = {.hosts = hosts, .host_count = 101, .lookup_ms = 10, .every_event = note_open};
    struct scan_settings settings = defaults();
    struct run run = targets(100);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://ocsp%u.example/", plan.limit = 100;
    most_open_at_all = 0;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 100);
    assert_in_range(most_open_at_all, 10, 16);
}

static void test_rate(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a"), of_documents("ocsp.example", "8.8.8.8", "m")};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.rate = 20;
    struct run run = targets(50);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://ocsp.example/%u", plan.limit = 100, plan.hello = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 50);
    assert_in_range(run.ended_ms, 4500, 6000);
}

// Documents that nobody uses make room for others: a hundred of a megabyte, then the first and the last again.
static struct bytes serve_much(void *context, struct bytes request)
{
    (void)request;
    struct arena *arena = context;
    struct builder out = builder_in(arena);
    builder_add(&out, bytes_of_text("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"));
    builder_add(&out, (struct bytes){arena_alloc(arena, 1000000), 1000000});
    return builder_bytes(&out);
}

// Where a rate holds targets back, what those want that are begun does not wait until all are.
static void test_rate_and_order(void **state)
{
    (void)state;
    struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", "m")};
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.rate = 20;
    settings.parallel = 200;
    settings.deadline_ms = 4000;
    struct run run = targets(200);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/%u", plan.limit = 100, plan.hello = plan.after = true;
    perform(&run, &settings, &simulator);
    assert_int_equal(run.interrupted, 0);
    assert_int_equal(run.outcomes[OUTCOME_REPLIED], 200);
    assert_int_equal(run.hellos[OUTCOME_ALERT], 200);
    assert_in_range(run.ended_ms, 19000, 21000);
}

// Three connections at once are all that this machine can have: each document waits until there is one for it.
static void test_few_descriptors(void **state)
{
    (void)state;
    for (unsigned own = 0; own < 2; own++) {
        struct simulated_host hosts[] = {of_documents("t*", "192.0.2.1", "m"), of_documents("crl*", "8.8.8.8", "m")};
        struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10, .descriptors = 3};
        struct scan_settings settings = defaults();
        struct run run = targets(100);
        memset(&plan, 0, sizeof plan);
        plan.url[0] = "http://crl%u.example/", plan.limit = 100, plan.own_address = own == 1;
        struct scan_counts counts = perform(&run, &settings, &simulator);
        assert_int_equal(run.interrupted, 0);
        assert_int_equal(run.outcomes[OUTCOME_REPLIED], 100);
        assert_int_equal(counts.fetches, 100); // what came to nothing does not count
    }
}

static void test_room(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct simulated_host hosts[] = {of_targets("a"), of_documents("crl.example", "8.8.8.8", "m")};
    hosts[1].model = serve_much, hosts[1].context = &arena;
    struct simulator simulator = {.hosts = hosts, .host_count = 2, .lookup_ms = 10};
    struct scan_settings settings = defaults();
    settings.parallel = 1;
    struct run run = targets(100);
    memset(&plan, 0, sizeof plan);
    plan.url[0] = "http://crl.example/%u", plan.url[1] = "http://crl.example/0", plan.limit = 1000000;
    perform(&run, &settings, &simulator);
    assert_int_equal(hosts[1].connections, 100);
    assert_int_equal(run.body, 1000000);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_for_all),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_own_address),
        cmocka_unit_test(test_not_allowed),
        cmocka_unit_test(test_private),
        cmocka_unit_test(test_all_private),
        cmocka_unit_test(test_public),
        cmocka_unit_test(test_troubles),
        cmocka_unit_test(test_no_name),
        cmocka_unit_test(test_next_address),
        cmocka_unit_test(test_failure_is_forgotten),
        cmocka_unit_test(test_lost_address),
        cmocka_unit_test(test_silent_resolver),
        cmocka_unit_test(test_silent_once),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_few_to_one_host),
        cmocka_unit_test(test_few_over_all_workers),
        cmocka_unit_test(test_few_at_once),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_rate_and_order),
        cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
