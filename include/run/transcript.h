// SPDX-License-Identifier: Apache-2.0
//
// What was said and heard, as lines of text that a replay reads back: with the seed, the target,
// the settings that shape a report, and for each probe its canonical form, how it ended, and the
// octets both ways. A replay fills ledgers from it and needs no network.
//
// Each target is a block of lines of its own, so that transcripts can be concatenated. A line is a
// word and its fields, one space between two; it ends with LF. Text is base64 of UTF-8, "=" when it
// is empty and "-" when there is none; octets are base64 with "-" for none; a probe's canonical form
// is hex. In this order:
//
//     shakedown-transcript 1
//     seed HEX
//     now SECONDS                   to judge dates by
//     started SECONDS
//     duration MILLISECONDS
//     checks ID,ID...               or "-"
//     trust CA-FILE CA-PATH [WEAK-KEYS COMPROMISED-KEYS]    the last two where one of them was given
//     logs CT-LOGS                  only where a file of them was given
//     identity FINGERPRINT          only where there was a client certificate: its SHA-256, hex
//     resolver ADDRESSES            only where records of DNS were to be asked for: whom, with a space between two;
//                                   empty: name servers from the root down
//     target INPUT HOST DISPLAY PORT name|address SERVER-NAME [VERSION ALPN]    as of `connect`; 0: none is pinned
//     trouble TEXT
//     ended whole|interrupted
//     endpoint ADDRESS CONNECTIONS OCTETS-SENT OCTETS-RECEIVED steady|pushed_back
//     probe FORM OUTCOME TRIES CONNECT-MS ANSWER-MS DETAIL SENT RECEIVED
//     handshake FORM OUTCOME TRIES CONNECT-MS ANSWER-MS DETAIL SENT RECEIVED RESULT
//     fetch FORM OUTCOME TRIES CONNECT-MS ANSWER-MS DETAIL SENT RECEIVED whole|cut|open
//     records FORM OUTCOME TRIES CONNECT-MS ANSWER-MS DETAIL SENT RECEIVED RESULT
//     end
//
// with any number of the four before `end` after each endpoint, in the order asked. How a probe's connection
// ended follows from the outcome's code: "closed", "reset" and "silent" are ends, the others were told by
// octets. A complete handshake cannot be had again from its octets, whose keys are not kept: RESULT is
// what it came to (handshake_result_encode), "-" where there was no talk; sessions are never written.
// A fetched document is read again from its octets; it was whole, was cut off by the connection's end, or was
// left open; "-" without a talk. It stands with each target that wanted it, for blocks stand for themselves.
// Records are what the resolver told (records_result_encode), "-" where it told nothing; they have no octets.
#ifndef RUN_TRANSCRIPT_H
#define RUN_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"
#include "run/scan.h"

#define TRANSCRIPT_VERSION 1
#define TRANSCRIPT_LINE    (48 * 1024 * 1024) // octets of the longest line, LF included: a document in base64

// What the report needs beside the ledger; kept per target in the transcript.
struct transcript_run {
    uint8_t seed[32];
    int64_t now;       // to judge dates by
    uint64_t selected; // checks, written by id
    int64_t started;   // wall clock of the target, seconds since 1970
    uint64_t duration_ms;
    const char *ca_file, *ca_path;            // or NULL
    const char *client_certificate;           // SHA-256 of the one that was presented, hex; or NULL
    const char *weak_keys, *compromised_keys; // files, or NULL
    const char *ct_logs;                      // file, or NULL
    const char *resolver;                     // who was to be asked for records of DNS, or NULL
};

// Appends one finished target. The scan must have kept bytes. False: the write failed.
bool transcript_write(FILE *file, const struct transcript_run *run, const struct finished *finished);

// Reads target after target and hands each to `replay` as the scan would have: hosts stepped to
// their end from the recorded octets. Stops with a complaint (file line named) at the first line
// it does not understand. open_store gives the trust store for a target's ca_file and ca_path, and
// open_keys and open_logs, where they are not NULL, the lists of bad keys and of CT logs.
//
// What `replay` is given is released when it returns. A probe that the checks of today want and the
// transcript lacks is skipped, with that as the reason.
struct transcript_reader {
    const struct trust_store *(*open_store)(void *context, const char *ca_file, const char *ca_path);
    void (*replay)(void *context, const struct transcript_run *run, const struct finished *finished);
    void *context;
    struct key_lists (*open_keys)(void *context, const struct transcript_run *run);
    const struct ct_logs *(*open_logs)(void *context, const struct transcript_run *run);
};
bool transcript_read(FILE *file, const char *name, const struct transcript_reader *reader, struct complaint *complaint);

#endif
