// SPDX-License-Identifier: Apache-2.0
//
// The first connection to an address goes alone. Only when it has come to something does the
// address open to its full number, so that one that is down or filtered costs two SYNs and not
// hundreds, and one that speaks another protocol two questions. The only file of the scan that steps a host.
#include "run/address.h"

#include "base/fail.h"
#include "run/room.h"
#include "wire/identity.h"

// Failed connections in a row after which an address that once answered counts as lost.
#define LOST_AFTER 20

#define MOST_IN_VAIN 2 // questions that were asked again slowly after a burst

static void consider(struct address *address);

// --- attempts ------------------------------------------------------------------------------------

static struct attempt *new_attempt(struct address *address, struct answer *answer)
{
    struct attempt *attempt = address->spare;
    if (attempt != NULL)
        address->spare = attempt->next;
    else
        attempt = arena_alloc(address->memory, sizeof *attempt);
    *attempt = (struct attempt){.address = address, .answer = answer, .next = address->attempts};
    if (attempt->next != NULL)
        attempt->next->before = attempt;
    address->attempts = attempt;
    return attempt;
}

static void drop_attempt(struct attempt *attempt)
{
    struct address *address = attempt->address;
    address->in_doubt -= attempt->doubted;
    if (attempt->before == NULL)
        address->attempts = attempt->next;
    else
        attempt->before->next = attempt->next;
    if (attempt->next != NULL)
        attempt->next->before = attempt->before;
    attempt->next = address->spare;
    address->spare = attempt;
}

static struct attempt *take_attempt(struct address *address)
{
    struct attempt *attempt = address->again_first;
    if (attempt != NULL) {
        address->again_first = attempt->next_again;
        if (address->again_first == NULL)
            address->again_last = NULL;
        return attempt;
    }
    struct answer *answer = ledger_take(&address->endpoint.host.ledger);
    return answer == NULL ? NULL : new_attempt(address, answer);
}

void address_again(struct attempt *attempt)
{
    struct address *address = attempt->address;
    attempt->next_again = NULL;
    if (address->again_last == NULL)
        address->again_first = attempt;
    else
        address->again_last->next_again = attempt;
    address->again_last = attempt;
    consider(address);
}

// --- the host ------------------------------------------------------------------------------------

struct ledger *address_ledger(struct address *address)
{
    return address->twin != NULL ? &address->twin->ledger : &address->endpoint.host.ledger;
}

static void step(struct address *address, const struct answer *answer)
{
    struct arena *scratch = &address->engine->scratch;
    struct arena_mark before = arena_mark(scratch);
    host_step(&address->endpoint.host, scratch, answer);
    arena_rewind(scratch, before);
}

static void settle_as_skipped(struct address *address, struct answer *answer, const char *why)
{
    struct outcome outcome = {.kind = OUTCOME_SKIPPED, .detail = why};
    ledger_settle(&address->endpoint.host.ledger, answer, &outcome);
}

// The next probe without outcome, on its way or not. An attempt of it ends here.
static struct answer *take_open(struct address *address)
{
    struct attempt *attempt = address->attempts;
    if (attempt == NULL)
        return ledger_take(&address->endpoint.host.ledger);
    attempt_cancel(attempt);
    drop_attempt(attempt);
    return attempt->answer;
}

// ... and the next that others are asked, or were to be.
static struct answer *take_errand(struct address *address)
{
    struct answer *answer = errands_give_up(address);
    return answer != NULL ? answer : ledger_take_errand(&address->endpoint.host.ledger);
}

// Skipping may make checks ask for more, which is then skipped too.
static void skip_all(struct address *address, const char *why, bool errands)
{
    struct host *host = &address->endpoint.host;
    why = arena_string(&host->ledger.memory, bytes_of_text(why));
    for (struct answer *answer;
         (answer = take_open(address)) != NULL || (errands && (answer = take_errand(address)) != NULL);) {
        settle_as_skipped(address, answer, why);
        if (!host_finished(host))
            step(address, answer);
    }
    address->again_first = address->again_last = NULL;
}

// --- the pace ------------------------------------------------------------------------------------

static bool has_turn(const struct address *address) { return address->twin == NULL || address->twin->first == address; }

// Before the address is opened there is one attempt, and nothing else until it is settled.
static bool has_room(const struct address *address)
{
    if (!has_turn(address))
        return false;
    bool wanting = address->again_first != NULL || address->endpoint.host.ledger.unsent != NULL;
    if (!wanting || address->in_flight >= pace_limit(&address->pace))
        return false;
    return address->opened || address->attempts == NULL || address->again_first != NULL;
}

bool address_is_held_back(const struct address *address)
{
    bool wanting = address->attempts != NULL || address->endpoint.host.ledger.unsent != NULL;
    return address->began_ms == UINT64_MAX && !address->finished && (wanting || !has_turn(address));
}

