// SPDX-License-Identifier: Apache-2.0
//
// Which signature schemes does the server sign its handshake with, and who chooses? RFC 5246 section
// 7.4.1.4.1 and RFC 8446 section 4.2.3 want it to use one that was offered; RFC 9155 deprecates MD5
// and SHA-1. Found by removal: in TLS 1.2 from ServerKeyExchange, for each type of authentication
// that the suites tell apart, since one suite wants one kind of key; in TLS 1.3 from CertificateVerify.
// Chains are kept out of it by signature_algorithms_cert, which always lists everything. Where a server has many suites
// of TLS 1.2 the first schemes are known from the questions about those (beside.c).
#include <string.h>

#include "base/arena.h"
#include "check/beside.h"
#include "check/farm.h"
#include "check/key_kind.h"
#include "check/offer.h"
#include "check/opening.h"
#include "check/removal.h"
#include "check/versions.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check signature_schemes_check;
const struct check signature_schemes_check = {
    .id = "signature_schemes",
    .question = "Which signature schemes does the server sign its handshake with, and who chooses?",
    .citations = "RFC 5246, RFC 8446, RFC 9155",
    .flags = CHECK_DEFAULT,
    .ahead = 1,
    .run = run,
};

enum { ALERT_INTERNAL_ERROR = 80 };

// Types of authentication that are asked about by themselves; TLS 1.3 has one for all.
static const enum authentication kinds_12[] = {AUTH_RSA, AUTH_ECDSA, AUTH_DSS};
enum { KINDS_12 = 3 };

// --- asking --------------------------------------------------------------------------------------

// In TLS 1.3 with a request for staples, as sighting.c asks for other kinds of key.
static struct hello hello_with(const struct removal *removal, struct codes list)
{
    struct hello hello = opening_hello(removal->host, removal->context);
    key_sign_with(&hello, list);
    if (removal->version == TLS13)
        hello.extensions |= HELLO_STATUS_REQUEST;
    return hello;
}

static enum reply reply(const struct removal *removal, const struct answer *answer, struct codes list)
{
    enum reply said = opening_reply(removal->context, answer);
    if (said != REPLY_ACCEPTED)
        return said;
    const struct flight *flight = answer->outcome->flight;
    // Some servers (JSSE) find out behind their certificate that they cannot sign.
    if (flight->scheme == 0 && flight->alert)
        return flight->alert_description == ALERT_INTERNAL_ERROR ? REPLY_CUT_OFF : REPLY_REFUSED;
    if (flight->scheme == 0)
        return answer->outcome->ended ? REPLY_CUT_OFF : REPLY_GARBLED;
    return codes_have(list, flight->scheme) ? REPLY_ACCEPTED : REPLY_LIED;
}

static uint16_t chosen(const struct flight *flight) { return flight->scheme; }

// "ecdsa_", "rsa_", "ed25519": schemes for one kind of key begin alike.
static bool same_key(uint16_t a, uint16_t b)
{
    const struct scheme *one = scheme_find(a), *other = scheme_find(b);
    return one != NULL && other != NULL && strncmp(one->name, other->name, 3) == 0;
}

// Some servers with two keys (JSSE) take the one that signed before as long as any scheme of its kind is
// left, and then cannot sign with it. So what is left for other kinds of key is asked alone.
static enum progress narrow_13(const struct removal *removal, const struct removal_found *found, struct codes rest,
                               struct codes *part)
{
    uint16_t *code = arena_array(removal->host->scratch, rest.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < rest.count; i++) {
        bool signed_for = false;
        for (size_t j = 0; j < found->count; j++)
            signed_for = signed_for || same_key(rest.code[i], found->choice[j].code);
        if (!signed_for)
            code[count++] = rest.code[i];
    }
    if (count != rest.count)
        *part = (struct codes){code, count};
    return DONE;
}

