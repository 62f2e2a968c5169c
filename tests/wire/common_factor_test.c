// SPDX-License-Identifier: Apache-2.0
//
// Batches of numbers whose common factors are known, or found pair by pair by another road: libcrypto's own
// greatest common divisor of each number with the product of all others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/common_factor.h"

#define MOST 1000

static BN_CTX *context;

static struct bytes octets(struct arena *arena, const BIGNUM *number)
{
    size_t size = (size_t)BN_num_bytes(number);
    uint8_t *data = arena_alloc(arena, size);
    BN_bn2bin(number, data);
    return (struct bytes){data, size};
}

static struct bytes number_of(struct arena *arena, const char *decimal)
{
    BIGNUM *number = NULL;
    assert_true(BN_dec2bn(&number, decimal) > 0);
    struct bytes out = octets(arena, number);
    BN_free(number);
    return out;
}

// What libcrypto says, slowly.
static void expect_divisors(struct arena *arena, BIGNUM *const *number, size_t count)
{
    struct bytes *listed = arena_array(arena, count, sizeof *listed);
    for (size_t i = 0; i < count; i++)
        listed[i] = octets(arena, number[i]);
    const struct bytes *factor = common_factors(arena, listed, count);
    BIGNUM *product = BN_new(), *rest = BN_new(), *wanted = BN_new();
    for (size_t i = 0; i < count; i++) {
        BN_one(product);
        for (size_t k = 0; k < count; k++)
            if (k != i)
                BN_mul(product, product, number[k], context);
        BN_mod(rest, product, number[i], context);
        BN_gcd(wanted, rest, number[i], context);
        if (!bytes_equal(factor[i], octets(arena, wanted)))
            fail_msg("of %zu numbers that at %zu has %s in common, not %s", count, i, BN_bn2hex(wanted),
                     text_hex(arena, factor[i]));
        assert_int_equal(common_factor_none(factor[i]), BN_is_one(wanted));
    }
    BN_free(wanted);
    BN_free(rest);
    BN_free(product);
}

// --- small numbers ---------------------------------------------------------------------------------

static void known_numbers(void **state)
{
    static const struct {
        const char *name;
        const char *number[8];
        const char *want_factor[8];
    } rows[] = {
        {"alone", {"77"}, {"1"}},
        {"the number one", {"1", "1", "1"}, {"1", "1", "1"}},
        {"nothing in common", {"15", "77", "221"}, {"1", "1", "1"}},
        {"one prime", {"15", "77", "33"}, {"3", "11", "33"}},
        {"equal", {"77", "77", "15"}, {"77", "77", "1"}},
        {"the product of two others", {"15", "77", "1155"}, {"15", "77", "1155"}},
        {"each with each", {"15", "21", "35"}, {"15", "21", "35"}},
        {"even", {"6", "10", "77"}, {"2", "2", "1"}},
        {"powers of two", {"2", "4", "8", "1024", "9"}, {"2", "4", "8", "64", "1"}},
        {"squares", {"49", "7", "121", "25"}, {"7", "7", "1", "1"}},
        {"of very different length",
         {"3", "340282366920938463463374607431768211457", "36472996377170786403"},
         {"3", "1", "3"}},
    };
    struct arena *arena = *state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct bytes number[8];
        size_t count = 0;
        for (; count < 8 && rows[r].number[count] != NULL; count++)
            number[count] = number_of(arena, rows[r].number[count]);
        const struct bytes *factor = common_factors(arena, number, count);
        for (size_t i = 0; i < count; i++)
            if (!bytes_equal(factor[i], number_of(arena, rows[r].want_factor[i])))
                fail_msg("%s: number %zu has %s in common", rows[r].name, i, text_hex(arena, factor[i]));
    }
}

static void none(void **state) { common_factors(*state, NULL, 0); }

// --- large ones ------------------------------------------------------------------------------------

