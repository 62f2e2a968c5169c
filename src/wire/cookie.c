// SPDX-License-Identifier: Apache-2.0
//
// A name, a value, and attributes between semicolons: whatever a server writes is taken apart without complaint,
// since that is how browsers read it.
#include "wire/cookie.h"

#include <string.h>

#include "base/arena.h"
#include "wire/http.h"

static bool is(struct bytes text, const char *wanted) { return http_is_named(text, wanted); }

static bool begins(struct bytes text, const char *wanted) { return http_begins(text, bytes_of_text(wanted)); }

static struct bytes trim(struct bytes text)
{
    while (text.size != 0 && (*text.data == ' ' || *text.data == '\t'))
        text = (struct bytes){text.data + 1, text.size - 1};
    while (text.size != 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

// What stands before the octet, and *rest after it; all of it where there is none.
static struct bytes before(struct bytes text, uint8_t octet, struct bytes *rest)
{
    const uint8_t *at = text.size == 0 ? NULL : memchr(text.data, octet, text.size);
    if (at == NULL) {
        *rest = (struct bytes){NULL, 0};
        return text;
    }
    size_t size = (size_t)(at - text.data);
    *rest = (struct bytes){at + 1, text.size - size - 1};
    return (struct bytes){text.data, size};
}

static enum same_site same_site_of(struct bytes value)
{
    return is(value, "strict") ? SAME_SITE_STRICT
           : is(value, "lax")  ? SAME_SITE_LAX
           : is(value, "none") ? SAME_SITE_NONE
                               : SAME_SITE_OTHER;
}

static void read_attribute(struct bytes attribute, struct cookie *out)
{
    struct bytes value, name = trim(before(attribute, '=', &value));
    value = trim(value);
    if (is(name, "secure"))
        out->secure = true;
    else if (is(name, "httponly"))
        out->http_only = true;
    else if (is(name, "partitioned"))
        out->partitioned = true;
    else if (is(name, "samesite"))
        out->same_site = same_site_of(value);
    else if (is(name, "domain"))
        out->has_domain = value.size != 0;
    else if (is(name, "path"))
        out->root_path = is(value, "/");
}

void cookie_read(struct bytes value, struct cookie *out)
{
    struct bytes rest, after, pair = before(value, ';', &rest);
    *out = (struct cookie){0};
    if (pair.size != 0 && memchr(pair.data, '=', pair.size) != NULL)
        out->name = trim(before(pair, '=', &after));
    while (rest.size != 0)
        read_attribute(before(rest, ';', &rest), out);
}

static bool has_control(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7F)
            return true;
    return false;
}

// draft-ietf-httpbis-rfc6265bis section 5.7, steps of the storage model. Browsers compare prefixes without case.
void cookie_faults(const struct cookie *cookie, const char *fault[COOKIE_FAULTS])
{
    const struct {
        bool holds;
        const char *code;
    } rules[] = {
        {begins(cookie->name, "__Secure-") && !cookie->secure, "secure_prefix"},
        {begins(cookie->name, "__Host-") && (!cookie->secure || cookie->has_domain || !cookie->root_path),
         "host_prefix"},
        {cookie->same_site == SAME_SITE_NONE && !cookie->secure, "same_site_none_not_secure"},
        {cookie->partitioned && !cookie->secure, "partitioned_not_secure"},
        {has_control(cookie->name), "malformed"},
    };
    _Static_assert(sizeof rules / sizeof *rules == COOKIE_FAULTS, "one place for each");
    size_t count = 0;
    for (size_t i = 0; i < COOKIE_FAULTS; i++)
        if (rules[i].holds)
            fault[count++] = rules[i].code;
    if (count < COOKIE_FAULTS)
        fault[count] = NULL;
}

// The octets of a line but for those of the value, which stands between "=" and the first semicolon; where there
// is no "=" all of it is the value.
static void add_without_value(struct builder *out, struct bytes line)
{
    struct bytes value, attributes, after;
    before(line, ':', &value);
    struct bytes pair = before(value, ';', &attributes);
    before(pair, '=', &after);
    const uint8_t *secret = after.data != NULL ? after.data : value.data, *line_end = line.data + line.size;
    const uint8_t *secret_end = attributes.data != NULL ? attributes.data - 1 : line_end;
    while (secret_end != line.data && secret_end == line_end && (secret_end[-1] == '\n' || secret_end[-1] == '\r'))
        line_end = --secret_end;
    if (secret == NULL || secret > secret_end)
        secret = secret_end;
    builder_add(out, (struct bytes){line.data, (size_t)(secret - line.data)});
    builder_add(out, (struct bytes){secret_end, (size_t)(line.data + line.size - secret_end)});
}

// A line that goes on from the one before belongs to it (RFC 9112 section 5.2), and may hold a secret too.
struct bytes cookies_removed(struct arena *arena, struct bytes head)
{
    struct builder out = builder_of(arena, head.size);
    bool cookie = false;
    while (head.size != 0) {
        struct bytes rest, line = before(head, '\n', &rest);
        if (rest.data != NULL)
            line.size++;
        bool goes_on = *line.data == ' ' || *line.data == '\t';
        cookie = goes_on ? cookie : begins(line, "set-cookie");
        if (!cookie)
            builder_add(&out, line);
        else if (!goes_on)
            add_without_value(&out, line);
        head = rest;
    }
    return builder_bytes(&out);
}
