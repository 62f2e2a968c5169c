// SPDX-License-Identifier: Apache-2.0
//
// Tags and lengths over the sticky cursor, and the four primitive types whose content is read as
// more than octets: OBJECT IDENTIFIER, INTEGER and the two times.
#include "wire/der.h"

#include <limits.h>

#include "base/arena.h"
#include "base/text.h"

#define OID_OCTETS 64 // the longest identifier printed in dotted form

static size_t length(struct cursor *cursor)
{
    uint8_t first = cursor_u8(cursor);
    switch (first) {
    case 0x81:
        return cursor_u8(cursor);
    case 0x82:
        return cursor_u16(cursor);
    case 0x83:
        return cursor_u24(cursor);
    case 0x84:
        return cursor_u32(cursor);
    default:
        if (first >= 0x80)
            cursor->bad = true;
        return first;
    }
}

struct element der_next(struct cursor *cursor)
{
    struct element element = {0};
    const uint8_t *start = cursor->next;
    uint8_t tag = cursor_u8(cursor);
    if ((tag & 0x1f) == 0x1f)
        cursor->bad = true;
    element.content = cursor_take(cursor, length(cursor));
    if (cursor->bad)
        return (struct element){0};
    element.tag = tag;
    element.whole = (struct bytes){start, (size_t)(cursor->next - start)};
    return element;
}

struct bytes der_take(struct cursor *cursor, uint8_t tag)
{
    struct element element = der_next(cursor);
    if (element.tag != tag) {
        cursor->bad = true;
        cursor->left = 0;
        return (struct bytes){NULL, 0};
    }
    return element.content;
}

struct cursor der_enter(struct cursor *cursor, uint8_t tag)
{
    struct cursor inner = cursor_of(der_take(cursor, tag));
    inner.bad = cursor->bad;
    return inner;
}

bool der_at(const struct cursor *cursor, uint8_t tag)
{
    return !cursor->bad && cursor->left != 0 && cursor->next[0] == tag;
}

static void put_number(struct builder *text, uint64_t value)
{
    char digits_of[20];
    size_t first = sizeof digits_of;
    do
        digits_of[--first] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    builder_add(text, (struct bytes){(const uint8_t *)digits_of + first, sizeof digits_of - first});
}

// The first arc holds two numbers: 40 times the root, which is 0, 1 or 2, and what follows it.
static void put_arc(struct builder *text, uint64_t arc)
{
    if (text->size == 0) {
        uint64_t root = arc < 80 ? arc / 40 : 2;
        put_number(text, root);
        arc -= 40 * root;
    }
    builder_u8(text, '.');
    put_number(text, arc);
}

// Arcs of seven bits an octet; the high bit says that more follow. False: cut short, or too large.
static bool put_arcs(struct builder *text, struct bytes content)
{
    uint64_t arc = 0;
    bool open = true;
    for (size_t i = 0; i < content.size; i++) {
        if (arc > UINT64_MAX >> 7)
            return false;
        arc = arc << 7 | (content.data[i] & 0x7f);
        open = (content.data[i] & 0x80) != 0;
        if (!open) {
            put_arc(text, arc);
            arc = 0;
        }
    }
    return !open;
}

const char *der_oid(struct arena *arena, struct bytes content)
{
    struct arena scratch = {0};
    struct builder text = builder_in(&scratch);
    bool dotted = content.size <= OID_OCTETS && put_arcs(&text, content);
    const char *arcs = dotted ? arena_string(arena, builder_bytes(&text)) : NULL;
    arena_release(&scratch);
    if (dotted)
        return arcs;
    struct bytes shown = {content.data, content.size < OID_OCTETS ? content.size : OID_OCTETS};
    return arena_text(arena, "hex:%s", text_hex(arena, shown));
}

unsigned der_integer_bits(struct bytes content)
{
    size_t i = 0;
    if (content.size == 0 || content.data[0] >= 0x80)
        return 0;
    while (i < content.size && content.data[i] == 0)
        i++;
    if (i == content.size)
        return 0;
    unsigned bits = 0;
    for (unsigned top = content.data[i]; top != 0; top >>= 1)
        bits++;
    return bits + 8 * (unsigned)(content.size - i - 1);
}

