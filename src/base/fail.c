// SPDX-License-Identifier: Apache-2.0
//
// How a process of ours ends when it must, and how a complaint is written down.
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void bug_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "shakedown: internal error at %s:%d: %s\n", file, line, what);
    exit(EXIT_INTERNAL);
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("shakedown: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_INTERNAL);
}

bool complain(struct complaint *complaint, const char *format, ...)
{
    if (complaint->text[0] != '\0')
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
    va_end(arguments);
    for (char *c = complaint->text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return false;
}
