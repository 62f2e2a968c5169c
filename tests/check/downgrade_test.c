// SPDX-License-Identifier: Apache-2.0
//
// The check `downgrade` against a server of which it is known which versions it has, how it
// answers the signal of a fallback, and which sentinels it writes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/flights.h"
#include "../support/rehearsal.h"
#include "base/arena.h"
#include "base/fail.h"
#include "wire/registry.h"

enum habit { IGNORES, HONOURS, OTHER_ALERT, RESETS, SILENT, TAKES_THE_SIGNAL, HATES_THE_SIGNAL };

struct server {
    unsigned versions;  // bit i: version 0x0300 + i
    unsigned sentinels; // written where they are due; bit 1: in TLS 1.2, bit 0: in what is lower; bit 2: everywhere,
                        // by another server alone, which is met where a question is asked once more
    enum habit habit;
    bool one_suite_refused; // wants more than one suite
    unsigned reads;         // suites of a list that it looks at; 0: all
};

enum { V30 = 1, V31 = 2, V32 = 4, V33 = 8, V34 = 16 };

static struct outcome plain(enum outcome_kind kind) { return (struct outcome){.kind = kind, .tries = 1}; }

static struct outcome alert(struct ledger *ledger, uint8_t description)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight =
        (struct flight){.shown = flight->shown, .alert = true, .alert_level = 2, .alert_description = description};
    struct outcome outcome = plain(OUTCOME_ALERT);
    outcome.flight = flight;
    return outcome;
}

static bool has(const struct server *server, uint16_t version) { return server->versions >> (version - SSL3) & 1; }

static uint16_t negotiate(const struct server *server, const struct hello *hello)
{
    bool listed = has(server, TLS13) && (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0;
    for (uint16_t version = TLS13; version >= SSL3; version--) {
        bool offered = listed ? codes_have(hello->versions, version) : version < TLS13 && version <= hello->version;
        if (offered && has(server, version))
            return version;
    }
    return 0;
}

static uint16_t highest(const struct server *server)
{
    uint16_t version = TLS13;
    while (!has(server, version))
        version--;
    return version;
}

static struct outcome answer_signal(const struct server *server, struct ledger *ledger, bool *done)
{
    *done = true;
    switch (server->habit) {
    case HONOURS:
        return alert(ledger, 86);
    case OTHER_ALERT:
        return alert(ledger, 40);
    case RESETS:
    case HATES_THE_SIGNAL:
        return plain(OUTCOME_RESET);
    case SILENT:
        return plain(OUTCOME_SILENT);
    default:
        *done = false;
        return plain(OUTCOME_SILENT);
    }
}

static struct outcome reply(const struct server *server, struct ledger *ledger, uint16_t version, uint16_t suite)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight = (struct flight){
        .shown = flight->shown, .hello = true, .complete = true, .version = version, .suite = suite, .group = 0x001D};
    flight->retry = version == TLS13;
    memset(flight->random_end, 0x5A, sizeof flight->random_end);
    if (version == TLS12 && (server->sentinels & 2) != 0 && highest(server) == TLS13)
        memcpy(flight->random_end, "DOWNGRD\1", 8);
    if (version < TLS12 && (server->sentinels & 1) != 0 && highest(server) >= TLS12)
        memcpy(flight->random_end, "DOWNGRD\0", 8);
    if (suite == 0x5600)
        flight->faults = FAULT_SUITE_NOT_OFFERED;
    struct outcome outcome = plain(OUTCOME_REPLIED);
    outcome.flight = flight;
    return outcome;
}

static struct outcome answer_hello(const struct server *server, struct ledger *ledger, const struct hello *hello)
{
    if (hello->version == SSL2)
        return alert(ledger, 70);
    uint16_t version = negotiate(server, hello);
    struct codes suites = hello->suites;
    if (server->reads != 0 && suites.count > server->reads)
        suites.count = server->reads;
    if (codes_have(suites, 0x5600) && (version < highest(server) || server->habit == HATES_THE_SIGNAL)) {
        bool done;
        struct outcome outcome = answer_signal(server, ledger, &done);
        if (done)
            return outcome;
    }
    if (version == 0)
        return alert(ledger, 70);
    if (server->one_suite_refused && hello->suites.count <= 3)
        return alert(ledger, 40);
    uint16_t suite = version == TLS13 ? 0x1301 : 0x002F;
    if (server->habit == TAKES_THE_SIGNAL && codes_have(suites, 0x5600))
        suite = 0x5600;
    return codes_have(hello->suites, suite) ? reply(server, ledger, version, suite) : alert(ledger, 40);
}

