// SPDX-License-Identifier: Apache-2.0
//
// Responses of HTTP, whole, in two pieces at every place, and octet by octet: always the same is read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "wire/http.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *name, *octets;
    bool bodiless;
    enum http_state want;
    unsigned want_status; // 0: no head
    const char *want_body;
    bool want_stream;
} responses[] = {
    {"a length", OK "Content-Length: 3\r\n\r\nabc", false, HTTP_DONE, 200, "abc", false},
    {"a length in small letters", OK "content-length:3\r\n\r\nabc", false, HTTP_DONE, 200, "abc", false},
    {"no reason", "HTTP/1.0 404\r\nContent-Length: 0\r\n\r\n", false, HTTP_DONE, 404, "", false},
    {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", false, HTTP_DONE, 200, "a", false},
    {"more than its length", OK "Content-Length: 1\r\n\r\nabc", false, HTTP_DONE, 200, "a", false},
    {"less than its length", OK "Content-Length: 5\r\n\r\nabc", false, HTTP_READING, 200, "abc", false},
    {"until the end", OK "\r\nabc", false, HTTP_READING, 200, "abc", true},
    {"HEAD", OK "Content-Length: 3\r\n\r\n", true, HTTP_DONE, 200, "", false},
    {"no content", "HTTP/1.1 204 No\r\n\r\nabc", false, HTTP_DONE, 204, "", false},
    {"the same length twice", OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", false, HTTP_DONE, 200, "a", false},
    {"two lengths", OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\na", false, HTTP_BROKEN, 200, "", false},
    {"a length that is none", OK "Content-Length: -1\r\n\r\na", false, HTTP_BROKEN, 200, "", false},
    {"a length past 64 bits", OK "Content-Length: 99999999999999999999\r\n\r\na", false, HTTP_BROKEN, 200, "", false},
    {"chunks", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: v\r\n\r\n", false, HTTP_DONE, 200,
     "abc", false},
    {"chunks win over a length",
     OK "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", false, HTTP_DONE, 200,
     "0123456789", false},
    {"another coding", OK "Content-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\nabc", false, HTTP_READING, 200, "abc",
     true},
    {"a chunk without size", OK "Transfer-Encoding: chunked\r\n\r\n\r\n", false, HTTP_BROKEN, 200, "", false},
    {"a chunk's size of letters", OK "Transfer-Encoding: chunked\r\n\r\nxy\r\n", false, HTTP_BROKEN, 200, "", false},
    {"a chunk's size past all", OK "Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n", false, HTTP_BROKEN, 200, "",
     false},
    {"a chunk that goes on", OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", false, HTTP_BROKEN, 200, "a", false},
    {"over the limit", OK "Content-Length: 99\r\n\r\n0123456789abcdefg", false, HTTP_TOO_LONG, 200, "0123456789abcdef",
     false},
    {"over the limit in chunks", OK "Transfer-Encoding: chunked\r\n\r\n11\r\n0123456789abcdefg", false, HTTP_TOO_LONG,
     200, "0123456789abcdef", false},
    {"just the limit", OK "Content-Length: 16\r\n\r\n0123456789abcdef", false, HTTP_DONE, 200, "0123456789abcdef",
     false},
    {"an interim response", "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 1\r\n\r\na", false, HTTP_DONE,
     200, "a", false},
    {"a line that goes on", OK "X: a\r\n b\r\nContent-Length: 1\r\n\r\na", false, HTTP_DONE, 200, "a", false},
    {"no head", OK "Content-Length: 1\r\n", false, HTTP_READING, 0, "", false},
    {"another protocol", "220 mail.example ESMTP\r\n", false, HTTP_STRANGE, 0, "", false},
    {"an alert of TLS", "\x15\x03\x01", false, HTTP_STRANGE, 0, "", false},
    {"HTTP/2", "HTTP/2 200\r\n\r\n", false, HTTP_STRANGE, 0, "", false},
    {"a status of letters", "HTTP/1.1 abc\r\n\r\n", false, HTTP_BROKEN, 0, "", false},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", false, HTTP_BROKEN, 0, "", false},
    {"a field without colon", OK "what\r\n\r\n", false, HTTP_BROKEN, 0, "", false},
    {"a space before the colon", OK "Content-Length : 1\r\n\r\na", false, HTTP_BROKEN, 0, "", false},
    {"a line that goes on from none", OK " b\r\n\r\n", false, HTTP_BROKEN, 0, "", false},
};

enum { LIMIT = 16 };

static void assert_read(size_t row, struct arena *arena, size_t first, size_t piece)
{
    struct http_reader reader;
    struct bytes octets = bytes_of_text(responses[row].octets);
    http_begin(&reader, arena, LIMIT, responses[row].bodiless);
    for (size_t at = 0, size = first; at < octets.size; at += size, size = piece) {
        size = size < octets.size - at ? size : octets.size - at;
        http_feed(&reader, (struct bytes){octets.data + at, size});
    }
    assert_int_equal(reader.state, responses[row].want);
    assert_int_equal(reader.headed, responses[row].want_status != 0);
    assert_int_equal(reader.ends_with_stream, responses[row].want_stream);
    assert_string_equal(arena_string(arena, builder_bytes(&reader.body)), responses[row].want_body);
    if (!reader.headed)
        return;
    struct http_head head;
    assert_int_equal(http_head_read(reader.head, &head), HTTP_WHOLE);
    assert_int_equal(head.status, responses[row].want_status);
    assert_int_equal(head.octets.size, reader.head.size);
}

static void test_responses(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof responses / sizeof *responses; row++) {
        struct arena arena = {0};
        size_t size = strlen(responses[row].octets);
        print_message("%s\n", responses[row].name);
        assert_read(row, &arena, 1, 1);
        for (size_t cut = 1; cut <= size; cut++)
            assert_read(row, &arena, cut, size);
        arena_release(&arena);
    }
}

static void test_fields(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct http_head head;
    const char *octets = OK "Server: \t a b \t\r\nEmpty:\r\nserver: second\r\n\r\nbody";
    assert_int_equal(http_head_read(bytes_of_text(octets), &head), HTTP_WHOLE);
    assert_int_equal(head.count, 3);
    assert_string_equal(arena_string(&arena, head.reason), "OK");
    assert_string_equal(arena_string(&arena, http_value(&head, "SERVER")), "a b");
    assert_non_null(http_value(&head, "empty").data);
    assert_int_equal(http_value(&head, "empty").size, 0);
    assert_null(http_value(&head, "serve").data);
    assert_null(http_value(&head, "servers").data);
    arena_release(&arena);
}

// Neither many fields nor one long one take more than the limit.
static void test_endless_heads(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct http_reader reader;
    http_begin(&reader, &arena, LIMIT, false);
    http_feed(&reader, bytes_of_text(OK));
    for (unsigned i = 0; i < 4096 && reader.state == HTTP_READING; i++)
        http_feed(&reader, bytes_of_text("Field: value\r\n"));
    assert_int_equal(reader.state, HTTP_BROKEN);
    assert_true(reader.input.size <= HTTP_HEAD_LIMIT + 1);
    http_begin(&reader, &arena, LIMIT, false);
    for (unsigned i = 0; i < 4096 && reader.state == HTTP_READING; i++)
        http_feed(&reader, bytes_of_text("HTTP/1.1 100 Continue\r\n\r\n"));
    assert_int_equal(reader.state, HTTP_BROKEN);
    arena_release(&arena);
}

static void test_endless_framing(void **state)
{
    (void)state;
    static const char *const starts[] = {OK "Transfer-Encoding: chunked\r\n\r\n1;",
                                         OK "Transfer-Encoding: chunked\r\n\r\n0\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct arena arena = {0};
        struct http_reader reader;
        http_begin(&reader, &arena, LIMIT, false);
        http_feed(&reader, bytes_of_text(starts[i]));
        for (unsigned k = 0; k < 4096 && reader.state == HTTP_READING; k++)
            http_feed(&reader, bytes_of_text("a lot more"));
        assert_int_equal(reader.state, HTTP_BROKEN);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_endless_heads),
        cmocka_unit_test(test_endless_framing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
