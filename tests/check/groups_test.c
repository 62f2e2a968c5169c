// SPDX-License-Identifier: Apache-2.0
//
// The groups of model servers whose truth is known, in every order of arrival, with answers lost,
// and with servers that take no notice of what they are offered.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/arenas.h"
#include "../support/exchange.h"
#include "../support/fixture.h"
#include "base/arena.h"

#define SHUFFLES 12

static struct exchange server(struct arena *arena)
{
    return (struct exchange){
        .tls12 = true,
        .tls13 = true,
        .suite = {0xC02F, 0x009E, 0x009C},
        .group = {0x0018, 0x001D, 0x0017},
        .group13 = {0x11EC, 0x001D, 0x0018, 0x0100},
        .prime = exchange_prime(arena, "RFC3526/2048-bit MODP Group/Oakley Group 14"),
        .refusal = OUTCOME_ALERT,
    };
}

static void scan(struct rehearsal *run, struct exchange *model, uint64_t seed, const char *checks)
{
    struct circumstances how = {.seed = seed, .selected = checks_named(checks)};
    rehearse(run, &how, exchange_answer, model);
}

static const struct list_fact *list_of(const struct facts *facts, uint16_t version)
{
    for (size_t i = 0; i < facts->list_count; i++)
        if (facts->lists[i].kind == LIST_GROUPS && facts->lists[i].version == version)
            return &facts->lists[i];
    fail_msg("no list of groups for %04X", version);
    return NULL;
}

// Exactly these rows, in this order where they have one.
static void assert_groups(const char *name, const struct facts *facts, uint16_t version, const uint16_t *want)
{
    size_t found = 0;
    for (size_t i = 0; i < facts->group_count; i++) {
        const struct group_fact *row = &facts->groups[i];
        if (row->version != version)
            continue;
        if (want[found] == 0 || row->code != want[found])
            fail_msg("%s: group %04X of %04X at place %zu", name, row->code, version, found);
        found++;
        if (row->order != 0 && row->order != found)
            fail_msg("%s: group %04X is said to be number %u", name, row->code, row->order);
        assert_int_not_equal(row->evidence.count, 0);
    }
    if (want[found] != 0)
        fail_msg("%s: group %04X of %04X is missing", name, want[found], version);
}

static void assert_list(const char *name, const struct facts *facts, uint16_t version, enum verdict verdict,
                        const char *reason, enum preference preference)
{
    const struct list_fact *list = list_of(facts, version);
    if (list->complete.verdict != verdict || (reason == NULL) != (list->complete.reason == NULL) ||
        (reason != NULL && strcmp(reason, list->complete.reason) != 0))
        fail_msg("%s: the list of %04X is %s (%s)", name, version, verdict_name(list->complete.verdict),
                 list->complete.reason == NULL ? "" : list->complete.reason);
    if (list->preference.preference != preference)
        fail_msg("%s: who chooses in %04X: %s", name, version, preference_name(list->preference.preference));
    if (preference == PREFERENCE_UNKNOWN)
        assert_non_null(list->preference.reason);
}

// --- what servers have ---------------------------------------------------------------------------

struct row {
    const char *name;
    void (*change)(struct exchange *model, struct arena *arena);
    uint16_t want_12[EXCHANGE_GROUPS], want_13[EXCHANGE_GROUPS];
    enum preference want_preference_12, want_preference_13;
    enum verdict want_verdict_12, want_verdict_13;
    const char *want_reason_12, *want_reason_13;
};

static void plain(struct exchange *model, struct arena *arena) { (void)model, (void)arena; }

static void closing(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->refusal = OUTCOME_CLOSED;
}

static void clients_order(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->client_order = true;
}

static void only_rsa(struct exchange *model, struct arena *arena)
{
    (void)arena;
    memcpy(model->suite, (uint16_t[8]){0x009C}, sizeof model->suite);
}

static void only_rsa_closing(struct exchange *model, struct arena *arena)
{
    only_rsa(model, arena);
    model->refusal = OUTCOME_RESET;
}

static void listed_primes(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->dhe = DHE_BY_LIST;
    memcpy(model->finite, (uint16_t[6]){0x0102, 0x0100}, sizeof model->finite);
}

static void only_listed_primes(struct exchange *model, struct arena *arena)
{
    listed_primes(model, arena);
    memcpy(model->suite, (uint16_t[8]){0x009E}, sizeof model->suite);
}

// Its own prime happens to be that of a group: no support, for it does not care what is listed.
static void own_prime_of_a_group(struct exchange *model, struct arena *arena)
{
    model->prime = exchange_prime(arena, "RFC7919/ffdhe3072");
}

static void without_13(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->tls13 = false;
}

static void without_12(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->tls12 = false;
}

