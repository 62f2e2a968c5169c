// SPDX-License-Identifier: Apache-2.0
//
// getopt_long finds the options; what each one means stands in its row of options.def. getopt's own
// messages are off: every complaint is one sentence of ours.
#include "cli/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define ROW_VALUE 256 // getopt_long's value of row 0; beyond every letter

static const struct option_row rows[] = {
#define OPTION(name, letter, kind, member, low, high, argument, where, group, help)                                    \
    {name, letter, kind, offsetof(struct options, member), low, high, argument, where, GROUP_##group, help},
#include "options.def"
#undef OPTION
};

#define ROWS (sizeof rows / sizeof *rows)
#define MANY INT_MAX

static const struct command_row commands[] = {
#define COMMAND(id, name, operands, least, most, kind, help) {id, name, operands, least, most, OPERAND_##kind, help},
#include "commands.def"
#undef COMMAND
};

#define COMMANDS (sizeof commands / sizeof *commands)

size_t command_count(void) { return COMMANDS; }

const struct command_row *command_at(size_t index)
{
    always(index < COMMANDS);
    return &commands[index];
}

static const struct command_row *command_of(const struct options *options)
{
    size_t i = 0;
    while (commands[i].id != options->command)
        i++;
    return &commands[i];
}

size_t option_count(void) { return ROWS; }

const struct option_row *option_at(size_t index)
{
    always(index < ROWS);
    return &rows[index];
}

const char *option_group_title(enum option_group group)
{
    static const char *const title[] = {"What to scan", "What to check", "How to connect", "What to write",
                                        "What shakedown knows"};
    always(group < GROUP_HIDDEN);
    return title[group];
}

// --- getopt's tables -------------------------------------------------------------------------------

static int argument_rule(const struct option_row *row)
{
    return row->kind == FLAG ? no_argument : row->kind == OUTPUT ? optional_argument : required_argument;
}

static void fill_long(struct option *table)
{
    for (size_t i = 0; i < ROWS; i++)
        table[i] = (struct option){rows[i].name, argument_rule(&rows[i]), NULL, ROW_VALUE + (int)i};
    table[ROWS] = (struct option){0};
}

// The ':' in front tells a missing argument from an unknown option.
static void fill_short(char *letters)
{
    *letters++ = ':';
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].letter == 0)
            continue;
        *letters++ = rows[i].letter;
        if (rows[i].kind != FLAG)
            *letters++ = ':';
    }
    *letters = '\0';
}

static const struct option_row *row_of(int value)
{
    if (value >= ROW_VALUE)
        return option_at((size_t)(value - ROW_VALUE));
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].letter != 0 && rows[i].letter == value)
            return &rows[i];
    return NULL;
}

// --- values ----------------------------------------------------------------------------------------

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool set_count(const struct option_row *row, const char *text, unsigned *number, struct complaint *complaint)
{
    uint64_t value = 0;
    const char *c = text;
    for (; is_digit(*c) && value <= row->high; c++)
        value = value * 10 + (unsigned)(*c - '0');
    if (c == text || *c != '\0' || value < row->low || value > row->high)
        return complain(complaint, "--%s takes a number from %u to %u, not '%.64s'", row->name, row->low, row->high,
                        text);
    *number = (unsigned)value;
    return true;
}

// By hand, since strtod minds the locale and takes "nan". What is finer than a millisecond is cut.
static bool set_seconds(const struct option_row *row, const char *text, unsigned *number, struct complaint *complaint)
{
    uint64_t value = 0, unit = 1000;
    const char *c = text;
    size_t digits = 0;
    for (; is_digit(*c) && value <= row->high; c++, digits++)
        value = value * 10 + (unsigned)(*c - '0') * unit;
    if (*c == '.')
        for (c++; is_digit(*c); c++, digits++)
            value += (unsigned)(*c - '0') * (unit /= 10);
    if (digits == 0 || *c != '\0' || value < row->low || value > row->high)
        return complain(complaint, "--%s takes seconds from %g to %g, not '%.64s'", row->name, row->low / 1000.0,
                        row->high / 1000.0, text);
    *number = (unsigned)value;
    return true;
}

