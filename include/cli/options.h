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

enum option_kind {
    FLAG,
    TEXT,
    PATH,
    FOLDER,
    CHECKS,
    POLICY,
    WORDS,
    COUNT,
    SECONDS,
    DAYS,
    TIME,
    CHOICE,
    OUTPUT,
    FORMAT,
    FORMAT_FILE
};
enum option_where {
    SCAN = 1,
    REPLAY = 2,
    JUDGE = 4,
    EXPLAIN = 8,
    SCHEMA = 16,
    RENDER = 32,
    DIFF = 64,
    CONNECT = 128,
    HISTORY = 256,
    WORK = 512,
    ENQUEUE = 1024,
    COLLECT = 2048,
    LISTS = SCAN | ENQUEUE,
    SCANNING = SCAN | WORK,
    ASKING = SCANNING | CONNECT,
    BOTH = SCANNING | REPLAY,
    QUEUED = WORK | ENQUEUE | COLLECT,
    WRITING = ASKING | REPLAY,
    REPORTS = BOTH | JUDGE,
    JUDGED = REPORTS | DIFF,
    VIEWS = REPORTS | RENDER | CONNECT | COLLECT,
    TOLD = VIEWS | DIFF | HISTORY,
    ANY = TOLD | EXPLAIN | SCHEMA | ENQUEUE
};
enum option_group { GROUP_TARGETS, GROUP_CHECKING, GROUP_CONNECTING, GROUP_OUTPUT, GROUP_HELP, GROUP_HIDDEN };
enum operand_kind { OPERAND_HOST, OPERAND_FILE, OPERAND_ABOUT, OPERAND_CHOICE };

#define OPTION_WORDS   256 // octets of the words of an option that may be given several times
#define OPTION_OUTPUTS 16  // most outputs

// Where reports go, in which format.
struct output_choice {
    char format[32];
    const char *file; // "-": standard output
};

struct options {
    enum option_where command;
    char *const *operands; // targets, files, ids: what the command takes
    int operand_count;
    struct shakedown_settings settings;
    struct shakedown_queue queue;
    unsigned retries;
    const char *input, *resolver, *color, *list, *print_completion; // NULL: not given
    const char *metrics;                                            // a file, or NULL
    unsigned progress_ms;                                           // 0: not given
    const char *summary;                                            // a file, or NULL
    struct output_choice outputs[OPTION_OUTPUTS];                   // in the order given
    unsigned output_count;
    char fail_on[OPTION_WORDS]; // "": not given
    bool all;                   // of a history: each scan
    bool plan, quiet, verbose, help, version;
    enum option_where help_about; // the command that was named, whose help may be asked for; 0: none
};

// Fills *options; its strings are argv's own, which is put into another order (options first).
// False: the complaint says what is wrong. --help and --version excuse missing operands.
bool options_parse(int argc, char **argv, struct options *options, struct complaint *complaint);

// Whether what was given goes together.
bool options_together(const struct options *options, struct complaint *complaint);

// Whether two names that may be NULL or "-" are of one file.
bool options_same_file(const char *a, const char *b);

// Whether each report is a line, or the only one.
bool output_is_of_lines(const struct output_choice *output);

// Whether the line of a monitor's plugin is asked for on standard output, in a command line that may be wrong
// otherwise.
bool options_want_plugin(int argc, char *const *argv);

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

// A row of commands.def.
struct command_row {
    enum option_where id;
    const char *name, *operands;
    int least, most;
    enum operand_kind kind;
    const char *help;
};

size_t command_count(void);
const struct command_row *command_at(size_t index);

size_t option_count(void);
const struct option_row *option_at(size_t index);
const char *option_group_title(enum option_group group); // not of GROUP_HIDDEN

// --help: grouped and aligned, at most 80 columns, with the exit statuses.
// about: of this command alone; 0: of all.
void options_print_help(FILE *file, enum option_where about);

// "bash", "zsh", "fish" or "man-options". False: no such form.
bool options_print_completion(FILE *file, const char *form);

#endif
