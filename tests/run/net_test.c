// SPDX-License-Identifier: Apache-2.0
//
// The driver on real sockets of loopback: each way a connection can go becomes its own outcome.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "run/net.h"

// --- a server in a process of its own ------------------------------------------------------------

struct server {
    int listener;
    uint16_t port;
    pid_t pid;
};

// libunbound loses a little where it cannot start for want of descriptors.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libunbound.so"; }

static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};

static void reset(int connection)
{
    struct linger linger = {.l_onoff = 1};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(connection);
}

// a answers   c closes   x resets   s is silent   h speaks HTTP   w answers after a while   p in pieces
static void treat(int connection, char manner)
{
    char hello[65536];
    if (read(connection, hello, sizeof hello) <= 0 || manner == 's')
        return; // the socket stays open until the process ends
    if (manner == 'w')
        usleep(1000);
    if (manner == 'a' || manner == 'w')
        (void)!write(connection, alert, sizeof alert);
    for (size_t i = 0; manner == 'p' && i < sizeof alert; i++) {
        (void)!write(connection, alert + i, 1);
        usleep(2000);
    }
    if (manner == 'h')
        (void)!write(connection, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    if (manner == 'x')
        reset(connection);
    else
        close(connection);
}

static void listen_on(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 1024), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
}

// Manner 'r': nobody listens on the port.
static struct server start_server(char manner)
{
    struct server server = {0};
    listen_on(&server);
    if (manner != 'r') {
        server.pid = fork();
        if (server.pid == 0)
            for (;;)
                treat(accept(server.listener, NULL, NULL), manner);
    }
    close(server.listener);
    return server;
}

static void stop_server(const struct server *server)
{
    if (server->pid == 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

// --- a scan --------------------------------------------------------------------------------------

#define MOST_TARGETS 64

struct run {
    struct target targets[MOST_TARGETS];
    char names[MOST_TARGETS][32];
    size_t count, next;

    unsigned dns_ms; // 0: the usual

    size_t finished, endpoints, interrupted;
    unsigned outcomes[OUTCOME_KINDS];
    char trouble[200], first_address[ADDRESS_TEXT];
    unsigned progress;
    bool raise;
};

static bool next_target(void *context, struct target **target)
{
    struct run *run = context;
    if (run->next == run->count)
        return false;
    *target = &run->targets[run->next++];
    return true;
}

static void finish_target(void *context, const struct finished *finished)
{
    struct run *run = context;
    run->finished++;
    run->endpoints += finished->endpoint_count;
    run->interrupted += finished->interrupted;
    if (finished->trouble != NULL)
        snprintf(run->trouble, sizeof run->trouble, "%s", finished->trouble);
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct endpoint *endpoint = finished->endpoints[i];
        if (i == 0)
            memcpy(run->first_address, endpoint->address, sizeof run->first_address);
        for (const struct answer *answer = endpoint->host.ledger.first; answer != NULL; answer = answer->next)
            run->outcomes[answer->outcome->kind]++;
    }
}

static void progress(void *context, const struct scan_counts *counts, bool asked)
{
    (void)asked;
    struct run *run = context;
    run->progress++;
    assert_true(counts->targets_in_flight <= MOST_TARGETS);
    if (run->raise)
        raise(SIGINT);
    run->raise = false;
}

static void add_target(struct run *run, const char *name, bool is_address, uint16_t port)
{
    char *kept = run->names[run->count];
    snprintf(kept, sizeof run->names[0], "%s", name);
    run->targets[run->count++] =
        (struct target){.input = kept, .host = kept, .display = kept, .port = port, .is_address = is_address};
}

static struct scan_settings defaults(void)
{
    return (struct scan_settings){.selected = 1, // versions
                                  .connections = 6,
                                  .parallel = MOST_TARGETS,
                                  .tries = 1,
                                  .connect_ms = 5000,
                                  .silence_ms = 5000,
                                  .deadline_ms = 60000,
                                  .use_ipv4 = true};
}

static bool perform(struct run *run, const struct scan_settings *settings, bool system_resolver)
{
    struct net_settings net = {
        .resolver = {.system = system_resolver, .dns.limit_ms = run->dns_ms == 0 ? 3000 : run->dns_ms},
        .progress = progress,
        .context = run};
    struct scan *scan =
        scan_new(settings, (struct target_source){next_target, run}, (struct finish_sink){finish_target, run});
    struct complaint complaint = {0};
    bool interrupted;
    assert_true(net_run(scan, &net, &interrupted, &complaint));
    assert_true(scan_ended(scan));
    scan_free(scan);
    return interrupted;
}

// --- how a connection can go ---------------------------------------------------------------------

static const struct row {
    const char *name;
    char manner;
    enum outcome_kind want;
    bool want_alone; // no other probe is sent
} rows[] = {
    {"answers", 'a', OUTCOME_ALERT, false},    {"answers in pieces", 'p', OUTCOME_ALERT, false},
    {"closes", 'c', OUTCOME_CLOSED, false},    {"resets", 'x', OUTCOME_RESET, false},
    {"is silent", 's', OUTCOME_SILENT, false}, {"speaks HTTP", 'h', OUTCOME_NOT_TLS, true},
    {"refuses", 'r', OUTCOME_REFUSED, true},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].name);
        struct server server = start_server(rows[i].manner);
        struct run run = {0};
        struct scan_settings settings = defaults();
        settings.silence_ms = 200;
        add_target(&run, "127.0.0.1", true, server.port);
        assert_false(perform(&run, &settings, true));
        stop_server(&server);
        assert_int_equal(run.finished, 1);
        assert_true(run.outcomes[rows[i].want] >= 1);
        for (unsigned kind = 0; kind < OUTCOME_KINDS; kind++)
            if (kind != rows[i].want && (kind != OUTCOME_SKIPPED || !rows[i].want_alone))
                assert_int_equal(run.outcomes[kind], 0);
    }
}

