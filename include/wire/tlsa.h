// SPDX-License-Identifier: Apache-2.0
//
// One TLSA record (RFC 6698 section 2): which certificate or key a server must show; and whether a given certificate
// is the one it speaks of. What a match is worth is check/'s to say.
#ifndef WIRE_TLSA_H
#define WIRE_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/certificate.h"

struct arena;

enum tlsa_usage { TLSA_PKIX_TA, TLSA_PKIX_EE, TLSA_DANE_TA, TLSA_DANE_EE }; // RFC 7218
enum tlsa_selector { TLSA_CERTIFICATE, TLSA_KEY };
enum tlsa_matching { TLSA_FULL, TLSA_SHA256, TLSA_SHA512 };

struct tlsa_record {
    uint8_t usage, selector, matching;
    struct bytes data;
    // Why no client can use it (RFC 6698 section 4.1): a code that it does not know, or data of a wrong length. A
    // sentence; NULL: it is usable.
    const char *unusable;
};

// data is a view into rdata.
void tlsa_read(struct arena *arena, struct bytes rdata, struct tlsa_record *out);

// "DANE-EE", "SPKI", "SHA2-512": the acronyms of RFC 7218; NULL for codes that have none.
const char *tlsa_usage_name(uint8_t usage);
const char *tlsa_selector_name(uint8_t selector);
const char *tlsa_matching_name(uint8_t matching);

// Whether a usable record's data are those of the certificate.
bool tlsa_matches(const struct tlsa_record *record, const struct certificate *certificate);

#endif
