// SPDX-License-Identifier: Apache-2.0
//
// DNS for tests of checks: a few names with their records, written as people do, and what a resolver would make of a
// question about them. What is not listed has no records.
#ifndef TESTS_SUPPORT_ZONE_H
#define TESTS_SUPPORT_ZONE_H

#include <stdint.h>

#include "check/host.h"
#include "probe/records.h"

struct zone_row {
    const char *name; // NULL ends a zone
    uint16_t type;
    const char *records[4]; // CAA: "issue ca.example", "!issue ca.example" where it is critical; others: hex
    enum dnssec dnssec;
    const char *canonical;
    int rcode;
    enum outcome_kind kind; // other than OUTCOME_REPLIED: nothing was answered
};

// The outcome of a question about records. dnssec: of names that are not listed.
struct outcome zone_answer(const struct zone_row *zone, enum dnssec dnssec, struct ledger *ledger,
                           const struct answer *asked);

#endif
