// SPDX-License-Identifier: Apache-2.0
//
// Complete handshakes against a libssl server in the same process, over memory: what the server was set
// up to do is what the result must say, in whatever pieces its octets arrive.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "probe/talk.h"
#include "wire/identity.h"
#include "wire/registry.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct bytes none = {NULL, 0};
static const uint8_t seed[32] = {7};

// --- the server ------------------------------------------------------------------------------------

enum {
    SERVER_NO_TICKET = 1 << 0,
    SERVER_NO_CACHE = 1 << 1,
    SERVER_RENEGOTIATES = 1 << 2,
    SERVER_EARLY_DATA = 1 << 3,
    SERVER_PSK_ALONE = 1 << 4,
    SERVER_NO_EMS = 1 << 5,
};

struct server {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out;
    bool reading_early;
    size_t early, data; // octets of application data it read
    char request[512];  // the beginning of it
    const char *answer; // to what ends in an empty line; NULL: none, "": it closes
    bool answered;
};

static EVP_PKEY *key;
static X509 *certificate;

static int make_certificate(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    return X509_sign(certificate, key, EVP_sha256()) == 0;
}

static int drop_certificate(void **state)
{
    (void)state;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return 0;
}

static int choose_http(SSL *ssl, const unsigned char **out, unsigned char *size, const unsigned char *in,
                       unsigned in_size, void *context)
{
    (void)ssl, (void)context;
    return SSL_select_next_proto((unsigned char **)out, size, (const unsigned char *)"\x08http/1.1", 9, in, in_size) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void set_up(struct server *server, unsigned traits)
{
    *server = (struct server){.context = SSL_CTX_new(TLS_server_method())};
    SSL_CTX *context = server->context;
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    SSL_CTX_set_session_id_context(context, (const uint8_t *)"t", 1);
    SSL_CTX_set_alpn_select_cb(context, choose_http, NULL);
    if (traits & SERVER_NO_TICKET)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (traits & SERVER_NO_CACHE)
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (traits & SERVER_RENEGOTIATES)
        SSL_CTX_set_options(context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    if (traits & SERVER_PSK_ALONE)
        SSL_CTX_set_options(context, SSL_OP_ALLOW_NO_DHE_KEX);
    if (traits & SERVER_NO_EMS)
        SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (traits & SERVER_EARLY_DATA) {
        SSL_CTX_set_max_early_data(context, 1000);
        SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
    }
}

static void accept_one(struct server *server)
{
    server->ssl = SSL_new(server->context);
    server->in = BIO_new(BIO_s_mem());
    server->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(server->in, -1);
    SSL_set_bio(server->ssl, server->in, server->out);
    SSL_set_accept_state(server->ssl);
    server->reading_early = SSL_get_max_early_data(server->ssl) != 0;
    server->early = server->data = 0;
    server->answered = false;
    memset(server->request, 0, sizeof server->request);
}

static void read_data(struct server *server, const uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++, server->data++)
        if (server->data < sizeof server->request - 1)
            server->request[server->data] = (char)octets[i];
    if (server->answer == NULL || server->answered || strstr(server->request, "\r\n\r\n") == NULL)
        return;
    server->answered = true;
    if (server->answer[0] == '\0')
        SSL_shutdown(server->ssl);
    else
        SSL_write(server->ssl, server->answer, (int)strlen(server->answer));
}

static void serve(struct server *server)
{
    uint8_t buffer[1024];
    size_t size = 0;
    ERR_clear_error();
    while (server->reading_early) {
        int got = SSL_read_early_data(server->ssl, buffer, sizeof buffer, &size);
        server->early += got == SSL_READ_EARLY_DATA_ERROR ? 0 : size;
        if (got == SSL_READ_EARLY_DATA_ERROR)
            return;
        server->reading_early = got != SSL_READ_EARLY_DATA_FINISH;
    }
    int got;
    while ((got = SSL_read(server->ssl, buffer, sizeof buffer)) > 0)
        read_data(server, buffer, (size_t)got);
    if (SSL_get_error(server->ssl, got) == SSL_ERROR_ZERO_RETURN)
        SSL_shutdown(server->ssl);
}

// --- the talk --------------------------------------------------------------------------------------

static const struct identity *presented; // by the talks that may

// Passes octets to and fro, the server's in pieces. cut: after so many of them the server is gone; 0: never.
static struct outcome converse(struct server *server, struct arena *arena, const struct probe *probe,
                               struct bytes session, size_t piece, size_t cut)
{
    size_t given = 0;
    accept_one(server);
    struct talk *talk = talk_begin(probe_encode(arena, probe), session, presented, seed, true);
    for (bool moved = true; moved && !talk_over(talk);) {
        struct bytes output = talk_output(talk, arena);
        moved = output.size != 0;
        BIO_write(server->in, output.data, (int)output.size);
        serve(server);
        uint8_t buffer[16384];
        size_t most = piece < sizeof buffer ? piece : sizeof buffer;
        for (int size; !talk_over(talk) && (size = BIO_read(server->out, buffer, (int)most)) > 0;) {
            given += (size_t)size;
            moved = moved || cut == 0 || given <= cut;
            if (cut == 0 || given <= cut)
                talk_input(talk, (struct bytes){buffer, (size_t)size});
        }
    }
    struct bytes last = talk_output(talk, arena);
    BIO_write(server->in, last.data, (int)last.size);
    serve(server);
    struct outcome outcome;
    talk_outcome(talk, cut != 0 ? TALK_CLOSED : TALK_SILENT, arena, NULL, &outcome);
    talk_release(talk);
    SSL_free(server->ssl);
    return outcome;
}

static struct probe question(uint16_t version, unsigned options)
{
    return (struct probe){.kind = PROBE_HANDSHAKE,
                          .handshake = {.lowest = version, .highest = version, .options = (uint16_t)options}};
}

// --- rows ------------------------------------------------------------------------------------------

static const struct {
    const char *name;
    uint16_t version;
    unsigned options, traits;
    unsigned want_tickets;
    bool want_resumed, want_id;
} rows[] = {
    {"1.0, ids", TLS10, 0, 0, 0, true, true},
    {"1.1, tickets", TLS11, HANDSHAKE_TICKETS, 0, 1, true, false},
    {"1.2, ids", TLS12, 0, 0, 0, true, true},
    {"1.2, ids, none kept", TLS12, 0, SERVER_NO_CACHE, 0, false, false},
    {"1.2, tickets", TLS12, HANDSHAKE_TICKETS, SERVER_NO_CACHE, 1, true, false},
    {"1.2, tickets, none given", TLS12, HANDSHAKE_TICKETS, SERVER_NO_TICKET, 0, true, true},
    {"1.3", TLS13, 0, 0, 2, true, false},
    {"1.3, psk alone", TLS13, HANDSHAKE_PSK_ALONE, SERVER_PSK_ALONE, 2, true, false},
};

// How a raw talk ends that got some octets: an answer that breaks off is no refusal.
static void test_broken_off(void **state)
{
    (void)state;
    static const uint8_t start[] = {0x16, 0x03, 0x03, 0x00, 0x40, 0x02, 0x00, 0x00, 0x3C};
    static const uint8_t warning[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x70};
    static const struct {
        const char *name;
        struct bytes came;
        enum talk_end end;
        enum outcome_kind want;
    } ends[] = {
        {"nothing, FIN", {NULL, 0}, TALK_CLOSED, OUTCOME_CLOSED},
        {"nothing, RST", {NULL, 0}, TALK_RESET, OUTCOME_RESET},
        {"one octet, FIN", {start, 1}, TALK_CLOSED, OUTCOME_GARBLED},
        {"a header, RST", {start, 5}, TALK_RESET, OUTCOME_GARBLED},
        {"part of a message, FIN", {start, sizeof start}, TALK_CLOSED, OUTCOME_GARBLED},
        {"part of a message, silence", {start, sizeof start}, TALK_SILENT, OUTCOME_SILENT},
        {"a whole warning, FIN", {warning, sizeof warning}, TALK_CLOSED, OUTCOME_CLOSED},
        {"half a warning, FIN", {warning, 6}, TALK_CLOSED, OUTCOME_GARBLED},
    };
    static const uint16_t suites[] = {0xC02F};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        print_message("%s\n", ends[i].name);
        struct arena arena = {0};
        const struct probe probe = {.hello = {.version = TLS12, .suites = {suites, 1}}};
        struct outcome outcome;
        struct talk *talk = talk_begin(probe_encode(&arena, &probe), (struct bytes){NULL, 0}, NULL, seed, false);
        talk_input(talk, ends[i].came);
        talk_outcome(talk, ends[i].end, &arena, NULL, &outcome);
        assert_int_equal(outcome.kind, ends[i].want);
        talk_release(talk);
        arena_release(&arena);
    }
}

