// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for saved reports: read one by one, judged again or not, and handed on.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "delivery.h"
#include "report/explain.h"
#include "report/judge.h"
#include "report/saved.h"
#include "settings.h"
#include "shakedown.h"
#include "tally.h"

struct court {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct judge *judge; // NULL: reports are handed on as they are
    struct tally tally;
    size_t reports;
    int64_t present;
    struct complaint complaint;
};

// Whether a report is for people: the only one.
static bool indents(struct court *court, struct saved *saved, struct report *report, bool last)
{
    if (!court->settings->indent || !last || court->reports != 0)
        return false;
    report_line(report); // what it is made from goes when the next is looked for
    return !saved_more(saved, &court->complaint);
}

static void take_next(struct court *court, struct saved *saved, bool last)
{
    struct judgement judgement;
    struct report *report = saved_next(saved, &court->complaint);
    if (report == NULL)
        return;
    if (court->judge != NULL) {
        enum report_reach reach = report_reach_read(report);
        judge_report(court->judge, court->present, report, &judgement);
        tally_count(&court->tally, reach, &judgement);
    }
    deliver(court->calls, report, indents(court, saved, report, last));
    report_free(report);
    court->reports++;
}

static void take_file(struct court *court, const char *name, bool last)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");
    struct saved saved;
    if (file == NULL) {
        complain(&court->complaint, "cannot read '%.200s': %m", name);
        return;
    }
    saved_open(&saved, file, standard ? "standard input" : name);
    size_t before = court->reports;
    while (court->complaint.text[0] == '\0' && saved_more(&saved, &court->complaint))
        take_next(court, &saved, last);
    if (court->reports == before)
        complain(&court->complaint, "%.200s holds no report", standard ? "standard input" : name);
    saved_close(&saved);
    if (!standard)
        fclose(file);
}

static enum shakedown_status take_files(struct court *court, const char *const *files, unsigned count, char *error)
{
    for (unsigned i = 0; i < count && court->complaint.text[0] == '\0'; i++)
        take_file(court, files[i], i + 1 == count);
    memcpy(error, court->complaint.text, sizeof court->complaint.text);
    return error[0] != '\0' ? SHAKEDOWN_USAGE : tally_status(&court->tally);
}

enum shakedown_status shakedown_judge(const char *const *files, unsigned count,
                                      const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                      char *error)
{
    struct court court = {.settings = settings, .calls = calls, .present = (int64_t)time(NULL)};
    court.judge = settings_judge(settings, &court.complaint);
    if (court.judge != NULL)
        tally_begin(&court.tally, settings, &court.complaint);
    enum shakedown_status status = take_files(&court, files, count, error);
    judge_close(court.judge);
    return status;
}

enum shakedown_status shakedown_render(const char *const *files, unsigned count, const struct shakedown_calls *calls,
                                       char *error)
{
    static const struct shakedown_settings settings;
    struct court court = {.settings = &settings, .calls = calls};
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
