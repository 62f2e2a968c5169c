// SPDX-License-Identifier: Apache-2.0
//
// A slow road to a server on loopback: accepts on a run of addresses, passes on at once what the
// client says, and what the server says only after a delay: two round trips for what answers the first
// that the client said, since TCP would have taken one of them; one for all that follows. (A client that
// connects and says nothing is let off: loopback connects at once.) What waits are two queues, one for
// each delay, in the order it came.
//
//     relay FIRST-ADDRESS ADDRESSES PORT SERVER-ADDRESS SERVER-PORT ROUND-TRIP-MS
//
// Runs until it is killed. Says "ready" when it listens. At SIGUSR1 it says what went through it since the
// last: connections, octets from clients, octets from the server.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256

enum role { LISTENER, CLIENT, SERVER };

// One socket; a client and its server are each other's peer. Never freed: a late event may still
// name it, and a relay lives no longer than a measurement.
struct end {
    enum role role;
    int socket;
    struct end *peer;
    bool over;
    bool answered; // of a client: it was sent something
    bool later;    // of a client: it has spoken since
};

// Octets for a client, or, with size 0, the end of its connection.
struct piece {
    struct end *client;
    uint64_t due_ms;
    struct piece *next;
    size_t size;
    uint8_t octets[];
};

struct queue {
    uint64_t delay_ms;
    struct piece *first, *last;
};

static int poller;
static struct sockaddr_in server;
static struct queue queues[2]; // for first answers, and for later ones
static unsigned long long connections, from_clients, from_server;
static volatile sig_atomic_t asked;
static uint8_t buffer[65536];

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct end *watch(enum role role, int socket)
{
    struct end *end = calloc(1, sizeof *end);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    if (end == NULL || epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event) != 0)
        stop("epoll");
    *end = (struct end){.role = role, .socket = socket};
    return end;
}

static void listen_on(struct sockaddr_in address)
{
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0)
        stop("listen");
    watch(LISTENER, listener);
}

// From the address that the client has connected to, so that each has all ports for itself. A loopback connection is
// there at once, so it is made before the socket stops blocking.
static int connect_onward(int client)
{
    const int on = 1;
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int onward = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (onward < 0 || getsockname(client, (struct sockaddr *)&from, &size) != 0)
        stop("socket");
    from.sin_port = 0;
    setsockopt(onward, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(onward, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(onward, (struct sockaddr *)&server, sizeof server) != 0)
        stop("connect");
    return onward;
}

static void accept_one(const struct end *listener)
{
    const int on = 1;
    int client = accept4(listener->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return;
    int onward = connect_onward(client);
    connections++;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(onward, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct end *one = watch(CLIENT, client), *other = watch(SERVER, onward);
    one->peer = other;
    other->peer = one;
}

static void end_over(struct end *end)
{
    if (!end->over)
        close(end->socket);
    end->over = true;
}

static void delay(struct end *client, const uint8_t *octets, size_t size)
{
    struct queue *queue = &queues[client->later];
    struct piece *piece = malloc(sizeof *piece + size);
    if (piece == NULL)
        stop("memory");
    *piece = (struct piece){.client = client, .due_ms = now_ms() + queue->delay_ms, .size = size};
    memcpy(piece->octets, octets, size);
    if (queue->last == NULL)
        queue->first = piece;
    else
        queue->last->next = piece;
    queue->last = piece;
}

static void pass_on(struct end *client, size_t size)
{
    from_clients += size;
    client->later = client->later || client->answered;
    if (!client->peer->over)
        send(client->peer->socket, buffer, size, MSG_NOSIGNAL);
}

// The server's end is told to the client later, as its octets are; the client's at once.
static void receive(struct end *end)
{
    if (end->over)
        return;
    ssize_t size = recv(end->socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
        return;
    if (end->role == SERVER)
        delay(end->peer, buffer, size > 0 ? (size_t)size : 0);
    else if (size > 0)
        pass_on(end, (size_t)size);
    if (size > 0)
        return;
    end_over(end);
    if (end->role == CLIENT)
        end_over(end->peer);
}

static void deliver(struct queue *queue, uint64_t now)
{
    for (struct piece *piece; (piece = queue->first) != NULL && piece->due_ms <= now; free(piece)) {
        struct end *client = piece->client;
        queue->first = piece->next;
        if (queue->first == NULL)
            queue->last = NULL;
        if (client->over)
            continue;
        if (piece->size == 0) {
            end_over(client);
            continue;
        }
        client->answered = true;
        from_server += piece->size;
        send(client->socket, piece->octets, piece->size, MSG_NOSIGNAL);
    }
}

static int pause_ms(uint64_t now)
{
    int pause = 100; // a signal may have come just before
    for (size_t i = 0; i < 2; i++) {
        const struct piece *piece = queues[i].first;
        int left = piece == NULL ? -1 : piece->due_ms > now ? (int)(piece->due_ms - now) : 0;
        if (left >= 0 && left < pause)
            pause = left;
    }
    return pause;
}

static void ask(int signal) { asked = signal; }

static void tell(void)
{
    asked = 0;
    printf("%llu %llu %llu\n", connections, from_clients, from_server);
    fflush(stdout);
    connections = from_clients = from_server = 0;
}

static _Noreturn void run(void)
{
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, pause_ms(now_ms()));
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            if (end->role == LISTENER)
                accept_one(end);
            else
                receive(end);
        }
        for (size_t i = 0; i < 2; i++)
            deliver(&queues[i], now_ms());
        if (asked)
            tell();
    }
}

static unsigned long whole(const char *text) { return strtoul(text, NULL, 10); }

int main(int count, char **arguments)
{
    if (count != 7) {
        fputs("usage: relay FIRST-ADDRESS ADDRESSES PORT SERVER-ADDRESS SERVER-PORT ROUND-TRIP-MS\n", stderr);
        return 2;
    }
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)whole(arguments[3]))};
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)whole(arguments[5]));
    queues[0].delay_ms = 2 * whole(arguments[6]);
    queues[1].delay_ms = whole(arguments[6]);
    errno = EINVAL;
    if (inet_pton(AF_INET, arguments[1], &own.sin_addr) != 1 || inet_pton(AF_INET, arguments[4], &server.sin_addr) != 1)
        stop("address");
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = ask}, NULL);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        stop("epoll");
    uint32_t address = ntohl(own.sin_addr.s_addr);
    for (unsigned long i = 0; i < whole(arguments[2]); i++) {
        own.sin_addr.s_addr = htonl(address + (uint32_t)i);
        listen_on(own);
    }
    puts("ready");
    fflush(stdout);
    run();
}
