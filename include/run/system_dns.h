// SPDX-License-Identifier: Apache-2.0
//
// Looks names up as the system does (getaddrinfo), in threads of the event loop; with the face of dns.h. A look-up
// cannot be stopped once it runs, only given up; the end of the process waits for it.
#ifndef RUN_SYSTEM_DNS_H
#define RUN_SYSTEM_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "run/dns.h"

struct system_dns;
struct uv_loop_s;

// limit_ms: how long a look-up may take.
struct system_dns *system_dns_new(struct uv_loop_s *loop, unsigned limit_ms, struct dns_sink sink);

// The same for who has no loop: what is done is told by system_dns_process, which does not wait; the descriptor is
// readable when there is something to tell.
struct system_dns *system_dns_alone(unsigned limit_ms, struct dns_sink sink);
void system_dns_process(struct system_dns *dns);
int system_dns_descriptor(const struct system_dns *dns);

// Whether a look-up still runs. It keeps its thread, the loop and this.
bool system_dns_running(const struct system_dns *dns);

// False: it is left as it is, because a look-up still runs. NULL is fine, here and above.
bool system_dns_free(struct system_dns *dns);

// The answer comes out of the loop, system_dns_process or system_dns_tick, once, never out of this call.
void system_dns_ask(struct system_dns *dns, uint64_t now_ms, uint64_t id, const char *name, bool ipv4, bool ipv6);

// Gives up what is overdue.
void system_dns_tick(struct system_dns *dns, uint64_t now_ms);

// When system_dns_tick is due, or UINT64_MAX.
uint64_t system_dns_wake(const struct system_dns *dns);

#endif
