// SPDX-License-Identifier: Apache-2.0
//
// Two hash tables, a young and an old one. When the young one is full the old one is thrown away, and the young one
// grows old.
#include "run/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/keys.h"

// "example.com." and "example.com" are one name. Of one label the dot may make a difference: the system's resolver may
// have a domain to add.
static struct bytes name_of(const char *host)
{
    struct bytes name = bytes_of_text(host);
    const char *dot = strchr(host, '.');
    if (dot != NULL && dot[1] != '\0' && host[name.size - 1] == '.')
        name.size--;
    return name;
}

struct seen_digest seen_digest_of(const struct target *target)
{
    struct arena arena = {0};
    struct builder builder = builder_in(&arena);
    struct seen_digest out;
    uint8_t digest[32];
    builder_add(&builder, name_of(target->host));
    builder_u8(&builder, 0);
    builder_u16(&builder, target->port);
    builder_add(&builder, bytes_of_text(target->sni == NULL ? "" : target->sni));
    digest_sha256(builder_bytes(&builder), digest);
    digest[0] |= 1; // never all zeros
    memcpy(out.octet, digest, sizeof out.octet);
    arena_release(&arena);
    return out;
}

uint64_t seen_number(const struct seen_digest *digest)
{
    struct cursor cursor = cursor_of((struct bytes){digest->octet + SEEN_DIGEST - 8, 8});
    return cursor_u64(&cursor);
}

static bool is_free(const struct seen_digest *slot)
{
    static const struct seen_digest none;
    return memcmp(slot, &none, sizeof none) == 0;
}

// Where the digest is, or would be. There is always a free slot.
static struct seen_digest *place_of(const struct seen_table *table, const struct seen_digest *digest)
{
    size_t at = (size_t)seen_number(digest) & (table->room - 1);
    while (!is_free(&table->slot[at]) && memcmp(&table->slot[at], digest, sizeof *digest) != 0)
        at = (at + 1) & (table->room - 1);
    return &table->slot[at];
}

static void grow(struct seen_table *table)
{
    struct seen_table larger = {.room = table->room == 0 ? 1024 : 2 * table->room, .count = table->count};
    larger.slot = calloc(larger.room, sizeof *larger.slot);
    if (larger.slot == NULL)
        die("out of memory");
    for (size_t i = 0; i < table->room; i++)
        if (!is_free(&table->slot[i]))
            *place_of(&larger, &table->slot[i]) = table->slot[i];
    free(table->slot);
    *table = larger;
}

static bool has(const struct seen_table *table, const struct seen_digest *digest)
{
    return table->room != 0 && !is_free(place_of(table, digest));
}

bool seen_has(const struct seen *seen, const struct seen_digest *digest)
{
    return has(&seen->young, digest) || has(&seen->old, digest);
}

bool seen_add(struct seen *seen, const struct seen_digest *digest)
{
    if (seen_has(seen, digest))
        return false;
    if (seen->most != 0 && seen->young.count == seen->most) {
        free(seen->old.slot);
        seen->old = seen->young;
        seen->young = (struct seen_table){0};
    }
    if (4 * (seen->young.count + 1) > 3 * seen->young.room)
        grow(&seen->young);
    *place_of(&seen->young, digest) = *digest;
    seen->young.count++;
    return true;
}

void seen_release(struct seen *seen)
{
    free(seen->young.slot);
    free(seen->old.slot);
    seen->young = seen->old = (struct seen_table){0};
}
