// SPDX-License-Identifier: Apache-2.0
//
// Which code points of a list does a server accept? A chain: offer all, remove the chosen one,
// repeat until refused. Its last refusal is a `no` to all that is left only if nothing but the list
// explains it. So where that is in doubt, the same list is asked once more with the accepted ones
// behind it, in reverse: a server that answers has read the list to its end, is still willing, and
// tells by its choice whose order counts. Where even that is refused the list is cut into parts,
// each with its own control, down to single codes: long lists that a server cannot read, one code
// that makes it stumble, and a device that dislikes a code all end there.
#include "check/removal.h"

#include <string.h>

#include "base/arena.h"
#include "check/hunt.h"

#define PART          110 // codes of a part: some servers and devices fail over 128
#define MOST_CONTROLS 96  // per list, before it is given up

static bool is_apart(const struct hunt *hunt, uint16_t code)
{
    return hunt->removal->apart != NULL && hunt->removal->apart(code);
}

// rest, then all that was accepted, the last first; those apart behind the others, unless they are all but one.
static struct rest with_accepted(const struct hunt *hunt, const struct rest *rest)
{
    struct rest list = *rest;
    size_t plain = 0;
    for (size_t i = 0; i < hunt->found->count; i++)
        plain += !is_apart(hunt, hunt->choice[i].code);
    for (int behind = 0; behind <= 1; behind++)
        for (size_t i = hunt->found->count; i-- > 0 && list.count < HUNT_CODES;)
            if ((plain > 1 && is_apart(hunt, hunt->choice[i].code)) == (behind == 1))
                list.code[list.count++] = hunt->choice[i].code;
    return list;
}

// The same with one of them before everything.
static struct rest with_front(const struct hunt *hunt, const struct rest *rest, uint16_t front)
{
    struct rest list = with_accepted(hunt, rest), fronted = {.code = {front}, .count = 1};
    rest_take(&list, front);
    rest_add(&fronted, rest_codes(&list));
    return fronted;
}

// rest, then the code that was accepted first of all. It does not depend on what other parts
// found so far, so that the same question comes of it in whatever order answers arrive.
static struct rest with_first(const struct hunt *hunt, const struct rest *rest)
{
    struct rest list = *rest;
    list.code[list.count++] = hunt->choice[0].code;
    return list;
}

// Asks a control: a list that ends in accepted suites. NULL: waiting. *took is the one of them that it was
// answered with; 0: none.
static const struct answer *control(struct hunt *hunt, const struct rest *list, uint16_t sample, uint16_t *took)
{
    const struct answer *answer = hunt_ask(hunt, rest_codes(list), sample);
    enum reply reply = hunt_reply(hunt, answer, rest_codes(list));
    *took = 0;
    if (reply == REPLY_PENDING) {
        hunt_wait(hunt);
        return NULL;
    }
    hunt_note(hunt, answer);
    if (reply == REPLY_ACCEPTED && hunt_has(hunt, hunt_chosen(hunt, answer))) {
        *took = hunt_chosen(hunt, answer);
    } else if (reply == REPLY_ACCEPTED) {
        hunt_accept(hunt, answer); // seen, so it is support; but the rest had been refused before
        hunt_contradict(hunt);
    }
    return answer;
}

// Is the server still willing at all? One accepted code alone, so that nothing else can explain a
// refusal; a sample of its own for each list that gave rise to the doubt.
static bool still_willing(struct hunt *hunt, uint16_t doubt)
{
    const struct rest alone = {.code = {hunt->choice[0].code}, .count = 1};
    uint16_t took;
    const struct answer *canary = control(hunt, &alone, doubt, &took);
    if (canary == NULL)
        return false;
    if (took != 0)
        return true;
    struct fact why;
    reply_doubt(hunt->host->scratch, canary, hunt_reply(hunt, canary, rest_codes(&alone)),
                "the server turned down a ClientHello like one it had accepted before", &why);
    return hunt_give_up(hunt, why.reason, why.sentence);
}

