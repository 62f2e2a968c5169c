// SPDX-License-Identifier: Apache-2.0
//
// Finding versions and suites: offer all, remove the chosen one, repeat until refused; with the
// controls that make a refusal a `no`. Pure functions over a host's ledger: the checks versions,
// suites and certificates call them and share the probes.
#ifndef CHECK_REMOVAL_H
#define CHECK_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "check/offer.h"
#include "check/reply.h"

// The versions a host is asked about, ascending.
#define VERSIONS 6
extern const uint16_t removal_versions[VERSIONS];

struct version_found {
    uint16_t version;
    bool settled;
    uint16_t draft; // the TLS 1.3 draft that was chosen instead, or 0
    struct fact fact;
    const struct answer *accepted; // the probe that drew a ServerHello; NULL unless the verdict is yes
    bool full_refused;             // the full list was turned down, the likely one was not
    bool cut_off;                  // a `no` that rests on FIN, RST or internal_error
};

// Which of removal_versions the host has, in that order. Facts and what they point to live in
// scratch memory. WAIT: some are not settled yet (those that are can be told by their `settled`).
enum progress versions_find(struct host *host, struct version_found found[VERSIONS]);

struct suite_found {
    uint16_t code;
    const struct answer *answer; // by which it was accepted
};

struct suites_found {
    uint16_t version;
    const struct suite_found *suite; // in the order in which they were chosen
    size_t count;
    bool ordered;                  // the order is that of one chain of removals; false: no order is known
    struct fact complete;          // yes: nothing else is accepted; unknown: why
    bool full_refused;             // long lists were turned down
    bool changed;                  // the same question was answered differently: mixed backends or worse
    const struct answer *reversed; // the control: what was refused, then all accepted in reverse; NULL: not asked
    struct codes asked;            // the whole list, in the order offered
};

// The first question of a version, which offers everything at once, and what its answer says.
enum reply version_first(struct host *host, uint16_t version, const struct answer **answer);

// Whether every question of the versions has its answer, refusals that had to be repeated too. What
// is asked after that shows that the host still answers.
bool versions_asked(struct host *host);

// The leader: the highest version up to TLS 1.2 whose first question was answered with it; its
// version is 0 if there is none. WAIT: an answer is missing.
enum progress version_leader(struct host *host, struct version_found *leader);

// Every suite of a version that versions_find says yes to (SSLv3 and later). Scratch memory.
enum progress suites_find(struct host *host, const struct version_found *version, struct suites_found *found);

// Whether lists as long as those of other versions were read to their end here.
bool suites_prove_length(const struct suites_found *found);

#endif
