// SPDX-License-Identifier: Apache-2.0
//
// Asks what versions are found by, and picks from all answers of a host the one that shows most: a
// long list read to its end, else any ServerHello.
#include "check/version_control.h"

#include "base/arena.h"
#include "check/versions.h"

const uint16_t versions_asked_for[VERSIONS] = {SSL2, SSL3, TLS10, TLS11, TLS12, TLS13};

enum { CANARY = 0xCA };

static size_t place_of(uint16_t version)
{
    size_t place = 0;
    while (versions_asked_for[place] != version)
        place++;
    return place;
}

const struct answer *version_ask_first(struct host *host, uint16_t version, uint16_t sample)
{
    struct answer **asked = sample == 0        ? &host->first[place_of(version)]
                            : sample == CANARY ? &host->canary[place_of(version)]
                                               : NULL;
    if (asked != NULL && *asked != NULL)
        return ask_again(host, *asked);
    struct probe probe = {.hello = offer_first(host, host->scratch, version), .sample = sample};
    const struct answer *answer = ask(host, &probe);
    if (asked != NULL)
        *asked = (struct answer *)answer;
    return answer;
}

const struct answer *version_ask_likely(struct host *host, uint16_t version, uint16_t sample)
{
    struct probe probe = {.hello = offer_modest(host, host->scratch, version, offer_likely(version)), .sample = sample};
    return ask(host, &probe);
}

enum reply version_first(struct host *host, uint16_t version, const struct answer **answer)
{
    *answer = version_ask_first(host, version, 0);
    return reply_of(*answer, version, offer_suites(host, version));
}

static enum reply first_reply(struct host *host, uint16_t version)
{
    const struct answer *answer;
    return version_first(host, version, &answer);
}

bool version_answered(enum reply reply)
{
    return reply == REPLY_ACCEPTED || reply == REPLY_OTHER_VERSION || reply == REPLY_DRAFT;
}

bool version_refused(enum reply reply)
{
    return reply == REPLY_VERSION_REFUSED || reply == REPLY_REFUSED || reply == REPLY_CUT_OFF;
}

// Whether the choice shows that the list was read as far as its likely suites, which come last.
static bool read_far(const struct answer *answer, uint16_t version)
{
    uint16_t suite = answer->outcome->flight->suite;
    return codes_have(offer_likely(version), suite) || codes_have(offer_likely(TLS12), suite);
}

static void find_full_control(struct host *host, struct version_control *control)
{
    for (size_t i = VERSIONS; i-- > 1;) {
        uint16_t version = versions_asked_for[i];
        enum reply reply = first_reply(host, version);
        control->pending = control->pending || reply == REPLY_PENDING;
        if (!version_answered(reply))
            continue;
        const struct answer *answer = version_ask_first(host, version, 0);
        const struct answer **place = read_far(answer, version) ? &control->full : &control->likely;
        if (*place != NULL)
            continue;
        *place = answer;
        control->first = true;
        control->version = version;
    }
}

// A list that was read to its end by the removal of suites, which is asked anyway.
static void find_removal_control(struct host *host, struct version_control *control)
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

static void find_likely_control(struct host *host, struct version_control *control)
{
    for (size_t i = VERSIONS; i-- > 1;) {
        uint16_t version = versions_asked_for[i];
        enum reply full = first_reply(host, version);
        if (full == REPLY_MISSING || full == REPLY_VERSION_REFUSED)
            continue;
        const struct answer *answer = version_ask_likely(host, version, 0);
        enum reply reply = reply_of(answer, version, offer_likely(version));
        control->pending = control->pending || reply == REPLY_PENDING;
        if (control->likely != NULL || !version_answered(reply))
            continue;
        control->likely = answer;
        control->version = version;
    }
}

struct version_control version_find_control(struct host *host)
{
    struct version_control control = {0};
    first_reply(host, TLS12); // what is asked first goes alone, and the longest chain of questions begins with this
    find_full_control(host, &control);
    enum reply oldest = first_reply(host, SSL2);
    control.pending = control.pending || oldest == REPLY_PENDING;
    if (control.pending || control.full != NULL)
        return control;
    if (control.likely != NULL && host_runs(host, check_find("suites")))
        find_removal_control(host, &control);
    if (control.likely == NULL)
        find_likely_control(host, &control);
    if (control.likely == NULL && oldest == REPLY_ACCEPTED) {
        control.likely = version_ask_first(host, SSL2, 0);
        control.first = true;
        control.version = SSL2;
    }
    return control;
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
        answer = version == SSL2 ? version_ask_first(host, SSL2, 1) : version_ask_likely(host, version, 0);
        if (answer->outcome == NULL)
            return false;
    }
    return true;
}

// A question asked after all others: the control of the leader's suites where that is asked
// anyway, else one that was answered before.
const struct answer *version_canary(struct host *host, const struct version_control *control, enum reply *reply)
{
    struct version_found leader;
    struct removal_found found;
    bool led = host_runs(host, check_find("suites")) && version_leader(host, &leader) == DONE && leader.version != 0;
    *reply = REPLY_PENDING;
    if (led && suites_find(host, &leader, &found) == WAIT)
        return NULL;
    bool controlled = led && found.reversed != NULL;
    uint16_t version = controlled ? leader.version : control->version;
    const struct answer *answer = controlled       ? found.reversed
                                  : control->first ? version_ask_first(host, version, CANARY)
                                                   : version_ask_likely(host, version, CANARY);
    *reply = reply_of(answer, version, offer_suites(host, version));
    return answer;
}
