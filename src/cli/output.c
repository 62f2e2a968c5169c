// SPDX-License-Identifier: Apache-2.0
//
// Reports leave here. A reader of standard output who goes away ends the printing, not the
// process, and is no error; a full disk is one.
#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

// --- what the terminal can do ----------------------------------------------------------------------

static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return term == NULL || strcmp(term, "dumb") == 0;
}

static bool wants_color(const char *when)
{
    if (when != NULL && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !is_dumb() && (no_color == NULL || no_color[0] == '\0');
}

static unsigned terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

// --- the JSON file ---------------------------------------------------------------------------------

// A device or a link is written as it is; a plain file is replaced in one step.
static bool is_replaceable(const char *name)
{
    struct stat status;
    return lstat(name, &status) != 0 ? errno == ENOENT : S_ISREG(status.st_mode);
}

// mkstemp makes files private; a report is as public as any other file of this user.
static void share(int descriptor)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(descriptor, 0666 & ~mask) != 0)
        return; // a file system without modes
}

static FILE *open_temporary(struct output *output)
{
    if (asprintf(&output->temporary, "%s.XXXXXX", output->name) < 0)
        die("out of memory");
    int descriptor = mkstemp(output->temporary);
    if (descriptor == -1) {
        free(output->temporary);
        output->temporary = NULL;
        return NULL;
    }
    share(descriptor);
    return fdopen(descriptor, "w");
}

static bool open_file(struct output *output, bool alone, struct complaint *complaint)
{
    if (alone && is_replaceable(output->name))
        output->file = open_temporary(output);
    if (output->file == NULL) // also where the file may be written, but its folder may not
        output->file = fopen(output->name, "w");
    return output->file != NULL || complain(complaint, "cannot write '%s': %m", output->name);
}

static void close_file(struct output *output)
{
    if (output->file == NULL)
        return;
    if (fclose(output->file) != 0)
        complain(&output->complaint, "cannot write '%s': %m", output->name);
    output->file = NULL;
    if (output->temporary == NULL)
        return;
    bool whole = !output->abandoned && output->reports != 0 && output->complaint.text[0] == '\0';
    if (whole && rename(output->temporary, output->name) != 0)
        whole = complain(&output->complaint, "cannot write '%s': %m", output->name);
    if (!whole)
        unlink(output->temporary);
    free(output->temporary);
    output->temporary = NULL;
}

// --- writing ---------------------------------------------------------------------------------------

bool output_open(struct output *output, const struct options *options, bool alone, struct complaint *complaint)
{
    bool to_stdout = options->json != NULL && strcmp(options->json, "-") == 0;
    *output = (struct output){
        .text = {terminal_width(), wants_color(options->color), options->verbose, options->quiet},
        .show_text = !to_stdout,
        .show_json = to_stdout,
        .show_progress = !options->quiet && isatty(STDERR_FILENO) && !is_dumb(),
        .name = to_stdout ? NULL : options->json,
    };
    return output->name == NULL || open_file(output, alone, complaint);
}

bool output_indents(const struct output *output)
{
    return output->name != NULL || (output->show_json && isatty(STDOUT_FILENO));
}

static void clear_progress(struct output *output)
{
    if (output->progress_shown)
        fputs("\r\033[K", stderr);
    output->progress_shown = false;
}

void output_print(struct output *output, const char *text)
{
    if (output->closed)
        return;
    clear_progress(output);
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0 && !ferror(stdout))
        return;
    output->closed = true;
    if (errno != EPIPE)
        complain(&output->complaint, "cannot write to standard output: %m");
}

static void print_text(struct output *output, const char *json)
{
    char *text = shakedown_render_text(json, &output->text);
    if (text == NULL)
        bug("a report that its own view does not understand");
    if (output->reports != 0 && !output->text.quiet)
        output_print(output, "\n");
    output_print(output, text);
    free(text);
}

void output_report(struct output *output, const char *json)
{
    if (output->file != NULL && (fputs(json, output->file) == EOF || fflush(output->file) != 0))
        complain(&output->complaint, "cannot write '%s': %m", output->name);
    if (output->show_json)
        output_print(output, json);
    if (output->show_text)
        print_text(output, json);
    output->reports++;
}

void output_abandon(struct output *output) { output->abandoned = true; }

void output_progress(struct output *output, uint64_t done, uint64_t in_flight, uint64_t connections)
{
    if (!output->show_progress)
        return;
    fprintf(stderr, "\r\033[K%llu done, %llu in progress, %llu connections", (unsigned long long)done,
            (unsigned long long)in_flight, (unsigned long long)connections);
    fflush(stderr);
    output->progress_shown = true;
}

void output_warn(struct output *output, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct complaint clean = {0};
    complain(&clean, "%s", text);
    clear_progress(output);
    fprintf(stderr, "shakedown: %s\n", clean.text);
}

bool output_close(struct output *output)
{
    clear_progress(output);
    close_file(output);
    return output->complaint.text[0] == '\0';
}
