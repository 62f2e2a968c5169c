// SPDX-License-Identifier: Apache-2.0
//
// The name is looked up as the system's other clients do it, with its search list and its hosts file. A server that
// ends a connection says why before it does; so where no more can be sent, what it said is read first.
#include "run/redis_connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "run/net.h"
#include "run/redis_tls.h"
#include "run/system_dns.h"
#include "run/target.h"

#define MOST_ADDRESSES 8     // of one name
#define KEPT           65536 // octets of the buffer that stay when it is empty

enum state { DOWN, LOOKING_UP, CONNECTING, SHAKING_HANDS, OPEN };

union place {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

// What is still to be sent: `size` octets from `start` on.
struct outgoing {
    uint8_t *octet;
    size_t start, size, room;
};

struct redis_connection {
    const struct queue_url *url;
    struct redis_tls *tls;  // NULL: plain
    struct system_dns *dns; // NULL: was never needed
    enum state state;
    uint64_t lookup; // the number of the last one
    uint64_t due_ms; // until then an address may take
    union place place[MOST_ADDRESSES];
    size_t count, next; // those to be tried are from `next` on
    int descriptor;     // -1: none
    enum redis_io sends, receives;
    struct outgoing out;
    struct complaint trouble;
    bool lasting;
};

// --- being down ------------------------------------------------------------------------------------

// Shut down, since worker processes have the socket too.
static void let_go(struct redis_connection *connection)
{
    if (connection->tls != NULL)
        redis_tls_end(connection->tls);
    if (connection->descriptor != -1) {
        shutdown(connection->descriptor, SHUT_RDWR);
        close(connection->descriptor);
    }
    connection->descriptor = -1;
}

void redis_connection_end(struct redis_connection *connection)
{
    let_go(connection);
    connection->state = DOWN;
    connection->out.start = connection->out.size = 0;
}

static void go_down(struct redis_connection *connection, const char *why, bool lasting)
{
    struct complaint sentence = {0};
    complain(&sentence, "%s", why);
    connection->trouble = sentence;
    connection->lasting = lasting;
    redis_connection_end(connection);
}

static void try_next(struct redis_connection *connection, const char *why);

// Of what is not open yet another address may do better, but not with another certificate.
static void lose(struct redis_connection *connection, const char *why, bool lasting)
{
    if (connection->state == OPEN || lasting)
        go_down(connection, why, lasting);
    else
        try_next(connection, why);
}

static void lose_tls(struct redis_connection *connection)
{
    struct complaint copy = {0};
    bool lasting;
    complain(&copy, "%s", redis_tls_trouble(connection->tls, &lasting));
    lose(connection, copy.text, lasting);
}

// --- coming up -------------------------------------------------------------------------------------

static bool make_socket(struct redis_connection *connection, int family)
{
    int on = 1, descriptor = socket(family, SOCK_STREAM, 0);
    connection->descriptor = descriptor;
    if (descriptor == -1 || fcntl(descriptor, F_SETFD, FD_CLOEXEC) == -1 ||
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == -1)
        return false;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // without it it is only slower
    return true;
}

// why: the last one did not do.
static void try_next(struct redis_connection *connection, const char *why)
{
    let_go(connection);
    while (connection->next < connection->count) {
        const union place *place = &connection->place[connection->next++];
        socklen_t size = place->any.sa_family == AF_INET ? sizeof place->four : sizeof place->six;
        connection->state = CONNECTING;
        connection->due_ms = net_now() + REDIS_ADDRESS_MS;
        if (make_socket(connection, place->any.sa_family) &&
            (connect(connection->descriptor, &place->any, size) == 0 || errno == EINPROGRESS))
            return;
        why = strerror(errno);
        let_go(connection);
    }
    go_down(connection, why, false);
}

static void add_place(struct redis_connection *connection, const char *address)
{
    union place place = {0};
    if (connection->count == MOST_ADDRESSES)
        return;
    if (inet_pton(AF_INET, address, &place.four.sin_addr) == 1) {
        place.four.sin_family = AF_INET;
        place.four.sin_port = htons(connection->url->port);
    } else if (inet_pton(AF_INET6, address, &place.six.sin6_addr) == 1) {
        place.six.sin6_family = AF_INET6;
        place.six.sin6_port = htons(connection->url->port);
    } else {
        return;
    }
    connection->place[connection->count++] = place;
}

static void looked_up(void *context, uint64_t id, const char *const *addresses, size_t count, const char *why)
{
    struct redis_connection *connection = context;
    struct complaint sentence = {0};
    if (connection->state != LOOKING_UP || connection->lookup != id)
        return;
    for (size_t i = 0; i < count; i++)
        add_place(connection, addresses[i]);
    complain(&sentence, "the look-up of its name failed: %s", why == NULL ? "it has no address" : why);
    try_next(connection, sentence.text);
}

static void look_up(struct redis_connection *connection)
{
    connection->state = LOOKING_UP;
    if (connection->dns == NULL)
        connection->dns = system_dns_alone(REDIS_LOOKUP_MS, (struct dns_sink){looked_up, connection});
    system_dns_ask(connection->dns, net_now(), ++connection->lookup, connection->url->host, true, true);
}

void redis_connection_begin(struct redis_connection *connection)
{
    struct arena scratch = {0};
    const char *address = target_address(&scratch, connection->url->host);
    always(connection->state == DOWN);
    connection->count = connection->next = 0;
    connection->sends = connection->receives = REDIS_DONE;
    if (address == NULL) {
        look_up(connection);
    } else {
        add_place(connection, address);
        try_next(connection, "it has no address");
    }
    arena_release(&scratch);
}

static void become_open(struct redis_connection *connection)
{
    connection->state = OPEN;
    connection->receives = REDIS_WHEN_READABLE;
}

static void shake_hands(struct redis_connection *connection)
{
    connection->receives = redis_tls_shake_hands(connection->tls);
    if (connection->receives == REDIS_DONE)
        become_open(connection);
    else if (connection->receives == REDIS_OVER)
        lose_tls(connection);
}

static void come_up(struct redis_connection *connection)
{
    struct pollfd ready = {.fd = connection->descriptor, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&ready, 1, 0) <= 0)
        return;
    if (getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0) {
        lose(connection, redis_end_of(error), false);
    } else if (connection->tls == NULL) {
        become_open(connection);
    } else {
        connection->state = SHAKING_HANDS;
        redis_tls_begin(connection->tls, connection->descriptor);
        shake_hands(connection);
    }
}

