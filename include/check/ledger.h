// SPDX-License-Identifier: Apache-2.0
//
// What is known of one host so far: each probe that was asked for, and its outcome once there is
// one. The ledger is the only state that checks have. It also keeps the queue of probes that are
// wanted and not yet sent, in the order they were first asked for.
#ifndef CHECK_LEDGER_H
#define CHECK_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "probe/outcome.h"
#include "probe/packed.h"
#include "probe/probe.h"
#include "probe/talk.h"

struct following;

// In an order that leaves no gaps: there is one for each question to each host.
struct answer {
    uint64_t key;
    struct packed form;            // the probe's canonical form: see answer_form
    const struct outcome *outcome; // NULL: not known yet
    uint32_t waiting;              // checks that wait for it, one bit each
    uint32_t askers;               // checks that asked it, answered or not; the lowest one caused it
    uint8_t ahead;                 // goes before what has a lower number: of the check that asks it, see host.h
    uint8_t kind;                  // enum probe_kind
    bool taken;                    // by ledger_take
    bool asked;                    // by a check, and not only ahead of one that might ask
    struct following *following;   // the questions that its outcome led to, see ask_following
    struct answer *next_in_bucket, *next;
};

// The canonical form, written into the arena, and the probe itself.
struct bytes answer_form(const struct answer *answer, struct arena *arena);
void answer_decode(const struct answer *answer, struct arena *arena, struct probe *probe);

// Whether it is asked of others than the host: a fetch or records. It takes no connection to the host.
bool answer_is_errand(const struct answer *answer);

// A question, which of those that one outcome led to it is, and what its asker knew when it asked.
struct following {
    struct following *next;
    struct answer *answer;
    unsigned way;
    uint64_t note[];
};

struct ledger {
    struct arena memory;        // of entries and outcomes
    const struct codes *offers; // what hellos may offer, to keep forms by (packed.h); NULL: as they are
    struct tails tails;         // ... and what they share
    struct intern intern;       // what outcomes share
    struct answer **bucket;
    size_t bucket_count, count;
    struct answer *first, *last; // every entry, in the order first asked
    struct answer *unsent;       // the first question to the host that the scan has not taken yet; behind it
                                 // some may be taken
    struct answer *errand;       // ... and the first to others
};

// The entry for a probe, made and queued when it is new. scratch: for the canonical form.
struct answer *ledger_want(struct ledger *ledger, struct arena *scratch, const struct probe *probe);

// An entry from a canonical form, made when it is new but not queued (replay). NULL: malformed.
struct answer *ledger_enter(struct ledger *ledger, struct bytes encoded);

struct answer *ledger_find(const struct ledger *ledger, uint64_t key); // NULL: no such probe

// The next wanted probe without an outcome that was not taken before, or NULL: one that is asked of the host,
// of those that go ahead of all others the one asked first; and one that is asked of others.
struct answer *ledger_take(struct ledger *ledger);
struct answer *ledger_take_errand(struct ledger *ledger);

// The first question to the host that ledger_take would give some time and that `chosen` wants; NULL: none.
struct answer *ledger_take_chosen(struct ledger *ledger, bool (*chosen)(void *context, const struct answer *answer),
                                  void *context);

// Gives an entry its outcome; must not have one. The outcome's views must live in ledger->memory.
void ledger_settle(struct ledger *ledger, struct answer *answer, const struct outcome *outcome);

void ledger_release(struct ledger *ledger);

#endif
