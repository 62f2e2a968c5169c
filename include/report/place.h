// SPDX-License-Identifier: Apache-2.0
//
// Where in a JSON text a value stands, so that a complaint about a policy or a list of waivers names
// the file, the line and the key. jansson does not remember that; the text is walked again when there
// is something to complain about. For report/ alone.
#ifndef REPORT_PLACE_H
#define REPORT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/fail.h"

// A text and the name that people know it by.
struct source {
    const char *name; // a file's, or an embedded policy's
    const char *text; // valid JSON
};

// A way into a text, kept on the stack of whoever goes it: the last step, and those before.
struct place {
    const struct place *above; // NULL: the whole text
    const char *key;           // NULL: the step is into a list
    size_t index;
};

// The line (from 1) at which the value at a place begins; that of the last step that exists.
unsigned place_line(const char *text, const struct place *place);

// "NAME:LINE: rules[3].every.name: " and the sentence. Returns false.
bool place_complain(struct complaint *complaint, const struct source *source, const struct place *place,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

// Reads a text in which no key stands twice. NULL and a complaint with the line otherwise.
json_t *place_load(const struct source *source, struct complaint *complaint);

#endif
