// SPDX-License-Identifier: Apache-2.0
//
// Names against hosts, row by row: RFC 9525 section 6.3 and 6.4, and what people get wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "wire/names.h"

#define ENTRIES 4

static const struct row {
    const char *names[ENTRIES], *addresses[ENTRIES], *common_name;
    const char *host;
    const char *want_by;     // NULL: no match
    const char *want_reason; // NULL: none
} rows[] = {
    // Names as they stand.
    {{"example.test"}, {0}, NULL, "example.test", "example.test", NULL},
    {{"example.test"}, {0}, NULL, "EXAMPLE.Test", "example.test", NULL},
    {{"EXAMPLE.TEST"}, {0}, NULL, "example.test", "EXAMPLE.TEST", NULL},
    {{"a.test", "b.test", "c.test"}, {0}, NULL, "c.test", "c.test", NULL},
    {{"example.test"}, {0}, NULL, "www.example.test", NULL, "no_match"},
    {{"www.example.test"}, {0}, NULL, "example.test", NULL, "no_match"},
    {{"example.test"}, {0}, NULL, "example.tes", NULL, "no_match"},
    {{"example.test"}, {0}, NULL, "xexample.test", NULL, "no_match"},
    {{"localhost"}, {0}, NULL, "localhost", "localhost", NULL},
    {{"_sip.example.test"}, {0}, NULL, "_sip.example.test", "_sip.example.test", NULL},
    {{"\xc3\x84.test"}, {0}, NULL, "\xc3\xa4.test", NULL, "no_match"}, // only ASCII has no case

    // One trailing dot of the reference, none of the certificate's.
    {{"example.test"}, {0}, NULL, "example.test.", "example.test", NULL},
    {{"*.example.test"}, {0}, NULL, "www.example.test.", "*.example.test", NULL},
    {{"example.test"}, {0}, NULL, "example.test..", NULL, "no_match"},
    {{"example.test."}, {0}, NULL, "example.test", NULL, "trailing_dot"},
    {{"example.test."}, {0}, NULL, "example.test.", NULL, "trailing_dot"},
    {{""}, {0}, NULL, "", NULL, "no_match"},
    {{""}, {0}, NULL, ".", NULL, "no_match"},

    // A wildcard is one whole label, the left-most, and stands for exactly one.
    {{"*.example.test"}, {0}, NULL, "www.example.test", "*.example.test", NULL},
    {{"*.example.test"}, {0}, NULL, "WWW.EXAMPLE.TEST", "*.example.test", NULL},
    {{"*.example.test"}, {0}, NULL, "xn--bcher-kva.example.test", "*.example.test", NULL},
    {{"*.example.test"}, {0}, NULL, "example.test", NULL, "wildcard_one_label"},
    {{"*.example.test"}, {0}, NULL, ".example.test", NULL, "wildcard_one_label"},
    {{"*.example.test"}, {0}, NULL, "a.b.example.test", NULL, "wildcard_one_label"},
    {{"*.example.test"}, {0}, NULL, "wwwexample.test", NULL, "no_match"},
    {{"*.example.test"}, {0}, NULL, "www.example.test.evil", NULL, "no_match"},
    {{"*.test"}, {0}, NULL, "example.test", "*.test", "wide_wildcard"},
    {{"*.xn--bcher-kva.test"}, {0}, NULL, "www.xn--bcher-kva.test", "*.xn--bcher-kva.test", NULL},
    {{"f*.example.test"}, {0}, NULL, "foo.example.test", NULL, "wildcard_partial_label"},
    {{"*f.example.test"}, {0}, NULL, "elf.example.test", NULL, "wildcard_partial_label"},
    {{"f*r.example.test"}, {0}, NULL, "far.example.test", NULL, "wildcard_partial_label"},
    {{"f*.example.test"}, {0}, NULL, "bar.example.test", NULL, "no_match"},
    {{"xn--*.test"}, {0}, NULL, "xn--bcher-kva.test", NULL, "wildcard_partial_label"},
    {{"*.*.test"}, {0}, NULL, "a.b.test", NULL, "wildcard_misplaced"},
    {{"www.*.test"}, {0}, NULL, "www.example.test", NULL, "wildcard_misplaced"},
    {{"www.example.*"}, {0}, NULL, "www.example.test", NULL, "wildcard_misplaced"},
    {{"**.example.test"}, {0}, NULL, "www.example.test", NULL, "wildcard_partial_label"},
    {{"*"}, {0}, NULL, "localhost", NULL, "wildcard_misplaced"},
    {{"*"}, {0}, NULL, "example.test", NULL, "wildcard_misplaced"},
    {{"*."}, {0}, NULL, "localhost", NULL, "no_match"},
    {{"*..test"}, {0}, NULL, "www.test", NULL, "no_match"},
    {{"f*.example.test", "foo.example.test"}, {0}, NULL, "foo.example.test", "foo.example.test", NULL},

    {{"*.co.uk"}, {0}, NULL, "example.co.uk", "*.co.uk", "perhaps_wide_wildcard"},
    {{"*.uk"}, {0}, NULL, "example.co.uk", NULL, "wildcard_one_label"},
    {{"other.test", "*.example.test"}, {0}, "a.b.example.test", "a.b.example.test", NULL, "wildcard_one_label"},
    {{"*.example.test", "f*.b.example.test"}, {0}, NULL, "foo.b.example.test", NULL, "wildcard_partial_label"},

    // Letters that are not ASCII: certificates have A-labels.
    {{"xn--bcher-kva.test"}, {0}, NULL, "XN--bcher-kva.test", "xn--bcher-kva.test", NULL},
    {{"b\xc3\xbc"
      "cher.test"},
     {0},
     NULL,
     "xn--bcher-kva.test",
     NULL,
     "not_ascii"},
    {{"b\\xFCcher.test"}, {0}, NULL, "xn--bcher-kva.test", NULL, "not_ascii"},
    {{"www.b\xc3\xbc"
      "cher.test"},
     {0},
     NULL,
     "www.xn--bcher-kva.test",
     NULL,
     "not_ascii"},
    {{"b\xc3\xbc"
      "cher.test"},
     {0},
     NULL,
     "buecher.test",
     NULL,
     "no_match"},
    {{"b\xc3\xbc"
      "cher.test"},
     {0},
     NULL,
     "xn--bcher-kva.example",
     NULL,
     "no_match"},
    {{"b\xc3\xbc"
      "cher.test"},
     {0},
     NULL,
     "www.xn--bcher-kva.test",
     NULL,
     "no_match"},

    // Addresses, by octets; a name never stands for one.
    {{0}, {"127.0.0.1"}, NULL, "127.0.0.1", "127.0.0.1", NULL},
    {{0}, {"::1"}, NULL, "0:0:0:0:0:0:0:1", "::1", NULL},
    {{0}, {"2001:db8::8:800:200c:417a"}, NULL, "2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a", NULL},
    {{0}, {"127.0.0.1", "127.0.0.2"}, NULL, "127.0.0.2", "127.0.0.2", NULL},
    {{0}, {"127.0.0.1"}, NULL, "127.0.0.10", NULL, "no_match"},
    {{0}, {"127.0.0.1"}, NULL, "::ffff:127.0.0.1", NULL, "no_match"},
    {{0}, {"127.0.0.1"}, NULL, "localhost", NULL, "no_match"},
    {{0}, {"7F0000"}, NULL, "127.0.0.1", NULL, "no_match"}, // an address of three octets, as hex
    {{"127.0.0.1"}, {0}, NULL, "127.0.0.1", NULL, "address_as_name"},
    {{"*.0.0.1"}, {0}, NULL, "127.0.0.1", NULL, "wildcard_for_address"},
    {{"127.0.0.1"}, {0}, NULL, "127.0.0.1.", "127.0.0.1", NULL}, // with a dot it is a name

    // The common name is never a match.
    {{0}, {0}, "example.test", "example.test", NULL, "common_name_only"},
    {{"other.test"}, {0}, "example.test", "example.test", NULL, "common_name_only"},
    {{0}, {0}, "*.example.test", "www.example.test", NULL, "common_name_only"},
    {{0}, {0}, "127.0.0.1", "127.0.0.1", NULL, "common_name_only"},
    {{0}, {0}, "*.0.0.1", "127.0.0.1", NULL, "no_names"},
    {{0}, {0}, "other.test", "example.test", NULL, "no_names"},
    {{0}, {0}, NULL, "example.test", NULL, "no_names"},
    {{"example.test"}, {0}, "other.test", "other.test", NULL, "common_name_only"},
    {{"example.test"}, {0}, "other.test", "third.test", NULL, "no_match"},

    // What a forger writes; certificate_read has escaped it.
    {{"good.test\\u0000.evil.test"}, {0}, NULL, "good.test", NULL, "no_match"},
    {{"good.test\\u0000.evil.test"}, {0}, NULL, "good.test\\u0000.evil.test.", "good.test\\u0000.evil.test", NULL},
    {{"*.good.test\\u0000.evil.test"}, {0}, NULL, "www.good.test", NULL, "no_match"},
};

