// SPDX-License-Identifier: Apache-2.0
//
// The report's object "dns". What a look-up found is the same for every address of the name and stands once; what it
// means for a chain or a protocol stands once for each address that was scanned.
#include "check/dns_facts.h"

#include <string.h>

#include "base/text.h"
#include "report/tree.h"

// --- order of rows -------------------------------------------------------------------------------

static int compare_text(const char *a, const char *b) { return strcmp(a == NULL ? "" : a, b == NULL ? "" : b); }

static int compare_issuers(const void *a, const void *b)
{
    const struct caa_issuer *x = *(const struct caa_issuer *const *)a, *y = *(const struct caa_issuer *const *)b;
    int order = compare_text(x->leaf, y->leaf);
    order = order != 0 ? order : compare_text(x->covers, y->covers);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_chains(const void *a, const void *b)
{
    const struct dane_chain *x = *(const struct dane_chain *const *)a, *y = *(const struct dane_chain *const *)b;
    int order = compare_text(x->leaf, y->leaf);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_agreement(const void *a, const void *b)
{
    const struct https_row *x = *(const struct https_row *const *)a, *y = *(const struct https_row *const *)b;
    int order = compare_text(x->id, y->id);
    order = order != 0 ? order : compare_text(x->value, y->value);
    return order != 0 ? order : (x > y) - (x < y);
}

// --- pieces --------------------------------------------------------------------------------------

// Calls for each address whose check came to its end.
typedef void add_rows(struct arena *scratch, json_t *list, const char *address, const struct dns_facts *facts);

static json_t *rows_of_all(struct arena *scratch, const struct report_input *input, add_rows *add)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < input->endpoint_count; i++)
        if (input->endpoints[i].host->facts.dns != NULL)
            add(scratch, list, input->endpoints[i].address, input->endpoints[i].host->facts.dns);
    return list;
}

// A code that has a name, as both.
static void set_named(struct arena *scratch, json_t *object, const char *key, const char *name, uint16_t code)
{
    tree_set(object, key, tree_text(scratch, name));
    tree_set(object, arena_text(scratch, "%s_code", key), tree_number(code));
}

static json_t *lookups(struct arena *scratch, const struct dns_lookup_fact *rows, size_t count)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < count; i++) {
        json_t *object = tree_object();
        tree_set(object, "name", tree_text(scratch, rows[i].name));
        tree_set(object, "type", tree_text(scratch, record_type_name(scratch, rows[i].type)));
        tree_set(object, "alias", tree_text(scratch, rows[i].alias));
        tree_set(object, "dnssec", tree_text(scratch, rows[i].dnssec));
        tree_set_fact(scratch, object, &rows[i].fact);
        tree_add(list, object);
    }
    return list;
}

// --- CAA -----------------------------------------------------------------------------------------

static json_t *caa_record(struct arena *scratch, const struct caa_row *row)
{
    const struct caa_record *record = &row->record;
    bool issues = record->tag == CAA_ISSUE || record->tag == CAA_ISSUEWILD;
    json_t *object = tree_object(), *parameters = tree_list();
    for (size_t i = 0; i < record->parameter_count; i++) {
        json_t *parameter = tree_object();
        tree_set(parameter, "tag", tree_text(scratch, record->parameters[i].tag));
        tree_set(parameter, "value", tree_text(scratch, record->parameters[i].value));
        tree_add(parameters, parameter);
    }
    tree_set(object, "name", tree_text(scratch, row->name));
    tree_set(object, "flags", tree_number(record->flags));
    tree_set(object, "critical", tree_truth(record->critical));
    tree_set(object, "tag", tree_text(scratch, record->tag_text));
    tree_set(object, "value", tree_text(scratch, record->value));
    tree_set(object, "issuer", tree_text(scratch, issues ? record->issuer : NULL));
    tree_set(object, "parameters", parameters);
    tree_set(object, "malformed", tree_truth(record->malformed));
    tree_set(object, "error", tree_text(scratch, record->error));
    return object;
}

