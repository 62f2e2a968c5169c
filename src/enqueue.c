// SPDX-License-Identifier: Apache-2.0
//
// From the caller's lines into a queue, in batches: one is on its way while the next is read. A batch is sent again
// when its answer was lost, since the queue knows what it has.
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "results.h"
#include "run/net.h"
#include "run/queue.h"
#include "settings.h"
#include "source.h"

#define BATCH         256
#define FULL_MS       500   // between questions whether the queue has room again
#define HEARTBEAT_MS  10000 // between signs that we are at it, where the caller is slow
#define LAST_WORDS_MS 5000  // after a signal, to say that we are not

struct batch {
    struct arena memory;
    const char *id[BATCH], *target[BATCH];
    size_t count;
};

struct enqueuing {
    struct queue queue;
    struct results results; // what a source wants to know
    struct source source;
    struct batch batch;
    bool asked;      // something is sent and not answered
    bool with_batch; // ... and the batch is in it
    bool over;       // the source is
    bool whole;      // ... and all of it is in the queue
    bool left;       // the queue knows that nothing more comes
    bool full;       // the queue is, and that was told
    uint64_t jobs;   // that wait, when it was last heard
    uint64_t known;  // targets that were there already
    uint64_t asked_ms;
};

static void answered(void *context, void *about, const struct redis_value *answer)
{
    struct enqueuing *enqueuing = context;
    struct batch *batch = &enqueuing->batch;
    enqueuing->asked = false;
    if (answer == NULL)
        return;
    enqueuing->jobs = queue_state_of(answer).jobs;
    enqueuing->left = about != NULL;
    if (!enqueuing->with_batch)
        return;
    enqueuing->known += batch->count - (uint64_t)queue_answer_number(answer);
    arena_release(&batch->memory);
    batch->count = 0;
}

static void tell(const struct enqueuing *enqueuing, const char *sentence)
{
    const struct shakedown_calls *calls = enqueuing->results.calls;
    if (calls->warn != NULL)
        calls->warn(calls->context, sentence);
}

static void told(void *context, const char *sentence) { tell(context, sentence); }

static bool wanted(void *context) { return results_go_on(&((struct enqueuing *)context)->results); }

static void read_targets(struct enqueuing *enqueuing)
{
    struct batch *batch = &enqueuing->batch;
    while (!enqueuing->over && batch->count < BATCH) {
        struct target target;
        char id[QUEUE_ID + 1];
        enum source_answer answer = source_next(&enqueuing->source, &batch->memory, &target);
        enqueuing->over = answer == SOURCE_END;
        if (answer != SOURCE_TARGET)
            return;
        queue_id(&target, id);
        batch->id[batch->count] = arena_text(&batch->memory, "%s", id);
        batch->target[batch->count++] = arena_text(&batch->memory, "%s", queue_target(&batch->memory, &target));
    }
}

// Once, as long as it is full again and again.
static void tell_full(struct enqueuing *enqueuing)
{
    uint64_t most = enqueuing->queue.url.jobs;
    if (enqueuing->jobs >= most && !enqueuing->full)
        tell(enqueuing, "the queue is full: enqueuing goes on when workers have scanned some of its targets");
    enqueuing->full = enqueuing->jobs >= (enqueuing->full ? most / 2 : most);
}

// A queue that is full is asked for room with a batch of none, and so it learns that we are still there.
static void send_batch(struct enqueuing *enqueuing)
{
    const struct batch *batch = &enqueuing->batch;
    uint64_t now = net_now(), since = now - enqueuing->asked_ms;
    bool full = enqueuing->jobs >= enqueuing->queue.url.jobs;
    if ((full && since < FULL_MS) || (batch->count == 0 && since < HEARTBEAT_MS))
        return;
    tell_full(enqueuing);
    enqueuing->with_batch = !full;
    enqueuing->asked = queue_add(&enqueuing->queue, batch->id, batch->target, full ? 0 : batch->count, NULL);
    if (enqueuing->asked)
        enqueuing->asked_ms = now;
}

static bool is_good(const struct enqueuing *enqueuing)
{
    return redis_trouble(enqueuing->queue.redis) == NULL && results_go_on(&enqueuing->results);
}

// Workers wait for more as long as somebody is believed to enqueue: also who is told to stop says so.
static void leave(struct enqueuing *enqueuing)
{
    uint64_t limit = net_now() + LAST_WORDS_MS;
    while (redis_trouble(enqueuing->queue.redis) == NULL && !enqueuing->left &&
           (results_go_on(&enqueuing->results) || net_now() < limit)) {
        if (!enqueuing->asked) {
            enqueuing->with_batch = false;
            enqueuing->asked = queue_end_adding(&enqueuing->queue, enqueuing);
        }
        redis_step(enqueuing->queue.redis, 50);
    }
}

static void enqueue(struct enqueuing *enqueuing)
{
    while (is_good(enqueuing) && !(enqueuing->over && enqueuing->batch.count == 0)) {
        if (!enqueuing->with_batch || !enqueuing->asked)
            read_targets(enqueuing);
        if (!enqueuing->asked)
            send_batch(enqueuing);
        redis_step(enqueuing->queue.redis, 50);
    }
    enqueuing->whole = enqueuing->over && enqueuing->batch.count == 0;
    leave(enqueuing);
    const char *trouble = redis_trouble(enqueuing->queue.redis);
    if (trouble != NULL)
        complain(&enqueuing->results.complaint, "%s", trouble);
}

static void tell_known(const struct enqueuing *enqueuing)
{
    char sentence[128];
    snprintf(sentence, sizeof sentence, "%llu of the targets %s in the queue already",
             (unsigned long long)enqueuing->known, enqueuing->known == 1 ? "was" : "were");
    if (enqueuing->known != 0)
        tell(enqueuing, sentence);
}

static enum shakedown_status status_of(const struct enqueuing *enqueuing)
{
    if (enqueuing->results.complaint.text[0] != '\0' || enqueuing->results.rejected != 0)
        return SHAKEDOWN_USAGE;
    return enqueuing->whole && enqueuing->left ? SHAKEDOWN_OK : SHAKEDOWN_INCOMPLETE;
}

enum shakedown_status shakedown_enqueue(const struct shakedown_queue *queue, const struct shakedown_settings *settings,
                                        const struct shakedown_calls *calls, char *error)
{
    struct arena memory = {0};
    struct enqueuing *enqueuing = arena_alloc(&memory, sizeof *enqueuing);
    struct complaint *complaint = &enqueuing->results.complaint;
    const char *server_name;
    enqueuing->results.settings = settings;
    enqueuing->results.calls = calls;
    if (settings_server_name(settings, &memory, &server_name, complaint) &&
        source_open(&enqueuing->source, &enqueuing->results, server_name) &&
        queue_open(&enqueuing->queue, queue->url, queue->pass, &(struct redis_calls){answered, told, wanted, enqueuing},
                   complaint)) {
        enqueue(enqueuing);
        tell_known(enqueuing);
    }
    enum shakedown_status status = status_of(enqueuing);
    memcpy(error, complaint->text, sizeof complaint->text);
    queue_close(&enqueuing->queue);
    source_close(&enqueuing->source);
    arena_release(&enqueuing->batch.memory);
    arena_release(&memory);
    return status;
}
