// SPDX-License-Identifier: Apache-2.0
//
// Options that are right by themselves and wrong together: that exclude each other, that say nothing without another
// one, or that name one file for two things. What is only about looks (--color, --verbose) may be given in vain.
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/options.h"

bool output_is_of_lines(const struct output_choice *output)
{
    return strcmp(output->format, "json") == 0 || strcmp(output->format, "ndjson") == 0;
}

// --- pairs -----------------------------------------------------------------------------------------

static bool check_exclusive(const struct options *options, struct complaint *complaint)
{
    const struct shakedown_settings *settings = &options->settings;
    const struct {
        bool both;
        const char *a, *b;
    } pairs[] = {
        {settings->ipv4_only && settings->ipv6_only, "-4", "-6"},
        {settings->server_name != NULL && settings->no_server_name, "--sni", "--no-sni"},
        {settings->trust_anchor != NULL && settings->system_resolver, "--trust-anchor", "--resolver=system"},
        {options->quiet && options->verbose, "--quiet", "--verbose"},
        {options->plan && options->output_count != 0, "--plan", "--json or -o"},
        {options->plan && options->summary != NULL, "--plan", "--summary"},
        {options->plan && options->metrics != NULL, "--plan", "--metrics"},
        {options->plan && options->progress_ms != 0, "--plan", "--progress-every"},
        {options->plan && settings->transcript != NULL, "--plan", "--transcript"},
        {options->plan && settings->journal != NULL, "--plan", "--journal"},
        {options->plan && settings->store != NULL, "--plan", "--store"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].both)
            return complain(complaint, "%s and %s exclude each other", pairs[i].a, pairs[i].b);
    return true;
}

static bool has_format(const struct options *options, const char *format)
{
    for (unsigned i = 0; i < options->output_count; i++)
        if (strcmp(options->outputs[i].format, format) == 0)
            return true;
    return false;
}

// What goes on from here as a whole report: to a file, a store, or a queue.
static bool keeps_reports(const struct options *options)
{
    return has_format(options, "json") || has_format(options, "ndjson") || options->settings.store != NULL ||
           options->command == WORK;
}

static bool check_needed(const struct options *options, struct complaint *complaint)
{
    const struct shakedown_settings *settings = &options->settings;
    bool kept = keeps_reports(options), diff = options->command == DIFF;
    const struct {
        bool alone;
        const char *option, *needed;
    } pairs[] = {
        {settings->fetch_private && !settings->fetch, "--allow-private-fetch", "--fetch"},
        {settings->ignore != NULL && settings->baseline == NULL && !diff, "--ignore", "--baseline"},
        {settings->has_since && settings->store == NULL, "--since", "--store"},
        {settings->pem && !kept, "--pem", "--json, -o ndjson or --store"},
        {settings->evidence && !kept && !has_format(options, "html"), "--evidence",
         "--json, -o ndjson, -o html or --store"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].alone)
            return complain(complaint, "%s has no effect without %s", pairs[i].option, pairs[i].needed);
    return true;
}

// --- formats ---------------------------------------------------------------------------------------

// What goes on has to be lines that stand for themselves.
static bool check_journal(const struct options *options, struct complaint *complaint)
{
    for (unsigned i = 0; i < options->output_count && options->settings.journal != NULL; i++) {
        const struct output_choice *output = &options->outputs[i];
        if (strcmp(output->file, "-") != 0 && !output_is_of_lines(output))
            return complain(complaint,
                            "with --journal only json and ndjson can go to a file, not %s (render the file later)",
                            output->format);
    }
    return true;
}

// A history is no report, and most formats have no place for it.
static bool check_history(const struct options *options, struct complaint *complaint)
{
    for (unsigned i = 0; i < options->output_count && options->command == HISTORY; i++)
        if (!output_is_of_lines(&options->outputs[i]))
            return complain(complaint, "history can be written as json and ndjson, not as %s",
                            options->outputs[i].format);
    return true;
}

