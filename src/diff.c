// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for two files of saved reports: the first is the baseline that each report of the second
// is compared with.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/diff.h"
#include "report/saved.h"
#include "settings.h"
#include "shakedown.h"

struct comparing {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct judge *judge;
    size_t reports;
    bool worse, changed;
    struct complaint complaint;
};

static void deliver(struct comparing *run, char *text)
{
    if (text == NULL)
        return;
    run->calls->report(run->calls->context, text);
    run->reports++;
    free(text);
}

static void compare_file(struct comparing *run, FILE *file, const char *name)
{
    struct saved saved;
    int64_t present = (int64_t)time(NULL);
    saved_open(&saved, file, name);
    while (run->complaint.text[0] == '\0' && saved_more(&saved, &run->complaint)) {
        struct judgement judgement = {0};
        bool indent = run->settings->indent && run->reports == 0;
        deliver(run, diff_next(&saved, run->judge, present, indent, &judgement, &run->complaint));
        run->worse = run->worse || judgement.worse;
        run->changed = run->changed || judgement.changed;
    }
    saved_close(&saved);
    if (run->reports == 0 && run->complaint.text[0] == '\0')
        complain(&run->complaint, "%.200s holds no report", name);
}

static void compare_left(struct comparing *run)
{
    char *text;
    while (run->complaint.text[0] == '\0' && (text = judge_left(run->judge)) != NULL) {
        deliver(run, text);
        run->changed = true;
    }
}

enum shakedown_status shakedown_diff(const char *was, const char *is, const struct shakedown_settings *settings,
                                     const struct shakedown_calls *calls, char *error)
{
    struct shakedown_settings own = *settings;
    struct comparing run = {.settings = settings, .calls = calls};
    bool standard = strcmp(is, "-") == 0;
    own.baseline = was;
    if (standard && strcmp(was, "-") == 0)
        complain(&run.complaint, "only one of the two can be standard input");
    FILE *file = run.complaint.text[0] != '\0' ? NULL : standard ? stdin : fopen(is, "r");
    if (file == NULL)
        complain(&run.complaint, "cannot read '%.200s': %m", is);
    else
        run.judge = settings_judge(&own, &run.complaint);
    if (run.judge != NULL) {
        compare_file(&run, file, standard ? "standard input" : is);
        compare_left(&run);
        judge_tell(run.judge, calls->warn, calls->context);
    }
    judge_close(run.judge);
    if (file != NULL && !standard)
        fclose(file);
    memcpy(error, run.complaint.text, sizeof run.complaint.text);
    return error[0] != '\0' ? SHAKEDOWN_USAGE : run.worse ? SHAKEDOWN_FAILED : SHAKEDOWN_OK;
}
