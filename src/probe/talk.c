// SPDX-License-Identifier: Apache-2.0
//
// One connection's conversation: a hello out and a flight in, or a complete handshake in turns.
// Everything lives in the talk's own arena until talk_outcome copies what is worth keeping into the host's.
#include "probe/talk.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"

static const struct bytes nothing = {NULL, 0};

struct interned {
    const struct interned *next;
    uint32_t hash, size;
    uint64_t octets[];
};

static bool is_interned(const struct interned *seen, uint32_t hash, struct bytes bytes)
{
    return seen->hash == hash && seen->size == bytes.size && memcmp(seen->octets, bytes.data, bytes.size) == 0;
}

static const struct interned *add_interned(struct arena *arena, uint32_t hash, struct bytes bytes,
                                           const struct interned *next)
{
    always(bytes.size <= UINT32_MAX);
    struct interned *added = arena_alloc(arena, sizeof *added + bytes.size);
    *added = (struct interned){.next = next, .hash = hash, .size = (uint32_t)bytes.size};
    memcpy(added->octets, bytes.data, bytes.size);
    return added;
}

struct bytes intern_bytes(struct intern *intern, struct arena *arena, struct bytes bytes)
{
    if (bytes.size == 0)
        return nothing;
    if (intern == NULL)
        return arena_copy(arena, bytes);
    uint32_t hash = (uint32_t)bytes_hash(bytes);
    const struct interned *seen = intern->first;
    while (seen != NULL && !is_interned(seen, hash, bytes))
        seen = seen->next;
    if (seen == NULL)
        seen = intern->first = add_interned(arena, hash, bytes, intern->first);
    return (struct bytes){(const uint8_t *)seen->octets, seen->size};
}

static void begin_hello(struct talk *talk)
{
    talk->unsent = hello_build(&talk->memory, &talk->probe.hello, &talk->entropy);
    flight_begin(&talk->reader, &talk->memory, &talk->probe.hello, &talk->entropy, talk->unsent);
}

// A session that is not there cannot be refused: such a talk is over before it begins.
static void begin_handshake(struct talk *talk, struct bytes session, const struct identity *identity)
{
    const struct handshake *question = &talk->probe.handshake;
    if (question->session == 0 || session.size != 0)
        talk->handshake = handshake_begin(&talk->memory, question, session, identity);
}

static void begin_fetch(struct talk *talk)
{
    const struct fetch *question = &talk->probe.fetch;
    talk->unsent = fetch_request(&talk->memory, question);
    http_begin(&talk->http, &talk->memory, question->limit, question->method == FETCH_HEAD);
}

static void begin(struct talk *talk, struct bytes session, const struct identity *identity)
{
    switch (talk->probe.kind) {
    case PROBE_HELLO:
        begin_hello(talk);
        return;
    case PROBE_HANDSHAKE:
        begin_handshake(talk, session, identity);
        return;
    case PROBE_FETCH:
        begin_fetch(talk);
        return;
    case PROBE_RECORDS:
        break;
    }
    bug("records are not asked by a talk");
}

struct talk *talk_begin(struct bytes encoded, struct bytes session, const struct identity *identity,
                        const uint8_t seed[32], bool keep)
{
    struct arena memory = {0};
    struct talk *talk = arena_alloc(&memory, sizeof *talk);
    *talk = (struct talk){.memory = memory, .keep = keep};
    always(probe_decode(&talk->memory, encoded, &talk->probe));
    memcpy(talk->entropy.seed, seed, sizeof talk->entropy.seed);
    talk->entropy.key = probe_key(encoded);
    talk->sent = builder_in(&talk->memory);
    talk->received = builder_in(&talk->memory);
    begin(talk, session, identity);
    return talk;
}

// All of it, or first the part that is to be a segment of its own.
static struct bytes take_unsent(struct talk *talk, struct arena *arena)
{
    struct bytes *left = &talk->unsent;
    bool first = left->data == talk->reader.sent.data;
    size_t size = first && talk->probe.split != 0 && talk->probe.split < left->size ? talk->probe.split : left->size;
    struct bytes output = arena_copy(arena, (struct bytes){left->data, size});
    *left = (struct bytes){size == 0 ? NULL : left->data + size, left->size - size};
    return output;
}

