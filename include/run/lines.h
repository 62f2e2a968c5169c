// SPDX-License-Identifier: Apache-2.0
//
// A file of lines whose fields stand between single spaces, as transcripts are written. It may come from a
// stranger: every line is bounded, and every field judged as it is taken.
#ifndef RUN_LINES_H
#define RUN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fail.h"

// Zeroed but for the first four.
struct lines {
    FILE *file;
    const char *name;
    struct complaint *complaint;
    struct arena *memory; // of what is taken

    unsigned long number; // of the line
    char *next;           // the fields not taken yet; NULL: none
    bool bad;             // a field was missing or malformed
    char *line;
    size_t room;
    char empty[1]; // stands for a missing field
    struct arena scratch;
};

// Complains with file and line. Always false.
bool lines_fail(const struct lines *lines, const char *what);

// The next line without its LF. False: a complaint, or *ended: the end of the file at a line's start.
bool lines_next(struct lines *lines, bool *ended);

// The next field: as it stands, or read as what it must be.
char *lines_take(struct lines *lines);
bool lines_word(struct lines *lines, const char *word);                  // whether it is this
bool lines_choice(struct lines *lines, const char *no, const char *yes); // one of two; true for the second
uint64_t lines_number(struct lines *lines, uint64_t most);
int64_t lines_seconds(struct lines *lines);
struct bytes lines_hex(struct lines *lines);
struct bytes lines_octets(struct lines *lines);  // base64, "-": none
const char *lines_any_text(struct lines *lines); // base64, "=": empty, "-": NULL; any but NUL
const char *lines_text(struct lines *lines);     // ... that escaping would not change

void lines_release(struct lines *lines);

#endif
