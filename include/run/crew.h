// SPDX-License-Identifier: Apache-2.0
//
// Processes that work for this one: started by fork, each at its end of a pair of sockets over which frames go both
// ways (run/frames.h). This process waits for them and for signals. It knows nothing of what they do.
//
//     crew_open -> (crew_start, crew_send, crew_wait)... -> crew_close
//
// A worker ends when its socket does, and where the system can see to it at once with the process that started it.
#ifndef RUN_CREW_H
#define RUN_CREW_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "run/commons.h"
#include "run/frames.h"

struct member {
    pid_t process; // 0: nobody sits here
    int descriptor;
    struct frames in, out;
};

struct crew {
    struct member member[COMMONS_SEATS]; // by seat
    unsigned seats, count;               // how many there may be, and are
    int signals[2];                      // a pipe: an octet for each that was caught
    unsigned caught;                     // how many of the three are
    struct sigaction before[3];
};

// What happens while one waits.
struct crew_calls {
    bool (*frame)(void *context, unsigned seat, uint8_t kind, struct bytes octets); // false: it makes no sense
    void (*ended)(void *context, unsigned seat, int status);                        // as of waitpid
    void (*signalled)(void *context, int number);                                   // SIGINT, SIGTERM, SIGUSR1
    void *context;
};

// Catches SIGINT, SIGTERM and, if it is wanted, SIGUSR1 until crew_close; of the first two a second one ends the
// process. SIGPIPE is ignored from now on.
bool crew_open(struct crew *crew, unsigned seats, bool want_usr1, struct complaint *complaint);

// Starts a worker at a free seat, which must be there: it calls `work`, and ends when that returns. False: the system
// cannot (errno).
bool crew_start(struct crew *crew, void (*work)(void *context, int descriptor, unsigned seat), void *context,
                unsigned *seat);

// Never waits: what the socket does not take at once is kept.
void crew_send(struct crew *crew, unsigned seat, uint8_t kind, struct bytes octets);

// Waits until something happens, at most so long, and tells it.
void crew_wait(struct crew *crew, int timeout_ms, const struct crew_calls *calls);

// Ends those that are still there, at once.
void crew_close(struct crew *crew);

#endif
