// SPDX-License-Identifier: Apache-2.0
//
// One run by several processes. This one has the list of targets, hands them out one by one, and takes what is found;
// the others scan (worker.c). Processes and no threads: what a scan keeps to itself stays so, libraries never hear
// that there is another, and one that crashes over what a stranger sent takes only its own targets along.
//
// Those are scanned again, once. Where it was a fault of ours they are given to a worker that has only one at a
// time, so that in the end only the target is lost that the fault is about.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/commons.h"
#include "run/crew.h"
#include "run/parcel.h"
#include "session.h"

#define FEW         4  // targets with each of the workers, before one more is started
#define LATER_MS    50 // until a list that had no target yet is asked again
#define PROGRESS_MS 200

static const char interruption[] = "the scan was interrupted";

// What a worker has.
struct desk {
    struct job *jobs;
    unsigned count;
    bool careful;  // only one at a time
    bool troubled; // the machine does not let it work
};

struct workers {
    struct session *session;
    struct scan_settings scan;
    const struct net_settings *net;
    struct crew crew;
    struct commons *commons;
    struct desk desk[COMMONS_SEATS];
    struct job *suspects, **last_suspect; // lost by a fault of ours, to be scanned one at a time
    unsigned parallel, in_flight;
    uint64_t numbers, done;
    uint64_t connections; // of workers that are gone
    uint64_t asked_ms, shown_ms;
    bool waiting, listed_all, stopped, ending;
};

// --- progress --------------------------------------------------------------------------------------

static void show(struct workers *workers, bool asked, bool ended)
{
    struct scan_counts counts = {
        .targets_done = workers->done,
        .targets_in_flight = workers->in_flight,
        .connections = workers->connections,
    };
    for (unsigned seat = 0; seat < workers->crew.seats; seat++) {
        struct commons_counts told = commons_told(workers->commons, seat);
        counts.connections += told.connections;
        counts.connections_in_flight += told.open;
    }
    if (workers->net->progress != NULL)
        reporting_progress(workers->session, &counts, asked, ended);
}

// --- jobs ------------------------------------------------------------------------------------------

static struct job *take_job(struct desk *desk, uint64_t number)
{
    struct job **link = &desk->jobs;
    while (*link != NULL && (*link)->number != number)
        link = &(*link)->next;
    struct job *job = *link;
    if (job == NULL)
        return NULL;
    *link = job->next;
    desk->count--;
    return job;
}

static void finish(struct workers *workers, struct job *job)
{
    job_free(job);
    workers->in_flight--;
    workers->done++;
}

static void report_lost(struct workers *workers, struct job *job, const char *why)
{
    struct finished finished = {
        .target = &job->target,
        .trouble = why,
        .started_ms = job->started_ms,
        .ended_ms = net_now(),
        .interrupted = true,
        .stopped = workers->stopped,
    };
    reporting_finished(workers->session, &finished);
    finish(workers, job);
}

static void suspect(struct workers *workers, struct job *job)
{
    job->next = NULL;
    *workers->last_suspect = job;
    workers->last_suspect = &job->next;
}

static struct job *take_suspect(struct workers *workers)
{
    struct job *job = workers->suspects;
    if (job == NULL)
        return NULL;
    workers->suspects = job->next;
    if (job->next == NULL)
        workers->last_suspect = &workers->suspects;
    return job;
}

// Those that were begun and that nobody has at present.
static void report_waiting(struct workers *workers, const char *why)
{
    struct job *job;
    while ((job = take_suspect(workers)) != NULL)
        report_lost(workers, job, why);
    while (workers->session->pulled != NULL && session_pull(workers->session, &job) == SOURCE_TARGET) {
        workers->in_flight++;
        report_lost(workers, job, why);
    }
}

// --- what workers tell -----------------------------------------------------------------------------

