// SPDX-License-Identifier: Apache-2.0
//
// A network in virtual time: it carries a scan's actions out and gives it the events that hosts
// with known manners would cause. Nothing waits, so hours take a moment, and the same run always
// gives the same events.
#ifndef SUPPORT_SIMULATOR_H
#define SUPPORT_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "run/scan.h"

// What a host does with its first, second, ... connection; the last letter stands for all others:
//     r refuses   d drops the SYN   u is unreachable   l fails on this machine
//     a answers a hello with a fatal alert    m as its `model` says
//     s is silent   c closes   x resets   1 sends one octet a second for ever
//     e sends a document over HTTP without end   w sends one an octet a second
//     t answers in words   i answers a hello with internal_error
//     b answers in words while more than two connections are open, else as a; p resets then
struct simulated_host {
    const char *name, *address; // name: one that resolves to it, "a*": all that begin so; or NULL
    const char *manners;
    unsigned latency_ms; // from a SYN or a hello to what comes back
    // The answer to a hello; a size of 0: the connection is closed.
    struct bytes (*model)(void *context, struct bytes hello);
    void *context;

    // Counted.
    unsigned connections, open, most_open;
    unsigned before_first_end; // connections begun until the first was over
    bool first_over;
};

struct simulator {
    struct simulated_host *hosts;
    size_t host_count;
    unsigned lookup_ms;   // how long a name takes
    unsigned descriptors; // connections at once that this machine can have; 0: any number
    unsigned swift;       // events that this process has time for in 100 ms; 0: any number
    // What the resolver says to a look-up of records. False: nothing. NULL: nothing ever.
    bool (*records)(const char *name, uint16_t type, struct records_result *out);
    uint64_t stop_ms;  // when to send EVENT_STOP; 0: never
    uint64_t limit_ms; // the test fails when the scan lasts longer; 0: no limit

    // Counted.
    uint64_t now_ms;
    uint64_t seen_ms, seen_events; // when it was last seen whether there was time, and how many they were then
    unsigned lookups;              // of records
    uint64_t *started;             // times of all connections, in order
    size_t started_count, started_room;
    uint64_t events;
    void (*every_event)(void *context, const struct scan *scan); // or NULL
    void *context;
};

// Runs the scan to its end.
void simulator_run(struct simulator *simulator, struct scan *scan);

// The most connections begun in any span of so many milliseconds.
size_t simulator_most_started(const struct simulator *simulator, uint64_t span_ms);

void simulator_release(struct simulator *simulator);

#endif
