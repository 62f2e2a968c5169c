// SPDX-License-Identifier: Apache-2.0
//
// What caIssuers may lead to: certificates as they are, messages that hold some, and neither; every cut of each is
// nothing. (Messages that openssl(1) makes are in tests/real/picture_revocation.py.)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/bundle.h"

#define MOST 3

// Hardly certificates, but told from messages by how they begin.
#define FIRST  "30023000"
#define SECOND "30053003020107"

#define SIGNED_DATA "06092A864886F70D010702"
#define DATA        "06092A864886F70D010701"
#define VERSION     "020101"
#define ALGORITHMS  "3100"
#define CONTENT     "300B" DATA
#define SIGNERS     "3100"

static struct arena arena;

// In hexadecimal, with a length of one octet.
static const char *wrap(unsigned tag, const char *content)
{
    return arena_text(&arena, "%02X%02X%s", tag, (unsigned)strlen(content) / 2, content);
}

static const char *message(const char *type, const char *before, const char *certificates, const char *after)
{
    const char *fields = arena_text(&arena, "%s%s%s", before, certificates, after);
    return wrap(0x30, arena_text(&arena, "%s%s", type, wrap(0xA0, wrap(0x30, fields))));
}

static const char *whole(const char *certificates)
{
    return message(SIGNED_DATA, VERSION ALGORITHMS CONTENT, wrap(0xA0, certificates), SIGNERS);
}

static size_t read_hex(const char *hex, struct bytes *found)
{
    struct bytes document;
    assert_true(text_from_hex(&arena, hex, &document));
    return bundle_read(document, found, MOST);
}

static void expect(const char *hex, const char *const *want)
{
    struct bytes found[MOST];
    size_t count = read_hex(hex, found), i = 0;
    for (; i < MOST && want[i] != NULL; i++) {
        assert_true(i < count);
        assert_string_equal(text_hex(&arena, found[i]), want[i]);
    }
    assert_int_equal(count, i);
}

static void test_documents(void **state)
{
    (void)state;
    const struct {
        const char *hex, *want[MOST + 1];
    } rows[] = {
        {FIRST, {FIRST}},
        {SECOND, {SECOND}},
        {whole(FIRST), {FIRST}},
        {whole(SECOND FIRST), {SECOND, FIRST}},
        {whole(FIRST SECOND FIRST SECOND), {FIRST, SECOND, FIRST}},
        {whole("A1023000" FIRST), {FIRST}}, // another kind of certificate (RFC 5652 section 10.2.2)
        {whole(""), {NULL}},
        {message(SIGNED_DATA, VERSION ALGORITHMS CONTENT, "", SIGNERS), {NULL}},
        {message(DATA, VERSION ALGORITHMS CONTENT, wrap(0xA0, FIRST), SIGNERS), {NULL}},
        {message(SIGNED_DATA, VERSION CONTENT, wrap(0xA0, FIRST), SIGNERS), {NULL}},
        {message(SIGNED_DATA, VERSION ALGORITHMS CONTENT, wrap(0xA0, FIRST "3005"), SIGNERS), {NULL}},
        {FIRST "00", {NULL}}, // more after the end
        {FIRST SECOND, {NULL}},
        {"3000", {NULL}},
        {"3003020101", {NULL}},
        {"", {NULL}},
        {"2D2D2D2D2D424547494E", {NULL}}, // PEM
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].hex);
        expect(rows[i].hex, rows[i].want);
    }
    arena_release(&arena);
}

static void test_cuts(void **state)
{
    (void)state;
    const char *rows[] = {FIRST, SECOND, whole(SECOND FIRST)};
    struct bytes found[MOST];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t size = 0; size < strlen(rows[i]); size += 2)
            assert_int_equal(read_hex(arena_text(&arena, "%.*s", (int)size, rows[i]), found), 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents), cmocka_unit_test(test_cuts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
