// SPDX-License-Identifier: Apache-2.0
//
// What several targets have in common when their names lead to one address, or to one network: how many connections
// there are to it at once, and which of the targets' addresses wait for one to end. Private to the
// scan.
#ifndef RUN_PLACE_H
#define RUN_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "run/scan.h"

struct address;

struct place {
    char text[ADDRESS_TEXT];
    unsigned users;               // addresses of targets
    unsigned in_flight;           // connections
    unsigned most;                // ... at once
    struct address *first, *last; // waiting, the longest first
    struct place *next;           // in its bucket
};

// A zeroed struct is empty.
struct places {
    struct place **bucket;
    size_t bucket_count, count;
};

// The place with this name, made when it is new, until it is left as often as it was entered.
struct place *places_enter(struct places *places, const char *text, unsigned most);

// The name of the network that an address is in: the /24 of IPv4, the /48 of IPv6.
void place_network(const char *address, char text[ADDRESS_TEXT]);
void places_leave(struct places *places, struct place *place);

// Frees what is left.
void places_release(struct places *places);

#endif
