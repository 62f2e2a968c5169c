// SPDX-License-Identifier: Apache-2.0
//
// The targets in flight: each is looked up, scanned at all its addresses at once, handed to the
// sink and forgotten; the next is pulled when a place is free. After every event the scan settles
// what has ended, pulls, starts errands, which are few and of targets that were begun, and starts
// connections, in this order; nothing is released while an action that points into it may be unread.
#include "run/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/address.h"
#include "run/engine.h"

#define MOST_ADDRESSES 64 // of one target
#define ASK_AGAIN_MS   50 // a source that had no target yet

// A target in flight.
struct job {
    struct scan *scan;
    struct arena memory;
    struct target *target;
    struct job *before, *next; // in flight
    struct job *next_ended;
    uint64_t started_ms;
    uint64_t resolve_id; // 0: not being looked up
    struct timer deadline;
    struct address *address;
    size_t address_count, unfinished;
    const char *trouble;
    bool interrupted;
};

struct scan {
    struct engine engine;
    struct target_source source;
    struct finish_sink sink;
    struct job *jobs;  // in flight
    struct job *ended; // to be handed to the sink
    size_t in_flight;
    uint64_t done;
    bool pulled_all, stopped;
    bool waiting; // for the source to have another target
    struct timer again;
};

// --- the end of a target -------------------------------------------------------------------------

static void end(struct job *job)
{
    job->next_ended = job->scan->ended;
    job->scan->ended = job;
}

static void address_told(void *owner)
{
    struct job *job = owner;
    if (--job->unfinished == 0)
        end(job);
}

static void release(struct job *job)
{
    struct scan *scan = job->scan;
    if (job->before == NULL)
        scan->jobs = job->next;
    else
        job->before->next = job->next;
    if (job->next != NULL)
        job->next->before = job->before;
    for (size_t i = 0; i < job->address_count; i++)
        address_release(&job->address[i]);
    arena_release(&job->memory);
    free(job);
    scan->in_flight--;
    scan->done++;
}

static void hand_over(struct job *job)
{
    struct engine *engine = &job->scan->engine;
    timers_cancel(&engine->timers, &job->deadline);
    const struct endpoint **endpoints = arena_array(&job->memory, job->address_count, sizeof *endpoints);
    for (size_t i = 0; i < job->address_count; i++)
        endpoints[i] = &job->address[i].endpoint;
    struct finished finished = {
        .target = job->target,
        .endpoints = endpoints,
        .endpoint_count = job->address_count,
        .trouble = job->trouble,
        .started_ms = job->started_ms,
        .ended_ms = engine->now_ms,
        .interrupted = job->interrupted,
        .stopped = job->interrupted && job->scan->stopped,
    };
    job->scan->sink.finish(job->scan->sink.context, &finished);
    release(job);
}

static void hand_over_ended(struct scan *scan)
{
    for (struct job *job; (job = scan->ended) != NULL;) {
        scan->ended = job->next_ended;
        hand_over(job);
    }
}

static void interrupt(struct job *job, const char *why)
{
    if (job->resolve_id != 0) {
        engine_forget(&job->scan->engine, job->resolve_id);
        job->resolve_id = 0;
        job->interrupted = true;
        job->trouble = why;
        end(job);
    }
    for (size_t i = 0; i < job->address_count; i++) {
        job->interrupted |= !job->address[i].finished;
        address_abandon(&job->address[i], why);
    }
}

// Counted from its first connection: how long it waits for others is not its own doing.
static uint64_t deadline_of(const struct job *job)
{
    const struct engine *engine = &job->scan->engine;
    uint64_t began = UINT64_MAX;
    bool held_back = false;
    for (size_t i = 0; i < job->address_count; i++) {
        held_back = held_back || address_is_held_back(&job->address[i]);
        if (job->address[i].began_ms < began)
            began = job->address[i].began_ms;
    }
    if (began == UINT64_MAX)
        began = held_back ? engine->now_ms : job->started_ms;
    return began + engine->settings.deadline_ms;
}

