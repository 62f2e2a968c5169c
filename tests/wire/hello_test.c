// SPDX-License-Identifier: Apache-2.0
//
// Hellos octet for octet for a few specs, and read back by another parser for the rules that hold
// for all: sizes, order, padding.
#include "wire/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "hellos.h"
#include "wire/keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// --- octet for octet ------------------------------------------------------------------------------

// In hex; R stands for the random, S for the session id, K for the share of x25519.
static const struct {
    const char *name;
    struct hello hello;
    const char *want;
} hello_octets[] = {
    {"SSLv3, no extensions",
     {.version = SSL3, .suites = LIST(0x0005, 0x00FF)},
     "160300002F"
     "0100002B"
     "0300"
     "R"
     "00"
     "0004"
     "000500FF"
     "0100"},
    {"TLS 1.0 with session id",
     {.version = TLS10, .session_id = true, .suites = LIST(0x002F)},
     "160301004D"
     "01000049"
     "0301"
     "R"
     "20"
     "S"
     "0002"
     "002F"
     "0100"},
    {"a record version of its own",
     {.version = TLS12, .record_version = TLS12, .suites = LIST(0x002F)},
     "160303002D"
     "01000029"
     "0303"
     "R"
     "00"
     "0002"
     "002F"
     "0100"},
    {"TLS 1.2, every extension it has",
     {.version = TLS12,
      .extensions = EXTENSIONS_TLS12,
      .suites = LIST(0xC02F),
      .groups = LIST(0x001D, 0x0017),
      .schemes = LIST(0x0401),
      .server_name = "a.example"},
     "1603010073"
     "0100006F"
     "0303"
     "R"
     "00"
     "0002"
     "C02F"
     "0100"
     "0044"
     "0000000E"
     "000C00"
     "0009"
     "612E6578616D706C65" // server_name
     "00170000"           // extended_master_secret
     "FF010001"
     "00" // renegotiation_info
     "000B0002"
     "0100"     // ec_point_formats
     "00230000" // session_ticket
     "00050005"
     "0100000000" // status_request
     "00120000"   // signed_certificate_timestamp
     "000A0006"
     "0004"
     "001D0017" // supported_groups
     "000D0004"
     "0002"
     "0401"}, // signature_algorithms
    {"TLS 1.3 with a share",
     {.version = TLS12,
      .extensions = HELLO_KEY_SHARE | HELLO_PSK_KEY_EXCHANGE_MODES | HELLO_SUPPORTED_VERSIONS,
      .session_id = true,
      .suites = LIST(0x1301),
      .versions = LIST(TLS13, TLS12),
      .key_shares = LIST(0x001D)},
     "1603010088"
     "01000084"
     "0303"
     "R"
     "20"
     "S"
     "0002"
     "1301"
     "0100"
     "0039"
     "00330026"
     "0024"
     "001D"
     "0020"
     "K" // key_share
     "002D0002"
     "0101" // psk_key_exchange_modes
     "002B0005"
     "04"
     "03040303"}, // supported_versions
    {"TLS 1.3 without a share",
     {.version = TLS12,
      .extensions = HELLO_KEY_SHARE | HELLO_SUPPORTED_VERSIONS,
      .suites = LIST(0x1301),
      .versions = LIST(TLS13)},
     "160301003C"
     "01000038"
     "0303"
     "R"
     "00"
     "0002"
     "1301"
     "0100"
     "000D"
     "00330002"
     "0000"
     "002B0003"
     "02"
     "0304"},
    {"server_name without a name",
     {.version = TLS12, .extensions = HELLO_SERVER_NAME | HELLO_EC_POINT_FORMATS, .suites = LIST(0x002F)},
     "1603010035"
     "01000031"
     "0303"
     "R"
     "00"
     "0002"
     "002F"
     "0100"
     "0006"
     "000B0002"
     "0100"},
};

static void add_derived(struct builder *out, char letter)
{
    uint8_t octets[32];
    if (letter == 'K') {
        builder_add(out, key_share(out->arena, &test_entropy, 0x001D));
        return;
    }
    entropy_expand(&test_entropy, letter == 'S' ? "session id" : "random", octets, sizeof octets);
    builder_add(out, (struct bytes){octets, sizeof octets});
}

static struct bytes wanted(struct arena *arena, const char *text)
{
    struct builder out = builder_in(arena);
    while (*text != '\0') {
        unsigned octet;
        if (strchr("RSK", *text) != NULL) {
            add_derived(&out, *text++);
        } else {
            assert_int_equal(sscanf(text, "%2X", &octet), 1);
            builder_u8(&out, (uint8_t)octet);
            text += 2;
        }
    }
    return builder_bytes(&out);
}

static void test_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hello_octets); i++) {
        struct arena arena = {0};
        print_message("%s\n", hello_octets[i].name);
        assert_string_equal(text_hex(&arena, hello_build(&arena, &hello_octets[i].hello, &test_entropy)),
                            text_hex(&arena, wanted(&arena, hello_octets[i].want)));
        arena_release(&arena);
    }
}

