// SPDX-License-Identifier: Apache-2.0
//
// The check `connect` against scripted servers: what it offers, how many handshakes it makes, and what each end of
// one means for a client that verifies.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../support/fixture.h"
#include "../support/rehearsal.h"
#include "base/arena.h"
#include "check/connect.h"
#include "wire/registry.h"
#include "wire/trust.h"

#define CERTIFICATES 4

// A server as a client sees it: the chain that it shows and how the handshake ends.
struct server {
    const char *chain;      // of fixtures/certificates; NULL: none
    enum outcome_kind kind; // 0, REPLIED, where there is a result
    struct handshake_result result;
    bool refuses_alpn;
    uint16_t port;          // 0: 9443
    uint16_t pinned;        // what the user wants
    const char *alpn;       // likewise
    bool strange, nameless; // the store has another root; no server name
    bool presents;          // the run has a client certificate
    struct handshake asked; // the last question
    unsigned handshakes;
};

static struct outcome answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    struct server *server = context;
    struct probe probe;
    (void)number;
    answer_decode(asked, &ledger->memory, &probe);
    assert_int_equal(probe.kind, PROBE_HANDSHAKE);
    server->asked = probe.handshake;
    server->handshakes++;
    struct handshake_result *result = arena_alloc(&ledger->memory, sizeof *result);
    *result = server->result;
    if (server->refuses_alpn && probe.handshake.alpn != NULL)
        *result = (struct handshake_result){.alerted = true, .alert = 120, .end = HANDSHAKE_FAILED};
    else if (server->chain != NULL) {
        struct bytes *certificates = arena_array(&ledger->memory, CERTIFICATES, sizeof *certificates);
        result->certificate_count = fixture_chain(&ledger->memory, server->chain, certificates, CERTIFICATES);
        result->certificates = certificates;
    }
    enum outcome_kind kind = server->kind != OUTCOME_REPLIED ? server->kind
                             : result->hello                 ? OUTCOME_REPLIED
                                                             : OUTCOME_ALERT;
    bool talked = kind == OUTCOME_REPLIED || kind == OUTCOME_ALERT;
    return (struct outcome){
        .kind = kind, .tries = 1, .connect_ms = 3, .answer_ms = 9, .handshake = talked ? result : NULL};
}

#define CHAIN "fixtures/certificates/rsa-chain.pem"
#define DONE_IN(number, code)                                                                                          \
    .hello = true, .completed = true, .version = (number), .suite = (code), .group = 0x001D, .scheme = 0x0804
#define DONE_13 DONE_IN(TLS13, 0x1301)

