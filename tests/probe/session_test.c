// SPDX-License-Identifier: Apache-2.0
//
// Sessions with and without a certificate, and what is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "probe/session.h"

static const struct {
    const char *name;
    uint8_t session[20];
    size_t size;
    uint8_t want[20];
    size_t want_size;
} rows[] = {
    {"without", {0x30, 3, 2, 1, 1}, 5, {0x30, 0x82, 0, 3, 2, 1, 1}, 7},
    {"with", {0x30, 10, 2, 1, 1, 0xA3, 2, 0x30, 0, 0xA4, 1, 7}, 12, {0x30, 0x82, 0, 6, 2, 1, 1, 0xA4, 1, 7}, 10},
    {"alone", {0x30, 3, 0xA3, 1, 5}, 5, {0x30, 0x82, 0, 0}, 4},
    {"nothing", {0}, 0, {0}, 0},
    {"another tag", {0x31, 3, 0xA3, 1, 5}, 5, {0x31, 3, 0xA3, 1, 5}, 5},
    {"a field is cut", {0x30, 3, 0xA3, 2, 5}, 5, {0x30, 3, 0xA3, 2, 5}, 5},
    {"it is cut", {0x30, 4, 0xA3, 1, 5}, 5, {0x30, 4, 0xA3, 1, 5}, 5},
    {"something behind", {0x30, 3, 0xA3, 1, 5, 0}, 6, {0x30, 3, 0xA3, 1, 5, 0}, 6},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        print_message("%s\n", rows[i].name);
        struct bytes out = session_without_peer(&arena, (struct bytes){rows[i].session, rows[i].size});
        assert_int_equal(out.size, rows[i].want_size);
        assert_memory_equal(out.data == NULL ? rows[i].want : out.data, rows[i].want, out.size);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
