// SPDX-License-Identifier: Apache-2.0
//
// The road of a finished target: its transcript, its report, what is counted of it, and out to the caller. A target
// that another process has scanned takes it in two halves: what is found becomes text there, and is judged and handed
// on here, for one judge has to see all (waivers that were of use, the file of earlier reports).
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"
#include "report/saved.h"
#include "run/parcel.h"
#include "session.h"

_Static_assert(PARCEL_STATUSES == HOST_REFUSED + 1 && PARCEL_REACHES == REACH_NOTHING + 1, "parcels have room for all");

// --- out -------------------------------------------------------------------------------------------

void reporting_end(struct session *session, bool indented)
{
    if (session->held != NULL) {
        deliver(session->calls, session->held, indented);
        results_keep(&session->results, session->held);
    }
    report_free(session->held);
    session->held = NULL;
}

// The report is taken over.
static void hand_on(struct session *session, struct report *report, const struct target *target,
                    enum report_reach reach, const struct judgement *judgement)
{
    reporting_end(session, false);
    deliver(session->calls, report, false);
    results_keep(&session->results, report);
    report_free(report);
    results_finish(&session->results, target, reach, judgement);
}

// --- a report --------------------------------------------------------------------------------------

static struct report_input input_of(struct arena *scratch, const struct transcript_run *run,
                                    const struct finished *finished)
{
    struct report_endpoint *endpoints = arena_array(scratch, finished->endpoint_count, sizeof *endpoints);
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct endpoint *from = finished->endpoints[i];
        // A report reads a host and asks for its status, which may take of the host's own memory.
        endpoints[i] = (struct report_endpoint){
            from->address,    (struct host *)&from->host, from->connections,
            from->bytes_sent, from->bytes_received,       from->pushed_back,
        };
    }
    return (struct report_input){
        .target = finished->target,
        .endpoints = endpoints,
        .endpoint_count = finished->endpoint_count,
        .trouble = finished->trouble,
        .started = run->started,
        .duration_ms = run->duration_ms,
        .now = run->now,
        .resolver = run->resolver,
        .interrupted = finished->interrupted,
    };
}

static struct report_options options_of(const struct session *session)
{
    const struct shakedown_settings *settings = session->settings;
    return (struct report_options){
        .reproducible = settings->reproducible, .evidence = settings->evidence, .pem = settings->pem};
}

// The summary compares keys by their octets, which a report need not have.
static const struct bytes *keys_of(struct arena *scratch, const struct finished *finished, size_t *count)
{
    size_t most = 0;
    *count = 0;
    for (size_t i = 0; i < finished->endpoint_count; i++)
        most += finished->endpoints[i]->host.facts.chain_count;
    struct bytes *keys = arena_array(scratch, most, sizeof *keys);
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct facts *facts = &finished->endpoints[i]->host.facts;
        for (size_t k = 0; k < facts->chain_count; k++)
            if (facts->chains[k].count != 0)
                keys[(*count)++] = facts->chains[k].chain[0].public_key_der;
    }
    return keys;
}

// --- of this process -------------------------------------------------------------------------------

static bool will_be_repeated(struct session *session, bool interrupted, bool stopped)
{
    session->results.interrupted = session->results.interrupted || interrupted;
    return stopped && (session->results.journaled || session->settings->queued); // when the run goes on, or by another
}

void reporting_replayed(struct session *session, const struct transcript_run *run, const struct finished *finished)
{
    struct arena scratch = {0};
    struct results *results = &session->results;
    const char *sentence;
    if (will_be_repeated(session, finished->interrupted, finished->stopped))
        return;
    struct report_input input = input_of(&scratch, run, finished);
    size_t count;
    const struct bytes *keys = keys_of(&scratch, finished, &count);
    for (size_t i = 0; i < count; i++)
        results_key(results, keys[i]);
    for (size_t i = 0; i < input.endpoint_count; i++)
        results_count_endpoints(results, host_status(input.endpoints[i].host, &sentence), 1);
    results->progress.unresolved += finished->endpoint_count == 0 && !finished->interrupted;
    struct judgement judgement;
    struct report_options options = options_of(session);
    options.judge = results->judge;
    options.judgement = &judgement;
    bool first = results->tally.reports == 0;
    struct report *report = report_make(&input, &options);
    results_count(results, report, report_reach(&input), &judgement);
    // Indented is for the only report of a run, so the first has to wait for a second.
    if (session->settings->indent && first && !results->journaled)
        session->held = report;
    else
        hand_on(session, report, finished->target, report_reach(&input), &judgement);
    arena_release(&scratch);
}

