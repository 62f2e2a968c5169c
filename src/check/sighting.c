// SPDX-License-Identifier: Apache-2.0
//
// Asks for certificates. A server with several picks one by what the client can verify, so the
// kinds of key are found as suites are: take away the signature schemes of the kind that was
// shown, and ask again until it refuses or repeats itself. Where nothing but certificates is asked for, fewer
// questions do (sighting_few.c).
#include "check/sighting.h"

#include "base/arena.h"
#include "check/key_kind.h"
#include "check/offer.h"
#include "check/opening.h"
#include "check/sighting_search.h"
#include "wire/registry.h"

void search_see(struct search *search, const struct answer *answer, uint16_t version, bool sni)
{
    struct sightings *found = search->found;
    const struct outcome *outcome = answer->outcome;
    if (outcome == NULL || outcome->kind != OUTCOME_REPLIED || outcome->flight->shown->certificate_count == 0)
        return;
    for (size_t i = 0; i < found->count; i++)
        if (found->row[i].answer == answer)
            return;
    if (found->count < SIGHTINGS)
        found->row[found->count++] = (struct sighting){answer, version, sni};
}

void search_leave_unknown(struct search *search, const char *reason, const char *sentence)
{
    if (search->found->whole.verdict == VERDICT_YES)
        search->found->whole = fact_because(VERDICT_UNKNOWN, reason, sentence);
}

// Whether a refusal of narrower schemes ends the search: the host has no other kind of key. What is
// cut off must be confirmed, and what is not answered tells nothing.
void search_end(struct search *search, const struct opening *opening, const struct hello *hello,
                const struct answer *answer, enum reply reply)
{
    struct host *host = search->host;
    bool held = true;
    struct fact why;
    if (reply == REPLY_REFUSED || reply == REPLY_VERSION_REFUSED || reply == REPLY_OTHER_VERSION)
        return;
    if (reply == REPLY_PENDING)
        search->waiting = true;
    else if (reply != REPLY_CUT_OFF)
        search_leave_unknown(search, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
    else if (opening_confirm(host, opening, hello, answer, &held, &why) == WAIT)
        search->waiting = true;
    else if (!held)
        search_leave_unknown(search, why.reason, why.sentence);
}

// --- up to TLS 1.2 -------------------------------------------------------------------------------

// An answer with a kind of key that was not seen; NULL: there is none, or none is known.
static const struct answer *next_kind_12(struct search *search, const struct opening *opening, unsigned seen,
                                         bool apart)
{
    struct host *host = search->host;
    struct probe probe = {.hello = key_kind_hello_12(host, opening->version, seen, apart)};
    if (probe.hello.suites.count == 0)
        return NULL;
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, opening->version, probe.hello.suites);
    if (reply != REPLY_ACCEPTED) {
        search_end(search, opening, &probe.hello, answer, reply);
        return NULL;
    }
    search_see(search, answer, opening->version, offer_has_name(host));
    return answer->outcome->flight->shown->certificate_count == 0 ? NULL : answer;
}

// Every kind of key of one version, beginning from an answer that showed one: apart first, unless the suites are known,
// and then what may hide behind their names.
static void search_kinds_12(struct search *search, const struct version_found *version, bool apart)
{
    struct opening opening;
    opening_by(search->host, version, &opening);
    const struct answer *answer =
        version->accepted->outcome->flight->shown->certificate_count == 0 ? NULL : version->accepted;
    unsigned seen = 0;
    for (unsigned i = 0; i < 2 * KINDS && answer != NULL; i++) {
        unsigned kind = 1u << key_kind_shown(search->host, answer);
        bool repeated = (seen & kind) != 0;
        seen |= kind;
        answer = apart && !repeated ? next_kind_12(search, &opening, seen, true) : NULL;
        if (answer != NULL || search->waiting || (repeated && !apart))
            continue;
        apart = false;
        answer = next_kind_12(search, &opening, seen, false);
    }
}

// The check `suites` is done, so that nothing is asked here that it has not asked.
static void see_suites(struct search *search, const struct version_found versions[VERSIONS])
{
    struct removal_found found;
    for (size_t i = VERSIONS; i-- > 1;) {
        if (versions[i].accepted == NULL || versions[i].version == TLS13)
            continue;
        suites_find(search->host, &versions[i], &found);
        for (size_t row = 0; row < found.count; row++)
            search_see(search, found.choice[row].answer, versions[i].version, offer_has_name(search->host));
    }
}

// --- TLS 1.3 -------------------------------------------------------------------------------------

