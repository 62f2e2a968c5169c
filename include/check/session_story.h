// SPDX-License-Identifier: Apache-2.0
//
// What is asked about each way to resume a session: a first handshake that brings one, and connections that offer it.
// For sessions.c, which says what comes of it. Scratch memory.
#ifndef CHECK_SESSION_STORY_H
#define CHECK_SESSION_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "check/complete.h"
#include "check/host.h"

#define STORY_ATTEMPTS 3

enum way { WAY_ID, WAY_TICKET, WAY_PSK };
#define WAYS 3

// What is known of one way.
struct story {
    enum way way;
    uint16_t version; // 0: there is none to ask in
    struct handshake question;
    struct fact fact;           // why there is no version to ask in; else its evidence alone
    const struct answer *begun; // the first handshake
    const struct handshake_result *first;
    bool offered; // the first handshake brought a session
    const struct answer *asked[STORY_ATTEMPTS];
    const struct handshake_result *attempt[STORY_ATTEMPTS];
    unsigned attempts, resumed; // completed ones; of those
};

// Asks of one way. DONE: all is there, or there is no version to ask in, or no session to offer.
enum progress story_ask(struct host *host, struct story *story);

// Gives a way's fact; the evidence stays.
void story_settle(struct story *story, struct fact fact);

bool story_resumed(const struct story *story, unsigned number);

// Whether a connection that offered the session came to nothing and was made again: servers forget a session then.
bool story_disturbed(const struct story *story);

// Whether the connection of the session did not end before it was offered. libssl's servers forget a session whose
// connection is given up before they have closed it; tickets they need not remember.
bool story_left_open(const struct story *story);

// Whether a connection that did not resume brought a ticket of the key that the session has: so whoever gave it has
// turned it down. Never so of ids, and of tickets that bear no name of a key.
bool story_met_again(const struct story *story);

bool story_has_ticket(const struct story *story);
uint32_t story_early_data_limit(const struct story *story);

#endif
