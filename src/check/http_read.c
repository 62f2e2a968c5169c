// SPDX-License-Identifier: Apache-2.0
//
// One function for each part of the picture. Everything shown is escaped; values of cookies are not there to
// begin with.
#include "check/http_read.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/hsts.h"

static const char *shown(struct arena *arena, struct bytes value)
{
    return value.data == NULL ? NULL : text_escape(arena, value);
}

// --- where it leads --------------------------------------------------------------------------------

static const uint8_t *end_of(struct bytes text, const char *ends)
{
    size_t i = 0;
    while (i < text.size && (text.data[i] == '\0' || strchr(ends, text.data[i]) == NULL))
        i++;
    return text.data + i;
}

// RFC 3986 section 3.2: after a user, before a port; an IPv6 address without its brackets.
static struct bytes host_in(struct bytes authority)
{
    const uint8_t *at = authority.size == 0 ? NULL : memrchr(authority.data, '@', authority.size);
    if (at != NULL)
        authority = (struct bytes){at + 1, (size_t)(authority.data + authority.size - at - 1)};
    if (authority.size != 0 && *authority.data == '[')
        return (struct bytes){authority.data + 1,
                              (size_t)(end_of(authority, "]") - authority.data) - (authority.size > 1 ? 1 : 0)};
    return (struct bytes){authority.data, (size_t)(end_of(authority, ":") - authority.data)};
}

void http_read_location(struct arena *arena, struct bytes location, const char *host, struct http_redirect_fact *out)
{
    static const struct bytes https = {(const uint8_t *)"https:", 6}, http = {(const uint8_t *)"http:", 5};
    *out = (struct http_redirect_fact){.location = shown(arena, location), .https = true, .same_host = true};
    struct bytes rest = location;
    bool named = true;
    if (http_begins(rest, https) || http_begins(rest, http)) {
        out->https = http_begins(rest, https);
        size_t scheme = out->https ? https.size : http.size;
        rest = (struct bytes){rest.data + scheme, rest.size - scheme};
    } else if (rest.size != 0 && end_of(rest, ":") < end_of(rest, "/?#")) {
        out->https = out->same_host = false; // another scheme
        return;
    } else {
        named = rest.size > 1 && rest.data[0] == '/' && rest.data[1] == '/';
    }
    if (!named || rest.size < 2 || rest.data[0] != '/' || rest.data[1] != '/')
        return;
    rest = (struct bytes){rest.data + 2, rest.size - 2};
    struct bytes found = host_in((struct bytes){rest.data, (size_t)(end_of(rest, "/?#\\") - rest.data)});
    out->same_host = http_is_named(found, host);
}

static bool redirects(uint16_t status) { return status >= 300 && status < 400 && status != 304; }

// --- the parts -------------------------------------------------------------------------------------

static unsigned count_fields(const struct http_head *head, const char *name)
{
    unsigned count = 0;
    for (size_t i = 0; i < head->count; i++)
        count += http_is_named(head->field[i].name, name);
    return count;
}

static const char *fault_sentence(const char *fault)
{
    static const struct {
        const char *fault, *sentence;
    } rows[] = {
        {"no_max_age", "the directive max-age is missing, without which the field means nothing"},
        {"bad_max_age", "max-age is no number of seconds"},
        {"repeated_directive", "a directive stands there twice"},
        {"unexpected_value", "a directive has a value that takes none"},
        {"bad_syntax", "the field breaks the grammar"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].fault, fault) == 0)
            return rows[i].sentence;
    return fault;
}

// RFC 6797 section 8.1: of several fields the first counts, and one that is not valid is ignored.
static void read_hsts(struct arena *arena, const struct http_head *head, struct hsts_fact *out)
{
    struct bytes value = http_value(head, "Strict-Transport-Security");
    struct hsts read;
    *out = (struct hsts_fact){.fact = fact_because(VERDICT_NO, "missing", "there is no Strict-Transport-Security"),
                              .fields = count_fields(head, "Strict-Transport-Security")};
    if (value.data == NULL)
        return;
    hsts_read(value, &read);
    out->value = shown(arena, value);
    out->max_age = read.max_age;
    out->include_subdomains = read.include_subdomains;
    out->preload = read.preload;
    out->fact = fact_of(VERDICT_YES);
    if (read.fault != NULL)
        out->fact = fact_because(VERDICT_NO, read.fault, fault_sentence(read.fault));
    else if (read.max_age == 0)
        out->fact = fact_because(VERDICT_NO, "max_age_zero", "max-age is 0, which makes browsers forget the host");
}

