// SPDX-License-Identifier: Apache-2.0
//
// Between the driver and those who look names up. Where libunbound cannot start, the question has no answer, and the
// next one tries again: what it lacked may have come back by then. libevent below it ends the process when it finds no
// descriptor. So as many as it takes are kept for it from the beginning; where few can be had, it begins at once.
#include "run/resolver.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/descriptors.h"
#include "run/system_dns.h"

#define RESERVED 14 // libunbound 1.17 takes 7 for each context
#define FEW      256

struct resolver {
    const struct resolver_settings *settings;
    struct resolver_sink sink;
    struct system_dns *system; // NULL: libunbound is asked
    struct dns *dns;           // NULL: not yet
    struct lookups *lookups;   // NULL: not yet
    int reserved[RESERVED];
    size_t reserved_count;
    struct complaint complaint;
};

// --- beginning -------------------------------------------------------------------------------------

static void give_back(struct resolver *resolver)
{
    while (resolver->reserved_count != 0)
        close(resolver->reserved[--resolver->reserved_count]);
}

static bool reserve(struct resolver *resolver)
{
    while (resolver->reserved_count < RESERVED) {
        int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (one < 0)
            return false;
        resolver->reserved[resolver->reserved_count++] = one;
    }
    return true;
}

static bool start(struct resolver *resolver)
{
    const struct resolver_sink *sink = &resolver->sink;
    const struct dns_settings *dns = &resolver->settings->dns;
    if (resolver->lookups != NULL)
        return true;
    resolver->complaint = (struct complaint){0};
    give_back(resolver);
    resolver->dns = dns_new(dns, sink->addresses, &resolver->complaint);
    if (resolver->dns != NULL)
        resolver->lookups = lookups_new(resolver->dns, dns, sink->records, &resolver->complaint);
    if (resolver->lookups == NULL) {
        dns_free(resolver->dns);
        resolver->dns = NULL;
        return false;
    }
    sink->watch(sink->context, dns_descriptor(resolver->dns));
    sink->watch(sink->context, lookups_descriptor(resolver->lookups));
    return true;
}

struct resolver *resolver_new(const struct resolver_settings *settings, const struct resolver_sink *sink,
                              struct uv_loop_s *loop)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL)
        die("out of memory");
    resolver->settings = settings;
    resolver->sink = *sink;
    if (settings->system)
        resolver->system = system_dns_new(loop, settings->dns.limit_ms, sink->addresses);
    else if (descriptors_limit() < FEW || !reserve(resolver))
        start(resolver);
    return resolver;
}

// --- questions -------------------------------------------------------------------------------------

const char *resolver_ask(struct resolver *resolver, uint64_t now_ms, const struct scan_action *action)
{
    bool records = action->kind == ACTION_LOOKUP;
    if (resolver->system != NULL && records)
        return "the system's resolver tells addresses alone";
    if (resolver->system == NULL && !start(resolver))
        return resolver->complaint.text;
    if (records)
        lookups_ask(resolver->lookups, now_ms, action->id, action->text, action->type);
    else if (resolver->system != NULL)
        system_dns_ask(resolver->system, now_ms, action->id, action->text, action->ipv4, action->ipv6);
    else
        dns_ask(resolver->dns, now_ms, action->id, action->text, action->ipv4, action->ipv6);
    return NULL;
}

// --- answers ---------------------------------------------------------------------------------------

void resolver_process(struct resolver *resolver)
{
    dns_process(resolver->dns);
    lookups_process(resolver->lookups);
}

void resolver_tick(struct resolver *resolver, uint64_t now_ms)
{
    if (resolver->system != NULL)
        system_dns_tick(resolver->system, now_ms);
    else if (resolver->dns != NULL && dns_wake(resolver->dns) <= now_ms)
        dns_tick(resolver->dns, now_ms);
}

uint64_t resolver_wake(const struct resolver *resolver)
{
    if (resolver->system != NULL)
        return system_dns_wake(resolver->system);
    return resolver->dns == NULL ? UINT64_MAX : dns_wake(resolver->dns);
}

// --- the end ---------------------------------------------------------------------------------------

bool resolver_running(const struct resolver *resolver) { return system_dns_running(resolver->system); }

bool resolver_free(struct resolver *resolver)
{
    give_back(resolver);
    lookups_free(resolver->lookups);
    dns_free(resolver->dns);
    bool freed = system_dns_free(resolver->system);
    free(resolver);
    return freed;
}
