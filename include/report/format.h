// SPDX-License-Identifier: Apache-2.0
//
// The formats that reports can be written in (formats.def), and a rendering: reports go in one at a
// time, octets come out as they are ready.
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/fail.h"
#include "report/report.h"

struct format_options {
    struct text_options text; // of the terminal view
    bool indent;              // one report is expected, and JSON is for people
    const char *list;         // the file that the targets came from, or NULL
};

// Where octets go. What comes in one call belongs together: all of a report, as far as it is not long.
struct sink {
    void (*write)(void *context, const char *text, size_t size);
    void *context;
};

struct rendering;

// NULL and a complaint where there is no such format. Strings of the options must outlive it.
struct rendering *rendering_open(const char *format, const struct format_options *options, struct sink sink,
                                 struct complaint *complaint);

// Whether what is written so far is of use already: lines, each whole.
bool rendering_streams(const struct rendering *rendering);

// Nothing is written before the first report.
void rendering_add(struct rendering *rendering, struct report *report);

// The exit status of a monitor's plugin, by the reports so far; -1 where the format is none.
int rendering_plugin_status(const struct rendering *rendering);

// Writes what stands at the end, if there was a report, and returns how many there were.
size_t rendering_close(struct rendering *rendering, struct complaint *complaint);

const char *format_name(size_t index); // NULL behind the last

// A line each: id, media type, what it is.
void format_list(FILE *file);

#endif