static void read_headers(struct arena *arena, const struct http_head *head, struct http_fact *out)
{
    struct http_header_fact *rows = arena_array(arena, security_header_count(), sizeof *rows);
    for (size_t i = 0; i < security_header_count(); i++) {
        const struct security_header *header = security_header_at(i);
        struct bytes value;
        if (header->rule == HEADER_ELSEWHERE)
            continue;
        enum header_state state = security_header_judge(arena, header, head, &value);
        if (state != STATE_ABSENT)
            rows[out->header_count++] = (struct http_header_fact){header, state, shown(arena, value)};
    }
    out->headers = rows;
}

static void read_cookies(struct arena *arena, const struct http_head *head, struct http_fact *out)
{
    struct http_cookie_fact *rows = arena_array(arena, count_fields(head, "Set-Cookie"), sizeof *rows);
    for (size_t i = 0; i < head->count; i++) {
        if (!http_is_named(head->field[i].name, "Set-Cookie"))
            continue;
        struct cookie cookie;
        const char **faults = arena_array(arena, COOKIE_FAULTS, sizeof *faults);
        cookie_read(head->field[i].value, &cookie);
        cookie_faults(&cookie, faults);
        size_t count = 0;
        while (count < COOKIE_FAULTS && faults[count] != NULL)
            count++;
        rows[out->cookie_count++] = (struct http_cookie_fact){
            text_escape(arena, cookie.name),
            cookie.secure,
            cookie.http_only,
            cookie.partitioned,
            cookie.same_site,
            {faults, count},
        };
    }
    out->cookies = rows;
}

// BREACH (CVE-2013-3587) needs compressed contents that hold a secret beside what an attacker chose: whether this
// site has those is not known, only that it compresses. An answer to HEAD need not say so.
static void read_compression(struct arena *arena, const struct http_head *head, bool was_get, struct http_fact *out)
{
    struct bytes encoding = http_joined(arena, head, "Content-Encoding");
    out->encoding = shown(arena, encoding);
    if (encoding.size != 0 && !http_is_named(encoding, "identity"))
        out->compression = fact_of(VERDICT_YES);
    else if (!was_get)
        out->compression =
            fact_because(VERDICT_UNKNOWN, "head_request", "an answer to HEAD need not say how contents are encoded");
    else if (head->status != 200)
        out->compression = fact_because(VERDICT_UNKNOWN, "no_content", "the answer was none with the site's contents");
    else
        out->compression = fact_of(VERDICT_NO);
}

// RFC 7838 section 3: protocol="authority"; parameters, or "clear".
static void read_alternatives(struct arena *arena, const struct http_head *head, struct http_fact *out)
{
    struct bytes value = http_joined(arena, head, "Alt-Svc");
    const char **rows = arena_array(arena, value.size / 2 + 1, sizeof *rows);
    size_t count = 0;
    out->alt_svc = shown(arena, value);
    bool quoted = false, naming = true;
    size_t start = 0;
    for (size_t i = 0; i < value.size; i++) {
        uint8_t octet = value.data[i];
        if (octet == '"')
            quoted = !quoted;
        if (!quoted && octet == ',') {
            naming = true;
            start = i + 1;
        } else if (naming && octet == '=') {
            while (start < i && value.data[start] == ' ')
                start++;
            rows[count++] = text_escape(arena, (struct bytes){value.data + start, i - start});
            naming = false;
        }
    }
    out->alternatives = (struct strings){rows, count};
}

void http_read(struct arena *arena, const struct http_head *head, const char *host, bool was_get, struct http_fact *out)
{
    struct bytes location = http_value(head, "Location");
    out->status = head->status;
    out->phrase = text_escape(arena, head->reason);
    out->server = shown(arena, http_value(head, "Server"));
    out->powered_by = shown(arena, http_value(head, "X-Powered-By"));
    if (redirects(head->status) && location.data != NULL)
        http_read_location(arena, location, host, &out->redirect);
    read_hsts(arena, head, &out->hsts);
    read_headers(arena, head, out);
    read_cookies(arena, head, out);
    read_compression(arena, head, was_get, out);
    read_alternatives(arena, head, out);
}
