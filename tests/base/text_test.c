// SPDX-License-Identifier: Apache-2.0
//
// Hostile text, and the encodings both ways.
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OCTETS(literal)                                                                                                \
    {                                                                                                                  \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                                \
    }

static void same_text(const char *name, const char *text, const char *want)
{
    if (strcmp(text, want) != 0)
        fail_msg("%s: \"%s\", want \"%s\"", name, text, want);
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct bytes octets;
        const char *want;
    } rows[] = {
        {"empty", OCTETS(""), ""},
        {"ASCII", OCTETS("CN=example.com, O=\"A & B\" <x>"), "CN=example.com, O=\"A & B\" <x>"},
        {"backslash", OCTETS("a\\x41"), "a\\u005Cx41"},
        {"NUL", OCTETS("a\0b"), "a\\u0000b"},
        {"tab and line feed", OCTETS("\t\n"), "\\u0009\\u000A"},
        {"terminal escape", OCTETS("\x1b[2J"), "\\u001B[2J"},
        {"delete", OCTETS("\x7f"), "\\u007F"},
        {"C1 control", OCTETS("\xc2\x9b"), "\\u009B"},
        {"first after C1", OCTETS("\xc2\xa0"), "\xc2\xa0"},
        {"soft hyphen", OCTETS("\xc2\xad"), "\\u00AD"},
        {"two octets", OCTETS("M\xc3\xbcller"), "M\xc3\xbcller"},
        {"three octets", OCTETS("\xe2\x82\xac"), "\xe2\x82\xac"},
        {"four octets", OCTETS("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80"},
        {"last code point but two", OCTETS("\xf4\x8f\xbf\xbd"), "\xf4\x8f\xbf\xbd"},
        {"beyond U+10FFFF", OCTETS("\xf4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80"},
        {"F5", OCTETS("\xf5\x80\x80\x80"), "\\xF5\\x80\\x80\\x80"},
        {"FF", OCTETS("a\xff"), "a\\xFF"},
        {"overlong slash", OCTETS("\xc0\xaf"), "\\xC0\\xAF"},
        {"overlong in C1", OCTETS("\xc1\xbf"), "\\xC1\\xBF"},
        {"overlong of three", OCTETS("\xe0\x9f\xbf"), "\\xE0\\x9F\\xBF"},
        {"shortest of three", OCTETS("\xe0\xa0\x80"), "\xe0\xa0\x80"},
        {"overlong of four", OCTETS("\xf0\x8f\xbf\xbf"), "\\xF0\\x8F\\xBF\\xBF"},
        {"overlong NUL", OCTETS("\xc0\x80"), "\\xC0\\x80"},
        {"high surrogate", OCTETS("\xed\xa0\x80"), "\\xED\\xA0\\x80"},
        {"low surrogate", OCTETS("\xed\xbf\xbf"), "\\xED\\xBF\\xBF"},
        {"before the surrogates", OCTETS("\xed\x9f\xbf"), "\xed\x9f\xbf"},
        {"alone continuing", OCTETS("\x80"), "\\x80"},
        {"cut after one of two", OCTETS("a\xc3"), "a\\xC3"},
        {"cut after two of three", OCTETS("\xe2\x82"), "\\xE2\\x82"},
        {"cut after three of four", OCTETS("\xf0\x9f\x98"), "\\xF0\\x9F\\x98"},
        {"broken by ASCII", OCTETS("\xe2\x82z"), "\\xE2\\x82z"},
        {"broken by a start", OCTETS("\xe2\xc3\xbc"), "\\xE2\xc3\xbc"},
        {"right-to-left override",
         OCTETS("a\xe2\x80\xae"
                "b"),
         "a\\u202Eb"},
        {"left-to-right isolate", OCTETS("\xe2\x81\xa6"), "\\u2066"},
        {"Arabic letter mark", OCTETS("\xd8\x9c"), "\\u061C"},
        {"zero-width space",
         OCTETS("a\xe2\x80\x8b"
                "b"),
         "a\\u200Bb"},
        {"line separator", OCTETS("\xe2\x80\xa8"), "\\u2028"},
        {"word joiner", OCTETS("\xe2\x81\xa0"), "\\u2060"},
        {"byte order mark", OCTETS("\xef\xbb\xbf"), "\\uFEFF"},
        {"replacement character", OCTETS("\xef\xbf\xbd"), "\xef\xbf\xbd"},
        {"noncharacter FDD0", OCTETS("\xef\xb7\x90"), "\\uFDD0"},
        {"noncharacter FFFE", OCTETS("\xef\xbf\xbe"), "\\uFFFE"},
        {"noncharacter 10FFFF", OCTETS("\xf4\x8f\xbf\xbf"), "\\U0010FFFF"},
        {"tag", OCTETS("\xf3\xa0\x81\x81"), "\\U000E0041"},
        {"percent", OCTETS("%s%n"), "%s%n"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        same_text(rows[i].name, text_escape(&arena, rows[i].octets), rows[i].want);
    arena_release(&arena);
}

// count times the unit, then a tail; the text must be count_shown times shown, then ending.
static void long_text_is_cut_between_code_points(void **state)
{
    (void)state;
    static const struct {
        const char *name, *unit;
        size_t count;
        const char *tail, *shown;
        size_t want_shown;
        const char *want_ending;
    } rows[] = {
        {"one below", "a", TEXT_LIMIT - 1, "", "a", TEXT_LIMIT - 1, ""},
        {"exactly", "a", TEXT_LIMIT, "", "a", TEXT_LIMIT, ""},
        {"one above", "a", TEXT_LIMIT + 1, "", "a", TEXT_LIMIT - 3, "..."},
        {"far above", "a", 100000, "", "a", TEXT_LIMIT - 3, "..."},
        {"two octets, exactly", "\xc3\xbc", TEXT_LIMIT / 2, "", "\xc3\xbc", TEXT_LIMIT / 2, ""},
        {"two octets, above", "\xc3\xbc", TEXT_LIMIT, "", "\xc3\xbc", (TEXT_LIMIT - 3) / 2, "..."},
        {"four octets, above", "\xf0\x9f\x98\x80", TEXT_LIMIT, "", "\xf0\x9f\x98\x80", (TEXT_LIMIT - 3) / 4, "..."},
        {"escapes, above", "\x01", 1000, "", "\\u0001", (TEXT_LIMIT - 3) / 6, "..."},
        {"invalid, exactly", "\xff", TEXT_LIMIT / 4, "", "\\xFF", TEXT_LIMIT / 4, ""},
        {"escape across the limit", "a", TEXT_LIMIT - 4, "\x01", "a", TEXT_LIMIT - 4, "..."},
        {"escape up to the limit", "a", TEXT_LIMIT - 6, "\x01", "a", TEXT_LIMIT - 6, "\\u0001"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct builder given = builder_in(&arena), want = builder_in(&arena);
        for (size_t n = 0; n < rows[i].count; n++)
            builder_add(&given, bytes_of_text(rows[i].unit));
        builder_add(&given, bytes_of_text(rows[i].tail));
        for (size_t n = 0; n < rows[i].want_shown; n++)
            builder_add(&want, bytes_of_text(rows[i].shown));
        builder_add(&want, bytes_of_text(rows[i].want_ending));
        char *text = text_escape(&arena, builder_bytes(&given));
        same_text(rows[i].name, text, arena_string(&arena, builder_bytes(&want)));
        assert_true(strlen(text) <= TEXT_LIMIT);
    }
    arena_release(&arena);
}

static void encodings_go_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct bytes octets;
        const char *want_hex, *want_base64;
    } rows[] = {
        // RFC 4648 section 10, and what uses the last two characters of the alphabet
        {"empty", OCTETS(""), "", ""},
        {"f", OCTETS("f"), "66", "Zg=="},
        {"fo", OCTETS("fo"), "666F", "Zm8="},
        {"foo", OCTETS("foo"), "666F6F", "Zm9v"},
        {"foob", OCTETS("foob"), "666F6F62", "Zm9vYg=="},
        {"fooba", OCTETS("fooba"), "666F6F6261", "Zm9vYmE="},
        {"foobar", OCTETS("foobar"), "666F6F626172", "Zm9vYmFy"},
        {"high", OCTETS("\xfb\xff\xfe"), "FBFFFE", "+//+"},
        {"zeros", OCTETS("\0\0"), "0000", "AAA="},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes back;
        same_text(rows[i].name, text_hex(&arena, rows[i].octets), rows[i].want_hex);
        same_text(rows[i].name, text_base64(&arena, rows[i].octets), rows[i].want_base64);
        if (!text_from_hex(&arena, rows[i].want_hex, &back) || !bytes_equal(back, rows[i].octets))
            fail_msg("%s: does not come back from hex", rows[i].name);
        if (!text_from_base64(&arena, rows[i].want_base64, &back) || !bytes_equal(back, rows[i].octets))
            fail_msg("%s: does not come back from base64", rows[i].name);
    }
    arena_release(&arena);
}

static void every_length_comes_back(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t octets[256];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 167 + 3); // 167 is odd: each octet once
    for (size_t size = 0; size <= sizeof octets; size++) {
        struct bytes given = {octets, size}, back;
        assert_true(text_from_hex(&arena, text_hex(&arena, given), &back));
        assert_true(bytes_equal(back, given));
        assert_true(text_from_base64(&arena, text_base64(&arena, given), &back));
        assert_true(bytes_equal(back, given));
    }
    arena_release(&arena);
}

static void other_encodings_are_refused(void **state)
{
    (void)state;
    static const char *const hex[] = {"0", "ff", "0x00", "0G", "G0", "00 11", " 00", "00\n", "\xc3\xbc"};
    static const char *const base64[] = {
        "Z",        "Zg",   "Zg=",  "Zg===",  "Zh==",  "Zm9=", "=",        "==",    "====",
        "Z===",     "Zg=A", "=ZgA", "Zm9v\n", "Zm 9v", "Zm-_", "Zg==Zg==", "Zm9vZ", "\xc3\xbc\xc3\xbc",
        "Zm9v====",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(hex); i++) {
        struct bytes out = OCTETS("before");
        if (text_from_hex(&arena, hex[i], &out) || out.size != 0)
            fail_msg("hex \"%s\": accepted", hex[i]);
    }
    for (size_t i = 0; i < COUNT(base64); i++) {
        struct bytes out = OCTETS("before");
        if (text_from_base64(&arena, base64[i], &out) || out.size != 0)
            fail_msg("base64 \"%s\": accepted", base64[i]);
    }
    arena_release(&arena);
}

static void times_go_both_ways(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *want;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {-2208988800, "1900-01-01T00:00:00Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {2147483647, "2038-01-19T03:14:07Z"},
        {2147483648, "2038-01-19T03:14:08Z"},
        {1795442709, "2026-11-23T14:05:09Z"},
        {4107542400, "2100-03-01T00:00:00Z"},
        {-12219292800, "1582-10-15T00:00:00Z"},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t back = 12345;
        same_text(rows[i].want, text_time(&arena, rows[i].seconds), rows[i].want);
        if (!text_to_time(rows[i].want, &back) || back != rows[i].seconds)
            fail_msg("%s: comes back as %lld", rows[i].want, (long long)back);
    }
    same_text("too early", text_time(&arena, INT64_C(-62167219201)), "0000-01-01T00:00:00Z");
    same_text("far too early", text_time(&arena, INT64_MIN), "0000-01-01T00:00:00Z");
    same_text("too late", text_time(&arena, INT64_C(253402300800)), "9999-12-31T23:59:59Z");
    same_text("far too late", text_time(&arena, INT64_MAX), "9999-12-31T23:59:59Z");
    arena_release(&arena);
}

static void dates_and_counts_are_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"1970-01-01", 0},
        {"2026-11-23", 1795392000},
        {"2024-02-29", 1709164800},
        {"0000-01-01", INT64_C(-62167219200)},
        {"9999-12-31", INT64_C(253402214400)},
        {"@0", 0},
        {"@1795442709", 1795442709},
        {"@-1", -1},
        {"@253402300799", INT64_C(253402300799)},
        {"@-62167219200", INT64_C(-62167219200)},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t seconds = 12345;
        if (!text_to_time(rows[i].text, &seconds) || seconds != rows[i].want)
            fail_msg("%s: %lld, want %lld", rows[i].text, (long long)seconds, (long long)rows[i].want);
    }
}

