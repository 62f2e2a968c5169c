// SPDX-License-Identifier: Apache-2.0
//
// Compares the first octets of tickets.
#include "check/ticket_keys.h"

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

static struct bytes name_of(const struct ticket *ticket) { return (struct bytes){ticket->name, ticket->name_size}; }

void ticket_keys_add(struct arena *arena, struct ticket_keys *keys, const struct handshake_result *result)
{
    if (result == NULL || result->ticket_count == 0)
        return;
    struct bytes name = name_of(&result->ticket[0]);
    bool known = false;
    for (size_t i = 0; i < keys->count; i++)
        known = known || bytes_equal(name_of(keys->ticket[i]), name);
    always(keys->count < TICKET_KEYS_MOST);
    keys->ticket[keys->count++] = &result->ticket[0];
    if (known)
        return;
    const char *hex = text_hex(arena, name);
    keys->list = keys->distinct++ == 0 ? hex : arena_text(arena, "%s, %s", keys->list, hex);
}

bool ticket_keys_named(const struct ticket_keys *keys) { return keys->distinct < keys->count; }

bool ticket_keys_same(const struct handshake_result *a, const struct handshake_result *b)
{
    return a != NULL && b != NULL && a->ticket_count != 0 && b->ticket_count != 0 &&
           bytes_equal(name_of(&a->ticket[0]), name_of(&b->ticket[0]));
}
