// SPDX-License-Identifier: Apache-2.0
//
// Keys that several targets have, and moduli that have a factor in common. A factor is a private key, so its length is
// told and not the factor. That nothing is shared is said only where every RSA key could be compared.
#include "report/summary_shared.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/summary.h"
#include "report/tree.h"
#include "wire/factor_group.h"

#define MOST_ROWS   10000 // of a list
#define MOST_PLACES 100   // that a row names

static json_t *digest(struct arena *scratch, const uint8_t octets[DIGEST])
{
    return tree_text(scratch, text_hex(scratch, (struct bytes){octets, DIGEST}));
}

static bool is_seen(const struct sighted_key *key) { return key->places != 0; }

json_t *summary_keys(const struct sightings *sightings)
{
    uint64_t seen = 0, shared = 0;
    for (const struct sighted_key *key = sightings->first; key != NULL; key = key->next) {
        seen += is_seen(key);
        shared += key->targets > 1;
    }
    json_t *object = tree_object();
    tree_set(object, "seen", tree_number(seen));
    tree_set(object, "shared", tree_number(shared));
    tree_set(object, "whole", tree_truth(!sightings->cut));
    return object;
}

// --- shared keys ---------------------------------------------------------------------------------

static json_t *place(struct arena *scratch, const struct sighting *sighting)
{
    json_t *object = tree_object();
    tree_set(object, "host", tree_text(scratch, sighting->host));
    tree_set(object, "port", tree_number(sighting->port));
    tree_set(object, "address", tree_text(scratch, sighting->address));
    return object;
}

// Those with one certificate, from its first on; NULL: all.
static json_t *places(struct arena *scratch, const struct sighting *first, const uint8_t *certificate)
{
    json_t *list = tree_list();
    for (const struct sighting *at = first; at != NULL && json_array_size(list) < MOST_PLACES; at = at->next)
        if (certificate == NULL || memcmp(at->certificate, certificate, DIGEST) == 0)
            tree_add(list, place(scratch, at));
    return list;
}

static bool is_first_of_certificate(const struct sighted_key *key, const struct sighting *sighting)
{
    const struct sighting *at = key->first;
    while (at != sighting && memcmp(at->certificate, sighting->certificate, DIGEST) != 0)
        at = at->next;
    return at == sighting;
}

static json_t *certificates(struct arena *scratch, const struct sighted_key *key)
{
    json_t *list = tree_list();
    for (const struct sighting *at = key->first; at != NULL && json_array_size(list) < MOST_PLACES; at = at->next) {
        if (!is_first_of_certificate(key, at))
            continue;
        json_t *object = tree_object();
        tree_set(object, "fingerprint_sha256", digest(scratch, at->certificate));
        tree_set(object, "places", places(scratch, at, at->certificate));
        tree_add(list, object);
    }
    return list;
}

static void set_key(struct arena *scratch, json_t *object, const struct sighted_key *key)
{
    tree_set(object, "public_key_sha256", digest(scratch, key->digest));
    tree_set(object, "type", tree_text(scratch, key->type));
    tree_set(object, "bits", tree_number_or_null(key->bits));
    tree_set(object, "targets", tree_number(key->targets));
    tree_set(object, "more", tree_truth(key->cut || key->places > MOST_PLACES));
}

static int compare_keys(const void *a, const void *b)
{
    const struct sighted_key *x = *(const struct sighted_key *const *)a, *y = *(const struct sighted_key *const *)b;
    int order = tree_order(y->targets, x->targets);
    return order != 0 ? order : memcmp(x->digest, y->digest, DIGEST);
}

json_t *summary_shared_keys(struct arena *scratch, const struct sightings *sightings)
{
    const struct sighted_key **row = arena_array(scratch, sightings->key_count, sizeof *row);
    size_t count = 0;
    json_t *list = tree_list();
    for (const struct sighted_key *key = sightings->first; key != NULL; key = key->next)
        if (key->targets > 1)
            row[count++] = key;
    if (count > 1)
        qsort(row, count, sizeof *row, compare_keys);
    for (size_t i = 0; i < count && i < MOST_ROWS; i++) {
        json_t *object = tree_object();
        set_key(scratch, object, row[i]);
        tree_set(object, "certificates", certificates(scratch, row[i]));
        tree_add(list, object);
    }
    return list;
}

// --- common factors ------------------------------------------------------------------------------

// RSA keys in the order of their moduli, so that keys with one modulus stand side by side.
struct comparison {
    const struct sighted_key **key;
    size_t count, left_out; // left_out: RSA keys whose moduli are not at hand
    struct bytes *modulus;  // distinct
    size_t *first;          // the place among the keys of each one's first; one more at the end
    size_t modulus_count;
};

static int compare_moduli(const void *a, const void *b)
{
    const struct sighted_key *x = *(const struct sighted_key *const *)a, *y = *(const struct sighted_key *const *)b;
    int order = tree_order(x->modulus.size, y->modulus.size);
    if (order == 0)
        order = memcmp(x->modulus.data, y->modulus.data, x->modulus.size);
    return order != 0 ? order : memcmp(x->digest, y->digest, DIGEST);
}

