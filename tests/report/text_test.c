// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of reports that are cut, forged or odd: it never crashes, never writes a
// control character, and never writes past the width.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "report/page.h"
#include "report/report.h"

#include "../support/forged.h"

#define COUNT(a)   (sizeof(a) / sizeof(a)[0])
#define FILE_LIMIT (1 << 20)
#define ALIKE      2 // rows of a list that are kept to be forged

static const char *const reports[] = {"modern",     "old",     "two-certificates", "unreachable", "not-tls",
                                      "unresolved", "hostile", "partial",          "picture",     "dns"};

static char *read_report(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "fixtures/golden/%s.json", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s is missing", path);
    char *text = calloc(1, FILE_LIMIT);
    assert_non_null(text);
    size_t size = fread(text, 1, FILE_LIMIT - 1, file);
    assert_in_range(size, 1, FILE_LIMIT - 2);
    fclose(file);
    return text;
}

// --- what any view must hold to ------------------------------------------------------------------

// The octets of an SGR sequence at the front of text; 0: there is none.
static size_t color_code(const char *text)
{
    if (strncmp(text, "\033[", 2) != 0)
        return 0;
    size_t digits = strspn(text + 2, "0123456789");
    return digits != 0 && text[2 + digits] == 'm' ? digits + 3 : 0;
}

static void check_character(wint_t c, const char *name)
{
    bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    bool turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
    if (control || turns)
        fail_msg("%s: U+%04X in the view", name, (unsigned)c);
}

static void check_line(const char *line, const char *name, const struct text_options *options)
{
    mbstate_t state = {0};
    unsigned columns = 0;
    for (size_t size; *line != '\0'; line += size) {
        wchar_t c;
        size = options->color ? color_code(line) : 0;
        if (size != 0)
            continue;
        size = mbrtowc(&c, line, strlen(line), &state);
        if (size == 0 || size > 4)
            fail_msg("%s: not UTF-8", name);
        check_character((wint_t)c, name);
        columns += wcwidth(c) < 0 ? 1 : (unsigned)wcwidth(c);
    }
    if (options->width != 0 && columns > options->width)
        fail_msg("%s: a line of %u columns where %u are allowed", name, columns, options->width);
}

static unsigned check_view(char *text, const char *name, const struct text_options *options)
{
    unsigned lines = 0;
    size_t size = strlen(text);
    assert_true(size != 0 && text[size - 1] == '\n');
    while (*text != '\0') {
        char *end = strchr(text, '\n');
        *end = '\0';
        check_line(text, name, options);
        text = end + 1;
        lines++;
    }
    return lines;
}

// Renders; NULL and a complaint, or a view that holds.
static bool render(const char *json, const char *name, const struct text_options *options)
{
    struct complaint complaint = {0};
    char *text = report_text(json, options, &complaint);
    assert_true((text == NULL) == (complaint.text[0] != '\0'));
    if (text == NULL)
        return false;
    check_view(text, name, options);
    free(text);
    return true;
}

// --- tests ---------------------------------------------------------------------------------------

static void test_width(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reports); i++) {
        char *json = read_report(reports[i]);
        for (unsigned width = 1; width <= 200; width += width < 50 ? 1 : 9)
            for (unsigned bits = 0; bits < 8; bits++) {
                struct text_options options = {width, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
                assert_true(render(json, reports[i], &options));
            }
        free(json);
    }
}

// On a page of ordinary width nothing that tells a server apart is cut off, and folding loses nothing.
static void test_nothing_lost(void **state)
{
    static const struct {
        const char *report, *want;
    } rows[] = {
        {"modern", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
        {"modern", "X25519MLKEM768"},
        {"modern", "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"},
        {"modern", "a-rather-long-name-to-fold.internal.services.example.com"},
        {"picture", "X25519MLKEM768, x25519, secp256r1, MLKEM768, 0x7F01\n"},
        {"picture", "x25519, secp256r1, secp384r1, sect283r1, ffdhe2048\n"},
        {"picture", "rsa_pss_rsae_sha256, rsa_pss_rsae_sha512, rsa_pkcs1_sha256, rsa_pkcs1_sha1\n"},
        {"picture", "hybrid chosen (TLSv1.3): yes, X25519MLKEM768\n"},
        {"picture", "dh prime (TLSv1.2): yes, modp2048 (RFC 3526), 2048 bits\n"},
        {"picture", "yes: h2, http/1.1\n"},
        {"picture", "no: encrypt then mac (TLSv1.2), heartbeat (TLSv1.2, TLSv1.3)\n"},
        {"picture", "tolerates all 3 trials\n"},
        {"dns", "DANE-EE SPKI SHA2-256 0001020304050607...\n"},
        {"dns", "issue \"letsencrypt.org; account=1\"\n"},
        {"dns", "yes: 192.0.2.40, leaf 0102030405060708...\n"},
        {"partial", "long hello (TLSv1.2): not tolerated, 256 octets\n"},
        {"partial", "split record (TLSv1.2): unknown; the control was not answered either\n"},
        {"partial", "tolerates 1 other trial\n"},
        {"partial", "TLSv1.2 list of signature schemes: the server takes any list\n"},
    };
    struct text_options options = {.width = 80};
    struct complaint complaint = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *json = read_report(rows[i].report);
        char *text = report_text(json, &options, &complaint);
        assert_non_null(text);
        if (strstr(text, rows[i].want) == NULL)
            fail_msg("%s is not in the view of %s", rows[i].want, rows[i].report);
        free(text);
        free(json);
    }
}

