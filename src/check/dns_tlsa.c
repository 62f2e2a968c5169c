// SPDX-License-Identifier: Apache-2.0
//
// Do TLSA records vouch for the chains that the server shows? RFC 6698 and RFC 7671: records count only where DNSSEC
// proves them; one that fits is enough. PKIX usages want what the web PKI wants besides; DANE-TA wants a path to the
// certificate it names, with its dates and the server's name; DANE-EE wants nothing but the key.
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/dns_parts.h"
#include "wire/names.h"
#include "wire/trust.h"

// --- asking --------------------------------------------------------------------------------------

// The name after all aliases, where DNSSEC proves each of them; else the name (RFC 7671 section 7).
static const char *expanded(struct arena *arena, const char *name, const struct dns_lookup *of_name)
{
    if (of_name->alias == NULL || of_name->result->dnssec != DNSSEC_SECURE)
        return name;
    const char *canonical = records_name(arena, of_name->alias);
    return canonical == NULL ? name : canonical;
}

static const char *owner(struct host *host, const char *base)
{
    struct arena *arena = &host->facts_memory;
    return records_name(arena, arena_text(arena, "_%u._tcp.%s", host->target->port, base));
}

static void read_records(struct arena *arena, const struct dns_lookup *lookup, struct tlsa_facts *found)
{
    struct tlsa_record *records = arena_array(arena, lookup->result->count, sizeof *records);
    for (size_t i = 0; i < lookup->result->count; i++)
        tlsa_read(arena, lookup->result->rdata[i], &records[i]);
    found->records = records;
    found->record_count = lookup->result->count;
}

enum progress tlsa_find(struct host *host, const char *name, const struct dns_lookup *of_name, struct tlsa_facts *found)
{
    struct arena *arena = &host->facts_memory;
    const char *bases[] = {expanded(arena, name, of_name), name};
    struct dns_lookups lookups = {0};
    struct evidence evidence = {0};
    for (size_t i = 0; i < 2 && found->record_count == 0; i++) {
        struct dns_lookup lookup;
        const char *asked = owner(host, bases[i]);
        if (asked == NULL) {
            found->fact = fact_because(VERDICT_NOT_APPLICABLE, "name_too_long", "no name of DNS is as long as that");
            continue;
        }
        if (dns_lookup_ask(host, asked, RECORD_TLSA, &lookup) == WAIT)
            return WAIT;
        dns_lookup_add(arena, &lookups, &lookup);
        evidence_add(arena, &evidence, lookup.answer->key);
        found->name = asked;
        found->fact = lookup.fact;
        found->dnssec = lookup.result == NULL ? NULL : dnssec_name(lookup.result->dnssec);
        if (lookup.fact.verdict == VERDICT_YES)
            read_records(arena, &lookup, found);
        if (lookup.fact.verdict != VERDICT_NO || strcmp(bases[0], name) == 0)
            break;
    }
    found->fact.evidence = evidence;
    found->lookups = lookups.row;
    found->lookup_count = lookups.count;
    return DONE;
}

// --- one record and one chain --------------------------------------------------------------------

static struct fact no_match(const char *what) { return fact_because(VERDICT_NO, "no_match", what); }

// What another fact says, as the reason of this one; a no stays a no, everything else is not known.
static struct fact because_of(struct arena *arena, const struct fact *other, const char *what)
{
    enum verdict verdict = other->verdict == VERDICT_NO ? VERDICT_NO : VERDICT_UNKNOWN;
    return fact_because(verdict, other->reason,
                        arena_text(arena, "it matches, but %s: %s", what,
                                   other->sentence == NULL ? "no reason is given" : other->sentence));
}

static const struct fact *trust_of(const struct chain_fact *chain) { return &chain->trust[0].fact; }

// The web PKI's own conditions, after a match.
static struct fact with_pkix(struct arena *arena, const struct chain_fact *chain)
{
    if (trust_of(chain)->verdict != VERDICT_YES)
        return because_of(arena, trust_of(chain), "the chain is not trusted");
    if (chain->hostname.verdict != VERDICT_YES)
        return because_of(arena, &chain->hostname, "the leaf is for another name");
    return fact_of(VERDICT_YES);
}

