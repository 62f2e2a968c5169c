// SPDX-License-Identifier: Apache-2.0
//
// The checks against model servers whose truth is known: the facts must equal the model, the same
// whatever the order in which answers arrive, and where answers are lost a `yes` or `no` may become
// `unknown` but never the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/arenas.h"
#include "../support/fixture.h"
#include "../support/model.h"
#include "../support/rehearsal.h"
#include "base/arena.h"
#include "wire/registry.h"

// --- chance, repeatable --------------------------------------------------------------------------

struct chance {
    uint64_t state;
};

static uint32_t draw(struct chance *chance, uint32_t below)
{
    chance->state = chance->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(chance->state >> 33) % below;
}

static struct outcome of_model(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    return model_answer(context, ledger, asked, number);
}

static void perform(struct rehearsal *run, struct model *model, const struct circumstances *how)
{
    rehearse(run, how, of_model, model);
}

// --- the truth -----------------------------------------------------------------------------------

static const struct model_version *version_of(const struct model *model, uint16_t version)
{
    for (size_t i = 0; i < 6 && model->version[i].version != 0; i++)
        if (model->version[i].version == version)
            return &model->version[i];
    return NULL;
}

static bool truly_has(const struct model *model, uint16_t version)
{
    return version == SSL2 ? model->kinds != NULL : version_of(model, version) != NULL;
}

static size_t suites_of(const struct model_version *version)
{
    size_t count = 0;
    while (count < 64 && version->suite[count] != 0)
        count++;
    return count;
}

static bool truly_accepts(const struct model *model, uint16_t version, uint32_t code)
{
    if (version == SSL2)
        return model->kinds != NULL;
    const struct model_version *known = version_of(model, version);
    for (size_t i = 0; known != NULL && i < suites_of(known); i++)
        if (known->suite[i] == code)
            return true;
    return false;
}

static bool has_anomaly(const struct facts *facts, const char *code)
{
    for (size_t i = 0; i < facts->anomaly_count; i++)
        if (strcmp(facts->anomalies[i].code, code) == 0)
            return true;
    return false;
}

// No fact may be false. all_known: none may be unknown either.
static void assert_true_facts(const struct model *model, const struct facts *facts, bool all_known, uint64_t seed)
{
    size_t found[0x305] = {0};
    for (size_t i = 0; i < facts->version_count; i++) {
        const struct version_fact *row = &facts->versions[i];
        enum verdict truth = truly_has(model, row->version) ? VERDICT_YES : VERDICT_NO;
        if (row->fact.verdict != truth && (all_known || row->fact.verdict != VERDICT_UNKNOWN))
            fail_msg("model %llu: version %04X is said to be %s", (unsigned long long)seed, row->version,
                     verdict_name(row->fact.verdict));
        if (row->fact.verdict == VERDICT_UNKNOWN && row->fact.reason == NULL)
            fail_msg("model %llu: version %04X is unknown without a reason", (unsigned long long)seed, row->version);
    }
    for (size_t i = 0; i < facts->suite_count; i++) {
        const struct suite_fact *row = &facts->suites[i];
        found[row->version]++;
        if (!truly_accepts(model, row->version, row->code))
            fail_msg("model %llu: suite %04X of %04X is false", (unsigned long long)seed, row->code, row->version);
    }
    for (size_t i = 0; i < facts->enumeration_count; i++) {
        const struct enumeration_fact *row = &facts->enumerations[i];
        size_t truth = row->version == SSL2 ? model->kind_count : suites_of(version_of(model, row->version));
        if (row->fact.verdict == VERDICT_YES && found[row->version] != truth)
            fail_msg("model %llu: %zu of %zu suites of %04X are said to be all", (unsigned long long)seed,
                     found[row->version], truth, row->version);
        if (row->fact.verdict != VERDICT_YES && all_known)
            fail_msg("model %llu: the suites of %04X are not known: %s", (unsigned long long)seed, row->version,
                     row->fact.reason);
    }
    if (has_anomaly(facts, "needs_sni") && !model->wants_name)
        fail_msg("model %llu: it is said to want a server name", (unsigned long long)seed);
}

static void assert_true_order(const struct model *model, const struct facts *facts, uint64_t seed)
{
    for (size_t i = 0; i < facts->suite_count; i++) {
        const struct suite_fact *row = &facts->suites[i];
        const struct model_version *version = row->version == SSL2 ? NULL : version_of(model, row->version);
        if (version != NULL && version->order != MODEL_CLIENT_ORDER && version->suite[row->order - 1] != row->code)
            fail_msg("model %llu: suite %04X of %04X is not number %u", (unsigned long long)seed, row->code,
                     row->version, row->order);
    }
    for (size_t i = 0; i < facts->preference_count; i++) {
        const struct preference_fact *row = &facts->preferences[i];
        const struct model_version *version = version_of(model, row->version);
        static const enum preference of_order[] = {PREFERENCE_SERVER, PREFERENCE_CLIENT,
                                                   PREFERENCE_SERVER_CHACHA_BY_CLIENT};
        enum preference truth = suites_of(version) == 1 ? PREFERENCE_SINGLE : of_order[version->order];
        if (row->preference != truth)
            fail_msg("model %llu: the order of %04X is said to be %s", (unsigned long long)seed, row->version,
                     preference_name(row->preference));
    }
}

// --- random models -------------------------------------------------------------------------------