static void test_ipv6(void **state)
{
    (void)state;
    struct run run = {0};
    struct scan_settings settings = defaults();
    add_target(&run, "::1", true, 1); // tcpmux: nobody is there
    perform(&run, &settings, false);
    assert_string_equal(run.first_address, "::1");
    assert_int_equal(run.outcomes[OUTCOME_REFUSED] + run.outcomes[OUTCOME_UNREACHABLE], 1);
}

// --- names ---------------------------------------------------------------------------------------

static const struct name {
    const char *name;
    bool system;
    size_t want_endpoints;
    const char *want_trouble;
} names[] = {
    {"localhost", false, 1, ""},
    {"localhost", true, 1, ""},
    {"nothing.invalid", false, 0, "the name does not exist"}, // libunbound knows without asking (RFC 6761)
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        print_message("%s, %s\n", names[i].name, names[i].system ? "system" : "libunbound");
        struct server server = start_server('a');
        struct run run = {0};
        struct scan_settings settings = defaults();
        add_target(&run, names[i].name, false, server.port);
        perform(&run, &settings, names[i].system);
        stop_server(&server);
        assert_int_equal(run.finished, 1);
        assert_int_equal(run.endpoints, names[i].want_endpoints);
        assert_string_equal(run.trouble, names[i].want_trouble);
        assert_string_equal(run.first_address, names[i].want_endpoints == 0 ? "" : "127.0.0.1");
    }
}

// So little time that the answer may or may not be in time: each name is told once, whichever it is.
static void test_overdue(void **state)
{
    (void)state;
    for (unsigned system = 0; system < 2; system++) {
        struct run run = {.dns_ms = 1};
        struct scan_settings settings = defaults();
        settings.selected = 0;
        for (unsigned i = 0; i < MOST_TARGETS; i++)
            add_target(&run, "localhost", false, 1);
        perform(&run, &settings, system != 0);
        assert_int_equal(run.finished, MOST_TARGETS);
        assert_int_equal(run.interrupted, 0);
    }
}

