// SPDX-License-Identifier: Apache-2.0
//
// How a queue is named, and what a target is called in it. What happens in it is held against a real server
// (tests/cli/queue.py).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/queue.h"
#include "run/queue_url.h"
#include "run/target.h"

#define TEN "0123456789"
#define N64 TEN TEN TEN TEN TEN TEN "abcd"

// --- URLs ------------------------------------------------------------------------------------------

static const struct good {
    const char *text, *want_host, *want_user, *want_password, *want_name;
    uint16_t want_port;
    unsigned want_lease_ms, want_jobs, want_results;
    bool want_tls;
} good[] = {
    {"redis://localhost/audit", "localhost", "", "", "audit", 6379, 60000, 100000, 10000, false},
    {"redis://10.0.0.1:7000/A.b_c-9", "10.0.0.1", "", "", "A.b_c-9", 7000, 60000, 100000, 10000, false},
    {"redis://[::1]/a", "::1", "", "", "a", 6379, 60000, 100000, 10000, false},
    {"redis://[2001:db8::1]:1/a", "2001:db8::1", "", "", "a", 1, 60000, 100000, 10000, false},
    {"redis://h/" N64, "h", "", "", N64, 6379, 60000, 100000, 10000, false},
    {"redis://:secret@h/a", "h", "", "secret", "a", 6379, 60000, 100000, 10000, false},
    {"redis://me@h/a", "h", "me", "", "a", 6379, 60000, 100000, 10000, false},
    {"redis://me:se%20c%2Fr%3a@h:65535/a", "h", "me", "se c/r:", "a", 65535, 60000, 100000, 10000, false},
    {"redis://me:a:b@c/d@h/a", "h", "me", "a:b@c/d", "a", 6379, 60000, 100000, 10000, false},
    {"redis://h/a?lease=1&jobs=2&results=3", "h", "", "", "a", 6379, 1000, 2, 3, false},
    {"redis://h/a?lease=86400", "h", "", "", "a", 6379, 86400000, 100000, 10000, false},
    {"rediss://h/a?ca=/x/y%20z&cert=c&key=k", "h", "", "", "a", 6379, 60000, 100000, 10000, true},
};

static void parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct good *row = &good[i];
        struct queue_url url;
        struct complaint complaint = {0};
        print_message("%s\n", row->text);
        if (!queue_url_parse(row->text, &url, &complaint))
            fail_msg("refused: %s", complaint.text);
        assert_string_equal(url.host, row->want_host);
        assert_string_equal(url.user, row->want_user);
        assert_string_equal(url.password, row->want_password);
        assert_string_equal(url.name, row->want_name);
        assert_int_equal(url.port, row->want_port);
        assert_int_equal(url.lease_ms, row->want_lease_ms);
        assert_int_equal(url.jobs, row->want_jobs);
        assert_int_equal(url.results, row->want_results);
        assert_int_equal(url.tls, row->want_tls);
    }
    struct queue_url url;
    assert_true(queue_url_parse("rediss://h/a?ca=/x/y%20z&cert=c&key=k", &url, &(struct complaint){0}));
    assert_string_equal(url.ca, "/x/y z");
    assert_string_equal(url.cert, "c");
    assert_string_equal(url.key, "k");
}

static const struct bad {
    const char *text, *want; // a part of the sentence
} bad[] = {
    {"", "redis://HOST"},
    {"localhost", "redis://HOST"},
    {"http://h/a", "redis://HOST"},
    {"redis:/h/a", "redis://HOST"},
    {"redis://", "no host"},
    {"redis:///a", "no host"},
    {"redis://u:p@/a", "no host"},
    {"redis://:6379/a", "no host"},
    {"redis://[]/a", "no host"},
    {"redis://[::1/a", "no host"},
    {"redis://[::1]6379/a", "port"},
    {"redis://h:/a", "port"},
    {"redis://h:0/a", "port"},
    {"redis://h:65536/a", "port"},
    {"redis://h:99999999999999999999/a", "port"},
    {"redis://h:x/a", "port"},
    {"redis://h", "its name"},
    {"redis://h/", "its name"},
    {"redis://h/a/b", "its name"},
    {"redis://h/a{b}", "its name"},
    {"redis://h/" N64 "e", "its name"},
    {"redis://h?lease=1", "its name"},
    {"redis://u:%2@h/a", "malformed"},
    {"redis://u:%zz@h/a", "malformed"},
    {"redis://u:%00@h/a", "malformed"},
    {"redis://h/a?lease=0", "lease"},
    {"redis://h/a?lease=1.5", "lease"},
    {"redis://h/a?lease", "lease"},
    {"redis://h/a?jobs=-1", "jobs"},
    {"redis://h/a?results=", "results"},
    {"redis://h/a?ca=x", "rediss://"},
    {"rediss://h/a?ca=", "a file"},
    {"rediss://h/a?cert=x", "together"},
    {"rediss://h/a?key=x", "together"},
    {"redis://h/a?colour=red", "settings"},
    {"redis://h/a?", "settings"},
    {"redis://h/a?&", "settings"},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct queue_url url;
        struct complaint complaint = {0};
        print_message("%s\n", bad[i].text);
        assert_false(queue_url_parse(bad[i].text, &url, &complaint));
        assert_non_null(strstr(complaint.text, bad[i].want));
    }
}

