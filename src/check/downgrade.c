// SPDX-License-Identifier: Apache-2.0
//
// Does the server notice that a client was talked down to a lower version? Two ways: "If
// TLS_FALLBACK_SCSV appears in ClientHello.cipher_suites and the highest protocol version supported
// by the server is higher than the version indicated in ClientHello.client_version, the server MUST
// respond with a fatal inappropriate_fallback alert" (RFC 7507 section 3); and the sentinels in the
// last eight octets of ServerHello.random (RFC 8446 section 4.1.3).
//
// The SCSV is asked about only where there are two versions up to TLS 1.2. By its letter RFC 7507
// would also apply to TLS 1.2 below TLS 1.3, but it guards clients that connect again with a lower
// client_version, and no client does so from TLS 1.3: that version is not in client_version at all,
// and the step below it has the sentinel instead. To call its lack there a gap would be false.
#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/versions.h"

enum { FALLBACK_SCSV = 0x5600, ALERT_INAPPROPRIATE_FALLBACK = 86, AGAIN = 0xD1 };

static enum progress run(struct host *host, struct facts *facts);

extern const struct check downgrade_check;
const struct check downgrade_check = {
    .id = "downgrade",
    .question = "Does the server refuse a fallback, and mark its ServerHello when it chose a lower version?",
    .citations = "RFC 7507, RFC 8446",
    .flags = CHECK_DEFAULT,
    .run = run,
};

static bool has(const struct version_found *version) { return version->accepted != NULL; }

static bool unsure(const struct version_found *version) { return version->fact.verdict == VERDICT_UNKNOWN; }

static void note(struct host *host, struct fact *fact, const struct answer *answer)
{
    evidence_add(host->scratch, &fact->evidence, answer->key);
}

static void add(struct host *host, struct facts *facts, const char *id, uint16_t version, struct fact fact)
{
    struct feature_fact row = {.section = FEATURE_DOWNGRADE, .id = id, .version = version};
    row.fact = fact_keep(&host->facts_memory, fact);
    feature_add(&host->facts_memory, facts, &row);
}

// --- the signalling suite ------------------------------------------------------------------------

// The two highest versions from SSLv3 to TLS 1.2 that the host has. False: there are not two.
static bool two_highest(const struct version_found versions[VERSIONS], const struct version_found *two[2])
{
    size_t count = 0;
    for (size_t i = VERSIONS; i-- > 1 && count < 2;)
        if (versions[i].version <= TLS12 && has(&versions[i]))
            two[count++] = &versions[i];
    return count == 2;
}

static struct fact no_fallback(const struct version_found versions[VERSIONS])
{
    bool guess = false;
    for (size_t i = 1; i < VERSIONS; i++)
        guess = guess || (versions[i].version <= TLS12 && unsure(&versions[i]));
    if (guess)
        return fact_because(VERDICT_UNKNOWN, "version_unknown", "not every version of the server is known");
    return fact_because(VERDICT_NOT_APPLICABLE, "no_lower_version",
                        "there are no two versions up to TLS 1.2 that a client could fall back between");
}

// The suite that the host chose at the lower version, alone: it is read to its end however short
// the lists are that the server reads.
static struct hello fallback_hello(struct host *host, const struct version_found *lower, bool signal)
{
    const struct flight *flight = lower->accepted->outcome->flight;
    uint16_t *suite = arena_array(host->scratch, 1, sizeof *suite);
    suite[0] = flight->suite;
    struct hello hello = offer_hello(host, host->scratch, lower->version, (struct codes){suite, 1});
    if (signal)
        hello.suites = offer_with(host->scratch, hello.suites, FALLBACK_SCSV);
    return hello;
}

static const struct answer *ask_fallback(struct host *host, const struct version_found *lower, bool signal)
{
    struct probe probe = {.hello = fallback_hello(host, lower, signal)};
    return ask(host, &probe);
}

// The highest version of all: beside it the signal says nothing that a server would have to mind.
static const struct version_found *highest(const struct version_found versions[VERSIONS])
{
    size_t i = VERSIONS - 1;
    while (!has(&versions[i]))
        i--;
    return &versions[i];
}

static bool inappropriate(const struct answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    return outcome->kind == OUTCOME_ALERT && !outcome->flight->ssl2_error &&
           outcome->flight->alert_description == ALERT_INAPPROPRIATE_FALLBACK;
}

static void doubt(struct fact *fact, const char *reason, const char *sentence)
{
    fact->reason = reason;
    fact->sentence = sentence;
}

// Turned down, but not with the alert that is due, as servers do that close whatever the matter is. The same hello
// without the signal shows that it was the signal, and the signal beside the highest version that it was the fallback.
static enum progress settle_refused(struct host *host, const struct version_found *best,
                                    const struct version_found *lower, const struct answer *guard, enum reply guarded,
                                    struct fact *fact)
{
    const struct answer *control = ask_fallback(host, lower, false), *signal = ask_fallback(host, best, true);
    enum reply plain = reply_of(control, lower->version, fallback_hello(host, lower, false).suites);
    enum reply borne = reply_of(signal, best->version, fallback_hello(host, best, false).suites);
    if (plain == REPLY_PENDING || borne == REPLY_PENDING)
        return WAIT;
    note(host, fact, control);
    note(host, fact, signal);
    const char *sentence = reply_sentence(host->scratch, guard, guarded);
    if (plain != REPLY_ACCEPTED) {
        doubt(fact, "no_control", "the lower version was turned down without the signal too");
    } else if (borne == REPLY_ACCEPTED) {
        fact->verdict = VERDICT_YES;
        doubt(fact, "other_refusal",
              arena_text(host->scratch,
                         "%s, and not with inappropriate_fallback: the connection does not come about, "
                         "but the client is not told why",
                         sentence));
    } else {
        doubt(fact, reply_reason(guard, guarded),
              arena_text(host->scratch,
                         "%s, and not with inappropriate_fallback; so it is with the signal beside the "
                         "highest version, where it must be borne",
                         sentence));
    }
    return DONE;
}

