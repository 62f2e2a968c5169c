// SPDX-License-Identifier: Apache-2.0
//
// Saved reports compared with earlier ones (docs/diff.md), as text outside of report/.
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "report/judge.h"
#include "report/report.h"

// A report's differences from the baseline of the judge, which there has to be, as JSON text ending in a newline
// (docs/diff-v1.schema.json); malloc'd.
char *diff_of(struct report *report, const struct judge *judge, int64_t present, struct judgement *judgement);

// The same for people, once they are known.
char *diff_indented(struct report *report);

// One by one the targets that no report was about, each in a line; NULL: there is none left.
char *judge_left(const struct judge *judge);

// The terminal view of differences; malloc'd. NULL and a complaint: the text is none of ours.
char *diff_text(const char *json, const struct text_options *options, struct complaint *complaint);

// A line for each word that --ignore takes.
void diff_print_aspects(FILE *file);

#endif
