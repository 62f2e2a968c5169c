// SPDX-License-Identifier: Apache-2.0
//
// libshakedown: scan targets, get one JSON report for each (docs/report-v1.schema.json). This is
// the library's only public header. Not thread-safe: one call at a time.
#ifndef SHAKEDOWN_H
#define SHAKEDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHAKEDOWN_VERSION "0.1.0"

// Exit statuses of the command, and results of the calls below. The worst that applies wins, in
// this order: 70, 2, 4, 3, 1, 0.
enum shakedown_status {
    SHAKEDOWN_OK = 0,
    SHAKEDOWN_FAILED = 1,      // a policy or threshold failed
    SHAKEDOWN_USAGE = 2,       // usage or local error: see `error`
    SHAKEDOWN_INCOMPLETE = 3,  // some facts are unknown because of the network, or it was interrupted
    SHAKEDOWN_UNREACHABLE = 4, // nothing was reachable
    SHAKEDOWN_INTERNAL = 70,
};

// The worse of the two, in the order above.
enum shakedown_status shakedown_worse(enum shakedown_status a, enum shakedown_status b);

// How far a run has got.
struct shakedown_progress {
    uint64_t elapsed_ms;
    uint64_t done, in_flight, waiting; // targets; waiting: of a range that is being counted up
    uint64_t rejected, duplicates, elsewhere, earlier, unresolved;
    uint64_t passed;                                           // of those earlier, how many the list has come to
    uint64_t complete, partial, refused, unreachable, not_tls; // addresses of those that are done
    uint64_t connections, open;
    bool asked; // it is told because of SIGUSR1
    bool ended; // it is the last
};

// A zeroed struct means the defaults. Strings must stay good for the call; NULL: not given.
struct shakedown_settings {
    const char *only, *skip; // ids of checks, separated by commas
    const char *sweep;       // "suites", "groups", "signature_schemes" or "all": ask for what is not registered too
    const char *server_name; // SNI to send instead of the target's own name
    bool no_server_name;
    bool ipv4_only, ipv6_only;
    const char *address; // connect to this address whatever the name resolves to
    const char *ca_file, *ca_path;
    const char *weak_keys;             // file of fingerprints of predictable keys (docs/keys.md)
    const char *compromised_keys;      // file of SHA-256 fingerprints of keys that others have
    const char *ct_logs;               // file of Certificate Transparency logs, instead of the table that is built in
    const char *cert, *key, *key_pass; // client certificate: file, file, and "env:NAME" or "file:PATH"
    unsigned timeout_ms;               // for connecting, and of silence (5000)
    unsigned deadline_ms;              // per target (300000)
    unsigned tries;                    // for what only silence answered (2)
    unsigned connections;              // at once per address (6)
    unsigned per_prefix;               // at once per /24 of IPv4 or /48 of IPv6; 0: unlimited
    unsigned parallel;                 // targets at once (100)
    // Processes that scan: where there is more than one target, others are started by fork as they are needed, at most
    // so many, and limits hold over all of them. 0 and 1: this process alone, which is right for a program with threads
    // of its own. `calls` are made by this process.
    unsigned workers;
    unsigned rate;                // connections started per second over all; 0: unlimited
    const char *shard;            // "I/N": only the targets whose hash leaves I when divided by N; "auto", "auto/N":
                                  // I from the environment of a Kubernetes or Slurm job; NULL: all
    bool system_resolver;         // getaddrinfo; it looks up addresses alone
    const char *resolver_address; // the resolver to ask, "IP" or "IP@PORT", instead of those of resolv.conf
    const char *trust_anchor;     // file of DNSSEC keys to validate from, instead of the root's
    bool fetch;         // ask over plain HTTP too: port 80, OCSP responders, revocation lists, missing issuers
    bool fetch_private; // ... at addresses too that are not public
    bool has_now;
    int64_t now; // judge dates by this time, seconds since 1970
    bool has_since;
    int64_t since;        // of shakedown_diff_store: compare with the last report before this time
    const char *policy;   // hold reports against this policy: a name (see the list "policies") or a file
    const char *waivers;  // file of findings and rules that do not count for some targets (docs/waivers.md)
    const char *baseline; // file or store of earlier reports that each new one is compared with (docs/diff.md)
    const char *ignore;   // what of it is not compared: words of the list "aspects", parted by commas
    const char *fail_on;  // what makes SHAKEDOWN_FAILED beside a policy that fails: a severity, parted by commas
    bool has_expires_within;
    unsigned expires_within; // days: SHAKEDOWN_FAILED where a certificate that clients are shown ends within them
    const char *tls;         // of the check "connect": "1.2" or "1.3" alone; NULL: both
    const char *alpn; // ... and the protocols that it offers, parted by commas; NULL: http/1.1, where it is borne
    bool reproducible, evidence, pem;
    bool indent;            // one report is expected: indent it (of several, each is a line)
    bool queued;            // targets come from a queue that knows what it gave: one may come again or none at all, and
                            // one that the end of the run cuts off has no report
    const char *transcript; // write the conversation to this file
    const char *store;      // keep each report in this SQLite file too (docs/store.md)
    const char *journal;    // note finished targets in this file, and leave out those that it has already
    // About five times a second, at the end, and when the process gets SIGUSR1 (which is then caught); or NULL.
    void (*progress)(void *context, const struct shakedown_progress *progress);
};

