// SPDX-License-Identifier: Apache-2.0
//
// Who wants what, what is known already, and what may start. How one errand is done is in fetching.c.
#include "run/errand.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "run/address.h"
#include "run/commons.h"
#include "run/engine.h"

// --- lists -----------------------------------------------------------------------------------------

static void append(struct errand_list *list, struct errand *errand)
{
    errand->before = list->last;
    errand->next = NULL;
    if (list->last == NULL)
        list->first = errand;
    else
        list->last->next = errand;
    list->last = errand;
}

static void take_out(struct errand_list *list, struct errand *errand)
{
    if (errand->before == NULL)
        list->first = errand->next;
    else
        errand->before->next = errand->next;
    if (errand->next == NULL)
        list->last = errand->before;
    else
        errand->next->before = errand->before;
}

// --- the table -------------------------------------------------------------------------------------

static void place(struct errands *errands, struct errand *errand)
{
    struct errand **bucket = &errands->bucket[errand->key % errands->bucket_count];
    errand->next_in_bucket = *bucket;
    *bucket = errand;
}

static void grow(struct errands *errands)
{
    struct errands larger = {.bucket_count = errands->bucket_count == 0 ? 64 : errands->bucket_count * 2};
    larger.bucket = calloc(larger.bucket_count, sizeof(struct errand *));
    if (larger.bucket == NULL)
        die("out of memory");
    for (size_t i = 0; i < errands->bucket_count; i++)
        for (struct errand *errand = errands->bucket[i], *next; errand != NULL; errand = next) {
            next = errand->next_in_bucket;
            place(&larger, errand);
        }
    free(errands->bucket);
    errands->bucket = larger.bucket;
    errands->bucket_count = larger.bucket_count;
}

static void enlist(struct errands *errands, struct errand *errand)
{
    if (errands->count == errands->bucket_count)
        grow(errands);
    place(errands, errand);
    errands->count++;
    errand->listed = true;
}

// It is not found any more; who has it keeps it.
static void delist(struct errands *errands, struct errand *errand)
{
    if (!errand->listed)
        return;
    struct errand **link = &errands->bucket[errand->key % errands->bucket_count];
    while (*link != errand)
        link = &(*link)->next_in_bucket;
    *link = errand->next_in_bucket;
    errands->count--;
    errand->listed = false;
}

static struct errand *find(const struct errands *errands, const struct answer *answer, const struct address *own)
{
    if (errands->bucket_count == 0)
        return NULL;
    struct errand *errand = errands->bucket[answer->key % errands->bucket_count];
    while (errand != NULL &&
           (errand->key != answer->key || errand->own != own || !packed_is(&answer->form, errand->form)))
        errand = errand->next_in_bucket;
    return errand;
}

// --- what is kept ----------------------------------------------------------------------------------

static bool is_document(const struct errand *errand)
{
    const struct fetch_result *result = errand->outcome.fetch;
    enum { OK = 200 };
    return result != NULL && result->status == OK && result->error == NULL;
}

static void forget(struct errand *errand)
{
    struct errands *errands = &errand->engine->errands;
    delist(errands, errand);
    if (errand->state == ERRAND_DONE)
        errands->octets -= errand->memory.total;
    arena_release(&errand->memory);
    free(errand);
}

static void forget_idle(struct errands *errands, struct errand *errand)
{
    take_out(&errands->idle, errand);
    errands->idle_octets -= errand->memory.total;
    forget(errand);
}

static void make_room(struct errands *errands, size_t most)
{
    while (errands->idle.first != NULL && errands->idle_octets > most)
        forget_idle(errands, errands->idle.first);
}

// Nobody uses it at present.
static void rest(struct errand *errand)
{
    struct errands *errands = &errand->engine->errands;
    if (!errand->listed || errand->own != NULL || errand->probe.kind == PROBE_RECORDS) {
        forget(errand);
        return;
    }
    append(&errands->idle, errand);
    errands->idle_octets += errand->memory.total;
    make_room(errands, ERRANDS_IDLE);
}

static bool is_stale(const struct errand *errand)
{
    return errand->state == ERRAND_DONE && errand->probe.kind == PROBE_FETCH && !is_document(errand) &&
           errand->engine->now_ms - errand->ended_ms >= ERRANDS_FAILED_MS;
}

// The one that is there and good, or NULL.
static struct errand *known(struct errands *errands, const struct answer *answer, const struct address *own)
{
    struct errand *errand = find(errands, answer, own);
    if (errand == NULL || !is_stale(errand))
        return errand;
    if (errand->users == 0)
        forget_idle(errands, errand);
    else
        delist(errands, errand);
    return NULL;
}

void errands_release(struct errands *errands)
{
    make_room(errands, 0);
    while (errands->idle.first != NULL)
        forget_idle(errands, errands->idle.first);
    always(errands->count == 0);
    free(errands->bucket);
    *errands = (struct errands){0};
}

// --- who wants it ----------------------------------------------------------------------------------

