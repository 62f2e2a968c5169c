// SPDX-License-Identifier: Apache-2.0
//
// The groups that a host agrees on keys with, up to TLS 1.2 and in TLS 1.3. Pure functions over the
// ledger: whoever calls them shares the probes.
#ifndef CHECK_GROUPS_H
#define CHECK_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"
#include "check/removal.h"
#include "check/versions.h"

struct groups_found {
    struct version_found version; // that was asked: its version is 0 where the host has none
    // Up to TLS 1.2 curves alone; in TLS 1.3 every group. Its choices are what was proven.
    struct removal_found named;
    // Up to TLS 1.2 the primes of RFC 7919, where the server takes notice of that; else empty.
    struct removal_found finite;
    unsigned offered;             // code points asked about
    struct fact complete;         // of both lists together; without a version: why there is none
    const struct answer *made_up; // the control: a list of one group that does not exist; NULL: none was needed
};

// version: TLS12, which stands for the highest version up to it that the host has, or TLS13.
enum progress groups_find(struct host *host, uint16_t version, struct groups_found *found);

#endif
