// SPDX-License-Identifier: Apache-2.0
//
// A process that works for another one: targets come over a socket, and over it goes what is found. It scans as a
// process of its own would, and prints nothing.
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/commons.h"
#include "run/frames.h"
#include "run/parcel.h"
#include "session.h"

#define READ_SIZE ((size_t)16 << 10)

struct work {
    struct session *session;
    const struct scan_settings *settings;
    struct scan *scan;
    int descriptor;
    struct frames in, out;
    struct job *first, **last; // told and not begun
    bool ended;
};

// Nobody is there any more to take what is found.
static _Noreturn void quit(void) { _exit(0); }

// --- what comes in -----------------------------------------------------------------------------------

static void take_target(struct work *work, struct bytes octets)
{
    struct job *job = job_new();
    always(parcel_read_target(&job->memory, octets, &job->number, &job->target));
    *work->last = job;
    work->last = &job->next;
}

// Whether it is the wish to end at once.
static bool take_frame(struct work *work, uint8_t kind, struct bytes octets)
{
    switch (kind) {
    case PARCEL_TARGET:
        take_target(work, octets);
        return false;
    case PARCEL_END:
        work->ended = true;
        return false;
    case PARCEL_STOP:
        return true;
    default:
        bug("a frame of no known kind");
    }
}

static bool fed(void *context)
{
    struct work *work = context;
    bool stop = false;
    for (;;) {
        uint8_t kind;
        struct bytes octets;
        ssize_t size = read(work->descriptor, frames_room(&work->in, READ_SIZE), READ_SIZE);
        if (size == 0 || (size == -1 && errno != EAGAIN && errno != EINTR))
            quit();
        if (size == -1)
            return stop;
        frames_came(&work->in, (size_t)size);
        while (frames_take(&work->in, &kind, &octets))
            stop = take_frame(work, kind, octets) || stop;
        always(!work->in.bad);
    }
}

static bool next_target(void *context, struct target **target)
{
    struct work *work = context;
    struct job *job = work->first;
    *target = job == NULL ? NULL : &job->target;
    if (job == NULL)
        return !work->ended;
    work->first = job->next;
    if (work->first == NULL)
        work->last = &work->first;
    return true;
}

// --- what goes out -----------------------------------------------------------------------------------

// Waiting here is like waiting for a slow terminal: no time passes for the scan meanwhile.
static void send_all(struct work *work)
{
    for (struct bytes left; (left = frames_left(&work->out)).size != 0;) {
        ssize_t size = write(work->descriptor, left.data, left.size);
        if (size > 0)
            frames_sent(&work->out, (size_t)size);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            poll(&(struct pollfd){.fd = work->descriptor, .events = POLLOUT}, 1, -1);
        else if (errno != EINTR)
            quit();
    }
}

static void tell_counts(struct work *work)
{
    struct scan_counts counts = scan_counts(work->scan);
    commons_tell(work->settings->commons, work->settings->seat,
                 (struct commons_counts){counts.connections, counts.connections_in_flight});
}

static void finish_target(void *context, const struct finished *finished)
{
    struct work *work = context;
    struct job *job = (struct job *)((char *)finished->target - offsetof(struct job, target));
    struct arena scratch = {0};
    tell_counts(work);
    frames_put(&work->out, PARCEL_FINISHED, reporting_parcel(work->session, finished, job->number, &scratch));
    arena_release(&scratch);
    job_free(job);
}

// Whoever is told of a finished target hands out another one, whose connections must not meet those of the first.
static void settled(void *context) { send_all(context); }

static void progressed(void *context, const struct scan_counts *counts, bool asked)
{
    (void)counts, (void)asked;
    tell_counts(context);
}

// -----------------------------------------------------------------------------------------------------

void worker_run(struct session *session, const struct scan_settings *scan, const struct net_settings *net,
                int descriptor)
{
    struct work work = {.session = session, .settings = scan, .descriptor = descriptor, .last = &work.first};
    struct net_settings settings = *net;
    bool interrupted;
    settings.progress = net->progress == NULL ? NULL : progressed;
    settings.context = &work;
    settings.feed = descriptor;
    settings.fed = fed;
    settings.settled = settled;
    work.scan = scan_new(scan, (struct target_source){next_target, &work}, (struct finish_sink){finish_target, &work});
    struct complaint complaint = {0};
    if (!net_run(work.scan, &settings, &interrupted, &complaint)) {
        frames_put(&work.out, PARCEL_TROUBLE, bytes_of_text(complaint.text));
        send_all(&work);
    }
    tell_counts(&work);
}
