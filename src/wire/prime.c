// SPDX-License-Identifier: Apache-2.0
//
// The table of shared primes, found by digest, and the test for all others. Miller and Rabin's
// test is written out here since libcrypto's own takes 64 to 128 rounds, which no event loop has
// time for, and draws its bases at random, while the same bytes must give the same report. Bases
// are drawn from the number itself by a digest, so that nobody can choose one to go with them.
#include "wire/prime.h"

#include <string.h>

#include <openssl/bn.h>

#include "base/fail.h"
#include "wire/keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct prime primes[] = {
#define PRIME(...) {__VA_ARGS__},
#include "primes.def"
#undef PRIME
};

// Of RFC 7919, in the order of their code points from 0x0100 on.
static const char *const ffdhe[] = {
    "ffdhe2048 (RFC 7919)", "ffdhe3072 (RFC 7919)", "ffdhe4096 (RFC 7919)",
    "ffdhe6144 (RFC 7919)", "ffdhe8192 (RFC 7919)",
};

size_t prime_count(void) { return COUNT(primes); }

const struct prime *prime_at(size_t index)
{
    always(index < COUNT(primes));
    return &primes[index];
}

static struct bytes without_zeros(struct bytes number)
{
    while (number.size != 0 && number.data[0] == 0)
        number = (struct bytes){number.data + 1, number.size - 1};
    return number;
}

static void write_digest(struct bytes number, char text[65])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t octet[32];
    digest_sha256(number, octet);
    for (size_t i = 0; i < sizeof octet; i++) {
        text[2 * i] = digits[octet[i] >> 4];
        text[2 * i + 1] = digits[octet[i] & 15];
    }
    text[64] = '\0';
}

const struct prime *prime_find(struct bytes number)
{
    char digest[65];
    write_digest(without_zeros(number), digest);
    size_t low = 0, high = COUNT(primes);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(digest, primes[middle].digest);
        if (order == 0)
            return &primes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

uint16_t prime_group(struct bytes number)
{
    const struct prime *prime = prime_find(number);
    for (uint16_t i = 0; prime != NULL && i < COUNT(ffdhe); i++)
        if (strcmp(prime->name, ffdhe[i]) == 0)
            return (uint16_t)(0x0100 + i);
    return 0;
}

// --- Miller and Rabin ----------------------------------------------------------------------------

#define must(condition) ((condition) ? (void)0 : die("libcrypto cannot do arithmetic: %s", #condition))

// A composite passes one round with a chance of 1/4 at the very most, and long ones with one that is far smaller
// (Damgard, Landrock and Pomerance 1993).
static unsigned rounds_for(int bits) { return bits <= 2048 ? 16 : 8; }

// Between 2 and number - 2.
static void draw_base(struct bytes octets, unsigned round, const BIGNUM *number, BIGNUM *base, BN_CTX *context)
{
    uint8_t seed[33], digest[32];
    digest_sha256(octets, seed);
    seed[32] = (uint8_t)round;
    digest_sha256((struct bytes){seed, sizeof seed}, digest);
    BIGNUM *range = BN_dup(number);
    must(range != NULL && BN_sub_word(range, 3) && BN_bin2bn(digest, sizeof digest, base) != NULL &&
         BN_mod(base, base, range, context) && BN_add_word(base, 2));
    BN_free(range);
}

// Whether base tells that number, less_one + 1, is composite: odd * 2^twos is less_one.
static bool is_witness(const BIGNUM *base, const BIGNUM *number, const BIGNUM *less_one, const BIGNUM *odd, int twos,
                       BN_CTX *context)
{
    BIGNUM *power = BN_new();
    must(power != NULL && BN_mod_exp(power, base, odd, number, context));
    bool witness = !BN_is_one(power) && BN_cmp(power, less_one) != 0;
    for (int i = 1; i < twos && witness; i++) {
        must(BN_mod_sqr(power, power, number, context));
        witness = BN_cmp(power, less_one) != 0;
    }
    BN_free(power);
    return witness;
}

static bool is_prime(const BIGNUM *number, struct bytes octets, BN_CTX *context)
{
    if (BN_num_bits(number) <= 16) { // far too short for anybody's use, and for bases of its own
        BN_ULONG value = BN_get_word(number);
        for (BN_ULONG divisor = 2; divisor * divisor <= value; divisor++)
            if (value % divisor == 0)
                return false;
        return value > 1;
    }
    if (!BN_is_odd(number))
        return false;
    BIGNUM *less_one = BN_dup(number), *odd = BN_new(), *base = BN_new();
    must(less_one != NULL && odd != NULL && base != NULL && BN_sub_word(less_one, 1));
    int twos = 1;
    while (!BN_is_bit_set(less_one, twos))
        twos++;
    must(BN_rshift(odd, less_one, twos));
    bool prime = true;
    for (unsigned round = 0; round < rounds_for(BN_num_bits(number)) && prime; round++) {
        draw_base(octets, round, number, base, context);
        prime = !is_witness(base, number, less_one, odd, twos, context);
    }
    BN_free(base);
    BN_free(odd);
    BN_free(less_one);
    return prime;
}

static enum prime_kind test(struct bytes octets)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *number = BN_bin2bn(octets.data, (int)octets.size, NULL);
    BIGNUM *half = BN_new();
    must(context != NULL && number != NULL && half != NULL && BN_rshift1(half, number));
    enum prime_kind kind = PRIME_COMPOSITE;
    if (is_prime(number, octets, context))
        kind = is_prime(half, octets, context) ? PRIME_SAFE : PRIME_NOT_SAFE;
    BN_free(half);
    BN_free(number);
    BN_CTX_free(context);
    return kind;
}

enum prime_kind prime_test_anew(struct bytes number)
{
    struct bytes octets = without_zeros(number);
    return octets.size > PRIME_LIMIT / 8 ? PRIME_TOO_LONG : test(octets);
}

enum prime_kind prime_test(struct bytes number)
{
    const struct prime *known = prime_find(number);
    if (known == NULL)
        return prime_test_anew(number);
    return !known->is_prime ? PRIME_COMPOSITE : known->safe ? PRIME_SAFE : PRIME_NOT_SAFE;
}