struct bytes talk_output(struct talk *talk, struct arena *arena)
{
    struct bytes output = talk->handshake == NULL ? take_unsent(talk, arena) : handshake_output(talk->handshake, arena);
    if (talk->keep)
        builder_add(&talk->sent, output);
    return output;
}

bool talk_over(const struct talk *talk)
{
    if (talk->probe.kind == PROBE_HANDSHAKE)
        return talk->handshake == NULL || handshake_over(talk->handshake);
    if (talk->probe.kind == PROBE_FETCH)
        return talk->http.state != HTTP_READING;
    return talk->reader.state != FLIGHT_READING;
}

bool talk_lingers(const struct talk *talk) { return talk->handshake != NULL && handshake_closing(talk->handshake); }

void talk_input(struct talk *talk, struct bytes bytes)
{
    if (talk_over(talk))
        return;
    if (talk->keep)
        builder_add(&talk->received, bytes);
    if (talk->handshake != NULL)
        handshake_input(talk->handshake, bytes);
    else if (talk->probe.kind == PROBE_FETCH)
        http_feed(&talk->http, bytes);
    else
        flight_feed(&talk->reader, bytes);
}

// --- what came of it -------------------------------------------------------------------------------

static struct bytes keep(struct bytes bytes, struct arena *arena)
{
    return bytes.size == 0 ? nothing : arena_copy(arena, bytes);
}

// Rows are octets like any others, once what they point to is interned: most flights of a server have the same.
static struct extensions keep_extensions(struct extensions extensions, struct arena *arena, struct intern *intern)
{
    struct extension row[FLIGHT_EXTENSIONS];
    size_t size = extensions.count * sizeof *row;
    always(extensions.count <= FLIGHT_EXTENSIONS);
    memset(row, 0, size);
    for (size_t i = 0; i < extensions.count; i++) {
        row[i].type = extensions.row[i].type;
        row[i].body = intern_bytes(intern, arena, extensions.row[i].body);
    }
    struct bytes kept = intern_bytes(intern, arena, (struct bytes){(const uint8_t *)row, size});
    return (struct extensions){(const struct extension *)(const void *)kept.data, extensions.count};
}

// Octets in memory that is shared, as a structure.
static void *keep_struct(const void *from, size_t size, struct arena *arena, struct intern *intern)
{
    return (void *)intern_bytes(intern, arena, (struct bytes){from, size}).data;
}

static const struct bytes *keep_list(const struct bytes *list, size_t count, struct arena *arena, struct intern *intern)
{
    struct bytes kept[FLIGHT_CERTIFICATES];
    always(count <= FLIGHT_CERTIFICATES);
    for (size_t i = 0; list != NULL && i < count; i++)
        kept[i] = intern_bytes(intern, arena, list[i]);
    return list == NULL ? NULL : keep_struct(kept, count * sizeof *kept, arena, intern);
}

static struct flight_shown *keep_shown(const struct flight_shown *from, struct arena *arena, struct intern *intern)
{
    struct flight_shown to;
    memcpy(&to, from, sizeof to); // what stands between the members too: it is compared
    to.extensions = keep_extensions(from->extensions, arena, intern);
    to.encrypted_extensions = keep_extensions(from->encrypted_extensions, arena, intern);
    to.dh_prime = intern_bytes(intern, arena, from->dh_prime);
    to.dh_generator = intern_bytes(intern, arena, from->dh_generator);
    to.leaf_extensions = keep_extensions(from->leaf_extensions, arena, intern);
    to.staple = intern_bytes(intern, arena, from->staple);
    to.staples = keep_list(from->staples, from->certificate_count, arena, intern);
    to.certificate_request_body = intern_bytes(intern, arena, from->certificate_request_body);
    to.certificates = keep_list(from->certificates, from->certificate_count, arena, intern);
    to.kinds = keep_struct(from->kinds, from->kind_count * sizeof *from->kinds, arena, intern);
    return keep_struct(&to, sizeof to, arena, intern);
}

