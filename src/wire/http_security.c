// SPDX-License-Identifier: Apache-2.0
//
// One function for each rule of the table.
#include "wire/http_security.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

static const struct security_header headers[] = {
#define HEADER(name, kind, rule, good, wanted, reference) {name, kind, HEADER_##rule, good, wanted, reference},
#include "headers.def"
#undef HEADER
};

size_t security_header_count(void) { return sizeof headers / sizeof *headers; }

const struct security_header *security_header_at(size_t index)
{
    always(index < security_header_count());
    return &headers[index];
}

struct bytes http_joined(struct arena *arena, const struct http_head *head, const char *name)
{
    struct builder all = builder_in(arena);
    bool found = false;
    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *field = &head->field[i];
        if (!http_is_named(field->name, name))
            continue;
        if (found)
            builder_add(&all, bytes_of_text(", "));
        builder_add(&all, field->value);
        found = true;
    }
    struct bytes value = builder_bytes(&all);
    return found ? (value.data == NULL ? bytes_of_text("") : value) : (struct bytes){NULL, 0};
}

// --- words -----------------------------------------------------------------------------------------

static bool is_space(uint8_t octet) { return octet == ' ' || octet == '\t'; }

// The next part before one of `ends`, without white space around it.
static bool take_part(struct cursor *in, const char *ends, struct bytes *part)
{
    if (in->left == 0)
        return false;
    const uint8_t *start = in->next;
    while (in->left != 0 && (*in->next == '\0' || strchr(ends, *in->next) == NULL))
        cursor_u8(in);
    *part = (struct bytes){start, (size_t)(in->next - start)};
    if (in->left != 0)
        cursor_u8(in);
    while (part->size != 0 && is_space(*part->data))
        *part = (struct bytes){part->data + 1, part->size - 1};
    while (part->size != 0 && is_space(part->data[part->size - 1]))
        part->size--;
    return true;
}

static bool is_listed(struct bytes word, const char *list)
{
    struct cursor in = cursor_of(bytes_of_text(list));
    struct bytes one;
    while (take_part(&in, " ", &one))
        if (one.size == word.size && http_begins(word, one))
            return true;
    return false;
}

// --- rules -----------------------------------------------------------------------------------------

// Each of several, without parameters such as report-to.
static bool each_one_of(struct bytes value, const char *good)
{
    struct cursor in = cursor_of(value);
    bool listed = value.size != 0;
    for (struct bytes part; take_part(&in, ",", &part);) {
        struct cursor words = cursor_of(part);
        struct bytes first = {NULL, 0};
        take_part(&words, ";", &first);
        listed = listed && is_listed(first, good);
    }
    return listed;
}

// Referrer Policy section 8.1: the last that is known counts.
static bool last_of(struct bytes value, const char *good)
{
    static const char known[] = "no-referrer no-referrer-when-downgrade same-origin origin strict-origin "
                                "origin-when-cross-origin strict-origin-when-cross-origin unsafe-url";
    struct cursor in = cursor_of(value);
    struct bytes last = {NULL, 0};
    for (struct bytes part; take_part(&in, ",", &part);)
        if (is_listed(part, known))
            last = part;
    return is_listed(last, good);
}

static bool has_version(struct bytes value)
{
    for (size_t i = 0; i + 1 < value.size; i++)
        if (value.data[i] == '/' && value.data[i + 1] >= '0' && value.data[i + 1] <= '9')
            return true;
    return false;
}

// A nonce or a hash makes a browser pass over 'unsafe-inline', and 'strict-dynamic' with one of them over hosts and
// schemes too.
static bool safe_scripts(struct cursor sources)
{
    static const char *const careful[] = {"'nonce-", "'sha256-", "'sha384-", "'sha512-"};
    bool evaluates = false, anywhere = false, inlined = false, keyed = false, dynamic = false;
    for (struct bytes source; take_part(&sources, " \t", &source);) {
        evaluates = evaluates || is_listed(source, "'unsafe-eval'");
        anywhere = anywhere || is_listed(source, "* data: http: https:");
        inlined = inlined || is_listed(source, "'unsafe-inline'");
        dynamic = dynamic || is_listed(source, "'strict-dynamic'");
        for (size_t i = 0; i < sizeof careful / sizeof *careful; i++)
            keyed = keyed || http_begins(source, bytes_of_text(careful[i]));
    }
    return !evaluates && (!inlined || keyed) && (!anywhere || (dynamic && keyed));
}

// CSP Level 3 section 6.8: scripts are ruled by script-src, else by default-src; of several like directives the
// first counts. False: one policy does not rule them.
static bool find_sources(struct bytes policy, struct cursor *sources)
{
    struct cursor in = cursor_of(policy);
    unsigned best = 0;
    for (struct bytes directive; take_part(&in, ";", &directive);) {
        struct cursor words = cursor_of(directive);
        struct bytes name = {NULL, 0};
        take_part(&words, " \t", &name);
        unsigned rank = is_listed(name, "script-src") ? 2 : is_listed(name, "default-src") ? 1 : 0;
        if (rank <= best)
            continue;
        best = rank;
        *sources = words;
    }
    return best != 0;
}

// Several policies hold all together, so that one that is good is enough.
static bool safe_policy(struct bytes value)
{
    struct cursor in = cursor_of(value), sources;
    for (struct bytes policy; take_part(&in, ",", &policy);)
        if (find_sources(policy, &sources) && safe_scripts(sources))
            return true;
    return false;
}

static bool safe_origin(struct arena *arena, const struct http_head *head, struct bytes value)
{
    struct bytes credentials = http_joined(arena, head, "Access-Control-Allow-Credentials");
    if (is_listed(value, "null"))
        return false;
    return !is_listed(value, "*") || !is_listed(credentials, "true");
}

static bool is_good(struct arena *arena, const struct security_header *header, const struct http_head *head,
                    struct bytes value)
{
    switch (header->rule) {
    case HEADER_ABSENT:
        return false;
    case HEADER_PRESENT:
        return true;
    case HEADER_ONE_OF:
    case HEADER_ABSENT_OR:
        return each_one_of(value, header->good);
    case HEADER_LAST_OF:
        return last_of(value, header->good);
    case HEADER_NO_VERSION:
        return !has_version(value);
    case HEADER_CSP:
        return safe_policy(value);
    case HEADER_CORS:
        return safe_origin(arena, head, value);
    case HEADER_TOLD:
    case HEADER_ELSEWHERE:
        break;
    }
    bug("a rule that judges nothing");
}

static bool may_be_absent(enum header_rule rule)
{
    return rule != HEADER_PRESENT && rule != HEADER_ONE_OF && rule != HEADER_LAST_OF && rule != HEADER_CSP;
}

enum header_state security_header_judge(struct arena *arena, const struct security_header *header,
                                        const struct http_head *head, struct bytes *value)
{
    *value = http_joined(arena, head, header->name);
    if (value->data == NULL)
        return may_be_absent(header->rule) ? STATE_ABSENT : STATE_MISSING;
    if (header->rule == HEADER_TOLD || header->rule == HEADER_ELSEWHERE)
        return STATE_TOLD;
    return is_good(arena, header, head, *value) ? STATE_GOOD : STATE_BAD;
}
