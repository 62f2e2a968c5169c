// SPDX-License-Identifier: Apache-2.0
//
// Were the certificates logged, as browsers want it? RFC 6962, and the policies of Chrome and Apple. SCTs stand in the
// certificates; what comes in TLS and in staples is read from what the check `extensions` has asked. Only where that
// has not shown a chain, and the certificate alone does not satisfy both policies, the chain is asked for once more.
#include "check/transparency.h"

#include "base/arena.h"
#include "check/extension_rows.h"
#include "check/versions.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check transparency_check;
const struct check transparency_check = {
    .id = "transparency",
    .question = "Do the certificates come with the timestamps of public logs that browsers ask for?",
    .citations = "RFC 6962, Chrome and Apple CT policies",
    .flags = CHECK_DEFAULT,
    .run = run,
};

// --- what was asked already ------------------------------------------------------------------------

static bool shows(const struct answer *answer, const struct chain_fact *chain)
{
    if (answer == NULL || answer->outcome == NULL || answer->outcome->kind != OUTCOME_REPLIED)
        return false;
    const struct flight *flight = answer->outcome->flight;
    return flight->shown->certificate_count != 0 && bytes_equal(flight->shown->certificates[0], chain->chain[0].der);
}

static void add(struct deliveries *deliveries, const struct answer *answer)
{
    for (size_t i = 0; i < deliveries->count; i++)
        if (deliveries->answer[i] == answer)
            return;
    if (deliveries->count < sizeof deliveries->answer / sizeof *deliveries->answer)
        deliveries->answer[deliveries->count++] = answer;
}

// Answers of one version that showed the chain. False: the version is there, or may be, and was not answered.
static bool add_rich(struct deliveries *deliveries, const struct rich_version *version, const struct chain_fact *chain)
{
    const struct answer *asked = version->rich.answer[RICH_SIGNED_CERTIFICATE_TIMESTAMP];
    const struct answer *const staples[] = {version->rich.answer[RICH_STATUS_REQUEST], version->again};
    if (version->opening.version == 0)
        return version->opening.fact.verdict == VERDICT_NOT_APPLICABLE;
    if (asked == NULL)
        return false;
    if (!shows(asked, chain))
        return true;
    add(deliveries, asked);
    for (size_t i = 0; i < sizeof staples / sizeof *staples; i++)
        if (shows(staples[i], chain))
            add(deliveries, staples[i]);
    return true;
}

static struct deliveries asked_already(const struct rich_version asked[2], const struct chain_fact *chain)
{
    struct deliveries deliveries = {.fact = fact_of(VERDICT_YES)};
    bool older = add_rich(&deliveries, &asked[0], chain), newer = add_rich(&deliveries, &asked[1], chain);
    if (deliveries.count == 0)
        deliveries.fact = fact_because(VERDICT_UNKNOWN, "not_asked",
                                       "SCTs in TLS were not asked for where this certificate is shown");
    else if (!older || !newer)
        deliveries.fact =
            fact_because(VERDICT_UNKNOWN, "not_answered", "SCTs in TLS were not told in every version of the protocol");
    return deliveries;
}

// --- asking ----------------------------------------------------------------------------------------

// The first answer that showed the chain in TLS 1.3, or in a version before it. NULL: none did.
static const struct answer *showing(struct host *host, const struct chain_fact *chain, bool newer)
{
    for (size_t i = 0; i < chain->evidence.count; i++) {
        const struct answer *answer = ledger_find(&host->ledger, chain->evidence.key[i]);
        if (shows(answer, chain) && (answer->outcome->flight->version == TLS13) == newer)
            return answer;
    }
    return NULL;
}

// Its question, with the two extensions beside what it had. False: it can have none.
static bool enrich(struct host *host, const struct answer *first, struct probe *probe)
{
    answer_decode(first, host->scratch, probe);
    if (probe->kind != PROBE_HELLO || probe->hello.version <= SSL3 || probe->hello.extensions == 0)
        return false;
    probe->hello.extensions |= HELLO_STATUS_REQUEST | HELLO_SIGNED_CERTIFICATE_TIMESTAMP;
    return true;
}

// Whether the host may have a version that did not answer, and in which nobody knows what it shows.
static bool unsettled(struct host *host, bool newer)
{
    struct version_found versions[VERSIONS];
    versions_find(host, versions);
    for (size_t i = 0; i < VERSIONS; i++)
        if ((versions[i].version == TLS13) == newer && versions[i].version > SSL3 &&
            versions[i].fact.verdict == VERDICT_UNKNOWN)
            return true;
    return false;
}

// *missed: what was asked was not answered, or with another certificate.
static enum progress ask_in_version(struct host *host, const struct chain_fact *chain, bool newer,
                                    struct deliveries *deliveries, bool *missed)
{
    const struct answer *first = showing(host, chain, newer);
    struct probe probe;
    if (first != NULL && enrich(host, first, &probe)) {
        const struct answer *answer = ask(host, &probe);
        if (answer->outcome == NULL)
            return WAIT;
        if (shows(answer, chain))
            add(deliveries, answer);
        else
            *missed = true;
    }
    *missed = *missed || (first == NULL && unsettled(host, newer));
    if (deliveries->count == 0 && !*missed)
        return DONE;
    if (*missed)
        deliveries->fact = fact_because(VERDICT_UNKNOWN, "not_answered",
                                        "the server did not show this certificate when it was asked for SCTs in TLS");
    else
        deliveries->fact = fact_of(VERDICT_YES);
    return DONE;
}

// Whether SCTs in TLS could make a difference.
static bool matters(const struct chain_fact *chain, const struct transparency_fact *fact)
{
    bool open = false;
    for (size_t i = 0; i < CT_PROGRAMS; i++)
        open =
            open || fact->policies[i].fact.verdict == VERDICT_UNKNOWN || fact->policies[i].fact.verdict == VERDICT_NO;
    return open && chain->chain[0].error == NULL && transparency_public(chain) != VERDICT_NO;
}

static enum progress judge(struct host *host, const struct chain_fact *chain, const struct rich_version asked[2],
                           struct transparency_fact *out)
{
    struct deliveries deliveries = asked_already(asked, chain);
    bool missed = false;
    transparency_judge(host, chain, &deliveries, out);
    if (deliveries.count != 0)
        return DONE;
    // What clients of today would see comes first, and may do.
    for (int newer = 1; newer >= 0 && matters(chain, out); newer--) {
        if (ask_in_version(host, chain, newer == 1, &deliveries, &missed) == WAIT)
            return WAIT;
        transparency_judge(host, chain, &deliveries, out);
    }
    return DONE;
}

static bool is_done(const struct host *host, const char *id)
{
    const struct check *check = check_find(id);
    return !host_runs(host, check) || host_done(host, check);
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct rich_version asked[2] = {{.asked = TLS12}, {.asked = TLS13}};
    if (!is_done(host, "certificates") || !is_done(host, "extensions"))
        return WAIT;
    if (host_runs(host, check_find("extensions")) && extensions_ask(host, &asked[0], &asked[1]) == WAIT)
        return WAIT;
    struct transparency_fact *found = arena_array(&host->facts_memory, facts->chain_count, sizeof *found);
    enum progress progress = DONE;
    for (size_t i = 0; i < facts->chain_count; i++)
        if (judge(host, &facts->chains[i], asked, &found[i]) == WAIT)
            progress = WAIT;
    if (progress == DONE)
        facts->transparency = found;
    return progress;
}
