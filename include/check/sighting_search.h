// SPDX-License-Identifier: Apache-2.0
//
// A search for certificates at work: what sighting.c and sighting_few.c share.
#ifndef CHECK_SIGHTING_SEARCH_H
#define CHECK_SIGHTING_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "check/opening.h"
#include "check/sighting.h"

#define KINDS 8 // kinds of key looked for on one version

struct search {
    struct host *host;
    struct sightings *found;
    bool waiting;
};

// Notes an answer, if it carries certificates and was not noted before.
void search_see(struct search *search, const struct answer *answer, uint16_t version, bool sni);

void search_leave_unknown(struct search *search, const char *reason, const char *sentence);

// Whether a refusal of narrower schemes ends the search: the host has no other kind of key. What is
// cut off must be confirmed, and what is not answered tells nothing.
void search_end(struct search *search, const struct opening *opening, const struct hello *hello,
                const struct answer *answer, enum reply reply);

// Whether nobody wants to know more of the host than its certificates.
bool search_is_few(const struct host *host);

// Looks for every kind of key that a client of today is shown, by the fewest questions. False: the host does not
// answer as most do, and the long way is to be taken.
bool search_few(struct search *search);

#endif
