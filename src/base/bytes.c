// SPDX-License-Identifier: Apache-2.0
//
// The sticky cursor and builder: see the header for the contract.
#include "base/bytes.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct bytes bytes_of_text(const char *text) { return (struct bytes){(const uint8_t *)text, strlen(text)}; }

// Multiply and fold, eight octets a step: enough to spread a few hundred keys, and quick, since
// every question a check asks is hashed each time it is asked.
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 32);
}

static uint64_t word_at(const uint8_t *octet)
{
    return (uint64_t)octet[0] << 56 | (uint64_t)octet[1] << 48 | (uint64_t)octet[2] << 40 | (uint64_t)octet[3] << 32 |
           (uint64_t)octet[4] << 24 | (uint64_t)octet[5] << 16 | (uint64_t)octet[6] << 8 | octet[7];
}

uint64_t bytes_hash(struct bytes bytes)
{
    uint64_t hash = mix(UINT64_C(0x243F6A8885A308D3), bytes.size);
    size_t at = 0;
    for (; bytes.size - at >= 8; at += 8)
        hash = mix(hash, word_at(bytes.data + at));
    uint64_t tail = 0;
    for (; at < bytes.size; at++)
        tail = tail << 8 | bytes.data[at];
    return mix(mix(hash, tail), UINT64_C(0x13198A2E03707344));
}

struct cursor cursor_of(struct bytes bytes) { return (struct cursor){bytes.data, bytes.size, false}; }

struct bytes cursor_take(struct cursor *cursor, size_t size)
{
    if (cursor->bad || size > cursor->left) {
        cursor->bad = true;
        cursor->left = 0;
        return (struct bytes){NULL, 0};
    }
    struct bytes taken = {cursor->next, size};
    if (size != 0)
        cursor->next += size;
    cursor->left -= size;
    return taken;
}

struct bytes cursor_rest(struct cursor *cursor) { return cursor_take(cursor, cursor->left); }

static uint64_t number(struct cursor *cursor, size_t width)
{
    struct bytes taken = cursor_take(cursor, width);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.size; i++)
        value = value << 8 | taken.data[i];
    return value;
}

uint8_t cursor_u8(struct cursor *cursor) { return (uint8_t)number(cursor, 1); }
uint16_t cursor_u16(struct cursor *cursor) { return (uint16_t)number(cursor, 2); }
uint32_t cursor_u24(struct cursor *cursor) { return (uint32_t)number(cursor, 3); }
uint32_t cursor_u32(struct cursor *cursor) { return (uint32_t)number(cursor, 4); }
uint64_t cursor_u64(struct cursor *cursor) { return number(cursor, 8); }

static struct bytes take_block(struct cursor *cursor, size_t width)
{
    size_t size = (size_t)number(cursor, width);
    return cursor_take(cursor, size);
}

struct bytes cursor_take8(struct cursor *cursor) { return take_block(cursor, 1); }
struct bytes cursor_take16(struct cursor *cursor) { return take_block(cursor, 2); }
struct bytes cursor_take24(struct cursor *cursor) { return take_block(cursor, 3); }

static struct cursor block(struct cursor *cursor, size_t width)
{
    struct bytes taken = take_block(cursor, width);
    return (struct cursor){taken.data, taken.size, cursor->bad};
}

struct cursor cursor_block8(struct cursor *cursor) { return block(cursor, 1); }
struct cursor cursor_block16(struct cursor *cursor) { return block(cursor, 2); }
struct cursor cursor_block24(struct cursor *cursor) { return block(cursor, 3); }

bool cursor_ended(const struct cursor *cursor) { return !cursor->bad && cursor->left == 0; }

struct builder builder_in(struct arena *arena) { return (struct builder){.arena = arena}; }

struct builder builder_of(struct arena *arena, size_t capacity)
{
    return (struct builder){.arena = arena, .data = arena_alloc(arena, capacity), .capacity = capacity};
}

// The abandoned half stays in the arena: at most as much again as the result.
static uint8_t *room(struct builder *builder, size_t size)
{
    if (builder->data == NULL || builder->capacity - builder->size < size) {
        size_t capacity = builder->capacity * 2 + size + 64;
        uint8_t *data = arena_alloc(builder->arena, capacity);
        if (builder->size != 0)
            memcpy(data, builder->data, builder->size);
        builder->data = data;
        builder->capacity = capacity;
    }
    uint8_t *place = builder->data + builder->size;
    builder->size += size;
    return place;
}

uint8_t *builder_place(struct builder *builder, size_t size) { return room(builder, size); }

static void put(uint8_t *place, uint64_t value, size_t width)
{
    for (size_t i = width; i-- > 0; value >>= 8)
        place[i] = (uint8_t)value;
}

void builder_u8(struct builder *builder, uint8_t value) { put(room(builder, 1), value, 1); }
void builder_u16(struct builder *builder, uint16_t value) { put(room(builder, 2), value, 2); }
void builder_u24(struct builder *builder, uint32_t value) { put(room(builder, 3), value, 3); }
void builder_u32(struct builder *builder, uint32_t value) { put(room(builder, 4), value, 4); }
void builder_u64(struct builder *builder, uint64_t value) { put(room(builder, 8), value, 8); }

void builder_u16s(struct builder *builder, const uint16_t *value, size_t count)
{
    uint8_t *place = room(builder, 2 * count);
    for (size_t i = 0; i < count; i++) {
        place[2 * i] = (uint8_t)(value[i] >> 8);
        place[2 * i + 1] = (uint8_t)value[i];
    }
}

void builder_add(struct builder *builder, struct bytes bytes)
{
    uint8_t *place = room(builder, bytes.size);
    if (bytes.size != 0)
        memcpy(place, bytes.data, bytes.size);
}

struct bytes builder_bytes(const struct builder *builder) { return (struct bytes){builder->data, builder->size}; }

size_t builder_open(struct builder *builder, unsigned width)
{
    always(width >= 1 && width <= 3);
    memset(room(builder, width), 0, width);
    return builder->size;
}

void builder_close(struct builder *builder, size_t opened, unsigned width)
{
    always(opened >= width && opened <= builder->size);
    size_t size = builder->size - opened;
    if (size >> (8 * width) != 0)
        builder->bad = true;
    put(builder->data + opened - width, size, width);
}