// --- the machine and its user --------------------------------------------------------------------

static void test_interrupt(void **state)
{
    (void)state;
    struct server server = start_server('s');
    struct run run = {.raise = true};
    struct scan_settings settings = defaults();
    add_target(&run, "127.0.0.1", true, server.port);
    assert_true(perform(&run, &settings, false));
    stop_server(&server);
    assert_int_equal(run.finished, 1);
    assert_int_equal(run.interrupted, 1);
    assert_true(run.progress >= 1);
    struct sigaction action;
    assert_int_equal(sigaction(SIGINT, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
}

// More connections are wanted than there are descriptors: the scan takes fewer at once and loses none.
static void test_no_descriptors(void **state)
{
    (void)state;
    struct server server = start_server('w');
    struct run run = {0};
    struct scan_settings settings = defaults();
    struct rlimit before, few = {.rlim_cur = 40};
    for (unsigned i = 0; i < MOST_TARGETS; i++)
        add_target(&run, "127.0.0.1", true, server.port);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    perform(&run, &settings, false);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    stop_server(&server);
    assert_int_equal(run.finished, MOST_TARGETS);
    assert_int_equal(run.outcomes[OUTCOME_LOCAL_FAILURE], 0);
    assert_int_equal(run.outcomes[OUTCOME_SKIPPED], 0);
    assert_true(run.outcomes[OUTCOME_ALERT] >= MOST_TARGETS);
}

// In a network of its own, which has no IPv6 address at all. False: this machine lets us have none.
static bool live_without_ipv6(void)
{
    static const char off[] = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    int file = open(off, O_WRONLY), any = socket(AF_INET, SOCK_DGRAM, 0);
    return file != -1 && write(file, "1", 1) == 1 && ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
}

static bool gives_up_ipv6_first(void)
{
    struct server server = start_server('s');
    struct run run = {0};
    struct scan_settings settings = defaults();
    settings.silence_ms = 2000;
    add_target(&run, "127.0.0.1", true, server.port);
    add_target(&run, "2001:db8::1", true, 443);
    perform(&run, &settings, true);
    stop_server(&server);
    return run.finished == 2 && run.outcomes[OUTCOME_LOCAL_FAILURE] == 1 && strcmp(run.first_address, "127.0.0.1") == 0;
}

// Nor can it be had from connections that end: nobody waits for those, and they go on as many at once as before.
static void test_no_address_of_that_kind(void **state)
{
    (void)state;
    enum { NOT_HERE = 77 };
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(!live_without_ipv6() ? NOT_HERE : gives_up_ipv6_first() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
        skip();
    assert_int_equal(status, 0);
}

// libunbound cannot start: a name has no answer and its target says why; an address needs none.
static void test_no_resolver(void **state)
{
    (void)state;
    struct server server = start_server('w');
    struct run run = {0};
    struct scan_settings settings = defaults();
    settings.parallel = 1;
    add_target(&run, "127.0.0.1", true, server.port);
    add_target(&run, "localhost", false, server.port);
    int next = dup(0);
    assert_int_equal(close(next), 0);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit few = {(rlim_t)next + 8, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    perform(&run, &settings, false);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    stop_server(&server);
    assert_int_equal(run.finished, 2);
    assert_int_equal(run.endpoints, 1);
    assert_int_equal(run.outcomes[OUTCOME_LOCAL_FAILURE], 0);
    assert_true(run.outcomes[OUTCOME_ALERT] >= 1);
    assert_string_equal(run.trouble, "the resolver cannot start: out of memory");
}

// Descriptors that whoever starts this has left open stand between those that are counted on here.
static int close_inherited(void **state)
{
    (void)state;
    for (int descriptor = 3; descriptor < 256; descriptor++)
        close(descriptor);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_overdue),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_no_descriptors),
        cmocka_unit_test(test_no_address_of_that_kind),
        cmocka_unit_test(test_no_resolver),
    };
    return cmocka_run_group_tests(tests, close_inherited, NULL);
}
