// SPDX-License-Identifier: Apache-2.0
//
// Hostile octets made printable, and the encodings of a report. Escaping walks the octets one
// code point at a time and stops as soon as the limit is reached, however long the rest is.
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"

#define CUT           "..."
#define LONGEST_PIECE 10 // \UXXXXXXXX

// Code points that print as nothing, move the cursor, or reorder what stands around them: controls,
// soft hyphen, joiners, fillers, bidirectional marks, selectors, tags. Also some noncharacters, and
// the backslash that begins an escape.
static const struct range {
    uint32_t first, last;
} unprintable[] = {
    {0x0000, 0x001F},   {0x005C, 0x005C},   {0x007F, 0x009F},   {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
    {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static bool printable(uint32_t point)
{
    for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++)
        if (point >= unprintable[i].first && point <= unprintable[i].last)
            return false;
    return (point & 0xFFFE) != 0xFFFE;
}

// How many octets the code point that a first octet announces has (RFC 3629 section 4); 0: none.
static size_t announced(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

// The code point at the front, and its size; size 0 when there is no valid one.
static size_t decode(struct bytes bytes, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = announced(bytes.data[0]);
    if (size == 0 || size > bytes.size)
        return 0;
    uint32_t value = size == 1 ? bytes.data[0] : bytes.data[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes.data[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (bytes.data[i] & 0x3Fu);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < least[size] || surrogate || value > 0x10FFFF)
        return 0;
    *point = value;
    return size;
}

// Writes what stands for the front of bytes; returns how many octets of it that was.
static size_t show_one(struct bytes bytes, char piece[LONGEST_PIECE + 1])
{
    uint32_t point = 0;
    size_t size = decode(bytes, &point);
    if (size == 0) {
        snprintf(piece, LONGEST_PIECE + 1, "\\x%02X", bytes.data[0]);
        return 1;
    }
    if (printable(point))
        snprintf(piece, LONGEST_PIECE + 1, "%.*s", (int)size, (const char *)bytes.data);
    else
        snprintf(piece, LONGEST_PIECE + 1, point > 0xFFFF ? "\\U%08X" : "\\u%04X", (unsigned)point);
    return size;
}

char *text_escape(struct arena *arena, struct bytes bytes)
{
    char shown[TEXT_LIMIT + 1], piece[LONGEST_PIECE + 1];
    size_t length = 0, room_for_cut = 0;
    while (bytes.size != 0) {
        size_t taken = show_one(bytes, piece);
        size_t wanted = strlen(piece);
        if (length + wanted > TEXT_LIMIT) {
            memcpy(shown + room_for_cut, CUT, strlen(CUT));
            length = room_for_cut + strlen(CUT);
            break;
        }
        memcpy(shown + length, piece, wanted);
        length += wanted;
        if (length + strlen(CUT) <= TEXT_LIMIT)
            room_for_cut = length;
        bytes.data += taken;
        bytes.size -= taken;
    }
    return arena_string(arena, (struct bytes){(const uint8_t *)shown, length});
}

bool text_is_utf8(struct bytes bytes)
{
    uint32_t point;
    while (bytes.size != 0) {
        size_t size = decode(bytes, &point);
        if (size == 0)
            return false;
        bytes.data += size;
        bytes.size -= size;
    }
    return true;
}

static const char hex_digits[] = "0123456789ABCDEF";

char *text_hex(struct arena *arena, struct bytes bytes)
{
    char *text = arena_array(arena, bytes.size + 1, 2);
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = hex_digits[bytes.data[i] >> 4];
        text[2 * i + 1] = hex_digits[bytes.data[i] & 15];
    }
    return text;
}

// The place of a character in an alphabet, or -1. The NUL that ends the alphabet is not in it.
static int digit(const char *alphabet, char character)
{
    const char *found = character == '\0' ? NULL : strchr(alphabet, character);
    return found == NULL ? -1 : (int)(found - alphabet);
}

bool text_from_hex(struct arena *arena, const char *text, struct bytes *out)
{
    *out = (struct bytes){NULL, 0};
    size_t length = strlen(text);
    if (length % 2 != 0)
        return false;
    uint8_t *octets = arena_alloc(arena, length / 2);
    for (size_t i = 0; i < length; i += 2) {
        int high = digit(hex_digits, text[i]), low = digit(hex_digits, text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets[i / 2] = (uint8_t)(high << 4 | low);
    }
    *out = (struct bytes){octets, length / 2};
    return true;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Up to three octets as four characters.
static void encode_group(const uint8_t *octets, size_t size, char *text)
{
    uint32_t bits = (uint32_t)octets[0] << 16;
    if (size > 1)
        bits |= (uint32_t)octets[1] << 8;
    if (size > 2)
        bits |= octets[2];
    for (size_t i = 0; i < 4; i++)
        text[i] = i <= size ? base64_digits[bits >> (18 - 6 * i) & 63] : '=';
}

char *text_base64(struct arena *arena, struct bytes bytes)
{
    char *text = arena_alloc(arena, bytes.size / 3 * 4 + 5);
    char *next = text;
    for (size_t i = 0; i < bytes.size; i += 3, next += 4)
        encode_group(bytes.data + i, bytes.size - i, next);
    return text;
}

// One more than what a digit stands for; 0: it is none.
static const uint8_t base64_value[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static size_t base64_padding(const char group[4]) { return group[3] != '=' ? 0 : group[2] != '=' ? 1 : 2; }

static uint32_t base64_digit(char digit) { return base64_value[(uint8_t)digit] - 1u; } // above 63: it is none

// Without a loop: a file of roots is some fifty thousand groups.
static bool decode_whole(const char group[4], uint8_t octets[3])
{
    uint32_t a = base64_digit(group[0]), b = base64_digit(group[1]);
    uint32_t c = base64_digit(group[2]), d = base64_digit(group[3]);
    if ((a | b | c | d) > 63)
        return false;
    octets[0] = (uint8_t)(a << 2 | b >> 4);
    octets[1] = (uint8_t)(b << 4 | c >> 2);
    octets[2] = (uint8_t)(c << 6 | d);
    return true;
}

// Four characters, of which `padding` at the end are '=', as octets.
static bool decode_group(const char group[4], size_t padding, uint8_t octets[3])
{
    char whole[4];
    for (size_t i = 0; i < 4; i++)
        whole[i] = i < 4 - padding ? group[i] : 'A';
    return decode_whole(whole, octets);
}

// Whether the bits that padding leaves over are zero, so that each text has one meaning and each meaning one text.
static bool is_canonical(const uint8_t octets[3], size_t padding)
{
    return padding == 0 || (octets[2] == 0 && (padding == 1 || octets[1] == 0));
}

bool text_from_base64(struct arena *arena, const char *text, struct bytes *out)
{
    *out = (struct bytes){NULL, 0};
    size_t length = strlen(text), padding = 0;
    if (length % 4 != 0)
        return false;
    uint8_t *octets = arena_alloc(arena, length / 4 * 3), *next = octets;
    for (size_t i = 0; i < length; i += 4, next += 3) {
        padding = i + 4 == length ? base64_padding(text + i) : 0;
        if (!decode_group(text + i, padding, next) || !is_canonical(next, padding))
            return false;
    }
    *out = (struct bytes){octets, length / 4 * 3 - padding};
    return true;
}

static bool is_space(uint8_t octet) { return octet == ' ' || (octet >= '\t' && octet <= '\r'); }

bool text_from_base64_lines(struct arena *arena, struct bytes text, struct bytes *out)
{
    uint8_t *octets = arena_alloc(arena, text.size / 4 * 3 + 3);
    size_t size = 0, count = 0, padding = 0;
    char group[4];
    *out = (struct bytes){NULL, 0};
    for (size_t i = 0; i < text.size; i++) {
        // A group is seldom broken by the end of a line.
        if (count == 0 && padding == 0 && text.size - i >= sizeof group &&
            decode_whole((const char *)text.data + i, octets + size)) {
            i += sizeof group - 1;
            size += 3;
            continue;
        }
        if (is_space(text.data[i]))
            continue;
        group[count++] = (char)text.data[i];
        if (count < sizeof group)
            continue;
        if (padding != 0) // it was the end
            return false;
        padding = base64_padding(group);
        if (!decode_group(group, padding, octets + size))
            return false;
        size += 3;
        count = 0;
    }
    if (count != 0)
        return false;
    *out = (struct bytes){octets, size - padding};
    return true;
}

#define FIRST_SECOND INT64_C(-62167219200) // 0000-01-01T00:00:00Z
#define LAST_SECOND  INT64_C(253402300799) // 9999-12-31T23:59:59Z

char *text_time(struct arena *arena, int64_t seconds)
{
    time_t time = seconds < FIRST_SECOND ? FIRST_SECOND : seconds > LAST_SECOND ? LAST_SECOND : seconds;
    struct tm utc = {0};
    gmtime_r(&time, &utc);
    return arena_text(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                      utc.tm_hour, utc.tm_min, utc.tm_sec);
}

// Whether the text has a digit where the pattern has a 0, and the pattern's character elsewhere.
static bool shaped(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++)
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0';
}

static int decimal(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

// timegm carries what overflows a field into the next one; a real date comes back unchanged.
static bool calendar_time(const char *text, bool with_clock, int64_t *seconds)
{
    struct tm utc = {
        .tm_year = decimal(text, 4) - 1900, .tm_mon = decimal(text + 5, 2) - 1, .tm_mday = decimal(text + 8, 2)};
    if (with_clock) {
        utc.tm_hour = decimal(text + 11, 2);
        utc.tm_min = decimal(text + 14, 2);
        utc.tm_sec = decimal(text + 17, 2);
    }
    struct tm carried = utc;
    *seconds = timegm(&carried);
    return carried.tm_year == utc.tm_year && carried.tm_mon == utc.tm_mon && carried.tm_mday == utc.tm_mday &&
           carried.tm_hour == utc.tm_hour && carried.tm_min == utc.tm_min && carried.tm_sec == utc.tm_sec;
}

// After the '@': decimal digits, perhaps behind a minus, within the years that text_time writes.
static bool counted_time(const char *text, int64_t *seconds)
{
    bool negative = *text == '-';
    text += negative;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 12 || text[digits] != '\0')
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    *seconds = negative ? -value : value;
    return *seconds >= FIRST_SECOND && *seconds <= LAST_SECOND;
}

bool text_to_time(const char *text, int64_t *seconds)
{
    int64_t parsed = 0;
    bool understood = false;
    if (text[0] == '@')
        understood = counted_time(text + 1, &parsed);
    else if (shaped(text, "0000-00-00"))
        understood = calendar_time(text, false, &parsed);
    else if (shaped(text, "0000-00-00T00:00:00Z"))
        understood = calendar_time(text, true, &parsed);
    if (understood)
        *seconds = parsed;
    return understood;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

bool text_same(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}
