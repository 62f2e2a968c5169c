// SPDX-License-Identifier: Apache-2.0
//
// Rules about the subject's public key: sizes, exponents, curves and how its algorithm is identified.
// What it takes more than the key to know, such as lists of weak ones, is asked elsewhere.
#include <string.h>

#include "base/arena.h"
#include "wire/lint_rules.h"

#include "lint.def"

static bool is_rsa(const struct lint *lint) { return strncmp(lint->certificate->key_type, "RSA", 3) == 0; }
static bool is_plain_rsa(const struct lint *lint) { return strcmp(lint->certificate->key_type, "RSA") == 0; }
static bool is_ec(const struct lint *lint) { return strcmp(lint->certificate->key_type, "EC") == 0; }

// --- RSA --------------------------------------------------------------------------------------------------

static enum lint_verdict bits_are(struct lint *lint, bool right)
{
    return right ? LINT_HELD : lint_broken(lint, "%u bits", lint->certificate->key_bits);
}

enum lint_verdict lint_rule_rsa_size(struct lint *lint)
{
    return is_rsa(lint) ? bits_are(lint, lint->certificate->key_bits >= 2048) : LINT_NOT_APPLICABLE;
}

enum lint_verdict lint_rule_rsa_size_octets(struct lint *lint)
{
    return is_rsa(lint) ? bits_are(lint, lint->certificate->key_bits % 8 == 0) : LINT_NOT_APPLICABLE;
}

static bool is_odd(struct bytes number) { return (number.data[number.size - 1] & 1) != 0; }

static struct bytes without_zeros(struct bytes number)
{
    while (number.size > 1 && number.data[0] == 0)
        number = (struct bytes){number.data + 1, number.size - 1};
    return number;
}

static bool is_less(struct bytes a, struct bytes b)
{
    a = without_zeros(a);
    b = without_zeros(b);
    return a.size != b.size ? a.size < b.size : memcmp(a.data, b.data, a.size) < 0;
}

enum lint_verdict lint_rule_rsa_exponent(struct lint *lint)
{
    struct bytes exponent = lint->exponent;
    if (!is_rsa(lint))
        return LINT_NOT_APPLICABLE;
    bool right = is_odd(exponent) && der_integer_bits(exponent) >= 2 && is_less(exponent, lint->modulus);
    return right ? LINT_HELD : lint_broken(lint, "%s", lint_hex(lint, exponent));
}

enum lint_verdict lint_rule_rsa_exponent_range(struct lint *lint)
{
    struct bytes exponent = lint->exponent, least = OID("\x01\x00\x01");
    if (!is_rsa(lint))
        return LINT_NOT_APPLICABLE;
    bool right = exponent.data[0] < 0x80 && !is_less(exponent, least) && der_integer_bits(exponent) <= 256;
    return right ? LINT_HELD : lint_broken(lint, "%s", lint_hex(lint, exponent));
}

static unsigned remainder_of(struct bytes number, unsigned divisor)
{
    uint64_t rest = 0;
    size_t i = 0;
    for (; i < number.size % 4; i++)
        rest = (rest << 8 | number.data[i]) % divisor;
    for (; i < number.size; i += 4) {
        uint32_t word = (uint32_t)number.data[i] << 24 | (uint32_t)number.data[i + 1] << 16 |
                        (uint32_t)number.data[i + 2] << 8 | number.data[i + 3];
        rest = (rest << 32 | word) % divisor;
    }
    return (unsigned)rest;
}

static const uint16_t primes[] = {
    // odd, below 752
    3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,  73,  79,  83,
    89,  97,  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197,
    199, 211, 223, 227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311, 313, 317, 331,
    337, 347, 349, 353, 359, 367, 373, 379, 383, 389, 397, 401, 409, 419, 421, 431, 433, 439, 443, 449, 457, 461,
    463, 467, 479, 487, 491, 499, 503, 509, 521, 523, 541, 547, 557, 563, 569, 571, 577, 587, 593, 599, 601, 607,
    613, 617, 619, 631, 641, 643, 647, 653, 659, 661, 673, 677, 683, 691, 701, 709, 719, 727, 733, 739, 743, 751,
};
#define PRIMES (sizeof primes / sizeof *primes)

