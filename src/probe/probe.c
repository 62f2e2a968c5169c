// SPDX-License-Identifier: Apache-2.0
//
// A probe's canonical form: one octet for the layout, which says the kind, the sample, then every field
// in the order of the struct, lists behind their lengths. A hello's is written and read here only, so
// the two halves stand together; the others' in handshake_form.c, fetch.c and records.c.
#include "probe/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/form.h"
#include "wire/kem.h"
#include "wire/keys.h"
#include "wire/registry.h"

// What a form begins with, by kind.
enum layout { LAYOUT_HELLO = 1, LAYOUT_HANDSHAKE = 2, LAYOUT_FETCH = 3, LAYOUT_RECORDS = 4 };
static const struct {
    uint8_t layout;
    const char *name;
} kinds[PROBE_KINDS] = {
    [PROBE_HELLO] = {LAYOUT_HELLO, "probe"},
    [PROBE_HANDSHAKE] = {LAYOUT_HANDSHAKE, "handshake"},
    [PROBE_FETCH] = {LAYOUT_FETCH, "fetch"},
    [PROBE_RECORDS] = {LAYOUT_RECORDS, "records"},
};

const char *probe_kind_name(enum probe_kind kind)
{
    always((unsigned)kind < PROBE_KINDS);
    return kinds[kind].name;
}

bool probe_kind_named(const char *name, enum probe_kind *kind)
{
    for (unsigned i = 0; i < PROBE_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum probe_kind)i;
            return true;
        }
    return false;
}

// No list of ours is longer; a transcript's could be anything.
#define MOST_CODES   2048
#define LONGEST_NAME 255

// A probe has one form: runs that could have been one, or that pass the last code, are malformed.
static size_t count_codes(struct cursor list, bool *good)
{
    size_t count = 0;
    uint32_t after = UINT32_MAX; // where the last run would have gone on, were it not full
    while (list.left != 0 && !list.bad) {
        uint32_t first = cursor_u16(&list), more = cursor_u8(&list);
        *good = *good && first != after && first + more <= UINT16_MAX;
        after = more == UINT8_MAX ? UINT32_MAX : first + more + 1;
        count += more + 1;
    }
    *good = *good && !list.bad && count <= MOST_CODES;
    return *good ? count : 0;
}

static struct codes take_codes(struct arena *arena, struct cursor *in)
{
    struct cursor list = cursor_block16(in);
    bool good = true;
    size_t count = count_codes(list, &good);
    uint16_t *code = arena_array(arena, count, sizeof *code);
    for (size_t i = 0; i < count;) {
        uint16_t first = cursor_u16(&list);
        uint8_t more = cursor_u8(&list);
        for (unsigned k = 0; k <= more; k++)
            code[i++] = (uint16_t)(first + k);
    }
    in->bad = in->bad || !good;
    return (struct codes){code, count};
}

static void put_bytes(struct builder *out, struct bytes bytes)
{
    size_t opened = builder_open(out, 2);
    builder_add(out, bytes);
    builder_close(out, opened, 2);
}

static struct bytes take_bytes(struct arena *arena, struct cursor *in) { return arena_copy(arena, cursor_take16(in)); }

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
    struct bytes text = cursor_take16(in);
    if (text.size == 0)
        return NULL;
    if (text.size > LONGEST_NAME || memchr(text.data, 0, text.size) != NULL)
        in->bad = true;
    return arena_string(arena, text);
}

static void put_hello(struct builder *out, const struct hello *hello)
{
    builder_u16(out, hello->version);
    builder_u16(out, hello->record_version);
    builder_u32(out, hello->extensions);
    builder_u8(out, hello->session_id);
    form_put_codes(out, hello->suites);
    form_put_codes(out, hello->versions);
    form_put_codes(out, hello->groups);
    form_put_codes(out, hello->schemes);
    form_put_codes(out, hello->certificate_schemes);
    form_put_codes(out, hello->key_shares);
    put_extensions(out, hello->extra);
    put_bytes(out, hello->compressions);
    builder_u16(out, hello->pad_to);
    builder_u16(out, hello->fragment);
    put_text(out, hello->server_name);
}

struct bytes probe_encode(struct arena *arena, const struct probe *probe)
{
    struct builder out = builder_in(arena);
    builder_u8(&out, kinds[probe->kind].layout);
    builder_u16(&out, probe->sample);
    switch (probe->kind) {
    case PROBE_HELLO:
        put_hello(&out, &probe->hello);
        break;
    case PROBE_HANDSHAKE:
        handshake_encode(&out, &probe->handshake);
        break;
    case PROBE_FETCH:
        fetch_encode(&out, &probe->fetch);
        break;
    case PROBE_RECORDS:
        records_encode(&out, &probe->records);
        break;
    }
    if (probe->split != 0)
        builder_u16(&out, probe->split);
    always(!out.bad);
    return builder_bytes(&out);
}

