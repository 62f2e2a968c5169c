// SPDX-License-Identifier: Apache-2.0
//
// A store's reports as trees. For report/ alone.
#ifndef REPORT_ARCHIVE_TREE_H
#define REPORT_ARCHIVE_TREE_H

#include <jansson.h>

#include "report/archive.h"
#include "report/store.h"

// The last report before `until` (INT64_MAX: whenever it was) of the target that a report is about, which the caller
// releases; NULL: there is none, or there is a complaint.
json_t *archive_find(struct archive *archive, const json_t *report, int64_t until, struct complaint *complaint);

// ... or one before the last one of all, `back` of 0, 1, ...: the last one of each other state, the youngest first, and
// then of the same.
json_t *archive_find_before(struct archive *archive, const json_t *report, unsigned back, struct complaint *complaint);

// The history of a target whose scans come from the store one by one (history.c).
json_t *history_of(struct store *store, const struct store_target *target, bool all, struct complaint *complaint);

#endif
