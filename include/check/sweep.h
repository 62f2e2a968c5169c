// SPDX-License-Identifier: Apache-2.0
//
// Asking for every code point that no registry has, in lists. What is swept is a struct; the checks
// of sweeps.c are three of them.
#ifndef CHECK_SWEEP_H
#define CHECK_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "check/reply.h"
#include "wire/hello.h"

// A hello that the server answers, and the code in it that it chose.
struct sweep_opening {
    const struct answer *answer; // NULL with known == 0
    struct hello hello;
    uint16_t version;
    uint16_t known; // 0: there is none
};

struct sweep_space {
    const char *noun;      // "suite": of the rows' ids
    size_t (*count)(void); // what is registered
    uint32_t (*code_at)(size_t index);
    enum progress (*open)(struct host *host, struct sweep_opening *opening);
    void (*put)(struct hello *hello, struct codes list); // replaces the list in the opening's hello
    uint16_t (*chosen)(const struct flight *flight);
};

enum progress sweep_run(struct host *host, struct facts *facts, const struct sweep_space *space);

#endif
