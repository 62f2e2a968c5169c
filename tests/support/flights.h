// SPDX-License-Identifier: Apache-2.0
//
// Flights that tests make by hand.
#ifndef SUPPORT_FLIGHTS_H
#define SUPPORT_FLIGHTS_H

#include "base/arena.h"
#include "wire/flight.h"

// One in which nothing was read so far.
static inline struct flight *flight_in(struct arena *arena)
{
    struct flight *flight = arena_alloc(arena, sizeof *flight);
    flight->shown = arena_alloc(arena, sizeof *flight->shown);
    return flight;
}

#endif
