// SPDX-License-Identifier: Apache-2.0
//
// Policies: what some document demands of a server, rule by rule, each with its level and the place
// where it stands (data/policies/, or a file of the user's own). For report/ alone.
#ifndef REPORT_POLICY_H
#define REPORT_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/rule.h"

// Only what must be met decides a policy; the rest is shown.
enum policy_level { LEVEL_INFO, LEVEL_MAY, LEVEL_SHOULD, LEVEL_MUST };

struct policy_rule {
    const char *id, *policy; // policy: the name of the one that it stands in
    enum policy_level level;
    const char *sentence, *note; // note: or NULL
    const json_t *cite;          // {document, section}, or NULL
    struct rule rule;
};

struct policy {
    const char *name, *title, *version, *date, *publisher, *url, *source, *confidence; // from version on: or NULL
    const struct policy_rule *rule;
    size_t count;
};

// An embedded policy's name, or a file (whatever has a '/' or ends in ".json"). What it points into is
// added to the list of texts. NULL and a complaint naming file, line and key.
const struct policy *policy_load(struct arena *arena, const char *name, json_t *texts, struct complaint *complaint);

// The report's "policy", its verdict still to be set: waivers come between. scene has no endpoint.
json_t *policy_judge(const struct policy *policy, const json_t *report, const struct scene *scene);
enum ruling_verdict policy_verdict(const json_t *policy);

// A file of the user's as text; NULL and a complaint.
char *policy_read_file(struct arena *arena, const char *name, struct complaint *complaint);

const char *level_name(enum policy_level level);

#endif
