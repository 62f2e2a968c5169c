// SPDX-License-Identifier: Apache-2.0
//
// Addresses of different targets that are one endpoint: same address, same port, same server name sent or none. That is
// so only where all targets of a run get one server name or none; elsewhere each name is asked for itself. What such an
// endpoint has answered is kept question by question, so that a question goes there once, and whatever
// depends on a target's own name is another question. Private to the scan.
//
// They take turns: one asks, the others wait until it is finished, and then ask what is not known yet. What an endpoint
// said is kept while anybody uses it, and then as long as there is room.
#ifndef RUN_TWIN_H
#define RUN_TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/ledger.h"
#include "run/scan.h"

#define TWINS_IDLE (32 * 1024 * 1024) // octets kept of endpoints that no target in flight leads to

struct address;

struct twin {
    char address[ADDRESS_TEXT];
    uint16_t port;
    const char *server_name;      // or NULL
    struct ledger ledger;         // what it has answered; in its memory is what outcomes point to
    bool pushed_back;             // at some time
    unsigned users;               // addresses of targets
    struct address *first, *last; // unfinished ones of them: the first one asks
    struct twin *next_in_bucket;
    struct twin *before, *next; // idle ones, the oldest first
};

// A zeroed struct is empty.
struct twins {
    struct twin **bucket;
    size_t bucket_count, count;
    struct twin *first, *last; // idle
    size_t idle_octets;
};

// The endpoint of an address whose text and port are set. To be left once nothing of what it said is used any more.
struct twin *twins_enter(struct twins *twins, const struct address *address, const char *server_name);
void twins_leave(struct twins *twins, struct twin *twin);

// Takes its place behind those that are there.
void twin_queue(struct twin *twin, struct address *address);

// No effect on who is not in the queue. The one whose turn it is now for that reason, or NULL.
struct address *twin_unqueue(struct twin *twin, struct address *address);

// What it said to this question; NULL: it was not asked.
const struct outcome *twin_said(const struct twin *twin, const struct answer *answer);

// Only what the endpoint or the road there is the cause of; what it points to lives in the twin's ledger.
void twin_note(struct twin *twin, const struct answer *answer, const struct outcome *outcome);

void twins_release(struct twins *twins);

#endif
