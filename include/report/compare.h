// SPDX-License-Identifier: Apache-2.0
//
// Two reports of one target held against each other: what appeared, vanished and changed, and what cannot
// be compared because one of them does not know it (docs/diff.md). For report/ alone.
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/subject.h"

enum effect { EFFECT_NONE, EFFECT_WORSE, EFFECT_BETTER };

// The report that was, and the one that is.
enum side { OLD, NEW };

struct comparison {
    const char *ignore; // words parted by commas, or NULL
    struct arena *scratch;
    struct scene scene[2];
    const char *address; // of the endpoint at hand; NULL: of the report
    json_t *changes, *open, *renewals;
    bool changed, worse;
};

// Whether there are such words: of --list aspects, each with ".ID" behind it or not.
bool compare_words(const char *ignore, struct complaint *complaint);
size_t aspect_count(void);
const char *aspect_at(size_t index, const char **help);

struct compared {
    bool changed, worse;
};

// The object of docs/diff-v1.schema.json. Both have been judged. was NULL: the target is new.
json_t *compare_reports(const json_t *was, const json_t *is, const struct scene *scene, const char *ignore,
                        struct compared *out);

// What is left of a target that the newer reports do not have any more.
json_t *compare_vanished(const json_t *was, struct arena *scratch);

// --- for those that compare some part: what they found -------------------------------------------

// From nothing to nothing is no change. was or is NULL: it appeared or vanished. id: what of the aspect.
void compare_change(struct comparison *comparison, const char *aspect, const char *id, const char *was, const char *is,
                    enum effect effect);

// One of the two does not know it.
void compare_open(struct comparison *comparison, const char *aspect, const char *id, enum side side,
                  const char *reason);

// A text that both may have (NULL: not known, for the reason given there).
struct known {
    const char *text, *reason;
};

void compare_known(struct comparison *comparison, const char *aspect, const char *id, const struct known known[2],
                   enum effect effect);

// The verdict of a fact. not_applicable is a text of its own.
struct known known_verdict(const json_t *fact);
bool not_applicable(const json_t *fact);

// Whether the feature's value is another one each time that it is looked at.
bool feature_is_restless(const char *id);

// better when it became `good`, worse when it was that and is not any more
enum effect effect_of(const struct known known[2], const char *good);

// Every text of a list, or of an array, sorted and each once; "none" where there are none. NULL: it is no list.
const char *sorted_list(struct arena *scratch, const json_t *list);
const char *sorted_texts(struct arena *scratch, const char **texts, size_t count, const char *between);

void compare_lists(struct comparison *comparison);        // versions, suites, groups, schemes (compare_lists.c)
void compare_features(struct comparison *comparison);     // and anomalies (compare_features.c)
void compare_certificates(struct comparison *comparison); // compare_certificates.c
void compare_http(struct comparison *comparison);         // compare_http.c
void compare_dns(struct comparison *comparison);          // of the report
void compare_findings(struct comparison *comparison);     // compare_judged.c
void compare_judgements(struct comparison *comparison);   // of the report: policy and grade

#endif
