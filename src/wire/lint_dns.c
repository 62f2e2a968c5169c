// SPDX-License-Identifier: Apache-2.0
//
// Names of hosts by their octets: labels, Punycode (RFC 3492), addresses in text, and what is set
// apart: top-level domains that the public DNS does not have, and blocks of IANA's two registries of
// special-purpose addresses.
#include <arpa/inet.h>
#include <string.h>

#include "wire/lint_rules.h"

static const struct block {
    const char *address;
    size_t size; // octets
    unsigned bits;
} blocks[] = {
#define BLOCK(address, size, bits, name) {address, size, bits},
#include "special_addresses.def"
#undef BLOCK
};

static const char *const domains[] = {
#define DOMAIN(name) name,
#include "special_names.def"
#undef DOMAIN
};

static uint8_t lower(uint8_t octet) { return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet | 0x20) : octet; }

bool lint_dns_is_wildcard(struct bytes name) { return name.size >= 2 && name.data[0] == '*' && name.data[1] == '.'; }

bool lint_next_label(struct bytes name, struct lint_labels *labels)
{
    size_t from = labels->at, to;
    if (from == 0 && lint_dns_is_wildcard(name))
        from = 2;
    if (from > name.size)
        return false;
    for (to = from; to < name.size && name.data[to] != '.'; to++)
        ;
    labels->label = (struct bytes){name.data + from, to - from};
    labels->at = to + 1;
    return true;
}

bool lint_dns_ends_in(struct bytes name, const char *domain)
{
    size_t size = strlen(domain);
    if (name.size < size || (name.size > size && name.data[name.size - size - 1] != '.'))
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(name.data[name.size - size + i]) != (uint8_t)domain[i])
            return false;
    return true;
}

bool lint_dns_is_special(struct bytes name)
{
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (lint_dns_ends_in(name, domains[i]))
            return true;
    return false;
}

bool lint_dns_is_address(struct bytes name)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char octets[16];
    if (name.size >= sizeof text || memchr(name.data, '\0', name.size) != NULL || name.size == 0)
        return false;
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    return inet_pton(AF_INET, text, octets) == 1 || inet_pton(AF_INET6, text, octets) == 1;
}

static bool shares_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool lint_address_is_special(struct bytes address)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (address.size == blocks[i].size &&
            shares_prefix(address.data, (const uint8_t *)blocks[i].address, blocks[i].bits))
            return true;
    return false;
}

// --- Punycode ----------------------------------------------------------------------------------------------

// Section 5.
enum { BASE = 36, LEAST = 1, MOST = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_POINT = 0x80 };

// Section 5: a to z are 0 to 25, 0 to 9 are 26 to 35.
static int digit(uint8_t octet)
{
    octet = lower(octet);
    if (octet >= 'a' && octet <= 'z')
        return octet - 'a';
    return octet >= '0' && octet <= '9' ? octet - '0' + 26 : -1;
}

// Section 6.1.
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t steps = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - LEAST) * MOST / 2; steps += BASE)
        delta /= BASE - LEAST;
    return steps + (BASE - LEAST + 1) * delta / (delta + SKEW);
}

// One generalized variable-length integer (section 3.3), added to where it begins. False: cut short,
// no digit, or past 32 bits.
static bool take_integer(struct cursor *cursor, uint32_t bias, uint32_t *sum)
{
    uint64_t weight = 1, total = *sum;
    for (uint32_t k = BASE;; k += BASE) {
        int value = cursor->left == 0 ? -1 : digit(cursor_u8(cursor));
        if (value < 0)
            return false;
        total += (uint64_t)value * weight;
        uint32_t threshold = k <= bias ? LEAST : k >= bias + MOST ? MOST : k - bias;
        if (total > UINT32_MAX)
            return false;
        *sum = (uint32_t)total;
        if ((uint32_t)value < threshold)
            return true;
        weight *= BASE - threshold;
        if (weight > UINT32_MAX)
            return false;
    }
}

// Section 6.2, without keeping what is decoded: each integer says how far the code point moves, and
// where it is put.
bool lint_dns_is_punycode(struct bytes text)
{
    size_t basic = 0;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '-')
            basic = i;
    struct cursor rest = cursor_of(text);
    cursor_take(&rest, basic == 0 ? 0 : basic + 1);
    uint32_t points = (uint32_t)basic, point = FIRST_POINT, bias = FIRST_BIAS, place = 0;
    if (rest.left == 0)
        return false;
    while (rest.left != 0) {
        uint32_t before = place;
        if (!take_integer(&rest, bias, &place))
            return false;
        points++;
        bias = adapt(place - before, points, before == 0);
        if (place / points > 0x10ffff - point)
            return false;
        point += place / points;
        place = place % points + 1;
        if (point >= 0xd800 && point <= 0xdfff)
            return false;
    }
    return true;
}
