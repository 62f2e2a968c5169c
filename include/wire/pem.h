// SPDX-License-Identifier: Apache-2.0
//
// Blocks of a text between "-----BEGIN label-----" and "-----END label-----" (RFC 7468), as files of certificates have
// them. What stands between blocks is passed over, and so is a block that is broken: one without its end, with another
// label there, or with anything but base64 inside, such as the headers of an encrypted key.
#ifndef WIRE_PEM_H
#define WIRE_PEM_H

#include <stdbool.h>

#include "base/bytes.h"

struct arena;

#define PEM_BEGIN "-----BEGIN " // and the label, and five hyphens

struct pem_block {
    struct bytes label; // a view of the text
    struct bytes octets;
};

// The next good block; the text moves on behind it. False: there is no more.
bool pem_next(struct bytes *text, struct arena *arena, struct pem_block *out);

#endif
