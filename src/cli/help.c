// SPDX-License-Identifier: Apache-2.0
//
// --help, from the table of options.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

#define HELP_COLUMN 28
#define HELP_WIDTH  80

static size_t printed(FILE *file, const char *text)
{
    fputs(text, file);
    return strlen(text);
}

// "  -i, --input=FILE"; returns its width.
static size_t print_form(FILE *file, const struct option_row *row)
{
    size_t width = row->letter != 0 ? (size_t)fprintf(file, "  -%c, --", row->letter) : printed(file, "      --");
    width += printed(file, row->name);
    if (row->kind == FLAG)
        return width;
    width += printed(file, row->kind == OUTPUT ? "[=" : "=");
    width += printed(file, row->kind == CHOICE ? "WORD" : row->kind == WORDS ? "WORDS" : row->argument);
    return width + (row->kind == OUTPUT ? printed(file, "]") : 0);
}

static void print_wrapped(FILE *file, const char *text, size_t column)
{
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + length > HELP_WIDTH) {
            fprintf(file, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        if (column > HELP_COLUMN)
            column += printed(file, " ");
        fprintf(file, "%.*s", (int)length, text);
        column += length;
        text += length + strspn(text + length, " ");
    }
}

// The words of a choice, broken behind a bar where a line would be too long.
static void print_words(FILE *file, const char *words)
{
    size_t column = HELP_WIDTH;
    while (*words != '\0') {
        size_t length = strcspn(words, "|");
        length += words[length] == '|';
        if (column + length > HELP_WIDTH) {
            fprintf(file, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        fprintf(file, "%.*s", (int)length, words);
        column += length;
        words += length;
    }
}

static void print_row(FILE *file, const struct option_row *row)
{
    size_t column = print_form(file, row);
    if (column + 2 > HELP_COLUMN) {
        fputc('\n', file);
        column = 0;
    }
    fprintf(file, "%*s", (int)(HELP_COLUMN - column), "");
    print_wrapped(file, row->help, HELP_COLUMN);
    if (row->kind == CHOICE || row->kind == WORDS)
        print_words(file, row->argument);
    fputc('\n', file);
}

// The first command needs no name.
static void print_form_of(FILE *file, const struct command_row *row, bool first)
{
    bool plain = (row->id & (EXPLAIN | SCHEMA)) != 0;
    fprintf(file, "%s shakedown ", first ? "usage:" : "      ");
    fprintf(file, row->id == SCAN ? "[%s]" : "%s", row->name);
    fprintf(file, plain ? " [%s]\n" : " [OPTIONS] %s\n", row->operands);
}

// What the commands are; or one of them, 0: all.
static void print_usage(FILE *file, enum option_where about)
{
    bool first = true;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command_row *row = command_at(i);
        if (about != 0 && row->id != about)
            continue;
        print_form_of(file, row, first);
        first = false;
    }
    fputs("\n", file);
    for (size_t i = 0; i < command_count(); i++) {
        const struct command_row *row = command_at(i);
        if (about != 0 && row->id != about)
            continue;
        size_t column = (size_t)fprintf(file, "  %s", row->name);
        fprintf(file, "%*s", (int)(HELP_COLUMN - column), "");
        print_wrapped(file, row->help, HELP_COLUMN);
        fputc('\n', file);
    }
}

// Those of one command, or all.
static void print_group(FILE *file, enum option_group group, enum option_where about)
{
    bool titled = false;
    for (size_t i = 0; i < option_count(); i++) {
        const struct option_row *row = option_at(i);
        if (row->group != group || (about != 0 && (row->where & about) == 0))
            continue;
        if (!titled)
            fprintf(file, "\n%s\n", option_group_title(group));
        titled = true;
        print_row(file, row);
    }
}

void options_print_help(FILE *file, enum option_where about)
{
    print_usage(file, about);
    if (about == 0)
        fputs("\nAsks TLS servers which versions, cipher suites and certificates they have.\n"
              "`shakedown COMMAND --help` names the options of one command.\n",
              file);
    if (about == 0 || (about & (SCAN | ENQUEUE)) != 0)
        fputs("\nA TARGET is host, host:port, [ipv6]:port or https://host/, or many of them:\n"
              "192.0.2.0/24, host:443,8443,9000-9010, [2001:db8::/120]:443.\n",
              file);
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++)
        print_group(file, group, about);
    fputs("\n"
          "Exit status (the worst that applies: 70, 2, 4, 3, 1, 0)\n"
          "   0  every fact is settled\n"
          "   1  a policy or a threshold failed, or connect found nothing to be trusted\n"
          "   2  wrong usage, a bad target, or this machine cannot do it\n"
          "   3  some facts stay unknown because of the network, or it was interrupted\n"
          "   4  nothing was reachable\n"
          "  70  shakedown itself is wrong\n",
          file);
}
