// SPDX-License-Identifier: Apache-2.0
//
// What finished reports add up to, however they came about: the exit status and the summary of the run; inside the
// library only.
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "report/archive.h"
#include "report/judge.h"
#include "report/report.h"
#include "report/summary.h"
#include "run/journal.h"
#include "shakedown.h"
#include "tally.h"

struct results {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct complaint complaint; // about settings and this machine
    struct judge *judge;        // one for all reports; NULL: not opened
    struct tally tally;
    struct summary *summary; // NULL: nobody wants it
    struct archive *archive; // NULL: reports are kept nowhere
    FILE *transcript;        // NULL: nobody wants one
    struct journal journal;
    bool journaled;                     // there is a journal
    uint64_t rejected;                  // targets
    uint64_t duplicates, elsewhere;     // targets that were there before, or that another shard has
    struct shakedown_progress progress; // what is counted of it here: addresses, and targets without one
    bool interrupted;
    bool crashed;    // a worker did, and a target was lost by it
    int64_t started; // seconds since 1970
};

// False: the complaint says which setting is wrong.
bool results_open(struct results *results, const struct shakedown_settings *settings,
                  const struct shakedown_calls *calls);

// The store alone, for reports that are not judged.
bool results_open_store(struct results *results, const struct shakedown_settings *settings);

// The transcript, where one is wanted, as long as the journal says that it was.
bool results_open_transcript(struct results *results);
bool results_cannot_write_transcript(struct results *results); // false

// A report, and what it means.
void results_count(struct results *results, const struct report *report, enum report_reach reach,
                   const struct judgement *judgement);

// That the report was handed on: into the store, where there is one.
void results_keep(struct results *results, const struct report *report);

// So many addresses of a finished target came to this, for those who watch.
void results_count_endpoints(struct results *results, enum host_status status, unsigned count);

// That the report was handed on: into the journal, where there is one.
void results_finish(struct results *results, const struct target *target, enum report_reach reach,
                    const struct judgement *judgement);

// Whether it is of use to scan more: this machine is not in trouble, and the caller wants it.
bool results_go_on(const struct results *results);

// A key of the next report, for the summary.
void results_key(struct results *results, struct bytes info);

// The summary is told, all is closed, and error gets the complaint.
enum shakedown_status results_end(struct results *results, char *error);

#endif
