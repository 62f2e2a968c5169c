// SPDX-License-Identifier: Apache-2.0
//
// Which code points of a list does a server accept? A chain: offer all, remove the chosen one,
// repeat until refused. Its last refusal is a `no` to all that is left only if nothing but the list
// explains it. So where that is in doubt, the same list is asked once more with the accepted ones
// behind it, in reverse: a server that answers has read the list to its end, is still willing, and
// tells by its choice whose order counts. Where even that is refused the list is cut into parts,
// each with its own control, down to single codes: long lists that a server cannot read, one code
// that makes it stumble, and a device that dislikes a code all end there.
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/removal.h"

#define PART          110 // codes of a part: some servers and devices fail over 128
#define MOST_CONTROLS 96  // per list, before it is given up
#define MOST_CODES    512

struct hunt {
    const struct removal *removal;
    struct host *host;
    struct removal_found *found;
    struct removal_choice choice[MOST_CODES];
    struct evidence evidence;
    unsigned controls;
    bool cut_off; // the last chain ended in FIN, RST or internal_error
    bool waiting; // an outcome that is needed is not there
    bool failed;  // the list cannot be known whole: found->complete says why
};

// A list to take from.
struct rest {
    uint16_t code[MOST_CODES];
    size_t count;
};

static struct codes codes_of(const struct rest *rest) { return (struct codes){rest->code, rest->count}; }

static void fill(struct rest *rest, struct codes codes)
{
    always(codes.count <= MOST_CODES);
    memcpy(rest->code, codes.code, codes.count * sizeof *codes.code);
    rest->count = codes.count;
}

// From the end, where what servers choose stands, as a rule; a code is in the list once at most.
static void take_out(struct rest *rest, uint16_t code)
{
    size_t i = rest->count;
    while (i > 0 && rest->code[i - 1] != code)
        i--;
    if (i == 0)
        return;
    memmove(rest->code + i - 1, rest->code + i, (rest->count - i) * sizeof *rest->code);
    rest->count--;
}

static void append(struct rest *rest, uint16_t code)
{
    always(rest->count < MOST_CODES);
    rest->code[rest->count++] = code;
}

static const struct answer *ask_list(struct hunt *hunt, struct codes list, uint16_t sample)
{
    struct probe probe = {.hello = hunt->removal->hello(hunt->removal, list), .sample = sample};
    return ask(hunt->host, &probe);
}

static enum reply reply_to(const struct hunt *hunt, const struct answer *answer, struct codes list)
{
    return hunt->removal->reply(hunt->removal, answer, list);
}

static uint16_t chosen(const struct hunt *hunt, const struct answer *answer)
{
    return hunt->removal->chosen(answer->outcome->flight);
}

static void note(struct hunt *hunt, const struct answer *answer)
{
    evidence_add(hunt->host->scratch, &hunt->evidence, answer->key);
}

static bool give_up(struct hunt *hunt, const char *reason, const char *sentence)
{
    if (!hunt->failed) {
        hunt->failed = true;
        hunt->found->complete = fact_because(VERDICT_UNKNOWN, reason, sentence);
    }
    return false;
}

static bool give_up_on(struct hunt *hunt, const struct answer *answer, enum reply reply)
{
    note(hunt, answer);
    return give_up(hunt, reply_reason(answer, reply), reply_sentence(hunt->host->scratch, answer, reply));
}

static bool wait(struct hunt *hunt)
{
    hunt->waiting = true;
    return false;
}

static bool is_found(const struct hunt *hunt, uint16_t code)
{
    for (size_t i = 0; i < hunt->found->count; i++)
        if (hunt->choice[i].code == code)
            return true;
    return false;
}

static void accept(struct hunt *hunt, const struct answer *answer)
{
    uint16_t code = chosen(hunt, answer);
    if (!is_found(hunt, code))
        hunt->choice[hunt->found->count++] = (struct removal_choice){code, answer};
}

static bool refused(enum reply reply)
{
    return reply == REPLY_CUT_OFF || reply == REPLY_REFUSED || reply == REPLY_OTHER_VERSION ||
           reply == REPLY_VERSION_REFUSED;
}

// A refusal that could also be the network's doing must be given twice. Where the second answer is
// another the chain goes on from it, and nothing that is only cut off proves anything any more.
static const struct answer *ask_twice(struct hunt *hunt, const struct rest *rest, const struct answer *first)
{
    const struct answer *again = ask_list(hunt, codes_of(rest), 1);
    note(hunt, first);
    if (reply_to(hunt, again, codes_of(rest)) == REPLY_ACCEPTED)
        hunt->found->unsteady = true;
    return again;
}

