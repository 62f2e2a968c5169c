// SPDX-License-Identifier: Apache-2.0
//
// The table of primes against the data it is made from, and the test of numbers that are not in it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/arenas.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/prime.h"

static struct bytes octets(struct arena *arena, const char *hex)
{
    struct bytes out;
    if (!text_from_hex(arena, hex, &out))
        fail_msg("not hex: %s", hex);
    return out;
}

// The last but one field of each line is the prime.
static void every_row_is_found(void **state)
{
    struct arena *arena = *state;
    static char line[16384];
    FILE *file = fopen("data/dh-primes.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    size_t rows = 0;
    for (; fgets(line, sizeof line, file) != NULL; rows++) {
        *strrchr(line, ',') = '\0';
        struct bytes number = octets(arena, strrchr(line, ',') + 1);
        const struct prime *prime = prime_find(number);
        if (prime == NULL)
            fail_msg("row %zu is not found", rows + 1);
        struct builder longer = builder_in(arena);
        builder_u16(&longer, 0);
        builder_add(&longer, number);
        assert_ptr_equal(prime_find(builder_bytes(&longer)), prime);
        assert_true(prime->bits > 8 * (number.size - 1) && prime->bits <= 8 * number.size);
    }
    fclose(file);
    assert_int_equal(rows, prime_count());
}

static void the_table_ascends(void **state)
{
    (void)state;
    for (size_t i = 1; i < prime_count(); i++)
        assert_true(strcmp(prime_at(i - 1)->digest, prime_at(i)->digest) < 0);
}

static void named_groups(void **state)
{
    (void)state;
    static const char *const names[] = {"ffdhe2048 (RFC 7919)", "ffdhe3072 (RFC 7919)", "ffdhe4096 (RFC 7919)",
                                        "ffdhe6144 (RFC 7919)", "ffdhe8192 (RFC 7919)"};
    for (size_t i = 0; i < 5; i++) {
        size_t rows = 0;
        for (size_t j = 0; j < prime_count(); j++)
            rows += strcmp(prime_at(j)->name, names[i]) == 0;
        assert_int_equal(rows, 1);
    }
    assert_int_equal(prime_group((struct bytes){(const uint8_t *)"\x17", 1}), 0);
}

static void numbers_are_tested(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *name, *hex;
        enum prime_kind want_kind;
    } rows[] = {
        {"nothing", "", PRIME_COMPOSITE},
        {"0", "00", PRIME_COMPOSITE},
        {"1", "01", PRIME_COMPOSITE},
        {"23 = 2 * 11 + 1", "17", PRIME_SAFE},
        {"13 = 2 * 6 + 1", "0D", PRIME_NOT_SAFE},
        {"561, a Carmichael number", "0231", PRIME_COMPOSITE},
        {"16843009 = 257 * 65537", "01010101", PRIME_COMPOSITE},
        {"3215031751, a strong pseudoprime to 2, 3, 5 and 7", "BFA17DC7", PRIME_COMPOSITE},
        {"2^61 - 1", "1FFFFFFFFFFFFFFF", PRIME_NOT_SAFE},
        {"2^64 - 59", "FFFFFFFFFFFFFFC5", PRIME_NOT_SAFE},
        {"18446744073709550147, the last safe prime under 2^64", "FFFFFFFFFFFFFA43", PRIME_SAFE},
        {"2^127 - 1 with leading zeros", "00007FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", PRIME_NOT_SAFE},
        {"even", "FFFFFFFFFFFFFFFFFE", PRIME_COMPOSITE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum prime_kind kind = prime_test(octets(arena, rows[i].hex));
        if (kind != rows[i].want_kind)
            fail_msg("%s: kind %d, should be %d", rows[i].name, kind, rows[i].want_kind);
    }
}

static void long_numbers_are_left_alone(void **state)
{
    (void)state;
    static uint8_t octet[PRIME_LIMIT / 8 + 2];
    memset(octet, 0xFF, sizeof octet);
    assert_int_equal(prime_test((struct bytes){octet, sizeof octet}), PRIME_TOO_LONG);
    octet[0] = octet[1] = 0; // as long as may be, and composite
    assert_int_equal(prime_test((struct bytes){octet, sizeof octet}), PRIME_COMPOSITE);
}

// Known ones are not tested anew: the table and the test must agree all the same.
static void the_test_agrees_with_the_table(void **state)
{
    struct arena *arena = *state;
    static char line[16384];
    FILE *file = fopen("data/dh-primes.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        *strrchr(line, ',') = '\0';
        struct bytes number = octets(arena, strrchr(line, ',') + 1);
        const struct prime *prime = prime_find(number);
        assert_non_null(prime);
        if (prime->bits > 1024)
            continue;
        enum prime_kind want = !prime->is_prime ? PRIME_COMPOSITE : prime->safe ? PRIME_SAFE : PRIME_NOT_SAFE;
        if (prime_test_anew(number) != want)
            fail_msg("%s is not what the table says", prime->name);
    }
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_row_is_found, arena_begin, arena_end),
        cmocka_unit_test(the_table_ascends),
        cmocka_unit_test(named_groups),
        cmocka_unit_test_setup_teardown(numbers_are_tested, arena_begin, arena_end),
        cmocka_unit_test(long_numbers_are_left_alone),
        cmocka_unit_test_setup_teardown(the_test_agrees_with_the_table, arena_begin, arena_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
