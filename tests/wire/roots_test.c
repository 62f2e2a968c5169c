// SPDX-License-Identifier: Apache-2.0
//
// A few roots whose place in the lists is public knowledge, and names as certificates bear them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/roots.h"

#define ISRG_X1  "96BCEC06264976F37460779ACF28C5A7CFE8A3C0AAE11A8FFCEE05C0BDDF08C6"
#define EPKI     "C0A6F4DC63A24BFDCF54EF2A6A082A0A72DE35803E2FF5FF527AE5D87206DFD5"
#define VERISIGN "9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF" // Class 3 G5
#define NOBODY   "0000000000000000000000000000000000000000000000000000000000000000"
#define LAST     "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

static size_t list_of(const char *id)
{
    for (size_t i = 0; i < ROOT_LISTS; i++)
        if (strcmp(root_list_at(i)->id, id) == 0)
            return i;
    fail_msg("no list %s", id);
    return 0;
}

static const uint8_t *digest_of(struct arena *arena, const char *hex)
{
    struct bytes digest;
    assert_true(text_from_hex(arena, hex, &digest));
    assert_int_equal(digest.size, 32);
    return digest.data;
}

static void test_standing(void **state)
{
    (void)state;
    static const struct {
        const char *list, *digest;
        enum root_standing want;
    } rows[] = {
        {"mozilla", ISRG_X1, ROOT_LISTED},   {"chrome", ISRG_X1, ROOT_LISTED},      {"apple", ISRG_X1, ROOT_LISTED},
        {"microsoft", ISRG_X1, ROOT_LISTED}, {"android", ISRG_X1, ROOT_LISTED},     {"java", ISRG_X1, ROOT_LISTED},
        {"mozilla", EPKI, ROOT_ABSENT},      {"chrome", EPKI, ROOT_LISTED},         {"java", VERISIGN, ROOT_LISTED},
        {"mozilla", VERISIGN, ROOT_ABSENT},  {"microsoft", VERISIGN, ROOT_BLOCKED}, {"mozilla", NOBODY, ROOT_ABSENT},
        {"java", LAST, ROOT_ABSENT},         {"apple", VERISIGN, ROOT_DISPUTED},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (root_standing(list_of(rows[i].list), digest_of(&arena, rows[i].digest)) != rows[i].want)
            fail_msg("row %zu: %s, %s", i, rows[i].list, rows[i].digest);
    arena_release(&arena);
}

static void test_limits(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct root_limit *limit = root_limit(list_of("java"), digest_of(&arena, EPKI));
    assert_non_null(limit);
    assert_int_equal(limit->holds_until, 1773791999); // 2026-03-17T23:59:59Z
    assert_int_equal(limit->over_after, 1773791999);
    assert_null(root_limit(list_of("java"), digest_of(&arena, ISRG_X1)));
    assert_null(root_limit(list_of("android"), digest_of(&arena, EPKI)));
    for (size_t i = 0; i < ROOT_LISTS; i++)
        assert_true(strlen(root_list_at(i)->date) >= 7);
    arena_release(&arena);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *list, *name;
        bool want;
    } rows[] = {
        {"mozilla", "CN=ISRG Root X1,O=Internet Security Research Group,C=US", true},
        {"mozilla", "C=US,CN=isrg  root x1", true},
        {"mozilla", "CN=ISRG Root X1+O=a", true},
        {"mozilla", "CN=ISRG Root X", false},
        {"mozilla", "CN=ISRG Root X11", false},
        {"mozilla", "CN=Shakedown Test Root,O=Shakedown Test,C=ZZ", false},
        {"mozilla", "", false},
        {"mozilla", "CN=", false},
        {"mozilla", "CN", false},
        {"mozilla", "CN=\\", false},
        {"mozilla", "CN=\\u12", false},
        {"mozilla", "CN=\\,ISRG Root X1", true},
        {"mozilla", "CN=evil\\,CN=ISRG Root X1", false},
        {"mozilla", "CN=NetLock Arany (Class Gold) F\xC5\x91tan\xC3\xBAs\xC3\xADtv\xC3\xA1ny", true},
        {"microsoft", "CN=VeriSign Class 3 Public Primary Certification Authority - G5", false}, // blocked
        {"java", "CN=VeriSign Class 3 Public Primary Certification Authority - G5", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (root_named(list_of(rows[i].list), rows[i].name, NULL, 0) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].name);
    struct arena arena = {0};
    char digest[65];
    const char *known = digest;
    root_digest(digest_of(&arena, ISRG_X1), digest);
    assert_false(root_named(list_of("mozilla"), "CN=ISRG Root X1", &known, 1));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standing),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
