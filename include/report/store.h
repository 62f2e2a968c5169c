// SPDX-License-Identifier: Apache-2.0
//
// The SQLite file that scans are kept in (docs/store.md), as rows of text: what the text means is not its
// business. Any number of processes may write to it at once; a scan is there whole or not at all.
#ifndef REPORT_STORE_H
#define REPORT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "report/judge.h"

struct store;

// What makes a target. Where there is none of a thing, it is "".
struct store_target {
    int64_t id; // in this file
    const char *host, *transport, *starttls, *server_name;
    int64_t port;
};

// What the history shows of a state. NULL: there is none.
struct store_line {
    const char *status;                     // of the worst address
    const char *grade, *at_best, *at_worst; // letters; no grade: it lies between the others
    const char *policy, *verdict;
    int64_t findings[SEVERITY_CRITICAL + 1]; // by severity
    const char *ids;                         // of the findings, as a JSON array
    const char *certificates;                // SHA-256 of the leaves, as a JSON array
    int64_t ends;                            // when the first of the chains ends; INT64_MAX: not known
};

struct store_scan {
    int64_t at; // seconds since 1970
    uint8_t hash[32];
    struct bytes state; // a report without what is another thing each time; JSON
    struct bytes kept;  // that, as a JSON array
    struct store_line line;
};

// Opens or makes it, to add scans.
struct store *store_create(const char *name, struct complaint *complaint);

// Opens it to read what it has by now: what is added later is not seen.
struct store *store_open(const char *name, struct complaint *complaint);
void store_close(struct store *store);

// False and no complaint: others have kept it locked for `patience_ms`, and it is to be tried again. A scan that is
// there already is not added again.
bool store_add(struct store *store, const struct store_target *target, const struct store_scan *scan,
               unsigned patience_ms, struct complaint *complaint);

// From here on what was written survives a power cut as well.
void store_harden(struct store *store);

// Only the targets of this host, and of this port unless it is 0.
void store_narrow(struct store *store, const char *host, unsigned port);

// Each of these is false at the end, or with a complaint; texts are good until the next call of the same function.
bool store_next_target(struct store *store, struct store_target *out, struct complaint *complaint);
bool store_next_scan(struct store *store, int64_t target, struct store_scan *out, struct complaint *complaint);

// The id of a target that is given without.
bool store_find(struct store *store, struct store_target *target, struct complaint *complaint);

// The last scan of a target before `until` (INT64_MAX: whenever it was). Or one before the last one of all, `back` of
// 0, 1, ...: the last one of each other state, the youngest first, and then of the same state. Of `out`, line is not
// filled.
bool store_last(struct store *store, int64_t target, int64_t until, struct store_scan *out,
                struct complaint *complaint);
bool store_before(struct store *store, int64_t target, unsigned back, struct store_scan *out,
                  struct complaint *complaint);

#endif
