// SPDX-License-Identifier: Apache-2.0
//
// What was found out about who signed which certificate. It holds for ever, and the addresses of a name, many names,
// and the lists of roots that are asked about one chain all ask it again; so the last verdicts are kept for the
// process.
#ifndef WIRE_TRUST_VERDICT_H
#define WIRE_TRUST_VERDICT_H

#include <stdint.h>

#include "wire/certificate.h"

struct x509_st;

// Whether the key of `issuer` has made the signature of `child`; each is told by the SHA-256 of its DER. NULL: it could
// not be decoded. ISSUED_UNKNOWN: libcrypto does not know the key or the algorithm.
enum issued verdict_of(struct x509_st *child, const uint8_t child_digest[32], struct x509_st *issuer,
                       const uint8_t issuer_digest[32]);

// The same, without the certificates. False: it is not known.
bool verdict_kept(const uint8_t child_digest[32], const uint8_t issuer_digest[32], enum issued *issued);

#endif
