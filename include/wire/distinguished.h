// SPDX-License-Identifier: Apache-2.0
//
// Distinguished names for people: RFC 4514, most specific first. A stranger wrote them, so each
// value goes through text_escape before RFC 4514's own escapes are added: a backslash before one
// of , + " < > ; # or a space is RFC 4514's, every other one is text_escape's.
#ifndef WIRE_DISTINGUISHED_H
#define WIRE_DISTINGUISHED_H

#include <stdint.h>

#include "base/bytes.h"

struct arena;

// name: a whole Name in DER. "" for an empty one; NULL when it is malformed. Of a name with more
// than 100 parts the most significant are left out, which "..." tells.
const char *distinguished_text(struct arena *arena, struct bytes name);

// The last (most specific) CN or O, escaped by text_escape alone; NULL when there is none.
const char *distinguished_common_name(struct arena *arena, struct bytes name);
const char *distinguished_organization(struct arena *arena, struct bytes name);

// One number for all names that are equal by RFC 5280 section 7.1, in whatever string types, case and blanks; few
// others have it too.
uint64_t distinguished_hash(struct bytes name);

#endif
