// SPDX-License-Identifier: Apache-2.0
//
// What the program knows of its findings and policies, as text for people.
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <stdio.h>

#include "base/fail.h"

// A finding by its id, or a policy by its name or file; malloc'd. NULL and a complaint: there is none.
char *explain_text(const char *name, struct complaint *complaint);

// A line each: what it is called, and what it is.
void explain_findings(FILE *file);
void explain_policies(FILE *file);
void explain_caps(FILE *file); // of grades

// The lists that rules can be about, with their properties, of which kind they are and what they mean.
void explain_properties(FILE *file);

// "report", "policy", ...: a JSON schema; NULL: there is none.
const char *explain_schema(const char *name);

#endif