static void test_sessions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].name);
        struct arena arena = {0};
        struct server server;
        struct probe probe = question(rows[i].version, rows[i].options);
        set_up(&server, rows[i].traits);
        struct outcome first = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
        assert_int_equal(first.kind, OUTCOME_REPLIED);
        assert_non_null(first.handshake);
        assert_null(first.handshake->error);
        assert_true(first.handshake->completed && !first.handshake->resumed);
        assert_int_equal(first.handshake->version, rows[i].version);
        assert_int_equal(first.handshake->end, HANDSHAKE_ORDERLY);
        assert_int_equal(first.handshake->ticket_count, rows[i].want_tickets);
        assert_int_equal(first.handshake->session_id_size != 0, rows[i].want_id);
        assert_int_equal(first.handshake->group, 0x001D);
        assert_true(suite_find(first.handshake->suite) != NULL);
        assert_true(first.handshake->secure_renegotiation || rows[i].version == TLS13);
        if (rows[i].want_tickets != 0) {
            assert_int_equal(first.handshake->ticket[0].name_size, TICKET_NAME);
            assert_int_equal(first.handshake->ticket[0].lifetime, 7200);
        }
        if (first.handshake->resumable) {
            probe.handshake.session = 1;
            assert_true(first.handshake->session.size < 400); // the certificate is not in it
            struct outcome again = converse(&server, &arena, &probe, first.handshake->session, 1, 0);
            assert_int_equal(again.kind, OUTCOME_REPLIED);
            assert_true(again.handshake->completed);
            assert_int_equal(again.handshake->resumed, rows[i].want_resumed);
            assert_int_equal(again.handshake->end, HANDSHAKE_ORDERLY);
        } else {
            assert_false(rows[i].want_resumed);
        }
        assert_int_equal(server.data, 0);
        SSL_CTX_free(server.context);
        arena_release(&arena);
    }
}

