// SPDX-License-Identifier: Apache-2.0
//
// Who is asked about names in a run: libunbound (dns.h, lookup.h), or the system (system_dns.h). libunbound begins with
// the first question: each of its contexts draws randomness and starts a thread, and a scan of addresses asks nothing.
#ifndef RUN_RESOLVER_H
#define RUN_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "run/dns.h"
#include "run/lookup.h"
#include "run/scan.h"

#define RESOLVER_DESCRIPTORS 2 // that are to be watched, at most

struct resolver;
struct uv_loop_s;

struct resolver_settings {
    bool system; // getaddrinfo instead of libunbound; it looks up addresses alone
    struct dns_settings dns;
};

struct resolver_sink {
    struct dns_sink addresses;
    struct lookup_sink records;
    // From now on this descriptor is readable when resolver_process has something to do.
    void (*watch)(void *context, int descriptor);
    void *context;
};

// loop: whose threads ask the system.
struct resolver *resolver_new(const struct resolver_settings *settings, const struct resolver_sink *sink,
                              struct uv_loop_s *loop);

// ACTION_RESOLVE or ACTION_LOOKUP. NULL: the answer comes out of the loop, resolver_process or resolver_tick, and never
// out of this call. Or why there will be none, good until the next question.
const char *resolver_ask(struct resolver *resolver, uint64_t now_ms, const struct scan_action *action);

void resolver_process(struct resolver *resolver);

// Gives up what is overdue.
void resolver_tick(struct resolver *resolver, uint64_t now_ms);

// When resolver_tick is due, or UINT64_MAX.
uint64_t resolver_wake(const struct resolver *resolver);

// Whether a look-up by the system still runs. It keeps its thread and the loop.
bool resolver_running(const struct resolver *resolver);

// False: a look-up still runs, and what it needs is left as it is.
bool resolver_free(struct resolver *resolver);

#endif
