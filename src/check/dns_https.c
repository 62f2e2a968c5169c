// SPDX-License-Identifier: Apache-2.0
//
// What does the HTTPS record promise, and does the server keep it? RFC 9460: application protocols against those that
// the server selects, ECH keys (RFC 9848) against those that it offers itself, addresses against A and AAAA, the port.
// AliasMode is followed once. Promises about another name or port are not this server's to keep.
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/dns_parts.h"
#include "check/opening.h"
#include "wire/domain.h"

enum { PORT_HTTPS = 443, EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xFE0D };

// --- asking --------------------------------------------------------------------------------------

// RFC 9460 section 9.1: other ports than that of https stand in the name.
static const char *owner(struct host *host, const char *name)
{
    struct arena *arena = &host->facts_memory;
    return host->target->port == PORT_HTTPS
               ? name
               : records_name(arena, arena_text(arena, "_%u._https.%s", host->target->port, name));
}

static void add_records(struct arena *arena, const struct dns_lookup *lookup, struct https_facts *found)
{
    const struct records_result *result = lookup->result;
    size_t count = found->record_count + result->count;
    struct https_record *records = arena_array(arena, count, sizeof *records);
    for (size_t i = 0; i < found->record_count; i++)
        records[i] = found->records[i];
    for (size_t i = 0; i < result->count; i++) {
        struct https_record *record = &records[found->record_count + i];
        record->name = lookup->alias != NULL ? lookup->alias : lookup->name;
        svcb_read(arena, result->rdata[i], &record->record);
    }
    found->records = records;
    found->record_count = count;
}

static const char *alias_target(const struct https_facts *found)
{
    for (size_t i = 0; i < found->record_count; i++)
        if (found->records[i].record.malformed == NULL && found->records[i].record.priority == 0)
            return found->records[i].record.target;
    return NULL;
}

static void add_row(struct arena *arena, struct https_facts *found, struct https_row row)
{
    struct https_row *rows = arena_array(arena, found->row_count + 1, sizeof *rows);
    for (size_t i = 0; i < found->row_count; i++)
        rows[i] = found->rows[i];
    rows[found->row_count++] = row;
    found->rows = rows;
}

// Where AliasMode leads: to records of ServiceMode, to a name that is used as it is, or on to another alias, which is
// not followed.
static enum progress follow(struct host *host, struct https_facts *found, struct dns_lookups *lookups)
{
    struct arena *arena = &host->facts_memory;
    struct https_row row = {.id = "alias_target", .value = found->target};
    const char *name = records_name(arena, found->target);
    struct dns_lookup lookup;
    if (strcmp(found->target, ".") == 0) {
        row.fact = fact_because(VERDICT_NO, "no_service", "the alias leads nowhere: there is no service by this name");
    } else if (name == NULL) {
        row.fact = fact_because(VERDICT_UNKNOWN, "unusual_name", "a name like that is not asked for");
    } else {
        if (dns_lookup_ask(host, name, RECORD_HTTPS, &lookup) == WAIT)
            return WAIT;
        dns_lookup_add(arena, lookups, &lookup);
        size_t before = found->record_count;
        row.fact = lookup.fact;
        if (lookup.fact.verdict == VERDICT_YES)
            add_records(arena, &lookup, found);
        for (size_t i = before; i < found->record_count; i++)
            if (found->records[i].record.malformed == NULL && found->records[i].record.priority == 0)
                row.fact = fact_because(VERDICT_UNKNOWN, "alias_chain", "the alias leads to another alias");
        if (row.fact.verdict == VERDICT_NO)
            row.fact =
                fact_because(VERDICT_NO, "no_records", "the target has no HTTPS record: clients use its name as it is");
        row.fact.evidence = lookup.fact.evidence;
    }
    add_row(arena, found, row);
    return DONE;
}

// --- hints ---------------------------------------------------------------------------------------

// The name that a record of ServiceMode leads to (section 2.5.2).
static const char *effective(const struct https_record *record)
{
    return strcmp(record->record.target, ".") == 0 ? record->name : record->record.target;
}

static bool holds(const struct dns_lookup *lookup, const char *hint, struct arena *arena)
{
    for (size_t i = 0; i < lookup->result->count; i++) {
        const char *address = svcb_address(arena, lookup->result->rdata[i]);
        if (address != NULL && strcmp(address, hint) == 0)
            return true;
    }
    return false;
}

static struct fact compare_hints(struct arena *arena, const struct dns_lookup *lookup, struct strings hints)
{
    if (lookup->fact.verdict == VERDICT_UNKNOWN)
        return lookup->fact;
    for (size_t i = 0; i < hints.count; i++)
        if (lookup->fact.verdict == VERDICT_NO || !holds(lookup, hints.text[i], arena))
            return fact_because(VERDICT_NO, "other_address",
                                arena_text(arena, "%s is no address of %s", hints.text[i], lookup->name));
    return fact_of(VERDICT_YES);
}

