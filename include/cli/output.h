// SPDX-License-Identifier: Apache-2.0
//
// Where reports go: text or JSON on standard output, JSON in a file, and a progress line on
// standard error while it is a terminal.
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "cli/options.h"
#include "shakedown.h"

struct output {
    struct shakedown_text text;
    bool show_text; // on standard output
    bool show_json; // on standard output
    bool show_progress, progress_shown;
    bool closed; // the reader of standard output has gone: write no more there
    unsigned long reports;
    const char *name; // of the JSON file, or NULL
    char *temporary;  // malloc'd; what is renamed to `name` at the end, or NULL
    FILE *file;
    bool abandoned;             // the file shall not appear
    struct complaint complaint; // the first thing that could not be written
};

// alone: one report is expected, so that a file can appear whole or not at all. Opens the file
// before anything is scanned; false when it cannot be written.
bool output_open(struct output *output, const struct options *options, bool alone, struct complaint *complaint);

// Whether reports for one target shall be indented.
bool output_indents(const struct output *output);

void output_report(struct output *output, const char *json);
void output_print(struct output *output, const char *text); // on standard output

void output_abandon(struct output *output); // what was written to the file so far is dropped at the end

void output_progress(struct output *output, uint64_t done, uint64_t in_flight, uint64_t connections);

// One line on standard error: "shakedown: " and the text, its control characters replaced.
void output_warn(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Flushes, puts the file in its place. False: output->complaint says what was not written.
bool output_close(struct output *output);

#endif