static const uint16_t pool[] = {0xC02C, 0xC030, 0xC02B, 0xC02F, 0x009F, 0x009E, 0xC024, 0xC028, 0xC013, 0xC014,
                                0xC009, 0xC00A, 0x0033, 0x0039, 0x0035, 0x002F, 0x000A, 0x0005, 0xC011, 0x0041,
                                0x0004, 0x0009, 0x003C, 0x009C, 0xC0AE, 0xC09C, 0x0001, 0x0018, 0x0003, 0xC03C};
static const uint16_t pool_13[] = {0x1301, 0x1302, 0x1304, 0x1305};
static const uint32_t kinds[] = {0x010080, 0x0700C0, 0x020080};

static void fill_suites(struct chance *chance, struct model_version *version)
{
    const uint16_t *from = version->version == TLS13 ? pool_13 : pool;
    uint32_t size = version->version == TLS13 ? 4 : 30;
    uint32_t wanted = 1 + draw(chance, version->version == TLS13 ? 4 : 16), count = 0;
    while (count < wanted) {
        uint16_t suite = from[draw(chance, size)];
        bool known = false;
        for (uint32_t i = 0; i < count; i++)
            known = known || version->suite[i] == suite;
        if (!known)
            version->suite[count++] = suite;
    }
    version->order = draw(chance, 3) == 0 ? MODEL_CLIENT_ORDER : MODEL_SERVER_ORDER;
}

static struct model random_model(struct arena *arena, struct chance *chance)
{
    struct model model = {
        .refusal = OUTCOME_ALERT, .refusal_alert = 40, .version_refusal = OUTCOME_ALERT, .version_alert = 70};
    model.rsa = fixture_certificate(arena, "rsa");
    model.ecdsa = fixture_certificate(arena, "ec");
    size_t count = 0;
    for (uint16_t version = SSL3; version <= TLS13; version++)
        if (draw(chance, 2) == 0) {
            model.version[count].version = version;
            fill_suites(chance, &model.version[count++]);
        }
    if (count == 0) {
        model.version[0].version = TLS12;
        fill_suites(chance, &model.version[0]);
    }
    model.version_aware = version_of(&model, TLS13) != NULL || draw(chance, 2) == 0;
    if (draw(chance, 4) == 0) {
        model.kinds = kinds;
        model.kind_count = 3;
    }
    static const enum outcome_kind ways[] = {OUTCOME_ALERT, OUTCOME_ALERT, OUTCOME_CLOSED, OUTCOME_RESET};
    static const uint8_t alerts[] = {40, 47, 71, 80, 10};
    model.refusal = ways[draw(chance, 4)];
    model.refusal_alert = alerts[draw(chance, 5)];
    model.version_refusal = ways[draw(chance, 4)];
    model.version_alert = draw(chance, 2) == 0 ? 70 : 40;
    return model;
}

// --- tests ---------------------------------------------------------------------------------------

#define MODELS 150

static void facts_equal_the_model(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        struct circumstances how = {.seed = seed, .named = seed % 2 == 0};
        struct rehearsal run;
        perform(&run, &model, &how);
        assert_true_facts(&model, &run.host.facts, true, seed);
        assert_true_order(&model, &run.host.facts, seed);
        host_release(&run.host);
    }
}

// Suites that are there for clients with encrypt-then-MAC alone, as all of today's are, are not passed over.
static void suites_for_clients_of_today_are_found(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        model.binds_mac = true;
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = seed, .named = true});
        assert_true_facts(&model, &run.host.facts, true, seed);
        host_release(&run.host);
    }
}

// An encrypted alert without a ServerHello, and an SSLv2 hello answered in plain HTTP: both say no.
static void refusals_in_no_usual_way_are_understood(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        model.refusal = OUTCOME_GARBLED;
        model.reads_text = true;
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = seed, .named = true});
        assert_true_facts(&model, &run.host.facts, true, seed);
        host_release(&run.host);
    }
}

static void order_of_arrival_does_not_matter(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        model.longest = seed % 5 == 0 ? 120 : 0;
        char *first = NULL;
        for (uint64_t shuffle = 0; shuffle < 4; shuffle++) {
            struct circumstances how = {.seed = seed * 1000 + shuffle, .named = true};
            struct rehearsal run;
            perform(&run, &model, &how);
            char *report = rehearsal_report(&run);
            if (first == NULL)
                first = report;
            else if (first != report) {
                assert_string_equal(first, report);
                free(report);
            }
            host_release(&run.host);
        }
        free(first);
    }
}

static void lost_answers_never_turn_a_verdict(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        struct circumstances how = {.seed = seed, .lost_percent = 2 + (unsigned)(seed % 30), .named = seed % 2 == 0};
        struct rehearsal run;
        perform(&run, &model, &how);
        assert_true_facts(&model, &run.host.facts, false, seed);
        host_release(&run.host);
    }
}

enum { RECOVERABLE = 3, HABITS = 6 }; // the first do not hide anything

static void take_habit(struct model *model, struct chance *chance, unsigned habit)
{
    switch (habit) {
    case 0:
        model->longest = 84 + draw(chance, 120);
        break;
    case 1:
        model->reads = 64 + draw(chance, 100);
        model->kinds = NULL; // an answer in SSLv2 shows nothing of lists, and where there is no other it is believed
        break;
    case 2:
        model->stumbles_on = draw(chance, 2) == 0 ? 0xC0AF : 0x003F;
        break;
    case 3:
        model->tires_after = 3 + draw(chance, 40);
        break;
    case 4:
        model->lies_with = 0x1A1A;
        break;
    case 5:
        model->repeats = true;
        break;
    }
}