static BIGNUM *random_number(int bits)
{
    BIGNUM *number = BN_new();
    assert_true(BN_rand(number, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
    return number;
}

// Random numbers share small factors by themselves, which is as good as primes.
static void random_numbers_of_all_counts(void **state)
{
    static const size_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 64, 100, 127};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct arena arena = {0};
        BIGNUM *number[128];
        for (size_t i = 0; i < counts[c]; i++)
            number[i] = random_number(c % 2 == 0 ? 512 : 40 + 37 * (int)(i % 29));
        expect_divisors(&arena, number, counts[c]);
        for (size_t i = 0; i < counts[c]; i++)
            BN_free(number[i]);
        arena_release(&arena);
    }
    (void)state;
}

// One is longer than all others together; and some are full of zeros.
static void lopsided_batches(void **state)
{
    struct arena *arena = *state;
    BIGNUM *number[12];
    for (size_t i = 0; i < 12; i++)
        number[i] = random_number(i == 5 ? 16384 : i % 3 == 0 ? 1024 : 64);
    for (size_t i = 0; i < 12; i += 4) {
        BN_zero(number[i]);
        BN_set_bit(number[i], 4095);
        BN_set_bit(number[i], i == 8 ? 1 : 0);
    }
    expect_divisors(arena, number, 12);
    for (size_t i = 0; i < 12; i++)
        BN_free(number[i]);
}

static BIGNUM *random_prime(int bits)
{
    BIGNUM *prime = BN_new();
    assert_true(BN_generate_prime_ex(prime, bits, 0, NULL, NULL, NULL));
    return prime;
}

// Among many moduli of distinct primes, those that share one, wherever they stand.
static void planted_factors_are_found(void **state)
{
    struct arena *arena = *state;
    BIGNUM *shared = random_prime(256), *number = BN_new(), *other = BN_new();
    static struct bytes modulus[MOST];
    static const size_t places[] = {0, 1, 333, 511, 512, 998, 999};
    for (size_t i = 0; i < MOST; i++) {
        bool planted = false;
        for (size_t k = 0; k < sizeof places / sizeof *places; k++)
            planted = planted || places[k] == i;
        BIGNUM *a = random_prime(256), *b = random_prime(256);
        BN_mul(number, planted ? shared : a, b, context);
        modulus[i] = octets(arena, number);
        BN_free(a);
        BN_free(b);
    }
    static const size_t counts[] = {2, 334, 512, 999, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        const struct bytes *factor = common_factors(arena, modulus, counts[c]);
        for (size_t i = 0; i < counts[c]; i++) {
            bool planted = false;
            for (size_t k = 0; k < sizeof places / sizeof *places; k++)
                planted = planted || places[k] == i;
            struct bytes want = planted ? octets(arena, shared) : (struct bytes){(const uint8_t *)"\1", 1};
            if (!bytes_equal(factor[i], want))
                fail_msg("of %zu moduli that at %zu has %s in common", counts[c], i, text_hex(arena, factor[i]));
        }
    }
    BN_free(other);
    BN_free(number);
    BN_free(shared);
}

static void two_by_themselves(void **state)
{
    struct arena *arena = *state;
    struct bytes a = number_of(arena, "77"), b = number_of(arena, "121"), c = number_of(arena, "15");
    assert_true(bytes_equal(common_factor(arena, a, b), number_of(arena, "11")));
    assert_true(common_factor_none(common_factor(arena, a, c)));
    assert_true(bytes_equal(common_factor(arena, a, a), a));
}

static int begin(void **state)
{
    static struct arena arena;
    *state = &arena;
    context = BN_CTX_new();
    return context == NULL;
}

static int end(void **state)
{
    arena_release(*state);
    BN_CTX_free(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_numbers),
        cmocka_unit_test(none),
        cmocka_unit_test(random_numbers_of_all_counts),
        cmocka_unit_test(lopsided_batches),
        cmocka_unit_test(planted_factors_are_found),
        cmocka_unit_test(two_by_themselves),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
