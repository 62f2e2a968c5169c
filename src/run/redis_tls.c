// SPDX-License-Identifier: Apache-2.0
//
// A client as it should be: TLS 1.2 or later, the system's roots or one file, the name or the address of the URL. What
// the server thinks of our own certificate comes as an alert, in TLS 1.3 only after our side of the handshake is done.
#include "run/redis_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "run/target.h"

struct redis_tls {
    SSL_CTX *context;
    SSL *connection; // NULL: there is none
    char host[256];
    bool is_address;
    bool shown;    // a certificate of ours
    bool wanted;   // ... by the server, and there is none
    uint8_t alert; // by which the server ended it; 0: none
    bool lasting;
    struct complaint trouble;
};

// --- what all connections have in common -----------------------------------------------------------

// Nobody is there who could be asked for a passphrase.
static int no_passphrase(char *out, int room, int writing, void *context)
{
    (void)out, (void)room, (void)writing, (void)context;
    return -1;
}

static bool use_files(SSL_CTX *context, const struct queue_url *url, struct complaint *complaint)
{
    bool roots = url->ca[0] == '\0' ? SSL_CTX_set_default_verify_paths(context) == 1
                                    : SSL_CTX_load_verify_locations(context, url->ca, NULL) == 1;
    if (!roots)
        return complain(complaint, "'%.200s' holds no certificates to verify the queue's server by", url->ca);
    if (url->cert[0] == '\0')
        return true;
    if (SSL_CTX_use_certificate_chain_file(context, url->cert) != 1)
        return complain(complaint, "'%.200s' holds no certificate in PEM to show to the queue's server", url->cert);
    return (SSL_CTX_use_PrivateKey_file(context, url->key, SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_check_private_key(context) == 1) ||
           complain(complaint, "'%.200s' does not hold the key, in PEM and without a passphrase, of '%.200s'", url->key,
                    url->cert);
}

// Is called when the server wants a certificate and none is set.
static int note_wanted(SSL *connection, X509 **certificate, EVP_PKEY **key)
{
    struct redis_tls *tls = SSL_get_app_data(connection);
    (void)certificate, (void)key;
    tls->wanted = true;
    return 0;
}

// Fatal alerts, that is; of the others none says anything about us.
static void note_alert(const SSL *connection, int where, int value)
{
    struct redis_tls *tls = SSL_get_app_data(connection);
    if (where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
        tls->alert = (uint8_t)value;
}

static void set_host(struct redis_tls *tls, const char *host)
{
    struct arena scratch = {0};
    const char *address = target_address(&scratch, host);
    tls->is_address = address != NULL;
    snprintf(tls->host, sizeof tls->host, "%s", address != NULL ? address : host);
    size_t size = strlen(tls->host);
    if (!tls->is_address && size > 1 && tls->host[size - 1] == '.') // certificates have no root's dot
        tls->host[size - 1] = '\0';
    arena_release(&scratch);
}

struct redis_tls *redis_tls_open(const struct queue_url *url, struct complaint *complaint)
{
    struct redis_tls *tls = calloc(1, sizeof *tls);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (tls == NULL || context == NULL)
        die("out of memory");
    tls->context = context;
    tls->shown = url->cert[0] != '\0';
    set_host(tls, url->host);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_client_cert_cb(context, note_wanted);
    SSL_CTX_set_info_callback(context, note_alert);
    bool good = use_files(context, url, complaint);
    ERR_clear_error();
    if (good)
        return tls;
    redis_tls_close(tls);
    return NULL;
}

void redis_tls_close(struct redis_tls *tls)
{
    if (tls == NULL)
        return;
    redis_tls_end(tls);
    SSL_CTX_free(tls->context);
    free(tls);
}

// --- one connection --------------------------------------------------------------------------------

void redis_tls_begin(struct redis_tls *tls, int descriptor)
{
    redis_tls_end(tls);
    SSL *connection = tls->connection = SSL_new(tls->context);
    tls->wanted = tls->lasting = false;
    tls->alert = 0;
    tls->trouble = (struct complaint){0};
    bool good = connection != NULL && SSL_set_app_data(connection, tls) == 1 && SSL_set_fd(connection, descriptor) == 1;
    if (good && tls->is_address)
        good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), tls->host) == 1;
    else if (good)
        good = SSL_set1_host(connection, tls->host) == 1 && SSL_set_tlsext_host_name(connection, tls->host) == 1;
    if (!good)
        die("out of memory");
    SSL_set_connect_state(connection);
}

