// SPDX-License-Identifier: Apache-2.0
//
// The HTML view: one page for one report, which holds all that it needs and fetches nothing. For
// report/ alone.
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <jansson.h>

#include "base/fail.h"

// A report as a page, malloc'd. NULL and a complaint when it would be too long.
char *html_page(const json_t *report, struct complaint *complaint);

#endif