// Bad habits, each on top of random models: nothing false may come of them.
static void bad_habits_never_turn_a_verdict(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        take_habit(&model, &chance, (unsigned)(seed % HABITS));
        struct circumstances how = {.seed = seed, .named = true};
        struct rehearsal run;
        perform(&run, &model, &how);
        assert_true_facts(&model, &run.host.facts, seed % HABITS < RECOVERABLE, seed);
        host_release(&run.host);
    }
}

// Two at once may hide something, but nothing false may come of them either.
static void two_bad_habits_never_turn_a_verdict(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= 2 * MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        unsigned first = (unsigned)(seed % HABITS);
        take_habit(&model, &chance, first);
        take_habit(&model, &chance, (first + 1 + draw(&chance, HABITS - 1)) % HABITS);
        struct circumstances how = {.seed = seed, .named = true};
        struct rehearsal run;
        perform(&run, &model, &how);
        assert_true_facts(&model, &run.host.facts, false, seed);
        host_release(&run.host);
    }
}

// Lists that are dropped say nothing; what they held is asked for in short ones.
static void dropped_lists_leave_nothing_unknown(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        model.longest = 112 + draw(&chance, 100);
        model.drops = true;
        const struct circumstances how = {.seed = seed, .named = true};
        struct rehearsal run;
        perform(&run, &model, &how);
        assert_true_facts(&model, &run.host.facts, true, seed);
        host_release(&run.host);
    }
}

static struct model plain_server(struct arena *arena)
{
    return (struct model){
        .version = {{TLS12, {0xC030, 0xC02F, 0xCCA8, 0xC014, 0x0035}, MODEL_SERVER_ORDER},
                    {TLS13, {0x1302, 0x1303, 0x1301}, MODEL_SERVER_ORDER}},
        .rsa = fixture_certificate(arena, "rsa"),
        .version_aware = true,
        .refusal = OUTCOME_ALERT,
        .refusal_alert = 40,
        .version_refusal = OUTCOME_ALERT,
        .version_alert = 70,
    };
}

static void habits_are_described(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *name;
        size_t longest;
        bool repeats;
        uint16_t lies_with;
        unsigned tires_after;
        const char *want_anomaly;
    } rows[] = {
        {"long lists are refused", 120, false, 0, 0, "long_list_refused"},
        {"a suite is repeated", 0, true, 0, 0, "suite_repeated"},
        {"a suite is chosen that was not offered", 0, false, 0x1A1A, 0, "suite_not_offered"},
        {"resets after a while", 0, false, 0, 9, "pushed_back"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model model = plain_server(arena);
        model.longest = rows[i].longest;
        model.repeats = rows[i].repeats;
        model.lies_with = rows[i].lies_with;
        model.tires_after = rows[i].tires_after;
        struct circumstances how = {.seed = i + 1, .named = true};
        struct rehearsal run;
        perform(&run, &model, &how);
        if (!has_anomaly(&run.host.facts, rows[i].want_anomaly))
            fail_msg("%s: no anomaly %s", rows[i].name, rows[i].want_anomaly);
        host_release(&run.host);
    }
}

static bool says_pushed_back(const struct fact *fact)
{
    return fact->reason != NULL && strcmp(fact->reason, "pushed_back") == 0;
}

// What was not asked any more was not turned down.
static void time_that_is_over_is_no_push(void **state)
{
    struct arena *arena = *state;
    for (unsigned after = 1; after <= 30; after++) {
        struct model model = plain_server(arena);
        model.refusal = OUTCOME_CLOSED;
        model.longest = after % 2 == 0 ? 120 : 0;
        model.over_after = after;
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = after, .named = true});
        const struct facts *facts = &run.host.facts;
        for (size_t i = 0; i < facts->version_count; i++)
            assert_false(says_pushed_back(&facts->versions[i].fact));
        for (size_t i = 0; i < facts->enumeration_count; i++)
            assert_false(says_pushed_back(&facts->enumerations[i].fact));
        assert_false(has_anomaly(facts, "pushed_back"));
        host_release(&run.host);
    }
}

static void chacha_by_client_is_told(void **state)
{
    struct arena *arena = *state;
    struct model model = plain_server(arena);
    model.version[0].order = model.version[1].order = MODEL_CHACHA_BY_CLIENT;
    struct circumstances how = {.seed = 7};
    struct rehearsal run;
    perform(&run, &model, &how);
    assert_int_equal(run.host.facts.preference_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(run.host.facts.preferences[i].preference, PREFERENCE_SERVER_CHACHA_BY_CLIENT);
    host_release(&run.host);
}

// A full scan of three checks: accepted + 2 for each enabled version, 1 for each disabled one and 2 for the highest of
// those again, and at most 19 more, 9 of them asked ahead in vain: these models are not like most servers.
static void connections_stay_in_budget(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        model.refusal = model.version_refusal = OUTCOME_ALERT;
        model.refusal_alert = 40;
        model.version_alert = 70;
        struct circumstances how = {.seed = seed, .named = seed % 2 == 0};
        struct rehearsal run;
        perform(&run, &model, &how);
        unsigned budget = 8 + 19, leaders = 0;
        for (size_t i = 0; i < 6 && model.version[i].version != 0; i++) {
            budget += (unsigned)suites_of(&model.version[i]) + 1;
            if (model.version[i].version != TLS13)
                leaders = (unsigned)suites_of(&model.version[i]);
        }
        budget += leaders > 12; // a long list is cut, which costs a question more
        if (run.connections > budget)
            fail_msg("model %llu: %u connections, %u allowed", (unsigned long long)seed, run.connections, budget);
        host_release(&run.host);
    }
}

