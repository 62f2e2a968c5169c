// SPDX-License-Identifier: Apache-2.0
//
// A thin driver: libuv's callbacks become events, the scan's actions become libuv's calls. What
// libuv can only tell at once (a connect that fails before it begins) is kept and told after the
// actions are read, as the scan demands. Time passes for the scan only after the sockets were
// polled, so that a stall of this process never looks like silence of a peer.
#include "run/net.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "run/resolver.h"

#define SOCKET_BUCKETS 4096
#define READ_SIZE      65536
#define PROGRESS_MS    200
#define LATE_MS        100 // events that had to wait so long are late

// One connection. Freed when libuv has closed it.
struct socket {
    uv_tcp_t tcp; // the first member: a handle is its socket
    uv_connect_t connecting;
    struct net *net;
    uint64_t id;
    struct socket *next_in_bucket;
    bool reset; // seen by a write, which takes the error away from the read
};

// Octets on their way out.
struct sending {
    uv_write_t request; // the first member
    uint8_t octets[];
};

// An event that libuv told inside of a call.
struct belated {
    struct scan_event event;
    struct belated *next;
};

struct net {
    uv_loop_t loop;
    struct scan *scan;
    const struct net_settings *settings;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    uv_timer_t wake, progress;
    uv_signal_t interrupt, terminate, ask;
    uv_poll_t feed, watched[RESOLVER_DESCRIPTORS];
    size_t watched_count;
    struct resolver *resolver;
    struct belated *belated_first, *belated_last;
    uint64_t wake_ms;
    bool stopped;
    struct socket *socket[SOCKET_BUCKETS];
    char buffer[READ_SIZE]; // libuv fills it and has it read in one go
};

static void give(struct net *net, const struct scan_event *event);

uint64_t net_now(void) { return uv_hrtime() / 1000000; }

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        die("out of memory");
    return memory;
}

// --- what went wrong -----------------------------------------------------------------------------

static enum scan_event_kind event_of_error(int error)
{
    switch (error) {
    case UV_EOF:
        return EVENT_CLOSED;
    case UV_ECONNRESET:
    case UV_ECONNABORTED:
    case UV_EPIPE:
        return EVENT_RESET;
    case UV_ECONNREFUSED:
        return EVENT_REFUSED;
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_EHOSTDOWN:
    case UV_ETIMEDOUT:
        return EVENT_UNREACHABLE;
    default:
        return EVENT_LOCAL_FAILURE;
    }
}

static bool is_exhaustion(int error)
{
    return error == UV_EMFILE || error == UV_ENFILE || error == UV_ENOBUFS || error == UV_ENOMEM ||
           error == UV_EADDRNOTAVAIL;
}

static struct scan_event failure(uint64_t id, int error)
{
    return (struct scan_event){
        .kind = event_of_error(error), .id = id, .text = uv_strerror(error), .exhausted = is_exhaustion(error)};
}

static void give_later(struct net *net, struct scan_event event)
{
    struct belated *belated = allocate(sizeof *belated);
    *belated = (struct belated){.event = event};
    if (net->belated_last == NULL)
        net->belated_first = belated;
    else
        net->belated_last->next = belated;
    net->belated_last = belated;
}

// --- sockets -------------------------------------------------------------------------------------

// Where the pointer to a socket stands, or would stand.
static struct socket **place_of(struct net *net, uint64_t id)
{
    struct socket **place = &net->socket[(id * UINT64_C(0x9E3779B97F4A7C15)) >> 52];
    while (*place != NULL && (*place)->id != id)
        place = &(*place)->next_in_bucket;
    return place;
}

static void socket_closed(uv_handle_t *handle) { free(handle); }

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct net *net = ((struct socket *)handle)->net;
    *buffer = uv_buf_init(net->buffer, sizeof net->buffer);
}

