// SPDX-License-Identifier: Apache-2.0
//
// A chain of removals, step by step. It is walked from its first question each time its check is
// called, so what followed an answer is noted there and found again without making the hello anew.
#include "check/hunt.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"

#define INTERRUPTED 3 // choices that a row is worth still after one that was not foreseen and keeps the order
#define MOST_MISLED 3 // guesses that were wrong, those that broke the order twice, until no more are made

// --- lists ---------------------------------------------------------------------------------------

struct codes rest_codes(const struct rest *rest) { return (struct codes){rest->code, rest->count}; }

void rest_fill(struct rest *rest, struct codes codes)
{
    rest->count = 0;
    rest_add(rest, codes);
}

void rest_add(struct rest *rest, struct codes codes)
{
    always(codes.count <= HUNT_CODES - rest->count);
    if (codes.count != 0)
        memcpy(rest->code + rest->count, codes.code, codes.count * sizeof *codes.code);
    rest->count += codes.count;
}

// From the end, where what servers choose stands, as a rule; a code is in the list once at most.
uint16_t rest_take(struct rest *rest, uint16_t code)
{
    size_t i = rest->count;
    while (i > 0 && rest->code[i - 1] != code)
        i--;
    if (i == 0)
        return 0;
    memmove(rest->code + i - 1, rest->code + i, (rest->count - i) * sizeof *rest->code);
    rest->count--;
    return (uint16_t)(i - 1);
}

static void rest_put_back(struct rest *rest, size_t at, uint16_t code)
{
    always(at <= rest->count && rest->count < HUNT_CODES);
    memmove(rest->code + at + 1, rest->code + at, (rest->count - at) * sizeof *rest->code);
    rest->code[at] = code;
    rest->count++;
}

// --- asking --------------------------------------------------------------------------------------

const struct answer *hunt_ask(struct hunt *hunt, struct codes list, uint16_t sample)
{
    struct probe probe = {.hello = hunt->removal->hello(hunt->removal, list), .sample = sample};
    return ask(hunt->host, &probe);
}

enum reply hunt_reply(const struct hunt *hunt, const struct answer *answer, struct codes list)
{
    return hunt->removal->reply(hunt->removal, answer, list);
}

uint16_t hunt_chosen(const struct hunt *hunt, const struct answer *answer)
{
    return hunt->removal->chosen(answer->outcome->flight);
}

void hunt_note(struct hunt *hunt, const struct answer *answer)
{
    evidence_add(hunt->host->scratch, &hunt->evidence, answer->key);
}

bool hunt_give_up(struct hunt *hunt, const char *reason, const char *sentence)
{
    if (!hunt->failed) {
        hunt->failed = true;
        hunt->found->complete = fact_because(VERDICT_UNKNOWN, reason, sentence);
    }
    return false;
}

bool hunt_contradict(struct hunt *hunt)
{
    hunt->found->changed = true;
    return hunt_give_up(hunt, "inconsistent", "the same code point was once refused and once accepted");
}

bool hunt_wait(struct hunt *hunt)
{
    hunt->waiting = true;
    return false;
}

// --- what was found ------------------------------------------------------------------------------

bool hunt_has(const struct hunt *hunt, uint16_t code)
{
    for (size_t i = 0; i < hunt->found->count; i++)
        if (hunt->choice[i].code == code)
            return true;
    return false;
}

void hunt_accept(struct hunt *hunt, const struct answer *answer)
{
    uint16_t code = hunt_chosen(hunt, answer);
    if (!hunt_has(hunt, code))
        hunt->choice[hunt->found->count++] = (struct removal_choice){code, answer};
}

bool hunt_as_offered(const struct hunt *hunt)
{
    struct removal_found found = *hunt->found;
    found.choice = hunt->choice;
    return removal_as_offered(&found);
}

// --- the chain -----------------------------------------------------------------------------------

static bool refused(enum reply reply)
{
    return reply == REPLY_CUT_OFF || reply == REPLY_REFUSED || reply == REPLY_OTHER_VERSION ||
           reply == REPLY_VERSION_REFUSED;
}

// A refusal that could also be the network's doing must be given twice. Where the second answer is
// another the chain goes on from it, and nothing that is only cut off proves anything any more.
static const struct answer *ask_twice(struct hunt *hunt, const struct rest *rest, const struct answer *first)
{
    const struct answer *again = hunt_ask(hunt, rest_codes(rest), 1);
    hunt_note(hunt, first);
    if (hunt_reply(hunt, again, rest_codes(rest)) == REPLY_ACCEPTED)
        hunt->found->unsteady = true;
    return again;
}