// What OpenSSL 3.0 has by default, in its order, with RSA and ECDSA certificates.
static const uint16_t default_suites[] = {
    0xC02C, 0xC030, 0x009F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC02B, 0xC02F, 0x009E, 0xC024, 0xC028, 0x006B, 0xC023, 0xC027,
    0x0067, 0xC00A, 0xC014, 0x0039, 0xC009, 0xC013, 0x0033, 0x009D, 0x009C, 0x003D, 0x003C, 0x0035, 0x002F,
};

// What Mozilla's intermediate configuration has, in its order.
static const uint16_t intermediate_suites[] = {0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0x009E, 0x009F, 0xCCAA};

// What OpenSSL 3.0 has for "HIGH:!aNULL:!MD5" in its order, with RSA and ECDSA certificates.
static const uint16_t openssl_suites[] = {
    0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC0AF, 0xC0AD, 0xC05D, 0xC061, 0xC02B, 0xC02F, 0xC0AE, 0xC0AC, 0xC05C, 0xC060,
    0xC024, 0xC028, 0xC073, 0xC077, 0xC023, 0xC027, 0xC072, 0xC076, 0xC00A, 0xC014, 0xC009, 0xC013, 0x009D, 0xC0A1,
    0xC09D, 0xC051, 0x009C, 0xC0A0, 0xC09C, 0xC050, 0x003D, 0x00C0, 0x003C, 0x00BA, 0x0035, 0x0084, 0x002F, 0x0041,
};

enum disorder { IN_ORDER, BACKWARDS, EACH_OTHER_LAST, EACH_THIRD_LAST, EACH_THIRD_LATE, BY_DEFAULT, INTERMEDIATE };
enum { OPENSSL_SUITES = sizeof openssl_suites / sizeof openssl_suites[0] };

// 0 to 2: in which part of its order a server has suite number i of the list.
static unsigned part_of(enum disorder disorder, size_t i)
{
    switch (disorder) {
    case EACH_OTHER_LAST:
        return i % 2;
    case EACH_THIRD_LAST:
        return i % 3 == 1;
    case EACH_THIRD_LATE:
        return i >= OPENSSL_SUITES - 6 ? 2 : i % 3 == 1;
    default:
        return 0;
    }
}

// Those of a list that an RSA certificate alone can serve, or all.
static void fill(struct model_version *version, bool both, const uint16_t *suites, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size / sizeof *suites; i++)
        if (both || suite_find(suites[i])->auth != AUTH_ECDSA)
            version->suite[count++] = suites[i];
}

static void fill_openssl(struct model_version *version, bool both, enum disorder disorder)
{
    size_t count = 0;
    if (disorder == BY_DEFAULT)
        fill(version, both, default_suites, sizeof default_suites);
    if (disorder == INTERMEDIATE)
        fill(version, both, intermediate_suites, sizeof intermediate_suites);
    if (disorder == BY_DEFAULT || disorder == INTERMEDIATE)
        return;
    for (unsigned part = 0; part < 3; part++)
        for (size_t i = 0; i < OPENSSL_SUITES; i++) {
            uint16_t code = openssl_suites[disorder == BACKWARDS ? OPENSSL_SUITES - 1 - i : i];
            if (part_of(disorder, i) == part && (both || suite_find(code)->auth != AUTH_ECDSA))
                version->suite[count++] = code;
        }
}

