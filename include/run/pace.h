// SPDX-License-Identifier: Apache-2.0
//
// How fast to ask: a limit on connections started per second over all, and for one address a
// number of connections at once and a pause between two of them, both learned from what the
// address does to us. Arithmetic over `now`; no clock, no queue.
#ifndef RUN_PACE_H
#define RUN_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// Spreads `rate` starts evenly over each second. A zeroed struct with its rate set is ready.
struct bucket {
    unsigned rate;            // per second; 0: unlimited
    uint64_t next_us;         // when the next start is on schedule
    _Atomic uint64_t *common; // the same of all processes of a run, instead; or NULL
};

// A start may happen now; take it when it does.
bool bucket_ready(const struct bucket *bucket, uint64_t now_ms);
void bucket_take(struct bucket *bucket, uint64_t now_ms);

// The first millisecond at which bucket_ready holds.
uint64_t bucket_due(const struct bucket *bucket);

// What one connection taught about its address.
enum lesson {
    LESSON_ANSWERED,      // something sensible came back
    LESSON_RESET,         // RST before an answer: a refusal of this question, or of us
    LESSON_TURNED_AWAY,   // words that are no TLS, where TLS was spoken before: "too many connections"
    LESSON_NOT_CONNECTED, // refused or no answer to the SYN
};

#define PACE_BURST         3   // such lessons in a row slow us down
#define PACE_RECOVERY      8   // answers in a row that let us speed up again, by one step
#define PACE_FIRST_DELAY   100 // milliseconds
#define PACE_LONGEST_DELAY 2000
#define PACE_CALM          300 // those turned away within it are one lesson

// How far down a pace is: in one word, so that several processes can share it. All zeros: as fast as configured.
struct pace_state {
    _Atomic uint64_t slowness; // connections at once, the pause between two starts, why, and whose they are
    _Atomic uint64_t next_ms;  // no start before
};

#define PACE_MOST 2047 // connections at once that can be told there

// Where processes share it: of two addresses that meet in one place the last one to be slowed is there, and the other
// one is not slowed for it.
struct pace_common {
    struct pace_state *state; // NULL: nothing is shared
    uint64_t name;            // a hash of the address
};

struct pace {
    unsigned most;         // connections at once, as configured
    struct pace_state own; // ... or that of all processes of a run:
    struct pace_common common;
    uint64_t calm_ms;                   // when being turned away teaches again
    unsigned answers, resets, failures; // in a row
    bool answered;                      // ever
    bool pushed_back;                   // a burst of failed connections, or twice the burst of resets
};

void pace_begin(struct pace *pace, unsigned most, struct pace_common common);
void pace_started(struct pace *pace, uint64_t now_ms);

// Before the address has ever answered nothing is learned: it is then simply not there.
void pace_learn(struct pace *pace, uint64_t now_ms, enum lesson lesson);

unsigned pace_limit(const struct pace *pace);    // connections at once, now
unsigned pace_delay_ms(const struct pace *pace); // between two starts
uint64_t pace_next_ms(const struct pace *pace);  // no start before
bool pace_is_slowed(const struct pace *pace);
bool pace_taught(const struct pace *pace); // ... by a lesson

// One connection at a time, to find out what a reset was about; and what it was before all slowness.
void pace_hush(struct pace *pace, uint64_t now_ms, bool taught);
void pace_restore(struct pace *pace);

#endif
