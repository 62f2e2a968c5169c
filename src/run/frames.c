// SPDX-License-Identifier: Apache-2.0
//
// One buffer for each direction. What was taken is moved over when more room is needed, and a buffer that one long
// frame has made large is given back when it is empty.
#include "run/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#define FIRST_ROOM ((size_t)64 << 10)
#define KEPT_ROOM  ((size_t)4 << 20)

// Nothing of it is there any more.
static void empty(struct frames *frames)
{
    frames->next = frames->size = 0;
    if (frames->capacity <= KEPT_ROOM)
        return;
    free(frames->data);
    frames->data = NULL;
    frames->capacity = 0;
}

static void grow(struct frames *frames, size_t wanted)
{
    size_t capacity = frames->capacity == 0 ? FIRST_ROOM : frames->capacity;
    while (capacity < wanted)
        capacity *= 2;
    frames->data = realloc(frames->data, capacity);
    if (frames->data == NULL)
        die("out of memory");
    frames->capacity = capacity;
}

uint8_t *frames_room(struct frames *frames, size_t size)
{
    if (frames->next == frames->size)
        empty(frames);
    if (frames->capacity - frames->size < size && frames->next != 0) {
        memmove(frames->data, frames->data + frames->next, frames->size - frames->next);
        frames->size -= frames->next;
        frames->next = 0;
    }
    if (frames->data == NULL || frames->capacity - frames->size < size)
        grow(frames, frames->size + size);
    return frames->data + frames->size;
}

void frames_came(struct frames *frames, size_t size)
{
    always(size <= frames->capacity - frames->size);
    frames->size += size;
}

void frames_put(struct frames *frames, uint8_t kind, struct bytes octets)
{
    always(octets.size <= FRAME_MOST);
    uint8_t *out = frames_room(frames, FRAME_HEAD + octets.size);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(octets.size >> (24 - 8 * i));
    out[4] = kind;
    if (octets.size != 0)
        memcpy(out + FRAME_HEAD, octets.data, octets.size);
    frames_came(frames, FRAME_HEAD + octets.size);
}

bool frames_take(struct frames *frames, uint8_t *kind, struct bytes *octets)
{
    struct cursor cursor = cursor_of(frames_left(frames));
    size_t size = cursor_u32(&cursor);
    *kind = cursor_u8(&cursor);
    frames->bad = frames->bad || (!cursor.bad && size > FRAME_MOST);
    if (frames->bad)
        return false;
    *octets = cursor_take(&cursor, size);
    if (cursor.bad)
        return false;
    frames->next += FRAME_HEAD + size;
    return true;
}

struct bytes frames_left(const struct frames *frames)
{
    if (frames->next == frames->size)
        return (struct bytes){NULL, 0};
    return (struct bytes){frames->data + frames->next, frames->size - frames->next};
}

void frames_sent(struct frames *frames, size_t size)
{
    always(size <= frames->size - frames->next);
    frames->next += size;
    if (frames->next == frames->size)
        empty(frames);
}

void frames_release(struct frames *frames)
{
    free(frames->data);
    *frames = (struct frames){0};
}
