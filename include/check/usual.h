// SPDX-License-Identifier: Apache-2.0
//
// What a server with an order of its own will choose next, as a rule.
#ifndef CHECK_USUAL_H
#define CHECK_USUAL_H

#include <stdint.h>

#include "wire/hello.h"

// What a chain of choices has shown: key exchanges, authentications and ciphers that were chosen, and those that were
// passed over. Zeroed: nothing yet.
struct usual {
    uint64_t had, lacked;
};

// After `last` one of the rest was chosen, which it still has.
void usual_learn(struct usual *seen, struct codes rest, uint16_t last, uint16_t chosen);

// The suite that is chosen of the rest after the last. 0: who knows.
uint16_t usual_next(const struct usual *seen, struct codes rest, uint16_t last);

#endif
