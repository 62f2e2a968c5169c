// SPDX-License-Identifier: Apache-2.0
//
// Does a host have a version? The first question of each version offers everything at once, and
// all versions are asked together. A ServerHello settles it: of that version yes, of a lower one
// no. A refusal is a `no` only if the same host has answered another hello with a ServerHello (the
// control), if nothing else about the hello explains it (a long list: then the likely suites
// alone are tried), and, where it was only cut off, if it is repeated and the host still answers
// afterwards (the canary): a server that has had enough of us cuts off everything.
#include "base/arena.h"
#include "base/fail.h"
#include "check/versions.h"

const uint16_t versions_asked_for[VERSIONS] = {SSL2, SSL3, TLS10, TLS11, TLS12, TLS13};

static size_t place_of(uint16_t version)
{
    size_t place = 0;
    while (versions_asked_for[place] != version)
        place++;
    return place;
}

static const struct answer *ask_first(struct host *host, uint16_t version, uint16_t sample)
{
    struct answer **first = &host->first[place_of(version)];
    if (sample == 0 && *first != NULL)
        return ask_again(host, *first);
    struct probe probe = {.hello = offer_first(host, host->scratch, version), .sample = sample};
    const struct answer *answer = ask(host, &probe);
    if (sample == 0)
        *first = (struct answer *)answer;
    return answer;
}

static const struct answer *ask_likely(struct host *host, uint16_t version, uint16_t sample)
{
    struct probe probe = {.hello = offer_hello(host, host->scratch, version, offer_likely(version)), .sample = sample};
    return ask(host, &probe);
}

enum reply version_first(struct host *host, uint16_t version, const struct answer **answer)
{
    *answer = ask_first(host, version, 0);
    return reply_of(*answer, version, offer_suites(host, version));
}

static enum reply first_reply(struct host *host, uint16_t version)
{
    const struct answer *answer;
    return version_first(host, version, &answer);
}

static bool answered(enum reply reply)
{
    return reply == REPLY_ACCEPTED || reply == REPLY_OTHER_VERSION || reply == REPLY_DRAFT;
}

static bool refused(enum reply reply)
{
    return reply == REPLY_VERSION_REFUSED || reply == REPLY_REFUSED || reply == REPLY_CUT_OFF;
}

// What the host has shown that it can do, over all versions.
struct control {
    const struct answer *full;   // a full list that was read to its likely suites, the last of it
    const struct answer *likely; // any other hello
    uint16_t version;            // of the last found
    bool first;                  // ... which was the first question of that version
    bool pending;
};

// Whether the choice shows that the list was read as far as its likely suites, which come last.
static bool read_far(const struct answer *answer, uint16_t version)
{
    uint16_t suite = answer->outcome->flight->suite;
    return codes_have(offer_likely(version), suite) || codes_have(offer_likely(TLS12), suite);
}

static void find_full_control(struct host *host, struct control *control)
{
    for (size_t i = VERSIONS; i-- > 1;) {
        uint16_t version = versions_asked_for[i];
        enum reply reply = first_reply(host, version);
        control->pending = control->pending || reply == REPLY_PENDING;
        if (!answered(reply))
            continue;
        const struct answer *answer = ask_first(host, version, 0);
        const struct answer **place = read_far(answer, version) ? &control->full : &control->likely;
        if (*place != NULL)
            continue;
        *place = answer;
        control->first = true;
        control->version = version;
    }
}

// A list that was read to its end by the removal of suites, which is asked anyway.
static void find_removal_control(struct host *host, struct control *control)
{
    struct version_found leader;
    struct removal_found found;
    if (version_leader(host, &leader) == WAIT || leader.version == 0)
        return;
    if (suites_find(host, &leader, &found) == WAIT)
        control->pending = true;
    else if (suites_prove_length(&found))
        control->full = found.reversed;
}

static void find_likely_control(struct host *host, struct control *control)
{
    for (size_t i = VERSIONS; i-- > 1;) {
        uint16_t version = versions_asked_for[i];
        enum reply full = first_reply(host, version);
        if (full == REPLY_MISSING || full == REPLY_VERSION_REFUSED)
            continue;
        const struct answer *answer = ask_likely(host, version, 0);
        enum reply reply = reply_of(answer, version, offer_likely(version));
        control->pending = control->pending || reply == REPLY_PENDING;
        if (control->likely != NULL || !answered(reply))
            continue;
        control->likely = answer;
        control->version = version;
    }
}

