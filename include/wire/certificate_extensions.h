// SPDX-License-Identifier: Apache-2.0
//
// The extensions of a certificate (RFC 5280 section 4.2 and a few later ones), read into the
// struct that certificate_read fills. Of use to nobody else.
#ifndef WIRE_CERTIFICATE_EXTENSIONS_H
#define WIRE_CERTIFICATE_EXTENSIONS_H

#include "base/bytes.h"
#include "wire/certificate.h"

struct arena;

// extensions: the content of [3] EXPLICIT, a SEQUENCE OF Extension. The first thing that is wrong
// becomes the certificate's error; the other extensions are read all the same.
void certificate_extensions_read(struct arena *arena, struct bytes extensions, struct certificate *certificate);

#endif
