// SPDX-License-Identifier: Apache-2.0
//
// May the issuer of each chain issue for this name? RFC 8659 section 3: the records that count are those of the nearest
// name that has any, climbing from the name itself towards the root, which is not asked. A wildcard's search begins one
// label higher. Aliases are the resolver's to follow; the climb goes on from the name as it was asked.
//
// A `no` wants more than a name that is missing: every domain that the records have must be known as another CA's.
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/dns_parts.h"
#include "wire/distinguished.h"
#include "wire/domain.h"
#include "wire/issuers.h"

// --- the climb -----------------------------------------------------------------------------------

static void add_records(struct arena *arena, struct caa_facts *facts, const struct dns_lookup *lookup)
{
    size_t count = facts->record_count + lookup->result->count;
    struct caa_row *rows = arena_array(arena, count, sizeof *rows);
    for (size_t i = 0; i < facts->record_count; i++)
        rows[i] = facts->records[i];
    for (size_t i = facts->record_count; i < count; i++) {
        rows[i].name = lookup->name;
        caa_read(arena, lookup->result->rdata[i - facts->record_count], &rows[i].record);
    }
    facts->records = rows;
    facts->record_count = count;
}

struct climb {
    const char *name;   // where the records stand; NULL: nowhere
    struct fact fact;   // yes, no, or why it is not known
    enum dnssec dnssec; // the least on the way
    struct dns_lookups lookups;
};

static enum progress climb(struct host *host, const char *name, struct climb *out, struct dns_lookup *last)
{
    struct arena *arena = &host->facts_memory;
    *out = (struct climb){.dnssec = DNSSEC_SECURE};
    struct evidence evidence = {0};
    do {
        if (dns_lookup_ask(host, name, RECORD_CAA, last) == WAIT)
            return WAIT;
        dns_lookup_add(arena, &out->lookups, last);
        evidence_add(arena, &evidence, last->answer->key);
        if (last->result != NULL)
            out->dnssec = dns_lookup_least(out->dnssec, last->result->dnssec);
        name = domain_parent(name);
    } while (last->fact.verdict == VERDICT_NO && name != NULL);
    out->name = last->fact.verdict == VERDICT_YES ? last->name : NULL;
    out->fact = last->fact;
    out->fact.evidence = evidence;
    return DONE;
}

enum progress caa_find(struct host *host, const char *name, struct caa_search *search)
{
    struct climb found;
    struct dns_lookup last;
    if (climb(host, name, &found, &last) == WAIT)
        return WAIT;
    dns_lookup_ask(host, name, RECORD_CAA, &search->of_name);
    struct caa_facts *facts = search->facts;
    facts->fact = found.fact;
    facts->name = found.name;
    facts->lookups = found.lookups.row;
    facts->lookup_count = found.lookups.count;
    facts->dnssec = last.result == NULL ? NULL : dnssec_name(found.dnssec);
    if (found.name != NULL)
        add_records(&host->facts_memory, facts, &last);
    search->wildcard_name = found.name;
    search->wildcard_fact = found.fact;
    return DONE;
}

// --- what a leaf covers --------------------------------------------------------------------------

static bool covers_exactly(const struct certificate *leaf, const char *name)
{
    for (size_t i = 0; i < leaf->dns_names.count; i++)
        if (text_same(leaf->dns_names.text[i], name))
            return true;
    return false;
}

static bool covers_by_wildcard(const struct certificate *leaf, const char *name)
{
    const char *parent = domain_parent(name);
    for (size_t i = 0; parent != NULL && i < leaf->dns_names.count; i++) {
        const char *entry = leaf->dns_names.text[i];
        if (strncmp(entry, "*.", 2) == 0 && text_same(entry + 2, parent))
            return true;
    }
    return false;
}

// The records that bind wildcards differ only where the name has some of its own.
static enum progress find_for_wildcards(struct host *host, const char *name, struct caa_search *search)
{
    struct caa_facts *facts = search->facts;
    struct climb found;
    struct dns_lookup last;
    if (facts->name == NULL || strcmp(facts->name, name) != 0 || domain_parent(name) == NULL)
        return DONE;
    if (climb(host, domain_parent(name), &found, &last) == WAIT)
        return WAIT;
    struct arena *arena = &host->facts_memory;
    struct dns_lookup_fact *rows = arena_array(arena, facts->lookup_count + found.lookups.count, sizeof *rows);
    for (size_t i = 0; i < facts->lookup_count; i++)
        rows[i] = facts->lookups[i];
    for (size_t i = 0; i < found.lookups.count; i++)
        rows[facts->lookup_count + i] = found.lookups.row[i];
    facts->lookups = rows;
    facts->lookup_count += found.lookups.count;
    if (found.name != NULL)
        add_records(arena, facts, &last);
    search->wildcard_name = found.name;
    search->wildcard_fact = found.fact;
    return DONE;
}