// The hello that opens TLS 1.3, without the kinds of key that were seen, or a scheme alone. What is shown for the
// others is shown with its staple, which would be asked for next.
static struct hello hello_13(struct host *host, struct codes groups, unsigned seen, uint16_t scheme)
{
    struct hello hello = opening_hello_13(host, groups);
    if (scheme != 0)
        key_sign_with(&hello, offer_without(host->scratch, offer_schemes, scheme));
    else
        key_kinds_remove(host->scratch, &hello, seen, TLS13);
    if (seen != 0)
        hello.extensions |= HELLO_STATUS_REQUEST;
    return hello;
}

// The groups to offer. False: waiting, or there is none.
static bool find_group(struct search *search, const struct version_found *version, struct codes *groups)
{
    struct fact why;
    if (opening_groups(search->host, version->accepted, groups, &why) == WAIT) {
        search->waiting = true;
        return false;
    }
    if (why.verdict != VERDICT_YES)
        search_leave_unknown(search, why.reason, why.sentence);
    return why.verdict == VERDICT_YES;
}

static const struct answer *ask_13(struct search *search, const struct hello *hello, enum reply *reply)
{
    struct probe probe = {.hello = *hello};
    const struct answer *answer = ask(search->host, &probe);
    *reply = reply_of(answer, TLS13, hello->suites);
    if (*reply == REPLY_PENDING)
        search->waiting = true;
    return answer;
}

static void leave_unread(struct search *search, const struct answer *answer)
{
    struct fact why = opening_unread(search->host->scratch, answer->outcome->flight);
    search_leave_unknown(search, why.reason, why.sentence);
}

// The first question of the check `signature_schemes` shows another kind of key as well as one without the whole kind.
static uint16_t scheme_to_miss(struct host *host, const struct answer *answer)
{
    return host_runs(host, check_find("signature_schemes")) ? key_only_scheme(host, answer) : 0;
}

// A kind of key that was not seen yet. Where a hello without one scheme shows nothing new the whole kind is taken out,
// since some servers take that key as long as any scheme of its kind is left.
static const struct answer *ask_other_13(struct search *search, struct codes groups, unsigned seen, uint16_t scheme,
                                         struct hello *hello, enum reply *reply)
{
    struct host *host = search->host;
    *hello = hello_13(host, groups, seen, scheme);
    const struct answer *answer = ask_13(search, hello, reply);
    if (scheme == 0 || *reply == REPLY_PENDING)
        return answer;
    bool shown = *reply == REPLY_ACCEPTED && answer->outcome->flight->shown->certificate_count != 0;
    if (shown && (seen & 1u << key_kind_shown(host, answer)) == 0)
        return answer;
    search_see(search, answer, TLS13, offer_has_name(host));
    *hello = hello_13(host, groups, seen, 0);
    return ask_13(search, hello, reply);
}