static void socket_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct socket *socket = (struct socket *)stream;
    struct scan_event event = {.id = socket->id};
    if (size == 0)
        return;
    if (size > 0) {
        event.kind = EVENT_DATA;
        event.bytes = (struct bytes){(const uint8_t *)buffer->base, (size_t)size};
    } else {
        uv_read_stop(stream);
        event = failure(socket->id, (int)size);
        event.kind = socket->reset ? EVENT_RESET : event.kind;
    }
    give(socket->net, &event);
}

static void socket_connected(uv_connect_t *request, int status)
{
    struct socket *socket = (struct socket *)request->handle;
    if (status == UV_ECANCELED || uv_is_closing((uv_handle_t *)socket))
        return;
    struct scan_event event = {.kind = EVENT_CONNECTED, .id = socket->id};
    if (status != 0)
        event = failure(socket->id, status);
    give(socket->net, &event);
}

// EADDRNOTAVAIL says that this machine has no address of that family, or that all its ports are taken, which is over
// when others give theirs back. A datagram socket has ports of its own, and sends nothing by being connected.
static bool has_address_for(const struct sockaddr_storage *to)
{
    socklen_t size = to->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int descriptor = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has =
        descriptor == -1 || connect(descriptor, (const struct sockaddr *)to, size) == 0 || errno != EADDRNOTAVAIL;
    if (descriptor != -1)
        close(descriptor);
    return has;
}

static int read_address(const struct scan_action *action, struct sockaddr_storage *out)
{
    int error = uv_ip4_addr(action->text, action->port, (struct sockaddr_in *)out);
    return error == 0 ? 0 : uv_ip6_addr(action->text, action->port, (struct sockaddr_in6 *)out);
}

static int start_connecting(struct socket *socket, const struct sockaddr *address)
{
    int error = uv_tcp_nodelay(&socket->tcp, 1);
    if (error == 0)
        error = uv_tcp_connect(&socket->connecting, &socket->tcp, address, socket_connected);
    // At once, though nothing is read before it is connected: so libuv has the socket polled for both from the start.
    if (error == 0)
        error = uv_read_start((uv_stream_t *)&socket->tcp, give_buffer, socket_read);
    return error;
}

static void do_connect(struct net *net, const struct scan_action *action)
{
    struct socket *socket = allocate(sizeof *socket);
    socket->net = net;
    socket->id = action->id;
    always(uv_tcp_init(&net->loop, &socket->tcp) == 0);
    *place_of(net, socket->id) = socket;
    struct sockaddr_storage address;
    int error = read_address(action, &address);
    if (error == 0)
        error = start_connecting(socket, (struct sockaddr *)&address);
    if (error == 0)
        return;
    struct scan_event event = failure(socket->id, error);
    if (error == UV_EADDRNOTAVAIL)
        event.exhausted = has_address_for(&address);
    give_later(net, event);
}

// The end of a connection is told by the read. Only a reset must be remembered for it.
static void sent(uv_write_t *request, int status)
{
    struct socket *socket = (struct socket *)request->handle;
    if (status == UV_ECONNRESET)
        socket->reset = true;
    free(request);
}

// Copied: the action's octets are good until the next event. In one write: middleboxes stumble over two.
static void do_send(struct net *net, const struct scan_action *action)
{
    struct socket *socket = *place_of(net, action->id);
    always(socket != NULL);
    struct sending *sending = allocate(sizeof *sending + action->bytes.size);
    memcpy(sending->octets, action->bytes.data, action->bytes.size);
    uv_buf_t buffer = uv_buf_init((char *)sending->octets, (unsigned)action->bytes.size);
    int error = uv_write(&sending->request, (uv_stream_t *)&socket->tcp, &buffer, 1, sent);
    if (error == 0)
        return;
    give_later(net, failure(socket->id, error));
    free(sending);
}

static void do_close(struct net *net, const struct scan_action *action)
{
    struct socket **place = place_of(net, action->id), *socket = *place;
    always(socket != NULL);
    *place = socket->next_in_bucket;
    uv_close((uv_handle_t *)&socket->tcp, socket_closed);
}

// --- look-ups ------------------------------------------------------------------------------------

