// SPDX-License-Identifier: Apache-2.0
//
// One mapping that is there before the workers are. A cell holds in one word how many addresses of targets use a place
// (the upper half) and how many connections they have (the lower half), of one worker; the cells of a place stand side
// by side.
#include "run/commons.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fail.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words that processes share are never locked");

#define FEWEST_SLOTS 4096 // of each kind
#define PER_TARGET   16   // slots for each target in flight, so that two rarely meet in one
#define ONE_USER     ((uint64_t)1 << 32)

struct commons {
    size_t octets, slots;
    unsigned seats;
    uint64_t key[2];
    _Atomic uint64_t schedule;
    struct {
        _Atomic uint64_t connections, open;
    } counts[COMMONS_SEATS];
    struct pace_state *pace; // of each slot for addresses; behind the cells
    _Atomic uint64_t cell[];
};

struct commons *commons_new(unsigned seats, unsigned parallel)
{
    always(seats != 0 && seats <= COMMONS_SEATS);
    size_t slots = FEWEST_SLOTS;
    while (slots < (size_t)PER_TARGET * parallel)
        slots *= 2;
    size_t cells = COMMONS_KINDS * slots * seats;
    size_t octets = sizeof(struct commons) + cells * sizeof(uint64_t) + slots * sizeof(struct pace_state);
    struct commons *commons = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (commons == MAP_FAILED)
        return NULL;
    commons->octets = octets;
    commons->slots = slots;
    commons->seats = seats;
    commons->pace = (struct pace_state *)(commons->cell + cells);
    if (getrandom(commons->key, sizeof commons->key, 0) == sizeof commons->key)
        return commons;
    commons_free(commons);
    return NULL;
}

void commons_free(struct commons *commons)
{
    if (commons != NULL)
        munmap(commons, commons->octets);
}

static uint64_t keyed_hash(const struct commons *commons, const char *name)
{
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    builder_u64(&builder, commons->key[0]);
    builder_u64(&builder, commons->key[1]);
    builder_add(&builder, bytes_of_text(name));
    uint64_t hash = bytes_hash(builder_bytes(&builder));
    arena_release(&arena);
    return hash;
}

size_t commons_place(const struct commons *commons, enum commons_kind kind, const char *name)
{
    size_t slot = (size_t)keyed_hash(commons, name) & (commons->slots - 1);
    return (kind * commons->slots + slot) * commons->seats;
}

struct pace_common commons_pace(struct commons *commons, const char *address)
{
    uint64_t hash = keyed_hash(commons, address);
    return (struct pace_common){&commons->pace[hash & (commons->slots - 1)], hash >> 24};
}

// --- counts ----------------------------------------------------------------------------------------

static unsigned users_of(uint64_t cell) { return (unsigned)(cell >> 32); }
static unsigned connections_of(uint64_t cell) { return (unsigned)(cell & UINT32_MAX); }

void commons_enter(struct commons *commons, unsigned seat, size_t place)
{
    atomic_fetch_add(&commons->cell[place + seat], ONE_USER);
}

void commons_leave(struct commons *commons, unsigned seat, size_t place)
{
    always(users_of(atomic_fetch_sub(&commons->cell[place + seat], ONE_USER)) != 0);
}

// What this worker may have of `most`. Parts of all workers never add up to more than that.
static unsigned part_of(const struct commons *commons, unsigned seat, size_t place, unsigned most, uint64_t now_ms)
{
    unsigned users = 0, rank = 0;
    for (unsigned i = 0; i < commons->seats; i++)
        if (i == seat || users_of(atomic_load(&commons->cell[place + i])) != 0) {
            rank = i == seat ? users : rank;
            users++;
        }
    return most / users + ((rank + now_ms / COMMONS_TURN_MS) % users < most % users ? 1 : 0);
}

// Counted first and looked at then: of two that do so at the same time none overlooks the other.
bool commons_begin(struct commons *commons, unsigned seat, size_t place, unsigned most, uint64_t now_ms)
{
    unsigned part = part_of(commons, seat, place, most, now_ms);
    uint64_t all = 0;
    if (connections_of(atomic_load(&commons->cell[place + seat])) >= part)
        return false;
    atomic_fetch_add(&commons->cell[place + seat], 1);
    for (unsigned i = 0; i < commons->seats; i++)
        all += connections_of(atomic_load(&commons->cell[place + i]));
    if (all <= most)
        return true;
    atomic_fetch_sub(&commons->cell[place + seat], 1);
    return false;
}

void commons_end(struct commons *commons, unsigned seat, size_t place)
{
    always(connections_of(atomic_fetch_sub(&commons->cell[place + seat], 1)) != 0);
}

bool commons_keeps(const struct commons *commons, unsigned seat, size_t place, unsigned most, uint64_t now_ms)
{
    return connections_of(atomic_load(&commons->cell[place + seat])) <= part_of(commons, seat, place, most, now_ms);
}

void commons_forget(struct commons *commons, unsigned seat)
{
    for (size_t place = 0; place < COMMONS_KINDS * commons->slots * commons->seats; place += commons->seats)
        if (atomic_load(&commons->cell[place + seat]) != 0)
            atomic_store(&commons->cell[place + seat], 0);
    commons_tell(commons, seat, (struct commons_counts){0});
}

// --- what all have done ----------------------------------------------------------------------------

_Atomic uint64_t *commons_schedule(struct commons *commons) { return &commons->schedule; }

void commons_tell(struct commons *commons, unsigned seat, struct commons_counts counts)
{
    atomic_store(&commons->counts[seat].connections, counts.connections);
    atomic_store(&commons->counts[seat].open, counts.open);
}

struct commons_counts commons_told(const struct commons *commons, unsigned seat)
{
    return (struct commons_counts){
        atomic_load(&commons->counts[seat].connections),
        atomic_load(&commons->counts[seat].open),
    };
}
