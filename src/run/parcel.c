// SPDX-License-Identifier: Apache-2.0
//
// Texts and octets stand behind a length of 32 bits; a text that may be absent has an octet in front that says so.
#include "run/parcel.h"

#include <string.h>

// --- pieces ----------------------------------------------------------------------------------------

static void put(struct builder *out, struct bytes octets)
{
    builder_u32(out, (uint32_t)octets.size);
    builder_add(out, octets);
}

static void put_text(struct builder *out, const char *text)
{
    builder_u8(out, text != NULL);
    if (text != NULL)
        put(out, bytes_of_text(text));
}

static struct bytes take(struct cursor *in) { return cursor_take(in, cursor_u32(in)); }

// A NUL within is none of ours.
static const char *take_text(struct arena *arena, struct cursor *in)
{
    if (cursor_u8(in) == 0)
        return NULL;
    struct bytes text = take(in);
    if (text.size != 0 && memchr(text.data, 0, text.size) != NULL)
        in->bad = true;
    return arena_string(arena, text);
}

static bool take_truth(struct cursor *in)
{
    uint8_t value = cursor_u8(in);
    in->bad = in->bad || value > 1;
    return value == 1;
}

// --- a target --------------------------------------------------------------------------------------

struct bytes parcel_write_target(struct arena *arena, uint64_t number, const struct target *target)
{
    struct builder out = builder_in(arena);
    builder_u64(&out, number);
    put_text(&out, target->input);
    put_text(&out, target->host);
    put_text(&out, target->display);
    builder_u16(&out, target->port);
    builder_u8(&out, target->port_given);
    builder_u8(&out, target->is_address);
    put_text(&out, target->sni);
    builder_u16(&out, target->pinned);
    put_text(&out, target->alpn);
    return builder_bytes(&out);
}

bool parcel_read_target(struct arena *arena, struct bytes octets, uint64_t *number, struct target *target)
{
    struct cursor in = cursor_of(octets);
    *number = cursor_u64(&in);
    target->input = take_text(arena, &in);
    target->host = take_text(arena, &in);
    target->display = take_text(arena, &in);
    target->port = cursor_u16(&in);
    target->port_given = take_truth(&in);
    target->is_address = take_truth(&in);
    target->sni = take_text(arena, &in);
    target->pinned = cursor_u16(&in);
    target->alpn = take_text(arena, &in);
    return cursor_ended(&in) && target->input != NULL && target->host != NULL && target->display != NULL;
}

// --- what came of it -------------------------------------------------------------------------------

struct bytes parcel_write_finished(struct arena *arena, const struct parcel_finished *finished)
{
    struct builder out = builder_of(arena, finished->report.size + finished->transcript.size + 4096);
    builder_u64(&out, finished->number);
    builder_u8(&out, (uint8_t)finished->reach);
    builder_u8(&out, finished->interrupted);
    builder_u8(&out, finished->stopped);
    for (size_t i = 0; i < PARCEL_STATUSES; i++)
        builder_u32(&out, finished->endpoints[i]);
    builder_u32(&out, (uint32_t)finished->key_count);
    for (size_t i = 0; i < finished->key_count; i++)
        put(&out, finished->keys[i]);
    put(&out, finished->report);
    put(&out, finished->transcript);
    return builder_bytes(&out);
}

// No more of them than there is room for.
static const struct bytes *take_list(struct arena *arena, struct cursor *in, size_t *count)
{
    *count = cursor_u32(in);
    if (*count > in->left / 4) {
        in->bad = true;
        *count = 0;
    }
    struct bytes *list = arena_array(arena, *count, sizeof *list);
    for (size_t i = 0; i < *count; i++)
        list[i] = take(in);
    return list;
}

bool parcel_read_finished(struct arena *arena, struct bytes octets, struct parcel_finished *finished)
{
    struct cursor in = cursor_of(octets);
    *finished = (struct parcel_finished){0};
    finished->number = cursor_u64(&in);
    finished->reach = cursor_u8(&in);
    finished->interrupted = take_truth(&in);
    finished->stopped = take_truth(&in);
    for (size_t i = 0; i < PARCEL_STATUSES; i++)
        finished->endpoints[i] = cursor_u32(&in);
    finished->keys = take_list(arena, &in, &finished->key_count);
    finished->report = take(&in);
    finished->transcript = take(&in);
    return cursor_ended(&in) && finished->reach < PARCEL_REACHES && finished->report.size != 0;
}
