// SPDX-License-Identifier: Apache-2.0
//
// Priority, target, and parameters in strictly increasing order of their keys; one reader for each key that has a
// meaning here. The first fault stands, as the record's.
#include "wire/svcb.h"

#include <arpa/inet.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/domain.h"

static const char *const key_names[] = {
    "mandatory",       "alpn",
    "no-default-alpn", "port", // RFC 9460 section 14.3.2
    "ipv4hint",        "ech",
    "ipv6hint",        "dohpath",              // RFC 9848, RFC 9461
    "ohttp",           "tls-supported-groups", // RFC 9540
};

const char *svcb_key_name(struct arena *arena, uint16_t key)
{
    bool named = key < sizeof key_names / sizeof *key_names;
    return named ? key_names[key] : arena_text(arena, "key%u", key);
}

static void fault(struct svcb_record *out, const char *sentence)
{
    if (out->malformed == NULL)
        out->malformed = sentence;
}

// --- values (sections 7 and 8) -------------------------------------------------------------------

static void read_mandatory(struct arena *arena, struct bytes value, struct svcb_record *out)
{
    struct cursor cursor = cursor_of(value);
    uint16_t *keys = arena_array(arena, value.size / 2, sizeof *keys);
    while (cursor.left >= 2) {
        keys[out->mandatory_count] = cursor_u16(&cursor);
        // Ascending, and not itself (section 8).
        if (keys[out->mandatory_count] <= (out->mandatory_count == 0 ? 0 : keys[out->mandatory_count - 1]))
            fault(out, "The list of mandatory keys is out of order.");
        out->mandatory_count++;
    }
    out->mandatory = keys;
    if (value.size == 0 || cursor.left != 0)
        fault(out, "The list of mandatory keys is malformed.");
}

static void read_alpn(struct arena *arena, struct bytes value, struct svcb_record *out)
{
    struct cursor cursor = cursor_of(value);
    const char **ids = arena_array(arena, value.size / 2 + 1, sizeof *ids);
    size_t count = 0;
    while (cursor.left != 0) {
        struct cursor id = cursor_block8(&cursor);
        cursor.bad |= id.left == 0; // an empty id is none (RFC 7301 section 3.1)
        if (cursor.bad)
            break;
        ids[count++] = text_escape(arena, cursor_rest(&id));
    }
    out->alpn = (struct strings){ids, count};
    if (count == 0 || cursor.bad)
        fault(out, "The list of application protocols is malformed.");
}

static void read_port(struct bytes value, struct svcb_record *out)
{
    struct cursor cursor = cursor_of(value);
    out->port = cursor_u16(&cursor);
    out->has_port = cursor_ended(&cursor);
    if (!out->has_port)
        fault(out, "The port is not of two octets.");
}

const char *svcb_address(struct arena *arena, struct bytes octets)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (octets.size != 4 && octets.size != 16)
        return NULL;
    inet_ntop(octets.size == 4 ? AF_INET : AF_INET6, octets.data, text, sizeof text);
    return arena_text(arena, "%s", text);
}

static struct strings read_hints(struct arena *arena, struct bytes value, size_t size, struct svcb_record *out)
{
    size_t count = value.size / size;
    const char **texts = arena_array(arena, count, sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = svcb_address(arena, (struct bytes){value.data + i * size, size});
    if (value.size == 0 || value.size % size != 0)
        fault(out, "A list of addresses is malformed.");
    return (struct strings){texts, count};
}

static void read_ech(struct arena *arena, struct bytes value, struct svcb_record *out)
{
    out->has_ech = true;
    ech_read(arena, value, &out->ech);
    if (out->ech.error != NULL)
        fault(out, "The ECHConfigList is malformed.");
}

static void read_value(struct arena *arena, const struct svcb_param *param, struct svcb_record *out)
{
    switch (param->key) {
    case SVCB_MANDATORY:
        read_mandatory(arena, param->value, out);
        break;
    case SVCB_ALPN:
        read_alpn(arena, param->value, out);
        break;
    case SVCB_NO_DEFAULT_ALPN:
        out->no_default_alpn = true;
        if (param->value.size != 0)
            fault(out, "no-default-alpn has a value.");
        break;
    case SVCB_PORT:
        read_port(param->value, out);
        break;
    case SVCB_IPV4HINT:
        out->ipv4_hints = read_hints(arena, param->value, 4, out);
        break;
    case SVCB_ECH:
        read_ech(arena, param->value, out);
        break;
    case SVCB_IPV6HINT:
        out->ipv6_hints = read_hints(arena, param->value, 16, out);
        break;
    default:
        break; // clients pass over what they do not know (section 2.4.3)
    }
}

// --- the record ----------------------------------------------------------------------------------

static bool has_key(const struct svcb_record *record, uint16_t key)
{
    for (size_t i = 0; i < record->param_count; i++)
        if (record->params[i].key == key)
            return true;
    return false;
}

// What one parameter demands of another (section 2.4.3).
static void check_consistency(struct svcb_record *out)
{
    for (size_t i = 0; i < out->mandatory_count; i++)
        if (!has_key(out, out->mandatory[i]))
            fault(out, "A key is said to be mandatory that is not there.");
    if (out->no_default_alpn && !has_key(out, SVCB_ALPN)) // section 7.1.1
        fault(out, "There is no-default-alpn without alpn.");
}

static void read_params(struct arena *arena, struct cursor *cursor, struct svcb_record *out)
{
    struct svcb_param *params = arena_array(arena, cursor->left / 4, sizeof *params); // 4 octets at least
    out->params = params;
    while (cursor->left != 0) {
        uint16_t key = cursor_u16(cursor);
        struct cursor value = cursor_block16(cursor);
        if (cursor->bad) {
            fault(out, "A parameter is cut short.");
            return;
        }
        if (out->param_count != 0 && key <= params[out->param_count - 1].key) {
            fault(out, "The parameters are out of order.");
            return;
        }
        params[out->param_count] = (struct svcb_param){key, cursor_rest(&value)};
        read_value(arena, &params[out->param_count++], out);
    }
    check_consistency(out);
}

void svcb_read(struct arena *arena, struct bytes rdata, struct svcb_record *out)
{
    struct cursor cursor = cursor_of(rdata);
    *out = (struct svcb_record){.target = ""};
    out->priority = cursor_u16(&cursor);
    const char *target = domain_read(arena, &cursor);
    if (cursor.bad) {
        fault(out, "The record's target is malformed.");
        return;
    }
    out->target = target;
    // Parameters of AliasMode mean nothing (section 2.4.2).
    if (out->priority != 0)
        read_params(arena, &cursor, out);
}
