// SPDX-License-Identifier: Apache-2.0
//
// What the process of a run and its workers tell each other: a target one way, what came of it the other way. Octets in
// frames (run/frames.h); whoever reads them does not believe them, for a worker talks to strangers.
#ifndef RUN_PARCEL_H
#define RUN_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "probe/target.h"

enum parcel_kind {
    PARCEL_TARGET = 1, // to a worker: scan this
    PARCEL_END,        // ... there will be no more
    PARCEL_STOP,       // ... the user wants to end
    PARCEL_FINISHED,   // from a worker
    PARCEL_TROUBLE,    // ... this machine does not let it scan at all: a sentence
};

#define PARCEL_STATUSES 5 // of an address: enum host_status
#define PARCEL_REACHES  3 // of a report: enum report_reach

struct parcel_finished {
    uint64_t number; // of the target, as it was given out
    unsigned reach;
    bool interrupted, stopped; // as of struct finished
    uint32_t endpoints[PARCEL_STATUSES];
    const struct bytes *keys; // SubjectPublicKeyInfo, for the summary
    size_t key_count;
    struct bytes report;     // JSON text, not judged
    struct bytes transcript; // of this target; empty: none is kept
};

// What is read points into the arena and the octets given. False: these are no such octets.
struct bytes parcel_write_target(struct arena *arena, uint64_t number, const struct target *target);
bool parcel_read_target(struct arena *arena, struct bytes octets, uint64_t *number, struct target *target);

struct bytes parcel_write_finished(struct arena *arena, const struct parcel_finished *finished);
bool parcel_read_finished(struct arena *arena, struct bytes octets, struct parcel_finished *finished);

#endif
