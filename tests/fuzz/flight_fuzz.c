// SPDX-License-Identifier: Apache-2.0
//
// Whatever a peer sends: no crash, bounded memory, views that can be read, and the same result
// however the octets are cut. The first octet chooses the hello, the second how they are cut.
#include <stddef.h>
#include <stdint.h>

#include "../wire/hellos.h"
#include "base/arena.h"
#include "base/fail.h"
#include "wire/flight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Reads every octet of every view, so that a sanitizer sees one that points astray.
static uint64_t read_extensions(struct extensions extensions)
{
    uint64_t sum = extensions.count;
    for (size_t i = 0; i < extensions.count; i++)
        sum = sum * 31 + extensions.row[i].type + bytes_hash(extensions.row[i].body);
    return sum;
}

static uint64_t read_all(const struct flight *flight)
{
    const struct bytes views[] = {
        flight->shown->dh_prime,
        flight->shown->dh_generator,
        flight->key_share,
        flight->shown->staple,
        flight->shown->certificate_request_body,
    };
    uint64_t sum =
        read_extensions(flight->shown->extensions) * 31 + read_extensions(flight->shown->encrypted_extensions);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        sum = sum * 31 + bytes_hash(views[i]);
    for (size_t i = 0; i < flight->shown->certificate_count; i++)
        sum = sum * 31 + bytes_hash(flight->shown->certificates[i]);
    for (size_t i = 0; i < flight->shown->kind_count; i++)
        sum = sum * 31 + flight->shown->kinds[i];
    return sum * 31 + flight->version + flight->suite + flight->group + flight->scheme + flight->faults;
}

static void check(const struct flight_reader *reader, const struct arena *arena)
{
    const struct flight *flight = &reader->flight;
    always(!flight->complete || (flight->hello && reader->state == FLIGHT_ENDED));
    always(reader->state != FLIGHT_BROKEN || flight->faults != 0);
    always(flight->shown->certificate_count == 0 || flight->shown->certificate_message);
    always(flight->shown->certificate_count <= FLIGHT_CERTIFICATES && flight->warnings <= FLIGHT_WARNINGS);
    always(flight->shown->extensions.count <= FLIGHT_EXTENSIONS && reader->banner.size <= 256);
    always(reader->total <= FLIGHT_LIMIT);
    always(arena->total <= 6 * reader->total + 65536);
}

static uint64_t feed(const struct hello *hello, struct bytes octets, size_t step)
{
    struct arena arena = {0};
    struct flight_reader reader;
    flight_begin(&reader, &arena, hello, &test_entropy, hello_build(&arena, hello, &test_entropy));
    struct cursor cursor = cursor_of(octets);
    while (cursor.left != 0)
        flight_feed(&reader, cursor_take(&cursor, step < cursor.left ? step : cursor.left));
    check(&reader, &arena);
    uint64_t sum = read_all(&reader.flight) * 31 + (uint64_t)reader.state;
    arena_release(&arena);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct hello *hello = &hellos[data[0] % HELLOS].hello;
    struct bytes octets = {data + 2, size - 2};
    always(feed(hello, octets, size) == feed(hello, octets, (size_t)data[1] + 1));
    return 0;
}
