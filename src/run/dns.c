// SPDX-License-Identifier: Apache-2.0
//
// Each question becomes one or two asynchronous look-ups of libunbound; it is answered when both
// are in, or with what there is when its time is over. So many at once that no resolver's socket
// overflows; the others wait, and their time runs from their start.
#include "run/dns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "base/arena.h"

#define MOST_AT_ONCE   100
#define MOST_ADDRESSES 256
#define CLASS_IN       1
#define TYPE_A         1
#define TYPE_AAAA      28
#define RCODE_SERVFAIL 2

struct question;

// Lives from ub_resolve_async to its callback; outlives its question when it cannot be cancelled.
struct lookup {
    struct question *question; // NULL: nobody waits any more
    int number;
};

struct found {
    uint8_t size, raw[16]; // 4 or 16 octets
    char text[INET6_ADDRSTRLEN];
};

struct question {
    struct dns *dns;
    struct question *before, *next;
    struct arena memory;
    uint64_t id, due_ms;
    const char *name;
    bool ipv4, ipv6, started;
    struct lookup *lookup[2];
    struct found *found;
    size_t found_count;
    const char *why;
};

struct questions {
    struct question *first, *last;
};

struct dns {
    struct ub_ctx *unbound;
    struct dns_sink sink;
    unsigned limit_ms;
    struct questions asked; // those started stand before those that wait
    struct questions done;
    struct question *unstarted;
    size_t started;
    struct dns_alarm alarm;
};

// --- lists ---------------------------------------------------------------------------------------

static void append(struct questions *list, struct question *question)
{
    question->before = list->last;
    question->next = NULL;
    if (list->last == NULL)
        list->first = question;
    else
        list->last->next = question;
    list->last = question;
}

static void take_out(struct questions *list, struct question *question)
{
    if (question->before == NULL)
        list->first = question->next;
    else
        question->before->next = question->next;
    if (question->next == NULL)
        list->last = question->before;
    else
        question->next->before = question->before;
}

static void move_to_done(struct question *question)
{
    struct dns *dns = question->dns;
    take_out(&dns->asked, question);
    append(&dns->done, question);
    dns->started--;
}

// --- answers -------------------------------------------------------------------------------------

static void add_addresses(struct question *question, const struct ub_result *result)
{
    int family = result->qtype == TYPE_A ? AF_INET : AF_INET6;
    int size = family == AF_INET ? 4 : 16;
    for (size_t i = 0; result->data[i] != NULL && question->found_count < MOST_ADDRESSES; i++) {
        if (result->len[i] != size)
            continue;
        struct found *found = &question->found[question->found_count++];
        *found = (struct found){.size = (uint8_t)size};
        memcpy(found->raw, result->data[i], (size_t)size);
        inet_ntop(family, found->raw, found->text, sizeof found->text);
    }
}

static const char *trouble(struct question *question, const struct ub_result *result)
{
    if (result->nxdomain)
        return "the name does not exist";
    if (result->rcode == 0)
        return "the name has no address";
    if (result->rcode == RCODE_SERVFAIL)
        return "the name servers could not answer (SERVFAIL)";
    return arena_text(&question->memory, "the name servers answered with code %d", result->rcode);
}

static void take_result(struct question *question, int error, const struct ub_result *result)
{
    if (error != 0 || result == NULL)
        question->why = arena_text(&question->memory, "the look-up failed: %s", ub_strerror(error));
    else if (result->havedata)
        add_addresses(question, result);
    else if (question->why == NULL || result->rcode != 0)
        question->why = trouble(question, result);
}

static void looked_up(void *argument, int error, struct ub_result *result)
{
    struct lookup *lookup = argument;
    struct question *question = lookup->question;
    if (question != NULL) {
        take_result(question, error, result);
        question->lookup[question->lookup[0] == lookup ? 0 : 1] = NULL;
        if (question->lookup[0] == NULL && question->lookup[1] == NULL && question->started)
            move_to_done(question);
    }
    free(lookup);
    ub_resolve_free(result);
}

static int compare(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    if (left->size != right->size)
        return left->size < right->size ? -1 : 1;
    return memcmp(left->raw, right->raw, left->size);
}

static void deliver(struct question *question)
{
    const struct dns_sink *sink = &question->dns->sink;
    const char **addresses = arena_array(&question->memory, question->found_count, sizeof *addresses);
    if (question->found_count != 0)
        qsort(question->found, question->found_count, sizeof *question->found, compare);
    for (size_t i = 0; i < question->found_count; i++)
        addresses[i] = question->found[i].text;
    sink->answer(sink->context, question->id, addresses, question->found_count,
                 question->found_count == 0 ? question->why : NULL);
}

static void release(struct question *question)
{
    arena_release(&question->memory);
    free(question);
}

static void deliver_done(struct dns *dns)
{
    for (struct question *question; (question = dns->done.first) != NULL;) {
        take_out(&dns->done, question);
        deliver(question);
        release(question);
    }
}

// --- questions -----------------------------------------------------------------------------------

static void start_lookup(struct question *question, size_t index, int type)
{
    struct lookup *lookup = malloc(sizeof *lookup);
    if (lookup == NULL)
        die("out of memory");
    *lookup = (struct lookup){.question = question};
    question->lookup[index] = lookup;
    int error =
        ub_resolve_async(question->dns->unbound, question->name, type, CLASS_IN, lookup, looked_up, &lookup->number);
    if (error == 0)
        return;
    question->why = arena_text(&question->memory, "the look-up failed: %s", ub_strerror(error));
    question->lookup[index] = NULL;
    free(lookup);
}