// What some servers choose only of clients that begin with it, unless it was chosen before all others
// anyway, or the order may be the client's. 0: nothing.
static uint16_t front_of(const struct hunt *hunt)
{
    size_t i = 0;
    if (hunt_as_offered(hunt))
        return 0;
    while (i < hunt->found->count && !is_apart(hunt, hunt->choice[i].code))
        i++;
    return i == 0 || i == hunt->found->count ? 0 : hunt->choice[i].code;
}

// The control of a whole list. With such a code at its head one question tells all, unless that is
// chosen: then nothing behind it was shown to be read. False: waiting, or refuted.
static bool control_whole(struct hunt *hunt, const struct rest *rest)
{
    struct removal_found *found = hunt->found;
    uint16_t front = front_of(hunt);
    if (front != 0) {
        const struct rest list = with_front(hunt, rest, front);
        found->reversed = found->fronted = control(hunt, &list, 0, &found->held);
        if (found->fronted == NULL || found->changed)
            return false;
        if (found->held != 0 && found->held != front)
            return true;
    }
    const struct rest list = with_accepted(hunt, rest);
    found->mirrored = list.code[rest->count];
    found->reversed = control(hunt, &list, 0, &found->held);
    return found->reversed != NULL && !found->changed;
}

static bool search(struct hunt *hunt, struct codes codes);

// Cuts a list in parts of at most PART codes, or in two, and searches each. All are asked before any is waited for.
static bool search_parts(struct hunt *hunt, struct codes codes)
{
    size_t parts = codes.count > PART ? (codes.count + PART - 1) / PART : 2;
    bool whole = true;
    for (size_t i = 0; i < parts; i++) {
        size_t from = codes.count * i / parts, to = codes.count * (i + 1) / parts;
        whole = search(hunt, (struct codes){codes.code + from, to - from}) && whole;
    }
    return whole;
}

// All of codes that is accepted, each `no` with its control. False: waiting or failed.
static bool search(struct hunt *hunt, struct codes codes)
{
    struct rest rest;
    rest_fill(&rest, codes);
    for (size_t i = 0; i < hunt->found->count; i++)
        rest_take(&rest, hunt->choice[i].code);
    if (rest.count > PART)
        return search_parts(hunt, rest_codes(&rest));
    if (!hunt_chase(hunt, &rest, (struct after){.before = NULL}))
        return false;
    if (rest.count == 0)
        return true;
    if (++hunt->controls > MOST_CONTROLS)
        return hunt_give_up(hunt, "too_many_controls", "lists were turned down whatever their length");
    const struct rest list = with_first(hunt, &rest);
    uint16_t took;
    if (control(hunt, &list, 0, &took) == NULL || hunt->found->changed)
        return false;
    if (took != 0)
        return true;
    if (!still_willing(hunt, rest.code[0]))
        return false;
    return rest.count == 1 || search_parts(hunt, rest_codes(&rest));
}

// The order of a list that was not found in one chain: one more, over the accepted ones alone.
static bool reorder(struct hunt *hunt)
{
    struct removal_found *found = hunt->found;
    struct rest rest = {.count = 0};
    found->ordered = false;
    for (size_t i = 0; i < found->asked.count; i++)
        if (hunt_has(hunt, found->asked.code[i]))
            rest.code[rest.count++] = found->asked.code[i];
    if (rest.count > PART)
        return true;
    struct removal_choice before[HUNT_CODES];
    size_t count = found->count;
    memcpy(before, hunt->choice, count * sizeof *before);
    found->count = 0;
    bool through = hunt_chase(hunt, &rest, (struct after){.before = NULL}) && rest.count == 0;
    if (through) {
        found->ordered = true;
        return true;
    }
    memcpy(hunt->choice, before, count * sizeof *before);
    found->count = count;
    return !hunt->waiting;
}

