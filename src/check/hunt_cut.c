// SPDX-License-Identifier: Apache-2.0
//
// A chain asks one question after the other, and over a long road the longest chain is what a scan
// waits for. Where its choices are foreseen it is asked ahead (hunt.c); else it is cut after its first choices,
// and its parts are asked at the same time.
//
// A server with an order of its own has ranks in it, as a rule, which are known beforehand. One chain
// goes on with the whole list, to where its rank ends; the others begin at the same time, each with
// the ranks from its own on, and go as far as theirs. A choice of a chain was made with all lower
// ranks at hand, so it stands before them; and where a chain comes to the next rank it has to choose
// what the next chain chose first, which is the question that a cut costs. The last chain stays
// behind the one before it, until all are through and it can go on with everything that is left: its
// refusal is that of the whole list. What is asked does not depend on which answers come first.
//
// Where a guess proves wrong everything is found all the same, and its order is asked for anew.
#include "check/hunt.h"

#include "base/arena.h"

#define WALKS        3
#define RANKED_AFTER REMOVAL_WHOLE // choices after which a server is known to have more than the highest rank ...
#define LONG_AFTER   10            // ... and after which a list is long in any case
#define FORESEEN     2             // choices in a row that tell that the next ones will be too

static unsigned rank_of(const struct hunt *hunt, uint16_t code) { return hunt->removal->cut->rank(code); }

// One chain, from the ranks that are left to it.
struct walk {
    struct rest rest;
    unsigned rank;                // it ends where another begins
    struct after after;           // the last accepted
    const struct answer *first;   // the first accepted, be it the meeting
    const struct answer *meeting; // a choice of a lower rank, left for the next chain
    size_t steps;                 // accepted, without the meeting
    enum step end;                // of the last step
};

// At most so many steps.
static void walk(struct hunt *hunt, struct walk *walk, size_t most)
{
    walk->end = STEP_ACCEPTED;
    while (walk->rest.count != 0 && walk->steps < most && walk->meeting == NULL) {
        const struct answer *answer;
        walk->end = hunt_step(hunt, &walk->rest, &walk->after, &answer);
        if (walk->end != STEP_ACCEPTED)
            return;
        if (walk->first == NULL)
            walk->first = answer;
        if (rank_of(hunt, hunt_chosen(hunt, answer)) > walk->rank) {
            hunt_note(hunt, answer);
            walk->meeting = answer;
            return;
        }
        walk->after = hunt_take(hunt, &walk->rest, walk->after, answer);
        walk->steps++;
    }
}

// The first walk has the whole list. rest is in the order of the list.
static void begin_walk(const struct hunt *hunt, const struct rest *rest, unsigned rank, bool whole, struct walk *walk)
{
    struct codes asked = hunt->found->asked;
    const uint8_t *ranks = hunt->removal->cut->ranks;
    size_t at = 0;
    walk->rank = rank;
    if (whole) {
        rest_fill(&walk->rest, rest_codes(rest));
        return;
    }
    for (size_t i = 0; i < asked.count && at < rest->count; i++) {
        bool left = asked.code[i] == rest->code[at];
        walk->rest.code[walk->rest.count] = asked.code[i];
        walk->rest.count += left && ranks[i] >= rank;
        at += left;
    }
}

// All walks of the ranks from the one that the list has come to. False: waiting or failed.
static bool walk_all(struct hunt *hunt, struct walk *walks, size_t count)
{
    bool through = true;
    for (size_t i = 0; i < count; i++) {
        size_t before = i == 0 || walks[i - 1].steps < 2 ? 2 : walks[i - 1].steps;
        walk(hunt, &walks[i], i + 1 == count ? before - 1 : SIZE_MAX);
        through = through && walks[i].end != STEP_STOPPED;
    }
    return through;
}

// Whether each chain has come to what the next began with, or both to nothing.
static bool walks_meet(struct hunt *hunt, const struct walk *walks, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        const struct answer *meeting = walks[i].meeting, *first = walks[i + 1].first;
        if ((meeting == NULL) != (first == NULL))
            return hunt_contradict(hunt);
        if (meeting != NULL && hunt_chosen(hunt, meeting) != hunt_chosen(hunt, first))
            hunt->unordered = true;
    }
    return true;
}

