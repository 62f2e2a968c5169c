// SPDX-License-Identifier: Apache-2.0
//
// The sticky cursor at every cut, the builder at the edge of every length field.
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OCTETS(literal)                                                                                                \
    {                                                                                                                  \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                                \
    }

static uint64_t read_u8(struct cursor *cursor) { return cursor_u8(cursor); }
static uint64_t read_u16(struct cursor *cursor) { return cursor_u16(cursor); }
static uint64_t read_u24(struct cursor *cursor) { return cursor_u24(cursor); }
static uint64_t read_u32(struct cursor *cursor) { return cursor_u32(cursor); }
static uint64_t read_u64(struct cursor *cursor) { return cursor_u64(cursor); }

static const struct {
    const char *name;
    uint64_t (*read)(struct cursor *cursor);
    size_t size;
    uint64_t want;
} integers[] = {
    {"u8", read_u8, 1, 0xF1},
    {"u16", read_u16, 2, 0xF1E2},
    {"u24", read_u24, 3, 0xF1E2D3},
    {"u32", read_u32, 4, 0xF1E2D3C4},
    {"u64", read_u64, 8, UINT64_C(0xF1E2D3C4B5A69788)},
};

static void integers_are_big_endian_and_whole(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0xF1, 0xE2, 0xD3, 0xC4, 0xB5, 0xA6, 0x97, 0x88};
    for (size_t i = 0; i < COUNT(integers); i++) {
        for (size_t size = 0; size <= sizeof octets; size++) {
            struct cursor cursor = cursor_of((struct bytes){octets, size});
            bool enough = size >= integers[i].size;
            uint64_t value = integers[i].read(&cursor);
            if (value != (enough ? integers[i].want : 0))
                fail_msg("%s of %zu octets: 0x%llX", integers[i].name, size, (unsigned long long)value);
            if (cursor.bad == enough || cursor.left != (enough ? size - integers[i].size : 0))
                fail_msg("%s of %zu octets: bad %d, %zu left", integers[i].name, size, cursor.bad, cursor.left);
        }
    }
}

static void bad_stays_bad(void **state)
{
    (void)state;
    static const uint8_t octets[16] = {1, 2, 3};
    struct cursor cursor = cursor_of((struct bytes){octets, sizeof octets});
    cursor_take(&cursor, 17);
    assert_true(cursor.bad);
    for (size_t i = 0; i < COUNT(integers); i++)
        assert_int_equal(integers[i].read(&cursor), 0);
    assert_int_equal(cursor_take(&cursor, 0).size, 0);
    assert_int_equal(cursor_rest(&cursor).size, 0);
    struct cursor (*const blocks[])(struct cursor *) = {cursor_block8, cursor_block16, cursor_block24};
    for (size_t i = 0; i < COUNT(blocks); i++)
        assert_true(blocks[i](&cursor).bad);
    assert_true(cursor.bad);
    assert_int_equal(cursor.left, 0);
    assert_false(cursor_ended(&cursor));
}

static void taking_moves_on(void **state)
{
    (void)state;
    struct bytes octets = OCTETS("abcdef");
    struct cursor cursor = cursor_of(octets);
    assert_true(bytes_equal(cursor_take(&cursor, 2), (struct bytes)OCTETS("ab")));
    assert_true(bytes_equal(cursor_take(&cursor, 0), (struct bytes)OCTETS("")));
    assert_false(cursor_ended(&cursor));
    assert_true(bytes_equal(cursor_rest(&cursor), (struct bytes)OCTETS("cdef")));
    assert_true(cursor_ended(&cursor));
    assert_int_equal(cursor_rest(&cursor).size, 0);
    assert_true(cursor_ended(&cursor));
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_false(cursor_ended(&cursor));
}

static void nothing_is_read_of_nothing(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of((struct bytes){NULL, 0});
    assert_true(cursor_ended(&cursor));
    assert_int_equal(cursor_take(&cursor, 0).size, 0);
    assert_true(cursor_ended(&cursor));
    cursor_take(&cursor, SIZE_MAX);
    assert_true(cursor.bad);
}

static const struct {
    const char *name;
    struct cursor (*block)(struct cursor *cursor);
    size_t width;
} blocks[] = {
    {"block8", cursor_block8, 1},
    {"block16", cursor_block16, 2},
    {"block24", cursor_block24, 3},
};

