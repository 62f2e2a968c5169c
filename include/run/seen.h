// SPDX-License-Identifier: Apache-2.0
//
// Which targets there were, by 16 octets of SHA-256 each: a chance match would leave a target out, so the digest is
// long enough that there is none. A bounded set forgets the oldest; one without a bound forgets nothing.
#ifndef RUN_SEEN_H
#define RUN_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/target.h"

#define SEEN_DIGEST 16

struct seen_digest {
    uint8_t octet[SEEN_DIGEST];
};

// What makes a target: host, whether it was written with the root's dot or not, port, and the server name that is sent.
struct seen_digest seen_digest_of(const struct target *target);

// For `--shard`: the same on every machine and in every version.
uint64_t seen_number(const struct seen_digest *digest);

struct seen_table {
    struct seen_digest *slot; // all zeros: free
    size_t room, count;
};

// A zeroed struct is empty; most is set once. 0: no bound.
struct seen {
    size_t most; // at least so many of the latest are remembered, and no more than twice as many
    struct seen_table young, old;
};

bool seen_has(const struct seen *seen, const struct seen_digest *digest);

// False: it was there.
bool seen_add(struct seen *seen, const struct seen_digest *digest);

void seen_release(struct seen *seen);

#endif