// A server that chooses what was removed is not asked on: nothing it says can be trusted.
static void stop(struct hunt *hunt, const struct answer *answer, enum reply reply)
{
    bool replied = answer->outcome->flight != NULL && answer->outcome->kind == OUTCOME_REPLIED;
    hunt_note(hunt, answer);
    if (replied && hunt_has(hunt, hunt_chosen(hunt, answer)))
        hunt_give_up(hunt, hunt->removal->repeated, "the server chose again what was no longer offered");
    else
        hunt_give_up(hunt, reply_reason(answer, reply), reply_sentence(hunt->host->scratch, answer, reply));
}

// Where the chain ends if the server goes on to that code.
static bool is_beyond(const struct hunt *hunt, const struct after *after, uint16_t code)
{
    return after->within_rank &&
           hunt->removal->cut->rank(code) != hunt->removal->cut->rank(hunt_chosen(hunt, after->before));
}

struct guesses {
    uint16_t code[HUNT_AHEAD];
    unsigned count;
};

// What the server will choose next, one after the other: the more choices in a row were foreseen the more, since a
// guess that proves wrong then costs little more than what came true before had saved.
static struct guesses guess(const struct hunt *hunt, const struct rest *rest, const struct after *after)
{
    struct guesses guesses = {.count = 0};
    struct rest ahead = *rest;
    struct usual seen = after->seen;
    struct usual_place place = after->place;
    unsigned doubts = 0, most = after->misled < MOST_MISLED ? usual_ahead(&seen, after->foreseen) : 0;
    while (guesses.count < most && guesses.count < HUNT_AHEAD && ahead.count > 1) {
        place.last = usual_next(&seen, rest_codes(&ahead), place);
        if (place.last == 0 || is_beyond(hunt, after, place.last))
            break;
        place.at = rest_take(&ahead, place.last);
        doubts += usual_suppose(&seen, place.last);
        if (doubts > usual_doubts(&seen))
            break;
        guesses.code[guesses.count++] = place.last;
    }
    return guesses;
}

// --- what is asked beside ------------------------------------------------------------------------

// What an accepted answer tells. What begins otherwise than the row is not asked about here.
static void keep_beside(struct hunt *hunt, const struct answer *answer, struct after *after)
{
    const struct removal_beside *beside = hunt->removal->beside;
    unsigned kind = after->beside ? beside->kind(hunt_chosen(hunt, answer)) : REMOVAL_KINDS;
    if (kind == REMOVAL_KINDS || (after->told[kind] != 0 && after->left_out == 0))
        return;
    struct codes row = beside->row(kind, after->seen.order);
    bool begins = after->told[kind] != 0 || beside->told(answer->outcome->flight) == row.code[0];
    hunt->found->told_by[kind][after->left_out] = answer;
    after->told[kind] = (uint8_t)(begins ? after->left_out + 1u : row.count);
}

// Sets what the next question leaves out, if there is no doubt of what its answer tells of.
static void choose_beside(const struct hunt *hunt, const struct rest *rest, struct after *after)
{
    const struct removal_beside *beside = hunt->removal->beside;
    struct usual seen = after->seen;
    after->left_out = 0;
    if (!after->beside || seen.list == NULL || seen.order == USUAL_UNTOLD)
        return;
    uint16_t next = usual_next(&seen, rest_codes(rest), after->place);
    bool untold = next == 0 || usual_suppose(&seen, next);
    after->kind = untold ? REMOVAL_KINDS : (uint8_t)beside->kind(next);
    if (after->kind < REMOVAL_KINDS && after->told[after->kind] < beside->row(after->kind, seen.order).count)
        after->left_out = after->told[after->kind];
}

static struct codes left_out(const struct hunt *hunt, const struct after *after)
{
    struct codes row = {NULL, 0};
    if (after->left_out != 0)
        row.code = hunt->removal->beside->row(after->kind, after->seen.order).code;
    row.count = after->left_out;
    return row;
}

static struct probe question(const struct hunt *hunt, const struct rest *rest, const struct after *after)
{
    struct probe probe = {.hello = hunt->removal->hello(hunt->removal, rest_codes(rest))};
    if (after->left_out != 0)
        hunt->removal->beside->leave_out(hunt->host, left_out(hunt, after), &probe.hello);
    return probe;
}