static void test_one_octet_at_a_time(void **state)
{
    (void)state;
    for (uint16_t version = TLS10; version <= TLS13; version++) {
        struct arena arena = {0};
        struct server server;
        struct probe probe = question(version, HANDSHAKE_TICKETS);
        set_up(&server, SERVER_NO_EMS);
        struct outcome whole = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
        struct outcome bits = converse(&server, &arena, &probe, none, 1, 0);
        assert_true(bits.handshake->completed);
        assert_int_equal(bits.handshake->ticket_count, whole.handshake->ticket_count);
        assert_int_equal(bits.handshake->suite, whole.handshake->suite);
        assert_false(bits.handshake->extended_master_secret && version < TLS13);
        SSL_CTX_free(server.context);
        arena_release(&arena);
    }
}

// A talk that ends early is never complete, and never broken here.
static void test_cut(void **state)
{
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++)
        for (size_t cut = 1; cut < 900; cut += 7) {
            struct arena arena = {0};
            struct server server;
            struct probe probe = question(version, 0);
            set_up(&server, 0);
            struct outcome outcome = converse(&server, &arena, &probe, none, 1, cut);
            assert_true(outcome.kind == OUTCOME_REPLIED || outcome.kind == OUTCOME_CLOSED);
            assert_non_null(outcome.handshake);
            assert_int_equal(outcome.handshake->hello, outcome.kind == OUTCOME_REPLIED);
            if (!outcome.handshake->completed)
                assert_int_equal(outcome.handshake->end, HANDSHAKE_CLOSED);
            SSL_CTX_free(server.context);
            arena_release(&arena);
        }
}