// A long list takes few round trips: questions are asked ahead where the server chooses as most do, and of others
// several chains at once, which are joined in the right order, whatever it is and whichever answers come first.
static void long_lists_take_few_round_trips(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *name;
        enum model_order order;
        bool both;
        enum disorder disorder;
        unsigned want_waves; // at most; one chain takes one for each suite
        unsigned want_extra; // connections beside accepted + 2, and one for each version it lacks, two of those again
    } rows[] = {
        {"its own order", MODEL_SERVER_ORDER, false, IN_ORDER, 7, 6},
        {"its own order, two certificates", MODEL_SERVER_ORDER, true, IN_ORDER, 8, 7},
        {"the client's order", MODEL_CLIENT_ORDER, false, IN_ORDER, 12, 7},
        {"the client's order, two certificates", MODEL_CLIENT_ORDER, true, IN_ORDER, 12, 8},
        {"ChaCha20 by client", MODEL_CHACHA_BY_CLIENT, false, IN_ORDER, 8, 8},
        {"backwards", MODEL_SERVER_ORDER, true, BACKWARDS, 44, 7},
        {"each third one last", MODEL_SERVER_ORDER, true, EACH_THIRD_LAST, 35, 15},
        {"each other one last", MODEL_SERVER_ORDER, false, EACH_OTHER_LAST, 28, 12},
        {"each third one among the last", MODEL_SERVER_ORDER, true, EACH_THIRD_LATE, 77, 59},
        {"OpenSSL's default", MODEL_SERVER_ORDER, false, BY_DEFAULT, 8, 9},
        {"OpenSSL's default, two certificates", MODEL_SERVER_ORDER, true, BY_DEFAULT, 10, 11},
        {"OpenSSL's default, the client's order", MODEL_CLIENT_ORDER, false, BY_DEFAULT, 9, 9},
        {"OpenSSL's default, two certificates, the client's order", MODEL_CLIENT_ORDER, true, BY_DEFAULT, 11, 17},
        {"intermediate", MODEL_SERVER_ORDER, false, INTERMEDIATE, 7, 7},
        {"intermediate, two certificates", MODEL_SERVER_ORDER, true, INTERMEDIATE, 8, 9},
        {"intermediate, the client's order", MODEL_CLIENT_ORDER, false, INTERMEDIATE, 5, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            struct model model = plain_server(arena);
            memset(model.version[0].suite, 0, sizeof model.version[0].suite);
            fill_openssl(&model.version[0], rows[i].both, rows[i].disorder);
            model.version[0].order = model.version[1].order = rows[i].order;
            if (rows[i].both)
                model.ecdsa = fixture_certificate(arena, "ec");
            const struct circumstances how = {.seed = seed, .named = true, .in_waves = seed != 4};
            struct rehearsal run;
            perform(&run, &model, &how);
            assert_true_facts(&model, &run.host.facts, true, i);
            assert_true_order(&model, &run.host.facts, i);
            unsigned least = (unsigned)(suites_of(&model.version[0]) + suites_of(&model.version[1])) + 10;
            if (how.in_waves && run.waves > rows[i].want_waves)
                fail_msg("%s: %u waves", rows[i].name, run.waves);
            if (run.connections > least + rows[i].want_extra)
                fail_msg("%s: %u connections, %u over %u", rows[i].name, run.connections, run.connections - least,
                         least);
            host_release(&run.host);
        }
}

// haproxy with two certificates: while any ECDSA suite is offered it has no other.
static void suites_behind_ecdsa_are_found(void **state)
{
    struct arena *arena = *state;
    struct model model = plain_server(arena);
    model.ecdsa = fixture_certificate(arena, "ec");
    model.version[0] = (struct model_version){TLS12, {0xC02C, 0xC02B, 0xC030, 0xC02F, 0x0035}, MODEL_SERVER_ORDER};
    model.ecdsa_first = true;
    struct rehearsal run;
    perform(&run, &model, &(struct circumstances){.seed = 11, .named = true});
    assert_true_facts(&model, &run.host.facts, true, 11);
    assert_true_order(&model, &run.host.facts, 11);
    host_release(&run.host);
}

// h2o 2.2: a draft beside the final version in the list, and it takes the draft.
static void a_draft_does_not_hide_the_final_version(void **state)
{
    struct arena *arena = *state;
    struct model model = plain_server(arena);
    model.draft = 0x7F1C;
    struct rehearsal run;
    perform(&run, &model, &(struct circumstances){.seed = 12, .named = true});
    const struct facts *facts = &run.host.facts;
    unsigned drafts = 0;
    for (size_t i = 0; i < facts->version_count; i++) {
        if (facts->versions[i].version == TLS13)
            assert_int_equal(facts->versions[i].fact.verdict, VERDICT_YES);
        if (facts->versions[i].version == model.draft) {
            assert_int_equal(facts->versions[i].fact.verdict, VERDICT_YES);
            drafts++;
        }
    }
    assert_int_equal(drafts, 1);
    host_release(&run.host);
}

// mint: it would accept any hello with a share, and never asks for one. So TLS 1.3 is no `no`, with and without
// TLS 1.2.
static void a_share_that_is_not_asked_for(void **state)
{
    struct arena *arena = *state;
    for (unsigned older = 0; older <= 1; older++) {
        struct model model = plain_server(arena);
        model.wants_share = true;
        if (!older)
            memset(model.version, 0, sizeof model.version);
        model.version[older] = (struct model_version){TLS13, {0x1301, 0x1302}, MODEL_SERVER_ORDER};
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = 13, .named = true});
        for (size_t i = 0; i < run.host.facts.version_count; i++) {
            const struct version_fact *row = &run.host.facts.versions[i];
            if (row->version == TLS13)
                assert_string_equal(row->fact.reason, "needs_key_share");
            assert_true(row->fact.verdict != VERDICT_NO || (older && row->version != TLS13));
        }
        host_release(&run.host);
    }
}

// An alert protocol_version speaks of the list of versions as it was: of its drafts, for a server that stumbles over
// them. It has TLS 1.3 for every client of today.
static void drafts_in_the_list_are_no_version(void **state)
{
    struct arena *arena = *state;
    for (unsigned older = 0; older <= 1; older++) {
        struct model model = plain_server(arena);
        model.hates_drafts = true;
        model.version_alert = 70;
        if (!older)
            memset(model.version, 0, sizeof model.version);
        model.version[older] = (struct model_version){TLS13, {0x1301, 0x1302}, MODEL_SERVER_ORDER};
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = 13, .named = true});
        for (size_t i = 0; i < run.host.facts.version_count; i++)
            if (run.host.facts.versions[i].version == TLS13)
                assert_int_equal(run.host.facts.versions[i].fact.verdict, VERDICT_UNKNOWN);
        assert_false(has_anomaly(&run.host.facts, "mixed_backends"));
        host_release(&run.host);
    }
}

