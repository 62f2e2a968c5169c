// SPDX-License-Identifier: Apache-2.0
//
// Any text as a PEM file. Reading moves on and ends, labels lie in the text, and what a block holds is no longer than
// its digits allow; as a name it has a hash.
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/distinguished.h"
#include "wire/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct bytes text = arena_copy(&arena, (struct bytes){data, size});
    const uint8_t *first = text.data, *end = text.data + text.size;
    struct pem_block block;
    for (size_t before = text.size; pem_next(&text, &arena, &block); before = text.size) {
        always(text.size < before && text.data + text.size == end);
        always(block.label.data >= first && block.label.data + block.label.size <= text.data);
        always(block.octets.size <= (before - text.size) / 4 * 3);
        distinguished_hash(block.octets);
    }
    arena_release(&arena);
    return 0;
}
