// SPDX-License-Identifier: Apache-2.0
//
// SCTs held against toy logs (fixtures/ct), in each of their ways, and certificates of the web against the logs that
// did sign for them. What is cut short must never become good.
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
#include "base/text.h"
#include "wire/certificate.h"
#include "wire/sct.h"

#define NOW INT64_C(1770000000) // 2026-02-02

static struct ct_logs *open_logs(void)
{
    struct complaint complaint = {0};
    struct ct_logs *logs = ct_logs_open("fixtures/ct/logs.csv", &complaint);
    assert_string_equal(complaint.text, "");
    return logs;
}

// The third word of the line that begins with these two.
static struct bytes fixture(struct arena *arena, const char *kind, const char *name)
{
    FILE *file = fopen("fixtures/ct/cases.txt", "r");
    char line[8192], a[16], b[32], text[8000];
    struct bytes octets = {NULL, 0};
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%15s %31s %7999s", a, b, text) == 3 && strcmp(a, kind) == 0 && strcmp(b, name) == 0 &&
            strcmp(text, "=") != 0)
            assert_true(text_from_base64(arena, text, &octets));
    fclose(file);
    return octets;
}

static struct bytes intermediate_key(struct arena *arena)
{
    struct certificate issuer;
    certificate_read(arena, fixture_certificate(arena, "intermediate"), &issuer);
    return issuer.public_key_der;
}

static const char *word(const struct sct_judgement *judgement)
{
    return judgement->answer == SCT_GOOD ? "good" : judgement->answer == SCT_BAD ? "bad" : "unknown";
}

// What is said of each SCT, as the recipe writes it down.
static const char *judge_list(struct arena *arena, const struct sct_question *question, struct bytes list,
                              enum sct_source source)
{
    struct sct *scts = arena_array(arena, SCTS, sizeof *scts);
    size_t count = 0;
    const char *said = "";
    bool whole = sct_list_read(list, source, scts, &count);
    for (size_t i = 0; i < count; i++) {
        struct sct_judgement judgement;
        sct_judge(arena, question, &scts[i], &judgement);
        assert_int_equal(judgement.reason == NULL, judgement.sentence == NULL);
        said = arena_text(arena, "%s %s%s%s", said, word(&judgement), judgement.reason == NULL ? "" : "/",
                          judgement.reason == NULL ? "" : judgement.reason);
    }
    return whole ? said : arena_text(arena, "%s -", said);
}

static const char *judge_case(struct arena *arena, const struct ct_logs *logs, const char *kind, const char *name)
{
    bool of_leaf = strcmp(kind, "leaf") == 0, of_staple = strcmp(kind, "staple") == 0, found = true;
    struct bytes octets = fixture(arena, kind, name), leaf = of_leaf ? octets : fixture(arena, "leaf", "plain");
    struct bytes list = octets;
    struct certificate read;
    certificate_read(arena, leaf, &read);
    if (of_leaf)
        assert_true(sct_in_certificate(leaf, &found, &list));
    if (of_staple)
        assert_true(sct_in_staple(octets, &found, &list));
    struct sct_question question = {leaf, intermediate_key(arena), NOW, read.not_after, logs};
    enum sct_source source = of_leaf ? SCT_IN_CERTIFICATE : of_staple ? SCT_IN_OCSP : SCT_IN_TLS;
    return found ? judge_list(arena, &question, list, source) : "";
}

static void test_cases(void **state)
{
    (void)state;
    struct ct_logs *logs = open_logs();
    FILE *file = fopen("fixtures/ct/cases.txt", "r");
    char line[8192], kind[16], name[32];
    unsigned count = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct arena arena = {0};
        int end = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "case %15s %31s%n", kind, name, &end) != 2)
            continue;
        print_message("%s %s\n", kind, name);
        assert_string_equal(judge_case(&arena, logs, kind, name), line + end);
        arena_release(&arena);
        count++;
    }
    assert_int_equal(count, 30);
    fclose(file);
    ct_logs_close(logs);
}

// Certificates of the web, and the table that is built in.
static const struct {
    const char *path;
    int64_t now;
    const char *want, *want_logs[2];
} real[] = {
    {"fixtures/ct/google-2023.pem", 1675000000, " good good", {"Cloudflare", "Google"}},
    {"fixtures/ct/trustasia-2020.pem", 1590000000, " good good", {"Google", "DigiCert"}},
};

