// SPDX-License-Identifier: Apache-2.0
//
// An address waits at one of two places, its own or its network's, those first that were begun first. It is woken when
// a connection ends there; where that is not told or does not matter, because another worker's have to end or because
// the place wants a pause, by the place's timer.
#include "run/room.h"

#include "run/address.h"
#include "run/engine.h"

// --- waiting ---------------------------------------------------------------------------------------

static void wait_for(struct address *address, struct place *place)
{
    if (address->waits != NULL)
        return;
    address->waits = place;
    heap_put(&place->waiting, &address->waiting, address->number);
}

void room_stop_waiting(struct address *address)
{
    if (address->waits != NULL)
        heap_remove(&address->waits->waiting, &address->waiting);
    address->waits = NULL;
}

static struct address *next_waiting(const struct place *place)
{
    const struct heap_item *first = heap_first(&place->waiting);
    return first == NULL ? NULL : first->owner;
}

// Connections that may begin now. Where it is a pause that has to pass, the timer wakes.
static unsigned room_at(struct engine *engine, struct place *place)
{
    unsigned limit = pace_limit(&place->pace);
    uint64_t next_ms = pace_next_ms(&place->pace);
    if (next_ms > engine->now_ms)
        timers_set(&engine->timers, &place->again, next_ms);
    return next_ms > engine->now_ms || place->in_flight >= limit ? 0 : limit - place->in_flight;
}

// However many targets lead to an address, it sees no more connections at once than one target's; nor does a network
// see more than it may.
bool room_is_there(struct address *address)
{
    struct place *const places[] = {address->place, address->network};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i] != NULL && room_at(address->engine, places[i]) == 0) {
            wait_for(address, places[i]);
            return false;
        }
    return true;
}

static void wake(struct engine *engine, struct place *place)
{
    unsigned room = place == NULL || next_waiting(place) == NULL ? 0 : room_at(engine, place);
    for (struct address *next; room != 0 && (next = next_waiting(place)) != NULL;) {
        room_stop_waiting(next);
        if (!address_may_start(next))
            continue;
        engine_queue(engine, next);
        room--;
    }
}

void room_wake_others(struct address *address)
{
    wake(address->engine, address->place);
    wake(address->engine, address->network);
}

static void may_have_room(void *owner)
{
    struct place *place = owner;
    const struct address *next = next_waiting(place);
    if (next != NULL)
        wake(next->engine, place);
}

// --- over all workers ------------------------------------------------------------------------------

static bool take_at(struct address *address, struct place *place)
{
    struct engine *engine = address->engine;
    if (place_begin(&engine->places, place, engine->now_ms))
        return true;
    wait_for(address, place);
    return false;
}

// Where another worker is in the way at one of the two, the room at the other one is for those that wait there.
bool room_take(struct address *address)
{
    if (!take_at(address, address->place)) {
        wake(address->engine, address->network);
        return false;
    }
    if (address->network == NULL || take_at(address, address->network))
        return true;
    place_end(&address->engine->places, address->place);
    wake(address->engine, address->place);
    return false;
}

void room_give_back(struct address *address)
{
    struct places *places = &address->engine->places;
    place_end(places, address->place);
    if (address->network != NULL)
        place_end(places, address->network);
}

void room_began(struct address *address)
{
    pace_started(&address->place->pace, address->engine->now_ms);
    address->place->in_flight++;
    if (address->network != NULL)
        address->network->in_flight++;
}

void room_ended(struct address *address)
{
    address->place->in_flight--;
    if (address->network != NULL)
        address->network->in_flight--;
    room_give_back(address);
    room_wake_others(address);
}

// --- from beginning to end -------------------------------------------------------------------------

static struct place *enter(struct engine *engine, const char *text, unsigned most, enum commons_kind kind)
{
    struct place *place = places_enter(&engine->places, text, most, kind);
    place->again.fire = may_have_room;
    place->again.due.owner = place;
    return place;
}

void room_enter(struct address *address)
{
    struct engine *engine = address->engine;
    char network[ADDRESS_TEXT];
    address->place = enter(engine, address->endpoint.address, engine->settings.connections, COMMONS_ADDRESS);
    if (engine->settings.per_network == 0)
        return;
    place_network(address->endpoint.address, network);
    address->network = enter(engine, network, engine->settings.per_network, COMMONS_NETWORK);
}

void room_leave(struct address *address)
{
    places_leave(&address->engine->places, address->place);
    if (address->network != NULL)
        places_leave(&address->engine->places, address->network);
}
