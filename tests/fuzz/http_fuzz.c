// SPDX-License-Identifier: Apache-2.0
//
// Whatever octets come as a response of HTTP: read the same whole and in pieces, within the limit. The first
// octet says how long the pieces are, the second whether there is a body.
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/fetch.h"
#include "wire/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct arena arena = {0};
    struct http_reader whole, pieces;
    size_t piece = 1 + data[0] % 64u;
    bool bodiless = data[1] % 2 != 0;
    struct bytes octets = {data + 2, size - 2};
    http_begin(&whole, &arena, LIMIT, bodiless);
    http_begin(&pieces, &arena, LIMIT, bodiless);
    http_feed(&whole, octets);
    for (struct cursor in = cursor_of(octets); in.left != 0;)
        http_feed(&pieces, cursor_take(&in, in.left < piece ? in.left : piece));
    struct bytes body = builder_bytes(&whole.body);
    always(whole.state == pieces.state && whole.headed == pieces.headed && body.size <= LIMIT);
    always(bytes_equal(body, builder_bytes(&pieces.body)) && bytes_equal(whole.head, pieces.head));
    struct fetch_result result;
    fetch_result_of(&whole, true, &arena, &result);
    for (const char *c = fetch_result_sentence(&arena, &result); *c != '\0'; c++)
        always((unsigned char)*c >= 0x20 && *c != 0x7F);
    arena_release(&arena);
    return 0;
}
