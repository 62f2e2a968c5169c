// SPDX-License-Identifier: Apache-2.0
//
// Primes and public values of model servers.
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
#include "base/text.h"

#define EVERY "versions,suites,certificates,key_exchange"
#define MORE  EVERY ",groups,post_quantum,downgrade,intolerance,signature_schemes,extensions,alpn"

static struct exchange server(struct arena *arena, const char *prime)
{
    return (struct exchange){
        .tls12 = true,
        .tls13 = true,
        .suite = {0xC02F, 0xC030, 0x009E, 0x009F, 0x0067, 0xC027, 0x009C},
        .group = {0x001D, 0x0017},
        .group13 = {0x001D, 0x0018},
        .prime = exchange_prime(arena, prime),
        .refusal = OUTCOME_ALERT,
    };
}

static const struct feature_fact *scan(struct rehearsal *run, struct exchange *model, const char *checks,
                                       const char *id)
{
    rehearse(run, &(struct circumstances){.seed = 11, .selected = checks_named(checks)}, exchange_answer, model);
    return exchange_feature(&run->host.facts, FEATURE_KEY_EXCHANGE, id);
}

static const struct feature_fact *feature(const struct rehearsal *run, const char *id)
{
    return exchange_feature(&run->host.facts, FEATURE_KEY_EXCHANGE, id);
}

// --- primes --------------------------------------------------------------------------------------

static void primes_are_told(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *prime, *want_name;
        int64_t want_bits;
        enum verdict want_safe, want_under_1024, want_at_most_1024;
    } rows[] = {
        {"RFC3526/2048-bit MODP Group/Oakley Group 14", "modp2048 (RFC 3526)", 2048, VERDICT_YES, VERDICT_NO,
         VERDICT_NO},
        {"RFC2409/1024-bit MODP Group/Oakley Group 2", "modp1024 (RFC 2409)", 1024, VERDICT_YES, VERDICT_NO,
         VERDICT_YES},
        {"RFC7919/ffdhe2048", "ffdhe2048 (RFC 7919)", 2048, VERDICT_YES, VERDICT_NO, VERDICT_NO},
        {"Socat", "Socat", 1024, VERDICT_NO, VERDICT_NO, VERDICT_YES},
        {"Postfix 2.2 (512-bit)", "Postfix 2.2 (512-bit)", 512, VERDICT_YES, VERDICT_YES, VERDICT_YES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange model = server(arena, rows[i].prime);
        struct rehearsal run;
        const struct feature_fact *prime = scan(&run, &model, EVERY, "dh_prime");
        assert_int_equal(prime->fact.verdict, VERDICT_YES);
        assert_string_equal(prime->value, rows[i].want_name);
        assert_int_equal(prime->number, rows[i].want_bits);
        assert_int_equal(feature(&run, "dh_safe_prime")->fact.verdict, rows[i].want_safe);
        assert_int_equal(feature(&run, "dh_common_prime")->fact.verdict, VERDICT_YES);
        assert_int_equal(feature(&run, "dh_under_1024_bits")->fact.verdict, rows[i].want_under_1024);
        assert_int_equal(feature(&run, "dh_at_most_1024_bits")->fact.verdict, rows[i].want_at_most_1024);
        assert_int_equal(feature(&run, "dh_generator")->number, 2);
        host_release(&run.host);
    }
}

static void primes_of_nobody_else(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *name, *hex, *want_reason;
        enum verdict want_safe;
    } rows[] = {
        {"safe", "FFFFFFFFFFFFFA43", NULL, VERDICT_YES},
        {"not safe", "FFFFFFFFFFFFFFC5", "not_safe", VERDICT_NO},
        {"composite", "FFFFFFFFFFFFFFC7", "composite", VERDICT_NO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange model = server(arena, "RFC7919/ffdhe2048");
        struct rehearsal run;
        assert_true(text_from_hex(arena, rows[i].hex, &model.prime));
        const struct feature_fact *safe = scan(&run, &model, EVERY, "dh_safe_prime");
        if (safe->fact.verdict != rows[i].want_safe)
            fail_msg("%s: %s", rows[i].name, verdict_name(safe->fact.verdict));
        if (rows[i].want_reason != NULL)
            assert_string_equal(safe->fact.reason, rows[i].want_reason);
        assert_int_equal(feature(&run, "dh_common_prime")->fact.verdict, VERDICT_NO);
        host_release(&run.host);
    }
}

