// SPDX-License-Identifier: Apache-2.0
//
// Two files at most become one leaf, one chain and one key. Everything is decoded in a library context of
// its own, which also has the legacy algorithms where the machine has them: most PKCS #12 files that
// people have were encrypted with those. What the octets are, PEM or DER, is seen, not asked.
#include "wire/identity.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/keys.h"

#define MOST_CERTIFICATES  32
#define MOST_OCTETS        (1u << 20) // of a file
#define LONGEST_PASSPHRASE 1024
#define SECURE_HEAP        65536 // octets, in pieces of at least SECURE_PIECE
#define SECURE_PIECE       64

struct identity {
    struct arena memory;
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *modern, *legacy; // legacy: NULL where it is not installed
    EVP_PKEY *key;
    struct bytes chain[MOST_CERTIFICATES];
    size_t count;
    const char *fingerprint;
};

// What the loading of one identity carries about.
struct loader {
    struct identity *identity;
    struct complaint *complaint;
    const char *file; // that is being read
    char *passphrase; // NUL-terminated, in secure memory; NULL: none was given
    bool asked;       // the key is encrypted
};

// --- files and passphrases -------------------------------------------------------------------------

// A whole file; released by wipe, also as it grows.
static bool read_file(struct loader *loader, const char *name, struct bytes *out)
{
    FILE *file = fopen(name, "re");
    loader->file = name;
    if (file == NULL)
        return complain(loader->complaint, "cannot read '%s': %s", name, strerror(errno));
    setvbuf(file, NULL, _IONBF, 0); // stdio's own buffer would keep a copy
    uint8_t *octets = NULL;
    size_t size = 0, room = 0;
    bool more = true;
    while (more && size <= MOST_OCTETS) {
        if (size == room) {
            room = room == 0 ? 4096 : 2 * room;
            octets = OPENSSL_clear_realloc(octets, size, room);
            if (octets == NULL)
                die("out of memory");
        }
        size_t got = fread(octets + size, 1, room - size, file);
        size += got;
        more = got != 0;
    }
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    *out = (struct bytes){octets, size};
    if (failed == 0 && size <= MOST_OCTETS && size != 0)
        return true;
    OPENSSL_clear_free(octets, room);
    *out = (struct bytes){NULL, 0};
    if (failed != 0)
        return complain(loader->complaint, "cannot read '%s': %s", name, strerror(failed));
    return complain(loader->complaint, size == 0 ? "'%s' is empty" : "'%s' is too long for a certificate or a key",
                    name);
}

static void wipe(struct bytes octets) { OPENSSL_clear_free((void *)octets.data, octets.size); }

static bool keep_passphrase(struct loader *loader, const char *text, size_t size)
{
    if (size >= LONGEST_PASSPHRASE)
        return complain(loader->complaint, "the passphrase is longer than %d octets", LONGEST_PASSPHRASE - 1);
    loader->passphrase = OPENSSL_secure_zalloc(LONGEST_PASSPHRASE);
    if (loader->passphrase == NULL)
        die("out of memory");
    memcpy(loader->passphrase, text, size);
    return true;
}

// What was typed is not repeated: it may be the passphrase itself.
static bool find_passphrase(struct loader *loader, const char *where)
{
    if (where == NULL)
        return true;
    if (strncmp(where, "env:", 4) == 0 && where[4] != '\0') {
        const char *text = getenv(where + 4);
        if (text == NULL)
            return complain(loader->complaint, "the environment has no variable '%s' to take the passphrase from",
                            where + 4);
        return keep_passphrase(loader, text, strlen(text));
    }
    struct bytes octets;
    if (strncmp(where, "file:", 5) != 0 || where[5] == '\0')
        return complain(loader->complaint, "a passphrase is given as env:NAME or file:PATH, never itself");
    if (!read_file(loader, where + 5, &octets))
        return false;
    size_t size = 0;
    while (size < octets.size && octets.data[size] != '\n' && octets.data[size] != '\r' && octets.data[size] != '\0')
        size++;
    bool kept = keep_passphrase(loader, (const char *)octets.data, size);
    wipe(octets);
    return kept;
}

