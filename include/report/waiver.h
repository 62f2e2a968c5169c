// SPDX-License-Identifier: Apache-2.0
//
// Waivers: somebody answers for it that a finding, or a policy's rule, does not count for some targets
// until some day (docs/waivers.md). A waived row stays in the report and says who waived it; it only
// makes no exit status. For report/ alone.
#ifndef REPORT_WAIVER_H
#define REPORT_WAIVER_H

#include <jansson.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/finding.h"
#include "report/policy.h"
#include "report/rule.h"

struct waivers;

// What they may name: the findings, the rules of the policy that was asked for (or NULL), and those of
// every embedded one.
struct waivable {
    const struct findings *findings;
    const struct policy *policy;
};

// What it points into is added to the list of texts. NULL and a complaint naming file, line and key.
struct waivers *waivers_load(struct arena *arena, const char *file, const struct waivable *what, json_t *texts,
                             struct complaint *complaint);

// Fills `waived` of the findings and the policy's rules that are waived, and the report's `waivers`; waivers
// NULL: there are none, and that is null. It is noted which were of use.
void waivers_apply(struct waivers *waivers, json_t *report, const struct scene *scene);

// A sentence for each that has expired, and one that names those that were of no use.
void waivers_tell(const struct waivers *waivers, void (*tell)(void *context, const char *sentence), void *context);

#endif