// What `next` gives instead of waiting: connections are not served while it runs.
extern const char shakedown_later[];

#define SHAKEDOWN_MARK 512 // octets of a mark, the NUL included

struct shakedown_calls {
    // The next target as the user would write it ("example.com:443"), or many of them (a range of addresses,
    // "192.0.2.0/24", a list of ports, "host:443,8443"), or NULL when there are no more. shakedown_later: there is
    // none yet, and it is asked again some 50 ms later. Must stay good until the next call.
    const char *(*next)(void *context);
    // A target that cannot be understood, with a sentence. The scan goes on without it.
    void (*reject)(void *context, const char *target, const char *sentence);
    // One finished target's report as JSON text ending in a newline; good during the call. May be NULL.
    void (*report)(void *context, const char *json);
    // Something about the run that somebody should hear, as a sentence without its full stop: once all is reported (a
    // waiver that has expired), or at once (a worker process was lost, or the connection to a queue). NULL: nobody
    // wants to.
    void (*warn)(void *context, const char *sentence);
    void *context;
    // Every report goes into these too; cheaper than reading its text again.
    struct shakedown_view *const *views;
    unsigned view_count;
    // At the end, once: what the reports of the run add up to and have in common, as JSON text
    // (docs/summary-v1.schema.json). NULL: not wanted; it takes memory for each key that is seen.
    void (*summary)(void *context, const char *json);
    // Whether more targets are wanted; asked before each, also within a range. NULL: as long as there are any.
    bool (*go_on)(void *context);
    // With a journal, so that the reports of a run that was killed and of the one that goes on are whole, and each
    // is there once. mark: how far the reports have got in what they are written to, as a word; asked after
    // each. sync: puts on the disk what was marked; false ends the run. resume: drop what was
    // written after this mark (NULL: of an earlier run nothing counts); false: it cannot be done, and error (512
    // octets) says why. Each may be NULL.
    void (*mark)(void *context, char word[SHAKEDOWN_MARK]);
    bool (*sync)(void *context);
    bool (*resume)(void *context, const char *mark, char *error);
    // Of shakedown_collect: whether this report is there already, where the reports go. Asked of those that were handed
    // out before, to somebody who has not said that they are on the disk.
    bool (*has)(void *context, const char *json);
};

// How a report looks on a terminal.
struct shakedown_text {
    unsigned width; // columns; 0: not limited
    bool color, verbose, quiet;
};

// A view: reports go in one at a time, text in one of the formats of the list "formats" comes out as it
// is ready. Its memory does not grow with the reports.
struct shakedown_view;
struct shakedown_view_options {
    struct shakedown_text text; // of "text"
    bool indent;                // of "json": one report is expected; of several, each is a line all the same
    const char *list;           // the file that the targets came from, or NULL; must outlive the view
    // Text for the view's reader, all of a report in one call where it is not long.
    void (*write)(void *context, const char *text, size_t size);
    void *context;
};

// error of these: as of shakedown_scan. NULL: there is no such format.
struct shakedown_view *shakedown_view_open(const char *format, const struct shakedown_view_options *options,
                                           char *error);

// Whether it writes lines, so that what there is of it is of use before its end.
bool shakedown_view_streams(const struct shakedown_view *view);

// A report as text. False: it is none of ours.
bool shakedown_view_add(struct shakedown_view *view, const char *json, char *error);

// Of "nagios": the exit status of a plugin (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN) by the reports so far; of
// other formats -1.
int shakedown_view_plugin_status(const struct shakedown_view *view);

// Writes what stands at the end, and returns how many reports the view has; without one, nothing was
// written at all. error: what could not be shown.
unsigned long shakedown_view_close(struct shakedown_view *view, char *error);

// error: 512 octets; a sentence when the machine or a setting is wrong (SHAKEDOWN_USAGE), else
// empty: bad targets were told to `reject`.
enum shakedown_status shakedown_scan(const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                     char *error);

// A queue of targets that any number of machines share: Redis Streams (6.2 or later, or Valkey). A build without
// hiredis has none, and the three calls say so.
struct shakedown_queue {
    // redis://[USER[:PASSWORD]@]HOST[:PORT]/NAME, rediss:// with TLS, and after '?' settings that all who use the queue
    // should have alike (docs/scale.md).
    const char *url;
    const char *pass; // where the password stands, "env:NAME" or "file:PATH"; NULL: in the URL, or there is none
    bool follow;      // of work and collect: do not end when the queue is empty
};

// Puts targets into the queue; those that are in it already (waiting, being scanned, or their reports not collected)
// are left out. next, reject, warn and go_on are used; shard and server_name are read from settings. Waits while the
// queue is full.
enum shakedown_status shakedown_enqueue(const struct shakedown_queue *queue, const struct shakedown_settings *settings,
                                        const struct shakedown_calls *calls, char *error);

