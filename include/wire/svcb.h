// SPDX-License-Identifier: Apache-2.0
//
// One SVCB or HTTPS record (RFC 9460): where a service is to be had, and how. The record data is a stranger's: bounded
// by its own length, texts escaped. A malformed record makes a client turn its whole set down (section 2.2).
#ifndef WIRE_SVCB_H
#define WIRE_SVCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/certificate.h"
#include "wire/ech.h"

struct arena;

enum svcb_key { // section 14.3.2
    SVCB_MANDATORY = 0,
    SVCB_ALPN = 1,
    SVCB_NO_DEFAULT_ALPN = 2,
    SVCB_PORT = 3,
    SVCB_IPV4HINT = 4,
    SVCB_ECH = 5, // RFC 9848
    SVCB_IPV6HINT = 6,
};

struct svcb_param {
    uint16_t key;
    struct bytes value;
};

struct svcb_record {
    const char *malformed;           // a sentence; what was read before that stands; NULL: it is well-formed
    uint16_t priority;               // 0: AliasMode, which has no parameters
    const char *target;              // "." means the owner's own name, and in AliasMode that there is no service
    const struct svcb_param *params; // every one, as sent; views
    size_t param_count;
    struct strings alpn; // escaped ids
    bool no_default_alpn;
    bool has_port;
    uint16_t port;
    struct strings ipv4_hints, ipv6_hints; // printed
    bool has_ech;
    struct ech_list ech;
    const uint16_t *mandatory; // keys that a client must understand
    size_t mandatory_count;
};

void svcb_read(struct arena *arena, struct bytes rdata, struct svcb_record *out);

// The 4 or 16 octets of an A or AAAA record as text, spelled as hints are; NULL: another number of octets.
const char *svcb_address(struct arena *arena, struct bytes octets);

// "alpn", "key65280": as RFC 9460 section 2.1 writes them.
const char *svcb_key_name(struct arena *arena, uint16_t key);

#endif