static void start(struct question *question, uint64_t now_ms)
{
    question->dns->started++;
    question->due_ms = now_ms + question->dns->limit_ms;
    question->found = arena_array(&question->memory, MOST_ADDRESSES, sizeof *question->found);
    if (question->ipv4)
        start_lookup(question, 0, TYPE_A);
    if (question->ipv6)
        start_lookup(question, 1, TYPE_AAAA);
    question->started = true;
    if (question->lookup[0] == NULL && question->lookup[1] == NULL)
        move_to_done(question);
}

static void start_waiting(struct dns *dns, uint64_t now_ms)
{
    while (dns->unstarted != NULL && dns->started < MOST_AT_ONCE) {
        struct question *question = dns->unstarted;
        dns->unstarted = question->next;
        start(question, now_ms);
    }
}

void dns_ask(struct dns *dns, uint64_t now_ms, uint64_t id, const char *name, bool ipv4, bool ipv6)
{
    struct question *question = calloc(1, sizeof *question);
    if (question == NULL)
        die("out of memory");
    *question = (struct question){.dns = dns, .id = id, .ipv4 = ipv4, .ipv6 = ipv6};
    question->name = arena_string(&question->memory, bytes_of_text(name));
    append(&dns->asked, question);
    if (dns->unstarted == NULL)
        dns->unstarted = question;
    start_waiting(dns, now_ms);
}

static void forget_lookups(struct question *question)
{
    for (size_t i = 0; i < 2; i++) {
        struct lookup *lookup = question->lookup[i];
        if (lookup == NULL)
            continue;
        lookup->question = NULL;
        if (ub_cancel(question->dns->unbound, lookup->number) == 0)
            free(lookup);
        question->lookup[i] = NULL;
    }
}

static void give_up(struct question *question)
{
    forget_lookups(question);
    if (question->why == NULL)
        question->why =
            arena_text(&question->memory, "the name servers did not answer in %u ms", question->dns->limit_ms);
    move_to_done(question);
}

void dns_tick(struct dns *dns, uint64_t now_ms)
{
    for (struct question *first; (first = dns->asked.first) != NULL && first->started && first->due_ms <= now_ms;)
        give_up(first);
    start_waiting(dns, now_ms);
    deliver_done(dns);
    if (dns->alarm.due_ms <= now_ms) {
        dns->alarm.due_ms = UINT64_MAX;
        dns->alarm.ring(dns->alarm.context);
    }
}

void dns_set_alarm(struct dns *dns, struct dns_alarm alarm) { dns->alarm = alarm; }

uint64_t dns_wake(const struct dns *dns)
{
    if (dns->done.first != NULL || (dns->unstarted != NULL && dns->started < MOST_AT_ONCE))
        return 0;
    uint64_t overdue = dns->asked.first == NULL ? UINT64_MAX : dns->asked.first->due_ms;
    return overdue < dns->alarm.due_ms ? overdue : dns->alarm.due_ms;
}

// --- the library ---------------------------------------------------------------------------------

// A resolver on loopback is as good as any; names under "test." are for the local network to know.
int dns_configure(struct ub_ctx *unbound, const struct dns_settings *settings)
{
    ub_ctx_debugout(unbound, NULL);
    int error = ub_ctx_async(unbound, 1);
    if (error == 0)
        error = ub_ctx_set_option(unbound, "do-not-query-localhost:", "no");
    // Without these files libunbound asks the root servers and knows no local names.
    if (error == 0 && settings->forward != NULL)
        error = ub_ctx_set_fwd(unbound, settings->forward);
    else
        ub_ctx_resolvconf(unbound, NULL);
    ub_ctx_hosts(unbound, NULL);
    return error != 0 ? error : ub_ctx_zone_remove(unbound, "test.");
}

struct dns *dns_new(const struct dns_settings *settings, struct dns_sink sink, struct complaint *complaint)
{
    struct ub_ctx *unbound = ub_ctx_create();
    int error = unbound == NULL ? UB_NOMEM : dns_configure(unbound, settings);
    if (error != 0) {
        complain(complaint, "the resolver cannot start: %s", ub_strerror(error));
        ub_ctx_delete(unbound);
        return NULL;
    }
    struct dns *dns = calloc(1, sizeof *dns);
    if (dns == NULL)
        die("out of memory");
    *dns = (struct dns){.unbound = unbound, .sink = sink, .limit_ms = settings->limit_ms};
    dns->alarm.due_ms = UINT64_MAX;
    return dns;
}

static void release_all(struct questions *list)
{
    for (struct question *question; (question = list->first) != NULL;) {
        take_out(list, question);
        forget_lookups(question);
        release(question);
    }
}

void dns_free(struct dns *dns)
{
    if (dns == NULL)
        return;
    release_all(&dns->asked);
    release_all(&dns->done);
    ub_ctx_delete(dns->unbound);
    free(dns);
}

struct ub_ctx *dns_context(const struct dns *dns) { return dns->unbound; }

int dns_descriptor(const struct dns *dns) { return ub_fd(dns->unbound); }

void dns_process(struct dns *dns)
{
    ub_process(dns->unbound);
    deliver_done(dns);
}