static enum progress find_scsv(struct host *host, const struct version_found versions[VERSIONS],
                               const struct version_found *two[2], struct fact *fact)
{
    const struct version_found *best = two[0], *lower = two[1];
    const struct answer *guard = ask_fallback(host, lower, true);
    enum reply reply = reply_of(guard, lower->version, fallback_hello(host, lower, false).suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    *fact = fact_of(VERDICT_UNKNOWN);
    note(host, fact, best->accepted);
    note(host, fact, lower->accepted);
    note(host, fact, guard);
    switch (reply) {
    case REPLY_ACCEPTED:
    case REPLY_OTHER_VERSION:
        fact->verdict = VERDICT_NO;
        return DONE;
    case REPLY_VERSION_REFUSED:
    case REPLY_REFUSED:
    case REPLY_CUT_OFF:
        if (!inappropriate(guard))
            return settle_refused(host, highest(versions), lower, guard, reply, fact);
        fact->verdict = VERDICT_YES;
        return DONE;
    default:
        fact->reason = reply_reason(guard, reply);
        fact->sentence = reply_sentence(host->scratch, guard, reply);
        return DONE;
    }
}

// --- the sentinels -------------------------------------------------------------------------------

// In TLS 1.2 with a server of TLS 1.3, and in what is lower with a server of TLS 1.2 or 1.3.
static bool marked(const struct answer *answer, uint16_t version)
{
    static const uint8_t downgrade[] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
    const uint8_t *last = answer->outcome->flight->random_end;
    return memcmp(last, downgrade, sizeof downgrade) == 0 && last[7] == (version == TLS12 ? 1 : 0);
}

// A ServerHello that was seen decides: it had the place for the sentinel.
static struct fact sentinel(struct host *host, const struct version_found versions[VERSIONS], size_t place)
{
    const struct version_found *version = &versions[place], *higher = NULL;
    bool guess = false;
    for (size_t i = place + 1; i < VERSIONS; i++) {
        if (versions[i].version < TLS12)
            continue;
        guess = guess || unsure(&versions[i]);
        if (has(&versions[i]))
            higher = &versions[i];
    }
    struct fact fact = fact_of(VERDICT_UNKNOWN);
    if (!has(version) && unsure(version))
        return fact_because(VERDICT_UNKNOWN, "version_unknown", "it is not known whether the server has the version");
    if (!has(version))
        return fact_because(VERDICT_NOT_APPLICABLE, "no_version", "the server does not have the version");
    if (higher == NULL && !guess)
        return fact_because(VERDICT_NOT_APPLICABLE, "no_higher_version",
                            "the server has no higher version whose lack it would have to mark");
    bool seen = marked(version->accepted, version->version);
    if (higher == NULL && !seen)
        return fact_because(VERDICT_UNKNOWN, "version_unknown", "it is not known whether the server has a higher one");
    fact.verdict = seen ? VERDICT_YES : VERDICT_NO;
    note(host, &fact, version->accepted);
    if (higher != NULL)
        note(host, &fact, higher->accepted);
    return fact;
}

// Who has no higher version has nothing to mark, and may stand beside a server that has one: what is not marked is
// asked for once more.
static enum progress find_unmarked(struct host *host, const struct version_found *version, struct fact *fact)
{
    struct probe again;
    answer_decode(version->accepted, host->scratch, &again);
    again.sample = AGAIN;
    const struct answer *answer = ask(host, &again);
    enum reply reply = reply_of(answer, version->version, again.hello.suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    note(host, fact, answer);
    struct evidence evidence = fact->evidence;
    if (reply != REPLY_ACCEPTED)
        *fact =
            fact_because(VERDICT_UNKNOWN, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
    else if (marked(answer, version->version))
        *fact = fact_because(VERDICT_UNKNOWN, "inconsistent", "one answer was marked and another was not");
    fact->evidence = evidence;
    farm_settle(host, fact);
    return DONE;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct version_found versions[VERSIONS];
    const struct version_found *two[2];
    if (versions_accepted(host, versions) == WAIT)
        return WAIT;
    struct fact scsv = {.verdict = VERDICT_UNKNOWN};
    bool fallback = two_highest(versions, two);
    enum progress progress = fallback ? find_scsv(host, versions, two, &scsv) : DONE;
    if (versions_find(host, versions) == WAIT || progress == WAIT)
        return WAIT;
    for (size_t i = 0; i < VERSIONS; i++)
        farm_settle(host, &versions[i].fact);
    if (!fallback)
        scsv = no_fallback(versions);
    add(host, facts, "fallback_scsv", fallback ? two[1]->version : 0, scsv);
    for (size_t i = VERSIONS; i-- > 0;) {
        uint16_t version = versions[i].version;
        if (version < TLS10 || version > TLS12)
            continue;
        const char *id = version == TLS12 ? "downgrade_sentinel_12" : "downgrade_sentinel_11";
        struct fact fact = sentinel(host, versions, i);
        if (fact.verdict == VERDICT_NO && find_unmarked(host, &versions[i], &fact) == WAIT)
            progress = WAIT;
        add(host, facts, id, version, fact);
    }
    return progress;
}
