// SPDX-License-Identifier: Apache-2.0
//
// What an HTTP response over TLS says about how carefully browsers will treat the site: facts of the check `http`.
#ifndef CHECK_HTTP_H
#define CHECK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/fact.h"
#include "wire/cookie.h"
#include "wire/http_security.h"

struct http_header_fact {
    const struct security_header *header;
    enum header_state state; // never STATE_ABSENT
    const char *value;       // escaped, or NULL where it is missing
};

// A cookie's value is not here, on purpose.
struct http_cookie_fact {
    const char *name; // escaped; "" without one
    bool secure, http_only, partitioned;
    enum same_site same_site;
    struct strings faults; // codes of cookie_faults
};

struct hsts_fact {
    struct fact fact;  // no: missing, invalid or max_age_zero; then the rest is what could be read
    const char *value; // escaped; NULL: missing
    uint64_t max_age;  // seconds
    bool include_subdomains, preload;
    unsigned fields;       // only the first counts
    struct fact effective; // whether browsers heed it: over what they do not trust, and for addresses, they do not
};

struct http_redirect_fact {
    const char *location; // escaped; NULL: the response is no redirection
    bool https;           // where it leads
    bool same_host;
};

struct http_fact {
    struct fact fact;   // yes: a response came; not_tested: nobody said that this is HTTP; no: it is not
    uint16_t version;   // of TLS; 0: there was none to ask in
    const char *method; // "HEAD" or "GET", of the response below; NULL: none came
    uint16_t status;    // 0: none
    const char *phrase; // escaped; "" without one
    struct hsts_fact hsts;
    struct http_redirect_fact redirect;
    const struct http_header_fact *headers; // by name
    size_t header_count;
    const struct http_cookie_fact *cookies; // in the order sent
    size_t cookie_count;
    const char *server, *powered_by; // escaped, or NULL
    struct fact compression;         // yes: contents are compressed where it is asked for (BREACH wants that)
    const char *encoding;            // escaped, or NULL
    const char *alt_svc;             // escaped, or NULL
    struct strings alternatives;     // protocols in it, escaped: "h3"
    struct fact http_redirect;       // whether port 80 sends browsers here
    const char *http_location;       // escaped, or NULL
};

#endif