static void test_real(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        struct arena arena = {0};
        struct bytes chain[2], list;
        struct certificate leaf, issuer;
        struct sct scts[SCTS];
        size_t count = 0;
        bool found;
        print_message("%s\n", real[i].path);
        assert_int_equal(fixture_chain(&arena, real[i].path, chain, 2), 2);
        certificate_read(&arena, chain[0], &leaf);
        certificate_read(&arena, chain[1], &issuer);
        struct sct_question question = {chain[0], issuer.public_key_der, real[i].now, leaf.not_after,
                                        ct_logs_built_in()};
        assert_true(sct_in_certificate(chain[0], &found, &list) && found);
        assert_string_equal(judge_list(&arena, &question, list, SCT_IN_CERTIFICATE), real[i].want);
        assert_true(sct_list_read(list, SCT_IN_CERTIFICATE, scts, &count));
        for (size_t j = 0; j < count; j++)
            assert_string_equal(ct_logs_find(ct_logs_built_in(), scts[j].log_id)->operator, real[i].want_logs[j]);
        question.issuer_key = leaf.public_key_der;
        assert_string_equal(judge_list(&arena, &question, list, SCT_IN_CERTIFICATE),
                            " bad/bad_signature bad/bad_signature");
        question.issuer_key = (struct bytes){NULL, 0};
        assert_string_equal(judge_list(&arena, &question, list, SCT_IN_CERTIFICATE),
                            " unknown/no_issuer unknown/no_issuer");
        arena_release(&arena);
    }
}

// Whatever is cut off a list, a certificate or a staple: it is malformed, and nothing that was not good becomes so.
static void test_cut(void **state)
{
    (void)state;
    struct ct_logs *logs = open_logs();
    struct arena arena = {0};
    struct bytes list = fixture(&arena, "list", "two"), leaf = fixture(&arena, "leaf", "two"), found_list;
    struct bytes staple = fixture(&arena, "staple", "two");
    struct sct scts[SCTS];
    bool found;
    for (size_t size = 0; size < list.size; size++) {
        size_t count = 0;
        assert_false(sct_list_read((struct bytes){list.data, size}, SCT_IN_TLS, scts, &count));
        assert_true(count <= 2);
    }
    for (size_t size = 0; size < leaf.size; size++) {
        struct bytes *copy = arena_alloc(&arena, sizeof *copy);
        *copy = arena_copy(&arena, (struct bytes){leaf.data, size});
        assert_false(sct_in_certificate(*copy, &found, &found_list));
        assert_int_equal(sct_precertificate(&arena, *copy).size, 0);
    }
    for (size_t size = 0; size < staple.size; size++)
        assert_false(sct_in_staple(arena_copy(&arena, (struct bytes){staple.data, size}), &found, &found_list));
    arena_release(&arena);
    ct_logs_close(logs);
}

// Each octet of the certificate, the list in it included, is under the signature or in it.
static void test_flipped(void **state)
{
    (void)state;
    struct ct_logs *logs = open_logs();
    struct arena arena = {0};
    struct bytes leaf = fixture(&arena, "leaf", "extensions"), key = intermediate_key(&arena), list;
    size_t tbs = leaf.size - 15 - 5 - 256; // before the issuer's algorithm and signature
    for (size_t i = 4; i < tbs; i++) {
        struct arena_mark before = arena_mark(&arena);
        bool found;
        struct bytes copy = arena_copy(&arena, leaf);
        ((uint8_t *)copy.data)[i] ^= 0x01;
        struct sct_question question = {copy, key, NOW, NOW, logs};
        if (sct_in_certificate(copy, &found, &list) && found &&
            strstr(judge_list(&arena, &question, list, SCT_IN_CERTIFICATE), "good") != NULL)
            fail_msg("still good with octet %zu changed", i);
        arena_rewind(&arena, before);
    }
    arena_release(&arena);
    ct_logs_close(logs);
}

static void test_many(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct sct scts[SCTS];
    for (unsigned rows = SCTS - 1; rows <= SCTS + 1; rows++) {
        struct builder list = builder_in(&arena);
        size_t count = 0, block = builder_open(&list, 2);
        for (unsigned i = 0; i < rows; i++) {
            builder_u16(&list, 1);
            builder_u8(&list, 9);
        }
        builder_close(&list, block, 2);
        assert_int_equal(sct_list_read(builder_bytes(&list), SCT_IN_TLS, scts, &count), rows <= SCTS);
        assert_int_equal(count, rows <= SCTS ? rows : SCTS);
        assert_int_equal(scts[0].version, 9);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),   cmocka_unit_test(test_real), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flipped), cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
