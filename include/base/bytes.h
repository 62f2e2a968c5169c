// SPDX-License-Identifier: Apache-2.0
//
// Octets, read by a sticky cursor and written by a sticky builder: a step too far sets `bad`,
// yields zero, and every later step stays bad, so a parser reads like the RFC's struct and is
// tested once, at its end. All integers on the wire are big-endian.
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

// A view; owns nothing. data may be NULL when size is 0.
struct bytes {
    const uint8_t *data;
    size_t size;
};

bool bytes_equal(struct bytes a, struct bytes b);
struct bytes bytes_of_text(const char *text); // without the NUL

// A fast 64-bit hash for tables and probe keys; not cryptographic. The same on every machine.
uint64_t bytes_hash(struct bytes bytes);

struct cursor {
    const uint8_t *next;
    size_t left; // octets
    bool bad;
};

struct cursor cursor_of(struct bytes bytes);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u24(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
struct bytes cursor_take(struct cursor *cursor, size_t size);
struct bytes cursor_rest(struct cursor *cursor);

// A block behind a length of 8, 16 or 24 bits, as a cursor of its own. If the block is cut short
// both cursors are bad.
struct cursor cursor_block8(struct cursor *cursor);
struct cursor cursor_block16(struct cursor *cursor);
struct cursor cursor_block24(struct cursor *cursor);

// ... as a view; empty and the cursor bad if it is cut short.
struct bytes cursor_take8(struct cursor *cursor);
struct bytes cursor_take16(struct cursor *cursor);
struct bytes cursor_take24(struct cursor *cursor);

// Read to the last octet and nothing went wrong.
bool cursor_ended(const struct cursor *cursor);

// Grows in its arena. bad: a block was longer than its length field can say.
struct builder {
    struct arena *arena;
    uint8_t *data;
    size_t size, capacity;
    bool bad;
};

struct builder builder_in(struct arena *arena);
struct builder builder_of(struct arena *arena, size_t capacity); // with room for so many octets, and more when it must
void builder_u8(struct builder *builder, uint8_t value);
void builder_u16(struct builder *builder, uint16_t value);
void builder_u24(struct builder *builder, uint32_t value);
void builder_u32(struct builder *builder, uint32_t value);
void builder_u64(struct builder *builder, uint64_t value);
void builder_u16s(struct builder *builder, const uint16_t *value, size_t count);
void builder_add(struct builder *builder, struct bytes bytes);
uint8_t *builder_place(struct builder *builder, size_t size); // so many octets, which the caller writes
struct bytes builder_bytes(const struct builder *builder);    // a view, good until the next write

// A block behind a length of `width` octets (1, 2 or 3): open, write, close with what open returned.
size_t builder_open(struct builder *builder, unsigned width);
void builder_close(struct builder *builder, size_t opened, unsigned width);

#endif