static void test_garbage(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        size_t size;
        enum outcome_kind want;
    } answers[] = {
        {"220 mail.example ESMTP\r\n", 24, OUTCOME_NOT_TLS},
        {"\x15\x03\x03\x00\x02\x02\x28", 7, OUTCOME_ALERT},
        {"\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9, OUTCOME_GARBLED},
        {"\x16\x03\x03\xff\xff", 5, OUTCOME_GARBLED},
        {"\x15\x03\x03\x00\x02\x01\x00", 7, OUTCOME_ALERT},
        {"\x16", 1, OUTCOME_RESET},
        {"", 0, OUTCOME_RESET},
    };
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct arena arena = {0};
        struct outcome outcome;
        struct probe probe = question(TLS12, 0);
        struct talk *talk = talk_begin(probe_encode(&arena, &probe), none, NULL, seed, false);
        assert_int_not_equal(talk_output(talk, &arena).size, 0);
        assert_int_equal(talk_output(talk, &arena).size, 0);
        talk_input(talk, (struct bytes){(const uint8_t *)answers[i].octets, answers[i].size});
        talk_outcome(talk, TALK_RESET, &arena, NULL, &outcome);
        print_message("%zu: %s\n", i, outcome_sentence(&arena, &outcome));
        assert_int_equal(outcome.kind, answers[i].want);
        talk_release(talk);
        arena_release(&arena);
    }
}

static void test_renegotiation(void **state)
{
    (void)state;
    for (unsigned allowed = 0; allowed <= 1; allowed++)
        for (size_t piece = 1; piece < 20000; piece += 19998) {
            struct arena arena = {0};
            struct server server;
            struct probe probe = question(TLS12, 0);
            probe.handshake.renegotiations = 10;
            set_up(&server, allowed ? SERVER_RENEGOTIATES : 0);
            struct outcome outcome = converse(&server, &arena, &probe, none, piece, 0);
            assert_true(outcome.handshake->completed);
            assert_true(outcome.handshake->secure_renegotiation);
            assert_int_equal(outcome.handshake->renegotiations, allowed ? 10 : 0);
            assert_int_equal(outcome.handshake->end, allowed ? HANDSHAKE_ORDERLY : HANDSHAKE_FAILED);
            assert_int_equal(outcome.handshake->alerted, !allowed);
            assert_int_equal(outcome.handshake->alert, allowed ? 0 : 100);
            SSL_CTX_free(server.context);
            arena_release(&arena);
        }
}

// A server that wants another share than libssl's first one rejects early data (RFC 8446 section 4.2.10), and has
// forgotten a session of one use when it is offered again: so the share is one that it took before.
static void test_early_data(void **state)
{
    (void)state;
    static const char *const groups[] = {"X25519:P-256", "P-521", "ffdhe3072"};
    for (unsigned i = 0; i < 2 * COUNT(groups); i++) {
        struct arena arena = {0};
        struct server server;
        struct probe probe = question(TLS13, 0);
        const bool offered = i % 2 != 0;
        probe.handshake.alpn = "http/1.1";
        probe.handshake.server_name = "test.example";
        set_up(&server, offered ? SERVER_EARLY_DATA : 0);
        SSL_CTX_set1_groups_list(server.context, groups[i / 2]);
        struct outcome first = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
        assert_int_equal(first.handshake->ticket[0].max_early_data, offered ? 1000 : 0);
        assert_true(bytes_equal(first.handshake->alpn, bytes_of_text("http/1.1")));
        assert_int_equal(first.handshake->early_data, EARLY_DATA_NONE);
        probe.handshake.session = 1;
        probe.handshake.options = HANDSHAKE_EARLY_DATA;
        struct outcome again = converse(&server, &arena, &probe, first.handshake->session, SIZE_MAX, 0);
        assert_true(again.handshake->completed && again.handshake->resumed);
        assert_int_equal(again.handshake->early_data, offered ? EARLY_DATA_ACCEPTED : EARLY_DATA_NONE);
        assert_int_equal(server.early, offered ? strlen("HEAD / HTTP/1.0\r\nHost: test.example\r\n\r\n") : 0);
        assert_int_equal(server.data, 0);
        SSL_CTX_free(server.context);
        arena_release(&arena);
    }
}