static void add_issuers(struct arena *scratch, json_t *list, const char *address, const struct dns_facts *facts)
{
    const struct caa_facts *caa = &facts->caa;
    const void **sorted = tree_sorted(scratch, caa->issuers, caa->issuer_count, sizeof *caa->issuers, compare_issuers);
    for (size_t i = 0; i < caa->issuer_count; i++) {
        const struct caa_issuer *row = sorted[i];
        json_t *object = tree_object();
        tree_set(object, "address", tree_text(scratch, address));
        tree_set(object, "leaf_sha256", tree_text(scratch, row->leaf));
        tree_set(object, "covers", tree_text(scratch, row->covers));
        tree_set(object, "issuer", tree_text(scratch, row->issuer));
        tree_set(object, "ca", tree_text(scratch, row->ca));
        tree_set(object, "name", tree_text(scratch, row->name));
        tree_set_fact(scratch, object, &row->fact);
        tree_add(list, object);
    }
}

static json_t *caa(struct arena *scratch, const struct report_input *input, const struct dns_facts *facts)
{
    const struct caa_facts *found = &facts->caa;
    json_t *object = tree_fact(scratch, &found->fact), *records = tree_list();
    for (size_t i = 0; i < found->record_count; i++)
        tree_add(records, caa_record(scratch, &found->records[i]));
    tree_set(object, "name", tree_text(scratch, found->name));
    tree_set(object, "dnssec", tree_text(scratch, found->dnssec));
    tree_set(object, "records", records);
    tree_set(object, "issuers", rows_of_all(scratch, input, add_issuers));
    tree_set(object, "lookups", lookups(scratch, found->lookups, found->lookup_count));
    return object;
}

// --- TLSA ----------------------------------------------------------------------------------------

static json_t *tlsa_record(struct arena *scratch, const struct tlsa_record *record)
{
    json_t *object = tree_object();
    set_named(scratch, object, "usage", tlsa_usage_name(record->usage), record->usage);
    set_named(scratch, object, "selector", tlsa_selector_name(record->selector), record->selector);
    set_named(scratch, object, "matching", tlsa_matching_name(record->matching), record->matching);
    tree_set(object, "data", tree_text(scratch, text_hex(scratch, record->data)));
    tree_set(object, "unusable", tree_text(scratch, record->unusable));
    return object;
}

static json_t *matches(struct arena *scratch, const struct dane_chain *chain, size_t count)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < count; i++) {
        const struct dane_match *match = &chain->matches[i];
        json_t *object = tree_object();
        tree_set(object, "record", tree_number(i + 1));
        tree_set(object, "matches", tree_truth(match->matches));
        tree_set(object, "certificate_sha256", tree_text(scratch, match->certificate));
        tree_set_fact(scratch, object, &match->fact);
        tree_add(list, object);
    }
    return list;
}

static void add_chains(struct arena *scratch, json_t *list, const char *address, const struct dns_facts *facts)
{
    const struct tlsa_facts *tlsa = &facts->tlsa;
    const void **sorted = tree_sorted(scratch, tlsa->chains, tlsa->chain_count, sizeof *tlsa->chains, compare_chains);
    for (size_t i = 0; i < tlsa->chain_count; i++) {
        const struct dane_chain *chain = sorted[i];
        json_t *object = tree_object();
        tree_set(object, "address", tree_text(scratch, address));
        tree_set(object, "leaf_sha256", tree_text(scratch, chain->leaf));
        tree_set_fact(scratch, object, &chain->fact);
        tree_set(object, "records", matches(scratch, chain, facts->tlsa.record_count));
        tree_add(list, object);
    }
}

