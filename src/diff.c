// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for saved reports that are compared: the first file is the baseline that each report of the
// second is compared with, or the reports of a store are compared with those before them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "narrow.h"
#include "report/archive.h"
#include "report/diff.h"
#include "report/saved.h"
#include "settings.h"
#include "shakedown.h"

struct comparing {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct judge *judge;
    int64_t present;
    size_t reports;
    bool worse, changed;
    struct complaint complaint;
};

static void deliver(struct comparing *run, char *text)
{
    run->calls->report(run->calls->context, text);
    run->reports++;
    free(text);
}

// alone: no other follows.
static void compare(struct comparing *run, struct report *report, bool alone)
{
    struct judgement judgement = {0};
    char *text = diff_of(report, run->judge, run->present, &judgement);
    const char *trouble = judge_trouble(run->judge);
    if (trouble != NULL)
        complain(&run->complaint, "%s", trouble);
    if (alone) {
        free(text);
        text = diff_indented(report);
    }
    if (run->complaint.text[0] == '\0')
        deliver(run, text);
    else
        free(text);
    run->worse = run->worse || judgement.worse;
    run->changed = run->changed || judgement.changed;
    report_free(report);
}

static bool may_be_alone(const struct comparing *run) { return run->settings->indent && run->reports == 0; }

static void compare_text(struct comparing *run, const char *is)
{
    bool standard = strcmp(is, "-") == 0;
    FILE *file = standard ? stdin : fopen(is, "r");
    struct saved saved;
    struct report *report;
    if (file == NULL) {
        complain(&run->complaint, "cannot read '%.200s': %m", is);
        return;
    }
    saved_open(&saved, file, standard ? "standard input" : is);
    while (run->complaint.text[0] == '\0' && saved_more(&saved, &run->complaint))
        if ((report = saved_next(&saved, &run->complaint)) != NULL)
            compare(run, report, may_be_alone(run) && !saved_more(&saved, &run->complaint));
    saved_close(&saved);
    if (!standard)
        fclose(file);
    if (run->reports == 0)
        complain(&run->complaint, "%.200s holds no report", standard ? "standard input" : is);
}

static void compare_archive(struct comparing *run, struct archive *archive)
{
    struct report *report = archive_next(archive, &run->complaint);
    while (report != NULL && run->complaint.text[0] == '\0') {
        struct report *next = archive_next(archive, &run->complaint);
        compare(run, report, may_be_alone(run) && next == NULL);
        report = next;
    }
    report_free(report);
}

static void compare_store(struct comparing *run, const char *is)
{
    struct archive *archive = archive_open(is, &run->complaint);
    if (archive != NULL)
        compare_archive(run, archive);
    archive_close(archive);
    if (run->reports == 0)
        complain(&run->complaint, "the store '%.200s' has no report", is);
}

static void compare_left(struct comparing *run)
{
    char *text;
    while (run->complaint.text[0] == '\0' && (text = judge_left(run->judge)) != NULL) {
        deliver(run, text);
        run->changed = true;
    }
    const char *trouble = judge_trouble(run->judge);
    if (trouble != NULL)
        complain(&run->complaint, "%s", trouble);
}

static enum shakedown_status end(struct comparing *run, char *error)
{
    if (run->judge != NULL && run->complaint.text[0] == '\0')
        judge_tell(run->judge, run->calls->warn, run->calls->context);
    judge_close(run->judge);
    memcpy(error, run->complaint.text, sizeof run->complaint.text);
    return error[0] != '\0' ? SHAKEDOWN_USAGE : run->worse ? SHAKEDOWN_FAILED : SHAKEDOWN_OK;
}

enum shakedown_status shakedown_diff(const char *was, const char *is, const struct shakedown_settings *settings,
                                     const struct shakedown_calls *calls, char *error)
{
    struct shakedown_settings own = *settings;
    struct comparing run = {.settings = settings, .calls = calls, .present = (int64_t)time(NULL)};
    own.baseline = was;
    if (strcmp(is, "-") == 0 && strcmp(was, "-") == 0)
        complain(&run.complaint, "only one of the two can be standard input");
    else
        run.judge = settings_judge(&own, false, &run.complaint);
    if (run.judge != NULL && archive_is(is))
        compare_store(&run, is);
    else if (run.judge != NULL)
        compare_text(&run, is);
    if (run.judge != NULL)
        compare_left(&run);
    return end(&run, error);
}

enum shakedown_status shakedown_diff_store(const char *store, const char *target,
                                           const struct shakedown_settings *settings,
                                           const struct shakedown_calls *calls, char *error)
{
    struct shakedown_settings own = *settings;
    struct comparing run = {.settings = settings, .calls = calls, .present = (int64_t)time(NULL)};
    own.baseline = store;
    struct archive *archive = archive_open(store, &run.complaint);
    if (archive != NULL && narrow(archive, target, &run.complaint))
        run.judge = settings_judge(&own, true, &run.complaint);
    if (run.judge != NULL)
        compare_archive(&run, archive);
    if (run.judge != NULL && run.reports == 0)
        has_no_report(store, target, &run.complaint);
    archive_close(archive);
    return end(&run, error);
}
