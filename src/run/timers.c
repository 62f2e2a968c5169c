// SPDX-License-Identifier: Apache-2.0
#include "run/timers.h"

void timers_set(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
    heap_put(&timers->heap, &timer->due, due_ms);
}

void timers_cancel(struct timers *timers, struct timer *timer) { heap_remove(&timers->heap, &timer->due); }

// An item is the first thing in its timer.
struct timer *timers_take(struct timers *timers, uint64_t now_ms)
{
    struct heap_item *first = heap_first(&timers->heap);
    if (first == NULL || first->rank > now_ms)
        return NULL;
    heap_remove(&timers->heap, first);
    return (struct timer *)first;
}

uint64_t timers_next(const struct timers *timers)
{
    const struct heap_item *first = heap_first(&timers->heap);
    return first == NULL ? UINT64_MAX : first->rank;
}

void timers_release(struct timers *timers) { heap_release(&timers->heap); }