static void other_times_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "now",
        "2026",
        "2026-11",
        "2026-1-23",
        "2026-00-10",
        "2026-13-01",
        "2026-11-00",
        "2026-11-31",
        "2023-02-29",
        "1900-02-29",
        "2026-11-23 ",
        " 2026-11-23",
        "-026-11-23",
        "+026-11-23",
        "2026-11-23T",
        "2026-11-23T14:05:09",
        "2026-11-23t14:05:09z",
        "2026-11-23 14:05:09Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T14:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-11-23T14:05:09+00:00",
        "12026-11-23",
        "@",
        "@-",
        "@+1",
        "@1.5",
        "@ 1",
        "@--1",
        "@0x10",
        "@253402300800",
        "@-62167219201",
        "@9999999999999999999999999",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t seconds = 12345;
        if (text_to_time(rows[i], &seconds) || seconds != 12345)
            fail_msg("\"%s\": taken for %lld", rows[i], (long long)seconds);
    }
}

static void case_is_ignored_in_ascii_alone(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool want;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"Example.COM", "eXAMPLE.com", true},
        {"example.com", "example.co", false},
        {"example.co", "example.com", false},
        {"az", "AZ", true},
        {"@[`{", "@[`{", true},
        {"@", "`", false},
        {"[", "{", false},
        {"\xc3\xbc", "\xc3\x9c", false},
        {"\xc3\xbc", "\xc3\xbc", true},
        {"K", "\xe2\x84\xaa", false}, // Kelvin sign
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (text_same(rows[i].a, rows[i].b) != rows[i].want)
            fail_msg("\"%s\" and \"%s\": want %d", rows[i].a, rows[i].b, rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),
        cmocka_unit_test(long_text_is_cut_between_code_points),
        cmocka_unit_test(encodings_go_both_ways),
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(other_encodings_are_refused),
        cmocka_unit_test(times_go_both_ways),
        cmocka_unit_test(dates_and_counts_are_times),
        cmocka_unit_test(other_times_are_refused),
        cmocka_unit_test(case_is_ignored_in_ascii_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
