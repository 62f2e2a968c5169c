// SPDX-License-Identifier: Apache-2.0
//
// The suites of a version, found by removal (removal.c), with what they share between versions: the
// control of one version can stand in for that of another.
#include <string.h>

#include "base/arena.h"
#include "check/beside.h"
#include "check/shared.h"
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
// cannot be the client's, and the length of the list is no matter; but not in the leader, whose
// control is the canary of all: it waits for every question of the versions.
static enum progress control(const struct removal *removal, bool plain, bool *spared, struct evidence *evidence)
{
    struct version_found leader;
    if (version_leader(removal->host, &leader) == WAIT)
        return WAIT;
    bool leans = removal->version != TLS13 && removal->version != leader.version;
    if (plain && leans && length_proven(removal, spared, evidence) == WAIT)
        return WAIT;
    return *spared || versions_asked(removal->host) ? DONE : WAIT;
}

// Some servers with two certificates take the ECDSA one for every client that offers any ECDSA
// suite, and then have nothing to choose where only RSA suites are left. So those are asked alone,
// in the leader, and in the others if that found any; not where RSA was chosen although the whole list,
// with every ECDSA suite that the server lacks, was at hand.
static enum progress narrow(const struct removal *removal, const struct removal_found *found, struct codes rest,
                            struct codes *part)
{
    struct version_found leader;
    struct removal_found led = {.narrowed = true};
    bool ecdsa = false, other = false;
    for (size_t i = 0; i < found->count; i++) {
        bool signed_so = suite_find(found->choice[i].code)->auth == AUTH_ECDSA;
        ecdsa = ecdsa || signed_so;
        other = other || (!signed_so && i < REMOVAL_WHOLE);
    }
    if (!ecdsa || other)
        return DONE;
    if (version_leader(removal->host, &leader) == WAIT)
        return WAIT;
    bool leans = leader.version != 0 && leader.version != removal->version;
    if (leans && suites_find(removal->host, &leader, &led) == WAIT)
        return WAIT;
    if (!led.narrowed)
        return DONE;
    uint16_t *code = arena_array(removal->host->scratch, rest.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < rest.count; i++)
        if (suite_find(rest.code[i])->auth != AUTH_ECDSA)
            code[count++] = rest.code[i];
    *part = (struct codes){code, count};
    return DONE;
}

// Some servers take ChaCha20 for a client that begins with it, and AES otherwise, since such a client
// has no hardware for AES.
static bool is_chacha(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    return suite != NULL && strncmp(suite->cipher, "CHACHA20", 8) == 0;
}

// The leader's list is the longest as a rule, and the only one that others wait for.
static enum progress cut_for(struct host *host, uint16_t version, bool *may_cut)
{
    struct version_found leader;
    *may_cut = false;
    if (version == TLS13)
        return DONE;
    if (version_leader(host, &leader) == WAIT)
        return WAIT;
    *may_cut = leader.version == version;
    return DONE;
}

static enum progress find_all(struct host *host, const struct version_found *version, struct removal_found *found)
{
    const struct removal_cut cut = {offer_rank, host->offers->suite_ranks};
    bool may_cut;
    *found = (struct removal_found){0};
    if (cut_for(host, version->version, &may_cut) == WAIT)
        return WAIT;
    bool tells = version->version == TLS12 && host_runs(host, check_find("signature_schemes"));
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
        .narrow = narrow,
        .twice = true,
        .cut = may_cut ? &cut : NULL,
        .usual = &usual_suites,
        .beside = tells ? &beside_schemes : NULL,
        .apart = is_chacha,
        .repeated = "suite_repeated",
    };
    return removal_find(&removal, found);
}

// What was found for a version, beginning from that answer.
struct suites_known {
    struct suites_known *next;
    uint16_t version;
    const struct answer *accepted;
    bool full_refused;
    struct shared shared;
    struct removal_found found;
};

static struct suites_known *known_of(struct host *host, const struct version_found *version)
{
    struct suites_known *known = host->suites;
    while (known != NULL && (known->version != version->version || known->accepted != version->accepted ||
                             known->full_refused != version->full_refused))
        known = known->next;
    if (known != NULL)
        return known;
    known = arena_alloc(&host->ledger.memory, sizeof *known);
    *known = (struct suites_known){
        .next = host->suites,
        .version = version->version,
        .accepted = version->accepted,
        .full_refused = version->full_refused,
    };
    return host->suites = known;
}

static void remember(struct host *host, struct suites_known *known, const struct removal_found *found)
{
    struct arena *memory = &host->ledger.memory;
    known->found = *found;
    if (!known->shared.final)
        return;
    const struct bytes choice = {(const uint8_t *)found->choice, found->count * sizeof *found->choice};
    known->found.choice = (const struct removal_choice *)arena_copy(memory, choice).data;
    known->found.complete = fact_keep(memory, found->complete);
}

enum progress suites_find(struct host *host, const struct version_found *version, struct removal_found *found)
{
    struct suites_known *known = known_of(host, version);
    if (shared_holds(host, &known->shared)) {
        *found = known->found;
        return known->shared.progress;
    }
    shared_begin(host, &known->shared);
    enum progress progress = find_all(host, version, found);
    if (shared_end(host, &known->shared, progress))
        remember(host, known, found);
    return progress;
}

bool suites_prove_length(const struct removal_found *found)
{
    return found->complete.verdict == VERDICT_YES && !found->full_refused && found->reversed != NULL;
}
