// SPDX-License-Identifier: Apache-2.0
//
// The command: options, targets in, reports out, one status. What is known of TLS is behind
// shakedown.h.
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/input.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/watch.h"
#include "shakedown.h"

#define QUOTE_LIMIT 100 // octets of a bad target that a message repeats

struct command {
    struct options options;
    struct input input;
    struct output output;
    struct watch watch;
    struct complaint complaint; // about options and input
};

// --- the library's calls ---------------------------------------------------------------------------

static const char *next(void *context)
{
    struct command *command = context;
    return input_next(&command->input, &command->complaint);
}

// A target that was refused may hold anything.
static const char *quote(struct arena *arena, const char *text)
{
    struct bytes bytes = bytes_of_text(text);
    bool cut = bytes.size > QUOTE_LIMIT;
    if (cut)
        bytes.size = QUOTE_LIMIT;
    return arena_text(arena, "'%s%s'", text_escape(arena, bytes), cut ? "..." : "");
}

static void reject(void *context, const char *target, const char *sentence)
{
    struct command *command = context;
    const struct input *input = &command->input;
    struct arena scratch = {0};
    if (input->line == 0)
        output_warn(&command->output, "%s: %s", quote(&scratch, target), sentence);
    else
        output_warn(&command->output, "%.200s:%lu: %s: %s", input->name, input->line, quote(&scratch, target),
                    sentence);
    arena_release(&scratch);
}

static void compared(void *context, const char *json)
{
    struct command *command = context;
    output_comparison(&command->output, json);
}

static void warn(void *context, const char *sentence)
{
    struct command *command = context;
    output_warn(&command->output, "%s", sentence);
}

static void progress(void *context, const struct shakedown_progress *told)
{
    struct command *command = context;
    watch_look(&command->watch, &command->output, input_read(&command->input), told);
}

static void summary(void *context, const char *json)
{
    struct command *command = context;
    output_summary(&command->output, json);
}

