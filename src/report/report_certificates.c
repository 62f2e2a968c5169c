// SPDX-License-Identifier: Apache-2.0
//
// The report's list of certificate chains: for what each was served, its certificates from the
// leaf on, and what was found out about the whole of it.
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "check/revocation_facts.h"
#include "check/transparency.h"
#include "check/weak_keys.h"
#include "report/tree.h"

// A chain with its own list put in order, so that chains can be ordered by it.
struct sorted_chain {
    const struct chain_fact *fact;
    const void **served;
    const struct chain_revocation *revocation;
    const struct transparency_fact *transparency; // NULL: not judged
};

static int compare_text(const char *a, const char *b) { return strcmp(a == NULL ? "" : a, b == NULL ? "" : b); }

// What a client that names its server sees comes first.
static int compare_served_rows(const struct served_for *a, const struct served_for *b)
{
    if (a->sni != b->sni)
        return a->sni ? -1 : 1;
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    return compare_text(a->authentication, b->authentication);
}

static int compare_served(const void *a, const void *b)
{
    return compare_served_rows(*(const struct served_for *const *)a, *(const struct served_for *const *)b);
}

static const char *fingerprint(const struct chain_fact *chain)
{
    return chain->count == 0 ? NULL : chain->chain[0].fingerprint_sha256;
}

static int compare_chains(const void *a, const void *b)
{
    const struct sorted_chain *x = *(const struct sorted_chain *const *)a;
    const struct sorted_chain *y = *(const struct sorted_chain *const *)b;
    for (size_t i = 0; i < x->fact->served_count && i < y->fact->served_count; i++) {
        int order = compare_served_rows(x->served[i], y->served[i]);
        if (order != 0)
            return order;
    }
    if (x->fact->served_count != y->fact->served_count)
        return x->fact->served_count < y->fact->served_count ? 1 : -1;
    int order = compare_text(fingerprint(x->fact), fingerprint(y->fact));
    return order != 0 ? order : (x->fact > y->fact) - (x->fact < y->fact);
}

static const void **sorted_chains(struct arena *scratch, const struct facts *facts)
{
    struct sorted_chain *chains = arena_array(scratch, facts->chain_count, sizeof *chains);
    for (size_t i = 0; i < facts->chain_count; i++) {
        const struct chain_fact *fact = &facts->chains[i];
        chains[i].fact = fact;
        chains[i].revocation = facts->revocations == NULL ? NULL : &facts->revocations[i];
        chains[i].transparency = facts->transparency == NULL ? NULL : &facts->transparency[i];
        chains[i].served =
            tree_sorted(scratch, fact->served_for, fact->served_count, sizeof *fact->served_for, compare_served);
    }
    return tree_sorted(scratch, chains, facts->chain_count, sizeof *chains, compare_chains);
}

static json_t *served_for(struct arena *scratch, const struct sorted_chain *chain)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < chain->fact->served_count; i++) {
        const struct served_for *row = chain->served[i];
        json_t *object = tree_object();
        tree_set(object, "version", tree_version(scratch, row->version));
        tree_set(object, "authentication", tree_text(scratch, row->authentication));
        tree_set(object, "sni", tree_truth(row->sni));
        tree_add(list, object);
    }
    return list;
}

// RFC 7468: lines of 64 characters.
static json_t *pem(struct arena *scratch, struct bytes der)
{
    struct builder builder = builder_in(scratch);
    const char *base64 = text_base64(scratch, der);
    builder_add(&builder, bytes_of_text("-----BEGIN CERTIFICATE-----\n"));
    for (size_t left = strlen(base64); left != 0;) {
        size_t size = left < 64 ? left : 64;
        builder_add(&builder, (struct bytes){(const uint8_t *)base64, size});
        builder_u8(&builder, '\n');
        base64 += size;
        left -= size;
    }
    builder_add(&builder, bytes_of_text("-----END CERTIFICATE-----\n"));
    return tree_text(scratch, arena_string(scratch, builder_bytes(&builder)));
}

static json_t *key(struct arena *scratch, const struct certificate *certificate)
{
    json_t *object = tree_object();
    tree_set(object, "type", tree_text(scratch, certificate->key_type));
    tree_set(object, "bits", tree_number_or_null(certificate->key_bits));
    tree_set(object, "curve", tree_text(scratch, certificate->curve));
    return object;
}