static void certificate_on_a_curve(struct exchange *model, struct arena *arena)
{
    model->client_order = true;
    memcpy(model->suite, (uint16_t[8]){0xC02B}, sizeof model->suite);
    model->certificate = fixture_certificate(arena, "ec"); // secp256r1
    model->curve = 0x0017;
}

static void retrying_without_group(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->retries_without_group = true;
}

static void ignoring(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->ignores = true;
}

static void taking_any(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->takes_any = true;
}

static void naming_one(struct exchange *model, struct arena *arena)
{
    (void)arena;
    model->names = 0x6A6B;
}

static const struct row rows[] = {
    {"plain",
     plain,
     {0x0018, 0x001D, 0x0017},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_SERVER,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"refuses by closing",
     closing,
     {0x0018, 0x001D, 0x0017},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_SERVER,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"client's order",
     clients_order,
     {0x001D, 0x0017, 0x0018},
     {0x001D, 0x0018, 0x11EC, 0x0100},
     PREFERENCE_CLIENT,
     PREFERENCE_CLIENT,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"no group up to TLS 1.2",
     only_rsa,
     {0},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_UNKNOWN,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"no group up to TLS 1.2, resets",
     only_rsa_closing,
     {0},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_UNKNOWN,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"RFC 7919",
     listed_primes,
     {0x0018, 0x001D, 0x0017, 0x0102, 0x0100},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_SERVER,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"RFC 7919 alone",
     only_listed_primes,
     {0x0102, 0x0100},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_SERVER,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"its own prime is ffdhe3072",
     own_prime_of_a_group,
     {0x0018, 0x001D, 0x0017},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_SERVER,
     PREFERENCE_SERVER,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"no TLS 1.3",
     without_13,
     {0x0018, 0x001D, 0x0017},
     {0},
     PREFERENCE_SERVER,
     PREFERENCE_UNKNOWN,
     VERDICT_YES,
     VERDICT_NOT_APPLICABLE,
     NULL,
     "no_tls13"},
    {"TLS 1.3 alone",
     without_12,
     {0},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_UNKNOWN,
     PREFERENCE_SERVER,
     VERDICT_NOT_APPLICABLE,
     VERDICT_YES,
     "no_tls12",
     NULL},
    {"certificate on a curve",
     certificate_on_a_curve,
     {0x001D, 0x0018, 0x0017},
     {0x001D, 0x0018, 0x11EC, 0x0100},
     PREFERENCE_CLIENT,
     PREFERENCE_CLIENT,
     VERDICT_YES,
     VERDICT_YES,
     NULL,
     NULL},
    {"HelloRetryRequest without group",
     retrying_without_group,
     {0x0018, 0x001D, 0x0017},
     {0x11EC, 0x001D, 0x0018, 0x0100},
     PREFERENCE_SERVER,
     PREFERENCE_UNKNOWN,
     VERDICT_YES,
     VERDICT_UNKNOWN,
     NULL,
     "ignores_offer"},
    {"ignores the list",
     ignoring,
     {0x0018},
     {0x11EC},
     PREFERENCE_UNKNOWN,
     PREFERENCE_UNKNOWN,
     VERDICT_UNKNOWN,
     VERDICT_UNKNOWN,
     "ignores_offer",
     "ignores_offer"},
    {"takes anything",
     taking_any,
     {0},
     {0},
     PREFERENCE_UNKNOWN,
     PREFERENCE_UNKNOWN,
     VERDICT_UNKNOWN,
     VERDICT_UNKNOWN,
     "ignores_offer",
     "ignores_offer"},
};

// Curves that are had with a pre-shared key alone, however the other suites are turned down.
static void curves_beside_a_shared_key(void **state)
{
    struct arena *arena = *state;
    static const uint16_t suites[][8] = {{0xC035, 0x008C}, {0x008C, 0x009C, 0xC036}, {0x008C}};
    static const uint16_t want[][EXCHANGE_GROUPS] = {{0x0018, 0x001D, 0x0017}, {0x0018, 0x001D, 0x0017}, {0}};
    for (size_t i = 0; i < 3; i++)
        for (uint64_t seed = 0; seed < SHUFFLES; seed++) {
            struct exchange model = server(arena);
            struct rehearsal run;
            memcpy(model.suite, suites[i], sizeof model.suite);
            model.refusal = seed % 2 == 0 ? OUTCOME_ALERT : OUTCOME_CLOSED;
            model.fails_late = seed % 3 == 0, model.tls13 = false;
            scan(&run, &model, seed, "versions,suites,groups");
            assert_groups("shared key", &run.host.facts, TLS12, want[i]);
            assert_list("shared key", &run.host.facts, TLS12, VERDICT_YES, NULL,
                        want[i][0] != 0 ? PREFERENCE_SERVER : PREFERENCE_UNKNOWN);
            host_release(&run.host);
        }
}

