// SPDX-License-Identifier: Apache-2.0
//
// The canonical forms of a handshake's question and of its result, and their sentences. Both may come
// from a transcript that a stranger wrote: every field is judged as it is read.
#include "probe/handshake.h"

#include <string.h>

#include "base/arena.h"
#include "probe/form.h"
#include "wire/registry.h"

#define RESULT_LAYOUT 1

// --- the question ----------------------------------------------------------------------------------

void handshake_encode(struct builder *out, const struct handshake *question)
{
    builder_u16(out, question->lowest);
    builder_u16(out, question->highest);
    builder_u16(out, question->options);
    builder_u8(out, question->renegotiations);
    builder_u64(out, question->session);
    form_put_text(out, 1, question->server_name);
    form_put_text(out, 1, question->alpn);
    form_put_text(out, 2, question->authority);
}

void handshake_decode(struct arena *arena, struct cursor *in, struct handshake *out)
{
    out->lowest = cursor_u16(in);
    out->highest = cursor_u16(in);
    out->options = form_take_set(in, HANDSHAKE_OPTIONS);
    out->renegotiations = form_take_below(in, HANDSHAKE_RENEGOTIATIONS + 1);
    out->session = cursor_u64(in);
    out->server_name = form_take_text(arena, in, 1);
    out->alpn = form_take_text(arena, in, 1);
    out->authority = form_take_text(arena, in, 2);
    if (out->lowest < TLS10 || out->highest > TLS13 || out->lowest > out->highest)
        in->bad = true;
}

static const char *name_of(uint16_t version)
{
    const char *name = version_name(version);
    return name == NULL ? "unknown version" : name;
}

const char *handshake_sentence(struct arena *arena, const struct handshake *question)
{
    const char *text = arena_text(arena, "complete handshake, %s", name_of(question->highest));
    if (question->lowest != question->highest)
        text = arena_text(arena, "complete handshake, %s to %s", name_of(question->lowest), name_of(question->highest));
    if (question->server_name != NULL)
        text = arena_text(arena, "%s, server name %s", text, question->server_name);
    if (question->options & HANDSHAKE_TICKETS)
        text = arena_text(arena, "%s, tickets", text);
    if (question->alpn != NULL)
        text = arena_text(arena, "%s, ALPN %s", text, question->alpn);
    if (question->session != 0)
        text = arena_text(arena, "%s, session of %016llx", text, (unsigned long long)question->session);
    if (question->options & HANDSHAKE_PSK_ALONE)
        text = arena_text(arena, "%s, psk_ke too", text);
    if (question->options & HANDSHAKE_EARLY_DATA)
        text = arena_text(arena, "%s, one request as early data", text);
    if (question->options & HANDSHAKE_CERTIFICATE)
        text = arena_text(arena, "%s, with the client certificate", text);
    if (question->options & HANDSHAKE_CAREFUL)
        text = arena_text(arena, "%s, as a careful client", text);
    if (question->options & HANDSHAKE_HTTP)
        text = arena_text(arena, "%s, one %s request", text, question->options & HANDSHAKE_HTTP_GET ? "GET" : "HEAD");
    if (question->renegotiations != 0)
        text = arena_text(arena, "%s, %u renegotiations", text, question->renegotiations);
    return text;
}

// --- the result ------------------------------------------------------------------------------------

enum flag {
    FLAG_HELLO = 1 << 0,
    FLAG_COMPLETED = 1 << 1,
    FLAG_RESUMED = 1 << 2,
    FLAG_EXTENDED_MASTER_SECRET = 1 << 3,
    FLAG_SECURE_RENEGOTIATION = 1 << 4,
    FLAG_RESUMABLE = 1 << 5,
    FLAG_ALERTED = 1 << 6,
    FLAG_CERTIFICATE_REQUESTED = 1 << 7,
    FLAG_CERTIFICATE_SENT = 1 << 8,
};
#define FLAGS 9

