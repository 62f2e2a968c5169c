// SPDX-License-Identifier: Apache-2.0
//
// OCSP (RFC 6960): a request for one certificate, and a response judged: whether it is about that certificate, signed
// by its issuer or by one that the issuer appointed, and current. Nonces are neither sent nor looked at.
#ifndef WIRE_OCSP_H
#define WIRE_OCSP_H

#include <stdbool.h>

#include "base/bytes.h"
#include "wire/revocation.h"

struct arena;

// The DER of an OCSPRequest without a signature, with SHA-1 names of the issuer as every responder knows them (RFC 5019
// section 2.1.1). Empty where the certificate or its issuer could not be read far enough.
struct bytes ocsp_request(struct arena *arena, const struct certificate *certificate, const struct certificate *issuer);

// response: the DER of an OCSPResponse, which must outlive what comes of it no more than the call.
void ocsp_judge(struct arena *arena, struct bytes response, const struct revocation_question *question,
                struct revocation_result *out);

#endif
