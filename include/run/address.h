// SPDX-License-Identifier: Apache-2.0
//
// One address of a target under scan: it takes the probes that its host wants, makes an attempt
// of each, and feeds the outcomes back until the host is finished. Private to the scan.
//
//     address_begin -> (address_start, attempt_event)... -> owner told -> address_release
#ifndef RUN_ADDRESS_H
#define RUN_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"
#include "probe/talk.h"
#include "run/engine.h"
#include "run/errand.h"
#include "run/pace.h"
#include "run/scan.h"
#include "run/timers.h"

// One wanted probe on its way to an outcome: waiting for its next try, or on a connection.
struct attempt {
    struct address *address;
    struct answer *answer;
    struct attempt *before, *next; // among the address's attempts
    struct attempt *next_again;    // among those whose pause is over
    struct heap_item turn;         // of a complete handshake that waits for others (handshakes.h)
    uint64_t id;                   // of the connection; 0: none
    bool has_turn;                 // of those that need one
    bool turned_away;              // in words, or cut off, and then asked again
    bool doubted;                  // it was cut off, and is asked again alone
    bool slow;                     // ... and slowly
    unsigned patience;             // ... and is believed after so many tries; 0: it was not cut off so far
    unsigned tries;                // connections begun for it
    unsigned local_failures;
    uint64_t started_ms, connected_ms;
    struct timer timer; // of the connection, or of the pause before the next
    struct talk *talk;  // NULL: not connected
};

struct address {
    struct engine *engine;
    struct arena *memory; // of the target
    struct endpoint endpoint;
    uint16_t port;
    struct pace pace;  // for this target; what all targets keep to is its place's
    struct timer wake; // the pace allows the next start

    struct attempt *attempts; // all without outcome
    struct attempt *again_first, *again_last;
    struct attempt *spare;    // for the next
    unsigned in_flight;       // connections
    struct place *place;      // shared with other targets that lead to the same address
    struct place *network;    // ... to the same network; NULL: networks are not limited
    struct place *waits;      // the one of the two where a connection of another target has to end first
    struct heap_item waiting; // there
    struct twin *twin; // what other targets' addresses have told of the same endpoint; NULL: each asks for itself
    struct address *before_twin, *next_twin;

    bool opened;           // the first connection came to something: more may follow at once
    unsigned failures;     // failed connections in a row
    unsigned foreign;      // answers in another protocol before it was opened
    unsigned cuts;         // connections that were cut off, in a row
    unsigned in_doubt;     // attempts whose question was cut off and is asked again
    unsigned in_vain;      // questions that were asked again slowly for that, and cut off again, in a row
    const char *lost;      // why nothing more is asked of the address, or NULL
    const char *abandoned; // ... nor of others
    struct errand_use *uses;
    bool finished;

    uint64_t number;        // those begun before have lower ones
    uint64_t began_ms;      // its first connection; UINT64_MAX: there was none yet
    struct heap_item ready; // in the engine's, when it has something to start

    void (*tell)(void *owner); // called once, when finished
    void *owner;
};

// Prepares a zeroed address; its engine, memory, port, endpoint.address, tell and owner are set.
void address_begin(struct address *address, const struct target *target);

// Starts one connection. False: there is nothing to start at present.
bool address_start(struct address *address);

// Whether it had no connection yet since others are in the way.
bool address_is_held_back(const struct address *address);

// Ends what is open and settles everything that is wanted as skipped; `why` must stay good.
void address_abandon(struct address *address, const char *why);

void address_release(struct address *address);

// --- for room.c ----------------------------------------------------------------------------------

// Whether it has a connection to start, and may. If others are in the way it waits for them.
bool address_may_start(struct address *address);

// --- for errand.c --------------------------------------------------------------------------------

// What an errand brought for an answer of the address's host.
void address_brought(struct address *address, struct answer *answer, const struct outcome *outcome);

// --- for attempt.c -------------------------------------------------------------------------------

// Begins a connection. False: the attempt waits for others' handshakes, and is back by address_again.
bool attempt_start(struct attempt *attempt);

// Carries on with it.
void attempt_event(struct attempt *attempt, const struct scan_event *event);

// Ends its connection, pause or wait.
void attempt_cancel(struct attempt *attempt);

// A connection begins, and has ended.
void address_began(struct address *address);
void address_ended(struct address *address);

// Where what its outcomes point to lives.
struct ledger *address_ledger(struct address *address);

// What a connection taught, before its attempt is settled or made again.
void address_learn(struct address *address, const struct outcome *outcome);

// A question was cut off, and is to be asked again with nothing else under way; again: it was before, and slowly. It
// was cut off each time, slow: after a long while too. And it was answered after all, as one that was turned away in
// words.
void address_doubt(struct attempt *attempt, bool again);
void address_refuses(struct address *address, bool slow);
void address_was_pushed_back(struct address *address);

// Whether questions of a burst were cut off however slowly they were asked again: that is its way to refuse them.
bool address_asked_in_vain(const struct address *address);

// The pause is over.
void address_again(struct attempt *attempt);

// The outcome is in; the attempt is gone after this.
void address_settle(struct attempt *attempt, const struct outcome *outcome);

#endif
