// SPDX-License-Identifier: Apache-2.0
//
// A connection to servers of our own on loopback, with a resolver of our own: getaddrinfo stands in this file. TLS is
// held against a real server (tests/cli/queue.py).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run/net.h"
#include "run/redis_connection.h"

#define STEP_MS 500 // more than any step takes, and much less than the look-ups that are slow

// --- a resolver --------------------------------------------------------------------------------------

static struct resolver {
    atomic_uint slow_ms;
    const char *address[4];
    int error;
} resolver;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    struct resolver now = {.error = resolver.error};
    (void)service, (void)hints;
    memcpy(now.address, resolver.address, sizeof now.address);
    assert_string_equal(name, "queue.example");
    usleep(resolver.slow_ms * 1000);
    *out = NULL;
    for (size_t i = 4; i-- > 0;) {
        if (now.address[i] == NULL)
            continue;
        struct addrinfo *row = calloc(1, sizeof *row + sizeof(struct sockaddr_in));
        struct sockaddr_in *place = (struct sockaddr_in *)(row + 1);
        place->sin_family = AF_INET;
        inet_pton(AF_INET, now.address[i], &place->sin_addr);
        *row = (struct addrinfo){.ai_family = AF_INET, .ai_addrlen = sizeof *place, .ai_next = *out};
        row->ai_addr = (struct sockaddr *)place;
        *out = row;
    }
    return now.error;
}

void freeaddrinfo(struct addrinfo *list)
{
    for (struct addrinfo *next; list != NULL; list = next) {
        next = list->ai_next;
        free(list);
    }
}

static void resolve_to(const char *first, const char *second)
{
    resolver.slow_ms = 0;
    resolver.error = 0;
    memset(resolver.address, 0, sizeof resolver.address);
    resolver.address[0] = first;
    resolver.address[1] = second;
}

// --- a server ----------------------------------------------------------------------------------------

static int listen_on(const char *address, uint16_t *port)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, address, &place.sin_addr);
    assert_int_equal(bind(listener, (struct sockaddr *)&place, sizeof place), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&place, &size);
    *port = ntohs(place.sin_port);
    return listener;
}

static int free_port(void)
{
    uint16_t port = 0;
    close(listen_on("127.0.0.1", &port));
    return port;
}

// --- the client --------------------------------------------------------------------------------------

static struct queue_url url;

static struct redis_connection *client_of(const char *host, uint16_t port)
{
    struct complaint complaint = {0};
    url = (struct queue_url){.port = port};
    snprintf(url.host, sizeof url.host, "%s", host);
    struct redis_connection *connection = redis_connection_new(&url, &complaint);
    assert_non_null(connection);
    redis_connection_begin(connection);
    return connection;
}

// Nothing waits but what is told to.
static void step(struct redis_connection *connection)
{
    uint64_t before = net_now();
    redis_connection_step(connection);
    assert_true(net_now() - before < STEP_MS);
    redis_connection_wait(connection, 10);
}

static bool opens(struct redis_connection *connection)
{
    for (int turn = 0; turn < 2000 && !redis_connection_is_down(connection); turn++) {
        if (redis_connection_is_open(connection))
            return true;
        step(connection);
    }
    return false;
}

static void is_down_by(struct redis_connection *connection, const char *want_trouble)
{
    bool lasting = true;
    assert_true(redis_connection_is_down(connection));
    assert_non_null(strstr(redis_connection_trouble(connection, &lasting), want_trouble));
    assert_false(lasting);
}

// -----------------------------------------------------------------------------------------------------

static void a_slow_resolver_holds_nobody_up(void **state)
{
    (void)state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port);
    resolve_to("127.0.0.1", NULL);
    resolver.slow_ms = 700;
    uint64_t before = net_now();
    struct redis_connection *connection = client_of("queue.example", port);
    assert_true(net_now() - before < STEP_MS);
    assert_true(opens(connection));
    assert_true(net_now() - before >= 700);
    redis_connection_free(connection);
    close(listener);
}

// The port is free on the first address, and somebody listens on the second.
static void addresses_are_tried_in_turn(void **state)
{
    (void)state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.3", &port);
    resolve_to("127.0.0.2", "127.0.0.3");
    struct redis_connection *connection = client_of("queue.example", port);
    assert_true(opens(connection));
    redis_connection_free(connection);
    close(listener);
}

static const struct broken {
    const char *name, *host, *first, *second;
    int error;
    const char *want_trouble;
} broken[] = {
    {"one refuses", "127.0.0.2", NULL, NULL, 0, "refused"},
    {"all refuse", "queue.example", "127.0.0.2", "127.0.0.3", 0, "refused"},
    {"no such name", "queue.example", NULL, NULL, EAI_NONAME, "look-up of its name failed"},
    {"no address", "queue.example", NULL, NULL, 0, "it has no address"},
};

