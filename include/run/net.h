// SPDX-License-Identifier: Apache-2.0
//
// Carries a scan's actions out: the only place with sockets to the outside. libuv in net.c, libunbound behind
// resolver.h.
#ifndef RUN_NET_H
#define RUN_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "run/resolver.h"
#include "run/scan.h"

struct net_settings {
    struct resolver_settings resolver;
    // About 5 times a second, and when asked by SIGUSR1; or NULL.
    void (*progress)(void *context, const struct scan_counts *counts, bool asked);
    void *context;
    // Of a worker: targets come over this descriptor, and so does the wish to end; signals are not caught. 0: none. fed
    // is called when there is something to read; true: EVENT_STOP, false: EVENT_SOURCE.
    int feed;
    bool (*fed)(void *context);
    // ... After each event whose actions are carried out: the connections of a finished target are closed by then.
    void (*settled)(void *context);
};

// Runs the scan until it has ended. SIGINT and SIGTERM become EVENT_STOP (a second one ends the
// process as usual); SIGPIPE is ignored for the whole process. *interrupted tells whether that
// happened. False with a complaint when the machine cannot do it at all.
bool net_run(struct scan *scan, const struct net_settings *settings, bool *interrupted, struct complaint *complaint);

// Milliseconds on the clock that net_run feeds to the scan.
uint64_t net_now(void);

#endif
