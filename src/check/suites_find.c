// SPDX-License-Identifier: Apache-2.0
//
// The suites of a version, found by removal (removal.c), with what they share between versions: the
// control of one version can stand in for that of another.
#include "base/arena.h"
#include "check/versions.h"

static struct hello hello_with(const struct removal *removal, struct codes list)
{
    return offer_hello(removal->host, removal->host->scratch, removal->version, list);
}

static enum reply reply(const struct removal *removal, const struct answer *answer, struct codes list)
{
    return reply_of(answer, removal->version, list);
}

static uint16_t chosen_suite(const struct flight *flight) { return flight->suite; }

// Whether another version's answer shows that lists as long as ours are read to their end: the
// first one of TLS 1.3, or the control of the leader. Both are asked anyway.
static enum progress length_proven(const struct removal *removal, bool *proven, struct evidence *evidence)
{
    struct host *host = removal->host;
    const struct answer *newest;
    struct version_found leader;
    struct removal_found led;
    enum reply first = version_first(host, TLS13, &newest);
    if (first == REPLY_PENDING)
        return WAIT;
    if (first == REPLY_ACCEPTED) {
        evidence_add(host->scratch, evidence, newest->key);
        *proven = true;
        return DONE;
    }
    if (version_leader(host, &leader) == WAIT)
        return WAIT;
    if (leader.version == 0 || leader.version == removal->version)
        return DONE;
    if (suites_find(host, &leader, &led) == WAIT)
        return WAIT;
    *proven = suites_prove_length(&led);
    if (*proven)
        evidence_add(host->scratch, evidence, led.reversed->key);
    return DONE;
}

// The control can be spared where the last refusal was a plain alert, the order that came out
// cannot be the client's, and the length of the list is no matter. Else it waits for every question
// of the versions, so that it can be their canary.
static enum progress control(const struct removal *removal, bool plain, bool *spared, struct evidence *evidence)
{
    if (plain && removal->version != TLS13 && length_proven(removal, spared, evidence) == WAIT)
        return WAIT;
    return *spared || versions_asked(removal->host) ? DONE : WAIT;
}

enum progress suites_find(struct host *host, const struct version_found *version, struct removal_found *found)
{
    const struct removal removal = {
        .host = host,
        .version = version->version,
        .asked = offer_suites(host, version->version),
        .first = version->accepted,
        .in_parts = version->full_refused,
        .hello = hello_with,
        .reply = reply,
        .chosen = chosen_suite,
        .control = control,
        .repeated = "suite_repeated",
    };
    return removal_find(&removal, found);
}

bool suites_prove_length(const struct removal_found *found)
{
    return found->complete.verdict == VERDICT_YES && !found->full_refused && found->reversed != NULL;
}