bool der_integer(struct bytes content, long *value)
{
    *value = 0;
    if (content.size == 0 || content.data[0] >= 0x80 || der_integer_bits(content) >= sizeof *value * CHAR_BIT)
        return false;
    for (size_t i = 0; i < content.size; i++)
        *value = *value << 8 | content.data[i];
    return true;
}

// From two's complement; the octet that only carries the sign is left out.
static struct bytes magnitude(struct arena *arena, struct bytes content)
{
    uint8_t *octets = arena_alloc(arena, content.size);
    bool negative = content.size != 0 && content.data[0] >= 0x80;
    unsigned carry = negative ? 1 : 0;
    for (size_t i = content.size; i-- > 0; carry >>= 8) {
        carry += negative ? (uint8_t)~content.data[i] : content.data[i];
        octets[i] = (uint8_t)carry;
    }
    size_t zeros = 0;
    while (zeros + 1 < content.size && octets[zeros] == 0)
        zeros++;
    return (struct bytes){octets + zeros, content.size - zeros};
}

const char *der_integer_hex(struct arena *arena, struct bytes content)
{
    bool negative = content.size != 0 && content.data[0] >= 0x80;
    struct bytes octets = magnitude(arena, content);
    bool cut = octets.size > TEXT_LIMIT / 2;
    if (cut)
        octets.size = TEXT_LIMIT / 2;
    return arena_text(arena, "%s%s%s", negative ? "-" : "", text_hex(arena, octets), cut ? "..." : "");
}

// What two's complement can do without: octets that only repeat the sign.
static struct bytes shortest(struct bytes content)
{
    while (content.size > 1 && ((content.data[0] == 0x00 && content.data[1] < 0x80) ||
                                (content.data[0] == 0xff && content.data[1] >= 0x80)))
        content = (struct bytes){content.data + 1, content.size - 1};
    return content;
}

bool der_integer_equal(struct bytes a, struct bytes b)
{
    return a.size != 0 && b.size != 0 && bytes_equal(shortest(a), shortest(b));
}

static bool digits(struct cursor *cursor, size_t count, int64_t low, int64_t high, int64_t *value)
{
    struct bytes taken = cursor_take(cursor, count);
    *value = 0;
    for (size_t i = 0; i < taken.size; i++) {
        if (taken.data[i] < '0' || taken.data[i] > '9')
            return false;
        *value = *value * 10 + (taken.data[i] - '0');
    }
    return !cursor->bad && *value >= low && *value <= high;
}

static bool leap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// Days from 1970-01-01; all years of four digits.
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t past = year + 399; // never negative; 400 years are 146097 days
    int64_t whole = past * 365 + past / 4 - past / 100 + past / 400;
    int64_t at_1970 = INT64_C(2369) * 365 + 2369 / 4 - 2369 / 100 + 2369 / 400;
    return whole - at_1970 + before[month - 1] + (month > 2 && leap(year)) + day - 1;
}

bool der_time(struct element element, int64_t *seconds)
{
    static const int length_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct cursor text = cursor_of(element.content);
    int64_t year, month, day, hour, minute, second;
    bool utc = element.tag == DER_UTC_TIME;
    if (!utc && element.tag != DER_GENERALIZED_TIME)
        return false;
    if (!digits(&text, utc ? 2 : 4, 0, 9999, &year) || !digits(&text, 2, 1, 12, &month) ||
        !digits(&text, 2, 1, 31, &day) || !digits(&text, 2, 0, 23, &hour) || !digits(&text, 2, 0, 59, &minute) ||
        !digits(&text, 2, 0, 59, &second) || cursor_u8(&text) != 'Z' || !cursor_ended(&text))
        return false;
    if (utc)
        year += year < 50 ? 2000 : 1900;
    if (day > length_of[month - 1] + (month == 2 && leap(year)))
        return false;
    *seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}
