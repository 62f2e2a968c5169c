// SPDX-License-Identifier: Apache-2.0
//
// Scanned, replayed and saved reports all come here to be counted.
#include "results.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

// A mark begins with the length of the transcript, where there is one; the rest is the caller's.
#define TRANSCRIPT_MARK "t%" PRIu64 ":"

_Static_assert(JOURNAL_MARK >= SHAKEDOWN_MARK + sizeof "t18446744073709551615:", "there is room for both");

static const char *callers_mark(const char *mark)
{
    const char *colon = mark[0] == 't' ? strchr(mark, ':') : NULL;
    return colon == NULL ? mark : colon + 1;
}

static bool open_journal(struct results *results)
{
    const struct shakedown_calls *calls = results->calls;
    struct journal *journal = &results->journal;
    results->journaled = true;
    if (!journal_open(journal, results->settings->journal, told, results, &results->complaint))
        return false;
    char error[sizeof results->complaint.text] = "";
    const char *mark = journal->earlier == 0 ? NULL : callers_mark(journal->mark);
    if (calls->resume == NULL || calls->resume(calls->context, mark, error))
        return true;
    return complain(&results->complaint, "%s", error);
}

// --- the transcript --------------------------------------------------------------------------------

bool results_cannot_write_transcript(struct results *results)
{
    return complain(&results->complaint, "cannot write the transcript '%s': %m", results->settings->transcript);
}

// Of a pipe nobody knows, and nothing of it can be dropped.
static uint64_t length_of(FILE *transcript)
{
    off_t length = ftello(transcript);
    return length < 0 ? 0 : (uint64_t)length;
}

static bool sync_transcript(struct results *results)
{
    FILE *transcript = results->transcript;
    return (fflush(transcript) == 0 && (fsync(fileno(transcript)) == 0 || errno == EINVAL || errno == EROFS)) ||
           results_cannot_write_transcript(results);
}

static bool ends_a_line(FILE *transcript, uint64_t length)
{
    return length == 0 || (fseeko(transcript, (off_t)length - 1, SEEK_SET) == 0 && fgetc(transcript) == '\n');
}

// Drops what no line of the journal speaks of.
static bool cut_transcript(struct results *results)
{
    uint64_t length;
    struct stat status;
    int descriptor = fileno(results->transcript);
    if (sscanf(results->journal.mark, "t%" SCNu64, &length) != 1)
        return complain(&results->complaint, "the journal was written by a run without a transcript");
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    if ((uint64_t)status.st_size < length || !ends_a_line(results->transcript, length))
        return complain(&results->complaint, "'%s' is not the transcript that was written with the journal",
                        results->settings->transcript);
    return (ftruncate(descriptor, (off_t)length) == 0 && fseeko(results->transcript, 0, SEEK_END) == 0) ||
           results_cannot_write_transcript(results);
}

bool results_open_transcript(struct results *results)
{
    const char *name = results->settings->transcript;
    bool goes_on = results->journal.earlier != 0;
    if (name == NULL)
        return true;
    results->transcript = fopen(name, goes_on ? "a+" : "w");
    if (results->transcript == NULL)
        return results_cannot_write_transcript(results);
    return !goes_on || cut_transcript(results);
}

static void close_transcript(struct results *results)
{
    if (results->transcript != NULL && fclose(results->transcript) != 0)
        results_cannot_write_transcript(results);
    results->transcript = NULL;
}

// --- the journal, of finished targets --------------------------------------------------------------

// What the lines speak of has to be on the disk before they are.
static void write_journal(struct results *results)
{
    const struct shakedown_calls *calls = results->calls;
    if (results->complaint.text[0] != '\0')
        return;
    if (results->archive != NULL && !archive_flush(results->archive, &results->complaint))
        return;
    if (results->transcript != NULL && !sync_transcript(results))
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
    size_t used = 0;
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
    if (results->transcript != NULL)
        used = (size_t)snprintf(mark, sizeof mark, TRANSCRIPT_MARK, length_of(results->transcript));
    if (calls->mark != NULL)
        calls->mark(calls->context, mark + used);
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
    close_transcript(results);
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
