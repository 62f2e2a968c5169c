// SPDX-License-Identifier: Apache-2.0
//
// Every format over every golden report at once, and over a forged one: fixtures/formats/<name>.<format>.
// GOLDEN=write rewrites them; read the difference before keeping it. Whether they are what their readers
// take is for formats.py to say.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"
#include "report/judge.h"
#include "report/saved.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NOW      1795442709 // 2026-11-23T14:05:09Z

// What a terminal shows and the report itself have golden files of their own (golden_test.c).
static bool is_golden(const char *format)
{
    return strcmp(format, "text") != 0 && strcmp(format, "json") != 0 && strcmp(format, "ndjson") != 0;
}

static const char *const golden[] = {"dns",     "hostile", "modern",           "not-tls",     "old",
                                     "partial", "picture", "two-certificates", "unreachable", "unresolved"};

// --- octets ----------------------------------------------------------------------------------------

struct text {
    char *octets;
    size_t size;
    size_t calls;
};

static void collect(void *context, const char *octets, size_t size)
{
    struct text *text = context;
    text->octets = realloc(text->octets, text->size + size + 1);
    assert_non_null(text->octets);
    memcpy(text->octets + text->size, octets, size);
    text->size += size;
    text->octets[text->size] = '\0';
    text->calls++;
}

static void compare(const char *name, const char *format, const struct text *got)
{
    char path[256];
    const char *mode = getenv("GOLDEN");
    snprintf(path, sizeof path, "fixtures/formats/%s.%s", name, format);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got->octets, 1, got->size, file), got->size);
        assert_int_equal(fclose(file), 0);
        return;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s is missing: make golden writes it", path);
    char *want = malloc(got->size + 1);
    assert_non_null(want);
    size_t size = fread(want, 1, got->size, file);
    bool same = size == got->size && fgetc(file) == EOF && memcmp(want, got->octets, size) == 0;
    fclose(file);
    free(want);
    if (!same)
        fail_msg("%s is not what comes out now: make golden, and read the difference", path);
}

// --- renderings ------------------------------------------------------------------------------------

// What it is judged by shows in the formats too.
static struct judge *judge;

static int set_up(void **state)
{
    struct complaint complaint = {0};
    (void)state;
    judge = judge_open(&(struct judge_settings){.policy = "fixtures/formats/policy.json", .has_now = true, .now = NOW},
                       &complaint);
    return judge == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    judge_close(judge);
    return 0;
}

static void add_file(struct rendering *rendering, const char *path, bool judged)
{
    struct complaint complaint = {0};
    struct judgement judgement;
    struct saved saved;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    saved_open(&saved, file, path);
    while (saved_more(&saved, &complaint)) {
        struct report *report = saved_next(&saved, &complaint);
        assert_non_null(report);
        if (judged)
            judge_report(judge, NOW, report, &judgement);
        rendering_add(rendering, report);
        report_free(report);
    }
    assert_string_equal(complaint.text, "");
    saved_close(&saved);
    fclose(file);
}

static struct rendering *open_rendering(const char *format, bool indent, struct text *text)
{
    struct complaint complaint = {0};
    const struct format_options options = {.indent = indent, .list = "targets.txt"};
    struct rendering *rendering = rendering_open(format, &options, (struct sink){collect, text}, &complaint);
    if (rendering == NULL)
        fail_msg("%s", complaint.text);
    return rendering;
}

static void test_fleet(void **state)
{
    (void)state;
    for (size_t f = 0; format_name(f) != NULL; f++) {
        const char *format = format_name(f);
        struct complaint complaint = {0};
        struct text text = {0};
        struct rendering *rendering = open_rendering(format, false, &text);
        for (size_t i = 0; i < COUNT(golden); i++) {
            char path[256];
            snprintf(path, sizeof path, "fixtures/golden/%s.json", golden[i]);
            add_file(rendering, path, true);
        }
        assert_int_equal(rendering_close(rendering, &complaint), COUNT(golden));
        assert_string_equal(complaint.text, "");
        if (is_golden(format))
            compare("fleet", format, &text);
        free(text.octets);
    }
}

static void test_forged(void **state)
{
    (void)state;
    for (size_t f = 0; format_name(f) != NULL; f++) {
        const char *format = format_name(f);
        struct complaint complaint = {0};
        struct text text = {0};
        struct rendering *rendering = open_rendering(format, false, &text);
        add_file(rendering, "fixtures/formats/forged-report.json", false);
        rendering_close(rendering, &complaint);
        if (is_golden(format))
            compare("forged", format, &text);
        free(text.octets);
    }
}

