// SPDX-License-Identifier: Apache-2.0
//
// Domain names as DNS writes them on the wire (RFC 1035 section 3.1), read into the text that people write:
// labels parted by dots, without the dot at the end, in lower case, since case means nothing (RFC 4343). An octet
// that would not be a label's letter stands as \DDD, so that the text is printable ASCII and means one name only.
#ifndef WIRE_DOMAIN_H
#define WIRE_DOMAIN_H

#include "base/bytes.h"

struct arena;

// The next name of the cursor; "." for the root. Inside record data names are never compressed (RFC 3597 section 4,
// RFC 9460 section 2.2), so a pointer is malformed, as is a name of more than 255 octets: NULL then, and the cursor
// is bad.
const char *domain_read(struct arena *arena, struct cursor *cursor);

// The name one label shorter, a view into the text; NULL: there is only the root above.
const char *domain_parent(const char *name);

#endif