// Who enqueues or collects ends in order at the first signal; a scan has its own way.
static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static void stop_on_signals(void)
{
    const struct sigaction action = {.sa_handler = stop, .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

// With nobody to read, there is nothing more to scan.
static bool go_on(void *context)
{
    const struct command *command = context;
    return output_wanted(&command->output) && !stopped;
}

static void mark(void *context, char word[SHAKEDOWN_MARK])
{
    const struct command *command = context;
    output_mark(&command->output, word);
}

static bool sync_outputs(void *context)
{
    struct command *command = context;
    return output_sync(&command->output);
}

static bool resume(void *context, const char *word, char *error)
{
    struct command *command = context;
    struct complaint complaint = {0};
    bool good = output_resume(&command->output, word, &complaint);
    memcpy(error, complaint.text, sizeof complaint.text);
    return good;
}

static bool has(void *context, const char *json)
{
    const struct command *command = context;
    return output_has(&command->output, json);
}

// Comparisons and histories are no reports: they go past the views.
static struct shakedown_calls calls_of(struct command *command)
{
    bool diff = command->options.command == DIFF || command->options.command == HISTORY;
    return (struct shakedown_calls){.next = next,
                                    .reject = reject,
                                    .report = diff ? compared : NULL,
                                    .warn = warn,
                                    .context = command,
                                    .views = command->output.view,
                                    .view_count = diff ? 0 : command->output.count,
                                    .summary = command->options.summary == NULL ? NULL : summary,
                                    .go_on = go_on,
                                    .mark = mark,
                                    .sync = sync_outputs,
                                    .resume = resume,
                                    .has = has};
}

// --- what the command can do -----------------------------------------------------------------------

static enum shakedown_status complain_about(struct command *command, const char *sentence)
{
    output_warn(&command->output, "%s", sentence);
    return SHAKEDOWN_USAGE;
}

static enum shakedown_status print_list(struct command *command, const char *what)
{
    char *text = shakedown_list(what);
    output_print(&command->output, text);
    free(text);
    return SHAKEDOWN_OK;
}

static enum shakedown_status print_completion(const char *form)
{
    options_print_completion(stdout, form);
    return SHAKEDOWN_OK;
}

static const char *wait_for_next(struct command *command)
{
    const char *target = NULL;
    while (output_wanted(&command->output) && (target = next(command)) == shakedown_later)
        usleep(50000);
    return output_wanted(&command->output) ? target : NULL;
}

static enum shakedown_status print_plans(struct command *command)
{
    enum shakedown_status status = SHAKEDOWN_OK;
    const char *target;
    for (bool first = true; (target = wait_for_next(command)) != NULL; first = false) {
        char error[sizeof command->complaint.text];
        char *text = shakedown_plan(target, &command->options.settings, error);
        if (text == NULL) {
            reject(command, target, error);
            status = SHAKEDOWN_USAGE;
            continue;
        }
        if (!first)
            output_print(&command->output, "\n");
        output_print(&command->output, text);
        free(text);
    }
    return status;
}

static enum shakedown_status run(struct command *command)
{
    const struct options *options = &command->options;
    const struct shakedown_settings *settings = &options->settings;
    const struct shakedown_calls calls = calls_of(command);
    char error[sizeof command->complaint.text];
    enum shakedown_status status;
    if (options->command == REPLAY)
        status = shakedown_replay(options->operands[0], settings, &calls, error);
    else if (options->command == CONNECT)
        status = shakedown_connect(options->operands[0], settings, &calls, error);
    else if (options->command == WORK)
        status = shakedown_work(&options->queue, settings, &calls, error);
    else if (options->command == ENQUEUE)
        status = shakedown_enqueue(&options->queue, settings, &calls, error);
    else if (options->command == COLLECT)
        status = shakedown_collect(&options->queue, settings, &calls, error);
    else
        status = shakedown_scan(settings, &calls, error);
    // What the command itself could not do is told by it.
    if (error[0] != '\0' && command->complaint.text[0] == '\0' && command->output.complaint.text[0] == '\0')
        output_warn(&command->output, "%s", error);
    return status;
}

// One operand may be a range of addresses, which is no target by itself.
static bool is_alone(const struct options *options)
{
    char error[sizeof((struct complaint *)NULL)->text];
    return options->operand_count == 1 && options->input == NULL &&
           (shakedown_target_valid(options->operands[0], error) || strpbrk(options->operands[0], "/,-") == NULL);
}

static unsigned processors(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > 256 ? 256 : (unsigned)online;
}

static enum shakedown_status open_and_run(struct command *command)
{
    struct options *options = &command->options;
    bool scan = (options->command & LISTS) != 0;
    bool alone =
        (options->command & (SCAN | QUEUED)) == 0 || (scan && is_alone(options) && options->settings.journal == NULL);
    int targets = scan ? options->operand_count : 0;
    if (!input_open(&command->input, options->operands, targets, options->input, &command->complaint) ||
        !output_open(&command->output, options, alone, &command->complaint))
        return complain_about(command, command->complaint.text);
    if ((options->command & (ENQUEUE | COLLECT)) != 0)
        stop_on_signals();
    command->watch = (struct watch){.every_ms = options->progress_ms, .metrics = options->metrics};
    options->settings.progress = progress;
    if (options->settings.workers == 0)
        options->settings.workers = processors();
    enum shakedown_status status = options->plan ? print_plans(command) : run(command);
    if (command->complaint.text[0] != '\0')
        status = shakedown_worse(status, complain_about(command, command->complaint.text));
    if (command->watch.troubled)
        status = shakedown_worse(status, SHAKEDOWN_USAGE);
    input_close(&command->input);
    return status;
}

// Without a report to render, those of the store.
static enum shakedown_status render(struct command *command, const char *const *files, unsigned count, char *error)
{
    const struct options *options = &command->options;
    struct shakedown_settings settings = options->settings;
    const struct shakedown_calls calls = calls_of(command);
    if (options->operand_count != 0 || settings.store == NULL)
        return shakedown_render(files, count, &settings, &calls, error);
    settings.store = NULL;
    return shakedown_render(&options->settings.store, 1, &settings, &calls, error);
}

static enum shakedown_status diff(struct command *command, char *error)
{
    const struct options *options = &command->options;
    const struct shakedown_calls calls = calls_of(command);
    const char *first = options->operand_count == 0 ? NULL : options->operands[0];
    if (options->settings.store != NULL)
        return shakedown_diff_store(options->settings.store, first, &options->settings, &calls, error);
    return shakedown_diff(first, options->operands[1], &options->settings, &calls, error);
}

static enum shakedown_status history(struct command *command, char *error)
{
    const struct options *options = &command->options;
    const struct shakedown_calls calls = calls_of(command);
    const char *target = options->operand_count == 0 ? NULL : options->operands[0];
    bool indent = options->settings.indent;
    for (unsigned i = 0; i < options->output_count; i++)
        indent = indent && strcmp(options->outputs[i].format, "json") == 0;
    return shakedown_history(options->settings.store, target, options->all, indent, &calls, error);
}

static enum shakedown_status work_on_saved(struct command *command, char *error)
{
    static const char *const standard_input[] = {"-"};
    const struct options *options = &command->options;
    bool given = options->operand_count != 0;
    const char *const *files = given ? (const char *const *)options->operands : standard_input;
    unsigned count = given ? (unsigned)options->operand_count : 1;
    const struct shakedown_calls calls = calls_of(command);
    switch (options->command) {
    case DIFF:
        return diff(command, error);
    case RENDER:
        return render(command, files, count, error);
    case HISTORY:
        return history(command, error);
    default:
        return shakedown_judge(files, count, &options->settings, &calls, error);
    }
}

// Files appear when every report was read, or not at all.
static enum shakedown_status use_saved(struct command *command)
{
    struct options *options = &command->options;
    char error[sizeof command->complaint.text];
    if (!output_open(&command->output, options, true, &command->complaint))
        return complain_about(command, command->complaint.text);
    options->settings.indent = output_indents(&command->output);
    enum shakedown_status status = work_on_saved(command, error);
    if (error[0] == '\0')
        return status;
    output_abandon(&command->output);
    return complain_about(command, error);
}

static enum shakedown_status explain(struct command *command)
{
    const struct options *options = &command->options;
    enum shakedown_status status = SHAKEDOWN_OK;
    if (options->operand_count == 0)
        return print_list(command, "findings");
    for (int i = 0; i < options->operand_count; i++) {
        char error[sizeof command->complaint.text];
        char *text = shakedown_explain(options->operands[i], error);
        if (text == NULL) {
            status = complain_about(command, error);
            continue;
        }
        if (i != 0)
            output_print(&command->output, "\n");
        output_print(&command->output, text);
        free(text);
    }
    return status;
}

static enum shakedown_status print_schema(struct command *command)
{
    const struct options *options = &command->options;
    output_print(&command->output, shakedown_schema(options->operand_count == 0 ? "report" : options->operands[0]));
    return SHAKEDOWN_OK;
}

static enum shakedown_status obey(struct command *command)
{
    const struct options *options = &command->options;
    if (options->help) {
        options_print_help(stdout, options->help_about);
        return SHAKEDOWN_OK;
    }
    if (options->version) {
        output_print(&command->output, "shakedown " SHAKEDOWN_VERSION "\n");
        return SHAKEDOWN_OK;
    }
    if (options->print_completion != NULL)
        return print_completion(options->print_completion);
    if (options->list != NULL)
        return print_list(command, options->list);
    switch (options->command) {
    case JUDGE:
    case RENDER:
    case DIFF:
    case HISTORY:
        return use_saved(command);
    case EXPLAIN:
        return explain(command);
    case SCHEMA:
        return print_schema(command);
    default:
        return open_and_run(command);
    }
}

static bool is_about_itself(const struct options *options)
{
    return options->help || options->version || options->list != NULL || options->print_completion != NULL;
}

// Whoever starts us may have closed one of the three, and then the next socket would take its place.
// It is opened the wrong way round, so that what is to be read or written there fails as it should.
static void hold_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) == -1 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            exit(SHAKEDOWN_USAGE);
}

int main(int argc, char **argv)
{
    static struct command command;
    hold_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a file as long as it may be is like a full disk
    signal(SIGUSR1, SIG_IGN); // asks a scan how far it is; what has nothing to tell is not to die of it
    setlocale(LC_CTYPE, "");
    bool plugin = options_want_plugin(argc, argv);
    enum shakedown_status status = options_parse(argc, argv, &command.options, &command.complaint)
                                       ? obey(&command)
                                       : complain_about(&command, command.complaint.text);
    if (plugin && !is_about_itself(&command.options))
        return output_close_plugin(&command.output, status);
    output_print(&command.output, ""); // what stdio still holds
    if (!output_close(&command.output))
        status = shakedown_worse(status, complain_about(&command, command.output.complaint.text));
    return (int)status;
}
