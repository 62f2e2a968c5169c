// SPDX-License-Identifier: Apache-2.0
//
// One call of shakedown_scan or shakedown_replay: what its parts share; inside the library only.
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "probe/target.h"
#include "report/report.h"
#include "results.h"
#include "run/net.h"
#include "run/scan.h"
#include "run/transcript.h"
#include "shakedown.h"
#include "source.h"
#include "wire/ct_logs.h"
#include "wire/identity.h"
#include "wire/key_list.h"
#include "wire/trust.h"

// A store that was opened, for whom: replayed targets may name different ones.
struct opened {
    const char *ca_file, *ca_path;
    struct trust_store *store;
    struct opened *next;
};

// A target in flight, in an arena that holds itself.
struct job {
    struct target target;
    struct arena memory;
    struct job *next;    // where it waits, or with the worker that has it
    uint64_t number;     // as workers are told
    uint64_t started_ms; // given to a worker
    bool lost;           // with a worker, once before
};

struct session {
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls;
    struct results results;
    struct arena memory;
    struct opened *stores;
    struct key_pool keys;
    struct ct_pool logs;
    struct source source;
    struct job *pulled;        // ahead of what the source has
    struct identity *identity; // client certificate and key; NULL: none
    const char *resolver;      // to ask, "IP@PORT"
    struct transcript_run run;
    int64_t wall_start;    // seconds since 1970, when the steady clock showed steady_start
    uint64_t steady_start; // ms

    struct report *held; // the first, until it is known whether it is the only one
};

// The next target, those that were put back first.
enum source_answer session_pull(struct session *session, struct job **job);
void session_put_back(struct session *session, struct job *job);
struct job *job_new(void);
void job_free(struct job *job);

// --- reporting.c: from finished targets to reports, and out ----------------------------------------

// Of this process: transcript, report, and all that is counted.
void reporting_finished(struct session *session, const struct finished *finished);

// ... replayed: no transcript.
void reporting_replayed(struct session *session, const struct transcript_run *run, const struct finished *finished);

// Of a worker: what it has to tell, in the arena; and what is made of it in the process that started it. False: it is
// no report.
struct parcel_finished;
struct bytes reporting_parcel(struct session *session, const struct finished *finished, uint64_t number,
                              struct arena *arena);
bool reporting_told(struct session *session, const struct target *target, const struct parcel_finished *told);

// The first report, if it is still held back.
void reporting_end(struct session *session, bool indented);

void reporting_progress(const struct session *session, const struct scan_counts *counts, bool asked, bool ended);

// --- workers.c -------------------------------------------------------------------------------------

// The whole scan by several processes. False: there is nothing for more than one, or the system has no second one:
// then nothing was done but that targets were pulled and put back.
bool workers_scan(struct session *session, const struct scan_settings *scan, const struct net_settings *net);

// --- worker.c --------------------------------------------------------------------------------------

// What one of them does, in its own process, until the other end of the descriptor says so or is gone.
void worker_run(struct session *session, const struct scan_settings *scan, const struct net_settings *net,
                int descriptor);

#endif
