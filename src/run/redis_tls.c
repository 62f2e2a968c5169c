// SPDX-License-Identifier: Apache-2.0
//
// A client as it should be: TLS 1.2 or later, the system's roots or one file, the name or the address of the URL.
#include "run/redis_tls.h"

#include <openssl/ssl.h>

#include "base/arena.h"
#include "run/target.h"

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

struct ssl_ctx_st *redis_tls_open(const struct queue_url *url, struct complaint *complaint)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        die("out of memory");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (use_files(context, url, complaint))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

void redis_tls_close(struct ssl_ctx_st *context) { SSL_CTX_free(context); }

struct ssl_st *redis_tls_new(struct ssl_ctx_st *context, const struct queue_url *url)
{
    struct arena scratch = {0};
    SSL *connection = SSL_new(context);
    if (connection == NULL)
        die("out of memory");
    const char *address = target_address(&scratch, url->host);
    bool good = address != NULL
                    ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), address) == 1
                    : SSL_set1_host(connection, url->host) == 1 && SSL_set_tlsext_host_name(connection, url->host) == 1;
    if (!good)
        die("out of memory");
    arena_release(&scratch);
    return connection;
}

void redis_tls_free(struct ssl_st *connection) { SSL_free(connection); }

const char *redis_tls_trouble(const struct ssl_st *connection)
{
    long result = SSL_get_verify_result(connection);
    return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}