static void both_certificates_are_found(void **state)
{
    struct arena *arena = *state;
    struct model model = plain_server(arena);
    model.ecdsa = fixture_certificate(arena, "ec");
    model.version[0] = (struct model_version){TLS12, {0xC02C, 0xC030}, MODEL_SERVER_ORDER};
    struct circumstances how = {.seed = 3, .named = true};
    struct rehearsal run;
    perform(&run, &model, &how);
    assert_int_equal(run.host.facts.chain_count, 2);
    assert_int_equal(run.host.facts.certificates.verdict, VERDICT_YES);
    for (size_t i = 0; i < 2; i++) {
        const struct chain_fact *chain = &run.host.facts.chains[i];
        bool twelve = false, thirteen = false;
        for (size_t j = 0; j < chain->served_count; j++) {
            twelve = twelve || (chain->served_for[j].version == TLS12 && chain->served_for[j].sni);
            thirteen = thirteen || (chain->served_for[j].version == TLS13 && chain->served_for[j].sni);
        }
        assert_true(twelve && thirteen);
    }
    host_release(&run.host);
}

// That no certificate was seen is no sign that there is none where the server ends each flight before it.
static void certificates_that_were_not_read_are_unknown(void **state)
{
    struct arena *arena = *state;
    for (size_t from = 0; from < 2; from++) {
        struct model model = plain_server(arena);
        model.version[0].suite[0] = 0x002F;
        model.breaks_off = true;
        model.version[1].version = from == 0 ? 0 : TLS13;
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = 1, .named = true});
        assert_int_equal(run.host.facts.chain_count, 0);
        assert_int_equal(run.host.facts.certificates.verdict, VERDICT_UNKNOWN);
        host_release(&run.host);
    }
}

// JSSE under Tomcat chooses a suite, finds no certificate for the client, and the connection ends without an alert:
// there is no other kind of key.
static void a_server_that_ends_behind_its_hello_has_no_other_key(void **state)
{
    struct arena *arena = *state;
    for (size_t both = 0; both < 2; both++) {
        struct model model = plain_server(arena);
        model.breaks_off_late = true;
        model.fits_keys = true;
        if (both != 0)
            model.ecdsa = fixture_certificate(arena, "ec");
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = 1, .named = true});
        assert_int_equal(run.host.facts.chain_count, 1 + both);
        assert_int_equal(run.host.facts.certificates.verdict, VERDICT_YES);
        host_release(&run.host);
    }
}

// A server with SRP answers unknown_psk_identity where its suites are offered without the name of a user (RFC 5054
// section 2.5.1.3). That is no word about long lists.
static void suites_that_want_a_user_are_not_offered(void **state)
{
    struct arena *arena = *state;
    struct model model = plain_server(arena);
    model.stumbles_on = 0xC01D;
    model.refusal_alert = 115;
    struct rehearsal run;
    perform(&run, &model, &(struct circumstances){.seed = 3, .named = true});
    assert_true_facts(&model, &run.host.facts, true, 3);
    assert_int_equal(run.host.facts.anomaly_count, 0);
    host_release(&run.host);
}

// A server that stumbles over new signature schemes does not lack TLS 1.2.
static void new_schemes_do_not_hide_a_version(void **state)
{
    struct arena *arena = *state;
    static const enum outcome_kind refusals[] = {OUTCOME_ALERT, OUTCOME_CLOSED, OUTCOME_RESET};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct model model = plain_server(arena);
        model.version[1] = (struct model_version){TLS11, {0xC014, 0x0035}, MODEL_SERVER_ORDER};
        model.refusal = refusals[i];
        model.refusal_alert = 47;
        model.old_signer = true;
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = 1, .named = true});
        assert_true_facts(&model, &run.host.facts, false, i);
        for (size_t k = 0; k < run.host.facts.version_count; k++)
            if (run.host.facts.versions[k].version == TLS12)
                assert_int_equal(run.host.facts.versions[k].fact.verdict, VERDICT_YES);
        assert_false(has_anomaly(&run.host.facts, "needs_sni"));
        host_release(&run.host);
    }
}

// An OpenSSL server without a certificate that TLS 1.3 can use has the version all the same for clients with its key,
// and turns others down with handshake_failure, as servers do that lack the version.
static const struct {
    const char *name;
    uint16_t suites[2];
    uint8_t alert;
    bool short_lists; // ... are all that it reads
    enum verdict want;
} with_key[] = {
    {"chooses by a key", {0x00A8}, 40, false, VERDICT_UNKNOWN},
    {"refuses the version in so many words", {0x00A8}, 70, false, VERDICT_NO},
    {"chooses without a certificate", {0x00A6}, 40, false, VERDICT_UNKNOWN},
    {"has a certificate of DSA", {0x00A2}, 40, false, VERDICT_UNKNOWN},
    {"has a certificate, and a key", {0xC02F, 0xCCAC}, 40, false, VERDICT_UNKNOWN},
    {"has a certificate, and a key with RSA", {0xC02F, 0xCCAE}, 40, false, VERDICT_UNKNOWN},
    {"reads short lists alone", {0xC02F, 0x00A8}, 40, true, VERDICT_UNKNOWN},
    {"has no key", {0xC02F}, 40, false, VERDICT_NO},
    {"has no key, and reads short lists alone", {0xC02F}, 40, true, VERDICT_NO},
};

