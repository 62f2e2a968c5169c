// SPDX-License-Identifier: Apache-2.0
//
// Which keys were seen where, for the summary of a run. For report/ alone.
#ifndef REPORT_SIGHTINGS_H
#define REPORT_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

#define DIGEST 32 // octets of SHA-256

// One target, as long as its report is read.
struct sighted_target {
    const char *host, *sni; // sni: or NULL
    uint16_t port;
};

// A key on an endpoint.
struct sighting {
    uint8_t certificate[DIGEST];
    const char *host, *address;
    uint16_t port;
    uint64_t target; // a hash of what makes a target
    struct sighting *next;
};

struct sighted_key {
    uint8_t digest[DIGEST];
    const char *type; // "RSA"; NULL: no report has named it yet
    unsigned bits;
    struct bytes modulus; // of an RSA key whose octets are at hand; else empty
    struct sighting *first, *last;
    size_t places;  // sightings kept
    size_t targets; // different ones among them
    bool cut;       // there were more than are kept
    struct sighted_key *next, *next_in_bucket;
};

// A zeroed struct is empty. It cannot be copied.
struct sightings {
    struct arena memory;
    struct sighted_key *first, *last; // in the order seen
    struct sighted_key **bucket;      // malloc'd
    size_t bucket_count, key_count, count, moduli;
    bool cut; // some were dropped
};

// A SubjectPublicKeyInfo; kept where it is an RSA key's.
void sightings_learn(struct sightings *sightings, struct bytes info);

// A key was seen. host and address are the last target's; type may be NULL.
struct sighted_certificate {
    uint8_t key[DIGEST], certificate[DIGEST];
    const char *type;
    unsigned bits;
};
void sightings_add(struct sightings *sightings, const struct sighted_target *target, const char *address,
                   const struct sighted_certificate *certificate);

void sightings_release(struct sightings *sightings);

#endif
