// SPDX-License-Identifier: Apache-2.0
//
// One probe until it has an outcome: connect, send, listen, and once more where silence or a failed
// connection may have been chance. Three clocks bound it: for the connection, for silence
// since the last octet, and for the whole talk, so that a peer that sends an octet now and then
// gains nothing by it.
#include "run/address.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"

#define RETRY_PAUSE   300 // milliseconds, doubled with each try
#define LOCAL_PAUSE   200
#define LOCAL_TRIES   5
#define AWAY_TRIES    4   // of a question that is answered in words, where others were answered in TLS
#define CUT_PAUSE     100 // before a question that was cut off is asked again alone
#define MOST_REFUSALS 6   // of such questions that were cut off again, before others are believed
#define LONGEST_PAUSE 5000
#define LONGEST_TALK  4 // times the time for silence
#define LINGER_PART   4 // of the time for silence, when only the peer's end is awaited

static const struct scan_settings *settings_of(const struct attempt *attempt)
{
    return &attempt->address->engine->settings;
}

static void set_timer(struct attempt *attempt, uint64_t due_ms)
{
    timers_set(&attempt->address->engine->timers, &attempt->timer, due_ms);
}

// At least 1: zero says that it did not come so far.
static uint32_t elapsed(uint64_t from_ms, uint64_t to_ms)
{
    uint64_t passed = to_ms - from_ms;
    return passed == 0 ? 1 : passed > UINT32_MAX ? UINT32_MAX : (uint32_t)passed;
}

static void hang_up(struct attempt *attempt)
{
    struct engine *engine = attempt->address->engine;
    engine_act(engine, (struct scan_action){.kind = ACTION_CLOSE, .id = attempt->id});
    engine_forget(engine, attempt->id);
    attempt->id = 0;
    engine->open--;
    address_ended(attempt->address);
    if (attempt->talk != NULL)
        talk_release(attempt->talk);
    attempt->talk = NULL;
}

void attempt_cancel(struct attempt *attempt)
{
    timers_cancel(&attempt->address->engine->timers, &attempt->timer);
    if (attempt->id != 0)
        hang_up(attempt);
    handshakes_leave(attempt);
}

static void try_later(struct attempt *attempt, unsigned pause_ms, unsigned times)
{
    uint64_t pause = (uint64_t)pause_ms << (times < 8 ? times - 1 : 7);
    attempt_cancel(attempt);
    set_timer(attempt, attempt->address->engine->now_ms + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE));
}

static bool may_try_again(const struct attempt *attempt)
{
    return attempt->tries < settings_of(attempt)->tries && attempt->address->lost == NULL;
}

static void settle(struct attempt *attempt, struct outcome *outcome)
{
    const struct engine *engine = attempt->address->engine;
    outcome->tries = attempt->tries > UINT8_MAX ? UINT8_MAX : (uint8_t)attempt->tries;
    if (attempt->talk != NULL) {
        outcome->connect_ms = elapsed(attempt->started_ms, attempt->connected_ms);
        if (outcome->kind != OUTCOME_SILENT)
            outcome->answer_ms = elapsed(attempt->connected_ms, engine->now_ms);
    }
    attempt_cancel(attempt);
    address_settle(attempt, outcome);
}

// --- no connection -------------------------------------------------------------------------------

static void settle_failure(struct attempt *attempt, enum outcome_kind kind, const char *why)
{
    struct outcome outcome = {.kind = kind};
    if (why != NULL)
        outcome.detail = text_escape(&address_ledger(attempt->address)->memory, bytes_of_text(why));
    settle(attempt, &outcome);
}

static void not_connected(struct attempt *attempt, enum outcome_kind kind, const char *why)
{
    address_learn(attempt->address, &(struct outcome){.kind = kind});
    if (may_try_again(attempt))
        try_later(attempt, RETRY_PAUSE, attempt->tries);
    else
        settle_failure(attempt, kind, why);
}

// Not the server's doing: it does not count as a try. Of what other connections of ours will give back the whole scan
// takes less at once, and as long as there are some, this one waits.
static void local_failure(struct attempt *attempt, const struct scan_event *event)
{
    struct address *address = attempt->address;
    attempt->tries--;
    if (--address->endpoint.connections == 0)
        address->began_ms = UINT64_MAX;
    attempt_cancel(attempt);
    if (event->exhausted)
        engine_exhausted(address->engine);
    if (event->exhausted && address->engine->open != 0)
        try_later(attempt, LOCAL_PAUSE, 1);
    else if (++attempt->local_failures < LOCAL_TRIES)
        try_later(attempt, LOCAL_PAUSE, attempt->local_failures);
    else
        settle_failure(attempt, OUTCOME_LOCAL_FAILURE, event->text);
}

