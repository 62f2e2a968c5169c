// SPDX-License-Identifier: Apache-2.0
//
// Chains of fixtures against stores of fixtures. What openssl-verify(1) says of the same files,
// purpose sslserver, level 2, is the source of the expectations; where they differ stands why. A
// leaf's weak key is found before its issuer is looked for: the path is the leaf alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "wire/trust.h"

#define NOW     INT64_C(1790000000) // 2026-09-21
#define ROOT    "fixtures/certificates/root.pem"
#define OTHER   "fixtures/certificates/other-root.pem"
#define LONGEST 4

static const struct row {
    const char *chain[LONGEST];
    const char *root; // NULL: ROOT
    int64_t now;      // 0: NOW
    bool want_trusted;
    const char *want_reason; // NULL with trusted
    const char *want_at;     // part of the sentence
    size_t want_path;
} rows[] = {
    {{"rsa", "intermediate"}, NULL, 0, true, NULL, "Shakedown Test Root", 3},
    {{"rsa", "intermediate", "root"}, NULL, 0, true, NULL, "Shakedown Test Root", 3},
    {{"rsa", "root", "intermediate"}, NULL, 0, true, NULL, "Shakedown Test Root", 3},
    {{"rsa", "other-root", "expired", "intermediate"}, NULL, 0, true, NULL, "Shakedown Test Root", 3},
    {{"ec", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"ec384", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"ec521", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"brainpool", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"ed25519", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"ed448", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"rsapss", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"dsa", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"pss-signed", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"ca-leaf", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"version1", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"manynames", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"far", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"odd/other-case", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"permitted", "constrained-ca"}, NULL, 0, true, NULL, "", 3},
    {{"rsa", "intermediate", "cross-root"}, NULL, 0, true, NULL, "", 3},
    {{"rsa", "intermediate", "cross-root"}, OTHER, 0, true, NULL, "Other Root", 4},
    {{"under-other"}, OTHER, 0, true, NULL, "Other Root", 2},
    {{"root"}, NULL, 0, false, "wrong_usage", NULL, 0}, // want_path 0: not looked at
    {{"selfsigned"}, "fixtures/certificates/selfsigned.pem", 0, true, NULL, "CN=localhost", 1},

    // An intermediate in the store is no anchor.
    {{"rsa"}, "fixtures/certificates/intermediate.pem", 0, false, "unknown_issuer", "Intermediate", 2},

    {{"expired", "intermediate"}, NULL, 0, false, "expired", "CN=localhost", 3},
    {{"future", "intermediate"}, NULL, 0, false, "not_yet_valid", "CN=localhost", 3},
    {{"under-expired-ca", "expired-ca"}, NULL, 0, false, "expired", "Expired CA", 3},
    {{"rsa", "intermediate"}, NULL, 1000000000, false, "not_yet_valid", "Root", 3},
    {{"rsa", "intermediate"}, NULL, INT64_C(2398377599), true, NULL, "", 3},           // 2045-12-31T23:59:59Z
    {{"rsa", "intermediate"}, NULL, INT64_C(2398377601), false, "expired", "Root", 3}, // 2046-01-01T00:00:01Z
    {{"selfsigned"}, NULL, 0, false, "self_signed", "CN=localhost", 1},
    {{"rsa"}, NULL, 0, false, "incomplete_chain", "CN=localhost", 1},
    {{"rsa", "other-root"}, NULL, 0, false, "incomplete_chain", "CN=localhost", 1},
    {{"under-other"}, NULL, 0, false, "incomplete_chain", "CN=localhost", 1},
    {{"rsa", "intermediate"}, OTHER, 0, false, "unknown_issuer", "Intermediate", 2},
    {{"rsa", "intermediate", "root"}, OTHER, 0, false, "unknown_issuer", "Root", 3},
    {{"under-other", "other-root"}, NULL, 0, false, "unknown_issuer", "Other Root", 2},
    {{"sha1", "intermediate"}, NULL, 0, false, "weak_signature", "CN=localhost", 3},
    {{"md5", "intermediate"}, NULL, 0, false, "weak_signature", "CN=localhost", 3},
    {{"rsa1024", "intermediate"}, NULL, 0, false, "weak_key", "CN=localhost", 1},
    {{"under-weak-ca", "weak-ca"}, NULL, 0, false, "weak_key", "Weak CA", 3},
    {{"odd/bad-signature", "intermediate"}, NULL, 0, false, "bad_signature", "CN=localhost", 3},
    {{"violating", "constrained-ca"}, NULL, 0, false, "name_constraint", "CN=localhost", 3},
    {{"too-deep", "below-short-ca", "short-ca"}, NULL, 0, false, "path_length", "", 4},
    {{"clientauth", "intermediate"}, NULL, 0, false, "wrong_usage", "CN=localhost", 3},
    {{"under-no-ca", "not-a-ca"}, NULL, 0, false, "invalid_ca", "No CA", 3},
    {{"critical", "intermediate"}, NULL, 0, false, "critical_extension", "CN=localhost", 3},
    {{"explicit", "intermediate"}, NULL, 0, false, "explicit_parameters", "CN=localhost", 3},

    // openssl-verify calls these too weak, or finds no issuer; the truth is that it cannot tell.
    {{"odd/ml-dsa-65", "intermediate"}, NULL, 0, false, "unsupported", "CN=localhost", 1},
    {{"odd/gost2012", "intermediate"}, NULL, 0, false, "unsupported", "CN=localhost", 1},
    {{"odd/ml-dsa-signed", "intermediate"}, NULL, 0, false, "unsupported", "CN=localhost", 1},
    {{"odd/under-ml-dsa-ca", "odd/ml-dsa-ca", "intermediate"}, NULL, 0, false, "unsupported", "", 0},
    {{"odd/ml-dsa-self-issued"}, NULL, 0, false, "unsupported", "", 0},
    {{"odd/names-twice", "intermediate"}, NULL, 0, false, "unparseable", "CN=localhost", 0},
    {{"odd/names-malformed", "intermediate"}, NULL, 0, false, "unparseable", "CN=localhost", 0},
    {{"odd/under-malformed-ca", "odd/malformed-ca", "intermediate"}, NULL, 0, false, "unparseable", "", 0},
    {{"odd/year-10000", "intermediate"}, NULL, 0, false, "unparseable", "CN=localhost", 3},
    {{"odd/date-garbage", "intermediate"}, NULL, 0, false, "unparseable", "CN=localhost", 3},
    {{"odd/key-cut", "intermediate"}, NULL, 0, false, "unparseable", "leaf", 0},
    {{"rsa", "odd/key-cut"}, NULL, 0, false, "unparseable", "CN=localhost", 1},
    {{"rsa", "odd/key-cut", "intermediate"}, NULL, 0, true, NULL, "", 3},
    {{"odd/escape", "odd/ml-dsa-ca"}, NULL, 0, false, "incomplete_chain", "\\u001B[31mred", 1},
    {{NULL}, NULL, 0, false, "unparseable", "No certificate", 0},
};

