// SPDX-License-Identifier: Apache-2.0
//
// The lists of roots that programs and systems bring along, as they stood on a day: which root is in
// which list. They hold fingerprints and labels, not certificates; a path must end in a certificate
// that is at hand before a list says anything about it. Generated from data/root-*.csv.
#ifndef WIRE_ROOTS_H
#define WIRE_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOT_LISTS 6

struct root_list {
    const char *id;   // "mozilla"
    const char *name; // "Mozilla"
    const char *date; // "2026-07-19", or "2026-07" where the day is not known
};

const struct root_list *root_list_at(size_t list);

enum root_standing {
    ROOT_ABSENT,
    ROOT_LISTED,
    ROOT_BLOCKED,  // listed as not to be trusted
    ROOT_DISPUTED, // of two sources one has it, or it is not said to be for TLS servers
};

// digest: SHA-256 of the root's certificate.
enum root_standing root_standing(size_t list, const uint8_t digest[32]);

// A program may trust a root for what was issued up to a day alone. Both in seconds since 1970: a leaf
// whose validity begins at `holds_until` or before is trusted, one that begins after `over_after` is not;
// between them it is not known. NULL: no limit is known.
struct root_limit {
    const char *digest, *list;
    int64_t holds_until, over_after;
};
const struct root_limit *root_limit(size_t list, const uint8_t digest[32]);

// Whether a list has a root that bears one of the values of this name (RFC 4514) as its label, not
// counting the ones among `known` (digests in hex, as root_digest writes them). Labels are mostly common
// names, and are compared by letters and digits of ASCII alone: it may say yes to a namesake.
bool root_named(size_t list, const char *name, const char *const *known, size_t known_count);

// Lower-case hex.
void root_digest(const uint8_t digest[32], char text[65]);

#endif