// Whether the server chose as it must have done, had nothing been left out.
static bool told_beside(const struct hunt *hunt, const struct rest *rest, const struct after *after,
                        const struct answer *answer)
{
    const struct removal_beside *beside = hunt->removal->beside;
    if (hunt_reply(hunt, answer, rest_codes(rest)) != REPLY_ACCEPTED)
        return false;
    uint16_t told = beside->told(answer->outcome->flight);
    return beside->kind(hunt_chosen(hunt, answer)) == after->kind && told != 0 &&
           !codes_have(left_out(hunt, after), told);
}

// --- what comes next -----------------------------------------------------------------------------

static unsigned row_after(enum usual_choice choice, unsigned foreseen)
{
    unsigned half = foreseen / 2 < INTERRUPTED ? foreseen / 2 : INTERRUPTED;
    return choice == USUAL_FORESEEN ? foreseen + 1 : choice == USUAL_GOES_ON ? half : 0;
}

// What the last choice, which the rest still has, adds to what is known of the server. guessed: whether one was
// foretold.
static void learn(const struct hunt *hunt, const struct rest *rest, bool guessed, struct after *after)
{
    uint16_t chosen = hunt_chosen(hunt, after->before);
    if (after->seen.list == NULL) {
        usual_begin(&after->seen, hunt->removal->usual, chosen);
    } else {
        static const unsigned faults[] = {[USUAL_FORESEEN] = 0, [USUAL_GOES_ON] = 1, [USUAL_SURPRISE] = 2};
        enum usual_choice choice = usual_learn(&after->seen, rest_codes(rest), after->place, chosen);
        after->misled += guessed ? faults[choice] : 0;
        after->foreseen = row_after(choice, after->foreseen);
        after->strayed = after->strayed || choice == USUAL_SURPRISE;
    }
    after->place = (struct usual_place){chosen, after->at};
}

// As if the server had chosen what is to be expected; what the question after it leaves out.
static void suppose(const struct hunt *hunt, struct rest *rest, uint16_t code, struct after *after)
{
    unsigned kind = after->beside ? hunt->removal->beside->kind(code) : REMOVAL_KINDS;
    if (kind < REMOVAL_KINDS && (after->told[kind] == 0 || after->left_out != 0))
        after->told[kind] = after->left_out + 1;
    usual_suppose(&after->seen, code);
    after->place = (struct usual_place){code, rest_take(rest, code)};
    choose_beside(hunt, rest, after);
}

// The last refusal is asked for twice: at once, where nothing that the server has can be left then.
static void ask_end_early(struct hunt *hunt, const struct rest *rest, const struct after *after)
{
    bool last = usual_next(&after->seen, rest_codes(rest), after->place) == 0 && after->seen.order != USUAL_UNTOLD;
    if (!hunt->removal->twice || !last || rest->count == 0)
        return;
    struct probe probe = {.hello = hunt->removal->hello(hunt->removal, rest_codes(rest)), .sample = HUNT_AGAIN};
    ask_ahead(hunt->host, &probe, check_find(after->seen.list->check));
}

// Asks what comes if the guesses are right, as far as it was not asked already by those made before the last choice.
static void ask_early(struct hunt *hunt, const struct rest *rest, const struct after *after,
                      const struct guesses *before)
{
    struct guesses guesses = guess(hunt, rest, after);
    bool asked = before->count != 0 && before->code[0] == after->place.last;
    struct rest ahead = *rest;
    struct after then = *after;
    for (unsigned i = 0; i < guesses.count; i++) {
        suppose(hunt, &ahead, guesses.code[i], &then);
        asked = asked && i + 1 < before->count && before->code[i + 1] == guesses.code[i];
        if (asked)
            continue;
        struct probe probe = question(hunt, &ahead, &then);
        ask_ahead(hunt->host, &probe, check_find(after->seen.list->check));
    }
    if (guesses.count != 0)
        ask_end_early(hunt, &ahead, &then);
}

// What had been foreseen before the last choice, which is learnt from.
static struct guesses look_back(const struct hunt *hunt, const struct rest *rest, struct after *after)
{
    struct rest before = *rest;
    struct guesses guesses = {.count = 0};
    rest_put_back(&before, after->at, hunt_chosen(hunt, after->before));
    if (after->seen.list != NULL)
        guesses = guess(hunt, &before, after);
    learn(hunt, &before, guesses.count != 0, after);
    return guesses;
}