static bool is_choice(const char *words, const char *text, size_t size)
{
    for (const char *word = words; *word != '\0'; word += strspn(word, "|")) {
        size_t length = strcspn(word, "|");
        if (length == size && memcmp(word, text, size) == 0)
            return true;
        word += length;
    }
    return false;
}

static bool set_choice(const struct option_row *row, const char *text, const char **choice, struct complaint *complaint)
{
    *choice = text;
    return is_choice(row->argument, text, strlen(text)) ||
           complain(complaint, "--%s takes one of %s, not '%.64s'", row->name, row->argument, text);
}

// Words parted by commas; those of several such options add up.
static bool set_words(const struct option_row *row, const char *text, char *words, struct complaint *complaint)
{
    const char *rest = text;
    do {
        size_t size = strcspn(rest, ","), used = strlen(words);
        if (!is_choice(row->argument, rest, size))
            return complain(complaint, "--%s takes %s, parted by commas, not '%.64s'", row->name, row->argument, text);
        if (used + 1 + size >= OPTION_WORDS)
            return complain(complaint, "--%s was given too often", row->name);
        snprintf(words + used, OPTION_WORDS - used, "%s%.*s", used == 0 ? "" : ",", (int)size, rest);
        rest += size;
    } while (*rest++ == ',');
    return true;
}

static bool set_text(const struct option_row *row, const char *text, const char **place, struct complaint *complaint)
{
    if (text[0] == '\0')
        return complain(complaint, "--%s takes a value that is not empty", row->name);
    *place = text;
    return true;
}

static bool is_standard(const struct output_choice *output) { return strcmp(output->file, "-") == 0; }

static bool add_output(struct options *options, const char *format, size_t size, const char *file,
                       struct complaint *complaint)
{
    struct output_choice *output = &options->outputs[options->output_count];
    if (options->output_count == OPTION_OUTPUTS)
        return complain(complaint, "there can be no more than %d outputs", OPTION_OUTPUTS);
    if (size == 0 || size >= sizeof output->format)
        return complain(complaint, "there is no format '%.*s' (see --list formats)", size > 64 ? 64 : (int)size,
                        format);
    memcpy(output->format, format, size);
    output->format[size] = '\0';
    output->file = file;
    for (unsigned i = 0; i < options->output_count; i++) {
        const struct output_choice *other = &options->outputs[i];
        if (strcmp(other->file, file) == 0)
            return complain(complaint, "%s and %s cannot both go to %.200s", other->format, output->format,
                            is_standard(other) ? "standard output" : file);
    }
    options->output_count++;
    return true;
}

// "FORMAT", "FORMAT:" (both to standard output) or "FORMAT:FILE"
static bool set_output(struct options *options, const char *text, struct complaint *complaint)
{
    size_t size = strcspn(text, ":");
    const char *file = text + size + (text[size] == ':');
    return add_output(options, text, size, *file == '\0' ? "-" : file, complaint);
}

static bool set_time(const struct option_row *row, const char *text, int64_t *time, struct options *options,
                     struct complaint *complaint)
{
    bool now = time == &options->settings.now;
    options->settings.has_now = options->settings.has_now || now;
    options->settings.has_since = options->settings.has_since || !now;
    return text_to_time(text, time) ||
           complain(complaint, "--%s takes a date (2026-11-23), a time (2026-11-23T14:05:09Z) or @seconds, not '%.64s'",
                    row->name, text);
}

static bool set(const struct option_row *row, const char *text, struct options *options, struct complaint *complaint)
{
    void *place = (char *)options + row->offset;
    switch (row->kind) {
    case FLAG:
        *(bool *)place = true;
        return true;
    case TEXT:
    case PATH:
    case FOLDER:
    case CHECKS:
    case POLICY:
        return set_text(row, text, place, complaint);
    case WORDS:
        return set_words(row, text, place, complaint);
    case OUTPUT:
        if (text != NULL && text[0] == '\0')
            return complain(complaint, "--%s takes a value that is not empty", row->name);
        return add_output(options, row->name, strlen(row->name), text == NULL ? "-" : text, complaint);
    case FORMAT:
        return add_output(options, text, strlen(text), "-", complaint);
    case FORMAT_FILE:
        return set_output(options, text, complaint);
    case COUNT:
        return set_count(row, text, place, complaint);
    case SECONDS:
        return set_seconds(row, text, place, complaint);
    case DAYS:
        options->settings.has_expires_within = true;
        return set_count(row, text, place, complaint);
    case CHOICE:
        return set_choice(row, text, place, complaint);
    case TIME:
        return set_time(row, text, place, options, complaint);
    }
    bug("an option of no kind");
}