// --- octets ----------------------------------------------------------------------------------------

static enum redis_io outcome(struct redis_connection *connection, ssize_t result, size_t *size)
{
    *size = result > 0 ? (size_t)result : 0;
    if (result > 0)
        return REDIS_DONE;
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return REDIS_WHEN_READABLE;
    connection->trouble = (struct complaint){0};
    complain(&connection->trouble, "%s", redis_end_of(result == 0 ? 0 : errno));
    return REDIS_OVER;
}

static enum redis_io send_some(struct redis_connection *connection, struct bytes octets, size_t *size)
{
    if (connection->tls != NULL)
        return redis_tls_send(connection->tls, octets, size);
    enum redis_io io = outcome(connection, write(connection->descriptor, octets.data, octets.size), size);
    return io == REDIS_WHEN_READABLE ? REDIS_WHEN_WRITABLE : io;
}

static enum redis_io receive_some(struct redis_connection *connection, uint8_t *octets, size_t room, size_t *size)
{
    if (connection->tls != NULL)
        return redis_tls_receive(connection->tls, octets, room, size);
    return outcome(connection, read(connection->descriptor, octets, room), size);
}

static void send_all(struct redis_connection *connection)
{
    struct outgoing *out = &connection->out;
    connection->sends = REDIS_DONE;
    while (out->size != 0) {
        size_t sent = 0;
        connection->sends = send_some(connection, (struct bytes){out->octet + out->start, out->size}, &sent);
        if (connection->sends != REDIS_DONE)
            return;
        out->start += sent;
        out->size -= sent;
    }
    out->start = 0;
    if (out->room > KEPT) {
        free(out->octet);
        *out = (struct outgoing){0};
    }
}

