// SPDX-License-Identifier: Apache-2.0
//
// Every chain of fixtures/pki/index.csv: our verdict is that of the index, and that of
// openssl-verify(1) with the same root, time and flags.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "wire/names.h"
#include "wire/trust.h"

#define NOW     1790000000 // 2026-09-21
#define ROOT    "fixtures/pki/authorities/root.pem"
#define LONGEST 8
#define ROWS    48

// "chain,key,host,trust,hostname,what"
struct row {
    char chain[64], key[64], host[64], trust[64], hostname[64];
};

static const char *chain_path(struct arena *arena, const struct row *row)
{
    return arena_text(arena, "fixtures/pki/chains/%s.pem", row->chain);
}

static size_t read_rows(struct row *rows, size_t most)
{
    char line[512];
    size_t count = 0;
    FILE *file = fopen("fixtures/pki/index.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); // the heads of the columns
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(count < most);
        struct row *row = &rows[count++];
        assert_int_equal(sscanf(line, "%63[^,],%63[^,],%63[^,],%63[^,],%63[^,],", row->chain, row->key, row->host,
                                row->trust, row->hostname),
                         5);
    }
    fclose(file);
    return count;
}

// --- openssl-verify(1) -----------------------------------------------------------------------------

static const struct {
    int error;
    const char *reason;
} errors[] = {
    {9, "not_yet_valid"},    {10, "expired"},         {18, "self_signed"},        {19, "unknown_issuer"},
    {25, "path_length"},     {26, "wrong_usage"},     {34, "critical_extension"}, {43, "policy"},
    {47, "name_constraint"}, {48, "name_constraint"}, {66, "weak_key"},           {67, "weak_key"},
    {68, "weak_signature"},  {79, "invalid_ca"},
};

// What the first line that tells an error comes to. Without an issuer for the leaf the chain is incomplete.
static const char *reason_of(int error, int depth)
{
    if (error == 20)
        return depth == 0 ? "incomplete_chain" : "unknown_issuer";
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            return errors[i].reason;
    return "an error that no chain should have";
}

static const char *ask_openssl(struct arena *arena, const char *chain)
{
    const char *command =
        arena_text(arena,
                   "openssl verify -CAfile %s -no-CApath -no-CAstore -purpose sslserver -auth_level 2 "
                   "-policy_check -attime %d -untrusted %s %s 2>&1",
                   ROOT, NOW, chain, chain);
    const char *reason = NULL;
    char line[1024];
    FILE *output = popen(command, "r");
    assert_non_null(output);
    while (fgets(line, sizeof line, output) != NULL) {
        int error, depth;
        if (reason == NULL && sscanf(line, "error %d at %d depth lookup", &error, &depth) == 2)
            reason = reason_of(error, depth);
    }
    bool verified = pclose(output) == 0;
    assert_true(verified == (reason == NULL));
    return verified ? "yes" : reason;
}

// --- the tests -------------------------------------------------------------------------------------

static void test_trust(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct complaint complaint = {""};
    struct row rows[ROWS + 1];
    size_t count = read_rows(rows, ROWS + 1);
    struct trust_store *store = trust_open(ROOT, NULL, &complaint);
    assert_non_null(store);
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes chain[LONGEST];
        struct trust_result result;
        size_t length = fixture_chain(&arena, chain_path(&arena, &rows[i]), chain, LONGEST);
        struct trust_question question = {.chain = chain, .count = length, .now = NOW};
        trust_verify(store, &arena, &question, &result);
        const char *got = result.trusted ? "yes" : result.reason;
        struct trust_verdicts all;
        trust_judge(store, &arena, &question, &all);
        bool agrees = all.store.trusted == result.trusted ||
                      (all.store.reason != NULL && strcmp(all.store.reason, "other_path") == 0);
        if (!all.store.known || !agrees) {
            print_error("%s: over every path it is %s: %s\n", rows[i].chain, all.store.known ? "other" : "not known",
                        all.store.sentence);
            failed++;
        }
        const char *openssl = ask_openssl(&arena, chain_path(&arena, &rows[i]));
        if (strcmp(got, rows[i].trust) != 0 || strcmp(openssl, rows[i].trust) != 0) {
            print_error("%s: want %s, openssl says %s, got %s: %s\n", rows[i].chain, rows[i].trust, openssl, got,
                        result.sentence);
            failed++;
        }
    }
    trust_close(store);
    arena_release(&arena);
    assert_int_equal(count, ROWS);
    assert_int_equal(failed, 0);
}

static void test_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct row rows[ROWS + 1];
    size_t count = read_rows(rows, ROWS + 1);
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes der;
        struct certificate leaf;
        struct name_match match;
        assert_int_equal(fixture_chain(&arena, chain_path(&arena, &rows[i]), &der, 1), 1);
        certificate_read(&arena, der, &leaf);
        names_match(&arena, &leaf, rows[i].host, &match);
        if (strcmp(match.matched ? "yes" : match.reason, rows[i].hostname) != 0) {
            print_error("%s: want %s, got %s\n", rows[i].chain, rows[i].hostname, match.sentence);
            failed++;
        }
    }
    arena_release(&arena);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
