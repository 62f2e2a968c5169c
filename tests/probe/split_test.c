// SPDX-License-Identifier: Apache-2.0
//
// A hello in two segments: the same octets, the same answer to read, another probe.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "probe/talk.h"
#include "wire/registry.h"

static const uint8_t seed[32] = {9};
static const uint16_t suites[] = {0xC02F, 0x002F};

static struct probe probe_with(uint16_t split)
{
    return (struct probe){
        .split = split,
        .hello = {.version = TLS12,
                  .extensions = HELLO_RENEGOTIATION_INFO,
                  .session_id = true,
                  .suites = {suites, 2},
                  .pad_to = 900},
    };
}

static void canonical_form(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct probe plain = probe_with(0), split = probe_with(700), other = probe_with(701), read;
    struct bytes form = probe_encode(&arena, &split);
    assert_true(probe_decode(&arena, form, &read));
    assert_int_equal(read.split, 700);
    assert_true(bytes_equal(probe_encode(&arena, &read), form));
    assert_false(bytes_equal(probe_encode(&arena, &plain), form));
    assert_false(bytes_equal(probe_encode(&arena, &other), form));
    assert_true(probe_decode(&arena, probe_encode(&arena, &plain), &read));
    assert_int_equal(read.split, 0);
    arena_release(&arena);
}

// One question has one form: a split at 0, half a number and anything behind it are none.
static void what_is_no_form(void **state)
{
    (void)state;
    static const struct {
        uint8_t tail[3];
        size_t size;
    } rows[] = {{{0, 0}, 2}, {{1}, 1}, {{1, 2, 3}, 3}};
    struct arena arena = {0};
    struct probe plain = probe_with(0), read;
    struct bytes form = probe_encode(&arena, &plain);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct builder longer = builder_in(&arena);
        builder_add(&longer, form);
        builder_add(&longer, (struct bytes){rows[i].tail, rows[i].size});
        assert_false(probe_decode(&arena, builder_bytes(&longer), &read));
    }
    arena_release(&arena);
}

static void segments(void **state)
{
    (void)state;
    static const struct {
        uint16_t split;
        size_t want_pieces, want_first; // 0: all
    } rows[] = {{0, 1, 0}, {1, 2, 1}, {700, 2, 700}, {904, 2, 904}, {905, 1, 0}, {5000, 1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct probe probe = probe_with(rows[i].split);
        struct talk *talk = talk_begin(probe_encode(&arena, &probe), (struct bytes){NULL, 0}, NULL, seed, true);
        struct bytes whole = hello_build(&arena, &probe.hello, &talk->entropy), piece;
        struct builder sent = builder_in(&arena);
        size_t pieces = 0;
        assert_int_equal(whole.size, 905);
        for (; (piece = talk_output(talk, &arena)).size != 0; pieces++) {
            if (pieces == 0 && rows[i].want_first != 0)
                assert_int_equal(piece.size, rows[i].want_first);
            builder_add(&sent, piece);
        }
        assert_int_equal(pieces, rows[i].want_pieces);
        assert_true(bytes_equal(builder_bytes(&sent), whole));
        assert_int_equal(talk_output(talk, &arena).size, 0);
        talk_release(talk);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(what_is_no_form),
        cmocka_unit_test(segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
