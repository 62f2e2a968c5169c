// SPDX-License-Identifier: Apache-2.0
//
// What lists of roots say of the chains in fixtures/pki. The lists are this file's own: it has every
// function of wire/roots.h, so that the library's are left out. List 0 is set row by row; the others
// have no root, so whatever is said by list 0 alone must be a no or unknown there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/keys.h"
#include "wire/trust.h"

#define NOW         1790000000 // 2026-09-21
#define LEAF_BEGINS 1767225600 // 2026-01-01
#define AUTHORITIES "fixtures/pki/authorities/"
#define NOTHING     "/nonexistent"
#define LONGEST     8

// --- the lists -------------------------------------------------------------------------------------

static struct {
    uint8_t root[32], other_root[32]; // digests
    enum root_standing root_standing, other_standing;
    const char *named; // a root that is listed, and not at hand
    struct root_limit limit;
    bool limited;
} fake;

const struct root_list *root_list_at(size_t list)
{
    static const struct root_list row = {"fake", "Fake", "2026-01-01"};
    (void)list;
    return &row;
}

enum root_standing root_standing(size_t list, const uint8_t digest[32])
{
    if (list == 0 && memcmp(digest, fake.root, 32) == 0)
        return fake.root_standing;
    if (list == 0 && memcmp(digest, fake.other_root, 32) == 0)
        return fake.other_standing;
    return ROOT_ABSENT;
}

const struct root_limit *root_limit(size_t list, const uint8_t digest[32])
{
    return list == 0 && fake.limited && memcmp(digest, fake.root, 32) == 0 ? &fake.limit : NULL;
}

bool root_named(size_t list, const char *name, const char *const *known, size_t known_count)
{
    (void)known;
    (void)known_count;
    return list == 0 && fake.named != NULL && strstr(name, fake.named) != NULL;
}

void root_digest(const uint8_t digest[32], char text[65])
{
    (void)digest;
    text[0] = '\0';
}

// --- rows ------------------------------------------------------------------------------------------

enum { ABSENT = ROOT_ABSENT, LISTED = ROOT_LISTED, BLOCKED = ROOT_BLOCKED, DISPUTED = ROOT_DISPUTED };

static const struct row {
    const char *chain, *store;  // of fixtures/pki; the store's roots are at hand
    int root, other;            // how list 0 has them
    const char *named;          // a name that list 0 has, of a root that is not at hand
    const char *want, *want_at; // "yes" or the reason; part of the sentence
    size_t want_path;
} rows[] = {
    // The root is at hand.
    {"good", "root", LISTED, ABSENT, NULL, "yes", "PKI Root", 3},
    {"good", "root", ABSENT, LISTED, NULL, "unknown_issuer", "PKI Root,", 3},
    {"good", "root", BLOCKED, ABSENT, NULL, "distrusted", "PKI Root", 3},
    {"good", "root", DISPUTED, ABSENT, NULL, "sources_disagree", "PKI Root", 3},
    {"with-root", "other-root", LISTED, ABSENT, NULL, "yes", "PKI Root", 4},
    {"reversed", "other-root", LISTED, ABSENT, NULL, "yes", "PKI Root", 4},
    {"with-root", "other-root", ABSENT, LISTED, NULL, "unknown_issuer", "PKI Root", 4},
    {"extra", "root", LISTED, ABSENT, NULL, "yes", "PKI Root", 3},
    {"self-signed", "root", LISTED, LISTED, NULL, "self_signed", "CN=server.pki.example", 1},

    // It is not.
    {"good", "other-root", LISTED, ABSENT, "PKI Root", "root_not_at_hand", "has a root named CN=PKI Root", 2},
    {"good", "other-root", LISTED, LISTED, NULL, "root_not_at_hand", "no root of that name", 2},
    {"incomplete", "root", LISTED, LISTED, NULL, "root_not_at_hand", "PKI Issuing", 1},
    {"gap", "root", LISTED, LISTED, NULL, "root_not_at_hand", "PKI Sub", 1},
    {"loop", "root", LISTED, LISTED, NULL, "root_not_at_hand", "PKI Loop", 3},

    // A root of that name is at hand, but the list may have another.
    {"good", "root", ABSENT, ABSENT, "PKI Root", "root_not_at_hand", "has a root named CN=PKI Root", 3},
    {"good", "root", ABSENT, ABSENT, "PKI Issuing", "root_not_at_hand", "has a root named CN=PKI Issuing", 3},

    // Several paths.
    {"cross", "root", ABSENT, LISTED, NULL, "root_not_at_hand", "PKI Other Root", 3},
    {"cross", "other-root", ABSENT, LISTED, NULL, "yes", "PKI Other Root", 4},
    {"cross", "other-root", LISTED, ABSENT, "PKI Root", "root_not_at_hand", "PKI Root", 4},
    {"cross-both", "other-root", LISTED, ABSENT, NULL, "yes", "PKI Root", 3},
    {"cross-both", "other-root", ABSENT, LISTED, NULL, "yes", "PKI Other Root", 4},
    {"cross-both", "other-root", BLOCKED, LISTED, NULL, "yes", "PKI Other Root", 4},
    {"cross-both", "root", ABSENT, ABSENT, NULL, "unknown_issuer", "PKI Root", 3},
    {"cross-expired", "root", LISTED, LISTED, NULL, "yes", "PKI Root", 3},
    {"cross-expired", "root", ABSENT, LISTED, NULL, "expired", "CN=PKI Root", 4},
    {"cross-expired", "root", ABSENT, LISTED, "PKI Root", "root_not_at_hand", "PKI Root", 3},
    {"loop-exit", "root", LISTED, ABSENT, NULL, "yes", "PKI Root", 3},
    {"twin", "root", LISTED, ABSENT, NULL, "yes", "PKI Root", 3},

    // The leaf alone breaks a rule, whatever the root.
    {"expired", "other-root", LISTED, ABSENT, "PKI", "expired", "server.pki.example", 0},
    {"future", "other-root", LISTED, ABSENT, "PKI", "not_yet_valid", "server.pki.example", 0},
    {"rsa1024", "other-root", LISTED, ABSENT, "PKI", "weak_key", "RSA of 1024 bits", 0},
    {"client-only", "other-root", LISTED, ABSENT, "PKI", "wrong_usage", "clientAuth", 0},
    {"critical", "other-root", LISTED, ABSENT, "PKI", "critical_extension", "1.3.6.1.4.1.99999.1", 0},

    // The path does.
    {"outside", "root", LISTED, ABSENT, NULL, "name_constraint", "name localhost", 3},
    {"excluded", "root", LISTED, ABSENT, NULL, "name_constraint", "www.not.permitted.example, which", 3},
    {"outside-address", "root", LISTED, ABSENT, NULL, "name_constraint", "192.0.2.1", 3},
    {"sha1", "root", LISTED, ABSENT, NULL, "weak_signature", "SHA1", 3},
    {"under-expired", "root", LISTED, ABSENT, NULL, "expired", "PKI Expired", 3},
    {"under-client", "root", LISTED, ABSENT, NULL, "wrong_usage", "PKI Client", 3},
    {"under-weak", "root", LISTED, ABSENT, NULL, "weak_key", "PKI Weak", 3},
    {"under-no-ca", "root", LISTED, ABSENT, NULL, "invalid_ca", "CA:TRUE", 3},
    {"under-no-sign", "root", LISTED, ABSENT, NULL, "invalid_ca", "keyCertSign", 3},
    {"under-policy", "root", LISTED, ABSENT, NULL, "policy", "policy", 3},
    {"path-length", "root", LISTED, ABSENT, NULL, "path_length", "PKI Short", 4},
    {"under-expired", "root", DISPUTED, ABSENT, NULL, "expired", "PKI Expired", 3},
    {"under-expired", "other-root", LISTED, ABSENT, NULL, "root_not_at_hand", "PKI Root", 2},
};