// Where one report looks other than many.
static void test_alone(void **state)
{
    static const char *const alone[] = {"modern", "old", "dns"};
    (void)state;
    for (size_t i = 0; i < COUNT(alone); i++) {
        struct complaint complaint = {0};
        struct text text = {0};
        char path[256];
        struct rendering *rendering = open_rendering("html", false, &text);
        snprintf(path, sizeof path, "fixtures/golden/%s.json", alone[i]);
        add_file(rendering, path, true);
        assert_int_equal(rendering_close(rendering, &complaint), 1);
        assert_string_equal(complaint.text, "");
        compare(alone[i], "html", &text);
        free(text.octets);
    }
}

// A report that nobody looked at writes nothing.
static void test_nothing(void **state)
{
    (void)state;
    for (size_t f = 0; format_name(f) != NULL; f++) {
        const char *format = format_name(f);
        struct complaint complaint = {0};
        struct text text = {0};
        struct rendering *rendering = open_rendering(format, false, &text);
        assert_int_equal(rendering_close(rendering, &complaint), 0);
        assert_int_equal(text.calls, 0);
    }
}

// One report is indented where that is asked for; the first of several is a line like the others. A line
// comes in one piece.
static void test_json(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 2; count++) {
        struct complaint complaint = {0};
        struct text text = {0};
        struct rendering *rendering = open_rendering("json", true, &text);
        assert_false(rendering_streams(rendering));
        for (size_t i = 0; i < count; i++)
            add_file(rendering, "fixtures/golden/modern.json", true);
        rendering_close(rendering, &complaint);
        size_t lines = 0;
        for (size_t i = 0; i < text.size; i++)
            lines += text.octets[i] == '\n';
        assert_true(count == 1 ? lines > 100 : lines == 2);
        free(text.octets);
    }
    struct complaint complaint = {0};
    struct text text = {0};
    struct rendering *rendering = open_rendering("ndjson", false, &text);
    assert_true(rendering_streams(rendering));
    for (size_t i = 1; i <= 3; i++) {
        add_file(rendering, "fixtures/golden/modern.json", true);
        assert_int_equal(text.calls, i);
        assert_int_equal(text.octets[text.size - 1], '\n');
    }
    rendering_close(rendering, &complaint);
    free(text.octets);
}

// A plugin says with its status what its line says, and UNKNOWN of what it has not seen.
static void test_plugin(void **state)
{
    static const struct {
        const char *path, *want;
        int want_status;
    } rows[] = {
        {"fixtures/golden/modern.json", "SHAKEDOWN OK - ", 0},
        {"fixtures/golden/picture.json", "SHAKEDOWN UNKNOWN - ", 3},
        {"fixtures/golden/old.json", "SHAKEDOWN CRITICAL - ", 2},
        {"fixtures/golden/unreachable.json", "SHAKEDOWN CRITICAL - ", 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaint complaint = {0};
        struct text text = {0};
        struct rendering *rendering = open_rendering("nagios", false, &text);
        assert_int_equal(rendering_plugin_status(rendering), 3);
        add_file(rendering, rows[i].path, true);
        assert_int_equal(rendering_plugin_status(rendering), rows[i].want_status);
        rendering_close(rendering, &complaint);
        assert_memory_equal(text.octets, rows[i].want, strlen(rows[i].want));
        free(text.octets);
    }
    struct complaint complaint = {0};
    struct text text = {0};
    struct rendering *rendering = open_rendering("csv", false, &text);
    assert_int_equal(rendering_plugin_status(rendering), -1);
    rendering_close(rendering, &complaint);
}

// Of two reports of one target the later one counts, in whatever order they come: a series that stands twice
// makes the collector drop the file.
static void test_series_once(void **state)
{
    static const char *const orders[][2] = {{"fixtures/formats/earlier.json", "fixtures/formats/later.json"},
                                            {"fixtures/formats/later.json", "fixtures/formats/earlier.json"}};
    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct complaint complaint = {0};
        struct text text = {0};
        struct rendering *rendering = open_rendering("prometheus", false, &text);
        add_file(rendering, orders[i][0], false);
        add_file(rendering, orders[i][1], false);
        rendering_close(rendering, &complaint);
        const char *metric = "\nshakedown_endpoint_reached{target=\"a.example:443\",address=\"192.0.2.1\"} ";
        const char *found = strstr(text.octets, metric);
        assert_non_null(found);
        assert_int_equal(found[strlen(metric)], '1');
        assert_null(strstr(found + 1, metric));
        free(text.octets);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    struct text text = {0};
    assert_null(rendering_open("Csv", &(struct format_options){0}, (struct sink){collect, &text}, &complaint));
    assert_string_equal(complaint.text, "there is no format 'Csv' (see --list formats)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fleet),   cmocka_unit_test(test_alone),       cmocka_unit_test(test_forged),
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_json),        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_plugin),  cmocka_unit_test(test_series_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
