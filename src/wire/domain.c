// SPDX-License-Identifier: Apache-2.0
//
// One octet at a time: a name is short, and its text is built as it is read.
#include "wire/domain.h"

#include <string.h>

#include "base/arena.h"

enum { NAME_OCTETS = 255, LABEL_OCTETS = 63 }; // RFC 1035 section 2.3.4

static void put(struct builder *text, uint8_t octet)
{
    if (octet >= 'A' && octet <= 'Z')
        octet = (uint8_t)(octet - 'A' + 'a');
    bool plain = octet > ' ' && octet < 0x7f && strchr(".\\\"();@$", octet) == NULL;
    if (plain) {
        builder_u8(text, octet);
        return;
    }
    builder_u8(text, '\\');
    builder_u8(text, (uint8_t)('0' + octet / 100));
    builder_u8(text, (uint8_t)('0' + octet / 10 % 10));
    builder_u8(text, (uint8_t)('0' + octet % 10));
}

const char *domain_read(struct arena *arena, struct cursor *cursor)
{
    struct builder text = builder_in(arena);
    size_t left = NAME_OCTETS;
    for (;;) {
        uint8_t length = cursor_u8(cursor);
        struct bytes label = cursor_take(cursor, length);
        // The two highest bits are a pointer's, or of a kind of label that nobody uses.
        if (cursor->bad || length > LABEL_OCTETS || (size_t)length + 1 > left) {
            cursor->bad = true;
            return NULL;
        }
        left -= (size_t)length + 1;
        if (length == 0)
            break;
        if (text.size != 0)
            builder_u8(&text, '.');
        for (size_t i = 0; i < label.size; i++)
            put(&text, label.data[i]);
    }
    if (text.size == 0)
        builder_u8(&text, '.');
    return arena_string(arena, builder_bytes(&text));
}

const char *domain_parent(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot == NULL || dot[1] == '\0' ? NULL : dot + 1;
}