static struct strings list(const char *const *entries)
{
    size_t count = 0;
    while (count < ENTRIES && entries[count] != NULL)
        count++;
    return (struct strings){entries, count};
}

static bool as_wanted(const struct row *row, const struct name_match *match)
{
    if (match->sentence == NULL || match->matched != (row->want_by != NULL))
        return false;
    if (row->want_reason == NULL ? match->reason != NULL
                                 : match->reason == NULL || strcmp(match->reason, row->want_reason) != 0)
        return false;
    return row->want_by == NULL ? match->by == NULL : strcmp(match->by, row->want_by) == 0;
}

static void test_rows(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct certificate leaf = {
            .dns_names = list(rows[i].names),
            .ip_addresses = list(rows[i].addresses),
            .common_name = rows[i].common_name,
        };
        struct name_match match;
        names_match(&arena, &leaf, rows[i].host, &match);
        if (!as_wanted(&rows[i], &match)) {
            print_error("row %zu, %s: %s %s: %s\n", i, rows[i].host, match.matched ? "by" : "no match,",
                        match.matched ? match.by : match.reason, match.sentence);
            failed++;
        }
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

static void test_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *host, *want;
    } sentences[] = {
        {"rsa", "localhost", "The certificate names localhost."},
        {"rsa", "www.example.test", "The certificate names www.example.test by *.example.test."},
        {"rsa", "::1", "The certificate names ::1."},
        {"wronghost", "localhost", "The certificate names elsewhere.test, www.elsewhere.test, not localhost."},
        {"manynames", "x.test",
         "The certificate names localhost, host1.example.test, host2.example.test and 97 more, not x.test."},
        {"address", "::2", "The certificate names 127.0.0.1, ::1, 2001:db8::8:800:200c:417a, not ::2."},
        {"common-name", "localhost",
         "Only the common name is localhost; clients look at subject alternative names, and there are none."},
        {"nothing", "localhost", "The certificate has no subject alternative name for a host or an address."},
        {"othernames", "a.test", "The certificate has no subject alternative name for a host or an address."},
        {"wildcards", "foo.example.test",
         "f*.example.test does not match foo.example.test: a wildcard is a whole label, never a part of one."},
        {"wildcards", "a.toplevel",
         "The certificate names a.toplevel by *.toplevel. This wildcard covers a whole top-level domain."},
        {"odd/nul", "good.test", "The certificate names good.test\\u0000.evil.test, not good.test."},
        {"rsa", "a\x1b.test",
         "The certificate names localhost, example.test, *.example.test and 2 more, not a\\u001B.test."},
    };
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        struct arena arena = {0};
        struct certificate leaf;
        struct name_match match;
        certificate_read(&arena, fixture_certificate(&arena, sentences[i].fixture), &leaf);
        names_match(&arena, &leaf, sentences[i].host, &match);
        assert_string_equal(match.sentence, sentences[i].want);
        arena_release(&arena);
    }
}

