// SPDX-License-Identifier: Apache-2.0
//
// Out of a queue: take some reports, hand them on, have them put on the disk, and only then say that they may go. Who
// is killed in between leaves them to the next one, who asks of each whether it is there already. A store knows that by
// itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "delivery.h"
#include "report/archive.h"
#include "report/saved.h"
#include "run/net.h"
#include "run/queue.h"
#include "shakedown.h"

#define TAKEN         16         // reports at a time
#define HELD          256        // that are not on the disk, at most
#define HELD_SIZE     (4u << 20) // octets of them after which they are put there
#define IDLE_MS       200        // between questions when there was nothing
#define LAST_WORDS_MS 10000      // after a signal, for what is to be told to the queue
#define SEARCH_MS     1000       // between looks at what others left behind

struct held {
    char entry[QUEUE_ENTRY], id[QUEUE_ID + 1];
};

struct collector {
    struct queue queue;
    bool follow;
    const struct shakedown_calls *calls;
    struct archive *archive; // NULL: no store
    struct held held[HELD];
    size_t count, size;
    uint64_t since_ms; // that the first of them is held
    bool asked;        // something is sent and not answered
    bool confirmed;    // of what is held: it is on the disk
    bool few;          // there were fewer than asked for
    bool drained, left;
    bool rejected;
    uint64_t ask_ms, search_ms;
    struct complaint complaint;
};

// What is sent, and awaited.
enum question { TAKE, CONFIRM, LEAVE };
static const enum question take = TAKE, confirm = CONFIRM, leave = LEAVE;

// --- one report ------------------------------------------------------------------------------------

static void reject(struct collector *collector, const char *target, const char *sentence)
{
    collector->rejected = true;
    if (collector->calls->reject != NULL)
        collector->calls->reject(collector->calls->context, target, sentence);
}

// again: where reports go it is there already, though perhaps not in the store.
static void hand_on(struct collector *collector, const char *target, const char *json, bool again)
{
    struct complaint wrong = {0};
    struct report *report = saved_of(json, strlen(json), &wrong);
    if (report == NULL) {
        reject(collector, target, wrong.text);
        return;
    }
    if (!again)
        deliver(collector->calls, report, false);
    if (collector->archive != NULL)
        archive_add(collector->archive, (int64_t)time(NULL), report, &collector->complaint);
    report_free(report);
}

static char *text_of(struct bytes bytes)
{
    char *text = strndup(bytes.size == 0 ? "" : (const char *)bytes.data, bytes.size);
    if (text == NULL)
        die("out of memory");
    return text;
}

// What is held for longer than the lease looks left behind, even to us.
static bool is_held(const struct collector *collector, struct bytes entry)
{
    size_t i = 0;
    while (i < collector->count && !bytes_equal(bytes_of_text(collector->held[i].entry), entry))
        i++;
    return i < collector->count;
}

static void take_entry(struct collector *collector, const struct queue_entry *entry)
{
    const struct shakedown_calls *calls = collector->calls;
    if (is_held(collector, entry->entry))
        return;
    if (collector->count == 0)
        collector->since_ms = net_now();
    char *text = text_of(entry->text), *target = text_of(entry->target);
    bool again = entry->deliveries > 1 && calls->has != NULL && calls->has(calls->context, text);
    struct held *held = &collector->held[collector->count++];
    always(collector->count <= HELD);
    snprintf(held->entry, sizeof held->entry, "%.*s", (int)entry->entry.size, (const char *)entry->entry.data);
    snprintf(held->id, sizeof held->id, "%.*s", (int)entry->id.size, (const char *)entry->id.data);
    collector->size += entry->text.size;
    if (entry->kind == QUEUE_REJECTED)
        reject(collector, target, text);
    else if (!again || collector->archive != NULL)
        hand_on(collector, target, text, again);
    free(text);
    free(target);
}

// --- answers ---------------------------------------------------------------------------------------

static void taken(struct collector *collector, const struct redis_value *answer)
{
    struct queue_state state = queue_state_of(answer);
    size_t count = queue_entry_count(answer);
    queue_keep_cursor(&collector->queue, answer);
    for (size_t i = 0; i < count && collector->count < HELD; i++) {
        struct queue_entry entry = queue_entry_at(answer, i);
        take_entry(collector, &entry);
    }
    collector->few = count < TAKEN;
    collector->drained = state.jobs == 0 && state.results == 0 && state.writers == 0;
    collector->ask_ms = net_now() + (count == 0 ? IDLE_MS : 0);
}

static void answered(void *context, void *about, const struct redis_value *answer)
{
    struct collector *collector = context;
    collector->asked = false;
    if (answer == NULL) { // what is held may soon be another's
        collector->few = true;
        return;
    }
    switch (*(const enum question *)about) {
    case TAKE:
        taken(collector, answer);
        return;
    case CONFIRM:
        collector->count = collector->size = 0;
        collector->confirmed = false;
        return;
    case LEAVE:
        collector->left = true;
        return;
    }
}

