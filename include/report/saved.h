// SPDX-License-Identifier: Apache-2.0
//
// Saved reports, read one after the other: one object, or one a line (NDJSON), or any other row of
// objects. Only one is in memory at a time. A stranger may have written them: nothing is believed but
// that it is JSON of the right schema.
#ifndef REPORT_SAVED_H
#define REPORT_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "report/report.h"

#define SAVED_SCHEMA "shakedown-report/1"
#define SAVED_LIMIT  ((size_t)64 << 20) // octets of one report

struct saved {
    FILE *file;
    const char *name; // for people
    // private to saved.c from here on
    char *buffer; // malloc'd
    size_t size, capacity, next;
    unsigned long line; // of buffer[next], from 1
    struct quick *quick;
    bool ended;
    uint64_t offset; // of the buffer in the file
    uint64_t begun;  // where in the file the last report began
};

void saved_open(struct saved *saved, FILE *file, const char *name);
void saved_close(struct saved *saved); // not the file

// Whether there is another report; blank lines are passed over. False also when reading failed, and
// then there is a complaint.
bool saved_more(struct saved *saved, struct complaint *complaint);

// The next report. NULL and a complaint, naming file and line, when it is none of ours. There must be
// more. Its line must be asked for before the next is looked for.
struct report *saved_next(struct saved *saved, struct complaint *complaint);

// One report, of this text alone, which must outlive it. NULL and a complaint when it is none of ours.
struct report *saved_of(const char *text, size_t size, struct complaint *complaint);

#endif
