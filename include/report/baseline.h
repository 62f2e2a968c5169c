// SPDX-License-Identifier: Apache-2.0
//
// Earlier reports that new ones are compared with. Only where each of them stands is in memory: some two
// dozen octets for a target. For report/ alone.
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/fail.h"

struct baseline;

// Which of a store's reports of one target.
struct baseline_choice {
    bool before;          // it is a store, and those before the last one count, one after the other
    const int64_t *until; // ... or the last one before this time alone; NULL: no time was given
};

// "-": standard input. Of several reports of one target the last counts, unless `choice` says otherwise of a store.
// NULL and a complaint naming file and line when it holds something else than reports, or none (of a store: when it is
// none).
struct baseline *baseline_open(const char *file, struct baseline_choice choice, struct complaint *complaint);
void baseline_close(struct baseline *baseline);

// The earlier report of a report's target, which the caller releases; NULL: there is none. It counts as met. back: how
// many of those before it were looked at already; 0 but for `before` without `until`.
json_t *baseline_find(struct baseline *baseline, const json_t *report, unsigned back);

// The next of those that were not met, in the order of the file; NULL: there is none left. After the first call
// nothing can be looked for any more.
json_t *baseline_left(struct baseline *baseline);

// What went wrong since it was opened.
const struct complaint *baseline_trouble(const struct baseline *baseline);

#endif
