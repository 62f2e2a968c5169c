// SPDX-License-Identifier: Apache-2.0
//
// Timers of a scan: a binary heap of structs that live in what they time. Nothing here reads a
// clock.
#ifndef RUN_TIMERS_H
#define RUN_TIMERS_H

#include <stddef.h>
#include <stdint.h>

// A zeroed timer is not set. fire and owner are filled in once, by the owner.
struct timer {
    uint64_t due_ms;
    size_t place; // in the heap; 0: not set
    void (*fire)(void *owner);
    void *owner;
};

// A zeroed struct holds none.
struct timers {
    struct timer **heap; // [0] is not used
    size_t count, room;
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
