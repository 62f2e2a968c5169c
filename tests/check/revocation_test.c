// SPDX-License-Identifier: Apache-2.0
//
// The check `revocation` against servers that staple or not, and responders and lists that answer or not: what a
// certificate's status comes to, what is asked for it, and that neither order nor loss turns it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/fixture.h"
#include "../support/speaker.h"
#include "base/arena.h"
#include "check/revocation_facts.h"
#include "wire/registry.h"

#define NOW   1790000000 // 2026-09-21
#define OCSP  "http://127.0.0.1:28880/issuing"
#define CRL   "http://127.0.0.1:28881/issuing.crl"
#define MOVED "http://127.0.0.1:28881/elsewhere"

struct site {
    bool tls12, tls13;
    const char *chain;         // of fixtures/pki/chains
    const char *staple, *next; // files of fixtures/revocation, for the leaf and the one above it; NULL: none
    bool late;                 // no staple when it is first asked for
    bool refuses;              // hellos that ask for a staple
    bool allowed;              // to fetch
    const char *ocsp, *crl;    // files; NULL: 404
    const char *unissued;      // what the responder says of a number that nobody has issued; NULL: 404
    bool moved;                // the list, once
    bool in_circles;           // ... or always
};

struct visit {
    struct speaker speaker;
    const struct site *site;
    struct arena memory;
    struct bytes chain[4];
    size_t count;
    unsigned posts, gets, requests; // requests: hellos that ask for a staple
    unsigned controls;              // posts that ask about the number that nobody has issued
};

static struct bytes file_of(struct arena *arena, const char *name)
{
    uint8_t octets[4096];
    FILE *file = fopen(arena_text(arena, "fixtures/revocation/%s.der", name), "rb");
    assert_non_null(file);
    size_t size = fread(octets, 1, sizeof octets, file);
    fclose(file);
    return arena_copy(arena, (struct bytes){octets, size});
}

// --- the server ------------------------------------------------------------------------------------

enum { STATUS_REQUEST = 5 };

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    struct visit *visit = (struct visit *)speaker->context;
    const struct site *site = visit->site;
    struct flight *flight = speech->flight;
    bool asked = (speech->hello->extensions & HELLO_STATUS_REQUEST) != 0;
    visit->requests += asked;
    if (asked && site->refuses)
        return flight->alert_description = 40, false;
    if (flight->retry)
        return true;
    flight->shown->certificates = visit->chain;
    flight->shown->certificate_count = visit->count;
    if (!asked || site->staple == NULL || (site->late && !speech_asks_again(speech)))
        return true;
    flight->shown->staple = file_of(speech->arena, site->staple);
    if (flight->version != TLS13)
        return true;
    struct bytes *staples = arena_array(speech->arena, visit->count, sizeof *staples);
    staples[0] = flight->shown->staple;
    if (site->next != NULL)
        staples[1] = file_of(speech->arena, site->next);
    flight->shown->staples = staples;
    return true;
}

// --- others ----------------------------------------------------------------------------------------

static struct outcome document(struct ledger *ledger, uint16_t status, const char *location, const char *file)
{
    struct fetch_result *result = arena_alloc(&ledger->memory, sizeof *result);
    *result = (struct fetch_result){.status = status, .location = location};
    if (file != NULL)
        result->body = file_of(&ledger->memory, file);
    return (struct outcome){.kind = OUTCOME_REPLIED, .tries = 1, .fetch = result};
}

static struct outcome fetch(struct visit *visit, struct ledger *ledger, const struct fetch *question)
{
    const struct site *site = visit->site;
    bool list = strcmp(question->url, CRL) == 0, moved = strcmp(question->url, MOVED) == 0;
    if (!site->allowed)
        return (struct outcome){.kind = OUTCOME_NOT_ALLOWED};
    if (strcmp(question->url, "http://127.0.0.1:28881/root.der") == 0) // of `certificates`
        return document(ledger, 404, NULL, NULL);
    static const uint8_t unissued[] = {0x4E, 0xB3, 0x3A, 0x76, 0xA9, 0xF5, 0x54, 0xE7};
    bool control = memmem(question->body.data, question->body.size, unissued, sizeof unissued) != NULL;
    visit->posts += question->method == FETCH_POST && !control;
    visit->controls += control;
    visit->gets += question->method == FETCH_GET;
    if (strcmp(question->url, OCSP) == 0) {
        assert_int_equal(question->method, FETCH_POST);
        assert_string_equal(question->content_type, "application/ocsp-request");
        const char *file = control ? site->unissued : site->ocsp;
        return document(ledger, file == NULL ? 404 : 200, NULL, file);
    }
    if (!list && !moved)
        fail_msg("nobody names %s", question->url);
    if ((list && site->moved) || site->in_circles)
        return document(ledger, 302, moved ? CRL : "/elsewhere", NULL);
    return document(ledger, site->crl == NULL ? 404 : 200, NULL, site->crl);
}

