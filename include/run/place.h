// SPDX-License-Identifier: Apache-2.0
//
// What several targets have in common when their names lead to one address, or to one network: how many connections
// there are to it at once, and which of the targets' addresses wait for one to end. Private to the
// scan.
#ifndef RUN_PLACE_H
#define RUN_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/commons.h"
#include "run/heap.h"
#include "run/pace.h"
#include "run/scan.h"
#include "run/timers.h"

struct address;

struct place {
    char text[ADDRESS_TEXT];
    unsigned users;     // addresses of targets
    unsigned in_flight; // connections
    struct pace pace;   // ... at once, and how slowly one after the other; of networks it never changes
    uint16_t answered;  // the port that answered last; 0: none so far
    bool pushes;        // it answered a question that it had cut off before, once it was asked alone
    unsigned refusals;  // questions that it cut off then too
    bool kept;          // nobody uses it, and it is slowed: in a list
    struct place *before_kept, *next_kept;
    struct heap waiting; // addresses, by their numbers
    size_t common;       // where its counts over all workers of the run stand
    struct timer again;  // ... when they may allow more
    unsigned ended;      // connections that are still counted there
    bool unsettled;      // is in the list of those
    struct place *next_unsettled;
    struct place *next; // in its bucket
};

// A zeroed struct is empty.
struct places {
    struct commons *commons; // shared with the other workers of the run, or NULL
    unsigned seat;           // ... there
    struct timers *timers;
    struct place *unsettled;
    struct place **bucket;
    size_t bucket_count, count;
    struct place *kept_first, *kept_last; // the oldest first
    size_t kept;
};

#define PLACES_KEPT 4096 // that nobody uses and that are slowed

// The place with this name, made when it is new, until it is left as often as it was entered. One that was slowed is
// remembered after that, unless many others are since then.
struct place *places_enter(struct places *places, const char *text, unsigned most, enum commons_kind kind);
void places_leave(struct places *places, struct place *place);

// The name of the network that an address is in: the /24 of IPv4, the /48 of IPv6.
void place_network(const char *address, char text[ADDRESS_TEXT]);

// Whether one more connection is within what all workers together may have; if so, it is counted there. What this
// process alone has (in_flight) is for its caller to count.
bool place_begin(struct places *places, struct place *place, uint64_t now_ms);

// One has ended for the scan. It counts until it is closed, which is when places_settle is called; until then its room
// is this process's own.
void place_end(struct places *places, struct place *place);
void places_settle(struct places *places);

// Frees what is left.
void places_release(struct places *places);

#endif
