// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request in a complete handshake, where HTTP is known to be spoken: by the server's own word in ALPN, or
// because the port is one that browsers use. To anything else no octet of HTTP is ever sent.
#ifndef CHECK_HTTP_ASK_H
#define CHECK_HTTP_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "check/complete.h"
#include "wire/http.h"

#define HTTP_PROTOCOL "http/1.1" // in ALPN

bool http_port(const struct host *host);

// The same of a handshake that was completed.
bool http_spoken(const struct host *host, const struct handshake_result *result);

// A handshake of that version with a HEAD request, that keeps the server's certificates.
struct handshake http_question(const struct host *host, uint16_t version);

// Whether the server answered no_application_protocol: it speaks ALPN, and not HTTP/1.1.
bool http_turned_down(const struct answer *answer);

// Asks it; where the server turns the protocol down on a port of HTTP's, once more without naming it. *question
// is the one that *answer is to.
enum progress http_ask(struct host *host, struct handshake *question, const struct answer **answer);

// The head that came in answer. False: none did.
bool http_head_of(const struct answer *answer, struct http_head *head);

#endif
