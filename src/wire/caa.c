// SPDX-License-Identifier: Apache-2.0
//
// Flags, a tag and a value; and the value of issue and issuewild taken apart by the grammar of RFC 8659 section 4.2,
// rule by rule. A rule that does not hold leaves the cursor bad.
#include "wire/caa.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

enum { FLAG_CRITICAL = 0x80 }; // bit 0 in the RFC's counting

static const struct {
    const char *text;
    enum caa_tag tag;
} tags[] = {
    {"issue", CAA_ISSUE},
    {"issuewild", CAA_ISSUEWILD},
    {"iodef", CAA_IODEF},
    {"contactemail", CAA_CONTACTEMAIL},
    {"contactphone", CAA_CONTACTPHONE},
    {"issuevmc", CAA_ISSUEVMC},
    {"issuemail", CAA_ISSUEMAIL},
};

static bool is_letter_or_digit(uint8_t octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

static uint8_t peek(const struct cursor *cursor) { return cursor->left == 0 ? 0 : *cursor->next; }

static void skip_space(struct cursor *cursor)
{
    while (peek(cursor) == ' ' || peek(cursor) == '\t')
        cursor_u8(cursor);
}

static const char *lower(struct arena *arena, struct bytes octets)
{
    uint8_t *copy = arena_alloc(arena, octets.size);
    for (size_t i = 0; i < octets.size; i++) {
        uint8_t octet = octets.data[i];
        copy[i] = octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet - 'A' + 'a') : octet;
    }
    return text_escape(arena, (struct bytes){copy, octets.size});
}

// A label or a parameter's tag: letters and digits, hyphens between them.
static void take_label(struct cursor *cursor)
{
    uint8_t last = '-';
    if (!is_letter_or_digit(peek(cursor)))
        cursor->bad = true;
    while (is_letter_or_digit(peek(cursor)) || peek(cursor) == '-')
        last = cursor_u8(cursor);
    if (last == '-')
        cursor->bad = true;
}

static struct bytes between(const uint8_t *start, const struct cursor *end)
{
    return (struct bytes){start, (size_t)(end->next - start)};
}

static struct bytes take_domain(struct cursor *cursor)
{
    const uint8_t *start = cursor->next;
    take_label(cursor);
    while (!cursor->bad && peek(cursor) == '.') {
        cursor_u8(cursor);
        take_label(cursor);
    }
    return between(start, cursor);
}

// value = *(%x21-3A / %x3C-7E)
static struct bytes take_value(struct cursor *cursor)
{
    const uint8_t *start = cursor->next;
    while (peek(cursor) > ' ' && peek(cursor) < 0x7f && peek(cursor) != ';')
        cursor_u8(cursor);
    return between(start, cursor);
}

static void take_parameter(struct arena *arena, struct cursor *cursor, struct caa_parameter *out)
{
    const uint8_t *start = cursor->next;
    take_label(cursor);
    out->tag = lower(arena, between(start, cursor));
    skip_space(cursor);
    if (cursor_u8(cursor) != '=')
        cursor->bad = true;
    skip_space(cursor);
    out->value = text_escape(arena, take_value(cursor));
    skip_space(cursor);
}

static size_t count_parameters(struct cursor rest)
{
    size_t count = 1;
    while (rest.left != 0)
        count += cursor_u8(&rest) == ';';
    return count;
}

// issue-value = *WSP [issuer-domain-name *WSP] [";" *WSP [parameters *WSP]]
static void read_issue(struct arena *arena, struct bytes value, struct caa_record *out)
{
    struct cursor cursor = cursor_of(value);
    struct bytes issuer = {NULL, 0};
    skip_space(&cursor);
    if (is_letter_or_digit(peek(&cursor)))
        issuer = take_domain(&cursor);
    skip_space(&cursor);
    struct caa_parameter *parameters = NULL;
    size_t count = 0;
    if (peek(&cursor) == ';') {
        cursor_u8(&cursor);
        skip_space(&cursor);
        if (cursor.left != 0)
            parameters = arena_array(arena, count_parameters(cursor), sizeof *parameters);
        for (bool more = cursor.left != 0; more && !cursor.bad;) {
            take_parameter(arena, &cursor, &parameters[count++]);
            more = peek(&cursor) == ';';
            if (more)
                cursor_u8(&cursor);
            skip_space(&cursor);
        }
    }
    out->malformed = !cursor_ended(&cursor);
    out->issuer = out->malformed ? "" : lower(arena, issuer);
    out->parameters = out->malformed ? NULL : parameters;
    out->parameter_count = out->malformed ? 0 : count;
}

// Tags are letters and digits (RFC 8659 section 4.1); a tag of anything else is nobody's.
static enum caa_tag tag_of(const char *text)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i].text, text) == 0)
            return tags[i].tag;
    return CAA_UNKNOWN;
}

void caa_read(struct arena *arena, struct bytes rdata, struct caa_record *out)
{
    struct cursor cursor = cursor_of(rdata);
    *out = (struct caa_record){.tag_text = "", .value = "", .issuer = ""};
    out->flags = cursor_u8(&cursor);
    struct cursor tag = cursor_block8(&cursor);
    if (cursor.bad || tag.left == 0) {
        out->error = cursor.bad ? "The record is cut short." : "The record has no tag.";
        return;
    }
    struct bytes value = cursor_rest(&cursor);
    out->critical = (out->flags & FLAG_CRITICAL) != 0;
    out->tag_text = lower(arena, cursor_rest(&tag));
    out->tag = tag_of(out->tag_text);
    out->value = text_escape(arena, value);
    if (out->tag == CAA_ISSUE || out->tag == CAA_ISSUEWILD)
        read_issue(arena, value, out);
}
