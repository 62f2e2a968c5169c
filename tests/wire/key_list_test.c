// SPDX-License-Identifier: Apache-2.0
//
// What a list of keys may look like, what is said of one that may not, and that the fingerprint of a
// modulus is the one openssl-vulnkey(1) takes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/key_list.h"

#define A "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
#define B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define C "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" // 00 01 02 ... 1F
#define M "3c430072d96e4a1e1809"

static void write_file(char *path, struct bytes text)
{
    int file = mkstemp(path);
    assert_true(file != -1 && write(file, text.data, text.size) == (ssize_t)text.size);
    close(file);
}

static struct key_list *open_text(struct bytes text, enum key_list_kind kind, struct complaint *complaint)
{
    char path[] = "/tmp/shakedown-list-XXXXXX";
    write_file(path, text);
    struct key_list *list = key_list_open(path, kind, complaint);
    if (list != NULL)
        assert_string_equal(key_list_name(list), path);
    unlink(path);
    return list;
}

static const struct {
    const char *text;
    enum key_list_kind kind;
    size_t want_size; // 0: refused
    const char *want; // a part of the sentence
} lists[] = {
    {A, KEY_LIST_COMPROMISED, 1, NULL},
    {A "\n", KEY_LIST_COMPROMISED, 1, NULL},
    {A "\r\n" B "\r\n" C "\r\n", KEY_LIST_COMPROMISED, 3, NULL},
    {"\xEF\xBB\xBF" A "\n" B, KEY_LIST_COMPROMISED, 2, NULL},
    {"# all of it\n\n  \t\n" A " # mine\n\t " B "\t#\n#" C "\n", KEY_LIST_COMPROMISED, 2, NULL},
    {A "\n" A "\n" A "\n", KEY_LIST_WEAK, 3, NULL},
    {M "\n" A "\n" C, KEY_LIST_WEAK, 3, NULL},
    {"", KEY_LIST_WEAK, 0, "holds no fingerprint"},
    {"# nothing\n", KEY_LIST_WEAK, 0, "holds no fingerprint"},
    {A "\n" M, KEY_LIST_COMPROMISED, 0, ":2: 20 digits tell a modulus"},
    {A "\nabc", KEY_LIST_COMPROMISED, 0, ":2: expected a SHA-256 fingerprint"},
    {"abc", KEY_LIST_WEAK, 0, ":1: expected a fingerprint"},
    {A "0", KEY_LIST_WEAK, 0, ":1: expected"},
    {A A, KEY_LIST_WEAK, 0, ":1: expected"},
    {A A "0", KEY_LIST_WEAK, 0, ":1: the line is too long"},
    {"\n\n" A "#" B, KEY_LIST_WEAK, 0, ":3: the line is too long"},
    {A "#x", KEY_LIST_WEAK, 0, ":1: expected"},
    {A " " B, KEY_LIST_WEAK, 0, ":1: the line is too long"},
    {"g0112233445566778899", KEY_LIST_WEAK, 0, ":1: expected"},
    {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A", KEY_LIST_WEAK, 0, ":1: expected"}, // 33 octets
    {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", KEY_LIST_WEAK, 0, ":1: expected"}, // 31
    {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", KEY_LIST_WEAK, 0, ":1: expected"}, // bits that nobody asked for
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct complaint complaint = {0};
        struct key_list *list = open_text(bytes_of_text(lists[i].text), lists[i].kind, &complaint);
        if (lists[i].want == NULL ? list == NULL || key_list_size(list) != lists[i].want_size
                                  : list != NULL || strstr(complaint.text, lists[i].want) == NULL)
            fail_msg("row %zu: %zu fingerprints, '%s'", i, list == NULL ? 0 : key_list_size(list), complaint.text);
        key_list_close(list);
    }
}

static void test_octets(void **state)
{
    (void)state;
    static const char nul[] = "00112233445566778899\0ABBCCDDEEFF00112233445566778899AABBCCDDEEFF";
    const struct {
        const char *text;
        size_t size;
    } rows[] = {{nul, sizeof nul - 1}, {"\0", 1}, {"\xff\xfe\n", 3}, {"\033[2J\n", 5}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaint complaint = {0};
        assert_null(open_text((struct bytes){(const uint8_t *)rows[i].text, rows[i].size}, KEY_LIST_WEAK, &complaint));
        assert_non_null(strstr(complaint.text, ":1: expected"));
    }
}

static void test_found(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    struct builder text = {0};
    struct arena arena = {0};
    text = builder_in(&arena);
    uint8_t digest[32] = {0}, mark[KEY_MARK] = {0};
    for (unsigned i = 0; i < 1000; i++) {
        digest[0] = mark[0] = (uint8_t)(i * 7919 >> 8);
        digest[31] = mark[KEY_MARK - 1] = (uint8_t)(i * 7919);
        const char *whole = text_hex(&arena, (struct bytes){digest, sizeof digest});
        const char *part = text_hex(&arena, (struct bytes){mark, sizeof mark});
        builder_add(&text, bytes_of_text(arena_text(&arena, "%s\n%s\n", whole, part)));
    }
    struct key_list *list = open_text(builder_bytes(&text), KEY_LIST_WEAK, &complaint);
    assert_non_null(list);
    assert_int_equal(key_list_size(list), 2000);
    assert_true(key_list_has_digests(list) && key_list_has_marks(list));
    for (unsigned i = 0; i < 1000; i++) {
        digest[0] = mark[0] = (uint8_t)(i * 7919 >> 8);
        digest[31] = mark[KEY_MARK - 1] = (uint8_t)(i * 7919);
        assert_true(key_list_find_digest(list, digest) && key_list_find_mark(list, mark));
        digest[15] = mark[5] = 1;
        assert_false(key_list_find_digest(list, digest) || key_list_find_mark(list, mark));
        digest[15] = mark[5] = 0;
    }
    key_list_close(list);
    arena_release(&arena);
}

static void test_forms(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    uint8_t digest[32];
    for (size_t i = 0; i < sizeof digest; i++)
        digest[i] = (uint8_t)i;
    struct key_list *list = open_text(bytes_of_text(C), KEY_LIST_COMPROMISED, &complaint);
    assert_true(key_list_find_digest(list, digest));
    assert_false(key_list_has_marks(list));
    key_list_close(list);
    list = open_text(bytes_of_text(M), KEY_LIST_WEAK, &complaint);
    static const uint8_t mark[KEY_MARK] = {0x3c, 0x43, 0x00, 0x72, 0xd9, 0x6e, 0x4a, 0x1e, 0x18, 0x09};
    assert_true(key_list_find_mark(list, mark));
    assert_false(key_list_has_digests(list));
    key_list_close(list);
}

// printf 'Modulus=ABCDEF\n' | sha1sum | cut -c 21-40, and so on.
static void test_marks(void **state)
{
    (void)state;
    static const struct {
        uint8_t octets[4];
        size_t size;
        const char *want;
    } rows[] = {
        {{0xab, 0xcd, 0xef}, 3, "E5A91F820D3D44100CFE"},
        {{0x0a, 0xcd, 0xef}, 3, "14D2ADF4B8BC10ED5A9B"}, // "Modulus=ACDEF": no zero in front
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        uint8_t mark[KEY_MARK];
        key_mark((struct bytes){rows[i].octets, rows[i].size}, mark);
        assert_string_equal(text_hex(&arena, (struct bytes){mark, sizeof mark}), rows[i].want);
        arena_release(&arena);
    }
}

static void test_files(void **state)
{
    (void)state;
    static const struct {
        const char *path, *want;
    } rows[] = {
        {"/nonexistent/list", "cannot read '/nonexistent/list': No such file"},
        {"/", "cannot read '/': Is a directory"},
        {"/dev/null", "'/dev/null' holds no fingerprint"},
        {"/dev/zero", "/dev/zero:1: the line is too long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaint complaint = {0};
        assert_null(key_list_open(rows[i].path, KEY_LIST_WEAK, &complaint));
        if (strstr(complaint.text, rows[i].want) == NULL)
            fail_msg("%s: '%s'", rows[i].path, complaint.text);
    }
}

static void write_without_end(int out)
{
    static char lines[21 * 1000];
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % 21 == 20 ? '\n' : '7';
    while (write(out, lines, sizeof lines) > 0)
        continue;
    _exit(0);
}

// A list without end is given up at its limit.
static void test_limit(void **state)
{
    (void)state;
    int ends[2];
    char path[32];
    struct complaint complaint = {0};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0)
        write_without_end(ends[1]);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_null(key_list_open(path, KEY_LIST_WEAK, &complaint));
    assert_non_null(strstr(complaint.text, ":4000001: the list is too long"));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
}

static void test_pool(void **state)
{
    (void)state;
    char path[] = "/tmp/shakedown-list-XXXXXX";
    struct complaint complaint = {0};
    struct key_pool pool = {0};
    write_file(path, bytes_of_text(A));
    const struct key_list *weak = key_pool_open(&pool, path, KEY_LIST_WEAK, &complaint);
    const struct key_list *compromised = key_pool_open(&pool, path, KEY_LIST_COMPROMISED, &complaint);
    assert_true(weak != NULL && compromised != NULL && weak != compromised);
    unlink(path);
    assert_ptr_equal(key_pool_open(&pool, path, KEY_LIST_WEAK, &complaint), weak);
    assert_null(key_pool_open(&pool, NULL, KEY_LIST_WEAK, &complaint));
    assert_string_equal(complaint.text, "");
    key_pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists), cmocka_unit_test(test_octets), cmocka_unit_test(test_found),
        cmocka_unit_test(test_forms), cmocka_unit_test(test_marks),  cmocka_unit_test(test_files),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
