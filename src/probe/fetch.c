// SPDX-License-Identifier: Apache-2.0
//
// A URL taken apart, the request made of it, its canonical form, and an answer told. One small reader of
// our own (wire/http.h) serves documents and heads alike: OpenSSL's client reads DER alone, hides the
// head, and takes neither chunks nor redirections.
#include "probe/fetch.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "probe/form.h"

#define HTTP_PORT    80
#define LONGEST_NAME 253

// --- URLs ------------------------------------------------------------------------------------------

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool good_host(const char *host, bool bracketed)
{
    size_t size = strlen(host);
    for (const char *c = host; *c != '\0'; c++) {
        bool good = bracketed ? strchr("0123456789abcdefABCDEF:.", *c) != NULL
                              : is_letter_or_digit(*c) || strchr("-_.", *c) != NULL;
        if (!good)
            return false;
    }
    return size != 0 && size <= LONGEST_NAME && host[0] != '-' && host[0] != '.';
}

static bool take_port(const char *text, uint16_t *port)
{
    uint32_t number = 0;
    *port = HTTP_PORT;
    if (*text == '\0')
        return true;
    if (*text++ != ':')
        return false;
    for (; *text >= '0' && *text <= '9' && number <= UINT16_MAX; text++)
        number = number * 10 + (uint32_t)(*text - '0');
    *port = (uint16_t)number;
    return *text == '\0' && number != 0 && number <= UINT16_MAX;
}

// RFC 3986 section 3.2: host and port, without a user.
static bool take_authority(struct arena *arena, struct bytes text, struct fetch_place *out)
{
    char *host = arena_string(arena, text);
    bool bracketed = *host == '[';
    char *end = bracketed ? strchr(++host, ']') : host + strcspn(host, ":");
    if (end == NULL)
        return false;
    const char *port = arena_text(arena, "%s", bracketed ? end + 1 : end);
    *end = '\0';
    out->host = host;
    return good_host(host, bracketed) && take_port(port, &out->port);
}

// Visible ASCII alone, and nothing that RFC 3986 keeps out of every part of a URL.
static bool good_octets(const char *url)
{
    for (const char *c = url; *c != '\0'; c++)
        if (*c <= 0x20 || *c >= 0x7F || strchr("\"<>\\^`{|}", *c) != NULL)
            return false;
    return strlen(url) <= FETCH_URL;
}

bool fetch_place_of(struct arena *arena, const char *url, struct fetch_place *out)
{
    static const char scheme[] = "http://";
    *out = (struct fetch_place){0};
    if (!good_octets(url) || strlen(url) < sizeof scheme)
        return false;
    struct bytes start = {(const uint8_t *)url, sizeof scheme - 1};
    if (!text_same(arena_string(arena, start), scheme))
        return false;
    const char *authority = url + sizeof scheme - 1;
    size_t size = strcspn(authority, "/?#");
    const char *path = authority + size;
    if (!take_authority(arena, (struct bytes){(const uint8_t *)authority, size}, out))
        return false;
    out->path = arena_text(arena, "%s%.*s", *path == '/' ? "" : "/", (int)strcspn(path, "#"), path);
    return true;
}

// --- the request -----------------------------------------------------------------------------------

static const char *const methods[FETCH_METHODS] = {"GET", "HEAD", "POST"};

static void put(struct builder *out, const char *text) { builder_add(out, bytes_of_text(text)); }

static void put_field(struct builder *out, const char *name, const char *value)
{
    put(out, name);
    put(out, ": ");
    put(out, value);
    put(out, "\r\n");
}

static const char *host_field(struct arena *arena, const struct fetch_place *place)
{
    const char *host = strchr(place->host, ':') != NULL ? arena_text(arena, "[%s]", place->host) : place->host;
    return place->port == HTTP_PORT ? host : arena_text(arena, "%s:%u", host, place->port);
}

struct bytes fetch_request(struct arena *arena, const struct fetch *question)
{
    struct fetch_place place;
    struct builder out = builder_in(arena);
    if (!fetch_place_of(arena, question->url, &place))
        return (struct bytes){NULL, 0};
    put(&out, arena_text(arena, "%s %s HTTP/1.1\r\n", methods[question->method], place.path));
    put_field(&out, "Host", host_field(arena, &place));
    put_field(&out, "User-Agent", HTTP_USER_AGENT);
    if (question->accept != NULL)
        put_field(&out, "Accept", question->accept);
    if (question->content_type != NULL)
        put_field(&out, "Content-Type", question->content_type);
    if (question->method == FETCH_POST)
        put_field(&out, "Content-Length", arena_text(arena, "%zu", question->body.size));
    put_field(&out, "Connection", "close");
    put(&out, "\r\n");
    builder_add(&out, question->body);
    return builder_bytes(&out);
}

