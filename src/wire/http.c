// SPDX-License-Identifier: Apache-2.0
//
// The head is gathered, and read when a line of it ends; of the body, data is copied in runs and the framing
// of chunks goes octet by octet.
#include "wire/http.h"

#include <string.h>

#include "base/arena.h"

#define LINE_LIMIT    4096 // of a chunk's size with its extensions
#define TRAILER_LIMIT HTTP_HEAD_LIMIT

// --- the head --------------------------------------------------------------------------------------

// The next line without its end. False: there is no end in sight.
static bool take_line(struct cursor *in, struct bytes *line)
{
    const uint8_t *end = in->left == 0 ? NULL : memchr(in->next, '\n', in->left);
    if (end == NULL)
        return false;
    *line = cursor_take(in, (size_t)(end - in->next));
    cursor_u8(in);
    if (line->size != 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return true;
}

static bool is_digit(uint8_t octet) { return octet >= '0' && octet <= '9'; }

static uint8_t lower(uint8_t octet) { return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet - 'A' + 'a') : octet; }

bool http_begins(struct bytes text, struct bytes start)
{
    for (size_t i = 0; i < start.size; i++)
        if (i == text.size || lower(text.data[i]) != lower(start.data[i]))
            return false;
    return true;
}

bool http_is_named(struct bytes text, const char *name)
{
    return text.size == strlen(name) && http_begins(text, bytes_of_text(name));
}

static struct bytes trim(struct bytes text)
{
    while (text.size != 0 && (*text.data == ' ' || *text.data == '\t'))
        text = (struct bytes){text.data + 1, text.size - 1};
    while (text.size != 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

// RFC 9112 section 4: "HTTP/1.1 200 OK", whose last part may be missing.
static bool read_status_line(struct bytes line, struct http_head *out)
{
    enum { VERSION = 8, STATUS = VERSION + 4 }; // "HTTP/1.1", " 200"
    const uint8_t *c = line.data;
    if (line.size < STATUS || !is_digit(c[7]) || c[6] != '.' || c[VERSION] != ' ')
        return false;
    if (!is_digit(c[9]) || !is_digit(c[10]) || !is_digit(c[11]) || (line.size > STATUS && c[STATUS] != ' '))
        return false;
    out->status = (uint16_t)((c[9] - '0') * 100 + (c[10] - '0') * 10 + (c[11] - '0'));
    out->reason = trim((struct bytes){c + STATUS, line.size - STATUS});
    return out->status >= 100;
}

// RFC 9112 section 5.1: no white space between name and colon. A line that goes on from the one before
// (section 5.2) is obsolete, and nothing that is read here is ever so long: it is left out.
static bool read_field(struct bytes line, struct http_head *out)
{
    if (*line.data == ' ' || *line.data == '\t')
        return out->count != 0;
    const uint8_t *colon = memchr(line.data, ':', line.size);
    if (colon == NULL || colon == line.data || colon[-1] == ' ' || colon[-1] == '\t')
        return false;
    size_t size = (size_t)(colon - line.data);
    if (out->count < HTTP_FIELDS)
        out->field[out->count++] =
            (struct http_field){{line.data, size}, trim((struct bytes){colon + 1, line.size - size - 1})};
    return true;
}

static bool may_be_http(struct bytes octets)
{
    static const char start[] = "HTTP/1.";
    size_t size = octets.size < sizeof start - 1 ? octets.size : sizeof start - 1;
    return size == 0 || memcmp(octets.data, start, size) == 0;
}

enum http_part http_head_read(struct bytes octets, struct http_head *out)
{
    struct cursor in = cursor_of(octets);
    struct bytes line;
    *out = (struct http_head){0};
    if (!may_be_http(octets))
        return HTTP_FOREIGN;
    if (!take_line(&in, &line))
        return HTTP_MORE;
    if (!read_status_line(line, out))
        return HTTP_MALFORMED;
    while (take_line(&in, &line)) {
        if (line.size == 0) {
            out->octets = (struct bytes){octets.data, octets.size - in.left};
            return HTTP_WHOLE;
        }
        if (!read_field(line, out))
            return HTTP_MALFORMED;
    }
    return HTTP_MORE;
}

struct bytes http_value(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (http_is_named(head->field[i].name, name))
            return head->field[i].value;
    return (struct bytes){NULL, 0};
}

// --- where the body ends ---------------------------------------------------------------------------

static bool read_length(struct bytes value, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(value.data[i]) || *length > UINT64_MAX / 10 - 1)
            return false;
        *length = *length * 10 + (uint64_t)(value.data[i] - '0');
    }
    return value.size != 0;
}

