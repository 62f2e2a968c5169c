// SPDX-License-Identifier: Apache-2.0
//
// Whatever a spec says, its hello is well formed: records that join to one message, blocks that end
// where they say, no size at which servers hang. The input is the spec, field by field.
#include <stddef.h>
#include <stdint.h>

#include "../wire/hellos.h"
#include "base/arena.h"
#include "base/fail.h"
#include "wire/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codes read_codes(struct arena *arena, struct cursor *spec, size_t limit)
{
    size_t count = cursor_u16(spec) % (limit + 1);
    uint16_t *code = arena_array(arena, count, sizeof *code);
    for (size_t i = 0; i < count; i++)
        code[i] = cursor_u16(spec);
    return (struct codes){code, count};
}

// The larger groups cost milliseconds each; two quick ones say as much here.
static struct codes read_shares(struct cursor *spec)
{
    static const uint16_t shares[] = {0x001D, 0x0017};
    return (struct codes){shares, cursor_u8(spec) % 3};
}

static struct hello read_spec(struct arena *arena, struct cursor *spec)
{
    struct hello hello = {.version = cursor_u16(spec), .record_version = cursor_u16(spec)};
    hello.extensions = cursor_u16(spec) & 0x0FFF;
    hello.session_id = (cursor_u8(spec) & 1) != 0;
    hello.key_shares = read_shares(spec);
    hello.suites = read_codes(arena, spec, 32767);
    hello.versions = read_codes(arena, spec, 127);
    hello.groups = read_codes(arena, spec, 4096);
    hello.schemes = read_codes(arena, spec, 4096);
    struct cursor name = cursor_block8(spec);
    hello.server_name = arena_string(arena, cursor_rest(&name));
    return hello;
}

static struct bytes join_records(struct arena *arena, struct bytes sent)
{
    struct builder message = builder_in(arena);
    struct cursor cursor = cursor_of(sent);
    while (cursor.left != 0) {
        always(cursor_u8(&cursor) == 22);
        cursor_u16(&cursor);
        struct cursor fragment = cursor_block16(&cursor);
        always(fragment.left > 0 && fragment.left <= 16384);
        builder_add(&message, cursor_rest(&fragment));
    }
    always(!cursor.bad);
    return builder_bytes(&message);
}

static void check_extensions(const struct hello *hello, struct cursor *body)
{
    struct cursor block = cursor_block16(body);
    while (block.left != 0) {
        uint16_t type = cursor_u16(&block);
        cursor_block16(&block);
        always(type == 21 || hello_carries(hello, type));
    }
    always(cursor_ended(&block));
}

static void check_tls(struct arena *arena, const struct hello *hello, struct bytes sent)
{
    struct bytes message = join_records(arena, sent);
    struct cursor cursor = cursor_of(message);
    always(cursor_u8(&cursor) == 1);
    struct cursor body = cursor_block24(&cursor);
    always(cursor_ended(&cursor));
    always(cursor_u16(&body) == hello->version);
    cursor_take(&body, 32);
    always(cursor_block8(&body).left == (hello->session_id ? 32u : 0u));
    always(cursor_block16(&body).left == 2 * hello->suites.count);
    cursor_block8(&body);
    always((body.left != 0) == (hello->extensions != 0));
    if (hello->extensions != 0) {
        check_extensions(hello, &body);
        always(message.size < 256 || message.size > 511);
    }
    always(cursor_ended(&body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct cursor spec = cursor_of((struct bytes){data, size});
    struct hello hello = read_spec(&arena, &spec);
    struct bytes sent = hello_build(&arena, &hello, &test_entropy);
    if (hello.version == SSL2)
        always(sent.size > 11 && (size_t)(sent.data[0] & 0x7F) << 8 == ((sent.size - 2) & 0x7F00));
    else
        check_tls(&arena, &hello, sent);
    arena_release(&arena);
    return 0;
}