// --- talking -------------------------------------------------------------------------------------

// Silence is worth another try only where nothing at all came of the talk.
static bool heard_nothing(const struct attempt *attempt)
{
    struct arena *scratch = &attempt->address->engine->scratch;
    struct arena_mark before = arena_mark(scratch);
    struct outcome outcome;
    talk_outcome(attempt->talk, TALK_SILENT, scratch, NULL, &outcome);
    arena_rewind(scratch, before);
    return outcome.kind == OUTCOME_SILENT;
}

static bool is_tls(const struct outcome *outcome)
{
    return !outcome_is_cut_off(outcome) && (outcome->kind == OUTCOME_REPLIED || outcome->kind == OUTCOME_ALERT);
}

static void once_more(struct attempt *attempt, unsigned pause_ms, unsigned times)
{
    attempt->turned_away = true;
    try_later(attempt, pause_ms, times);
}

// FIN, RST and internal_error after an answer: its way to refuse this question, or it has had enough of us. So a
// question that got no word is asked again with nothing else under way; and where one after the other is cut off, twice
// more, slowly. One that is then still cut off was refused, and after some of them others need not be asked again,
// unless they make a burst. Where one is answered none is believed at once. Whether it is asked again.
static bool doubt_cut(struct attempt *attempt, enum outcome_kind kind)
{
    struct address *address = attempt->address;
    bool spoken = kind == OUTCOME_ALERT; // as OpenSSL does where it has nothing to sign with
    bool burst = ++address->cuts >= PACE_BURST && !address_asked_in_vain(address);
    if (address->place->pushes) {
        if (attempt->tries >= AWAY_TRIES)
            return false;
        address_doubt(attempt, attempt->tries > 2);
        once_more(attempt, RETRY_PAUSE, attempt->tries);
        return true;
    }
    if (attempt->patience == 0 && !spoken && address->place->refusals < MOST_REFUSALS)
        attempt->patience = attempt->tries + 1;
    if (burst && !attempt->slow) {
        attempt->slow = true;
        attempt->patience = attempt->tries + 2;
    }
    if (attempt->tries < attempt->patience) {
        bool later = attempt->slow && attempt->tries + 1 == attempt->patience;
        address_doubt(attempt, false);
        once_more(attempt, attempt->slow ? RETRY_PAUSE : CUT_PAUSE, later ? 3 : 1);
        return true;
    }
    if (attempt->turned_away)
        address_refuses(address, attempt->slow);
    return false;
}

static bool has_answered(const struct address *address)
{
    return address->pace.answered || address->place->answered == address->port;
}

// What may be about the pace is asked again, more slowly. Whether it is.
static bool doubt(struct attempt *attempt, const struct outcome *outcome)
{
    const struct address *address = attempt->address;
    if (!address->opened || address->lost != NULL)
        return false;
    if (outcome_is_cut_off(outcome))
        return has_answered(address) && doubt_cut(attempt, outcome->kind);
    if (outcome->kind != OUTCOME_NOT_TLS || attempt->tries >= AWAY_TRIES)
        return false;
    once_more(attempt, RETRY_PAUSE, attempt->tries);
    return true;
}

static void talk_ended(struct attempt *attempt, enum talk_end end)
{
    struct address *address = attempt->address;
    struct ledger *ledger = address_ledger(address);
    if (end == TALK_SILENT && may_try_again(attempt) && heard_nothing(attempt)) {
        try_later(attempt, RETRY_PAUSE, attempt->tries);
        return;
    }
    struct outcome outcome;
    talk_outcome(attempt->talk, end, &ledger->memory, &ledger->intern, &outcome);
    address_learn(address, &outcome);
    if (doubt(attempt, &outcome))
        return;
    // Only the answer that it gives after all shows that it was.
    if (attempt->turned_away && is_tls(&outcome))
        address_was_pushed_back(address);
    settle(attempt, &outcome);
}

static void listen_on(struct attempt *attempt)
{
    uint64_t silence = settings_of(attempt)->silence_ms;
    uint64_t patience = talk_lingers(attempt->talk) ? silence / LINGER_PART : silence;
    uint64_t quiet = attempt->address->engine->now_ms + patience;
    uint64_t longest = attempt->connected_ms + LONGEST_TALK * silence;
    set_timer(attempt, quiet < longest ? quiet : longest);
}