static uint16_t flags_of(const struct handshake_result *result)
{
    unsigned flags = 0;
    flags |= result->hello ? FLAG_HELLO : 0;
    flags |= result->completed ? FLAG_COMPLETED : 0;
    flags |= result->resumed ? FLAG_RESUMED : 0;
    flags |= result->extended_master_secret ? FLAG_EXTENDED_MASTER_SECRET : 0;
    flags |= result->secure_renegotiation ? FLAG_SECURE_RENEGOTIATION : 0;
    flags |= result->resumable ? FLAG_RESUMABLE : 0;
    flags |= result->alerted ? FLAG_ALERTED : 0;
    flags |= result->certificate_requested ? FLAG_CERTIFICATE_REQUESTED : 0;
    flags |= result->certificate_sent ? FLAG_CERTIFICATE_SENT : 0;
    return (uint16_t)flags;
}

static void set_flags(struct handshake_result *result, unsigned flags)
{
    result->hello = (flags & FLAG_HELLO) != 0;
    result->completed = (flags & FLAG_COMPLETED) != 0;
    result->resumed = (flags & FLAG_RESUMED) != 0;
    result->extended_master_secret = (flags & FLAG_EXTENDED_MASTER_SECRET) != 0;
    result->secure_renegotiation = (flags & FLAG_SECURE_RENEGOTIATION) != 0;
    result->resumable = (flags & FLAG_RESUMABLE) != 0;
    result->alerted = (flags & FLAG_ALERTED) != 0;
    result->certificate_requested = (flags & FLAG_CERTIFICATE_REQUESTED) != 0;
    result->certificate_sent = (flags & FLAG_CERTIFICATE_SENT) != 0;
}

static size_t kept(const struct handshake_result *result)
{
    return result->ticket_count < TICKETS_KEPT ? result->ticket_count : TICKETS_KEPT;
}

static void put_ticket(struct builder *out, const struct ticket *ticket)
{
    builder_u32(out, ticket->lifetime);
    builder_u32(out, ticket->length);
    builder_u32(out, ticket->max_early_data);
    form_put_bytes(out, 1, (struct bytes){ticket->name, ticket->name_size});
}

static void take_ticket(struct cursor *in, struct ticket *ticket)
{
    ticket->lifetime = cursor_u32(in);
    ticket->length = cursor_u32(in);
    ticket->max_early_data = cursor_u32(in);
    ticket->name_size = form_take_below(in, TICKET_NAME + 1);
    struct bytes name = cursor_take(in, ticket->name_size);
    if (name.size != 0)
        memcpy(ticket->name, name.data, name.size);
}

static void put_long(struct builder *out, struct bytes bytes)
{
    size_t opened = builder_open(out, 3);
    builder_add(out, bytes);
    builder_close(out, opened, 3);
}

static struct bytes take_long(struct arena *arena, struct cursor *in) { return arena_copy(arena, cursor_take24(in)); }

static void put_certificates(struct builder *out, const struct handshake_result *result)
{
    builder_u8(out, (uint8_t)result->certificate_count);
    for (size_t i = 0; i < result->certificate_count; i++)
        put_long(out, result->certificates[i]);
    put_long(out, result->staple);
}

static void take_certificates(struct arena *arena, struct cursor *in, struct handshake_result *out)
{
    out->certificate_count = form_take_below(in, HANDSHAKE_CERTIFICATES + 1);
    struct bytes *rows = arena_array(arena, out->certificate_count, sizeof *rows);
    for (size_t i = 0; i < out->certificate_count; i++)
        rows[i] = take_long(arena, in);
    out->certificates = rows;
    out->staple = take_long(arena, in);
}

