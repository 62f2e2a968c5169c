// SPDX-License-Identifier: Apache-2.0
//
// Whatever octets stand for a probe, or for what a handshake or a look-up came to: refused, or read so
// that writing them again makes the same octets. The first octet says which.
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_probe(struct arena *arena, struct bytes octets)
{
    struct probe probe;
    if (!probe_decode(arena, octets, &probe))
        return;
    always(bytes_equal(probe_encode(arena, &probe), octets));
    always(probe_session(octets) == probe.handshake.session);
    always(*probe_sentence(arena, &probe) != '\0');
}

static void read_result(struct arena *arena, struct bytes octets)
{
    struct handshake_result result;
    struct builder again = builder_in(arena);
    if (!handshake_result_decode(arena, octets, &result))
        return;
    handshake_result_encode(&again, &result);
    always(!again.bad && bytes_equal(builder_bytes(&again), octets));
    for (const char *c = handshake_result_sentence(arena, &result); *c != '\0'; c++)
        always((unsigned char)*c >= 0x20 && *c != 0x7F);
}

static void read_records(struct arena *arena, struct bytes octets)
{
    struct records_result result;
    struct builder again = builder_in(arena);
    if (!records_result_decode(arena, octets, &result))
        return;
    records_result_encode(&again, &result);
    always(!again.bad && bytes_equal(builder_bytes(&again), octets));
    always(*records_result_sentence(arena, &result) != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    if (size == 0)
        return 0;
    struct bytes octets = {data + 1, size - 1};
    if (data[0] % 3 == 0)
        read_probe(&arena, octets);
    else if (data[0] % 3 == 1)
        read_result(&arena, octets);
    else
        read_records(&arena, octets);
    arena_release(&arena);
    return 0;
}
