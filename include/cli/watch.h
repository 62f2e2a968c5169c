// SPDX-License-Identifier: Apache-2.0
//
// What can be seen of a run while it lasts: a line that is written over and over on a terminal, lines of JSON on
// standard error every so often or when somebody asks (SIGUSR1), and a file of metrics for Prometheus' textfile
// collector.
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/input.h"
#include "cli/output.h"
#include "shakedown.h"

#define WATCH_METRICS_MS 5000  // between two files of metrics
#define WATCH_RATE_MS    10000 // that the rate is taken over, at least

struct watch_sample {
    uint64_t elapsed_ms, done;
};

struct watch {
    unsigned every_ms;   // lines of JSON; 0: none
    const char *metrics; // a file, or NULL
    uint64_t line_due_ms, metrics_due_ms;
    struct watch_sample old, young; // the rate is since the old one
    bool troubled;                  // the file could not be written the last time, and that was told
};

// read: how much of the input has been given out, from 0 to 1; 0: nobody knows.
void watch_look(struct watch *watch, struct output *output, double read, const struct shakedown_progress *progress);

// For a person, and as an object of JSON; good until the next call. left: seconds, or negative: not known.
const char *watch_sentence(const struct shakedown_progress *progress, double rate, double left);
const char *watch_json(const struct shakedown_progress *progress, double rate, double left);

// Prometheus' text format.
void watch_print_metrics(FILE *file, const struct shakedown_progress *progress, double rate);

// Seconds that the rest takes at this rate, or -1.
double watch_left(const struct shakedown_progress *progress, double rate, double read);

#endif
