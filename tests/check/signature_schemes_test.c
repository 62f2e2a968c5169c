// SPDX-License-Identifier: Apache-2.0
//
// The check `signature_schemes` against signers whose keys, schemes and order are known, and against
// ones that sign whatever they like.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/speaker.h"
#include "base/arena.h"
#include "wire/registry.h"

struct signer {
    uint16_t rsa[8], ecdsa[8]; // in the server's order; 0 ends it
    bool client_order;
    uint16_t falls_back_to; // signs with it where nothing is shared; 0: refuses
    bool takes_anything;    // the first that is offered
    bool hates_extension;   // turns signature_algorithms_cert down
    bool passes_over;       // suites that it cannot sign with are not chosen
};

static uint16_t pick(const struct signer *signer, const uint16_t known[8], struct codes offered)
{
    if (signer->client_order) {
        for (size_t i = 0; i < offered.count; i++)
            for (size_t j = 0; j < 8 && known[j] != 0; j++)
                if (known[j] == offered.code[i])
                    return known[j];
        return 0;
    }
    for (size_t j = 0; j < 8 && known[j] != 0; j++)
        if (codes_have(offered, known[j]))
            return known[j];
    return 0;
}

static bool pkcs1(uint16_t code) { return (code & 0xFF) == 1 && code < 0x0700; }

// TLS 1.3 does not sign with PKCS #1, and any kind of key will do.
static uint16_t sign(const struct signer *signer, const struct speech *speech)
{
    struct codes offered = speech->hello->schemes;
    if (signer->takes_anything)
        return offered.code[0];
    const struct suite *suite = suite_find(speech->flight->suite);
    if (speech->flight->version < TLS13)
        return pick(signer, suite->auth == AUTH_ECDSA ? signer->ecdsa : signer->rsa, offered);
    uint16_t signs[16] = {0};
    size_t count = 0;
    for (size_t i = 0; i < 8 && signer->rsa[i] != 0; i++)
        if (!pkcs1(signer->rsa[i]))
            signs[count++] = signer->rsa[i];
    return pick(signer, signs, offered);
}

// The first suite of its list that it can go on with. False: none.
static bool choose_signed(const struct speaker *speaker, const struct speech *speech)
{
    for (size_t i = 0; i < 8 && speaker->suites[i] != 0; i++) {
        speech->flight->suite = speaker->suites[i];
        bool is_signed = suite_find(speaker->suites[i])->kx != KX_RSA;
        if (codes_have(speech->hello->suites, speaker->suites[i]) &&
            (!is_signed || sign(speaker->context, speech) != 0))
            return true;
    }
    return false;
}

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    const struct signer *signer = speaker->context;
    struct flight *flight = speech->flight;
    flight->alert_description = 40;
    if (signer->passes_over && flight->version < TLS13 && !choose_signed(speaker, speech))
        return false;
    const struct suite *suite = suite_find(flight->suite);
    if (flight->retry || suite->kx == KX_RSA) {
        flight->scheme = 0;
        return true;
    }
    flight->scheme = sign(signer, speech);
    if (flight->scheme == 0)
        flight->scheme = signer->falls_back_to;
    if (signer->hates_extension && (speech->hello->extensions & HELLO_SIGNATURE_ALGORITHMS_CERT) != 0)
        return false;
    return flight->scheme != 0;
}

// In an order that is foreseen, so that schemes are found beside them.
#define MANY_SUITES 0xC02C, 0xC030, 0x009F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC02B, 0xC02F

