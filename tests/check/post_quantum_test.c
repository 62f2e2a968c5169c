// SPDX-License-Identifier: Apache-2.0
//
// Post-quantum behaviour of model servers: what they have, what they choose, and which long hellos
// they cannot bear.
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
#include "base/arena.h"

#define SHUFFLES 10

static const char *const ids[] = {"hybrid_supported",         "kem_supported", "hybrid_chosen_with_share",
                                  "hybrid_asked_by_retry",    "long_hello",    "fragmented_long_hello",
                                  "long_hello_split_segments"};
#define IDS (sizeof ids / sizeof *ids)

#define Y VERDICT_YES
#define N VERDICT_NO
#define U VERDICT_UNKNOWN
#define A VERDICT_NOT_APPLICABLE

static struct exchange server(struct arena *arena)
{
    return (struct exchange){
        .tls12 = true,
        .tls13 = true,
        .suite = {0xC02F, 0x009C},
        .group = {0x001D, 0x0017},
        .group13 = {0x11EC, 0x001D, 0x0018},
        .prime = exchange_prime(arena, "RFC3526/2048-bit MODP Group/Oakley Group 14"),
        .refusal = OUTCOME_ALERT,
    };
}

static void plain(struct exchange *model) { (void)model; }
static void classical(struct exchange *model) { memcpy(model->group13, (uint16_t[3]){0x001D, 0x0018}, 6); }
static void nothing_else(struct exchange *model) { memcpy(model->group13, (uint16_t[3]){0x11EB, 0x0202}, 6); }
static void kem_alone(struct exchange *model) { memcpy(model->group13, (uint16_t[3]){0x001D, 0x0201}, 6); }
static void old_draft(struct exchange *model) { memcpy(model->group13, (uint16_t[3]){0x6399, 0x001D}, 6); }
static void saves_a_round_trip(struct exchange *model) { model->stays_classical = 0x001D; }
static void prefers_classical(struct exchange *model) { memcpy(model->group13, (uint16_t[3]){0x001D, 0x11EC}, 6); }
static void without_13(struct exchange *model) { model->tls13 = false; }
static void cuts_long_ones(struct exchange *model) { model->longest = 1400; }
static void hangs_on_long_ones(struct exchange *model)
{
    model->longest = 1400;
    model->silent_when_long = true;
}
static void wants_one_record(struct exchange *model) { model->one_record = true; }
static void wants_one_segment(struct exchange *model) { model->one_segment = true; }
static void takes_any(struct exchange *model) { model->takes_any = true; }
static void names_another(struct exchange *model) { model->names = 0x6A6B; }

static const struct row {
    const char *name;
    void (*change)(struct exchange *model);
    enum verdict want[IDS];
} rows[] = {
    {"hybrid first", plain, {Y, N, Y, Y, Y, Y, Y}},
    {"classical alone", classical, {N, N, A, A, Y, Y, Y}},
    {"post-quantum alone", nothing_else, {Y, Y, Y, Y, Y, Y, Y}},
    {"ML-KEM without hybrid", kem_alone, {N, Y, A, A, Y, Y, Y}},
    {"Kyber's draft", old_draft, {Y, N, Y, Y, Y, Y, Y}},
    {"saves a round trip", saves_a_round_trip, {Y, N, N, N, Y, Y, Y}},
    {"prefers the classical group", prefers_classical, {Y, N, N, N, Y, Y, Y}},
    {"no TLS 1.3", without_13, {A, A, A, A, Y, Y, Y}},
    {"cuts long hellos off", cuts_long_ones, {Y, N, Y, Y, N, N, N}},
    {"does not answer long hellos", hangs_on_long_ones, {Y, N, Y, Y, U, U, U}},
    {"wants one record", wants_one_record, {Y, N, Y, Y, Y, N, Y}},
    {"wants one segment", wants_one_segment, {Y, N, Y, Y, Y, Y, N}},
    {"takes anything", takes_any, {U, U, U, U, Y, Y, Y}},
    {"names a group not offered", names_another, {U, U, U, U, U, U, U}},
};

static void scan(struct rehearsal *run, struct exchange *model, const struct circumstances *how)
{
    rehearse(run, how, exchange_answer, model);
}

static const struct feature_fact *feature(const struct rehearsal *run, size_t id)
{
    return exchange_feature(&run->host.facts, FEATURE_POST_QUANTUM, ids[id]);
}

