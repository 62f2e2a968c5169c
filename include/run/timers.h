// SPDX-License-Identifier: Apache-2.0
//
// Timers of a scan, the earliest first. Nothing here reads a clock.
#ifndef RUN_TIMERS_H
#define RUN_TIMERS_H

#include <stdint.h>

#include "run/heap.h"

// A zeroed timer is not set. fire and due.owner are filled in once, by the owner.
struct timer {
    struct heap_item due; // ranked by milliseconds
    void (*fire)(void *owner);
};

// A zeroed struct holds none.
struct timers {
    struct heap heap;
};

// Sets, or sets anew.
void timers_set(struct timers *timers, struct timer *timer, uint64_t due_ms);

// No effect on a timer that is not set.
void timers_cancel(struct timers *timers, struct timer *timer);

// Takes out the earliest of those due at `now_ms`, or NULL.
struct timer *timers_take(struct timers *timers, uint64_t now_ms);

// When the earliest is due, or UINT64_MAX.
uint64_t timers_next(const struct timers *timers);

void timers_release(struct timers *timers);

#endif
