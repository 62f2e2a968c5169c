// SPDX-License-Identifier: Apache-2.0
//
// Any octets as what a worker or its parent sends: frames, and in each a target or what came of one. What is taken for
// good says the same when it is written and read again. The octets come in pieces, whose length the first one says.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/frames.h"
#include "run/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(struct bytes octets)
{
    struct arena arena = {0};
    struct target target = {0};
    uint64_t number;
    if (parcel_read_target(&arena, octets, &number, &target)) {
        struct bytes again = parcel_write_target(&arena, number, &target);
        always(again.size <= octets.size); // what stands for an absent text may differ
        always(parcel_read_target(&arena, again, &number, &target));
    }
    arena_release(&arena);
}

static void check_finished(struct bytes octets)
{
    struct arena arena = {0};
    struct parcel_finished finished;
    if (parcel_read_finished(&arena, octets, &finished))
        always(bytes_equal(parcel_write_finished(&arena, &finished), octets));
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frames in = {0};
    size_t piece = size == 0 ? 1 : 1 + data[0];
    for (size_t at = size == 0 ? 0 : 1; at < size; at += piece) {
        size_t count = size - at < piece ? size - at : piece;
        uint8_t kind;
        struct bytes octets;
        memcpy(frames_room(&in, count), data + at, count);
        frames_came(&in, count);
        while (frames_take(&in, &kind, &octets)) {
            check_target(octets);
            check_finished(octets);
        }
        if (in.bad)
            break;
    }
    always(in.capacity <= 2 * size + ((size_t)64 << 10));
    frames_release(&in);
    return 0;
}
