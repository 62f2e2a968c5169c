// SPDX-License-Identifier: Apache-2.0
//
// What passes in a complete handshake, read from the messages as libssl shows them: it does not tell all of
// it itself. Octets in, a result's fields out. Private to handshake.c.
#ifndef PROBE_HANDSHAKE_MESSAGES_H
#define PROBE_HANDSHAKE_MESSAGES_H

#include "base/bytes.h"
#include "probe/handshake.h"

// A handshake message of the server's, with its header, before the handshake is completed. keep: where
// certificates and the staple are copied to; NULL: they are of no interest.
void handshake_heard(struct handshake_result *result, struct bytes message, struct arena *keep);

// One of ours.
void handshake_said(struct handshake_result *result, struct bytes message);

// An alert record of the server's, at any time.
void handshake_alerted(struct handshake_result *result, struct bytes alert);

#endif
