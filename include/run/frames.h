// SPDX-License-Identifier: Apache-2.0
//
// Octets between two processes, cut into frames: a length of 32 bits, a kind of 8, and so many octets. One struct is
// one direction: what arrived and was not taken yet, or what waits to be sent. Memory grows with what is there, never
// with what a length promises.
#ifndef RUN_FRAMES_H
#define RUN_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define FRAME_MOST ((size_t)1 << 30) // octets of the longest, without its head
#define FRAME_HEAD 5

// A zeroed struct is empty.
struct frames {
    uint8_t *data;     // malloc'd
    size_t next, size; // what is there: from next on, up to size
    size_t capacity;
    bool bad; // a length that is too long: nothing more is taken
};

// Room for `size` octets behind what is there; frames_came says how many of it were filled.
uint8_t *frames_room(struct frames *frames, size_t size);
void frames_came(struct frames *frames, size_t size);

// Appends one. It must not be longer than FRAME_MOST.
void frames_put(struct frames *frames, uint8_t kind, struct bytes octets);

// Takes out the first whole one; octets are good until frames_room, frames_put or frames_release. False: there is none.
bool frames_take(struct frames *frames, uint8_t *kind, struct bytes *octets);

// What waits to be sent, and that so much of it was.
struct bytes frames_left(const struct frames *frames);
void frames_sent(struct frames *frames, size_t size);

void frames_release(struct frames *frames);

#endif
