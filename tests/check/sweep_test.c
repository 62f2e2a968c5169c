// SPDX-License-Identifier: Apache-2.0
//
// The sweeps against a server that takes some code points no registry has.
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

struct server {
    uint16_t suite[8], group[8], scheme[8]; // in the server's order; 0 ends them
    bool has_12, has_13;
    size_t longest; // longer lists are refused; 0: any length
    bool takes_anything, ignores;
    unsigned dies_after;
    enum outcome_kind refusal;
};

static struct outcome plain(enum outcome_kind kind) { return (struct outcome){.kind = kind, .tries = 1}; }

static struct outcome refuse(const struct server *server, struct ledger *ledger, uint8_t description)
{
    if (server->refusal != OUTCOME_ALERT)
        return plain(server->refusal);
    struct flight *flight = flight_in(&ledger->memory);
    *flight =
        (struct flight){.shown = flight->shown, .alert = true, .alert_level = 2, .alert_description = description};
    struct outcome outcome = plain(OUTCOME_ALERT);
    outcome.flight = flight;
    return outcome;
}

static uint16_t choose(const struct server *server, const uint16_t own[8], struct codes offered)
{
    for (size_t i = 0; i < 8 && own[i] != 0; i++)
        if (codes_have(offered, own[i]))
            return own[i];
    if (server->takes_anything && offered.count != 0)
        return offered.code[0];
    return server->ignores ? own[0] : 0;
}

static bool too_long(const struct server *server, const struct hello *hello)
{
    size_t longest = server->longest;
    return longest != 0 &&
           (hello->suites.count > longest || hello->groups.count > longest || hello->schemes.count > longest);
}

static struct outcome answer_hello(const struct server *server, struct ledger *ledger, const struct hello *hello)
{
    bool newer = server->has_13 && codes_have(hello->versions, TLS13);
    if (hello->version < TLS12 || (!newer && !server->has_12))
        return refuse(server, ledger, 70);
    struct flight *flight = flight_in(&ledger->memory);
    *flight =
        (struct flight){.shown = flight->shown, .hello = true, .complete = true, .version = newer ? TLS13 : TLS12};
    uint16_t first_13[8] = {0x1301};
    flight->suite = choose(server, newer ? first_13 : server->suite, hello->suites);
    flight->group = choose(server, server->group, hello->groups);
    flight->retry = newer && !codes_have(hello->key_shares, flight->group);
    flight->scheme = flight->retry ? 0 : choose(server, server->scheme, hello->schemes);
    if (!codes_have(hello->suites, flight->suite))
        flight->faults |= FAULT_SUITE_NOT_OFFERED;
    if (!codes_have(hello->groups, flight->group))
        flight->faults |= FAULT_GROUP_NOT_OFFERED;
    bool agreed = flight->suite != 0 && flight->group != 0 && (flight->retry || flight->scheme != 0);
    if (!agreed || too_long(server, hello))
        return refuse(server, ledger, 40);
    struct outcome outcome = plain(OUTCOME_REPLIED);
    outcome.flight = flight;
    return outcome;
}

static struct outcome answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    const struct server *server = context;
    if (server->dies_after != 0 && number >= server->dies_after)
        return plain(OUTCOME_RESET);
    struct probe probe;
    struct arena scratch = {0};
    answer_decode(asked, &scratch, &probe);
    struct outcome outcome = answer_hello(context, ledger, &probe.hello);
    arena_release(&scratch);
    return outcome;
}

static void perform(struct rehearsal *run, struct server *server, struct circumstances how, const char *checks)
{
    how.selected = checks_named(checks);
    how.named = true;
    rehearse(run, &how, answer, server);
}

static const struct server plain_server = {
    .suite = {0xC02F},
    .group = {0x001D},
    .scheme = {0x0804},
    .has_12 = true,
    .has_13 = true,
    .refusal = OUTCOME_ALERT,
};

static const struct feature_fact *row_of(const struct facts *facts, const char *id)
{
    for (size_t i = 0; i < facts->feature_count; i++)
        if (strcmp(facts->features[i]->id, id) == 0)
            return facts->features[i];
    return NULL;
}

static const struct {
    const char *check, *id, *want_row, *want_other;
    size_t offset;
    uint16_t known, unknown, other; // `other` in a range for private use
} spaces[] = {
    {"sweep_suites", "unregistered_suites", "unregistered_suite_0x1234", "unregistered_suite_0xff42",
     offsetof(struct server, suite), 0xC02F, 0x1234, 0xFF42},
    {"sweep_groups", "unregistered_groups", "unregistered_group_0x1234", "unregistered_group_0xff42",
     offsetof(struct server, group), 0x001D, 0x1234, 0xFF42},
    {"sweep_schemes", "unregistered_signature_schemes", "unregistered_signature_scheme_0x1234",
     "unregistered_signature_scheme_0xff42", offsetof(struct server, scheme), 0x0804, 0x1234, 0xFF42},
};