static void test_same_entropy_same_octets(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct entropy other = test_entropy;
    other.key++;
    for (size_t i = 0; i < HELLOS; i++) {
        struct bytes hello = hello_build(&arena, &hellos[i].hello, &test_entropy);
        print_message("%s\n", hellos[i].name);
        assert_true(bytes_equal(hello, hello_build(&arena, &hellos[i].hello, &test_entropy)));
        assert_false(bytes_equal(hello, hello_build(&arena, &hellos[i].hello, &other)));
    }
    arena_release(&arena);
}

// --- SSLv2 ----------------------------------------------------------------------------------------

static void test_ssl2(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cursor cursor = cursor_of(hello_build(&arena, hello_named("ssl2"), &test_entropy));
    uint16_t header = cursor_u16(&cursor);
    assert_true((header & 0x8000) != 0);
    assert_int_equal(header & 0x7FFF, cursor.left);
    assert_int_equal(cursor_u8(&cursor), 1);
    assert_int_equal(cursor_u16(&cursor), 0x0002);
    size_t kinds_size = cursor_u16(&cursor);
    assert_int_equal(cursor_u16(&cursor), 0);
    size_t challenge_size = cursor_u16(&cursor);
    assert_true(challenge_size >= 16 && challenge_size <= 32);
    struct cursor kinds = cursor_of(cursor_take(&cursor, kinds_size));
    size_t count = 0;
    for (size_t i = 0; i < suite_count(); i++)
        if (suite_at(i)->status == STATUS_SSL2) {
            assert_int_equal(cursor_u24(&kinds), suite_at(i)->code);
            count++;
        }
    assert_true(cursor_ended(&kinds));
    assert_true(count >= 10);
    cursor_take(&cursor, challenge_size);
    assert_true(cursor_ended(&cursor));
    arena_release(&arena);
}

// --- read back ------------------------------------------------------------------------------------

struct read_hello {
    size_t message_size; // handshake header included
    size_t records;
    uint16_t types[32];
    size_t type_count, last_size;
    size_t padding; // octets of its body; SIZE_MAX: no such extension
    bool zeros;
};

static struct bytes join_records(struct arena *arena, struct bytes sent, size_t *records)
{
    struct builder message = builder_in(arena);
    struct cursor cursor = cursor_of(sent);
    for (*records = 0; cursor.left != 0; ++*records) {
        assert_int_equal(cursor_u8(&cursor), 22);
        cursor_u16(&cursor);
        struct cursor fragment = cursor_block16(&cursor);
        assert_true(fragment.left > 0 && fragment.left <= 16384);
        builder_add(&message, cursor_rest(&fragment));
    }
    assert_false(cursor.bad);
    return builder_bytes(&message);
}

static void read_extension(struct cursor *block, struct read_hello *out)
{
    uint16_t type = cursor_u16(block);
    struct cursor body = cursor_block16(block);
    assert_true(out->type_count < COUNT(out->types));
    out->types[out->type_count++] = type;
    out->last_size = body.left;
    if (type != 21)
        return;
    out->padding = body.left;
    out->zeros = true;
    while (body.left != 0)
        out->zeros &= cursor_u8(&body) == 0;
}

static struct read_hello read_back(struct arena *arena, struct bytes sent)
{
    struct read_hello out = {.padding = SIZE_MAX};
    struct bytes message = join_records(arena, sent, &out.records);
    struct cursor cursor = cursor_of(message);
    out.message_size = message.size;
    assert_int_equal(cursor_u8(&cursor), 1);
    struct cursor body = cursor_block24(&cursor);
    assert_true(cursor_ended(&cursor));
    cursor_take(&body, 2 + 32);
    cursor_block8(&body);
    cursor_block16(&body);
    struct cursor compression = cursor_block8(&body);
    assert_int_equal(compression.left, 1);
    if (body.left != 0) {
        struct cursor block = cursor_block16(&body);
        while (block.left != 0)
            read_extension(&block, &out);
        assert_true(cursor_ended(&block));
    }
    assert_true(cursor_ended(&body));
    return out;
}

// Every size from 200 to 600, by name and suites: none is one at which servers hang.
static void test_padding(void **state)
{
    (void)state;
    static uint16_t suites[300];
    static char name[] = "aaaaaa.example";
    size_t padded = 0, least = SIZE_MAX;
    for (size_t count = 20; count < COUNT(suites); count++)
        for (size_t skip = 0; skip < 2; skip++) { // sizes odd and even
            struct arena arena = {0};
            struct hello hello = hellos[0].hello;
            hello.suites = (struct codes){suites, count};
            hello.server_name = name + skip;
            struct read_hello read = read_back(&arena, hello_build(&arena, &hello, &test_entropy));
            assert_true(read.message_size < 256 || read.message_size > 511);
            assert_int_equal(read.types[read.type_count - 1], 13);
            if (read.padding != SIZE_MAX) {
                padded++;
                least = read.padding < least ? read.padding : least;
                assert_true(read.zeros);
                assert_int_equal(read.types[read.type_count - 2], 21);
                assert_true(read.message_size == 512 || (read.padding == 0 && read.message_size < 516));
            }
            arena_release(&arena);
        }
    assert_int_equal(padded, 256);
    assert_int_equal(least, 0);
}