static int give_passphrase(char *buffer, int size, int writing, void *context)
{
    struct loader *loader = context;
    (void)writing;
    loader->asked = true;
    size_t length = loader->passphrase == NULL ? 0 : strlen(loader->passphrase);
    if (loader->passphrase == NULL || length > (size_t)size)
        return -1;
    memcpy(buffer, loader->passphrase, length);
    return (int)length;
}

static bool complain_encrypted(struct loader *loader)
{
    if (loader->passphrase == NULL)
        return complain(loader->complaint, "the private key in '%s' is encrypted, and no passphrase was given",
                        loader->file);
    return complain(loader->complaint, "the private key in '%s' cannot be decrypted: the passphrase is wrong",
                    loader->file);
}

// --- certificates ----------------------------------------------------------------------------------

static X509 *decode(const struct identity *identity, struct bytes der)
{
    const unsigned char *next = der.data;
    X509 *certificate = X509_new_ex(identity->library, NULL);
    if (certificate == NULL)
        die("out of memory");
    if (d2i_X509(&certificate, &next, (long)der.size) == NULL)
        return NULL;
    if (next == der.data + der.size)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool add_certificate(struct loader *loader, struct bytes der)
{
    struct identity *identity = loader->identity;
    X509 *certificate = decode(identity, der);
    if (certificate == NULL)
        return complain(loader->complaint, "certificate %zu in '%s' is malformed", identity->count + 1, loader->file);
    X509_free(certificate);
    if (identity->count == MOST_CERTIFICATES)
        return complain(loader->complaint, "'%s' holds more than %d certificates", loader->file, MOST_CERTIFICATES);
    identity->chain[identity->count++] = arena_copy(&identity->memory, der);
    return true;
}

static bool is_certificate(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
}

// Every certificate of a PEM file. Other blocks may be keys, hence the secure memory.
static bool read_pem_certificates(struct loader *loader, struct bytes octets)
{
    BIO *in = BIO_new_mem_buf(octets.data, (int)octets.size);
    bool good = true;
    char *name, *header;
    unsigned char *data;
    long size;
    while (good && PEM_read_bio_ex(in, &name, &header, &data, &size, PEM_FLAG_SECURE) == 1) {
        if (is_certificate(name))
            good = add_certificate(loader, (struct bytes){data, (size_t)size});
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, (size_t)size);
    }
    BIO_free(in);
    if (good && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return complain(loader->complaint, "'%s' is no whole PEM file", loader->file);
    if (good && loader->identity->count == 0)
        return complain(loader->complaint, "'%s' holds no certificate", loader->file);
    return good;
}

// --- keys ------------------------------------------------------------------------------------------

static bool holds_text(struct bytes octets, const char *text)
{
    return octets.size != 0 && memmem(octets.data, octets.size, text, strlen(text)) != NULL;
}

static bool read_pem_key(struct loader *loader, struct bytes octets)
{
    struct identity *identity = loader->identity;
    if (!holds_text(octets, "PRIVATE KEY-----"))
        return complain(loader->complaint, "'%s' holds no private key", loader->file);
    BIO *in = BIO_new_mem_buf(octets.data, (int)octets.size);
    identity->key = PEM_read_bio_PrivateKey_ex(in, NULL, give_passphrase, loader, identity->library, NULL);
    BIO_free(in);
    if (identity->key != NULL)
        return true;
    if (loader->asked)
        return complain_encrypted(loader);
    return complain(loader->complaint, "the private key in '%s' is malformed or of a kind that is not known",
                    loader->file);
}

// --- PKCS #12 --------------------------------------------------------------------------------------

static bool add_x509(struct loader *loader, X509 *certificate)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    bool good = add_certificate(loader, (struct bytes){der, size < 0 ? 0 : (size_t)size});
    OPENSSL_free(der);
    return good;
}