// Cut anywhere a URL is good or not, but it is never read beyond its end.
static void is_read_to_its_end(void **state)
{
    (void)state;
    static const char whole[] = "rediss://me:se%20cret@[2001:db8::1]:6380/name?lease=5&ca=%2fx&jobs=7";
    for (size_t size = 0; size < sizeof whole; size++) {
        char *text = malloc(size + 1);
        struct queue_url url;
        struct complaint complaint = {0};
        memcpy(text, whole, size);
        text[size] = '\0';
        print_message("%s\n", text);
        bool whole_yet = queue_url_parse(text, &url, &complaint);
        assert_int_equal(whole_yet, complaint.text[0] == '\0');
        assert_null(strstr(complaint.text, "cret"));
        free(text);
    }
}

static void passwords_stand_elsewhere(void **state)
{
    (void)state;
    struct queue_url url;
    struct complaint complaint = {0};
    assert_true(queue_url_parse("redis://h/a", &url, &complaint));
    setenv("SHAKEDOWN_TEST", "open sesame", 1);
    assert_true(queue_url_password("env:SHAKEDOWN_TEST", &url, &complaint));
    assert_string_equal(url.password, "open sesame");
    assert_false(queue_url_password("env:SHAKEDOWN_TEST", &url, &complaint));
    assert_non_null(strstr(complaint.text, "already"));
    static const char *const places[] = {
        "open sesame", "env:", "file:", "env:SHAKEDOWN_ABSENT", "file:/dev/null", "file:/absent/file"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        url.password[0] = complaint.text[0] = '\0';
        assert_false(queue_url_password(places[i], &url, &complaint));
        assert_null(strstr(complaint.text, "sesame"));
    }
}

// --- targets ---------------------------------------------------------------------------------------

static const struct named {
    const char *text, *want_id, *want_target;
} named[] = {
    {"example.com", "e1af24a6dc2c8b9f78542df9b6e9e868", "example.com"},
    {"EXAMPLE.com:443", NULL, "EXAMPLE.com:443"},
    {"https://example.com/a?\"b", NULL, "example.com:443"},
    {"example.com:8443", "", "example.com:8443"},
    {"b\u00fccher.example", "", "xn--bcher-kva.example:443"},
    {"[2001:db8::1]:8443", "", "[2001:db8::1]:8443"},
    {"https://[2001:DB8::1]/", "", "[2001:db8::1]:443"},
};

static void targets_have_one_name(void **state)
{
    (void)state;
    char first[QUEUE_ID + 1] = "";
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        struct arena arena = {0};
        struct target target;
        char id[QUEUE_ID + 1];
        print_message("%s\n", named[i].text);
        assert_true(target_parse(&arena, named[i].text, &target, &(struct complaint){0}));
        queue_id(&target, id);
        assert_int_equal(strlen(id), QUEUE_ID);
        if (i == 0) {
            assert_string_equal(id, named[i].want_id); // the same on every machine, and in every version
            strcpy(first, id);
        }
        assert_int_equal(strcmp(id, first) == 0, i == 0 || named[i].want_id == NULL);
        const char *text = queue_target(&arena, &target);
        assert_string_equal(text, named[i].want_target);
        assert_true(queue_target_is_plain(bytes_of_text(text)));
        arena_release(&arena);
    }
}

static void what_is_plain(void **state)
{
    (void)state;
    static const char *const not [] = {"", "a b", "a/b", "a,b", "a\"b", "a\\b", "\xc3\xbc", "a\n"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        assert_false(queue_target_is_plain(bytes_of_text(not [i])));
    assert_false(queue_target_is_plain((struct bytes){(const uint8_t *)"a\0b", 3}));
    char long_one[QUEUE_PLAIN + 2];
    memset(long_one, 'a', sizeof long_one);
    assert_false(queue_target_is_plain((struct bytes){(const uint8_t *)long_one, QUEUE_PLAIN + 1}));
    assert_true(queue_target_is_plain((struct bytes){(const uint8_t *)long_one, QUEUE_PLAIN}));
}

// --- answers ---------------------------------------------------------------------------------------

// clang-format off
#define TEXT(words) {.kind = REDIS_TEXT, .text = {(const uint8_t *)(words), sizeof(words) - 1}}
#define LIST(array) {.kind = REDIS_LIST, .item = (array), .count = sizeof(array) / sizeof *(array)}
#define NUMBER(value) {.kind = REDIS_NUMBER, .number = (value)}
// clang-format on

// A server can answer anything: what is missing is empty, and nothing is read that is not there.
static void strange_answers_are_empty(void **state)
{
    (void)state;
    static const struct redis_value fields[] = {TEXT("id"), TEXT("x"), TEXT("report")};
    static const struct redis_value entry[] = {TEXT("1-0"), LIST(fields)};
    static const struct redis_value entries[] = {LIST(entry), NUMBER(4)};
    static const struct redis_value items[] = {NUMBER(1), TEXT("2"), NUMBER(3), TEXT("7-0"), LIST(entries)};
    static const struct redis_value answers[] = {{.kind = REDIS_NOTHING}, NUMBER(5), TEXT("x"), LIST(items)};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        bool list = answers[i].kind == REDIS_LIST;
        struct queue queue = {.cursor = "0-0"};
        assert_int_equal(queue_entry_count(&answers[i]), list ? 2 : 0);
        assert_int_equal(queue_state_of(&answers[i]).writers, list ? 3 : 0);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(queue_entry_at(&answers[i], k).text.size, 0);
        queue_keep_cursor(&queue, &answers[i]);
        assert_string_equal(queue.cursor, list ? "7-0" : "0-0");
    }
    assert_int_equal(queue_entry_at(&answers[3], 0).id.size, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses),
        cmocka_unit_test(is_read_to_its_end),
        cmocka_unit_test(passwords_stand_elsewhere),
        cmocka_unit_test(targets_have_one_name),
        cmocka_unit_test(what_is_plain),
        cmocka_unit_test(strange_answers_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