static struct control find_control(struct host *host)
{
    struct control control = {0};
    find_full_control(host, &control); // before SSLv2: what is asked first goes alone
    enum reply oldest = first_reply(host, SSL2);
    control.pending = control.pending || oldest == REPLY_PENDING;
    if (control.pending || control.full != NULL)
        return control;
    if (control.likely != NULL && host_runs(host, check_find("suites")))
        find_removal_control(host, &control);
    if (control.likely == NULL)
        find_likely_control(host, &control);
    if (control.likely == NULL && oldest == REPLY_ACCEPTED) {
        control.likely = ask_first(host, SSL2, 0);
        control.first = true;
        control.version = SSL2;
    }
    return control;
}

static void settle(struct version_found *found, enum verdict verdict) { found->fact.verdict = verdict; }

static void leave_unknown(struct version_found *found, const char *reason, const char *sentence)
{
    found->fact.verdict = VERDICT_UNKNOWN;
    found->fact.reason = reason;
    found->fact.sentence = sentence;
}

static void leave(struct host *host, struct version_found *found, const struct answer *answer, enum reply reply)
{
    leave_unknown(found, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
}

static void note(struct host *host, struct version_found *found, const struct answer *answer)
{
    evidence_add(host->scratch, &found->fact.evidence, answer->key);
}

// One answer that needs no second question. False: it does.
static bool settle_plainly(struct host *host, struct version_found *found, const struct answer *answer,
                           enum reply reply)
{
    note(host, found, answer);
    if (reply == REPLY_ACCEPTED) {
        found->accepted = answer;
        settle(found, VERDICT_YES);
        return true;
    }
    if (reply == REPLY_OTHER_VERSION || reply == REPLY_DRAFT) {
        if (reply == REPLY_DRAFT)
            found->draft = answer->outcome->flight->version;
        settle(found, VERDICT_NO);
        return true;
    }
    if (reply == REPLY_LIED || reply == REPLY_MISSING) {
        leave(host, found, answer, reply);
        return true;
    }
    return false;
}

// Every hello of this version was refused; is that a `no`?
static void settle_refused(struct host *host, struct version_found *found, const struct control *control,
                           const struct answer *refusal)
{
    const struct answer *proof = control->full != NULL ? control->full : control->likely;
    if (proof != NULL) {
        note(host, found, proof);
        found->cut_off = reply_of(refusal, found->version, offer_suites(host, found->version)) == REPLY_CUT_OFF;
        settle(found, VERDICT_NO);
        return;
    }
    const struct flight *flight = refusal->outcome->flight;
    if (flight != NULL && flight->alert && flight->alert_description == 112 && !offer_has_name(host))
        leave_unknown(found, "needs_sni", "the server wants a server name, and there is none to send");
    else
        leave_unknown(found, "no_control",
                      arena_text(host->scratch, "%s, and no other hello was accepted that could serve as a control",
                                 outcome_sentence(host->scratch, refusal->outcome)));
}

// Where no full list was ever answered, the suites that the likely ones leave out must be asked
// in short lists before they can be said to be refused. Returns whether all were; WAIT by pending.
static bool rest_refused(struct host *host, struct version_found *found, bool *pending)
{
    struct codes all = offer_suites(host, found->version);
    const size_t most = offer_likely(found->version).count; // no longer than the control
    size_t rest = all.count - most;
    for (size_t at = 0; at < rest; at += most) {
        struct codes part = {all.code + at, rest - at < most ? rest - at : most};
        struct probe probe = {.hello = offer_hello(host, host->scratch, found->version, part)};
        const struct answer *answer = ask(host, &probe);
        enum reply reply = reply_of(answer, found->version, part);
        if (reply == REPLY_PENDING) {
            *pending = true;
            continue;
        }
        if (refused(reply)) {
            note(host, found, answer);
            continue;
        }
        found->full_refused = true;
        if (!settle_plainly(host, found, answer, reply))
            leave(host, found, answer, reply);
        return false;
    }
    return true;
}

static enum progress find_sslv2(struct host *host, struct version_found *found, const struct control *control)
{
    const struct codes none = {NULL, 0};
    const struct answer *answer = ask_first(host, SSL2, 0);
    enum reply reply = reply_of(answer, SSL2, none);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    if (control->pending)
        return WAIT;
    if (reply == REPLY_CUT_OFF) {
        answer = ask_first(host, SSL2, 1);
        reply = reply_of(answer, SSL2, none);
        if (reply == REPLY_PENDING)
            return WAIT;
        if (settle_plainly(host, found, answer, reply))
            return DONE;
    }
    if (refused(reply))
        settle_refused(host, found, control, answer);
    else
        leave(host, found, answer, reply);
    return DONE;
}

// The full list was turned down or not answered: the likely suites alone, as a second question.
static enum progress find_by_likely(struct host *host, struct version_found *found, const struct control *control)
{
    const struct answer *answer = ask_likely(host, found->version, 0);
    enum reply reply = reply_of(answer, found->version, offer_likely(found->version));
    if (reply == REPLY_PENDING)
        return WAIT;
    found->full_refused = reply == REPLY_ACCEPTED;
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    if (!refused(reply) || !refused(first_reply(host, found->version))) {
        leave(host, found, answer, reply);
        return DONE;
    }
    if (control->pending)
        return WAIT;
    bool pending = false;
    bool speaks_tls = control->likely != NULL && control->version != SSL2;
    bool rest_matters = control->full == NULL && speaks_tls && reply != REPLY_VERSION_REFUSED;
    if (rest_matters && !rest_refused(host, found, &pending))
        return DONE;
    if (pending)
        return WAIT;
    settle_refused(host, found, control, answer);
    return DONE;
}

enum progress version_leader(struct host *host, struct version_found *leader)
{
    *leader = (struct version_found){0};
    for (uint16_t version = TLS12; version >= SSL3; version--) {
        const struct answer *answer;
        enum reply reply = version_first(host, version, &answer);
        if (reply == REPLY_PENDING)
            return WAIT;
        if (reply != REPLY_ACCEPTED)
            continue;
        *leader = (struct version_found){.version = version, .accepted = answer, .settled = true};
        return DONE;
    }
    return DONE;
}

bool versions_asked(struct host *host)
{
    for (size_t i = 0; i < VERSIONS; i++) {
        uint16_t version = versions_asked_for[i];
        const struct answer *answer;
        enum reply reply = version_first(host, version, &answer);
        if (reply == REPLY_PENDING)
            return false;
        if (reply != REPLY_CUT_OFF)
            continue;
        answer = version == SSL2 ? ask_first(host, SSL2, 1) : ask_likely(host, version, 0);
        if (answer->outcome == NULL)
            return false;
    }
    return true;
}

static enum progress find_one(struct host *host, struct version_found *found, const struct control *control)
{
    if (found->version == SSL2)
        return find_sslv2(host, found, control);
    const struct answer *answer = ask_first(host, found->version, 0);
    enum reply reply = first_reply(host, found->version);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    bool plain = reply == REPLY_VERSION_REFUSED || reply == REPLY_REFUSED;
    if (control->pending && plain)
        return WAIT;
    if (reply != REPLY_VERSION_REFUSED && !(plain && control->full != NULL))
        return find_by_likely(host, found, control);
    settle_refused(host, found, control, answer);
    return DONE;
}

// A question asked after all others: the control of the leader's suites where that is asked
// anyway, else one that was answered before.
static const struct answer *canary(struct host *host, const struct control *control, enum reply *reply)
{
    enum { CANARY = 0xCA };
    struct version_found leader;
    struct removal_found found;
    bool led = host_runs(host, check_find("suites")) && version_leader(host, &leader) == DONE && leader.version != 0;
    *reply = REPLY_PENDING;
    if (led && suites_find(host, &leader, &found) == WAIT)
        return NULL;
    bool controlled = led && found.reversed != NULL;
    uint16_t version = controlled ? leader.version : control->version;
    const struct answer *answer = controlled       ? found.reversed
                                  : control->first ? ask_first(host, version, CANARY)
                                                   : ask_likely(host, version, CANARY);
    *reply = reply_of(answer, version, offer_suites(host, version));
    return answer;
}

// What was only cut off is a `no` only if the host answers once more after it.
static enum progress ask_canary(struct host *host, const struct control *control, struct version_found found[VERSIONS])
{
    enum reply reply;
    const struct answer *answer = canary(host, control, &reply);
    for (size_t i = 0; i < VERSIONS; i++) {
        if (!found[i].cut_off)
            continue;
        found[i].settled = reply != REPLY_PENDING;
        if (!found[i].settled)
            continue;
        note(host, &found[i], answer);
        if (!answered(reply))
            leave_unknown(&found[i], "pushed_back",
                          "the connection was cut off, and so was one like others that had been answered");
    }
    return reply == REPLY_PENDING ? WAIT : DONE;
}

enum progress versions_find(struct host *host, struct version_found found[VERSIONS])
{
    struct control control = find_control(host);
    enum progress progress = DONE;
    bool cut_off = false;
    for (size_t i = 0; i < VERSIONS; i++) {
        found[i] = (struct version_found){.version = versions_asked_for[i]};
        found[i].settled = find_one(host, &found[i], &control) == DONE;
        cut_off = cut_off || found[i].cut_off;
        if (!found[i].settled)
            progress = WAIT;
    }
    if (!cut_off)
        return progress;
    if (progress == DONE)
        return ask_canary(host, &control, found);
    for (size_t i = 0; i < VERSIONS; i++)
        found[i].settled = found[i].settled && !found[i].cut_off;
    return WAIT;
}
