// SPDX-License-Identifier: Apache-2.0
//
// X509_verify_cert, asked about a store, about one path, or about the leaf alone. Verifying sets every
// parameter itself, so that openssl.cnf and the distribution's defaults do not change a verdict.
// libcrypto follows the first issuer that fits and turns back only where none does; so what it turns
// down is tried again path by path, and so is what the lists of roots are asked about.
#include "wire/trust.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/trust_lists.h"
#include "wire/trust_paths.h"
#include "wire/trust_reason.h"
#include "wire/trust_store.h"

#define CANDIDATES     128 // certificates sent and fetched that are looked at
#define LONGEST_PATH   20  // intermediates
#define SECURITY_LEVEL 2   // 112 bits: RSA 2048, P-224, SHA-224; what public CAs must keep since 2014

// The certificates of a question, decoded.
struct party {
    X509 *certificate[CANDIDATES]; // [0] is the leaf
    size_t count;
    bool all_read;
};

static void undecided(struct trust_result *out, const char *reason, const char *sentence)
{
    *out = (struct trust_result){.reason = reason, .sentence = sentence};
}

static void gather(const struct trust_store *store, const struct bytes *der, size_t count, struct party *party)
{
    for (size_t i = 0; i < count; i++) {
        X509 *certificate = party->count < CANDIDATES ? trust_decode(store, der[i]) : NULL;
        party->all_read = party->all_read && certificate != NULL;
        if (certificate != NULL)
            party->certificate[party->count++] = certificate;
    }
}

// False: there is no leaf, and out says so.
static bool gather_all(const struct trust_store *store, const struct trust_question *question, struct party *party,
                       struct trust_result *out)
{
    *party = (struct party){.all_read = true};
    if (question->count != 0)
        gather(store, question->chain, 1, party);
    if (party->count == 0) {
        undecided(out, "unparseable", question->count == 0 ? "No certificate was sent." : "The leaf is unparseable.");
        return false;
    }
    gather(store, question->chain + 1, question->count - 1, party);
    gather(store, question->extra, question->extra_count, party);
    return true;
}

static void release(struct party *party)
{
    for (size_t i = 0; i < party->count; i++)
        X509_free(party->certificate[i]);
}

// --- verifying -------------------------------------------------------------------------------------

// One call of X509_verify_cert. Roots are those of a store, or one.
struct trial {
    X509_STORE *roots;
    X509 *root;
    X509 *const *certificate; // [0] is to be verified
    size_t count;
    bool alone; // trust `root` for itself, whatever it is: the one to be verified, so that nothing else is judged
    bool keep;  // tell the path's certificates too
    bool all_read;
    int64_t now;
};

// Policies decide only where a certificate says so (RFC 5280 section 4.2.1.11); and before 3.0.9
// their tree could grow without bound (CVE-2023-0464).
static bool requires_policies(const struct trial *trial)
{
    bool required = false;
    for (size_t i = 0; i < trial->count; i++)
        required = required || X509_get_ext_by_NID(trial->certificate[i], NID_policy_constraints, -1) >= 0;
    return required && OpenSSL_version_num() >= 0x30000090L;
}

// The parameters, each of them on purpose. Not set: PARTIAL_CHAIN (an intermediate in the store is
// no anchor), X509_STRICT (it refuses what no client refuses; lint tells such things), the CRL flags
// (another check's question), CHECK_SS_SIGNATURE (a root is trusted for being there).
static void set_parameters(X509_STORE_CTX *context, const struct trial *trial)
{
    X509_VERIFY_PARAM *parameters = X509_VERIFY_PARAM_new();
    if (parameters == NULL)
        die("out of memory");
    unsigned long flags = X509_V_FLAG_TRUSTED_FIRST; // a root in the store beats a cross-sign sent
    if (requires_policies(trial))
        flags |= X509_V_FLAG_POLICY_CHECK;
    if (trial->alone)
        flags |= X509_V_FLAG_PARTIAL_CHAIN;
    X509_VERIFY_PARAM_set_flags(parameters, flags);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_trust(parameters, X509_TRUST_SSL_SERVER);
    X509_VERIFY_PARAM_set_depth(parameters, LONGEST_PATH);
    X509_VERIFY_PARAM_set_auth_level(parameters, SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)trial->now);
    X509_STORE_CTX_set0_param(context, parameters);
}

