// SPDX-License-Identifier: Apache-2.0
//
// Pieces that canonical forms are made of. What is read may come from a transcript that a stranger wrote: what no form
// of ours can hold makes the cursor bad. A hello's own pieces are read in probe.c.
#ifndef PROBE_FORM_H
#define PROBE_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/hello.h"

struct arena;

// Printable ASCII behind a length of 8 or 16 bits, which `width` gives in octets. An empty text is none: NULL.
void form_put_text(struct builder *out, unsigned width, const char *text);
const char *form_take_text(struct arena *arena, struct cursor *in, unsigned width);

// Octets behind a length of `width` octets; copied into the arena.
void form_put_bytes(struct builder *out, unsigned width, struct bytes bytes);
struct bytes form_take_bytes(struct arena *arena, struct cursor *in, unsigned width);

// A list behind a length of 16 bits: one form for each list.
void form_put_codes(struct builder *out, struct codes codes);

// An octet below the limit; else 0.
uint8_t form_take_below(struct cursor *in, unsigned limit);

// 16 bits of which none is set from `members` on; else 0.
uint16_t form_take_set(struct cursor *in, unsigned members);

#endif
