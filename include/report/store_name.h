// SPDX-License-Identifier: Apache-2.0
//
// What a store's file is called, and what else lies around there. For report/ alone.
#ifndef REPORT_STORE_NAME_H
#define REPORT_STORE_NAME_H

#include <stdbool.h>

#include "base/fail.h"

// A plain file, or for writing none at all. False: the complaint says what it is.
bool store_name_usable(const char *name, bool writing, struct complaint *complaint);

// The name as SQLite takes it (a URI), whatever is in it; malloc'd.
char *store_uri(const char *name, bool writing);

// Whether the file begins like one of SQLite's.
bool store_is(const char *name);

#endif
