// SPDX-License-Identifier: Apache-2.0
//
// The check `transparency` against servers that deliver SCTs in one way or another; and what its policies say of chains
// that are public, private, or not known to be either.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../support/fixture.h"
#include "../support/speaker.h"
#include "base/arena.h"
#include "base/text.h"
#include "check/transparency.h"

#define ALONE "versions,certificates,transparency"
#define ALL   "versions,suites,certificates,extensions,transparency"

enum { SIGNED_CERTIFICATE_TIMESTAMP = 18, STATUS_REQUEST = 5 };

static struct arena memory; // of fixtures
static struct ct_logs *logs;

static struct bytes fixture(const char *kind, const char *name)
{
    FILE *file = fopen("fixtures/ct/cases.txt", "r");
    char line[8192], a[16], b[32], text[8000];
    struct bytes octets = {NULL, 0};
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%15s %31s %7999s", a, b, text) == 3 && strcmp(a, kind) == 0 && strcmp(b, name) == 0)
            assert_true(text_from_base64(&memory, text, &octets));
    fclose(file);
    return octets;
}

// --- servers -------------------------------------------------------------------------------------

struct delivery {
    const char *list, *staple; // or NULL
    bool second;               // the staple comes when it is asked for again
    bool in_12, in_13;         // where the list comes
};

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    const struct delivery *delivery = speaker->context;
    bool newer = speech->flight->version == TLS13;
    if (delivery->list != NULL && speech_asked(speech, SIGNED_CERTIFICATE_TIMESTAMP) != NULL &&
        (newer ? delivery->in_13 : delivery->in_12)) {
        if (newer)
            speech_say_of_leaf(speech, SIGNED_CERTIFICATE_TIMESTAMP, fixture("list", delivery->list));
        else
            speech_say(speech, SIGNED_CERTIFICATE_TIMESTAMP, fixture("list", delivery->list));
    }
    if (delivery->staple != NULL && speech_asked(speech, STATUS_REQUEST) != NULL && !speech->flight->retry &&
        (!delivery->second || speech_asks_again(speech)))
        speech->flight->shown->staple = fixture("staple", delivery->staple);
    return true;
}

static const struct row {
    const char *name, *leaf;
    struct delivery delivery;
    const char *want, *want_scts; // of the check alone
    const char *want_all;         // together with `extensions`, where it differs
    unsigned want_more;           // connections of its own together with `extensions`
} rows[] = {
    {"in the certificate", "two", {0}, "yes", "certificate:unknown/no_issuer certificate:unknown/no_issuer", NULL, 0},
    {"nowhere", "plain", {0}, "no/no_scts", "", NULL, 0},
    {"in TLS", "plain", {.list = "two", .in_12 = true, .in_13 = true}, "yes", "tls:yes tls:yes", NULL, 0},
    {"in TLS 1.2 alone", "plain", {.list = "two", .in_12 = true}, "yes", "tls:yes tls:yes", NULL, 0},
    {"of another certificate",
     "plain",
     {.list = "before", .in_12 = true, .in_13 = true},
     "yes",
     "tls:no/bad_signature",
     NULL,
     0},
    {"a list that is none",
     "plain",
     {.list = "empty", .in_12 = true, .in_13 = true},
     "unknown/malformed_list",
     "",
     NULL,
     0},
    {"in a staple", "plain", {.staple = "two"}, "yes", "ocsp:yes ocsp:yes", NULL, 0},
    {"in the second staple", "plain", {.staple = "two", .second = true}, "no/no_scts", "", "yes", 0},
    {"in all ways",
     "two",
     {.list = "one", .staple = "revoked", .in_12 = true, .in_13 = true},
     "yes",
     "certificate:unknown/no_issuer certificate:unknown/no_issuer tls:no/bad_signature ocsp:no/bad_signature",
     NULL,
     0},
};

static struct speaker speaker_of(const struct row *row, bool newer)
{
    return (struct speaker){.tls12 = true,
                            .tls13 = newer,
                            .suites = {0xC02B, 0xC02F},
                            .certificate = fixture("leaf", row->leaf),
                            .context = &row->delivery,
                            .speak = speak};
}

