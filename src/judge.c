// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for saved reports: read one by one, judged again, and handed on.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/explain.h"
#include "report/saved.h"
#include "settings.h"
#include "shakedown.h"
#include "tally.h"

struct court {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct judge *judge;
    struct tally tally;
    int64_t present;
    struct complaint complaint;
};

static void judge_next(struct court *court, struct saved *saved, bool last)
{
    struct judgement judgement;
    enum report_reach reach;
    bool indent = court->settings->indent && last && court->tally.reports == 0;
    char *text = saved_judge(saved, court->judge, court->present, indent, &judgement, &reach, &court->complaint);
    if (text == NULL)
        return;
    court->calls->report(court->calls->context, text);
    tally_count(&court->tally, reach, &judgement);
    free(text);
}

static void judge_file(struct court *court, const char *name, bool last)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");
    struct saved saved;
    if (file == NULL) {
        complain(&court->complaint, "cannot read '%.200s': %m", name);
        return;
    }
    saved_open(&saved, file, standard ? "standard input" : name);
    size_t before = court->tally.reports;
    while (court->complaint.text[0] == '\0' && saved_more(&saved, &court->complaint))
        judge_next(court, &saved, last);
    if (court->tally.reports == before)
        complain(&court->complaint, "%.200s holds no report", standard ? "standard input" : name);
    saved_close(&saved);
    if (!standard)
        fclose(file);
}

enum shakedown_status shakedown_judge(const char *const *files, unsigned count,
                                      const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                      char *error)
{
    struct court court = {.settings = settings, .calls = calls, .present = (int64_t)time(NULL)};
    court.judge = settings_judge(settings, &court.complaint);
    bool ready = court.judge != NULL && tally_begin(&court.tally, settings, &court.complaint);
    for (unsigned i = 0; i < count && ready && court.complaint.text[0] == '\0'; i++)
        judge_file(&court, files[i], i + 1 == count);
    judge_close(court.judge);
    memcpy(error, court.complaint.text, sizeof court.complaint.text);
    return error[0] != '\0' ? SHAKEDOWN_USAGE : tally_status(&court.tally);
}

char *shakedown_explain(const char *name, char *error)
{
    struct complaint complaint = {0};
    char *text = explain_text(name, &complaint);
    memcpy(error, complaint.text, sizeof complaint.text);
    return text;
}

const char *shakedown_schema(const char *name) { return explain_schema(name); }
