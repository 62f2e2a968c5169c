// SPDX-License-Identifier: Apache-2.0
//
// A heap of things to come, by time and then by age. Each is one event for the scan.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40}; // fatal handshake_failure
static const uint8_t internal_error[] = {21, 3, 3, 0, 2, 2, 80};
static const char document[] = "HTTP/1.1 200 OK\r\n\r\n"; // its end is the connection's
static const uint8_t octets[60000];
static const uint8_t endless[] = {22, 3, 3, 64, 0, 2, 0}; // the start of a long handshake record

struct connection {
    uint64_t id;
    struct simulated_host *host;
    char manner;
    bool closed;
    size_t sent; // octets, when one at a time
    uint8_t octet;
    struct connection *next;
};

struct coming {
    uint64_t at_ms, age;
    enum scan_event_kind kind;
    struct connection *connection; // or, for EVENT_RESOLVED
    uint64_t id;
    char *name; // our own
    uint16_t type;
    bool ipv4, ipv6;
    struct bytes bytes;
};

struct world {
    struct simulator *simulator;
    struct scan *scan;
    struct coming *heap;
    size_t count, room;
    uint64_t age;
    struct connection *connections;
};

// --- what is to come -----------------------------------------------------------------------------

static bool earlier(const struct coming *a, const struct coming *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->age < b->age;
}

static void swap(struct world *world, size_t a, size_t b)
{
    struct coming held = world->heap[a];
    world->heap[a] = world->heap[b];
    world->heap[b] = held;
}

static void expect(struct world *world, unsigned after_ms, struct coming coming)
{
    if (world->count + 1 >= world->room) {
        world->room = world->room == 0 ? 256 : world->room * 2;
        world->heap = realloc(world->heap, world->room * sizeof *world->heap);
        assert_non_null(world->heap);
    }
    coming.at_ms = world->simulator->now_ms + after_ms;
    coming.age = world->age++;
    size_t place = ++world->count;
    world->heap[place] = coming;
    for (; place > 1 && earlier(&world->heap[place], &world->heap[place / 2]); place /= 2)
        swap(world, place, place / 2);
}

static struct coming take_first(struct world *world)
{
    struct coming first = world->heap[1];
    world->heap[1] = world->heap[world->count--];
    for (size_t place = 1;;) {
        size_t least = place;
        for (size_t child = place * 2; child <= place * 2 + 1; child++)
            if (child <= world->count && earlier(&world->heap[child], &world->heap[least]))
                least = child;
        if (least == place)
            return first;
        swap(world, place, least);
        place = least;
    }
}

// --- the scan's actions --------------------------------------------------------------------------

static struct simulated_host *find_host(struct simulator *simulator, const char *address)
{
    for (size_t i = 0; i < simulator->host_count; i++)
        if (strcmp(simulator->hosts[i].address, address) == 0)
            return &simulator->hosts[i];
    fail_msg("no simulated host has the address %s", address);
    return NULL;
}

static struct connection *find_connection(struct world *world, uint64_t id)
{
    for (struct connection *connection = world->connections; connection != NULL; connection = connection->next)
        if (connection->id == id)
            return connection;
    fail_msg("no connection has the id of an action");
    return NULL;
}

static enum scan_event_kind result_of_syn(char manner)
{
    switch (manner) {
    case 'r':
        return EVENT_REFUSED;
    case 'u':
        return EVENT_UNREACHABLE;
    case 'l':
        return EVENT_LOCAL_FAILURE;
    default:
        return EVENT_CONNECTED;
    }
}

static void note_start(struct simulator *simulator, struct simulated_host *host)
{
    if (simulator->started_count == simulator->started_room) {
        simulator->started_room = simulator->started_room == 0 ? 256 : simulator->started_room * 2;
        simulator->started = realloc(simulator->started, simulator->started_room * sizeof *simulator->started);
        assert_non_null(simulator->started);
    }
    simulator->started[simulator->started_count++] = simulator->now_ms;
    host->connections++;
    host->open++;
    if (host->open > host->most_open)
        host->most_open = host->open;
    if (!host->first_over)
        host->before_first_end++;
}

static bool is_exhausted(const struct simulator *simulator)
{
    unsigned open = 0;
    for (size_t i = 0; i < simulator->host_count; i++)
        open += simulator->hosts[i].open;
    return simulator->descriptors != 0 && open >= simulator->descriptors;
}

