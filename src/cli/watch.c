// SPDX-License-Identifier: Apache-2.0
//
// How many targets there will be is known of operands and of files, whose length says how much of them is left; of a
// pipe it is not, and then no time is told.
#include "cli/watch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/replacement.h"

// Of one count: its name in JSON and metrics, and in a sentence where it is an error ("" elsewhere).
struct count_row {
    const char *name, *word;
    size_t offset;
};

#define ROW(name, word)                                                                                                \
    {                                                                                                                  \
#name, word, offsetof(struct shakedown_progress, name)                                                         \
    }

static const struct count_row targets[] = {
    ROW(done, ""),       ROW(in_flight, ""), ROW(waiting, ""), ROW(rejected, ""),
    ROW(duplicates, ""), ROW(elsewhere, ""), ROW(earlier, ""), ROW(unresolved, "without an address")};
static const struct count_row endpoints[] = {ROW(complete, ""), ROW(partial, "partial"), ROW(refused, "refused"),
                                             ROW(unreachable, "unreachable"), ROW(not_tls, "not TLS")};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t count_of(const struct shakedown_progress *progress, const struct count_row *row)
{
    uint64_t count;
    memcpy(&count, (const char *)progress + row->offset, sizeof count);
    return count;
}

// --- numbers -------------------------------------------------------------------------------------

static double rate_since(const struct watch_sample *sample, const struct shakedown_progress *progress)
{
    uint64_t span = progress->elapsed_ms - sample->elapsed_ms;
    return span == 0 ? 0 : (double)(progress->done - sample->done) * 1000 / (double)span;
}

// Over the last ten to twenty seconds.
static double rate_of(struct watch *watch, const struct shakedown_progress *progress)
{
    if (progress->elapsed_ms - watch->young.elapsed_ms >= WATCH_RATE_MS) {
        watch->old = watch->young;
        watch->young = (struct watch_sample){progress->elapsed_ms, progress->done};
    }
    return rate_since(&watch->old, progress);
}

// Targets of an earlier run cost nothing, and mostly stand in front: what is read of the list says how long it is, and
// nothing about how much of it is done.
double watch_left(const struct shakedown_progress *progress, double rate, double read)
{
    uint64_t passed = progress->passed < progress->earlier ? progress->passed : progress->earlier;
    double known = (double)(progress->done + progress->in_flight + progress->waiting);
    if (rate <= 0 || read <= 0)
        return -1;
    double all = (known + (double)passed) / read - (double)progress->earlier;
    return ((all < known ? known : all) - (double)progress->done) / rate;
}

// --- what is shown -------------------------------------------------------------------------------

static char text[1024];

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
}

static void add_errors(const struct shakedown_progress *progress, const struct count_row *row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (row[i].word[0] != '\0' && count_of(progress, &row[i]) != 0)
            add(", %" PRIu64 " %s", count_of(progress, &row[i]), row[i].word);
}

static void add_time(double seconds)
{
    if (seconds < 0)
        return;
    if (seconds < 100)
        add(", about %.0f s left", seconds);
    else if (seconds < 6000)
        add(", about %.0f min left", seconds / 60);
    else
        add(", about %.0f h left", seconds / 3600);
}

const char *watch_sentence(const struct shakedown_progress *progress, double rate, double left)
{
    text[0] = '\0';
    add("%" PRIu64 " done, %" PRIu64 " in progress, %.1f/s", progress->done, progress->in_flight, rate);
    if (!progress->ended)
        add_time(left); // early, for a terminal may not have room for all
    add_errors(progress, endpoints, COUNT(endpoints));
    add_errors(progress, targets, COUNT(targets));
    add(", %" PRIu64 " connections", progress->connections);
    return text;
}

static void add_members(const struct shakedown_progress *progress, const char *name, const struct count_row *row,
                        size_t count)
{
    add(",\"%s\":{", name);
    for (size_t i = 0; i < count; i++)
        add("%s\"%s\":%" PRIu64, i == 0 ? "" : ",", row[i].name, count_of(progress, &row[i]));
    add("}");
}