static struct outcome answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    struct visit *visit = context;
    struct probe probe;
    answer_decode(asked, &ledger->memory, &probe);
    if (probe.kind == PROBE_FETCH)
        return fetch(visit, ledger, &probe.fetch);
    return speaker_answer(&visit->speaker, ledger, asked, number);
}

static void visit_site(struct rehearsal *run, struct visit *visit, const struct site *site, uint64_t seed,
                       unsigned lost_percent, const char *checks)
{
    *visit = (struct visit){.site = site};
    visit->count = fixture_chain(&visit->memory, arena_text(&visit->memory, "fixtures/pki/chains/%s.pem", site->chain),
                                 visit->chain, 4);
    visit->speaker = (struct speaker){.tls12 = site->tls12,
                                      .tls13 = site->tls13,
                                      .suites = {0xC02B},
                                      .certificate = visit->chain[0],
                                      .context = visit,
                                      .speak = speak};
    const struct circumstances how = {
        .seed = seed, .named = true, .lost_percent = lost_percent, .selected = checks_named(checks), .now = NOW};
    rehearse(run, &how, answer, visit);
}

static void leave(struct rehearsal *run, struct visit *visit)
{
    host_release(&run->host);
    arena_release(&visit->memory);
}

// --- rows ------------------------------------------------------------------------------------------

#define BOTH     .tls12 = true, .tls13 = true
#define ALONE    "versions,certificates,revocation"
#define TOGETHER "versions,certificates,extensions,revocation"

static const struct {
    const char *name;
    struct site site;
    enum standing want;
    const char *want_reason;
    enum verdict want_kept;
    const char *want_kept_reason;
    unsigned want_posts, want_gets;
} rows[] = {
    {"nothing is stapled or fetched",
     {BOTH, .chain = "good"},
     STANDING_NOT_TESTED,
     "not_allowed",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     0,
     0},
    {"stapled",
     {BOTH, .chain = "good", .staple = "good"},
     STANDING_GOOD,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     0,
     0},
    {"stapled in TLS 1.2",
     {.tls12 = true, .chain = "good", .staple = "good"},
     STANDING_GOOD,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     0,
     0},
    {"revoked, and stapled",
     {BOTH, .chain = "revoked", .staple = "revoked"},
     STANDING_REVOKED,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     0,
     0},
    {"another's staple",
     {BOTH, .chain = "good", .staple = "revoked"},
     STANDING_UNKNOWN,
     "other_certificate",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     0,
     0},
    {"a stale staple",
     {BOTH, .chain = "good", .staple = "stale"},
     STANDING_UNKNOWN,
     "expired",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     0,
     0},
    {"a stale staple, and a list",
     {BOTH, .chain = "good", .staple = "stale", .allowed = true, .crl = "crl-good"},
     STANDING_GOOD,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"asked for",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .crl = "crl-good"},
     STANDING_GOOD,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"revoked",
     {BOTH, .chain = "revoked", .allowed = true, .ocsp = "revoked", .crl = "crl-revoked"},
     STANDING_REVOKED,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"revoked by a list alone",
     {BOTH, .chain = "revoked", .allowed = true, .crl = "crl-revoked"},
     STANDING_REVOKED,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"nobody knows",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "try-later"},
     STANDING_UNKNOWN,
     "try_later",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"nobody is there",
     {BOTH, .chain = "good", .allowed = true},
     STANDING_UNKNOWN,
     "http_status",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"unknown to its responder, and not on the list",
     {BOTH, .chain = "unlisted", .allowed = true, .ocsp = "unknown", .crl = "crl-good"},
     STANDING_UNKNOWN,
     "unknown_certificate",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"by another key",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "other-key", .crl = "crl-other-key"},
     STANDING_UNKNOWN,
     "bad_signature",
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     1},
    {"moved once",
     {BOTH, .chain = "good", .allowed = true, .crl = "crl-good", .moved = true},
     STANDING_GOOD,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     2},
    {"moved in circles",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .in_circles = true},
     STANDING_GOOD,
     NULL,
     VERDICT_NOT_APPLICABLE,
     "not_required",
     1,
     2},
    {"a promise kept",
     {BOTH, .chain = "must-staple", .staple = "must-staple"},
     STANDING_GOOD,
     NULL,
     VERDICT_YES,
     NULL,
     0,
     0},
    {"a promise kept late",
     {BOTH, .chain = "must-staple", .staple = "must-staple", .late = true},
     STANDING_GOOD,
     NULL,
     VERDICT_YES,
     NULL,
     0,
     0},
    {"a promise broken",
     {BOTH, .chain = "must-staple"},
     STANDING_NOT_TESTED,
     "not_allowed",
     VERDICT_NO,
     "no_staple",
     0,
     0},
    {"a promise broken by another's staple",
     {BOTH, .chain = "must-staple", .staple = "good"},
     STANDING_UNKNOWN,
     "other_certificate",
     VERDICT_NO,
     "other_certificate",
     0,
     0},
    {"a promise that nobody can be asked for",
     {BOTH, .chain = "must-staple", .refuses = true},
     STANDING_UNKNOWN,
     "alert",
     VERDICT_UNKNOWN,
     "alert",
     0,
     0},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed < 5; seed++) {
            struct rehearsal run;
            struct visit visit;
            print_message("%s, %s\n", rows[i].name, seed % 2 ? "alone" : "together");
            visit_site(&run, &visit, &rows[i].site, seed, 0, seed % 2 ? ALONE : TOGETHER);
            assert_int_equal(run.host.facts.chain_count, 1);
            assert_non_null(run.host.facts.revocations);
            const struct chain_revocation *found = &run.host.facts.revocations[0];
            const struct standing_fact *leaf = &found->certificates[0].fact;
            assert_string_equal(standing_name(leaf->standing), standing_name(rows[i].want));
            assert_string_equal(leaf->reason == NULL ? "" : leaf->reason,
                                rows[i].want_reason == NULL ? "" : rows[i].want_reason);
            assert_int_equal(found->must_staple.verdict, rows[i].want_kept);
            assert_string_equal(found->must_staple.reason == NULL ? "" : found->must_staple.reason,
                                rows[i].want_kept_reason == NULL ? "" : rows[i].want_kept_reason);
            assert_int_equal(visit.posts, rows[i].want_posts);
            assert_int_equal(visit.gets, rows[i].want_gets);
            // Without a store the issuer of the other certificate is not at hand.
            assert_string_equal(found->certificates[1].fact.reason, "no_issuer");
            leave(&run, &visit);
        }
}

