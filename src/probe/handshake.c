// SPDX-License-Identifier: Apache-2.0
//
// Complete handshakes by libssl over two memory BIOs: octets in, octets out, no socket. The only file that
// includes libssl. It is told to bear everything it can: what a server is, is judged elsewhere. When
// all is done it sends close_notify and listens until the server has closed too: tickets of TLS 1.3
// come after the handshake and have no end mark, and a server that has closed has stored its session.
#include "probe/handshake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/handshake_messages.h"
#include "probe/session.h"
#include "wire/cookie.h"
#include "wire/flight.h"
#include "wire/http.h"
#include "wire/identity.h"
#include "wire/registry.h"

enum { FIRST_RECORD = 20, LAST_RECORD = 24 }; // content types: RFC 8446 section 5.1, RFC 6520

#define BANNER 80 // octets of it that are kept

enum stage { STAGE_HANDSHAKE, STAGE_RENEGOTIATION, STAGE_HTTP, STAGE_CLOSING, STAGE_OVER };

struct handshake_talk {
    struct handshake question;
    struct arena *arena;
    SSL *ssl;
    BIO *in, *out; // the connection's
    enum stage stage;
    bool renegotiating;        // one was begun and is not completed
    size_t total;              // octets taken
    struct bytes strange;      // the first of them, where they begin no record of TLS
    struct http_reader reader; // of the answer's head
    struct handshake_result result;
};

// --- what libssl tells while it works --------------------------------------------------------------

static void message_passed(int written, int version, int type, const void *data, size_t size, SSL *ssl, void *context)
{
    struct handshake_talk *talk = context;
    const struct bytes octets = {data, size};
    (void)version, (void)ssl;
    if (type == SSL3_RT_ALERT && !written)
        handshake_alerted(&talk->result, octets);
    if (type != SSL3_RT_HANDSHAKE || talk->result.completed)
        return;
    if (written)
        handshake_said(&talk->result, octets);
    else
        handshake_heard(&talk->result, octets, talk->question.options & HANDSHAKE_CHAIN ? talk->arena : NULL);
}

static void note_ticket(struct handshake_talk *talk, const SSL_SESSION *session)
{
    struct handshake_result *result = &talk->result;
    const unsigned char *octets;
    size_t size;
    if (!SSL_SESSION_has_ticket(session))
        return;
    SSL_SESSION_get0_ticket(session, &octets, &size);
    if (result->ticket_count < TICKETS_KEPT) {
        struct ticket *ticket = &result->ticket[result->ticket_count];
        unsigned long lifetime = SSL_SESSION_get_ticket_lifetime_hint(session);
        ticket->lifetime = lifetime > UINT32_MAX ? UINT32_MAX : (uint32_t)lifetime;
        ticket->length = (uint32_t)size;
        ticket->max_early_data = SSL_SESSION_get_max_early_data(session);
        ticket->name_size = size < TICKET_NAME ? (uint8_t)size : TICKET_NAME;
        memcpy(ticket->name, octets, ticket->name_size);
    }
    if (++result->ticket_count == TICKETS_LIMIT)
        talk->stage = STAGE_OVER;
}

// As DER: libssl's object stays here.
static struct bytes session_octets(struct arena *arena, SSL_SESSION *session)
{
    unsigned char *octets = NULL;
    int size = i2d_SSL_SESSION(session, &octets);
    struct bytes kept = session_without_peer(arena, (struct bytes){octets, size > 0 ? (size_t)size : 0});
    OPENSSL_free(octets);
    return kept;
}

// The first session of a connection is the one that is kept.
static int session_came(SSL *ssl, SSL_SESSION *session)
{
    struct handshake_talk *talk = SSL_get_app_data(ssl);
    if (talk->stage == STAGE_OVER)
        return 0;
    note_ticket(talk, session);
    if (talk->result.resumable || !SSL_SESSION_is_resumable(session))
        return 0;
    talk->result.session = session_octets(talk->arena, session);
    talk->result.resumable = talk->result.session.size != 0;
    return 0;
}

// --- one context for the whole run -----------------------------------------------------------------

static SSL_CTX *shared;
static CRYPTO_ONCE shared_once = CRYPTO_ONCE_STATIC_INIT;

static const char schemes[] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
                              "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                              "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                              "RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA224:RSA+SHA224:DSA+SHA256:DSA+SHA384:"
                              "DSA+SHA512:DSA+SHA224:ECDSA+SHA1:RSA+SHA1:DSA+SHA1";