// A resumption without (EC)DHE has no group.
static void test_psk_alone(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct server server;
    struct probe probe = question(TLS13, HANDSHAKE_PSK_ALONE);
    set_up(&server, SERVER_PSK_ALONE);
    SSL_CTX_set1_groups_list(server.context, "X25519");
    struct outcome first = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
    SSL_CTX_set1_groups_list(server.context, "ffdhe8192:brainpoolP512r1");
    SSL_CTX_set1_groups_list(server.context, "P-224");
    probe.handshake.session = 1;
    struct outcome again = converse(&server, &arena, &probe, first.handshake->session, SIZE_MAX, 0);
    assert_true(again.handshake->resumed);
    assert_int_equal(again.handshake->group, 0);
    SSL_CTX_free(server.context);
    arena_release(&arena);
}

// The session is not there: not asked, and so never a "not resumed".
static void test_lost_session(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct outcome outcome;
    struct probe probe = question(TLS12, 0);
    probe.handshake.session = 5;
    struct talk *talk = talk_begin(probe_encode(&arena, &probe), none, NULL, seed, true);
    assert_true(talk_over(talk));
    assert_int_equal(talk_output(talk, &arena).size, 0);
    talk_outcome(talk, TALK_STOPPED, &arena, NULL, &outcome);
    assert_int_equal(outcome.kind, OUTCOME_SKIPPED);
    talk_release(talk);
    arena_release(&arena);
}

// Tickets without end: counted up to a limit, the first are kept, and there it ends.
static void test_many_tickets(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct server server;
    struct probe probe = question(TLS13, 0);
    set_up(&server, 0);
    SSL_CTX_set_num_tickets(server.context, 100);
    struct outcome outcome = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
    assert_true(outcome.handshake->completed && outcome.handshake->resumable);
    assert_int_equal(outcome.handshake->ticket_count, TICKETS_LIMIT);
    assert_int_equal(outcome.handshake->end, HANDSHAKE_STOPPED);
    SSL_CTX_free(server.context);
    arena_release(&arena);
}

// TLS 1.3 is complete for a client before the server has looked for its certificate.
static void test_certificate_wanted(void **state)
{
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++) {
        struct arena arena = {0};
        struct server server;
        struct probe probe = question(version, HANDSHAKE_TICKETS);
        set_up(&server, 0);
        SSL_CTX_set_verify(server.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        struct outcome outcome = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
        assert_int_equal(outcome.kind, OUTCOME_REPLIED);
        assert_int_equal(outcome.handshake->completed, version == TLS13);
        assert_int_equal(outcome.handshake->end, HANDSHAKE_FAILED);
        assert_true(outcome.handshake->alerted);
        assert_int_equal(outcome.handshake->alert, version == TLS13 ? 116 : 40);
        assert_int_equal(outcome.handshake->ticket_count, 0);
        SSL_CTX_free(server.context);
        arena_release(&arena);
    }
}