// As when this process cannot scan: that is told, and what was begun elsewhere is finished.
static bool trouble(struct workers *workers, struct desk *desk, struct bytes sentence)
{
    complain(&workers->session->results.complaint, "%.*s", (int)sentence.size, (const char *)sentence.data);
    desk->troubled = true;
    return true;
}

static bool told(void *context, unsigned seat, uint8_t kind, struct bytes octets)
{
    struct workers *workers = context;
    struct arena scratch = {0};
    if (kind == PARCEL_TROUBLE && octets.size != 0 && octets.size < sizeof((struct complaint *)NULL)->text)
        return trouble(workers, &workers->desk[seat], octets);
    struct parcel_finished parcel;
    bool good = kind == PARCEL_FINISHED && parcel_read_finished(&scratch, octets, &parcel);
    struct job *job = good ? take_job(&workers->desk[seat], parcel.number) : NULL;
    if (job != NULL && reporting_told(workers->session, &job->target, &parcel)) {
        finish(workers, job);
    } else if (job != NULL) {
        workers->session->results.crashed = true;
        report_lost(workers, job, "shakedown itself failed over this target: what its worker told of it was no report");
    }
    arena_release(&scratch);
    return job != NULL;
}

static bool is_fault_of_ours(int status)
{
    if (WIFEXITED(status))
        return true;
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (WTERMSIG(status) == faults[i])
            return true;
    return false;
}

static void warn(struct workers *workers, const struct desk *desk, int status)
{
    const struct shakedown_calls *calls = workers->session->calls;
    struct complaint sentence = {0};
    unsigned again = 0;
    for (const struct job *job = desk->jobs; job != NULL; job = job->next)
        again += !job->lost;
    if (calls->warn == NULL)
        return;
    if (WIFSIGNALED(status))
        complain(&sentence, "a worker process was ended by signal %d (%s): %u of its %u targets scanned again",
                 WTERMSIG(status), strsignal(WTERMSIG(status)), again, desk->count);
    else
        complain(&sentence, "a worker process ended with status %d: %u of its %u targets scanned again",
                 WEXITSTATUS(status), again, desk->count);
    calls->warn(calls->context, sentence.text);
}

static void lost(struct workers *workers, struct job *job, bool ours)
{
    static const char fault[] = "shakedown itself failed over this target, twice: please report it";
    static const char gone[] = "the process that scanned this target was ended by the system or by somebody, twice";
    if (workers->stopped) {
        report_lost(workers, job, interruption);
    } else if (job->lost) {
        workers->session->results.crashed = workers->session->results.crashed || ours;
        report_lost(workers, job, ours ? fault : gone);
    } else {
        job->lost = true;
        if (ours) {
            suspect(workers, job);
            return;
        }
        workers->in_flight--;
        session_put_back(workers->session, job);
    }
}

static void ended(void *context, unsigned seat, int status)
{
    struct workers *workers = context;
    struct desk *desk = &workers->desk[seat];
    bool ours = is_fault_of_ours(status);
    workers->connections += commons_told(workers->commons, seat).connections;
    commons_forget(workers->commons, seat);
    if (desk->count != 0 && !workers->stopped && !desk->troubled)
        warn(workers, desk, status);
    for (struct job *job; (job = desk->jobs) != NULL;) {
        desk->jobs = job->next;
        if (desk->troubled)
            finish(workers, job);
        else
            lost(workers, job, ours);
    }
    *desk = (struct desk){0};
}

// --- handing out -----------------------------------------------------------------------------------

static void work(void *context, int descriptor, unsigned seat)
{
    struct workers *workers = context;
    struct scan_settings scan = workers->scan;
    if (workers->session->results.journaled)
        close(workers->session->results.journal.descriptor); // whose lock would outlive the process that writes there
    scan.commons = workers->commons;
    scan.seat = seat;
    worker_run(workers->session, &scan, workers->net, descriptor);
}