// What is unknown for one reason has one line, and a line each where all is shown.
static void test_one_reason(void **state)
{
    (void)state;
    char *json = read_report("partial");
    json_t *root = json_loads(json, 0, NULL);
    json_t *trials = json_object_get(json_array_get(json_object_get(root, "endpoints"), 0), "intolerance");
    for (size_t i = 0, count = json_array_size(trials); i < count; i++) {
        json_t *row = json_array_get(trials, i);
        if (strcmp(json_string_value(json_object_get(row, "id")), "split_record") != 0)
            continue;
        json_t *other = json_deep_copy(row);
        json_object_set_new(other, "id", json_string("grease_suites"));
        json_array_append_new(trials, other);
    }
    char *twice = json_dumps(root, 0);
    for (unsigned verbose = 0; verbose < 2; verbose++) {
        struct text_options options = {.width = 200, .verbose = verbose != 0};
        struct complaint complaint = {0};
        char *text = report_text(twice, &options, &complaint);
        assert_non_null(text);
        const char *one =
            strstr(text, "  unknown: split record (TLSv1.2), grease suites (TLSv1.2); the control was not "
                         "answered either\n");
        const char *own = strstr(text, "  grease suites (TLSv1.2): unknown; the control was not answered either");
        assert_true((one != NULL) == (verbose == 0) && (own != NULL) == (verbose != 0));
        free(text);
    }
    free(twice);
    free(json);
    json_decref(root);
}

// ... but what was seen belongs to each, and a line is shared where that is the same too.
static void test_one_reason_and_what_was_seen(void **state)
{
    static const struct {
        const char *id;
        int number;
    } rows[] = {{"ticket_resumption", 0}, {"psk_resumption", 0}, {"session_id_resumption", 1}};
    (void)state;
    char *json = read_report("partial");
    json_t *root = json_loads(json, 0, NULL), *list = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:n, s:i, s:s, s:[]}", "id", rows[i].id, "version",
                                        "TLSv1.2", "verdict", "unknown", "reason", "reset", "sentence", "it was reset",
                                        "value", "number", rows[i].number, "unit", "of 2 attempts", "evidence"));
    json_object_set_new(json_array_get(json_object_get(root, "endpoints"), 0), "sessions", list);
    char *changed = json_dumps(root, 0);
    struct text_options options = {.width = 200};
    struct complaint complaint = {0};
    char *text = report_text(changed, &options, &complaint);
    assert_non_null(text);
    assert_non_null(strstr(text,
                           "  unknown: ticket resumption (TLSv1.2), psk resumption (TLSv1.2); 0 of 2 attempts; it "
                           "was reset\n"));
    assert_non_null(strstr(text, "  session id resumption (TLSv1.2): unknown, 1 of 2 attempts; it was reset\n"));
    free(text);
    free(changed);
    free(json);
    json_decref(root);
}

// Where a report has nothing of a section, the view does not name it.
static void test_empty_sections(void **state)
{
    static const char *const titles[] = {
        "Groups",    "Signature schemes", "Post-quantum", "Key exchange",          "Extensions",  "Sessions",
        "Downgrade", "Renegotiation",     "Behaviours",   "Client authentication", "Intolerance", "Connections of"};
    struct complaint complaint = {0};
    (void)state;
    for (unsigned verbose = 0; verbose < 2; verbose++) {
        struct text_options options = {.width = 80, .verbose = verbose != 0};
        char *json = read_report("old"), *full = read_report("picture");
        char *text = report_text(json, &options, &complaint), *all = report_text(full, &options, &complaint);
        assert_true(text != NULL && all != NULL);
        for (size_t i = 0; i < COUNT(titles); i++) {
            char line[64];
            snprintf(line, sizeof line, "\n%s", titles[i]);
            assert_null(strstr(text, line));
            if (strcmp(titles[i], "Connections of") != 0 || verbose != 0)
                assert_non_null(strstr(all, line));
        }
        free(text);
        free(all);
        free(json);
        free(full);
    }
}