static bool as_wanted(const struct row *row, const struct trust_result *result)
{
    bool known = row->want_trusted ||
                 (strcmp(row->want_reason, "unsupported") != 0 && strcmp(row->want_reason, "unparseable") != 0);
    if (result->trusted != row->want_trusted || result->known != known)
        return false;
    if (row->want_trusted ? result->reason != NULL : strcmp(result->reason, row->want_reason) != 0)
        return false;
    if (row->want_path != 0 && result->path.count != row->want_path)
        return false;
    return result->sentence != NULL && (row->want_at == NULL || strstr(result->sentence, row->want_at) != NULL);
}

static void test_chains(void **state)
{
    (void)state;
    bool knows_ml_dsa = OpenSSL_version_num() >= 0x30500000L;
    int failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        if (knows_ml_dsa && row->chain[0] != NULL && strstr(row->chain[0], "ml-dsa") != NULL)
            continue;
        struct arena arena = {0};
        struct complaint complaint = {""};
        struct bytes chain[LONGEST];
        size_t count = 0;
        for (; count < LONGEST && row->chain[count] != NULL; count++)
            chain[count] = fixture_certificate(&arena, row->chain[count]);
        struct trust_store *store = trust_open(row->root == NULL ? ROOT : row->root, NULL, &complaint);
        assert_non_null(store);
        struct trust_result result;
        struct trust_question question = {.chain = chain, .count = count, .now = row->now == 0 ? NOW : row->now};
        trust_verify(store, &arena, &question, &result);
        if (!as_wanted(row, &result)) {
            print_error("row %zu (%s, ...): %s %s, path of %zu: %s\n", i, row->chain[0],
                        result.known ? "known" : "unknown", result.trusted ? "trusted" : result.reason,
                        result.path.count, result.sentence);
            failed++;
        }
        trust_close(store);
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

static void test_path(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct complaint complaint = {""};
    struct trust_store *store = trust_open(ROOT, NULL, &complaint);
    struct bytes chain[] = {fixture_certificate(&arena, "rsa"), fixture_certificate(&arena, "intermediate")};
    struct trust_result result;
    trust_verify(store, &arena, &(struct trust_question){.chain = chain, .count = 2, .now = NOW}, &result);
    assert_string_equal(result.path.text[0], "CN=localhost,O=Shakedown Test");
    assert_string_equal(result.path.text[1], "CN=Shakedown Test Intermediate,O=Shakedown Test,C=ZZ");
    assert_string_equal(result.path.text[2], "CN=Shakedown Test Root,O=Shakedown Test,C=ZZ");
    trust_close(store);
    arena_release(&arena);
}

static void write_file(const char *directory, const char *name, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static const char *text_of_file(const char *path)
{
    static char content[1 << 16];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    return content;
}

static void copy_fixture(const char *directory, const char *name, const char *fixture)
{
    char path[256];
    snprintf(path, sizeof path, "fixtures/certificates/%s", fixture);
    write_file(directory, name, text_of_file(path));
}

// A folder with two roots, one of them also by links, and things that are no certificates.
static void test_directory(void **state)
{
    (void)state;
    char directory[] = "/tmp/trust-XXXXXX", path[256];
    struct complaint complaint = {""};
    assert_non_null(mkdtemp(directory));
    copy_fixture(directory, "root.pem", "root.pem");
    copy_fixture(directory, "both.pem", "rsa-full-chain.pem");
    copy_fixture(directory, "root.key", "root.key");
    write_file(directory, "README", "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
    snprintf(path, sizeof path, "%s/12345678.0", directory);
    assert_int_equal(symlink("root.pem", path), 0);
    struct trust_store *store = trust_open(NULL, directory, &complaint);
    assert_non_null(store);
    assert_int_equal(trust_size(store), 3);
    assert_string_equal(trust_name(store), directory);
    trust_close(store);
    store = trust_open(OTHER, directory, &complaint);
    assert_int_equal(trust_size(store), 4);
    trust_close(store);
    static const char *const names[] = {"root.pem", "both.pem", "root.key", "README", "12345678.0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_null(trust_open(NULL, directory, &complaint));
    assert_non_null(strstr(complaint.text, "holds no certificate"));
    complaint.text[0] = '\0';
    assert_null(trust_open(ROOT, directory, &complaint));
    assert_non_null(strstr(complaint.text, "holds no certificate"));
    assert_int_equal(rmdir(directory), 0);
    complaint.text[0] = '\0';
    assert_null(trust_open(NULL, directory, &complaint));
    assert_non_null(strstr(complaint.text, "No such file"));
}

// What an earlier file has word for word is passed over; what only looks so is not.
static void test_repeated_texts(void **state)
{
    (void)state;
    char directory[] = "/tmp/trust-XXXXXX", path[256];
    static char text[2][1 << 16], bundle[3 << 16];
    struct complaint complaint = {""};
    assert_non_null(mkdtemp(directory));
    snprintf(text[0], sizeof text[0], "%s", text_of_file(ROOT));
    snprintf(text[1], sizeof text[1], "%s", text_of_file(OTHER));
    size_t end = strlen(text[1]) - 1;
    assert_int_equal(text[1][end], '\n');
    text[1][end] = '\0';
    snprintf(bundle, sizeof bundle, "%s%sX\n", text[0], text[1]); // so the second one is broken
    write_file(directory, "a.pem", bundle);
    write_file(directory, "b.pem", text[0]);
    struct trust_store *store = trust_open(NULL, directory, &complaint);
    assert_int_equal(trust_size(store), 1);
    trust_close(store);
    write_file(directory, "c.pem", text[1]);
    store = trust_open(NULL, directory, &complaint);
    assert_int_equal(trust_size(store), 2);
    trust_close(store);
    for (const char *name = "abc"; *name != '\0'; name++) {
        snprintf(path, sizeof path, "%s/%c.pem", directory, *name);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void test_complaints(void **state)
{
    (void)state;
    static const struct {
        const char *file, *want;
    } cases[] = {
        {"fixtures/certificates/absent.pem", "No such file"},
        {"fixtures/certificates", "Is a directory"},
        {"fixtures/certificates/rsa.key", "holds no certificate"},
        {"/dev/null", "holds no certificate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct complaint complaint = {""};
        assert_null(trust_open(cases[i].file, NULL, &complaint));
        assert_non_null(strstr(complaint.text, cases[i].file));
        assert_non_null(strstr(complaint.text, cases[i].want));
    }
}

static void test_system(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct complaint complaint = {""};
    setenv("SSL_CERT_FILE", ROOT, 1);
    setenv("SSL_CERT_DIR", "/nonexistent:/nonexistent/either", 1);
    struct trust_store *store = trust_open(NULL, NULL, &complaint);
    assert_non_null(store);
    assert_int_equal(trust_size(store), 1);
    assert_string_equal(trust_name(store), "system");
    trust_close(store);
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    store = trust_open(NULL, NULL, &complaint);
    assert_non_null(store);
    assert_int_equal(trust_size(store), 0);
    struct bytes chain[] = {fixture_certificate(&arena, "rsa"), fixture_certificate(&arena, "intermediate")};
    struct trust_result result;
    trust_verify(store, &arena, &(struct trust_question){.chain = chain, .count = 2, .now = NOW}, &result);
    assert_false(result.known);
    assert_false(result.trusted);
    assert_string_equal(result.reason, "empty_store");
    trust_close(store);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),         cmocka_unit_test(test_path),       cmocka_unit_test(test_directory),
        cmocka_unit_test(test_repeated_texts), cmocka_unit_test(test_complaints), cmocka_unit_test(test_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