// The answers that a chain begins with may be those of several, each of which goes on from them in its own way.
static const struct answer *begun_with(const struct removal *removal)
{
    return removal->then_count == 0 ? removal->first : removal->then[removal->then_count - 1];
}

static const struct answer *ask_rest(struct hunt *hunt, const struct rest *rest, struct after *after)
{
    const struct answer *before = after->before;
    bool own = before != NULL && before != begun_with(hunt->removal);
    unsigned way = after->way;
    const void *note;
    const struct answer *answer = own ? ask_following(hunt->host, before, way, &note) : NULL;
    if (answer != NULL) {
        *after = *(const struct after *)note;
        return answer;
    }
    struct guesses guesses = {.count = 0};
    bool foresees = hunt->removal->usual != NULL && before != NULL && (own || hunt->removal->then_count != 0);
    if (own && foresees)
        guesses = look_back(hunt, rest, after);
    choose_beside(hunt, rest, after);
    struct probe probe = question(hunt, rest, after);
    answer = ask(hunt->host, &probe);
    if (foresees)
        ask_early(hunt, rest, after, &guesses);
    if (own)
        note_following(hunt->host, before, way, answer, after, sizeof *after);
    return answer;
}

// From here on nothing is asked beside: what was left out may have stood in the way of a choice.
static const struct answer *ask_plainly(struct hunt *hunt, const struct rest *rest, struct after *after)
{
    after->left_out = 0;
    after->beside = false;
    hunt->found->told = true;
    return hunt_ask(hunt, rest_codes(rest), 0);
}

enum step hunt_step(struct hunt *hunt, const struct rest *rest, struct after *after, const struct answer **answer)
{
    *answer = ask_rest(hunt, rest, after);
    if (after->left_out != 0 && (*answer)->outcome != NULL && !told_beside(hunt, rest, after, *answer))
        *answer = ask_plainly(hunt, rest, after);
    // Something follows an answer only where it was an acceptance: no need to judge it again.
    enum reply first = (*answer)->following != NULL ? REPLY_ACCEPTED : hunt_reply(hunt, *answer, rest_codes(rest));
    if (first == REPLY_CUT_OFF)
        *answer = ask_twice(hunt, rest, *answer);
    enum reply reply = first == REPLY_CUT_OFF ? hunt_reply(hunt, *answer, rest_codes(rest)) : first;
    if (reply == REPLY_ACCEPTED)
        return STEP_ACCEPTED;
    if (reply == REPLY_PENDING) {
        hunt_wait(hunt);
        return STEP_STOPPED;
    }
    if (refused(reply)) {
        hunt_note(hunt, *answer);
        hunt->cut_off = hunt->cut_off || first == REPLY_CUT_OFF;
        if ((*answer)->outcome->kind == OUTCOME_REPLIED)
            hunt->found->refused_in_flight = true;
        return STEP_REFUSED;
    }
    stop(hunt, *answer, reply);
    return STEP_STOPPED;
}

struct after hunt_take(struct hunt *hunt, struct rest *rest, struct after after, const struct answer *answer)
{
    hunt_accept(hunt, answer);
    keep_beside(hunt, answer, &after);
    after.at = rest_take(rest, hunt_chosen(hunt, answer));
    after.before = answer;
    after.way = 0;
    return after;
}

static void begin_with(struct hunt *hunt, struct rest *rest, const struct answer *answer, struct after *after)
{
    struct rest before = *rest;
    after->before = answer;
    keep_beside(hunt, answer, after);
    after->at = rest_take(rest, hunt_chosen(hunt, answer));
    if (hunt->removal->usual != NULL)
        learn(hunt, &before, false, after);
}

struct after hunt_begin(struct hunt *hunt, struct rest *rest)
{
    const struct removal *removal = hunt->removal;
    struct after after = {.before = NULL, .beside = removal->beside != NULL};
    if (removal->first != NULL)
        begin_with(hunt, rest, removal->first, &after);
    for (size_t i = 0; i < removal->then_count; i++)
        begin_with(hunt, rest, removal->then[i], &after);
    return after;
}

bool hunt_chase(struct hunt *hunt, struct rest *rest, struct after after)
{
    while (rest->count != 0) {
        const struct answer *answer;
        enum step step = hunt_step(hunt, rest, &after, &answer);
        if (step != STEP_ACCEPTED)
            return step == STEP_REFUSED;
        after = hunt_take(hunt, rest, after, answer);
    }
    return true;
}