static void set_names(struct arena *scratch, json_t *object, const struct certificate *certificate)
{
    tree_set(object, "common_name", tree_text(scratch, certificate->common_name));
    tree_set(object, "dns_names", tree_texts(scratch, certificate->dns_names));
    tree_set(object, "ip_addresses", tree_texts(scratch, certificate->ip_addresses));
    tree_set(object, "other_names", tree_texts(scratch, certificate->other_names));
}

static void set_extensions(struct arena *scratch, json_t *object, const struct certificate *certificate)
{
    bool limited = certificate->is_ca && certificate->path_length >= 0;
    tree_set(object, "is_ca", tree_truth(certificate->is_ca));
    tree_set(object, "basic_constraints", tree_truth(certificate->has_basic_constraints));
    tree_set(object, "path_length",
             limited ? tree_number((uint64_t)certificate->path_length) : tree_text(scratch, NULL));
    tree_set(object, "key_usage", tree_texts(scratch, certificate->key_usage));
    tree_set(object, "extended_key_usage", tree_texts(scratch, certificate->extended_key_usage));
    tree_set(object, "policies", tree_texts(scratch, certificate->policies));
    tree_set(object, "ocsp_urls", tree_texts(scratch, certificate->ocsp_urls));
    tree_set(object, "issuer_urls", tree_texts(scratch, certificate->issuer_urls));
    tree_set(object, "crl_urls", tree_texts(scratch, certificate->crl_urls));
    tree_set(object, "unknown_critical", tree_texts(scratch, certificate->unknown_critical));
    tree_set(object, "sct_count", tree_number(certificate->sct_count));
    tree_set(object, "must_staple", tree_truth(certificate->must_staple));
    tree_set(object, "subject_key_id", tree_text(scratch, certificate->subject_key_id));
    tree_set(object, "authority_key_id", tree_text(scratch, certificate->authority_key_id));
}

static json_t *weak_key(struct arena *scratch, const struct weak_keys *keys)
{
    json_t *list = tree_list();
    for (size_t i = 0; keys != NULL && i < keys->count; i++) {
        json_t *object = tree_object();
        tree_set(object, "id", tree_text(scratch, keys->row[i].id));
        tree_set_fact(scratch, object, &keys->row[i].fact);
        tree_add(list, object);
    }
    return list;
}

static json_t *certificate_row(struct arena *scratch, const struct certificate *certificate,
                               const struct weak_keys *keys, const struct tree_clock *clock, bool with_pem)
{
    json_t *object = tree_object();
    tree_set(object, "subject", tree_text(scratch, certificate->subject));
    tree_set(object, "issuer", tree_text(scratch, certificate->issuer));
    tree_set(object, "serial", tree_text(scratch, certificate->serial));
    tree_set(object, "version", tree_number_or_null(certificate->version));
    tree_set(object, "not_before", tree_time(scratch, certificate->not_before));
    tree_set(object, "not_after", tree_time(scratch, certificate->not_after));
    tree_set_days_left(scratch, object, certificate->not_after, clock);
    tree_set(object, "key", key(scratch, certificate));
    tree_set(object, "signature_algorithm", tree_text(scratch, certificate->signature_algorithm));
    tree_set(object, "fingerprint_sha256", tree_text(scratch, certificate->fingerprint_sha256));
    tree_set(object, "fingerprint_sha1", tree_text(scratch, certificate->fingerprint_sha1));
    tree_set(object, "public_key_sha256", tree_text(scratch, certificate->public_key_sha256));
    tree_set(object, "weak_key", weak_key(scratch, keys));
    set_names(scratch, object, certificate);
    set_extensions(scratch, object, certificate);
    tree_set(object, "self_issued", tree_truth(certificate->self_issued));
    tree_set(object, "self_signed", tree_truth(certificate->self_signed));
    tree_set(object, "error", tree_text(scratch, certificate->error));
    if (with_pem)
        tree_set(object, "pem", pem(scratch, certificate->der));
    return object;
}

static json_t *certificate_rows(struct arena *scratch, const struct chain_fact *fact, const struct tree_clock *clock,
                                bool with_pem)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < fact->count; i++)
        tree_add(list, certificate_row(scratch, &fact->chain[i], fact->weak_keys == NULL ? NULL : &fact->weak_keys[i],
                                       clock, with_pem));
    return list;
}