bool address_may_start(struct address *address)
{
    struct engine *engine = address->engine;
    uint64_t next_ms = pace_next_ms(&address->pace);
    if (!has_room(address))
        return false;
    if (next_ms <= engine->now_ms)
        return room_is_there(address);
    timers_set(&engine->timers, &address->wake, next_ms);
    return false;
}

// --- the end and the way on ----------------------------------------------------------------------

// The next one goes on by itself, for many may be finished without a connection of their own.
static void end_turn(struct address *address)
{
    struct engine *engine = address->engine;
    struct address *next = address->twin == NULL ? NULL : twin_unqueue(address->twin, address);
    if (next != NULL)
        timers_set(&engine->timers, &next->wake, engine->now_ms);
}

static void finish(struct address *address)
{
    skip_all(address, "not needed any more", true);
    address->finished = true;
    end_turn(address);
    room_stop_waiting(address);
    engine_dequeue(address->engine, address);
    timers_cancel(&address->engine->timers, &address->wake);
    room_wake_others(address);
    address->tell(address->owner);
}

static void queue(struct address *address)
{
    if (address_may_start(address))
        engine_queue(address->engine, address);
}

// What is asked of others goes on when the address is lost. What they have told already is settled here.
static void run_errands(struct address *address)
{
    struct host *host = &address->endpoint.host;
    for (struct answer *answer; !host_finished(host) && (answer = ledger_take_errand(&host->ledger)) != NULL;) {
        const struct outcome *known = errands_want(address, answer);
        if (known == NULL)
            continue;
        ledger_settle(&host->ledger, answer, known);
        step(address, answer);
    }
}

static bool said_before(void *context, const struct answer *answer) { return twin_said(context, answer) != NULL; }

static void take_in(struct address *address, struct answer *answer, const struct outcome *outcome);

// Takes in what the endpoint said to another target's address.
static bool take_known(struct address *address)
{
    struct ledger *ledger = &address->endpoint.host.ledger;
    struct twin *twin = address->twin;
    if (twin == NULL || !has_turn(address) || address->lost != NULL)
        return false;
    struct answer *answer = ledger_take_chosen(ledger, said_before, twin);
    if (answer == NULL)
        return false;
    address->endpoint.pushed_back |= twin->pushed_back;
    take_in(address, answer, twin_said(twin, answer));
    return true;
}

static void consider(struct address *address)
{
    if (address->finished)
        return;
    struct host *host = &address->endpoint.host;
    if (address->abandoned != NULL)
        skip_all(address, address->abandoned, true);
    while (!host_finished(host) &&
           (take_known(address) || host->ledger.errand != NULL ||
            (address->lost != NULL && (address->attempts != NULL || host->ledger.unsent != NULL)))) {
        if (address->lost != NULL)
            skip_all(address, address->lost, false);
        run_errands(address);
    }
    if (host_finished(host))
        finish(address);
    else
        queue(address);
}

void address_began(struct address *address)
{
    if (address->began_ms == UINT64_MAX)
        address->began_ms = address->engine->now_ms;
    address->in_flight++;
    room_began(address);
}

void address_ended(struct address *address)
{
    address->in_flight--;
    room_ended(address);
}

static void awake(void *owner) { consider(owner); }

static bool start(struct address *address)
{
    struct attempt *attempt = take_attempt(address);
    if (attempt == NULL || !attempt_start(attempt)) {
        room_give_back(address);
        return false;
    }
    pace_started(&address->pace, address->engine->now_ms);
    return true;
}

// The room that it was woken for, and then has no use for, is for others.
bool address_start(struct address *address)
{
    bool may = address_may_start(address);
    if (may && !room_take(address))
        return false;
    bool started = may && start(address);
    queue(address);
    if (!started)
        room_wake_others(address);
    return started;
}

// --- lessons -------------------------------------------------------------------------------------

// A port that was never answered at is closed, which is no lesson about the address.
static void learn_failure(struct address *address)
{
    struct place *place = address->place;
    if (address->pace.answered || place->answered == address->port)
        pace_learn(&place->pace, address->engine->now_ms, LESSON_NOT_CONNECTED);
    address->failures++;
    if (!address->opened || address->failures < LOST_AFTER || address->lost != NULL)
        return;
    address->lost = "the address no longer takes connections";
    if (place->answered == address->port)
        place->answered = 0;
}

static void learn_answer(struct address *address)
{
    address->cuts = 0;
    address->place->answered = address->port;
    pace_learn(&address->pace, address->engine->now_ms, LESSON_ANSWERED);
    pace_learn(&address->place->pace, address->engine->now_ms, LESSON_ANSWERED);
}

