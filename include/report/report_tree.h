// SPDX-License-Identifier: Apache-2.0
//
// A report from the inside. For report/ alone.
#ifndef REPORT_REPORT_TREE_H
#define REPORT_REPORT_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "report/report.h"

struct report {
    json_t *tree;
    // What it was read from: one object that jansson took; NULL: it was made here. Good until the next
    // is read.
    const char *text;
    size_t size;
    bool judged;           // since it was read
    char *line, *indented; // once they were asked for
};

// Takes the tree over.
struct report *report_of(json_t *tree, const char *text, size_t size);

// What is wrong with a value that ought to be a report, as a sentence without its full stop; NULL: nothing.
const char *report_wrong(const json_t *report);

#endif