// The first of the primes from `at` on, as many as have a product of 32 bits, that divides the number; 0:
// none. What the number leaves over their product leaves the same over each.
static unsigned factor_among(struct bytes number, size_t *at)
{
    uint64_t product = 1;
    size_t begin = *at, end = begin;
    while (end < PRIMES && product * primes[end] <= UINT32_MAX)
        product *= primes[end++];
    *at = end;
    unsigned rest = remainder_of(number, (unsigned)product);
    for (size_t i = begin; i < end; i++)
        if (rest % primes[i] == 0)
            return primes[i];
    return 0;
}

enum lint_verdict lint_rule_rsa_modulus(struct lint *lint)
{
    struct bytes modulus = lint->modulus;
    if (!is_rsa(lint) || der_integer_bits(modulus) < 32)
        return LINT_NOT_APPLICABLE;
    if (!is_odd(modulus))
        return lint_broken(lint, "even");
    for (size_t at = 0; at < PRIMES;) {
        unsigned factor = factor_among(modulus, &at);
        if (factor != 0)
            return lint_broken(lint, "a multiple of %u", factor);
    }
    return LINT_HELD;
}

enum lint_verdict lint_rule_rsa_key_parameters(struct lint *lint)
{
    if (!is_plain_rsa(lint))
        return LINT_NOT_APPLICABLE;
    return lint->key_parameters.tag == DER_NULL ? LINT_HELD
                                                : lint_broken(lint, "%s", lint_hex(lint, lint->key_identifier));
}

// --- elliptic curves -----------------------------------------------------------------------------------------

static const struct curve {
    const char *name;
    size_t octets; // of a coordinate
} curves[] = {{"secp256r1", 32}, {"secp384r1", 48}, {"secp521r1", 66}};

static const struct curve *curve_of(const struct lint *lint)
{
    for (size_t i = 0; is_ec(lint) && i < sizeof curves / sizeof *curves; i++)
        if (strcmp(lint->certificate->curve, curves[i].name) == 0)
            return &curves[i];
    return NULL;
}

enum lint_verdict lint_rule_ec_curve(struct lint *lint)
{
    if (!is_ec(lint))
        return LINT_NOT_APPLICABLE;
    return curve_of(lint) != NULL ? LINT_HELD : lint_broken(lint, "%s", lint->certificate->curve);
}

enum lint_verdict lint_rule_ec_named_curve(struct lint *lint)
{
    if (!is_ec(lint))
        return LINT_NOT_APPLICABLE;
    return lint->key_parameters.tag == DER_OID ? LINT_HELD : lint_broken(lint, "%s", lint->certificate->curve);
}

// SEC 1 section 2.3.3: 04 and two coordinates, or 02 or 03 and one.
enum lint_verdict lint_rule_ec_point(struct lint *lint)
{
    const struct curve *curve = curve_of(lint);
    struct bytes point = lint->key_bits;
    if (curve == NULL)
        return LINT_NOT_APPLICABLE;
    uint8_t form = point.size == 0 ? 0 : point.data[0];
    size_t wanted = form == 4 ? 1 + 2 * curve->octets : form == 2 || form == 3 ? 1 + curve->octets : 0;
    return wanted == point.size && wanted != 0 ? LINT_HELD
                                               : lint_broken(lint, "%zu octets, %s", point.size, lint_hex(lint, point));
}

// --- any key --------------------------------------------------------------------------------------------------

enum lint_verdict lint_rule_key_algorithm(struct lint *lint)
{
    return is_plain_rsa(lint) || is_ec(lint) ? LINT_HELD : lint_broken(lint, "%s", lint->certificate->key_type);
}

enum lint_verdict lint_rule_key_identifier(struct lint *lint)
{
    static const struct bytes prescribed[] = {
        {(const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15},
        {(const uint8_t *)"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21},
        {(const uint8_t *)"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22", 18},
        {(const uint8_t *)"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23", 18},
    };
    if (!is_rsa(lint) && curve_of(lint) == NULL)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < sizeof prescribed / sizeof *prescribed; i++)
        if (bytes_equal(lint->key_identifier, prescribed[i]))
            return LINT_HELD;
    return lint_broken(lint, "%s", lint_hex(lint, lint->key_identifier));
}
