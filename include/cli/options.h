// SPDX-License-Identifier: Apache-2.0
//
// The command line as a value, and the table of options that everything about them is made from.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "shakedown.h"

struct options {
    bool replay;           // the command is `replay`, else `scan`
    char *const *operands; // targets, or the transcript to replay
    int operand_count;
    struct shakedown_settings settings;
    unsigned retries;
    const char *input, *resolver, *color, *list, *print_completion; // NULL: not given
    const char *json;                                               // "-": standard output
    bool plan, quiet, verbose, help, version;
};

// Fills *options; its strings are argv's own, which is put into another order (options first).
// False: the complaint says what is wrong. --help and --version excuse missing operands.
bool options_parse(int argc, char **argv, struct options *options, struct complaint *complaint);

enum option_kind { FLAG, TEXT, PATH, FOLDER, CHECKS, COUNT, SECONDS, TIME, CHOICE, OUTPUT };
enum option_where { SCAN = 1, REPLAY = 2, BOTH = 3 };
enum option_group { GROUP_TARGETS, GROUP_CHECKING, GROUP_CONNECTING, GROUP_OUTPUT, GROUP_HELP, GROUP_HIDDEN };

// A row of options.def.
struct option_row {
    const char *name;
    char letter; // 0: none
    enum option_kind kind;
    size_t offset; // of the member in struct options
    unsigned low, high;
    const char *argument; // NULL for a FLAG
    enum option_where where;
    enum option_group group;
    const char *help;
};

size_t option_count(void);
const struct option_row *option_at(size_t index);
const char *option_group_title(enum option_group group); // not of GROUP_HIDDEN

// --help: grouped and aligned, at most 80 columns, with the exit statuses.
void options_print_help(FILE *file);

// "bash", "zsh", "fish" or "man-options". False: no such form.
bool options_print_completion(FILE *file, const char *form);

#endif