static STACK_OF(X509) * stack_of(X509 *const *certificate, size_t count)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    for (size_t i = 0; i < count; i++)
        if (stack == NULL || sk_X509_push(stack, certificate[i]) <= 0)
            die("out of memory");
    return stack;
}

// Subjects from the leaf on, and the root's digest if the last one is a root.
static void tell_path(struct arena *arena, const STACK_OF(X509) * path, struct trust_result *out)
{
    int count = path == NULL ? 0 : sk_X509_num(path);
    const char **text = arena_array(arena, (size_t)count, sizeof *text);
    for (int i = 0; i < count; i++)
        text[i] = trust_subject(arena, sk_X509_value(path, i));
    out->path = (struct strings){text, (size_t)count};
    X509 *last = count == 0 ? NULL : sk_X509_value(path, count - 1);
    uint8_t digest[32];
    if (last != NULL && (X509_get_extension_flags(last) & EXFLAG_SS) != 0 &&
        X509_digest(last, EVP_sha256(), digest, NULL) == 1)
        out->root = text_hex(arena, (struct bytes){digest, sizeof digest});
}

static void keep_path(struct arena *arena, const STACK_OF(X509) * path, struct trust_result *out)
{
    struct bytes *certificates = arena_array(arena, out->path.count, sizeof *certificates);
    for (size_t i = 0; i < out->path.count; i++) {
        unsigned char *der = NULL;
        int size = i2d_X509(sk_X509_value(path, (int)i), &der);
        certificates[i] = arena_copy(arena, (struct bytes){der, size > 0 ? (size_t)size : 0});
        OPENSSL_free(der);
    }
    out->certificates = certificates;
}

// Whether what libcrypto looked at is what it was given; of namesakes it may have taken another. A
// leaf's key that is too short is refused before there is a path: that holds for each.
static bool followed(X509_STORE_CTX *context, const struct trial *trial)
{
    const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(context);
    if (X509_STORE_CTX_get_error(context) == X509_V_ERR_EE_KEY_TOO_SMALL)
        return true;
    if (trial->root == NULL || trial->alone || (size_t)sk_X509_num(path) != trial->count)
        return trial->root == NULL || trial->alone;
    for (size_t i = 0; i < trial->count; i++)
        if (X509_cmp(sk_X509_value(path, (int)i), trial->certificate[i]) != 0)
            return false;
    return true;
}

static void verify(const struct trial *trial, struct arena *arena, struct trust_result *out)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *others = stack_of(trial->certificate + 1, trial->count - 1);
    STACK_OF(X509) *anchors = trial->root == NULL ? NULL : stack_of(&trial->root, 1);
    if (context == NULL || X509_STORE_CTX_init(context, trial->roots, trial->certificate[0], others) != 1)
        die("out of memory");
    if (anchors != NULL)
        X509_STORE_CTX_set0_trusted_stack(context, anchors);
    set_parameters(context, trial);
    *out = (struct trust_result){.known = true};
    out->trusted = X509_verify_cert(context) == 1;
    tell_path(arena, X509_STORE_CTX_get0_chain(context), out);
    if (trial->keep)
        keep_path(arena, X509_STORE_CTX_get0_chain(context), out);
    if (out->trusted) {
        out->sentence = arena_text(arena, "The chain leads to %s.", out->path.text[out->path.count - 1]);
    } else {
        trust_explain(arena, context, trial->all_read, out);
        out->known = out->known && followed(context, trial);
    }
    X509_STORE_CTX_free(context);
    sk_X509_free(anchors);
    sk_X509_free(others);
    ERR_clear_error();
}

static void verify_store(const struct trust_store *store, struct arena *arena, const struct party *party, int64_t now,
                         bool keep, struct trust_result *out)
{
    struct trial trial = {.roots = store->roots,
                          .certificate = party->certificate,
                          .count = party->count,
                          .all_read = party->all_read,
                          .keep = keep,
                          .now = now};
    if (store->size == 0)
        undecided(out, "empty_store", "There is no root certificate in the store.");
    else
        verify(&trial, arena, out);
}