// --- what the records say ------------------------------------------------------------------------

struct set {
    const struct caa_facts *facts;
    const char *name; // of the records that bind
    enum caa_tag tag; // that counts among them: CAA_ISSUE, or CAA_ISSUEWILD
};

static bool belongs(const struct set *set, const struct caa_row *row) { return strcmp(row->name, set->name) == 0; }

// issuewild outdoes issue for wildcards, and says nothing about other names (RFC 8659 section 4.3).
static enum caa_tag counting_tag(const struct set *set, bool wildcard)
{
    for (size_t i = 0; wildcard && i < set->facts->record_count; i++)
        if (belongs(set, &set->facts->records[i]) && set->facts->records[i].record.tag == CAA_ISSUEWILD)
            return CAA_ISSUEWILD;
    return CAA_ISSUE;
}

struct count {
    size_t all, nobody, malformed, recognized, limited, of_others;
    const struct caa_record *unreadable, *critical; // the first of each
    const char *domains;                            // what the records name, for people
};

static void count_issuer(struct arena *arena, const struct caa_record *record, const struct issuer *issuer,
                         struct count *count)
{
    count->all++;
    if (record->malformed)
        count->malformed++;
    else if (record->issuer[0] == '\0')
        count->nobody++;
    else if (issuer != NULL && issuer_recognizes(issuer, record->issuer)) {
        count->recognized++;
        count->limited += record->parameter_count != 0;
    } else if (issuer_of_domain(record->issuer) != NULL)
        count->of_others++;
    if (record->issuer[0] != '\0')
        count->domains =
            count->domains == NULL ? record->issuer : arena_text(arena, "%.400s, %s", count->domains, record->issuer);
}

static struct count count_records(struct arena *arena, const struct set *set, const struct issuer *issuer)
{
    struct count count = {0};
    for (size_t i = 0; i < set->facts->record_count; i++) {
        const struct caa_record *record = &set->facts->records[i].record;
        if (!belongs(set, &set->facts->records[i]))
            continue;
        if (record->error != NULL && count.unreadable == NULL)
            count.unreadable = record;
        if (record->critical && record->tag == CAA_UNKNOWN && count.critical == NULL)
            count.critical = record;
        if (record->error == NULL && record->tag == set->tag)
            count_issuer(arena, record, issuer, &count);
    }
    return count;
}

#define BOUND "a CA is bound when it issues, and the records may have changed since"

// Verdicts that need no CA: the records let everybody or nobody issue, or cannot be read.
static bool judge_alone(struct arena *arena, const struct set *set, const struct count *count, struct fact *fact)
{
    if (count->unreadable != NULL)
        *fact = fact_because(VERDICT_UNKNOWN, "malformed_record", count->unreadable->error);
    else if (count->critical != NULL)
        *fact = fact_because(VERDICT_UNKNOWN, "critical_tag",
                             arena_text(arena,
                                        "a record with the tag %s is critical, and who does not know it may not issue",
                                        count->critical->tag_text));
    else if (count->all == 0)
        *fact = fact_because(VERDICT_YES, "not_restricted",
                             arena_text(arena, "no record at %s says who may issue", set->name));
    else if (count->nobody == count->all)
        *fact = fact_because(VERDICT_NO, "nobody_may_issue",
                             arena_text(arena, "the records at %s let nobody issue; " BOUND, set->name));
    else
        return false;
    return true;
}

static struct fact judge_issuer(struct arena *arena, const struct set *set, const struct count *count,
                                const struct issuer *issuer, const char *shown)
{
    const char *domains = count->domains == NULL ? "nobody" : count->domains;
    if (issuer == NULL)
        return fact_because(
            VERDICT_UNKNOWN, "issuer_identifier_unknown",
            arena_text(arena, "the records at %s name %s; whether one of these is the domain of %s is not known",
                       set->name, domains, shown));
    if (count->recognized != 0)
        return fact_because(
            VERDICT_YES, "listed",
            arena_text(arena, "the records at %s name %s, and so let %s issue%s", set->name, domains, issuer->ca,
                       count->limited == count->recognized ? ", on conditions that no certificate shows" : ""));
    if (count->malformed != 0)
        return fact_because(VERDICT_UNKNOWN, "malformed",
                            arena_text(arena, "a record at %s breaks the grammar, which counts as nobody", set->name));
    if (count->of_others + count->nobody != count->all)
        return fact_because(VERDICT_UNKNOWN, "domain_unknown",
                            arena_text(arena, "the records at %s name %s, and not all of that is known as some CA's",
                                       set->name, domains));
    return fact_because(
        VERDICT_NO, "not_listed",
        arena_text(arena, "the records at %s name %s, which are not of %s; " BOUND, set->name, domains, issuer->ca));
}

