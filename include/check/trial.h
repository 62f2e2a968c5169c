// SPDX-License-Identifier: Apache-2.0
//
// The oddities that a server should bear, one row each: what of a plain hello is changed. Several
// of them fit into one hello; those with one number are asked together first.
#ifndef CHECK_TRIAL_H
#define CHECK_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "check/versions.h"
#include "wire/hello.h"

enum series { SERIES_NONE, SERIES_SIZES, SERIES_SUITES }; // rows that ask for more and more of one thing

struct trial {
    const char *id;
    const char *what;     // "a ClientHello of 256 octets": what was not borne
    const char *citation; // where it is said that servers must bear it
    unsigned together;    // hellos up to TLS 1.2 (in TLS 1.3 where there is nothing lower)
    unsigned together_13; // hellos of TLS 1.3 beside those; 0: not asked again there
    bool extends;         // has no meaning without extensions: not in SSLv3
    enum series series;
    void (*change)(struct host *host, struct hello *hello, uint16_t value);
    uint16_t value;
    const char *unit; // of value; NULL: it is no number for people
};

size_t trial_count(void);
const struct trial *trial_at(size_t index);

// The plain hello: the suite that the host chose, and few groups and signature schemes, so that
// everything fits into 256 octets.
struct hello trial_base(const struct host *host, struct arena *arena, const struct version_found *version);

// With everything that is asked together, or with one change of the given value.
struct hello trial_together(struct host *host, const struct version_found *version, unsigned number);
struct hello trial_alone(struct host *host, const struct version_found *version, const struct trial *trial,
                         uint16_t value);

// What is asked together with one of these numbers can ask for something else as well, which another check asks where
// it is turned down: whether hellos as long as those with post-quantum shares are borne, and what the signalling suite
// of RFC 5746 is answered with. False: it does not, for that check does not run.
enum { TRIAL_OF_SIGNAL = 7, TRIAL_OF_LENGTH = 9, TRIAL_LONG = 1800 };
bool trial_shared(struct host *host, const struct version_found *version, unsigned number, struct hello *hello);

// Octets of the handshake message of a hello without any padding.
size_t trial_size(struct arena *scratch, const struct hello *hello);

#endif
