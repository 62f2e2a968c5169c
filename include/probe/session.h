// SPDX-License-Identifier: Apache-2.0
//
// A session as libssl writes it, for another handshake to resume: DER, of which the certificate of the server is the
// larger part. Resuming has no use for it, and decoding it with its key takes longer than all the rest.
#ifndef PROBE_SESSION_H
#define PROBE_SESSION_H

#include "base/bytes.h"

struct arena;

// A copy in the arena without the certificate; of what cannot be read, of all of it.
struct bytes session_without_peer(struct arena *arena, struct bytes session);

#endif
