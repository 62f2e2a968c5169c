// SPDX-License-Identifier: Apache-2.0
//
// A queue of targets on Redis Streams (6.2 or later), as commands and what comes back. There are four keys to a queue:
//
//     shakedown:{NAME}:jobs      targets that wait or are being scanned; group "workers"
//     shakedown:{NAME}:results   reports that nobody has collected yet; group "collectors"
//     shakedown:{NAME}:ids       of the targets of both, so that none is there twice
//     shakedown:{NAME}:writers   who is enqueuing, and until when that is believed
//
// Each step is one script, so it happens as a whole or not at all, and sending it again after a lost answer does no
// harm: a job leaves its stream in the same moment as its result enters the other, and only the first one to say so
// counts.
#ifndef RUN_QUEUE_H
#define RUN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "probe/target.h"
#include "run/redis.h"

#define QUEUE_ID         32 // hex digits
#define QUEUE_ENTRY      48 // octets of the name that the server gives to an entry, with its NUL
#define QUEUE_PLAIN      300
#define QUEUE_DELIVERIES 5 // after which nobody else gets a target

struct queue {
    struct redis *redis;
    struct queue_url url;
    char me[64];              // no two processes have the same
    char cursor[QUEUE_ENTRY]; // how far those that others left behind were looked through
};

// What there was when a command was carried out.
struct queue_state {
    uint64_t jobs, results, writers;
};

enum queue_stream { QUEUE_JOBS, QUEUE_RESULTS };
enum queue_kind { QUEUE_REPORT, QUEUE_REJECTED };

// One entry of a stream; views of the answer.
struct queue_entry {
    struct bytes entry, id, target;
    unsigned deliveries; // this one included
    // of results
    enum queue_kind kind;
    struct bytes text;
};

// False: the complaint says why not.
bool queue_open(struct queue *queue, const char *url, const char *password, const struct redis_calls *calls,
                struct complaint *complaint);
void queue_close(struct queue *queue);

// What makes a target, as hex digits; the same on every machine.
void queue_id(const struct target *target, char id[QUEUE_ID + 1]);

// How a target is written in the queue: as the user did, where that is of letters, digits and ".:-_[]", else as host
// and port.
const char *queue_target(struct arena *arena, const struct target *target);
bool queue_target_is_plain(struct bytes text);

// Commands; each may be refused for want of a connection (false), and is answered later.
bool queue_add(struct queue *queue, const char *const *ids, const char *const *targets, size_t count, void *about);
bool queue_end_adding(struct queue *queue, void *about);
// abandoned: look also for what others took and left behind.
bool queue_take(struct queue *queue, enum queue_stream stream, unsigned count, bool abandoned, void *about);
bool queue_finish(struct queue *queue, const char *entry, const char *id, const char *target, enum queue_kind kind,
                  const char *text, void *about);
bool queue_collected(struct queue *queue, const char *const *entries, const char *const *ids, size_t count,
                     void *about);
// That we still have these; or that anybody may have them at once.
bool queue_renew(struct queue *queue, enum queue_stream stream, const char *const *entries, size_t count, void *about);
bool queue_give_back(struct queue *queue, const char *const *entries, size_t count, void *about);
bool queue_leave(struct queue *queue, enum queue_stream stream, void *about);

// The answers. Of queue_add the number of those that were new; of queue_finish whether it counted.
struct queue_state queue_state_of(const struct redis_value *answer);
int64_t queue_answer_number(const struct redis_value *answer);
size_t queue_entry_count(const struct redis_value *answer); // of queue_take
struct queue_entry queue_entry_at(const struct redis_value *answer, size_t index);
void queue_keep_cursor(struct queue *queue, const struct redis_value *answer);

#endif
