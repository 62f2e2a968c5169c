// SPDX-License-Identifier: Apache-2.0
//
// Which suites of a version are accepted? A chain: offer all, remove the chosen one, repeat until
// refused. Its last refusal is a `no` to all that is left only if nothing but the suites explains
// it. So where that is in doubt, the same list is asked once more with the accepted suites behind
// it, in reverse: a server that answers has read the list to its end, is still willing, and tells
// by its choice whose order counts. Where even that is refused the list is cut into parts, each with
// its own control, down to single suites: long lists that a server cannot read, one suite that makes
// it stumble, and a device that dislikes a suite all end there.
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/removal.h"

#define PART          110 // suites of a part: some servers and devices fail over 128
#define MOST_CONTROLS 96  // per version, before it is given up
#define MOST_SUITES   512

struct hunt {
    struct host *host;
    struct suites_found *found;
    struct suite_found suite[MOST_SUITES];
    struct evidence evidence;
    unsigned controls;
    bool cut_off; // the last chain ended in FIN, RST or internal_error
    bool waiting; // an outcome that is needed is not there
    bool failed;  // the list cannot be known whole: found->complete says why
};

// A list of suites to take from.
struct rest {
    uint16_t code[MOST_SUITES];
    size_t count;
};

static struct codes codes_of(const struct rest *rest) { return (struct codes){rest->code, rest->count}; }

static void fill(struct rest *rest, struct codes codes)
{
    always(codes.count <= MOST_SUITES);
    memcpy(rest->code, codes.code, codes.count * sizeof *codes.code);
    rest->count = codes.count;
}

static void take_out(struct rest *rest, uint16_t code)
{
    size_t kept = 0;
    for (size_t i = 0; i < rest->count; i++)
        if (rest->code[i] != code)
            rest->code[kept++] = rest->code[i];
    rest->count = kept;
}

static void append(struct rest *rest, uint16_t code)
{
    always(rest->count < MOST_SUITES);
    rest->code[rest->count++] = code;
}

static const struct answer *ask_suites(struct hunt *hunt, struct codes suites, uint16_t sample)
{
    struct arena *scratch = hunt->host->scratch;
    struct probe probe = {.hello = offer_hello(hunt->host, scratch, hunt->found->version, suites), .sample = sample};
    return ask(hunt->host, &probe);
}

static enum reply reply_to(const struct hunt *hunt, const struct answer *answer, struct codes suites)
{
    return reply_of(answer, hunt->found->version, suites);
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
        if (hunt->suite[i].code == code)
            return true;
    return false;
}

static void accept(struct hunt *hunt, const struct answer *answer)
{
    uint16_t code = answer->outcome->flight->suite;
    if (!is_found(hunt, code))
        hunt->suite[hunt->found->count++] = (struct suite_found){code, answer};
}

// A refusal that could also be the network's doing must be given twice.
static bool refused_twice(struct hunt *hunt, const struct rest *rest, const struct answer *first)
{
    const struct answer *again = ask_suites(hunt, codes_of(rest), 1);
    enum reply reply = reply_to(hunt, again, codes_of(rest));
    note(hunt, first);
    if (reply == REPLY_PENDING)
        return wait(hunt);
    note(hunt, again);
    if (reply == REPLY_ACCEPTED) {
        accept(hunt, again);
        hunt->found->changed = true;
        return give_up(hunt, "inconsistent", "the same ClientHello was once cut off and once answered");
    }
    if (reply == REPLY_CUT_OFF || reply == REPLY_REFUSED || reply == REPLY_OTHER_VERSION ||
        reply == REPLY_VERSION_REFUSED)
        return true;
    return give_up_on(hunt, again, reply);
}

// A server that chooses what was removed is not asked on: nothing it says can be trusted.
static bool repeated(struct hunt *hunt, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    if (flight == NULL || answer->outcome->kind != OUTCOME_REPLIED || !is_found(hunt, flight->suite))
        return false;
    note(hunt, answer);
    give_up(hunt, "suite_repeated", "the server chose a suite again that was no longer offered");
    return true;
}

