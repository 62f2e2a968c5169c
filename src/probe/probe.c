// SPDX-License-Identifier: Apache-2.0
//
// A probe's canonical form: one octet for the layout, then every field in the order of the struct,
// lists behind their lengths. It is written and read here only, so the two halves stand together.
#include "probe/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/keys.h"
#include "wire/registry.h"

#define LAYOUT 1

static void put_codes(struct builder *out, struct codes codes)
{
    size_t opened = builder_open(out, 2);
    builder_u16s(out, codes.code, codes.count);
    builder_close(out, opened, 2);
}

// No list of ours is longer; a transcript's could be anything.
#define MOST_CODES   2048
#define LONGEST_NAME 255

static struct codes take_codes(struct arena *arena, struct cursor *in)
{
    struct cursor list = cursor_block16(in);
    size_t count = list.left / 2;
    if (list.left % 2 != 0 || count > MOST_CODES)
        in->bad = true;
    uint16_t *code = arena_array(arena, count, sizeof *code);
    for (size_t i = 0; i < count; i++)
        code[i] = cursor_u16(&list);
    return (struct codes){code, count};
}

static void put_bytes(struct builder *out, struct bytes bytes)
{
    size_t opened = builder_open(out, 2);
    builder_add(out, bytes);
    builder_close(out, opened, 2);
}

static struct bytes take_bytes(struct arena *arena, struct cursor *in)
{
    struct cursor block = cursor_block16(in);
    return arena_copy(arena, cursor_rest(&block));
}

static void put_extensions(struct builder *out, struct extensions extensions)
{
    builder_u8(out, (uint8_t)extensions.count);
    for (size_t i = 0; i < extensions.count; i++) {
        builder_u16(out, extensions.row[i].type);
        put_bytes(out, extensions.row[i].body);
    }
}

static struct extensions take_extensions(struct arena *arena, struct cursor *in)
{
    size_t count = cursor_u8(in);
    struct extension *row = arena_array(arena, count, sizeof *row);
    for (size_t i = 0; i < count; i++) {
        row[i].type = cursor_u16(in);
        row[i].body = take_bytes(arena, in);
    }
    return (struct extensions){row, count};
}

static void put_text(struct builder *out, const char *text)
{
    size_t opened = builder_open(out, 2);
    builder_add(out, bytes_of_text(text == NULL ? "" : text));
    builder_close(out, opened, 2);
}

// An empty name is no name: no server name of zero octets can be asked for.
static const char *take_text(struct arena *arena, struct cursor *in)
{
    struct cursor block = cursor_block16(in);
    struct bytes text = cursor_rest(&block);
    if (text.size == 0)
        return NULL;
    if (text.size > LONGEST_NAME || memchr(text.data, 0, text.size) != NULL)
        in->bad = true;
    return arena_string(arena, text);
}

struct bytes probe_encode(struct arena *arena, const struct probe *probe)
{
    const struct hello *hello = &probe->hello;
    struct builder out = builder_in(arena);
    builder_u8(&out, LAYOUT);
    builder_u16(&out, probe->sample);
    builder_u16(&out, hello->version);
    builder_u16(&out, hello->record_version);
    builder_u32(&out, hello->extensions);
    builder_u8(&out, hello->session_id);
    put_codes(&out, hello->suites);
    put_codes(&out, hello->versions);
    put_codes(&out, hello->groups);
    put_codes(&out, hello->schemes);
    put_codes(&out, hello->certificate_schemes);
    put_codes(&out, hello->key_shares);
    put_extensions(&out, hello->extra);
    put_bytes(&out, hello->compressions);
    builder_u16(&out, hello->pad_to);
    builder_u16(&out, hello->fragment);
    put_text(&out, hello->server_name);
    always(!out.bad);
    return builder_bytes(&out);
}

// What hello_build takes as promised.
static bool can_be_built(const struct hello *hello)
{
    for (size_t i = 0; i < hello->key_shares.count; i++)
        if (!key_group_known(hello->key_shares.code[i]))
            return false;
    size_t extra = 0;
    for (size_t i = 0; i < hello->extra.count; i++)
        extra += 4 + hello->extra.row[i].body.size;
    bool small = extra <= 20000 && hello->pad_to <= 32768 && hello->compressions.size <= 255;
    return small && hello->versions.count <= 127 && hello->key_shares.count <= 16;
}

bool probe_decode(struct arena *arena, struct bytes encoded, struct probe *out)
{
    struct cursor in = cursor_of(encoded);
    if (cursor_u8(&in) != LAYOUT)
        return false;
    out->sample = cursor_u16(&in);
    struct hello *hello = &out->hello;
    hello->version = cursor_u16(&in);
    hello->record_version = cursor_u16(&in);
    hello->extensions = cursor_u32(&in);
    uint8_t session_id = cursor_u8(&in);
    hello->session_id = session_id == 1;
    hello->suites = take_codes(arena, &in);
    hello->versions = take_codes(arena, &in);
    hello->groups = take_codes(arena, &in);
    hello->schemes = take_codes(arena, &in);
    hello->certificate_schemes = take_codes(arena, &in);
    hello->key_shares = take_codes(arena, &in);
    hello->extra = take_extensions(arena, &in);
    hello->compressions = take_bytes(arena, &in);
    hello->pad_to = cursor_u16(&in);
    hello->fragment = cursor_u16(&in);
    hello->server_name = take_text(arena, &in);
    return cursor_ended(&in) && session_id <= 1 && can_be_built(hello);
}

uint64_t probe_key(struct bytes encoded) { return bytes_hash(encoded); }

const char *probe_key_text(struct arena *arena, uint64_t key)
{
    return arena_text(arena, "%016llx", (unsigned long long)key);
}

static const char *name_of_version(struct arena *arena, uint16_t version)
{
    const char *name = version_name(version);
    return name != NULL ? name : arena_text(arena, "0x%04X", version);
}

// "1 suite", "2 suites".
static const char *counted(struct arena *arena, size_t count, const char *noun)
{
    return arena_text(arena, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

const char *probe_sentence(struct arena *arena, const struct probe *probe)
{
    const struct hello *hello = &probe->hello;
    bool newer = (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0 && hello->versions.count != 0;
    const char *text =
        arena_text(arena, "%s ClientHello", name_of_version(arena, newer ? hello->versions.code[0] : hello->version));
    if (hello->version == SSL2)
        text = arena_text(arena, "%s, every cipher kind", text);
    else
        text = arena_text(arena, "%s, %s", text, counted(arena, hello->suites.count, "suite"));
    if (hello->extensions & HELLO_KEY_SHARE)
        text = arena_text(arena, "%s, %s", text, counted(arena, hello->key_shares.count, "key share"));
    if (hello->extensions & HELLO_SERVER_NAME)
        text = arena_text(arena, "%s, server name %s", text, hello->server_name == NULL ? "" : hello->server_name);
    if (probe->sample != 0)
        text = arena_text(arena, "%s, sample %u", text, probe->sample + 1u);
    return text;
}
