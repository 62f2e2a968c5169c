// SPDX-License-Identifier: Apache-2.0
//
// What our hellos offer: the lists of suites, groups and signature schemes, and the hello that
// carries them for each version. Checks that build their hellos here share each other's probes.
#ifndef CHECK_OFFER_H
#define CHECK_OFFER_H

#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "wire/hello.h"
#include "wire/registry.h"

// Every suite that a hello of the version may ask about: all of the registry but SSLv2 kinds,
// SCSVs, GREASE and TLS_NULL_WITH_NULL_NULL; those of TLS 1.3 in TLS 1.3 and nowhere else. The
// likely ones come last: a server that chooses one of them has shown that it reads long lists to
// the end. ChaCha20 is never at the head: some servers change their order then.
struct codes offer_every_suite(struct arena *arena, uint16_t version);

// The lists as a host has them, for as many hosts as one likes.
const struct offers *offers_make(struct arena *arena);

// The same list, as it was made for the host.
struct codes offer_suites(const struct host *host, uint16_t version);

// Those of a list of suites that agree on a key like this. Scratch memory, or made for the host.
struct codes offer_exchange(const struct host *host, struct codes suites, enum key_exchange exchange);

// The rank of a suite up to TLS 1.2: 0 to 3, as an administrator who has given it a thought, and every library's
// default, would have them one behind the other; and that of each of a list.
unsigned offer_rank(uint16_t suite);
const uint8_t *offer_ranks(struct arena *arena, struct codes suites);

// The at most 64 suites that nearly every server has one of, without NULL, anonymous or EXPORT
// ones, for servers (and devices before them) that turn a full list down.
struct codes offer_likely(uint16_t version);

// Groups and signature schemes for a version, likely ones first.
struct codes offer_groups(uint16_t version);
extern const struct codes offer_schemes;

// A list with one code behind it, and without one.
struct codes offer_with(struct arena *arena, struct codes codes, uint16_t code);
struct codes offer_without(struct arena *arena, struct codes codes, uint16_t code);

// Whether our probes use a server name for this host.
bool offer_has_name(const struct host *host);

// A hello of the version with these suites and the host's server name. SSLv3: no extensions and the SCSV of
// RFC 5746 at the end of the suites (copied into the arena), so that no server wants it for lack
// of one. TLS 1.3: an empty key_share list, which is answered with a HelloRetryRequest.
struct hello offer_hello(const struct host *host, struct arena *arena, uint16_t version, struct codes suites);

// The same, from TLS 1.2 on with no signature schemes but those that everyone knows.
struct hello offer_modest(const struct host *host, struct arena *arena, uint16_t version, struct codes suites);

// The first question of each version: everything at once. For TLS 1.3 it also lists the drafts
// and, before its suites, all older ones: a server without TLS 1.3 can then say so by answering
// with the version it has, and one with it shows by its choice that it reads long lists to the end.
struct hello offer_first(const struct host *host, struct arena *arena, uint16_t version);

#endif