static struct fact judge_leaf(struct arena *arena, const struct tlsa_record *record, const struct chain_fact *chain,
                              struct dane_match *match)
{
    match->matches = tlsa_matches(record, &chain->chain[0]);
    if (!match->matches)
        return no_match("the leaf is another one");
    match->certificate = chain->chain[0].fingerprint_sha256;
    return record->usage == TLSA_DANE_EE ? fact_of(VERDICT_YES) : with_pkix(arena, chain);
}

static struct trust_question question_of(struct host *host, const struct chain_fact *chain)
{
    struct bytes *sent = arena_array(&host->facts_memory, chain->count, sizeof *sent);
    for (size_t i = 0; i < chain->count; i++)
        sent[i] = chain->chain[i].der;
    return (struct trust_question){.chain = sent, .count = chain->count, .now = host->now};
}

// Whether an authority of the path that was trusted is the one; the root too, which need not be sent.
static bool in_trusted_path(struct host *host, const struct tlsa_record *record, const struct chain_fact *chain,
                            struct dane_match *match)
{
    struct arena *arena = &host->facts_memory;
    struct trust_question question = question_of(host, chain);
    struct trust_result result;
    question.keep_path = true;
    trust_verify(host->store, arena, &question, &result);
    for (size_t i = 1; result.trusted && i < result.path.count && !match->matches; i++) {
        struct certificate certificate;
        certificate_read(arena, result.certificates[i], &certificate);
        match->matches = tlsa_matches(record, &certificate);
        match->certificate = match->matches ? certificate.fingerprint_sha256 : NULL;
    }
    return match->matches;
}

static bool was_sent(const struct tlsa_record *record, const struct chain_fact *chain, struct dane_match *match)
{
    for (size_t i = 1; i < chain->count && !match->matches; i++) {
        match->matches = tlsa_matches(record, &chain->chain[i]);
        match->certificate = match->matches ? chain->chain[i].fingerprint_sha256 : NULL;
    }
    return match->matches;
}

static struct fact judge_pkix_authority(struct host *host, const struct tlsa_record *record,
                                        const struct chain_fact *chain, struct dane_match *match)
{
    struct arena *arena = &host->facts_memory;
    const struct fact *trust = trust_of(chain);
    if (trust->verdict != VERDICT_YES)
        return was_sent(record, chain, match)
                   ? because_of(arena, trust, "the chain is not trusted")
                   : fact_because(trust->verdict == VERDICT_NO ? VERDICT_NO : VERDICT_UNKNOWN, trust->reason,
                                  arena_text(arena, "the chain is not trusted: %s", trust->sentence));
    if (in_trusted_path(host, record, chain, match))
        return with_pkix(arena, chain);
    // There may be another path, by what was sent or by a namesake of the root: whether that one would be trusted was
    // not looked at.
    if (was_sent(record, chain, match) || trust->reason != NULL)
        return fact_because(VERDICT_UNKNOWN, "other_path",
                            "the authority may be of another path than the one followed");
    return no_match("no authority of the trusted path is the one");
}

static bool leads_nowhere(const char *reason)
{
    return strcmp(reason, "incomplete_chain") == 0 || strcmp(reason, "unknown_issuer") == 0 ||
           strcmp(reason, "self_signed") == 0;
}

static struct fact leads_to(struct host *host, const struct chain_fact *chain, struct bytes anchor)
{
    struct arena *arena = &host->facts_memory;
    struct trust_question question = question_of(host, chain);
    struct trust_result result;
    if (host->store == NULL)
        return fact_because(VERDICT_NOT_TESTED, "no_store", "paths are not looked for without a trust store");
    trust_anchored(host->store, arena, &question, anchor, &result);
    if (!result.trusted && leads_nowhere(result.reason))
        return fact_because(VERDICT_NO, "other_authority", "no path leads to the authority that the record names");
    if (!result.trusted)
        return fact_because(result.known ? VERDICT_NO : VERDICT_UNKNOWN, result.reason, result.sentence);
    return chain->hostname.verdict == VERDICT_YES ? fact_of(VERDICT_YES)
                                                  : because_of(arena, &chain->hostname, "the leaf is for another name");
}