static void test_no_padding_without_extensions(void **state)
{
    (void)state;
    static uint16_t suites[150];
    struct arena arena = {0};
    struct hello hello = {.version = TLS12, .suites = {suites, COUNT(suites)}};
    struct read_hello read = read_back(&arena, hello_build(&arena, &hello, &test_entropy));
    assert_int_equal(read.type_count, 0);
    assert_true(read.message_size >= 256 && read.message_size <= 511);
    arena_release(&arena);
}

static void test_long_hello_is_cut_into_records(void **state)
{
    (void)state;
    static uint16_t suites[9000];
    struct arena arena = {0};
    struct hello hello = {.version = TLS12, .suites = {suites, COUNT(suites)}};
    struct read_hello read = read_back(&arena, hello_build(&arena, &hello, &test_entropy));
    assert_int_equal(read.records, 2);
    assert_int_equal(read.message_size, 4 + 2 + 32 + 1 + 2 + 18000 + 2);
    arena_release(&arena);
}

static const struct {
    uint32_t extensions;
    uint16_t want_last;
} last_extensions[] = {
    {EXTENSIONS_TLS12, 13},
    {EXTENSIONS_TLS13, 13},
    {EXTENSIONS_TLS12 & ~(uint32_t)HELLO_SIGNATURE_ALGORITHMS, 10},
    {HELLO_SESSION_TICKET | HELLO_SIGNED_CERTIFICATE_TIMESTAMP | HELLO_SUPPORTED_VERSIONS, 43},
};

static void test_last_extension_is_not_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(last_extensions); i++) {
        struct arena arena = {0};
        struct hello hello = hellos[6].hello;
        hello.extensions = last_extensions[i].extensions;
        struct read_hello read = read_back(&arena, hello_build(&arena, &hello, &test_entropy));
        assert_int_equal(read.types[read.type_count - 1], last_extensions[i].want_last);
        assert_true(read.last_size > 0);
        arena_release(&arena);
    }
    struct arena arena = {0};
    struct hello hello = hellos[6].hello;
    hello.extensions = (EXTENSIONS_TLS12 & ~(uint32_t)HELLO_EXTENDED_MASTER_SECRET) | HELLO_EXTENDED_MASTER_SECRET_LAST;
    hello.pad_to = 1500;
    struct read_hello read = read_back(&arena, hello_build(&arena, &hello, &test_entropy));
    assert_int_equal(read.types[read.type_count - 1], 23);
    assert_int_equal(read.last_size, 0);
    assert_int_equal(read.message_size, 1500);
    assert_true(hello_carries(&hello, 23));
    arena_release(&arena);
}

// --- questions about a spec -----------------------------------------------------------------------

static const struct {
    const char *hello;
    uint16_t type;
    bool want;
} carried[] = {
    {"tls12", 0, true},   {"tls12", 23, true},  {"tls12", 0xFF01, true}, {"tls12", 51, false},
    {"tls12", 16, false}, {"tls12", 21, false}, {"tls10", 0, false},     {"tls13", 51, true},
    {"tls13", 43, true},  {"tls13", 35, false}, {"ssl2", 0, false},      {"ssl3", 13, false},
};

static void test_carries(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(carried); i++) {
        print_message("%s %u\n", carried[i].hello, carried[i].type);
        assert_int_equal(hello_carries(hello_named(carried[i].hello), carried[i].type), carried[i].want);
    }
}

static void test_shares(void **state)
{
    (void)state;
    assert_true(hello_shares(hello_named("tls13"), 0x001D));
    assert_false(hello_shares(hello_named("tls13"), 0x0017));
    assert_false(hello_shares(hello_named("tls13_no_share"), 0x001D));
    struct hello hello = *hello_named("tls13");
    hello.extensions &= ~(uint32_t)HELLO_KEY_SHARE;
    assert_false(hello_shares(&hello, 0x001D));
}

static void test_codes_have(void **state)
{
    (void)state;
    const struct codes codes = LIST(1, 2, 3);
    assert_true(codes_have(codes, 1) && codes_have(codes, 3));
    assert_false(codes_have(codes, 4));
    assert_false(codes_have((struct codes){NULL, 0}, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets),
        cmocka_unit_test(test_same_entropy_same_octets),
        cmocka_unit_test(test_ssl2),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_no_padding_without_extensions),
        cmocka_unit_test(test_long_hello_is_cut_into_records),
        cmocka_unit_test(test_last_extension_is_not_empty),
        cmocka_unit_test(test_carries),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_codes_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
