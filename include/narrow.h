// SPDX-License-Identifier: Apache-2.0
//
// What of a store is looked at; inside the library only.
#ifndef NARROW_H
#define NARROW_H

#include <stdbool.h>

#include "base/fail.h"
#include "report/archive.h"

// The target as a user writes it, at any port unless one is named; NULL: all that it has.
bool narrow(struct archive *archive, const char *target, struct complaint *complaint);

// That this is not in it. Another complaint that is there already stands.
void has_no_report(const char *store, const char *target, struct complaint *complaint);

#endif