// "good" of a responder has a control: what it says of a serial number that nobody has issued.
static const struct {
    const char *name;
    struct site site;
    bool want_asked;
    enum verdict want;
    const char *want_reason;
} controls[] = {
    {"good is not said",
     {BOTH, .chain = "revoked", .allowed = true, .ocsp = "revoked", .unissued = "unissued-good"},
     false,
     VERDICT_UNKNOWN,
     NULL},
    {"good is stapled",
     {BOTH, .chain = "good", .staple = "good", .allowed = true, .unissued = "unissued-good"},
     false,
     VERDICT_UNKNOWN,
     NULL},
    {"anything is good",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .unissued = "unissued-good"},
     true,
     VERDICT_YES,
     "good_for_unissued"},
    {"unknown",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .unissued = "unissued-unknown"},
     true,
     VERDICT_NO,
     NULL},
    {"revoked",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .unissued = "unissued-revoked"},
     true,
     VERDICT_NO,
     NULL},
    {"unauthorized",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .unissued = "unauthorized"},
     true,
     VERDICT_NO,
     NULL},
    {"the same answer to everything",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .unissued = "good"},
     true,
     VERDICT_UNKNOWN,
     "other_certificate"},
    {"too busy",
     {BOTH, .chain = "good", .allowed = true, .ocsp = "good", .unissued = "try-later"},
     true,
     VERDICT_UNKNOWN,
     "try_later"},
    {"no answer", {BOTH, .chain = "good", .allowed = true, .ocsp = "good"}, true, VERDICT_UNKNOWN, "http_status"},
};

static void test_controls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        for (uint64_t seed = 1; seed < 40; seed++) {
            struct rehearsal run;
            struct visit visit;
            unsigned lost = seed < 5 ? 0 : 5 + (unsigned)seed;
            print_message("%s, %u %% lost\n", controls[i].name, lost);
            visit_site(&run, &visit, &controls[i].site, seed, lost, ALONE);
            const struct chain_revocation *chains = run.host.facts.revocations;
            const struct certificate_revocation *leaf = chains == NULL ? NULL : &chains[0].certificates[0];
            size_t found = 0;
            for (size_t k = 0; leaf != NULL && run.host.facts.chain_count != 0 && k < leaf->row_count; k++) {
                const struct fact *fact = &leaf->rows[k].unissued;
                found += leaf->rows[k].controlled;
                if (!leaf->rows[k].controlled || (lost != 0 && fact->verdict == VERDICT_UNKNOWN))
                    continue;
                assert_string_equal(verdict_name(fact->verdict), verdict_name(controls[i].want));
                assert_string_equal(fact->reason == NULL ? "" : fact->reason,
                                    controls[i].want_reason == NULL ? "" : controls[i].want_reason);
                assert_int_equal(fact->evidence.count, 1);
            }
            assert_true(found == controls[i].want_asked || (lost != 0 && found == 0));
            assert_true(visit.controls <= controls[i].want_asked);
            leave(&run, &visit);
        }
}

