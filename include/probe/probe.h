// SPDX-License-Identifier: Apache-2.0
//
// A probe is a question: to the server, what to say (one hello, whose answer is read as octets, or a complete
// handshake); or to others about it, an HTTP document or DNS records; and which sample of the same question this is.
// Its canonical form is its identity and the form in which transcripts keep it; the hash of that is its key. It holds
// no address and no randomness: two probes that differ only in those are the same probe.
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "probe/fetch.h"
#include "probe/handshake.h"
#include "probe/records.h"
#include "wire/hello.h"

struct arena;

enum probe_kind { PROBE_HELLO, PROBE_HANDSHAKE, PROBE_FETCH, PROBE_RECORDS };

#define PROBE_KINDS 4

// "probe" (a hello), "handshake", "fetch", "records", and the way back (false: no such kind).
const char *probe_kind_name(enum probe_kind kind);
bool probe_kind_named(const char *name, enum probe_kind *kind);

struct probe {
    enum probe_kind kind;
    uint16_t sample; // 0; 1 and on: the same question again, on purpose
    uint16_t split;  // octets of the hello in a TCP segment of their own, before the rest; 0: all in one
    struct hello hello;
    struct handshake handshake; // the one that kind says; the others are zero
    struct fetch fetch;
    struct records records;
};

struct bytes probe_encode(struct arena *arena, const struct probe *probe);

// False when the bytes are not a canonical form. Lists and names live in the arena.
bool probe_decode(struct arena *arena, struct bytes encoded, struct probe *out);

uint64_t probe_key(struct bytes encoded);

// What a canonical form asks for, and the key of the probe whose session it offers (0: none).
enum probe_kind probe_kind_of(struct bytes encoded);
uint64_t probe_session(struct bytes encoded);

// Sixteen hex digits, as evidence shows a key.
const char *probe_key_text(struct arena *arena, uint64_t key);

// One line for people: "TLSv1.2 ClientHello, 118 suites, server name example.com, sample 2".
const char *probe_sentence(struct arena *arena, const struct probe *probe);

#endif
