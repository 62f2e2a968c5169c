// SPDX-License-Identifier: Apache-2.0
//
// Names in their one spelling, and the canonical forms of a look-up and of its result.
#include "probe/records.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "probe/form.h"

#define LONGEST_NAME  253
#define LONGEST_LABEL 63
#define RESULT_LAYOUT 1

// --- names -----------------------------------------------------------------------------------------

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_plain(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_'; }

// In its one spelling already, and no address: the last label of a name is never a number (RFC 3696 section 2).
static bool is_name(const char *name)
{
    size_t label = 0, digits = 0, size = strlen(name);
    for (size_t i = 0; i < size; i++) {
        if (name[i] == '.' && label == 0)
            return false;
        if (name[i] == '.') {
            label = digits = 0;
            continue;
        }
        if (!is_plain(name[i]) || ++label > LONGEST_LABEL)
            return false;
        digits += is_digit(name[i]);
    }
    return label != 0 && digits != label && size <= LONGEST_NAME;
}

const char *records_name(struct arena *arena, const char *name)
{
    size_t size = strlen(name);
    if (size != 0 && name[size - 1] == '.')
        size--;
    char *plain = arena_string(arena, (struct bytes){(const uint8_t *)name, size});
    for (char *c = plain; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return is_name(plain) ? plain : NULL;
}

const char *records_special(const char *name)
{
    static const struct {
        const char *top, *why;
    } special[] = {
        {"localhost", "the name localhost is never asked of DNS (RFC 6761)"},
        {"local", "names under .local belong to the link and not to DNS (RFC 6762)"},
        {"invalid", "names under .invalid do not exist (RFC 6761)"},
        {"onion", "names under .onion are not in DNS (RFC 7686)"},
    };
    const char *dot = strrchr(name, '.');
    const char *top = dot == NULL ? name : dot + 1;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(top, special[i].top) == 0)
            return special[i].why;
    return NULL;
}

// --- the question ----------------------------------------------------------------------------------

void records_encode(struct builder *out, const struct records *question)
{
    form_put_text(out, 1, question->name);
    builder_u16(out, question->type);
}

void records_decode(struct arena *arena, struct cursor *in, struct records *out)
{
    out->name = form_take_text(arena, in, 1);
    out->type = cursor_u16(in);
    if (out->name == NULL || !is_name(out->name) || out->type == 0)
        in->bad = true;
}

const char *record_type_name(struct arena *arena, uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = {{RECORD_A, "A"},       {RECORD_MX, "MX"},       {RECORD_AAAA, "AAAA"}, {RECORD_TLSA, "TLSA"},
                 {RECORD_SVCB, "SVCB"}, {RECORD_HTTPS, "HTTPS"}, {RECORD_CAA, "CAA"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return arena_text(arena, "TYPE%u", type); // RFC 3597 section 5
}

const char *records_sentence(struct arena *arena, const struct records *question)
{
    return arena_text(arena, "%s records of %s", record_type_name(arena, question->type), question->name);
}

// --- the answer ------------------------------------------------------------------------------------

static const char *const standings[DNSSEC_STANDINGS] = {"unvalidated", "insecure", "secure", "bogus"};

const char *dnssec_name(enum dnssec dnssec)
{
    always((unsigned)dnssec < DNSSEC_STANDINGS);
    return standings[dnssec];
}

enum flag { FLAG_NXDOMAIN = 1, FLAG_HAVE_DATA = 2, FLAGS = 4 };

void records_result_encode(struct builder *out, const struct records_result *result)
{
    builder_u8(out, RESULT_LAYOUT);
    builder_u8(out, (uint8_t)result->dnssec);
    builder_u16(out, (uint16_t)result->rcode);
    builder_u8(out, (uint8_t)((result->nxdomain ? FLAG_NXDOMAIN : 0) | (result->have_data ? FLAG_HAVE_DATA : 0)));
    builder_u32(out, result->ttl);
    form_put_bytes(out, 2, bytes_of_text(result->canonical_name == NULL ? "" : result->canonical_name));
    form_put_bytes(out, 2, bytes_of_text(result->why == NULL ? "" : result->why));
    builder_u16(out, (uint16_t)result->count);
    for (size_t i = 0; i < result->count; i++)
        form_put_bytes(out, 2, result->rdata[i]);
}

// What escaping would change did not come from us, but for the backslashes that it writes itself.
static const char *take_escaped(struct arena *arena, struct cursor *in, size_t longest)
{
    struct bytes text = form_take_bytes(arena, in, 2);
    if (text.size == 0)
        return NULL;
    if (text.size > longest || memchr(text.data, 0, text.size) != NULL) {
        in->bad = true;
        return NULL;
    }
    char *plain = arena_string(arena, text);
    for (char *c = plain; *c != '\0'; c++)
        if (*c == '\\')
            *c = '/';
    if (strcmp(text_escape(arena, bytes_of_text(plain)), plain) != 0)
        in->bad = true;
    return arena_string(arena, text);
}

static int compare_octets(struct bytes a, struct bytes b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void take_rdata(struct arena *arena, struct cursor *in, struct records_result *out)
{
    size_t octets = 0;
    out->count = cursor_u16(in);
    if (out->count > RECORDS_MOST || out->count > in->left) {
        in->bad = true;
        out->count = 0;
    }
    struct bytes *rdata = arena_array(arena, out->count, sizeof *rdata);
    for (size_t i = 0; i < out->count; i++) {
        rdata[i] = form_take_bytes(arena, in, 2);
        octets += rdata[i].size;
        if (octets > RECORDS_OCTETS || (i != 0 && compare_octets(rdata[i - 1], rdata[i]) > 0))
            in->bad = true;
    }
    out->rdata = rdata;
}

bool records_result_decode(struct arena *arena, struct bytes encoded, struct records_result *out)
{
    struct cursor in = cursor_of(encoded);
    *out = (struct records_result){0};
    if (cursor_u8(&in) != RESULT_LAYOUT)
        return false;
    out->dnssec = (enum dnssec)form_take_below(&in, DNSSEC_STANDINGS);
    out->rcode = cursor_u16(&in);
    unsigned flags = form_take_below(&in, FLAGS);
    out->nxdomain = (flags & FLAG_NXDOMAIN) != 0;
    out->have_data = (flags & FLAG_HAVE_DATA) != 0;
    out->ttl = cursor_u32(&in);
    out->canonical_name = take_escaped(arena, &in, TEXT_LIMIT);
    out->why = take_escaped(arena, &in, TEXT_LIMIT);
    take_rdata(arena, &in, out);
    return cursor_ended(&in) && out->have_data == (out->count != 0) && out->rcode < 4096;
}

const char *records_result_sentence(struct arena *arena, const struct records_result *result)
{
    const char *text = "there is no such record";
    if (result->count != 0)
        text = arena_text(arena, "there %s %zu record%s", result->count == 1 ? "is" : "are", result->count,
                          result->count == 1 ? "" : "s");
    else if (result->nxdomain)
        text = "the name does not exist";
    else if (result->rcode == RCODE_SERVFAIL)
        text = "the name servers could not answer (SERVFAIL)";
    else if (result->rcode != RCODE_NOERROR)
        text = arena_text(arena, "the name servers answered with code %d", result->rcode);
    text = arena_text(arena, "%s; %s", text, dnssec_name(result->dnssec));
    return result->why == NULL ? text : arena_text(arena, "%s: %s", text, result->why);
}