static const char *say(const struct fact *fact)
{
    return fact->reason == NULL ? verdict_name(fact->verdict)
                                : arena_text(&memory, "%s/%s", verdict_name(fact->verdict), fact->reason);
}

static const char *say_scts(const struct transparency_fact *found)
{
    const char *text = "";
    for (size_t i = 0; i < found->sct_count; i++) {
        const struct sct_fact *row = &found->scts[i];
        text = arena_text(&memory, "%s%s%s:%s", text, i == 0 ? "" : " ", sct_source_name(row->source), say(&row->fact));
        assert_true(row->fact.evidence.count != 0);
    }
    return text;
}

static unsigned connections_of(struct host *host, const char *id)
{
    unsigned count = 0;
    uint64_t bit = checks_named(id);
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        count += (answer->askers & -answer->askers) == bit;
    return count;
}

static const struct transparency_fact *run_one(struct rehearsal *run, const struct row *row, bool newer,
                                               const char *checks)
{
    struct speaker speaker = speaker_of(row, newer);
    const struct circumstances how = {.seed = 3, .named = true, .ct_logs = logs, .selected = checks_named(checks)};
    rehearse(run, &how, speaker_answer, &speaker);
    assert_int_equal(run->host.facts.chain_count, 1);
    assert_non_null(run->host.facts.transparency);
    return run->host.facts.transparency;
}

static void scts_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int newer = 0; newer < 2; newer++) {
            const struct row *row = &rows[i];
            struct rehearsal run;
            print_message("%s, TLS 1.%d\n", row->name, 2 + newer);
            const struct transparency_fact *found = run_one(&run, row, newer != 0, ALONE);
            assert_string_equal(say(&found->fact), row->want);
            assert_string_equal(say_scts(found), row->want_scts);
            // One in each version in which the chain was seen: whether it is public is not known without a store.
            assert_int_equal(connections_of(&run.host, "transparency"), 1 + newer);
            host_release(&run.host);
            found = run_one(&run, row, newer != 0, ALL);
            assert_string_equal(say(&found->fact), row->want_all != NULL ? row->want_all : row->want);
            assert_int_equal(connections_of(&run.host, "transparency"), row->want_more);
            host_release(&run.host);
        }
}

static void order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct speaker speaker = speaker_of(&rows[i], true);
        assert_order_does_not_matter(&speaker, checks_named(ALONE));
        assert_order_does_not_matter(&speaker, checks_named(ALL));
    }
}

// A lost answer may leave things open, and turn none.
static void losses_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed <= 60; seed++) {
            struct speaker speaker = speaker_of(&rows[i], true);
            const struct circumstances how = {.seed = seed,
                                              .lost_percent = 5 + (unsigned)(seed % 30),
                                              .named = true,
                                              .ct_logs = logs,
                                              .selected = checks_named(seed % 2 == 0 ? ALL : ALONE)};
            bool none = strcmp(rows[i].want, "no/no_scts") == 0 && rows[i].want_all == NULL;
            struct rehearsal run;
            rehearse(&run, &how, speaker_answer, &speaker);
            for (size_t k = 0; k < run.host.facts.chain_count; k++) {
                const struct transparency_fact *found = &run.host.facts.transparency[k];
                if (found->fact.verdict == VERDICT_NO && !none && rows[i].want_all == NULL)
                    fail_msg("%s, seed %d: nothing is said to come", rows[i].name, (int)seed);
                if (found->fact.verdict == VERDICT_YES && none)
                    fail_msg("%s, seed %d: something is said to come", rows[i].name, (int)seed);
            }
            host_release(&run.host);
        }
}

// --- policies ------------------------------------------------------------------------------------

#define LIST(the_verdict)                                                                                              \
    {                                                                                                                  \
        .store = "mozilla", .date = "2026-07-19", .fact = {.verdict = the_verdict }                                    \
    }
#define STORE(the_verdict)                                                                                             \
    {                                                                                                                  \
        .store = "system", .fact = {.verdict = the_verdict }                                                           \
    }

