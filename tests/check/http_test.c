// SPDX-License-Identifier: Apache-2.0
//
// The check `http` against scripted sites: when a request is made, with which method, what becomes of an answer and
// of its absence, and that a port which nobody calls HTTP is never asked.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../support/speaker.h"
#include "base/arena.h"
#include "check/http.h"
#include "wire/registry.h"

#define OK "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=9\r\n\r\n"

struct site {
    bool tls12, tls13;
    uint16_t port;
    bool selects, turns_down;      // the protocol http/1.1
    const char *head, *get;        // answers; NULL: nothing comes
    enum http_answer strange;      // ... but this
    enum handshake_end end;        // where nothing comes
    bool needs_certificate, fails; // alert after the handshake; no handshake is completed
    const char *plain;             // what port 80 answers; NULL: nobody listens there
    bool fetches;                  // the user allows it
    struct bytes certificate;
};

// What was asked of it.
struct visit {
    struct speaker speaker;
    const struct site *site;
    unsigned handshakes, heads, gets, fetches;
};

static bool agreed(const struct site *site, const struct handshake *question)
{
    if ((question->options & HANDSHAKE_HTTP) == 0)
        return false;
    return (site->selects && question->alpn != NULL) || (question->options & HANDSHAKE_HTTP_UNSAID) != 0;
}

static struct handshake_result shake(struct visit *visit, struct arena *arena, const struct handshake *question)
{
    const struct site *site = visit->site;
    struct handshake_result result = {.hello = true, .version = question->highest, .suite = 0x1301};
    visit->handshakes++;
    if (site->fails || (site->turns_down && question->alpn != NULL)) {
        result.alerted = true;
        result.alert = site->fails ? 40 : 120;
        result.end = HANDSHAKE_FAILED;
        return result;
    }
    result.completed = true;
    if (site->selects && question->alpn != NULL)
        result.alpn = bytes_of_text("http/1.1");
    struct bytes *certificates = arena_alloc(arena, sizeof *certificates);
    *certificates = site->certificate;
    result.certificates = certificates;
    result.certificate_count = question->options & HANDSHAKE_CHAIN && site->certificate.size != 0;
    if (!agreed(site, question))
        return result;
    bool get = question->options & HANDSHAKE_HTTP_GET;
    const char *answer = get ? site->get : site->head;
    visit->heads += !get;
    visit->gets += get;
    result.http_answer = answer != NULL ? HTTP_ANSWER : site->strange != 0 ? site->strange : HTTP_NO_ANSWER;
    result.http = bytes_of_text(answer == NULL ? "" : answer);
    result.end = answer == NULL ? site->end : HANDSHAKE_ORDERLY;
    result.alerted = answer == NULL && site->needs_certificate;
    result.alert = result.alerted ? 116 : 0;
    return result;
}

static struct outcome fetch(struct visit *visit, struct ledger *ledger, const struct fetch *question)
{
    const struct site *site = visit->site;
    assert_string_equal(question->url, "http://localhost/");
    assert_true(question->own_address && question->method == FETCH_HEAD);
    visit->fetches++;
    if (!site->fetches || site->plain == NULL)
        return (struct outcome){.kind = site->fetches ? OUTCOME_REFUSED : OUTCOME_NOT_ALLOWED, .tries = 1};
    struct fetch_result *result = arena_alloc(&ledger->memory, sizeof *result);
    *result = (struct fetch_result){.status = 200, .head = bytes_of_text(site->plain)};
    return (struct outcome){.kind = OUTCOME_REPLIED, .tries = 1, .fetch = result};
}

static struct outcome answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    struct visit *visit = context;
    struct probe probe;
    answer_decode(asked, &ledger->memory, &probe);
    if (probe.kind == PROBE_FETCH)
        return fetch(visit, ledger, &probe.fetch);
    if (probe.kind == PROBE_HELLO)
        return speaker_answer(&visit->speaker, ledger, asked, number);
    struct handshake_result *result = arena_alloc(&ledger->memory, sizeof *result);
    *result = shake(visit, &ledger->memory, &probe.handshake);
    return (struct outcome){.kind = OUTCOME_REPLIED, .tries = 1, .handshake = result};
}

static void visit_site(struct rehearsal *run, struct visit *visit, const struct site *site, uint64_t seed,
                       unsigned lost_percent, const char *checks)
{
    *visit = (struct visit){
        .site = site,
        .speaker = {.tls12 = site->tls12, .tls13 = site->tls13, .suites = {0xC02F}, .certificate = site->certificate}};
    const struct circumstances how = {.seed = seed,
                                      .named = true,
                                      .lost_percent = lost_percent,
                                      .port = site->port,
                                      .selected = checks_named(checks)};
    rehearse(run, &how, answer, visit);
}

