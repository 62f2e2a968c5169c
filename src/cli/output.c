// SPDX-License-Identifier: Apache-2.0
//
// Reports leave here. A reader of standard output who goes away ends the printing, not the
// process, and is no error; a full disk is one.
#include "cli/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lines.h"

// --- what the terminal can do ----------------------------------------------------------------------

static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return term == NULL || strcmp(term, "dumb") == 0;
}

static bool wants_color(const char *when, bool standard)
{
    if (when != NULL && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    const char *no_color = getenv("NO_COLOR");
    return standard && isatty(STDOUT_FILENO) && !is_dumb() && (no_color == NULL || no_color[0] == '\0');
}

static unsigned terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

// --- files -----------------------------------------------------------------------------------------

// Each report in one piece: others may append to the same file, or read there. stdio would cut where its buffer ends.
static void write_whole(FILE *file) { setvbuf(file, NULL, _IONBF, 0); }

// Lines go into the file itself, where whoever wants can read them as they come; what was there before goes
// with the first of them, and not when the scan turns out to be impossible.
static bool open_file(struct output_file *file, bool lines, struct complaint *complaint)
{
    if (!lines)
        return replacement_open(&file->place, file->name, complaint);
    file->place = (struct replacement){.name = file->name, .file = fopen(file->name, "a")};
    if (file->place.file == NULL)
        return complain(complaint, "cannot write '%s': %m", file->name);
    write_whole(file->place.file);
    return true;
}

static void begin_file(struct output_file *file)
{
    if (file->begun)
        return;
    file->begun = true;
    file->failed = !replacement_empty(&file->place);
}

static void write_file(struct output_file *file, const char *text, size_t size)
{
    begin_file(file);
    if (file->failed)
        return;
    file->size += size;
    if (fwrite(text, 1, size, file->place.file) == size && fflush(file->place.file) == 0)
        return;
    file->failed = true;
    complain(&file->output->complaint, "cannot write '%s': %m", file->name);
}

static void close_file(struct output_file *file)
{
    struct complaint told = {0}; // already, where writing failed
    bool keep = file->begun && !file->failed && !file->output->abandoned;
    replacement_close(&file->place, keep, file->failed ? &told : &file->output->complaint);
}

// --- standard output -------------------------------------------------------------------------------

static void clear_progress(struct output *output)
{
    if (output->progress_shown)
        fputs("\r\033[K", stderr);
    output->progress_shown = false;
}

static void print(struct output *output, const char *text, size_t size)
{
    if (output->closed)
        return;
    if (output->prints_there)
        clear_progress(output);
    if (fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0 && !ferror(stdout))
        return;
    output->closed = true;
    if (errno != EPIPE)
        complain(&output->complaint, "cannot write to standard output: %m");
}

void output_print(struct output *output, const char *text) { print(output, text, strlen(text)); }

static int descriptor_of(const struct output_file *file)
{
    return file->place.file == NULL ? STDOUT_FILENO : fileno(file->place.file);
}

// --- with a journal or a queue --------------------------------------------------------------------------------

void output_mark(const struct output *output, char word[SHAKEDOWN_MARK])
{
    size_t used = 0;
    for (unsigned i = 0; i < output->count; i++) {
        if (output->file[i].place.file == NULL)
            continue;
        used += (size_t)snprintf(word + used, SHAKEDOWN_MARK - used, "%s%" PRIu64, used == 0 ? "" : ",",
                                 output->file[i].size);
        always(used < SHAKEDOWN_MARK);
    }
}

// What standard output leads to may be a pipe or a terminal, where there is nothing to be put on a disk.
bool output_sync(struct output *output)
{
    if (!output_wanted(output))
        return false;
    for (unsigned i = 0; i < output->count; i++) {
        struct output_file *file = &output->file[i];
        if (fsync(descriptor_of(file)) != 0 && errno != EINVAL && errno != EROFS && errno != EBADF)
            complain(&output->complaint, "cannot write '%s': %m", file->name == NULL ? "standard output" : file->name);
    }
    return output->complaint.text[0] == '\0';
}

static bool cut_file(struct output_file *file, uint64_t size, struct complaint *complaint)
{
    struct stat status;
    int descriptor = fileno(file->place.file);
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    if ((uint64_t)status.st_size < size)
        return complain(complaint, "'%s' is shorter than the journal says: it is not the file that was written with it",
                        file->name);
    if (!lines_end_at(descriptor, size))
        return complain(complaint, "where the journal says that a report ends in '%s', none does: it is another file",
                        file->name);
    file->begun = true;
    file->size = size;
    return ftruncate(descriptor, (off_t)size) == 0 || complain(complaint, "cannot write '%s': %m", file->name);
}

bool output_resume(struct output *output, const char *mark, struct complaint *complaint)
{
    const char *rest = mark;
    for (unsigned i = 0; i < output->count && mark != NULL; i++) {
        char *end;
        if (output->file[i].place.file == NULL)
            continue;
        uint64_t size = strtoull(rest, &end, 10);
        if (end == rest)
            return complain(complaint, "the journal was written by a run with fewer files to write reports to");
        if (!cut_file(&output->file[i], size, complaint))
            return false;
        rest = *end == ',' ? end + 1 : end;
    }
    return true;
}

bool output_has(const struct output *output, const char *json)
{
    for (unsigned i = 0; i < output->count; i++)
        if (output->file[i].continued)
            return lines_have(descriptor_of(&output->file[i]), json);
    return false;
}

// --- views -----------------------------------------------------------------------------------------

static void write_view(void *context, const char *text, size_t size)
{
    struct output_file *file = context;
    if (file->output->abandoned)
        return;
    if (file->place.file == NULL) {
        file->begun = true;
        print(file->output, text, size);
    } else {
        write_file(file, text, size);
    }
}

static struct shakedown_text text_of(const struct options *options, bool standard)
{
    return (struct shakedown_text){standard ? terminal_width() : 0, wants_color(options->color, standard),
                                   options->verbose, options->quiet};
}

// In a file JSON is for people as soon as there is one report; on standard output only where they look on.
static bool add_view(struct output *output, const struct options *options, const char *format, const char *name,
                     bool alone, struct complaint *complaint)
{
    struct output_file *file = &output->file[output->count];
    bool standard = strcmp(name, "-") == 0;
    *file = (struct output_file){.output = output, .name = standard ? NULL : name};
    const struct shakedown_view_options view = {
        .text = text_of(options, standard),
        .indent = alone && (!standard || isatty(STDOUT_FILENO)),
        .list = options->input,
        .write = write_view,
        .context = file,
    };
    char error[sizeof complaint->text];
    output->view[output->count] = shakedown_view_open(format, &view, error);
    if (output->view[output->count] == NULL)
        return complain(complaint, "%s", error);
    output->count++;
    // A file that the reports are compared with is read to the end, and replaced then.
    bool lines =
        shakedown_view_streams(output->view[output->count - 1]) && !options_same_file(name, options->settings.baseline);
    if (!standard && !open_file(file, lines, complaint))
        return false;
    file->continued = options->command == COLLECT && (strcmp(format, "json") == 0 || strcmp(format, "ndjson") == 0);
    if (!file->continued)
        return true;
    file->begun = true;
    name = standard ? "standard output" : name;
    return lines_hold(descriptor_of(file), name, complaint) && lines_mend(descriptor_of(file), name, complaint);
}

// Standard output has the terminal view unless it has another one, or saved reports are to be rendered
// elsewhere.
static bool wants_text(const struct options *options)
{
    for (unsigned i = 0; i < options->output_count; i++)
        if (strcmp(options->outputs[i].file, "-") == 0)
            return false;
    if ((options->command & QUEUED) != 0)
        return false;
    return options->command != RENDER || options->output_count == 0;
}

// --- comparisons -----------------------------------------------------------------------------------

// Comparisons and histories are JSON or text, and no view knows them.
static bool open_comparisons(struct output *output, const struct options *options, struct complaint *complaint)
{
    output->text = text_of(options, true);
    output->show_text = wants_text(options);
    for (; output->count < options->output_count; output->count++) {
        const char *name = options->outputs[output->count].file;
        struct output_file *file = &output->file[output->count];
        *file = (struct output_file){.output = output, .name = strcmp(name, "-") == 0 ? NULL : name};
        if (file->name != NULL && !open_file(file, false, complaint))
            return false;
    }
    return true;
}

bool output_indents(const struct output *output)
{
    for (unsigned i = 0; i < output->count; i++)
        if (output->file[i].place.file != NULL)
            return true;
    return isatty(STDOUT_FILENO);
}

void output_comparison(struct output *output, const char *json)
{
    for (unsigned i = 0; i < output->count; i++)
        write_view(&output->file[i], json, strlen(json));
    char *text = output->show_text ? shakedown_render_text(json, &output->text) : NULL;
    if (text != NULL)
        output_print(output, text);
    free(text);
}

// ---------------------------------------------------------------------------------------------------

bool output_open(struct output *output, const struct options *options, bool alone, struct complaint *complaint)
{
    *output = (struct output){.show_progress = !options->quiet && isatty(STDERR_FILENO) && !is_dumb(),
                              .prints_there = isatty(STDOUT_FILENO)};
    write_whole(stdout);
    if (options->command == DIFF || options->command == HISTORY)
        return open_comparisons(output, options, complaint);
    for (unsigned i = 0; i < options->output_count; i++)
        if (!add_view(output, options, options->outputs[i].format, options->outputs[i].file, alone, complaint))
            return false;
    if (options->summary != NULL && !replacement_open(&output->summary, options->summary, complaint))
        return false;
    return !wants_text(options) || add_view(output, options, "text", "-", alone, complaint);
}

bool output_wanted(const struct output *output)
{
    if (output->complaint.text[0] != '\0') // a full disk: what is scanned now is lost
        return false;
    for (unsigned i = 0; i < output->count; i++)
        if (output->file[i].place.file != NULL)
            return true;
    return !output->closed;
}

void output_summary(struct output *output, const char *json)
{
    replacement_empty(&output->summary);
    fputs(json, output->summary.file);
    output->summarized = true;
}

void output_abandon(struct output *output) { output->abandoned = true; }

static void close_view(struct output *output, unsigned index)
{
    char error[sizeof output->complaint.text] = "";
    if (output->view[index] != NULL)
        shakedown_view_close(output->view[index], error);
    output->file[index].failed = output->file[index].failed || error[0] != '\0';
    if (error[0] != '\0')
        complain(&output->complaint, "%s", error);
    if (output->file[index].place.file != NULL)
        close_file(&output->file[index]);
}

bool output_close(struct output *output)
{
    clear_progress(output);
    for (unsigned i = 0; i < output->count; i++)
        close_view(output, i);
    output->count = 0;
    replacement_close(&output->summary, output->summarized, &output->complaint);
    return output->complaint.text[0] == '\0';
}

// --- plugins of monitors ---------------------------------------------------------------------------

// The view whose format has statuses of its own, on standard output; count: there is none.
static unsigned find_plugin(const struct output *output)
{
    unsigned i = 0;
    while (i < output->count &&
           (output->file[i].place.file != NULL || shakedown_view_plugin_status(output->view[i]) == -1))
        i++;
    return i;
}

// What a line says, the status says too, but for what was wrong beside it.
int output_close_plugin(struct output *output, enum shakedown_status status)
{
    enum { CRITICAL = 2, UNKNOWN = 3 };
    unsigned index = find_plugin(output);
    int state = index == output->count ? UNKNOWN : shakedown_view_plugin_status(output->view[index]);
    bool opened = index != output->count, good = output_close(output);
    if (!good)
        output_warn(output, "%s", output->complaint.text);
    if ((!good || status == SHAKEDOWN_USAGE || status == SHAKEDOWN_INTERNAL) && state != CRITICAL)
        state = UNKNOWN;
    if (opened && output->file[index].begun)
        return state;
    output_print(output, "SHAKEDOWN UNKNOWN - ");
    output_print(output, output->warning[0] == '\0' ? "nothing was looked at" : output->warning);
    output_print(output, "\n");
    return UNKNOWN;
}

// --- standard error --------------------------------------------------------------------------------

// What does not fit would leave pieces behind.
void output_progress(struct output *output, const char *sentence)
{
    struct winsize size;
    if (!output->show_progress)
        return;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    fprintf(stderr, "\r\033[K%.*s", known ? size.ws_col - 1 : 79, sentence);
    fflush(stderr);
    output->progress_shown = true;
}

void output_note(struct output *output, const char *line)
{
    clear_progress(output);
    fprintf(stderr, "%s\n", line);
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
    memcpy(output->warning, clean.text, sizeof output->warning);
    for (char *c = output->warning; (c = strchr(c, '|')) != NULL;)
        *c = '?'; // what parts a plugin's numbers from its text
}
