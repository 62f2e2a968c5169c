// SPDX-License-Identifier: Apache-2.0
//
// What probing costs at the least: a bare epoll loop that sends the very hellos a scan has sent,
// reads of each answer as many octets as the scan has read, and closes. It understands nothing.
// shakedown's client CPU per probe is measured against it.
//
//     limit FIRST-ADDRESS ADDRESSES PORT IN-FLIGHT FILE
//
// FILE holds the probes of one target: of each the size of the hello, the size of the answer (32
// bits each, big-endian), and the hello. Each address gets them all. Prints one line: probes
// answered, probes failed, seconds, CPU seconds, CPU microseconds a probe.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FILE_LIMIT 1048576
#define QUESTIONS  1024
#define EVENTS     256
#define STALLED_MS 10000
#define VARIES     16 // octets by which signatures and tickets make one answer shorter than another

struct question {
    const uint8_t *hello;
    size_t hello_size, answer_size;
};

struct probe {
    const struct question *question;
    int socket;
    bool sent;
    size_t received;
};

static uint8_t file[FILE_LIMIT];
static struct question questions[QUESTIONS];
static size_t question_count;
static struct sockaddr_in first;
static int poller;
static unsigned long started, answered, failed, wanted;

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void begin(struct probe *probe)
{
    const int on = 1;
    struct sockaddr_in address = first;
    address.sin_addr.s_addr = htonl(ntohl(first.sin_addr.s_addr) + (uint32_t)(started / question_count));
    *probe = (struct probe){.question = &questions[started % question_count],
                            .socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (probe->socket < 0)
        stop("socket");
    started++;
    setsockopt(probe->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(probe->socket, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        stop("connect");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = probe};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, probe->socket, &event) != 0)
        stop("epoll");
}

static void end(struct probe *probe, bool good)
{
    close(probe->socket);
    probe->socket = -1;
    if (good)
        answered++;
    else
        failed++;
    if (started < wanted)
        begin(probe);
}

static bool enough(const struct probe *probe)
{
    size_t size = probe->question->answer_size;
    return probe->received >= (size > 4 * VARIES ? size - VARIES : size);
}

static void receive(struct probe *probe)
{
    static uint8_t octets[65536];
    ssize_t size = recv(probe->socket, octets, sizeof octets, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        end(probe, false);
        return;
    }
    probe->received += (size_t)size;
    if (enough(probe))
        end(probe, true);
}

static void transmit(struct probe *probe)
{
    const struct question *question = probe->question;
    if (send(probe->socket, question->hello, question->hello_size, MSG_NOSIGNAL) != (ssize_t)question->hello_size) {
        end(probe, false);
        return;
    }
    probe->sent = true;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = probe};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, probe->socket, &event) != 0)
        stop("epoll");
}

static void run(unsigned in_flight)
{
    struct probe *probes = calloc(in_flight, sizeof *probes);
    if (probes == NULL)
        stop("memory");
    for (unsigned i = 0; i < in_flight && started < wanted; i++)
        begin(&probes[i]);
    while (answered + failed < wanted) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, STALLED_MS);
        if (count == 0)
            errno = ETIMEDOUT;
        if (count <= 0)
            stop("waiting");
        for (int i = 0; i < count; i++) {
            struct probe *probe = events[i].data.ptr;
            if (probe->sent)
                receive(probe);
            else
                transmit(probe);
        }
    }
    free(probes);
}

static size_t number(const uint8_t *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static void read_questions(const char *name)
{
    FILE *stream = fopen(name, "rb");
    if (stream == NULL)
        stop(name);
    size_t size = fread(file, 1, sizeof file, stream);
    fclose(stream);
    errno = EINVAL;
    for (size_t at = 0; at < size; question_count++) {
        if (size - at < 8 || size - at - 8 < number(file + at) || question_count == QUESTIONS)
            stop(name);
        questions[question_count] = (struct question){file + at + 8, number(file + at), number(file + at + 4)};
        at += 8 + questions[question_count].hello_size;
    }
    if (question_count == 0)
        stop(name);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fputs("usage: limit FIRST-ADDRESS ADDRESSES PORT IN-FLIGHT FILE\n", stderr);
        return 2;
    }
    first.sin_family = AF_INET;
    first.sin_port = htons((uint16_t)strtoul(arguments[3], NULL, 10));
    unsigned long addresses = strtoul(arguments[2], NULL, 10), in_flight = strtoul(arguments[4], NULL, 10);
    if (inet_pton(AF_INET, arguments[1], &first.sin_addr) != 1 || addresses == 0 || in_flight == 0 ||
        in_flight > 10000) {
        fputs("limit: bad argument\n", stderr);
        return 2;
    }
    read_questions(arguments[5]);
    wanted = addresses * question_count;
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        stop("epoll");
    double begun = seconds(), cpu_begun = cpu_seconds();
    run((unsigned)in_flight);
    double cpu = cpu_seconds() - cpu_begun;
    printf("%lu answered, %lu failed, %.3f s, %.3f s CPU, %.1f us CPU a probe\n", answered, failed, seconds() - begun,
           cpu, cpu * 1e6 / (double)wanted);
    return failed == 0 ? 0 : 1;
}
