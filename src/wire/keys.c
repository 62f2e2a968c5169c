// SPDX-License-Identifier: Apache-2.0
//
// Secrets that protect nothing: they open what a server says under keys that it made for us alone
// and that are thrown away. So nothing here runs in constant time or is wiped, and key pairs come
// from saved entropy. Each kind of group has one operation, "times": our secret times the base
// gives our share, our secret times the peer's share gives the shared secret.
#include "wire/keys.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/arena.h"
#include "base/fail.h"

#define TAG_LIMIT 16

// libcrypto fails here only when memory is out or a distribution has cut out an algorithm.
#define must(condition) ((condition) ? (void)0 : die("libcrypto cannot do what TLS needs: %s", #condition))

// --- digests and HKDF (RFC 5869) ------------------------------------------------------------------

static void digest(const EVP_MD *algorithm, struct bytes bytes, uint8_t *out)
{
    must(EVP_Digest(bytes.data, bytes.size, out, NULL, algorithm, NULL));
}

void digest_sha256(struct bytes bytes, uint8_t out[32]) { digest(EVP_sha256(), bytes, out); }
void digest_sha1(struct bytes bytes, uint8_t out[20]) { digest(EVP_sha1(), bytes, out); }
void digest_sha512(struct bytes bytes, uint8_t out[64]) { digest(EVP_sha512(), bytes, out); }

// Held for the process: looking HMAC up and giving it its hash costs several times what a derivation does.
struct hmac {
    const char *hash;
    size_t size; // octets of its result
    EVP_MAC_CTX *context;
};

static struct hmac hmac_sha256 = {.hash = "SHA256", .size = 32}, hmac_sha384 = {.hash = "SHA384", .size = 48};

static EVP_MAC_CTX *hmac_context(struct hmac *hmac)
{
    if (hmac->context != NULL)
        return hmac->context;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)hmac->hash, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    hmac->context = EVP_MAC_CTX_new(algorithm);
    must(hmac->context != NULL && EVP_MAC_CTX_set_params(hmac->context, params));
    EVP_MAC_free(algorithm);
    return hmac->context;
}

// HMAC of up to three pieces, one after the other; the key is never empty.
static void authenticate(struct hmac *hmac, struct bytes key, const struct bytes pieces[3], uint8_t *out)
{
    EVP_MAC_CTX *context = hmac_context(hmac);
    size_t size;
    must(EVP_MAC_init(context, key.data, key.size, NULL));
    for (size_t i = 0; i < 3; i++)
        must(EVP_MAC_update(context, pieces[i].data, pieces[i].size));
    must(EVP_MAC_final(context, out, &size, hmac->size));
}

static void extract(struct hmac *hmac, struct bytes salt, struct bytes key, uint8_t *out)
{
    authenticate(hmac, salt, (const struct bytes[3]){key}, out);
}

// T(i) = HMAC(key, T(i - 1) | info | i), as much of it as is wanted.
static void expand(struct hmac *hmac, struct bytes key, struct bytes info, uint8_t *out, size_t size)
{
    uint8_t block[EVP_MAX_MD_SIZE];
    always(size <= 255 * hmac->size);
    for (uint8_t i = 1; size != 0; i++) {
        struct bytes before = {block, i == 1 ? 0 : hmac->size};
        authenticate(hmac, key, (const struct bytes[3]){before, info, {&i, 1}}, block);
        size_t taken = size < hmac->size ? size : hmac->size;
        memcpy(out, block, taken);
        out += taken;
        size -= taken;
    }
}

static bool same_entropy(const struct entropy *a, const struct entropy *b)
{
    return a->key == b->key && memcmp(a->seed, b->seed, sizeof a->seed) == 0;
}

// The secret of the last entropy is held: a hello has several things made of one, one after the other.
static const uint8_t *entropy_secret(const struct entropy *entropy)
{
    static struct entropy last;
    static uint8_t secret[32];
    static bool made;
    uint8_t salt[8];
    if (made && same_entropy(&last, entropy))
        return secret;
    for (unsigned i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)(entropy->key >> (56 - 8 * i));
    extract(&hmac_sha256, (struct bytes){salt, sizeof salt}, (struct bytes){entropy->seed, sizeof entropy->seed},
            secret);
    last = *entropy;
    made = true;
    return secret;
}

void entropy_expand(const struct entropy *entropy, const char *label, uint8_t *out, size_t size)
{
    expand(&hmac_sha256, (struct bytes){entropy_secret(entropy), 32}, bytes_of_text(label), out, size);
}

// --- groups ---------------------------------------------------------------------------------------

