// SPDX-License-Identifier: Apache-2.0
//
// A report parted in two: the state of its target, which is the same text as long as nothing changes, and the
// circumstances of the scan, which are other ones each time. For report/ alone.
#ifndef REPORT_STATE_H
#define REPORT_STATE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/store.h"

// Takes the circumstances out of a report, in the order in which they stand there: null stays in their places.
json_t *state_take(json_t *report);

// Puts them back. False: they are another report's.
bool state_give(json_t *report, const json_t *circumstances);

// What the history shows of it, in scratch.
struct store_line state_line(struct arena *scratch, const json_t *report);

// The target of a report; empty texts for what it does not say.
struct store_target state_target(const json_t *report);

#endif