// A certificate that signs itself and its key, in one file.
static struct identity *make_identity(EVP_PKEY *own, X509 *leaf)
{
    char name[] = "/tmp/shakedown-talk-XXXXXX";
    struct complaint complaint = {0};
    FILE *file = fdopen(mkstemp(name), "w");
    PEM_write_X509(file, leaf);
    PEM_write_PrivateKey(file, own, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    struct identity *identity = identity_open(name, NULL, NULL, &complaint);
    assert_string_equal(complaint.text, "");
    unlink(name);
    return identity;
}

static int trust_it(int good, X509_STORE_CTX *context)
{
    (void)good, (void)context;
    return 1;
}

static int distrust_it(int good, X509_STORE_CTX *context)
{
    (void)good;
    X509_STORE_CTX_set_error(context, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
    return 0;
}

// Whether the server saw the certificate, from its side and from ours; and nothing of the key in what is kept.
static void test_certificate_presented(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        unsigned options;
        bool asked, trusted, want_sent;
        int want_alert;
    } rows_of_it[] = {
        {TLS12, HANDSHAKE_CERTIFICATE, true, true, true, 0},
        {TLS13, HANDSHAKE_CERTIFICATE, true, true, true, 0},
        {TLS12, HANDSHAKE_CERTIFICATE, false, true, false, 0},
        {TLS13, HANDSHAKE_CERTIFICATE, false, true, false, 0},
        {TLS12, HANDSHAKE_CERTIFICATE, true, false, true, 48},
        {TLS13, HANDSHAKE_CERTIFICATE, true, false, true, 48},
        {TLS12, 0, true, true, false, 40},
        {TLS13, 0, true, true, false, 116},
        {TLS10, HANDSHAKE_CERTIFICATE, true, true, true, 0},
    };
    struct identity *identity = make_identity(key, certificate);
    presented = identity;
    for (size_t i = 0; i < COUNT(rows_of_it); i++)
        for (size_t piece = 1; piece < 20000; piece += 19998) {
            struct arena arena = {0};
            struct server server;
            struct probe probe = question(rows_of_it[i].version, rows_of_it[i].options);
            print_message("row %zu\n", i);
            set_up(&server, 0);
            if (rows_of_it[i].asked)
                SSL_CTX_set_verify(server.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                   rows_of_it[i].trusted ? trust_it : distrust_it);
            struct outcome outcome = converse(&server, &arena, &probe, none, piece, 0);
            const struct handshake_result *result = outcome.handshake;
            assert_int_equal(result->certificate_requested, rows_of_it[i].asked);
            assert_int_equal(result->certificate_sent, rows_of_it[i].want_sent);
            assert_int_equal(result->alerted ? result->alert : 0, rows_of_it[i].want_alert);
            if (rows_of_it[i].want_alert == 0 && rows_of_it[i].version == TLS13)
                assert_int_equal(result->ticket_count, 2);
            SSL_CTX_free(server.context);
            arena_release(&arena);
        }
    presented = NULL;
    identity_close(identity);
}

// Without a scheme in common nothing is shown: the result says so, and does not call it a refusal.
static void test_certificate_of_no_use(void **state)
{
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++) {
        struct arena arena = {0};
        struct server server;
        struct identity *identity = make_identity(key, certificate);
        struct probe probe = question(version, HANDSHAKE_CERTIFICATE);
        presented = identity;
        set_up(&server, 0);
        EVP_PKEY *rsa = EVP_RSA_gen(2048);
        X509 *leaf = X509_dup(certificate);
        X509_set_pubkey(leaf, rsa);
        X509_sign(leaf, rsa, EVP_sha256());
        SSL_CTX_free(server.context);
        server.context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate(server.context, leaf);
        SSL_CTX_use_PrivateKey(server.context, rsa);
        SSL_CTX_set1_sigalgs_list(server.context, "RSA-PSS+SHA256:RSA+SHA256");
        SSL_CTX_set_verify(server.context, SSL_VERIFY_PEER, trust_it);
        struct outcome outcome = converse(&server, &arena, &probe, none, SIZE_MAX, 0);
        assert_true(outcome.handshake->completed && outcome.handshake->certificate_requested);
        assert_false(outcome.handshake->certificate_sent);
        SSL_CTX_free(server.context);
        X509_free(leaf);
        EVP_PKEY_free(rsa);
        presented = NULL;
        identity_close(identity);
        arena_release(&arena);
    }
}

