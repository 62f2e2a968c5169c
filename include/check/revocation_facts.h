// SPDX-License-Identifier: Apache-2.0
//
// What the check `revocation` finds: for each certificate of each chain, who says what about its revocation.
#ifndef CHECK_REVOCATION_FACTS_H
#define CHECK_REVOCATION_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "check/fact.h"
#include "wire/revocation.h"

// Only a statement that holds makes a certificate good or revoked; what could not be had leaves it unknown.
enum standing { STANDING_UNKNOWN, STANDING_GOOD, STANDING_REVOKED, STANDING_NOT_APPLICABLE, STANDING_NOT_TESTED };

struct standing_fact {
    enum standing standing;
    const char *reason, *sentence; // reason: NULL for good and revoked
    struct evidence evidence;
};

enum revocation_source { SOURCE_STAPLE, SOURCE_OCSP, SOURCE_CRL };

struct revocation_row {
    enum revocation_source source;
    const char *url; // NULL: the server sent it
    struct standing_fact fact;
    struct revocation_result said; // what could be read of the statement, worth what `fact` says
    bool controlled;               // a responder has said good, and was asked about a number that nobody has issued
    struct fact unissued;          // yes: it calls that good too
};

struct certificate_revocation {
    struct standing_fact fact;
    const struct revocation_row *rows;
    size_t row_count;
};

struct chain_revocation {
    const struct certificate_revocation *certificates; // one for each of the chain
    struct fact must_staple; // yes: the leaf requires a staple, and it came; not_applicable: it does not
};

const char *standing_name(enum standing standing);                 // "good", "revoked", ...
const char *revocation_source_name(enum revocation_source source); // "staple", "ocsp", "crl"

#endif
