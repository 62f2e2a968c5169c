// SPDX-License-Identifier: Apache-2.0
//
// Questions to others than the scanned hosts: documents over HTTP and records of DNS. Each is asked once for
// a run, however many addresses want it: those that come while it is out wait for it, and those that come later
// get what came. Private to the scan.
//
//     errands_want -> (errands_start, errand_event)... -> address_brought; errands_leave
//
// A document is kept while anybody uses it, and then as long as there is room; a failure a short while; records
// while they are used, since the resolver has a cache of its own. A resolver that never answers is found out
// once for the run, and then not waited for.
#ifndef RUN_ERRAND_H
#define RUN_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "check/ledger.h"
#include "probe/talk.h"
#include "run/scan.h"
#include "run/timers.h"

#define ERRANDS_FETCHES   16                  // connections to others at once
#define ERRANDS_PER_HOST  4                   // ... to one name, over all workers of a run
#define ERRANDS_LOOKUPS   64                  // look-ups at once
#define ERRANDS_OCTETS    (256 * 1024 * 1024) // kept of all documents; what would go beyond is not fetched
#define ERRANDS_IDLE      (64 * 1024 * 1024)  // ... of those that nobody uses
#define ERRANDS_FAILED_MS 60000               // how long a failure, or a silent resolver, is believed
#define ERRAND_ADDRESSES  3                   // of one host that are tried

struct address;
struct engine;

// One address that wants what an errand brings.
struct errand_use {
    struct errand *errand;
    struct address *address;
    struct answer *answer;           // NULL: it is settled, and what it points to is used
    struct errand_use *next_waiting; // in the errand's list
    struct errand_use *next;         // in the address's list
};

enum errand_state { ERRAND_QUEUED, ERRAND_RESOLVING, ERRAND_CONNECTING, ERRAND_TALKING, ERRAND_LOOKING, ERRAND_DONE };

struct errand {
    struct engine *engine;
    struct arena memory; // of the form, the question and the outcome
    struct bytes form;
    uint64_t key;
    struct address *own; // whose own address is asked, and who alone gets it; NULL: for all
    struct errand *next_in_bucket;
    struct errand *before, *next; // in its list
    bool listed;                  // it can still be found
    bool entered, counted;        // in what all workers share, at this place:
    size_t common;

    enum errand_state state;
    struct errand_use *waiting, *last_waiting;
    unsigned users;
    struct probe probe;
    struct fetch_place place;
    char address[ERRAND_ADDRESSES][ADDRESS_TEXT];
    size_t address_count, tried;

    uint64_t id; // of the look-up or the connection; 0: none
    struct timer timer;
    uint64_t started_ms, connected_ms;
    struct talk *talk; // when talking
    struct outcome outcome;
    uint64_t ended_ms;
};

struct errand_list {
    struct errand *first, *last;
};

// A zeroed struct is empty.
struct errands {
    struct errand **bucket;
    size_t bucket_count, count;
    struct errand_list queue, out, idle; // not started; under way; done and not used, the oldest first
    unsigned fetching, looking;
    size_t octets, idle_octets;
    bool resolver_answered; // ever
    bool resolver_silent;
    uint64_t silent_since_ms;
    uint64_t fetches, lookups; // started: connections, look-ups
    struct timer again;        // when other workers may have made room
};

void errands_release(struct errands *errands);

// The outcome of what an address wants, where it is there or can be told at once; it is good until
// errands_leave. NULL: address_brought will bring it.
const struct outcome *errands_want(struct address *address, struct answer *answer);

// The next answer that an address waits for and now gives up; NULL: it waits for none.
struct answer *errands_give_up(struct address *address);

// The address is gone: neither waits nor uses.
void errands_leave(struct address *address);

// Starts what is queued, as far as the limits allow. Whether some of it was settled without asking anybody.
bool errands_start(struct engine *engine);

void errand_event(struct errand *errand, const struct scan_event *event);

// --- for fetching.c and errand.c -----------------------------------------------------------------

void errand_begin(struct errand *errand);    // takes the first step
void errand_cancel(struct errand *errand);   // ends look-up or connection
void errand_postpone(struct errand *errand); // back into the queue, as if it had not begun

// The outcome is in: everybody who waits is told. What it points to must live in the errand's memory or for ever.
void errand_settle(struct errand *errand, const struct outcome *outcome);

// The resolver said something, or did not in time.
void errands_heard(struct engine *engine);
void errands_unheard(struct errand *errand, const char *why);

#endif