static bool is_rsa(const struct sighted_key *key) { return key->type != NULL && strncmp(key->type, "RSA", 3) == 0; }

static void compare(struct arena *scratch, const struct sightings *sightings, struct comparison *out)
{
    out->key = arena_array(scratch, sightings->key_count, sizeof *out->key);
    for (const struct sighted_key *key = sightings->first; key != NULL; key = key->next)
        if (is_seen(key) && key->modulus.size != 0)
            out->key[out->count++] = key;
        else
            out->left_out += is_seen(key) && is_rsa(key);
    if (out->count > 1)
        qsort(out->key, out->count, sizeof *out->key, compare_moduli);
    out->modulus = arena_array(scratch, out->count, sizeof *out->modulus);
    out->first = arena_array(scratch, out->count + 1, sizeof *out->first);
    for (size_t i = 0; i < out->count; i++) {
        if (i != 0 && bytes_equal(out->key[i]->modulus, out->key[i - 1]->modulus))
            continue;
        out->modulus[out->modulus_count] = out->key[i]->modulus;
        out->first[out->modulus_count++] = i;
    }
    out->first[out->modulus_count] = out->count;
}

static void add_keys(struct arena *scratch, json_t *list, const struct comparison *comparison, size_t modulus)
{
    for (size_t i = comparison->first[modulus];
         i < comparison->first[modulus + 1] && json_array_size(list) < MOST_PLACES; i++) {
        json_t *object = tree_object();
        set_key(scratch, object, comparison->key[i]);
        tree_set(object, "places", places(scratch, comparison->key[i]->first, NULL));
        tree_add(list, object);
    }
}

static unsigned bits_of(struct bytes number)
{
    unsigned bits = (unsigned)(number.size - 1) * 8;
    for (uint8_t first = number.data[0]; first != 0; first >>= 1)
        bits++;
    return bits;
}

static json_t *group(struct arena *scratch, const struct comparison *comparison, struct bytes factor,
                     const size_t *member, size_t count)
{
    json_t *object = tree_object(), *list = tree_list();
    size_t keys = 0;
    for (size_t i = 0; i < count; i++) {
        keys += comparison->first[member[i] + 1] - comparison->first[member[i]];
        add_keys(scratch, list, comparison, member[i]);
    }
    tree_set(object, "factor_bits", tree_number(bits_of(factor)));
    tree_set(object, "key_count", tree_number(keys));
    tree_set(object, "keys", list);
    return object;
}

// Of one modulus that several keys have, with other exponents or for other algorithms, and of several moduli.
static json_t *groups(struct arena *scratch, const struct comparison *comparison, bool *whole)
{
    json_t *list = tree_list();
    struct factor_groups found = factor_groups_of(scratch, comparison->modulus, comparison->modulus_count);
    for (size_t i = 0; i < comparison->modulus_count && json_array_size(list) < MOST_ROWS; i++)
        if (comparison->first[i + 1] - comparison->first[i] > 1)
            tree_add(list, group(scratch, comparison, comparison->modulus[i], &i, 1));
    for (size_t i = 0; i < found.count && json_array_size(list) < MOST_ROWS; i++)
        tree_add(list, group(scratch, comparison, found.group[i].factor, found.group[i].member, found.group[i].count));
    *whole = found.whole;
    return list;
}

static struct fact verdict(const struct comparison *comparison, const struct sightings *sightings, bool shared)
{
    if (shared)
        return (struct fact){.verdict = VERDICT_YES};
    if (comparison->left_out != 0 || sightings->cut)
        return (struct fact){.verdict = VERDICT_UNKNOWN,
                             .reason = sightings->cut || sightings->moduli == SUMMARY_MODULI ? "too_many" : "no_octets",
                             .sentence = sightings->cut || sightings->moduli == SUMMARY_MODULI
                                             ? "there are more RSA keys than are compared"
                                             : "RSA keys are compared by their octets, which a saved report has only "
                                               "with PEM, and which may be malformed or too long"};
    if (comparison->count < 2)
        return (struct fact){
            .verdict = VERDICT_NOT_APPLICABLE, .reason = "fewer_than_two", .sentence = "there are no two RSA keys"};
    return (struct fact){.verdict = VERDICT_NO};
}

json_t *summary_common_factors(struct arena *scratch, const struct sightings *sightings)
{
    struct comparison comparison = {0};
    bool whole;
    compare(scratch, sightings, &comparison);
    json_t *object = tree_object(), *list = groups(scratch, &comparison, &whole);
    struct fact fact = verdict(&comparison, sightings, json_array_size(list) != 0);
    tree_set(object, "verdict", tree_text(scratch, verdict_name(fact.verdict)));
    tree_set(object, "reason", tree_text(scratch, fact.reason));
    tree_set(object, "sentence", tree_text(scratch, fact.sentence));
    tree_set(object, "compared", tree_number(comparison.count));
    tree_set(object, "left_out", tree_number(comparison.left_out));
    tree_set(object, "whole", tree_truth(whole && comparison.left_out == 0 && !sightings->cut));
    tree_set(object, "groups", list);
    return object;
}
