// SPDX-License-Identifier: Apache-2.0
//
// Groups by removal. Up to TLS 1.2 only suites that need a group are offered, so that a refusal
// speaks of groups: the ServerKeyExchange of an ECDHE suite names the curve. In TLS 1.3 an empty
// key_share list is answered with a HelloRetryRequest that names the group and costs neither side
// a key, so that groups which nobody here can compute are found as well. A group counts if the
// server has named it and it was offered. Where the last refusal does not prove that the server reads the
// list, the control is a list of one group that does not exist: a server that goes on with it takes no notice.
//
// DHE names no group. RFC 7919 lets a client list some, and a server that knows of that answers
// with the prime of one, or not with DHE at all; every other server answers with a prime of its
// own, which says nothing of groups.
#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/groups.h"
#include "wire/certificate.h"
#include "wire/prime.h"

enum { ALERT_INTERNAL_ERROR = 80 };

#define MADE_UP 0x2B2B // unassigned, neither GREASE nor for private use, and 0x2B and 0x002B are free too

// --- the question --------------------------------------------------------------------------------

static struct hello hello_with(const struct removal *removal, struct codes list)
{
    const struct codes *suites = removal->context;
    struct hello hello = offer_hello(removal->host, removal->host->scratch, removal->version, *suites);
    hello.groups = list;
    return hello;
}

static uint16_t named_group(const struct flight *flight) { return flight->group; }

static uint16_t group_of_prime(const struct flight *flight) { return prime_group(flight->shown->dh_prime); }

// OpenSSL with a pre-shared key chooses the suite first, and finds behind its ServerHello that there is no curve. An
// internal_error is no word about groups: it may have had one that it could not use.
static bool turned_down_late(const struct flight *flight)
{
    return flight->alert && flight->alert_description != ALERT_INTERNAL_ERROR;
}

// A HelloRetryRequest that names no group is how some servers say that they have none of the list.
static enum reply reply_named(const struct removal *removal, const struct answer *answer, struct codes list)
{
    const struct codes *suites = removal->context;
    enum reply reply = reply_of(answer, removal->version, *suites);
    if (reply != REPLY_ACCEPTED)
        return reply;
    const struct flight *flight = answer->outcome->flight;
    if (flight->group == 0)
        return flight->retry || turned_down_late(flight) ? REPLY_REFUSED : REPLY_GARBLED;
    return codes_have(list, flight->group) ? REPLY_ACCEPTED : REPLY_LIED;
}

// A prime of the server's own is how servers that know nothing of RFC 7919 turn the list down; the
// prime of a group that is not in the list shows that they do not read it.
static enum reply reply_finite(const struct removal *removal, const struct answer *answer, struct codes list)
{
    const struct codes *suites = removal->context;
    enum reply reply = reply_of(answer, removal->version, *suites);
    if (reply != REPLY_ACCEPTED)
        return reply;
    const struct flight *flight = answer->outcome->flight;
    if (flight->shown->dh_prime.size == 0)
        return REPLY_GARBLED;
    uint16_t group = group_of_prime(flight);
    return group == 0 ? REPLY_REFUSED : codes_have(list, group) ? REPLY_ACCEPTED : REPLY_LIED;
}

// --- the version ---------------------------------------------------------------------------------

static struct version_found none(const struct version_found *version)
{
    struct version_found nothing = {.fact = version->fact};
    return nothing;
}

// The version itself, or up to TLS 1.2 the highest that can carry a list of groups.
static enum progress find_version(struct host *host, uint16_t newest, struct version_found *found)
{
    struct version_found versions[VERSIONS];
    versions_find(host, versions);
    uint16_t oldest = newest == TLS13 ? TLS13 : TLS10;
    const struct version_found *unknown = NULL;
    for (size_t i = VERSIONS; i-- > 0;) {
        const struct version_found *version = &versions[i];
        if (version->version > newest || version->version < oldest)
            continue;
        if (!version->settled)
            return WAIT;
        *found = *version;
        if (version->accepted != NULL)
            return DONE;
        if (version->fact.verdict != VERDICT_NO && unknown == NULL)
            unknown = version;
        *found = none(unknown == NULL ? version : unknown);
    }
    return DONE;
}

