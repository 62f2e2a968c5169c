// SPDX-License-Identifier: Apache-2.0
//
// What does DNS say about the name: who may issue certificates for it (RFC 8659), which keys it must show (RFC 6698),
// how its service is to be reached (RFC 9460); and does the server keep to it? The look-ups go out at once; they are
// compared with what the server showed once the checks that asked it are done. None of them reaches the server.
#include <string.h>

#include "base/arena.h"
#include "check/dns_parts.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check dns_check;
const struct check dns_check = {
    .id = "dns",
    .question =
        "Does DNS allow the issuer of the certificates, vouch for their keys, and announce what the server has?",
    .citations = "RFC 8659, RFC 6698, RFC 7671, RFC 9460, RFC 9848",
    .flags = CHECK_DEFAULT,
    .run = run,
};

// Why the target has no name to ask for, or NULL; *name is the name in its one spelling.
static const char *no_name(struct host *host, const char **name, const char **reason)
{
    *name = NULL;
    *reason = "address";
    if (host->target->is_address)
        return "the target is an address, not a name";
    const char *plain = records_name(&host->facts_memory, host->target->host);
    *reason = plain == NULL ? "no_dns_name" : "local_name";
    if (plain == NULL)
        return "the target is no name of DNS";
    const char *special = records_special(plain);
    if (special == NULL)
        *name = plain;
    return special;
}

// Those whose facts are compared with DNS.
static bool others_done(const struct host *host)
{
    static const char *const ids[] = {"certificates", "alpn", "extensions"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (host_runs(host, check_find(ids[i])) && !host_done(host, check_find(ids[i])))
            return false;
    return true;
}

static bool shown_with_name(const struct chain_fact *chain)
{
    bool shown = chain->served_count == 0;
    for (size_t i = 0; i < chain->served_count; i++)
        shown = shown || chain->served_for[i].sni;
    return shown;
}

// The chains that clients see who name the server: others are not meant for those who come by this name.
static struct facts with_name(struct host *host, const struct facts *facts)
{
    struct facts seen = *facts;
    struct chain_fact *chains = arena_array(&host->facts_memory, facts->chain_count, sizeof *chains);
    seen.chains = chains;
    seen.chain_count = 0;
    for (size_t i = 0; i < facts->chain_count; i++)
        if (host->target->sni == NULL || shown_with_name(&facts->chains[i]))
            chains[seen.chain_count++] = facts->chains[i];
    return seen;
}

static enum progress find(struct host *host, struct dns_facts *found, struct caa_search *search)
{
    // All three are asked before one of them is waited for.
    bool caa = caa_find(host, found->name, search) == DONE;
    bool https = https_find(host, found->name, &found->https) == DONE;
    struct dns_lookup of_name;
    bool tlsa = dns_lookup_ask(host, found->name, RECORD_CAA, &of_name) == DONE &&
                tlsa_find(host, found->name, &of_name, &found->tlsa) == DONE;
    return caa && https && tlsa ? DONE : WAIT;
}

static void tell_of_name(struct dns_facts *found, const struct dns_lookup *of_name)
{
    found->fact = of_name->fact;
    if (of_name->fact.verdict != VERDICT_UNKNOWN)
        found->fact.verdict = VERDICT_YES;
    if (of_name->result == NULL)
        return;
    found->dnssec = dnssec_name(of_name->result->dnssec);
    found->why = of_name->result->why;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct dns_facts *found = arena_alloc(&host->facts_memory, sizeof *found);
    struct caa_search search = {.facts = &found->caa};
    const char *reason, *why = no_name(host, &found->name, &reason);
    if (why != NULL) {
        found->fact = fact_because(VERDICT_NOT_APPLICABLE, reason, why);
        found->caa.fact = found->tlsa.fact = found->https.fact = found->fact;
        facts->dns = found;
        return DONE;
    }
    if (find(host, found, &search) == WAIT || !others_done(host))
        return WAIT;
    struct facts seen = with_name(host, facts);
    if (caa_judge(host, found->name, &seen, &search) == WAIT)
        return WAIT;
    tlsa_judge(host, &seen, &found->tlsa);
    https_judge(host, found->name, facts, &found->https);
    tell_of_name(found, &search.of_name);
    facts->dns = found;
    return DONE;
}