static const char groups[] = "X25519:P-256:P-384:P-521:X448:secp256k1:brainpoolP256r1:brainpoolP384r1:"
                             "brainpoolP512r1:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192";
static const char few_groups[] = "X25519:P-256:P-384:P-521"; // where a build lacks some of the others
static const char hybrid_groups[] = "X25519MLKEM768:X25519:P-256:P-384:P-521";
static const char careful_schemes[] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
                                      "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                                      "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                                      "RSA+SHA256:RSA+SHA384:RSA+SHA512";

// Everything that a system's configuration could have set is set again here.
static void make_shared(void)
{
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    shared = library == NULL ? NULL : SSL_CTX_new_ex(library, NULL, TLS_client_method());
    if (shared == NULL)
        die("libssl could not be set up");
    SSL_CTX_clear_options(shared, SSL_CTX_get_options(shared));
    SSL_CTX_set_options(shared, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION | SSL_OP_TLSEXT_PADDING |
                                    SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    SSL_CTX_set_mode(shared, SSL_MODE_RELEASE_BUFFERS); // a conversation waits most of its time
    SSL_CTX_set_security_level(shared, 0);
    SSL_CTX_set_verify(shared, SSL_VERIFY_NONE, NULL);
    bool good = SSL_CTX_set_min_proto_version(shared, TLS1_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(shared, 0) == 1 &&
                SSL_CTX_set_cipher_list(shared, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") == 1 &&
                SSL_CTX_set1_sigalgs_list(shared, schemes) == 1 &&
                (SSL_CTX_set1_groups_list(shared, groups) == 1 || SSL_CTX_set1_groups_list(shared, few_groups) == 1);
    if (!good)
        die("libssl does not take the settings of a scanner");
    SSL_CTX_set_session_cache_mode(shared, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(shared, session_came);
    ERR_clear_error();
}

// --- stages ----------------------------------------------------------------------------------------

// Why libssl gave up, as far as it says.
static bool fail(struct handshake_talk *talk)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    talk->result.error = reason == NULL ? "no reason given" : reason;
    talk->result.end = HANDSHAKE_FAILED;
    talk->stage = STAGE_OVER;
    return false;
}

static void note_completed(struct handshake_talk *talk)
{
    struct handshake_result *result = &talk->result;
    const unsigned char *alpn;
    unsigned alpn_size;
    result->completed = true;
    result->resumed = SSL_session_reused(talk->ssl) == 1;
    result->extended_master_secret = SSL_get_extms_support(talk->ssl) == 1;
    result->secure_renegotiation = SSL_get_secure_renegotiation_support(talk->ssl) == 1;
    SSL_get0_alpn_selected(talk->ssl, &alpn, &alpn_size);
    result->alpn = arena_copy(talk->arena, (struct bytes){alpn, alpn_size});
    int early = SSL_get_early_data_status(talk->ssl);
    if (early != SSL_EARLY_DATA_NOT_SENT)
        result->early_data = early == SSL_EARLY_DATA_ACCEPTED ? EARLY_DATA_ACCEPTED : EARLY_DATA_REJECTED;
}

// HTTP is spoken only where the server itself has said so, or where whoever asks answers for it.
static bool agreed_on_http(const struct handshake_talk *talk)
{
    struct bytes alpn = talk->result.alpn;
    if ((talk->question.options & HANDSHAKE_HTTP) == 0)
        return false;
    if (alpn.size == 0)
        return (talk->question.options & HANDSHAKE_HTTP_UNSAID) != 0;
    return bytes_equal(alpn, bytes_of_text("http/1.1")) || bytes_equal(alpn, bytes_of_text("http/1.0"));
}

// Each stage returns whether the next has begun, or there is nothing to do but to wait.
static bool shake(struct handshake_talk *talk)
{
    int done = SSL_do_handshake(talk->ssl);
    if (done != 1)
        return SSL_get_error(talk->ssl, done) == SSL_ERROR_WANT_READ ? false : fail(talk);
    note_completed(talk);
    bool more = talk->question.renegotiations != 0 && talk->result.version < TLS13;
    talk->stage = more ? STAGE_RENEGOTIATION : agreed_on_http(talk) ? STAGE_HTTP : STAGE_CLOSING;
    return true;
}

// What the server says in application data is of no interest. True: it has closed in order.
static bool listen_on(struct handshake_talk *talk)
{
    char ignored[4096];
    int size;
    do
        size = SSL_read(talk->ssl, ignored, sizeof ignored);
    while (size > 0);
    int why = SSL_get_error(talk->ssl, size);
    if (why == SSL_ERROR_ZERO_RETURN)
        return true;
    if (why != SSL_ERROR_WANT_READ)
        fail(talk);
    return false;
}

// libssl begins only when nothing that it has taken is left unread, so it reads first.
static bool renegotiate(struct handshake_talk *talk)
{
    bool closed = listen_on(talk);
    if (talk->stage != STAGE_RENEGOTIATION)
        return false;
    if (talk->renegotiating && !SSL_renegotiate_pending(talk->ssl)) {
        talk->result.renegotiations++;
        talk->renegotiating = false;
    }
    if (closed) { // in answer to the attempt, or by itself
        talk->result.end = talk->renegotiating ? HANDSHAKE_CLOSED : HANDSHAKE_ORDERLY;
        talk->stage = STAGE_OVER;
    }
    if (closed || talk->renegotiating)
        return false;
    if (talk->result.renegotiations == talk->question.renegotiations) {
        talk->stage = STAGE_CLOSING;
        return true;
    }
    if (SSL_renegotiate(talk->ssl) != 1)
        return fail(talk);
    int done = SSL_do_handshake(talk->ssl);
    talk->renegotiating = true;
    return done == 1 || SSL_get_error(talk->ssl, done) == SSL_ERROR_WANT_READ ? false : fail(talk);
}

// One harmless request, such as any client makes. That encodings are offered shows whether the server compresses.
static bool ask_http(struct handshake_talk *talk)
{
    const struct handshake *question = &talk->question;
    const char *authority = question->authority == NULL ? "" : question->authority;
    const char *request = arena_text(talk->arena,
                                     "%s / HTTP/1.1\r\nHost: %s\r\nUser-Agent: " HTTP_USER_AGENT "\r\nAccept: */*\r\n"
                                     "Accept-Encoding: gzip, deflate, br\r\nConnection: close\r\n\r\n",
                                     question->options & HANDSHAKE_HTTP_GET ? "GET" : "HEAD", authority);
    if (SSL_write(talk->ssl, request, (int)strlen(request)) <= 0)
        return fail(talk);
    http_begin(&talk->reader, talk->arena, 0, true);
    talk->result.http_answer = HTTP_NO_ANSWER;
    return true;
}

static void note_answer(struct handshake_talk *talk)
{
    struct handshake_result *result = &talk->result;
    if (talk->reader.headed) {
        result->http_answer = HTTP_ANSWER;
        result->http = cookies_removed(talk->arena, talk->reader.head);
    } else {
        result->http_answer = talk->reader.state == HTTP_STRANGE ? HTTP_NO_HTTP : HTTP_BROKEN_HEAD;
    }
    SSL_shutdown(talk->ssl); // nothing more is wanted, and a body may be long
    result->end = HANDSHAKE_ORDERLY;
    talk->stage = STAGE_OVER;
}

static bool speak_http(struct handshake_talk *talk)
{
    uint8_t buffer[4096];
    if (talk->result.http_answer == HTTP_NOT_ASKED && !ask_http(talk))
        return false;
    int size;
    while ((size = SSL_read(talk->ssl, buffer, sizeof buffer)) > 0)
        if (http_feed(&talk->reader, (struct bytes){buffer, (size_t)size}) != HTTP_READING) {
            note_answer(talk);
            return false;
        }
    int why = SSL_get_error(talk->ssl, size);
    if (why == SSL_ERROR_ZERO_RETURN) {
        talk->result.end = HANDSHAKE_CLOSED;
        talk->stage = STAGE_OVER;
    } else if (why != SSL_ERROR_WANT_READ) {
        fail(talk);
    }
    return false;
}

static bool close_down(struct handshake_talk *talk)
{
    if ((SSL_get_shutdown(talk->ssl) & SSL_SENT_SHUTDOWN) == 0)
        SSL_shutdown(talk->ssl);
    if (listen_on(talk)) {
        talk->result.end = HANDSHAKE_ORDERLY;
        talk->stage = STAGE_OVER;
    }
    return false;
}

static void advance(struct handshake_talk *talk)
{
    bool moved = true;
    while (moved) {
        ERR_clear_error();
        switch (talk->stage) {
        case STAGE_HANDSHAKE:
            moved = shake(talk);
            break;
        case STAGE_RENEGOTIATION:
            moved = renegotiate(talk);
            break;
        case STAGE_HTTP:
            moved = speak_http(talk);
            break;
        case STAGE_CLOSING:
            moved = close_down(talk);
            break;
        case STAGE_OVER:
            moved = false;
            break;
        }
    }
    ERR_clear_error();
}

// --- from beginning to end -------------------------------------------------------------------------

// What OpenSSL's own clients take today: nothing below 112 bits, and no server without RFC 5746.
static void be_careful(SSL *ssl)
{
    SSL_clear_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_set_security_level(ssl, 2);
    bool good = SSL_set_cipher_list(ssl, "DEFAULT:@SECLEVEL=2") == 1 &&
                SSL_set1_sigalgs_list(ssl, careful_schemes) == 1 &&
                (SSL_set1_groups_list(ssl, hybrid_groups) == 1 || SSL_set1_groups_list(ssl, few_groups) == 1);
    if (!good)
        die("libssl does not take the settings of a careful client");
    ERR_clear_error();
}

static void set_options(SSL *ssl, const struct handshake *question)
{
    SSL_set_min_proto_version(ssl, question->lowest);
    SSL_set_max_proto_version(ssl, question->highest);
    if ((question->options & HANDSHAKE_TICKETS) == 0 && question->highest < TLS13)
        SSL_set_options(ssl, SSL_OP_NO_TICKET);
    if (question->options & HANDSHAKE_PSK_ALONE)
        SSL_set_options(ssl, SSL_OP_ALLOW_NO_DHE_KEX);
    if (question->renegotiations != 0)
        SSL_set_options(ssl, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    if (question->server_name != NULL)
        SSL_set_tlsext_host_name(ssl, question->server_name);
    if (question->options & HANDSHAKE_CHAIN)
        SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
    if (question->options & HANDSHAKE_CAREFUL)
        be_careful(ssl);
}

// RFC 7301 section 3.1, from names between commas.
static void offer_protocols(struct handshake_talk *talk)
{
    struct builder list = builder_in(talk->arena);
    for (const char *name = talk->question.alpn; *name != '\0'; name += *name == ',') {
        size_t size = strcspn(name, ","), opened = builder_open(&list, 1);
        builder_add(&list, (struct bytes){(const uint8_t *)name, size});
        builder_close(&list, opened, 1);
        name += size;
    }
    SSL_set_alpn_protos(talk->ssl, list.data, (unsigned)list.size);
}

// With a share of the group that the server chose before: a HelloRetryRequest rejects early data (RFC 8446 section
// 4.2.10), and whoever keeps sessions for one use alone has forgotten it when it is offered again.
static void offer_session(struct handshake_talk *talk, struct bytes session)
{
    const unsigned char *next = session.data;
    SSL_SESSION *known = d2i_SSL_SESSION(NULL, &next, (long)session.size);
    always(known != NULL);
    SSL_set_session(talk->ssl, known);
    SSL_SESSION_free(known);
    int group = talk->question.lowest < TLS13 ? NID_undef : (int)SSL_get_negotiated_group(talk->ssl);
    if (group != NID_undef && (group & TLSEXT_nid_unknown) == 0)
        SSL_set1_groups(talk->ssl, &group, 1);
}

// The one request that is ever sent: it changes nothing, and its answer is not read.
static void send_early(struct handshake_talk *talk)
{
    const char *name = talk->question.server_name;
    const char *request =
        name == NULL ? "HEAD / HTTP/1.0\r\n\r\n" : arena_text(talk->arena, "HEAD / HTTP/1.0\r\nHost: %s\r\n\r\n", name);
    size_t written;
    SSL_SESSION *session = SSL_get0_session(talk->ssl);
    if (session != NULL && SSL_SESSION_get_max_early_data(session) >= strlen(request))
        SSL_write_early_data(talk->ssl, request, strlen(request), &written);
}

// SSL_use_PrivateKey looks whether the two belong together, which was looked at before.
static void present(SSL *ssl, const struct identity *identity)
{
    struct bytes leaf = identity_certificate(identity, 0);
    bool taken = SSL_use_certificate_ASN1(ssl, leaf.data, (int)leaf.size) == 1 &&
                 SSL_use_PrivateKey(ssl, identity_key(identity)) == 1;
    for (size_t i = 1; taken && i < identity_count(identity); i++) {
        struct bytes der = identity_certificate(identity, i);
        const unsigned char *next = der.data;
        X509 *certificate = d2i_X509(NULL, &next, (long)der.size);
        taken = certificate != NULL && SSL_add0_chain_cert(ssl, certificate) == 1;
    }
    if (!taken)
        die("libssl does not take the client certificate");
}

static void connect_memory(struct handshake_talk *talk)
{
    talk->in = BIO_new(BIO_s_mem());
    talk->out = BIO_new(BIO_s_mem());
    if (talk->in == NULL || talk->out == NULL)
        die("out of memory");
    BIO_set_mem_eof_return(talk->in, -1);
    SSL_set_bio(talk->ssl, talk->in, talk->out);
}

struct handshake_talk *handshake_begin(struct arena *arena, const struct handshake *question, struct bytes session,
                                       const struct identity *identity)
{
    struct handshake_talk *talk = arena_alloc(arena, sizeof *talk);
    *talk = (struct handshake_talk){.question = *question, .arena = arena, .result.end = HANDSHAKE_STOPPED};
    if (CRYPTO_THREAD_run_once(&shared_once, make_shared) != 1)
        die("libssl could not be set up");
    ERR_clear_error();
    talk->ssl = SSL_new(shared);
    if (talk->ssl == NULL)
        die("out of memory");
    SSL_set_app_data(talk->ssl, talk);
    SSL_set_msg_callback(talk->ssl, message_passed);
    SSL_set_msg_callback_arg(talk->ssl, talk);
    connect_memory(talk);
    set_options(talk->ssl, question);
    SSL_set_connect_state(talk->ssl);
    if (question->alpn != NULL)
        offer_protocols(talk);
    if ((question->options & HANDSHAKE_CERTIFICATE) && identity != NULL)
        present(talk->ssl, identity);
    if (session.size != 0)
        offer_session(talk, session);
    if (question->options & HANDSHAKE_EARLY_DATA)
        send_early(talk);
    advance(talk);
    return talk;
}

struct bytes handshake_output(struct handshake_talk *talk, struct arena *arena)
{
    size_t size = BIO_ctrl_pending(talk->out);
    uint8_t *octets = arena_alloc(arena, size);
    int taken = size == 0 ? 0 : BIO_read(talk->out, octets, (int)size);
    return (struct bytes){octets, taken < 0 ? 0 : (size_t)taken};
}

void handshake_input(struct handshake_talk *talk, struct bytes bytes)
{
    if (talk->total == 0 && bytes.size != 0 && (bytes.data[0] < FIRST_RECORD || bytes.data[0] > LAST_RECORD))
        talk->strange = arena_copy(talk->arena, (struct bytes){bytes.data, bytes.size < BANNER ? bytes.size : BANNER});
    talk->total += bytes.size;
    if (talk->stage == STAGE_OVER)
        return;
    always(bytes.size <= INT_MAX);
    if (BIO_write(talk->in, bytes.data, (int)bytes.size) != (int)bytes.size)
        die("out of memory");
    if (talk->total <= FLIGHT_LIMIT)
        advance(talk);
    else
        talk->stage = STAGE_OVER;
}

struct bytes handshake_strange(const struct handshake_talk *talk) { return talk->strange; }

bool handshake_over(const struct handshake_talk *talk) { return talk->stage == STAGE_OVER; }

bool handshake_closing(const struct handshake_talk *talk) { return talk->stage == STAGE_CLOSING; }

void handshake_result(const struct handshake_talk *talk, struct arena *arena, struct handshake_result *out)
{
    *out = talk->result;
    out->alpn = arena_copy(arena, talk->result.alpn);
    out->session = arena_copy(arena, talk->result.session);
    out->http = arena_copy(arena, talk->result.http);
    out->staple = arena_copy(arena, talk->result.staple);
    struct bytes *certificates = arena_array(arena, out->certificate_count, sizeof *certificates);
    for (size_t i = 0; i < out->certificate_count; i++)
        certificates[i] = arena_copy(arena, talk->result.certificates[i]);
    out->certificates = certificates;
}

void handshake_release(struct handshake_talk *talk) { SSL_free(talk->ssl); }