static void tell_no_version(uint16_t newest, struct groups_found *found)
{
    if (found->version.fact.verdict == VERDICT_UNKNOWN) {
        found->complete = found->version.fact;
        return;
    }
    found->complete =
        newest == TLS13
            ? fact_because(VERDICT_NOT_APPLICABLE, "no_tls13", "the server does not have TLS 1.3")
            : fact_because(VERDICT_NOT_APPLICABLE, "no_tls12", "the server has no version from TLS 1.0 to TLS 1.2");
    found->complete.evidence = found->version.fact.evidence;
}

// --- the lists -----------------------------------------------------------------------------------

// The curve of the certificate, 0 for other keys: without it in the list, a server with that
// certificate alone has nothing to sign with (RFC 8422 section 5.1), whatever it agrees on.
static uint16_t curve_of_certificate(struct host *host, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    if (flight->version == TLS13 || flight->shown->certificate_count == 0)
        return 0;
    struct key_facts leaf = certificate_key(host->scratch, flight->shown->certificates[0]);
    for (size_t i = 0; leaf.curve != NULL && i < group_count(); i++)
        if (strcmp(group_at(i)->name, leaf.curve) == 0)
            return group_at(i)->code;
    return 0;
}

// The groups of a version that are finite fields, or are not; `last` moved to the end, so that it
// is not taken out before the others were seen.
static struct codes groups_where(struct host *host, uint16_t version, bool finite, uint16_t last)
{
    struct codes all = offer_groups(version);
    uint16_t *code = arena_array(host->scratch, all.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++) {
        const struct group *group = group_find(all.code[i]);
        bool field = group != NULL && group->kind == GROUP_FFDHE;
        if (field == finite && all.code[i] != last)
            code[count++] = all.code[i];
    }
    if (last != 0 && !finite && codes_have(all, last))
        code[count++] = last;
    return (struct codes){code, count};
}

// The long list, unless the host is known to turn that down.
static struct codes suites_for(const struct host *host, const struct version_found *version)
{
    return version->full_refused ? offer_likely(version->version) : offer_suites(host, version->version);
}

// The first answer of the version has offered the whole list: what it named starts the chain.
static const struct answer *first_of(const struct version_found *version, struct codes list, uint16_t last)
{
    const struct flight *flight = version->accepted->outcome->flight;
    const struct suite *suite = suite_find(flight->suite);
    bool names = version->version == TLS13 || (suite != NULL && suite->kx == KX_ECDHE);
    bool named = names && flight->group != 0 && flight->group != last && codes_have(list, flight->group);
    return named ? version->accepted : NULL;
}

// What the server does with a list of one group that does not exist.
enum heed {
    HEED_YES,     // refuses it
    HEED_NO,      // goes on without regard to the list
    HEED_ANY,     // goes on with that very group
    HEED_UNCLEAR, // did not say anything that could not be the network's doing
};

static enum heed heed_of(const struct groups_found *found, const struct removal *removal, struct codes list)
{
    const struct outcome *outcome = found->made_up->outcome;
    enum reply reply = removal->reply(removal, found->made_up, list);
    if (reply == REPLY_ACCEPTED)
        return HEED_ANY;
    if (outcome->kind == OUTCOME_REPLIED)
        return reply == REPLY_REFUSED && !outcome->flight->retry ? HEED_YES : HEED_NO;
    return reply == REPLY_REFUSED || reply == REPLY_VERSION_REFUSED ? HEED_YES : HEED_UNCLEAR;
}

static const char *sentence_of(const struct answer *answer, enum heed heed)
{
    if (heed == HEED_ANY)
        return "the server accepted a group that does not exist: its choices prove nothing";
    if ((answer->outcome->flight->faults & FAULT_RETRY_WITHOUT_GROUP) != 0)
        return "the server answers a list without any group that exists with a HelloRetryRequest that names none: "
               "what it does not name it may still have";
    return "the server went on although no group that exists was offered: it takes no notice of the list";
}

// Asks the control. WAIT: its answer is missing.
static enum progress ask_made_up(struct host *host, const struct removal *removal, struct groups_found *found,
                                 enum heed *heed)
{
    static const uint16_t code[] = {MADE_UP};
    const struct codes list = {code, 1};
    struct probe probe = {.hello = hello_with(removal, list)};
    found->made_up = ask(host, &probe);
    if (found->made_up->outcome == NULL)
        return WAIT;
    *heed = heed_of(found, removal, list);
    if (*heed == HEED_ANY || *heed == HEED_NO)
        found->complete = fact_because(VERDICT_UNKNOWN, "ignores_offer", sentence_of(found->made_up, *heed));
    return DONE;
}

