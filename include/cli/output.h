// SPDX-License-Identifier: Apache-2.0
//
// Where reports go: each output is a view into standard output or a file; and a progress line on
// standard error while it is a terminal.
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "cli/options.h"
#include "cli/replacement.h"
#include "shakedown.h"

struct output;

struct output_file {
    struct output *output;
    const char *name;         // of the file; NULL: standard output
    struct replacement place; // its file is NULL: standard output
    bool begun;               // something was written
    bool continued;           // it is appended to whatever stands there
    uint64_t size;            // octets of the file, once it was begun
    bool failed;
};

struct output {
    struct output_file file[OPTION_OUTPUTS + 1];
    struct shakedown_view *view[OPTION_OUTPUTS + 1];
    unsigned count;
    struct shakedown_text text; // of comparisons and histories
    bool show_text;
    bool show_progress, progress_shown;
    bool prints_there;          // on the terminal that shows the progress, as far as one can tell
    bool closed;                // the reader of standard output has gone: write no more there
    bool abandoned;             // no file shall appear
    char warning[512];          // the last one
    struct replacement summary; // of the run
    bool summarized;            // it is written
    struct complaint complaint; // the first thing that could not be written
};

// alone: a file can appear whole or not at all, since what goes into it is expected at once. Opens
// the files before anything is scanned; false when one cannot be written, or there is no such format.
bool output_open(struct output *output, const struct options *options, bool alone, struct complaint *complaint);

// One comparison or history, which have no views; and whether a single one shall be indented.
void output_comparison(struct output *output, const char *json);
bool output_indents(const struct output *output);

// Whether there is still somebody to write for.
bool output_wanted(const struct output *output);

void output_summary(struct output *output, const char *json); // only where one was asked for
void output_print(struct output *output, const char *text);   // on standard output

// For a journal: how far the files have got, "LENGTH,LENGTH,..."; that they are on the disk; and that what is in them
// after such a mark does not count (NULL: nothing does).
void output_mark(const struct output *output, char word[SHAKEDOWN_MARK]);
bool output_sync(struct output *output);
bool output_resume(struct output *output, const char *mark, struct complaint *complaint);

// For a queue: whether a report is in the file that is appended to.
bool output_has(const struct output *output, const char *json);

void output_abandon(struct output *output); // what was written to files so far is dropped at the end

// A line on a terminal, written over the last one; nothing elsewhere.
void output_progress(struct output *output, const char *sentence);

// A line on standard error as it is.
void output_note(struct output *output, const char *line);

// One line on standard error: "shakedown: " and the text, its control characters replaced.
void output_warn(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Ends the views, puts the files in their places. False: output->complaint says what was not written.
bool output_close(struct output *output);

// The same where the line of a monitor's plugin was asked for on standard output. It has exit statuses of its
// own, and there is a line whatever went wrong. status: how it would end otherwise.
int output_close_plugin(struct output *output, enum shakedown_status status);

#endif
