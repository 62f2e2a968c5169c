// SPDX-License-Identifier: Apache-2.0
//
// Set-Cookie fields as servers write them; what a browser would refuse; and that no value stays in a head.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "wire/cookie.h"
#include "wire/http.h"

static const struct {
    const char *value, *want_name;
    bool want_secure, want_http_only;
    enum same_site want_site;
    const char *want_faults; // separated by spaces
} rows[] = {
    {"id=abc", "id", false, false, SAME_SITE_UNSAID, ""},
    {"id=abc; Secure; HttpOnly; SameSite=Lax", "id", true, true, SAME_SITE_LAX, ""},
    {"id=abc;secure;httponly;samesite=STRICT", "id", true, true, SAME_SITE_STRICT, ""},
    {" id = a=b=c ; Secure=yes", "id", true, false, SAME_SITE_UNSAID, ""},
    {"id=\"a;b\"; Secure", "id", true, false, SAME_SITE_UNSAID, ""}, // quotes mean nothing here
    {"id=; Path=/", "id", false, false, SAME_SITE_UNSAID, ""},
    {"=abc; Secure", "", true, false, SAME_SITE_UNSAID, ""},
    {"abc; Secure", "", true, false, SAME_SITE_UNSAID, ""},
    {"", "", false, false, SAME_SITE_UNSAID, ""},
    {";;;", "", false, false, SAME_SITE_UNSAID, ""},
    {"id=a; SameSite=None; Secure", "id", true, false, SAME_SITE_NONE, ""},
    {"id=a; SameSite=None", "id", false, false, SAME_SITE_NONE, "same_site_none_not_secure"},
    {"id=a; SameSite=Sometimes", "id", false, false, SAME_SITE_OTHER, ""},
    {"id=a; SameSite=Lax; SameSite=None; Secure", "id", true, false, SAME_SITE_NONE, ""},
    {"id=a; Partitioned", "id", false, false, SAME_SITE_UNSAID, "partitioned_not_secure"},
    {"id=a; Partitioned; Secure", "id", true, false, SAME_SITE_UNSAID, ""},
    {"__Secure-id=a; Secure", "__Secure-id", true, false, SAME_SITE_UNSAID, ""},
    {"__Secure-id=a", "__Secure-id", false, false, SAME_SITE_UNSAID, "secure_prefix"},
    {"__secure-id=a", "__secure-id", false, false, SAME_SITE_UNSAID, "secure_prefix"},
    {"__Host-id=a; Secure; Path=/", "__Host-id", true, false, SAME_SITE_UNSAID, ""},
    {"__Host-id=a; Secure; Path=/; Domain=", "__Host-id", true, false, SAME_SITE_UNSAID, ""},
    {"__Host-id=a; Secure", "__Host-id", true, false, SAME_SITE_UNSAID, "host_prefix"},
    {"__Host-id=a; Secure; Path=/x", "__Host-id", true, false, SAME_SITE_UNSAID, "host_prefix"},
    {"__Host-id=a; Secure; Path=/; Path=/x", "__Host-id", true, false, SAME_SITE_UNSAID, "host_prefix"},
    {"__Host-id=a; Secure; Path=/; Domain=example.com", "__Host-id", true, false, SAME_SITE_UNSAID, "host_prefix"},
    {"__HOST-id=a; Path=/", "__HOST-id", false, false, SAME_SITE_UNSAID, "host_prefix"},
    {"i\x1b[0md=a; SameSite=none", "i\x1b[0md", false, false, SAME_SITE_NONE, "same_site_none_not_secure malformed"},
};

static const char *joined(struct arena *arena, const struct cookie *cookie)
{
    const char *fault[COOKIE_FAULTS], *text = "";
    cookie_faults(cookie, fault);
    for (size_t i = 0; i < COOKIE_FAULTS && fault[i] != NULL; i++)
        text = arena_text(arena, "%s%s%s", text, i == 0 ? "" : " ", fault[i]);
    return text;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct cookie cookie;
        print_message("%s\n", rows[i].value);
        cookie_read(bytes_of_text(rows[i].value), &cookie);
        assert_string_equal(arena_string(&arena, cookie.name), rows[i].want_name);
        assert_int_equal(cookie.secure, rows[i].want_secure);
        assert_int_equal(cookie.http_only, rows[i].want_http_only);
        assert_int_equal(cookie.same_site, rows[i].want_site);
        assert_string_equal(joined(&arena, &cookie), rows[i].want_faults);
        for (size_t cut = 0; cut < strlen(rows[i].value); cut++) {
            struct bytes piece = arena_copy(&arena, (struct bytes){(const uint8_t *)rows[i].value, cut});
            cookie_read(piece, &cookie);
            assert_true(cookie.name.size <= cut);
        }
        arena_release(&arena);
    }
}

static const struct {
    const char *head, *want;
} heads[] = {
    {"HTTP/1.1 200 OK\r\nServer: x=y; z\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: x=y; z\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nSet-Cookie: id=SECRET; Secure\r\nA: b\r\n\r\n",
     "HTTP/1.1 200 OK\r\nSet-Cookie: id=; Secure\r\nA: b\r\n\r\n"},
    {"HTTP/1.1 200 OK\nset-cookie:id=SECRET\n\n", "HTTP/1.1 200 OK\nset-cookie:id=\n\n"},
    {"HTTP/1.1 200 OK\r\nSET-COOKIE:   id=SECRET=x=SECRET;Path=/\r\n\r\n",
     "HTTP/1.1 200 OK\r\nSET-COOKIE:   id=;Path=/\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nSet-Cookie:SECRET\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie:\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nSet-Cookie: SECRET; Secure\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie:; Secure\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nSet-Cookie: a=\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie: a=\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nSet-Cookie:\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie:\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nSet-Cookie: a=SECRET;\r\n  SECRET\r\n\tSECRET\r\nB: c\r\n\r\n",
     "HTTP/1.1 200 OK\r\nSet-Cookie: a=;\r\nB: c\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nX: y\r\n  folded\r\nSet-Cookie: a=SECRET\r\n\r\n",
     "HTTP/1.1 200 OK\r\nX: y\r\n  folded\r\nSet-Cookie: a=\r\n\r\n"},
    {"", ""},
};

static void test_removed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct arena arena = {0};
        const char *text = arena_string(&arena, cookies_removed(&arena, bytes_of_text(heads[i].head)));
        assert_string_equal(text, heads[i].want);
        assert_null(strstr(text, "SECRET"));
        for (size_t cut = 0; cut < strlen(heads[i].head); cut++)
            cookies_removed(&arena, arena_copy(&arena, (struct bytes){(const uint8_t *)heads[i].head, cut}));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_removed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