// A list that was refused with an alert, and accepted again with known groups behind it, shows as much as the control.
static bool takes_notice(const struct removal_found *list)
{
    return list->complete.verdict == VERDICT_YES && list->count != 0 && list->count < list->asked.count &&
           !list->refused_in_flight;
}

// Where there is neither, the server may be one that takes anything.
static void distrust(struct removal_found *list)
{
    if (list->complete.verdict == VERDICT_YES && list->count < list->asked.count)
        return;
    list->count = 0;
    if (list->complete.verdict == VERDICT_YES)
        list->complete = fact_because(VERDICT_UNKNOWN, "no_control",
                                      "a list of one group that does not exist was neither accepted nor refused");
}

// Reasons that speak of suites, or of nothing, said in terms of groups.
static void name_reason(struct removal_found *list)
{
    struct fact *complete = &list->complete;
    if (complete->verdict == VERDICT_UNKNOWN && strcmp(complete->reason, "replied") == 0) {
        complete->reason = "no_group_named";
        complete->sentence = "the server chose a suite, but the message that names its group did not come";
    }
}

// Where nothing was accepted a suite that was accepted before must be accepted once more, unless the refusal was a
// ServerHello: a server that has had enough of us turns everything down.
static enum progress control_nothing(const struct removal *removal, const struct version_found *version,
                                     struct removal_found *list)
{
    struct host *host = removal->host;
    if (list->count != 0 || list->complete.verdict != VERDICT_YES)
        return DONE;
    struct probe refused = {.hello = hello_with(removal, removal->asked)};
    const struct answer *refusal = ask(host, &refused);
    if (removal->reply(removal, refusal, removal->asked) != REPLY_CUT_OFF && refusal->outcome->kind != OUTCOME_ALERT)
        return DONE;
    uint16_t *suite = arena_array(host->scratch, 1, sizeof *suite);
    *suite = version->accepted->outcome->flight->suite;
    const struct codes suites = {suite, 1};
    struct probe probe = {.hello = offer_hello(host, host->scratch, removal->version, suites)};
    probe.sample = canary_sample(refusal);
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, removal->version, suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    evidence_add(host->scratch, &list->complete.evidence, answer->key);
    if (reply != REPLY_ACCEPTED)
        reply_doubt(host->scratch, answer, reply,
                    "the list was turned down, and then a ClientHello like one that had been answered",
                    &list->complete);
    return DONE;
}

// Where suites without a pre-shared key were all turned down: those that agree on a curve beside one, as far as suites
// are looked for.
static enum progress keyed_suites(struct host *host, const struct groups_found *found, struct codes *suites)
{
    struct removal_found all;
    bool refused = found->named.count == 0 && found->named.complete.verdict == VERDICT_YES;
    if (!refused || found->version.version == TLS13 || !host_runs(host, check_find("suites")))
        return DONE;
    enum progress progress = suites_find(host, &found->version, &all);
    *suites = offer_exchange(host, removal_codes(host->scratch, &all), KX_ECDHE_PSK);
    return progress;
}

static enum progress find_named(struct host *host, struct groups_found *found)
{
    uint16_t version = found->version.version;
    uint16_t last = curve_of_certificate(host, found->version.accepted);
    struct codes all = suites_for(host, &found->version);
    struct codes suites = version == TLS13 ? all : offer_exchange(host, all, KX_ECDHE);
    struct codes keyed = {NULL, 0};
    struct codes list = version == TLS13 ? offer_groups(TLS13) : groups_where(host, version, false, last);
    struct removal removal = {
        .host = host,
        .version = version,
        .asked = list,
        .first = first_of(&found->version, list, last),
        .context = &suites,
        .hello = hello_with,
        .reply = reply_named,
        .chosen = named_group,
        .usual = &usual_groups,
        .repeated = "group_repeated",
    };
    found->offered += (unsigned)list.count;
    if (removal_find(&removal, &found->named) == WAIT || keyed_suites(host, found, &keyed) == WAIT)
        return WAIT;
    if (keyed.count != 0) {
        removal.first = NULL;
        removal.context = &keyed;
        if (removal_find(&removal, &found->named) == WAIT)
            return WAIT;
    }
    enum heed heed = HEED_YES;
    if (!takes_notice(&found->named) && ask_made_up(host, &removal, found, &heed) == WAIT)
        return WAIT;
    if (heed == HEED_ANY) {
        found->named = (struct removal_found){.version = version, .asked = list, .complete = found->complete};
        return DONE;
    }
    if (heed == HEED_UNCLEAR)
        distrust(&found->named);
    name_reason(&found->named);
    return control_nothing(&removal, &found->version, &found->named);
}

