// SPDX-License-Identifier: Apache-2.0
//
// The arena: aligned, zeroed, rewound to any mark, released to nothing.
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fail.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void fill(void *piece, size_t size, int octet)
{
    if (size != 0)
        memset(piece, octet, size);
}

static bool filled(const uint8_t *piece, size_t size, uint8_t octet)
{
    for (size_t i = 0; i < size; i++)
        if (piece[i] != octet)
            return false;
    return true;
}

// What structures are made of.
struct any {
    void *pointer;
    uint64_t number;
    double real;
};

static const size_t sizes[] = {0, 1, 7, 8, 15, 16, 17, 100, 1000, 1023, 1024, 1025, 5000, 65535, 65536, 65537, 1000000};

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t *pieces[COUNT(sizes)];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        pieces[i] = arena_alloc(&arena, sizes[i]);
        assert_non_null(pieces[i]);
        if ((uintptr_t)pieces[i] % alignof(struct any) != 0)
            fail_msg("%zu octets: not aligned", sizes[i]);
        if (!filled(pieces[i], sizes[i], 0))
            fail_msg("%zu octets: not zeroed", sizes[i]);
        fill(pieces[i], sizes[i], (int)i + 1);
    }
    for (size_t i = 0; i < COUNT(sizes); i++)
        if (!filled(pieces[i], sizes[i], (uint8_t)(i + 1)))
            fail_msg("%zu octets: another piece lies in it", sizes[i]);
    arena_release(&arena);
}

static void texts_stand_one_behind_the_other(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t length = 1; length < 40; length++) {
        char *one = arena_text(&arena, "%0*u", (int)length, 0u);
        char *next = arena_string(&arena, (struct bytes){(const uint8_t *)"next", 4});
        void *any = arena_alloc(&arena, sizeof(struct any));
        assert_int_equal(strlen(one), length);
        assert_string_equal(next, "next");
        assert_int_equal((uintptr_t)any % alignof(struct any), 0);
        if (next > one && any > (void *)next) // else a block ended here
            assert_ptr_equal(next, one + length + 1);
    }
    assert_in_range(arena.total, 1, 8192);
    arena_release(&arena);
}

static void a_small_arena_is_small(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_int_equal(arena.total, 0);
    arena_alloc(&arena, 100);
    assert_in_range(arena.total, 100, 2048);
    for (size_t i = 0; i < 100000; i++)
        arena_alloc(&arena, 16);
    assert_in_range(arena.total, 1600000, 1600000 + 2 * 65536);
    arena_release(&arena);
    assert_int_equal(arena.total, 0);
    assert_null(arena.last);
}

static void a_released_arena_can_be_used_again(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_release(&arena);
    for (int round = 0; round < 3; round++) {
        uint8_t *piece = arena_alloc(&arena, 3000);
        assert_true(filled(piece, 3000, 0));
        fill(piece, 3000, 0xAA);
        arena_release(&arena);
        assert_int_equal(arena.total, 0);
    }
}

static void rewinding_gives_back_what_came_after(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t *kept = arena_alloc(&arena, 500);
    fill(kept, 500, 0x11);
    struct arena_mark mark = arena_mark(&arena);
    size_t total = arena.total;
    uint8_t *first = NULL;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint8_t *piece = arena_alloc(&arena, sizes[i] == 0 ? 1 : sizes[i]);
        if (i == 0)
            first = piece;
        fill(piece, sizes[i] == 0 ? 1 : sizes[i], 0xEE);
    }
    arena_rewind(&arena, mark);
    assert_int_equal(arena.total, total);
    assert_true(filled(kept, 500, 0x11));
    uint8_t *again = arena_alloc(&arena, 1);
    assert_ptr_equal(again, first);
    assert_true(filled(again, 1, 0));
    arena_release(&arena);
}

static void marks_nest(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct arena_mark marks[20];
    size_t totals[COUNT(marks)];
    for (size_t i = 0; i < COUNT(marks); i++) {
        marks[i] = arena_mark(&arena);
        totals[i] = arena.total;
        arena_alloc(&arena, 700 * (i + 1));
    }
    for (size_t i = COUNT(marks); i-- > 0;) {
        arena_rewind(&arena, marks[i]);
        if (arena.total != totals[i])
            fail_msg("mark %zu: %zu octets held, want %zu", i, arena.total, totals[i]);
    }
    assert_null(arena.last); // the first mark was of the empty arena
}

static void a_mark_can_be_rewound_to_often(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_alloc(&arena, 10);
    struct arena_mark mark = arena_mark(&arena);
    size_t total = arena.total;
    for (size_t i = 0; i < 1000; i++) {
        arena_alloc(&arena, i * 10);
        arena_rewind(&arena, mark);
        arena_rewind(&arena, mark);
        assert_int_equal(arena.total, total);
    }
    arena_release(&arena);
}

static void copies_are_their_own(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t octets[] = {'a', 0, 'b'};
    struct bytes given = {octets, sizeof octets}, none = {NULL, 0};
    struct bytes copy = arena_copy(&arena, given);
    char *string = arena_string(&arena, given);
    octets[0] = 'z';
    assert_true(copy.data != octets);
    assert_int_equal(copy.size, 3);
    assert_memory_equal(copy.data, "a\0b", 3);
    assert_memory_equal(string, "a\0b\0", 4);
    assert_int_equal(arena_copy(&arena, none).size, 0);
    assert_string_equal(arena_string(&arena, none), "");
    arena_release(&arena);
}

static void text_of_any_length_is_printed(void **state)
{
    (void)state;
    static const int lengths[] = {0, 1, 15, 16, 1000, 1024, 70000};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *text = arena_text(&arena, "<%0*d>", lengths[i], 7);
        size_t want = (size_t)(lengths[i] == 0 ? 1 : lengths[i]) + 2;
        if (strlen(text) != want || text[0] != '<' || text[want - 2] != '7' || text[want - 1] != '>')
            fail_msg("length %d: printed as %zu octets", lengths[i], strlen(text));
    }
    assert_string_equal(arena_text(&arena, "%s", ""), "");
    arena_release(&arena);
}

static void too_large(struct arena *arena) { arena_alloc(arena, SIZE_MAX - 8); }
static void too_many(struct arena *arena) { arena_array(arena, SIZE_MAX / 8, 16); }

static void foreign_mark(struct arena *arena)
{
    struct arena other = {0};
    arena_alloc(&other, 1);
    struct arena_mark mark = arena_mark(&other);
    arena_release(&other);
    arena_rewind(arena, mark);
}

static int status_of(void (*what)(struct arena *arena))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct arena arena = {0};
        if (freopen("/dev/null", "w", stderr) != NULL)
            what(&arena);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_cannot_be_ends_the_process(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*what)(struct arena *arena);
    } rows[] = {
        {"more than there is", too_large},
        {"a product that overflows", too_many},
        {"a mark of another arena", foreign_mark},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = status_of(rows[i].what);
        if (status != EXIT_INTERNAL)
            fail_msg("%s: ended with %d, want %d", rows[i].name, status, EXIT_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_stand_one_behind_the_other),
        cmocka_unit_test(a_small_arena_is_small),
        cmocka_unit_test(a_released_arena_can_be_used_again),
        cmocka_unit_test(rewinding_gives_back_what_came_after),
        cmocka_unit_test(marks_nest),
        cmocka_unit_test(a_mark_can_be_rewound_to_often),
        cmocka_unit_test(copies_are_their_own),
        cmocka_unit_test(text_of_any_length_is_printed),
        cmocka_unit_test(what_cannot_be_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
