// SPDX-License-Identifier: Apache-2.0
//
// Frames and parcels: whole, cut at every octet, octet by octet, and of a liar.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "run/frames.h"
#include "run/parcel.h"

static void came(struct frames *frames, struct bytes octets)
{
    if (octets.size != 0)
        memcpy(frames_room(frames, octets.size), octets.data, octets.size);
    frames_came(frames, octets.size);
}

// --- frames ----------------------------------------------------------------------------------------

// Three of them, one empty; then the same from the other end.
static void check_three(struct frames *in)
{
    static const struct {
        uint8_t want_kind;
        const char *want;
    } rows[] = {{7, "seven"}, {8, ""}, {255, "all that is left"}};
    uint8_t kind;
    struct bytes octets;
    for (size_t i = 0; i < 3; i++) {
        assert_true(frames_take(in, &kind, &octets));
        assert_int_equal(kind, rows[i].want_kind);
        assert_true(bytes_equal(octets, bytes_of_text(rows[i].want)));
    }
    assert_false(frames_take(in, &kind, &octets));
    assert_false(in->bad);
    assert_int_equal(frames_left(in).size, 0);
}

static void put_three(struct frames *out)
{
    frames_put(out, 7, bytes_of_text("seven"));
    frames_put(out, 8, (struct bytes){NULL, 0});
    frames_put(out, 255, bytes_of_text("all that is left"));
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    struct frames out = {0};
    put_three(&out);
    struct bytes all = frames_left(&out);
    assert_int_equal(all.size, 3 * FRAME_HEAD + 5 + 16);
    for (size_t cut = 0; cut <= all.size; cut++) {
        struct frames in = {0};
        uint8_t kind;
        struct bytes octets;
        size_t taken = 0;
        came(&in, (struct bytes){all.data, cut});
        while (frames_take(&in, &kind, &octets))
            taken++;
        assert_int_equal(taken, (cut >= 10) + (cut >= 15) + (cut == all.size));
        assert_false(in.bad);
        frames_release(&in);
        came(&in, (struct bytes){all.data, cut});
        came(&in, (struct bytes){all.data + cut, all.size - cut});
        check_three(&in);
        frames_release(&in);
    }
    frames_release(&out);
}

static void test_octet_by_octet(void **state)
{
    (void)state;
    struct frames out = {0}, in = {0};
    put_three(&out);
    for (struct bytes left; (left = frames_left(&out)).size != 0; frames_sent(&out, 1))
        came(&in, (struct bytes){left.data, 1});
    check_three(&in);
    frames_release(&in);
    frames_release(&out);
}

// Many of them, and a long one: memory is that of what is there.
static void test_memory(void **state)
{
    (void)state;
    enum { LONG = 9 << 20 };
    struct frames frames = {0};
    uint8_t kind, *text = calloc(1, LONG);
    struct bytes octets;
    for (unsigned i = 0; i < 100000; i++) {
        frames_put(&frames, 1, (struct bytes){text, 100});
        frames_put(&frames, 2, (struct bytes){text, i % 300});
        assert_true(frames_take(&frames, &kind, &octets));
        if (i % 2 == 1) // fall behind, and catch up
            continue;
        while (frames_take(&frames, &kind, &octets))
            ;
    }
    assert_in_range(frames.capacity, 1, 1 << 20);
    while (frames_take(&frames, &kind, &octets))
        ;
    frames_put(&frames, 3, (struct bytes){text, LONG});
    assert_true(frames_take(&frames, &kind, &octets));
    assert_int_equal(octets.size, LONG);
    frames_put(&frames, 4, (struct bytes){text, 1});
    assert_in_range(frames.capacity, 1, 1 << 20);
    frames_release(&frames);
    free(text);
}