// --- parsing ---------------------------------------------------------------------------------------

// getopt_long takes any beginning of a name that only one option has.
static bool is_ambiguous(const char *word)
{
    size_t length = strcspn(word, "="), matches = 0;
    for (size_t i = 0; i < ROWS; i++)
        if (strncmp(rows[i].name, word, length) == 0)
            matches++;
    return matches > 1;
}

// What getopt_long did not like: it leaves the value of the option, 0 for a long one that it could
// not find, or the letter.
static bool refuse(const char *word, int found, struct complaint *complaint)
{
    const struct option_row *row = optopt == 0 ? NULL : row_of(optopt);
    if (row != NULL && found == ':')
        return complain(complaint, "--%s needs a value: %s", row->name, row->argument);
    if (row != NULL)
        return complain(complaint, "--%s takes no value", row->name);
    if (optopt > ' ' && optopt < 0x7f)
        return complain(complaint, "there is no option '-%c' (see --help)", optopt);
    if (strncmp(word, "--", 2) == 0 && is_ambiguous(word + 2))
        return complain(complaint, "'%.64s' could be more than one option (see --help)", word);
    return complain(complaint, "there is no option '%.64s' (see --help)", word);
}

// Whoever gives two lists wants both, and would not notice that one was left out.
static bool is_list(const struct option_row *row)
{
    static const char *const names[] = {"input", "only", "skip", "policy", "waivers", "baseline", "ignore"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(row->name, names[i]) == 0)
            return true;
    return false;
}

static bool parse_options(int argc, char **argv, struct options *options, bool given[ROWS], struct complaint *complaint)
{
    struct option table[ROWS + 1];
    char letters[2 * ROWS + 2];
    fill_long(table);
    fill_short(letters);
    opterr = 0;
    optind = 0; // begin anew, also for a second command line in one process
    for (;;) {
        int found = getopt_long(argc, argv, letters, table, NULL);
        if (found == -1)
            return true;
        if (found == '?' || found == ':')
            return refuse(argv[optind - 1], found, complaint);
        const struct option_row *row = row_of(found);
        always(row != NULL);
        if (given[row - rows] && is_list(row))
            return complain(complaint, "--%s was given twice, and only one would count", row->name);
        given[row - rows] = true;
        if (!set(row, optarg, options, complaint))
            return false;
    }
}

static const struct command_row *command_named(const char *word)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

// As far as people guess it: `help`, `help COMMAND`. A host of that name is asked by `scan help`.
static void take_help(struct options *options)
{
    int count = options->operand_count;
    if (count == 0 || count > 2 || strcmp(options->operands[0], "help") != 0 ||
        (count == 2 && command_named(options->operands[1]) == NULL))
        return;
    options->help = true;
    options->operands++;
    options->operand_count--;
}

static void take_command(struct options *options)
{
    const struct command_row *command = options->operand_count == 0 ? NULL : command_named(options->operands[0]);
    if (command == NULL)
        return;
    options->command = options->help_about = command->id;
    options->operands++;
    options->operand_count--;
}

static bool check_where(const struct options *options, const bool given[ROWS], struct complaint *complaint)
{
    for (size_t i = 0; i < ROWS; i++)
        if (given[i] && (rows[i].where & options->command) == 0)
            return complain(complaint, "--%s has no meaning for `%s`", rows[i].name, command_of(options)->name);
    return true;
}

