// SPDX-License-Identifier: Apache-2.0
//
// Looks names up with libunbound, which does its work in a thread of its own and tells by a
// descriptor when there is something to process. The hosts file and resolv.conf are obeyed. The
// owner of the event loop watches the descriptor; nothing here blocks.
#ifndef RUN_DNS_H
#define RUN_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct dns;

// Where answers go: addresses in text, IPv4 first, each kind sorted; or none, and why says so.
struct dns_sink {
    void (*answer)(void *context, uint64_t id, const char *const *addresses, size_t count, const char *why);
    void *context;
};

struct dns_settings {
    unsigned limit_ms;   // how long a look-up of addresses may take
    const char *forward; // the resolver to ask, "IP" or "IP@PORT"; NULL: those of resolv.conf
    const char *anchor;  // file with the keys to validate from (lookup.h); NULL: the root's
};

// NULL with a complaint when libunbound cannot start.
struct dns *dns_new(const struct dns_settings *settings, struct dns_sink sink, struct complaint *complaint);
void dns_free(struct dns *dns);

// Readable when dns_process has something to do.
int dns_descriptor(const struct dns *dns);
void dns_process(struct dns *dns);

// Asks for IPv4 and IPv6 addresses, as wanted. The answer comes out of dns_process or dns_tick,
// once, never out of this call.
void dns_ask(struct dns *dns, uint64_t now_ms, uint64_t id, const char *name, bool ipv4, bool ipv6);

// Gives up what is overdue, and starts what had to wait.
void dns_tick(struct dns *dns, uint64_t now_ms);

// When dns_tick is due, or UINT64_MAX.
uint64_t dns_wake(const struct dns *dns);

// --- for lookup.c --------------------------------------------------------------------------------

struct ub_ctx;

struct ub_ctx *dns_context(const struct dns *dns);

// One thing to be done later, out of dns_tick; UINT64_MAX: nothing.
struct dns_alarm {
    uint64_t due_ms;
    void (*ring)(void *context);
    void *context;
};
void dns_set_alarm(struct dns *dns, struct dns_alarm alarm);

// What every context of ours obeys. The library's error, or 0.
int dns_configure(struct ub_ctx *unbound, const struct dns_settings *settings);

#endif