static void deadline_passed(void *owner)
{
    struct job *job = owner;
    struct engine *engine = &job->scan->engine;
    unsigned long long deadline = engine->settings.deadline_ms;
    uint64_t due_ms = deadline_of(job);
    if (due_ms > engine->now_ms)
        timers_set(&engine->timers, &job->deadline, due_ms);
    else
        interrupt(job, arena_text(&job->memory, "the time for this target, %llu ms, was over", deadline));
}

// --- its beginning -------------------------------------------------------------------------------

static bool listed(const struct job *job, const char *text)
{
    for (size_t i = 0; i < job->address_count; i++)
        if (strcmp(job->address[i].endpoint.address, text) == 0)
            return true;
    return false;
}

static void add_address(struct job *job, const char *text)
{
    if (listed(job, text))
        return;
    struct address *address = &job->address[job->address_count++];
    address->engine = &job->scan->engine;
    address->memory = &job->memory;
    address->port = job->target->port;
    address->tell = address_told;
    address->owner = job;
    snprintf(address->endpoint.address, sizeof address->endpoint.address, "%s", text);
}

// All are counted before the first begins: it may be finished at once.
static void begin_addresses(struct job *job, const char *const *addresses, size_t count)
{
    size_t most = count < MOST_ADDRESSES ? count : MOST_ADDRESSES;
    if (most < count)
        job->trouble = arena_text(&job->memory, "the name has %zu addresses; the first %zu were scanned", count, most);
    job->address = arena_array(&job->memory, most, sizeof *job->address);
    for (size_t i = 0; i < most; i++)
        add_address(job, addresses[i]);
    job->unfinished = job->address_count;
    for (size_t i = 0; i < job->address_count; i++)
        address_begin(&job->address[i], job->target);
}

static void resolve(struct job *job)
{
    struct engine *engine = &job->scan->engine;
    job->resolve_id = engine_number(engine, PURPOSE_RESOLVE, job);
    engine_act(engine, (struct scan_action){.kind = ACTION_RESOLVE,
                                            .id = job->resolve_id,
                                            .text = job->target->host,
                                            .ipv4 = engine->settings.use_ipv4,
                                            .ipv6 = engine->settings.use_ipv6});
}

static void resolved(struct job *job, const struct scan_event *event)
{
    engine_forget(&job->scan->engine, job->resolve_id);
    job->resolve_id = 0;
    if (event->address_count != 0) {
        begin_addresses(job, event->addresses, event->address_count);
        return;
    }
    const char *why = event->text == NULL ? "the name has no address" : event->text;
    job->trouble = arena_string(&job->memory, bytes_of_text(why));
    end(job);
}

static void begin(struct scan *scan, struct target *target)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        die("out of memory");
    *job = (struct job){.scan = scan, .target = target, .next = scan->jobs, .started_ms = scan->engine.now_ms};
    if (job->next != NULL)
        job->next->before = job;
    scan->jobs = job;
    scan->in_flight++;
    job->deadline = (struct timer){.fire = deadline_passed, .due.owner = job};
    timers_set(&scan->engine.timers, &job->deadline, job->started_ms + scan->engine.settings.deadline_ms);
    const char *address = scan->engine.settings.address;
    if (address == NULL && target->is_address)
        address = target->host;
    if (address == NULL)
        resolve(job);
    else
        begin_addresses(job, &address, 1);
}

static void source_may_have(void *owner)
{
    struct scan *scan = owner;
    scan->waiting = false;
}

static bool pull(struct scan *scan)
{
    struct engine *engine = &scan->engine;
    if (scan->pulled_all || scan->waiting || scan->in_flight >= engine->settings.parallel)
        return false;
    struct target *target = NULL;
    scan->pulled_all = !scan->source.next(scan->source.context, &target);
    scan->waiting = !scan->pulled_all && target == NULL;
    if (scan->waiting)
        timers_set(&engine->timers, &scan->again, engine->now_ms + ASK_AGAIN_MS);
    if (target != NULL)
        begin(scan, target);
    return target != NULL;
}

