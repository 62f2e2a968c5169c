// SPDX-License-Identifier: Apache-2.0
//
// The table of headers by its rules: values as sites send them, and the state each must get.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "wire/http_security.h"

static const struct {
    const char *name, *fields; // of the head
    enum header_state want;
} rows[] = {
    {"X-Content-Type-Options", "", STATE_MISSING},
    {"X-Content-Type-Options", "x-content-type-options: NoSniff\r\n", STATE_GOOD},
    {"X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\nX-Content-Type-Options: nosniff\r\n", STATE_GOOD},
    {"X-Content-Type-Options", "X-Content-Type-Options: sniff\r\n", STATE_BAD},
    {"X-Content-Type-Options", "X-Content-Type-Options:\r\n", STATE_BAD},
    {"X-Content-Type-Options", "X-Content-Type-Options: no\r\n", STATE_BAD},
    {"X-Frame-Options", "X-Frame-Options: sameorigin\r\n", STATE_GOOD},
    {"X-Frame-Options", "X-Frame-Options: ALLOW-FROM https://a.example\r\n", STATE_BAD},
    {"Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy: same-origin; report-to=\"x\"\r\n", STATE_GOOD},
    {"Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy: unsafe-none\r\n", STATE_BAD},
    {"Cross-Origin-Embedder-Policy", "Cross-Origin-Embedder-Policy: credentialless\r\n", STATE_GOOD},
    {"Referrer-Policy", "Referrer-Policy: no-referrer, strict-origin-when-cross-origin\r\n", STATE_GOOD},
    {"Referrer-Policy", "Referrer-Policy: no-referrer, unsafe-url\r\n", STATE_BAD},
    {"Referrer-Policy", "Referrer-Policy: no-referrer, of-the-future\r\n", STATE_GOOD},
    {"Referrer-Policy", "Referrer-Policy: of-the-future\r\n", STATE_BAD},
    {"Permissions-Policy", "Permissions-Policy: camera=()\r\n", STATE_GOOD},
    {"Permissions-Policy", "", STATE_MISSING},
    {"Public-Key-Pins", "", STATE_ABSENT},
    {"Public-Key-Pins", "Public-Key-Pins: max-age=1\r\n", STATE_BAD},
    {"X-XSS-Protection", "X-XSS-Protection: 0\r\n", STATE_GOOD},
    {"X-XSS-Protection", "X-XSS-Protection: 1; mode=block\r\n", STATE_BAD},
    {"X-XSS-Protection", "", STATE_ABSENT},
    {"Server", "Server: nginx\r\n", STATE_GOOD},
    {"Server", "Server: nginx/1.22.1\r\n", STATE_BAD},
    {"Server", "Server: Apache/\r\n", STATE_GOOD},
    {"Cache-Control", "Cache-Control: no-store\r\n", STATE_TOLD},
    {"Set-Cookie", "Set-Cookie: a=b\r\n", STATE_TOLD},
    {"Access-Control-Allow-Origin", "", STATE_ABSENT},
    {"Access-Control-Allow-Origin", "Access-Control-Allow-Origin: *\r\n", STATE_GOOD},
    {"Access-Control-Allow-Origin", "Access-Control-Allow-Origin: null\r\n", STATE_BAD},
    {"Access-Control-Allow-Origin", "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n",
     STATE_BAD},
    {"Content-Security-Policy", "", STATE_MISSING},
    {"Content-Security-Policy", "Content-Security-Policy: default-src 'self'\r\n", STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: default-src *; script-src 'self' cdn.example\r\n",
     STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src 'self'; script-src *\r\n", STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src *; script-src 'self'\r\n", STATE_BAD},
    {"Content-Security-Policy", "Content-Security-Policy: default-src 'self'; script-src 'self' 'unsafe-inline'\r\n",
     STATE_BAD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src 'nonce-abc' 'unsafe-inline'\r\n", STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src 'nonce-abc' 'unsafe-inline' https:\r\n",
     STATE_BAD},
    {"Content-Security-Policy",
     "Content-Security-Policy: script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline' https:\r\n", STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src 'self' 'unsafe-eval'\r\n", STATE_BAD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src data:\r\n", STATE_BAD},
    {"Content-Security-Policy", "Content-Security-Policy: script-src\r\n", STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: upgrade-insecure-requests\r\n", STATE_BAD},
    {"Content-Security-Policy",
     "Content-Security-Policy: frame-ancestors 'none'\r\nContent-Security-Policy: default-src 'none'\r\n", STATE_GOOD},
    {"Content-Security-Policy", "Content-Security-Policy: ;;, ;\r\n", STATE_BAD},
};

static const struct security_header *find(const char *name)
{
    for (size_t i = 0; i < security_header_count(); i++)
        if (strcmp(security_header_at(i)->name, name) == 0)
            return security_header_at(i);
    fail_msg("no header %s", name);
    return NULL;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct http_head head;
        struct bytes value;
        print_message("%s / %s", rows[i].name, rows[i].fields);
        const char *text = arena_text(&arena, "HTTP/1.1 200 OK\r\n%s\r\n", rows[i].fields);
        assert_int_equal(http_head_read(bytes_of_text(text), &head), HTTP_WHOLE);
        assert_int_equal(security_header_judge(&arena, find(rows[i].name), &head, &value), rows[i].want);
        assert_int_equal(value.data != NULL, rows[i].fields[0] != '\0');
        arena_release(&arena);
    }
}

static void test_table(void **state)
{
    (void)state;
    assert_true(security_header_count() >= 40);
    for (size_t i = 0; i < security_header_count(); i++) {
        const struct security_header *header = security_header_at(i);
        bool listed =
            header->rule == HEADER_ONE_OF || header->rule == HEADER_LAST_OF || header->rule == HEADER_ABSENT_OR;
        assert_int_equal(header->good[0] != '\0', listed);
        assert_int_equal(header->wanted[0] == '\0', header->rule == HEADER_TOLD);
        assert_true(i == 0 || strcasecmp(security_header_at(i - 1)->name, header->name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