static const struct row {
    const char *name;
    struct signer signer;
    uint16_t suites[8];
    enum preference want_preference;
} rows[] = {
    {"RSA, its own order", {.rsa = {0x0806, 0x0401, 0x0804, 0x0501}}, {0xC02F, 0x002F}, PREFERENCE_SERVER},
    {"RSA, the client's order",
     {.rsa = {0x0806, 0x0401, 0x0804, 0x0501}, .client_order = true},
     {0xC02F},
     PREFERENCE_CLIENT},
    {"RSA and ECDSA",
     {.rsa = {0x0806, 0x0804}, .ecdsa = {0x0603, 0x0403}},
     {0xC02B, 0xC02F, 0x009C},
     PREFERENCE_SERVER},
    {"one scheme", {.rsa = {0x0804}}, {0xC013}, PREFERENCE_SINGLE},
    {"many suites, as usual",
     {.rsa = {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0301},
      .ecdsa = {0x0403, 0x0503, 0x0603},
      .passes_over = true},
     {MANY_SUITES},
     PREFERENCE_SERVER},
    {"many suites, the client's order of schemes",
     {.rsa = {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601},
      .ecdsa = {0x0603, 0x0503, 0x0403},
      .client_order = true,
      .passes_over = true},
     {MANY_SUITES},
     PREFERENCE_CLIENT},
    {"many suites, some schemes missing",
     {.rsa = {0x0804, 0x0805}, .ecdsa = {0x0403, 0x0303}, .passes_over = true},
     {MANY_SUITES},
     PREFERENCE_SERVER},
    {"many suites, the first scheme is another",
     {.rsa = {0x0501, 0x0804, 0x0401}, .ecdsa = {0x0603, 0x0403}, .passes_over = true},
     {MANY_SUITES},
     PREFERENCE_SERVER},
    {"many suites, one scheme of each key",
     {.rsa = {0x0804}, .ecdsa = {0x0403}, .passes_over = true},
     {MANY_SUITES},
     PREFERENCE_SINGLE},
    {"many suites, one scheme beside key transport",
     {.rsa = {0x0804}, .passes_over = true},
     {0xC030, 0x009F, 0xCCA8, 0xCCAA, 0xC02F, 0x009E, 0x009D, 0x009C},
     PREFERENCE_SINGLE},
};

static struct speaker speaker_of(const struct row *row)
{
    struct speaker speaker = {.tls12 = true, .tls13 = true, .context = &row->signer, .speak = speak};
    memcpy(speaker.suites, row->suites, sizeof row->suites);
    return speaker;
}

static size_t count_of(const uint16_t known[8], bool newer)
{
    size_t count = 0;
    for (size_t i = 0; i < 8 && known[i] != 0; i++)
        count += !newer || !pkcs1(known[i]);
    return count;
}

static const struct list_fact *list_of(const struct facts *facts, uint16_t version)
{
    for (size_t i = 0; i < facts->list_count; i++)
        if (facts->lists[i].kind == LIST_SIGNATURE_SCHEMES && facts->lists[i].version == version)
            return &facts->lists[i];
    return NULL;
}

static bool among(const uint16_t known[8], uint16_t code)
{
    for (size_t i = 0; i < 8 && known[i] != 0; i++)
        if (known[i] == code)
            return true;
    return false;
}

static void assert_true_schemes(const struct row *row, const struct facts *facts, bool all_known)
{
    size_t found[2] = {0};
    for (size_t i = 0; i < facts->scheme_count; i++) {
        const struct scheme_fact *fact = &facts->schemes[i];
        bool newer = fact->version == TLS13;
        found[newer]++;
        if (!among(row->signer.rsa, fact->code) && (newer || !among(row->signer.ecdsa, fact->code)))
            fail_msg("%s: scheme %04X of %04X is false", row->name, fact->code, fact->version);
        if (all_known && !newer && !row->signer.client_order) {
            const uint16_t *known = among(row->signer.rsa, fact->code) ? row->signer.rsa : row->signer.ecdsa;
            assert_int_equal(known[fact->order - 1], fact->code);
        }
    }
    for (unsigned newer = 0; newer < 2; newer++) {
        const struct list_fact *list = list_of(facts, newer != 0 ? TLS13 : TLS12);
        if (list == NULL && !all_known)
            continue;
        assert_non_null(list);
        size_t truth = count_of(row->signer.rsa, newer != 0) + (newer != 0 ? 0 : count_of(row->signer.ecdsa, false));
        if (list->complete.verdict == VERDICT_YES && found[newer] != truth)
            fail_msg("%s: %zu of %zu schemes are said to be all", row->name, found[newer], truth);
        if (all_known && (list->complete.verdict != VERDICT_YES ||
                          (newer == 0 && list->preference.preference != row->want_preference)))
            fail_msg("%s: list is %s, %s", row->name, verdict_name(list->complete.verdict),
                     preference_name(list->preference.preference));
    }
}

