// SPDX-License-Identifier: Apache-2.0
//
// What is to be scanned, from the caller's lines: taken apart, one target at a time, those of other shards and those
// that were there before left out; inside the library only.
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "probe/target.h"
#include "results.h"
#include "run/expansion.h"
#include "run/seen.h"
#include "shakedown.h"

// Different targets after which a duplicate is found for certain; it takes 16 to 48 MB to remember them.
#define SOURCE_REMEMBERED 524288

struct source {
    struct results *results;
    const char *server_name; // A-label to send instead of the target's own, or NULL
    unsigned shard, shards;  // from 0; shards 0: all targets are ours
    struct expansion expansion;
    struct seen seen;
};

enum source_answer { SOURCE_TARGET, SOURCE_LATER, SOURCE_END };

// False: the complaint says what is wrong with the shard.
bool source_open(struct source *source, struct results *results, const char *server_name);

// The next target; what it points to is in the arena.
enum source_answer source_next(struct source *source, struct arena *arena, struct target *out);

void source_close(struct source *source);

#endif
