// SPDX-License-Identifier: Apache-2.0
//
// Client certificates and keys in every form that people keep them in, and each way in which they can be
// unusable, with the sentence that is said about it. The files are made here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/identity.h"

#define SECRET       "correct horse"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static char folder[] = "/tmp/shakedown-identity-XXXXXX";

// --- making them -----------------------------------------------------------------------------------

struct person {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct person root, middle, client, other;
static OSSL_PROVIDER *modern_provider, *legacy_provider; // the second: NULL where it is not installed

static struct person make(EVP_PKEY *key, const char *name, const struct person *issuer)
{
    static long serial = 0;
    struct person person = {key, X509_new()};
    X509_set_version(person.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(person.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(person.certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(person.certificate), 3600);
    X509_set_pubkey(person.certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(person.certificate), "CN", MBSTRING_ASC, (const uint8_t *)name, -1,
                               -1, 0);
    X509_set_issuer_name(person.certificate,
                         X509_get_subject_name(issuer == NULL ? person.certificate : issuer->certificate));
    assert_true(X509_sign(person.certificate, issuer == NULL ? key : issuer->key, EVP_sha256()) > 0);
    return person;
}

static const char *path(const char *name)
{
    static char text[4][256];
    static unsigned turn;
    char *place = text[turn++ % COUNT(text)];
    snprintf(place, sizeof text[0], "%s/%s", folder, name);
    return place;
}

static FILE *create(const char *name)
{
    FILE *file = fopen(path(name), "w");
    assert_non_null(file);
    return file;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = create(name);
    fputs(text, file);
    fclose(file);
}

static void write_pem(const char *name, X509 *const *certificates, EVP_PKEY *key)
{
    FILE *file = create(name);
    for (; *certificates != NULL; certificates++)
        PEM_write_X509(file, *certificates);
    if (key != NULL)
        PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

enum protection { MODERN, LEGACY, EMPTY, NOTHING };

static void write_pkcs12(const char *name, enum protection protection, EVP_PKEY *key, X509 *leaf)
{
    static const int algorithm[] = {0, NID_pbe_WithSHA1And40BitRC2_CBC, 0, -1};
    STACK_OF(X509) *others = sk_X509_new_null();
    sk_X509_push(others, root.certificate); // in the wrong order
    sk_X509_push(others, middle.certificate);
    const char *secret = protection == EMPTY || protection == NOTHING ? "" : SECRET;
    PKCS12 *file = PKCS12_create(secret, "me", key, leaf, others, algorithm[protection], algorithm[protection], 0,
                                 protection == NOTHING ? -1 : 0, 0);
    sk_X509_free(others);
    assert_non_null(file);
    FILE *out = create(name);
    assert_int_equal(i2d_PKCS12_fp(out, file), 1);
    fclose(out);
    PKCS12_free(file);
}

static void write_keys(void)
{
    FILE *file = create("plain.key");
    PEM_write_PrivateKey(file, client.key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    file = create("encrypted.key");
    PEM_write_PKCS8PrivateKey(file, client.key, EVP_aes_256_cbc(), SECRET, (int)strlen(SECRET), NULL, NULL);
    fclose(file);
    file = create("traditional.key");
    BIO *bio = BIO_new_fp(file, BIO_CLOSE);
    PEM_write_bio_PrivateKey_traditional(bio, client.key, EVP_aes_128_cbc(), (const uint8_t *)SECRET,
                                         (int)strlen(SECRET), NULL, NULL);
    BIO_free(bio);
    file = create("other.key");
    PEM_write_PrivateKey(file, other.key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    file = create("key.der");
    i2d_PrivateKey_fp(file, client.key);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    modern_provider = OSSL_PROVIDER_load(NULL, "default");
    legacy_provider = OSSL_PROVIDER_load(NULL, "legacy");
    bool legacy = legacy_provider != NULL;
    assert_non_null(mkdtemp(folder));
    root = make(EVP_EC_gen("P-256"), "root", NULL);
    middle = make(EVP_EC_gen("P-256"), "middle", &root);
    client = make(EVP_RSA_gen(2048), "client", &middle);
    other = make(EVP_EC_gen("P-256"), "other", NULL);
    write_keys();
    write_pem("leaf.pem", (X509 *const[]){client.certificate, NULL}, NULL);
    write_pem("chain.pem", (X509 *const[]){client.certificate, middle.certificate, NULL}, NULL);
    write_pem("both.pem", (X509 *const[]){client.certificate, middle.certificate, NULL}, client.key);
    write_pkcs12("modern.p12", MODERN, client.key, client.certificate);
    write_pkcs12("legacy.p12", legacy ? LEGACY : MODERN, client.key, client.certificate);
    write_pkcs12("empty.p12", EMPTY, client.key, client.certificate);
    write_pkcs12("nothing.p12", NOTHING, client.key, client.certificate);
    write_pkcs12("keyless.p12", MODERN, NULL, client.certificate);
    FILE *file = create("leaf.der");
    i2d_X509_fp(file, client.certificate);
    fclose(file);
    write_text("secret", SECRET "\nand more\n");
    write_text("wrong", "battery staple\n");
    write_text("words", "no certificate at all\n");
    write_text("nothing", "");
    write_text("broken.pem", "-----BEGIN CERTIFICATE-----\nMIIB!!!\n-----END CERTIFICATE-----\n");
    write_text("broken.key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    write_text("garbled.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    return 0;
}

static void drop(struct person *person)
{
    X509_free(person->certificate);
    EVP_PKEY_free(person->key);
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"plain.key",  "encrypted.key", "traditional.key", "other.key",   "key.der",
                                        "leaf.pem",   "chain.pem",     "both.pem",        "modern.p12",  "legacy.p12",
                                        "empty.p12",  "wrong",         "words",           "nothing.p12", "keyless.p12",
                                        "leaf.der",   "secret",        "nothing",         "endless",     "open.pem",
                                        "broken.pem", "broken.key",    "garbled.pem"};
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(path(names[i]));
    drop(&root);
    drop(&middle);
    drop(&client);
    drop(&other);
    OSSL_PROVIDER_unload(legacy_provider);
    OSSL_PROVIDER_unload(modern_provider);
    return rmdir(folder);
}

// --- what is good ----------------------------------------------------------------------------------

static const struct {
    const char *certificate, *key, *passphrase;
    size_t want_count;
} good[] = {
    {"leaf.pem", "plain.key", NULL, 1},
    {"chain.pem", "plain.key", NULL, 2},
    {"chain.pem", "plain.key", "secret", 2}, // not needed
    {"both.pem", NULL, NULL, 2},
    {"both.pem", "encrypted.key", "secret", 2},
    {"leaf.pem", "traditional.key", "secret", 1},
    {"leaf.pem", "key.der", NULL, 1},
    {"leaf.der", "plain.key", NULL, 1},
    {"modern.p12", NULL, "secret", 3},
    {"legacy.p12", NULL, "secret", 3},
    {"empty.p12", NULL, NULL, 3},
    {"nothing.p12", NULL, NULL, 3},
    {"modern.p12", "plain.key", "secret", 3},
    {"leaf.pem", "modern.p12", "secret", 1},
};

static bool same(struct bytes der, X509 *certificate)
{
    uint8_t *want = NULL;
    int size = i2d_X509(certificate, &want);
    bool equal = bytes_equal(der, (struct bytes){want, (size_t)size});
    OPENSSL_free(want);
    return equal;
}

static struct identity *open_files(const char *certificate, const char *key, const char *passphrase,
                                   struct complaint *complaint)
{
    char where[300];
    if (passphrase != NULL)
        snprintf(where, sizeof where, "file:%s", path(passphrase));
    *complaint = (struct complaint){0};
    return identity_open(path(certificate), key == NULL ? NULL : path(key), passphrase == NULL ? NULL : where,
                         complaint);
}

static void test_good(void **state)
{
    (void)state;
    X509 *const chain[] = {client.certificate, middle.certificate, root.certificate};
    for (size_t i = 0; i < COUNT(good); i++) {
        struct complaint complaint;
        print_message("%s %s\n", good[i].certificate, good[i].key == NULL ? "" : good[i].key);
        struct identity *identity = open_files(good[i].certificate, good[i].key, good[i].passphrase, &complaint);
        assert_string_equal(complaint.text, "");
        assert_non_null(identity);
        assert_int_equal(identity_count(identity), good[i].want_count);
        for (size_t k = 0; k < good[i].want_count; k++)
            assert_true(same(identity_certificate(identity, k), chain[k]));
        assert_int_equal(strlen(identity_fingerprint(identity)), 64);
        assert_int_equal(EVP_PKEY_eq(identity_key(identity), client.key), 1);
        identity_close(identity);
    }
}

// --- what is not -----------------------------------------------------------------------------------

static const struct {
    const char *certificate, *key, *passphrase, *want; // a part of the sentence
} bad[] = {
    {"missing.pem", "plain.key", NULL, "missing.pem': No such file"},
    {"leaf.pem", "missing.key", NULL, "missing.key': No such file"},
    {".", "plain.key", NULL, "directory"},
    {"leaf.pem", NULL, NULL, "leaf.pem' holds no private key"},
    {"leaf.der", NULL, NULL, "leaf.der' holds no private key"},
    {"plain.key", NULL, NULL, "plain.key' holds no certificate"},
    {"words", "plain.key", NULL, "words' holds no certificate"},
    {"nothing", "plain.key", NULL, "nothing' is empty"},
    {"leaf.pem", "nothing", NULL, "nothing' is empty"},
    {"leaf.pem", "words", NULL, "words' holds no private key"},
    {"leaf.pem", "leaf.der", NULL, "leaf.der' holds no private key"},
    {"leaf.pem", "keyless.p12", "secret", "keyless.p12' holds no private key"},
    {"keyless.p12", NULL, "secret", "keyless.p12' holds no key, which would tell"},
    {"keyless.p12", "plain.key", "secret", "keyless.p12' holds no key, which would tell"},
    {"leaf.pem", "other.key", NULL, "other.key' does not belong to the certificate in"},
    {"leaf.pem", "encrypted.key", NULL, "encrypted.key' is encrypted, and no passphrase was given"},
    {"leaf.pem", "encrypted.key", "wrong", "encrypted.key' cannot be decrypted: the passphrase is wrong"},
    {"leaf.pem", "traditional.key", NULL, "traditional.key' is encrypted, and no passphrase was given"},
    {"leaf.pem", "traditional.key", "wrong", "traditional.key' cannot be decrypted: the passphrase is wrong"},
    {"modern.p12", NULL, NULL, "modern.p12' is encrypted, and no passphrase was given"},
    {"modern.p12", NULL, "wrong", "modern.p12' cannot be decrypted: the passphrase is wrong"},
    {"legacy.p12", NULL, "wrong", "legacy.p12' cannot be decrypted: the passphrase is wrong"},
    {"leaf.pem", "plain.key", "missing", "missing': No such file"},
    {"broken.pem", "plain.key", NULL, "broken.pem' is no whole PEM file"},
    {"garbled.pem", "plain.key", NULL, "certificate 1 in"},
    {"leaf.pem", "broken.key", NULL, "broken.key' is malformed"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct complaint complaint;
        struct identity *identity = open_files(bad[i].certificate, bad[i].key, bad[i].passphrase, &complaint);
        print_message("%s\n", complaint.text);
        assert_null(identity);
        assert_non_null(strstr(complaint.text, bad[i].want));
        assert_null(strstr(complaint.text, "battery")); // nor what was read
        assert_null(strstr(complaint.text, "horse"));
    }
}

static void test_passphrases(void **state)
{
    (void)state;
    static const struct {
        const char *where, *want;
    } rows[] = {
        {"env:SHAKEDOWN_TEST_SECRET", ""}, {"env:SHAKEDOWN_TEST_MISSING", "no variable 'SHAKEDOWN_TEST_MISSING'"},
        {"env:", "env:NAME or file:PATH"}, {"file:", "env:NAME or file:PATH"},
        {SECRET, "env:NAME or file:PATH"}, {"pass:" SECRET, "env:NAME or file:PATH"},
    };
    setenv("SHAKEDOWN_TEST_SECRET", SECRET, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaint complaint = {0};
        struct identity *identity = identity_open(path("leaf.pem"), path("encrypted.key"), rows[i].where, &complaint);
        assert_int_equal(identity != NULL, rows[i].want[0] == '\0');
        assert_non_null(strstr(complaint.text, rows[i].want));
        assert_null(strstr(complaint.text, "horse"));
        identity_close(identity);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct complaint complaint;
    FILE *file = create("endless");
    for (size_t i = 0; i < (1u << 20) + 2; i++)
        fputc('A', file);
    fclose(file);
    assert_null(open_files("endless", "plain.key", NULL, &complaint));
    assert_non_null(strstr(complaint.text, "too long"));
    assert_null(open_files("leaf.pem", "encrypted.key", "endless", &complaint));
    X509 *many[34] = {0};
    for (size_t i = 0; i < 33; i++)
        many[i] = client.certificate;
    write_pem("open.pem", many, NULL);
    assert_null(open_files("open.pem", "plain.key", NULL, &complaint));
    assert_non_null(strstr(complaint.text, "more than 32 certificates"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_passphrases),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
