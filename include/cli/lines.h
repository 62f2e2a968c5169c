// SPDX-License-Identifier: Apache-2.0
//
// A file of lines that is gone on with, of which somebody may have been killed while writing.
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define LINES_TAIL                                                                                                     \
    (80u << 20) // octets of its end in which a line is looked for: one as long as can be, and many others

// Holds a plain file against others who would write there, until it is closed. False: somebody holds it.
bool lines_hold(int descriptor, const char *name, struct complaint *complaint);

// Cuts off a last line that was not written to its end. Of a pipe, a device, or what is not appended to, nothing is
// done. name: for people. False: it cannot be, or what stands there is no report of ours.
bool lines_mend(int descriptor, const char *name, struct complaint *complaint);

// Whether a plain file's first octets are whole lines; true also of one that may not be read.
bool lines_end_at(int descriptor, uint64_t size);

// Whether the line (with its LF) stands in the file's end.
bool lines_have(int descriptor, const char *line);

#endif