static enum progress check_hints(struct host *host, const struct https_record *record, uint16_t type,
                                 struct https_facts *found, struct dns_lookups *lookups)
{
    struct arena *arena = &host->facts_memory;
    struct strings hints = type == RECORD_A ? record->record.ipv4_hints : record->record.ipv6_hints;
    const char *name = records_name(arena, effective(record));
    struct https_row row = {.id = type == RECORD_A ? "ipv4_hints" : "ipv6_hints", .value = effective(record)};
    struct dns_lookup lookup;
    if (hints.count == 0)
        return DONE;
    if (name == NULL) {
        row.fact = fact_because(VERDICT_UNKNOWN, "unusual_name", "a name like that is not asked for");
        add_row(arena, found, row);
        return DONE;
    }
    if (dns_lookup_ask(host, name, type, &lookup) == WAIT)
        return WAIT;
    dns_lookup_add(arena, lookups, &lookup);
    row.fact = compare_hints(arena, &lookup, hints);
    row.fact.evidence = lookup.fact.evidence;
    add_row(arena, found, row);
    return DONE;
}

static bool well_formed(const struct https_facts *found, const struct svcb_record **fault)
{
    *fault = NULL;
    for (size_t i = 0; i < found->record_count && *fault == NULL; i++)
        if (found->records[i].record.malformed != NULL)
            *fault = &found->records[i].record;
    return *fault == NULL;
}

#define HINTED 4 // records whose addresses are looked up

static enum progress look_closer(struct host *host, struct https_facts *found, struct dns_lookups *lookups)
{
    const struct svcb_record *fault;
    struct https_row form = {.id = "well_formed", .fact = fact_of(VERDICT_YES)};
    if (!well_formed(found, &fault))
        form.fact = fact_because(VERDICT_NO, "malformed", fault->malformed);
    form.fact.evidence = found->fact.evidence;
    add_row(&host->facts_memory, found, form);
    if (fault != NULL)
        return DONE;
    bool pending = false;
    size_t hinted = 0;
    for (size_t i = 0; i < found->record_count && hinted < HINTED; i++) {
        const struct https_record *record = &found->records[i];
        hinted += record->record.ipv4_hints.count + record->record.ipv6_hints.count != 0;
        pending |= check_hints(host, record, RECORD_A, found, lookups) == WAIT;
        pending |= check_hints(host, record, RECORD_AAAA, found, lookups) == WAIT;
    }
    return pending ? WAIT : DONE;
}

enum progress https_find(struct host *host, const char *name, struct https_facts *found)
{
    struct arena *arena = &host->facts_memory;
    struct dns_lookups lookups = {0};
    struct dns_lookup lookup;
    found->name = owner(host, name);
    if (found->name == NULL) {
        found->fact = fact_because(VERDICT_NOT_APPLICABLE, "name_too_long", "no name of DNS is as long as that");
        return DONE;
    }
    if (dns_lookup_ask(host, found->name, RECORD_HTTPS, &lookup) == WAIT)
        return WAIT;
    dns_lookup_add(arena, &lookups, &lookup);
    found->fact = lookup.fact;
    found->dnssec = lookup.result == NULL ? NULL : dnssec_name(lookup.result->dnssec);
    if (lookup.fact.verdict == VERDICT_YES) {
        add_records(arena, &lookup, found);
        found->target = alias_target(found);
        if (found->target != NULL && follow(host, found, &lookups) == WAIT)
            return WAIT;
        if (look_closer(host, found, &lookups) == WAIT)
            return WAIT;
    }
    found->lookups = lookups.row;
    found->lookup_count = lookups.count;
    return DONE;
}

// --- what the server keeps -----------------------------------------------------------------------

// Whether a record is about what was scanned: this name, by whatever alias, and this port.
static bool same_name(const struct https_facts *found, const char *name, const struct https_record *record)
{
    const char *target = effective(record);
    bool own =
        found->record_count != 0 && strcmp(found->name, name) == 0 && strcmp(target, found->records[0].name) == 0;
    return record->record.priority != 0 && found->target == NULL && (own || strcmp(target, name) == 0);
}

static bool same_port(const struct host *host, const struct https_record *record)
{
    return !record->record.has_port || record->record.port == host->target->port;
}

static void judge_port(struct host *host, const char *name, struct https_facts *found)
{
    struct https_row row = {.id = "port"};
    bool named = false, same = false;
    for (size_t i = 0; i < found->record_count; i++) {
        const struct https_record *record = &found->records[i];
        named |= same_name(found, name, record);
        same |= same_name(found, name, record) && same_port(host, record);
    }
    if (same)
        row.fact = fact_of(VERDICT_YES);
    else if (named)
        row.fact =
            fact_because(VERDICT_NO, "other_port", "the records lead to other ports than the one that was scanned");
    else
        row.fact = fact_because(VERDICT_NOT_APPLICABLE, "other_name",
                                "the records lead to other names than the one that was scanned");
    row.fact.evidence = found->fact.evidence;
    add_row(&host->facts_memory, found, row);
}

static const struct feature_fact *feature_of(const struct facts *facts, enum feature_section section, const char *id)
{
    for (size_t i = 0; i < facts->feature_count; i++)
        if (facts->features[i]->section == section && strcmp(facts->features[i]->id, id) == 0)
            return facts->features[i];
    return NULL;
}

