// SPDX-License-Identifier: Apache-2.0
//
// What one leaves goes to the one that has waited longest, before it has begun: nobody can come in between.
#include "run/handshakes.h"

#include "run/address.h"

static void await(struct handshakes *handshakes, struct attempt *attempt)
{
    attempt->turn = TURN_AWAITED;
    attempt->next_again = NULL;
    attempt->before_again = handshakes->last;
    if (handshakes->last == NULL)
        handshakes->first = attempt;
    else
        handshakes->last->next_again = attempt;
    handshakes->last = attempt;
}

static void stop_waiting(struct handshakes *handshakes, struct attempt *attempt)
{
    attempt->turn = TURN_NONE;
    if (attempt->before_again == NULL)
        handshakes->first = attempt->next_again;
    else
        attempt->before_again->next_again = attempt->next_again;
    if (attempt->next_again == NULL)
        handshakes->last = attempt->before_again;
    else
        attempt->next_again->before_again = attempt->before_again;
}

bool handshakes_enter(struct attempt *attempt)
{
    struct handshakes *handshakes = &attempt->address->engine->handshakes;
    if (attempt->answer->kind != PROBE_HANDSHAKE || attempt->turn == TURN_TAKEN)
        return true;
    if (handshakes->under_way == HANDSHAKES_MOST) {
        await(handshakes, attempt);
        return false;
    }
    handshakes->under_way++;
    attempt->turn = TURN_TAKEN;
    return true;
}

void handshakes_leave(struct attempt *attempt)
{
    struct engine *engine = attempt->address->engine;
    struct handshakes *handshakes = &engine->handshakes;
    struct attempt *next = handshakes->first;
    if (attempt->turn == TURN_AWAITED)
        stop_waiting(handshakes, attempt);
    if (attempt->turn != TURN_TAKEN)
        return;
    attempt->turn = TURN_NONE;
    if (next == NULL) {
        handshakes->under_way--;
        return;
    }
    stop_waiting(handshakes, next);
    next->turn = TURN_TAKEN;
    timers_set(&engine->timers, &next->timer, engine->now_ms);
}
