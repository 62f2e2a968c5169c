// SPDX-License-Identifier: Apache-2.0
//
// Reports in a store (docs/store.md): what goes in comes out again as it was.
#ifndef REPORT_ARCHIVE_H
#define REPORT_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "report/report.h"

struct archive;

// To add reports, or to read those that it has by now. NULL and a complaint when it cannot be.
struct archive *archive_create(const char *name, struct complaint *complaint);
struct archive *archive_open(const char *name, struct complaint *complaint);
void archive_close(struct archive *archive);

// Whether a file is a store and not reports as text; or another SQLite file.
bool archive_is(const char *name);

// What was added survives a power cut as well, once it was flushed.
void archive_harden(struct archive *archive);

// Adds a report. While others hold the store locked it waits in memory, since a scan cannot. present: the time of a
// report that has none. False: no more can be taken.
bool archive_add(struct archive *archive, int64_t present, const struct report *report, struct complaint *complaint);

// What still waits is written, now or never.
bool archive_flush(struct archive *archive, struct complaint *complaint);

// Reads only about this host, and this port unless it is 0.
void archive_narrow(struct archive *archive, const char *host, unsigned port);

// The latest report of the next target. NULL: there is none left, or there is a complaint.
struct report *archive_next(struct archive *archive, struct complaint *complaint);

// The history of the next target as JSON text ending in a newline (docs/history-v1.schema.json); malloc'd. all: each
// scan, and not only those that found something else. NULL as above.
char *archive_history(struct archive *archive, bool all, bool indent, struct complaint *complaint);

// The terminal view of a history; malloc'd. NULL and a complaint: the text is none of ours.
char *history_text(const char *json, const struct text_options *options, struct complaint *complaint);

#endif
