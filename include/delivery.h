// SPDX-License-Identifier: Apache-2.0
//
// How a report gets to the caller; inside the library only.
#ifndef DELIVERY_H
#define DELIVERY_H

#include <stdbool.h>

#include "report/report.h"
#include "shakedown.h"

// To the caller's function as text, and to the views as they are.
void deliver(const struct shakedown_calls *calls, struct report *report, bool indented);

#endif
