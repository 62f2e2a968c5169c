// SPDX-License-Identifier: Apache-2.0
//
// What all addresses of one scan share: the time, the timers, the numbers of connections and
// look-ups, the actions not yet carried out, the overall pace, and the addresses that have something
// to start. Private to the scan.
#ifndef RUN_ENGINE_H
#define RUN_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "run/errand.h"
#include "run/handshakes.h"
#include "run/pace.h"
#include "run/place.h"
#include "run/scan.h"
#include "run/timers.h"
#include "run/twin.h"

struct address;

enum purpose { PURPOSE_RESOLVE, PURPOSE_CONNECT, PURPOSE_ERRAND };

// Who waits for the events of an id. Ids are a place in a table and a serial number, so finding
// one takes no search, and an id is never used again.
struct waiter {
    uint64_t id; // 0: the place is free
    enum purpose purpose;
    void *owner;
    size_t next_free;
};

struct engine {
    struct scan_settings settings;
    uint64_t now_ms;
    struct arena scratch;  // for one host_step
    struct arena outgoing; // octets to send, until the next event
    struct arena_mark nothing_outgoing;
    struct arena memory; // until the end
    const struct offers *offers;
    struct timers timers;

    struct waiter *waiter; // [0] is not used
    size_t waiter_count, waiter_room, first_free;
    uint64_t serial;

    struct scan_action *action;
    size_t action_next, action_count, action_room;

    struct bucket bucket;
    struct timer bucket_timer;
    unsigned open;      // connections at this moment
    unsigned ceiling;   // how many this machine can have, learned from its failures
    unsigned successes; // since the ceiling was last moved
    unsigned swift;     // ... how many this process has time for, learned from its haste
    uint64_t late_ms;   // when that was last changed
    struct timer swift_timer;
    uint64_t connections; // started, to targets

    struct handshakes handshakes;
    struct heap ready;        // addresses, by their numbers
    uint64_t address_numbers; // given so far
    struct places places;
    struct twins twins;
    struct errands errands;
};

void engine_begin(struct engine *engine, const struct scan_settings *settings);
void engine_release(struct engine *engine);

// Gives `owner` an id until engine_forget.
uint64_t engine_number(struct engine *engine, enum purpose purpose, void *owner);
void *engine_find(const struct engine *engine, uint64_t id, enum purpose purpose); // NULL: forgotten
void engine_forget(struct engine *engine, uint64_t id);

void engine_act(struct engine *engine, struct scan_action action);

// An address has something to start, or no longer; no effect where that is known.
void engine_queue(struct engine *engine, struct address *address);
void engine_dequeue(struct engine *engine, struct address *address);

// Starts connections as far as the overall limits allow, those of the address first that was there first: what was
// begun is to come to its end. Were they shared among all, each would take as long as all of them.
void engine_start(struct engine *engine);

// The machine ran out of something: no more connections at once than now. It recovers slowly.
void engine_exhausted(struct engine *engine);

// It ran out of time: somewhat fewer than now, for a while. More would only make each of them wait, until answers seem
// to be silence.
void engine_late(struct engine *engine);
void engine_succeeded(struct engine *engine);

#endif