static struct errand *add(struct engine *engine, const struct answer *answer, struct address *own)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL)
        die("out of memory");
    *errand = (struct errand){.engine = engine, .key = answer->key, .own = own};
    errand->form = answer_form(answer, &errand->memory);
    always(probe_decode(&errand->memory, errand->form, &errand->probe));
    enlist(&engine->errands, errand);
    append(&engine->errands.queue, errand);
    return errand;
}

static struct errand_use *use(struct errand *errand, struct address *address, struct answer *answer)
{
    struct errand_use *use = arena_alloc(address->memory, sizeof *use);
    *use = (struct errand_use){.errand = errand, .address = address, .answer = answer, .next = address->uses};
    address->uses = use;
    if (errand->users++ == 0 && errand->state == ERRAND_DONE) {
        take_out(&errand->engine->errands.idle, errand);
        errand->engine->errands.idle_octets -= errand->memory.total;
    }
    return use;
}

static void wait_for(struct errand_use *use)
{
    struct errand *errand = use->errand;
    if (errand->last_waiting == NULL)
        errand->waiting = use;
    else
        errand->last_waiting->next_waiting = use;
    errand->last_waiting = use;
}

static void stop_waiting(struct errand_use *use)
{
    struct errand *errand = use->errand;
    struct errand_use **link = &errand->waiting, *before = NULL;
    for (; *link != use; link = &(*link)->next_waiting)
        before = *link;
    *link = use->next_waiting;
    if (errand->last_waiting == use)
        errand->last_waiting = before;
}

static bool resolver_is_silent(const struct engine *engine)
{
    return engine->errands.resolver_silent && engine->now_ms - engine->errands.silent_since_ms < ERRANDS_FAILED_MS;
}

// What can be told without asking anybody.
static const struct outcome *told_at_once(const struct engine *engine, enum probe_kind kind)
{
    static const struct outcome not_allowed = {.kind = OUTCOME_NOT_ALLOWED};
    static const struct outcome unheard = {.kind = OUTCOME_NO_RESOLVER, .detail = "it was silent before"};
    if (kind == PROBE_FETCH)
        return engine->settings.fetch ? NULL : &not_allowed;
    return resolver_is_silent(engine) ? &unheard : NULL;
}

static bool wants_own_address(const struct answer *answer)
{
    struct arena memory = {0};
    struct probe probe;
    answer_decode(answer, &memory, &probe);
    bool own = probe.kind == PROBE_FETCH && probe.fetch.own_address;
    arena_release(&memory);
    return own;
}

const struct outcome *errands_want(struct address *address, struct answer *answer)
{
    struct engine *engine = address->engine;
    const struct outcome *told = told_at_once(engine, (enum probe_kind)answer->kind);
    if (told != NULL)
        return told;
    struct address *own = wants_own_address(answer) ? address : NULL;
    struct errand *errand = known(&engine->errands, answer, own);
    if (errand == NULL)
        errand = add(engine, answer, own);
    struct errand_use *mine = use(errand, address, answer);
    if (errand->state == ERRAND_DONE) {
        mine->answer = NULL;
        return &errand->outcome;
    }
    wait_for(mine);
    return NULL;
}

static void leave_common(struct errand *errand)
{
    const struct scan_settings *settings = &errand->engine->settings;
    if (errand->counted)
        commons_end(settings->commons, settings->seat, errand->common);
    if (errand->entered)
        commons_leave(settings->commons, settings->seat, errand->common);
    errand->counted = errand->entered = false;
}

// Out of the queue, or of those under way.
static void withdraw(struct errand *errand)
{
    struct errands *errands = &errand->engine->errands;
    errand_cancel(errand);
    leave_common(errand);
    take_out(errand->state == ERRAND_QUEUED ? &errands->queue : &errands->out, errand);
    if (errand->state == ERRAND_QUEUED)
        return;
    if (errand->probe.kind == PROBE_RECORDS)
        errands->looking--;
    else
        errands->fetching--;
}

static void leave(struct errand_use *use)
{
    struct errand *errand = use->errand;
    if (use->answer != NULL)
        stop_waiting(use);
    if (--errand->users != 0)
        return;
    if (errand->state == ERRAND_DONE) {
        rest(errand);
        return;
    }
    withdraw(errand);
    forget(errand);
}

struct answer *errands_give_up(struct address *address)
{
    struct errand_use **link = &address->uses;
    while (*link != NULL && (*link)->answer == NULL)
        link = &(*link)->next;
    struct errand_use *use = *link;
    if (use == NULL)
        return NULL;
    struct answer *answer = use->answer;
    *link = use->next;
    leave(use);
    return answer;
}

void errands_leave(struct address *address)
{
    for (struct errand_use *use; (use = address->uses) != NULL;) {
        address->uses = use->next;
        leave(use);
    }
}

// --- what may start, and how it ends ---------------------------------------------------------------

static bool host_has_room(const struct errands *errands, const struct errand *wanted)
{
    unsigned count = 0;
    for (const struct errand *errand = errands->out.first; errand != NULL; errand = errand->next)
        count += errand->probe.kind == PROBE_FETCH && strcmp(errand->place.host, wanted->place.host) == 0;
    return count < ERRANDS_PER_HOST;
}

