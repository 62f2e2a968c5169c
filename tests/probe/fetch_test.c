// SPDX-License-Identifier: Apache-2.0
//
// URLs taken apart, requests made of them, names of DNS in their one spelling.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "probe/fetch.h"
#include "probe/records.h"

static const struct {
    const char *url, *want_host;
    uint16_t want_port;
    const char *want_path;
} urls[] = {
    {"http://a.example", "a.example", 80, "/"},
    {"http://a.example/", "a.example", 80, "/"},
    {"http://a.example:8080/x/y.crl?z=1#part", "a.example", 8080, "/x/y.crl?z=1"},
    {"http://a.example?q", "a.example", 80, "/?q"},
    {"http://a.example#part", "a.example", 80, "/"},
    {"HtTp://A.example:80/", "A.example", 80, "/"},
    {"http://192.0.2.1/", "192.0.2.1", 80, "/"},
    {"http://[2001:db8::1]/", "2001:db8::1", 80, "/"},
    {"http://[2001:db8::1]:65535/", "2001:db8::1", 65535, "/"},
    {"http://a.example/@", "a.example", 80, "/@"},
    {"http://", NULL, 0, NULL},
    {"http:/a.example", NULL, 0, NULL},
    {"ldap://a.example/", NULL, 0, NULL},
    {"http://-a.example/", NULL, 0, NULL},
    {"http://a.example:/", NULL, 0, NULL},
    {"http://a.example:1:2/", NULL, 0, NULL},
    {"http://a%2eexample/", NULL, 0, NULL},
    {"http://a.example/\n", NULL, 0, NULL},
    {"http://a.example/\xC3\xA9", NULL, 0, NULL},
    {"http://a.example\\@b.example/", NULL, 0, NULL},
};

static void test_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct arena arena = {0};
        struct fetch_place place;
        print_message("%s\n", urls[i].url);
        assert_int_equal(fetch_place_of(&arena, urls[i].url, &place), urls[i].want_host != NULL);
        if (urls[i].want_host != NULL) {
            assert_string_equal(place.host, urls[i].want_host);
            assert_int_equal(place.port, urls[i].want_port);
            assert_string_equal(place.path, urls[i].want_path);
        }
        arena_release(&arena);
    }
}

static void test_long_url(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct fetch_place place;
    char url[FETCH_URL + 2] = "http://a.example/";
    memset(url + strlen(url), 'a', FETCH_URL - strlen(url));
    assert_true(fetch_place_of(&arena, url, &place));
    strcat(url, "a");
    assert_false(fetch_place_of(&arena, url, &place));
    arena_release(&arena);
}

static const struct {
    struct fetch fetch;
    const char *want;
} requests[] = {
    {{.url = "http://a.example/x#y", .limit = 1, .accept = "application/pkix-crl"},
     "GET /x HTTP/1.1\r\nHost: a.example\r\nUser-Agent: shakedown\r\nAccept: application/pkix-crl\r\n"
     "Connection: close\r\n\r\n"},
    {{.method = FETCH_HEAD, .url = "http://[::1]:81"},
     "HEAD / HTTP/1.1\r\nHost: [::1]:81\r\nUser-Agent: shakedown\r\nConnection: close\r\n\r\n"},
    {{.method = FETCH_POST,
      .url = "http://a.example",
      .limit = 1,
      .content_type = "application/ocsp-request",
      .body = {(const uint8_t *)"abc", 3}},
     "POST / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: shakedown\r\nContent-Type: application/ocsp-request\r\n"
     "Content-Length: 3\r\nConnection: close\r\n\r\nabc"},
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct arena arena = {0};
        assert_string_equal(arena_string(&arena, fetch_request(&arena, &requests[i].fetch)), requests[i].want);
        arena_release(&arena);
    }
}

static const struct {
    const char *name, *want;
    bool want_special;
} names[] = {
    {"WWW.Example.COM.", "www.example.com", false},
    {"_443._tcp.a.example", "_443._tcp.a.example", false},
    {"localhost", "localhost", true},
    {"a.LOCALHOST.", "a.localhost", true},
    {"printer.local", "printer.local", true},
    {"a.invalid", "a.invalid", true},
    {"a.onion", "a.onion", true},
    {"local.example", "local.example", false},
    {"192.0.2.1", NULL, false},
    {"::1", NULL, false},
    {"", NULL, false},
    {".", NULL, false},
    {"a..b", NULL, false},
    {"a b", NULL, false},
    {"123456789-123456789-123456789-123456789-123456789-123456789-1234.example", NULL, false},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arena arena = {0};
        print_message("%s\n", names[i].name);
        const char *name = records_name(&arena, names[i].name);
        assert_int_equal(name != NULL, names[i].want != NULL);
        if (name != NULL) {
            assert_string_equal(name, names[i].want);
            assert_int_equal(records_special(name) != NULL, names[i].want_special);
        }
        arena_release(&arena);
    }
}

// Whoever wrote the file: what is read is what would be written, and the rest is refused.
static void test_records_results(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes rdata[] = {bytes_of_text("a"), bytes_of_text("b")}, unsorted[] = {rdata[1], rdata[0]};
    const struct {
        struct records_result result;
        bool want;
    } rows[] = {
        {{.dnssec = DNSSEC_SECURE, .have_data = true, .rdata = rdata, .count = 2, .ttl = 3600}, true},
        {{.dnssec = DNSSEC_SECURE, .have_data = true, .rdata = unsorted, .count = 2}, false},
        {{.dnssec = DNSSEC_INSECURE, .nxdomain = true, .rcode = 3, .canonical_name = "b.example"}, true},
        {{.dnssec = DNSSEC_BOGUS, .why = "bad\nsignature"}, false},
        {{.dnssec = DNSSEC_BOGUS, .why = "bad \\u000A signature"}, true},
        {{.have_data = true}, false},
        {{.rdata = rdata, .count = 1}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct builder out = builder_in(&arena), again = builder_in(&arena);
        struct records_result read;
        records_result_encode(&out, &rows[i].result);
        assert_int_equal(records_result_decode(&arena, builder_bytes(&out), &read), rows[i].want);
        if (!rows[i].want)
            continue;
        records_result_encode(&again, &read);
        assert_true(bytes_equal(builder_bytes(&out), builder_bytes(&again)));
        for (size_t cut = 0; cut < out.size; cut++)
            assert_false(records_result_decode(&arena, (struct bytes){out.data, cut}, &read));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),  cmocka_unit_test(test_long_url),        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_names), cmocka_unit_test(test_records_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
