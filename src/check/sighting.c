// SPDX-License-Identifier: Apache-2.0
//
// Asks for certificates. A server with several picks one by what the client can verify, so the
// kinds of key are found as suites are: take away the signature schemes of the kind that was
// shown, and ask again until it refuses or repeats itself.
#include "check/sighting.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/opening.h"

#define KINDS 8 // kinds of key looked for on one version

struct search {
    struct host *host;
    struct sightings *found;
    bool waiting;
};

static void see(struct search *search, const struct answer *answer, uint16_t version, bool sni)
{
    struct sightings *found = search->found;
    const struct outcome *outcome = answer->outcome;
    if (outcome == NULL || outcome->kind != OUTCOME_REPLIED || outcome->flight->certificate_count == 0)
        return;
    for (size_t i = 0; i < found->count; i++)
        if (found->row[i].answer == answer)
            return;
    if (found->count < SIGHTINGS)
        found->row[found->count++] = (struct sighting){answer, version, sni};
}

static void leave_unknown(struct search *search, const char *reason, const char *sentence)
{
    if (search->found->whole.verdict == VERDICT_YES)
        search->found->whole = fact_because(VERDICT_UNKNOWN, reason, sentence);
}

// --- kinds of key --------------------------------------------------------------------------------

enum key_kind {
    KIND_OTHER,
    KIND_RSA,
    KIND_RSA_PSS,
    KIND_ECDSA,
    KIND_EDDSA,
    KIND_DSA,
    KIND_GOST,
    KIND_ML_DSA,
    KIND_SM2
};