// A server that chooses what was removed is not asked on: nothing it says can be trusted.
static bool repeated(struct hunt *hunt, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    if (flight == NULL || answer->outcome->kind != OUTCOME_REPLIED || !is_found(hunt, chosen(hunt, answer)))
        return false;
    note(hunt, answer);
    give_up(hunt, hunt->removal->repeated, "the server chose again what was no longer offered");
    return true;
}

// The next question of a chain: what is left, after `before` was answered. The first answer may be
// that of several chains, each of which goes on from it in its own way.
static const struct answer *ask_rest(struct hunt *hunt, const struct rest *rest, const struct answer *before)
{
    bool own = before != NULL && before != hunt->removal->first;
    const struct answer *answer = own ? ask_following(hunt->host, before) : NULL;
    if (answer != NULL)
        return answer;
    answer = ask_list(hunt, codes_of(rest), 0);
    if (own)
        note_following(before, answer);
    return answer;
}

// Removes from rest what the server chooses, until it refuses the rest; before: the answer that
// took the last one out, or NULL. False: waiting or failed.
static bool chase(struct hunt *hunt, struct rest *rest, const struct answer *before)
{
    while (rest->count != 0) {
        const struct answer *answer = ask_rest(hunt, rest, before);
        // Something follows an answer only where it was an acceptance: no need to judge it again.
        enum reply reply = answer->following != NULL ? REPLY_ACCEPTED : reply_to(hunt, answer, codes_of(rest));
        hunt->cut_off = reply == REPLY_CUT_OFF;
        if (hunt->cut_off) {
            answer = ask_twice(hunt, rest, answer);
            reply = reply_to(hunt, answer, codes_of(rest));
        }
        if (reply == REPLY_PENDING)
            return wait(hunt);
        if (refused(reply)) {
            note(hunt, answer);
            return true;
        }
        if (reply != REPLY_ACCEPTED)
            return repeated(hunt, answer) ? false : give_up_on(hunt, answer, reply);
        accept(hunt, answer);
        take_out(rest, chosen(hunt, answer));
        before = answer;
    }
    return true;
}

// rest, then all that was accepted, the last first.
static struct rest with_accepted(const struct hunt *hunt, const struct rest *rest)
{
    struct rest list = *rest;
    for (size_t i = hunt->found->count; i-- > 0 && list.count < MOST_CODES;)
        append(&list, hunt->choice[i].code);
    return list;
}

// rest, then the code that was accepted first of all. It does not depend on what other parts
// found so far, so that the same question comes of it in whatever order answers arrive.
static struct rest with_first(const struct hunt *hunt, const struct rest *rest)
{
    struct rest list = *rest;
    append(&list, hunt->choice[0].code);
    return list;
}

// Asks a control: a list that ends in accepted suites. NULL: waiting. *held tells whether it was
// answered with one of them.
static const struct answer *control(struct hunt *hunt, const struct rest *list, uint16_t sample, bool *held)
{
    const struct answer *answer = ask_list(hunt, codes_of(list), sample);
    enum reply reply = reply_to(hunt, answer, codes_of(list));
    if (reply == REPLY_PENDING) {
        wait(hunt);
        return NULL;
    }
    note(hunt, answer);
    *held = reply == REPLY_ACCEPTED && is_found(hunt, chosen(hunt, answer));
    if (*held)
        hunt->found->held = chosen(hunt, answer);
    if (reply == REPLY_ACCEPTED && !*held) {
        accept(hunt, answer); // seen, so it is support; but the rest had been refused before
        hunt->found->changed = true;
        give_up(hunt, "inconsistent", "the same code point was once refused and once accepted");
    }
    return answer;
}

// Is the server still willing at all? One accepted code alone, so that nothing else can explain a
// refusal; a sample of its own for each list that gave rise to the doubt.
static bool still_willing(struct hunt *hunt, uint16_t doubt)
{
    const struct rest alone = {.code = {hunt->choice[0].code}, .count = 1};
    bool held = false;
    const struct answer *answer = control(hunt, &alone, doubt, &held);
    if (answer == NULL)
        return false;
    return held || give_up(hunt, "pushed_back", "the server turned down a ClientHello like one it had accepted before");
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
    fill(&rest, codes);
    for (size_t i = 0; i < hunt->found->count; i++)
        take_out(&rest, hunt->choice[i].code);
    if (rest.count > PART)
        return search_parts(hunt, codes_of(&rest));
    if (!chase(hunt, &rest, NULL))
        return false;
    if (rest.count == 0)
        return true;
    if (++hunt->controls > MOST_CONTROLS)
        return give_up(hunt, "too_many_controls", "lists were turned down whatever their length");
    const struct rest list = with_first(hunt, &rest);
    bool held = false;
    if (control(hunt, &list, 0, &held) == NULL || hunt->found->changed)
        return false;
    if (held)
        return true;
    if (!still_willing(hunt, rest.code[0]))
        return false;
    return rest.count == 1 || search_parts(hunt, codes_of(&rest));
}

