// SPDX-License-Identifier: Apache-2.0
//
// TLS to a queue's server as libssl does it: certificate and name are verified, always. hiredis carries the connection,
// but up to its 1.4 it leaves the name alone, so what it is given is made here.
#ifndef RUN_REDIS_TLS_H
#define RUN_REDIS_TLS_H

#include "base/fail.h"
#include "run/queue_url.h"

struct ssl_st;     // libssl's SSL
struct ssl_ctx_st; // ... and SSL_CTX

// What all connections have in common. NULL and a complaint: a file of the URL's cannot be used.
struct ssl_ctx_st *redis_tls_open(const struct queue_url *url, struct complaint *complaint);
void redis_tls_close(struct ssl_ctx_st *context); // NULL is allowed

// For one connection.
struct ssl_st *redis_tls_new(struct ssl_ctx_st *context, const struct queue_url *url);
void redis_tls_free(struct ssl_st *connection);

// Why the server's certificate is not taken, or NULL.
const char *redis_tls_trouble(const struct ssl_st *connection);

#endif
