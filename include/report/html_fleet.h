// SPDX-License-Identifier: Apache-2.0
//
// The HTML page of many reports: sums at the top, a table of all targets below. A report is seen once; what
// is kept of it are counts, so that memory does not grow with their number: a row is text as soon as its
// report is there, and the sums, which stand before the rows, come last. For report/html*.c alone.
#ifndef REPORT_HTML_FLEET_H
#define REPORT_HTML_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/html_parts.h"

#define FLEET_WEEKS  53  // of the expiry time line
#define FLEET_RULES  400 // different rules and findings that are counted
#define FLEET_NEXT   12  // hosts that end first, by name
#define FLEET_LABELS 20  // rows and columns of the map

// How often something with a name occurred: a finding, a rule.
struct fleet_count {
    const char *id, *title, *style; // style: a severity, or a rule's level
    size_t hosts;
};

struct fleet_counts {
    struct fleet_count *row; // FLEET_RULES of them
    size_t count;
    size_t left_out;
};

// Targets by two properties, each with few values.
struct fleet_map {
    const char *across[FLEET_LABELS], *down[FLEET_LABELS];
    size_t across_count, down_count;
    size_t hosts[FLEET_LABELS][FLEET_LABELS];
};

struct fleet_end {
    char host[256]; // cut to fit
    int64_t end;
};

struct html_fleet {
    struct arena memory;
    size_t hosts, without_end, ended, later;
    size_t weeks[FLEET_WEEKS]; // leaves that end in the week, counted from the first report's time
    bool has_now, has_grade, has_policy;
    int64_t now;
    char first[32], last[32]; // times of the scans, as text
    struct fleet_end next[FLEET_NEXT];
    size_t next_count;
    struct fleet_map map;
    struct fleet_counts findings, rules;
};

// A report's row as markup, malloc'd; NULL: it would be too long. What it says is counted.
char *html_fleet_row(struct html_fleet *fleet, const json_t *report);

// What stands before the rows and after them, malloc'd.
char *html_fleet_head(struct html_fleet *fleet);
char *html_fleet_foot(void);

void html_fleet_close(struct html_fleet *fleet);

// What a row says, in one word each (html_fleet.c); "" where there is none.
struct fleet_host {
    const char *name, *grade, *policy, *status;
    const char *across, *down; // where it stands on the map
    bool has_end;
    int64_t end; // of the leaf that ends first
};

// Counts a report (html_fleet_sums.c).
void html_fleet_count(struct html_fleet *fleet, const json_t *report, const struct fleet_host *host);

#endif
