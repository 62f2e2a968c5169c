// SPDX-License-Identifier: Apache-2.0
//
// What one leaves goes to the one that has waited longest, before it has begun: nobody can come in between.
#include "run/handshakes.h"

#include "run/address.h"

bool handshakes_enter(struct attempt *attempt)
{
    struct handshakes *handshakes = &attempt->address->engine->handshakes;
    if (attempt->answer->kind != PROBE_HANDSHAKE || attempt->has_turn)
        return true;
    if (handshakes->under_way == HANDSHAKES_MOST) {
        attempt->turn.owner = attempt;
        heap_put(&handshakes->waiting, &attempt->turn, ++handshakes->came);
        return false;
    }
    handshakes->under_way++;
    attempt->has_turn = true;
    return true;
}

void handshakes_leave(struct attempt *attempt)
{
    struct engine *engine = attempt->address->engine;
    struct handshakes *handshakes = &engine->handshakes;
    heap_remove(&handshakes->waiting, &attempt->turn);
    if (!attempt->has_turn)
        return;
    attempt->has_turn = false;
    struct heap_item *first = heap_first(&handshakes->waiting);
    if (first == NULL) {
        handshakes->under_way--;
        return;
    }
    struct attempt *next = first->owner;
    heap_remove(&handshakes->waiting, first);
    next->has_turn = true;
    timers_set(&engine->timers, &next->timer, engine->now_ms);
}