// What is left once more without the codes that may have hidden others; what is found comes out of
// rest too. False: waiting or failed.
static bool chase_narrowed(struct hunt *hunt, struct rest *rest)
{
    const struct removal *removal = hunt->removal;
    if (removal->narrow == NULL || rest->count == 0)
        return true;
    hunt->found->choice = hunt->choice;
    struct codes codes = {NULL, 0};
    if (removal->narrow(removal, hunt->found, rest_codes(rest), &codes) == WAIT)
        return hunt_wait(hunt);
    if (codes.count == 0)
        return true;
    struct rest narrowed;
    rest_fill(&narrowed, codes);
    size_t before = hunt->found->count;
    if (!hunt_chase(hunt, &narrowed, (struct after){.before = NULL}))
        return false;
    hunt->found->narrowed = hunt->found->count != before;
    for (size_t i = 0; i < hunt->found->count; i++)
        rest_take(rest, hunt->choice[i].code);
    return true;
}

// An alert is believed the first time; but another server may be behind the same address. NULL: not asked.
static const struct answer *ask_again_rest(struct hunt *hunt, const struct rest *rest, unsigned time)
{
    bool asks = hunt->removal->twice && !hunt->cut_off && rest->count != 0;
    return asks ? hunt_ask(hunt, rest_codes(rest), (uint16_t)(HUNT_AGAIN + time)) : NULL;
}

#define TURNED_DOWN 4 // times that a list is asked for again by which a version is turned down that was accepted

// Whoever turns the version down is another server than the one that accepted it, as a rule; but some say that of their
// lists. False: waiting, or refuted.
static bool refused_again(struct hunt *hunt, const struct rest *rest)
{
    unsigned times = 1;
    bool waiting = false;
    for (unsigned i = 0; i < times; i++) {
        const struct answer *again = ask_again_rest(hunt, rest, i);
        if (again == NULL)
            return true;
        enum reply reply = hunt_reply(hunt, again, rest_codes(rest));
        waiting = waiting || reply == REPLY_PENDING;
        if (reply == REPLY_VERSION_REFUSED)
            times = TURNED_DOWN;
        if (waiting)
            continue;
        hunt_note(hunt, again);
        if (reply != REPLY_ACCEPTED)
            continue;
        hunt_accept(hunt, again);
        return hunt_contradict(hunt);
    }
    return !waiting || hunt_wait(hunt);
}

// One chain over the full list, and its control, unless that can be spared. Where long lists are
// turned down, *in_parts is set. The control comes last of all, so that it also shows that the host
// still answers.
static bool find_whole(struct hunt *hunt, bool *in_parts)
{
    const struct removal *removal = hunt->removal;
    struct removal_found *found = hunt->found;
    struct rest rest;
    rest_fill(&rest, found->asked);
    if (!hunt_chase_cut(hunt, &rest, hunt_begin(hunt, &rest)))
        return false;
    found->told = true;
    if (found->count == 0)
        return true;
    if (!chase_narrowed(hunt, &rest) || (hunt->unordered && !reorder(hunt)))
        return false;
    ask_again_rest(hunt, &rest, 0);
    bool order_told = found->count == 1 || !hunt_as_offered(hunt);
    bool plain = rest.count != 0 && order_told && !hunt->cut_off;
    bool spared = false;
    if (removal->control != NULL && removal->control(removal, plain, &spared, &hunt->evidence) == WAIT)
        return hunt_wait(hunt);
    if (spared)
        return refused_again(hunt, &rest);
    if (!control_whole(hunt, &rest) || !refused_again(hunt, &rest))
        return false;
    *in_parts = found->held == 0;
    return !*in_parts;
}