// --- the public face -----------------------------------------------------------------------------

struct scan *scan_new(const struct scan_settings *settings, struct target_source source, struct finish_sink sink)
{
    always(settings->connections != 0 && settings->parallel != 0 && settings->tries != 0);
    struct scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        die("out of memory");
    scan->source = source;
    scan->sink = sink;
    scan->again = (struct timer){.fire = source_may_have, .due.owner = scan};
    engine_begin(&scan->engine, settings);
    return scan;
}

void scan_free(struct scan *scan)
{
    if (scan == NULL)
        return;
    while (scan->jobs != NULL) {
        struct job *job = scan->jobs;
        for (size_t i = 0; i < job->address_count; i++)
            for (struct attempt *attempt = job->address[i].attempts; attempt != NULL; attempt = attempt->next)
                attempt_cancel(attempt);
        release(job);
    }
    engine_release(&scan->engine);
    free(scan);
}

static void stop(struct scan *scan)
{
    scan->pulled_all = scan->stopped = true;
    timers_cancel(&scan->engine.timers, &scan->again);
    for (struct job *job = scan->jobs; job != NULL; job = job->next)
        interrupt(job, "the scan was interrupted");
}

static void tick(struct engine *engine)
{
    for (struct timer *timer; (timer = timers_take(&engine->timers, engine->now_ms)) != NULL;)
        timer->fire(timer->due.owner);
}

// Events of an id that is forgotten come from a race that the other side lost.
static void dispatch(struct scan *scan, const struct scan_event *event)
{
    if (event->kind == EVENT_RESOLVED) {
        struct job *job = engine_find(&scan->engine, event->id, PURPOSE_RESOLVE);
        if (job != NULL) {
            resolved(job, event);
            return;
        }
    }
    struct errand *errand = engine_find(&scan->engine, event->id, PURPOSE_ERRAND);
    if (errand != NULL) {
        errand_event(errand, event);
        return;
    }
    struct attempt *attempt = engine_find(&scan->engine, event->id, PURPOSE_CONNECT);
    if (attempt != NULL)
        attempt_event(attempt, event);
}

void scan_event(struct scan *scan, uint64_t now_ms, const struct scan_event *event)
{
    struct engine *engine = &scan->engine;
    always(engine->action_next == engine->action_count);
    engine->action_next = engine->action_count = 0;
    arena_rewind(&engine->outgoing, engine->nothing_outgoing);
    engine->now_ms = now_ms;
    if (event->kind == EVENT_TICK)
        tick(engine);
    else if (event->kind == EVENT_STOP)
        stop(scan);
    else if (event->kind == EVENT_SOURCE)
        source_may_have(scan);
    else if (event->kind == EVENT_LATE)
        engine_late(engine);
    else
        dispatch(scan, event);
    do
        do
            hand_over_ended(scan);
        while (pull(scan));
    while (errands_start(engine));
    engine_start(engine);
}

bool scan_action(struct scan *scan, struct scan_action *action)
{
    struct engine *engine = &scan->engine;
    if (engine->action_next == engine->action_count) {
        places_settle(&engine->places); // what was to be closed is closed
        return false;
    }
    *action = engine->action[engine->action_next++];
    return true;
}

uint64_t scan_wake(const struct scan *scan) { return timers_next(&scan->engine.timers); }

bool scan_ended(const struct scan *scan) { return scan->pulled_all && scan->in_flight == 0; }

struct scan_counts scan_counts(const struct scan *scan)
{
    return (struct scan_counts){
        .targets_done = scan->done,
        .targets_in_flight = scan->in_flight,
        .connections = scan->engine.connections,
        .connections_in_flight = scan->engine.open,
        .fetches = scan->engine.errands.fetches,
        .lookups = scan->engine.errands.lookups,
    };
}
