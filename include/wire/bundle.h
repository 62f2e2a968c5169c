// SPDX-License-Identifier: Apache-2.0
//
// The document that caIssuers leads to (RFC 5280 section 4.2.2.1): one certificate in DER, or several in a
// "certs-only" message of PKCS #7 (RFC 8551 section 3.2.3). PEM, which some servers send there, is none.
#ifndef WIRE_BUNDLE_H
#define WIRE_BUNDLE_H

#include <stddef.h>

#include "base/bytes.h"

// The octets of each certificate, not looked at more closely; how many there are, `most` at most. 0: it is none of
// both.
size_t bundle_read(struct bytes document, struct bytes *certificates, size_t most);

#endif
