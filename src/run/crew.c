// SPDX-License-Identifier: Apache-2.0
//
// A child of fork has all that its parent had: it gives back what it must not hold (the sockets of the others, by whose
// end they know that the parent is gone; standard input and output), and never runs what the parent meant for its own
// end (exit would read on in the parent's files, and write what it holds of them a second time).
#include "run/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define READ_SIZE    ((size_t)64 << 10)
#define READ_AT_ONCE 16 // pieces of one worker, before the others have their turn

static const int caught[] = {SIGINT, SIGTERM, SIGUSR1};
#define CAUGHT (sizeof caught / sizeof *caught)

// --- signals ---------------------------------------------------------------------------------------

static volatile sig_atomic_t pipe_end = -1;

static void catch (int number)
{
    int before = errno;
    uint8_t octet = (uint8_t)number;
    ssize_t written = write(pipe_end, &octet, 1);
    (void)written; // where the pipe is full there is enough to be told
    errno = before;
}

static bool make_private(int descriptor)
{
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0;
}

bool crew_open(struct crew *crew, unsigned seats, bool want_usr1, struct complaint *complaint)
{
    always(seats <= COMMONS_SEATS && caught[CAUGHT - 1] == SIGUSR1);
    *crew = (struct crew){.seats = seats, .signals = {-1, -1}, .caught = want_usr1 ? CAUGHT : CAUGHT - 1};
    if (pipe(crew->signals) != 0 || !make_private(crew->signals[0]) || !make_private(crew->signals[1]))
        return complain(complaint, "the system gives no pipe: %m");
    pipe_end = crew->signals[1];
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < crew->caught; i++) {
        // The second of those that end it finds the default action, even where the first one was not heard yet: who
        // writes may be stuck.
        int once = caught[i] == SIGUSR1 ? 0 : (int)SA_RESETHAND;
        struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART | once};
        sigaction(caught[i], &action, &crew->before[i]);
    }
    return true;
}

static void tell_signals(struct crew *crew, const struct crew_calls *calls)
{
    uint8_t octet;
    while (read(crew->signals[0], &octet, 1) == 1) {
        if (octet != SIGUSR1) {
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
        }
        calls->signalled(calls->context, octet);
    }
}

// --- a worker's own beginning ----------------------------------------------------------------------

static void quit(void) { _exit(EXIT_INTERNAL); }

static void leave_to_parent(struct crew *crew)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (unsigned i = 0; i < crew->seats; i++)
        if (crew->member[i].process != 0)
            close(crew->member[i].descriptor);
    close(crew->signals[0]);
    close(crew->signals[1]);
    if (nothing == -1)
        return;
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    close(nothing);
}

// A terminal sends its signals to all: here it is the parent that decides.
static void settle_in(struct crew *crew, pid_t parent, const sigset_t *mask)
{
    for (size_t i = 0; i < CAUGHT; i++)
        signal(caught[i], SIG_IGN);
    sigprocmask(SIG_SETMASK, mask, NULL);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(0);
    atexit(quit);
    leave_to_parent(crew);
}

// --- starting --------------------------------------------------------------------------------------

static unsigned free_seat(const struct crew *crew)
{
    unsigned seat = 0;
    while (seat < crew->seats && crew->member[seat].process != 0)
        seat++;
    always(seat < crew->seats);
    return seat;
}

bool crew_start(struct crew *crew, void (*work)(void *context, int descriptor, unsigned seat), void *context,
                unsigned *seat)
{
    int pair[2];
    sigset_t all, mask;
    pid_t parent = getpid();
    *seat = free_seat(crew);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return false;
    if (!make_private(pair[0]) || !make_private(pair[1])) {
        close(pair[0]);
        close(pair[1]);
        return false;
    }
    fflush(NULL);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    pid_t process = fork();
    if (process == 0) {
        close(pair[0]);
        settle_in(crew, parent, &mask);
        work(context, pair[1], *seat);
        _exit(0);
    }
    int error = errno;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(pair[1]);
    if (process == -1)
        close(pair[0]);
    else
        crew->member[*seat] = (struct member){.process = process, .descriptor = pair[0]};
    crew->count += process != -1;
    errno = error;
    return process != -1;
}

