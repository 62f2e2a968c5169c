// SPDX-License-Identifier: Apache-2.0
//
// The kinds of key and signature in a chain, each told once with the certificates that have it: what has
// to be replaced when a kind falls.
#include <string.h>

#include "report/tree.h"
#include "wire/algorithm.h"

static bool same_text(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

static bool same_kind(const struct certificate *a, const struct certificate *b)
{
    return a->key_bits == b->key_bits && same_text(a->key_type, b->key_type) && same_text(a->curve, b->curve) &&
           same_text(a->signature_algorithm, b->signature_algorithm);
}

static bool told_before(const struct chain_fact *chain, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_kind(&chain->chain[i], &chain->chain[index]))
            return true;
    return false;
}

static json_t *certificates_like(const struct chain_fact *chain, size_t first)
{
    json_t *list = tree_list();
    for (size_t i = first; i < chain->count; i++)
        if (same_kind(&chain->chain[i], &chain->chain[first]))
            tree_add(list, tree_number(i));
    return list;
}

// Null for an algorithm that has no name here.
static json_t *post_quantum(struct arena *scratch, const char *name)
{
    enum quantum quantum = algorithm_quantum(name);
    return quantum == QUANTUM_UNKNOWN ? tree_text(scratch, NULL) : tree_truth(quantum == QUANTUM_SAFE);
}

static json_t *name_or_null(struct arena *scratch, const char *text)
{
    return tree_text(scratch, text != NULL && text[0] == '\0' ? NULL : text);
}

json_t *tree_key_inventory(struct arena *scratch, const struct chain_fact *chain)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < chain->count; i++) {
        const struct certificate *one = &chain->chain[i];
        if (told_before(chain, i))
            continue;
        json_t *object = tree_object();
        tree_set(object, "algorithm", name_or_null(scratch, one->key_type));
        tree_set(object, "bits", tree_number_or_null(one->key_bits));
        tree_set(object, "curve", tree_text(scratch, one->curve));
        tree_set(object, "signature", name_or_null(scratch, one->signature_algorithm));
        tree_set(object, "key_post_quantum", post_quantum(scratch, one->key_type));
        tree_set(object, "signature_post_quantum", post_quantum(scratch, one->signature_algorithm));
        tree_set(object, "certificates", certificates_like(chain, i));
        tree_add(list, object);
    }
    return list;
}
