// SPDX-License-Identifier: Apache-2.0
//
// Directives between semicolons, each a token with or without a value, which is a token or a quoted string.
// What is wrong first is what is told.
#include "wire/hsts.h"

#include <stddef.h>
#include <string.h>

#include "wire/http.h"

// RFC 9110 section 5.6.2.
static bool is_token(uint8_t octet)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    bool letter = (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
    return letter || (octet >= '0' && octet <= '9') || (octet != '\0' && strchr(others, octet) != NULL);
}

static uint8_t peek(const struct cursor *in) { return in->left == 0 ? '\0' : *in->next; }

static void skip_space(struct cursor *in)
{
    while (peek(in) == ' ' || peek(in) == '\t')
        cursor_u8(in);
}

static struct bytes take_token(struct cursor *in)
{
    struct bytes token = {in->next, 0};
    while (in->left != 0 && is_token(peek(in))) {
        cursor_u8(in);
        token.size++;
    }
    return token;
}

// RFC 9110 section 5.6.4. What is escaped in it is left so: no value here needs that.
static bool take_quoted(struct cursor *in, struct bytes *value)
{
    cursor_u8(in);
    *value = (struct bytes){in->next, 0};
    while (in->left != 0 && peek(in) != '"') {
        bool escapes = cursor_u8(in) == '\\';
        value->size += escapes ? 2 : 1;
        if (escapes)
            cursor_u8(in);
    }
    cursor_u8(in);
    return !in->bad;
}

// delta-seconds (RFC 9111 section 1.2.2): what cannot be counted is very long.
static bool read_seconds(struct bytes text, uint64_t *seconds)
{
    *seconds = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        bool over = *seconds > (UINT64_MAX - digit) / 10;
        *seconds = over ? UINT64_MAX : *seconds * 10 + digit;
    }
    return text.size != 0;
}

static void fault(struct hsts *out, const char *code)
{
    if (out->fault == NULL)
        out->fault = code;
}

static void once(struct hsts *out, bool *seen)
{
    if (*seen)
        fault(out, "repeated_directive");
    *seen = true;
}

static void take_directive(struct cursor *in, struct hsts *out, bool *has_max_age)
{
    struct bytes name = take_token(in), value = {NULL, 0};
    skip_space(in);
    bool valued = name.size != 0 && peek(in) == '=';
    if (valued) {
        cursor_u8(in);
        skip_space(in);
        if (peek(in) != '"')
            value = take_token(in);
        else if (!take_quoted(in, &value))
            fault(out, "bad_syntax");
    }
    bool flag = http_is_named(name, "includeSubDomains") || http_is_named(name, "preload");
    if (flag && valued)
        fault(out, "unexpected_value");
    if (http_is_named(name, "includeSubDomains"))
        once(out, &out->include_subdomains);
    if (http_is_named(name, "preload"))
        once(out, &out->preload);
    if (!http_is_named(name, "max-age"))
        return;
    once(out, has_max_age);
    if (out->fault == NULL && !read_seconds(value, &out->max_age))
        fault(out, "bad_max_age");
}

void hsts_read(struct bytes value, struct hsts *out)
{
    struct cursor in = cursor_of(value);
    bool has_max_age = false;
    *out = (struct hsts){0};
    for (;;) {
        skip_space(&in);
        take_directive(&in, out, &has_max_age);
        skip_space(&in);
        if (in.left == 0)
            break;
        if (cursor_u8(&in) != ';') {
            fault(out, "bad_syntax");
            break;
        }
    }
    if (!has_max_age)
        fault(out, "no_max_age");
}