void redis_tls_end(struct redis_tls *tls)
{
    SSL_free(tls->connection);
    tls->connection = NULL;
}

const char *redis_end_of(int system_error)
{
    bool closed = system_error == 0 || system_error == ECONNRESET || system_error == EPIPE;
    return closed ? "it closed the connection" : strerror(system_error);
}

// By the server, of the certificate that it was shown or not (RFC 8446 section 6.2).
static bool is_about_certificate(uint8_t alert)
{
    static const uint8_t alerts[] = {
        SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
        SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,     SSL_AD_UNKNOWN_CA,
        SSL_AD_ACCESS_DENIED,       SSL_AD_CERTIFICATE_REQUIRED,
    };
    return memchr(alerts, alert, sizeof alerts) != NULL;
}

static void explain(struct redis_tls *tls, int system_error)
{
    long verified = SSL_get_verify_result(tls->connection);
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);
    struct complaint *trouble = &tls->trouble;
    *trouble = (struct complaint){0};
    tls->lasting = true;
    if (verified != X509_V_OK) {
        complain(trouble, "the queue's server is not trusted: %s", X509_verify_cert_error_string(verified));
    } else if (tls->wanted && (tls->alert == SSL_AD_HANDSHAKE_FAILURE || is_about_certificate(tls->alert))) {
        complain(trouble, "the queue's server wants a certificate: cert and key in the queue's URL");
    } else if (tls->shown && is_about_certificate(tls->alert)) {
        complain(trouble, "the queue's server does not take the certificate that it is shown: %s",
                 SSL_alert_desc_string_long(tls->alert));
    } else {
        tls->lasting = false;
        if (tls->alert != 0)
            complain(trouble, "it ended TLS with an alert: %s", SSL_alert_desc_string_long(tls->alert));
        else if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
            complain(trouble, "no TLS with it: %s", reason == NULL ? "a protocol error" : reason);
        else
            complain(trouble, "%s", redis_end_of(system_error));
    }
}

static enum redis_io outcome(struct redis_tls *tls, int result)
{
    int system_error = errno;
    switch (SSL_get_error(tls->connection, result)) {
    case SSL_ERROR_NONE:
        return REDIS_DONE;
    case SSL_ERROR_WANT_READ:
        return REDIS_WHEN_READABLE;
    case SSL_ERROR_WANT_WRITE:
        return REDIS_WHEN_WRITABLE;
    case SSL_ERROR_SYSCALL:
        explain(tls, system_error);
        break;
    default:
        explain(tls, 0);
        break;
    }
    ERR_clear_error();
    return REDIS_OVER;
}

// libssl judges a call by what others may have left behind.
static void prepare(void)
{
    ERR_clear_error();
    errno = 0;
}

enum redis_io redis_tls_shake_hands(struct redis_tls *tls)
{
    prepare();
    return outcome(tls, SSL_do_handshake(tls->connection));
}

enum redis_io redis_tls_receive(struct redis_tls *tls, uint8_t *octets, size_t room, size_t *size)
{
    prepare();
    return outcome(tls, SSL_read_ex(tls->connection, octets, room, size));
}

enum redis_io redis_tls_send(struct redis_tls *tls, struct bytes octets, size_t *size)
{
    prepare();
    return outcome(tls, SSL_write_ex(tls->connection, octets.data, octets.size, size));
}

const char *redis_tls_trouble(const struct redis_tls *tls, bool *lasting)
{
    *lasting = tls->lasting;
    return tls->trouble.text;
}
