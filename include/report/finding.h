// SPDX-License-Identifier: Apache-2.0
//
// Findings: what any engineer would want to hear of a server, whatever policy there is. Each is a rule
// that a sound server meets, with the words that go with breaking it (data/findings/). Ids and what
// they mean are stable. For report/ alone.
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/judge.h"
#include "report/rule.h"

struct finding {
    const char *id, *title, *sentence, *advice, *false_results;
    enum severity severity;
    bool exposure;           // read from what is offered; that it can be abused is not shown
    const json_t *configure; // lines by server, or NULL
    const json_t *references;
    struct rule rule;
};

struct findings {
    const struct finding *row; // worst first
    size_t count;
};

// The embedded ones. What they point into is added to the list of texts, which must outlive them. A
// mistake in them is ours: bug().
void findings_load(struct arena *arena, struct findings *out, json_t *texts);

// Judges a report and puts findings[] and unjudged[] into it.
void findings_judge(const struct findings *findings, json_t *report, const struct scene *scene);

#endif
