// SPDX-License-Identifier: Apache-2.0
//
// Name ::= SEQUENCE OF SET OF SEQUENCE { OID, value }. Values come in eight string types of three
// alphabets; all become UTF-8, or stay hex where they are no string at all.
#include "wire/distinguished.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/der.h"
#include "wire/oid.h"

#define PARTS 100

static void put_utf8(struct builder *text, uint32_t point)
{
    if (point < 0x80) {
        builder_u8(text, (uint8_t)point);
    } else if (point < 0x800) {
        builder_u8(text, (uint8_t)(0xc0 | point >> 6));
        builder_u8(text, (uint8_t)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        builder_u8(text, (uint8_t)(0xe0 | point >> 12));
        builder_u8(text, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
        builder_u8(text, (uint8_t)(0x80 | (point & 0x3f)));
    } else {
        builder_u8(text, (uint8_t)(0xf0 | point >> 18));
        builder_u8(text, (uint8_t)(0x80 | (point >> 12 & 0x3f)));
        builder_u8(text, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
        builder_u8(text, (uint8_t)(0x80 | (point & 0x3f)));
    }
}

// width: octets of one character, big-endian. Halves of UTF-16 pairs and numbers past Unicode come
// out as invalid UTF-8 or U+FFFD, which text_escape shows.
static struct bytes widen(struct arena *arena, struct bytes content, unsigned width)
{
    struct builder text = builder_in(arena);
    struct cursor in = cursor_of(content);
    while (in.left != 0 && !in.bad && text.size < 2 * TEXT_LIMIT) {
        uint32_t point = width == 1 ? cursor_u8(&in) : width == 2 ? cursor_u16(&in) : cursor_u32(&in);
        put_utf8(&text, point > 0x10ffff ? 0xfffd : point);
    }
    return builder_bytes(&text);
}

// Escaped text, or NULL for what is no string.
static const char *string_text(struct arena *arena, struct element value)
{
    switch (value.tag) {
    case DER_UTF8_STRING:
    case DER_NUMERIC_STRING:
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_VISIBLE_STRING:
        return text_escape(arena, value.content);
    case DER_T61_STRING: // everyone writes Latin-1 into it
        return text_escape(arena, widen(arena, value.content, 1));
    case DER_BMP_STRING:
        return value.content.size % 2 != 0 ? NULL : text_escape(arena, widen(arena, value.content, 2));
    case DER_UNIVERSAL_STRING:
        return value.content.size % 4 != 0 ? NULL : text_escape(arena, widen(arena, value.content, 4));
    default:
        return NULL;
    }
}

static void put_text(struct builder *out, const char *text)
{
    if (text[0] != '\0')
        builder_add(out, bytes_of_text(text));
}

// RFC 4514 section 2.4.
static void put_quoted(struct builder *out, const char *value)
{
    size_t last = strlen(value) - 1;
    for (size_t i = 0; value[i] != '\0'; i++) {
        bool edge = (i == 0 && (value[i] == ' ' || value[i] == '#')) || (i == last && value[i] == ' ');
        if (edge || strchr(",+\"<>;", value[i]) != NULL)
            builder_u8(out, '\\');
        builder_u8(out, (uint8_t)value[i]);
    }
}

// "CN=value"; an attribute without a name, or a value that is no string, is shown as hex.
static void put_attribute(struct builder *out, struct cursor *set)
{
    struct cursor pair = der_enter(set, DER_SEQUENCE);
    struct bytes identifier = der_take(&pair, DER_OID);
    struct element value = der_next(&pair);
    if (pair.bad) {
        set->bad = true;
        return;
    }
    const char *oid = der_oid(out->arena, identifier);
    const struct oid_row *row = oid_find(OID_ATTRIBUTE, oid);
    const char *text = row == NULL ? NULL : string_text(out->arena, value);
    put_text(out, row == NULL ? oid : row->name);
    builder_u8(out, '=');
    if (text != NULL) {
        put_quoted(out, text);
        return;
    }
    bool cut = value.whole.size > TEXT_LIMIT / 2;
    struct bytes shown = {value.whole.data, cut ? TEXT_LIMIT / 2 : value.whole.size};
    builder_u8(out, '#');
    put_text(out, text_hex(out->arena, shown));
    put_text(out, cut ? "..." : "");
}

// One RelativeDistinguishedName; several attributes are joined by '+'.
static const char *part_text(struct arena *arena, struct cursor *names)
{
    struct cursor set = der_enter(names, DER_SET);
    struct builder out = builder_in(arena);
    for (size_t i = 0; set.left != 0 && !set.bad && i < PARTS; i++) {
        if (i != 0)
            builder_u8(&out, '+');
        put_attribute(&out, &set);
    }
    if (set.bad)
        names->bad = true;
    return arena_string(arena, builder_bytes(&out));
}

// The most specific part first: RFC 4514 section 2.1. False: it is no name.
static bool put_name(struct builder *out, struct bytes name)
{
    const char *parts[PARTS];
    size_t count = 0;
    struct cursor file = cursor_of(name), names = der_enter(&file, DER_SEQUENCE);
    for (; names.left != 0 && !names.bad; count++)
        parts[count % PARTS] = part_text(out->arena, &names);
    if (names.bad)
        return false;
    for (size_t i = 0; i < count && i < PARTS; i++) {
        put_text(out, i == 0 ? "" : ",");
        put_text(out, parts[(count - 1 - i) % PARTS]);
    }
    if (count > PARTS)
        put_text(out, ",...");
    return true;
}

// Its parts are many times as long as they are together: they are made in an arena of their own.
const char *distinguished_text(struct arena *arena, struct bytes name)
{
    struct arena scratch = {0};
    struct builder out = builder_in(&scratch);
    const char *text = put_name(&out, name) ? arena_string(arena, builder_bytes(&out)) : NULL;
    arena_release(&scratch);
    return text;
}

// All attributes of a name, one after the other.
struct attributes {
    struct cursor names, set;
};

static struct attributes attributes_of(struct bytes name)
{
    struct cursor file = cursor_of(name);
    return (struct attributes){.names = der_enter(&file, DER_SEQUENCE)};
}

// One that is broken is passed over. False: there is no more.
static bool next_attribute(struct attributes *in, struct bytes *identifier, struct element *value)
{
    for (;;) {
        while (in->set.left == 0 || in->set.bad) {
            if (in->names.left == 0 || in->names.bad)
                return false;
            in->set = der_enter(&in->names, DER_SET);
        }
        struct cursor pair = der_enter(&in->set, DER_SEQUENCE);
        *identifier = der_take(&pair, DER_OID);
        *value = der_next(&pair);
        if (!pair.bad)
            return true;
    }
}

// The last value of an attribute, which is the most specific.
static const char *last_value(struct arena *arena, struct bytes name, struct bytes wanted)
{
    struct element found = {0}, value;
    struct attributes all = attributes_of(name);
    struct bytes identifier;
    while (next_attribute(&all, &identifier, &value))
        if (bytes_equal(identifier, wanted))
            found = value;
    return found.tag == 0 ? NULL : string_text(arena, found);
}

const char *distinguished_common_name(struct arena *arena, struct bytes name)
{
    static const uint8_t common_name[] = {0x55, 0x04, 0x03};
    return last_value(arena, name, (struct bytes){common_name, sizeof common_name});
}

const char *distinguished_organization(struct arena *arena, struct bytes name)
{
    static const uint8_t organization[] = {0x55, 0x04, 0x0a};
    return last_value(arena, name, (struct bytes){organization, sizeof organization});
}

// --- hashing ---------------------------------------------------------------------------------------

// FNV-1a.
static uint64_t mix(uint64_t hash, uint8_t octet) { return (hash ^ octet) * UINT64_C(0x100000001b3); }

static unsigned width_of(uint8_t tag) { return tag == DER_UNIVERSAL_STRING ? 4 : tag == DER_BMP_STRING ? 2 : 1; }

// Letters and digits of ASCII, for these are the same in every string type; a blank or a letter of another alphabet is
// left out.
static uint64_t mix_value(uint64_t hash, struct element value)
{
    unsigned width = width_of(value.tag);
    struct cursor in = cursor_of(value.content);
    while (in.left != 0 && !in.bad) {
        uint32_t point = width == 1 ? cursor_u8(&in) : width == 2 ? cursor_u16(&in) : cursor_u32(&in);
        if (point >= 'A' && point <= 'Z')
            point += 'a' - 'A';
        if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9'))
            hash = mix(hash, (uint8_t)point);
    }
    return hash;
}

// A sum, for the order within a SET is that of its encodings.
uint64_t distinguished_hash(struct bytes name)
{
    uint64_t sum = 0;
    struct attributes all = attributes_of(name);
    struct bytes identifier;
    struct element value;
    while (next_attribute(&all, &identifier, &value))
        sum += mix_value(bytes_hash(identifier), value);
    return sum;
}