// What is found beside them does not change the order of suites.
static void assert_true_suites(const struct row *row, const struct facts *facts)
{
    size_t found = 0;
    for (size_t i = 0; i < facts->suite_count; i++) {
        const struct suite_fact *fact = &facts->suites[i];
        if (fact->version != TLS12)
            continue;
        if (fact->code != row->suites[found] || fact->order != found + 1)
            fail_msg("%s: suite %04X is number %u", row->name, fact->code, fact->order);
        found++;
    }
    assert_true(found == 8 || row->suites[found] == 0);
}

static void schemes_are_found(void **state)
{
    (void)state;
    static const char *const selections[] = {"versions,signature_schemes", "versions,suites,signature_schemes"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t selection = 0; selection < 2; selection++) {
            struct speaker speaker = speaker_of(&rows[i]);
            const struct circumstances how = {
                .seed = i, .named = true, .selected = checks_named(selections[selection])};
            struct rehearsal run;
            rehearse(&run, &how, speaker_answer, &speaker);
            assert_true_schemes(&rows[i], &run.host.facts, true);
            if (selection == 1)
                assert_true_suites(&rows[i], &run.host.facts);
            host_release(&run.host);
        }
}

static void lost_answers_never_turn_a_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        const struct row *row = &rows[seed % (sizeof rows / sizeof rows[0])];
        struct speaker speaker = speaker_of(row);
        const struct circumstances how = {.seed = seed,
                                          .lost_percent = 2 + (unsigned)(seed % 30),
                                          .named = true,
                                          .selected = checks_named("versions,suites,signature_schemes")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        assert_true_schemes(row, &run.host.facts, false);
        host_release(&run.host);
    }
}

static void order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct speaker speaker = speaker_of(&rows[i]);
        assert_order_does_not_matter(&speaker, checks_named("versions,suites,signature_schemes"));
    }
}

// Who does not read the list is found out, and what it signs with unasked is no scheme of its list.
static void unasked_signatures_are_described(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct signer signer;
        size_t want_schemes;     // of TLS 1.2
        const char *want_reason; // who takes anything has not signed with what it says, and its rows prove nothing
        const char *want_said;
    } liars[] = {
        {"falls back to one of the list",
         {.rsa = {0x0804, 0x0201}, .falls_back_to = 0x0201},
         2,
         "scheme_not_offered",
         "with rsa_pkcs1_sha1"},
        {"falls back to one of its own",
         {.rsa = {0x0804}, .falls_back_to = 0x7A01},
         1,
         "scheme_not_offered",
         "with a scheme that is not"},
        {"takes anything", {.takes_anything = true}, 0, "ignores_offer", "whatever schemes"},
    };
    for (size_t i = 0; i < sizeof liars / sizeof liars[0]; i++) {
        struct speaker speaker = {.tls12 = true, .suites = {0xC02F}, .context = &liars[i].signer, .speak = speak};
        const struct circumstances how = {
            .seed = 1, .named = true, .selected = checks_named("versions,signature_schemes")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        const struct list_fact *list = list_of(&run.host.facts, TLS12);
        assert_int_equal(list->complete.verdict, VERDICT_UNKNOWN);
        assert_string_equal(list->complete.reason, liars[i].want_reason);
        assert_non_null(strstr(list->complete.sentence, liars[i].want_said));
        if (liars[i].want_schemes != 0)
            assert_int_equal(run.host.facts.scheme_count, liars[i].want_schemes);
        for (size_t j = 0; j < run.host.facts.scheme_count; j++)
            assert_int_not_equal(run.host.facts.schemes[j].code, 0x7777);
        assert_true(run.connections < 80);
        host_release(&run.host);
    }
}