const char *watch_json(const struct shakedown_progress *progress, double rate, double left)
{
    text[0] = '\0';
    add("{\"progress\":{\"elapsed_ms\":%" PRIu64, progress->elapsed_ms);
    add_members(progress, "targets", targets, COUNT(targets));
    add_members(progress, "endpoints", endpoints, COUNT(endpoints));
    add(",\"connections\":%" PRIu64 ",\"open\":%" PRIu64 ",\"per_second\":%.1f", progress->connections, progress->open,
        rate);
    if (left < 0 || progress->ended)
        add(",\"left_seconds\":null");
    else
        add(",\"left_seconds\":%.0f", left);
    add(",\"ended\":%s}}", progress->ended ? "true" : "false");
    return text;
}

// --- metrics -------------------------------------------------------------------------------------

static void print_family(FILE *file, const char *name, const char *type, const char *help)
{
    fprintf(file, "# HELP shakedown_run_%s %s\n# TYPE shakedown_run_%s %s\n", name, help, name, type);
}

static void print_rows(FILE *file, const char *name, const char *label, const struct shakedown_progress *progress,
                       const struct count_row *row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(file, "shakedown_run_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, row[i].name,
                count_of(progress, &row[i]));
}

void watch_print_metrics(FILE *file, const struct shakedown_progress *progress, double rate)
{
    print_family(file, "targets", "gauge", "Targets of the run by state.");
    print_rows(file, "targets", "state", progress, targets, COUNT(targets));
    print_family(file, "endpoints", "gauge", "Addresses of finished targets by status.");
    print_rows(file, "endpoints", "status", progress, endpoints, COUNT(endpoints));
    print_family(file, "connections_total", "counter", "Connections begun to targets.");
    fprintf(file, "shakedown_run_connections_total %" PRIu64 "\n", progress->connections);
    print_family(file, "connections_open", "gauge", "Connections at this moment.");
    fprintf(file, "shakedown_run_connections_open %" PRIu64 "\n", progress->open);
    print_family(file, "targets_per_second", "gauge", "Targets finished per second, lately.");
    fprintf(file, "shakedown_run_targets_per_second %.1f\n", rate);
    print_family(file, "elapsed_seconds", "gauge", "How long the run has lasted.");
    fprintf(file, "shakedown_run_elapsed_seconds %.3f\n", (double)progress->elapsed_ms / 1000);
    print_family(file, "ended", "gauge", "Whether the run has ended.");
    fprintf(file, "shakedown_run_ended %d\n", progress->ended);
    print_family(file, "updated_timestamp_seconds", "gauge", "When this file was written.");
    fprintf(file, "shakedown_run_updated_timestamp_seconds %lld\n", (long long)time(NULL));
}

// That it cannot be written ends no run.
static void write_metrics(struct watch *watch, struct output *output, const struct shakedown_progress *progress,
                          double rate)
{
    struct replacement file;
    struct complaint complaint = {0};
    if (replacement_open(&file, watch->metrics, &complaint)) {
        replacement_empty(&file);
        watch_print_metrics(file.file, progress, rate);
        replacement_close(&file, true, &complaint);
    }
    if (complaint.text[0] != '\0' && !watch->troubled)
        output_warn(output, "%s", complaint.text);
    watch->troubled = complaint.text[0] != '\0';
}

void watch_look(struct watch *watch, struct output *output, double read, const struct shakedown_progress *progress)
{
    uint64_t now = progress->elapsed_ms;
    double rate = rate_of(watch, progress), left = watch_left(progress, rate, read);
    bool due = watch->every_ms != 0 && (progress->ended || now >= watch->line_due_ms);
    if (due)
        watch->line_due_ms = now + watch->every_ms;
    if (due || progress->asked)
        output_note(output, watch_json(progress, rate, left));
    if (!progress->ended)
        output_progress(output, watch_sentence(progress, rate, left));
    if (watch->metrics == NULL || (now < watch->metrics_due_ms && !progress->ended))
        return;
    watch->metrics_due_ms = now + WATCH_METRICS_MS;
    write_metrics(watch, output, progress, rate);
}
