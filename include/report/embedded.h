// SPDX-License-Identifier: Apache-2.0
//
// Files that the program carries: data/findings/, data/policies/, data/grade/, the schemas of docs/, and the
// style and script of data/html/, as they are. make puts them in (data/embed.sh).
#ifndef REPORT_EMBEDDED_H
#define REPORT_EMBEDDED_H

#include <jansson.h>
#include <stddef.h>

enum embedded_kind { EMBEDDED_FINDINGS, EMBEDDED_POLICIES, EMBEDDED_GRADE, EMBEDDED_SCHEMAS, EMBEDDED_PAGES };

struct embedded {
    const char *name; // the file's, without ".json"
    const char *text;
};

// In the order of their names.
size_t embedded_count(enum embedded_kind kind);
const struct embedded *embedded_at(enum embedded_kind kind, size_t index);
const struct embedded *embedded_find(enum embedded_kind kind, const char *name); // NULL: there is none

json_t *embedded_load(const struct embedded *file); // the caller's to free

#endif