static const char *store_path(struct arena *arena, const char *name)
{
    return arena_text(arena, AUTHORITIES "%s.pem", name);
}

static void judge(struct arena *arena, const char *chain_name, const char *store_name, struct trust_verdicts *verdicts)
{
    struct complaint complaint = {""};
    struct bytes chain[LONGEST];
    struct trust_store *store = trust_open(store_path(arena, store_name), NULL, &complaint);
    assert_non_null(store);
    size_t count = fixture_chain(arena, arena_text(arena, "fixtures/pki/chains/%s.pem", chain_name), chain, LONGEST);
    trust_judge(store, arena, &(struct trust_question){.chain = chain, .count = count, .now = NOW}, verdicts);
    trust_close(store);
}

static void set_digests(struct arena *arena)
{
    struct bytes der;
    setenv("SSL_CERT_FILE", NOTHING, 1);
    setenv("SSL_CERT_DIR", NOTHING, 1);
    memset(&fake, 0, sizeof fake);
    assert_int_equal(fixture_chain(arena, AUTHORITIES "root.pem", &der, 1), 1);
    digest_sha256(der, fake.root);
    assert_int_equal(fixture_chain(arena, AUTHORITIES "other-root.pem", &der, 1), 1);
    digest_sha256(der, fake.other_root);
}

static bool is_unknown(const char *reason)
{
    return strcmp(reason, "root_not_at_hand") == 0 || strcmp(reason, "sources_disagree") == 0;
}

static bool as_wanted(const struct row *row, const struct trust_verdicts *verdicts)
{
    const struct trust_result *list = &verdicts->list[0];
    const char *got = list->trusted ? "yes" : list->reason;
    for (size_t i = 1; i < ROOT_LISTS; i++)
        if (verdicts->list[i].trusted)
            return false;
    return strcmp(got, row->want) == 0 && list->known != is_unknown(row->want) &&
           strstr(list->sentence, row->want_at) != NULL && (row->want_path == 0 || list->path.count == row->want_path);
}

