// SPDX-License-Identifier: Apache-2.0
//
// The structs of RFC 9849 section 4, in their own order.
#include "wire/ech.h"

#include "base/arena.h"
#include "base/text.h"

enum { EXTENSION_MANDATORY = 0x8000 }; // the high-order bit of an extension's type (section 4.2)

struct named {
    uint16_t code;
    const char *name;
};

static const char *name_of(const struct named *rows, size_t count, uint16_t code)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].code == code)
            return rows[i].name;
    return NULL;
}

const char *ech_kem_name(uint16_t kem)
{
    static const struct named rows[] = {
        {0x0010, "DHKEM(P-256, HKDF-SHA256)"},
        {0x0011, "DHKEM(P-384, HKDF-SHA384)"},
        {0x0012, "DHKEM(P-521, HKDF-SHA512)"},
        {0x0020, "DHKEM(X25519, HKDF-SHA256)"},
        {0x0021, "DHKEM(X448, HKDF-SHA512)"},
        {0x0030, "X25519Kyber768Draft00"},
        {0x0040, "ML-KEM-512"},
        {0x0041, "ML-KEM-768"},
        {0x0042, "ML-KEM-1024"},
        {0x647a, "X-Wing"},
    };
    return name_of(rows, sizeof rows / sizeof *rows, kem);
}

const char *ech_kdf_name(uint16_t kdf)
{
    static const struct named rows[] = {{0x0001, "HKDF-SHA256"}, {0x0002, "HKDF-SHA384"}, {0x0003, "HKDF-SHA512"}};
    return name_of(rows, sizeof rows / sizeof *rows, kdf);
}

const char *ech_aead_name(uint16_t aead)
{
    static const struct named rows[] = {{0x0001, "AES-128-GCM"}, {0x0002, "AES-256-GCM"}, {0x0003, "ChaCha20Poly1305"}};
    return name_of(rows, sizeof rows / sizeof *rows, aead);
}

static void read_suites(struct arena *arena, struct cursor block, struct ech_config *out)
{
    struct ech_suite *suites = arena_array(arena, block.left / 4, sizeof *suites);
    out->suites = suites;
    while (block.left >= 4) {
        suites[out->suite_count].kdf = cursor_u16(&block);
        suites[out->suite_count++].aead = cursor_u16(&block);
    }
}

// Whether they are well-formed.
static bool read_extensions(struct cursor block, struct ech_config *out)
{
    while (block.left != 0 && !block.bad) {
        uint16_t type = cursor_u16(&block);
        cursor_block16(&block);
        out->mandatory_extension |= (type & EXTENSION_MANDATORY) != 0;
    }
    return !block.bad;
}

// ECHConfigContents; whether it is well-formed.
static bool read_contents(struct arena *arena, struct cursor contents, struct ech_config *out)
{
    out->config_id = cursor_u8(&contents);
    out->kem = cursor_u16(&contents);
    struct cursor key = cursor_block16(&contents);
    out->public_key = cursor_rest(&key);
    struct cursor suites = cursor_block16(&contents);
    size_t suite_octets = suites.left;
    out->maximum_name_length = cursor_u8(&contents);
    struct bytes public_name = cursor_take8(&contents);
    struct cursor extensions = cursor_block16(&contents);
    if (!cursor_ended(&contents) || out->public_key.size == 0 || suite_octets == 0 || suite_octets % 4 != 0 ||
        public_name.size == 0)
        return false;
    read_suites(arena, suites, out);
    out->public_name = text_escape(arena, public_name);
    return read_extensions(extensions, out);
}

static bool read_config(struct arena *arena, struct cursor *list, struct ech_config *out)
{
    const uint8_t *start = list->next;
    *out = (struct ech_config){.version = cursor_u16(list), .public_name = ""};
    struct cursor contents = cursor_block16(list);
    out->known = out->version == ECH_VERSION;
    out->whole = (struct bytes){start, (size_t)(list->next - start)};
    return !list->bad && (!out->known || read_contents(arena, contents, out));
}

void ech_read(struct arena *arena, struct bytes bytes, struct ech_list *out)
{
    struct cursor cursor = cursor_of(bytes);
    struct cursor list = cursor_block16(&cursor);
    *out = (struct ech_list){0};
    if (!cursor_ended(&cursor) || list.left == 0) {
        out->error = "The list's length is not that of its octets.";
        return;
    }
    struct ech_config *configs =
        arena_array(arena, list.left / 4 + 1, sizeof *configs); // a config has 4 octets at least
    out->configs = configs;
    while (list.left != 0) {
        if (!read_config(arena, &list, &configs[out->count])) {
            *out = (struct ech_list){.error = "An ECHConfig in the list is malformed."};
            return;
        }
        out->count++;
    }
}