static void answered(void *context, uint64_t id, const char *const *addresses, size_t count, const char *why)
{
    give(context, &(struct scan_event){
                      .kind = EVENT_RESOLVED, .id = id, .addresses = addresses, .address_count = count, .text = why});
}

static void looked_up(void *context, uint64_t id, const struct records_result *result, const char *why)
{
    give(context, &(struct scan_event){.kind = EVENT_RECORDS, .id = id, .records = result, .text = why});
}

static void resolver_readable(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct net *net = handle->data;
    resolver_process(net->resolver);
}

static void watch(void *context, int descriptor)
{
    struct net *net = context;
    always(net->watched_count < RESOLVER_DESCRIPTORS);
    uv_poll_t *poll = &net->watched[net->watched_count++];
    poll->data = net;
    always(uv_poll_init(&net->loop, poll, descriptor) == 0);
    always(uv_poll_start(poll, UV_READABLE, resolver_readable) == 0);
}

static void start_resolver(struct net *net)
{
    const struct resolver_sink sink = {{answered, net}, {looked_up, net}, watch, net};
    net->resolver = resolver_new(&net->settings->resolver, &sink, &net->loop);
}

static void do_ask(struct net *net, const struct scan_action *action)
{
    const char *why = resolver_ask(net->resolver, net_now(), action);
    if (why == NULL)
        return;
    enum scan_event_kind kind = action->kind == ACTION_RESOLVE ? EVENT_RESOLVED : EVENT_RECORDS;
    give_later(net, (struct scan_event){.kind = kind, .id = action->id, .text = why});
}

// --- the scan ------------------------------------------------------------------------------------

static void carry_out(struct net *net, const struct scan_action *action)
{
    switch (action->kind) {
    case ACTION_RESOLVE:
    case ACTION_LOOKUP:
        do_ask(net, action);
        return;
    case ACTION_CONNECT:
        do_connect(net, action);
        return;
    case ACTION_SEND:
        do_send(net, action);
        return;
    case ACTION_CLOSE:
        do_close(net, action);
        return;
    }
}

static void give_one(struct net *net, const struct scan_event *event)
{
    scan_event(net->scan, net_now(), event);
    for (struct scan_action action; scan_action(net->scan, &action);)
        carry_out(net, &action);
    if (net->settings->settled != NULL)
        net->settings->settled(net->settings->context);
}

static void give(struct net *net, const struct scan_event *event)
{
    give_one(net, event);
    for (struct belated *belated; (belated = net->belated_first) != NULL;) {
        net->belated_first = belated->next;
        if (net->belated_first == NULL)
            net->belated_last = NULL;
        give_one(net, &belated->event);
        free(belated);
    }
}

// --- time ----------------------------------------------------------------------------------------

static uint64_t next_wake(const struct net *net)
{
    uint64_t wake = scan_wake(net->scan);
    uint64_t overdue = resolver_wake(net->resolver);
    return overdue < wake ? overdue : wake;
}

// The timer only keeps the poll from sleeping too long; what is due is done after the poll.
static void woken(uv_timer_t *timer) { (void)timer; }

static void before_poll(uv_prepare_t *handle)
{
    struct net *net = handle->data;
    uint64_t wake = next_wake(net);
    if (wake == UINT64_MAX || (wake == net->wake_ms && uv_is_active((uv_handle_t *)&net->wake)))
        return;
    uint64_t now = net_now();
    net->wake_ms = wake;
    uv_update_time(&net->loop);
    uv_timer_start(&net->wake, woken, wake > now ? wake - now : 0, 0);
}

// The loop's own time is that at which the events were there that have been given since.
static void after_poll(uv_check_t *handle)
{
    struct net *net = handle->data;
    uint64_t now = net_now();
    if (now > uv_now(&net->loop) + LATE_MS)
        give(net, &(struct scan_event){.kind = EVENT_LATE});
    resolver_tick(net->resolver, now);
    if (scan_wake(net->scan) <= now)
        give(net, &(struct scan_event){.kind = EVENT_TICK});
}

