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

// limit_ms: how long a look-up may take. NULL with a complaint when libunbound cannot start.
struct dns *dns_new(struct dns_sink sink, unsigned limit_ms, struct complaint *complaint);
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

#endif
