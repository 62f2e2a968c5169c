// SPDX-License-Identifier: Apache-2.0
//
// Judgement of a report: findings, a policy, thresholds, a grade, and what waivers excuse. It reads the JSON tree and
// nothing else, so that a saved report is judged like one that was just made.
#ifndef REPORT_JUDGE_H
#define REPORT_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

enum severity { SEVERITY_NONE, SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

const char *severity_name(enum severity severity); // "info", ...
bool severity_find(const char *name, enum severity *out);

struct judge_settings {
    const char *policy;   // a name or a file; NULL: none
    const char *waivers;  // a file; NULL: none
    const char *baseline; // earlier reports to compare with; a file, NULL: none
    bool before;          // it is a store: compare with the last scan before the last one that found something else
    bool has_since;
    int64_t since;      // ... or with the last one before this time
    const char *ignore; // what of it is not compared: words parted by commas, or NULL
    bool has_now;
    int64_t now; // judge dates by this time, not by the report's
    bool has_expires_within;
    unsigned expires_within; // days: a certificate that ends within them fails the report
};

// What a judgement means for the exit status. Waived rows do not count.
struct judgement {
    enum severity worst; // of the findings
    bool failed;         // the policy was, or a threshold, or a connection
    bool incomplete;     // the policy is, or a threshold, or a connection
    bool changed, worse; // since the earlier report
};

struct judge;

// NULL and a complaint when a setting is wrong. Good for any number of reports.
struct judge *judge_open(const struct judge_settings *settings, struct complaint *complaint);
void judge_close(struct judge *judge);

// Judges a report again, whatever it said before. present: the time to judge by where neither the judge
// nor the report has one.
struct report;
void judge_report(const struct judge *judge, int64_t present, struct report *report, struct judgement *out);

// What went wrong with the baseline, or NULL: then what was said of changes does not count.
const char *judge_trouble(const struct judge *judge);

// What is to be said when the last report is judged: waivers that have expired, and that were of no use.
void judge_tell(const struct judge *judge, void (*tell)(void *context, const char *sentence), void *context);

#endif