static json_t *hostname(struct arena *scratch, const struct chain_fact *fact)
{
    json_t *object = tree_fact(scratch, &fact->hostname);
    tree_set(object, "matched", tree_text(scratch, fact->matched));
    return object;
}

// The store's row first, then those of the lists in their order.
static json_t *trust(struct arena *scratch, const struct trust_fact *rows, size_t count)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < count; i++) {
        const struct trust_fact *row = &rows[i];
        json_t *object = tree_object();
        tree_set(object, "store", tree_text(scratch, row->store));
        tree_set(object, "kind", tree_text(scratch, row->date == NULL ? "store" : "list"));
        tree_set(object, "date", tree_text(scratch, row->date));
        tree_set_fact(scratch, object, &row->fact);
        tree_set(object, "path", tree_texts(scratch, row->path));
        tree_set(object, "root", tree_text(scratch, row->root));
        tree_set(object, "at", tree_text(scratch, row->at));
        tree_add(list, object);
    }
    return list;
}

static json_t *fetched(struct arena *scratch, const struct chain_fact *fact)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < fact->fetched_count; i++) {
        const struct fetched_fact *row = &fact->fetched[i];
        json_t *object = tree_object();
        tree_set(object, "subject", tree_text(scratch, row->certificate->subject));
        tree_set(object, "fingerprint_sha256", tree_text(scratch, row->certificate->fingerprint_sha256));
        tree_set(object, "url", tree_text(scratch, row->url));
        tree_add(list, object);
    }
    return list;
}

static json_t *repairable(struct arena *scratch, const struct chain_fact *fact)
{
    json_t *object = tree_fact(scratch, &fact->repairable);
    tree_set(object, "urls", tree_texts(scratch, fact->issuer_urls));
    tree_set(object, "fetched", fetched(scratch, fact));
    tree_set(object, "trust", trust(scratch, fact->repaired, fact->repaired_count));
    return object;
}

static json_t *chain_row(struct arena *scratch, const struct sorted_chain *chain, const struct tree_clock *clock,
                         bool with_pem)
{
    const struct chain_fact *fact = chain->fact;
    json_t *object = tree_object();
    tree_set(object, "served_for", served_for(scratch, chain));
    tree_set(object, "chain", certificate_rows(scratch, fact, clock, with_pem));
    tree_set(object, "hostname", hostname(scratch, fact));
    tree_set(object, "trust", trust(scratch, fact->trust, fact->trust_count));
    tree_set(object, "order", tree_fact(scratch, &fact->in_order));
    tree_set(object, "complete", tree_fact(scratch, &fact->complete));
    tree_set(object, "missing", tree_text(scratch, fact->missing_issuer));
    tree_set(object, "repairable", repairable(scratch, fact));
    tree_set(object, "extra", tree_texts(scratch, fact->extra));
    tree_set(object, "valid_now", tree_fact(scratch, &fact->valid_now));
    tree_set(object, "expiry", tree_expiry(scratch, fact, clock));
    tree_set(object, "key_inventory", tree_key_inventory(scratch, fact));
    tree_set(object, "self_signed", tree_fact(scratch, &fact->self_signed));
    tree_set(object, "transparency", tree_transparency(scratch, chain->transparency));
    tree_set(object, "revocation", tree_revocation(scratch, chain->revocation, fact->count));
    tree_set(object, "lint", tree_lint(scratch, fact));
    tree_set(object, "evidence", tree_evidence(scratch, fact->evidence));
    return object;
}

json_t *tree_chain(struct arena *scratch, const struct chain_fact *fact, const struct tree_clock *clock, bool with_pem)
{
    struct sorted_chain chain = {
        .fact = fact,
        .served = tree_sorted(scratch, fact->served_for, fact->served_count, sizeof *fact->served_for, compare_served),
    };
    return chain_row(scratch, &chain, clock, with_pem);
}

json_t *tree_certificates(struct arena *scratch, const struct facts *facts, const struct tree_clock *clock,
                          bool with_pem)
{
    json_t *list = tree_list();
    const void **chains = sorted_chains(scratch, facts);
    for (size_t i = 0; i < facts->chain_count; i++)
        tree_add(list, chain_row(scratch, chains[i], clock, with_pem));
    return list;
}
