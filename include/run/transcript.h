// SPDX-License-Identifier: Apache-2.0
//
// What was said and heard, as lines of text that a replay reads back: with the seed, the target,
// the settings that shape a report, and for each probe its canonical form, how it ended, and the
// octets both ways. A replay fills ledgers from it and needs no network.
#ifndef RUN_TRANSCRIPT_H
#define RUN_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "run/scan.h"

// What the report needs beside the ledger; kept per target in the transcript.
struct transcript_run {
    uint8_t seed[32];
    int64_t now;           // to judge dates by
    uint64_t selected;     // checks, written by id
    int64_t started;       // wall clock of the target, seconds since 1970
    uint64_t duration_ms;
    const char *ca_file, *ca_path; // or NULL
};

// Appends one finished target. The scan must have kept bytes. False: the write failed.
bool transcript_write(FILE *file, const struct transcript_run *run, const struct finished *finished);

// Reads target after target and hands each to `replay` as the scan would have: hosts stepped to
// their end from the recorded octets. Stops with a complaint (file line named) at the first line
// it does not understand. open_store gives the trust store for a target's ca_file and ca_path.
struct transcript_reader {
    const struct trust_store *(*open_store)(void *context, const char *ca_file, const char *ca_path);
    void (*replay)(void *context, const struct transcript_run *run, const struct finished *finished);
    void *context;
};
bool transcript_read(FILE *file, const char *name, const struct transcript_reader *reader, struct complaint *complaint);

#endif