// What hello_build takes as promised.
static bool can_be_built(const struct hello *hello)
{
    for (size_t i = 0; i < hello->key_shares.count; i++)
        if (!key_group_known(hello->key_shares.code[i]) && !kem_group_known(hello->key_shares.code[i]))
            return false;
    size_t extra = 0;
    for (size_t i = 0; i < hello->extra.count; i++)
        extra += 4 + hello->extra.row[i].body.size;
    bool small = extra <= 20000 && hello->pad_to <= 32768 && hello->compressions.size <= 255;
    return small && hello->versions.count <= 127 && hello->key_shares.count <= 16;
}

static void take_hello(struct arena *arena, struct cursor *in, struct hello *hello)
{
    hello->version = cursor_u16(in);
    hello->record_version = cursor_u16(in);
    hello->extensions = cursor_u32(in);
    uint8_t session_id = cursor_u8(in);
    hello->session_id = session_id == 1;
    hello->suites = take_codes(arena, in);
    hello->versions = take_codes(arena, in);
    hello->groups = take_codes(arena, in);
    hello->schemes = take_codes(arena, in);
    hello->certificate_schemes = take_codes(arena, in);
    hello->key_shares = take_codes(arena, in);
    hello->extra = take_extensions(arena, in);
    hello->compressions = take_bytes(arena, in);
    hello->pad_to = cursor_u16(in);
    hello->fragment = cursor_u16(in);
    hello->server_name = take_text(arena, in);
    if (session_id > 1 || !can_be_built(hello))
        in->bad = true;
}

static void take_split(struct cursor *in, struct probe *probe)
{
    if (in->left == 0)
        return;
    probe->split = cursor_u16(in);
    in->bad = in->bad || probe->split == 0;
}

bool probe_decode(struct arena *arena, struct bytes encoded, struct probe *out)
{
    struct cursor in = cursor_of(encoded);
    uint8_t layout = cursor_u8(&in);
    *out = (struct probe){.kind = probe_kind_of(encoded)};
    out->sample = cursor_u16(&in);
    if (layout != kinds[out->kind].layout)
        return false;
    switch (out->kind) {
    case PROBE_HELLO:
        take_hello(arena, &in, &out->hello);
        take_split(&in, out);
        break;
    case PROBE_HANDSHAKE:
        handshake_decode(arena, &in, &out->handshake);
        break;
    case PROBE_FETCH:
        fetch_decode(arena, &in, &out->fetch);
        break;
    case PROBE_RECORDS:
        records_decode(arena, &in, &out->records);
        break;
    }
    return cursor_ended(&in);
}

enum probe_kind probe_kind_of(struct bytes encoded)
{
    for (unsigned kind = PROBE_HANDSHAKE; kind < PROBE_KINDS; kind++)
        if (encoded.size != 0 && encoded.data[0] == kinds[kind].layout)
            return (enum probe_kind)kind;
    return PROBE_HELLO;
}

uint64_t probe_session(struct bytes encoded)
{
    struct arena memory = {0};
    struct probe probe;
    bool whole = probe_kind_of(encoded) == PROBE_HANDSHAKE && probe_decode(&memory, encoded, &probe);
    uint64_t session = whole ? probe.handshake.session : 0;
    arena_release(&memory);
    return session;
}

uint64_t probe_key(struct bytes encoded) { return bytes_hash(encoded); }

const char *probe_key_text(struct arena *arena, uint64_t key)
{
    char *text = arena_alloc(arena, 17);
    for (unsigned i = 0; i < 16; i++)
        text[i] = "0123456789abcdef"[key >> (60 - 4 * i) & 15];
    return text;
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

static const char *hello_sentence(struct arena *arena, const struct hello *hello)
{
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
    return text;
}

static const char *question_sentence(struct arena *arena, const struct probe *probe)
{
    switch (probe->kind) {
    case PROBE_HELLO:
        return hello_sentence(arena, &probe->hello);
    case PROBE_HANDSHAKE:
        return handshake_sentence(arena, &probe->handshake);
    case PROBE_FETCH:
        return fetch_sentence(arena, &probe->fetch);
    case PROBE_RECORDS:
        return records_sentence(arena, &probe->records);
    }
    bug("no such kind of probe");
}

const char *probe_sentence(struct arena *arena, const struct probe *probe)
{
    const char *text = question_sentence(arena, probe);
    if (probe->split != 0)
        text = arena_text(arena, "%s, in two segments", text);
    if (probe->sample != 0)
        text = arena_text(arena, "%s, sample %u", text, probe->sample + 1u);
    return text;
}