static void do_connect(struct world *world, const struct scan_action *action)
{
    struct simulated_host *host = find_host(world->simulator, action->text);
    struct connection *connection = calloc(1, sizeof *connection);
    assert_non_null(connection);
    size_t last = strlen(host->manners) - 1;
    *connection = (struct connection){.id = action->id, .host = host, .next = world->connections};
    connection->manner = host->manners[host->connections < last ? host->connections : last];
    if (is_exhausted(world->simulator))
        connection->manner = 'l';
    world->connections = connection;
    note_start(world->simulator, host);
    if (connection->manner == 'd')
        return;
    expect(world, connection->manner == 'l' ? 0 : host->latency_ms,
           (struct coming){.kind = result_of_syn(connection->manner), .connection = connection});
}

static void answer(struct world *world, struct connection *connection, struct bytes hello)
{
    struct simulated_host *host = connection->host;
    struct coming coming = {.connection = connection, .kind = EVENT_DATA};
    char manner = connection->manner;
    if (manner == 'b' || manner == 'p')
        manner = host->open <= 2 ? 'a' : manner == 'b' ? 't' : 'x';
    switch (manner) {
    case 't':
        coming.bytes = bytes_of_text("ERROR :too many connections\r\n");
        break;
    case 'a':
        coming.bytes = (struct bytes){alert, sizeof alert};
        break;
    case 'i':
        coming.bytes = (struct bytes){internal_error, sizeof internal_error};
        break;
    case 'm':
        coming.bytes = host->model(host->context, hello);
        if (coming.bytes.size == 0)
            coming.kind = EVENT_CLOSED;
        break;
    case 'c':
        coming.kind = EVENT_CLOSED;
        break;
    case 'x':
        coming.kind = EVENT_RESET;
        break;
    case 'e':
    case 'w':
        coming.bytes = bytes_of_text(document);
        break;
    case '1':
        coming.bytes = (struct bytes){endless, 1};
        break;
    default:
        return;
    }
    expect(world, host->latency_ms, coming);
}

