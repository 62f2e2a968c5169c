// SPDX-License-Identifier: Apache-2.0
//
// Strict-Transport-Security as servers write it, right and wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "wire/hsts.h"

static const struct {
    const char *value, *want_fault;
    uint64_t want_max_age;
    bool want_subdomains, want_preload;
} rows[] = {
    {"max-age=31536000", NULL, 31536000, false, false},
    {"max-age=31536000; includeSubDomains", NULL, 31536000, true, false},
    {"max-age=63072000; includeSubDomains; preload", NULL, 63072000, true, true},
    {"MAX-AGE=1;INCLUDESUBDOMAINS;PreLoad", NULL, 1, true, true},
    {"includeSubDomains; max-age=5", NULL, 5, true, false},
    {"max-age=\"31536000\"", NULL, 31536000, false, false}, // RFC 6797 section 6.2
    {"max-age=0", NULL, 0, false, false},
    {" \tmax-age = 7 \t; ", NULL, 7, false, false},
    {";; max-age=7;;", NULL, 7, false, false},
    {"max-age=7; unknown; other=\"a;b\"; third=x", NULL, 7, false, false},
    {"max-age=7; other=\"a\\\"b\"", NULL, 7, false, false},
    {"max-age=18446744073709551615", NULL, UINT64_MAX, false, false},
    {"max-age=99999999999999999999999", NULL, UINT64_MAX, false, false},

    {"", "no_max_age", 0, false, false},
    {"includeSubDomains", "no_max_age", 0, true, false},
    {"max-age", "bad_max_age", 0, false, false},
    {"max-age=", "bad_max_age", 0, false, false},
    {"max-age=-1", "bad_max_age", 0, false, false},
    {"max-age=1.5", "bad_max_age", 1, false, false},
    {"max-age=1 year", "bad_syntax", 1, false, false},
    {"max-age=99999999999999999999999x", "bad_max_age", UINT64_MAX, false, false},
    {"max-age=\"\"", "bad_max_age", 0, false, false},
    {"max-age=1; max-age=2", "repeated_directive", 1, false, false},
    {"max-age=1; max-age=1", "repeated_directive", 1, false, false},
    {"max-age=1; includeSubDomains; includesubdomains", "repeated_directive", 1, true, false},
    {"max-age=1; includeSubDomains=true", "unexpected_value", 1, true, false},
    {"max-age=1; preload=\"\"", "unexpected_value", 1, false, true},
    {"max-age=1, includeSubDomains", "bad_syntax", 1, false, false},
    {"max-age=1 includeSubDomains", "bad_syntax", 1, false, false},
    {"max-age=\"1", "bad_syntax", 0, false, false},
    {"max-age=1; x=\"a\\", "bad_syntax", 1, false, false},
    {"max-age:1", "bad_max_age", 0, false, false},
    {"\"max-age=1\"", "bad_syntax", 0, false, false},
    {"=1", "bad_syntax", 0, false, false},
    {"max-age=1\x01", "bad_syntax", 1, false, false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hsts hsts;
        print_message("%s\n", rows[i].value);
        hsts_read((struct bytes){(const uint8_t *)rows[i].value, strlen(rows[i].value)}, &hsts);
        assert_int_equal(hsts.fault == NULL, rows[i].want_fault == NULL);
        if (rows[i].want_fault != NULL)
            assert_string_equal(hsts.fault, rows[i].want_fault);
        if (rows[i].want_max_age != 1 || rows[i].want_fault == NULL || strcmp(rows[i].want_fault, "bad_max_age") != 0)
            assert_true(hsts.max_age == rows[i].want_max_age);
        assert_int_equal(hsts.include_subdomains, rows[i].want_subdomains);
        assert_int_equal(hsts.preload, rows[i].want_preload);
    }
}

// Cut at every octet: never more than what was there, and no reading beyond.
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t size = strlen(rows[i].value);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *copy = test_malloc(cut + 1);
            struct hsts hsts;
            memcpy(copy, rows[i].value, cut);
            hsts_read((struct bytes){copy, cut}, &hsts);
            if (rows[i].want_fault == NULL)
                assert_true(hsts.fault != NULL || hsts.max_age <= rows[i].want_max_age);
            test_free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
