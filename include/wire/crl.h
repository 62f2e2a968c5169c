// SPDX-License-Identifier: Apache-2.0
//
// A certificate revocation list (RFC 5280 section 5) asked about one certificate. It may be tens of megabytes: it is
// walked once, and only the entry that is looked for is read.
#ifndef WIRE_CRL_H
#define WIRE_CRL_H

#include "base/bytes.h"
#include "wire/revocation.h"

struct arena;

// list: the DER of a CertificateList. Delta lists, indirect ones and those of other certificates than this say nothing.
void crl_judge(struct arena *arena, struct bytes list, const struct revocation_question *question,
               struct revocation_result *out);

#endif
