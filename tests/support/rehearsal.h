// SPDX-License-Identifier: Apache-2.0
//
// Runs the checks of one host against a function that answers probes, without sockets and time:
// answers arrive in an order drawn from a seed, and some may be lost.
#ifndef TESTS_SUPPORT_REHEARSAL_H
#define TESTS_SUPPORT_REHEARSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"

// The outcome of a probe that is the number-th (from 0) to be answered. What it points to must live
// in ledger->memory.
typedef struct outcome answer_probe(void *context, struct ledger *ledger, const struct answer *asked, unsigned number);

struct rehearsal {
    struct host host;
    struct target target;
    unsigned connections;
    unsigned waves; // of questions that wait for no answer of their own wave: the round trips it takes
};

struct circumstances {
    uint64_t seed;                   // of the order of arrival
    unsigned lost_percent;           // of the questions that get no answer, the same ones in every order
    bool named;                      // the target has a server name
    bool in_waves;                   // all that is asked is answered before the next is taken
    uint16_t port;                   // of the target; 0: 443
    const char *client_certificate;  // of the run; NULL: none
    const struct ct_logs *ct_logs;   // NULL: those built in
    const struct trust_store *store; // NULL: trust is not judged
    uint16_t pinned;                 // of the target
    const char *alpn;                // likewise
    int64_t now;                     // 0: 1800000000, in January 2027
    uint64_t selected;               // checks; 0: versions, suites and certificates
};

// Ends the test when the checks wait for nothing or ask without end. Release with host_release.
void rehearse(struct rehearsal *rehearsal, const struct circumstances *how, answer_probe *answer, void *context);

// The set of the checks with these ids, separated by commas.
uint64_t checks_named(const char *ids);

// The JSON report, malloc'd; without traffic, but with the connections that each check caused.
char *rehearsal_report(struct rehearsal *rehearsal);

#endif