// The best of what each match gives: two certificates may have one key.
static struct fact judge_dane_authority(struct host *host, const struct tlsa_record *record,
                                        const struct chain_fact *chain, struct dane_match *match)
{
    struct fact best = no_match("no authority that was sent is the one");
    for (size_t i = 1; i < chain->count; i++) {
        if (!tlsa_matches(record, &chain->chain[i]))
            continue;
        struct fact fact = leads_to(host, chain, chain->chain[i].der);
        if (!match->matches || fact.verdict == VERDICT_YES) {
            match->certificate = chain->chain[i].fingerprint_sha256;
            best = fact;
        }
        match->matches = true;
    }
    if (match->matches || record->matching != TLSA_FULL)
        return best;
    // A whole certificate or key in the record need not be sent besides (RFC 7671 section 5.2.3).
    if (record->selector == TLSA_CERTIFICATE)
        return leads_to(host, chain, record->data);
    return fact_because(VERDICT_UNKNOWN, "key_alone", "the record has a key whose certificate was not sent");
}

static struct dane_match judge_record(struct host *host, const struct tlsa_record *record,
                                      const struct chain_fact *chain)
{
    struct arena *arena = &host->facts_memory;
    struct dane_match match = {0};
    if (record->unusable != NULL)
        match.fact = fact_because(VERDICT_NOT_APPLICABLE, "unusable", record->unusable);
    else if (record->usage == TLSA_PKIX_TA)
        match.fact = judge_pkix_authority(host, record, chain, &match);
    else if (record->usage == TLSA_DANE_TA)
        match.fact = judge_dane_authority(host, record, chain, &match);
    else
        match.fact = judge_leaf(arena, record, chain, &match);
    return match;
}

// --- one chain -----------------------------------------------------------------------------------

// What keeps clients from using the records at all; false: nothing does.
static bool set_aside(const struct tlsa_facts *found, struct fact *fact)
{
    if (found->fact.verdict == VERDICT_NO)
        *fact = fact_because(VERDICT_NOT_APPLICABLE, "no_records", "there are no TLSA records");
    else if (found->fact.verdict != VERDICT_YES)
        *fact = fact_because(found->fact.verdict, found->fact.reason, found->fact.sentence);
    else if (strcmp(found->dnssec, dnssec_name(DNSSEC_INSECURE)) == 0)
        *fact = fact_because(VERDICT_NOT_APPLICABLE, "insecure",
                             "the zone is not signed, so clients take no notice of its TLSA records");
    else if (strcmp(found->dnssec, dnssec_name(DNSSEC_SECURE)) != 0)
        *fact = fact_because(VERDICT_UNKNOWN, "unvalidated", "whether the TLSA records are genuine was not looked at");
    else
        return false;
    return true;
}

// One that vouches is enough; a no wants all of them.
static struct fact sum_up(const struct tlsa_facts *found, const struct dane_match *matches)
{
    const struct fact *unknown = NULL, *no = NULL;
    for (size_t i = 0; i < found->record_count; i++) {
        const struct fact *fact = &matches[i].fact;
        if (fact->verdict == VERDICT_YES)
            return *fact;
        if (fact->verdict == VERDICT_UNKNOWN && unknown == NULL)
            unknown = fact;
        // What a record that matches lacks says more than that another does not match.
        if (fact->verdict == VERDICT_NO && (no == NULL || (matches[i].matches && strcmp(no->reason, "no_match") == 0)))
            no = fact;
    }
    if (unknown != NULL)
        return *unknown;
    return no != NULL ? *no
                      : fact_because(VERDICT_NOT_APPLICABLE, "no_usable_record",
                                     "no TLSA record is one that clients can use (RFC 6698 section 4.1)");
}

static void judge_chain(struct host *host, const struct chain_fact *chain, const struct tlsa_facts *found,
                        struct dane_chain *out)
{
    struct arena *arena = &host->facts_memory;
    struct dane_match *matches = arena_array(arena, found->record_count, sizeof *matches);
    out->leaf = chain->chain[0].fingerprint_sha256;
    for (size_t i = 0; i < found->record_count; i++)
        matches[i] = judge_record(host, &found->records[i], chain);
    out->matches = matches;
    if (!set_aside(found, &out->fact))
        out->fact = sum_up(found, matches);
    evidence_join(arena, &out->fact.evidence, found->fact.evidence);
    evidence_join(arena, &out->fact.evidence, chain->evidence);
}

void tlsa_judge(struct host *host, const struct facts *facts, struct tlsa_facts *found)
{
    struct dane_chain *chains = arena_array(&host->facts_memory, facts->chain_count, sizeof *chains);
    for (size_t i = 0; i < facts->chain_count; i++)
        judge_chain(host, &facts->chains[i], found, &chains[i]);
    found->chains = chains;
    found->chain_count = facts->chain_count;
}
