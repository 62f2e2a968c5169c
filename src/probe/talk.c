// SPDX-License-Identifier: Apache-2.0
//
// One connection's conversation: a hello out, a flight in. Everything lives in the talk's own
// arena until talk_outcome copies what is worth keeping into the host's.
#include "probe/talk.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"

struct interned {
    struct bytes bytes;
    uint64_t hash;
    struct interned *next;
};

struct bytes intern_bytes(struct intern *intern, struct arena *arena, struct bytes bytes)
{
    if (intern == NULL)
        return arena_copy(arena, bytes);
    uint64_t hash = bytes_hash(bytes);
    for (const struct interned *seen = intern->first; seen != NULL; seen = seen->next)
        if (seen->hash == hash && bytes_equal(seen->bytes, bytes))
            return seen->bytes;
    struct interned *seen = arena_alloc(arena, sizeof *seen);
    *seen = (struct interned){arena_copy(arena, bytes), hash, intern->first};
    intern->first = seen;
    return seen->bytes;
}

void talk_begin(struct talk *talk, struct bytes encoded, const uint8_t seed[32], bool keep)
{
    *talk = (struct talk){.keep = keep};
    struct bytes kept = arena_copy(&talk->memory, encoded);
    always(probe_decode(&talk->memory, kept, &talk->probe));
    memcpy(talk->entropy.seed, seed, sizeof talk->entropy.seed);
    talk->entropy.key = probe_key(kept);
    talk->sent = hello_build(&talk->memory, &talk->probe.hello, &talk->entropy);
    talk->received = builder_in(&talk->memory);
    flight_begin(&talk->reader, &talk->memory, &talk->probe.hello, &talk->entropy, talk->sent);
}

struct bytes talk_output(const struct talk *talk) { return talk->sent; }

bool talk_input(struct talk *talk, struct bytes bytes)
{
    if (talk->reader.state != FLIGHT_READING)
        return true;
    if (talk->keep)
        builder_add(&talk->received, bytes);
    return flight_feed(&talk->reader, bytes) != FLIGHT_READING;
}

static struct extensions keep_extensions(struct extensions extensions, struct arena *arena, struct intern *intern)
{
    struct extension *row = arena_array(arena, extensions.count, sizeof *row);
    for (size_t i = 0; i < extensions.count; i++)
        row[i] = (struct extension){extensions.row[i].type, intern_bytes(intern, arena, extensions.row[i].body)};
    return (struct extensions){row, extensions.count};
}

// A flight that no longer points into the talk. What repeats from flight to flight is interned.
static const struct flight *keep_flight(const struct flight *from, struct arena *arena, struct intern *intern)
{
    struct flight *to = arena_alloc(arena, sizeof *to);
    *to = *from;
    to->session_id = arena_copy(arena, from->session_id);
    to->extensions = keep_extensions(from->extensions, arena, intern);
    to->encrypted_extensions = keep_extensions(from->encrypted_extensions, arena, intern);
    to->dh_prime = intern_bytes(intern, arena, from->dh_prime);
    to->dh_generator = intern_bytes(intern, arena, from->dh_generator);
    to->dh_public = arena_copy(arena, from->dh_public);
    to->ec_public = arena_copy(arena, from->ec_public);
    to->leaf_extensions = keep_extensions(from->leaf_extensions, arena, intern);
    to->staple = intern_bytes(intern, arena, from->staple);
    to->certificate_request_body = intern_bytes(intern, arena, from->certificate_request_body);
    to->banner = arena_copy(arena, from->banner);
    struct bytes *certificates = arena_array(arena, from->certificate_count, sizeof *certificates);
    for (size_t i = 0; i < from->certificate_count; i++)
        certificates[i] = intern_bytes(intern, arena, from->certificates[i]);
    to->certificates = certificates;
    uint32_t *kinds = arena_array(arena, from->kind_count, sizeof *kinds);
    for (size_t i = 0; i < from->kind_count; i++)
        kinds[i] = from->kinds[i];
    to->kinds = kinds;
    return to;
}

static enum outcome_kind kind_of_end(enum talk_end end)
{
    switch (end) {
    case TALK_CLOSED:
        return OUTCOME_CLOSED;
    case TALK_RESET:
        return OUTCOME_RESET;
    case TALK_SILENT:
        return OUTCOME_SILENT;
    case TALK_STOPPED:
        return OUTCOME_SKIPPED;
    }
    bug("no such end of a talk");
}

// What was read decides; only where nothing tells does the way it ended.
static enum outcome_kind kind_of(const struct flight_reader *reader, enum talk_end end)
{
    const struct flight *flight = &reader->flight;
    if (flight->hello)
        return OUTCOME_REPLIED;
    if (reader->state == FLIGHT_NOT_TLS)
        return OUTCOME_NOT_TLS;
    if (flight->alert || flight->ssl2_error)
        return OUTCOME_ALERT;
    if (reader->state != FLIGHT_READING || flight->faults != 0)
        return OUTCOME_GARBLED;
    return kind_of_end(end);
}

// The first line of what came instead, as far as a person wants to read it.
static const char *banner(struct arena *arena, struct bytes octets)
{
    size_t size = 0;
    while (size < octets.size && size < 80 && octets.data[size] != '\r' && octets.data[size] != '\n')
        size++;
    return text_escape(arena, (struct bytes){octets.data, size});
}

void talk_outcome(const struct talk *talk, enum talk_end end, struct arena *arena, struct intern *intern,
                  struct outcome *out)
{
    const struct flight_reader *reader = &talk->reader;
    *out = (struct outcome){.kind = kind_of(reader, end)};
    if (out->kind == OUTCOME_REPLIED || out->kind == OUTCOME_ALERT || out->kind == OUTCOME_GARBLED)
        out->flight = keep_flight(&reader->flight, arena, intern);
    if (out->kind == OUTCOME_NOT_TLS)
        out->detail = banner(arena, reader->flight.banner);
    out->cut = out->kind == OUTCOME_REPLIED && !reader->flight.complete;
    if (talk->keep) {
        out->sent = arena_copy(arena, talk->sent);
        out->received = arena_copy(arena, builder_bytes(&talk->received));
    }
}

void talk_release(struct talk *talk) { arena_release(&talk->memory); }