void redis_connection_send(struct redis_connection *connection, struct bytes octets)
{
    struct outgoing *out = &connection->out;
    if (out->start != 0 && out->size != 0)
        memmove(out->octet, out->octet + out->start, out->size);
    out->start = 0;
    size_t room = out->room == 0 ? 4096 : out->room;
    while (room < out->size + octets.size)
        room *= 2;
    uint8_t *octet = room == out->room ? out->octet : realloc(out->octet, room);
    if (octet == NULL)
        die("out of memory");
    out->octet = octet;
    out->room = room;
    if (octets.size != 0)
        memcpy(octet + out->size, octets.data, octets.size);
    out->size += octets.size;
}

size_t redis_connection_receive(struct redis_connection *connection, uint8_t *octets, size_t room)
{
    size_t size = 0;
    if (connection->state != OPEN)
        return 0;
    connection->receives = receive_some(connection, octets, room, &size);
    if (connection->receives == REDIS_DONE)
        return size;
    if (connection->receives != REDIS_OVER && connection->sends != REDIS_OVER)
        return 0;
    if (connection->tls != NULL)
        lose_tls(connection);
    else
        lose(connection, connection->trouble.text, false);
    return 0;
}

// --- stepping --------------------------------------------------------------------------------------

void redis_connection_step(struct redis_connection *connection)
{
    uint64_t now = net_now();
    if (connection->dns != NULL) {
        system_dns_process(connection->dns);
        system_dns_tick(connection->dns, now);
    }
    if (connection->state == CONNECTING)
        come_up(connection);
    else if (connection->state == SHAKING_HANDS)
        shake_hands(connection);
    if ((connection->state == CONNECTING || connection->state == SHAKING_HANDS) && now >= connection->due_ms)
        lose(connection, "it does not answer", false);
    if (connection->state == OPEN && connection->sends != REDIS_OVER)
        send_all(connection);
}

static short events_of(enum redis_io io)
{
    return io == REDIS_WHEN_READABLE ? POLLIN : io == REDIS_WHEN_WRITABLE ? POLLOUT : 0;
}

void redis_connection_wait(const struct redis_connection *connection, unsigned wait_ms)
{
    bool looking = connection->state == LOOKING_UP;
    struct pollfd ready = {.fd = looking ? system_dns_descriptor(connection->dns) : connection->descriptor};
    if (looking)
        ready.events = POLLIN;
    else if (connection->state == CONNECTING)
        ready.events = POLLOUT;
    else
        ready.events = (short)(events_of(connection->receives) | events_of(connection->sends));
    poll(&ready, 1, (int)wait_ms);
}

// ---------------------------------------------------------------------------------------------------

struct redis_connection *redis_connection_new(const struct queue_url *url, struct complaint *complaint)
{
    struct redis_tls *tls = url->tls ? redis_tls_open(url, complaint) : NULL;
    if (url->tls && tls == NULL)
        return NULL;
    struct redis_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        die("out of memory");
    connection->url = url;
    connection->tls = tls;
    connection->descriptor = -1;
    return connection;
}

// A look-up that still runs keeps what it answers to.
void redis_connection_free(struct redis_connection *connection)
{
    if (connection == NULL)
        return;
    redis_connection_end(connection);
    redis_tls_close(connection->tls);
    free(connection->out.octet);
    system_dns_free(connection->dns);
    free(connection);
}

bool redis_connection_is_open(const struct redis_connection *connection) { return connection->state == OPEN; }

bool redis_connection_is_down(const struct redis_connection *connection) { return connection->state == DOWN; }

const char *redis_connection_trouble(const struct redis_connection *connection, bool *lasting)
{
    *lasting = connection->lasting;
    return connection->trouble.text;
}