static json_t *tlsa(struct arena *scratch, const struct report_input *input, const struct dns_facts *facts)
{
    const struct tlsa_facts *found = &facts->tlsa;
    json_t *object = tree_fact(scratch, &found->fact), *records = tree_list();
    for (size_t i = 0; i < found->record_count; i++)
        tree_add(records, tlsa_record(scratch, &found->records[i]));
    tree_set(object, "name", tree_text(scratch, found->name));
    tree_set(object, "dnssec", tree_text(scratch, found->dnssec));
    tree_set(object, "records", records);
    tree_set(object, "chains", rows_of_all(scratch, input, add_chains));
    tree_set(object, "lookups", lookups(scratch, found->lookups, found->lookup_count));
    return object;
}

// --- HTTPS ---------------------------------------------------------------------------------------

// Null where it has no name here.
static json_t *algorithm(struct arena *scratch, const char *name, uint16_t code)
{
    return name != NULL ? tree_text(scratch, name) : tree_code(scratch, code);
}

static json_t *ech_config(struct arena *scratch, const struct ech_config *config)
{
    json_t *object = tree_object(), *suites = tree_list();
    for (size_t i = 0; i < config->suite_count; i++) {
        json_t *suite = tree_object();
        tree_set(suite, "kdf", algorithm(scratch, ech_kdf_name(config->suites[i].kdf), config->suites[i].kdf));
        tree_set(suite, "aead", algorithm(scratch, ech_aead_name(config->suites[i].aead), config->suites[i].aead));
        tree_add(suites, suite);
    }
    tree_set(object, "version", tree_code(scratch, config->version));
    tree_set(object, "known", tree_truth(config->known));
    tree_set(object, "config_id", tree_number(config->config_id));
    tree_set(object, "kem", algorithm(scratch, ech_kem_name(config->kem), config->kem));
    tree_set(object, "public_key", tree_text(scratch, text_hex(scratch, config->public_key)));
    tree_set(object, "suites", suites);
    tree_set(object, "maximum_name_length", tree_number(config->maximum_name_length));
    tree_set(object, "public_name", tree_text(scratch, config->known ? config->public_name : NULL));
    tree_set(object, "mandatory_extension", tree_truth(config->mandatory_extension));
    return object;
}

static json_t *ech(struct arena *scratch, const struct svcb_record *record)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < record->ech.count; i++)
        tree_add(list, ech_config(scratch, &record->ech.configs[i]));
    return list;
}

static json_t *params(struct arena *scratch, const struct svcb_record *record)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < record->param_count; i++) {
        json_t *object = tree_object();
        tree_set(object, "key", tree_text(scratch, svcb_key_name(scratch, record->params[i].key)));
        tree_set(object, "value", tree_text(scratch, text_hex(scratch, record->params[i].value)));
        tree_add(list, object);
    }
    return list;
}

static json_t *mandatory(struct arena *scratch, const struct svcb_record *record)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < record->mandatory_count; i++)
        tree_add(list, tree_text(scratch, svcb_key_name(scratch, record->mandatory[i])));
    return list;
}

static json_t *https_record(struct arena *scratch, const struct https_record *row)
{
    const struct svcb_record *record = &row->record;
    json_t *object = tree_object();
    tree_set(object, "name", tree_text(scratch, row->name));
    tree_set(object, "priority", tree_number(record->priority));
    tree_set(object, "mode", tree_text(scratch, record->priority == 0 ? "alias" : "service"));
    tree_set(object, "target", tree_text(scratch, record->target));
    tree_set(object, "alpn", tree_texts(scratch, record->alpn));
    tree_set(object, "no_default_alpn", tree_truth(record->no_default_alpn));
    tree_set(object, "port", record->has_port ? tree_number(record->port) : tree_text(scratch, NULL));
    tree_set(object, "ipv4_hints", tree_texts(scratch, record->ipv4_hints));
    tree_set(object, "ipv6_hints", tree_texts(scratch, record->ipv6_hints));
    tree_set(object, "ech", ech(scratch, record));
    tree_set(object, "mandatory", mandatory(scratch, record));
    tree_set(object, "parameters", params(scratch, record));
    tree_set(object, "malformed", tree_text(scratch, record->malformed));
    return object;
}