// --- HTTP ------------------------------------------------------------------------------------------

#define HTTP (HANDSHAKE_HTTP | HANDSHAKE_CHAIN)

static const struct {
    const char *name;
    unsigned options;
    bool alpn;
    const char *answer;
    enum http_answer want;
    const char *want_head; // what is kept
    enum handshake_end want_end;
} answers[] = {
    {"agreed", HTTP, true, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", HTTP_ANSWER, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
     HANDSHAKE_ORDERLY},
    {"GET", HTTP | HANDSHAKE_HTTP_GET, true, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncontents!", HTTP_ANSWER,
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", HANDSHAKE_ORDERLY},
    {"nobody says so", HTTP, false, "HTTP/1.1 200 OK\r\n\r\n", HTTP_NOT_ASKED, "", HANDSHAKE_ORDERLY},
    {"the port says so", HTTP | HANDSHAKE_HTTP_UNSAID, false, "HTTP/1.1 200 OK\r\n\r\n", HTTP_ANSWER,
     "HTTP/1.1 200 OK\r\n\r\n", HANDSHAKE_ORDERLY},
    {"not wanted", HANDSHAKE_CHAIN, true, "HTTP/1.1 200 OK\r\n\r\n", HTTP_NOT_ASKED, "", HANDSHAKE_ORDERLY},
    {"an interim response", HTTP, true, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\n\r\n",
     HTTP_ANSWER, "HTTP/1.1 404 No\r\n\r\n", HANDSHAKE_ORDERLY},
    {"cookies", HTTP, true, "HTTP/1.1 200 OK\nSet-Cookie: a=SECRET; Secure\n\n", HTTP_ANSWER,
     "HTTP/1.1 200 OK\nSet-Cookie: a=; Secure\n\n", HANDSHAKE_ORDERLY},
    {"another protocol", HTTP, true, "220 mail.example ESMTP\r\n", HTTP_NO_HTTP, "", HANDSHAKE_ORDERLY},
    {"a broken head", HTTP, true, "HTTP/1.1 two hundred\r\n\r\n", HTTP_BROKEN_HEAD, "", HANDSHAKE_ORDERLY},
    {"half a head", HTTP, true, "HTTP/1.1 200 OK\r\nA: b\r\n", HTTP_NO_ANSWER, "", HANDSHAKE_SILENT},
    {"no answer", HTTP, true, NULL, HTTP_NO_ANSWER, "", HANDSHAKE_SILENT},
    {"closed upon", HTTP, true, "", HTTP_NO_ANSWER, "", HANDSHAKE_CLOSED},
};

static void test_http(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++)
        for (size_t round = 0; round < 4; round++) {
            struct arena arena = {0};
            struct server server;
            struct probe probe = question(round % 2 ? TLS12 : TLS13, answers[i].options);
            print_message("%s\n", answers[i].name);
            probe.handshake.alpn = answers[i].alpn ? "h3,http/1.1" : NULL;
            probe.handshake.authority = "test.example:8443";
            set_up(&server, 0);
            server.answer = answers[i].answer;
            struct outcome outcome = converse(&server, &arena, &probe, none, round < 2 ? SIZE_MAX : 1, 0);
            const struct handshake_result *result = outcome.handshake;
            bool asked = answers[i].want != HTTP_NOT_ASKED, get = answers[i].options & HANDSHAKE_HTTP_GET;
            assert_true(result->completed && result->scheme != 0);
            assert_int_equal(result->http_answer, answers[i].want);
            assert_string_equal(arena_string(&arena, result->http), answers[i].want_head);
            assert_int_equal(result->end, answers[i].want_end);
            assert_string_equal(server.request,
                                !asked ? ""
                                       : arena_text(&arena,
                                                    "%s / HTTP/1.1\r\nHost: test.example:8443\r\nUser-Agent: "
                                                    "shakedown\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, "
                                                    "br\r\nConnection: close\r\n\r\n",
                                                    get ? "GET" : "HEAD"));
            assert_int_equal(result->certificate_count, 1);
            assert_null(memmem(outcome.raw->received.data, outcome.raw->received.size, "SECRET", 6));
            SSL_CTX_free(server.context);
            arena_release(&arena);
        }
}

