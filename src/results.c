// SPDX-License-Identifier: Apache-2.0
//
// Scanned, replayed and saved reports all come here to be counted.
#include "results.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "settings.h"

bool results_open(struct results *results, const struct shakedown_settings *settings,
                  const struct shakedown_calls *calls)
{
    results->settings = settings;
    results->calls = calls;
    results->started = (int64_t)time(NULL);
    results->judge = settings_judge(settings, &results->complaint);
    if (results->judge == NULL || !tally_begin(&results->tally, settings, &results->complaint))
        return false;
    results->summary = calls->summary == NULL ? NULL : summary_new();
    return true;
}

void results_count(struct results *results, const struct report *report, enum report_reach reach,
                   const struct judgement *judgement)
{
    tally_count(&results->tally, reach, judgement);
    if (results->summary != NULL)
        summary_report(results->summary, report);
}

void results_key(struct results *results, struct bytes info)
{
    if (results->summary != NULL)
        summary_key(results->summary, info);
}

static enum shakedown_status status_of(const struct results *results)
{
    enum shakedown_status status = SHAKEDOWN_OK;
    if (results->complaint.text[0] != '\0' || results->rejected != 0)
        status = shakedown_worse(status, SHAKEDOWN_USAGE);
    if (results->interrupted)
        status = shakedown_worse(status, SHAKEDOWN_INCOMPLETE);
    return shakedown_worse(status, tally_status(&results->tally));
}

static void tell_summary(const struct results *results, enum shakedown_status status)
{
    const char *error = results->complaint.text;
    struct summary_end end = {
        .started = results->settings->reproducible ? INT64_MIN : results->started,
        .ended = (int64_t)time(NULL),
        .exit_status = (int)status,
        .rejected = results->rejected,
        .duplicates = results->duplicates,
        .elsewhere = results->elsewhere,
        .interrupted = results->interrupted,
        .error = error[0] == '\0' ? NULL : error,
    };
    char *text = summary_json(results->summary, &end);
    results->calls->summary(results->calls->context, text);
    free(text);
}

enum shakedown_status results_end(struct results *results, char *error)
{
    enum shakedown_status status = status_of(results);
    if (results->summary != NULL)
        tell_summary(results, status);
    summary_free(results->summary);
    if (results->tally.reports != 0 && results->complaint.text[0] == '\0')
        judge_tell(results->judge, results->calls->warn, results->calls->context);
    judge_close(results->judge);
    memcpy(error, results->complaint.text, sizeof results->complaint.text);
    return status;
}
