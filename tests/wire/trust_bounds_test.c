// SPDX-License-Identifier: Apache-2.0
//
// Chains that were made to keep a verifier busy: a hundred authorities in a row, all under one name,
// signing each other, or five ways on from each of twenty. Each is judged within a second or so, and
// nothing is said that was not looked at.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "check/chain_trust.h"
#include "wire/trust.h"

#define NOW  1790000000 // 2026-09-21
#define ROOT "fixtures/pki/authorities/root.pem"
#define SENT 100
#define LONG 3.0 // seconds of one verdict; sanitizers included

struct forged {
    struct arena arena;
    EVP_PKEY *key[SENT];
    struct bytes sent[SENT];
    size_t count;
};

static void begin(struct forged *forged)
{
    memset(forged, 0, sizeof *forged);
    for (size_t i = 0; i < SENT; i++)
        forged->key[i] = EVP_EC_gen("P-256");
}

static void end(struct forged *forged)
{
    for (size_t i = 0; i < SENT; i++)
        EVP_PKEY_free(forged->key[i]);
    arena_release(&forged->arena);
}

static void set_name(X509_NAME *name, size_t number)
{
    char text[32];
    snprintf(text, sizeof text, "Authority %zu", number);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (unsigned char *)text, -1, -1, 0), 1);
}

static void add_extension(X509 *certificate, int type, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, type, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

// The name and key of one, signed under the name and by the key of another.
static void forge(struct forged *forged, size_t name, size_t key, size_t issuer, size_t issuer_key)
{
    X509 *certificate = X509_new();
    unsigned char *der = NULL;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)forged->count + 1);
    set_name(X509_get_subject_name(certificate), name);
    set_name(X509_get_issuer_name(certificate), issuer);
    ASN1_TIME_set(X509_getm_notBefore(certificate), NOW - 86400);
    ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + 86400);
    X509_set_pubkey(certificate, forged->key[key]);
    add_extension(certificate, NID_basic_constraints, forged->count == 0 ? "CA:FALSE" : "critical,CA:TRUE");
    assert_true(X509_sign(certificate, forged->key[issuer_key], EVP_sha256()) > 0);
    int size = i2d_X509(certificate, &der);
    forged->sent[forged->count++] = arena_copy(&forged->arena, (struct bytes){der, (size_t)size});
    OPENSSL_free(der);
    X509_free(certificate);
}

// Each signed by the next.
static void make_row(struct forged *forged)
{
    for (size_t i = 0; i < SENT; i++)
        forge(forged, i, i, i + 1, i + 1 < SENT ? i + 1 : 0);
}

// The same, and the last of them signs the second: a circle.
static void make_circle(struct forged *forged)
{
    for (size_t i = 0; i < SENT; i++)
        forge(forged, i, i, i + 1 < SENT ? i + 1 : 1, i + 1 < SENT ? i + 1 : 1);
}

// One name for all, which every one of the keys has.
static void make_namesakes(struct forged *forged)
{
    forge(forged, 1, 0, 0, SENT - 1);
    for (size_t i = 1; i < SENT; i++)
        forge(forged, 0, i, 0, i - 1);
}

// Two names that sign each other with fifty keys each.
static void make_two_names(struct forged *forged)
{
    forge(forged, 2, 0, 0, SENT - 1);
    for (size_t i = 1; i < SENT; i++)
        forge(forged, i % 2, i, 1 - i % 2, (i * 37 + 11) % SENT);
}

// Two names in turn, each signed by the one before it in the chain: who looks from the start tries nearly all.
static void make_backwards(struct forged *forged)
{
    forge(forged, 2, 0, (SENT - 1) % 2, SENT - 1);
    for (size_t i = 1; i < SENT; i++)
        forge(forged, i % 2, i, (i - 1) % 2, i - 1);
}

// Five certificates of each of twenty authorities, all under the next one.
static void make_ladder(struct forged *forged)
{
    forge(forged, 0, 0, 1, 1);
    for (size_t i = 1; i < SENT; i++)
        forge(forged, 1 + i / 5, 1 + i / 5, 2 + i / 5, 2 + i / 5);
}

// Ten authorities that each sign all the others.
static void make_clique(struct forged *forged)
{
    forge(forged, 20, 20, 0, 0);
    for (size_t a = 0; a < 10; a++)
        for (size_t b = 0; b < 10; b++)
            if (a != b)
                forge(forged, a, a, b, b);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*make)(struct forged *forged);
        const char *want_store, *want_list;
    } rows[] = {
        {"a row", make_row, "chain_too_long", "too_many_paths"},
        {"a circle", make_circle, "chain_too_long", "too_many_paths"},
        {"namesakes", make_namesakes, "unknown_issuer", "too_many_paths"},
        {"two names", make_two_names, "chain_too_long", "root_not_at_hand"},
        {"a ladder", make_ladder, "unknown_issuer", "too_many_paths"},
        {"a clique", make_clique, "unknown_issuer", "too_many_paths"},
    };
    struct complaint complaint = {""};
    struct trust_store *store = trust_open(ROOT, NULL, &complaint);
    int failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct forged forged;
        struct trust_verdicts verdicts;
        begin(&forged);
        rows[i].make(&forged);
        double started = now();
        trust_judge(store, &forged.arena,
                    &(struct trust_question){.chain = forged.sent, .count = forged.count, .now = NOW}, &verdicts);
        double took = now() - started;
        if (verdicts.store.trusted || strcmp(verdicts.store.reason, rows[i].want_store) != 0 ||
            verdicts.list[0].trusted || strcmp(verdicts.list[0].reason, rows[i].want_list) != 0 || took > LONG) {
            print_error("%s: %s, %s, %.1f s\n", rows[i].what, verdicts.store.reason, verdicts.list[0].reason, took);
            failed++;
        }
        end(&forged);
    }
    trust_close(store);
    assert_int_equal(failed, 0);
}

// The check climbs what was sent by itself, to tell what is missing.
static void test_climb(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*make)(struct forged *forged);
        enum verdict want;
        const char *want_reason;
        bool want_extra;
    } rows[] = {
        {"a row", make_row, VERDICT_NO, "missing_issuer", false},
        {"namesakes", make_namesakes, VERDICT_YES, NULL, true},
        {"backwards", make_backwards, VERDICT_UNKNOWN, "too_many_signatures", false},
        {"a ladder", make_ladder, VERDICT_NO, "missing_issuer", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct forged forged;
        struct certificate certificates[SENT];
        struct arena scratch = {0};
        struct host host = {.scratch = &scratch, .now = NOW};
        begin(&forged);
        rows[i].make(&forged);
        for (size_t k = 0; k < forged.count; k++)
            certificate_read(&forged.arena, forged.sent[k], &certificates[k]);
        struct chain_fact chain = {.chain = certificates, .count = forged.count};
        double started = now();
        chain_trust_judge(&host, forged.sent, forged.count, &chain);
        double took = now() - started;
        print_message("%s: %s, %.2f s\n", rows[i].what, chain.complete.reason, took);
        assert_int_equal(chain.complete.verdict, rows[i].want);
        assert_true((chain.complete.reason == NULL) == (rows[i].want_reason == NULL));
        if (rows[i].want_reason != NULL)
            assert_string_equal(chain.complete.reason, rows[i].want_reason);
        assert_int_equal(chain.extra.count != 0, rows[i].want_extra);
        assert_true(took < LONG);
        arena_release(&host.facts_memory);
        arena_release(&scratch);
        end(&forged);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds), cmocka_unit_test(test_climb)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
