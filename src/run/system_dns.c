// SPDX-License-Identifier: Apache-2.0
//
// Look-ups stand in a queue by the time when they are given up. One is freed when it is both answered and out of
// the queue, which it leaves in its turn.
#include "run/system_dns.h"

#include <stdlib.h>
#include <uv.h>

#include "base/fail.h"

#define MOST_ADDRESSES 256 // of one name

struct lookup {
    uv_getaddrinfo_t request; // the first member: a request is its look-up
    struct system_dns *dns;
    uint64_t id, due_ms;
    const char *why; // it is given up; NULL: because it took too long
    bool answered, given_up;
    struct lookup *next;
};

struct system_dns {
    uv_loop_t *loop, *own; // own: NULL, or the same, and nobody else's
    unsigned limit_ms;
    struct dns_sink sink;
    struct lookup *first, *last;
    size_t running;
};

struct system_dns *system_dns_new(uv_loop_t *loop, unsigned limit_ms, struct dns_sink sink)
{
    setenv("UV_THREADPOOL_SIZE", "64", 0); // each look-up that waits holds a thread
    struct system_dns *dns = malloc(sizeof *dns);
    if (dns == NULL)
        die("out of memory");
    *dns = (struct system_dns){.loop = loop, .limit_ms = limit_ms, .sink = sink};
    return dns;
}

struct system_dns *system_dns_alone(unsigned limit_ms, struct dns_sink sink)
{
    uv_loop_t *loop = malloc(sizeof *loop);
    if (loop == NULL || uv_loop_init(loop) != 0)
        die("the event loop cannot start");
    struct system_dns *dns = system_dns_new(loop, limit_ms, sink);
    dns->own = loop;
    return dns;
}

void system_dns_process(struct system_dns *dns) { uv_run(dns->own, UV_RUN_NOWAIT); }

int system_dns_descriptor(const struct system_dns *dns) { return uv_backend_fd(dns->own); }

static void tell(const struct lookup *lookup, const char *const *addresses, size_t count, const char *why)
{
    const struct dns_sink *sink = &lookup->dns->sink;
    sink->answer(sink->context, lookup->id, addresses, count, why);
}

static void answered(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct lookup *lookup = (struct lookup *)request;
    char text[MOST_ADDRESSES][INET6_ADDRSTRLEN];
    const char *addresses[MOST_ADDRESSES];
    size_t count = 0;
    for (const struct addrinfo *row = list; row != NULL && count < MOST_ADDRESSES; row = row->ai_next) {
        if (uv_ip_name(row->ai_addr, text[count], sizeof text[count]) == 0) {
            addresses[count] = text[count];
            count++;
        }
    }
    uv_freeaddrinfo(list);
    lookup->dns->running--;
    lookup->answered = true;
    if (lookup->given_up)
        free(lookup);
    else
        tell(lookup, addresses, count, status == 0 ? NULL : uv_strerror(status));
}

static void append(struct system_dns *dns, struct lookup *lookup)
{
    if (dns->last == NULL)
        dns->first = lookup;
    else
        dns->last->next = lookup;
    dns->last = lookup;
}

// It did not begin, and is told before those that wait.
static void prepend(struct system_dns *dns, struct lookup *lookup)
{
    lookup->due_ms = 0;
    lookup->next = dns->first;
    dns->first = lookup;
    if (dns->last == NULL)
        dns->last = lookup;
}

void system_dns_ask(struct system_dns *dns, uint64_t now_ms, uint64_t id, const char *name, bool ipv4, bool ipv6)
{
    struct lookup *lookup = malloc(sizeof *lookup);
    if (lookup == NULL)
        die("out of memory");
    *lookup = (struct lookup){.dns = dns, .id = id, .due_ms = now_ms + dns->limit_ms};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    hints.ai_family = !ipv6 ? AF_INET : !ipv4 ? AF_INET6 : AF_UNSPEC;
    int error = uv_getaddrinfo(dns->loop, &lookup->request, answered, name, NULL, &hints);
    if (error != 0) {
        lookup->why = uv_strerror(error);
        prepend(dns, lookup);
        return;
    }
    dns->running++;
    append(dns, lookup);
}

// One that never began has nobody who frees it later.
static void give_up(struct lookup *lookup)
{
    lookup->given_up = true;
    if (!lookup->answered)
        tell(lookup, NULL, 0, lookup->why != NULL ? lookup->why : "the system's resolver did not answer in time");
    if (lookup->answered || lookup->why != NULL)
        free(lookup);
}

void system_dns_tick(struct system_dns *dns, uint64_t now_ms)
{
    for (struct lookup *lookup; (lookup = dns->first) != NULL;) {
        if (!lookup->answered && lookup->due_ms > now_ms)
            return;
        dns->first = lookup->next;
        if (lookup->next == NULL)
            dns->last = NULL;
        give_up(lookup);
    }
}

uint64_t system_dns_wake(const struct system_dns *dns) { return dns->first == NULL ? UINT64_MAX : dns->first->due_ms; }

bool system_dns_running(const struct system_dns *dns) { return dns != NULL && dns->running != 0; }

bool system_dns_free(struct system_dns *dns)
{
    if (system_dns_running(dns))
        return false;
    for (struct lookup *lookup; dns != NULL && (lookup = dns->first) != NULL;) {
        dns->first = lookup->next;
        free(lookup);
    }
    if (dns != NULL && dns->own != NULL) {
        uv_loop_close(dns->own);
        free(dns->own);
    }
    free(dns);
    return true;
}