// To an address's host belong the sessions of its earlier handshakes.
static struct bytes session_for(const struct attempt *attempt, struct bytes form)
{
    uint64_t key = probe_session(form);
    const struct answer *earlier = key == 0 ? NULL : ledger_find(&attempt->address->endpoint.host.ledger, key);
    bool brought = earlier != NULL && earlier->outcome != NULL && earlier->outcome->handshake != NULL;
    return brought ? earlier->outcome->handshake->session : (struct bytes){NULL, 0};
}

static void say(struct attempt *attempt)
{
    struct engine *engine = attempt->address->engine;
    for (struct bytes output; (output = talk_output(attempt->talk, &engine->outgoing)).size != 0;) {
        attempt->address->endpoint.bytes_sent += output.size;
        engine_act(engine, (struct scan_action){.kind = ACTION_SEND, .id = attempt->id, .bytes = output});
    }
}

static void go_on(struct attempt *attempt)
{
    say(attempt);
    if (talk_over(attempt->talk))
        talk_ended(attempt, TALK_STOPPED);
    else
        listen_on(attempt);
}

static void begin_talk(struct attempt *attempt)
{
    struct engine *engine = attempt->address->engine;
    attempt->connected_ms = engine->now_ms;
    attempt->address->failures = 0;
    engine_succeeded(engine);
    struct arena_mark before = arena_mark(&engine->scratch);
    struct bytes form = answer_form(attempt->answer, &engine->scratch);
    attempt->talk = talk_begin(form, session_for(attempt, form), engine->settings.identity, engine->settings.seed,
                               engine->settings.keep_bytes);
    arena_rewind(&engine->scratch, before);
    go_on(attempt);
}

static void hear(struct attempt *attempt, struct bytes bytes)
{
    attempt->address->endpoint.bytes_received += bytes.size;
    talk_input(attempt->talk, bytes);
    go_on(attempt);
}

// --- events --------------------------------------------------------------------------------------

static void time_is_up(void *owner)
{
    struct attempt *attempt = owner;
    if (attempt->id == 0)
        address_again(attempt);
    else if (attempt->talk != NULL)
        talk_ended(attempt, TALK_SILENT);
    else
        not_connected(attempt, OUTCOME_UNREACHABLE, "no answer to the connection request");
}

bool attempt_start(struct attempt *attempt)
{
    struct address *address = attempt->address;
    struct engine *engine = address->engine;
    attempt->timer.fire = time_is_up;
    attempt->timer.due.owner = attempt;
    if (!handshakes_enter(attempt))
        return false;
    attempt->id = engine_number(engine, PURPOSE_CONNECT, attempt);
    attempt->started_ms = engine->now_ms;
    attempt->tries++;
    address_began(address);
    address->endpoint.connections++;
    engine->open++;
    engine->connections++;
    engine_act(engine, (struct scan_action){.kind = ACTION_CONNECT,
                                            .id = attempt->id,
                                            .text = address->endpoint.address,
                                            .port = address->port});
    set_timer(attempt, engine->now_ms + engine->settings.connect_ms);
    return true;
}

static void event_before_connected(struct attempt *attempt, const struct scan_event *event)
{
    switch (event->kind) {
    case EVENT_CONNECTED:
        begin_talk(attempt);
        return;
    case EVENT_REFUSED:
    case EVENT_RESET:
        not_connected(attempt, OUTCOME_REFUSED, event->text);
        return;
    case EVENT_UNREACHABLE:
        not_connected(attempt, OUTCOME_UNREACHABLE, event->text);
        return;
    case EVENT_LOCAL_FAILURE:
        local_failure(attempt, event);
        return;
    default:
        bug("an event that a connection cannot have before it is connected");
    }
}

static void event_when_connected(struct attempt *attempt, const struct scan_event *event)
{
    switch (event->kind) {
    case EVENT_DATA:
        hear(attempt, event->bytes);
        return;
    case EVENT_CLOSED:
        talk_ended(attempt, TALK_CLOSED);
        return;
    case EVENT_RESET:
    case EVENT_REFUSED:
        talk_ended(attempt, TALK_RESET);
        return;
    case EVENT_UNREACHABLE:
        talk_ended(attempt, TALK_SILENT);
        return;
    case EVENT_LOCAL_FAILURE:
        local_failure(attempt, event);
        return;
    default:
        bug("an event that a connection cannot have when it is connected");
    }
}

void attempt_event(struct attempt *attempt, const struct scan_event *event)
{
    if (attempt->talk != NULL)
        event_when_connected(attempt, event);
    else
        event_before_connected(attempt, event);
}