static void test_rows(void **state)
{
    (void)state;
    struct arena arena = {0};
    int failed = 0;
    set_digests(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trust_verdicts verdicts;
        fake.root_standing = (enum root_standing)rows[i].root;
        fake.other_standing = (enum root_standing)rows[i].other;
        fake.named = rows[i].named;
        judge(&arena, rows[i].chain, rows[i].store, &verdicts);
        if (!as_wanted(&rows[i], &verdicts)) {
            const struct trust_result *got = &verdicts.list[0];
            print_error("row %zu (%s): %s, path of %zu: %s\n", i, rows[i].chain, got->trusted ? "yes" : got->reason,
                        got->path.count, got->sentence);
            failed++;
        }
    }
    arena_release(&arena);
    assert_int_equal(failed, 0);
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        int64_t holds_until, over_after;
        const char *want;
    } limits[] = {
        {LEAF_BEGINS, LEAF_BEGINS, "yes"},
        {LEAF_BEGINS - 1, LEAF_BEGINS, "distrust_date"},
        {LEAF_BEGINS - 1, INT64_MAX, "distrust_date"},
        {LEAF_BEGINS - 1, LEAF_BEGINS - 1, "distrusted_after"},
    };
    struct arena arena = {0};
    set_digests(&arena);
    fake.root_standing = ROOT_LISTED;
    fake.limited = true;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct trust_verdicts verdicts;
        fake.limit = (struct root_limit){"", "", limits[i].holds_until, limits[i].over_after};
        judge(&arena, "good", "root", &verdicts);
        assert_string_equal(verdicts.list[0].trusted ? "yes" : verdicts.list[0].reason, limits[i].want);
        assert_true(verdicts.list[0].known == (strcmp(limits[i].want, "distrust_date") != 0));
    }
    arena_release(&arena);
}

// The system's roots are known beside those that were given, and not trusted.
static void test_known(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct trust_verdicts verdicts;
    set_digests(&arena);
    fake.root_standing = ROOT_LISTED;
    setenv("SSL_CERT_FILE", AUTHORITIES "root.pem", 1);
    judge(&arena, "good", "other-root", &verdicts);
    assert_true(verdicts.list[0].trusted);
    assert_null(verdicts.list[0].reason);
    assert_string_equal(verdicts.list[0].root, text_hex(&arena, (struct bytes){fake.root, 32}));
    assert_false(verdicts.store.trusted);
    assert_string_equal(verdicts.store.reason, "unknown_issuer");
    assert_null(verdicts.store.root);
    arena_release(&arena);
}

static void test_store(void **state)
{
    (void)state;
    static const struct {
        const char *chain, *store;
        bool want_trusted;
        const char *want_reason;
    } stores[] = {
        {"good", "root", true, NULL},
        {"twin", "root", true, "other_path"},
        {"outside", "root", false, "name_constraint"},
        {"cross-expired", "other-root", false, "expired"},
        {"loop-exit", "root", true, NULL},
        {"loop", "root", false, "unknown_issuer"},
    };
    struct arena arena = {0};
    set_digests(&arena);
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        struct trust_verdicts verdicts;
        judge(&arena, stores[i].chain, stores[i].store, &verdicts);
        assert_int_equal(verdicts.store.trusted, stores[i].want_trusted);
        if (stores[i].want_reason == NULL)
            assert_null(verdicts.store.reason);
        else
            assert_string_equal(verdicts.store.reason, stores[i].want_reason);
    }
    arena_release(&arena);
}

// What was fetched counts as if it had been sent.
static void test_extra(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct complaint complaint = {""};
    struct bytes chain, extra;
    struct trust_verdicts verdicts;
    set_digests(&arena);
    fake.root_standing = ROOT_LISTED;
    struct trust_store *store = trust_open(AUTHORITIES "root.pem", NULL, &complaint);
    assert_int_equal(fixture_chain(&arena, "fixtures/pki/chains/incomplete.pem", &chain, 1), 1);
    assert_int_equal(fixture_chain(&arena, AUTHORITIES "issuing.pem", &extra, 1), 1);
    struct trust_question question = {.chain = &chain, .count = 1, .extra = &extra, .extra_count = 1, .now = NOW};
    size_t before = arena.total;
    trust_judge(store, &arena, &question, &verdicts);
    assert_true(arena.total - before <= 32768); // what was searched is given back
    assert_true(verdicts.store.trusted);
    assert_true(verdicts.list[0].trusted);
    assert_int_equal(verdicts.store.path.count, 3);
    trust_close(store);
    arena_release(&arena);
}

static void test_nothing(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct complaint complaint = {""};
    struct trust_verdicts verdicts;
    struct bytes garbage = bytes_of_text("0garbage");
    set_digests(&arena);
    struct trust_store *store = trust_open(AUTHORITIES "root.pem", NULL, &complaint);
    trust_judge(store, &arena, &(struct trust_question){.now = NOW}, &verdicts);
    assert_string_equal(verdicts.list[5].reason, "unparseable");
    trust_judge(store, &arena, &(struct trust_question){.chain = &garbage, .count = 1, .now = NOW}, &verdicts);
    assert_string_equal(verdicts.store.reason, "unparseable");
    assert_string_equal(verdicts.list[0].reason, "unparseable");
    assert_false(verdicts.list[0].known);
    trust_close(store);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_limits), cmocka_unit_test(test_known),
        cmocka_unit_test(test_store), cmocka_unit_test(test_extra),  cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
