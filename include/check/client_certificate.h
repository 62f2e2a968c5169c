// SPDX-License-Identifier: Apache-2.0
//
// Does the server take the client certificate that this run has? Part of the check client_authentication,
// which knows in which versions one is asked for.
#ifndef CHECK_CLIENT_CERTIFICATE_H
#define CHECK_CLIENT_CERTIFICATE_H

#include <stdint.h>

#include "check/host.h"

struct client_certificate_found {
    struct fact presented; // yes: it was shown in a handshake
    struct fact accepted;  // a yes has a control: the same handshake without one was turned down
};

// The handshake that client_certificate_find compares with, which presents nothing; and whether it says that a
// certificate is required.
enum progress client_certificate_control(struct host *host, uint16_t version, const struct answer **answer);
struct fact client_certificate_required(struct host *host, const struct answer *without);

// The host has a client certificate, and asked for one in this version. Scratch memory.
enum progress client_certificate_find(struct host *host, uint16_t version, struct client_certificate_found *found);

#endif
