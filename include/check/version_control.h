// SPDX-License-Identifier: Apache-2.0
//
// The questions by which versions are found, and what the host has shown by answering them: the
// control that a `no` needs, and the canary. For version_find.c.
#ifndef CHECK_VERSION_CONTROL_H
#define CHECK_VERSION_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"
#include "check/reply.h"

// Everything at once, and the likely suites alone.
const struct answer *version_ask_first(struct host *host, uint16_t version, uint16_t sample);
const struct answer *version_ask_likely(struct host *host, uint16_t version, uint16_t sample);

// A ServerHello of whatever version, or its refusal.
bool version_answered(enum reply reply);
bool version_refused(enum reply reply);

// What the host has shown that it can do, over all versions.
struct version_control {
    const struct answer *full;   // a full list that was read to its likely suites, the last of it
    const struct answer *likely; // any other hello
    uint16_t version;            // of the last found
    bool first;                  // ... which was the first question of that version
    bool pending;
};

struct version_control version_find_control(struct host *host);

// A question asked after all others: the control of the leader's suites where that is asked
// anyway, else one that was answered before. NULL with REPLY_PENDING: not yet.
const struct answer *version_canary(struct host *host, const struct version_control *control, enum reply *reply);

#endif