// Its refusals are not about schemes, though the first answer, which another check had asked for, was signed.
static void refusals_of_the_extension_are_no_list(void **state)
{
    (void)state;
    static const uint16_t suites[2][2] = {{0xC02F}, {0xC02B, 0xC02F}};
    static const struct signer signer = {.rsa = {0x0804, 0x0401}, .ecdsa = {0x0403, 0x0503}, .hates_extension = true};
    for (size_t i = 0; i < 2; i++) {
        struct speaker speaker = {.tls12 = true, .context = &signer, .speak = speak};
        memcpy(speaker.suites, suites[i], sizeof suites[i]);
        const struct circumstances how = {
            .seed = 1, .named = true, .selected = checks_named("versions,suites,signature_schemes")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        const struct list_fact *list = list_of(&run.host.facts, TLS12);
        assert_int_equal(list->complete.verdict, VERDICT_UNKNOWN);
        assert_string_equal(list->complete.reason, "refused");
        assert_int_equal(run.host.facts.scheme_count, 1 + i);
        host_release(&run.host);
    }
}

static void versions_without_signatures(void **state)
{
    (void)state;
    struct speaker speaker = {.tls12 = true, .suites = {0x002F}, .context = &rows[0].signer, .speak = speak};
    const struct circumstances how = {
        .seed = 1, .named = true, .selected = checks_named("versions,suites,signature_schemes")};
    struct rehearsal run;
    rehearse(&run, &how, speaker_answer, &speaker);
    assert_int_equal(list_of(&run.host.facts, TLS12)->complete.verdict, VERDICT_NOT_APPLICABLE);
    assert_null(list_of(&run.host.facts, TLS13));
    host_release(&run.host);
}

// Accepted + 1 for each list, a control of each version where the order may be the client's, what is shared, and three
// asked ahead, or beside suites, in vain.
static void connections_stay_in_budget(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct speaker speaker = speaker_of(&rows[i]);
        struct circumstances how = {.seed = 1, .named = true, .selected = checks_named("versions,suites,certificates")};
        struct rehearsal base, run;
        rehearse(&base, &how, speaker_answer, &speaker);
        how.selected = checks_named("versions,suites,certificates,signature_schemes");
        rehearse(&run, &how, speaker_answer, &speaker);
        size_t lists = rows[i].signer.ecdsa[0] != 0 ? 3 : 2;
        size_t controls = rows[i].signer.client_order ? 2 : 0;
        size_t budget = run.host.facts.scheme_count + lists + controls + 3;
        if (run.connections - base.connections > budget)
            fail_msg("%s: %u connections, %zu allowed", rows[i].name, run.connections - base.connections, budget);
        host_release(&base.host);
        host_release(&run.host);
    }
}

static bool shown_by_suite(const struct facts *facts, uint64_t key)
{
    for (size_t i = 0; i < facts->suite_count; i++)
        for (size_t j = 0; j < facts->suites[i].evidence.count; j++)
            if (facts->suites[i].evidence.key[j] == key)
                return true;
    return false;
}

// One answer tells of both, as far as there are suites to ask about.
static void schemes_are_found_beside_suites(void **state)
{
    (void)state;
    static const struct row row = {"as usual",
                                   {.rsa = {0x0804, 0x0805, 0x0806, 0x0401}, .ecdsa = {0x0403}, .passes_over = true},
                                   {MANY_SUITES},
                                   PREFERENCE_SERVER};
    struct speaker speaker = speaker_of(&row);
    speaker.tls13 = false;
    const struct circumstances how = {
        .seed = 1, .named = true, .selected = checks_named("versions,suites,signature_schemes")};
    struct rehearsal run;
    rehearse(&run, &how, speaker_answer, &speaker);
    const struct facts *facts = &run.host.facts;
    assert_int_equal(facts->scheme_count, 5);
    for (size_t i = 0; i < facts->scheme_count; i++)
        if (!shown_by_suite(facts, facts->schemes[i].evidence.key[0]))
            fail_msg("scheme %04X was asked about by itself", facts->schemes[i].code);
    host_release(&run.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_are_found),
        cmocka_unit_test(lost_answers_never_turn_a_list),
        cmocka_unit_test(order_of_arrival_does_not_matter),
        cmocka_unit_test(unasked_signatures_are_described),
        cmocka_unit_test(refusals_of_the_extension_are_no_list),
        cmocka_unit_test(versions_without_signatures),
        cmocka_unit_test(connections_stay_in_budget),
        cmocka_unit_test(schemes_are_found_beside_suites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
