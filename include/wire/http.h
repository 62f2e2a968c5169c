// SPDX-License-Identifier: Apache-2.0
//
// An HTTP/1 response (RFC 9112), read as it arrives and bounded whatever the peer sends: the head with its
// fields, and a body that ends by its length, by its chunks or with the connection. No client: it neither
// asks, nor follows, nor decodes contents.
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

#define HTTP_HEAD_LIMIT 16384 // octets of a head, those of interim responses before it included
#define HTTP_FIELDS     128   // kept of one head; what comes after is left out

#define HTTP_USER_AGENT "shakedown" // what we call ourselves

struct http_field {
    struct bytes name, value; // value: without the white space around it
};

// A head, through its empty line. All views point into `octets`.
struct http_head {
    struct bytes octets;
    uint16_t status;
    struct bytes reason;
    struct http_field field[HTTP_FIELDS];
    size_t count;
};

enum http_part { HTTP_MORE, HTTP_WHOLE, HTTP_FOREIGN, HTTP_MALFORMED };

// Reads the head that the octets begin with. HTTP_MORE: it has not come to its end; HTTP_FOREIGN: this is
// no HTTP. A line may end in a bare LF (RFC 9112 section 2.2).
enum http_part http_head_read(struct bytes octets, struct http_head *out);

// The value of the first field of that name, in any case; data is NULL when there is none.
struct bytes http_value(const struct http_head *head, const char *name);

// Names have no case: whether the text is this name, and whether it begins so.
bool http_is_named(struct bytes text, const char *name);
bool http_begins(struct bytes text, struct bytes start);

enum http_state {
    HTTP_READING,
    HTTP_DONE,     // all of the body is there
    HTTP_TOO_LONG, // more than the limit: the body is its beginning
    HTTP_STRANGE,  // the first octets are no HTTP
    HTTP_BROKEN,   // a head or chunk that does not parse, or a head without end
};

struct http_reader {
    enum http_state state;
    bool headed;           // a head was read; `head` and `body` are good
    struct bytes head;     // octets of the final head
    struct builder body;   // decoded from chunks
    bool ends_with_stream; // the body has no other end than the connection's
    // private to http.c from here on
    struct arena *arena;
    struct builder input; // octets of the head
    size_t skipped;       // of interim responses in it
    size_t limit;         // of the body
    bool bodiless;        // a HEAD was asked
    bool chunked;
    uint64_t left; // octets of the body, or of the chunk
    unsigned step; // within the framing of chunks
    size_t line;   // octets of the line, or of the trailer
};

// bodiless: the answer to HEAD has no body, whatever its fields say.
void http_begin(struct http_reader *reader, struct arena *arena, size_t limit, bool bodiless);

// The result is the same however the octets are cut. What comes after the end is ignored.
enum http_state http_feed(struct http_reader *reader, struct bytes bytes);

#endif
