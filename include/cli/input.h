// SPDX-License-Identifier: Apache-2.0
//
// Targets in the order given: those of the command line, then those of a list, which is read line
// by line as they are asked for and never as a whole.
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define INPUT_LINE 4096 // octets of a line that are looked at; the rest of it is dropped

struct input {
    char *const *operands;
    int operand_count;
    int operands_given;
    const char *name;      // of the list, for people; NULL: none
    int descriptor;        // -1: none, or at its end
    uint64_t length, used; // octets of a plain file, 0: it is none; and of it
    unsigned long line;    // number of the line that input_next gave; 0: it was an operand
    char text[INPUT_LINE];
    size_t size; // of the part of a line that is there
    bool begun;  // a line was, even if nothing is kept of it
    char buffer[65536];
    size_t next, end; // what of it is not used yet
};

// list: a file, "-" for standard input, or NULL.
bool input_open(struct input *input, char *const *operands, int operand_count, const char *list,
                struct complaint *complaint);

// The next target, without blanks around it; empty lines and comments (from '#' at the start or
// after a blank) are passed over. NULL: no more, or reading failed and there is a complaint. shakedown_later: whoever
// writes the list has not written more yet. Good until the next call.
const char *input_next(struct input *input, struct complaint *complaint);

// How much of it was given out, from 0 to 1; 0: not known, as of a pipe.
double input_read(const struct input *input);

void input_close(struct input *input);

#endif
