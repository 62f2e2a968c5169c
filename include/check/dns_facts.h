// SPDX-License-Identifier: Apache-2.0
//
// What the check `dns` finds: facts about a name, the same for each of its addresses, and what they mean for the chains
// that one address serves. report/ makes one object of the facts of all addresses.
#ifndef CHECK_DNS_FACTS_H
#define CHECK_DNS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/fact.h"
#include "probe/records.h"
#include "wire/caa.h"
#include "wire/svcb.h"
#include "wire/tlsa.h"

// One name that was looked up, as a row.
struct dns_lookup_fact {
    const char *name;
    uint16_t type;
    const char *alias;  // what the name is an alias of, or NULL
    struct fact fact;   // yes: there are records; no: there are none; unknown: why not
    const char *dnssec; // dnssec_name, or NULL where nothing was answered
};

struct caa_row {
    const char *name; // where the record stands
    struct caa_record record;
};

// May the CA that a leaf names as its issuer issue for a name that the leaf covers? CAA binds a CA when it issues.
struct caa_issuer {
    const char *leaf;   // SHA-256 of the leaf, as certificate->fingerprint_sha256
    const char *covers; // "www.example.com" or "*.example.com"
    const char *issuer; // the organisation that the leaf names, or the whole name
    const char *ca;     // whose it is, or NULL where the table does not have it
    const char *name;   // where the records stand that bind; NULL: nowhere
    struct fact fact;
};

struct caa_facts {
    struct fact fact;                      // yes: there are records for the name, on it or above; no: nowhere
    const char *name;                      // where they stand; NULL: nowhere
    const char *dnssec;                    // the least of the look-ups that lead there
    const struct dns_lookup_fact *lookups; // from the name upwards
    size_t lookup_count;
    const struct caa_row *records; // of every name looked up
    size_t record_count;
    const struct caa_issuer *issuers;
    size_t issuer_count;
};

// One record and one chain.
struct dane_match {
    bool matches;
    const char *certificate; // SHA-256 of the one it matches, or NULL
    struct fact fact;        // yes: it vouches for the chain; not_applicable: clients cannot use it
};

struct dane_chain {
    const char *leaf;                 // its SHA-256
    struct fact fact;                 // not_applicable where there is no record that clients use
    const struct dane_match *matches; // one for each record, in their order
};

struct tlsa_facts {
    struct fact fact; // yes: there are records
    const char *name; // "_443._tcp.example.com"
    const char *dnssec;
    const struct dns_lookup_fact *lookups;
    size_t lookup_count;
    const struct tlsa_record *records;
    size_t record_count;
    const struct dane_chain *chains;
    size_t chain_count;
};

struct https_record {
    const char *name; // where it stands
    struct svcb_record record;
};

// Whether what a record says is so. Rows of one address: what the server itself was asked.
struct https_row {
    const char *id;    // "well_formed", "port", "ipv4_hints", "ipv6_hints"; of one address "alpn", "ech"
    const char *value; // of which protocol, key or address it speaks, or NULL
    bool of_address;
    struct fact fact;
};

struct https_facts {
    struct fact fact;   // yes: there are records
    const char *name;   // "example.com", "_8443._https.example.com"
    const char *target; // where AliasMode leads, or NULL
    const char *dnssec;
    const struct dns_lookup_fact *lookups;
    size_t lookup_count;
    const struct https_record *records; // in the order of their priority; those of the target after the name's
    size_t record_count;
    const struct https_row *rows;
    size_t row_count;
};

struct dns_facts {
    const char *name;   // that was asked; NULL: the target has none that DNS knows
    struct fact fact;   // yes: DNS was asked; not_applicable: why not; unknown: no resolver
    const char *dnssec; // how the name itself stands, or NULL
    const char *why;    // it is bogus, or not validated; NULL: nothing to say
    struct caa_facts caa;
    struct tlsa_facts tlsa;
    struct https_facts https;
};

#endif
