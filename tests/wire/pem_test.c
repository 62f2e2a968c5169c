// SPDX-License-Identifier: Apache-2.0
//
// Blocks as files of certificates have them, whole, broken and cut; each fixture is read as libcrypto reads it. Names
// in every string type that libcrypto holds equal have one hash.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/distinguished.h"
#include "wire/pem.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST         3
#define BEGIN        "-----BEGIN X-----\n"
#define END          "-----END X-----\n"

static const struct row {
    const char *name, *text;
    const char *want[MOST]; // "label octets" of each block
} rows[] = {
    {"nothing", "", {NULL}},
    {"text alone", "-----\nfoo\n", {NULL}},
    {"one", BEGIN "Zm9v\n" END, {"X foo"}},
    {"empty", BEGIN END, {"X "}},
    {"padded", BEGIN "Zm8=\n" END, {"X fo"}},
    {"bits that padding leaves over", BEGIN "Zm9=\n" END, {"X fo"}},
    {"padded twice", BEGIN "Zg==\n" END, {"X f"}},
    {"without the last line feed", BEGIN "Zm9v\n-----END X-----", {"X foo"}},
    {"carriage returns", "-----BEGIN X-----\r\nZm9v\r\n-----END X-----\r\n", {"X foo"}},
    {"blanks", "-----BEGIN X----- \t\n Zm\n\n 9v\t\n\n-----END X----- \n", {"X foo"}},
    {"text around", "foo: 1\n" BEGIN "Zm9v\n" END "bar\n" BEGIN "YmFy\n" END "end\n", {"X foo", "X bar"}},
    {"a label of words", "-----BEGIN A B-----\nZm9v\n-----END A B-----\n", {"A B foo"}},
    {"no label", "-----BEGIN -----\nZm9v\n-----END -----\n", {" foo"}},
    {"another label at the end", "-----BEGIN Y-----\nZm9v\n" END BEGIN "YmFy\n" END, {"X bar"}},
    {"no end", BEGIN "Zm9v\n", {NULL}},
    {"no end before the next", BEGIN "Zm9v\n" BEGIN "YmFy\n" END, {"X bar"}},
    {"an end alone", "Zm9v\n" END BEGIN "YmFy\n" END, {"X bar"}},
    {"not at the line's begin", " " BEGIN "Zm9v\n" END, {NULL}},
    {"more on the line", "-----BEGIN X----- x\nZm9v\n" END, {NULL}},
    {"headers", BEGIN "Proc-Type: 4,ENCRYPTED\n\nZm9v\n" END BEGIN "YmFy\n" END, {"X bar"}},
    {"another alphabet", BEGIN "Zm9-\n" END, {NULL}},
    {"a digit too few", BEGIN "Zm9\n" END, {NULL}},
    {"padding too long", BEGIN "Z===\n" END, {NULL}},
    {"padding alone", BEGIN "==\n" END, {NULL}},
    {"digits behind padding", BEGIN "Zg==Zg==\n" END, {NULL}},
};

static void test_rows(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes text = bytes_of_text(rows[i].text);
        struct pem_block block;
        size_t count = 0;
        for (; pem_next(&text, &arena, &block); count++) {
            const char *got = arena_text(&arena, "%.*s %.*s", (int)block.label.size, (const char *)block.label.data,
                                         (int)block.octets.size, (const char *)block.octets.data);
            if (count == MOST || rows[i].want[count] == NULL || strcmp(got, rows[i].want[count]) != 0)
                fail_msg("%s: block %zu is \"%s\"", rows[i].name, count, got);
        }
        if (count < MOST && rows[i].want[count] != NULL)
            fail_msg("%s: %zu blocks", rows[i].name, count);
    }
    arena_release(&arena);
}

static struct bytes read_fixture(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "r");
    struct builder text = builder_in(arena);
    assert_non_null(file);
    for (int c = getc(file); c != EOF; c = getc(file))
        builder_u8(&text, (uint8_t)c);
    fclose(file);
    return builder_bytes(&text);
}

