// SPDX-License-Identifier: Apache-2.0
//
// A connection to a server that speaks Redis's protocol (Redis, Valkey), which mends itself: when it is lost it is made
// again, ever more slowly. Nothing here waits but redis_step, and that no longer than it is told to, so that it can be
// stepped from within a scan. hiredis is in redis.c alone; without it redis_open says that there is no queue.
#ifndef RUN_REDIS_H
#define RUN_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "run/queue_url.h"

#define REDIS_SILENCE_MS 10000 // without an answer that is due, after which a connection is lost
#define REDIS_PAUSE_MS   100   // before it is made again; doubled each time
#define REDIS_LONGEST_MS 5000

struct redis;

enum redis_kind { REDIS_NOTHING, REDIS_NUMBER, REDIS_TEXT, REDIS_LIST };

struct redis_value {
    enum redis_kind kind;
    int64_t number;
    struct bytes text;
    const struct redis_value *item;
    size_t count;
};

// The item of a list, or nothing.
const struct redis_value *redis_item(const struct redis_value *list, size_t index);

struct redis_calls {
    // The answer to a command, good during the call; NULL: the connection was lost before there was one, and whether
    // the command was carried out is not known.
    void (*answered)(void *context, void *about, const struct redis_value *answer);
    // The connection was lost, or is there again: a sentence without its full stop.
    void (*told)(void *context, const char *sentence);
    // Whether it is of use to wait for a server that is not ready yet, asked while it is opened; NULL: it is.
    bool (*wanted)(void *context);
    void *context;
};

// Waits until the server has answered once, however long it takes to load. NULL and a complaint: there is none, or it
// does not want us; NULL without one: it is not wanted any more.
struct redis *redis_open(const struct queue_url *url, const struct redis_calls *calls, struct complaint *complaint);

// A command, word by word; copied. False: there is no connection just now.
bool redis_send(struct redis *redis, const struct bytes *words, size_t count, void *about);

// Sends and receives what there is, and waits for more at most so long.
void redis_step(struct redis *redis, unsigned wait_ms);

// What no new connection would mend (another password, a server too old), as a sentence; NULL: nothing.
const char *redis_trouble(const struct redis *redis);

void redis_close(struct redis *redis); // NULL is allowed

#endif