static const struct trust_fact public[] = {STORE(VERDICT_NO), LIST(VERDICT_NO), LIST(VERDICT_YES),
                                           LIST(VERDICT_UNKNOWN)};
static const struct trust_fact private[] = {STORE(VERDICT_YES), LIST(VERDICT_NO), LIST(VERDICT_NO)};
static const struct trust_fact open_question[] = {STORE(VERDICT_YES), LIST(VERDICT_NO), LIST(VERDICT_UNKNOWN)};
static const struct trust_fact untested[] = {STORE(VERDICT_NOT_TESTED)};

#define TRUST(rows) rows, sizeof(rows) / sizeof *(rows)

static const struct policy_row {
    const char *leaf;
    const struct trust_fact *trust;
    size_t trust_count;
    bool issuer, asked;
    const char *want_chrome, *want_apple;
} policies[] = {
    {"two", TRUST(public), true, true, "yes", "unknown/log_state"}, // Apple's list does not have cedar
    {"two", TRUST(public), true, false, "yes", "unknown/not_asked"},
    {"two", TRUST(public), false, true, "unknown/no_issuer", "unknown/no_issuer"},
    {"two", TRUST(private), true, true, "not_applicable/not_public", "not_applicable/not_public"},
    {"two", TRUST(open_question), true, true, "yes", "unknown/trust_unknown"},
    {"two", TRUST(untested), true, true, "yes", "unknown/trust_unknown"},
    {"plain", TRUST(public), true, true, "no/no_scts", "no/no_scts"},
    {"plain", TRUST(public), true, false, "unknown/not_asked", "unknown/not_asked"},
    {"plain", TRUST(open_question), true, true, "unknown/trust_unknown", "unknown/trust_unknown"},
    {"plain", TRUST(private), true, true, "not_applicable/not_public", "not_applicable/not_public"},
    {"one-operator", TRUST(public), true, true, "no/one_operator", "no/one_operator"},
    {"another", TRUST(public), true, true, "no/no_current_log", "no/no_current_log"},
    {"unknown-log", TRUST(public), true, true, "no/too_few", "no/too_few"},
    {"cut", TRUST(public), true, true, "unknown/malformed_list", "unknown/malformed_list"},
    {"three", TRUST(public), true, true, "yes", "unknown/log_state"},
};

static void policies_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        const struct policy_row *row = &policies[i];
        struct arena scratch = {0};
        struct host host = {.now = 1770000000, .scratch = &scratch, .ct_logs = logs};
        struct certificate chain[2];
        struct transparency_fact found;
        print_message("%zu: %s\n", i, row->leaf);
        certificate_read(&memory, fixture("leaf", row->leaf), &chain[0]);
        chain[0].error = NULL; // of lists that are malformed on purpose
        certificate_read(&memory, fixture_certificate(&memory, "intermediate"), &chain[1]);
        struct chain_fact fact = {
            .chain = chain, .count = row->issuer ? 2 : 1, .trust = row->trust, .trust_count = row->trust_count};
        struct deliveries deliveries = {.fact = row->asked ? fact_of(VERDICT_YES)
                                                           : fact_because(VERDICT_UNKNOWN, "not_asked", "not asked")};
        transparency_judge(&host, &fact, &deliveries, &found);
        assert_string_equal(say(&found.policies[CT_CHROME].fact), row->want_chrome);
        assert_string_equal(say(&found.policies[CT_APPLE].fact), row->want_apple);
        assert_string_equal(found.policies[CT_CHROME].date, "2026-11-01");
        assert_string_equal(found.logs, "fixtures/ct/logs.csv");
        arena_release(&scratch);
        arena_release(&host.facts_memory);
    }
}

int main(void)
{
    struct complaint complaint = {0};
    logs = ct_logs_open("fixtures/ct/logs.csv", &complaint);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scts_are_found),
        cmocka_unit_test(order_of_arrival_does_not_matter),
        cmocka_unit_test(losses_do_no_harm),
        cmocka_unit_test(policies_are_judged),
    };
    int failed = logs == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    ct_logs_close(logs);
    arena_release(&memory);
    return failed;
}
