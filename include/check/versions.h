// SPDX-License-Identifier: Apache-2.0
//
// Which versions a host has, and the suites of each: what every other check starts from. Pure
// functions over the ledger: whoever calls them shares the probes.
#ifndef CHECK_VERSIONS_H
#define CHECK_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "check/offer.h"
#include "check/removal.h"
#include "check/reply.h"

// The versions a host is asked about, ascending.
#define VERSIONS 6
extern const uint16_t versions_asked_for[VERSIONS];

struct version_found {
    uint16_t version;
    bool settled;
    uint16_t draft; // the TLS 1.3 draft that was chosen instead, or 0
    struct fact fact;
    const struct answer *accepted; // the probe that drew a ServerHello; NULL unless the verdict is yes
    bool full_refused;             // the full list was turned down, the likely one was not
    bool needs_share;              // TLS 1.3: answered only with key shares and old codes, and so unknown
    bool doubtful;                 // a `no` that rests on another refusal than the alert protocol_version
};

// Which of versions_asked_for the host has, in that order. Facts and what they point to live in
// scratch memory. WAIT: some are not settled yet (those that are can be told by their `settled`).
enum progress versions_find(struct host *host, struct version_found found[VERSIONS]);

// The same as soon as it is known which versions are accepted: a `no` may not be settled yet, and
// nothing more is asked for its sake. Enough for whoever goes on from what the host has.
enum progress versions_accepted(struct host *host, struct version_found found[VERSIONS]);

// The first question of a version, which offers everything at once, and what its answer says.
enum reply version_first(struct host *host, uint16_t version, const struct answer **answer);

// Whether every question of the versions has its answer, refusals that had to be repeated too. What
// is asked after that shows that the host still answers.
bool versions_asked(struct host *host);

// The leader: the highest version up to TLS 1.2 whose first question was answered with it; its
// version is 0 if there is none. WAIT: an answer is missing.
enum progress version_leader(struct host *host, struct version_found *leader);

// Every suite of a version that versions_find says yes to (SSLv3 and later). Scratch memory. WAIT: what was chosen so
// far is there, as from removal_find.
enum progress suites_find(struct host *host, const struct version_found *version, struct removal_found *found);

// Whether lists as long as those of other versions were read to their end here.
bool suites_prove_length(const struct removal_found *found);

#endif
