// SPDX-License-Identifier: Apache-2.0
//
// The scan: takes an event, returns actions. It holds the targets in flight, their addresses'
// hosts, the pace, the retries and the deadlines. Pure: time is an argument (milliseconds on any
// steady clock), and it opens no socket. net.c carries its actions out; a transcript or a
// simulator can stand in for it.
//
//     scan_event(...); while (scan_action(scan, &action)) carry out;
//
// All actions must be read before the next event is given. To each ACTION_CONNECT there is one
// ACTION_CLOSE in the end, however the connection ended. EVENT_TICK alone makes time pass: when a
// busy driver is late, what has arrived is to be given before the tick that would call it silence.
#ifndef RUN_SCAN_H
#define RUN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "check/host.h"
#include "probe/records.h"
#include "probe/target.h"

struct scan;
struct commons;

#define ADDRESS_TEXT 46 // INET6_ADDRSTRLEN

struct scan_settings {
    uint64_t selected; // checks
    const struct trust_store *store;
    struct key_lists key_lists;
    const struct ct_logs *ct_logs;   // or NULL: those built in
    const struct identity *identity; // client certificate for complete handshakes, or NULL
    int64_t now;                     // to judge dates by, seconds since 1970
    uint8_t seed[32];
    bool keep_bytes;                              // evidence or a transcript wants the raw octets
    unsigned connections;                         // at once per address (6)
    unsigned per_network;                         // at once per /24 of IPv4 and /48 of IPv6; 0: unlimited
    unsigned parallel;                            // targets in flight (100)
    unsigned tries;                               // for what only silence answered (2)
    unsigned rate;                                // connections started per second over all; 0: unlimited
    unsigned connect_ms, silence_ms, deadline_ms; // 5000, 5000, and per target
    bool use_ipv4, use_ipv6;
    const char *address;     // scan this address whatever the name resolves to; or NULL
    bool one_name;           // every target has the same server name or none: several may be one endpoint
    bool fetch;              // documents may be asked of others over HTTP
    bool fetch_private;      // ... at private addresses too
    unsigned lookup_ms;      // for a look-up of records, and of the host of a document
    struct commons *commons; // limits hold together with the other workers of the run, or NULL
    unsigned seat;           // ... of which this is one
};

// One address of a finished target.
struct endpoint {
    char address[ADDRESS_TEXT];
    struct host host;
    unsigned connections; // started, failed ones included
    uint64_t bytes_sent, bytes_received;
    bool pushed_back; // a burst of failed connections, or a long one of resets, after an answer
};

// A finished target. endpoint_count is 0 when the name did not resolve; trouble says why.
struct finished {
    const struct target *target;
    const struct endpoint *const *endpoints;
    size_t endpoint_count;
    const char *trouble;           // a sentence, or NULL
    uint64_t started_ms, ended_ms; // as the clock given
    bool interrupted;              // ended by EVENT_STOP or its deadline
    bool stopped;                  // ... by EVENT_STOP
};

// Where targets come from: pulled only when a slot is free. False: there are no more. True and NULL: there is none yet,
// and it is asked again a little later. The target and what it points to must stay good until `finish` was called for
// it.
struct target_source {
    bool (*next)(void *context, struct target **target);
    void *context;
};

// Where finished targets go. What it is given is released when it returns.
struct finish_sink {
    void (*finish)(void *context, const struct finished *finished);
    void *context;
};

struct scan *scan_new(const struct scan_settings *settings, struct target_source source, struct finish_sink sink);
void scan_free(struct scan *scan);

// --- events ------------------------------------------------------------------------------------
enum scan_event_kind {
    EVENT_TICK,          // time has passed: at start, and at each wake asked for
    EVENT_RESOLVED,      // id: of the resolve; addresses, or none and text says why
    EVENT_CONNECTED,     // id: of the connection
    EVENT_DATA,          // bytes
    EVENT_CLOSED,        // FIN
    EVENT_RESET,         // RST on an established connection
    EVENT_REFUSED,       // RST to the SYN
    EVENT_UNREACHABLE,   // the network said so; text
    EVENT_LOCAL_FAILURE, // text
    EVENT_RECORDS,       // id: of the look-up; records, or NULL and text says why
    EVENT_STOP,          // the user wants to end: finish what can be told, start nothing
    EVENT_SOURCE,        // the source that had no target yet may have one
    EVENT_LATE,          // what came had to wait: this process has all that it can do
};

struct scan_event {
    enum scan_event_kind kind;
    uint64_t id;
    struct bytes bytes;
    const char *text;
    bool exhausted;               // EVENT_LOCAL_FAILURE: of what connections that end give back, such as descriptors
    const char *const *addresses; // EVENT_RESOLVED: in text, best first
    size_t address_count;
    const struct records_result *records;
};

void scan_event(struct scan *scan, uint64_t now_ms, const struct scan_event *event);

// --- actions -----------------------------------------------------------------------------------
enum scan_action_kind {
    ACTION_RESOLVE, // text: name; ipv4, ipv6: which kinds
    ACTION_LOOKUP,  // text: name; type: of the records
    ACTION_CONNECT, // text: address; port
    ACTION_SEND,    // bytes; good until the next scan_event
    ACTION_CLOSE,   // the connection is of no more interest; no event of it is wanted
};

struct scan_action {
    enum scan_action_kind kind;
    uint64_t id;      // of the resolve, the look-up or the connection; never used again
    const char *text; // good until the next scan_event
    uint16_t port, type;
    struct bytes bytes;
    bool ipv4, ipv6;
};

bool scan_action(struct scan *scan, struct scan_action *action);

// When the next EVENT_TICK is due, or UINT64_MAX.
uint64_t scan_wake(const struct scan *scan);

bool scan_ended(const struct scan *scan);

struct scan_counts {
    uint64_t targets_done, targets_in_flight;
    uint64_t connections;           // to targets, started
    uint64_t connections_in_flight; // to anybody
    uint64_t fetches, lookups;      // connections for documents, look-ups of records: started
};
struct scan_counts scan_counts(const struct scan *scan);

#endif