// --- the canonical form ----------------------------------------------------------------------------

void fetch_encode(struct builder *out, const struct fetch *question)
{
    builder_u8(out, (uint8_t)question->method);
    builder_u8(out, question->own_address);
    builder_u32(out, question->limit);
    form_put_text(out, 2, question->url);
    form_put_text(out, 1, question->accept);
    form_put_text(out, 1, question->content_type);
    form_put_bytes(out, 2, question->body);
}

static bool can_be_asked(struct arena *arena, const struct fetch *question)
{
    struct fetch_place place;
    bool posts = question->method == FETCH_POST, heads = question->method == FETCH_HEAD;
    if (question->url == NULL || !fetch_place_of(arena, question->url, &place))
        return false;
    if (heads ? question->limit != 0 : question->limit == 0 || question->limit > FETCH_LIMIT)
        return false;
    return posts || (question->body.size == 0 && question->content_type == NULL);
}

void fetch_decode(struct arena *arena, struct cursor *in, struct fetch *out)
{
    out->method = (enum fetch_method)form_take_below(in, FETCH_METHODS);
    out->own_address = form_take_below(in, 2) == 1;
    out->limit = cursor_u32(in);
    out->url = form_take_text(arena, in, 2);
    out->accept = form_take_text(arena, in, 1);
    out->content_type = form_take_text(arena, in, 1);
    out->body = form_take_bytes(arena, in, 2);
    if (!in->bad && !can_be_asked(arena, out))
        in->bad = true;
}

const char *fetch_sentence(struct arena *arena, const struct fetch *question)
{
    const char *text = arena_text(arena, "%s of %s", methods[question->method], question->url);
    if (question->method == FETCH_POST)
        text = arena_text(arena, "POST of %zu octets to %s", question->body.size, question->url);
    return question->own_address ? arena_text(arena, "%s at the scanned address", text) : text;
}

// --- the answer ------------------------------------------------------------------------------------

static const struct {
    const char *code, *sentence;
} errors[] = {
    {"not_http", "what came is no HTTP response"},
    {"malformed", "the HTTP response is malformed"},
    {"broken_off", "the HTTP response broke off"},
    {"too_long", "the document is longer than is read"},
};
enum { NOT_HTTP, MALFORMED, BROKEN_OFF, TOO_LONG };

const char *fetch_error_sentence(const char *error)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].code, error) == 0)
            return errors[i].sentence;
    return error;
}

static const char *error_of(const struct http_reader *reader, bool closed)
{
    switch (reader->state) {
    case HTTP_READING:
        return reader->headed && reader->ends_with_stream && closed ? NULL : errors[BROKEN_OFF].code;
    case HTTP_DONE:
        return NULL;
    case HTTP_TOO_LONG:
        return errors[TOO_LONG].code;
    case HTTP_STRANGE:
        return errors[NOT_HTTP].code;
    case HTTP_BROKEN:
        break;
    }
    return errors[MALFORMED].code;
}

static const char *value(struct arena *arena, const struct http_head *head, const char *name)
{
    struct bytes octets = http_value(head, name);
    return octets.data == NULL ? NULL : text_escape(arena, octets);
}

void fetch_result_of(const struct http_reader *reader, bool closed, struct arena *arena, struct fetch_result *out)
{
    struct http_head head;
    *out = (struct fetch_result){.error = error_of(reader, closed), .truncated = reader->state == HTTP_TOO_LONG};
    if (!reader->headed)
        return;
    out->head = arena_copy(arena, reader->head);
    out->body = arena_copy(arena, builder_bytes(&reader->body));
    http_head_read(out->head, &head);
    out->status = head.status;
    out->content_type = value(arena, &head, "content-type");
    out->location = value(arena, &head, "location");
}

const char *fetch_result_sentence(struct arena *arena, const struct fetch_result *result)
{
    if (result->status == 0)
        return result->error == NULL ? "nothing came" : fetch_error_sentence(result->error);
    const char *text =
        arena_text(arena, "the server answered with HTTP status %u and %zu octets", result->status, result->body.size);
    if (result->location != NULL)
        text = arena_text(arena, "%s, location %s", text, result->location);
    return result->error == NULL ? text : arena_text(arena, "%s; %s", text, fetch_error_sentence(result->error));
}
