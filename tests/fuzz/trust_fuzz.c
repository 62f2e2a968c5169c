// SPDX-License-Identifier: Apache-2.0
//
// Authorities that sign each other, as the input says: five octets for each certificate name its subject and key, its
// issuer and that one's key, and what is odd about it. Judging must end, say the same twice, and trust a chain only
// where a walk over those numbers leads to the root of the store.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/trust.h"

#define NOW    1790000000 // 2026-09-21
#define OTHERS 6          // names, and keys; 0 and 0 are the root's, the leaf has a name of its own
#define MOST   20         // certificates

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NO_CA = 1, EXPIRED = 2, BROKEN = 4 };

struct plan {
    uint8_t name, key, issuer, issuer_key;
    unsigned odd;
};

static EVP_PKEY *keys[OTHERS];
static struct trust_store *store;

static void set_name(X509_NAME *name, unsigned number)
{
    char text[32];
    snprintf(text, sizeof text, "Authority %u", number);
    always(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (unsigned char *)text, -1, -1, 0) == 1);
}

static X509 *make(const struct plan *plan, long serial)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    set_name(X509_get_subject_name(certificate), plan->name);
    set_name(X509_get_issuer_name(certificate), plan->issuer);
    ASN1_TIME_set(X509_getm_notBefore(certificate), NOW - 86400);
    ASN1_TIME_set(X509_getm_notAfter(certificate), (plan->odd & EXPIRED) != 0 ? NOW - 60 : NOW + 86400);
    X509_set_pubkey(certificate, keys[plan->key]);
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, NID_basic_constraints,
                                                     (plan->odd & NO_CA) != 0 ? "CA:FALSE" : "critical,CA:TRUE");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    always(X509_sign(certificate, keys[plan->issuer_key], EVP_sha256()) > 0);
    return certificate;
}

static void open_store(void)
{
    static const struct plan root = {0, 0, 0, 0, 0};
    struct complaint complaint = {0};
    char path[] = "/tmp/shakedown-trust-XXXXXX";
    for (size_t i = 0; i < OTHERS; i++)
        keys[i] = EVP_EC_gen("P-256");
    FILE *file = fdopen(mkstemp(path), "w");
    X509 *certificate = make(&root, 1);
    always(file != NULL && PEM_write_X509(file, certificate) == 1);
    X509_free(certificate);
    fclose(file);
    store = trust_open(path, NULL, &complaint);
    unlink(path);
    always(store != NULL);
}

static struct bytes encode(struct arena *arena, const struct plan *plan, long serial)
{
    X509 *certificate = make(plan, serial);
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    struct bytes copy = arena_copy(arena, (struct bytes){der, (size_t)size});
    if ((plan->odd & BROKEN) != 0)
        ((uint8_t *)copy.data)[copy.size - 1] ^= 1;
    OPENSSL_free(der);
    X509_free(certificate);
    return copy;
}

// --- the walk ------------------------------------------------------------------------------------

static bool signs(const struct plan *issuer, const struct plan *child)
{
    return issuer->name == child->issuer && issuer->key == child->issuer_key &&
           (issuer->odd & (NO_CA | EXPIRED)) == 0 && (child->odd & BROKEN) == 0;
}

// Every certificate from which a path of good ones leads to the root.
static bool leads_to_root(const struct plan *plan, size_t count)
{
    static const struct plan root = {0, 0, 0, 0, 0};
    bool leads[MOST] = {false}, more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            bool does = signs(&root, &plan[i]);
            for (size_t k = 0; k < count && !does; k++)
                does = leads[k] && k != i && signs(&plan[k], &plan[i]);
            more = more || (does && !leads[i]);
            leads[i] = leads[i] || does;
        }
    }
    return leads[0] && (plan[0].odd & EXPIRED) == 0;
}

static void check_result(const struct trust_result *result)
{
    always(result->sentence != NULL && (result->known || !result->trusted));
    always(result->trusted || result->reason != NULL);
    always(!result->trusted || result->reason == NULL || strcmp(result->reason, "other_path") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct plan plan[MOST];
    struct bytes sent[MOST];
    struct trust_verdicts first, again;
    size_t count = size / 5 < MOST ? size / 5 : MOST;
    if (store == NULL)
        open_store();
    for (size_t i = 0; i < count; i++) {
        const uint8_t *octet = data + 5 * i;
        plan[i] = (struct plan){i == 0 ? OTHERS : octet[0] % OTHERS, octet[1] % OTHERS, octet[2] % OTHERS,
                                octet[3] % OTHERS, octet[4] % 8};
        sent[i] = encode(&arena, &plan[i], (long)i + 2);
    }
    const struct trust_question question = {.chain = sent, .count = count, .now = NOW};
    trust_judge(store, &arena, &question, &first);
    trust_judge(store, &arena, &question, &again);
    check_result(&first.store);
    for (size_t i = 0; i < ROOT_LISTS; i++) {
        check_result(&first.list[i]);
        always(!first.list[i].trusted); // no list has this root
        always(first.list[i].known == again.list[i].known);
    }
    always(first.store.trusted == again.store.trusted && first.store.known == again.store.known);
    always(!first.store.trusted || leads_to_root(plan, count));
    if (count != 0 && leads_to_root(plan, count))
        always(first.store.trusted || !first.store.known);
    arena_release(&arena);
    return 0;
}