// A head without end, in whatever pieces: it stops within the limit.
static void test_endless_head(void **state)
{
    (void)state;
    static char head[1 << 20];
    memset(head, 'a', sizeof head - 1);
    memcpy(head, "HTTP/1.1 200 OK\r\nX: ", 20);
    for (size_t piece = 100; piece < 20000; piece += 19800) {
        struct arena arena = {0};
        struct server server;
        struct probe probe = question(TLS13, HTTP | HANDSHAKE_HTTP_UNSAID);
        set_up(&server, 0);
        server.answer = head;
        struct outcome outcome = converse(&server, &arena, &probe, none, piece, 0);
        assert_int_equal(outcome.handshake->http_answer, HTTP_BROKEN_HEAD);
        assert_true(outcome.raw->received.size < 64 * 1024);
        SSL_CTX_free(server.context);
        arena_release(&arena);
    }
}

static int give_staple(SSL *ssl, void *context)
{
    (void)context;
    SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup("staple", 6), 6);
    return SSL_TLSEXT_ERR_OK;
}

// What the server shows, as it was sent: only where it is wanted.
static void test_chain(void **state)
{
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++)
        for (unsigned wanted = 0; wanted <= 1; wanted++) {
            struct arena arena = {0};
            struct server server;
            struct probe probe = question(version, wanted ? HANDSHAKE_CHAIN : 0);
            set_up(&server, 0);
            SSL_CTX_set_tlsext_status_cb(server.context, give_staple);
            assert_int_equal(SSL_CTX_add1_chain_cert(server.context, certificate), 1);
            struct outcome outcome = converse(&server, &arena, &probe, none, 1, 0);
            const struct handshake_result *result = outcome.handshake;
            uint8_t *der = NULL;
            int size = i2d_X509(certificate, &der);
            assert_int_equal(result->certificate_count, wanted ? 2 : 0);
            for (size_t i = 0; i < result->certificate_count; i++)
                assert_true(bytes_equal(result->certificates[i], (struct bytes){der, (size_t)size}));
            assert_true(bytes_equal(result->staple, bytes_of_text(wanted ? "staple" : "")));
            assert_int_equal(result->scheme, 0x0403);
            OPENSSL_free(der);
            SSL_CTX_free(server.context);
            arena_release(&arena);
        }
}

// More octets than any handshake has, in records that libssl takes.
static void test_endless(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct outcome outcome;
    struct probe probe = question(TLS12, 0);
    static const uint8_t warning[] = {0x15, 3, 3, 0, 2, 1, 112};
    struct talk *talk = talk_begin(probe_encode(&arena, &probe), none, NULL, seed, false);
    for (size_t i = 0; i < FLIGHT_LIMIT && !talk_over(talk); i += sizeof warning)
        talk_input(talk, (struct bytes){warning, sizeof warning});
    talk_input(talk, (struct bytes){warning, sizeof warning});
    assert_true(talk_over(talk));
    talk_outcome(talk, TALK_STOPPED, &arena, NULL, &outcome);
    assert_int_not_equal(outcome.kind, OUTCOME_REPLIED);
    talk_release(talk);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_off),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_one_octet_at_a_time),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_early_data),
        cmocka_unit_test(test_psk_alone),
        cmocka_unit_test(test_lost_session),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_many_tickets),
        cmocka_unit_test(test_certificate_wanted),
        cmocka_unit_test(test_certificate_presented),
        cmocka_unit_test(test_certificate_of_no_use),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_endless_head),
        cmocka_unit_test(test_chain),
    };
    return cmocka_run_group_tests(tests, make_certificate, drop_certificate);
}