// The next question of a chain: what is left, after `before` was answered.
static const struct answer *ask_rest(struct hunt *hunt, const struct rest *rest, const struct answer *before)
{
    const struct answer *answer = before == NULL ? NULL : ask_following(hunt->host, before);
    if (answer != NULL)
        return answer;
    answer = ask_suites(hunt, codes_of(rest), 0);
    if (before != NULL)
        note_following(before, answer);
    return answer;
}

// Removes from rest what the server chooses, until it refuses the rest; before: the answer that
// took the last one out, or NULL. False: waiting or failed.
static bool chase(struct hunt *hunt, struct rest *rest, const struct answer *before)
{
    while (rest->count != 0) {
        const struct answer *answer = ask_rest(hunt, rest, before);
        enum reply reply = reply_to(hunt, answer, codes_of(rest));
        switch (reply) {
        case REPLY_PENDING:
            return wait(hunt);
        case REPLY_ACCEPTED:
            accept(hunt, answer);
            take_out(rest, answer->outcome->flight->suite);
            before = answer;
            break;
        case REPLY_OTHER_VERSION:
        case REPLY_VERSION_REFUSED:
        case REPLY_REFUSED:
            note(hunt, answer);
            hunt->cut_off = false;
            return true;
        case REPLY_CUT_OFF:
            hunt->cut_off = true;
            return refused_twice(hunt, rest, answer);
        default:
            return repeated(hunt, answer) ? false : give_up_on(hunt, answer, reply);
        }
    }
    return true;
}

// rest, then all that was accepted, the last first.
static struct rest with_accepted(const struct hunt *hunt, const struct rest *rest)
{
    struct rest list = *rest;
    for (size_t i = hunt->found->count; i-- > 0 && list.count < MOST_SUITES;)
        append(&list, hunt->suite[i].code);
    return list;
}

// rest, then the suite that was accepted first of all. It does not depend on what other parts
// found so far, so that the same question comes of it in whatever order answers arrive.
static struct rest with_first(const struct hunt *hunt, const struct rest *rest)
{
    struct rest list = *rest;
    append(&list, hunt->suite[0].code);
    return list;
}

// Asks a control: a list that ends in accepted suites. NULL: waiting. *held tells whether it was
// answered with one of them.
static const struct answer *control(struct hunt *hunt, const struct rest *list, uint16_t sample, bool *held)
{
    const struct answer *answer = ask_suites(hunt, codes_of(list), sample);
    enum reply reply = reply_to(hunt, answer, codes_of(list));
    if (reply == REPLY_PENDING) {
        wait(hunt);
        return NULL;
    }
    note(hunt, answer);
    *held = reply == REPLY_ACCEPTED && is_found(hunt, answer->outcome->flight->suite);
    if (reply == REPLY_ACCEPTED && !*held) {
        accept(hunt, answer); // seen, so it is support; but the rest had been refused before
        hunt->found->changed = true;
        give_up(hunt, "inconsistent", "a suite was once refused and once accepted");
    }
    return answer;
}

// Is the server still willing at all? One accepted suite alone, so that nothing else can explain a
// refusal; a sample of its own for each list that gave rise to the doubt.
static bool still_willing(struct hunt *hunt, uint16_t doubt)
{
    const struct rest alone = {.code = {hunt->suite[0].code}, .count = 1};
    bool held = false;
    const struct answer *answer = control(hunt, &alone, doubt, &held);
    if (answer == NULL)
        return false;
    return held || give_up(hunt, "pushed_back", "the server turned down a ClientHello like one it had accepted before");
}

static bool search(struct hunt *hunt, struct codes codes);

// Cuts a list in parts of at most PART suites, or in two, and searches each. All are asked before any is waited for.
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
        take_out(&rest, hunt->suite[i].code);
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

