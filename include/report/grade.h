// SPDX-License-Identifier: Apache-2.0
//
// A grade by the rating method that SSL Labs has published (docs/grade.md): three scores, their weighted
// sum, and caps for what no sum makes good. What is not known makes a range, never a better letter.
// For report/ alone.
#ifndef REPORT_GRADE_H
#define REPORT_GRADE_H

#include <stdio.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/rule.h"

// Best first. The last two say that clients will not trust the certificate, and stand apart.
enum letter {
    LETTER_A_PLUS,
    LETTER_A,
    LETTER_A_MINUS,
    LETTER_B,
    LETTER_C,
    LETTER_D,
    LETTER_E,
    LETTER_F,
    LETTER_M,
    LETTER_T
};

// From 0 to 100; lowest: what it could be by what is not known. In halves, so 200 is the most.
struct score {
    unsigned halves, lowest;
    const char *detail; // how it comes about
    const char *doubt;  // what is not known, or NULL
};

struct scores {
    struct score protocol, key_exchange, cipher;
};

// Of the scene's endpoint (grade_score.c).
void grade_score(const struct scene *scene, struct scores *out);

struct caps;

// The embedded ones. What they point into is added to the list of texts.
const struct caps *caps_load(struct arena *arena, json_t *texts);

// A line each: its id, the letter, whether it is open where it may apply, and what it is.
void caps_print(const struct caps *caps, FILE *file);

// The report's "grade": null where no address was reached.
json_t *grade_judge(const struct caps *caps, const json_t *report, const struct scene *scene);

#endif
