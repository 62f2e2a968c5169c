// SPDX-License-Identifier: Apache-2.0
//
// What probing costs at the least: a bare epoll loop that connects, sends the octets of a file,
// reads until one whole record of TLS has come or the peer ends, and closes. It understands
// nothing. shakedown's client CPU per probe is measured against it.
//
//     limit ADDRESS PORT COUNT IN-FLIGHT FILE
//
// Prints one line: probes answered, probes failed, seconds, CPU seconds, CPU microseconds a probe.
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

#define HELLO_LIMIT 65536
#define EVENTS      256
#define STALLED_MS  10000

struct probe {
    int socket;
    bool sent;
    uint8_t header[5];
    size_t received;
};

static struct sockaddr_in address;
static uint8_t hello[HELLO_LIMIT];
static size_t hello_size;
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
    *probe = (struct probe){.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
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

static bool whole_record(const struct probe *probe)
{
    size_t length = (size_t)probe->header[3] << 8 | probe->header[4];
    return probe->received >= sizeof probe->header && probe->received - sizeof probe->header >= length;
}

static void keep_header(struct probe *probe, const uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size && probe->received + i < sizeof probe->header; i++)
        probe->header[probe->received + i] = octets[i];
    probe->received += size;
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
    keep_header(probe, octets, (size_t)size);
    if (whole_record(probe))
        end(probe, true);
}

static void transmit(struct probe *probe)
{
    if (send(probe->socket, hello, hello_size, MSG_NOSIGNAL) != (ssize_t)hello_size) {
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

static void read_hello(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        stop(name);
    hello_size = fread(hello, 1, sizeof hello, file);
    fclose(file);
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
        fputs("usage: limit ADDRESS PORT COUNT IN-FLIGHT FILE\n", stderr);
        return 2;
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)strtoul(arguments[2], NULL, 10));
    wanted = strtoul(arguments[3], NULL, 10);
    unsigned long in_flight = strtoul(arguments[4], NULL, 10);
    if (inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1 || wanted == 0 || in_flight == 0 ||
        in_flight > 10000) {
        fputs("limit: bad argument\n", stderr);
        return 2;
    }
    read_hello(arguments[5]);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        stop("epoll");
    double begun = seconds();
    run((unsigned)in_flight);
    double cpu = cpu_seconds();
    printf("%lu answered, %lu failed, %.3f s, %.3f s CPU, %.1f us CPU a probe\n", answered, failed, seconds() - begun,
           cpu, cpu * 1e6 / (double)wanted);
    return failed == 0 ? 0 : 1;
}