void handshake_result_encode(struct builder *out, const struct handshake_result *result)
{
    builder_u8(out, RESULT_LAYOUT);
    builder_u16(out, flags_of(result));
    builder_u16(out, result->version);
    builder_u16(out, result->suite);
    builder_u16(out, result->group);
    builder_u8(out, result->session_id_size);
    builder_u8(out, (uint8_t)result->early_data);
    builder_u8(out, result->renegotiations);
    builder_u8(out, (uint8_t)result->end);
    builder_u8(out, result->alert);
    form_put_bytes(out, 1, result->alpn);
    form_put_text(out, 1, result->error);
    builder_u16(out, result->scheme);
    builder_u8(out, (uint8_t)result->http_answer);
    form_put_bytes(out, 2, result->http);
    put_certificates(out, result);
    builder_u16(out, result->ticket_count);
    for (size_t i = 0; i < kept(result); i++)
        put_ticket(out, &result->ticket[i]);
}

bool handshake_result_decode(struct arena *arena, struct bytes encoded, struct handshake_result *out)
{
    struct cursor in = cursor_of(encoded);
    *out = (struct handshake_result){0};
    if (cursor_u8(&in) != RESULT_LAYOUT)
        return false;
    set_flags(out, form_take_set(&in, FLAGS));
    out->version = cursor_u16(&in);
    out->suite = cursor_u16(&in);
    out->group = cursor_u16(&in);
    out->session_id_size = form_take_below(&in, 33);
    out->early_data = (enum early_data)form_take_below(&in, EARLY_DATA_ACCEPTED + 1);
    out->renegotiations = form_take_below(&in, HANDSHAKE_RENEGOTIATIONS + 1);
    out->end = (enum handshake_end)form_take_below(&in, HANDSHAKE_ENDS);
    out->alert = cursor_u8(&in);
    out->alpn = form_take_bytes(arena, &in, 1);
    out->error = form_take_text(arena, &in, 1);
    out->scheme = cursor_u16(&in);
    out->http_answer = (enum http_answer)form_take_below(&in, HTTP_ANSWERS);
    out->http = form_take_bytes(arena, &in, 2);
    take_certificates(arena, &in, out);
    out->ticket_count = cursor_u16(&in);
    for (size_t i = 0; i < kept(out); i++)
        take_ticket(&in, &out->ticket[i]);
    return cursor_ended(&in) && out->ticket_count <= TICKETS_LIMIT && (out->hello || !out->completed);
}

static const char *const ends[HANDSHAKE_ENDS] = {
    [HANDSHAKE_ORDERLY] = "the connection was closed in order",
    [HANDSHAKE_CLOSED] = "the server closed the connection",
    [HANDSHAKE_RESET] = "the server reset the connection",
    [HANDSHAKE_SILENT] = "the server said nothing more",
    [HANDSHAKE_STOPPED] = "the talk was ended here",
    [HANDSHAKE_FAILED] = "the TLS library gave up",
};

static const char *end_text(struct arena *arena, const struct handshake_result *result)
{
    if (result->alerted)
        return arena_text(arena, "the server sent alert %u (%s)", result->alert, alert_label(result->alert));
    if (result->end == HANDSHAKE_FAILED && result->error != NULL)
        return arena_text(arena, "%s: %s", ends[result->end], result->error);
    return ends[result->end];
}

const char *handshake_result_sentence(struct arena *arena, const struct handshake_result *result)
{
    const struct suite *suite = suite_find(result->suite);
    const char *text = "no ServerHello was read";
    if (result->hello)
        text = arena_text(arena, "a %s handshake%s was %s, %s (0x%04X)", name_of(result->version),
                          result->resumed ? " that resumes a session" : "",
                          result->completed ? "completed" : "begun and not completed",
                          suite == NULL ? "a suite that is not in the registry" : suite->name, result->suite);
    if (result->ticket_count != 0)
        text = arena_text(arena, "%s, %u ticket%s", text, result->ticket_count, result->ticket_count == 1 ? "" : "s");
    if (result->renegotiations != 0)
        text = arena_text(arena, "%s, renegotiated %u times", text, result->renegotiations);
    return arena_text(arena, "%s; %s", text, end_text(arena, result));
}
