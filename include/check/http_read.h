// SPDX-License-Identifier: Apache-2.0
//
// From a response's head to facts. Part of the check `http`; pure reading, nothing is asked here.
#ifndef CHECK_HTTP_READ_H
#define CHECK_HTTP_READ_H

#include "check/http.h"
#include "wire/http.h"

struct arena;

// Fills status and all that follows it but hsts.effective and http_redirect. host: what was asked for, as it stands
// in a URL, without brackets. All that a row points to lives in the arena.
void http_read(struct arena *arena, const struct http_head *head, const char *host, bool was_get,
               struct http_fact *out);

// Where a Location leads (RFC 9110 section 10.2.2), from https://host/.
void http_read_location(struct arena *arena, struct bytes location, const char *host, struct http_redirect_fact *out);

#endif