static void no_finite_fields(void **state)
{
    struct arena *arena = *state;
    static const char *const checks[] = {EVERY, "versions,suites,key_exchange"};
    for (size_t i = 0; i < 2; i++) {
        struct exchange model = server(arena, "RFC7919/ffdhe2048");
        struct rehearsal run;
        memcpy(model.suite, (uint16_t[8]){0xC02F, 0x009C}, sizeof model.suite);
        const struct feature_fact *prime = scan(&run, &model, checks[i], "dh_prime");
        assert_int_equal(prime->fact.verdict, VERDICT_NOT_APPLICABLE);
        assert_string_equal(prime->fact.reason, "no_dhe");
        assert_int_equal(feature(&run, "dh_value_reused")->fact.verdict, VERDICT_NOT_APPLICABLE);
        assert_int_equal(feature(&run, "raccoon_condition")->fact.verdict, VERDICT_NOT_APPLICABLE);
        host_release(&run.host);
    }
}

// Alone, the check asks for DHE itself, and for as many samples as it needs.
static void alone(void **state)
{
    struct arena *arena = *state;
    struct exchange model = server(arena, "RFC7919/ffdhe2048");
    struct rehearsal run;
    const struct feature_fact *prime = scan(&run, &model, "key_exchange", "dh_prime");
    assert_string_equal(prime->value, "ffdhe2048 (RFC 7919)");
    assert_int_equal(feature(&run, "dh_value_reused")->fact.verdict, VERDICT_NO);
    assert_int_equal(feature(&run, "dh_value_reused")->number, 3);
    assert_int_equal(feature(&run, "raccoon_condition")->fact.verdict, VERDICT_UNKNOWN);
    host_release(&run.host);
}

// --- repeated values -----------------------------------------------------------------------------

static void repeated_values(void **state)
{
    struct arena *arena = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct exchange model = server(arena, "RFC7919/ffdhe2048");
        struct rehearsal run;
        model.repeats_finite = i & 1;
        model.repeats_curve = i & 2;
        enum verdict finite = i & 1 ? VERDICT_YES : VERDICT_NO, curve = i & 2 ? VERDICT_YES : VERDICT_NO;
        assert_int_equal(scan(&run, &model, EVERY, "dh_value_reused")->fact.verdict, finite);
        assert_int_equal(feature(&run, "ecdh_value_reused")->fact.verdict, curve);
        assert_int_equal(feature(&run, "raccoon_condition")->fact.verdict, finite);
        assert_true(feature(&run, "dh_value_reused")->number >= 3);
        if (i & 1)
            assert_string_equal(feature(&run, "dh_value_reused")->value, "one value in all samples");
        host_release(&run.host);
    }
}

static bool shown_by(const struct fact *fact, uint64_t key)
{
    for (size_t i = 0; i < fact->evidence.count; i++)
        if (fact->evidence.key[i] == key)
            return true;
    return false;
}

// Values that other checks saw are compared as well, and all that are equal are the evidence.
static void a_value_that_is_seen_twice_is_told(void **state)
{
    struct arena *arena = *state;
    for (unsigned twice = 0; twice < 2; twice++) {
        struct exchange model = server(arena, "RFC7919/ffdhe2048");
        struct rehearsal run;
        model.tls13 = false;
        model.group[2] = 0x0018;
        model.repeats_rarely = twice == 1;
        const struct feature_fact *reused = scan(&run, &model, EVERY ",groups", "ecdh_value_reused");
        size_t equal = 0, all = 0;
        for (const struct answer *answer = run.host.ledger.first; answer != NULL; answer = answer->next) {
            struct bytes value = answer->outcome->flight->key_share;
            bool curve = value.size != 0 && answer->outcome->flight->group != 0, seven = curve && value.data[0] == 7;
            all += curve;
            equal += seven && shown_by(&reused->fact, answer->key);
            if (twice == 1 && seven)
                assert_true(shown_by(&reused->fact, answer->key));
        }
        assert_int_equal(reused->fact.verdict, twice == 1 ? VERDICT_YES : VERDICT_NO);
        assert_int_equal(reused->fact.evidence.count, twice == 1 ? equal : all);
        assert_true(twice == 0 || (equal >= 2 && equal < all));
        assert_int_equal(reused->number, all);
        host_release(&run.host);
    }
}