struct method {
    uint16_t group;
    int id;             // libcrypto's number, where it goes by number
    const char *name;   // ... or its name
    size_t secret_size; // octets of entropy for our secret
    size_t share_size;  // RFC 8446 section 4.2.8.1 and 4.2.8.2
    // peer NULL: times the base. Empty when the peer's share is not one of the group's.
    struct bytes (*times)(struct arena *arena, const struct method *method, struct bytes secret,
                          const struct bytes *peer);
};

static const struct bytes nothing = {NULL, 0};

// libcrypto multiplies the base by each secret that it is given, wanted or not. One that makes a share is wanted again
// for what the peer answers, and comes again with each host that is asked the same question: the last are held for the
// process, each in the place that its first octet tells.
static struct held_key {
    int id;
    uint8_t secret[56];
    EVP_PKEY *key;
} held_keys[256];

static EVP_PKEY *montgomery_key(const struct method *method, struct bytes secret)
{
    struct held_key *held = &held_keys[secret.data[0]];
    always(secret.size <= sizeof held->secret);
    if (held->key == NULL || held->id != method->id || memcmp(held->secret, secret.data, secret.size) != 0) {
        EVP_PKEY_free(held->key);
        held->key = EVP_PKEY_new_raw_private_key(method->id, NULL, secret.data, secret.size);
        must(held->key != NULL);
        held->id = method->id;
        memcpy(held->secret, secret.data, secret.size);
    }
    return held->key;
}

static struct bytes montgomery(struct arena *arena, const struct method *method, struct bytes secret,
                               const struct bytes *peer)
{
    size_t size = method->share_size;
    uint8_t *out = arena_alloc(arena, size);
    EVP_PKEY *ours = montgomery_key(method, secret);
    bool good = true;
    if (peer == NULL) {
        must(EVP_PKEY_get_raw_public_key(ours, out, &size));
    } else {
        EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(method->id, NULL, peer->data, peer->size);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(ours, NULL);
        good = theirs != NULL && EVP_PKEY_derive_init(context) > 0 && EVP_PKEY_derive_set_peer(context, theirs) > 0 &&
               EVP_PKEY_derive(context, out, &size) > 0;
        EVP_PKEY_CTX_free(context);
        EVP_PKEY_free(theirs);
    }
    return good ? (struct bytes){out, size} : nothing;
}

// secret mod (limit - 1) + 1: from 1 to limit - 1.
static BIGNUM *reduce(struct bytes secret, const BIGNUM *limit, BN_CTX *numbers)
{
    BIGNUM *scalar = BN_bin2bn(secret.data, (int)secret.size, NULL);
    BIGNUM *range = BN_dup(limit);
    must(scalar != NULL && range != NULL && BN_sub_word(range, 1) && BN_mod(scalar, scalar, range, numbers) &&
         BN_add_word(scalar, 1));
    BN_free(range);
    return scalar;
}

static struct bytes point_out(struct arena *arena, const struct method *method, const EC_GROUP *group,
                              const EC_POINT *point, bool share, BN_CTX *numbers)
{
    uint8_t *out = arena_alloc(arena, method->share_size);
    must(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, method->share_size, numbers) ==
         method->share_size);
    if (share)
        return (struct bytes){out, method->share_size};
    return (struct bytes){out + 1, (method->share_size - 1) / 2}; // the x coordinate: RFC 8446 section 7.4.2
}

static struct bytes prime_curve(struct arena *arena, const struct method *method, struct bytes secret,
                                const struct bytes *peer)
{
    BN_CTX *numbers = BN_CTX_new();
    EC_GROUP *group = EC_GROUP_new_by_curve_name(method->id);
    EC_POINT *theirs = EC_POINT_new(group);
    EC_POINT *product = EC_POINT_new(group);
    must(numbers != NULL && theirs != NULL && product != NULL);
    BIGNUM *scalar = reduce(secret, EC_GROUP_get0_order(group), numbers);
    struct bytes out = nothing;
    if (peer == NULL) {
        must(EC_POINT_mul(group, product, scalar, NULL, NULL, numbers));
        out = point_out(arena, method, group, product, true, numbers);
    } else if (peer->data[0] == POINT_CONVERSION_UNCOMPRESSED &&
               EC_POINT_oct2point(group, theirs, peer->data, peer->size, numbers)) {
        must(EC_POINT_mul(group, product, NULL, theirs, scalar, numbers));
        out = point_out(arena, method, group, product, false, numbers);
    }
    BN_free(scalar);
    EC_POINT_free(product);
    EC_POINT_free(theirs);
    EC_GROUP_free(group);
    BN_CTX_free(numbers);
    return out;
}

static BIGNUM *prime_of(const char *group)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *parameters = NULL;
    BIGNUM *prime = NULL;
    must(context != NULL && EVP_PKEY_fromdata_init(context) > 0 &&
         EVP_PKEY_fromdata(context, &parameters, EVP_PKEY_KEY_PARAMETERS, params) > 0);
    must(EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_P, &prime));
    EVP_PKEY_free(parameters);
    EVP_PKEY_CTX_free(context);
    return prime;
}

