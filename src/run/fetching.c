// SPDX-License-Identifier: Apache-2.0
//
// One errand until it has an outcome: a look-up of records; or the URL's host looked up, one of its addresses
// connected to, and a talk. A URL comes from a stranger, so an address that is not public is refused when it
// is known (the one that is checked is the one that is connected to), and three clocks bound the rest.
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "run/address.h"
#include "run/engine.h"
#include "run/errand.h"
#include "run/private.h"

#define LONGEST_TALK 4 // times the time for silence

static void set_timer(struct errand *errand, uint64_t due_ms)
{
    timers_set(&errand->engine->timers, &errand->timer, due_ms);
}

// At least 1: zero says that it did not come so far.
static uint32_t elapsed(uint64_t from_ms, uint64_t to_ms)
{
    uint64_t passed = to_ms - from_ms;
    return passed == 0 ? 1 : passed > UINT32_MAX ? UINT32_MAX : (uint32_t)passed;
}

static bool is_connected(const struct errand *errand)
{
    return errand->state == ERRAND_CONNECTING || errand->state == ERRAND_TALKING;
}

void errand_cancel(struct errand *errand)
{
    struct engine *engine = errand->engine;
    timers_cancel(&engine->timers, &errand->timer);
    if (errand->id == 0)
        return;
    if (is_connected(errand)) {
        engine_act(engine, (struct scan_action){.kind = ACTION_CLOSE, .id = errand->id});
        engine->open--;
    }
    if (errand->state == ERRAND_TALKING)
        talk_release(errand->talk);
    engine_forget(engine, errand->id);
    errand->id = 0;
}

static void settle(struct errand *errand, struct outcome *outcome)
{
    outcome->tries = (uint8_t)errand->tried;
    if (errand->state == ERRAND_TALKING) {
        outcome->connect_ms = elapsed(errand->started_ms, errand->connected_ms);
        if (outcome->kind != OUTCOME_SILENT)
            outcome->answer_ms = elapsed(errand->connected_ms, errand->engine->now_ms);
    }
    errand_settle(errand, outcome);
}

static void fail(struct errand *errand, enum outcome_kind kind, const char *why)
{
    struct outcome outcome = {.kind = kind};
    if (why != NULL)
        outcome.detail = text_escape(&errand->memory, bytes_of_text(why));
    settle(errand, &outcome);
}

// --- connections -----------------------------------------------------------------------------------

static void connect_next(struct errand *errand)
{
    struct engine *engine = errand->engine;
    const char *address = errand->address[errand->tried++];
    errand->state = ERRAND_CONNECTING;
    errand->id = engine_number(engine, PURPOSE_ERRAND, errand);
    errand->started_ms = engine->now_ms;
    engine->open++;
    engine->errands.fetches++;
    bucket_take(&engine->bucket, engine->now_ms);
    engine_act(engine, (struct scan_action){
                           .kind = ACTION_CONNECT, .id = errand->id, .text = address, .port = errand->place.port});
    set_timer(errand, engine->now_ms + engine->settings.connect_ms);
}

static void not_connected(struct errand *errand, enum outcome_kind kind, const char *why)
{
    if (errand->tried == errand->address_count) {
        fail(errand, kind, why);
        return;
    }
    errand_cancel(errand);
    connect_next(errand);
}

static void listen_on(struct errand *errand)
{
    uint64_t silence = errand->engine->settings.silence_ms;
    uint64_t quiet = errand->engine->now_ms + silence, longest = errand->connected_ms + LONGEST_TALK * silence;
    set_timer(errand, quiet < longest ? quiet : longest);
}

static void talk_ended(struct errand *errand, enum talk_end end)
{
    struct outcome outcome;
    talk_outcome(errand->talk, end, &errand->memory, NULL, &outcome);
    settle(errand, &outcome);
}