#define BOTH .tls12 = true, .tls13 = true

static const struct {
    const char *name;
    struct site site;
    enum verdict want;
    const char *want_reason, *want_method;
    uint16_t want_status;
    unsigned want_heads, want_gets;
} rows[] = {
    {"a site", {BOTH, .port = 443, .selects = true, .head = OK}, VERDICT_YES, NULL, "HEAD", 200, 1, 0},
    {"TLS 1.2 alone", {.tls12 = true, .port = 443, .selects = true, .head = OK}, VERDICT_YES, NULL, "HEAD", 200, 1, 0},
    {"another port, by its own word",
     {BOTH, .port = 9443, .selects = true, .head = OK},
     VERDICT_YES,
     NULL,
     "HEAD",
     200,
     1,
     0},
    {"another port, no word", {BOTH, .port = 9443, .head = OK}, VERDICT_NOT_TESTED, "not_http", NULL, 0, 0, 0},
    {"another port, turned down",
     {BOTH, .port = 9443, .turns_down = true, .head = OK},
     VERDICT_UNKNOWN,
     "handshake_failed",
     NULL,
     0,
     0,
     0},
    {"443 without a word", {BOTH, .port = 443, .head = OK}, VERDICT_YES, NULL, "HEAD", 200, 1, 0},
    {"8443 without a word", {BOTH, .port = 8443, .head = OK}, VERDICT_YES, NULL, "HEAD", 200, 1, 0},
    {"443, turned down", {BOTH, .port = 443, .turns_down = true, .head = OK}, VERDICT_YES, NULL, "HEAD", 200, 1, 0},
    {"HEAD is not allowed",
     {BOTH, .port = 443, .selects = true, .head = "HTTP/1.1 405 No\r\n\r\n", .get = OK},
     VERDICT_YES,
     NULL,
     "GET",
     200,
     1,
     1},
    {"HEAD is not implemented",
     {BOTH, .port = 443, .selects = true, .head = "HTTP/1.0 501 No\r\n\r\n", .get = OK},
     VERDICT_YES,
     NULL,
     "GET",
     200,
     1,
     1},
    {"HEAD is closed upon",
     {BOTH, .port = 443, .selects = true, .end = HANDSHAKE_CLOSED, .get = OK},
     VERDICT_YES,
     NULL,
     "GET",
     200,
     1,
     1},
    {"neither is answered",
     {BOTH, .port = 443, .selects = true, .end = HANDSHAKE_CLOSED},
     VERDICT_UNKNOWN,
     "closed",
     NULL,
     0,
     1,
     1},
    {"HEAD alone is answered",
     {BOTH, .port = 443, .selects = true, .head = "HTTP/1.1 400 No\r\n\r\n"},
     VERDICT_YES,
     NULL,
     "HEAD",
     400,
     1,
     1},
    {"not found is an answer",
     {BOTH, .port = 443, .selects = true, .head = "HTTP/1.1 404 No\r\n\r\n", .get = OK},
     VERDICT_YES,
     NULL,
     "HEAD",
     404,
     1,
     0},
    {"silence",
     {BOTH, .port = 443, .selects = true, .end = HANDSHAKE_SILENT, .get = OK},
     VERDICT_UNKNOWN,
     "silent",
     NULL,
     0,
     1,
     0},
    {"another protocol", {BOTH, .port = 443, .strange = HTTP_NO_HTTP}, VERDICT_NO, "other_protocol", NULL, 0, 1, 0},
    {"a broken head", {BOTH, .port = 443, .strange = HTTP_BROKEN_HEAD}, VERDICT_UNKNOWN, "malformed", NULL, 0, 1, 0},
    {"a certificate is wanted",
     {BOTH, .port = 443, .needs_certificate = true, .end = HANDSHAKE_FAILED},
     VERDICT_UNKNOWN,
     "alert",
     NULL,
     0,
     1,
     0},
    {"no handshake", {BOTH, .port = 443, .fails = true}, VERDICT_UNKNOWN, "handshake_failed", NULL, 0, 0, 0},
    {"no version", {.port = 443}, VERDICT_UNKNOWN, "version_unknown", NULL, 0, 0, 0},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed < 6; seed++) {
            struct rehearsal run;
            struct visit visit;
            print_message("%s\n", rows[i].name);
            visit_site(&run, &visit, &rows[i].site, seed, 0, seed % 2 ? "versions,http" : "versions,http,sessions");
            const struct http_fact *http = run.host.facts.http;
            assert_non_null(http);
            assert_int_equal(http->fact.verdict, rows[i].want);
            assert_int_equal(http->fact.reason != NULL, rows[i].want_reason != NULL);
            if (rows[i].want_reason != NULL)
                assert_string_equal(http->fact.reason, rows[i].want_reason);
            assert_int_equal(http->method != NULL, rows[i].want_method != NULL);
            if (rows[i].want_method != NULL)
                assert_string_equal(http->method, rows[i].want_method);
            assert_int_equal(http->status, rows[i].want_status);
            assert_int_equal(visit.heads, rows[i].want_heads);
            assert_int_equal(visit.gets, rows[i].want_gets);
            host_release(&run.host);
        }
}

