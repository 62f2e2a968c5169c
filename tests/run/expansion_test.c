// SPDX-License-Identifier: Apache-2.0
//
// Lines that stand for many targets, and lines that look like it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "run/expansion.h"

static void small_ones(void **state)
{
    static const struct {
        const char *text, *want; // each target and a space
    } rows[] = {
        {"example.com", "example.com "},
        {"example.com:8443", "example.com:8443 "},
        {"example.com:443,8443", "example.com:443 example.com:8443 "},
        {"example.com:80-82", "example.com:80 example.com:81 example.com:82 "},
        {"example.com:82,80-81", "example.com:82 example.com:80 example.com:81 "},
        {"a-b.example", "a-b.example "},
        {"a-b.example:1,2", "a-b.example:1 a-b.example:2 "},
        {"192.0.2.1", "192.0.2.1 "},
        {"192.0.2.1/32", "192.0.2.1:443 "},
        {"192.0.2.8/30", "192.0.2.8:443 192.0.2.9:443 192.0.2.10:443 192.0.2.11:443 "},
        {"192.0.2.10/31", "192.0.2.10:443 192.0.2.11:443 "},
        {"192.0.2.11/31", "192.0.2.10:443 192.0.2.11:443 "},
        {"192.0.2.254/31:443,8443", "192.0.2.254:443 192.0.2.254:8443 192.0.2.255:443 192.0.2.255:8443 "},
        {"255.255.255.254/31", "255.255.255.254:443 255.255.255.255:443 "},
        {"192.0.2.255/32:65534-65535", "192.0.2.255:65534 192.0.2.255:65535 "},
        {"2001:db8::1", "2001:db8::1 "},
        {"[2001:db8::1]:443", "[2001:db8::1]:443 "},
        {"[2001:db8::1]:443,444", "[2001:db8::1]:443 [2001:db8::1]:444 "},
        {"2001:db8::/127", "[2001:db8::]:443 [2001:db8::1]:443 "},
        {"[2001:db8::fffe]:1-2", "[2001:db8::fffe]:1 [2001:db8::fffe]:2 "},
        {"[2001:db8::ff/127]:5", "[2001:db8::fe]:5 [2001:db8::ff]:5 "},
        {"2001:db8:0:0:ffff:ffff:ffff:ffff/128:7", "[2001:db8::ffff:ffff:ffff:ffff]:7 "},
        {"https://example.com/a,b-c/d", "https://example.com/a,b-c/d "},
        {"https://example.com:443/", "https://example.com:443/ "},
        {"example.com:", "example.com: "},
        {"", " "},
        {":", ": "},
        {"a:b:c,d", "a:b:c,d "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expansion expansion;
        struct complaint complaint = {0};
        char found[512] = "";
        const char *target;
        if (!expansion_begin(&expansion, rows[i].text, &complaint))
            fail_msg("'%s' is refused: %s", rows[i].text, complaint.text);
        size_t count = 0;
        for (struct expansion copy = expansion; expansion_next(&copy) != NULL;)
            count++;
        while ((target = expansion_next(&expansion)) != NULL && expansion_left(&expansion) == --count)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", target);
        assert_null(expansion_next(&expansion));
        if (strcmp(found, rows[i].want) != 0)
            fail_msg("'%s' is '%s', not '%s'", rows[i].text, found, rows[i].want);
    }
    (void)state;
}

static void wrong_ones(void **state)
{
    static const struct {
        const char *text, *want; // a part of the sentence
    } rows[] = {
        {"192.0.2.0/7", "16777216 addresses: /8"},
        {"192.0.2.0/33", "from 0 to 32"},
        {"192.0.2.0/", "from 0 to 32"},
        {"192.0.2.0/24/8", "from 0 to 32"},
        {"192.0.2.0/x", "from 0 to 32"},
        {"192.0.2.0/99999999999", "from 0 to 32"},
        {"2001:db8::/103", "16777216 addresses: /104"},
        {"2001:db8::/129", "from 0 to 128"},
        {"example.com/24", "begins with an IPv4 or IPv6 address"},
        {"example.com/", "https://"},
        {"300.0.2.0/24", "begins with"},
        {"example.com:443,", "ports are numbers"},
        {"example.com:,443", "ports are numbers"},
        {"example.com:0-1", "ports are numbers"},
        {"example.com:2-1", "ports are numbers"},
        {"example.com:1-65536", "ports are numbers"},
        {"example.com:1-99999999999999999999", "ports are numbers"},
        {"example.com:1,x", "ports are numbers"},
        {"example.com:1-2-3", "only ','"},
        {"example.com:-1", "ports are numbers"},
        {"192.0.2.0/24:", "ports are numbers"},
        {"192.0.2.0/24:x", "ports are numbers"},
    };
    char many[512] = "example.com:1", host[400];
    for (int i = 0; i < EXPANSION_PORTS; i++)
        strcat(many, ",1");
    memset(host, 'a', sizeof host);
    memcpy(host + sizeof host - 5, ":1,2", 5);
    struct expansion expansion;
    struct complaint complaint = {0};
    assert_false(expansion_begin(&expansion, many, &complaint));
    assert_non_null(strstr(complaint.text, "64 parts"));
    complaint = (struct complaint){0};
    assert_false(expansion_begin(&expansion, host, &complaint));
    assert_non_null(strstr(complaint.text, "253"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        complaint = (struct complaint){0};
        if (expansion_begin(&expansion, rows[i].text, &complaint))
            fail_msg("'%s' is taken", rows[i].text);
        if (strstr(complaint.text, rows[i].want) == NULL)
            fail_msg("'%s': '%s' does not say '%s'", rows[i].text, complaint.text, rows[i].want);
    }
    (void)state;
}

static void large_ones_are_counted_up(void **state)
{
    static const struct {
        const char *text, *last;
        size_t want;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255:443", 1 << 24},
        {"2001:db8::ff00:0/112:1,2", "[2001:db8::ff00:ffff]:2", 1 << 17},
        {"host.example:1-65535", "host.example:65535", 65535},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expansion expansion;
        struct complaint complaint = {0};
        char last[EXPANSION_TEXT] = "";
        size_t count = 0;
        assert_true(expansion_begin(&expansion, rows[i].text, &complaint));
        assert_int_equal(expansion_left(&expansion), rows[i].want);
        for (const char *target; (target = expansion_next(&expansion)) != NULL; count++)
            memcpy(last, target, strlen(target) + 1);
        assert_int_equal(count, rows[i].want);
        assert_string_equal(last, rows[i].last);
    }
    (void)state;
}

static void nothing_to_expand(void **state)
{
    struct expansion none = {0};
    assert_null(expansion_next(&none));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones),
        cmocka_unit_test(wrong_ones),
        cmocka_unit_test(large_ones_are_counted_up),
        cmocka_unit_test(nothing_to_expand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