static struct outcome answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    (void)number;
    struct probe probe;
    struct arena scratch = {0};
    answer_decode(asked, &scratch, &probe);
    struct server server = *(const struct server *)context;
    if ((server.sentinels & 4) != 0 && probe.sample != 0)
        server.sentinels = 3;
    struct outcome outcome = answer_hello(&server, ledger, &probe.hello);
    arena_release(&scratch);
    return outcome;
}

static void perform(struct rehearsal *run, struct server *server, struct circumstances how)
{
    how.selected = checks_named("downgrade");
    how.named = true;
    rehearse(run, &how, answer, server);
}

static struct fact fact_in(const struct facts *facts, const char *id, uint16_t version)
{
    for (size_t i = 0; i < facts->feature_count; i++)
        if (strcmp(facts->features[i]->id, id) == 0 && (version == 0 || facts->features[i]->version == version))
            return facts->features[i]->fact;
    fail_msg("no row %s", id);
    return (struct fact){0};
}

#define NA VERDICT_NOT_APPLICABLE

static const struct row {
    const char *name;
    struct server server;
    enum verdict want_scsv, want_12, want_11, want_10;
    const char *want_reason; // of the SCSV
} rows[] = {
    {"honours",
     {V31 | V32 | V33 | V34, 3, HONOURS, false, 0},
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_YES,
     NULL},
    {"ignores", {V31 | V32 | V33 | V34, 0, IGNORES, false, 0}, VERDICT_NO, VERDICT_NO, VERDICT_NO, VERDICT_NO, NULL},
    {"two", {V31 | V33, 1, HONOURS, false, 0}, VERDICT_YES, NA, NA, VERDICT_YES, NULL},
    {"SSLv3", {V30 | V31, 0, HONOURS, false, 0}, VERDICT_YES, NA, NA, NA, NULL},
    {"SSLv3 ignores", {V30 | V31, 0, IGNORES, false, 0}, VERDICT_NO, NA, NA, NA, NULL},
    {"old", {V31 | V32, 1, IGNORES, false, 0}, VERDICT_NO, NA, NA, NA, NULL},
    {"1.2 alone", {V33, 2, HONOURS, false, 0}, NA, NA, NA, NA, "no_lower_version"},
    {"1.3 alone", {V34, 3, HONOURS, false, 0}, NA, NA, NA, NA, "no_lower_version"},
    {"1.2 and 1.3", {V33 | V34, 2, IGNORES, false, 0}, NA, VERDICT_YES, NA, NA, "no_lower_version"},
    {"1.1 and 1.3", {V32 | V34, 0, IGNORES, false, 0}, NA, NA, VERDICT_NO, NA, "no_lower_version"},
    {"other alert", {V31 | V33, 0, OTHER_ALERT, false, 0}, VERDICT_YES, NA, NA, VERDICT_NO, "other_refusal"},
    {"reset", {V31 | V33, 0, RESETS, false, 0}, VERDICT_YES, NA, NA, VERDICT_NO, "other_refusal"},
    {"reset, with TLS 1.3",
     {V31 | V33 | V34, 3, RESETS, false, 0},
     VERDICT_YES,
     VERDICT_YES,
     NA,
     VERDICT_YES,
     "other_refusal"},
    {"the signal alone", {V31 | V33, 0, HATES_THE_SIGNAL, false, 0}, VERDICT_UNKNOWN, NA, NA, VERDICT_NO, "reset"},
    {"the signal alone, with TLS 1.3",
     {V31 | V33 | V34, 0, HATES_THE_SIGNAL, false, 0},
     VERDICT_UNKNOWN,
     VERDICT_NO,
     NA,
     VERDICT_NO,
     "reset"},
    {"silent", {V31 | V33, 0, SILENT, false, 0}, VERDICT_UNKNOWN, NA, NA, VERDICT_NO, "silent"},
    {"lies", {V31 | V33, 0, TAKES_THE_SIGNAL, false, 0}, VERDICT_UNKNOWN, NA, NA, VERDICT_NO, "suite_not_offered"},
    {"one suite", {V31 | V33, 0, IGNORES, true, 0}, VERDICT_UNKNOWN, NA, NA, VERDICT_NO, "no_control"},
    {"reads little", {V31 | V33, 0, HONOURS, false, 64}, VERDICT_YES, NA, NA, VERDICT_NO, NULL},
};