// Every kind of key of TLS 1.3; the set of those that were seen.
static unsigned search_kinds_13(struct search *search, struct codes groups)
{
    struct host *host = search->host;
    struct opening opening;
    if (opening_13(host, &opening) == WAIT) {
        search->waiting = true;
        return 0;
    }
    unsigned seen = 0;
    uint16_t missed = 0;
    for (unsigned i = 0; i < KINDS; i++) {
        struct hello hello;
        enum reply reply;
        const struct answer *answer = ask_other_13(search, groups, seen, missed, &hello, &reply);
        bool bare = reply == REPLY_ACCEPTED && answer->outcome->flight->shown->certificate_count == 0;
        if (bare && i > 0) // it looked for another certificate, and may have ended behind its ServerHello
            reply = opening_reply(&opening, answer);
        if (bare && (reply == REPLY_ACCEPTED || reply == REPLY_GARBLED))
            leave_unread(search, answer);
        else if (reply != REPLY_ACCEPTED && i == 0 && reply != REPLY_PENDING)
            search_leave_unknown(search, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
        else if (reply != REPLY_ACCEPTED)
            search_end(search, &opening, &hello, answer, reply);
        if (reply != REPLY_ACCEPTED || bare)
            return seen;
        search_see(search, answer, TLS13, offer_has_name(host));
        unsigned kind = 1u << key_kind_shown(host, answer);
        if ((seen & kind) != 0)
            return seen;
        missed = i == 0 ? scheme_to_miss(host, answer) : 0;
        seen |= kind;
    }
    return seen;
}

// Where a flight was not read as far as its certificates it is not known what would have come.
static void look_whether_read(struct search *search, const struct version_found *version)
{
    const struct flight *flight = version->accepted->outcome->flight;
    if (version->version == SSL2 || version->version == TLS13 || opening_readable(flight))
        return;
    enum authentication by = suite_find(flight->suite)->auth;
    if (by != AUTH_ANON && by != AUTH_PSK && flight->shown->certificate_count == 0)
        leave_unread(search, version->accepted);
}

// --- without a server name -----------------------------------------------------------------------

// Whoever turns down a version that was accepted says nothing of the name: see reply_of_version.
static bool turned_away(enum reply reply) { return reply == REPLY_REFUSED || reply == REPLY_CUT_OFF; }

// A refusal is the server's word on the missing name only if the same hello with one is answered still: it may have had
// enough of us.
static bool named_is_answered(struct search *search, const struct hello *named, uint16_t version,
                              const struct answer *refusal)
{
    struct probe probe = {.hello = *named, .sample = canary_sample(refusal)};
    const struct answer *answer = ask(search->host, &probe);
    enum reply reply = reply_of(answer, version, named->suites);
    search->waiting = search->waiting || reply == REPLY_PENDING;
    if (reply != REPLY_ACCEPTED)
        return false;
    evidence_add(search->host->scratch, &search->found->nameless_refused, answer->key);
    return true;
}

static void search_nameless(struct search *search, const struct hello *named, uint16_t version)
{
    struct probe probe = {.hello = *named};
    probe.hello.extensions &= ~(uint32_t)HELLO_SERVER_NAME;
    probe.hello.server_name = NULL;
    const struct answer *answer = ask(search->host, &probe);
    enum reply reply = reply_of(answer, version, probe.hello.suites);
    if (reply == REPLY_PENDING)
        search->waiting = true;
    if (turned_away(reply)) { // once may be chance
        probe.sample = 1;
        answer = ask(search->host, &probe);
        reply = reply_of(answer, version, probe.hello.suites);
        search->waiting = search->waiting || reply == REPLY_PENDING;
    }
    search_see(search, answer, version, false);
    if (turned_away(reply) && named_is_answered(search, named, version, answer))
        evidence_add(search->host->scratch, &search->found->nameless_refused, answer->key);
}

static const struct version_found *highest_12(const struct version_found versions[VERSIONS])
{
    for (size_t i = VERSIONS; i-- > 1;)
        if (versions[i].accepted != NULL && versions[i].version <= TLS12)
            return &versions[i];
    return NULL;
}

static unsigned kinds_seen(struct search *search)
{
    unsigned seen = 0;
    for (size_t i = 0; i < search->found->count; i++)
        if (search->found->row[i].version == TLS12)
            seen |= 1u << key_kind_shown(search->host, search->found->row[i].answer);
    return seen;
}

// The suites show RSA and ECDSA keys, each by its name. Other kinds may hide behind them: `hidden`
// holds those that are looked for one by one unless they were seen.
static void search_12(struct search *search, const struct version_found versions[VERSIONS], unsigned hidden)
{
    struct host *host = search->host;
    const struct version_found *highest = highest_12(versions);
    for (size_t i = 0; i < VERSIONS; i++) {
        if (versions[i].accepted == NULL)
            continue;
        search_see(search, versions[i].accepted, versions[i].version,
                   versions[i].version > SSL3 && offer_has_name(host));
        look_whether_read(search, &versions[i]);
    }
    if (highest == NULL)
        return;
    const struct check *suites = check_find("suites");
    bool suites_run = host_runs(host, suites);
    if (suites_run && host_done(host, suites))
        see_suites(search, versions);
    search->waiting = search->waiting || (suites_run && !host_done(host, suites));
    bool hides = highest->version == TLS12 && (hidden & ~kinds_seen(search)) != 0;
    if (!suites_run || (host_done(host, suites) && hides))
        search_kinds_12(search, highest, !suites_run && highest->version == TLS12);
    if (!offer_has_name(host) || highest->version == SSL3)
        return;
    struct probe accepted; // but for the name nothing may differ
    answer_decode(highest->accepted, host->scratch, &accepted);
    search_nameless(search, &accepted.hello, highest->version);
}

enum progress sightings_find(struct host *host, struct sightings *found)
{
    struct search search = {.host = host, .found = found};
    struct version_found versions[VERSIONS];
    found->whole = fact_of(VERDICT_YES);
    if (search_is_few(host) && search_few(&search))
        return search.waiting ? WAIT : DONE;
    if (versions_accepted(host, versions) == WAIT)
        return WAIT;
    const struct version_found *newest = &versions[VERSIONS - 1];
    unsigned hidden = 1u << KIND_EDDSA | 1u << KIND_RSA_PSS;
    struct codes groups;
    if (newest->accepted != NULL && find_group(&search, newest, &groups)) {
        hidden &= search_kinds_13(&search, groups);
        struct hello hello = hello_13(host, groups, 0, 0);
        if (offer_has_name(host))
            search_nameless(&search, &hello, TLS13);
    }
    search_12(&search, versions, hidden);
    return search.waiting ? WAIT : DONE;
}