static void what_cannot_open_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const struct broken *row = &broken[i];
        print_message("%s\n", row->name);
        resolve_to(row->first, row->second);
        resolver.error = row->error;
        struct redis_connection *connection = client_of(row->host, (uint16_t)free_port());
        assert_false(opens(connection));
        is_down_by(connection, row->want_trouble);
        redis_connection_free(connection);
    }
}

// Of a look-up that was given up the answer comes late, and is not taken for that of the next one.
static void a_late_answer_is_nobodys(void **state)
{
    (void)state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port);
    resolve_to("127.0.0.2", NULL);
    resolver.slow_ms = 300;
    struct redis_connection *connection = client_of("queue.example", port);
    usleep(100000);
    redis_connection_end(connection);
    resolve_to("127.0.0.1", NULL);
    redis_connection_begin(connection);
    assert_true(opens(connection));
    for (int turn = 0; turn < 40; turn++)
        step(connection);
    assert_true(redis_connection_is_open(connection));
    redis_connection_end(connection);
    resolver.slow_ms = 200;
    redis_connection_begin(connection);
    redis_connection_free(connection); // in the middle of a look-up
    usleep(300000);
    close(listener);
}

// More than any socket takes at once, from before it is open, past a reader that is slow.
static void all_octets_arrive_in_order(void **state)
{
    (void)state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port);
    struct redis_connection *connection = client_of("127.0.0.1", port);
    uint8_t octets[10007], came[65536];
    size_t sent = 0, read_count = 0;
    const size_t total = sizeof octets * 1000;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7 % 251);
    for (; sent < total / 2; sent += sizeof octets)
        redis_connection_send(connection, (struct bytes){octets, sizeof octets});
    assert_true(opens(connection));
    int server = accept(listener, NULL, NULL);
    while (read_count < total) {
        redis_connection_step(connection);
        assert_int_equal(redis_connection_receive(connection, came, sizeof came), 0);
        if (sent < total) {
            redis_connection_send(connection, (struct bytes){octets, sizeof octets});
            sent += sizeof octets;
        }
        ssize_t size = recv(server, came, sizeof came, MSG_DONTWAIT);
        for (ssize_t i = 0; i < size; i++, read_count++)
            assert_int_equal(came[i], octets[read_count % sizeof octets]);
    }
    assert_true(redis_connection_is_open(connection));
    redis_connection_free(connection);
    close(server);
    close(listener);
}

// A server that wants no more says so, and closes while it is still being sent to.
static void last_words_are_heard(void **state)
{
    (void)state;
    static const char words[] = "-ERR max number of clients reached\r\n";
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port);
    struct redis_connection *connection = client_of("127.0.0.1", port);
    assert_true(opens(connection));
    int server = accept(listener, NULL, NULL);
    redis_connection_send(connection, bytes_of_text("PING\r\n"));
    redis_connection_step(connection);
    usleep(20000);
    assert_int_equal(write(server, words, sizeof words - 1), sizeof words - 1);
    close(server); // with octets unread: a reset
    usleep(20000);
    for (int i = 0; i < 3; i++) {
        redis_connection_send(connection, bytes_of_text("PING\r\n"));
        redis_connection_step(connection);
    }
    uint8_t came[64];
    assert_int_equal(redis_connection_receive(connection, came, sizeof came), sizeof words - 1);
    assert_memory_equal(came, words, sizeof words - 1);
    assert_int_equal(redis_connection_receive(connection, came, sizeof came), 0);
    is_down_by(connection, "");
    redis_connection_begin(connection);
    assert_true(opens(connection));
    redis_connection_free(connection);
    close(listener);
}

// It is told in one way, whether the server had read what it was sent (a FIN) or not (a reset).
static void a_closed_connection_is_down(void **state)
{
    (void)state;
    for (int unread = 0; unread < 2; unread++) {
        uint8_t came[8];
        uint16_t port = 0;
        int listener = listen_on("127.0.0.1", &port);
        struct redis_connection *connection = client_of("127.0.0.1", port);
        assert_true(opens(connection));
        assert_int_equal(redis_connection_receive(connection, came, sizeof came), 0);
        assert_true(redis_connection_is_open(connection));
        int server = accept(listener, NULL, NULL);
        if (unread == 1)
            redis_connection_send(connection, bytes_of_text("PING\r\n"));
        redis_connection_step(connection);
        usleep(20000);
        close(server);
        redis_connection_wait(connection, 1000);
        assert_int_equal(redis_connection_receive(connection, came, sizeof came), 0);
        is_down_by(connection, "it closed the connection");
        redis_connection_free(connection);
        close(listener);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_resolver_holds_nobody_up), cmocka_unit_test(addresses_are_tried_in_turn),
        cmocka_unit_test(what_cannot_open_says_why),       cmocka_unit_test(a_late_answer_is_nobodys),
        cmocka_unit_test(all_octets_arrive_in_order),      cmocka_unit_test(last_words_are_heard),
        cmocka_unit_test(a_closed_connection_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