static void test_lies(void **state)
{
    (void)state;
    static const struct {
        uint32_t length;
        bool want_bad;
    } rows[] = {{0, false},        {1, false}, {FRAME_MOST, false}, {FRAME_MOST + 1, true}, {UINT32_C(1) << 31, true},
                {UINT32_MAX, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct frames in = {0};
        uint8_t head[FRAME_HEAD] = {(uint8_t)(rows[i].length >> 24), (uint8_t)(rows[i].length >> 16),
                                    (uint8_t)(rows[i].length >> 8), (uint8_t)rows[i].length, 9};
        uint8_t kind;
        struct bytes octets;
        came(&in, (struct bytes){head, sizeof head});
        assert_int_equal(frames_take(&in, &kind, &octets), rows[i].length == 0);
        assert_int_equal(in.bad, rows[i].want_bad);
        assert_in_range(in.capacity, 1, 1 << 20); // whatever it promises
        came(&in, (struct bytes){head, sizeof head});
        if (rows[i].want_bad)
            assert_false(frames_take(&in, &kind, &octets));
        frames_release(&in);
    }
}

// --- parcels ---------------------------------------------------------------------------------------

static const struct target targets[] = {
    {.input = "example.org", .host = "example.org", .display = "example.org", .port = 443, .sni = "example.org"},
    {.input = "b\xc3\xbc"
              "cher.example:8443",
     .host = "xn--bcher-kva.example",
     .display = "b\xc3\xbc"
                "cher.example",
     .port = 8443,
     .port_given = true,
     .sni = "",
     .pinned = 0x0304,
     .alpn = "h2,http/1.1"},
    {.input = "[::1]:1", .host = "::1", .display = "::1", .port = 1, .is_address = true},
};

static void same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void same_target(const struct target *a, const struct target *b)
{
    same_text(a->input, b->input);
    same_text(a->host, b->host);
    same_text(a->display, b->display);
    same_text(a->sni, b->sni);
    same_text(a->alpn, b->alpn);
    assert_int_equal(a->port, b->port);
    assert_int_equal(a->pinned, b->pinned);
    assert_int_equal(a->port_given, b->port_given);
    assert_int_equal(a->is_address, b->is_address);
}

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct arena arena = {0};
        struct target read = {0};
        uint64_t number;
        struct bytes octets = parcel_write_target(&arena, UINT64_MAX - i, &targets[i]);
        assert_true(parcel_read_target(&arena, octets, &number, &read));
        assert_true(number == UINT64_MAX - i);
        same_target(&read, &targets[i]);
        for (size_t cut = 0; cut < octets.size; cut++)
            assert_false(parcel_read_target(&arena, (struct bytes){octets.data, cut}, &number, &read));
        arena_release(&arena);
    }
}

static struct parcel_finished sample(void)
{
    static struct bytes keys[2];
    keys[0] = bytes_of_text("a key");
    keys[1] = bytes_of_text("another");
    return (struct parcel_finished){
        .number = 77,
        .reach = 1,
        .interrupted = true,
        .endpoints = {1, 2, 3, 4, UINT32_MAX},
        .keys = keys,
        .key_count = 2,
        .report = bytes_of_text("{}\n"),
        .transcript = bytes_of_text("end\n"),
    };
}

static void test_finished(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct parcel_finished wanted = sample(), read;
    struct bytes octets = parcel_write_finished(&arena, &wanted);
    assert_true(parcel_read_finished(&arena, octets, &read));
    assert_true(read.number == 77 && read.reach == 1 && read.interrupted && !read.stopped);
    assert_memory_equal(read.endpoints, wanted.endpoints, sizeof read.endpoints);
    assert_int_equal(read.key_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(bytes_equal(read.keys[i], wanted.keys[i]));
    assert_true(bytes_equal(read.report, wanted.report) && bytes_equal(read.transcript, wanted.transcript));
    for (size_t cut = 0; cut < octets.size; cut++)
        assert_false(parcel_read_finished(&arena, (struct bytes){octets.data, cut}, &read));
    arena_release(&arena);
}

// Each octet in turn is another one: whatever is read stays within what came.
static void test_finished_of_a_liar(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct parcel_finished told = sample(), read;
    struct bytes octets = parcel_write_finished(&arena, &told);
    uint8_t *copy = malloc(octets.size);
    for (size_t i = 0; i < octets.size; i++)
        for (unsigned value = 0; value < 256; value += value < 8 || value > 250 ? 1 : 51) {
            struct arena_mark before = arena_mark(&arena);
            memcpy(copy, octets.data, octets.size);
            copy[i] = (uint8_t)value;
            bool good = parcel_read_finished(&arena, (struct bytes){copy, octets.size}, &read);
            for (size_t k = 0; good && k < read.key_count; k++)
                assert_true(read.keys[k].size <= octets.size);
            assert_true(!good || (read.reach < PARCEL_REACHES && read.report.size != 0));
            arena_rewind(&arena, before);
        }
    told.reach = PARCEL_REACHES;
    assert_false(parcel_read_finished(&arena, parcel_write_finished(&arena, &told), &read));
    told = sample();
    told.report.size = 0;
    assert_false(parcel_read_finished(&arena, parcel_write_finished(&arena, &told), &read));
    free(copy);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_octet_by_octet),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_finished),
        cmocka_unit_test(test_finished_of_a_liar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