static enum key_kind kind_of_scheme(uint16_t code)
{
    const struct scheme *scheme = scheme_find(code);
    if (scheme == NULL)
        return KIND_OTHER;
    static const struct {
        const char *prefix;
        enum key_kind kind;
    } kinds[] = {
        {"rsa_pss_pss_", KIND_RSA_PSS},
        {"rsa_", KIND_RSA},
        {"ecdsa_", KIND_ECDSA},
        {"ed", KIND_EDDSA},
        {"dsa_", KIND_DSA},
        {"gost", KIND_GOST},
        {"mldsa", KIND_ML_DSA},
        {"sm2", KIND_SM2},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(scheme->name, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].kind;
    return KIND_OTHER;
}

static enum key_kind kind_of_key(const char *type)
{
    static const struct {
        const char *type;
        enum key_kind kind;
    } kinds[] = {
        {"RSA-PSS", KIND_RSA_PSS}, {"RSA", KIND_RSA},   {"EC", KIND_ECDSA},      {"Ed", KIND_EDDSA},
        {"DSA", KIND_DSA},         {"GOST", KIND_GOST}, {"ML-DSA", KIND_ML_DSA}, {"SM2", KIND_SM2},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(type, kinds[i].type, strlen(kinds[i].type)) == 0)
            return kinds[i].kind;
    return KIND_OTHER;
}

// The signature over the handshake tells the kind of key, and so does the suite up to TLS 1.1; the
// certificate itself is read only where neither does.
static enum key_kind leaf_kind(struct host *host, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    if (flight->scheme != 0)
        return kind_of_scheme(flight->scheme);
    const struct suite *suite = suite_find(flight->suite);
    if (suite != NULL && flight->version < TLS12) {
        if (suite->auth == AUTH_RSA)
            return KIND_RSA;
        if (suite->auth == AUTH_ECDSA)
            return KIND_ECDSA;
        if (suite->auth == AUTH_DSS)
            return KIND_DSA;
    }
    struct certificate leaf;
    certificate_read(host->scratch, flight->certificates[0], &leaf);
    return kind_of_key(leaf.key_type == NULL ? "" : leaf.key_type);
}

// The schemes of kinds that are not in the set `seen`. RSA PKCS #1 stays in TLS 1.3, where it can
// sign certificates alone: a server that reads no signature_algorithms_cert may need it for its chain.
static struct codes narrowed(struct arena *arena, unsigned seen, uint16_t version)
{
    uint16_t *code = arena_array(arena, offer_schemes.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < offer_schemes.count; i++) {
        const struct scheme *scheme = scheme_find(offer_schemes.code[i]);
        enum key_kind kind = kind_of_scheme(offer_schemes.code[i]);
        bool chain_only = version == TLS13 && kind == KIND_RSA && !scheme->tls13;
        if ((seen >> kind & 1) == 0 || chain_only)
            code[count++] = offer_schemes.code[i];
    }
    return (struct codes){code, count};
}

// Narrows what may sign the handshake, and nothing else: a chain may be signed by other kinds of key.
static void take_away(struct arena *arena, struct hello *hello, unsigned seen, uint16_t version)
{
    hello->schemes = narrowed(arena, seen, version);
    if (seen == 0)
        return;
    hello->extensions |= HELLO_SIGNATURE_ALGORITHMS_CERT;
    hello->certificate_schemes = offer_schemes;
}

// Whether a refusal of narrower schemes ends the search: the host has no other kind of key. What is
// cut off must be confirmed, and what is not answered tells nothing.
static void end_search(struct search *search, const struct opening *opening, const struct hello *hello,
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
        leave_unknown(search, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
    else if (opening_confirm(host, opening, hello, answer, &held, &why) == WAIT)
        search->waiting = true;
    else if (!held)
        leave_unknown(search, why.reason, why.sentence);
}

// --- up to TLS 1.2 -------------------------------------------------------------------------------

// Suites whose key exchange is signed with the certificate's key; before TLS 1.2 the kinds of key
// that were seen are told apart by the suite.
static bool signed_suite(const struct suite *suite, uint16_t version, unsigned seen)
{
    bool ephemeral = suite->kx == KX_DHE || suite->kx == KX_ECDHE;
    switch (suite->auth) {
    case AUTH_RSA:
        return version < TLS12 ? (seen >> KIND_RSA & 1) == 0 : ephemeral;
    case AUTH_ECDSA:
        return version < TLS12 ? (seen >> KIND_ECDSA & 1) == 0 : ephemeral;
    case AUTH_DSS:
        return (seen >> KIND_DSA & 1) == 0;
    case AUTH_GOST:
        return (seen >> KIND_GOST & 1) == 0;
    default:
        return false;
    }
}

static struct codes signed_suites(struct host *host, uint16_t version, unsigned seen)
{
    struct codes likely = offer_likely(version);
    uint16_t *code = arena_array(host->scratch, likely.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < likely.count; i++)
        if (signed_suite(suite_find(likely.code[i]), version, seen))
            code[count++] = likely.code[i];
    return (struct codes){code, count};
}

// Every kind of key of one version, beginning from an answer that showed one.
static void search_kinds_12(struct search *search, const struct version_found *version)
{
    struct host *host = search->host;
    struct opening opening;
    if (opening_12(host, &opening) == WAIT) {
        search->waiting = true;
        return;
    }
    const struct answer *answer = version->accepted;
    unsigned seen = 0;
    for (unsigned i = 0; i < KINDS && answer->outcome->flight->certificate_count != 0; i++) {
        unsigned kind = 1u << leaf_kind(host, answer);
        if ((seen & kind) != 0)
            return;
        seen |= kind;
        struct probe probe = {
            .hello = offer_hello(host, host->scratch, version->version, signed_suites(host, version->version, seen))};
        if (version->version >= TLS12)
            take_away(host->scratch, &probe.hello, seen, version->version);
        if (probe.hello.suites.count == 0)
            return;
        answer = ask(host, &probe);
        enum reply reply = reply_of(answer, version->version, probe.hello.suites);
        if (reply != REPLY_ACCEPTED) {
            end_search(search, &opening, &probe.hello, answer, reply);
            return;
        }
        see(search, answer, version->version, offer_has_name(host));
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
            see(search, found.choice[row].answer, versions[i].version, offer_has_name(search->host));
    }
}

// --- TLS 1.3 -------------------------------------------------------------------------------------

// The hello that opens TLS 1.3, without the kinds of key that were seen.
static struct hello hello_13(struct host *host, struct codes groups, unsigned seen)
{
    struct hello hello = opening_hello_13(host, groups);
    take_away(host->scratch, &hello, seen, TLS13);
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
        leave_unknown(search, why.reason, why.sentence);
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
    for (unsigned i = 0; i < KINDS; i++) {
        struct hello hello = hello_13(host, groups, seen);
        enum reply reply;
        const struct answer *answer = ask_13(search, &hello, &reply);
        bool bare = reply == REPLY_ACCEPTED && answer->outcome->flight->certificate_count == 0;
        bool failed = bare && i > 0 && answer->outcome->flight->alert; // it looked for another certificate
        if (bare && !failed)
            leave_unknown(search, "unreadable", "the certificates of TLS 1.3 could not be read");
        else if (reply != REPLY_ACCEPTED && i == 0 && reply != REPLY_PENDING)
            leave_unknown(search, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
        else if (reply != REPLY_ACCEPTED)
            end_search(search, &opening, &hello, answer, reply);
        if (reply != REPLY_ACCEPTED || bare)
            return seen;
        see(search, answer, TLS13, offer_has_name(host));
        unsigned kind = 1u << leaf_kind(host, answer);
        if ((seen & kind) != 0)
            return seen;
        seen |= kind;
    }
    return seen;
}

// --- without a server name -----------------------------------------------------------------------

static void search_nameless(struct search *search, const struct hello *named, uint16_t version)
{
    struct probe probe = {.hello = *named};
    probe.hello.extensions &= ~(uint32_t)HELLO_SERVER_NAME;
    probe.hello.server_name = NULL;
    const struct answer *answer = ask(search->host, &probe);
    enum reply reply = reply_of(answer, version, probe.hello.suites);
    if (reply == REPLY_PENDING)
        search->waiting = true;
    if (reply == REPLY_CUT_OFF) { // once may be chance
        probe.sample = 1;
        answer = ask(search->host, &probe);
        reply = reply_of(answer, version, probe.hello.suites);
        search->waiting = search->waiting || reply == REPLY_PENDING;
    }
    see(search, answer, version, false);
    if (reply == REPLY_REFUSED || reply == REPLY_CUT_OFF || reply == REPLY_VERSION_REFUSED)
        search->found->nameless_refused = answer;
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
            seen |= 1u << leaf_kind(search->host, search->found->row[i].answer);
    return seen;
}

// The suites show RSA and ECDSA keys, each by its name. Other kinds may hide behind them: `hidden`
// holds those that are looked for one by one unless they were seen.
static void search_12(struct search *search, const struct version_found versions[VERSIONS], unsigned hidden)
{
    struct host *host = search->host;
    const struct version_found *highest = highest_12(versions);
    for (size_t i = 0; i < VERSIONS; i++)
        if (versions[i].accepted != NULL)
            see(search, versions[i].accepted, versions[i].version, versions[i].version > SSL3 && offer_has_name(host));
    if (highest == NULL)
        return;
    const struct check *suites = check_find("suites");
    bool suites_run = host_runs(host, suites);
    if (suites_run && host_done(host, suites))
        see_suites(search, versions);
    search->waiting = search->waiting || (suites_run && !host_done(host, suites));
    bool hides = highest->version == TLS12 && (hidden & ~kinds_seen(search)) != 0;
    if (!suites_run || (host_done(host, suites) && hides))
        search_kinds_12(search, highest);
    if (!offer_has_name(host) || highest->version == SSL3)
        return;
    struct hello hello = highest->full_refused
                             ? offer_hello(host, host->scratch, highest->version, offer_likely(highest->version))
                             : offer_first(host, host->scratch, highest->version);
    search_nameless(search, &hello, highest->version);
}

enum progress sightings_find(struct host *host, struct sightings *found)
{
    struct search search = {.host = host, .found = found};
    struct version_found versions[VERSIONS];
    found->whole = fact_of(VERDICT_YES);
    if (versions_accepted(host, versions) == WAIT)
        return WAIT;
    const struct version_found *newest = &versions[VERSIONS - 1];
    unsigned hidden = 1u << KIND_EDDSA | 1u << KIND_RSA_PSS;
    struct codes groups;
    if (newest->accepted != NULL && find_group(&search, newest, &groups)) {
        hidden &= search_kinds_13(&search, groups);
        struct hello hello = hello_13(host, groups, 0);
        if (offer_has_name(host))
            search_nameless(&search, &hello, TLS13);
    }
    search_12(&search, versions, hidden);
    return search.waiting ? WAIT : DONE;
}