static void progressed(uv_timer_t *timer)
{
    struct net *net = timer->data;
    struct scan_counts counts = scan_counts(net->scan);
    net->settings->progress(net->settings->context, &counts, false);
}

// --- signals -------------------------------------------------------------------------------------

// The second one finds the default action again.
static void signalled(uv_signal_t *handle, int number)
{
    (void)number;
    struct net *net = handle->data;
    net->stopped = true;
    uv_signal_stop(&net->interrupt);
    uv_signal_stop(&net->terminate);
    give(net, &(struct scan_event){.kind = EVENT_STOP});
}

static void asked(uv_signal_t *handle, int number)
{
    (void)number;
    struct net *net = handle->data;
    struct scan_counts counts = scan_counts(net->scan);
    net->settings->progress(net->settings->context, &counts, true);
}

static void watch_signal(struct net *net, uv_signal_t *handle, int number, uv_signal_cb called)
{
    bool once = number != SIGUSR1; // the second one ends us even where the first is not heard, for who writes is stuck
    always(uv_signal_init(&net->loop, handle) == 0);
    handle->data = net;
    if (once)
        uv_signal_start_oneshot(handle, called, number);
    else
        uv_signal_start(handle, called, number);
}

// --- from beginning to end -----------------------------------------------------------------------

// The targets of a worker, and the wish to end, come from the process that started it.
static void fed(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct net *net = handle->data;
    bool stop = net->settings->fed(net->settings->context);
    net->stopped = net->stopped || stop;
    give(net, &(struct scan_event){.kind = stop ? EVENT_STOP : EVENT_SOURCE});
}

static void start_feed(struct net *net)
{
    net->feed.data = net;
    always(uv_poll_init(&net->loop, &net->feed, net->settings->feed) == 0);
    always(uv_poll_start(&net->feed, UV_READABLE, fed) == 0);
}

static void start_signals(struct net *net)
{
    watch_signal(net, &net->interrupt, SIGINT, signalled);
    watch_signal(net, &net->terminate, SIGTERM, signalled);
    if (net->settings->progress != NULL)
        watch_signal(net, &net->ask, SIGUSR1, asked);
}

static void start_handles(struct net *net)
{
    always(uv_prepare_init(&net->loop, &net->before_poll) == 0);
    always(uv_check_init(&net->loop, &net->after_poll) == 0);
    always(uv_timer_init(&net->loop, &net->wake) == 0);
    always(uv_timer_init(&net->loop, &net->progress) == 0);
    net->before_poll.data = net->after_poll.data = net->progress.data = net;
    uv_prepare_start(&net->before_poll, before_poll);
    uv_check_start(&net->after_poll, after_poll);
    if (net->settings->progress != NULL)
        uv_timer_start(&net->progress, progressed, PROGRESS_MS, PROGRESS_MS);
    if (net->settings->feed != 0)
        start_feed(net);
    else
        start_signals(net);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

// A look-up by the system that still runs keeps the loop: that is then left as it is.
static void shut_down(struct net *net)
{
    uv_walk(&net->loop, close_handle, NULL);
    uv_run(&net->loop, resolver_running(net->resolver) ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
    if (resolver_free(net->resolver) && uv_loop_close(&net->loop) == 0)
        free(net);
}

bool net_run(struct scan *scan, const struct net_settings *settings, bool *interrupted, struct complaint *complaint)
{
    *interrupted = false;
    signal(SIGPIPE, SIG_IGN);
    struct net *net = allocate(sizeof *net);
    net->scan = scan;
    net->settings = settings;
    int error = uv_loop_init(&net->loop);
    if (error != 0) {
        free(net);
        return complain(complaint, "the event loop cannot start: %s", uv_strerror(error));
    }
    start_resolver(net);
    start_handles(net);
    give(net, &(struct scan_event){.kind = EVENT_TICK});
    while (!scan_ended(scan))
        uv_run(&net->loop, UV_RUN_ONCE);
    *interrupted = net->stopped;
    shut_down(net);
    return true;
}