// What a hybrid group answers with is never the same, whatever the server keeps.
static void values_of_hybrid_groups_prove_nothing(void **state)
{
    struct arena *arena = *state;
    struct exchange model = server(arena, "RFC7919/ffdhe2048");
    struct rehearsal run;
    model.tls12 = false;
    memcpy(model.group13, (uint16_t[]){0x11EC, 0}, 2 * sizeof(uint16_t));
    const struct feature_fact *reused = scan(&run, &model, EVERY ",groups,post_quantum", "ecdh_value_reused");
    assert_int_not_equal(reused->fact.verdict, VERDICT_NO);
    assert_false(reused->has_number);
    host_release(&run.host);
}

static void static_diffie_hellman(void **state)
{
    struct arena *arena = *state;
    struct exchange model = server(arena, "RFC7919/ffdhe2048");
    struct rehearsal run;
    memcpy(model.suite, (uint16_t[8]){0xC02F, 0x0031}, sizeof model.suite); // TLS_DH_RSA_WITH_AES_128_CBC_SHA
    const struct feature_fact *raccoon = scan(&run, &model, EVERY, "raccoon_condition");
    assert_int_equal(raccoon->fact.verdict, VERDICT_YES);
    assert_string_equal(raccoon->fact.reason, "static_dh");
    host_release(&run.host);
}

// --- adversity -----------------------------------------------------------------------------------

static const char *const judged[] = {"dh_value_reused", "ecdh_value_reused", "raccoon_condition"};

static void lost_answers_turn_nothing(void **state)
{
    struct arena *arena = *state;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        struct exchange model = server(arena, "RFC3526/2048-bit MODP Group/Oakley Group 14");
        struct rehearsal run;
        model.repeats_finite = model.repeats_curve = seed % 2 == 0;
        if (seed % 3 == 0)
            model.tires_after = 3 + (unsigned)seed / 3;
        model.tires_with = seed % 2 == 0 ? 40 : 0;
        struct circumstances how = {.seed = seed,
                                    .lost_percent = seed % 3 == 0 ? 0 : 2 + (unsigned)seed / 3,
                                    .selected = checks_named(seed % 5 == 0 ? "key_exchange" : EVERY)};
        rehearse(&run, &how, exchange_answer, &model);
        for (size_t i = 0; i < 3; i++) {
            enum verdict verdict = feature(&run, judged[i])->fact.verdict;
            enum verdict never = seed % 2 == 0 ? VERDICT_NO : VERDICT_YES;
            if (verdict == never || verdict == VERDICT_NOT_APPLICABLE)
                fail_msg("seed %llu: %s is %s", (unsigned long long)seed, judged[i], verdict_name(verdict));
        }
        const struct feature_fact *prime = feature(&run, "dh_prime");
        if (prime->fact.verdict == VERDICT_YES)
            assert_string_equal(prime->value, "modp2048 (RFC 3526)");
        else
            assert_int_equal(prime->fact.verdict, VERDICT_UNKNOWN);
        host_release(&run.host);
    }
}

static void order_of_arrival_does_not_matter(void **state)
{
    struct arena *arena = *state;
    char *first = NULL;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct exchange model = server(arena, "Socat");
        struct rehearsal run;
        rehearse(&run, &(struct circumstances){.seed = seed, .selected = checks_named(MORE)}, exchange_answer, &model);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(primes_are_told, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(primes_of_nobody_else, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(no_finite_fields, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(alone, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(repeated_values, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_value_that_is_seen_twice_is_told, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(values_of_hybrid_groups_prove_nothing, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(static_diffie_hellman, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(lost_answers_turn_nothing, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(order_of_arrival_does_not_matter, arena_begin, arena_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
