// SPDX-License-Identifier: Apache-2.0
//
// Where certificates are seen: the answers that carry one, each with the version and whether a
// server name was sent. TLS up to 1.2 shows them in every answer; TLS 1.3 wants a key share.
#ifndef CHECK_SIGHTING_H
#define CHECK_SIGHTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "check/versions.h"

#define SIGHTINGS 1024

struct sighting {
    const struct answer *answer; // its flight has at least one certificate
    uint16_t version;
    bool sni;
};

struct sightings {
    struct sighting row[SIGHTINGS];
    size_t count;
    struct fact whole;                // yes: every kind of key was asked for; unknown: why not
    struct evidence nameless_refused; // refused without a server name, and answered with one before and after; or empty
    uint16_t few; // the one version in which certificates were asked for, with the host's name alone; 0: everywhere
};

// Every certificate a host serves: for each kind of key, with and without a server name, up to TLS
// 1.2 and in TLS 1.3. Where the check `suites` runs too its answers are used; where no other check runs, what
// clients of today are shown is all that is asked for, if the host is like most. Scratch memory.
enum progress sightings_find(struct host *host, struct sightings *found);

#endif
