// SPDX-License-Identifier: Apache-2.0
//
// A quicker way than jansson's from text to its values, for the JSON that reports are written in. For report/
// alone.
#ifndef REPORT_QUICK_H
#define REPORT_QUICK_H

#include <stddef.h>

#include <jansson.h>

struct quick;

struct quick *quick_open(void);
void quick_close(struct quick *quick);

// What json_loadb() makes of the text, or NULL: then ask json_loadb(), which may take it all the same, or
// says what is wrong. Equal strings may be one value: nobody may change them in place.
json_t *quick_load(struct quick *quick, const char *text, size_t size);

#endif
