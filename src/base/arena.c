// SPDX-License-Identifier: Apache-2.0
//
// A chain of blocks, each twice the one before up to a limit, so that a small host stays small
// and a large one costs few calls to malloc.
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#define FIRST_BLOCK   992  // and what stands before it: malloc hands such sizes out of a list of its own
#define LARGEST_BLOCK 2016 // larger ones would leave more of a host's memory unused

// What a structure of pointers and numbers wants. A text wants nothing: thousands of them stand one behind the other.
#define UNIT sizeof(uint64_t)

struct arena_block {
    struct arena_block *before;
    size_t size, used;
    alignas(max_align_t) uint8_t data[];
};

static size_t block_size(const struct arena *arena, size_t wanted)
{
    size_t size = arena->last == NULL ? FIRST_BLOCK : arena->last->size * 2;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    return size < wanted ? wanted : size;
}

static void grow(struct arena *arena, size_t wanted)
{
    size_t size = block_size(arena, wanted);
    struct arena_block *block = malloc(sizeof *block + size);
    if (block == NULL)
        die("out of memory");
    block->before = arena->last;
    block->size = size;
    block->used = 0;
    arena->last = block;
    arena->total += sizeof *block + size;
}

static void drop_last(struct arena *arena)
{
    struct arena_block *block = arena->last;
    arena->last = block->before;
    arena->total -= sizeof *block + block->size;
    free(block);
}

// Where in the block the next piece would stand; past its end when it is full.
static size_t next_place(const struct arena_block *block, size_t unit)
{
    return (block->used + unit - 1) / unit * unit;
}

static bool has_room(const struct arena_block *block, size_t size, size_t unit)
{
    return block != NULL && next_place(block, unit) <= block->size && block->size - next_place(block, unit) >= size;
}

// Where a large piece had to go on in a block of its own, the end of the one before is still free. A rewind gives back
// what is taken there with its block, or leaves it: that is no memory more.
static struct arena_block *block_for(struct arena *arena, size_t size, size_t unit)
{
    struct arena_block *last = arena->last, *before = last == NULL ? NULL : last->before;
    if (!has_room(last, size, unit)) {
        if (has_room(before, size, unit))
            return before;
        grow(arena, size);
    }
    return arena->last;
}

// unit: what its address is a multiple of.
static void *take(struct arena *arena, size_t size, size_t unit)
{
    if (size > SIZE_MAX / 4)
        die("out of memory");
    struct arena_block *block = block_for(arena, size, unit);
    void *piece = block->data + next_place(block, unit);
    block->used = next_place(block, unit) + size;
    return memset(piece, 0, size);
}

void *arena_alloc(struct arena *arena, size_t size) { return take(arena, size, UNIT); }

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        die("out of memory");
    return arena_alloc(arena, count * size);
}

struct bytes arena_copy(struct arena *arena, struct bytes bytes)
{
    uint8_t *copy = arena_alloc(arena, bytes.size);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    return (struct bytes){copy, bytes.size};
}

char *arena_string(struct arena *arena, struct bytes bytes)
{
    char *copy = take(arena, bytes.size + 1, 1);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    return copy;
}

char *arena_text(struct arena *arena, const char *format, ...)
{
    char buffer[256]; // most are shorter, and need not be measured first
    va_list given, again;
    va_start(given, format);
    va_copy(again, given);
    int length = vsnprintf(buffer, sizeof buffer, format, given);
    va_end(given);
    always(length >= 0);
    size_t size = (size_t)length + 1;
    char *text = take(arena, size, 1);
    if (size <= sizeof buffer)
        memcpy(text, buffer, size);
    else
        vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->last, arena->last == NULL ? 0 : arena->last->used};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->last != mark.block) {
        always(arena->last != NULL);
        drop_last(arena);
    }
    if (arena->last != NULL)
        arena->last->used = mark.used;
}

void arena_release(struct arena *arena)
{
    while (arena->last != NULL)
        drop_last(arena);
}
