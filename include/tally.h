// SPDX-License-Identifier: Apache-2.0
//
// What the reports of a run add up to: one exit status; inside the library only.
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "report/judge.h"
#include "report/report.h"
#include "shakedown.h"

struct tally {
    enum severity fail_on; // findings of this severity and above fail the run; SEVERITY_NONE: none do
    bool fail_on_change;   // any change since the baseline does, not only to the worse
    size_t reports, reached;
    bool failed, incomplete;
};

// Words parted by commas: a severity, "policy", "change", "expiry". False: a word that does not exist, or that asks for
// what the settings do not have.
bool tally_begin(struct tally *tally, const struct shakedown_settings *settings, struct complaint *complaint);

void tally_count(struct tally *tally, enum report_reach reach, const struct judgement *judgement);
enum shakedown_status tally_status(const struct tally *tally);

#endif
