// SPDX-License-Identifier: Apache-2.0
//
// A chain of removals, step by step. It is walked from its first question each time its check is
// called, so what followed an answer is noted there and found again without making the hello anew.
#include "check/hunt.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"

#define LONG_ROAD_MS 20 // from where on a question is worth asking before its turn
#define MOST_AHEAD   6
#define MOST_MISLED  2 // rows of guesses that were broken, until no more are made

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
void rest_take(struct rest *rest, uint16_t code)
{
    size_t i = rest->count;
    while (i > 0 && rest->code[i - 1] != code)
        i--;
    if (i == 0)
        return;
    memmove(rest->code + i - 1, rest->code + i, (rest->count - i) * sizeof *rest->code);
    rest->count--;
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

// Another chain may have begun there.
static bool another_rank(const struct hunt *hunt, uint16_t code, uint16_t other)
{
    const struct removal_cut *cut = hunt->removal->cut;
    return cut != NULL && cut->rank(code) != cut->rank(other);
}

// The questions that come if the server goes on to choose what servers usually do.
static void ask_early(struct hunt *hunt, const struct rest *rest, struct after after)
{
    if (after.quickest_ms < LONG_ROAD_MS || after.misled >= MOST_MISLED)
        return;
    struct rest ahead = *rest;
    uint16_t before = hunt_chosen(hunt, after.before), last = before;
    for (unsigned i = 0; i < after.foreseen && i < MOST_AHEAD; i++) {
        last = usual_next(&after.seen, rest_codes(&ahead), last);
        rest_take(&ahead, last);
        if (last == 0 || ahead.count == 0 || another_rank(hunt, before, last))
            return;
        struct probe probe = {.hello = hunt->removal->hello(hunt->removal, rest_codes(&ahead))};
        ask_ahead(hunt->host, &probe);
    }
}

// The first answer may be that of several chains, each of which goes on from it in its own way.
static const struct answer *ask_rest(struct hunt *hunt, const struct rest *rest, struct after after)
{
    bool own = after.before != NULL && after.before != hunt->removal->first;
    const struct answer *answer = own ? ask_following(hunt->host, after.before, after.way) : NULL;
    if (answer != NULL)
        return answer;
    answer = hunt_ask(hunt, rest_codes(rest), 0);
    if (own) {
        note_following(after.before, after.way, answer);
        ask_early(hunt, rest, after);
    }
    return answer;
}

enum step hunt_step(struct hunt *hunt, const struct rest *rest, struct after after, const struct answer **answer)
{
    *answer = ask_rest(hunt, rest, after);
    // Something follows an answer only where it was an acceptance: no need to judge it again.
    enum reply first = (*answer)->following[0] != NULL ? REPLY_ACCEPTED : hunt_reply(hunt, *answer, rest_codes(rest));
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
        return STEP_REFUSED;
    }
    stop(hunt, *answer, reply);
    return STEP_STOPPED;
}

// What the answer adds to what a chain knows of its server; only over a long road, where it is of use.
static void foresee(const struct hunt *hunt, const struct rest *rest, uint16_t last, uint16_t chosen,
                    struct after *after)
{
    if (!hunt->removal->foresee || after->quickest_ms < LONG_ROAD_MS)
        return;
    bool foreseen = usual_next(&after->seen, rest_codes(rest), last) == chosen;
    after->misled += !foreseen && after->foreseen != 0;
    after->foreseen = foreseen ? after->foreseen + 1 : 0;
    usual_learn(&after->seen, rest_codes(rest), last, chosen);
}

struct after hunt_take(struct hunt *hunt, struct rest *rest, struct after after, const struct answer *answer)
{
    uint16_t chosen = hunt_chosen(hunt, answer), last = after.before == NULL ? chosen : hunt_chosen(hunt, after.before);
    uint32_t took = answer->outcome->connect_ms;
    if (after.quickest_ms == 0 || took < after.quickest_ms)
        after.quickest_ms = took;
    foresee(hunt, rest, last, chosen, &after);
    hunt_accept(hunt, answer);
    rest_take(rest, chosen);
    after.before = answer;
    after.way = 0;
    return after;
}

bool hunt_chase(struct hunt *hunt, struct rest *rest, struct after after)
{
    while (rest->count != 0) {
        const struct answer *answer;
        enum step step = hunt_step(hunt, rest, after, &answer);
        if (step != STEP_ACCEPTED)
            return step == STEP_REFUSED;
        after = hunt_take(hunt, rest, after, answer);
    }
    return true;
}