// Who signs with whatever code it is given cannot have signed so each time. Who signs with one of its own where nothing
// is shared has chosen all that came before.
static void describe_unasked(struct arena *arena, uint16_t offered, uint16_t used, struct fact *complete)
{
    const struct scheme *known = scheme_find(used);
    complete->verdict = VERDICT_UNKNOWN;
    complete->reason = used == offered ? "ignores_offer" : "scheme_not_offered";
    if (used == offered)
        complete->sentence = "the server signs whatever schemes it is offered, even one that does not exist";
    else
        complete->sentence =
            arena_text(arena, "where the server has nothing of what it is offered it signs all the same, with %s",
                       known == NULL ? "a scheme that is not in the registry" : known->name);
}

// A list of one code that nobody has: who signs all the same does not heed the list.
static enum progress ask_bogus(const struct removal *removal, struct fact *complete)
{
    static const uint16_t unassigned[] = {0x7777};
    struct host *host = removal->host;
    struct probe probe = {.hello = hello_with(removal, (struct codes){unassigned, 1})};
    const struct answer *answer = ask(host, &probe);
    enum reply said = opening_reply(removal->context, answer);
    if (said == REPLY_PENDING)
        return WAIT;
    evidence_add(host->scratch, &complete->evidence, answer->key);
    if (said == REPLY_ACCEPTED && answer->outcome->flight->scheme != 0)
        describe_unasked(host->scratch, unassigned[0], answer->outcome->flight->scheme, complete);
    return DONE;
}

// --- one list ------------------------------------------------------------------------------------

static bool refused_something(const struct removal_found *found)
{
    return found->complete.verdict == VERDICT_YES && found->count < found->asked.count;
}

static struct fact refused_all(struct fact complete)
{
    struct fact fact =
        fact_because(VERDICT_UNKNOWN, "refused",
                     "the server signs, and yet turns down hellos that only add signature_algorithms_cert");
    fact.evidence = complete.evidence;
    return fact;
}

// Where nothing was signed but what another check had asked for, the hello of this one must be answered too before its
// refusals count. TLS 1.3 knows what it adds.
static enum progress control_first(const struct removal *removal, struct removal_found *found)
{
    struct host *host = removal->host;
    if (removal->version == TLS13 || removal->first == NULL || found->count != 1 || !refused_something(found))
        return DONE;
    struct probe probe = {.hello = hello_with(removal, removal->asked)};
    const struct answer *answer = ask(host, &probe);
    enum reply said = reply(removal, answer, removal->asked);
    if (said == REPLY_PENDING)
        return WAIT;
    evidence_add(host->scratch, &found->complete.evidence, answer->key);
    if (said != REPLY_ACCEPTED)
        found->complete = refused_all(found->complete);
    return DONE;
}

// The answers that were signed already, the first of them to everything that is offered. sure: the host does sign with
// what is offered.
static enum progress find(struct host *host, const struct opening *opening, const struct beside_found *already,
                          bool sure, struct removal_found *found)
{
    const struct removal removal = {
        .host = host,
        .version = opening->version,
        .asked = offer_schemes,
        .first = already->count == 0 ? NULL : already->answer[0],
        .then = already->answer + 1,
        .then_count = already->count == 0 ? 0 : already->count - 1,
        .context = opening,
        .hello = hello_with,
        .reply = reply,
        .chosen = chosen,
        .control = removal_spare,
        .narrow = opening->version == TLS13 ? narrow_13 : NULL,
        .usual = opening->version == TLS13 ? &usual_schemes_13 : &usual_schemes_12,
        .repeated = "scheme_repeated",
    };
    if (removal_find(&removal, found) == WAIT)
        return WAIT;
    if (found->complete.reason != NULL && strcmp(found->complete.reason, "version_not_offered") == 0) {
        found->complete.reason = "scheme_not_offered";
        found->complete.sentence = "the server signed with a scheme that was not offered";
    }
    if (found->count == 0 && found->complete.verdict == VERDICT_YES && sure)
        found->complete = refused_all(found->complete);
    if (control_first(&removal, found) == WAIT)
        return WAIT;
    if (found->count == 0 || refused_something(found))
        return DONE;
    return ask_bogus(&removal, &found->complete);
}

// --- TLS 1.2 -------------------------------------------------------------------------------------

static bool signed_already(const struct answer *answer)
{
    return codes_have(offer_schemes, answer->outcome->flight->scheme);
}

