// SPDX-License-Identifier: Apache-2.0
//
// Memory that is given back all at once. One arena per host, one per run, one per connection;
// one for scratch that is rewound after each step. There is no free of a single piece.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena_block;

// A zeroed struct is an empty arena.
struct arena {
    struct arena_block *last;
    size_t total; // octets taken from malloc and not given back
};

// A place in an arena to rewind to.
struct arena_mark {
    struct arena_block *block;
    size_t used;
};

// Zeroed, aligned for any type that wants no more than eight octets; never NULL (die() when memory is out). Size 0 is
// allowed.
void *arena_alloc(struct arena *arena, size_t size);

// As arena_alloc for count elements, with the multiplication checked.
void *arena_array(struct arena *arena, size_t count, size_t size);

// Copies, owned by the arena. arena_string ends the copy with a NUL; it and arena_text align nothing.
struct bytes arena_copy(struct arena *arena, struct bytes bytes);
char *arena_string(struct arena *arena, struct bytes bytes);
char *arena_text(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct arena_mark arena_mark(const struct arena *arena);

// Everything taken since the mark is gone. The mark must be of this arena and not yet rewound past.
void arena_rewind(struct arena *arena, struct arena_mark mark);

// Everything is gone; the arena is empty and can be used again.
void arena_release(struct arena *arena);

#endif
