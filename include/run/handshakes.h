// SPDX-License-Identifier: Apache-2.0
//
// How many complete handshakes are under way in one process. libssl holds some 40 KiB for each of them, as much as
// the scan needs for half a host, and thousands of hosts may come to theirs at the same time. Those that are too many
// wait, without a connection. Private to the scan.
#ifndef RUN_HANDSHAKES_H
#define RUN_HANDSHAKES_H

#include <stdbool.h>

#include "run/heap.h"

#define HANDSHAKES_MOST 128

struct attempt;

// A zeroed struct is empty.
struct handshakes {
    unsigned under_way;  // at most HANDSHAKES_MOST
    struct heap waiting; // attempts, those first that came first
    uint64_t came;       // to wait, so far
};

// Before its connection begins. True: it may, as may any that is of a hello. False: it waits, and its timer fires when
// one has ended and it may.
bool handshakes_enter(struct attempt *attempt);

// It is over, or given up: the next may begin. No effect on one that did not enter.
void handshakes_leave(struct attempt *attempt);

#endif