static bool find_in_parts(struct hunt *hunt)
{
    struct removal_found *found = hunt->found;
    found->full_refused = true;
    found->reversed = NULL;
    if (!still_willing(hunt, 0) || !search_parts(hunt, found->asked) || !reorder(hunt))
        return false;
    const struct rest nothing = {.count = 0};
    return control_whole(hunt, &nothing);
}

enum progress removal_find(const struct removal *removal, struct removal_found *found)
{
    struct hunt *hunt = arena_alloc(removal->host->scratch, sizeof *hunt); // zeroed
    hunt->removal = removal;
    hunt->host = removal->host;
    hunt->found = found;
    *found = (struct removal_found){.version = removal->version, .ordered = true, .asked = removal->asked};
    if (removal->first != NULL) {
        hunt_accept(hunt, removal->first);
        hunt_note(hunt, removal->first);
    }
    for (size_t i = 0; i < removal->then_count; i++) {
        hunt_accept(hunt, removal->then[i]);
        hunt_note(hunt, removal->then[i]);
    }
    bool in_parts = found->told = removal->in_parts;
    if (!in_parts)
        find_whole(hunt, &in_parts);
    if (in_parts)
        find_in_parts(hunt);
    found->choice = hunt->choice;
    if (hunt->waiting)
        return WAIT;
    found->told = true;
    if (found->unsteady && hunt->cut_off)
        hunt_give_up(hunt, "unsteady",
                     "the same ClientHello was once cut off and once answered, so a cut proves nothing");
    if (!hunt->failed)
        found->complete = fact_of(VERDICT_YES);
    found->complete.evidence = hunt->evidence;
    return DONE;
}

enum progress removal_spare(const struct removal *removal, bool plain, bool *spared, struct evidence *evidence)
{
    (void)removal, (void)evidence;
    *spared = plain;
    return DONE;
}

struct codes removal_codes(struct arena *arena, const struct removal_found *found)
{
    uint16_t *code = arena_array(arena, found->count, sizeof *code);
    for (size_t i = 0; i < found->count; i++)
        code[i] = found->choice[i].code;
    return (struct codes){code, found->count};
}

bool removal_has_one(const struct removal_found *found, struct codes codes)
{
    for (size_t i = 0; i < found->count; i++)
        if (codes_have(codes, found->choice[i].code))
            return true;
    return false;
}

bool removal_as_offered(const struct removal_found *found)
{
    size_t at = 0;
    for (size_t i = 0; i < found->asked.count && at < found->count; i++)
        if (found->asked.code[i] == found->choice[at].code)
            at++;
    return at == found->count;
}

struct preference_fact removal_preference(struct arena *arena, const struct removal_found *found)
{
    struct preference_fact fact = {.version = found->version};
    for (size_t i = 0; i < found->count && i < 2; i++)
        evidence_add(arena, &fact.evidence, found->choice[i].answer->key);
    if (found->count == 1)
        fact.preference = PREFERENCE_SINGLE;
    if (found->count <= 1 || !found->ordered || found->reversed == NULL)
        return fact;
    evidence_add(arena, &fact.evidence, found->reversed->key);
    if (found->changed) {
        fact.preference = PREFERENCE_INCONSISTENT;
        fact.reason = "inconsistent";
        fact.sentence = "the same question was answered differently";
    } else if (found->held == found->choice[0].code) {
        fact.preference = PREFERENCE_SERVER;
    } else if (found->held == found->mirrored && removal_as_offered(found)) {
        fact.preference = PREFERENCE_CLIENT;
    } else {
        fact.preference = PREFERENCE_INCONSISTENT;
        fact.reason = "partial_order";
        fact.sentence = "the choices follow neither one order of the server nor the client's";
    }
    return fact;
}

struct preference_fact removal_preference_spared(struct arena *arena, const struct removal_found *found)
{
    struct preference_fact fact = removal_preference(arena, found);
    if (found->reversed == NULL && found->count > 1 && found->ordered && !removal_as_offered(found))
        fact.preference = PREFERENCE_SERVER;
    return fact;
}
