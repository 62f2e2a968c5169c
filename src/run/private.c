// SPDX-License-Identifier: Apache-2.0
//
// Rows of the IANA registries of special-purpose addresses (RFC 6890) that are not globally reachable.
#include "run/private.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range {
    uint8_t start[16];
    unsigned bits;
    const char *kind;
};

static const struct range ranges4[] = {
    {{0}, 8, "of this network alone"},
    {{10}, 8, "private"},
    {{100, 64}, 10, "shared by a provider's customers"},
    {{127}, 8, "loopback"},
    {{169, 254}, 16, "link-local"},
    {{172, 16}, 12, "private"},
    {{192, 0, 0}, 24, "reserved"},
    {{192, 0, 2}, 24, "for documentation"},
    {{192, 168}, 16, "private"},
    {{198, 18}, 15, "for benchmarks"},
    {{198, 51, 100}, 24, "for documentation"},
    {{203, 0, 113}, 24, "for documentation"},
    {{224}, 4, "multicast"},
    {{240}, 4, "reserved"},
};

// What is outside 2000::/3 is not assigned for use, but for what carries IPv4 addresses.
static const struct range ranges6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{0xfc}, 7, "private"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "private"},
    {{0xff}, 8, "multicast"},
    {{0x20, 0x01}, 23, "reserved"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "for documentation"},
    {{0x3f, 0xff}, 20, "for documentation"},
    {{0}, 3, "reserved"},
    {{0x40}, 2, "reserved"},
    {{0x80}, 1, "reserved"},
};

// IPv6 addresses that stand for the IPv4 address `at` octets in: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
static const struct {
    struct range range;
    size_t at;
} carriers[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, NULL}, 12},
    {{{0, 0x64, 0xff, 0x9b}, 96, NULL}, 12},
    {{{0x20, 0x02}, 16, NULL}, 2},
};

static bool is_in(const uint8_t *address, const struct range *range)
{
    size_t whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return memcmp(address, range->start, whole) == 0 &&
           (rest == 0 || (address[whole] & mask) == (range->start[whole] & mask));
}

static const char *kind_in(const uint8_t *address, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(address, &ranges[i]))
            return ranges[i].kind;
    return NULL;
}

const char *private_kind(const char *address)
{
    const size_t count4 = sizeof ranges4 / sizeof *ranges4, count6 = sizeof ranges6 / sizeof *ranges6;
    uint8_t raw[16];
    if (inet_pton(AF_INET, address, raw) == 1)
        return kind_in(raw, ranges4, count4);
    if (inet_pton(AF_INET6, address, raw) != 1)
        return "malformed";
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        if (is_in(raw, &carriers[i].range))
            return kind_in(raw + carriers[i].at, ranges4, count4);
    return kind_in(raw, ranges6, count6);
}
