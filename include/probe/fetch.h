// SPDX-License-Identifier: Apache-2.0
//
// An HTTP document as a question: one request, without TLS, to the host that a URL names, and what came of
// it. Nothing is followed: a redirection is an answer, and whoever asks may ask for its target. URLs come from
// certificates, so strangers have written them: they are judged here, and addresses where they are known.
#ifndef PROBE_FETCH_H
#define PROBE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/http.h"

struct arena;

enum fetch_method { FETCH_GET, FETCH_HEAD, FETCH_POST };
#define FETCH_METHODS 3

#define FETCH_URL   2048               // octets of the longest URL
#define FETCH_LIMIT (32 * 1024 * 1024) // octets of the longest body that can be asked for

struct fetch {
    enum fetch_method method;
    const char *url;          // "http://host[:port]/path", see fetch_place_of
    struct bytes body;        // of POST
    const char *content_type; // of the body; NULL without
    const char *accept;       // or NULL
    uint32_t limit;           // octets of the answer's body, 1 to FETCH_LIMIT; HEAD has none: 0
    bool own_address;         // ask the scanned host's own address, whatever the URL's host resolves to
};

// Where a URL leads, in the arena: host without brackets, and what to ask for there, without fragment.
struct fetch_place {
    const char *host;
    uint16_t port;
    const char *path; // begins with '/'
};

// False: it is no absolute URL of the scheme http, or has octets that none has, a user, or no host.
bool fetch_place_of(struct arena *arena, const char *url, struct fetch_place *out);

void fetch_encode(struct builder *out, const struct fetch *question);

// Sticky: what is no question that can be asked makes the cursor bad.
void fetch_decode(struct arena *arena, struct cursor *in, struct fetch *out);

// "GET of http://example.com/x.crl".
const char *fetch_sentence(struct arena *arena, const struct fetch *question);

// The octets of the request; the same for the same question.
struct bytes fetch_request(struct arena *arena, const struct fetch *question);

// --- what came of it -------------------------------------------------------------------------------

struct fetch_result {
    uint16_t status;          // 0: no head was read
    struct bytes head;        // as sent, through the empty line
    struct bytes body;        // decoded from chunks; its beginning when truncated or broken off
    const char *content_type; // escaped text, or NULL
    const char *location;     // likewise; may be relative to the URL
    bool truncated;           // there was more than the limit
    const char *error;        // why it is no whole document: fetch_errors; NULL: it is one
};

// "not_http", "malformed", "broken_off", "too_long", and a sentence for each.
const char *fetch_error_sentence(const char *error);

// closed: the peer ended the connection in order. Copied into the arena.
void fetch_result_of(const struct http_reader *reader, bool closed, struct arena *arena, struct fetch_result *out);

// "the server answered with HTTP status 200 and 1024 octets".
const char *fetch_result_sentence(struct arena *arena, const struct fetch_result *result);

#endif