// Scans targets of the queue and puts their reports into it, until it is empty and nobody enqueues: a scan in all else,
// with reports to calls too. next, reject and resume are not used. A target is out of the queue in the moment that its
// report is in. SHAKEDOWN_OK whatever the reports say; SHAKEDOWN_INCOMPLETE: interrupted, and what was begun was given
// back.
enum shakedown_status shakedown_work(const struct shakedown_queue *queue, const struct shakedown_settings *settings,
                                     const struct shakedown_calls *calls, char *error);

// Takes reports out of the queue, until there are no more and no targets either. They leave it once calls->sync has
// returned true, and they are in the store, where settings name one; no other setting is read. A target that no worker
// could understand goes to reject (SHAKEDOWN_USAGE); one that was given up has a report whose `trouble` begins with
// "abandoned". SHAKEDOWN_INCOMPLETE: calls->go_on ended it.
enum shakedown_status shakedown_collect(const struct shakedown_queue *queue, const struct shakedown_settings *settings,
                                        const struct shakedown_calls *calls, char *error);

// Makes one complete handshake with each address of one target as a careful client does, and reports it under
// "connection": SHAKEDOWN_FAILED where such a client would not connect, or not trust the server. It is a scan of the
// check "connect" alone, whatever settings->only says; calls->next is not used.
enum shakedown_status shakedown_connect(const char *target, const struct shakedown_settings *settings,
                                        const struct shakedown_calls *calls, char *error);

// Reports again from a transcript, without a network. reproducible, evidence, pem, indent, and
// ca_file and ca_path, weak_keys and compromised_keys, and ct_logs (instead of those recorded), policy, fail_on and
// expires_within are read from settings.
enum shakedown_status shakedown_replay(const char *transcript, const struct shakedown_settings *settings,
                                       const struct shakedown_calls *calls, char *error);

// Judges saved reports again: one object in a file, or one a line, or several files; "-" is standard
// input. Of a store (settings->store) the latest report of each target is taken. Reports go to calls->report, one at a
// time. policy, waivers, baseline, ignore, fail_on, expires_within, now (with their has_...), store and indent are read
// from settings. What is no report of ours ends it with SHAKEDOWN_USAGE, and a sentence that names file and line.
enum shakedown_status shakedown_judge(const char *const *files, unsigned count,
                                      const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                      char *error);

// Saved reports as they are, not judged again; files and errors as of shakedown_judge. store is read from settings.
enum shakedown_status shakedown_render(const char *const *files, unsigned count,
                                       const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                       char *error);

// What a store has about a target ("example.com": at whatever port; NULL: about each one). Each target's history goes
// to calls->report as JSON (docs/history-v1.schema.json); all: with a row for each scan, and not only for those that
// found something else.
enum shakedown_status shakedown_history(const char *store, const char *target, bool all, bool indent,
                                        const struct shakedown_calls *calls, char *error);

// Compares saved reports, target by target, with earlier ones; of the two files one may be "-". Of a store the latest
// report of each target counts. Each comparison
// goes to calls->report as JSON (docs/diff-v1.schema.json), then one for each target that is not there any
// more. SHAKEDOWN_FAILED: something got worse. policy, waivers, ignore, now, has_now and indent are read
// from settings.
enum shakedown_status shakedown_diff(const char *was, const char *is, const struct shakedown_settings *settings,
                                     const struct shakedown_calls *calls, char *error);

// The same for each target that a store has, or for the one that is given (as of shakedown_history): its last report is
// compared with the last one before it that found something else, or with the last one before settings->since.
enum shakedown_status shakedown_diff_store(const char *store, const char *target,
                                           const struct shakedown_settings *settings,
                                           const struct shakedown_calls *calls, char *error);

// What a finding (by id) or a policy (by name) is about: text for people. malloc'd; NULL and error
// filled when there is none.
char *shakedown_explain(const char *name, char *error);

// "report", "policy", "waivers", "diff", "summary" or "history": the JSON schema as text; NULL: no such schema.
const char *shakedown_schema(const char *name);

// The probes that the first round would send to a target, and how many connections to expect:
// text for people. malloc'd; NULL and error filled when the target or a setting is wrong.
char *shakedown_plan(const char *target, const struct shakedown_settings *settings, char *error);

// Whether a target can be understood; fills error when not.
bool shakedown_target_valid(const char *target, char *error);

// The terminal view of a report, of a comparison, or of a history. malloc'd; NULL: none of them.
char *shakedown_render_text(const char *json, const struct shakedown_text *options);

// A list as lines for people: "checks", "suites", "groups", "lint" (rules for certificates), "findings",
// "policies", "caps" (of grades), "aspects" (of comparisons), "properties" (what policies can speak of),
// "formats". malloc'd; NULL: no such list.
char *shakedown_list(const char *what);

#ifdef __cplusplus
}
#endif

#endif
