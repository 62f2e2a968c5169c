// SPDX-License-Identifier: Apache-2.0
//
// The order in which OpenSSL 3.0 has its suites (openssl ciphers ALL:COMPLEMENTOFALL), which is that of most servers
// with an order of their own. A guess, by which questions are asked early and nothing else is decided.
#include "check/usual.h"

#include <stdbool.h>
#include <stddef.h>

#include "wire/registry.h"

static const uint16_t usual[] = {
    0xC02C, 0xC030, 0x00A3, 0x009F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC0AF, 0xC0AD, 0xC0A3, 0xC09F, 0xC05D, 0xC061,
    0xC057, 0xC053, 0x00A7, 0xC02B, 0xC02F, 0x00A2, 0x009E, 0xC0AE, 0xC0AC, 0xC0A2, 0xC09E, 0xC05C, 0xC060,
    0xC056, 0xC052, 0x00A6, 0xC024, 0xC028, 0x006B, 0x006A, 0xC073, 0xC077, 0x00C4, 0x00C3, 0x006D, 0x00C5,
    0xC023, 0xC027, 0x0067, 0x0040, 0xC072, 0xC076, 0x00BE, 0x00BD, 0x006C, 0x00BF, 0xC00A, 0xC014, 0x0039,
    0x0038, 0x0088, 0x0087, 0xC019, 0x003A, 0x0089, 0xC009, 0xC013, 0x0033, 0x0032, 0x0045, 0x0044, 0xC018,
    0x0034, 0x0046, 0x00AD, 0x00AB, 0xCCAE, 0xCCAD, 0xCCAC, 0xC0AB, 0xC0A7, 0xC06F, 0xC06D, 0x009D, 0xC0A1,
    0xC09D, 0xC051, 0x00A9, 0xCCAB, 0xC0A9, 0xC0A5, 0xC06B, 0x00AC, 0x00AA, 0xC0AA, 0xC0A6, 0xC06E, 0xC06C,
    0x009C, 0xC0A0, 0xC09C, 0xC050, 0x00A8, 0xC0A8, 0xC0A4, 0xC06A, 0x003D, 0x00C0, 0x003C, 0x00BA, 0xC038,
    0xC036, 0xC022, 0xC021, 0xC020, 0x00B7, 0x00B3, 0x0095, 0x0091, 0xC09B, 0xC099, 0xC097, 0x0035, 0x0084,
    0x00AF, 0x008D, 0xC095, 0xC037, 0xC035, 0xC01F, 0xC01E, 0xC01D, 0x00B6, 0x00B2, 0x0094, 0x0090, 0xC09A,
    0xC098, 0xC096, 0x002F, 0x0041, 0x00AE, 0x008C, 0xC094, 0xC006, 0xC010, 0xC015, 0x003B, 0xC03B, 0xC03A,
    0xC039, 0x00B9, 0x00B8, 0x00B5, 0x00B4, 0x002E, 0x002D, 0x0002, 0x0001, 0x00B1, 0x00B0, 0x002C};

#define COUNT (sizeof usual / sizeof *usual)

static uint64_t signer(const struct suite *suite) { return UINT64_C(1) << suite->auth; }

static uint64_t exchange(const struct suite *suite) { return UINT64_C(1) << (16 + suite->kx); }

// One of the upper bits. Two ciphers that share one only make worse guesses.
static uint64_t cipher(const struct suite *suite)
{
    unsigned sum = 0;
    for (const char *c = suite->cipher; *c != '\0'; c++)
        sum = sum * 97 + (unsigned char)*c;
    return UINT64_C(1) << (32 + (sum >> 8) % 32);
}

static uint64_t traits(const struct suite *suite) { return exchange(suite) | cipher(suite); }

// Keys that were agreed on beforehand are of no use to most, and ciphers that hide nothing to none.
static bool is_common(const struct suite *suite)
{
    return (suite->kx == KX_ECDHE || suite->kx == KX_DHE || suite->kx == KX_RSA) && suite->strength_bits != 0;
}

static size_t place_of(uint16_t code)
{
    size_t i = 0;
    while (i < COUNT && usual[i] != code)
        i++;
    return i;
}

static bool is_likely(const struct usual *seen, const struct suite *suite)
{
    uint64_t doubtful = traits(suite) & ~seen->had;
    return (seen->had & signer(suite)) != 0 && (doubtful & seen->lacked) == 0 && (is_common(suite) || doubtful == 0);
}

void usual_learn(struct usual *seen, struct codes rest, uint16_t last, uint16_t chosen)
{
    const struct suite *suite = suite_find(chosen);
    for (size_t i = place_of(last) + 1, end = place_of(chosen); i < end && end < COUNT; i++) {
        const struct suite *passed = suite_find(usual[i]);
        if (codes_have(rest, usual[i]) && (seen->had & signer(passed)) != 0)
            seen->lacked |= traits(passed);
    }
    if (suite != NULL)
        seen->had |= signer(suite) | traits(suite);
}

uint16_t usual_next(const struct usual *seen, struct codes rest, uint16_t last)
{
    for (size_t i = place_of(last) + 1; i < COUNT; i++)
        if (is_likely(seen, suite_find(usual[i])) && codes_have(rest, usual[i]))
            return usual[i];
    return 0;
}