// --- chains --------------------------------------------------------------------------------------

static struct fact judge(struct arena *arena, const struct set *set, const struct fact *found,
                         const struct caa_issuer *row)
{
    if (found->verdict == VERDICT_NO)
        return fact_because(VERDICT_YES, "no_records", "neither the name nor one above it has CAA records");
    if (found->verdict != VERDICT_YES)
        return fact_because(VERDICT_UNKNOWN, found->reason, found->sentence);
    const struct issuer *issuer = issuer_find(row->issuer);
    struct count count = count_records(arena, set, issuer);
    struct fact fact;
    return judge_alone(arena, set, &count, &fact) ? fact : judge_issuer(arena, set, &count, issuer, row->issuer);
}

static struct fact judge_row(struct arena *arena, const struct certificate *leaf, const struct caa_search *search,
                             bool wildcard, const struct caa_issuer *row)
{
    struct set set = {search->facts, row->name, CAA_ISSUE};
    if (leaf->error != NULL)
        return fact_because(VERDICT_UNKNOWN, "unparseable", leaf->error);
    if (row->covers == NULL)
        return fact_because(VERDICT_NOT_APPLICABLE, "not_covered", "the leaf is for other names");
    if (leaf->self_signed)
        return fact_because(VERDICT_NOT_APPLICABLE, "self_signed", "no CA issued the leaf");
    if (row->name != NULL)
        set.tag = counting_tag(&set, wildcard);
    return judge(arena, &set, wildcard ? &search->wildcard_fact : &search->facts->fact, row);
}

static struct caa_issuer *new_row(struct arena *arena, struct caa_facts *facts)
{
    struct caa_issuer *rows = arena_array(arena, facts->issuer_count + 1, sizeof *rows);
    for (size_t i = 0; i < facts->issuer_count; i++)
        rows[i] = facts->issuers[i];
    facts->issuers = rows;
    return &rows[facts->issuer_count++];
}

static void add_row(struct arena *arena, const struct chain_fact *chain, struct caa_search *search, bool wildcard,
                    const char *covers)
{
    const struct certificate *leaf = &chain->chain[0];
    const char *organisation = distinguished_organization(arena, leaf->issuer_der);
    const struct issuer *issuer = organisation == NULL ? NULL : issuer_find(organisation);
    const struct fact *found = wildcard ? &search->wildcard_fact : &search->facts->fact;
    struct caa_issuer *row = new_row(arena, search->facts);
    *row = (struct caa_issuer){
        .leaf = leaf->fingerprint_sha256,
        .covers = covers,
        .issuer = organisation != NULL ? organisation : leaf->issuer,
        .ca = issuer == NULL ? NULL : issuer->ca,
        .name = wildcard ? search->wildcard_name : search->facts->name,
    };
    row->fact = judge_row(arena, leaf, search, wildcard, row);
    if (covers != NULL)
        evidence_join(arena, &row->fact.evidence, found->evidence);
    evidence_join(arena, &row->fact.evidence, chain->evidence);
}

enum progress caa_judge(struct host *host, const char *name, const struct facts *facts, struct caa_search *search)
{
    bool wildcard = false;
    for (size_t i = 0; i < facts->chain_count; i++)
        wildcard |= covers_by_wildcard(&facts->chains[i].chain[0], name);
    if (wildcard && find_for_wildcards(host, name, search) == WAIT)
        return WAIT;
    for (size_t i = 0; i < facts->chain_count; i++) {
        const struct certificate *leaf = &facts->chains[i].chain[0];
        bool exactly = covers_exactly(leaf, name), more = covers_by_wildcard(leaf, name);
        if (exactly || !more)
            add_row(&host->facts_memory, &facts->chains[i], search, false, exactly ? name : NULL);
        if (more)
            add_row(&host->facts_memory, &facts->chains[i], search, true,
                    arena_text(&host->facts_memory, "*.%s", domain_parent(name)));
    }
    return DONE;
}