// of_address: the rows of one address, or those of the name, which all addresses share.
static void add_agreement(struct arena *scratch, json_t *list, const char *address, const struct https_facts *https,
                          bool of_address)
{
    const void **sorted = tree_sorted(scratch, https->rows, https->row_count, sizeof *https->rows, compare_agreement);
    for (size_t i = 0; i < https->row_count; i++) {
        const struct https_row *row = sorted[i];
        if (row->of_address != of_address)
            continue;
        json_t *object = tree_object();
        tree_set(object, "address", tree_text(scratch, address));
        tree_set(object, "id", tree_text(scratch, row->id));
        tree_set(object, "value", tree_text(scratch, row->value));
        tree_set_fact(scratch, object, &row->fact);
        tree_add(list, object);
    }
}

static json_t *https(struct arena *scratch, const struct report_input *input, const struct dns_facts *facts)
{
    const struct https_facts *found = &facts->https;
    json_t *object = tree_fact(scratch, &found->fact), *records = tree_list(), *agreement = tree_list();
    for (size_t i = 0; i < found->record_count; i++)
        tree_add(records, https_record(scratch, &found->records[i]));
    add_agreement(scratch, agreement, NULL, found, false);
    for (size_t i = 0; i < input->endpoint_count; i++)
        if (input->endpoints[i].host->facts.dns != NULL)
            add_agreement(scratch, agreement, input->endpoints[i].address, &input->endpoints[i].host->facts.dns->https,
                          true);
    tree_set(object, "name", tree_text(scratch, found->name));
    tree_set(object, "target", tree_text(scratch, found->target));
    tree_set(object, "dnssec", tree_text(scratch, found->dnssec));
    tree_set(object, "records", records);
    tree_set(object, "agreement", agreement);
    tree_set(object, "lookups", lookups(scratch, found->lookups, found->lookup_count));
    return object;
}

// --- the whole -----------------------------------------------------------------------------------

// One address may have been given up before its look-ups came back.
static const struct dns_facts *best(const struct report_input *input)
{
    const struct dns_facts *found = NULL;
    for (size_t i = 0; i < input->endpoint_count; i++) {
        const struct dns_facts *facts = input->endpoints[i].host->facts.dns;
        if (facts != NULL &&
            (found == NULL || (found->fact.verdict == VERDICT_UNKNOWN && facts->fact.verdict != VERDICT_UNKNOWN)))
            found = facts;
    }
    return found;
}

static json_t *resolvers(struct arena *scratch, const struct report_input *input, const struct dns_facts *facts)
{
    json_t *list = tree_list();
    if (input->resolver == NULL || facts->fact.verdict == VERDICT_NOT_APPLICABLE) {
        json_decref(list);
        return tree_text(scratch, NULL);
    }
    for (const char *rest = input->resolver; *rest != '\0'; rest += strspn(rest, " ")) {
        size_t size = strcspn(rest, " ");
        tree_add(list, tree_text(scratch, arena_text(scratch, "%.*s", (int)size, rest)));
        rest += size;
    }
    return list;
}

json_t *tree_dns(struct arena *scratch, const struct report_input *input)
{
    const struct dns_facts *facts = best(input);
    if (facts == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_fact(scratch, &facts->fact);
    tree_set(object, "name", tree_text(scratch, facts->name));
    tree_set(object, "dnssec", tree_text(scratch, facts->dnssec));
    tree_set(object, "why", tree_text(scratch, facts->why));
    tree_set(object, "resolver", resolvers(scratch, input, facts));
    tree_set(object, "caa", caa(scratch, input, facts));
    tree_set(object, "tlsa", tlsa(scratch, input, facts));
    tree_set(object, "https", https(scratch, input, facts));
    return object;
}