static void hand_over(struct workers *workers, unsigned seat, struct job *job)
{
    struct desk *desk = &workers->desk[seat];
    struct arena scratch = {0};
    job->number = ++workers->numbers;
    job->started_ms = net_now();
    job->next = desk->jobs;
    desk->jobs = job;
    desk->count++;
    crew_send(&workers->crew, seat, PARCEL_TARGET, parcel_write_target(&scratch, job->number, &job->target));
    arena_release(&scratch);
}

static bool is_there(const struct workers *workers, unsigned seat) { return workers->crew.member[seat].process != 0; }

// Whoever has the least, of those with room; the number of seats: nobody.
static unsigned least_busy(const struct workers *workers)
{
    unsigned best = workers->crew.seats;
    for (unsigned seat = 0; seat < workers->crew.seats; seat++) {
        const struct desk *desk = &workers->desk[seat];
        if (is_there(workers, seat) && !desk->careful && desk->count < workers->scan.parallel &&
            (best == workers->crew.seats || desk->count < workers->desk[best].count))
            best = seat;
    }
    return best;
}

static bool may_start(const struct workers *workers) { return workers->crew.count < workers->crew.seats; }

// The one that gets a target. False: nobody has room.
static bool choose(struct workers *workers, unsigned *seat)
{
    *seat = least_busy(workers);
    bool found = *seat != workers->crew.seats;
    unsigned started;
    if ((found && workers->desk[*seat].count < FEW) || !may_start(workers))
        return found;
    if (!crew_start(&workers->crew, work, workers, &started))
        return found;
    *seat = started;
    return true;
}

// Where there are suspects, whoever has nothing to do becomes careful, or a new one is.
static bool choose_careful(struct workers *workers, unsigned *seat)
{
    for (*seat = 0; *seat < workers->crew.seats; ++*seat)
        if (is_there(workers, *seat) && workers->desk[*seat].count == 0)
            return true;
    return may_start(workers) && crew_start(&workers->crew, work, workers, seat);
}

static void hand_out_suspects(struct workers *workers)
{
    unsigned seat;
    while (workers->suspects != NULL && choose_careful(workers, &seat)) {
        workers->desk[seat].careful = true;
        hand_over(workers, seat, take_suspect(workers));
    }
    for (seat = 0; seat < workers->crew.seats && workers->suspects == NULL; seat++)
        if (workers->desk[seat].count == 0)
            workers->desk[seat].careful = false;
}

static bool wants_more(struct workers *workers)
{
    if (workers->waiting && net_now() >= workers->asked_ms + LATER_MS)
        workers->waiting = false;
    bool has_some = workers->session->pulled != NULL || !(workers->listed_all || workers->waiting);
    return has_some && !workers->stopped && workers->in_flight < workers->parallel;
}

static void hand_out(struct workers *workers)
{
    unsigned seat;
    struct job *job;
    hand_out_suspects(workers);
    while (wants_more(workers)) {
        enum source_answer answer = session_pull(workers->session, &job);
        workers->listed_all = workers->listed_all || answer == SOURCE_END;
        workers->waiting = answer == SOURCE_LATER;
        workers->asked_ms = net_now();
        if (answer != SOURCE_TARGET)
            continue;
        if (!choose(workers, &seat)) {
            session_put_back(workers->session, job);
            return;
        }
        workers->in_flight++;
        hand_over(workers, seat, job);
    }
}

// --- from beginning to end -------------------------------------------------------------------------

static void send_to_all(struct workers *workers, enum parcel_kind kind)
{
    for (unsigned seat = 0; seat < workers->crew.seats; seat++)
        if (is_there(workers, seat))
            crew_send(&workers->crew, seat, (uint8_t)kind, (struct bytes){NULL, 0});
}

static void signalled(void *context, int number)
{
    struct workers *workers = context;
    if (number == SIGUSR1) {
        show(workers, true, false);
        return;
    }
    workers->stopped = workers->listed_all = true;
    workers->session->results.interrupted = true;
    report_waiting(workers, interruption);
    send_to_all(workers, PARCEL_STOP);
}