// All workers of the run are one client to the host.
static bool common_has_room(struct engine *engine, struct errand *errand)
{
    const struct scan_settings *settings = &engine->settings;
    if (settings->commons == NULL)
        return true;
    if (!errand->entered) {
        errand->entered = true;
        errand->common = commons_place(settings->commons, COMMONS_DOCUMENTS, errand->place.host);
        commons_enter(settings->commons, settings->seat, errand->common);
    }
    errand->counted =
        commons_begin(settings->commons, settings->seat, errand->common, ERRANDS_PER_HOST, engine->now_ms);
    if (!errand->counted)
        timers_set(&engine->timers, &engine->errands.again, engine->now_ms + COMMONS_WAIT_MS);
    return errand->counted;
}

// If so, it has to be started.
static bool may_start(struct engine *engine, struct errand *errand)
{
    struct errands *errands = &engine->errands;
    if (errand->probe.kind == PROBE_RECORDS)
        return errands->looking < ERRANDS_LOOKUPS;
    if (errand->place.host == NULL)
        always(fetch_place_of(&errand->memory, errand->probe.fetch.url, &errand->place));
    if (errands->fetching >= ERRANDS_FETCHES || engine->open >= engine->ceiling || !host_has_room(errands, errand))
        return false;
    if (bucket_ready(&engine->bucket, engine->now_ms))
        return common_has_room(engine, errand);
    timers_set(&engine->timers, &engine->bucket_timer, bucket_due(&engine->bucket));
    return false;
}

static void start(struct engine *engine, struct errand *errand)
{
    struct errands *errands = &engine->errands;
    static const struct outcome full = {.kind = OUTCOME_LOCAL_FAILURE,
                                        .detail = "the documents of this run take too much memory already"};
    take_out(&errands->queue, errand);
    append(&errands->out, errand);
    errand->state = errand->probe.kind == PROBE_RECORDS ? ERRAND_LOOKING : ERRAND_RESOLVING;
    errand->started_ms = engine->now_ms;
    if (errand->probe.kind == PROBE_RECORDS) {
        errands->looking++;
        errands->lookups++;
        errand_begin(errand);
        return;
    }
    errands->fetching++;
    if (errands->octets > ERRANDS_OCTETS)
        make_room(errands, 0);
    if (errands->octets > ERRANDS_OCTETS)
        errand_settle(errand, &full);
    else
        errand_begin(errand);
}

void errand_postpone(struct errand *errand)
{
    withdraw(errand);
    errand->engine->errands.fetches--;
    errand->state = ERRAND_QUEUED;
    errand->address_count = errand->tried = 0;
    append(&errand->engine->errands.queue, errand);
}

// From the beginning each time: what settles at once may have changed the queue.
static struct errand *next_to_start(struct engine *engine)
{
    for (struct errand *errand = engine->errands.queue.first; errand != NULL; errand = errand->next)
        if (may_start(engine, errand))
            return errand;
    return NULL;
}

bool errands_start(struct engine *engine)
{
    bool told = false;
    for (struct errand *errand; (errand = next_to_start(engine)) != NULL;) {
        start(engine, errand);
        told = told || errand->state == ERRAND_DONE;
    }
    return told;
}

void errand_settle(struct errand *errand, const struct outcome *outcome)
{
    struct errands *errands = &errand->engine->errands;
    errand->outcome = *outcome;
    withdraw(errand);
    errand->state = ERRAND_DONE;
    errand->ended_ms = errand->engine->now_ms;
    errands->octets += errand->memory.total;
    for (struct errand_use *use; (use = errand->waiting) != NULL;) {
        struct answer *answer = use->answer;
        errand->waiting = use->next_waiting;
        use->answer = NULL;
        address_brought(use->address, answer, &errand->outcome);
    }
    errand->last_waiting = NULL;
}

// --- the resolver ----------------------------------------------------------------------------------

void errands_heard(struct engine *engine)
{
    engine->errands.resolver_answered = true;
    engine->errands.resolver_silent = false;
}

static struct errand *next_lookup(const struct errand_list *list)
{
    struct errand *errand = list->first;
    while (errand != NULL && errand->probe.kind != PROBE_RECORDS)
        errand = errand->next;
    return errand;
}

// Where it has never answered, nobody else waits for it any longer.
void errands_unheard(struct errand *errand, const char *why)
{
    struct errands *errands = &errand->engine->errands;
    struct engine *engine = errand->engine;
    struct outcome outcome = {.kind = OUTCOME_NO_RESOLVER, .detail = why, .tries = 1};
    bool first = !errands->resolver_answered;
    if (first) {
        errands->resolver_silent = true;
        errands->silent_since_ms = engine->now_ms;
    }
    errand_settle(errand, &outcome);
    while (first && (errand = next_lookup(&errands->out)) != NULL)
        errand_settle(errand, &outcome);
    outcome.tries = 0;
    while (first && (errand = next_lookup(&errands->queue)) != NULL)
        errand_settle(errand, &outcome);
}
