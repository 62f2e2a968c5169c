// SPDX-License-Identifier: Apache-2.0
//
// A hello that the host is known to answer with a flight that can be read to its end. Richer hellos
// start from it, and its answer is the control of theirs. Up to TLS 1.2 everything can be read; TLS
// 1.3 wants a real key share, for a group that the host takes.
#ifndef CHECK_OPENING_H
#define CHECK_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"
#include "check/reply.h"
#include "wire/hello.h"

struct opening {
    uint16_t version;            // 0: there is none, see fact
    struct codes suites, groups; // what its hellos offer; groups: TLS 1.3 alone
    const struct answer *answer; // to the plain hello
    struct codes answered;       // ... and the suites that one offered
    struct fact fact;            // yes; not_applicable: the host has no such version; unknown: why not
};

// The highest version from TLS 1.0 to 1.2; and TLS 1.3, whose plain hello is the one that shows its
// certificates. Scratch memory.
enum progress opening_12(struct host *host, struct opening *opening);
enum progress opening_13(struct host *host, struct opening *opening);

// That of a version up to TLS 1.2 that was accepted; of SSLv3 too.
struct version_found;
void opening_by(const struct host *host, const struct version_found *found, struct opening *opening);

// TLS 1.3 where its flights open, else the other.
enum progress opening_best(struct host *host, struct opening *opening);

// The hello to enrich, and what a reply to it says: accepted means that its flight can be read.
struct hello opening_hello(const struct host *host, const struct opening *opening);
enum reply opening_reply(const struct opening *opening, const struct answer *answer);

// Whether a flight was read as far as its certificates and requests for them.
bool opening_readable(const struct flight *flight);

// Why one was not: an alert behind the ServerHello, or nothing that could be read.
struct fact opening_unread(struct arena *arena, const struct flight *flight);

// What a fact without opening says: its reason, or that the version is not there.
struct fact opening_missing(const struct opening *opening);

// A refusal of something richer than the plain hello is the server's word on that only if it is given twice, and the
// plain hello is answered still; unless it is an alert that speaks of nothing else. `first` refused `hello`; DONE with
// *held false: it cannot be told, and *why says so.
enum progress opening_confirm(struct host *host, const struct opening *opening, const struct hello *hello,
                              const struct answer *first, bool *held, struct fact *why);

// The parts for TLS 1.3: which groups to offer, after the host answered with `accepted`; and the
// hello with a share of the first of them. *why is set where there are none.
enum progress opening_groups(struct host *host, const struct answer *accepted, struct codes *groups, struct fact *why);
struct hello opening_hello_13(const struct host *host, struct codes groups);

// The suites of TLS 1.3 whose flights open.
struct codes opening_suites_13(const struct host *host);

// The server's word on an extension: in the ServerHello or the EncryptedExtensions. NULL: none.
const struct extension *opening_extension(const struct flight *flight, uint16_t type);

#endif
