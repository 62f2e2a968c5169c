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
    // Stable code when not, the first that holds. Of an entry that comes near:
    //   wildcard_partial_label  a star beside other characters would stand for what is missing ("w*.example")
    //   wildcard_misplaced      ... or as a label that is not the left-most, or alone ("www.*.example", "*")
    //   wildcard_for_address    ... or in an address
    //   wildcard_one_label      "*.example" for example itself, or for a name two labels below
    //   address_as_name         the address stands there as a dNSName
    //   trailing_dot            the entry ends in the dot of an absolute name, which certificates leave out
    //   not_ascii               the entry has letters that are not ASCII where the host has A-labels
    // and of all:
    //   common_name_only, no_names (no dNSName and no iPAddress), no_match
    // With a match: wide_wildcard and perhaps_wide_wildcard (see name_width), else NULL.
    const char *reason;
    const char *sentence; // for people, always
    const char *by;       // the SAN entry that matched, or NULL
};

// host: an A-label name, or an IP address in text (IPv6 without brackets).
void names_match(struct arena *arena, const struct certificate *leaf, const char *host, struct name_match *out);

// How much a wildcard takes in. "*" and "*.com" are all of a registry, for nobody can have a name above theirs. What of
// "*.co.uk"? Which names are registries is written in the Public Suffix List, which is not at hand; that a label like
// "co" or "gov" stands below a country's domain makes it likely and no more.
enum name_width { WIDTH_USUAL, WIDTH_PERHAPS_REGISTRY, WIDTH_REGISTRY };
enum name_width name_width(const char *entry);

// Whether the text is an IPv4 or IPv6 address; family is 4 or 6, octets its 4 or 16.
bool name_is_address(const char *text, int *family, unsigned char octets[16]);

#endif