static void a_version_for_clients_with_a_key_is_not_denied(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof with_key / sizeof with_key[0]; i++) {
        struct model model = plain_server(arena);
        memset(model.version, 0, sizeof model.version);
        model.version[0] = (struct model_version){TLS12, {0}, MODEL_SERVER_ORDER};
        memcpy(model.version[0].suite, with_key[i].suites, sizeof with_key[i].suites);
        model.version_alert = with_key[i].alert;
        model.longest = with_key[i].short_lists ? 66 : 0;
        struct rehearsal run;
        perform(&run, &model, &(struct circumstances){.seed = 1, .named = true});
        for (size_t k = 0; k < run.host.facts.version_count; k++)
            if (run.host.facts.versions[k].version == TLS13 &&
                run.host.facts.versions[k].fact.verdict != with_key[i].want)
                fail_msg("%s: %s", with_key[i].name, verdict_name(run.host.facts.versions[k].fact.verdict));
        host_release(&run.host);
    }
}

// The check certificates alone: what clients of today are shown, by one question for each kind of key and one more.
static const struct few_questions {
    const char *name;
    uint16_t versions[3]; // that the server has
    bool rsa, ecdsa;
    enum outcome_kind refusal; // ALERT where it is 0
    uint8_t alert;
    uint16_t group;
    bool wants_name, nameless;
    size_t longest;
    uint16_t want_version; // 0: the long way is taken
    unsigned want_connections;
    size_t want_chains;
} few_questions[] = {
    {"one", {TLS12, TLS13}, true, false, 0, 40, 0, false, false, 0, TLS13, 2, 1},
    {"one, of EC", {TLS12, TLS13}, false, true, 0, 40, 0, false, false, 0, TLS13, 2, 1},
    {"two", {TLS12, TLS13}, true, true, 0, 40, 0, false, false, 0, TLS13, 3, 2},
    {"one in TLS 1.2", {TLS12}, true, false, 0, 40, 0, false, false, 0, TLS12, 2, 1},
    {"two in TLS 1.2", {TLS12}, true, true, 0, 71, 0, false, false, 0, TLS12, 3, 2},
    {"one in TLS 1.3", {TLS13}, true, false, 0, 40, 0, false, false, 0, TLS13, 2, 1},
    {"two in TLS 1.3", {TLS13}, true, true, 0, 40, 0, false, false, 0, TLS13, 3, 2},
    {"two, and older versions", {TLS10, TLS11, TLS12}, true, true, 0, 40, 0, false, false, 0, TLS12, 3, 2},
    {"without a name", {TLS12, TLS13}, true, true, 0, 40, 0, false, true, 0, TLS13, 3, 2},
    {"a name that is wanted", {TLS12, TLS13}, true, true, 0, 40, 0, true, false, 0, TLS13, 3, 2},
    {"P-384 alone", {TLS13}, true, false, 0, 40, 0x0018, false, false, 0, TLS13, 2, 1},
    // What is cut off is asked again, with a control.
    {"refused by closing", {TLS12, TLS13}, true, false, OUTCOME_CLOSED, 0, 0, false, false, 0, TLS13, 4, 1},
    {"refused by an internal error", {TLS12, TLS13}, true, true, 0, 80, 0, false, false, 0, TLS13, 5, 2},
    // The long way.
    {"SSLv3 alone, refused by closing", {SSL3}, true, false, OUTCOME_CLOSED, 0, 0, false, false, 0, 0, 20, 1},
    {"P-521 alone", {TLS13}, true, false, 0, 40, 0x0019, false, false, 0, 0, 12, 1},
    {"nothing from 1.2 on", {TLS10, TLS11}, true, false, 0, 40, 0, false, false, 0, 0, 12, 1},
    {"short lists alone", {TLS12, TLS13}, true, false, 0, 40, 0, false, false, 66, 0, 20, 1},
};

static void few_questions_are_enough(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof few_questions / sizeof few_questions[0]; i++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            const struct few_questions *row = &few_questions[i];
            struct model model = plain_server(arena);
            memset(model.version, 0, sizeof model.version);
            for (size_t v = 0; v < 3 && row->versions[v] != 0; v++)
                model.version[v] =
                    row->versions[v] == TLS13
                        ? (struct model_version){TLS13, {0x1302, 0x1301}, MODEL_SERVER_ORDER}
                        : (struct model_version){row->versions[v], {0xC009, 0xC013, 0x0035}, MODEL_SERVER_ORDER};
            model.fits_keys = true;
            model.rsa = row->rsa ? fixture_certificate(arena, "rsa") : (struct bytes){NULL, 0};
            model.ecdsa = row->ecdsa ? fixture_certificate(arena, "ec") : (struct bytes){NULL, 0};
            model.refusal = row->refusal == 0 ? OUTCOME_ALERT : row->refusal;
            model.refusal_alert = row->alert;
            model.group = row->group;
            model.wants_name = row->wants_name;
            model.longest = row->longest;
            const struct circumstances how = {
                .seed = seed, .named = !row->nameless, .selected = checks_named("certificates")};
            struct rehearsal run;
            perform(&run, &model, &how);
            const struct facts *facts = &run.host.facts;
            if (run.connections > row->want_connections)
                fail_msg("%s: %u connections", row->name, run.connections);
            if (facts->chain_count != row->want_chains)
                fail_msg("%s: %zu chains", row->name, facts->chain_count);
            if (facts->certificates.verdict != (row->want_version == 0 ? VERDICT_YES : VERDICT_NOT_TESTED))
                fail_msg("%s: that these are all is %s", row->name, verdict_name(facts->certificates.verdict));
            for (size_t c = 0; c < facts->chain_count && row->want_version != 0; c++) {
                const struct served_for *served = facts->chains[c].served_for;
                assert_int_equal(facts->chains[c].served_count, 1);
                assert_int_equal(served->version, row->want_version);
                assert_int_equal(served->sni, !row->nameless);
            }
            assert_int_equal(facts->anomaly_count, 0);
            host_release(&run.host);
        }
}