// Several that agree are one; several that do not are an attack (RFC 9112 section 6.3).
static bool find_length(const struct http_head *head, bool *found, uint64_t *length)
{
    *found = false;
    for (size_t i = 0; i < head->count; i++) {
        uint64_t value;
        if (!http_is_named(head->field[i].name, "content-length"))
            continue;
        if (!read_length(head->field[i].value, &value) || (*found && value != *length))
            return false;
        *found = true;
        *length = value;
    }
    return true;
}

static bool is_chunked(const struct http_head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        struct bytes value = head->field[i].value;
        const size_t size = sizeof "chunked" - 1;
        if (!http_is_named(head->field[i].name, "transfer-encoding") || value.size < size)
            continue;
        if (http_is_named((struct bytes){value.data + value.size - size, size}, "chunked"))
            return true;
    }
    return false;
}

enum { NO_CONTENT = 204, NOT_MODIFIED = 304 };

// RFC 9112 section 6.3, in its order.
static enum http_state begin_body(struct http_reader *reader, const struct http_head *head)
{
    bool found;
    if (reader->bodiless || head->status == NO_CONTENT || head->status == NOT_MODIFIED)
        return HTTP_DONE;
    if (is_chunked(head)) {
        reader->chunked = true;
        return HTTP_READING;
    }
    if (http_value(head, "transfer-encoding").data == NULL) {
        if (!find_length(head, &found, &reader->left))
            return HTTP_BROKEN;
        if (found)
            return reader->left == 0 ? HTTP_DONE : HTTP_READING;
    }
    reader->ends_with_stream = true;
    reader->left = UINT64_MAX;
    return HTTP_READING;
}

// --- the body --------------------------------------------------------------------------------------

// As much of it as there is and is wanted.
static enum http_state take_data(struct http_reader *reader, struct cursor *in)
{
    size_t room = reader->limit - reader->body.size;
    size_t size = in->left < reader->left ? in->left : (size_t)reader->left;
    bool over = size > room;
    builder_add(&reader->body, cursor_take(in, over ? room : size));
    if (over)
        return HTTP_TOO_LONG;
    if (reader->left != UINT64_MAX)
        reader->left -= size;
    return HTTP_READING;
}

// RFC 9112 section 7.1. A line ends in LF; its CR is skipped with the extensions.
enum step { STEP_SIZE, STEP_EXTENSION, STEP_DATA, STEP_DATA_END, STEP_TRAILER, STEP_TRAILER_LINE };