static bool check_operands(const struct options *options, struct complaint *complaint)
{
    const struct command_row *command = command_of(options);
    if (options->command == REPLAY && options->operand_count != 1)
        return complain(complaint, "replay takes one transcript file");
    bool stored = options->settings.store != NULL;
    if (options->command == DIFF && !stored && options->operand_count != 2)
        return complain(complaint, "diff takes two files of reports: the earlier and the later");
    if (options->command == DIFF && stored && options->operand_count > 1)
        return complain(complaint, "diff --store takes no files, but one target, or none");
    if (options->command == SCAN && options->operand_count == 0 && options->input == NULL)
        return complain(complaint, "there is no target to scan (see --help)");
    if (options->command == CONNECT && options->operand_count != 1)
        return complain(complaint, "connect takes one host");
    if (options->command == HISTORY && !stored)
        return complain(complaint, "history needs --store=FILE: what it shall read");
    if (options->command == HISTORY && options->operand_count > 1)
        return complain(complaint, "history takes one target");
    if (options->command == ENQUEUE && options->operand_count == 0 && options->input == NULL)
        return complain(complaint, "there is no target to enqueue (see --help)");
    if (options->operand_count != 0 && command->most == 0)
        return complain(complaint, "%s takes no operand, such as '%.64s'", command->name, options->operands[0]);
    if (options->operand_count > command->most)
        return complain(complaint, "%s takes no more than one of %s", command->name, command->operands);
    if (command->kind != OPERAND_CHOICE || options->operand_count == 0 ||
        is_choice(command->operands, options->operands[0], strlen(options->operands[0])))
        return true;
    return complain(complaint, "%s takes one of %s, not '%.64s'", command->name, command->operands,
                    options->operands[0]);
}

// What leaves the queue has to stand in lines somewhere, and in one place: that is where it is looked for after a kill.
static bool check_queue(struct options *options, struct complaint *complaint)
{
    unsigned lines = 0;
    if ((options->command & QUEUED) != 0 && options->queue.url == NULL)
        return complain(complaint, "%s needs --queue=URL", command_of(options)->name);
    if (options->command != COLLECT)
        return true;
    const struct output_choice *standard = NULL;
    for (unsigned i = 0; i < options->output_count; i++) {
        lines += output_is_of_lines(&options->outputs[i]);
        standard = is_standard(&options->outputs[i]) ? &options->outputs[i] : standard;
    }
    if (lines > 1)
        return complain(complaint, "collect writes json or ndjson to one place alone");
    if (lines == 0 && standard != NULL)
        return complain(complaint, "collect writes json or ndjson too: say to which file, beside %s on standard output",
                        standard->format);
    return lines == 1 || add_output(options, "ndjson", strlen("ndjson"), "-", complaint);
}

bool options_parse(int argc, char **argv, struct options *options, struct complaint *complaint)
{
    bool given[ROWS] = {false};
    *options = (struct options){.command = SCAN, .retries = 1};
    if (!parse_options(argc, argv, options, given, complaint))
        return false;
    options->operands = argv + optind;
    options->operand_count = argc - optind;
    options->settings.tries = options->retries + 1;
    options->settings.fail_on = options->fail_on[0] == '\0' ? NULL : options->fail_on;
    options->settings.system_resolver = options->resolver != NULL && strcmp(options->resolver, "system") == 0;
    take_help(options);
    take_command(options);
    if (options->help || options->version || options->list != NULL || options->print_completion != NULL)
        return true;
    return check_where(options, given, complaint) && check_operands(options, complaint) &&
           options_together(options, complaint) && check_queue(options, complaint);
}

static const char *behind(const char *word, const char *beginning)
{
    size_t size = strlen(beginning);
    return strncmp(word, beginning, size) == 0 ? word + size : NULL;
}

bool options_want_plugin(int argc, char *const *argv)
{
    static const char *const names[] = {"-o", "--output", "--format"};
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            const char *value = behind(argv[i], names[k]);
            if (value != NULL && *value == '\0')
                value = argv[i + 1]; // NULL behind the last one
            else if (value != NULL && *value == '=')
                value++;
            const char *rest = value == NULL ? NULL : behind(value, "nagios");
            if (rest != NULL && (strcmp(rest, "") == 0 || strcmp(rest, ":") == 0 || strcmp(rest, ":-") == 0))
                return true;
        }
    return false;
}
