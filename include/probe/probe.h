// SPDX-License-Identifier: Apache-2.0
//
// A probe is a question to one server: what to say, and which sample of the same question this
// is. Its canonical form is its identity and the form in which transcripts keep it; the hash of
// that is its key. It holds no address and no randomness: two probes that differ only in those
// are the same probe.
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/hello.h"

struct arena;

struct probe {
    struct hello hello;
    uint16_t sample; // 0; 1 and on: the same question again, on purpose
};

struct bytes probe_encode(struct arena *arena, const struct probe *probe);

// False when the bytes are not a canonical form. Lists and names live in the arena.
bool probe_decode(struct arena *arena, struct bytes encoded, struct probe *out);

uint64_t probe_key(struct bytes encoded);

// Sixteen hex digits, as evidence shows a key.
const char *probe_key_text(struct arena *arena, uint64_t key);

// One line for people: "TLSv1.2 ClientHello, 118 suites, server name example.com, sample 2".
const char *probe_sentence(struct arena *arena, const struct probe *probe);

#endif
