// SPDX-License-Identifier: Apache-2.0
//
// A file that appears whole or not at all: written beside its place under another name, and renamed when it is good.
#ifndef CLI_REPLACEMENT_H
#define CLI_REPLACEMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/fail.h"

struct replacement {
    const char *name; // where it will stand
    char *temporary;  // malloc'd; NULL: it is written in its place, which is a device or the like
    FILE *file;       // NULL: not open
};

// A device or a link is written as it is, and so is a file in a folder that takes no new ones; what stands there stays
// until whoever writes it cuts it off.
bool replacement_open(struct replacement *replacement, const char *name, struct complaint *complaint);

// Cuts off what stood in a plain file that is written in its place. False: it cannot be.
bool replacement_empty(const struct replacement *replacement);

// keep: put it in its place. False: it could not be written; what stood there before still does.
bool replacement_close(struct replacement *replacement, bool keep, struct complaint *complaint);

#endif
