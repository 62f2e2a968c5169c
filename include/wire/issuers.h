// SPDX-License-Identifier: Apache-2.0
//
// Which domain names stand for which CA in CAA records, from data/caa-issuers.csv. A CA is told by the organisation
// that the certificate's issuer names. The table does not have every CA, so what is not in it is not known.
#ifndef WIRE_ISSUERS_H
#define WIRE_ISSUERS_H

#include <stdbool.h>
#include <stddef.h>

struct issuer {
    const char *organisation; // "": intermediates of this CA are ascribed to nobody
    const char *ca;           // for people
    const char *domains;      // one space between them
};

// By organisation, without regard to case; NULL: not known.
const struct issuer *issuer_find(const char *organisation);

// Whether the CA recognizes a domain (in lower case) as its own.
bool issuer_recognizes(const struct issuer *issuer, const char *domain);

// A CA that recognizes the domain, of those known; NULL: none does.
const struct issuer *issuer_of_domain(const char *domain);

// All rows, for tests.
const struct issuer *issuer_rows(size_t *count);

#endif
