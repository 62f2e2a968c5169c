// SPDX-License-Identifier: Apache-2.0
//
// Facts become the JSON tree, here and nowhere else (report.c). Every other format is a view of
// that tree. jansson's types stay inside report/: the outside sees text.
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "check/host.h"
#include "report/judge.h"

struct report_endpoint {
    const char *address;
    struct host *host; // stepped to its end
    unsigned connections;
    uint64_t bytes_sent, bytes_received;
    bool pushed_back;
};

struct report_input {
    const struct target *target;
    const struct report_endpoint *endpoints;
    size_t endpoint_count;
    const char *trouble; // why there are no endpoints, or NULL
    int64_t started;     // seconds since 1970
    uint64_t duration_ms;
    int64_t now;          // dates were judged by it
    const char *resolver; // who was asked for records of DNS, with a space between two; NULL: not known
    bool interrupted;
};

struct report_options {
    bool reproducible;           // leave out started, duration_ms and timings
    bool evidence;               // add probes[] with octets
    bool pem;                    // add PEM of each certificate
    bool indent;                 // of report_json; else one line
    const struct judge *judge;   // NULL: nothing is judged
    struct judgement *judgement; // filled by the judge
};

// One report. Its text is always valid JSON and ends in a newline; it lives as long as the report.
struct report;
struct report *report_make(const struct report_input *input, const struct report_options *options);
void report_free(struct report *report);
const char *report_line(struct report *report);
const char *report_indented(struct report *report);

// The text alone; malloc'd.
char *report_json(const struct report_input *input, const struct report_options *options);

struct text_options {
    unsigned width; // columns; 0: not limited
    bool color;
    bool verbose; // reasons and evidence too
    bool quiet;   // one line per endpoint
};

// The terminal view of a report's JSON text; malloc'd. NULL and a complaint when the text is no
// report of ours.
char *report_text(const char *json, const struct text_options *options, struct complaint *complaint);

// What a report means for the exit status: all facts settled, some unknown, nothing reachable.
enum report_reach { REACH_COMPLETE, REACH_INCOMPLETE, REACH_NOTHING };
enum report_reach report_reach(const struct report_input *input);
enum report_reach report_reach_read(const struct report *report); // of one that was read

#endif
