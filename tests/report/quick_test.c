// SPDX-License-Identifier: Apache-2.0
//
// The quick reader against jansson: whatever it takes, jansson takes too and makes the same of it. Texts by
// hand, and every golden report whole, cut at every octet, and with one octet after the other changed.
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

#include "report/embedded.h"
#include "report/quick.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

// Whether it was taken.
static bool agree(struct quick *quick, const char *text, size_t size)
{
    json_error_t error;
    json_t *ours = quick_load(quick, text, size);
    bool taken = ours != NULL;
    if (taken) {
        json_t *theirs = json_loadb(text, size, 0, &error);
        if (theirs == NULL || !json_equal(ours, theirs))
            fail_msg("not what jansson makes of it: %.*s", size > 200 ? 200 : (int)size, text);
        json_decref(theirs);
    }
    json_decref(ours);
    return taken;
}

static void test_texts(void **state)
{
    static const struct {
        const char *text;
        bool want_taken;
    } rows[] = {
        {"{}", true},
        {"[]", true},
        {"[{\"a\":1}]", true},
        {" {\"a\" : [ ] , \"b\":{}}\r\n\t ", true},
        {"{\"a\":[1,-2,0,-0,999999999999999999],\"b\":[true,false,null]}", true},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\tx\",\"b\":\"\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80\"}", true},
        {"{\"a\":1,\"b\":2,\"a\":3}", true}, // the last one counts, in the place of the first
        {"{\"\":\"\"}", true},
        {"{\"a\":[1.5,-0.25,1e3,2.5E-3,80.0]}", true},
        // What it leaves to the library.
        {"{\"a\":9999999999999999999}", false},
        {"{\"a\":\"\\u0041\"}", false},
        {"\"\\ud83d\"", false},
        {"\"a\"", false},
        // What is wrong.
        {"", false},
        {"{", false},
        {"{\"a\"}", false},
        {"{\"a\":}", false},
        {"{\"a\":1,}", false},
        {"{\"a\":[1,]}", false},
        {"{\"a\":[1 2]}", false},
        {"{\"a\":01}", false},
        {"{\"a\":-}", false},
        {"{\"a\":1.}", false},
        {"{\"a\":1.5.5}", false},
        {"{\"a\":1e}", false},
        {"{\"a\":1e999}", false},
        {"{\"a\":+1}", false},
        {"{\"a\":nul}", false},
        {"{\"a\":nulls}", false},
        {"{\"a\":\"\x01\"}", false},
        {"{\"a\":\"\\x41\"}", false},
        {"{\"a\":\"\xFF\"}", false},
        {"{\"a\":\"\xED\xA0\x80\"}", false},
        {"{\"\xC0\x80\":1}", false},
        {"{\"a\":\"b", false},
        {"{\"a\":\"b\\", false},
        {"{a:1}", false},
        {"{} x", false},
        {"{}{}", false},
    };
    (void)state;
    struct quick *quick = quick_open();
    for (size_t i = 0; i < COUNT(rows); i++)
        if (agree(quick, rows[i].text, strlen(rows[i].text)) != rows[i].want_taken)
            fail_msg("%s %s taken", rows[i].text, rows[i].want_taken ? "is not" : "is");
    assert_false(agree(quick, "{\"a\":\"\0\"}", 9));
    assert_false(agree(quick, "{}\0", 3));
    quick_close(quick);
}

static void test_depth(void **state)
{
    (void)state;
    struct quick *quick = quick_open();
    for (size_t depth = 1; depth < 300; depth++) {
        char text[2048] = "{\"a\":";
        memset(text + 5, '[', depth);
        memset(text + 5 + depth, ']', depth);
        text[5 + 2 * depth] = '}';
        bool taken = agree(quick, text, 6 + 2 * depth);
        assert_true(taken == (depth < 64));
    }
    quick_close(quick);
}

// One reader for all, as for a file of many: what it keeps of one report must not show in another.
static void test_reports(void **state)
{
    static const struct {
        const char *name;
        bool want_taken;
    } rows[] = {
        {"golden/dns", true},
        {"golden/judged", true},
        {"golden/old", true},
        {"golden/hostile", false}, // these two have control characters
        {"formats/forged-report", false},
    };
    (void)state;
    struct quick *quick = quick_open();
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[256];
        snprintf(path, sizeof path, "fixtures/%s.json", rows[i].name);
        json_t *report = json_load_file(path, 0, NULL);
        assert_non_null(report);
        char *text = json_dumps(report, JSON_COMPACT);
        size_t size = strlen(text);
        assert_true(agree(quick, text, size) == rows[i].want_taken);
        for (size_t cut = 0; cut < size; cut += 1 + cut / 64)
            assert_false(agree(quick, text, cut));
        for (size_t at = 0; at < size; at += 1 + size / 1000) {
            char was = text[at];
            text[at] = "\"\\{}[],:x0-\x1F\xC3 "[at % 14];
            agree(quick, text, size);
            text[at] = was;
        }
        free(text);
        json_decref(report);
    }
    quick_close(quick);
}

// What the program carries is read quickly when it starts: nothing of it is left to the library, and no key is there
// twice.
static void test_embedded(void **state)
{
    static const enum embedded_kind kinds[] = {EMBEDDED_FINDINGS, EMBEDDED_GRADE, EMBEDDED_POLICIES};
    struct quick *quick = quick_open();
    json_error_t error;
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_true(embedded_count(kinds[i]) != 0);
        for (size_t k = 0; k < embedded_count(kinds[i]); k++) {
            const struct embedded *file = embedded_at(kinds[i], k);
            json_t *strict = json_loads(file->text, JSON_REJECT_DUPLICATES, &error);
            if (strict == NULL)
                fail_msg("%s:%d: %s", file->name, error.line, error.text);
            if (!agree(quick, file->text, strlen(file->text)))
                fail_msg("%s: not taken", file->name);
            json_decref(strict);
        }
    }
    quick_close(quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_embedded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
