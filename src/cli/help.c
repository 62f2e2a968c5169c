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
static void print_usage(FILE *file)
{
    for (size_t i = 0; i < command_count(); i++) {
        const struct command_row *row = command_at(i);
        const char *form = i == 0 ? "usage: shakedown [%s] [OPTIONS]%s%s\n" : "       shakedown %s [OPTIONS]%s%s\n";
        bool plain = (row->id & (VIEWS | ENQUEUE)) == 0;
        fprintf(file, plain ? "       shakedown %s%s[%s]\n" : form, row->name, row->operands[0] == '\0' ? "" : " ",
                row->operands);
    }
    fputs("\n", file);
    for (size_t i = 0; i < command_count(); i++) {
        size_t column = (size_t)fprintf(file, "  %s", command_at(i)->name);
        fprintf(file, "%*s", (int)(HELP_COLUMN - column), "");
        print_wrapped(file, command_at(i)->help, HELP_COLUMN);
        fputc('\n', file);
    }
}

void options_print_help(FILE *file)
{
    print_usage(file);
    fputs("\n"
          "Asks TLS servers which versions, cipher suites and certificates they have.\n"
          "A TARGET is host, host:port, [ipv6]:port or https://host/.\n",
          file);
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        fprintf(file, "\n%s\n", option_group_title(group));
        for (size_t i = 0; i < option_count(); i++)
            if (option_at(i)->group == group)
                print_row(file, option_at(i));
    }
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