static void go_on(struct errand *errand)
{
    struct engine *engine = errand->engine;
    for (struct bytes output; (output = talk_output(errand->talk, &engine->outgoing)).size != 0;)
        engine_act(engine, (struct scan_action){.kind = ACTION_SEND, .id = errand->id, .bytes = output});
    if (talk_over(errand->talk))
        talk_ended(errand, TALK_STOPPED);
    else
        listen_on(errand);
}

static void begin_talk(struct errand *errand)
{
    const struct scan_settings *settings = &errand->engine->settings;
    errand->state = ERRAND_TALKING;
    errand->connected_ms = errand->engine->now_ms;
    engine_succeeded(errand->engine);
    errand->talk = talk_begin(errand->form, (struct bytes){NULL, 0}, NULL, settings->seed, settings->keep_bytes);
    go_on(errand);
}

// --- where to --------------------------------------------------------------------------------------

static void add_address(struct errand *errand, const char *address)
{
    if (errand->address_count < ERRAND_ADDRESSES)
        snprintf(errand->address[errand->address_count++], ADDRESS_TEXT, "%s", address);
}

// Those that may be asked, of those that the host has.
static void go_to(struct errand *errand, const char *const *addresses, size_t count)
{
    const char *refused = NULL, *why = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *kind = errand->engine->settings.fetch_private ? NULL : private_kind(addresses[i]);
        if (kind == NULL)
            add_address(errand, addresses[i]);
        else
            refused = addresses[i], why = kind;
    }
    if (errand->address_count != 0)
        connect_next(errand);
    else if (refused != NULL)
        fail(errand, OUTCOME_PRIVATE, arena_text(&errand->memory, "%s is %s", refused, why));
    else
        fail(errand, OUTCOME_UNREACHABLE, "the name has no address");
}