// With the root at hand each certificate has a staple of its own in TLS 1.3.
static void test_each(void **state)
{
    (void)state;
    const struct site site = {.tls13 = true, .chain = "with-root-of-good", .staple = "good", .next = "intermediate"};
    struct rehearsal run;
    struct visit visit = {.site = &site};
    visit.count = fixture_chain(&visit.memory, "fixtures/pki/chains/good.pem", visit.chain, 4);
    visit.count += fixture_chain(&visit.memory, "fixtures/pki/authorities/root.pem", visit.chain + visit.count, 1);
    visit.speaker = (struct speaker){.tls13 = true, .certificate = visit.chain[0], .context = &visit, .speak = speak};
    const struct circumstances how = {.seed = 1, .named = true, .selected = checks_named(ALONE), .now = NOW};
    rehearse(&run, &how, answer, &visit);
    const struct chain_revocation *found = &run.host.facts.revocations[0];
    assert_int_equal(run.host.facts.chains[0].count, 3);
    assert_int_equal(found->certificates[0].fact.standing, STANDING_GOOD);
    assert_int_equal(found->certificates[1].fact.standing, STANDING_GOOD);
    assert_int_equal(found->certificates[1].rows[0].source, SOURCE_STAPLE);
    assert_string_equal(found->certificates[2].fact.reason, "self_signed");
    leave(&run, &visit);
}

// What `extensions` has asked is not asked again, staple or none; and alone it is asked beside what the other kinds of
// key are asked for.
static void test_costs(void **state)
{
    (void)state;
    static const char *const staples[] = {"good", NULL};
    for (size_t i = 0; i < 2; i++) {
        const struct site site = {BOTH, .chain = "good", .staple = staples[i]};
        struct rehearsal run;
        struct visit visit;
        visit_site(&run, &visit, &site, 1, 0, "versions,extensions");
        unsigned extensions = visit.requests;
        leave(&run, &visit);
        visit_site(&run, &visit, &site, 1, 0, "versions,certificates,extensions");
        unsigned before = visit.requests;
        leave(&run, &visit);
        visit_site(&run, &visit, &site, 1, 0, TOGETHER);
        assert_int_equal(visit.requests, before);
        leave(&run, &visit);
        visit_site(&run, &visit, &site, 1, 0, ALONE);
        assert_int_equal(visit.requests, 1 + before - extensions);
        leave(&run, &visit);
    }
}

static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *first = NULL;
        for (uint64_t seed = 1; seed <= 6; seed++) {
            struct rehearsal run;
            struct visit visit;
            visit_site(&run, &visit, &rows[i].site, seed, 0, TOGETHER);
            char *report = rehearsal_report(&run);
            leave(&run, &visit);
            if (first != NULL) {
                assert_string_equal(first, report);
                free(report);
            } else {
                first = report;
            }
        }
        free(first);
    }
}

static void test_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed <= 120; seed++) {
            struct rehearsal run;
            struct visit visit;
            visit_site(&run, &visit, &rows[i].site, seed, 5 + (unsigned)(seed % 40), seed % 2 ? ALONE : TOGETHER);
            const struct facts *facts = &run.host.facts;
            for (size_t k = 0; facts->revocations != NULL && k < facts->chain_count; k++) {
                const struct standing_fact *leaf = &facts->revocations[k].certificates[0].fact;
                const struct fact *kept = &facts->revocations[k].must_staple;
                bool decided = leaf->standing == STANDING_GOOD || leaf->standing == STANDING_REVOKED;
                // A responder that does not know it may be the one that is lost.
                if (decided && leaf->standing != rows[i].want && rows[i].want_reason == NULL)
                    fail_msg("%s, seed %llu: %s", rows[i].name, (unsigned long long)seed,
                             standing_name(leaf->standing));
                if ((kept->verdict == VERDICT_YES || kept->verdict == VERDICT_NO) && kept->verdict != rows[i].want_kept)
                    fail_msg("%s, seed %llu: the promise is said to be %s", rows[i].name, (unsigned long long)seed,
                             verdict_name(kept->verdict));
                assert_int_equal(decided, leaf->reason == NULL);
            }
            leave(&run, &visit);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_controls), cmocka_unit_test(test_each),
        cmocka_unit_test(test_costs), cmocka_unit_test(test_order),    cmocka_unit_test(test_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
