// SPDX-License-Identifier: Apache-2.0
//
// Servers of two configurations behind one address. Whichever of them answered a question, what it turned down the
// other may have: most such farms must be noticed, and where one is nothing may be said to be refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/arenas.h"
#include "../support/fixture.h"
#include "../support/model.h"
#include "../support/rehearsal.h"
#include "base/arena.h"

static struct outcome of_model(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    return model_answer(context, ledger, asked, number);
}

static struct model server(struct arena *arena, bool farm)
{
    return (struct model){
        .version = {{TLS11, {0xC014, 0xC013, 0x0035}, MODEL_SERVER_ORDER},
                    {TLS12, {0xC030, 0xC02F, 0xCCA8, 0xC014, 0xC013, 0x0035}, MODEL_SERVER_ORDER},
                    {TLS13, {0x1302, 0x1303, 0x1301}, MODEL_SERVER_ORDER}},
        .rsa = fixture_certificate(arena, "rsa"),
        .version_aware = true,
        .refusal = OUTCOME_ALERT,
        .refusal_alert = 40,
        .version_refusal = OUTCOME_ALERT,
        .version_alert = 70,
        .farm = farm,
    };
}

static bool has_anomaly(const struct facts *facts, const char *code)
{
    for (size_t i = 0; i < facts->anomaly_count; i++)
        if (strcmp(facts->anomalies[i].code, code) == 0)
            return true;
    return false;
}

static bool is_noticed(const struct facts *facts) { return has_anomaly(facts, "mixed_backends"); }

static size_t suites_found(const struct facts *facts, uint16_t version)
{
    size_t count = 0;
    for (size_t i = 0; i < facts->suite_count; i++)
        count += facts->suites[i].version == version;
    return count;
}

// A version that the better of them has is refused, or a list that lacks what it has is said to be whole.
static bool is_deceived(const struct facts *facts)
{
    bool deceived = false;
    for (size_t i = 0; i < facts->version_count; i++)
        deceived = deceived || (facts->versions[i].version >= TLS11 && facts->versions[i].fact.verdict == VERDICT_NO);
    for (size_t i = 0; i < facts->enumeration_count; i++) {
        const struct enumeration_fact *row = &facts->enumerations[i];
        deceived = deceived || (row->fact.verdict == VERDICT_YES &&
                                suites_found(facts, row->version) < (row->version == TLS12 ? 6 : 3));
    }
    return deceived;
}

#define FARMS 200

static void farms_are_noticed(void **state)
{
    struct arena *arena = *state;
    unsigned deceived = 0;
    for (uint64_t seed = 1; seed <= FARMS; seed++) {
        struct model model = server(arena, true);
        struct rehearsal run;
        rehearse(&run, &(struct circumstances){.seed = seed, .named = true}, of_model, &model);
        const struct facts *facts = &run.host.facts;
        if (is_noticed(facts)) {
            assert_false(is_deceived(facts));
            for (size_t i = 0; i < facts->version_count; i++)
                assert_int_not_equal(facts->versions[i].fact.verdict, VERDICT_NO);
        }
        deceived += is_deceived(facts);
        host_release(&run.host);
    }
    assert_in_range(deceived, 0, FARMS / 5); // some 28, by chance, of 186 where nothing is asked once more
}

// Of versions that are not said to be refused, the name of a fact that says so all the same; NULL: none.
static const char *contradiction(const struct facts *facts)
{
    static const char *const absent[] = {"no_version", "version_not_supported", "no_tls12", "no_tls13",
                                         "no_higher_version"};
    bool refused = false;
    for (size_t i = 0; i < facts->version_count; i++)
        refused = refused || facts->versions[i].fact.verdict == VERDICT_NO;
    for (size_t i = 0; i < facts->feature_count + facts->list_count; i++) {
        bool listed = i >= facts->feature_count;
        const struct fact *fact = listed ? &facts->lists[i - facts->feature_count].complete : &facts->features[i]->fact;
        for (size_t j = 0; j < sizeof absent / sizeof *absent && fact->reason != NULL; j++)
            if (!refused && strcmp(fact->reason, absent[j]) == 0)
                return listed ? absent[j] : facts->features[i]->id;
    }
    return NULL;
}

#define STARTING_FROM_VERSIONS                                                                                         \
    "versions,suites,certificates,groups,post_quantum,downgrade,key_exchange,signature_schemes,extensions,alpn,"       \
    "client_authentication,sessions,renegotiation"