static X509 *issuer_among(STACK_OF(X509) * others, X509 *child)
{
    for (int i = 0; i < sk_X509_num(others); i++) {
        X509 *other = sk_X509_value(others, i);
        if (X509_check_issued(other, child) == X509_V_OK && X509_cmp(other, child) != 0)
            return other;
    }
    return NULL;
}

// RFC 7292 gives the bags no order, and TLS wants one: each certificate behind the one it issued. What
// issued nothing here is not sent; issuers in a ring end with the count.
static bool add_in_order(struct loader *loader, X509 *leaf, STACK_OF(X509) * others)
{
    bool good = true;
    X509 *at = leaf;
    for (int left = others == NULL ? 0 : sk_X509_num(others); at != NULL && good && left >= 0; left--) {
        good = add_x509(loader, at);
        at = issuer_among(others, at);
    }
    return good;
}

// Without a passphrase a file may have none, or the empty one.
static bool unlock(struct loader *loader, PKCS12 *file, const char **passphrase)
{
    *passphrase = loader->passphrase;
    if (!PKCS12_mac_present(file))
        return true;
    if (loader->passphrase == NULL)
        for (unsigned i = 0; i < 2; i++) {
            *passphrase = i == 0 ? NULL : "";
            if (PKCS12_verify_mac(file, *passphrase, i == 0 ? 0 : -1) == 1)
                return true;
        }
    else if (PKCS12_verify_mac(file, *passphrase, -1) == 1)
        return true;
    return complain_encrypted(loader);
}

// whole: its certificates too, not the key alone.
static bool take_pkcs12(struct loader *loader, PKCS12 *file, bool whole)
{
    struct identity *identity = loader->identity;
    const char *passphrase;
    EVP_PKEY *key = NULL;
    X509 *leaf = NULL;
    STACK_OF(X509) *others = NULL;
    if (!unlock(loader, file, &passphrase))
        return false;
    bool good = true;
    if (PKCS12_parse(file, passphrase, &key, &leaf, &others) != 1)
        good =
            complain(loader->complaint,
                     "'%s' cannot be opened: it is malformed, or encrypted in a way that is not known", loader->file);
    else if (whole && leaf == NULL)
        good = complain(loader->complaint,
                        key == NULL ? "'%s' holds no key, which would tell the client's certificate from the others"
                                    : "'%s' holds no certificate for its key",
                        loader->file);
    else if (!whole && key == NULL)
        good = complain(loader->complaint, "'%s' holds no private key", loader->file);
    if (good && whole)
        good = add_in_order(loader, leaf, others);
    if (good && key != NULL) {
        identity->key = key;
        key = NULL;
    }
    EVP_PKEY_free(key);
    X509_free(leaf);
    sk_X509_pop_free(others, X509_free);
    return good;
}

static PKCS12 *decode_pkcs12(const struct identity *identity, struct bytes octets)
{
    PKCS12 *file = PKCS12_init_ex(NID_pkcs7_data, identity->library, NULL);
    const unsigned char *next = octets.data;
    if (file == NULL)
        die("out of memory");
    return d2i_PKCS12(&file, &next, (long)octets.size);
}

// --- what the octets are ---------------------------------------------------------------------------

static bool is_der(struct bytes octets) { return octets.size != 0 && octets.data[0] == 0x30; }

static bool load_certificates(struct loader *loader, struct bytes octets)
{
    if (!is_der(octets))
        return read_pem_certificates(loader, octets);
    PKCS12 *file = decode_pkcs12(loader->identity, octets);
    if (file == NULL)
        return add_certificate(loader, octets);
    bool good = take_pkcs12(loader, file, true);
    PKCS12_free(file);
    return good;
}

