// SPDX-License-Identifier: Apache-2.0
//
// Set-Cookie (RFC 6265 section 5.2, and its successor draft-ietf-httpbis-rfc6265bis for SameSite and the prefixes
// of names). A cookie's value is somebody's secret: nobody here looks at it, and it can be taken out of a head.
#ifndef WIRE_COOKIE_H
#define WIRE_COOKIE_H

#include <stdbool.h>

#include "base/bytes.h"

struct arena;

enum same_site { SAME_SITE_UNSAID, SAME_SITE_STRICT, SAME_SITE_LAX, SAME_SITE_NONE, SAME_SITE_OTHER };

// Views point into the field's value.
struct cookie {
    struct bytes name; // empty: a cookie without a name
    enum same_site same_site;
    bool secure, http_only, partitioned;
    bool has_domain;
    bool root_path; // Path is "/"
};

// Reads one field's value. The last of several like attributes counts, as in browsers.
void cookie_read(struct bytes value, struct cookie *out);

// Why a browser would not keep this cookie, which it was sent over TLS: stable codes, NULL after the last.
// "secure_prefix", "host_prefix": the name begins with __Secure- or __Host-, and what that demands is not
// there; "same_site_none_not_secure"; "partitioned_not_secure"; "malformed": control characters in the name.
#define COOKIE_FAULTS 5
void cookie_faults(const struct cookie *cookie, const char *fault[COOKIE_FAULTS]);

// A head as it stands, but for the values of its cookies. In the arena.
struct bytes cookies_removed(struct arena *arena, struct bytes head);

#endif