static void test_fixtures(void **state)
{
    (void)state;
    static const char *const names[] = {"rsa-full-chain.pem", "root.pem", "rsa.key", "odd/escape.pem"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct arena arena = {0};
        struct bytes text = read_fixture(&arena, arena_text(&arena, "fixtures/certificates/%s", names[i]));
        BIO *theirs = BIO_new_mem_buf(text.data, (int)text.size);
        struct pem_block block;
        char *label, *header;
        unsigned char *octets;
        long size;
        while (PEM_read_bio(theirs, &label, &header, &octets, &size) == 1) {
            assert_true(pem_next(&text, &arena, &block));
            assert_true(bytes_equal(block.label, bytes_of_text(label)));
            assert_true(bytes_equal(block.octets, (struct bytes){octets, (size_t)size}));
            OPENSSL_free(label);
            OPENSSL_free(header);
            OPENSSL_free(octets);
        }
        assert_false(pem_next(&text, &arena, &block));
        BIO_free(theirs);
        arena_release(&arena);
    }
}

// Cut anywhere a block is lost, and never half of it taken.
static void test_cuts(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct bytes whole = read_fixture(&arena, "fixtures/certificates/root.pem"), text = whole;
    struct pem_block want, block;
    assert_true(pem_next(&text, &arena, &want));
    for (size_t size = 0; size <= whole.size; size++) {
        text = (struct bytes){arena_copy(&arena, (struct bytes){whole.data, size}).data, size};
        if (pem_next(&text, &arena, &block))
            assert_true(size + 1 >= whole.size && bytes_equal(block.octets, want.octets));
    }
    arena_release(&arena);
}

// --- names ---------------------------------------------------------------------------------------

static const struct part {
    int attribute, type;
    const char *value;
} names[][2] = {
    {{NID_organizationName, V_ASN1_PRINTABLESTRING, "The Root 1"}, {NID_commonName, V_ASN1_PRINTABLESTRING, "CA"}},
    {{NID_organizationName, V_ASN1_UTF8STRING, "the  ROOT 1 "}, {NID_commonName, V_ASN1_T61STRING, " cA"}},
    {{NID_organizationName, V_ASN1_BMPSTRING, "The Root 1"}, {NID_commonName, V_ASN1_UNIVERSALSTRING, "ca"}},
    {{NID_organizationName, V_ASN1_IA5STRING, "\tthe root 1"}, {NID_commonName, V_ASN1_IA5STRING, "CA"}},
    {{NID_organizationName, V_ASN1_UTF8STRING, "The Root 2"}, {NID_commonName, V_ASN1_UTF8STRING, "CA"}},
    {{NID_commonName, V_ASN1_UTF8STRING, "The Root 1"}, {NID_organizationName, V_ASN1_UTF8STRING, "CA"}},
    {{NID_organizationName, V_ASN1_UTF8STRING, "M\xc3\xbcller"}, {NID_commonName, V_ASN1_UTF8STRING, "CA"}},
    {{NID_organizationName, V_ASN1_T61STRING, "M\xfcller"}, {NID_commonName, V_ASN1_UTF8STRING, "CA"}},
};

static unsigned width_of(int type) { return type == V_ASN1_BMPSTRING ? 2 : type == V_ASN1_UNIVERSALSTRING ? 4 : 1; }

static X509_NAME *name_of(struct arena *arena, const struct part parts[2])
{
    X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; i < 2; i++) {
        struct builder value = builder_in(arena);
        for (const char *c = parts[i].value; *c != '\0'; c++) {
            for (unsigned zero = 1; zero < width_of(parts[i].type); zero++)
                builder_u8(&value, 0);
            builder_u8(&value, (uint8_t)*c);
        }
        assert_int_equal(
            X509_NAME_add_entry_by_NID(name, parts[i].attribute, parts[i].type, value.data, (int)value.size, -1, 0), 1);
    }
    return name;
}

static uint64_t hash_of(X509_NAME *name)
{
    const unsigned char *der;
    size_t size;
    assert_int_equal(X509_NAME_get0_der(name, &der, &size), 1);
    return distinguished_hash((struct bytes){der, size});
}

static void test_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    size_t equal = 0, told = 0;
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < i; j++) {
            X509_NAME *one = name_of(&arena, names[i]), *other = name_of(&arena, names[j]);
            bool same = X509_NAME_cmp(one, other) == 0;
            if (same && hash_of(one) != hash_of(other))
                fail_msg("names %zu and %zu are equal, and their hashes are not", i, j);
            equal += same;
            told += hash_of(one) != hash_of(other);
            X509_NAME_free(one);
            X509_NAME_free(other);
        }
    assert_int_equal(equal, 7);     // the first four, and the last two
    assert_int_equal(told, 28 - 7); // and no others are taken for equal
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