static bool load_key(struct loader *loader, struct bytes octets)
{
    struct identity *identity = loader->identity;
    if (!is_der(octets))
        return read_pem_key(loader, octets);
    PKCS12 *file = decode_pkcs12(identity, octets);
    if (file != NULL) {
        bool good = take_pkcs12(loader, file, false);
        PKCS12_free(file);
        return good;
    }
    const unsigned char *next = octets.data;
    identity->key = d2i_AutoPrivateKey_ex(NULL, &next, (long)octets.size, identity->library, NULL);
    return identity->key != NULL || complain(loader->complaint, "'%s' holds no private key", loader->file);
}

static bool load_from(struct loader *loader, const char *name, bool (*load)(struct loader *, struct bytes))
{
    struct bytes octets;
    if (!read_file(loader, name, &octets))
        return false;
    bool good = load(loader, octets);
    wipe(octets);
    return good;
}

static bool matches(struct loader *loader, const char *certificate, const char *key)
{
    X509 *leaf = decode(loader->identity, loader->identity->chain[0]);
    bool good = leaf != NULL && X509_check_private_key(leaf, loader->identity->key) == 1;
    X509_free(leaf);
    return good || complain(loader->complaint, "the private key in '%s' does not belong to the certificate in '%s'",
                            key, certificate);
}

static bool load(struct loader *loader, const char *certificate, const char *key, const char *passphrase)
{
    struct identity *identity = loader->identity;
    if (!find_passphrase(loader, passphrase) || !load_from(loader, certificate, load_certificates))
        return false;
    if (key != NULL) {
        EVP_PKEY_free(identity->key); // the one that is named is the one that is meant
        identity->key = NULL;
    }
    const char *file = key == NULL ? certificate : key;
    if (identity->key == NULL && !load_from(loader, file, load_key))
        return false;
    return matches(loader, certificate, file);
}

// --- the whole -------------------------------------------------------------------------------------

static void take_fingerprint(struct identity *identity)
{
    uint8_t digest[32];
    digest_sha256(identity->chain[0], digest);
    identity->fingerprint = text_hex(&identity->memory, (struct bytes){digest, sizeof digest});
}

// Not granted (no right to lock memory, or a program that set up its own): the ordinary heap then serves.
static void use_secure_heap(void)
{
    if (CRYPTO_secure_malloc_initialized() == 0)
        CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_PIECE);
}

struct identity *identity_open(const char *certificate, const char *key, const char *passphrase,
                               struct complaint *complaint)
{
    ERR_clear_error();
    use_secure_heap();
    struct identity *identity = calloc(1, sizeof *identity);
    if (identity == NULL)
        die("out of memory");
    identity->library = OSSL_LIB_CTX_new();
    identity->modern = OSSL_PROVIDER_load(identity->library, "default");
    identity->legacy = OSSL_PROVIDER_load(identity->library, "legacy");
    if (identity->library == NULL || identity->modern == NULL)
        die("libcrypto could not be set up");
    struct loader loader = {.identity = identity, .complaint = complaint};
    bool good = load(&loader, certificate, key, passphrase);
    OPENSSL_secure_clear_free(loader.passphrase, loader.passphrase == NULL ? 0 : LONGEST_PASSPHRASE);
    ERR_clear_error();
    if (good) {
        take_fingerprint(identity);
        return identity;
    }
    identity_close(identity);
    return NULL;
}

void identity_close(struct identity *identity)
{
    if (identity == NULL)
        return;
    EVP_PKEY_free(identity->key);
    OSSL_PROVIDER_unload(identity->legacy);
    OSSL_PROVIDER_unload(identity->modern);
    OSSL_LIB_CTX_free(identity->library);
    arena_release(&identity->memory);
    free(identity);
}

const char *identity_fingerprint(const struct identity *identity) { return identity->fingerprint; }

size_t identity_count(const struct identity *identity) { return identity->count; }

struct bytes identity_certificate(const struct identity *identity, size_t index)
{
    always(index < identity->count);
    return identity->chain[index];
}

EVP_PKEY *identity_key(const struct identity *identity) { return identity->key; }
