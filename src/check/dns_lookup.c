// SPDX-License-Identifier: Apache-2.0
//
// A look-up's outcome as a fact. What is bogus is not known, whatever it says: an attacker may have written it, and so
// may a resolver on the way that drops signatures.
#include "check/dns_lookup.h"

#include <string.h>

#include "base/arena.h"

static struct fact failed(struct arena *arena, const struct outcome *outcome)
{
    const char *sentence = outcome->detail;
    if (sentence == NULL)
        sentence = outcome->kind == OUTCOME_SILENT ? "the name servers did not answer in time"
                                                   : outcome_sentence(arena, outcome);
    return fact_because(VERDICT_UNKNOWN, outcome_code(outcome->kind), sentence);
}

static struct fact judge(struct arena *arena, const struct records_result *result)
{
    if (result->dnssec == DNSSEC_BOGUS)
        return fact_because(VERDICT_UNKNOWN, "bogus",
                            arena_text(arena, "the answer is signed and its signatures do not hold: %s",
                                       result->why == NULL ? "the resolver does not say why" : result->why));
    if (result->have_data)
        return fact_of(VERDICT_YES);
    if (result->nxdomain || result->rcode == RCODE_NOERROR)
        return fact_of(VERDICT_NO);
    return fact_because(VERDICT_UNKNOWN, result->rcode == RCODE_SERVFAIL ? "servfail" : "dns_error",
                        records_result_sentence(arena, result));
}

// In the one spelling of names, so that it can be compared.
static const char *alias_of(struct arena *arena, const char *name, const char *canonical)
{
    if (canonical == NULL)
        return NULL;
    const char *plain = records_name(arena, canonical);
    if (plain == NULL)
        plain = canonical;
    return strcmp(plain, name) == 0 ? NULL : plain;
}

enum progress dns_lookup_ask(struct host *host, const char *name, uint16_t type, struct dns_lookup *out)
{
    const struct probe probe = {.kind = PROBE_RECORDS, .records = {name, type}};
    *out = (struct dns_lookup){.name = name, .type = type, .answer = ask(host, &probe)};
    const struct outcome *outcome = out->answer->outcome;
    if (outcome == NULL)
        return WAIT;
    out->result = outcome->kind == OUTCOME_REPLIED ? outcome->records : NULL;
    struct arena *arena = &host->facts_memory;
    out->alias = out->result == NULL ? NULL : alias_of(arena, name, out->result->canonical_name);
    out->fact = out->result == NULL ? failed(arena, outcome) : judge(arena, out->result);
    evidence_add(arena, &out->fact.evidence, out->answer->key);
    return DONE;
}

enum dnssec dns_lookup_least(enum dnssec a, enum dnssec b)
{
    static const unsigned char rank[DNSSEC_STANDINGS] = {
        [DNSSEC_BOGUS] = 0, [DNSSEC_UNVALIDATED] = 1, [DNSSEC_INSECURE] = 2, [DNSSEC_SECURE] = 3};
    return rank[a] < rank[b] ? a : b;
}

struct dns_lookup_fact dns_lookup_row(const struct dns_lookup *lookup)
{
    struct dns_lookup_fact row = {.name = lookup->name, .type = lookup->type, .fact = lookup->fact};
    row.alias = lookup->alias;
    if (lookup->result != NULL)
        row.dnssec = dnssec_name(lookup->result->dnssec);
    return row;
}

void dns_lookup_add(struct arena *arena, struct dns_lookups *list, const struct dns_lookup *lookup)
{
    struct dns_lookup_fact *rows = arena_array(arena, list->count + 1, sizeof *rows);
    for (size_t i = 0; i < list->count; i++)
        rows[i] = list->row[i];
    rows[list->count] = dns_lookup_row(lookup);
    *list = (struct dns_lookups){rows, list->count + 1};
}