// What was chosen at last, from `known` on, and is of a higher rank: chains may have passed it by. One question
// tells whether all of it does stand behind the last choice that was made without it. False: waiting.
static bool place_strays(struct hunt *hunt, size_t known, unsigned rank)
{
    uint16_t lowest = hunt->choice[known - 1].code;
    struct rest list = {.code = {lowest}, .count = 1};
    for (size_t i = known; i < hunt->found->count; i++)
        if (rank_of(hunt, hunt->choice[i].code) < rank)
            list.code[list.count++] = hunt->choice[i].code;
    if (list.count == 1)
        return true;
    const struct answer *answer = hunt_ask(hunt, rest_codes(&list), 0);
    enum reply reply = hunt_reply(hunt, answer, rest_codes(&list));
    if (reply == REPLY_PENDING)
        return hunt_wait(hunt);
    hunt_note(hunt, answer);
    if (reply != REPLY_ACCEPTED || hunt_chosen(hunt, answer) != lowest)
        hunt->unordered = true;
    return true;
}

static bool chase_ranks(struct hunt *hunt, struct rest *rest, struct after after)
{
    unsigned rank = rank_of(hunt, hunt_chosen(hunt, after.before));
    size_t count = HUNT_RANKS - rank < WALKS ? HUNT_RANKS - rank : WALKS;
    if (count == 1)
        return hunt_chase(hunt, rest, after);
    struct walk *walks = arena_array(hunt->host->scratch, count, sizeof *walks);
    hunt->found->told = true;
    for (size_t i = 0; i < count; i++) {
        begin_walk(hunt, rest, rank + (unsigned)i, i == 0, &walks[i]);
        walks[i].after = after;
        walks[i].after.way = (uint8_t)i;
        walks[i].after.within_rank = true;
        walks[i].after.beside = false;
        walks[i].after.at = i == 0 ? after.at : 0;
    }
    if (!walk_all(hunt, walks, count) || !walks_meet(hunt, walks, count))
        return false;
    for (size_t i = 0; i < hunt->found->count; i++)
        rest_take(rest, hunt->choice[i].code);
    if (walks[0].meeting == NULL) // all was refused
        return true;
    const struct walk *last = &walks[count - 1];
    size_t known = hunt->found->count;
    struct after on = {.before = NULL};
    if (last->end == STEP_ACCEPTED && last->steps != 0) {
        on = last->after;
        on.within_rank = false;
        on.at = 0;
    }
    if (!hunt_chase(hunt, rest, on))
        return false;
    return hunt->unordered || place_strays(hunt, known, last->rank);
}

// Whether the choices so far went from rank to rank.
static bool keeps_ranks(const struct hunt *hunt)
{
    for (size_t i = 1; i < hunt->found->count; i++)
        if (rank_of(hunt, hunt->choice[i].code) < rank_of(hunt, hunt->choice[i - 1].code))
            return false;
    return true;
}

// Where choices are foreseen one chain is as quick as three, and costs no meetings.
static bool goes_by_rank(const struct hunt *hunt, struct after after)
{
    size_t count = hunt->found->count;
    bool many = count >= LONG_AFTER || (count >= RANKED_AFTER && rank_of(hunt, hunt_chosen(hunt, after.before)) != 0);
    return many && after.strayed && after.foreseen < FORESEEN && keeps_ranks(hunt);
}

bool hunt_chase_cut(struct hunt *hunt, struct rest *rest, struct after after)
{
    if (hunt->removal->cut == NULL)
        return hunt_chase(hunt, rest, after);
    while (rest->count != 0) {
        const struct answer *answer;
        if (goes_by_rank(hunt, after))
            return chase_ranks(hunt, rest, after);
        enum step step = hunt_step(hunt, rest, &after, &answer);
        if (step != STEP_ACCEPTED)
            return step == STEP_REFUSED;
        after = hunt_take(hunt, rest, after, answer);
    }
    return true;
}
