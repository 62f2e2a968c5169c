// SPDX-License-Identifier: Apache-2.0
//
// TLS to a queue's server as libssl does it, over a socket that does not wait. Certificate and name are verified,
// always.
#ifndef RUN_REDIS_TLS_H
#define RUN_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "run/queue_url.h"

// What came of a try: it is done, or to be tried again when the socket has octets or takes some, or there is nothing
// more to be had of this connection.
enum redis_io { REDIS_DONE, REDIS_WHEN_READABLE, REDIS_WHEN_WRITABLE, REDIS_OVER };

// Why a connection is over: 0 where the server has sent all that it had to send. A reset is no other end than that: it
// depends on whether the server had read what it was sent.
const char *redis_end_of(int system_error);

// One server, and the connection that there is to it at present, if there is one.
struct redis_tls;

// NULL and a complaint: a file of the URL's cannot be used.
struct redis_tls *redis_tls_open(const struct queue_url *url, struct complaint *complaint);
void redis_tls_close(struct redis_tls *tls); // NULL is allowed

void redis_tls_begin(struct redis_tls *tls, int descriptor);
void redis_tls_end(struct redis_tls *tls); // the socket is the caller's

enum redis_io redis_tls_shake_hands(struct redis_tls *tls);
enum redis_io redis_tls_receive(struct redis_tls *tls, uint8_t *octets, size_t room, size_t *size);
enum redis_io redis_tls_send(struct redis_tls *tls, struct bytes octets, size_t *size);

// After REDIS_OVER: why, and whether another connection would end in the same way, for one side does not take the
// other's certificate. Then it is a whole sentence.
const char *redis_tls_trouble(const struct redis_tls *tls, bool *lasting);

#endif
