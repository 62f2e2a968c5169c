// SPDX-License-Identifier: Apache-2.0
//
// A judge at work on a tree. For report/ alone.
#ifndef REPORT_JUDGE_TREE_H
#define REPORT_JUDGE_TREE_H

#include <stddef.h>

#include <jansson.h>

#include "report/judge.h"
#include "report/subject.h"

// Fills findings, unjudged, policy, thresholds and grade of a report, whatever stood there before; as judge_report.
void judge_tree(const struct judge *judge, int64_t present, json_t *report, struct judgement *out);

// The report's "thresholds": a row for each that the settings have. scene has no endpoint.
json_t *thresholds_judge(const struct judge_settings *settings, const struct scene *scene, struct judgement *out);

// The keys that it fills, in the order in which they stand; NULL ends them.
extern const char *const judge_keys[];

// A judged report as one line ending in a newline, malloc'd. text is what the report was read from: one
// object that jansson took, without a newline in it.
char *splice(const char *text, size_t size, const json_t *report);

#endif
