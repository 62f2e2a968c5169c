// SPDX-License-Identifier: Apache-2.0
//
// Counting up an address and a list of ports. Every address of a range is a target, the first and the last too: whether
// they are a network's own is not to be seen from here.
#include "run/expansion.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "run/target.h"
#include "wire/names.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Up to `most`; false where there is no digit, or more than that.
static bool take_number(const char **text, unsigned most, unsigned *number)
{
    const char *start = *text;
    for (*number = 0; is_digit(**text) && *number <= most; (*text)++)
        *number = *number * 10 + (unsigned)(**text - '0');
    return *text != start && *number <= most;
}

// --- ports ---------------------------------------------------------------------------------------

static bool take_range(const char **text, struct port_range *range)
{
    unsigned first, last;
    if (!take_number(text, UINT16_MAX, &first))
        return false;
    last = first;
    if (**text == '-') {
        (*text)++;
        if (!take_number(text, UINT16_MAX, &last))
            return false;
    }
    *range = (struct port_range){(uint16_t)first, (uint16_t)last};
    return first != 0 && first <= last;
}

static bool take_ports(struct expansion *expansion, const char *text, struct complaint *complaint)
{
    do {
        if (expansion->range_count == EXPANSION_PORTS)
            return complain(complaint, "a list of ports may have %d parts", EXPANSION_PORTS);
        if (!take_range(&text, &expansion->range[expansion->range_count++]))
            return complain(complaint,
                            "ports are numbers from 1 to 65535, or ranges of them (8000-8010), parted by commas");
    } while (*text == ',' && text++ != NULL);
    return *text == '\0' || complain(complaint, "only ',' may stand between ports");
}

// --- addresses -----------------------------------------------------------------------------------

static void clear_low(unsigned char *octets, unsigned count, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        octets[count - 1 - i / 8] &= (unsigned char)~(1u << i % 8);
}

static void count_up(unsigned char *octets, unsigned count)
{
    while (count-- != 0 && ++octets[count] == 0)
        continue;
}

// text: "/BITS" and nothing else.
static bool take_prefix(struct expansion *expansion, const char *text, struct complaint *complaint)
{
    unsigned octets = expansion->family == 4 ? 4 : 16, bits;
    text++;
    if (!take_number(&text, octets * 8, &bits) || *text != '\0')
        return complain(complaint, "the prefix of a range is a number from 0 to %u", octets * 8);
    unsigned free_bits = octets * 8 - bits;
    if (free_bits > EXPANSION_BITS)
        return complain(complaint, "a range may have 16777216 addresses: /%u or longer", octets * 8 - EXPANSION_BITS);
    clear_low(expansion->address, octets, free_bits);
    expansion->left = (UINT32_C(1) << free_bits) - 1;
    return true;
}

// host: "ADDRESS/BITS", cut in two here.
static bool take_addresses(struct expansion *expansion, char *host, struct complaint *complaint)
{
    char *slash = strchr(host, '/');
    *slash = '\0';
    if (!name_is_address(host, &expansion->family, expansion->address))
        return complain(complaint,
                        "a range begins with an IPv4 or IPv6 address (a path needs https:// before the host)");
    *slash = '/';
    return take_prefix(expansion, slash, complaint);
}

// --- lines ---------------------------------------------------------------------------------------

static bool is_url(const char *text) { return strstr(text, "://") != NULL; }

// The colon before the ports, or NULL: the last one, where it does not belong to an IPv6 address.
static const char *colon_of(const char *text)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']'), *slash = strrchr(text, '/');
    if (colon == NULL || (bracket != NULL && colon < bracket) || (slash != NULL && colon < slash))
        return NULL;
    return bracket != NULL || slash != NULL || strchr(text, ':') == colon ? colon : NULL;
}

static bool is_many(const char *text, const char *colon)
{
    return !is_url(text) && (strchr(text, '/') != NULL || (colon != NULL && strpbrk(colon, ",-") != NULL));
}

// The host without the brackets of an IPv6 address.
static bool take_host(struct expansion *expansion, const char *text, size_t size, struct complaint *complaint)
{
    if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    if (size >= sizeof expansion->host)
        return complain(complaint, "the host name has more than 253 characters");
    memcpy(expansion->host, text, size);
    return strchr(expansion->host, '/') == NULL || take_addresses(expansion, expansion->host, complaint);
}

bool expansion_begin(struct expansion *expansion, const char *text, struct complaint *complaint)
{
    *expansion = (struct expansion){.single = text};
    const char *colon = colon_of(text);
    if (!is_many(text, colon))
        return true;
    expansion->single = NULL;
    if (!take_host(expansion, text, colon == NULL ? strlen(text) : (size_t)(colon - text), complaint))
        return false;
    if (colon != NULL && !take_ports(expansion, colon + 1, complaint))
        return false;
    if (colon == NULL)
        expansion->range[expansion->range_count++] = (struct port_range){TARGET_DEFAULT_PORT, TARGET_DEFAULT_PORT};
    expansion->port = expansion->range[0].first;
    return true;
}

uint64_t expansion_left(const struct expansion *expansion)
{
    if (expansion->port == 0)
        return expansion->single != NULL;
    uint64_t ports = 0, left = 0;
    for (size_t i = 0; i < expansion->range_count; i++) {
        const struct port_range *range = &expansion->range[i];
        ports += (uint64_t)(range->last - range->first) + 1;
        if (i == expansion->range_at)
            left += range->last - expansion->port + 1;
        else if (i > expansion->range_at)
            left += (uint64_t)(range->last - range->first) + 1;
    }
    return left + expansion->left * ports;
}

static void advance(struct expansion *expansion)
{
    if (expansion->port < expansion->range[expansion->range_at].last) {
        expansion->port++;
        return;
    }
    bool ended = ++expansion->range_at == expansion->range_count;
    if (ended) {
        expansion->range_at = 0;
        if (expansion->left == 0) {
            expansion->port = 0;
            return;
        }
        expansion->left--;
        count_up(expansion->address, expansion->family == 4 ? 4 : 16);
    }
    expansion->port = expansion->range[expansion->range_at].first;
}

const char *expansion_next(struct expansion *expansion)
{
    const char *single = expansion->single, *host = expansion->host;
    expansion->single = NULL;
    if (single != NULL || expansion->port == 0)
        return single;
    char address[INET6_ADDRSTRLEN];
    if (expansion->family != 0)
        host = inet_ntop(expansion->family == 4 ? AF_INET : AF_INET6, expansion->address, address, sizeof address);
    bool brackets = strchr(host, ':') != NULL;
    snprintf(expansion->text, sizeof expansion->text, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "",
             (unsigned)expansion->port);
    advance(expansion);
    return expansion->text;
}
