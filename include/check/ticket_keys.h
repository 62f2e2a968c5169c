// SPDX-License-Identifier: Apache-2.0
//
// Names of ticket keys. RFC 5077 section 4 recommends that a ticket begins with the name of its key, in 16 octets.
// Where two tickets of different connections begin alike, that is what they do. For the check `sessions`.
#ifndef CHECK_TICKET_KEYS_H
#define CHECK_TICKET_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/handshake.h"

struct arena;

#define TICKET_KEYS_MOST 5 // connections

// Of tickets of one version: a server may keep a name in those of one, and the id of a session in those of another.
struct ticket_keys {
    const struct ticket *ticket[TICKET_KEYS_MOST]; // the first of each connection
    size_t count, distinct;
};

// NULL, and what brought no ticket, add nothing.
void ticket_keys_add(struct ticket_keys *keys, const struct handshake_result *result);

// Whether tickets begin with names here.
bool ticket_keys_named(const struct ticket_keys *keys);

// Whether each of these begins as one of the others.
bool ticket_keys_within(const struct ticket_keys *keys, const struct ticket_keys *others);

// The distinct beginnings in hex.
const char *ticket_keys_list(struct arena *arena, const struct ticket_keys *keys);

// Whether the first tickets of both begin alike. False where one of them brought none.
bool ticket_keys_same(const struct handshake_result *a, const struct handshake_result *b);

#endif