// A flight that no longer points into the talk. What repeats from flight to flight is interned; so is all of one
// without a ServerHello: it is an alert, and one alert is like the other.
static const struct flight *keep_flight(const struct flight *from, struct arena *arena, struct intern *intern)
{
    struct flight to;
    memcpy(&to, from, sizeof to);
    to.shown = keep_shown(from->shown, arena, intern);
    to.key_share = keep(from->key_share, arena);
    return keep_struct(&to, sizeof to, arena, from->hello ? NULL : intern);
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
    bool ended = end == TALK_CLOSED || end == TALK_RESET;
    if (reader->state != FLIGHT_READING || flight->faults != 0 || (ended && flight_broken_off(reader)))
        return OUTCOME_GARBLED; // an answer that breaks off is no refusal
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

static void tell_flight(const struct talk *talk, enum talk_end end, struct arena *arena, struct intern *intern,
                        struct outcome *out)
{
    const struct flight_reader *reader = &talk->reader;
    out->kind = kind_of(reader, end);
    if (out->kind == OUTCOME_REPLIED || out->kind == OUTCOME_ALERT || out->kind == OUTCOME_GARBLED)
        out->flight = keep_flight(&reader->flight, arena, intern);
    if (out->kind == OUTCOME_NOT_TLS)
        out->detail = banner(arena, reader->banner);
    out->cut = out->kind == OUTCOME_REPLIED && !reader->flight.complete;
    out->ended = out->cut && (end == TALK_CLOSED || end == TALK_RESET);
}

static enum handshake_end end_of_handshake(const struct handshake_talk *handshake, enum talk_end end)
{
    switch (end) {
    case TALK_CLOSED:
        return handshake_closing(handshake) ? HANDSHAKE_ORDERLY : HANDSHAKE_CLOSED;
    case TALK_RESET:
        return HANDSHAKE_RESET;
    case TALK_SILENT:
        return HANDSHAKE_SILENT;
    case TALK_STOPPED:
        return HANDSHAKE_STOPPED;
    }
    bug("no such end of a talk");
}

static enum outcome_kind kind_of_handshake(const struct handshake_result *result, enum talk_end end)
{
    if (result->hello)
        return OUTCOME_REPLIED;
    if (result->alerted)
        return OUTCOME_ALERT;
    return result->error != NULL ? OUTCOME_GARBLED : kind_of_end(end);
}

static void tell_handshake(const struct talk *talk, enum talk_end end, struct arena *arena, struct outcome *out)
{
    if (talk->handshake == NULL) {
        *out = (struct outcome){.kind = OUTCOME_SKIPPED, .detail = "the session to offer is not to be had"};
        return;
    }
    struct handshake_result *result = arena_alloc(arena, sizeof *result);
    handshake_result(talk->handshake, arena, result);
    if (!handshake_over(talk->handshake))
        result->end = end_of_handshake(talk->handshake, end);
    out->kind = kind_of_handshake(result, end);
    if (out->kind == OUTCOME_GARBLED)
        out->detail = result->error;
    struct bytes strange = handshake_strange(talk->handshake);
    if (out->kind == OUTCOME_GARBLED && strange.size != 0) {
        out->kind = OUTCOME_NOT_TLS;
        out->detail = banner(arena, strange);
    }
    if (outcome_has_talk(out->kind))
        out->handshake = result;
}

static void tell_fetch(const struct talk *talk, enum talk_end end, struct arena *arena, struct outcome *out)
{
    struct fetch_result *result = arena_alloc(arena, sizeof *result);
    fetch_result_of(&talk->http, end == TALK_CLOSED, arena, result);
    bool heard = talk->http.input.size != 0;
    out->kind = result->status != 0 ? OUTCOME_REPLIED : heard ? OUTCOME_GARBLED : kind_of_end(end);
    out->cut = out->kind == OUTCOME_REPLIED && talk->http.state == HTTP_READING && result->error != NULL;
    out->ended = out->cut && (end == TALK_CLOSED || end == TALK_RESET);
    if (outcome_has_talk(out->kind))
        out->fetch = result;
}

void talk_outcome(const struct talk *talk, enum talk_end end, struct arena *arena, struct intern *intern,
                  struct outcome *out)
{
    *out = (struct outcome){0};
    if (talk->probe.kind == PROBE_HANDSHAKE)
        tell_handshake(talk, end, arena, out);
    else if (talk->probe.kind == PROBE_FETCH)
        tell_fetch(talk, end, arena, out);
    else
        tell_flight(talk, end, arena, intern, out);
    if (talk->keep)
        out->raw = raw_keep(arena, (struct raw){builder_bytes(&talk->sent), builder_bytes(&talk->received)});
}

void talk_release(struct talk *talk)
{
    if (talk->handshake != NULL)
        handshake_release(talk->handshake);
    struct arena memory = talk->memory;
    arena_release(&memory);
}
