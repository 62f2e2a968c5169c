// SPDX-License-Identifier: Apache-2.0
//
// The two numbers of an RSA public key (RFC 8017 appendix A.1.1), read from its DER.
#ifndef WIRE_RSA_H
#define WIRE_RSA_H

#include <stdbool.h>

#include "base/bytes.h"

struct rsa_key {
    struct bytes modulus, exponent; // big-endian, without leading zeros; views of what was read
};

// info: a whole SubjectPublicKeyInfo of type RSA, RSA-PSS or RSA-OAEP. False: it is none, it is malformed,
// or one of the numbers is not positive.
bool rsa_read(struct bytes info, struct rsa_key *out);

#endif
