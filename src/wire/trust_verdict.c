// SPDX-License-Identifier: Apache-2.0
//
// A table in which each verdict has one place, told by the child's digest: what comes to it next takes it over.
#include "wire/trust_verdict.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

static struct verdict {
    uint8_t child[32], issuer[32];
    bool known;
    enum issued issued;
} verdicts[256];

bool verdict_kept(const uint8_t child_digest[32], const uint8_t issuer_digest[32], enum issued *issued)
{
    const struct verdict *verdict = &verdicts[child_digest[0]];
    *issued = verdict->issued;
    return verdict->known && memcmp(verdict->child, child_digest, 32) == 0 &&
           memcmp(verdict->issuer, issuer_digest, 32) == 0;
}

static enum issued check(X509 *child, X509 *issuer)
{
    EVP_PKEY *key = issuer == NULL ? NULL : X509_get0_pubkey(issuer);
    enum issued issued = ISSUED_UNKNOWN;
    if (child != NULL && key != NULL && X509_verify(child, key) == 1)
        issued = ISSUED_YES;
    else if (child != NULL && key != NULL && OBJ_find_sigid_algs(X509_get_signature_nid(child), NULL, NULL) == 1)
        issued = ISSUED_NO;
    ERR_clear_error();
    return issued;
}

enum issued verdict_of(X509 *child, const uint8_t child_digest[32], X509 *issuer, const uint8_t issuer_digest[32])
{
    enum issued issued;
    if (verdict_kept(child_digest, issuer_digest, &issued))
        return issued;
    struct verdict *verdict = &verdicts[child_digest[0]];
    *verdict = (struct verdict){.known = true, .issued = check(child, issuer)};
    memcpy(verdict->child, child_digest, 32);
    memcpy(verdict->issuer, issuer_digest, 32);
    return verdict->issued;
}