// --- to and from -----------------------------------------------------------------------------------

static void flush(struct member *member)
{
    for (struct bytes left; (left = frames_left(&member->out)).size != 0;) {
        ssize_t size = send(member->descriptor, left.data, left.size, 0);
        if (size <= 0)
            return; // full; that it is gone is told by the read
        frames_sent(&member->out, (size_t)size);
    }
}

void crew_send(struct crew *crew, unsigned seat, uint8_t kind, struct bytes octets)
{
    frames_put(&crew->member[seat].out, kind, octets);
    flush(&crew->member[seat]);
}

static void ended(struct crew *crew, unsigned seat, const struct crew_calls *calls)
{
    struct member *member = &crew->member[seat];
    int status = 0;
    close(member->descriptor);
    while (waitpid(member->process, &status, 0) == -1 && errno == EINTR)
        ;
    frames_release(&member->in);
    frames_release(&member->out);
    *member = (struct member){0};
    crew->count--;
    calls->ended(calls->context, seat, status);
}

static bool tell_frames(struct member *member, unsigned seat, const struct crew_calls *calls)
{
    uint8_t kind;
    struct bytes octets;
    while (frames_take(&member->in, &kind, &octets))
        if (!calls->frame(calls->context, seat, kind, octets))
            return false;
    return !member->in.bad;
}

// Whoever sends what makes no sense is not waited for any longer.
static void hear(struct crew *crew, unsigned seat, const struct crew_calls *calls)
{
    struct member *member = &crew->member[seat];
    for (int i = 0; i < READ_AT_ONCE; i++) {
        ssize_t size = recv(member->descriptor, frames_room(&member->in, READ_SIZE), READ_SIZE, 0);
        if (size == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (size > 0)
            frames_came(&member->in, (size_t)size);
        bool sense = size <= 0 || tell_frames(member, seat, calls);
        if (!sense)
            kill(member->process, SIGKILL);
        if (size <= 0 || !sense) {
            ended(crew, seat, calls);
            return;
        }
    }
}

void crew_wait(struct crew *crew, int timeout_ms, const struct crew_calls *calls)
{
    struct pollfd polled[1 + COMMONS_SEATS];
    unsigned seat[1 + COMMONS_SEATS];
    nfds_t count = 1;
    polled[0] = (struct pollfd){.fd = crew->signals[0], .events = POLLIN};
    for (unsigned i = 0; i < crew->seats; i++) {
        struct member *member = &crew->member[i];
        if (member->process == 0)
            continue;
        bool waits = frames_left(&member->out).size != 0;
        polled[count] = (struct pollfd){.fd = member->descriptor, .events = (short)(POLLIN | (waits ? POLLOUT : 0))};
        seat[count++] = i;
    }
    if (poll(polled, count, timeout_ms) <= 0)
        return;
    if (polled[0].revents != 0)
        tell_signals(crew, calls);
    for (nfds_t i = 1; i < count; i++) {
        if ((polled[i].revents & POLLOUT) != 0)
            flush(&crew->member[seat[i]]);
        if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            hear(crew, seat[i], calls);
    }
}

void crew_close(struct crew *crew)
{
    for (unsigned i = 0; i < crew->seats; i++) {
        struct member *member = &crew->member[i];
        if (member->process == 0)
            continue;
        close(member->descriptor);
        kill(member->process, SIGKILL);
        while (waitpid(member->process, NULL, 0) == -1 && errno == EINTR)
            ;
        frames_release(&member->in);
        frames_release(&member->out);
    }
    for (size_t i = 0; i < crew->caught && pipe_end != -1; i++)
        sigaction(caught[i], &crew->before[i], NULL);
    if (pipe_end != -1) {
        close(crew->signals[0]);
        close(crew->signals[1]);
    }
    pipe_end = -1;
    crew->count = 0;
}