static bool is_over(struct workers *workers)
{
    bool idle = workers->in_flight == 0 && workers->listed_all && workers->session->pulled == NULL;
    if (idle && !workers->ending)
        send_to_all(workers, PARCEL_END);
    workers->ending = workers->ending || idle;
    return idle && workers->crew.count == 0;
}

// When this machine is in trouble no target is begun any more, nor begun again. Whether that changed anything.
static bool wind_up(struct workers *workers)
{
    struct session *session = workers->session;
    bool some = workers->suspects != NULL || session->pulled != NULL || !workers->listed_all;
    if (workers->crew.count == 0 && (workers->suspects != NULL || session->pulled != NULL))
        complain(&session->results.complaint, "the system starts no process: %m");
    if (session->results.complaint.text[0] == '\0' || !some)
        return false;
    workers->listed_all = true;
    for (struct job *job; (job = take_suspect(workers)) != NULL;)
        finish(workers, job);
    for (struct job *job; (job = session->pulled) != NULL;) {
        session->pulled = job->next;
        job_free(job);
    }
    return true;
}

static int patience(const struct workers *workers)
{
    uint64_t now = net_now(), due = UINT64_MAX;
    if (workers->net->progress != NULL)
        due = workers->shown_ms + PROGRESS_MS;
    if (workers->waiting && workers->asked_ms + LATER_MS < due)
        due = workers->asked_ms + LATER_MS;
    return due == UINT64_MAX ? -1 : due <= now ? 0 : (int)(due - now);
}

static void run(struct workers *workers)
{
    const struct crew_calls calls = {told, ended, signalled, workers};
    while (!is_over(workers)) {
        if (!workers->ending)
            hand_out(workers);
        if (wind_up(workers))
            continue;
        crew_wait(&workers->crew, patience(workers), &calls);
        if (workers->net->progress == NULL || net_now() < workers->shown_ms + PROGRESS_MS)
            continue;
        workers->shown_ms = net_now();
        show(workers, false, false);
    }
    if (workers->net->progress != NULL)
        show(workers, false, true);
}

// Whether several processes are of use: there is more than one target, or may be. Of names that lead to one endpoint
// only a process that looks up all of them knows.
static bool are_many(struct session *session, bool one_name)
{
    struct job *job[2] = {NULL, NULL};
    enum source_answer answer = session_pull(session, &job[0]);
    if (answer == SOURCE_TARGET)
        answer = session_pull(session, &job[1]);
    bool led = false;
    for (size_t i = 0; i < 2; i++) {
        led = led || (one_name && job[i] != NULL && !job[i]->target.is_address);
        if (job[i] != NULL)
            session_put_back(session, job[i]);
    }
    return answer != SOURCE_END && !led;
}

bool workers_scan(struct session *session, const struct scan_settings *scan, const struct net_settings *net)
{
    const struct shakedown_settings *settings = session->settings;
    unsigned parallel = settings->parallel == 0 ? 100 : settings->parallel;
    unsigned seats = settings->workers < parallel ? settings->workers : parallel;
    struct complaint ignored = {0};
    if (seats < 2 || !are_many(session, scan->one_name))
        return false;
    struct workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL)
        die("out of memory");
    workers->session = session;
    workers->scan = *scan;
    workers->net = net;
    workers->parallel = parallel;
    workers->last_suspect = &workers->suspects;
    seats = seats < COMMONS_SEATS ? seats : COMMONS_SEATS;
    workers->commons = commons_new(seats, parallel);
    unsigned seat;
    bool good = workers->commons != NULL && crew_open(&workers->crew, seats, net->progress != NULL, &ignored) &&
                crew_start(&workers->crew, work, workers, &seat);
    if (good)
        run(workers);
    if (workers->commons != NULL)
        crew_close(&workers->crew);
    commons_free(workers->commons);
    free(workers);
    return good;
}
