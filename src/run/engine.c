// SPDX-License-Identifier: Apache-2.0
//
// Bookkeeping of a scan: the table of ids, the list of actions, the addresses that are ready. No step takes longer than
// the logarithm of how many targets are in flight.
#include "run/engine.h"

#include <limits.h>
#include <stdlib.h>

#include "base/fail.h"
#include "check/offer.h"
#include "run/address.h"

#define PLACE_BITS     24
#define SCRATCH_SIZE   65536
#define OUTGOING_SIZE  16384
#define SLOWEST_GROWTH 16   // successful connections for one more at once
#define LEAST_SWIFT    64   // connections at once that there is always time for
#define MOST_SWIFT     4096 // ... and so many that their number was not what took the time
#define RECOVERY       500  // milliseconds without haste after which there may be an eighth more

static void *enlarge(void *memory, size_t *room, size_t size)
{
    *room = *room == 0 ? 64 : *room * 2;
    memory = realloc(memory, *room * size);
    if (memory == NULL)
        die("out of memory");
    return memory;
}

static void awake(void *owner)
{
    // Nothing to do but to be that: engine_start and errands_start follow every event.
    (void)owner;
}

void engine_begin(struct engine *engine, const struct scan_settings *settings)
{
    *engine =
        (struct engine){.settings = *settings, .ceiling = UINT_MAX, .swift = UINT_MAX, .bucket.rate = settings->rate};
    engine->places = (struct places){.commons = settings->commons, .seat = settings->seat, .timers = &engine->timers};
    if (settings->commons != NULL)
        engine->bucket.common = commons_schedule(settings->commons);
    // Every step begins in these blocks, which stay, so that most steps cost no malloc.
    arena_alloc(&engine->scratch, SCRATCH_SIZE);
    arena_rewind(&engine->scratch, (struct arena_mark){.block = engine->scratch.last});
    arena_alloc(&engine->outgoing, OUTGOING_SIZE);
    engine->nothing_outgoing = (struct arena_mark){.block = engine->outgoing.last};
    engine->offers = offers_make(&engine->memory);
    engine->bucket_timer = (struct timer){.fire = awake, .due.owner = engine};
    engine->swift_timer = (struct timer){.fire = awake, .due.owner = engine};
    engine->errands.again = (struct timer){.fire = awake, .due.owner = engine};
}

void engine_release(struct engine *engine)
{
    arena_release(&engine->scratch);
    arena_release(&engine->outgoing);
    arena_release(&engine->memory);
    places_release(&engine->places);
    twins_release(&engine->twins);
    timers_release(&engine->timers);
    heap_release(&engine->ready);
    heap_release(&engine->handshakes.waiting);
    errands_release(&engine->errands);
    free(engine->waiter);
    free(engine->action);
}

// --- ids -----------------------------------------------------------------------------------------

static size_t free_place(struct engine *engine)
{
    size_t place = engine->first_free;
    if (place != 0) {
        engine->first_free = engine->waiter[place].next_free;
        return place;
    }
    if (engine->waiter_count + 1 >= engine->waiter_room)
        engine->waiter = enlarge(engine->waiter, &engine->waiter_room, sizeof *engine->waiter);
    place = ++engine->waiter_count;
    always(place < (size_t)1 << PLACE_BITS);
    return place;
}

uint64_t engine_number(struct engine *engine, enum purpose purpose, void *owner)
{
    size_t place = free_place(engine);
    uint64_t id = ++engine->serial << PLACE_BITS | place;
    engine->waiter[place] = (struct waiter){.id = id, .purpose = purpose, .owner = owner};
    return id;
}

static struct waiter *waiter_of(const struct engine *engine, uint64_t id)
{
    size_t place = (size_t)(id & (((uint64_t)1 << PLACE_BITS) - 1));
    if (place == 0 || place > engine->waiter_count || engine->waiter[place].id != id)
        return NULL;
    return &engine->waiter[place];
}

void *engine_find(const struct engine *engine, uint64_t id, enum purpose purpose)
{
    const struct waiter *waiter = waiter_of(engine, id);
    return waiter == NULL || waiter->purpose != purpose ? NULL : waiter->owner;
}

void engine_forget(struct engine *engine, uint64_t id)
{
    struct waiter *waiter = waiter_of(engine, id);
    always(waiter != NULL);
    *waiter = (struct waiter){.next_free = engine->first_free};
    engine->first_free = (size_t)(waiter - engine->waiter);
}

// --- actions -------------------------------------------------------------------------------------

void engine_act(struct engine *engine, struct scan_action action)
{
    if (engine->action_count == engine->action_room)
        engine->action = enlarge(engine->action, &engine->action_room, sizeof *engine->action);
    engine->action[engine->action_count++] = action;
}

// --- the overall pace ----------------------------------------------------------------------------

void engine_queue(struct engine *engine, struct address *address)
{
    heap_put(&engine->ready, &address->ready, address->number);
}

void engine_dequeue(struct engine *engine, struct address *address) { heap_remove(&engine->ready, &address->ready); }

void engine_late(struct engine *engine)
{
    unsigned fewer = engine->open - engine->open / 8;
    if (fewer < engine->swift)
        engine->swift = fewer < LEAST_SWIFT ? LEAST_SWIFT : fewer;
    engine->late_ms = engine->now_ms;
}

// How many there is time for may be more again: connections that nobody answers take none.
static void recover(struct engine *engine)
{
    if (engine->swift == UINT_MAX || engine->now_ms < engine->late_ms + RECOVERY)
        return;
    engine->swift = engine->swift > MOST_SWIFT ? UINT_MAX : engine->swift + engine->swift / 8;
    engine->late_ms = engine->now_ms;
}

static bool has_time(struct engine *engine)
{
    recover(engine);
    if (engine->open < engine->swift)
        return true;
    timers_set(&engine->timers, &engine->swift_timer, engine->late_ms + RECOVERY);
    return false;
}

void engine_start(struct engine *engine)
{
    const struct heap_item *first;
    while ((first = heap_first(&engine->ready)) != NULL && engine->open < engine->ceiling && has_time(engine)) {
        if (!bucket_ready(&engine->bucket, engine->now_ms)) {
            timers_set(&engine->timers, &engine->bucket_timer, bucket_due(&engine->bucket));
            return;
        }
        struct address *address = first->owner;
        engine_dequeue(engine, address);
        if (address_start(address))
            bucket_take(&engine->bucket, engine->now_ms);
    }
}

void engine_exhausted(struct engine *engine)
{
    unsigned now = engine->open == 0 ? 1 : engine->open;
    if (now < engine->ceiling)
        engine->ceiling = now;
    engine->successes = 0;
}

// From one on it grows about as fast as one more for each that it allows.
void engine_succeeded(struct engine *engine)
{
    unsigned wanted = engine->ceiling < SLOWEST_GROWTH ? engine->ceiling : SLOWEST_GROWTH;
    if (engine->ceiling == UINT_MAX || ++engine->successes < wanted)
        return;
    engine->ceiling++;
    engine->successes = 0;
}