static void servers_are_told(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        char *first = NULL;
        for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
            struct exchange model = server(arena);
            struct rehearsal run;
            row->change(&model, arena);
            scan(&run, &model, seed, seed % 2 == 0 ? "groups" : "versions,suites,certificates,groups");
            assert_groups(row->name, &run.host.facts, TLS12, row->want_12);
            assert_groups(row->name, &run.host.facts, TLS13, row->want_13);
            assert_list(row->name, &run.host.facts, TLS12, row->want_verdict_12, row->want_reason_12,
                        row->want_preference_12);
            assert_list(row->name, &run.host.facts, TLS13, row->want_verdict_13, row->want_reason_13,
                        row->want_preference_13);
            char *report = seed % 2 == 0 ? rehearsal_report(&run) : NULL;
            if (first != NULL && report != NULL)
                assert_string_equal(first, report);
            if (first == NULL)
                first = report;
            else
                free(report);
            host_release(&run.host);
        }
        free(first);
    }
}

static void lies_are_never_support(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
        struct exchange model = server(arena);
        struct rehearsal run;
        naming_one(&model, arena);
        scan(&run, &model, seed, "versions,groups");
        assert_int_equal(run.host.facts.group_count, 0);
        assert_int_not_equal(list_of(&run.host.facts, TLS12)->complete.verdict, VERDICT_YES);
        assert_int_not_equal(list_of(&run.host.facts, TLS13)->complete.verdict, VERDICT_YES);
        host_release(&run.host);
    }
}

// --- lost answers --------------------------------------------------------------------------------

static bool listed(const uint16_t *codes, uint16_t code)
{
    for (size_t i = 0; codes[i] != 0; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static void assert_nothing_false(const struct row *row, const struct facts *facts, uint64_t seed)
{
    size_t found[2] = {0};
    for (size_t i = 0; i < facts->group_count; i++) {
        const struct group_fact *group = &facts->groups[i];
        found[group->version == TLS13]++;
        if (!listed(group->version == TLS13 ? row->want_13 : row->want_12, group->code))
            fail_msg("%s, seed %llu: group %04X is false", row->name, (unsigned long long)seed, group->code);
    }
    for (unsigned i = 0; i < 2; i++) {
        const uint16_t *want = i == 0 ? row->want_12 : row->want_13;
        size_t all = 0;
        while (want[all] != 0)
            all++;
        const struct list_fact *list = list_of(facts, i == 0 ? TLS12 : TLS13);
        if (list->complete.verdict == VERDICT_YES && found[i] != all)
            fail_msg("%s, seed %llu: %zu of %zu groups are said to be all", row->name, (unsigned long long)seed,
                     found[i], all);
        if (list->complete.verdict == VERDICT_UNKNOWN)
            assert_true(list->complete.reason != NULL && list->complete.sentence != NULL);
    }
}

static void lost_answers_turn_nothing(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed <= 40; seed++) {
            struct exchange model = server(arena);
            struct rehearsal run;
            rows[i].change(&model, arena);
            struct circumstances how = {
                .seed = seed, .lost_percent = 3 + (unsigned)seed, .selected = checks_named("versions,groups")};
            rehearse(&run, &how, exchange_answer, &model);
            assert_nothing_false(&rows[i], &run.host.facts, seed);
            host_release(&run.host);
        }
}

static void tired_servers_turn_nothing(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned after = 1; after <= 30; after++) {
            struct exchange model = server(arena);
            struct rehearsal run;
            rows[i].change(&model, arena);
            model.tires_after = after;
            model.tires_with = after % 2 == 0 && !model.takes_any ? 40 : 0;
            scan(&run, &model, after, "versions,groups");
            assert_nothing_false(&rows[i], &run.host.facts, after);
            host_release(&run.host);
        }
}

// --- figures -------------------------------------------------------------------------------------

// Accepted + 3 for each list, beside what the versions cost.
static void connections_stay_in_budget(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
        struct exchange model = server(arena);
        struct rehearsal run;
        scan(&run, &model, seed, "versions");
        unsigned versions = run.connections;
        host_release(&run.host);
        scan(&run, &model, seed, "versions,groups");
        unsigned budget = versions + (3 + 3) + (4 + 3) + 1; // one question for DHE, which nobody lists here
        if (run.connections > budget)
            fail_msg("%u connections, %u allowed", run.connections, budget);
        host_release(&run.host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(curves_beside_a_shared_key, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(servers_are_told, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(lies_are_never_support, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(lost_answers_turn_nothing, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(tired_servers_turn_nothing, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(connections_stay_in_budget, arena_begin, arena_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