// NSS and others choose a suite first, and then look whether a key can sign for this client.
static void keys_behind_a_chosen_suite_are_found(void **state)
{
    struct arena *arena = *state;
    static const uint16_t orders[][3] = {{0xC009, 0xC013}, {0xC013, 0xC009}, {0xC009, 0x002F}};
    static const char *const checks[] = {"certificates", "certificates,versions", "certificates,versions,suites"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (size_t k = 0; k < sizeof checks / sizeof *checks; k++) {
            struct model model = plain_server(arena);
            memset(model.version, 0, sizeof model.version);
            model.version[0].version = TLS12;
            memcpy(model.version[0].suite, orders[i], sizeof orders[i]);
            model.ecdsa = fixture_certificate(arena, "ec");
            struct rehearsal run;
            perform(&run, &model,
                    &(struct circumstances){.seed = 5, .named = true, .selected = checks_named(checks[k])});
            if (run.host.facts.chain_count != 2)
                fail_msg("order %zu, %s: %zu chains", i, checks[k], run.host.facts.chain_count);
            if (k == 0 && run.connections > 4)
                fail_msg("order %zu: %u connections", i, run.connections);
            host_release(&run.host);
        }
}

// Whatever is lost, a few questions claim nothing that is not so, and never that all is known.
static void few_questions_claim_little(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= MODELS; seed++) {
        struct chance chance = {seed};
        struct model model = random_model(arena, &chance);
        struct circumstances how = {.seed = seed,
                                    .named = seed % 2 == 0,
                                    .lost_percent = seed % 3 == 0 ? 20 : 0,
                                    .selected = checks_named("certificates")};
        struct rehearsal run;
        perform(&run, &model, &how);
        const struct facts *facts = &run.host.facts;
        bool whole = false; // every version and both kinds of hello were asked
        for (size_t c = 0; c < facts->chain_count; c++) {
            const struct chain_fact *chain = &facts->chains[c];
            whole = whole || chain->served_count > 1;
            for (size_t k = 0; k < chain->served_count; k++) {
                uint16_t version = chain->served_for[k].version;
                if (version != SSL2 && version_of(&model, version) == NULL)
                    fail_msg("model %llu: a chain for %04X, which it has not", (unsigned long long)seed, version);
            }
        }
        if (facts->certificates.verdict == VERDICT_NO && facts->chain_count != 0)
            fail_msg("model %llu: no certificate, and %zu chains", (unsigned long long)seed, facts->chain_count);
        if (facts->certificates.verdict == VERDICT_NOT_TESTED && whole)
            fail_msg("model %llu: more was asked than is said", (unsigned long long)seed);
        host_release(&run.host);
    }
}

static void a_name_that_is_wanted(void **state)
{
    struct arena *arena = *state;
    struct model model = plain_server(arena);
    model.wants_name = true;
    struct rehearsal run;
    perform(&run, &model, &(struct circumstances){.seed = 5, .named = true});
    assert_true_facts(&model, &run.host.facts, true, 5);
    assert_true(has_anomaly(&run.host.facts, "needs_sni"));
    host_release(&run.host);
    perform(&run, &model, &(struct circumstances){.seed = 5, .named = false});
    for (size_t i = 0; i < run.host.facts.version_count; i++) {
        assert_int_equal(run.host.facts.versions[i].fact.verdict, VERDICT_UNKNOWN);
    }
    host_release(&run.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(facts_equal_the_model, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(suites_for_clients_of_today_are_found, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(suites_that_want_a_user_are_not_offered, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(refusals_in_no_usual_way_are_understood, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(order_of_arrival_does_not_matter, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(lost_answers_never_turn_a_verdict, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(bad_habits_never_turn_a_verdict, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(two_bad_habits_never_turn_a_verdict, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(dropped_lists_leave_nothing_unknown, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(habits_are_described, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(time_that_is_over_is_no_push, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(chacha_by_client_is_told, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(connections_stay_in_budget, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(long_lists_take_few_round_trips, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(suites_behind_ecdsa_are_found, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_draft_does_not_hide_the_final_version, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_share_that_is_not_asked_for, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(drafts_in_the_list_are_no_version, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(both_certificates_are_found, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(certificates_that_were_not_read_are_unknown, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_server_that_ends_behind_its_hello_has_no_other_key, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(new_schemes_do_not_hide_a_version, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_version_for_clients_with_a_key_is_not_denied, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(few_questions_are_enough, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(keys_behind_a_chosen_suite_are_found, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(few_questions_claim_little, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_name_that_is_wanted, arena_begin, arena_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
