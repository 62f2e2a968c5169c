// SPDX-License-Identifier: Apache-2.0
//
// Text that came from a stranger, made fit to print; and the few encodings a report needs.
// All results are NUL-terminated and live in the arena given.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

// Longest text a report shows of one peer-controlled string, in octets; what is longer ends in "..."
// within them, never inside a code point or an escape.
#define TEXT_LIMIT 1024

// Valid UTF-8 without control, bidirectional-override, zero-width or noncharacter code points:
// those and backslash are written as \u005C (\U000E0041 beyond 0xFFFF), invalid octets as \xFF,
// so that what is not cut can be read back. Cut at TEXT_LIMIT.
char *text_escape(struct arena *arena, struct bytes bytes);

// Whether the octets are valid UTF-8, whatever it says (RFC 3629).
bool text_is_utf8(struct bytes bytes);

// Upper-case hex without separators; base64 (RFC 4648 section 4, padded).
char *text_hex(struct arena *arena, struct bytes bytes);
char *text_base64(struct arena *arena, struct bytes bytes);

// The way back. False on anything but what the two above write; *out is then empty.
bool text_from_hex(struct arena *arena, const char *text, struct bytes *out);
bool text_from_base64(struct arena *arena, const char *text, struct bytes *out);

// Base64 as files have it: with white space anywhere, and whatever bits padding leaves over. *out is empty on false.
bool text_from_base64_lines(struct arena *arena, struct bytes text, struct bytes *out);

// Seconds since 1970 as "2026-11-23T14:05:09Z", years 0000 to 9999 (outside: clamped).
char *text_time(struct arena *arena, int64_t seconds);

// "2026-11-23", "2026-11-23T14:05:09Z" or "@1795442709" (years 0000 to 9999, no leap seconds) to
// seconds since 1970. False on anything else; *seconds is then untouched.
bool text_to_time(const char *text, int64_t *seconds);

// Case-insensitive comparison in ASCII alone, whatever the locale.
bool text_same(const char *a, const char *b);

#endif
