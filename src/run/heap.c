// SPDX-License-Identifier: Apache-2.0
//
// Every item knows its place, so that one in the middle can be moved.
#include "run/heap.h"

#include <stdlib.h>

#include "base/fail.h"

static void put(struct heap *heap, size_t place, struct heap_item *item)
{
    heap->item[place] = item;
    item->place = place;
}

static void rise(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    while (place > 1 && heap->item[place / 2]->rank > item->rank) {
        put(heap, place, heap->item[place / 2]);
        place /= 2;
    }
    put(heap, place, item);
}

static void sink(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    for (;;) {
        size_t child = place * 2;
        if (child > heap->count)
            break;
        if (child < heap->count && heap->item[child + 1]->rank < heap->item[child]->rank)
            child++;
        if (heap->item[child]->rank >= item->rank)
            break;
        put(heap, place, heap->item[child]);
        place = child;
    }
    put(heap, place, item);
}

static void make_room(struct heap *heap)
{
    if (heap->count + 1 < heap->room)
        return;
    heap->room = heap->room == 0 ? 8 : heap->room * 2;
    heap->item = realloc(heap->item, heap->room * sizeof *heap->item);
    if (heap->item == NULL)
        die("out of memory");
}

void heap_put(struct heap *heap, struct heap_item *item, uint64_t rank)
{
    item->rank = rank;
    if (item->place == 0) {
        make_room(heap);
        put(heap, ++heap->count, item);
    }
    rise(heap, item);
    sink(heap, item);
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
    if (item->place == 0)
        return;
    struct heap_item *last = heap->item[heap->count--];
    if (last != item) {
        put(heap, item->place, last);
        rise(heap, last);
        sink(heap, last);
    }
    item->place = 0;
}

struct heap_item *heap_first(const struct heap *heap) { return heap->count == 0 ? NULL : heap->item[1]; }

void heap_release(struct heap *heap)
{
    free(heap->item);
    *heap = (struct heap){0};
}
