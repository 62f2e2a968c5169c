// SPDX-License-Identifier: Apache-2.0
//
// Does a certificate name this host? RFC 9525 (and RFC 6125 before it): dNSName and iPAddress
// SANs, a wildcard as the whole left-most label and nowhere else, A-labels compared in ASCII
// without case, one trailing dot of the reference forgiven. The common name is never a match;
// that it alone would have matched is told.
#ifndef WIRE_NAMES_H
#define WIRE_NAMES_H

#include <stdbool.h>

#include "wire/certificate.h"

struct arena;

struct name_match {
    bool matched;
    // Stable code when not, the first that holds: "wildcard_misuse" (an entry would match if a star could
    // stand for anything), "common_name_only", "no_names" (no dNSName and no iPAddress), "no_match".
    const char *reason;
    const char *sentence; // for people, always
    const char *by;       // the SAN entry that matched, or NULL
};

// host: an A-label name, or an IP address in text (IPv6 without brackets).
void names_match(struct arena *arena, const struct certificate *leaf, const char *host, struct name_match *out);

// Whether the text is an IPv4 or IPv6 address; family is 4 or 6, octets its 4 or 16.
bool name_is_address(const char *text, int *family, unsigned char octets[16]);

#endif
