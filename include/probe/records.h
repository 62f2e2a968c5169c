// SPDX-License-Identifier: Apache-2.0
//
// The DNS records of a name and type as a question, and the answer with its standing in DNSSEC: plain values
// with canonical forms. Who asks is run/; the rdata stay as they were sent, for wire/ to read.
#ifndef PROBE_RECORDS_H
#define PROBE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

enum record_type {
    RECORD_A = 1,
    RECORD_MX = 15,
    RECORD_AAAA = 28,
    RECORD_TLSA = 52,
    RECORD_SVCB = 64,
    RECORD_HTTPS = 65,
    RECORD_CAA = 257,
};

struct records {
    const char *name; // lower case, without the trailing dot: see records_name
    uint16_t type;
};

// The one spelling of a name: lower case, no trailing dot. NULL: it is no name of DNS (an address, an empty
// label, over 253 octets, octets other than letters, digits, '-' and '_').
const char *records_name(struct arena *arena, const char *name);

// Why nobody need ask for a name, which is one of those that stay on the machine or the link (localhost, .local,
// .invalid, .onion; RFC 6761, 6762, 7686): a sentence. NULL: DNS can tell.
const char *records_special(const char *name);

void records_encode(struct builder *out, const struct records *question);

// Sticky: what is no question that can be asked makes the cursor bad.
void records_decode(struct arena *arena, struct cursor *in, struct records *out);

// "CAA records of example.com".
const char *records_sentence(struct arena *arena, const struct records *question);

const char *record_type_name(struct arena *arena, uint16_t type); // "CAA", "TYPE99"

// --- the answer ------------------------------------------------------------------------------------

// SECURE: signatures lead to the trust anchor. INSECURE: there provably are none. BOGUS: there should be, and
// they do not hold. UNVALIDATED: it was not, or could not be, looked at.
enum dnssec { DNSSEC_UNVALIDATED, DNSSEC_INSECURE, DNSSEC_SECURE, DNSSEC_BOGUS };
#define DNSSEC_STANDINGS 4

#define RECORDS_MOST   256   // kept of one answer
#define RECORDS_OCTETS 65535 // of all their rdata

enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

struct records_result {
    enum dnssec dnssec;
    int rcode;
    bool nxdomain;              // the name does not exist
    bool have_data;             // there are records: count is not 0
    const char *canonical_name; // escaped text of what aliases lead to, or NULL
    const struct bytes *rdata;  // as sent, sorted by their octets
    size_t count;
    uint32_t ttl;    // seconds
    const char *why; // of BOGUS, or why it is UNVALIDATED: escaped text, or NULL
};

void records_result_encode(struct builder *out, const struct records_result *result);
bool records_result_decode(struct arena *arena, struct bytes encoded, struct records_result *out);

const char *records_result_sentence(struct arena *arena, const struct records_result *result);

const char *dnssec_name(enum dnssec dnssec); // "unvalidated", ...

#endif