// Words and resets may be how it refuses this one question, and slow down the target that asked it. Failed connections,
// and what the server gave up once it was asked more slowly, are about us, whatever target it was.
void address_learn(struct address *address, const struct outcome *outcome)
{
    struct place *place = address->place;
    if (outcome_is_abrupt(outcome) && !place->pushes && !address_asked_in_vain(address))
        pace_learn(&address->pace, address->engine->now_ms, LESSON_RESET);
    else if (!outcome_is_abrupt(outcome) && (outcome->kind == OUTCOME_REPLIED || outcome->kind == OUTCOME_ALERT))
        learn_answer(address);
    else if (outcome->kind == OUTCOME_NOT_TLS)
        pace_learn(&address->pace, address->engine->now_ms, LESSON_TURNED_AWAY);
    else if (outcome->kind == OUTCOME_REFUSED || outcome->kind == OUTCOME_UNREACHABLE)
        learn_failure(address);
    address->endpoint.pushed_back |= address->pace.pushed_back || pace_taught(&place->pace);
}

bool address_asked_in_vain(const struct address *address) { return address->in_vain >= MOST_IN_VAIN; }

void address_doubt(struct attempt *attempt, bool again)
{
    struct address *address = attempt->address;
    struct pace *pace = &address->place->pace;
    address->in_doubt += !attempt->doubted;
    attempt->doubted = true;
    pace_hush(pace, address->engine->now_ms, false);
    if (again)
        pace_learn(pace, address->engine->now_ms, LESSON_TURNED_AWAY);
}

void address_refuses(struct address *address, bool slow)
{
    address->in_vain += slow;
    address->place->refusals++;
    if (address_asked_in_vain(address))
        pace_restore(&address->pace);
    if (address->in_doubt <= 1 && !pace_taught(&address->place->pace))
        pace_restore(&address->place->pace);
}

void address_was_pushed_back(struct address *address)
{
    address->endpoint.pushed_back = true;
    address->in_vain = 0;
    address->place->pushes = true;
    pace_restore(&address->pace); // what slowed down this target alone was that too
    pace_hush(&address->place->pace, address->engine->now_ms, true);
}

// --- outcomes ------------------------------------------------------------------------------------

static const char *loss(enum outcome_kind kind)
{
    switch (kind) {
    case OUTCOME_REFUSED:
        return "the address refused the first connection";
    case OUTCOME_UNREACHABLE:
        return "the address could not be reached by the first connection";
    case OUTCOME_LOCAL_FAILURE:
        return "this machine could not open the first connection";
    default:
        return NULL;
    }
}

static void take_in(struct address *address, struct answer *answer, const struct outcome *outcome)
{
    if (!address->opened && address->lost == NULL)
        address->lost = loss(outcome->kind);
    if (!address->opened && outcome->kind == OUTCOME_NOT_TLS && ++address->foreign == 2)
        address->lost = "the address answers in another protocol";
    if (address->lost == NULL && outcome->kind != OUTCOME_NOT_TLS)
        address->opened = true;
    ledger_settle(&address->endpoint.host.ledger, answer, outcome);
    step(address, answer);
}

void address_settle(struct attempt *attempt, const struct outcome *outcome)
{
    struct address *address = attempt->address;
    struct answer *answer = attempt->answer;
    drop_attempt(attempt);
    if (address->twin != NULL) {
        twin_note(address->twin, answer, outcome);
        address->twin->pushed_back |= address->endpoint.pushed_back;
    }
    take_in(address, answer, outcome);
    consider(address);
}

// --- from beginning to end -----------------------------------------------------------------------

void address_begin(struct address *address, const struct target *target)
{
    const struct scan_settings *settings = &address->engine->settings;
    address->number = ++address->engine->address_numbers;
    address->began_ms = UINT64_MAX;
    address->ready.owner = address->waiting.owner = address;
    room_enter(address);
    if (settings->one_name) {
        address->twin = twins_enter(&address->engine->twins, address, target->sni);
        twin_queue(address->twin, address);
    }
    pace_begin(&address->pace, settings->connections, (struct pace_common){0});
    address->wake = (struct timer){.fire = awake, .due.owner = address};
    address->endpoint.host.offers = address->engine->offers;
    host_begin(&address->endpoint.host, target, settings->store, settings->now, settings->selected);
    if (settings->identity != NULL)
        address->endpoint.host.client_certificate = identity_fingerprint(settings->identity);
    address->endpoint.host.key_lists = settings->key_lists;
    address->endpoint.host.ct_logs = settings->ct_logs;
    step(address, NULL);
    consider(address);
}

void address_abandon(struct address *address, const char *why)
{
    if (address->finished)
        return;
    address->lost = address->abandoned = why;
    consider(address);
}

void address_brought(struct address *address, struct answer *answer, const struct outcome *outcome)
{
    ledger_settle(&address->endpoint.host.ledger, answer, outcome);
    step(address, answer);
    consider(address);
}

void address_release(struct address *address)
{
    errands_leave(address);
    room_leave(address);
    host_release(&address->endpoint.host);
    if (address->twin == NULL)
        return;
    twin_unqueue(address->twin, address);
    twins_leave(&address->engine->twins, address->twin);
}