static void test_width(void **state)
{
    (void)state;
    static const struct {
        const char *entry;
        enum name_width want;
    } widths[] = {
        {"*", WIDTH_REGISTRY},
        {"*.com", WIDTH_REGISTRY},
        {"*.UK", WIDTH_REGISTRY},
        {"*.co.uk", WIDTH_PERHAPS_REGISTRY},
        {"*.Gov.AU", WIDTH_PERHAPS_REGISTRY},
        {"*.example.uk", WIDTH_USUAL},
        {"*.co.example", WIDTH_USUAL},
        {"*.a.co.uk", WIDTH_USUAL},
        {"*.co.u1", WIDTH_USUAL},
        {"co.uk", WIDTH_USUAL},
        {"f*.com", WIDTH_USUAL},
        {"*.*.com", WIDTH_USUAL},
        {"*.", WIDTH_USUAL},
        {"", WIDTH_USUAL},
    };
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (name_width(widths[i].entry) != widths[i].want)
            fail_msg("%s: %d", widths[i].entry, (int)name_width(widths[i].entry));
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int want_family; // 0: not an address
        unsigned char want[16];
    } addresses[] = {
        {"127.0.0.1", 4, {127, 0, 0, 1}},
        {"255.255.255.255", 4, {255, 255, 255, 255}},
        {"::1", 6, {[15] = 1}},
        {"2001:db8::1", 6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
        {"::ffff:1.2.3.4", 6, {[10] = 0xff, 0xff, 1, 2, 3, 4}},
        {"127.0.0.1.", 0, {0}},
        {"127.1", 0, {0}},
        {"127.0.0.01", 0, {0}},
        {"0x7f.0.0.1", 0, {0}},
        {"256.0.0.1", 0, {0}},
        {" 127.0.0.1", 0, {0}},
        {"[::1]", 0, {0}},
        {"::1%lo", 0, {0}},
        {":::1", 0, {0}},
        {"2130706433", 0, {0}},
        {"", 0, {0}},
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        unsigned char octets[16];
        int family = 0;
        bool is_address = name_is_address(addresses[i].text, &family, octets);
        if (is_address != (addresses[i].want_family != 0) || (is_address && family != addresses[i].want_family))
            fail_msg("%s: family %d", addresses[i].text, family);
        if (is_address)
            assert_memory_equal(octets, addresses[i].want, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