static void blocks_are_cursors_of_their_own(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0, 0, 3, 'a', 'b', 'c', 'd'};
    for (size_t i = 0; i < COUNT(blocks); i++) {
        size_t skip = 3 - blocks[i].width, whole = blocks[i].width + 3;
        for (size_t size = 0; size <= whole + 1; size++) {
            struct cursor cursor = cursor_of((struct bytes){octets + skip, size});
            struct cursor block = blocks[i].block(&cursor);
            bool want_bad = size < whole;
            if (cursor.bad != want_bad || block.bad != want_bad || block.left != (want_bad ? 0 : 3))
                fail_msg("%s in %zu octets: bad %d and %d, %zu left", blocks[i].name, size, cursor.bad, block.bad,
                         block.left);
            if (want_bad)
                continue;
            assert_true(bytes_equal(cursor_rest(&block), (struct bytes)OCTETS("abc")));
            cursor_u8(&block); // a step past the block is no matter of the outer cursor
            assert_true(block.bad);
            assert_false(cursor.bad);
            assert_int_equal(cursor.left, size - whole);
        }
    }
}

// struct { u8 kind; opaque name<0..255>; u16 list<0..2^16-1>; u64 end; }
static bool parse(struct bytes octets)
{
    struct cursor cursor = cursor_of(octets);
    cursor_u8(&cursor);
    struct cursor name = cursor_block8(&cursor);
    cursor_rest(&name);
    struct cursor list = cursor_block16(&cursor);
    while (list.left != 0)
        cursor_u16(&list);
    cursor_u64(&cursor);
    return cursor_ended(&cursor) && cursor_ended(&name) && cursor_ended(&list);
}

static void a_parser_that_tests_once_sees_every_cut(void **state)
{
    (void)state;
    static const uint8_t whole[] = {9, 2, 'h', 'i', 0, 4, 0x13, 1, 0x13, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0};
    for (size_t size = 0; size <= sizeof whole; size++)
        if (parse((struct bytes){whole, size}) != (size == sizeof whole - 1))
            fail_msg("cut to %zu octets: wrong", size);
    uint8_t odd[sizeof whole - 1];
    memcpy(odd, whole, sizeof odd);
    odd[5] = 3; // the last u16 of the list is halved
    assert_false(parse((struct bytes){odd, sizeof odd}));
}

static void builders_write_what_cursors_read(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    builder_u8(&builder, 0xF1);
    builder_u16(&builder, 0xF1E2);
    builder_u24(&builder, 0xF1E2D3);
    builder_u32(&builder, 0xF1E2D3C4);
    builder_u64(&builder, UINT64_C(0xF1E2D3C4B5A69788));
    builder_add(&builder, bytes_of_text("text"));
    builder_add(&builder, (struct bytes){NULL, 0});
    struct bytes want = OCTETS("\xF1\xF1\xE2\xF1\xE2\xD3\xF1\xE2\xD3\xC4\xF1\xE2\xD3\xC4\xB5\xA6\x97\x88text");
    assert_true(bytes_equal(builder_bytes(&builder), want));
    assert_false(builder.bad);
    struct cursor cursor = cursor_of(builder_bytes(&builder));
    for (size_t i = 0; i < COUNT(integers); i++)
        if (integers[i].read(&cursor) != integers[i].want)
            fail_msg("%s: does not come back", integers[i].name);
    assert_int_equal(cursor_take(&cursor, 4).size, 4);
    assert_true(cursor_ended(&cursor));
    arena_release(&arena);
}

static void an_empty_builder_has_no_octets(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    assert_int_equal(builder_bytes(&builder).size, 0);
    assert_false(builder.bad);
    arena_release(&arena);
}

static void builders_grow(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    for (uint32_t i = 0; i < 100000; i++)
        builder_u24(&builder, i);
    struct cursor cursor = cursor_of(builder_bytes(&builder));
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(cursor_u24(&cursor), i);
    assert_true(cursor_ended(&cursor));
    arena_release(&arena);
}

static void a_length_that_does_not_fit_is_bad(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned width;
        size_t size;
        bool want_bad;
    } rows[] = {
        {"8 bits, empty", 1, 0, false},  {"8 bits, full", 1, 0xFF, false},      {"8 bits, over", 1, 0x100, true},
        {"16 bits, empty", 2, 0, false}, {"16 bits, full", 2, 0xFFFF, false},   {"16 bits, over", 2, 0x10000, true},
        {"24 bits, empty", 3, 0, false}, {"24 bits, full", 3, 0xFFFFFF, false}, {"24 bits, over", 3, 0x1000000, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct builder builder = builder_in(&arena);
        struct bytes content = {arena_alloc(&arena, rows[i].size), rows[i].size};
        builder_u8(&builder, 0xAA);
        size_t opened = builder_open(&builder, rows[i].width);
        builder_add(&builder, content);
        builder_close(&builder, opened, rows[i].width);
        builder_u8(&builder, 0xBB);
        if (builder.bad != rows[i].want_bad)
            fail_msg("%s: bad is %d", rows[i].name, builder.bad);
        struct bytes built = builder_bytes(&builder);
        assert_int_equal(built.size, 2 + rows[i].width + rows[i].size);
        assert_int_equal(built.data[0], 0xAA);
        assert_int_equal(built.data[built.size - 1], 0xBB);
        uint32_t length = 0;
        for (size_t n = 0; n < rows[i].width; n++)
            length = length << 8 | built.data[1 + n];
        if (!rows[i].want_bad)
            assert_int_equal(length, rows[i].size);
        arena_release(&arena);
    }
}