static void do_close(struct world *world, const struct scan_action *action)
{
    struct connection *connection = find_connection(world, action->id);
    assert_false(connection->closed);
    connection->closed = true;
    connection->host->open--;
    connection->host->first_over = true;
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static void do_resolve(struct world *world, const struct scan_action *action)
{
    expect(world, world->simulator->lookup_ms,
           (struct coming){.kind = EVENT_RESOLVED,
                           .id = action->id,
                           .name = copy_of(action->text),
                           .ipv4 = action->ipv4,
                           .ipv6 = action->ipv6});
}

static void do_lookup(struct world *world, const struct scan_action *action)
{
    world->simulator->lookups++;
    expect(
        world, world->simulator->lookup_ms,
        (struct coming){.kind = EVENT_RECORDS, .id = action->id, .name = copy_of(action->text), .type = action->type});
}

static void carry_out(struct world *world)
{
    for (struct scan_action action; scan_action(world->scan, &action);) {
        switch (action.kind) {
        case ACTION_RESOLVE:
            do_resolve(world, &action);
            break;
        case ACTION_LOOKUP:
            do_lookup(world, &action);
            break;
        case ACTION_CONNECT:
            do_connect(world, &action);
            break;
        case ACTION_SEND:
            answer(world, find_connection(world, action.id), action.bytes);
            break;
        case ACTION_CLOSE:
            do_close(world, &action);
            break;
        }
    }
}

// --- the scan's events ---------------------------------------------------------------------------

static void give(struct world *world, const struct scan_event *event)
{
    struct simulator *simulator = world->simulator;
    simulator->events++;
    scan_event(world->scan, simulator->now_ms, event);
    carry_out(world);
    if (simulator->every_event != NULL)
        simulator->every_event(simulator->context, world->scan);
}

// A name that ends in '*' stands for all that begin so.
static bool is_of(const struct simulated_host *host, const char *name)
{
    size_t size = strlen(host->name);
    bool many = size != 0 && host->name[size - 1] == '*';
    return many ? strncmp(host->name, name, size - 1) == 0 : strcmp(host->name, name) == 0;
}

static void give_addresses(struct world *world, const struct coming *coming)
{
    const char *addresses[64];
    size_t count = 0;
    for (size_t i = 0; i < world->simulator->host_count; i++) {
        const struct simulated_host *host = &world->simulator->hosts[i];
        bool wanted = strchr(host->address, ':') != NULL ? coming->ipv6 : coming->ipv4;
        if (wanted && host->name != NULL && is_of(host, coming->name) && count < 64)
            addresses[count++] = host->address;
    }
    give(world, &(struct scan_event){.kind = EVENT_RESOLVED,
                                     .id = coming->id,
                                     .addresses = addresses,
                                     .address_count = count,
                                     .text = count == 0 ? "the name does not exist" : NULL});
}

static void give_records(struct world *world, const struct coming *coming)
{
    struct records_result result = {0};
    if (world->simulator->records != NULL && world->simulator->records(coming->name, coming->type, &result))
        give(world, &(struct scan_event){.kind = EVENT_RECORDS, .id = coming->id, .records = &result});
}

// The next of a document that never ends.
static void give_more(struct world *world, struct connection *connection)
{
    bool slow = connection->manner == 'w';
    expect(world, slow ? 1000 : 100,
           (struct coming){.kind = EVENT_DATA, .connection = connection, .bytes = {octets, slow ? 1 : sizeof octets}});
}

static void give_octet_again(struct world *world, struct connection *connection)
{
    connection->sent++;
    connection->octet = connection->sent < sizeof endless ? endless[connection->sent] : 0;
    expect(world, 1000,
           (struct coming){.kind = EVENT_DATA, .connection = connection, .bytes = {&connection->octet, 1}});
}

static void give_coming(struct world *world, const struct coming *coming)
{
    struct connection *connection = coming->connection;
    if (coming->kind == EVENT_RESOLVED) {
        give_addresses(world, coming);
        return;
    }
    if (coming->kind == EVENT_RECORDS) {
        give_records(world, coming);
        return;
    }
    if (connection->closed)
        return;
    give(world, &(struct scan_event){.kind = coming->kind,
                                     .id = connection->id,
                                     .bytes = coming->bytes,
                                     .text = coming->kind == EVENT_LOCAL_FAILURE ? "too many open files" : NULL,
                                     .exhausted = coming->kind == EVENT_LOCAL_FAILURE});
    if (connection->manner == '1' && coming->kind == EVENT_DATA)
        give_octet_again(world, connection);
    if (strchr("ew", connection->manner) != NULL && coming->kind == EVENT_DATA)
        give_more(world, connection);
}

static void give_late(struct world *world)
{
    struct simulator *simulator = world->simulator;
    if (simulator->swift == 0 || simulator->now_ms < simulator->seen_ms + 100)
        return;
    bool late = simulator->events - simulator->seen_events > simulator->swift;
    simulator->seen_ms = simulator->now_ms;
    simulator->seen_events = simulator->events;
    if (late)
        give(world, &(struct scan_event){.kind = EVENT_LATE});
}

static void go_on(struct world *world)
{
    struct simulator *simulator = world->simulator;
    uint64_t coming = world->count == 0 ? UINT64_MAX : world->heap[1].at_ms;
    uint64_t wake = scan_wake(world->scan);
    uint64_t next = coming < wake ? coming : wake;
    assert_int_not_equal(next, UINT64_MAX);
    if (simulator->stop_ms != 0 && simulator->stop_ms <= next) {
        simulator->now_ms = simulator->stop_ms;
        simulator->stop_ms = 0;
        give(world, &(struct scan_event){.kind = EVENT_STOP});
        return;
    }
    assert_true(next >= simulator->now_ms);
    simulator->now_ms = next;
    if (coming <= wake) {
        struct coming first = take_first(world);
        give_coming(world, &first);
        free(first.name);
    } else {
        give(world, &(struct scan_event){.kind = EVENT_TICK});
    }
    give_late(world);
}

// Each connection that was begun must have been closed by the scan.
static void release(struct world *world)
{
    for (struct connection *connection = world->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        assert_true(connection->closed);
        free(connection);
    }
    for (size_t place = 1; place <= world->count; place++)
        free(world->heap[place].name);
    free(world->heap);
}

void simulator_run(struct simulator *simulator, struct scan *scan)
{
    struct world world = {.simulator = simulator, .scan = scan};
    give(&world, &(struct scan_event){.kind = EVENT_TICK});
    while (!scan_ended(scan)) {
        go_on(&world);
        if (simulator->limit_ms != 0)
            assert_true(simulator->now_ms <= simulator->limit_ms);
    }
    release(&world);
}

size_t simulator_most_started(const struct simulator *simulator, uint64_t span_ms)
{
    size_t most = 0;
    for (size_t first = 0, last = 0; last < simulator->started_count; last++) {
        while (simulator->started[last] - simulator->started[first] >= span_ms)
            first++;
        if (last - first + 1 > most)
            most = last - first + 1;
    }
    return most;
}

void simulator_release(struct simulator *simulator)
{
    free(simulator->started);
    simulator->started = NULL;
}