// --- files -----------------------------------------------------------------------------------------

struct named {
    const char *option, *file;
};

// The folder that a file is in, or will be, and its name there.
static bool find_folder(const char *file, struct stat *folder, const char **name)
{
    const char *slash = strrchr(file, '/');
    char *path = slash == NULL ? strdup(".") : strndup(file, (size_t)(slash - file) + 1);
    bool found = path != NULL && stat(path, folder) == 0;
    free(path);
    *name = slash == NULL ? file : slash + 1;
    return found;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool options_same_file(const char *a, const char *b)
{
    struct stat one, other;
    const char *name_of_a, *name_of_b;
    if (a == NULL || b == NULL || strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return false;
    if (strcmp(a, b) == 0)
        return true;
    if (stat(a, &one) == 0 && stat(b, &other) == 0)
        return S_ISREG(one.st_mode) && is_same(&one, &other);
    return find_folder(a, &one, &name_of_a) && find_folder(b, &other, &name_of_b) &&
           strcmp(name_of_a, name_of_b) == 0 && is_same(&one, &other);
}

static bool check_pair(const struct named *a, const struct named *b, struct complaint *complaint)
{
    return !options_same_file(a->file, b->file) ||
           complain(complaint, "%s and %s cannot both be '%.200s'", a->option, b->option, b->file);
}

// What is written must be another file than whatever else is written, and than a list that is read meanwhile.
static bool check_files(const struct options *options, struct complaint *complaint)
{
    const struct shakedown_settings *settings = &options->settings;
    const struct named others[] = {
        {"--input", options->input},
        {"--summary", options->summary},
        {"--metrics", options->metrics},
        {"--store", settings->store},
        {"--transcript", settings->transcript},
        {"--journal", settings->journal},
        {"--baseline", settings->journal == NULL ? NULL : settings->baseline},
    };
    enum { OTHERS = sizeof others / sizeof *others };
    struct named files[OTHERS + OPTION_OUTPUTS];
    size_t count = 0;
    for (size_t i = 0; i < OTHERS; i++)
        if (others[i].file != NULL)
            files[count++] = others[i];
    for (unsigned i = 0; i < options->output_count; i++)
        files[count++] = (struct named){options->outputs[i].format, options->outputs[i].file};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (!check_pair(&files[k], &files[i], complaint))
                return false;
    return true;
}

// Of what is written only reports can go to standard output.
static bool check_standard(const struct options *options, struct complaint *complaint)
{
    const struct shakedown_settings *settings = &options->settings;
    const struct named files[] = {
        {"--summary", options->summary},        {"--metrics", options->metrics},  {"--store", settings->store},
        {"--transcript", settings->transcript}, {"--journal", settings->journal},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].file != NULL && strcmp(files[i].file, "-") == 0)
            return complain(complaint, "%s takes the name of a file, not '-'", files[i].option);
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size > tail && strcmp(text + size - tail, end) == 0;
}

// `--json FILE HOST`: the file would be taken for a host.
static bool check_targets(const struct options *options, struct complaint *complaint)
{
    bool targets = (options->command & (SCAN | CONNECT)) != 0;
    for (int i = 0; i < options->operand_count && targets && options->output_count != 0; i++) {
        const char *word = options->operands[i];
        if (ends_with(word, ".json") || ends_with(word, ".ndjson"))
            return complain(complaint, "'%.64s' is no target; to write to that file: --json=%.64s, or -o json:%.64s",
                            word, word, word);
    }
    return true;
}

// ---------------------------------------------------------------------------------------------------

bool options_together(const struct options *options, struct complaint *complaint)
{
    return check_exclusive(options, complaint) && check_needed(options, complaint) &&
           check_journal(options, complaint) && check_history(options, complaint) && check_files(options, complaint) &&
           check_standard(options, complaint) && check_targets(options, complaint);
}
