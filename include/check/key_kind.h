// SPDX-License-Identifier: Apache-2.0
//
// The kinds of key that a leaf can have, and hellos that ask for some of them alone. For sighting.c.
#ifndef CHECK_KEY_KIND_H
#define CHECK_KEY_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"
#include "wire/hello.h"

enum key_kind {
    KIND_OTHER,
    KIND_RSA,
    KIND_RSA_PSS,
    KIND_ECDSA,
    KIND_EDDSA,
    KIND_DSA,
    KIND_GOST,
    KIND_ML_DSA,
    KIND_SM2
};

// Of the leaf in an answer that carries certificates.
enum key_kind key_kind_shown(struct host *host, const struct answer *answer);

// What may sign the handshake, and nothing else: a chain may be signed with any.
void key_sign_with(struct hello *hello, struct codes schemes);

// The one scheme that the key of an answer of TLS 1.3 can sign with. 0: there are several, or it is not known.
uint16_t key_only_scheme(struct host *host, const struct answer *answer);

// Takes the schemes of the kinds in the set `seen` (bit i: kind i) out of a hello of the version.
void key_kinds_remove(struct arena *arena, struct hello *hello, unsigned seen, uint16_t version);

// A hello of a version up to TLS 1.2 for other kinds than those. apart: without the suites that are named for them
// too, since some servers choose a suite before they look whether a key can sign for this client, and fail. Those
// suites may still hide an EdDSA key behind ECDSA's name, and an RSA-PSS one behind RSA's. Before TLS 1.2, where
// suites alone tell kinds apart, it always is. Without suites there is nothing left to ask.
struct hello key_kind_hello_12(const struct host *host, uint16_t version, unsigned seen, bool apart);

#endif
