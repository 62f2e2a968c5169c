// SPDX-License-Identifier: Apache-2.0
//
// From what a user writes to what is scanned: `host`, `host:port`, `[v6]:port`, a bare address, or
// an https URL. Names become A-labels here (libidn2, in target.c alone).
#ifndef RUN_TARGET_H
#define RUN_TARGET_H

#include <stdbool.h>

#include "base/fail.h"
#include "probe/target.h"

struct arena;

#define TARGET_DEFAULT_PORT 443

// All that *out points to lives in the arena. False: the complaint says what is wrong, without
// repeating the text. The host keeps a trailing dot, which only a resolver needs; sni does not
// have it, and is NULL for an address.
bool target_parse(struct arena *arena, const char *text, struct target *out, struct complaint *complaint);

// A name to send as SNI instead: checked and turned into an A-label, without a trailing dot.
// NULL and a complaint when it is an address (RFC 6066 section 3) or not a name.
const char *target_server_name(struct arena *arena, const char *text, struct complaint *complaint);

// An IPv4 or IPv6 address, without brackets, in its one spelling; NULL when it is none. One of IPv4 in the notation of
// IPv6 ("::ffff:192.0.2.7") is one of IPv4.
const char *target_address(struct arena *arena, const char *text);

#endif