static struct beside_found only(const struct answer *answer)
{
    bool is_signed = answer != NULL && signed_already(answer);
    return (struct beside_found){{is_signed ? answer : NULL}, is_signed ? 1 : 0};
}

static bool fits(uint16_t code, enum authentication kind)
{
    const struct suite *suite = suite_find(code);
    return suite != NULL && suite->auth == kind && (suite->kx == KX_DHE || suite->kx == KX_ECDHE);
}

// Those of a list that are signed with a kind of key.
static struct codes fitting(struct arena *arena, struct codes codes, enum authentication kind)
{
    uint16_t *code = arena_array(arena, codes.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < codes.count; i++)
        if (fits(codes.code[i], kind))
            code[count++] = codes.code[i];
    return (struct codes){code, count};
}

// The suites of TLS 1.2 as far as they are known, where they are looked for.
struct all_suites {
    bool asked;
    enum progress progress;
    struct removal_found found;
};

static struct all_suites find_suites(struct host *host, const struct version_found *version)
{
    struct all_suites all = {.asked = host_runs(host, check_find("suites")), .progress = DONE};
    if (all.asked)
        all.progress = suites_find(host, version, &all.found);
    else
        all.found.complete = fact_of(VERDICT_YES);
    return all;
}

// The suites to ask about a kind of key with: the likely ones, as soon as one of them was accepted, else
// those that the host was found to accept. WAIT: it may still come.
static enum progress narrow(struct host *host, const struct all_suites *all, enum authentication kind,
                            struct codes *suites)
{
    *suites = fitting(host->scratch, offer_likely(TLS12), kind);
    if (!all->asked || removal_has_one(&all->found, *suites))
        return DONE;
    *suites = fitting(host->scratch, removal_codes(host->scratch, &all->found), kind);
    return all->progress;
}

// Where the full list of suites was turned down the first answer is one to few schemes as well.
static bool offered_all(const struct version_found *version, const struct answer *answer)
{
    return !version->full_refused || answer != version->accepted;
}

// An answer that is one of its choices already: the first of the version, or one by which a suite was found.
static const struct answer *first_of(const struct version_found *version, const struct all_suites *all,
                                     struct codes suites)
{
    if (offered_all(version, version->accepted) && codes_have(suites, version->accepted->outcome->flight->suite))
        return version->accepted;
    for (size_t i = 0; i < suites.count && all->asked; i++)
        for (size_t j = 0; j < all->found.count; j++)
            if (all->found.choice[j].code == suites.code[i] && offered_all(version, all->found.choice[j].answer) &&
                signed_already(all->found.choice[j].answer))
                return all->found.choice[j].answer;
    return NULL;
}

// The list for one kind of key.
static enum progress find_kind(struct host *host, const struct version_found *version, const struct all_suites *all,
                               enum authentication kind, struct removal_found *found)
{
    struct opening opening;
    found->complete = fact_of(VERDICT_YES);
    if (opening_12(host, &opening) == WAIT || narrow(host, all, kind, &opening.suites) == WAIT)
        return WAIT;
    if (opening.suites.count == 0)
        return DONE;
    struct beside_found already = {.count = 0};
    if (all->asked && beside_find(&all->found, kind, &already) == WAIT)
        return WAIT;
    if (already.count < 2)
        already = only(first_of(version, all, opening.suites));
    return find(host, &opening, &already, all->asked, found);
}

static enum progress find_13(struct host *host, struct opening *opening, struct removal_found *found)
{
    if (opening_13(host, opening) == WAIT)
        return WAIT;
    if (opening->version == 0)
        return DONE;
    struct beside_found already = only(opening->answer);
    return find(host, opening, &already, true, found);
}

static const struct version_found *version_12(const struct version_found versions[VERSIONS])
{
    return &versions[VERSIONS - 2];
}

// --- rows ----------------------------------------------------------------------------------------

// Whether two kinds of key are chosen for in the same way.
static struct preference_fact joined(const struct preference_fact *a, const struct preference_fact *b)
{
    if (a->preference == PREFERENCE_SINGLE || a->preference == b->preference)
        return *b;
    if (b->preference == PREFERENCE_SINGLE)
        return *a;
    struct preference_fact both = *a;
    both.preference = PREFERENCE_UNKNOWN;
    both.reason = "by_authentication";
    both.sentence = "who chooses is not the same for each type of key";
    return both;
}

