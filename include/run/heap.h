// SPDX-License-Identifier: Apache-2.0
//
// What is to be done in order: a binary heap of items that live in what they stand for. Any of them can be taken out,
// and each step costs no more than the logarithm of their number.
#ifndef RUN_HEAP_H
#define RUN_HEAP_H

#include <stddef.h>
#include <stdint.h>

// A zeroed item is in no heap. owner is filled in once, by whose it is.
struct heap_item {
    uint64_t rank; // the lowest is first
    size_t place;  // in the heap; 0: in none
    void *owner;
};

// A zeroed struct holds none.
struct heap {
    struct heap_item **item; // [0] is not used
    size_t count, room;
};

// Puts it in, or elsewhere when it is in already.
void heap_put(struct heap *heap, struct heap_item *item, uint64_t rank);

// No effect on an item that is not in it.
void heap_remove(struct heap *heap, struct heap_item *item);

struct heap_item *heap_first(const struct heap *heap); // stays in; NULL: there is none

void heap_release(struct heap *heap);

#endif
