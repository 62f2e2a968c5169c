// SPDX-License-Identifier: Apache-2.0
//
// A tree's line against the one that jansson makes of it: by hand what can stand in a string or a number, and whole
// reports.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/tree.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void agree(const char *name, const json_t *tree)
{
    char *ours = tree_line(tree), *theirs = json_dumps(tree, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(theirs);
    size_t size = strlen(theirs);
    if (strncmp(ours, theirs, size) != 0 || strcmp(ours + size, "\n") != 0)
        fail_msg("%s: %s instead of %s", name, ours, theirs);
    free(ours);
    free(theirs);
}

static void test_texts(void **state)
{
    static const char *const rows[] = {
        "{}",
        "[]",
        "[[],{},[[]],{\"a\":{}},null,true,false,\"\"]",
        "{\"b\":1,\"a\":2,\"\":3,\"with \\\" \\\\ and \\n\":4}",
        "[0,-1,9223372036854775807,-9223372036854775808]",
        "[1.5,-0.25,1e300,2.5e-300,80.0,0.1,-0.0]",
        "[\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0001 \\u001f \\u007f\"]",
        "[\"\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80\",\"\\u2028\"]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *tree = json_loads(rows[i], JSON_DECODE_ANY, NULL);
        assert_non_null(tree);
        agree(rows[i], tree);
        json_decref(tree);
    }
}

// Every octet that is a whole code point, alone, doubled, and in the midst of others; also where the line has to grow.
static void test_octets(void **state)
{
    static char text[70000];
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        json_t *list = json_array();
        memset(text, c, sizeof text);
        for (size_t size = 0; size < sizeof text; size = 3 * size + 1)
            assert_int_equal(json_array_append_new(list, json_stringn(text, size)), 0);
        assert_int_equal(json_array_append_new(list, json_sprintf("a%cb", c == 0 ? 'x' : c)), 0);
        agree("an octet", list);
        json_decref(list);
    }
}

static void test_reports(void **state)
{
    static const char *const rows[] = {"golden/dns", "golden/judged", "golden/old", "golden/hostile",
                                       "formats/forged-report"};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[256];
        snprintf(path, sizeof path, "fixtures/%s.json", rows[i]);
        json_t *report = json_load_file(path, 0, NULL);
        assert_non_null(report);
        agree(rows[i], report);
        json_decref(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_octets),
        cmocka_unit_test(test_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