static struct fact not_asked(const struct host *host, const char *check)
{
    if (!host_runs(host, check_find(check)))
        return fact_because(VERDICT_NOT_TESTED, "not_selected", "the check that would tell was not selected");
    return fact_because(VERDICT_NOT_TESTED, "not_asked", "the server was not asked about it");
}

static void judge_alpn(struct host *host, const struct facts *facts, const char *protocol, struct https_facts *found)
{
    struct https_row row = {.id = "alpn", .value = protocol, .of_address = true};
    const struct feature_fact *feature = feature_of(facts, FEATURE_ALPN, protocol);
    const struct feature_fact *all = feature_of(facts, FEATURE_EXTENSION, "application_layer_protocol_negotiation");
    for (size_t i = 0; i < found->row_count; i++)
        if (strcmp(found->rows[i].id, row.id) == 0 && strcmp(found->rows[i].value, protocol) == 0)
            return;
    if (strncmp(protocol, "h3", 2) == 0)
        row.fact = fact_because(VERDICT_NOT_TESTED, "quic_alone", "it is spoken over QUIC, and TCP was scanned");
    else if (feature == NULL && all != NULL && all->fact.verdict == VERDICT_UNKNOWN)
        row.fact = all->fact;
    else if (feature == NULL)
        row.fact = not_asked(host, "alpn");
    else
        row.fact = feature->fact;
    if (row.fact.verdict == VERDICT_NO)
        row.fact = fact_because(VERDICT_NO, "not_selected_by_server", "the server does not select it");
    row.fact.evidence = found->fact.evidence;
    if (feature != NULL)
        evidence_join(&host->facts_memory, &row.fact.evidence, feature->fact.evidence);
    add_row(&host->facts_memory, found, row);
}

// What the server offers for a retry, by the answer that showed it.
static bool offered(struct host *host, const struct feature_fact *feature, struct ech_list *list)
{
    for (size_t i = 0; i < feature->fact.evidence.count; i++) {
        const struct answer *answer = ledger_find(&host->ledger, feature->fact.evidence.key[i]);
        const struct flight *flight = answer == NULL || answer->outcome == NULL ? NULL : answer->outcome->flight;
        const struct extension *extension =
            flight == NULL ? NULL : opening_extension(flight, EXTENSION_ENCRYPTED_CLIENT_HELLO);
        if (extension == NULL)
            continue;
        ech_read(&host->facts_memory, extension->body, list);
        return true;
    }
    return false;
}

static struct fact compare_ech(struct host *host, const struct feature_fact *feature, const struct ech_list *published)
{
    struct ech_list list;
    if (feature->fact.verdict == VERDICT_NO || feature->fact.verdict == VERDICT_NOT_APPLICABLE)
        return fact_because(VERDICT_NO, "no_ech", "the server takes no notice of encrypted hellos");
    if (feature->fact.verdict != VERDICT_YES || !offered(host, feature, &list))
        return fact_because(VERDICT_UNKNOWN, feature->fact.reason == NULL ? "not_read" : feature->fact.reason,
                            feature->fact.sentence);
    if (list.error != NULL)
        return fact_because(VERDICT_UNKNOWN, "malformed", list.error);
    for (size_t i = 0; i < published->count; i++)
        for (size_t j = 0; j < list.count; j++)
            if (bytes_equal(published->configs[i].whole, list.configs[j].whole))
                return fact_of(VERDICT_YES);
    return fact_because(VERDICT_NO, "other_keys", "the server offers other keys than DNS publishes");
}

static void judge_ech(struct host *host, const struct facts *facts, const struct svcb_record *record,
                      struct https_facts *found)
{
    struct arena *arena = &host->facts_memory;
    struct https_row row = {.id = "ech", .of_address = true};
    const struct feature_fact *feature = feature_of(facts, FEATURE_EXTENSION, "encrypted_client_hello");
    for (size_t i = 0; i < record->ech.count && row.value == NULL; i++)
        row.value = record->ech.configs[i].known ? record->ech.configs[i].public_name : NULL;
    row.fact = feature == NULL ? not_asked(host, "extensions") : compare_ech(host, feature, &record->ech);
    row.fact.evidence = found->fact.evidence;
    if (feature != NULL)
        evidence_join(arena, &row.fact.evidence, feature->fact.evidence);
    add_row(arena, found, row);
}

void https_judge(struct host *host, const char *name, const struct facts *facts, struct https_facts *found)
{
    const struct svcb_record *fault;
    bool told = false;
    if (found->fact.verdict != VERDICT_YES || !well_formed(found, &fault))
        return;
    judge_port(host, name, found);
    for (size_t i = 0; i < found->record_count; i++) {
        const struct https_record *record = &found->records[i];
        if (!same_name(found, name, record) || !same_port(host, record))
            continue;
        for (size_t j = 0; j < record->record.alpn.count; j++)
            judge_alpn(host, facts, record->record.alpn.text[j], found);
        if (record->record.has_ech && !told)
            judge_ech(host, facts, &record->record, found);
        told |= record->record.has_ech;
    }
}
