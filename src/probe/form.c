// SPDX-License-Identifier: Apache-2.0
//
// Text and octets behind their lengths, and lists of codes as runs.
#include "probe/form.h"

#include "base/arena.h"
#include "base/fail.h"

void form_put_bytes(struct builder *out, unsigned width, struct bytes bytes)
{
    size_t opened = builder_open(out, width);
    builder_add(out, bytes);
    builder_close(out, opened, width);
}

void form_put_text(struct builder *out, unsigned width, const char *text)
{
    form_put_bytes(out, width, bytes_of_text(text == NULL ? "" : text));
}

static struct bytes take_block(struct cursor *in, unsigned width)
{
    always(width == 1 || width == 2);
    struct cursor block = width == 1 ? cursor_block8(in) : cursor_block16(in);
    return cursor_rest(&block);
}

struct bytes form_take_bytes(struct arena *arena, struct cursor *in, unsigned width)
{
    return arena_copy(arena, take_block(in, width));
}

const char *form_take_text(struct arena *arena, struct cursor *in, unsigned width)
{
    struct bytes text = take_block(in, width);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x20 || text.data[i] > 0x7E)
            in->bad = true;
    return text.size == 0 ? NULL : arena_string(arena, text);
}

uint8_t form_take_below(struct cursor *in, unsigned limit)
{
    uint8_t value = cursor_u8(in);
    if (value < limit)
        return value;
    in->bad = true;
    return 0;
}

uint16_t form_take_set(struct cursor *in, unsigned members)
{
    uint16_t set = cursor_u16(in);
    if (set >> members == 0)
        return set;
    in->bad = true;
    return 0;
}

// As runs of consecutive codes, each its first and how many follow: a scan keeps tens of forms for
// each host, and the lists of suites are nearly all of them.
static size_t run_length(struct codes codes, size_t at)
{
    size_t length = 1;
    while (length <= UINT8_MAX && at + length < codes.count && codes.code[at + length] == codes.code[at] + length)
        length++;
    return length;
}

void form_put_codes(struct builder *out, struct codes codes)
{
    size_t opened = builder_open(out, 2);
    uint8_t *octet = builder_place(out, 3 * codes.count), *end = octet + 3 * codes.count; // at most
    for (size_t at = 0, length; at < codes.count; at += length) {
        length = run_length(codes, at);
        *octet++ = (uint8_t)(codes.code[at] >> 8);
        *octet++ = (uint8_t)codes.code[at];
        *octet++ = (uint8_t)(length - 1);
    }
    out->size -= (size_t)(end - octet);
    builder_close(out, opened, 2);
}