static int hex(uint8_t octet)
{
    octet = lower(octet);
    return is_digit(octet) ? octet - '0' : octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

static enum http_state end_size(struct http_reader *reader)
{
    reader->step = reader->left == 0 ? STEP_TRAILER : STEP_DATA;
    reader->line = 0;
    return HTTP_READING;
}

static enum http_state take_size(struct http_reader *reader, uint8_t octet)
{
    int digit = hex(octet);
    if (++reader->line > LINE_LIMIT)
        return HTTP_BROKEN;
    if (reader->step == STEP_EXTENSION)
        return octet == '\n' ? end_size(reader) : HTTP_READING;
    if (digit < 0 && reader->line == 1)
        return HTTP_BROKEN;
    if (digit < 0 && octet == '\n')
        return end_size(reader);
    if (digit < 0) {
        reader->step = STEP_EXTENSION;
        return octet == ';' || octet == '\r' || octet == ' ' || octet == '\t' ? HTTP_READING : HTTP_BROKEN;
    }
    if (reader->left > UINT32_MAX)
        return HTTP_BROKEN;
    reader->left = reader->left << 4 | (unsigned)digit;
    return HTTP_READING;
}

// The trailer ends with a line that is empty. Its fields are of no interest.
static enum http_state take_trailer(struct http_reader *reader, uint8_t octet)
{
    if (++reader->line > TRAILER_LIMIT)
        return HTTP_BROKEN;
    if (octet == '\n' && reader->step == STEP_TRAILER)
        return HTTP_DONE;
    if (octet == '\n')
        reader->step = STEP_TRAILER;
    else if (octet != '\r')
        reader->step = STEP_TRAILER_LINE;
    return HTTP_READING;
}

static enum http_state take_data_end(struct http_reader *reader, uint8_t octet)
{
    if (octet == '\r' && reader->line++ == 0)
        return HTTP_READING;
    reader->step = STEP_SIZE;
    reader->line = 0;
    return octet == '\n' ? HTTP_READING : HTTP_BROKEN;
}

static enum http_state take_chunked(struct http_reader *reader, struct cursor *in)
{
    switch ((enum step)reader->step) {
    case STEP_SIZE:
    case STEP_EXTENSION:
        return take_size(reader, cursor_u8(in));
    case STEP_DATA: {
        enum http_state state = take_data(reader, in);
        if (reader->left == 0)
            reader->step = STEP_DATA_END;
        return state;
    }
    case STEP_DATA_END:
        return take_data_end(reader, cursor_u8(in));
    case STEP_TRAILER:
    case STEP_TRAILER_LINE:
        return take_trailer(reader, cursor_u8(in));
    }
    return HTTP_BROKEN;
}

static enum http_state take_body(struct http_reader *reader, struct cursor *in)
{
    while (reader->state == HTTP_READING && in->left != 0) {
        reader->state = reader->chunked ? take_chunked(reader, in) : take_data(reader, in);
        if (!reader->chunked && reader->left == 0)
            reader->state = HTTP_DONE;
    }
    return reader->state;
}

// --- the reader ------------------------------------------------------------------------------------

void http_begin(struct http_reader *reader, struct arena *arena, size_t limit, bool bodiless)
{
    *reader = (struct http_reader){.arena = arena, .limit = limit, .bodiless = bodiless};
    reader->input = builder_in(arena);
    reader->body = builder_in(arena);
}

// RFC 9110 section 15.2: interim responses come before the final one.
static bool is_interim(const struct http_head *head) { return head->status < 200; }

// Of what has been gathered: the octets after the head, or none.
static struct bytes take_head(struct http_reader *reader)
{
    struct bytes input = builder_bytes(&reader->input);
    struct http_head head;
    for (;;) {
        enum http_part part =
            http_head_read((struct bytes){input.data + reader->skipped, input.size - reader->skipped}, &head);
        if (part == HTTP_MORE) {
            if (input.size > HTTP_HEAD_LIMIT)
                reader->state = HTTP_BROKEN;
            return (struct bytes){NULL, 0};
        }
        if (part != HTTP_WHOLE) {
            reader->state = part == HTTP_FOREIGN && reader->skipped == 0 ? HTTP_STRANGE : HTTP_BROKEN;
            return (struct bytes){NULL, 0};
        }
        size_t after = reader->skipped + head.octets.size;
        if (!is_interim(&head)) {
            reader->headed = true;
            reader->head = head.octets;
            reader->state = begin_body(reader, &head);
            return (struct bytes){input.data + after, input.size - after};
        }
        reader->skipped = after;
    }
}

// Whether these octets can have changed anything: a head ends with a line, and what is no HTTP shows at once,
// behind an interim response too.
static bool worth_reading(const struct http_reader *reader, struct bytes added)
{
    enum { FIRST = 16 };
    return reader->input.size - added.size < reader->skipped + FIRST || reader->input.size > HTTP_HEAD_LIMIT ||
           memchr(added.data, '\n', added.size) != NULL;
}

// A head is gathered from no more than its limit, however much comes at once: what was not
// gathered is read after it.
enum http_state http_feed(struct http_reader *reader, struct bytes bytes)
{
    struct cursor in = cursor_of(bytes);
    while (reader->state == HTTP_READING && !reader->headed && in.left != 0) {
        size_t room = HTTP_HEAD_LIMIT + 1 - reader->input.size;
        struct bytes added = cursor_take(&in, in.left < room ? in.left : room);
        builder_add(&reader->input, added);
        if (!worth_reading(reader, added))
            continue;
        struct cursor after = cursor_of(take_head(reader));
        take_body(reader, &after);
    }
    return reader->headed ? take_body(reader, &in) : reader->state;
}
