// SPDX-License-Identifier: Apache-2.0
//
// What the reports of one run add up to, as one JSON document (docs/summary-v1.schema.json): how many targets came to
// what, and which keys, certificates and prime factors several of them share. Saved reports
// can be summed up too. It keeps no more of one than about 200 octets for each chain served, and 300 for a new
// RSA key.
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define SUMMARY_SIGHTINGS 1000000 // of keys on endpoints that are kept in one run
#define SUMMARY_PLACES    1000    // ... of one key
#define SUMMARY_MODULI    65536   // RSA moduli that are compared: a few minutes
#define SUMMARY_MODULUS   16384   // bits of the longest

struct summary;

struct summary *summary_new(void);
void summary_free(struct summary *summary); // NULL is allowed

// A key's SubjectPublicKeyInfo, told before the report that has its SHA-256. Reports with PEM tell it themselves.
void summary_key(struct summary *summary, struct bytes info);

struct report;
void summary_report(struct summary *summary, const struct report *report);

// How the run ended. The times are left out where started is INT64_MIN.
struct summary_end {
    int64_t started, ended; // seconds since 1970
    int exit_status;
    uint64_t rejected;              // targets that were not understood
    uint64_t duplicates, elsewhere; // targets that were there before, or that another shard has
    uint64_t earlier;               // targets that the journal says were finished before
    bool interrupted;
    const char *error; // a sentence, or NULL
};

// JSON text ending in a newline, indented; malloc'd.
char *summary_json(struct summary *summary, const struct summary_end *end);

#endif
