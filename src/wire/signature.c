// SPDX-License-Identifier: Apache-2.0
//
// ASN1_item_verify over the octets as they came: libcrypto is given them as a SEQUENCE of which it need not know
// more, so that nothing is decoded and encoded again. What is no DER goes to EVP_DigestVerify.
#include "wire/signature.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "wire/der.h"

static bool decodable(struct bytes octets) { return octets.size != 0 && octets.size <= INT_MAX; }

static bool is_weak(int hash) { return hash == NID_md2 || hash == NID_md4 || hash == NID_md5; }

// A signature is whole octets: the first, which counts the unused bits of the last, is zero.
static ASN1_BIT_STRING *bits_of(struct bytes content)
{
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    if (bits == NULL || content.data[0] != 0 || ASN1_STRING_set(bits, content.data + 1, (int)content.size - 1) != 1) {
        ASN1_BIT_STRING_free(bits);
        return NULL;
    }
    bits->flags = (bits->flags & ~0x07L) | ASN1_STRING_FLAG_BITS_LEFT;
    return bits;
}

static enum signature judge(const X509_ALGOR *algorithm, const ASN1_BIT_STRING *bits, const ASN1_TYPE *octets,
                            EVP_PKEY *key)
{
    const ASN1_OBJECT *name;
    int hash = NID_undef;
    X509_ALGOR_get0(&name, NULL, NULL, algorithm);
    bool known = OBJ_find_sigid_algs(OBJ_obj2nid(name), &hash, NULL) == 1;
    if (known && is_weak(hash))
        return SIGNATURE_WEAK;
    if (ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, bits, octets, key) == 1)
        return SIGNATURE_GOOD;
    return known ? SIGNATURE_BAD : SIGNATURE_UNKNOWN;
}

enum signature signature_verify(const struct signed_octets *what, struct bytes key)
{
    if (!decodable(what->octets) || !decodable(what->algorithm) || !decodable(what->signature))
        return SIGNATURE_BAD;
    if (!decodable(key))
        return SIGNATURE_UNKNOWN;
    const unsigned char *octets = what->octets.data, *name = what->algorithm.data, *info = key.data;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &name, (long)what->algorithm.size);
    ASN1_TYPE *whole = d2i_ASN1_TYPE(NULL, &octets, (long)what->octets.size);
    EVP_PKEY *public = d2i_PUBKEY(NULL, &info, (long)key.size);
    ASN1_BIT_STRING *bits = bits_of(what->signature);
    enum signature found = SIGNATURE_UNKNOWN;
    if (algorithm == NULL || whole == NULL || bits == NULL)
        found = SIGNATURE_BAD;
    else if (public != NULL)
        found = judge(algorithm, bits, whole, public);
    X509_ALGOR_free(algorithm);
    ASN1_TYPE_free(whole);
    EVP_PKEY_free(public);
    ASN1_BIT_STRING_free(bits);
    ERR_clear_error();
    return found;
}

// --- as TLS has it -------------------------------------------------------------------------------

static enum signature judge_plain(EVP_PKEY *key, struct bytes message, struct bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum signature found = SIGNATURE_UNKNOWN;
    if (context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1)
        found = EVP_DigestVerify(context, signature.data, signature.size, message.data, message.size) == 1
                    ? SIGNATURE_GOOD
                    : SIGNATURE_BAD;
    EVP_MD_CTX_free(context);
    return found;
}

enum signature signature_verify_plain(enum signature_kind kind, struct bytes message, struct bytes signature,
                                      struct bytes key)
{
    const unsigned char *info = key.data;
    EVP_PKEY *public = decodable(key) ? d2i_PUBKEY(NULL, &info, (long)key.size) : NULL;
    int id = public == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(public);
    enum signature found = SIGNATURE_UNKNOWN;
    if (id == (kind == SIGNATURE_RSA ? EVP_PKEY_RSA : EVP_PKEY_EC))
        found = judge_plain(public, message, signature);
    else if (id == EVP_PKEY_RSA || id == EVP_PKEY_EC)
        found = SIGNATURE_BAD;
    EVP_PKEY_free(public);
    ERR_clear_error();
    return found;
}