// The generator of each ffdhe group is 2 (RFC 7919). A peer's share must lie between 1 and p - 1.
static struct bytes finite_field(struct arena *arena, const struct method *method, struct bytes secret,
                                 const struct bytes *peer)
{
    BN_CTX *numbers = BN_CTX_new();
    BIGNUM *prime = prime_of(method->name);
    BIGNUM *exponent = BN_bin2bn(secret.data, (int)secret.size, NULL);
    BIGNUM *base = peer == NULL ? BN_new() : BN_bin2bn(peer->data, (int)peer->size, NULL);
    must(numbers != NULL && exponent != NULL && base != NULL);
    if (peer == NULL)
        must(BN_set_word(base, 2));
    must(BN_sub_word(prime, 1));
    bool good = !BN_is_zero(base) && !BN_is_one(base) && BN_cmp(base, prime) < 0;
    must(BN_add_word(prime, 1));
    uint8_t *out = arena_alloc(arena, method->share_size);
    if (good)
        must(BN_mod_exp(base, base, exponent, prime, numbers) &&
             BN_bn2binpad(base, out, (int)method->share_size) == (int)method->share_size);
    BN_free(base);
    BN_free(exponent);
    BN_free(prime);
    BN_CTX_free(numbers);
    return good ? (struct bytes){out, method->share_size} : nothing;
}

// Secrets of the prime curves are 64 bits longer than the order, so that no scalar is likelier;
// exponents of the finite fields are what RFC 7919 section 5.2 asks for, rounded up to octets.
static const struct method methods[] = {
    {0x0017, NID_X9_62_prime256v1, NULL, 40, 65, prime_curve}, {0x0018, NID_secp384r1, NULL, 56, 97, prime_curve},
    {0x0019, NID_secp521r1, NULL, 74, 133, prime_curve},       {0x001D, EVP_PKEY_X25519, NULL, 32, 32, montgomery},
    {0x001E, EVP_PKEY_X448, NULL, 56, 56, montgomery},         {0x0100, 0, "ffdhe2048", 29, 256, finite_field},
    {0x0101, 0, "ffdhe3072", 35, 384, finite_field},           {0x0102, 0, "ffdhe4096", 41, 512, finite_field},
    {0x0103, 0, "ffdhe6144", 47, 768, finite_field},           {0x0104, 0, "ffdhe8192", 50, 1024, finite_field},
};

static const struct method *method_of(uint16_t group)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].group == group)
            return &methods[i];
    return NULL;
}

static struct bytes times(struct arena *arena, const struct entropy *entropy, const struct method *method,
                          const struct bytes *peer)
{
    uint8_t *secret = arena_alloc(arena, method->secret_size);
    entropy_expand(entropy, arena_text(arena, "key share %04X", method->group), secret, method->secret_size);
    return method->times(arena, method, (struct bytes){secret, method->secret_size}, peer);
}

bool key_group_known(uint16_t group) { return method_of(group) != NULL; }

struct bytes key_share(struct arena *arena, const struct entropy *entropy, uint16_t group)
{
    const struct method *method = method_of(group);
    always(method != NULL);
    return times(arena, entropy, method, NULL);
}

// --- suites (RFC 8446 appendix B.4) ---------------------------------------------------------------

struct protection {
    uint16_t suite;
    const EVP_CIPHER *(*cipher)(void);
    const EVP_MD *(*hash)(void);
    struct hmac *hmac;
    size_t key_size, hash_size, tag_size;
    bool ccm;
};

static const struct protection protections[] = {
    {0x1301, EVP_aes_128_gcm, EVP_sha256, &hmac_sha256, 16, 32, 16, false},
    {0x1302, EVP_aes_256_gcm, EVP_sha384, &hmac_sha384, 32, 48, 16, false},
    {0x1303, EVP_chacha20_poly1305, EVP_sha256, &hmac_sha256, 32, 32, 16, false},
    {0x1304, EVP_aes_128_ccm, EVP_sha256, &hmac_sha256, 16, 32, 16, true},
    {0x1305, EVP_aes_128_ccm, EVP_sha256, &hmac_sha256, 16, 32, 8, true},
};

static const struct protection *protection_of(uint16_t suite)
{
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++)
        if (protections[i].suite == suite)
            return &protections[i];
    return NULL;
}

bool key_suite_known(uint16_t suite) { return protection_of(suite) != NULL; }

// --- key schedule (RFC 8446 section 7.1) ----------------------------------------------------------