static void test_quiet_is_one_line(void **state)
{
    static const struct {
        const char *name;
        unsigned want_lines;
    } rows[] = {{"modern", 2}, {"old", 1}, {"unresolved", 1}, {"partial", 1}, {"picture", 1}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text_options options = {.width = 60, .quiet = true};
        struct complaint complaint = {0};
        char *json = read_report(rows[i].name);
        char *text = report_text(json, &options, &complaint);
        assert_non_null(text);
        assert_int_equal(check_view(text, rows[i].name, &options), rows[i].want_lines);
        free(text);
        free(json);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *name, *json;
    } rows[] = {
        {"empty", ""},
        {"not JSON", "Hello\033[31m"},
        {"a number", "1"},
        {"a list", "[]"},
        {"an empty object", "{}"},
        {"another schema", "{\"schema\": \"shakedown-report/2\", \"target\": {}, \"endpoints\": []}"},
        {"schema is a number", "{\"schema\": 1, \"target\": {}, \"endpoints\": []}"},
        {"no target", "{\"schema\": \"shakedown-report/1\", \"endpoints\": []}"},
        {"endpoints is an object", "{\"schema\": \"shakedown-report/1\", \"target\": {}, \"endpoints\": {}}"},
        {"something behind it", "{\"schema\": \"shakedown-report/1\", \"target\": {}, \"endpoints\": []} {}"},
        {"not UTF-8", "{\"schema\": \"shakedown-report/1\", \"target\": {\"host\": \"\xFF\"}, \"endpoints\": []}"},
    };
    struct text_options options = {.width = 80};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (render(rows[i].json, rows[i].name, &options))
            fail_msg("%s was taken for a report", rows[i].name);
    assert_true(render("{\"schema\": \"shakedown-report/1\", \"target\": {}, \"endpoints\": []}", "least", &options));
}

static void test_cut_at_every_octet(void **state)
{
    struct text_options options = {.width = 80, .verbose = true};
    char *json = read_report("two-certificates");
    (void)state;
    for (size_t size = strlen(json) - 1; size-- > 0;) {
        json[size] = '\0';
        assert_false(render(json, "cut", &options));
    }
    free(json);
}

static void test_too_deep_or_long(void **state)
{
    const size_t deep = 1 << 20, size = ((size_t)64 << 20) + 1;
    struct text_options options = {.width = 80};
    char *text = malloc(size + 1);
    (void)state;
    assert_non_null(text);
    memset(text, '[', deep);
    text[deep] = '\0';
    assert_false(render(text, "deep", &options));
    memset(text, ' ', size);
    text[size] = '\0';
    assert_false(render(text, "long", &options));
    free(text);
}

// Each value of a report in turn becomes one of another type.
static const char *const strangers[] = {
    "null",
    "true",
    "-9223372036854775808",
    "1e300",
    "\"\\u001b[31m\\u202e\\u009b\\u0007\\\\ \\uFFFF\"",
    "\"\"",
    "[]",
    "{}",
    "[[], {}, null, 7, \"x\", [\"y\"]]",
    "{\"verdict\": [], \"version\": {}, \"chain\": 4, \"evidence\": [5, null]}",
};

static unsigned refused;

static void try_forged(json_t *root)
{
    static const struct text_options options = {.width = 72, .color = true, .verbose = true};
    static const struct text_options quiet = {.width = 50, .quiet = true};
    char *json = json_dumps(root, JSON_COMPACT);
    assert_non_null(json);
    refused += !render(json, "forged", &options);
    render(json, "forged", &quiet);
    free(json);
}

// A report is written and read for each of its members, so a short one saves most of the time.
static void shorten(json_t *value)
{
    while (json_array_size(value) > ALIKE)
        json_array_remove(value, ALIKE);
    for (size_t i = 0; i < json_array_size(value); i++)
        shorten(json_array_get(value, i));
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at))
        shorten(json_object_iter_value(at));
}

static void test_forged(void **state)
{
    static const char *const forged[] = {"two-certificates", "unresolved", "hostile", "picture", "dns"};
    static const struct forger forger = {strangers, COUNT(strangers), ALIKE, try_forged};
    (void)state;
    for (size_t i = 0; i < COUNT(forged); i++) {
        char *json = read_report(forged[i]);
        json_t *root = json_loads(json, 0, NULL);
        assert_non_null(root);
        shorten(root);
        refused = 0;
        assert_in_range(forge(&forger, root), 200, 100000);
        // Only schema, target and endpoints can make it no report: none of the strangers for schema
        // is right, one kind for target and two for endpoints are.
        assert_in_range(refused, COUNT(strangers), 3 * COUNT(strangers));
        json_decref(root);
        free(json);
    }
}

// What is known of a character's width, and what is not.
static void test_columns(void **state)
{
    static const struct {
        const char *text;
        unsigned want;
    } rows[] = {
        {"", 0},
        {"abc", 3},
        {"b\xC3\xBC"
         "cher",
         6},
        {"\xE6\x97\xA5\xE6\x9C\xAC", 4},
        {"e\xCC\x81", 1},
        {"\xFF", 1},
        {"\xE6\x97", 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (page_columns(rows[i].text) != rows[i].want)
            fail_msg("\"%s\": %u columns", rows[i].text, page_columns(rows[i].text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_nothing_lost),
        cmocka_unit_test(test_one_reason),
        cmocka_unit_test(test_one_reason_and_what_was_seen),
        cmocka_unit_test(test_empty_sections),
        cmocka_unit_test(test_quiet_is_one_line),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_at_every_octet),
        cmocka_unit_test(test_too_deep_or_long),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_columns),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