// A version that some answers gave and others refused is no version that is not there, whichever check says so.
static void reports_agree_with_themselves(void **state)
{
    struct arena *arena = *state;
    unsigned noticed = 0;
    for (uint64_t seed = 1; seed <= FARMS; seed++) {
        struct model model = server(arena, seed % 2 == 0);
        struct rehearsal run;
        model.farm_of_ages = !model.farm;
        if (seed % 4 < 2) // two versions
            model.version[2].version = 0;
        rehearse(&run, &(struct circumstances){.seed = seed, .selected = checks_named(STARTING_FROM_VERSIONS)},
                 of_model, &model);
        const struct facts *facts = &run.host.facts;
        noticed += is_noticed(facts);
        const char *id = is_noticed(facts) ? contradiction(facts) : NULL;
        if (id != NULL)
            fail_msg("farm %u: %s", (unsigned)seed, id);
        for (size_t i = 0; is_noticed(facts) && i < facts->list_count; i++)
            assert_int_not_equal(facts->lists[i].complete.verdict, VERDICT_YES);
        host_release(&run.host);
    }
    assert_in_range(noticed, FARMS / 3, FARMS);
}

static struct outcome of_better(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    (void)number;
    return model_answer(context, ledger, asked, 0);
}

static struct outcome of_poorer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    (void)number;
    return model_answer(context, ledger, asked, 1);
}

// The verdict in a like row; UNKNOWN where there is none.
static enum verdict verdict_of(const struct facts *facts, const struct feature_fact *like)
{
    for (size_t i = 0; i < facts->feature_count; i++) {
        const struct feature_fact *row = facts->features[i];
        if (row->section == like->section && row->version == like->version && strcmp(row->id, like->id) == 0)
            return row->fact.verdict;
    }
    return VERDICT_UNKNOWN;
}

// Yes though neither of the two has it, or no though one does.
static unsigned false_rows(const struct facts *facts, const struct facts *better, const struct facts *poorer)
{
    unsigned count = 0;
    for (size_t i = 0; i < facts->feature_count; i++) {
        enum verdict verdict = facts->features[i]->fact.verdict;
        bool has = verdict_of(better, facts->features[i]) == VERDICT_YES ||
                   verdict_of(poorer, facts->features[i]) == VERDICT_YES;
        count += (verdict == VERDICT_YES && !has) || (verdict == VERDICT_NO && has);
    }
    return count;
}

// Of two servers one lacks TLS 1.3. A hello that it turns down for that is not turned down for what else is in it.
static void what_lacks_a_version_bears_the_rest(void **state)
{
    struct arena *arena = *state;
    struct circumstances how = {.named = true,
                                .selected = checks_named(STARTING_FROM_VERSIONS ",intolerance,server_name")};
    struct model model = server(arena, false);
    model.farm_of_ages = true;
    struct rehearsal better, poorer, run;
    unsigned wrong = 0;
    rehearse(&better, &how, of_better, &model);
    rehearse(&poorer, &how, of_poorer, &model);
    for (how.seed = 1; how.seed <= FARMS; how.seed++) {
        rehearse(&run, &how, of_model, &model);
        unsigned rows = false_rows(&run.host.facts, &better.host.facts, &poorer.host.facts);
        assert_true(rows == 0 || !is_noticed(&run.host.facts));
        wrong += rows;
        host_release(&run.host);
    }
    assert_in_range(wrong, 0, 4);
    host_release(&better.host);
    host_release(&poorer.host);
}

// Whoever lacks the version does not turn a hello down for want of a server name; nor need whoever does so once.
static void no_server_name_is_missed(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= FARMS; seed++) {
        struct model model = server(arena, false);
        struct rehearsal run;
        model.farm_of_ages = true;
        rehearse(
            &run,
            &(struct circumstances){.seed = seed, .named = true, .selected = checks_named("versions,certificates")},
            of_model, &model);
        assert_false(has_anomaly(&run.host.facts, "needs_sni"));
        host_release(&run.host);
    }
}

static void one_server_is_no_farm(void **state)
{
    struct arena *arena = *state;
    struct model model = server(arena, false);
    struct rehearsal run;
    rehearse(&run, &(struct circumstances){.seed = 1, .named = true}, of_model, &model);
    assert_false(is_noticed(&run.host.facts));
    assert_false(is_deceived(&run.host.facts));
    host_release(&run.host);
}

#define ONCE_MORE 0xFA // the sample that farm.c asks

// Versions whose long list is refused and whose short one is not are no refused ones.
static void long_lists_are_no_versions(void **state)
{
    struct arena *arena = *state;
    struct model model = server(arena, false);
    struct rehearsal run;
    unsigned asked = 0;
    model.longest = 200;
    rehearse(&run, &(struct circumstances){.seed = 1, .named = true}, of_model, &model);
    for (const struct answer *answer = run.host.ledger.first; answer != NULL; answer = answer->next) {
        struct probe probe;
        answer_decode(answer, arena, &probe);
        if (probe.sample != ONCE_MORE)
            continue;
        assert_int_equal(probe.hello.version, TLS10);
        asked++;
    }
    assert_int_equal(asked, 1);
    host_release(&run.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(farms_are_noticed, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(reports_agree_with_themselves, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(what_lacks_a_version_bears_the_rest, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(no_server_name_is_missed, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(one_server_is_no_farm, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(long_lists_are_no_versions, arena_begin, arena_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