static void bad_builders_stay_bad(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    size_t opened = builder_open(&builder, 1);
    for (size_t i = 0; i < 256; i++)
        builder_u8(&builder, 1);
    builder_close(&builder, opened, 1);
    size_t second = builder_open(&builder, 2);
    builder_u8(&builder, 1);
    builder_close(&builder, second, 2);
    assert_true(builder.bad);
    arena_release(&arena);
}

static void blocks_nest(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    size_t message = builder_open(&builder, 3);
    builder_u16(&builder, 0x0303);
    size_t list = builder_open(&builder, 2);
    size_t item = builder_open(&builder, 1);
    for (size_t i = 0; i < 200; i++) // grows while all three are open
        builder_u8(&builder, (uint8_t)i);
    builder_close(&builder, item, 1);
    builder_close(&builder, list, 2);
    builder_close(&builder, message, 3);
    assert_false(builder.bad);
    struct cursor cursor = cursor_of(builder_bytes(&builder));
    struct cursor in_message = cursor_block24(&cursor);
    assert_int_equal(cursor_u16(&in_message), 0x0303);
    struct cursor in_list = cursor_block16(&in_message), in_item = cursor_block8(&in_list);
    assert_int_equal(in_item.left, 200);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(cursor_u8(&in_item), i);
    assert_true(cursor_ended(&in_item) && cursor_ended(&in_list) && cursor_ended(&in_message) && cursor_ended(&cursor));
    arena_release(&arena);
}

static void octets_are_compared_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct bytes a, b;
        bool want;
    } rows[] = {
        {"both empty", OCTETS(""), {NULL, 0}, true},
        {"same", OCTETS("a\0b"), OCTETS("a\0b"), true},
        {"differ after NUL", OCTETS("a\0b"), OCTETS("a\0c"), false},
        {"prefix", OCTETS("ab"), OCTETS("abc"), false},
        {"empty and not", {NULL, 0}, OCTETS("a"), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (bytes_equal(rows[i].a, rows[i].b) != rows[i].want || bytes_equal(rows[i].b, rows[i].a) != rows[i].want)
            fail_msg("%s: want %d", rows[i].name, rows[i].want);
    assert_true(bytes_equal(bytes_of_text("abc"), (struct bytes)OCTETS("abc")));
    assert_int_equal(bytes_of_text("").size, 0);
}

// Each length of zeros, and each single bit of 24 octets: 25 + 192 strings, no two alike.
static void hashes_differ(void **state)
{
    (void)state;
    static uint64_t hashes[25 + 192];
    uint8_t octets[24] = {0};
    size_t count = 0;
    for (size_t size = 0; size <= sizeof octets; size++)
        hashes[count++] = bytes_hash((struct bytes){octets, size});
    for (size_t bit = 0; bit < 8 * sizeof octets; bit++) {
        octets[bit / 8] = (uint8_t)(1 << bit % 8);
        hashes[count++] = bytes_hash((struct bytes){octets, sizeof octets});
        octets[bit / 8] = 0;
    }
    assert_int_equal(count, COUNT(hashes));
    for (size_t i = 0; i < count; i++)
        for (size_t other = 0; other < i; other++)
            if (hashes[i] == hashes[other])
                fail_msg("strings %zu and %zu have one hash", i, other);
    assert_int_equal(bytes_hash((struct bytes){NULL, 0}), hashes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian_and_whole),
        cmocka_unit_test(bad_stays_bad),
        cmocka_unit_test(taking_moves_on),
        cmocka_unit_test(nothing_is_read_of_nothing),
        cmocka_unit_test(blocks_are_cursors_of_their_own),
        cmocka_unit_test(a_parser_that_tests_once_sees_every_cut),
        cmocka_unit_test(builders_write_what_cursors_read),
        cmocka_unit_test(an_empty_builder_has_no_octets),
        cmocka_unit_test(builders_grow),
        cmocka_unit_test(a_length_that_does_not_fit_is_bad),
        cmocka_unit_test(bad_builders_stay_bad),
        cmocka_unit_test(blocks_nest),
        cmocka_unit_test(octets_are_compared_whole),
        cmocka_unit_test(hashes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