// Where `sessions` has shown that nobody calls it HTTP, no handshake more is made for it.
static void test_not_asked_twice(void **state)
{
    (void)state;
    const struct site site = {BOTH, .port = 9443};
    struct rehearsal run;
    struct visit visit;
    visit_site(&run, &visit, &site, 1, 0, "versions,sessions");
    unsigned before = visit.handshakes;
    host_release(&run.host);
    visit_site(&run, &visit, &site, 1, 0, "versions,sessions,http");
    assert_int_equal(visit.handshakes, before);
    assert_int_equal(visit.heads, 0);
    host_release(&run.host);
}

static const struct {
    const char *name, *plain;
    bool fetches;
    uint16_t port;
    enum verdict want;
    const char *want_reason;
} redirects[] = {
    {"allowed, and it leads here", "HTTP/1.1 301 Moved\r\nLocation: https://localhost/\r\n\r\n", true, 443, VERDICT_YES,
     NULL},
    {"allowed, and it leads to another name", "HTTP/1.1 302 Moved\r\nlocation: HTTPS://www.localhost/\r\n\r\n", true,
     443, VERDICT_YES, NULL},
    {"it answers", "HTTP/1.1 200 OK\r\n\r\n", true, 443, VERDICT_NO, "no_redirect"},
    {"it leads to http", "HTTP/1.1 301 Moved\r\nLocation: http://localhost/x\r\n\r\n", true, 443, VERDICT_NO,
     "other_target"},
    {"it leads on", "HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", true, 443, VERDICT_NO, "other_target"},
    {"it cannot bear HEAD", "HTTP/1.1 405 No\r\n\r\n", true, 443, VERDICT_UNKNOWN, "head_refused"},
    {"nobody listens", NULL, true, 443, VERDICT_NOT_APPLICABLE, "refused"},
    {"not allowed", "HTTP/1.1 200 OK\r\n\r\n", false, 443, VERDICT_NOT_TESTED, "not_allowed"},
    {"another port", "HTTP/1.1 200 OK\r\n\r\n", true, 8443, VERDICT_NOT_APPLICABLE, "other_port"},
};

static void test_redirects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++) {
        const struct site site = {BOTH,       .port = redirects[i].port,   .selects = true,
                                  .head = OK, .plain = redirects[i].plain, .fetches = redirects[i].fetches};
        struct rehearsal run;
        struct visit visit;
        print_message("%s\n", redirects[i].name);
        visit_site(&run, &visit, &site, 1, 0, "versions,http");
        const struct fact *found = &run.host.facts.http->http_redirect;
        assert_int_equal(found->verdict, redirects[i].want);
        assert_int_equal(found->reason != NULL, redirects[i].want_reason != NULL);
        if (redirects[i].want_reason != NULL)
            assert_string_equal(found->reason, redirects[i].want_reason);
        const struct fact *hsts = &run.host.facts.http->hsts.fact;
        assert_int_not_equal(hsts->evidence.count, 0);
        assert_int_equal(visit.fetches, redirects[i].port == 443);
        host_release(&run.host);
    }
}

// Without the check `certificates` nothing is said of the chain; with it, and no store, nothing is known.
static void test_heeded(void **state)
{
    (void)state;
    static const struct {
        const char *checks, *want_reason;
        const char *head;
    } cases[] = {
        {"versions,http", "not_selected", OK},
        {"versions,suites,certificates,http", "other_chain", OK},
        {"versions,http", "no_policy", "HTTP/1.1 200 OK\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct site site = {BOTH, .port = 443, .selects = true, .head = cases[i].head};
        struct rehearsal run;
        struct visit visit;
        visit_site(&run, &visit, &site, 1, 0, cases[i].checks);
        assert_string_equal(run.host.facts.http->hsts.effective.reason, cases[i].want_reason);
        host_release(&run.host);
    }
}

// A lost answer makes facts unknown, and never turns them.
static void test_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 1; seed < 40; seed++) {
            struct rehearsal run;
            struct visit visit;
            visit_site(&run, &visit, &rows[i].site, seed, 30, "versions,http,sessions");
            const struct http_fact *http = run.host.facts.http;
            enum verdict verdict = http->fact.verdict;
            if (verdict == VERDICT_YES || verdict == VERDICT_NO)
                assert_int_equal(verdict, rows[i].want);
            host_release(&run.host);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_not_asked_twice), cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_heeded), cmocka_unit_test(test_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