static void tell_servers(struct arena *arena, const char *checks)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *first = NULL;
        for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
            struct exchange model = server(arena);
            struct rehearsal run;
            rows[i].change(&model);
            scan(&run, &model, &(struct circumstances){.seed = seed, .named = true, .selected = checks_named(checks)});
            for (size_t id = 0; id < IDS; id++) {
                const struct fact *fact = &feature(&run, id)->fact;
                if (fact->verdict != rows[i].want[id])
                    fail_msg("%s: %s is %s (%s)", rows[i].name, ids[id], verdict_name(fact->verdict),
                             fact->reason == NULL ? "" : fact->reason);
                assert_true(fact->verdict == VERDICT_YES || fact->verdict == VERDICT_NO || fact->reason != NULL);
                assert_true((fact->verdict != VERDICT_YES && fact->verdict != VERDICT_NO) || fact->evidence.count != 0);
            }
            char *report = rehearsal_report(&run);
            if (first != NULL) {
                assert_string_equal(first, report);
                free(report);
            } else {
                first = report;
            }
            host_release(&run.host);
        }
        free(first);
    }
}

static void servers_are_told(void **state)
{
    tell_servers(*state, "post_quantum");
    tell_servers(*state, "post_quantum,intolerance");
}

static void names_are_told(void **state)
{
    struct arena *arena = *state;
    struct exchange model = server(arena);
    struct rehearsal run;
    nothing_else(&model);
    scan(&run, &model, &(struct circumstances){.seed = 3, .selected = checks_named("post_quantum")});
    assert_string_equal(feature(&run, 0)->value, "SecP256r1MLKEM768");
    assert_string_equal(feature(&run, 1)->value, "MLKEM1024");
    assert_string_equal(feature(&run, 2)->value, "SecP256r1MLKEM768");
    assert_int_equal(feature(&run, 4)->number, 1800);
    host_release(&run.host);
}

static void lost_answers_turn_nothing(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed <= 60; seed++) {
            struct exchange model = server(arena);
            struct rehearsal run;
            rows[i].change(&model);
            if (seed % 3 == 0)
                model.tires_after = 4 + (unsigned)seed / 2;
            model.tires_with = seed % 2 == 0 && !model.takes_any ? 40 : 0;
            scan(&run, &model,
                 &(struct circumstances){.seed = seed,
                                         .lost_percent = seed % 3 == 0 ? 0 : 3 + (unsigned)seed / 2,
                                         .selected = checks_named("groups,post_quantum")});
            for (size_t id = 0; id < IDS; id++) {
                enum verdict verdict = feature(&run, id)->fact.verdict, want = rows[i].want[id];
                bool turned =
                    (verdict == VERDICT_YES && want != VERDICT_YES) || (verdict == VERDICT_NO && want != VERDICT_NO);
                if (turned)
                    fail_msg("%s, seed %llu: %s is %s", rows[i].name, (unsigned long long)seed, ids[id],
                             verdict_name(verdict));
            }
            host_release(&run.host);
        }
}

// One hello of ten is refused, whatever is in it.
static void moods_are_no_limits(void **state)
{
    struct arena *arena = *state;
    unsigned refused = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct exchange model = server(arena);
        struct rehearsal run;
        model.moody = seed * UINT64_C(0x9E3779B97F4A7C15);
        scan(&run, &model, &(struct circumstances){.seed = seed, .selected = checks_named("post_quantum")});
        for (size_t id = 4; id < IDS; id++)
            refused += feature(&run, id)->fact.verdict == VERDICT_NO;
        host_release(&run.host);
    }
    assert_in_range(refused, 0, 2);
}

static unsigned connections(struct arena *arena, const char *checks)
{
    struct exchange model = server(arena);
    struct rehearsal run;
    scan(&run, &model, &(struct circumstances){.seed = 1, .selected = checks_named(checks)});
    unsigned count = run.connections;
    host_release(&run.host);
    return count;
}

// Two questions about the choice and two long ones, beside the groups and the opening; one of them may be another
// check's.
static void connections_stay_in_budget(void **state)
{
    struct arena *arena = *state;
    unsigned alone = connections(arena, "versions,certificates,groups,post_quantum");
    unsigned without = connections(arena, "versions,certificates,groups,intolerance");
    assert_in_range(alone, 1, connections(arena, "versions,certificates,groups") + 5);
    assert_in_range(connections(arena, "versions,certificates,groups,intolerance,post_quantum"), 1, without + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(servers_are_told, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(names_are_told, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(lost_answers_turn_nothing, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(moods_are_no_limits, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(connections_stay_in_budget, arena_begin, arena_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