#define SPACES (sizeof spaces / sizeof *spaces)

static uint16_t *list_in(struct server *server, size_t space)
{
    return (uint16_t *)(void *)((char *)server + spaces[space].offset);
}

// --- tests --------------------------------------------------------------------------------------------

static void nothing_is_found_where_nothing_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPACES; i++)
        for (unsigned versions = 1; versions <= 3; versions++) {
            struct server server = plain_server;
            server.has_12 = versions & 1;
            server.has_13 = versions >> 1 & 1;
            if (i == 0 && !server.has_12)
                continue;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = i}, spaces[i].check);
            assert_int_equal(run.host.facts.feature_count, 1);
            const struct feature_fact *row = row_of(&run.host.facts, spaces[i].id);
            assert_int_equal(row->fact.verdict, VERDICT_NO);
            assert_true(row->number > 65000);
            assert_true(run.connections < 420);
            host_release(&run.host);
        }
}

static void what_is_taken_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPACES; i++)
        for (unsigned first = 0; first <= 1; first++) { // the server likes it less or more than the known one
            struct server server = plain_server;
            uint16_t *list = list_in(&server, i);
            list[first] = spaces[i].known;
            list[1 - first] = spaces[i].unknown;
            list[2] = spaces[i].other;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = i}, spaces[i].check);
            assert_int_equal(run.host.facts.feature_count, 3);
            assert_int_equal(row_of(&run.host.facts, spaces[i].id)->fact.verdict, VERDICT_YES);
            assert_non_null(row_of(&run.host.facts, spaces[i].want_row));
            assert_non_null(row_of(&run.host.facts, spaces[i].want_other));
            host_release(&run.host);
        }
}

static void short_lists_end_in_the_budget(void **state)
{
    (void)state;
    struct server server = plain_server;
    server.has_13 = false;
    server.longest = 128;
    server.suite[1] = 0x00C9; // between others that are registered
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 1}, "sweep_suites");
    assert_non_null(row_of(&run.host.facts, "unregistered_suite_0x00c9"));
    const struct feature_fact *row = row_of(&run.host.facts, "unregistered_suites");
    assert_int_equal(row->fact.verdict, VERDICT_YES);
    assert_int_equal(row->number, 200 * 110);
    assert_true(run.connections < 440);
    host_release(&run.host);
    server.suite[1] = 0;
    perform(&run, &server, (struct circumstances){.seed = 1}, "sweep_suites");
    row = row_of(&run.host.facts, "unregistered_suites");
    assert_int_equal(row->fact.verdict, VERDICT_UNKNOWN);
    assert_string_equal(row->fact.reason, "budget");
    host_release(&run.host);
}

static void a_server_that_looks_at_no_list_is_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPACES; i++)
        for (unsigned habit = 0; habit <= 1; habit++) {
            struct server server = plain_server;
            server.takes_anything = habit == 0;
            server.ignores = habit == 1;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = i}, spaces[i].check);
            assert_int_equal(run.host.facts.feature_count, 1);
            const struct feature_fact *row = row_of(&run.host.facts, spaces[i].id);
            assert_int_equal(row->fact.verdict, VERDICT_UNKNOWN);
            assert_true(run.connections < 600);
            host_release(&run.host);
        }
}

static void a_server_that_dies_gives_no_no(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPACES; i++)
        for (unsigned dies_after = 10; dies_after < 300; dies_after += 71) {
            struct server server = plain_server;
            server.dies_after = dies_after;
            server.refusal = dies_after % 2 == 0 ? OUTCOME_ALERT : OUTCOME_RESET;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = dies_after}, spaces[i].check);
            assert_int_equal(row_of(&run.host.facts, spaces[i].id)->fact.verdict, VERDICT_UNKNOWN);
            assert_true(run.connections < dies_after + 60);
            host_release(&run.host);
        }
}

static void lost_answers_never_turn_a_verdict(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        size_t space = seed % SPACES;
        struct server server = plain_server;
        if (seed % 2 == 0)
            list_in(&server, space)[1] = spaces[space].unknown;
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = seed, .lost_percent = 1 + (unsigned)(seed % 9)},
                spaces[space].check);
        const struct feature_fact *row = row_of(&run.host.facts, spaces[space].id);
        assert_int_not_equal(row->fact.verdict, seed % 2 == 0 ? VERDICT_NO : VERDICT_YES);
        host_release(&run.host);
    }
}

static void order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    char *first = NULL;
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct server server = plain_server;
        server.suite[1] = 0x1234;
        server.refusal = OUTCOME_CLOSED;
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = seed}, "sweep_suites");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(what_is_taken_is_found),
        cmocka_unit_test(short_lists_end_in_the_budget),
        cmocka_unit_test(a_server_that_looks_at_no_list_is_not_believed),
        cmocka_unit_test(a_server_that_dies_gives_no_no),
        cmocka_unit_test(lost_answers_never_turn_a_verdict),
        cmocka_unit_test(order_of_arrival_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
