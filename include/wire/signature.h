// SPDX-License-Identifier: Apache-2.0
//
// Whether octets are signed by a key: in the shape that certificates, CRLs and OCSP responses share (what is signed, an
// AlgorithmIdentifier, a BIT STRING), and in that of TLS, which logs of Certificate Transparency use. Who may sign what
// is for others to say.
#ifndef WIRE_SIGNATURE_H
#define WIRE_SIGNATURE_H

#include "base/bytes.h"

struct arena;

// SIGNATURE_UNKNOWN: libcrypto does not know the key or the algorithm. SIGNATURE_WEAK: the hash is MD5 or older, so
// that a signature proves nothing; it was not looked at.
enum signature { SIGNATURE_BAD, SIGNATURE_GOOD, SIGNATURE_UNKNOWN, SIGNATURE_WEAK };

struct signed_octets {
    struct bytes octets;    // one whole SEQUENCE
    struct bytes algorithm; // a whole AlgorithmIdentifier
    struct bytes signature; // the content of a BIT STRING
};

// key: a whole SubjectPublicKeyInfo.
enum signature signature_verify(const struct signed_octets *what, struct bytes key);

// Any octets, with SHA-256: RSASSA-PKCS1-v1_5, or ECDSA in DER. Bad also where the key is of the other kind.
enum signature_kind { SIGNATURE_RSA, SIGNATURE_ECDSA };
enum signature signature_verify_plain(enum signature_kind kind, struct bytes message, struct bytes signature,
                                      struct bytes key);

#endif