static void told(void *context, const char *sentence)
{
    const struct shakedown_calls *calls = ((struct collector *)context)->calls;
    if (calls->warn != NULL)
        calls->warn(calls->context, sentence);
}

// --- questions -------------------------------------------------------------------------------------

static void ask_for_reports(struct collector *collector)
{
    uint64_t now = net_now();
    bool search = now >= collector->search_ms;
    if (now < collector->ask_ms)
        return;
    collector->asked = queue_take(&collector->queue, QUEUE_RESULTS, TAKEN, search, (void *)&take);
    if (collector->asked && search)
        collector->search_ms = now + SEARCH_MS;
}

// False: what is held cannot be put on the disk, and stays in the queue.
static bool put_on_disk(struct collector *collector)
{
    const struct shakedown_calls *calls = collector->calls;
    const char *entries[HELD], *ids[HELD];
    if (collector->complaint.text[0] != '\0')
        return false;
    if (collector->archive != NULL && !archive_flush(collector->archive, &collector->complaint))
        return false;
    if (!collector->confirmed && calls->sync != NULL && !calls->sync(calls->context))
        return complain(&collector->complaint, "nobody takes the reports any more: the last ones stay in the queue");
    collector->confirmed = true;
    for (size_t i = 0; i < collector->count; i++) {
        entries[i] = collector->held[i].entry;
        ids[i] = collector->held[i].id;
    }
    collector->asked = queue_collected(&collector->queue, entries, ids, collector->count, (void *)&confirm);
    return true;
}

static bool is_due(const struct collector *collector)
{
    bool late = net_now() - collector->since_ms >= collector->queue.url.lease_ms / 3;
    bool full = collector->size >= HELD_SIZE || collector->count + TAKEN > HELD;
    return collector->count != 0 && (collector->confirmed || collector->few || late || full);
}

static bool wanted(void *context)
{
    const struct shakedown_calls *calls = ((struct collector *)context)->calls;
    return calls->go_on == NULL || calls->go_on(calls->context);
}

static bool goes_on(struct collector *collector)
{
    return collector->complaint.text[0] == '\0' && redis_trouble(collector->queue.redis) == NULL && wanted(collector);
}

static void collect(struct collector *collector)
{
    bool good = true;
    while (good && goes_on(collector) && (collector->follow || collector->count != 0 || !collector->drained)) {
        if (!collector->asked && is_due(collector))
            good = put_on_disk(collector);
        else if (!collector->asked)
            ask_for_reports(collector);
        redis_step(collector->queue.redis, 50);
    }
    // Who stops in the middle has what it wrote put there too; but the server may be gone.
    uint64_t limit = net_now() + LAST_WORDS_MS;
    while (good && redis_trouble(collector->queue.redis) == NULL && net_now() < limit &&
           (collector->count != 0 || !collector->left)) {
        if (!collector->asked && collector->count != 0)
            good = put_on_disk(collector);
        else if (!collector->asked)
            collector->asked = queue_leave(&collector->queue, QUEUE_RESULTS, (void *)&leave);
        redis_step(collector->queue.redis, 50);
    }
    const char *trouble = redis_trouble(collector->queue.redis);
    if (trouble != NULL)
        complain(&collector->complaint, "%s", trouble);
}

static bool open_store(struct collector *collector, const char *name)
{
    if (name == NULL)
        return true;
    collector->archive = archive_create(name, &collector->complaint);
    if (collector->archive != NULL)
        archive_harden(collector->archive);
    return collector->archive != NULL;
}

enum shakedown_status shakedown_collect(const struct shakedown_queue *queue, const struct shakedown_settings *settings,
                                        const struct shakedown_calls *calls, char *error)
{
    struct collector *collector = calloc(1, sizeof *collector);
    if (collector == NULL)
        die("out of memory");
    collector->follow = queue->follow;
    collector->calls = calls;
    enum shakedown_status status = SHAKEDOWN_OK;
    if (open_store(collector, settings->store) &&
        queue_open(&collector->queue, queue->url, queue->pass, &(struct redis_calls){answered, told, wanted, collector},
                   &collector->complaint))
        collect(collector);
    if (collector->complaint.text[0] != '\0' || collector->rejected)
        status = SHAKEDOWN_USAGE;
    else if (!collector->drained)
        status = SHAKEDOWN_INCOMPLETE;
    memcpy(error, collector->complaint.text, sizeof collector->complaint.text);
    queue_close(&collector->queue);
    archive_close(collector->archive);
    free(collector);
    return status;
}
