// SPDX-License-Identifier: Apache-2.0
//
// A model server for questions about key exchange: groups, primes, public values, long hellos. A
// plain value that says what it has and which bad habits; the truth of the checks' tests. It shares
// no code with what they test but the registry.
#ifndef TESTS_SUPPORT_EXCHANGE_H
#define TESTS_SUPPORT_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rehearsal.h"

#define EXCHANGE_GROUPS 24

enum exchange_dhe {
    DHE_OWN_PRIME, // whatever groups are listed
    DHE_BY_LIST,   // RFC 7919: the first of `finite` that is listed, else no DHE
};

struct exchange {
    bool tls12, tls13;
    uint16_t suite[8];               // of TLS 1.2, in the server's order; 0 ends it
    uint16_t group[EXCHANGE_GROUPS]; // of TLS 1.2; 0 ends it
    uint16_t group13[EXCHANGE_GROUPS];
    uint16_t finite[6];
    bool client_order;
    enum exchange_dhe dhe;
    struct bytes prime; // its own
    uint16_t curve;     // of its certificate, without which in the list it cannot sign; 0: no matter
    struct bytes certificate;
    enum outcome_kind refusal; // OUTCOME_ALERT: handshake_failure

    // bad habits
    bool ignores;                       // goes on with its first group, whatever is listed
    bool takes_any;                     // ... with the first that is listed, whatever that is
    bool retries_without_group;         // HelloRetryRequest that names none, where none is common
    bool fails_late;                    // ends the handshake behind its ServerHello, where none is common
    uint16_t names;                     // a group that is named in every answer; 0: no
    uint16_t stays_classical;           // a group that is kept to when its share was sent; 0: no
    uint16_t longest;                   // longer hellos are cut off; 0: any length
    bool one_record, one_segment;       // a hello must come in one, or is cut off
    bool silent_when_long;              // ... or is not answered
    bool repeats_finite, repeats_curve; // public values do not change
    bool repeats_rarely;                // ... those on curves, as soon as x25519 is not listed
    unsigned tires_after;               // answers that many hellos, then resets; 0: never
    uint8_t tires_with;                 // ... with that alert
    uint64_t moody;                     // one hello of ten is refused, whatever is in it; drawn by this, 0: none
};

struct outcome exchange_answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number);

// A prime of data/dh-primes.csv, by its name there; ends the test when it is not there.
struct bytes exchange_prime(struct arena *arena, const char *name);

// The row of a section with that id; fails the test when there is none.
const struct feature_fact *exchange_feature(const struct facts *facts, enum feature_section section, const char *id);

#endif