// The server chose a prime again that was not offered any more: it is its own, and the list was
// never looked at.
static bool ignored_list(const struct removal_found *finite)
{
    const struct fact *complete = &finite->complete;
    return finite->count != 0 && complete->verdict == VERDICT_UNKNOWN &&
           strcmp(complete->reason, "group_repeated") == 0;
}

// Whether there is a suite with DHE to ask with, as far as suites are looked for: a server without any has no list to
// take notice of.
static enum progress lacks_dhe(struct host *host, struct groups_found *found, bool *lacks)
{
    struct removal_found all;
    *lacks = false;
    if (!host_runs(host, check_find("suites")))
        return DONE;
    enum progress progress = suites_find(host, &found->version, &all);
    if (offer_exchange(host, removal_codes(host->scratch, &all), KX_DHE).count != 0)
        return DONE;
    *lacks = progress == DONE && all.complete.verdict == VERDICT_YES;
    if (*lacks)
        found->finite = (struct removal_found){.version = found->version.version, .complete = all.complete};
    return progress;
}

static enum progress find_finite(struct host *host, struct groups_found *found)
{
    uint16_t version = found->version.version;
    bool lacks;
    if (lacks_dhe(host, found, &lacks) == WAIT)
        return WAIT;
    if (lacks)
        return DONE;
    struct codes suites = offer_exchange(host, suites_for(host, &found->version), KX_DHE);
    const struct removal removal = {
        .host = host,
        .version = version,
        .asked = groups_where(host, version, true, 0),
        .context = &suites,
        .hello = hello_with,
        .reply = reply_finite,
        .chosen = group_of_prime,
        .repeated = "group_repeated",
    };
    found->offered += (unsigned)removal.asked.count;
    if (removal_find(&removal, &found->finite) == WAIT)
        return WAIT;
    name_reason(&found->finite);
    if (ignored_list(&found->finite))
        found->finite.complete = (struct fact){.verdict = VERDICT_YES, .evidence = found->finite.complete.evidence};
    else if (found->finite.complete.verdict == VERDICT_YES)
        return control_nothing(&removal, &found->version, &found->finite);
    found->finite.count = 0; // not one of them is proven unless the list was taken notice of
    return DONE;
}

// --- both ----------------------------------------------------------------------------------------

static void settle(struct host *host, struct groups_found *found)
{
    struct evidence evidence = found->named.complete.evidence;
    if (found->complete.verdict != VERDICT_UNKNOWN || found->complete.reason == NULL)
        found->complete = found->named.complete;
    if (found->complete.verdict == VERDICT_YES && found->finite.complete.reason != NULL)
        found->complete = found->finite.complete;
    for (size_t i = 0; i < found->finite.complete.evidence.count; i++)
        evidence_add(host->scratch, &evidence, found->finite.complete.evidence.key[i]);
    if (found->made_up != NULL)
        evidence_add(host->scratch, &evidence, found->made_up->key);
    evidence_add(host->scratch, &evidence, found->version.accepted->key);
    found->complete.evidence = evidence;
}

enum progress groups_find(struct host *host, uint16_t version, struct groups_found *found)
{
    *found = (struct groups_found){0};
    if (find_version(host, version, &found->version) == WAIT)
        return WAIT;
    if (found->version.version == 0) {
        farm_settle(host, &found->version.fact);
        tell_no_version(version, found);
        return DONE;
    }
    enum progress progress = find_named(host, found);
    if (version != TLS13 && find_finite(host, found) == WAIT)
        progress = WAIT;
    if (progress == DONE)
        settle(host, found);
    return progress;
}
