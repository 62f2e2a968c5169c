// SPDX-License-Identifier: Apache-2.0
//
// Scanned, replayed and saved reports all come here to be counted.
#include "results.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run/net.h"
#include "settings.h"

// --- the journal -----------------------------------------------------------------------------------

// Letters of journal.h, in the order of enum report_reach.
static const char reaches[] = "cin";

static void told(void *context, const char *outcome)
{
    struct results *results = context;
    struct judgement judgement = {
        .worst = (enum severity)(outcome[1] - '0'),
        .failed = outcome[2] == 'f',
        .incomplete = outcome[3] == 'i',
        .changed = outcome[4] != '-',
        .worse = outcome[4] == 'w',
    };
    tally_count(&results->tally, (enum report_reach)(strchr(reaches, outcome[0]) - reaches), &judgement);
}

_Static_assert(JOURNAL_MARK == SHAKEDOWN_MARK, "a journal has room for what a caller may say");

static bool open_journal(struct results *results)
{
    const struct shakedown_calls *calls = results->calls;
    struct journal *journal = &results->journal;
    results->journaled = true;
    if (!journal_open(journal, results->settings->journal, told, results, &results->complaint))
        return false;
    char error[sizeof results->complaint.text] = "";
    if (calls->resume == NULL || calls->resume(calls->context, journal->earlier == 0 ? NULL : journal->mark, error))
        return true;
    return complain(&results->complaint, "%s", error);
}

// What the lines speak of has to be on the disk before they are.
static void write_journal(struct results *results)
{
    const struct shakedown_calls *calls = results->calls;
    if (results->complaint.text[0] != '\0')
        return;
    if (results->archive != NULL && !archive_flush(results->archive, &results->complaint))
        return;
    if (calls->sync == NULL || calls->sync(calls->context))
        journal_write(&results->journal, net_now(), &results->complaint);
    else
        complain(&results->complaint, "nobody takes the reports any more, so the journal does not have the last ones");
}

void results_finish(struct results *results, const struct target *target, enum report_reach reach,
                    const struct judgement *judgement)
{
    const struct shakedown_calls *calls = results->calls;
    struct seen_digest digest = seen_digest_of(target);
    char mark[JOURNAL_MARK] = "";
    const char outcome[JOURNAL_OUTCOME] = {
        reaches[reach],
        (char)('0' + judgement->worst),
        judgement->failed ? 'f' : '-',
        judgement->incomplete ? 'i' : '-',
        judgement->worse     ? 'w'
        : judgement->changed ? 'c'
                             : '-',
    };
    if (!results->journaled)
        return;
    if (calls->mark != NULL)
        calls->mark(calls->context, mark);
    journal_add(&results->journal, &digest, outcome, mark, target->input);
    if (journal_due(&results->journal, net_now()))
        write_journal(results);
}

bool results_go_on(const struct results *results)
{
    const struct shakedown_calls *calls = results->calls;
    return results->complaint.text[0] == '\0' && (calls->go_on == NULL || calls->go_on(calls->context));
}

// --- the store -------------------------------------------------------------------------------------

bool results_open_store(struct results *results, const struct shakedown_settings *settings)
{
    if (settings->store == NULL)
        return true;
    results->archive = archive_create(settings->store, &results->complaint);
    if (results->archive != NULL && settings->journal != NULL)
        archive_harden(results->archive);
    return results->archive != NULL;
}

void results_keep(struct results *results, const struct report *report)
{
    if (results->archive != NULL && results->complaint.text[0] == '\0')
        archive_add(results->archive, (int64_t)time(NULL), report, &results->complaint);
}

static void close_store(struct results *results)
{
    if (results->archive != NULL && results->complaint.text[0] == '\0')
        archive_flush(results->archive, &results->complaint);
    archive_close(results->archive);
    results->archive = NULL;
}

// --- from beginning to end -------------------------------------------------------------------------

bool results_open(struct results *results, const struct shakedown_settings *settings,
                  const struct shakedown_calls *calls)
{
    results->settings = settings;
    results->calls = calls;
    results->started = (int64_t)time(NULL);
    // Who compares with what the store has by now need not have one yet.
    bool first =
        settings->store != NULL && settings->baseline != NULL && strcmp(settings->store, settings->baseline) == 0;
    if (first && !results_open_store(results, settings))
        return false;
    results->judge = settings_judge(settings, false, &results->complaint);
    if (results->judge == NULL || !tally_begin(&results->tally, settings, &results->complaint))
        return false;
    results->summary = calls->summary == NULL ? NULL : summary_new();
    return (first || results_open_store(results, settings)) && (settings->journal == NULL || open_journal(results));
}

void results_count(struct results *results, const struct report *report, enum report_reach reach,
                   const struct judgement *judgement)
{
    const char *trouble = judge_trouble(results->judge);
    if (trouble != NULL)
        complain(&results->complaint, "%s", trouble);
    tally_count(&results->tally, reach, judgement);
    if (results->summary != NULL)
        summary_report(results->summary, report);
}

void results_count_endpoints(struct results *results, enum host_status status, unsigned count)
{
    struct shakedown_progress *progress = &results->progress;
    switch (status) {
    case HOST_COMPLETE:
        progress->complete += count;
        return;
    case HOST_PARTIAL:
        progress->partial += count;
        return;
    case HOST_UNREACHABLE:
        progress->unreachable += count;
        return;
    case HOST_NOT_TLS:
        progress->not_tls += count;
        return;
    case HOST_REFUSED:
        progress->refused += count;
        return;
    }
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
    if (results->crashed)
        status = shakedown_worse(status, SHAKEDOWN_INTERNAL);
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
        .earlier = results->journal.earlier,
        .interrupted = results->interrupted,
        .error = error[0] == '\0' ? NULL : error,
    };
    char *text = summary_json(results->summary, &end);
    results->calls->summary(results->calls->context, text);
    free(text);
}

enum shakedown_status results_end(struct results *results, char *error)
{
    if (results->journaled) {
        write_journal(results);
        journal_close(&results->journal);
    }
    close_store(results);
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
