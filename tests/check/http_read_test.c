// SPDX-License-Identifier: Apache-2.0
//
// From heads to facts: where redirections lead, what is compressed, which other ways there are, and heads cut anywhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "check/http_read.h"

static const struct {
    const char *location;
    bool want_https, want_same;
} locations[] = {
    {"https://example.com/", true, true},
    {"HTTPS://EXAMPLE.com", true, true},
    {"https://example.com:8443/x", true, true},
    {"https://user@example.com/", true, true},
    {"https://example.com@evil.example/", true, false},
    {"https://example.com.evil.example/", true, false},
    {"https://example.co", true, false},
    {"https://example.com\\.evil.example/", true, true}, // browsers read the backslash as a slash
    {"https://www.example.com/", true, false},
    {"http://example.com/", false, true},
    {"http://example.com?https://x", false, true},
    {"//example.com/x", true, true},
    {"//other.example/x", true, false},
    {"/login", true, true},
    {"login:x", false, false},
    {"login?to=a:b", true, true},
    {"", true, true},
    {"?x", true, true},
    {"mailto:a@b", false, false},
    {"javascript:alert(1)", false, false},
    {"https://[2001:db8::1]/", true, false},
    {"https://[", true, false},
    {"https://", true, false},
    {"https:", true, true},
};

static void test_locations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
        struct arena arena = {0};
        struct http_redirect_fact found;
        print_message("%s\n", locations[i].location);
        http_read_location(&arena, bytes_of_text(locations[i].location), "example.com", &found);
        assert_int_equal(found.https, locations[i].want_https);
        assert_int_equal(found.same_host, locations[i].want_same);
        for (size_t cut = 0; cut < strlen(locations[i].location); cut++) {
            struct bytes piece = {(const uint8_t *)locations[i].location, cut};
            http_read_location(&arena, arena_copy(&arena, piece), "example.com", &found);
        }
        arena_release(&arena);
    }
    struct arena arena = {0};
    struct http_redirect_fact found;
    http_read_location(&arena, bytes_of_text("https://[2001:db8::1]:443/"), "2001:db8::1", &found);
    assert_true(found.same_host);
    arena_release(&arena);
}

static struct http_fact read_head(struct arena *arena, const char *fields, unsigned status, bool was_get)
{
    struct http_head *head = arena_alloc(arena, sizeof *head);
    struct http_fact http = {0};
    const char *text = arena_text(arena, "HTTP/1.1 %u Fine\r\n%s\r\n", status, fields);
    assert_int_equal(http_head_read(bytes_of_text(text), head), HTTP_WHOLE);
    http_read(arena, head, "example.com", was_get, &http);
    return http;
}

static const struct {
    const char *fields;
    unsigned status;
    bool was_get;
    enum verdict want;
} encodings[] = {
    {"Content-Encoding: gzip\r\n", 200, false, VERDICT_YES},
    {"content-encoding: br\r\n", 404, true, VERDICT_YES},
    {"Content-Encoding: identity\r\n", 200, true, VERDICT_NO},
    {"", 200, true, VERDICT_NO},
    {"", 200, false, VERDICT_UNKNOWN},
    {"", 301, true, VERDICT_UNKNOWN},
};

static void test_compression(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        struct arena arena = {0};
        struct http_fact http = read_head(&arena, encodings[i].fields, encodings[i].status, encodings[i].was_get);
        assert_int_equal(http.compression.verdict, encodings[i].want);
        arena_release(&arena);
    }
}

static const struct {
    const char *value, *want; // protocols, each followed by a space
} alternatives[] = {
    {"h3=\":443\"; ma=86400", "h3 "},
    {"h3=\":443\", h3-29=\"alt.example:443\"; ma=1; persist=1,h2=\":8443\"", "h3 h3-29 h2 "},
    {"h2=\"a,b=c\", h3=\":1\"", "h2 h3 "},
    {"clear", ""},
    {"", ""},
    {"=", " "},
    {",,,", ""},
    {"h3=\"", "h3 "},
};

static void test_alternatives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof alternatives / sizeof *alternatives; i++) {
        struct arena arena = {0};
        const char *text = "";
        struct http_fact http =
            read_head(&arena, arena_text(&arena, "Alt-Svc: %s\r\n", alternatives[i].value), 200, false);
        for (size_t k = 0; k < http.alternatives.count; k++)
            text = arena_text(&arena, "%s%s ", text, http.alternatives.text[k]);
        assert_string_equal(text, alternatives[i].want);
        arena_release(&arena);
    }
}

static const struct {
    const char *fields, *want_reason; // NULL: yes
    uint64_t want_max_age;
} policies[] = {
    {"", "missing", 0},
    {"Strict-Transport-Security: max-age=5\r\n", NULL, 5},
    {"strict-transport-security: max-age=0\r\n", "max_age_zero", 0},
    {"Strict-Transport-Security: max-age=5\r\nStrict-Transport-Security: max-age=0\r\n", NULL, 5},
    {"Strict-Transport-Security: bogus\r\nStrict-Transport-Security: max-age=5\r\n", "no_max_age", 0},
    {"Strict-Transport-Security: max-age=5; max-age=5\r\n", "repeated_directive", 5},
    {"Strict-Transport-Security: max-age=5, max-age=6\r\n", "bad_syntax", 5},
};

static void test_hsts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct arena arena = {0};
        struct hsts_fact hsts = read_head(&arena, policies[i].fields, 200, false).hsts;
        assert_int_equal(hsts.fact.verdict, policies[i].want_reason == NULL ? VERDICT_YES : VERDICT_NO);
        if (policies[i].want_reason != NULL)
            assert_string_equal(hsts.fact.reason, policies[i].want_reason);
        assert_int_equal(hsts.max_age, policies[i].want_max_age);
        arena_release(&arena);
    }
}

// A head that is cut is read as if it ended there, for it may: nothing is read beyond it.
static void test_cut(void **state)
{
    (void)state;
    static const char text[] =
        "HTTP/1.1 302 Found\r\nLocation: https://[::1]:1/\r\nSet-Cookie: __Host-a=; Secure; Path=/\r\n"
        "Strict-Transport-Security: max-age=\"1\"; x=\"\\\"\"\r\nAlt-Svc: h3=\":1\", h2=\"\r\n"
        "Content-Security-Policy: script-src 'nonce-a' 'strict-dynamic' https:, default-src\r\n\r\n";
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct arena arena = {0};
        struct http_head head;
        struct http_fact http = {0};
        char *copy = test_malloc(cut + 3);
        memcpy(copy, text, cut);
        memcpy(copy + cut, "\n\n", 2);
        copy[cut + 2] = '\0';
        if (http_head_read((struct bytes){(const uint8_t *)copy, cut + 2}, &head) == HTTP_WHOLE)
            http_read(&arena, &head, "::1", false, &http);
        test_free(copy);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locations), cmocka_unit_test(test_compression), cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_hsts),      cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