static void add_schemes(struct host *host, struct facts *facts, const struct removal_found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct evidence evidence = {0};
        evidence_add(host->scratch, &evidence, found->choice[i].answer->key);
        const struct scheme_fact row = {
            .code = found->choice[i].code,
            .version = found->version,
            .order = found->ordered ? (unsigned)i + 1 : 0,
            .evidence = evidence_keep(&host->facts_memory, evidence),
        };
        scheme_add(&host->facts_memory, facts, &row);
    }
}

// One list of a version, from those of each kind of key. Where not every suite is known, there may be
// kinds that were not looked for.
static void add_list(struct host *host, struct facts *facts, uint16_t version, const struct removal_found *found,
                     size_t count, const struct fact *suites_whole)
{
    struct list_fact list = {.kind = LIST_SIGNATURE_SCHEMES, .version = version};
    list.offered = (unsigned)offer_schemes.count;
    list.complete = fact_of(VERDICT_YES);
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (found[i].count == 0 && found[i].complete.verdict == VERDICT_YES)
            continue;
        add_schemes(host, facts, &found[i]);
        struct evidence evidence = list.complete.evidence;
        if (list.complete.verdict == VERDICT_YES)
            list.complete = found[i].complete;
        for (size_t j = 0; j < evidence.count; j++)
            evidence_add(host->scratch, &list.complete.evidence, evidence.key[j]);
        for (size_t j = 0; j < found[i].complete.evidence.count; j++)
            evidence_add(host->scratch, &list.complete.evidence, found[i].complete.evidence.key[j]);
        struct preference_fact one = removal_preference_spared(host->scratch, &found[i]);
        list.preference = first ? one : joined(&list.preference, &one);
        first = false;
    }
    if (suites_whole->verdict != VERDICT_YES && list.complete.verdict == VERDICT_YES)
        list.complete = *suites_whole;
    else if (first)
        list.complete = fact_because(VERDICT_NOT_APPLICABLE, "no_signature",
                                     "no suite is accepted in which the server signs the handshake");
    farm_settle_yes(host, &list.complete);
    list.preference.version = version;
    list.preference.evidence = evidence_keep(&host->facts_memory, list.preference.evidence);
    list.complete = fact_keep(&host->facts_memory, list.complete);
    list_add(&host->facts_memory, facts, &list);
}

static void add_unopened(struct host *host, struct facts *facts, const struct opening *opening)
{
    if (opening->fact.verdict == VERDICT_NOT_APPLICABLE)
        return;
    struct list_fact list = {.kind = LIST_SIGNATURE_SCHEMES, .version = TLS13, .preference = {.version = TLS13}};
    list.complete = fact_keep(&host->facts_memory, opening->fact);
    list_add(&host->facts_memory, facts, &list);
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct version_found versions[VERSIONS];
    struct removal_found found_12[KINDS_12] = {{0}}, found_13 = {0};
    struct opening opening_of_13;
    struct all_suites all = {.progress = DONE};
    enum progress progress = versions_accepted(host, versions);
    const struct version_found *twelve = version_12(versions);
    if (find_13(host, &opening_of_13, &found_13) == WAIT)
        progress = WAIT;
    bool has_12 = twelve->settled && twelve->accepted != NULL;
    if (has_12)
        all = find_suites(host, twelve);
    for (size_t i = 0; i < KINDS_12 && has_12; i++)
        if (find_kind(host, twelve, &all, kinds_12[i], &found_12[i]) == WAIT)
            progress = WAIT;
    if (all.progress == WAIT)
        progress = WAIT;
    if (progress == WAIT)
        return WAIT;
    if (has_12)
        add_list(host, facts, TLS12, found_12, KINDS_12, &all.found.complete);
    if (opening_of_13.version != 0)
        add_list(host, facts, TLS13, &found_13, 1, &found_13.complete);
    else
        add_unopened(host, facts, &opening_of_13);
    return DONE;
}
