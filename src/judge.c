// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for saved reports: read one by one, judged again or not, and handed on.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "delivery.h"
#include "report/archive.h"
#include "report/explain.h"
#include "report/judge.h"
#include "report/saved.h"
#include "results.h"
#include "shakedown.h"

struct court {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct results results; // without a judge: reports are handed on as they are
    size_t reports;
    int64_t present;
};

// Whether a report is for people: the only one.
static bool indents(struct court *court, struct saved *saved, struct report *report, bool last)
{
    if (!court->settings->indent || !last || court->reports != 0)
        return false;
    report_line(report); // what it is made from goes when the next is looked for
    return !saved_more(saved, &court->results.complaint);
}

static void judge_next(struct court *court, struct report *report)
{
    struct judgement judgement;
    if (court->results.judge != NULL) {
        enum report_reach reach = report_reach_read(report);
        judge_report(court->results.judge, court->present, report, &judgement);
        results_count(&court->results, report, reach, &judgement);
    }
}

static void hand_on(struct court *court, struct report *report, bool indented)
{
    deliver(court->calls, report, indented);
    results_keep(&court->results, report);
    report_free(report);
    court->reports++;
}

static void take_next(struct court *court, struct saved *saved, bool last)
{
    struct report *report = saved_next(saved, &court->results.complaint);
    if (report == NULL)
        return;
    judge_next(court, report);
    hand_on(court, report, indents(court, saved, report, last));
}

// The latest report of each target, from a store.
static void take_store(struct court *court, const char *name, bool last)
{
    struct complaint *complaint = &court->results.complaint;
    struct archive *archive = archive_open(name, complaint);
    struct report *report = archive == NULL ? NULL : archive_next(archive, complaint);
    while (report != NULL) {
        struct report *next = archive_next(archive, complaint);
        judge_next(court, report);
        hand_on(court, report, court->settings->indent && last && court->reports == 0 && next == NULL);
        report = complaint->text[0] == '\0' ? next : NULL;
        if (report == NULL)
            report_free(next);
    }
    archive_close(archive);
}

static void take_text(struct court *court, const char *name, bool last)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");
    struct saved saved;
    if (file == NULL) {
        complain(&court->results.complaint, "cannot read '%.200s': %m", name);
        return;
    }
    saved_open(&saved, file, standard ? "standard input" : name);
    while (court->results.complaint.text[0] == '\0' && saved_more(&saved, &court->results.complaint))
        take_next(court, &saved, last);
    saved_close(&saved);
    if (!standard)
        fclose(file);
}

static void take_file(struct court *court, const char *name, bool last)
{
    size_t before = court->reports;
    if (archive_is(name))
        take_store(court, name, last);
    else
        take_text(court, name, last);
    if (court->reports == before)
        complain(&court->results.complaint, "%.200s holds no report", strcmp(name, "-") == 0 ? "standard input" : name);
}

static enum shakedown_status take_files(struct court *court, const char *const *files, unsigned count, char *error)
{
    for (unsigned i = 0; i < count && court->results.complaint.text[0] == '\0'; i++)
        take_file(court, files[i], i + 1 == count);
    enum shakedown_status status = results_end(&court->results, error);
    return error[0] != '\0' ? SHAKEDOWN_USAGE : status;
}

enum shakedown_status shakedown_judge(const char *const *files, unsigned count,
                                      const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                      char *error)
{
    struct court court = {.settings = settings, .calls = calls, .present = (int64_t)time(NULL)};
    results_open(&court.results, settings, calls);
    return take_files(&court, files, count, error);
}

enum shakedown_status shakedown_render(const char *const *files, unsigned count,
                                       const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                       char *error)
{
    const struct shakedown_settings own = {.store = settings->store};
    struct court court = {.settings = &own, .calls = calls, .results = {.calls = calls}};
    results_open_store(&court.results, &own);
    return take_files(&court, files, count, error);
}

char *shakedown_explain(const char *name, char *error)
{
    struct complaint complaint = {0};
    char *text = explain_text(name, &complaint);
    memcpy(error, complaint.text, sizeof complaint.text);
    return text;
}

const char *shakedown_schema(const char *name) { return explain_schema(name); }
