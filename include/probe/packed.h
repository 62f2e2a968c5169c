// SPDX-License-Identifier: Apache-2.0
//
// A canonical form as it is kept of each question to each host of thousands: small. Nearly all of a hello's form is its
// list of suites, and nearly every list is some of all those that hellos may offer, in their order: it is kept as a set
// of them. What stands behind the list (groups, schemes, the name) is the same from one form to the next, or nearly so,
// and is kept once, and the difference where there is one. Any other form, or list, is kept as it is.
#ifndef PROBE_PACKED_H
#define PROBE_PACKED_H

#include <stdbool.h>

#include "base/bytes.h"
#include "wire/hello.h"

struct arena;

struct packed {
    const uint8_t *own;         // how it is kept, and how long; what stands before the list, and the list
    const struct tail *tail;    // what stands behind it
    const struct codes *offers; // the codes that a set is of
};

// What the forms of one arena share; a zeroed struct is empty.
struct tails {
    const struct tail *first;
};

// offers: of which lists are sets, or NULL; must outlive the form. The form must be canonical.
struct packed packed_form(struct arena *arena, struct tails *tails, const struct codes *offers, struct bytes encoded);

// The canonical form again, in the arena.
struct bytes packed_whole(const struct packed *packed, struct arena *arena);

// Whether it is the form of this.
bool packed_is(const struct packed *packed, struct bytes encoded);

#endif
