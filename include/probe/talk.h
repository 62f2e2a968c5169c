// SPDX-License-Identifier: Apache-2.0
//
// A conversation on one connection, without sockets: what to send, here are n octets, it ended
// like this, are you done, what came of it.
//
//     talk_begin -> talk_output, then (talk_input, talk_output)... until talk_over -> talk_outcome
#ifndef PROBE_TALK_H
#define PROBE_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "probe/outcome.h"
#include "probe/probe.h"
#include "wire/flight.h"

enum talk_end {
    TALK_CLOSED,  // FIN
    TALK_RESET,   // RST
    TALK_SILENT,  // the time for an answer ran out
    TALK_STOPPED, // we ended it: deadline, interrupt
};

struct talk {
    struct arena memory; // of the talk itself too; released by talk_release
    struct probe probe;
    struct entropy entropy;
    struct bytes unsent;              // the hello, until it is taken
    struct builder sent;              // every octet that was taken
    struct builder received;          // every octet that came, up to FLIGHT_LIMIT
    bool keep;                        // both of these
    struct flight_reader reader;      // of a hello's answer
    struct handshake_talk *handshake; // of a complete handshake; NULL: its session is not to be had
    struct http_reader http;          // of a fetch's answer
};

// encoded: the probe's canonical form. session: what the probe that probe_session names has brought;
// empty: none. identity: the client certificate that a complete handshake may present, or NULL; outlives the
// talk. keep: hold the raw octets for evidence and transcripts. Records are not
// asked by a talk. The result is the caller's until talk_release.
struct talk *talk_begin(struct bytes encoded, struct bytes session, const struct identity *identity,
                        const uint8_t seed[32], bool keep);

// What is to be sent now in one write, copied into the arena; taken by this. Empty: nothing. To be
// asked until it is empty, at the beginning and after each input, the last one too.
struct bytes talk_output(struct talk *talk, struct arena *arena);

void talk_input(struct talk *talk, struct bytes bytes);

// True when nothing more is wanted from the peer: the connection can be closed.
bool talk_over(const struct talk *talk);

// All is asked and answered: what may still come is tickets and the peer's end. It need not be waited for long.
bool talk_lingers(const struct talk *talk);

// The outcome of a finished talk, or of one that ended as `end` says before it was finished;
// copied into the arena. DER that `intern` has seen before is shared (see below).
struct intern;
void talk_outcome(const struct talk *talk, enum talk_end end, struct arena *arena, struct intern *intern,
                  struct outcome *out);

void talk_release(struct talk *talk);

// Certificates repeat in almost every flight; each distinct one is kept once per host.
// A zeroed struct is empty. intern may be NULL in talk_outcome: everything is then copied.
struct intern {
    const struct interned *first;
};
struct bytes intern_bytes(struct intern *intern, struct arena *arena, struct bytes bytes);

#endif
