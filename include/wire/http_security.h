// SPDX-License-Identifier: Apache-2.0
//
// The fields of an HTTP response that make a browser more careful, or tell more than they should: a table
// (data/http-security-headers.csv), and what a response makes of each row. How bad that is, nobody says here.
#ifndef WIRE_HTTP_SECURITY_H
#define WIRE_HTTP_SECURITY_H

#include <stddef.h>

#include "base/bytes.h"
#include "wire/http.h"

struct arena;

enum header_rule {
    HEADER_ABSENT,
    HEADER_PRESENT,
    HEADER_ONE_OF,
    HEADER_LAST_OF,
    HEADER_ABSENT_OR,
    HEADER_NO_VERSION,
    HEADER_CSP,
    HEADER_CORS,
    HEADER_TOLD,      // no good and bad
    HEADER_ELSEWHERE, // hsts.h, cookie.h, Alt-Svc
};

struct security_header {
    const char *name, *kind;
    enum header_rule rule;
    const char *good;      // names between spaces
    const char *wanted;    // for people; "" where nothing is
    const char *reference; // or ""
};

size_t security_header_count(void);
const struct security_header *security_header_at(size_t index); // by name

enum header_state { STATE_ABSENT, STATE_GOOD, STATE_BAD, STATE_MISSING, STATE_TOLD };

// What a head has of it, several fields joined by ", " as RFC 9110 section 5.3 has it; in the arena. Absent: not
// there, and that is no fault.
enum header_state security_header_judge(struct arena *arena, const struct security_header *header,
                                        const struct http_head *head, struct bytes *value);

// All values of a field, joined by ", "; data is NULL when there is none.
struct bytes http_joined(struct arena *arena, const struct http_head *head, const char *name);

#endif
