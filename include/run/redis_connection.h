// SPDX-License-Identifier: Apache-2.0
//
// A connection that octets go over, with or without TLS: the host's name is looked up, its addresses are tried one
// after the other. Nothing here waits but redis_connection_wait. When it is down it says why, and begins again when
// told to.
//
//     redis_connection_begin -> (redis_connection_step, redis_connection_receive, redis_connection_wait)...
#ifndef RUN_REDIS_CONNECTION_H
#define RUN_REDIS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "run/queue_url.h"

#define REDIS_LOOKUP_MS  10000 // for the look-up of the name
#define REDIS_ADDRESS_MS 5000  // for one address, its TLS included

struct redis_connection;

// Down. NULL and a complaint: a file of the URL's cannot be used.
struct redis_connection *redis_connection_new(const struct queue_url *url, struct complaint *complaint);
void redis_connection_free(struct redis_connection *connection); // NULL is allowed

void redis_connection_begin(struct redis_connection *connection); // which must be down
void redis_connection_end(struct redis_connection *connection);   // and what was not sent is forgotten

bool redis_connection_is_open(const struct redis_connection *connection);
bool redis_connection_is_down(const struct redis_connection *connection);

// Why it is down. Lasting: it would be so the next time too; then it is a whole sentence.
const char *redis_connection_trouble(const struct redis_connection *connection, bool *lasting);

// Copied, and sent by later steps; before it is open too.
void redis_connection_send(struct redis_connection *connection, struct bytes octets);

// Comes as far as it gets without waiting.
void redis_connection_step(struct redis_connection *connection);

// What came; 0: nothing did, or it is down.
size_t redis_connection_receive(struct redis_connection *connection, uint8_t *octets, size_t room);

// Until there is something to do for step or receive, at most so long.
void redis_connection_wait(const struct redis_connection *connection, unsigned wait_ms);

#endif