void trust_verify(const struct trust_store *store, struct arena *arena, const struct trust_question *question,
                  struct trust_result *out)
{
    struct party party;
    if (!gather_all(store, question, &party, out))
        return;
    verify_store(store, arena, &party, question->now, question->keep_path, out);
    release(&party);
}

void trust_anchored(const struct trust_store *store, struct arena *arena, const struct trust_question *question,
                    struct bytes anchor, struct trust_result *out)
{
    struct party party;
    if (!gather_all(store, question, &party, out))
        return;
    X509 *root = trust_decode(store, anchor);
    struct trial trial = {.root = root,
                          .certificate = party.certificate,
                          .count = party.count,
                          .alone = true,
                          .all_read = party.all_read,
                          .now = question->now};
    if (root == NULL)
        undecided(out, "unparseable", "The certificate to lead to is unparseable.");
    else
        verify(&trial, arena, out);
    X509_free(root);
    release(&party);
}

// --- every path ------------------------------------------------------------------------------------

static void verify_path(struct arena *arena, const struct trust_path *path, int64_t now, struct trust_result *out)
{
    X509 *certificate[TRUST_LENGTH] = {NULL};
    for (size_t i = 0; i < path->count; i++)
        certificate[i] = path->node[i]->certificate;
    struct trial trial = {.root = certificate[path->count - 1],
                          .certificate = certificate,
                          .count = path->count,
                          .all_read = true,
                          .now = now};
    verify(&trial, arena, out);
}

static void verify_leaf(struct arena *arena, X509 *leaf, int64_t now, struct trust_result *out)
{
    struct trial trial = {.root = leaf, .certificate = &leaf, .count = 1, .alone = true, .all_read = true, .now = now};
    verify(&trial, arena, out);
}

static bool matters(const struct trust_path *path)
{
    const struct trust_node *root = path->node[path->count - 1];
    bool listed = root->trusted;
    for (size_t i = 0; i < ROOT_LISTS; i++)
        listed = listed || root_standing(i, root->digest) != ROOT_ABSENT;
    return path->ends && listed;
}

// What libcrypto turned down may hold by another path to a root of the store; or by one that it could not be made to
// follow.
static void try_other_paths(struct arena *arena, const struct trust_case *all, struct trust_result *out)
{
    for (size_t i = 0; i < all->paths->count; i++) {
        const struct trust_path *path = &all->paths->path[i];
        if (!path->ends || !path->node[path->count - 1]->trusted)
            continue;
        out->known = out->known && all->result[i].known;
        if (!all->result[i].trusted)
            continue;
        const char *first = out->sentence;
        *out = all->result[i];
        out->reason = "other_path";
        out->sentence =
            arena_text(arena, "%s OpenSSL takes another path, which does not hold: %s", out->sentence, first);
        return;
    }
}

static void judge(const struct trust_store *store, struct arena *arena, const struct party *party, int64_t now,
                  struct trust_verdicts *out)
{
    X509 *leaf = party->certificate[0];
    struct arena search = {0}; // what was walked is many times larger than what is told of it
    struct trust_case *all = arena_alloc(&search, sizeof *all);
    struct trust_paths *paths = arena_alloc(&search, sizeof *paths);
    trust_paths_find(store, &search, party->certificate, party->count, paths);
    all->paths = paths;
    all->now = now;
    verify_leaf(arena, leaf, now, &all->leaf);
    for (size_t i = 0; i < paths->count; i++)
        if (matters(&paths->path[i]))
            verify_path(arena, &paths->path[i], now, &all->result[i]);
    verify_store(store, arena, party, now, false, &out->store);
    if (!out->store.trusted && out->store.known)
        try_other_paths(arena, all, &out->store);
    trust_lists_judge(arena, all, out->list);
    arena_release(&search);
}

void trust_judge(const struct trust_store *store, struct arena *arena, const struct trust_question *question,
                 struct trust_verdicts *out)
{
    struct party party;
    if (gather_all(store, question, &party, &out->store)) {
        judge(store, arena, &party, question->now, out);
        release(&party);
        return;
    }
    for (size_t i = 0; i < ROOT_LISTS; i++)
        out->list[i] = out->store;
}