static void the_truth_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = rows[i].server;
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = i});
        const struct facts *facts = &run.host.facts;
        struct fact scsv = fact_in(facts, "fallback_scsv", 0);
        const enum verdict want[] = {rows[i].want_scsv, rows[i].want_12, rows[i].want_11, rows[i].want_10};
        const enum verdict found[] = {scsv.verdict, fact_in(facts, "downgrade_sentinel_12", TLS12).verdict,
                                      fact_in(facts, "downgrade_sentinel_11", TLS11).verdict,
                                      fact_in(facts, "downgrade_sentinel_11", TLS10).verdict};
        for (size_t j = 0; j < 4; j++)
            if (found[j] != want[j])
                fail_msg("%s: number %zu is %s", rows[i].name, j, verdict_name(found[j]));
        if (rows[i].want_reason == NULL ? scsv.reason != NULL : strcmp(scsv.reason, rows[i].want_reason) != 0)
            fail_msg("%s: reason %s", rows[i].name, scsv.reason);
        if (scsv.verdict != NA && scsv.evidence.count < 3)
            fail_msg("%s: %zu keys of evidence", rows[i].name, scsv.evidence.count);
        host_release(&run.host);
    }
}

// A server without TLS 1.3 has nothing to mark in TLS 1.2, and may stand beside one that has it.
static void one_of_two_servers_marks(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct server server = {.versions = V31 | V32 | V33 | V34, .sentinels = 4, .habit = HONOURS};
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = seed});
        const struct facts *facts = &run.host.facts;
        assert_int_equal(fact_in(facts, "downgrade_sentinel_12", TLS12).verdict, VERDICT_UNKNOWN);
        assert_int_equal(fact_in(facts, "downgrade_sentinel_11", TLS10).verdict, VERDICT_UNKNOWN);
        host_release(&run.host);
    }
}

static void it_costs_one_connection(void **state)
{
    (void)state;
    struct server server = rows[0].server;
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 1});
    unsigned connections = run.connections;
    host_release(&run.host);
    struct circumstances versions = {.seed = 1, .named = true, .selected = checks_named("versions")};
    rehearse(&run, &versions, answer, &server);
    assert_int_equal(connections + 2 - run.connections, 1); // the check versions repeats one of its own twice
    host_release(&run.host);
}

static void lost_answers_never_turn_a_verdict(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        const struct row *row = &rows[seed % (sizeof rows / sizeof *rows)];
        struct server server = row->server;
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = seed, .lost_percent = 5 + (unsigned)(seed % 40)});
        const struct facts *facts = &run.host.facts;
        const enum verdict want[] = {row->want_scsv, row->want_12, row->want_11, row->want_10};
        const enum verdict found[] = {fact_in(facts, "fallback_scsv", 0).verdict,
                                      fact_in(facts, "downgrade_sentinel_12", TLS12).verdict,
                                      fact_in(facts, "downgrade_sentinel_11", TLS11).verdict,
                                      fact_in(facts, "downgrade_sentinel_11", TLS10).verdict};
        for (size_t j = 0; j < 4; j++)
            if (found[j] != want[j] && found[j] != VERDICT_UNKNOWN)
                fail_msg("%s, seed %u: number %zu is %s", row->name, (unsigned)seed, j, verdict_name(found[j]));
        host_release(&run.host);
    }
}

static void order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *first = NULL;
        for (uint64_t shuffle = 0; shuffle < 4; shuffle++) {
            struct server server = rows[i].server;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = i * 1000 + shuffle});
            char *report = rehearsal_report(&run);
            if (first == NULL) {
                first = report;
            } else {
                assert_string_equal(first, report);
                free(report);
            }
            host_release(&run.host);
        }
        free(first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_found),
        cmocka_unit_test(one_of_two_servers_marks),
        cmocka_unit_test(it_costs_one_connection),
        cmocka_unit_test(lost_answers_never_turn_a_verdict),
        cmocka_unit_test(order_of_arrival_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
