// SPDX-License-Identifier: Apache-2.0
//
// Compares the first octets of tickets.
#include "check/ticket_keys.h"

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

static struct bytes name_of(const struct ticket *ticket) { return (struct bytes){ticket->name, ticket->name_size}; }

// Whether one of the first `count` begins like the ticket.
static bool is_known(const struct ticket_keys *keys, size_t count, const struct ticket *ticket)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(name_of(keys->ticket[i]), name_of(ticket)))
            return true;
    return false;
}

void ticket_keys_add(struct ticket_keys *keys, const struct handshake_result *result)
{
    if (result == NULL || result->ticket_count == 0)
        return;
    always(keys->count < TICKET_KEYS_MOST);
    keys->distinct += !is_known(keys, keys->count, &result->ticket[0]);
    keys->ticket[keys->count++] = &result->ticket[0];
}

bool ticket_keys_named(const struct ticket_keys *keys) { return keys->distinct < keys->count; }

bool ticket_keys_within(const struct ticket_keys *keys, const struct ticket_keys *others)
{
    for (size_t i = 0; i < keys->count; i++)
        if (!is_known(others, others->count, keys->ticket[i]))
            return false;
    return true;
}

const char *ticket_keys_list(struct arena *arena, const struct ticket_keys *keys)
{
    const char *list = "";
    for (size_t i = 0; i < keys->count; i++)
        if (!is_known(keys, i, keys->ticket[i]))
            list = arena_text(arena, "%s%s%s", list, i == 0 ? "" : ", ", text_hex(arena, name_of(keys->ticket[i])));
    return list;
}

bool ticket_keys_same(const struct handshake_result *a, const struct handshake_result *b)
{
    return a != NULL && b != NULL && a->ticket_count != 0 && b->ticket_count != 0 &&
           bytes_equal(name_of(&a->ticket[0]), name_of(&b->ticket[0]));
}
