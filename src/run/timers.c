// SPDX-License-Identifier: Apache-2.0
//
// A binary heap; every timer knows its place in it, so that one in the middle can be moved.
#include "run/timers.h"

#include <stdlib.h>

#include "base/fail.h"

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void rise(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    while (place > 1 && timers->heap[place / 2]->due_ms > timer->due_ms) {
        put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    put(timers, place, timer);
}

static void sink(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    for (;;) {
        size_t child = place * 2;
        if (child > timers->count)
            break;
        if (child < timers->count && timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
            child++;
        if (timers->heap[child]->due_ms >= timer->due_ms)
            break;
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, timer);
}

static void make_room(struct timers *timers)
{
    if (timers->count + 1 < timers->room)
        return;
    timers->room = timers->room == 0 ? 64 : timers->room * 2;
    timers->heap = realloc(timers->heap, timers->room * sizeof *timers->heap);
    if (timers->heap == NULL)
        die("out of memory");
}

void timers_set(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
    timer->due_ms = due_ms;
    if (timer->place == 0) {
        make_room(timers);
        put(timers, ++timers->count, timer);
    }
    rise(timers, timer);
    sink(timers, timer);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
    if (timer->place == 0)
        return;
    struct timer *last = timers->heap[timers->count--];
    if (last != timer) {
        put(timers, timer->place, last);
        rise(timers, last);
        sink(timers, last);
    }
    timer->place = 0;
}

struct timer *timers_take(struct timers *timers, uint64_t now_ms)
{
    if (timers_next(timers) > now_ms || timers->count == 0)
        return NULL;
    struct timer *timer = timers->heap[1];
    timers_cancel(timers, timer);
    return timer;
}

uint64_t timers_next(const struct timers *timers) { return timers->count == 0 ? UINT64_MAX : timers->heap[1]->due_ms; }

void timers_release(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}
