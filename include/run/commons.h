// SPDX-License-Identifier: Apache-2.0
//
// What the workers of a run share of memory, so that its limits hold over all of them: connections at once to an
// address, to a network, and for documents to one host, connections begun per second; and how slowly to ask an address
// that pushed back. All stands at a keyed hash of the name; two names at one place only make us more polite. Each
// worker writes what is its own and reads what the others have, so that nothing is locked, and what a dead one held is
// given back by forgetting its part.
//
// Where several workers use one address they get equal parts of what it may have, and what cannot be divided goes
// round: so none of them starves.
#ifndef RUN_COMMONS_H
#define RUN_COMMONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/pace.h"

#define COMMONS_SEATS   256 // workers at most
#define COMMONS_WAIT_MS 10  // after which it is of use to try again
#define COMMONS_TURN_MS 200 // how long a worker has what cannot be divided

struct commons;

// Of one worker: what it has done so far, and connections at this moment.
struct commons_counts {
    uint64_t connections, open;
};

// For so many seats, and targets in flight over all. NULL: there is no memory (errno).
struct commons *commons_new(unsigned seats, unsigned parallel);
void commons_free(struct commons *commons);

// Where a name's counts stand, of connections to an address, to a network, and for documents to the host of that name.
// Those of two kinds never stand at one place.
enum commons_kind { COMMONS_ADDRESS, COMMONS_NETWORK, COMMONS_DOCUMENTS, COMMONS_KINDS };
size_t commons_place(const struct commons *commons, enum commons_kind kind, const char *name);

// The worker of this seat begins and ceases to have to do with a place.
void commons_enter(struct commons *commons, unsigned seat, size_t place);
void commons_leave(struct commons *commons, unsigned seat, size_t place);

// Takes one of the connections that a place may have at once. False: it has none to spare for this worker at present.
bool commons_begin(struct commons *commons, unsigned seat, size_t place, unsigned most, uint64_t now_ms);
void commons_end(struct commons *commons, unsigned seat, size_t place);

// Whether the worker has no more than its part, so that it may put a new connection in the place of one that has ended.
bool commons_keeps(const struct commons *commons, unsigned seat, size_t place, unsigned most, uint64_t now_ms);

// The schedule of starts per second, and how far an address has slowed us down (run/pace.h).
_Atomic uint64_t *commons_schedule(struct commons *commons);
struct pace_common commons_pace(struct commons *commons, const char *address);

void commons_tell(struct commons *commons, unsigned seat, struct commons_counts counts);
struct commons_counts commons_told(const struct commons *commons, unsigned seat);

// The worker of this seat is gone, and all that it held.
void commons_forget(struct commons *commons, unsigned seat);

#endif