// When it was, by the clock that people have.
static void set_times(struct session *session, const struct finished *finished)
{
    session->run.started = session->wall_start + (int64_t)((finished->started_ms - session->steady_start) / 1000);
    session->run.duration_ms = finished->ended_ms - finished->started_ms;
}

void reporting_finished(struct session *session, const struct finished *finished)
{
    struct results *results = &session->results;
    set_times(session, finished);
    if (results->transcript != NULL && !will_be_repeated(session, finished->interrupted, finished->stopped) &&
        !transcript_write(results->transcript, &session->run, finished))
        results_cannot_write_transcript(results);
    reporting_replayed(session, &session->run, finished);
}

// --- of another process ----------------------------------------------------------------------------

static struct bytes transcript_of(struct session *session, struct arena *arena, const struct finished *finished)
{
    char *text = NULL;
    size_t size = 0;
    if (session->results.transcript == NULL)
        return (struct bytes){NULL, 0};
    FILE *file = open_memstream(&text, &size);
    if (file == NULL || !transcript_write(file, &session->run, finished) || fclose(file) != 0)
        die("out of memory");
    struct bytes copy = arena_copy(arena, (struct bytes){(const uint8_t *)text, size});
    free(text);
    return copy;
}

struct bytes reporting_parcel(struct session *session, const struct finished *finished, uint64_t number,
                              struct arena *arena)
{
    const char *sentence;
    set_times(session, finished);
    struct report_input input = input_of(arena, &session->run, finished);
    struct report_options options = options_of(session);
    struct report *report = report_make(&input, &options);
    struct parcel_finished parcel = {
        .number = number,
        .reach = report_reach(&input),
        .interrupted = finished->interrupted,
        .stopped = finished->stopped,
        .report = bytes_of_text(report_line(report)),
        .transcript = transcript_of(session, arena, finished),
    };
    if (session->results.summary != NULL)
        parcel.keys = keys_of(arena, finished, &parcel.key_count);
    for (size_t i = 0; i < input.endpoint_count; i++)
        parcel.endpoints[host_status(input.endpoints[i].host, &sentence)]++;
    struct bytes octets = parcel_write_finished(arena, &parcel);
    report_free(report);
    return octets;
}

bool reporting_told(struct session *session, const struct target *target, const struct parcel_finished *told)
{
    struct results *results = &session->results;
    struct complaint wrong = {0};
    struct judgement judgement;
    uint64_t endpoints = 0;
    struct report *report = saved_of((const char *)told->report.data, told->report.size, &wrong);
    if (report == NULL)
        return false;
    if (will_be_repeated(session, told->interrupted, told->stopped)) {
        report_free(report);
        return true;
    }
    if (told->transcript.size != 0 && results->transcript != NULL &&
        fwrite(told->transcript.data, 1, told->transcript.size, results->transcript) != told->transcript.size)
        results_cannot_write_transcript(results);
    for (size_t i = 0; i < told->key_count; i++)
        results_key(results, told->keys[i]);
    for (unsigned i = 0; i < PARCEL_STATUSES; i++) {
        results_count_endpoints(results, (enum host_status)i, told->endpoints[i]);
        endpoints += told->endpoints[i];
    }
    results->progress.unresolved += endpoints == 0 && !told->interrupted;
    judge_report(results->judge, session->run.now, report, &judgement);
    results_count(results, report, (enum report_reach)told->reach, &judgement);
    hand_on(session, report, target, (enum report_reach)told->reach, &judgement);
    return true;
}

// --- how far it has got ----------------------------------------------------------------------------

void reporting_progress(const struct session *session, const struct scan_counts *counts, bool asked, bool ended)
{
    const struct results *results = &session->results;
    struct shakedown_progress progress = results->progress;
    progress.elapsed_ms = net_now() - session->steady_start;
    progress.done = counts->targets_done;
    progress.in_flight = counts->targets_in_flight;
    progress.waiting = expansion_left(&session->source.expansion);
    progress.rejected = results->rejected;
    progress.duplicates = results->duplicates;
    progress.elsewhere = results->elsewhere;
    progress.earlier = results->journal.earlier;
    progress.connections = counts->connections;
    progress.open = counts->connections_in_flight;
    progress.asked = asked;
    progress.ended = ended;
    session->settings->progress(session->calls->context, &progress);
}
