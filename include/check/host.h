// SPDX-License-Identifier: Apache-2.0
//
// Everything a check may see of one host, and `ask`. A host is one address and port of a target.
// A check is called with a host and a struct facts to fill; it asks, returns WAIT where an answer
// it needs is not there yet, and is called again from its first line when one arrives. Checks are
// pure: no I/O, no clock, no randomness, no static variable.
#ifndef CHECK_HOST_H
#define CHECK_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "check/fact.h"
#include "check/ledger.h"
#include "probe/target.h"
#include "wire/ct_logs.h"
#include "wire/key_list.h"

enum progress { WAIT, DONE };

// Everything that a hello may offer up to TLS 1.2, and in 1.3; both and what signals by a suite's code; and the ranks
// of the first (offer.h).
struct offers {
    struct codes suites, suites_13, all;
    struct codes likely_rsa; // of the likely ones up to TLS 1.2 those that want an RSA certificate
    struct codes ecdhe, dhe; // of `suites`
    const uint8_t *suite_ranks;
};

struct host {
    const struct target *target;
    const struct trust_store *store; // NULL: trust is not judged
    struct key_lists key_lists;      // of bad keys, where they were given; set after host_begin
    const struct ct_logs *ct_logs;   // instead of the table that is built in, or NULL; likewise
    int64_t now;                     // seconds since 1970, to judge dates by
    const char *client_certificate;  // SHA-256 of the one that complete handshakes can present, hex; NULL: none
    uint64_t selected;               // checks to run, bit i: row i of checks.def
    const struct offers *offers;     // what hellos may offer, the same for every host; given before host_begin, or made
    struct answer *first[6];         // the first question of each version, once asked (versions.h)
    struct answer *canary[6];        // ... and the same once more, as a canary
    struct versions_known *versions; // what versions_find found; NULL: it was not called yet
    struct versions_known *versions_accepted; // ... and versions_accepted
    struct suites_known *suites;              // ... and suites_find, for each version

    struct ledger ledger;
    struct arena facts_memory;
    struct facts facts;
    uint64_t finished; // checks that are done
    bool telling;      // all are: facts are made that stay, and those too by which no check asks

    struct arena *scratch;     // given for the time of a step
    struct arena_mark kept;    // what stands before it stays until the step ends
    uint64_t step;             // the number of this one
    unsigned asking;           // the check that runs now
    unsigned sharing;          // searches under way whose questions are noted (shared.h) ...
    const struct asked *asked; // ... here, the last first
};

// A check's row: see checks.def.
struct check {
    const char *id;        // "versions"
    const char *question;  // one sentence
    const char *citations; // "RFC 8446, RFC 8996"
    unsigned flags;        // CHECK_*
    unsigned ahead;        // 0 to 2: the longer its chains of questions, the higher; those go before others
    enum progress (*run)(struct host *host, struct facts *facts);
};

// CHECK_BASIS: other checks ask by what its facts say, so they are kept from when it is done; those of others are there
// once the host is finished.
enum { CHECK_DEFAULT = 1, CHECK_DEEP = 2, CHECK_INTRUSIVE = 4, CHECK_BASIS = 8 };

size_t check_count(void);
const struct check *check_at(size_t index);
const struct check *check_find(const char *id); // NULL: no such check
uint64_t check_defaults(void);                  // the set that runs when none is named

// Whether a check was selected for this host, and whether it is done. A check that needs what
// another has asked waits until that one is done, and is called again then.
bool host_runs(const struct host *host, const struct check *check);
bool host_done(const struct host *host, const struct check *check);

// Asks. The result's outcome is NULL when it is not known yet; it is then wanted, once, and the
// check that asked will be called again. The result stays good as long as the host.
const struct answer *ask(struct host *host, const struct probe *probe);

// Has it asked early, since the question will be needed if a guess is right. Nobody waits for the answer. It is laid
// to the check `whose` where that runs, whoever comes to it first.
void ask_ahead(struct host *host, const struct probe *probe, const struct check *whose);

// The sample of the control that is to be asked after a question was turned down twice. It is that question's own: what
// others were answered before proves nothing of what came after.
uint16_t canary_sample(const struct answer *refusal);

// As ask, for a probe whose entry is known.
const struct answer *ask_again(struct host *host, struct answer *answer);

// Chains of questions are walked from their start each time a check is called. What a question led
// to depends on nothing but its outcome, so it is noted, and found again without making the
// probe anew, with what the asker knew by then (size octets, which are copied). Where it led to several, `way` (0 to 2)
// tells them apart. NULL: not noted yet; then ask, and note it.
const struct answer *ask_following(struct host *host, const struct answer *before, unsigned way, const void **note);
void note_following(struct host *host, const struct answer *before, unsigned way, const struct answer *following,
                    const void *note, size_t size);

// Prepares a zeroed host. target and store must outlive it.
void host_begin(struct host *host, const struct target *target, const struct trust_store *store, int64_t now,
                uint64_t selected);

// Runs every selected check that is not finished and that waits for `answer` (NULL: every one),
// and, when one of them is done, all those after it.
// After it either host_finished, or there are wanted probes, sent or unsent, without outcome.
void host_step(struct host *host, struct arena *scratch, const struct answer *answer);

bool host_finished(const struct host *host);

// Frees ledger and facts.
void host_release(struct host *host);

enum host_status { HOST_COMPLETE, HOST_PARTIAL, HOST_UNREACHABLE, HOST_NOT_TLS, HOST_REFUSED };

// From the outcomes: see report.md. sentence: why, or NULL for HOST_COMPLETE; in the host's memory.
enum host_status host_status(struct host *host, const char **sentence);
const char *host_status_name(enum host_status status);

#endif
