// SPDX-License-Identifier: Apache-2.0
//
// A search that many checks make. Nearly every check begins with the versions, each time that it is called, and they
// rest on a long chain of questions. What one check found is what the next one would find: until another answer comes,
// and for good once no question is without its answer. Whoever takes it has asked all that was asked for it.
#ifndef CHECK_SHARED_H
#define CHECK_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"

// A question that was asked, and the one before it.
struct asked {
    struct answer *answer;
    const struct asked *before;
};

// What is known of a search; zeroed: nothing.
struct shared {
    uint64_t step;                    // of the host, in which it was made; 0: it was not yet
    const struct asked *asked, *from; // what was asked in that step, the last first, up to `from`
    enum progress progress;
    bool final;      // every question had its answer
    uint64_t askers; // checks that have asked all of a final one
};

// Whether what was found holds for the check that runs now; then it has asked for it.
bool shared_holds(struct host *host, struct shared *shared);

// Around the search itself. Until the step ends nothing that was written to scratch memory by then is taken back.
// shared_end: whether what was found is new, and to be kept: in lasting memory, where it is final.
void shared_begin(struct host *host, struct shared *shared);
bool shared_end(struct host *host, struct shared *shared, enum progress progress);

#endif