static const struct {
    const char *name;
    struct server server;
    enum verdict want;
    const char *want_reason;
    enum verdict want_completed, want_trusted;
    unsigned want_handshakes;
    enum verdict want_http;
} rows[] = {
    {"a good one",
     {.chain = CHAIN, .result = {DONE_13}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_NOT_TESTED},
    {"of TLS 1.2",
     {.chain = CHAIN, .result = {DONE_IN(TLS12, 0xC02F)}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_NOT_TESTED},
    {"another root",
     {.chain = CHAIN, .strange = true, .result = {DONE_13}},
     VERDICT_NO,
     "unknown_issuer",
     VERDICT_YES,
     VERDICT_NO,
     1,
     VERDICT_NOT_TESTED},
    {"expired",
     {.chain = "fixtures/certificates/expired-chain.pem", .result = {DONE_13}},
     VERDICT_NO,
     "expired",
     VERDICT_YES,
     VERDICT_NO,
     1,
     VERDICT_NOT_TESTED},
    {"must-staple without a staple",
     {.chain = "fixtures/certificates/muststaple-chain.pem", .result = {DONE_13}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_NOT_TESTED},
    {"no certificate",
     {.result = {DONE_IN(TLS12, 0x00A6)}},
     VERDICT_NO,
     "no_certificate",
     VERDICT_YES,
     VERDICT_NO,
     1,
     VERDICT_NOT_TESTED},
    {"turned down",
     {.result = {.alerted = true, .alert = 40, .end = HANDSHAKE_FAILED}},
     VERDICT_NO,
     "handshake_failure",
     VERDICT_NO,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"no such version",
     {.pinned = TLS12, .result = {.alerted = true, .alert = 70, .end = HANDSHAKE_FAILED}},
     VERDICT_NO,
     "protocol_version",
     VERDICT_NO,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"an alert without a name",
     {.result = {.alerted = true, .alert = 250, .end = HANDSHAKE_FAILED}},
     VERDICT_NO,
     "alert",
     VERDICT_NO,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"turned down behind the certificate",
     {.chain = CHAIN,
      .strange = true,
      .result =
          {.hello = true, .version = TLS12, .suite = 0xC02F, .alerted = true, .alert = 42, .end = HANDSHAKE_FAILED}},
     VERDICT_NO,
     "bad_certificate",
     VERDICT_NO,
     VERDICT_NO,
     1,
     VERDICT_NOT_APPLICABLE},
    {"given up",
     {.result =
          {.hello = true, .version = TLS12, .suite = 0x0033, .end = HANDSHAKE_FAILED, .error = "dh key too small"}},
     VERDICT_NO,
     "client_gave_up",
     VERDICT_NO,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"reset in the handshake",
     {.result = {.hello = true, .version = TLS13, .end = HANDSHAKE_RESET}},
     VERDICT_UNKNOWN,
     "reset",
     VERDICT_UNKNOWN,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"silence in the handshake",
     {.result = {.hello = true, .version = TLS13, .end = HANDSHAKE_SILENT}},
     VERDICT_UNKNOWN,
     "silent",
     VERDICT_UNKNOWN,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"silence",
     {.kind = OUTCOME_SILENT},
     VERDICT_UNKNOWN,
     "silent",
     VERDICT_UNKNOWN,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"nobody",
     {.kind = OUTCOME_REFUSED},
     VERDICT_UNKNOWN,
     "refused",
     VERDICT_UNKNOWN,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"not TLS",
     {.kind = OUTCOME_NOT_TLS},
     VERDICT_NO,
     "not_tls",
     VERDICT_NO,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"wants a certificate",
     {.chain = CHAIN,
      .result = {DONE_13, .certificate_requested = true, .alerted = true, .alert = 116, .end = HANDSHAKE_FAILED}},
     VERDICT_NO,
     "certificate_required",
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_NOT_TESTED},
    {"turns http/1.1 down",
     {.chain = CHAIN, .refuses_alpn = true, .result = {DONE_13}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     2,
     VERDICT_NOT_TESTED},
    {"turns down what the user wants",
     {.chain = CHAIN, .alpn = "h2", .refuses_alpn = true},
     VERDICT_NO,
     "no_application_protocol",
     VERDICT_NO,
     VERDICT_NOT_APPLICABLE,
     1,
     VERDICT_NOT_APPLICABLE},
    {"HTTP",
     {.chain = CHAIN,
      .port = 443,
      .result = {DONE_13, .http_answer = HTTP_ANSWER,
                 .http = {(const uint8_t *)"HTTP/1.1 200 OK\r\nServer: x\x1b\r\n\r\n", 31}}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_YES},
    {"no HTTP after all",
     {.chain = CHAIN, .port = 443, .result = {DONE_13, .http_answer = HTTP_NO_HTTP}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_NO},
    {"no answer",
     {.chain = CHAIN, .port = 443, .result = {DONE_13, .http_answer = HTTP_NO_ANSWER, .end = HANDSHAKE_SILENT}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_UNKNOWN},
    {"a head that breaks off",
     {.chain = CHAIN, .port = 443, .result = {DONE_13, .http_answer = HTTP_BROKEN_HEAD}},
     VERDICT_YES,
     NULL,
     VERDICT_YES,
     VERDICT_YES,
     1,
     VERDICT_UNKNOWN},
};

static struct trust_store *store_of(const char *file)
{
    struct complaint complaint = {0};
    struct trust_store *store = trust_open(file, NULL, &complaint);
    assert_non_null(store);
    return store;
}

static void visit(struct rehearsal *run, struct server *server, const struct trust_store *store)
{
    const struct circumstances how = {
        .seed = 1,
        .named = !server->nameless,
        .port = server->port == 0 ? 9443 : server->port,
        .client_certificate = server->presents ? "00" : NULL,
        .store = store,
        .pinned = server->pinned,
        .alpn = server->alpn,
        .selected = checks_named("connect"),
    };
    rehearse(run, &how, answer, server);
}

static void expect(const char *name, const char *what, const struct fact *fact, enum verdict want)
{
    if (fact->verdict != want)
        fail_msg("%s: %s is %s (%s)", name, what, verdict_name(fact->verdict),
                 fact->reason == NULL ? "-" : fact->reason);
    bool plain = want == VERDICT_YES;
    if (!plain && (fact->reason == NULL || fact->sentence == NULL))
        fail_msg("%s: %s has no reason", name, what);
}

static void test_rows(void **state)
{
    (void)state;
    struct trust_store *good = store_of("fixtures/certificates/root.pem");
    struct trust_store *strange = store_of("fixtures/certificates/other-root.pem");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = rows[i].server;
        struct rehearsal run;
        visit(&run, &server, server.strange ? strange : good);
        const struct connection_fact *found = run.host.facts.connection;
        expect(rows[i].name, "usable", &found->usable, rows[i].want);
        expect(rows[i].name, "completed", &found->completed, rows[i].want_completed);
        expect(rows[i].name, "trusted", &found->trusted, rows[i].want_trusted);
        expect(rows[i].name, "http", &found->http, rows[i].want_http);
        if (rows[i].want_reason != NULL && strcmp(found->usable.reason, rows[i].want_reason) != 0)
            fail_msg("%s: the reason is %s", rows[i].name, found->usable.reason);
        if (server.handshakes != rows[i].want_handshakes)
            fail_msg("%s: %u handshakes", rows[i].name, server.handshakes);
        assert_int_equal(found->usable.evidence.count, rows[i].want_handshakes);
        host_release(&run.host);
    }
    trust_close(good);
    trust_close(strange);
}

// What the user configured is what is offered, and a careful client's offer in any case.
static void test_offers(void **state)
{
    (void)state;
    static const struct {
        uint16_t pinned, port;
        const char *alpn;
        bool nameless, presents;
        uint16_t want_lowest, want_highest;
        const char *want_alpn, *want_authority;
        bool want_unsaid;
    } offers[] = {
        {0, 443, NULL, false, false, TLS12, TLS13, "http/1.1", "localhost", true},
        {0, 9443, NULL, false, true, TLS12, TLS13, "http/1.1", "localhost:9443", false},
        {TLS12, 9443, "h2,http/1.1", true, false, TLS12, TLS12, "h2,http/1.1", "localhost:9443", false},
        {TLS13, 8443, "imap", false, false, TLS13, TLS13, "imap", "localhost:8443", true},
    };
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        struct server server = {.chain = CHAIN,
                                .result = {DONE_13},
                                .port = offers[i].port,
                                .pinned = offers[i].pinned,
                                .alpn = offers[i].alpn,
                                .nameless = offers[i].nameless,
                                .presents = offers[i].presents};
        struct rehearsal run;
        visit(&run, &server, NULL);
        const struct handshake *asked = &server.asked;
        unsigned always_set = HANDSHAKE_CAREFUL | HANDSHAKE_CHAIN | HANDSHAKE_HTTP;
        assert_int_equal(asked->options & always_set, always_set);
        assert_int_equal((asked->options & HANDSHAKE_HTTP_UNSAID) != 0, offers[i].want_unsaid);
        assert_int_equal((asked->options & HANDSHAKE_CERTIFICATE) != 0, offers[i].presents);
        assert_int_equal(asked->lowest, offers[i].want_lowest);
        assert_int_equal(asked->highest, offers[i].want_highest);
        assert_string_equal(asked->alpn, offers[i].want_alpn);
        assert_string_equal(asked->authority, offers[i].want_authority);
        assert_int_equal(asked->server_name == NULL, offers[i].nameless);
        const struct connection_fact *found = run.host.facts.connection;
        expect("without a store", "usable", &found->usable, VERDICT_NOT_TESTED);
        assert_string_equal(found->offered, offers[i].want_alpn);
        host_release(&run.host);
    }
}

// Strings of a server come escaped, one for each line.
static void test_head(void **state)
{
    (void)state;
    static const char head[] = "HTTP/1.1 301 A\x1b[31m\nLocation: /\xff\r\nServer: x\r\n\r\n";
    struct server server = {.chain = CHAIN, .port = 443, .result = {DONE_13, .http_answer = HTTP_ANSWER}};
    server.result.http = bytes_of_text(head);
    server.result.alpn = bytes_of_text("http/1.1\n");
    server.result.certificate_requested = server.result.certificate_sent = true;
    server.result.staple = bytes_of_text("x");
    struct rehearsal run;
    visit(&run, &server, NULL);
    const struct connection_fact *found = run.host.facts.connection;
    assert_int_equal(found->status, 301);
    assert_int_equal(found->head.count, 3);
    assert_string_equal(found->head.text[0], "HTTP/1.1 301 A\\u001B[31m");
    assert_string_equal(found->head.text[1], "Location: /\\xFF");
    assert_string_equal(found->alpn, "http/1.1\\u000A");
    assert_true(found->stapled && found->certificate_requested && found->certificate_sent);
    char *json = rehearsal_report(&run);
    assert_non_null(strstr(json, "\"connection\":{\"verdict\":\"not_tested\""));
    free(json);
    host_release(&run.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
