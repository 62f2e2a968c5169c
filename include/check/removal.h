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

// What a higher version has shown already.
struct removal_context {
    bool pending; // it is not known yet
    bool led;     // a version above was looked at
    bool proven;  // ... and a list as long as ours was read to its end
};

// The context for the versions below, given that of the versions above and what was found here.
// The highest version up to TLS 1.2 leads; those below lean on it.
struct removal_context removal_lead(const struct removal_context *context, const struct suites_found *found);

// Every suite of a version that versions_find says yes to (SSLv3 and later). Scratch memory.
enum progress suites_find(struct host *host, const struct version_found *version, const struct removal_context *context,
                          struct suites_found *found);

#endif