// struct { uint16 length; opaque label<7..255>; opaque context<0..255>; } HkdfLabel
static void expand_label(const struct protection *protection, const uint8_t *secret, const char *label,
                         struct bytes context, uint8_t *out, size_t size)
{
    struct arena scratch = {0};
    struct builder info = builder_in(&scratch);
    builder_u16(&info, (uint16_t)size);
    size_t block = builder_open(&info, 1);
    builder_add(&info, bytes_of_text("tls13 "));
    builder_add(&info, bytes_of_text(label));
    builder_close(&info, block, 1);
    block = builder_open(&info, 1);
    builder_add(&info, context);
    builder_close(&info, block, 1);
    expand(protection->hmac, (struct bytes){secret, protection->hash_size}, builder_bytes(&info), out, size);
    arena_release(&scratch);
}

static void derive_secret(const struct protection *protection, const uint8_t *secret, const char *label,
                          struct bytes messages, uint8_t *out)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    digest(protection->hash(), messages, hash);
    expand_label(protection, secret, label, (struct bytes){hash, protection->hash_size}, out, protection->hash_size);
}

void opener_schedule(struct opener *opener, uint16_t suite, struct bytes shared, struct bytes transcript)
{
    static const uint8_t zeros[EVP_MAX_MD_SIZE];
    const struct protection *protection = protection_of(suite);
    always(protection != NULL);
    size_t size = protection->hash_size;
    uint8_t secret[EVP_MAX_MD_SIZE], derived[EVP_MAX_MD_SIZE], traffic[EVP_MAX_MD_SIZE];
    extract(protection->hmac, (struct bytes){zeros, size}, (struct bytes){zeros, size}, secret);
    derive_secret(protection, secret, "derived", nothing, derived);
    extract(protection->hmac, (struct bytes){derived, size}, shared, secret);
    derive_secret(protection, secret, "s hs traffic", transcript, traffic);
    *opener = (struct opener){.suite = suite};
    expand_label(protection, traffic, "key", nothing, opener->key, protection->key_size);
    expand_label(protection, traffic, "iv", nothing, opener->iv, sizeof opener->iv);
}

bool opener_begin(struct opener *opener, const struct entropy *entropy, uint16_t suite, uint16_t group,
                  struct bytes server_share, struct bytes transcript)
{
    const struct method *method = method_of(group);
    if (method == NULL || protection_of(suite) == NULL || server_share.size != method->share_size)
        return false;
    struct arena scratch = {0};
    struct bytes shared = times(&scratch, entropy, method, &server_share);
    if (shared.size != 0)
        opener_schedule(opener, suite, shared, transcript);
    else
        ERR_clear_error();
    arena_release(&scratch);
    return shared.size != 0;
}

// --- record protection (RFC 8446 section 5.2) -----------------------------------------------------

static void nonce_of(const struct opener *opener, uint8_t nonce[12])
{
    memcpy(nonce, opener->iv, 12);
    for (unsigned i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(opener->sequence >> (8 * i));
}

// CCM wants the tag's length and the text's before all else; in turn EVP_DecryptUpdate verifies it.
static bool decrypt(const struct opener *opener, const struct protection *protection, struct bytes header,
                    struct bytes text, const uint8_t *tag, uint8_t *out)
{
    uint8_t nonce[12], expected[TAG_LIMIT];
    nonce_of(opener, nonce);
    memcpy(expected, tag, protection->tag_size);
    int length, tag_size = (int)protection->tag_size;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must(EVP_DecryptInit_ex(context, protection->cipher(), NULL, NULL, NULL) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, sizeof nonce, NULL) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, expected) &&
         EVP_DecryptInit_ex(context, NULL, NULL, opener->key, nonce));
    if (protection->ccm)
        must(EVP_DecryptUpdate(context, NULL, &length, NULL, (int)text.size));
    must(EVP_DecryptUpdate(context, NULL, &length, header.data, (int)header.size));
    bool good = EVP_DecryptUpdate(context, out, &length, text.data, (int)text.size) > 0;
    if (good && !protection->ccm)
        good = EVP_DecryptFinal_ex(context, out + length, &length) > 0;
    EVP_CIPHER_CTX_free(context);
    if (!good)
        ERR_clear_error();
    return good;
}

bool opener_open(struct opener *opener, struct arena *arena, struct bytes header, struct bytes body,
                 struct bytes *plain, uint8_t *type)
{
    const struct protection *protection = protection_of(opener->suite);
    always(protection != NULL);
    if (body.size <= protection->tag_size || body.size > UINT16_MAX)
        return false;
    size_t size = body.size - protection->tag_size;
    uint8_t *out = arena_alloc(arena, size);
    if (!decrypt(opener, protection, header, (struct bytes){body.data, size}, body.data + size, out))
        return false;
    opener->sequence++;
    while (size > 0 && out[size - 1] == 0) // TLSInnerPlaintext: content, type, zeros
        size--;
    if (size == 0)
        return false;
    *type = out[size - 1];
    *plain = (struct bytes){out, size - 1};
    return true;
}