static bool is_address(const char *host)
{
    uint8_t raw[16];
    return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

static void resolve(struct errand *errand)
{
    struct engine *engine = errand->engine;
    errand->state = ERRAND_RESOLVING;
    errand->id = engine_number(engine, PURPOSE_ERRAND, errand);
    engine_act(engine, (struct scan_action){.kind = ACTION_RESOLVE,
                                            .id = errand->id,
                                            .text = errand->place.host,
                                            .ipv4 = engine->settings.use_ipv4,
                                            .ipv6 = engine->settings.use_ipv6});
    set_timer(errand, engine->now_ms + engine->settings.lookup_ms);
}

static void look_up(struct errand *errand)
{
    struct engine *engine = errand->engine;
    errand->state = ERRAND_LOOKING;
    errand->tried = 1;
    errand->id = engine_number(engine, PURPOSE_ERRAND, errand);
    engine_act(engine, (struct scan_action){.kind = ACTION_LOOKUP,
                                            .id = errand->id,
                                            .text = errand->probe.records.name,
                                            .type = errand->probe.records.type});
    set_timer(errand, engine->now_ms + engine->settings.lookup_ms);
}

static void time_is_up(void *owner)
{
    struct errand *errand = owner;
    unsigned limit = errand->engine->settings.lookup_ms;
    switch (errand->state) {
    case ERRAND_LOOKING:
        errands_unheard(errand, "the resolver did not answer in time");
        return;
    case ERRAND_RESOLVING:
        fail(errand, OUTCOME_UNREACHABLE,
             arena_text(&errand->memory, "%s was not resolved in %u ms", errand->place.host, limit));
        return;
    case ERRAND_CONNECTING:
        not_connected(errand, OUTCOME_UNREACHABLE, "no answer to the connection request");
        return;
    case ERRAND_TALKING:
        talk_ended(errand, TALK_SILENT);
        return;
    case ERRAND_QUEUED:
    case ERRAND_DONE:
        break;
    }
    bug("the timer of an errand that is not under way");
}

void errand_begin(struct errand *errand)
{
    errand->timer = (struct timer){.fire = time_is_up, .due.owner = errand};
    if (errand->probe.kind == PROBE_RECORDS) {
        look_up(errand);
    } else if (errand->own != NULL) {
        add_address(errand, errand->own->endpoint.address);
        connect_next(errand);
    } else if (is_address(errand->place.host)) {
        const char *only = errand->place.host;
        go_to(errand, &only, 1);
    } else {
        resolve(errand);
    }
}

// --- events ----------------------------------------------------------------------------------------

static void resolved(struct errand *errand, const struct scan_event *event)
{
    errand_cancel(errand);
    if (event->address_count != 0)
        go_to(errand, event->addresses, event->address_count);
    else
        fail(errand, OUTCOME_UNREACHABLE,
             arena_text(&errand->memory, "%s: %s", errand->place.host,
                        event->text == NULL ? "the name has no address" : event->text));
}

static const struct records_result *keep(struct arena *arena, const struct records_result *from)
{
    struct records_result *to = arena_alloc(arena, sizeof *to);
    struct bytes *rdata = arena_array(arena, from->count, sizeof *rdata);
    *to = *from;
    for (size_t i = 0; i < from->count; i++)
        rdata[i] = arena_copy(arena, from->rdata[i]);
    to->rdata = rdata;
    to->canonical_name = from->canonical_name == NULL ? NULL : arena_text(arena, "%s", from->canonical_name);
    to->why = from->why == NULL ? NULL : arena_text(arena, "%s", from->why);
    return to;
}

static void looked_up(struct errand *errand, const struct scan_event *event)
{
    if (event->records == NULL) {
        fail(errand, OUTCOME_NO_RESOLVER, event->text);
        return;
    }
    struct outcome outcome = {.kind = OUTCOME_REPLIED, .records = keep(&errand->memory, event->records)};
    outcome.answer_ms = elapsed(errand->started_ms, errand->engine->now_ms);
    errands_heard(errand->engine);
    settle(errand, &outcome);
}

// As long as other connections of ours are open, which will give back what is short, it waits for them.
static void local_failure(struct errand *errand, const struct scan_event *event)
{
    struct engine *engine = errand->engine;
    bool waits = event->exhausted && engine->open > 1;
    if (waits)
        errand_postpone(errand);
    if (event->exhausted)
        engine_exhausted(engine);
    if (!waits)
        not_connected(errand, OUTCOME_LOCAL_FAILURE, event->text);
}

static void event_before_connected(struct errand *errand, const struct scan_event *event)
{
    switch (event->kind) {
    case EVENT_CONNECTED:
        begin_talk(errand);
        return;
    case EVENT_REFUSED:
    case EVENT_RESET:
        not_connected(errand, OUTCOME_REFUSED, event->text);
        return;
    case EVENT_UNREACHABLE:
        not_connected(errand, OUTCOME_UNREACHABLE, event->text);
        return;
    case EVENT_LOCAL_FAILURE:
        local_failure(errand, event);
        return;
    default:
        bug("an event that a connection cannot have before it is connected");
    }
}

static void event_when_connected(struct errand *errand, const struct scan_event *event)
{
    switch (event->kind) {
    case EVENT_DATA:
        talk_input(errand->talk, event->bytes);
        go_on(errand);
        return;
    case EVENT_CLOSED:
        talk_ended(errand, TALK_CLOSED);
        return;
    case EVENT_RESET:
    case EVENT_REFUSED:
        talk_ended(errand, TALK_RESET);
        return;
    case EVENT_UNREACHABLE:
        talk_ended(errand, TALK_SILENT);
        return;
    case EVENT_LOCAL_FAILURE:
        fail(errand, OUTCOME_LOCAL_FAILURE, event->text);
        return;
    default:
        bug("an event that a connection cannot have when it is connected");
    }
}

void errand_event(struct errand *errand, const struct scan_event *event)
{
    switch (errand->state) {
    case ERRAND_RESOLVING:
        resolved(errand, event);
        return;
    case ERRAND_LOOKING:
        looked_up(errand, event);
        return;
    case ERRAND_CONNECTING:
        event_before_connected(errand, event);
        return;
    case ERRAND_TALKING:
        event_when_connected(errand, event);
        return;
    case ERRAND_QUEUED:
    case ERRAND_DONE:
        break;
    }
    bug("an event for an errand that is not under way");
}