// The order of a list that was found in parts: one more chain, over the accepted ones alone.
static bool reorder(struct hunt *hunt)
{
    struct removal_found *found = hunt->found;
    struct rest rest = {.count = 0};
    for (size_t i = 0; i < found->asked.count; i++)
        if (is_found(hunt, found->asked.code[i]))
            append(&rest, found->asked.code[i]);
    if (rest.count > PART)
        return true;
    struct removal_choice before[MOST_CODES];
    size_t count = found->count;
    memcpy(before, hunt->choice, count * sizeof *before);
    found->count = 0;
    bool through = chase(hunt, &rest, NULL) && rest.count == 0;
    if (through) {
        found->ordered = true;
        return true;
    }
    memcpy(hunt->choice, before, count * sizeof *before);
    found->count = count;
    return !hunt->waiting;
}

// Whether the order in which they were chosen is the order in which they were offered: then it may
// be the client's.
static bool as_offered(const struct hunt *hunt)
{
    struct removal_found found = *hunt->found;
    found.choice = hunt->choice;
    return removal_as_offered(&found);
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
    if (removal->narrow(removal, hunt->found, codes_of(rest), &codes) == WAIT)
        return wait(hunt);
    if (codes.count == 0)
        return true;
    struct rest narrowed;
    fill(&narrowed, codes);
    size_t before = hunt->found->count;
    if (!chase(hunt, &narrowed, NULL))
        return false;
    hunt->found->narrowed = hunt->found->count != before;
    for (size_t i = 0; i < hunt->found->count; i++)
        take_out(rest, hunt->choice[i].code);
    return true;
}

// One chain over the full list, and its control, unless that can be spared. Where long lists are
// turned down, *in_parts is set. The control comes last of all, so that it also shows that the host
// still answers.
static bool find_whole(struct hunt *hunt, bool *in_parts)
{
    const struct removal *removal = hunt->removal;
    struct removal_found *found = hunt->found;
    struct rest rest;
    fill(&rest, found->asked);
    if (removal->first != NULL)
        take_out(&rest, hunt->choice[0].code);
    if (!chase(hunt, &rest, removal->first))
        return false;
    if (found->count == 0)
        return true;
    if (!chase_narrowed(hunt, &rest))
        return false;
    bool order_told = found->count == 1 || !as_offered(hunt);
    bool plain = rest.count != 0 && order_told && !hunt->cut_off;
    bool spared = false;
    if (removal->control != NULL && removal->control(removal, plain, &spared, &hunt->evidence) == WAIT)
        return wait(hunt);
    if (spared)
        return true;
    const struct rest list = with_accepted(hunt, &rest);
    bool held = false;
    found->reversed = control(hunt, &list, 0, &held);
    if (found->reversed == NULL || found->changed)
        return false;
    *in_parts = !held;
    return held;
}

static bool find_in_parts(struct hunt *hunt)
{
    struct removal_found *found = hunt->found;
    found->full_refused = true;
    found->ordered = false;
    found->reversed = NULL;
    if (!still_willing(hunt, 0) || !search_parts(hunt, found->asked) || !reorder(hunt))
        return false;
    const struct rest nothing = {.count = 0};
    const struct rest list = with_accepted(hunt, &nothing);
    bool held = false;
    found->reversed = control(hunt, &list, 0, &held);
    return found->reversed != NULL;
}

enum progress removal_find(const struct removal *removal, struct removal_found *found)
{
    struct hunt *hunt = arena_alloc(removal->host->scratch, sizeof *hunt);
    *hunt = (struct hunt){.removal = removal, .host = removal->host, .found = found};
    *found = (struct removal_found){.version = removal->version, .ordered = true, .asked = removal->asked};
    if (removal->first != NULL) {
        accept(hunt, removal->first);
        note(hunt, removal->first);
    }
    bool in_parts = removal->in_parts;
    if (!in_parts)
        find_whole(hunt, &in_parts);
    if (in_parts)
        find_in_parts(hunt);
    if (hunt->waiting)
        return WAIT;
    if (found->unsteady && hunt->cut_off)
        give_up(hunt, "unsteady", "the same ClientHello was once cut off and once answered, so a cut proves nothing");
    if (!hunt->failed)
        found->complete = fact_of(VERDICT_YES);
    found->complete.evidence = hunt->evidence;
    found->choice = hunt->choice;
    return DONE;
}

enum progress removal_spare(const struct removal *removal, bool plain, bool *spared, struct evidence *evidence)
{
    (void)removal, (void)evidence;
    *spared = plain;
    return DONE;
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
    } else if (found->held == found->choice[found->count - 1].code && removal_as_offered(found)) {
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