// The order of a list that was found in parts: one more chain, over the accepted suites alone.
static bool reorder(struct hunt *hunt)
{
    struct suites_found *found = hunt->found;
    struct rest rest = {.count = 0};
    for (size_t i = 0; i < found->asked.count; i++)
        if (is_found(hunt, found->asked.code[i]))
            append(&rest, found->asked.code[i]);
    if (rest.count > PART)
        return true;
    struct suite_found before[MOST_SUITES];
    size_t count = found->count;
    memcpy(before, hunt->suite, count * sizeof *before);
    found->count = 0;
    bool through = chase(hunt, &rest, NULL) && rest.count == 0;
    if (through) {
        found->ordered = true;
        return true;
    }
    memcpy(hunt->suite, before, count * sizeof *before);
    found->count = count;
    return !hunt->waiting;
}

// Whether the order in which suites were chosen is the order in which they were offered: then it
// may be the client's.
static bool as_offered(const struct hunt *hunt)
{
    size_t at = 0;
    for (size_t i = 0; i < hunt->found->asked.count && at < hunt->found->count; i++)
        if (hunt->found->asked.code[i] == hunt->suite[at].code)
            at++;
    return at == hunt->found->count;
}

// Whether another version's answer shows that lists as long as ours are read to their end: the
// first one of TLS 1.3, or the control of the leader. Both are asked anyway.
static bool length_proven(struct hunt *hunt)
{
    struct host *host = hunt->host;
    const struct answer *newest;
    struct version_found leader;
    struct suites_found led;
    if (hunt->found->version == TLS13)
        return false;
    enum reply reply = version_first(host, TLS13, &newest);
    if (reply == REPLY_PENDING)
        return wait(hunt);
    if (reply == REPLY_ACCEPTED) {
        note(hunt, newest);
        return true;
    }
    if (version_leader(host, &leader) == WAIT)
        return wait(hunt);
    if (leader.version == 0 || leader.version == hunt->found->version)
        return false;
    if (suites_find(host, &leader, &led) == WAIT)
        return wait(hunt);
    if (suites_prove_length(&led))
        note(hunt, led.reversed);
    return suites_prove_length(&led);
}

// One chain over the full list, and its control, which can be spared where the last refusal was a
// plain alert, the order that came out cannot be the client's, and the length of the list is no
// matter. Where it is, *in_parts is set. The control comes last of all, so that it also shows that
// the host still answers.
static bool find_whole(struct hunt *hunt, bool *in_parts)
{
    struct suites_found *found = hunt->found;
    struct rest rest;
    fill(&rest, found->asked);
    take_out(&rest, hunt->suite[0].code);
    if (!chase(hunt, &rest, hunt->suite[0].answer))
        return false;
    bool order_told = found->count == 1 || !as_offered(hunt);
    if (rest.count != 0 && order_told && !hunt->cut_off && length_proven(hunt))
        return true;
    if (hunt->waiting || !versions_asked(hunt->host))
        return wait(hunt);
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
    struct suites_found *found = hunt->found;
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

enum progress suites_find(struct host *host, const struct version_found *version, struct suites_found *found)
{
    struct hunt *hunt = arena_alloc(host->scratch, sizeof *hunt);
    *hunt = (struct hunt){.host = host, .found = found};
    *found = (struct suites_found){.version = version->version, .ordered = true};
    found->asked = offer_suites(host, version->version);
    accept(hunt, version->accepted);
    note(hunt, version->accepted);
    bool in_parts = version->full_refused;
    if (!in_parts)
        find_whole(hunt, &in_parts);
    if (in_parts)
        find_in_parts(hunt);
    if (hunt->waiting)
        return WAIT;
    if (!hunt->failed)
        found->complete = fact_of(VERDICT_YES);
    found->complete.evidence = hunt->evidence;
    found->suite = hunt->suite;
    return DONE;
}

bool suites_prove_length(const struct suites_found *found)
{
    return found->complete.verdict == VERDICT_YES && !found->full_refused && found->reversed != NULL;
}
