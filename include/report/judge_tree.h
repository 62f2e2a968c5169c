// SPDX-License-Identifier: Apache-2.0
//
// A judge at work on a tree. For report/ alone.
#ifndef REPORT_JUDGE_TREE_H
#define REPORT_JUDGE_TREE_H

#include <jansson.h>

#include "report/judge.h"

// Fills findings, unjudged, policy and grade of a report, whatever stood there before.
void judge_tree(const struct judge *judge, json_t *report, struct judgement *out);

#endif
