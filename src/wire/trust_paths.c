// SPDX-License-Identifier: Apache-2.0
//
// Certificates are edges from one entity (a name and its key) to the one that signed them, and a path
// visits no entity twice (RFC 4158 section 5.2): authorities that sign each other end no path and
// loop no search. An entity is found by name, then by trying its key, once for each certificate. What
// a hostile chain can make of that is limited by the number of signatures, steps and paths.
#include "wire/trust_paths.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "base/arena.h"
#include "wire/trust_verdict.h"

#define NODES      192 // those sent, and roots that are known
#define SIGNATURES 128 // tried
#define STEPS      1024

#define ISSUER_UNTRIED ((size_t)-1)
#define ISSUER_NONE    ((size_t)-2)

struct search {
    const struct trust_store *store;
    struct trust_node node[NODES];
    size_t count;
    uint8_t key[NODES][32]; // digest of the public key
    unsigned signatures, steps;
    struct trust_path walked;
    struct trust_paths *out;
};

static bool same_subject(X509 *a, X509 *b)
{
    return X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0;
}

static bool names_issuer(X509 *child, X509 *issuer)
{
    return X509_NAME_cmp(X509_get_issuer_name(child), X509_get_subject_name(issuer)) == 0;
}

static bool has_signed(struct search *search, const struct trust_node *issuer, const struct trust_node *child)
{
    if (search->signatures == SIGNATURES) {
        search->out->cut = true;
        return false;
    }
    search->signatures++;
    return verdict_of(child->certificate, child->digest, issuer->certificate, issuer->digest) == ISSUED_YES;
}

static void settle_root(const struct search *search, struct trust_node *node)
{
    size_t count;
    const X509_NAME *name = X509_get_subject_name(node->certificate);
    const struct trust_root *known = trust_known(search->store, name, &count);
    node->root = true;
    for (size_t i = 0; i < count; i++)
        if (memcmp(known[i].digest, node->digest, sizeof node->digest) == 0)
            node->trusted = known[i].trusted;
}

// known: the store has it, and a root is one for being there.
static void add(struct search *search, X509 *certificate, bool known)
{
    size_t index = search->count;
    struct trust_node *node = &search->node[index];
    if (index == NODES) {
        search->out->cut = true;
        return;
    }
    *node = (struct trust_node){.certificate = certificate, .entity = index, .issuer = ISSUER_UNTRIED};
    X509_digest(certificate, EVP_sha256(), node->digest, NULL);
    X509_pubkey_digest(certificate, EVP_sha256(), search->key[index], NULL);
    for (size_t i = 0; i < index; i++) {
        if (memcmp(search->node[i].digest, node->digest, sizeof node->digest) == 0)
            return; // sent twice, or sent and known
        if (memcmp(search->key[i], search->key[index], sizeof search->key[i]) == 0 &&
            same_subject(search->node[i].certificate, certificate))
            node->entity = search->node[i].entity;
    }
    if (names_issuer(certificate, certificate) && (known || has_signed(search, node, node)))
        settle_root(search, node);
    search->count++;
}

// Roots that the store knows under the name of this one's issuer.
static void add_known(struct search *search, X509 *child)
{
    size_t count;
    const struct trust_root *known = trust_known(search->store, X509_get_issuer_name(child), &count);
    for (size_t i = 0; i < count; i++)
        if (known[i].certificate != NULL && names_issuer(child, known[i].certificate) &&
            names_issuer(known[i].certificate, known[i].certificate))
            add(search, known[i].certificate, true);
}

// The entity that signed a certificate: found by trying one key of each that has the name.
static void find_issuer(struct search *search, struct trust_node *child)
{
    add_known(search, child->certificate);
    child->issuer = ISSUER_NONE;
    for (size_t i = 0; i < search->count && child->issuer == ISSUER_NONE; i++) {
        const struct trust_node *issuer = &search->node[i];
        if (issuer->entity == i && issuer->entity != child->entity &&
            names_issuer(child->certificate, issuer->certificate) && has_signed(search, issuer, child))
            child->issuer = issuer->entity;
    }
}

static void keep(struct search *search, bool ends)
{
    struct trust_paths *out = search->out;
    if (out->count == TRUST_PATHS) {
        out->cut = true;
        return;
    }
    search->walked.ends = ends;
    out->path[out->count++] = search->walked;
}

static bool visited(const struct search *search, size_t entity)
{
    for (size_t i = 0; i < search->walked.count; i++)
        if (search->walked.node[i]->entity == entity)
            return true;
    return false;
}

// Goes on from a certificate to every one of its issuer's: roots first, since what goes past a root that is
// at hand is the longer way.
static void walk(struct search *search, struct trust_node *node)
{
    struct trust_path *walked = &search->walked;
    if (++search->steps > STEPS || walked->count == TRUST_LENGTH) {
        search->out->cut = true;
        return;
    }
    walked->node[walked->count++] = node;
    if (!node->root && node->issuer == ISSUER_UNTRIED)
        find_issuer(search, node);
    if (node->root || node->issuer == ISSUER_NONE || visited(search, node->issuer))
        keep(search, node->root);
    else
        for (int roots = 1; roots >= 0; roots--)
            for (size_t i = 0; i < search->count && search->steps <= STEPS; i++)
                if (search->node[i].entity == node->issuer && search->node[i].root == (roots == 1))
                    walk(search, &search->node[i]);
    walked->count--;
}

void trust_paths_find(const struct trust_store *store, struct arena *scratch, X509 *const *sent, size_t count,
                      struct trust_paths *out)
{
    struct search *search = arena_alloc(scratch, sizeof *search);
    search->store = store;
    search->out = out;
    *out = (struct trust_paths){0};
    for (size_t i = 0; i < count; i++)
        add(search, sent[i], false);
    if (search->count != 0)
        walk(search, &search->node[0]);
}
