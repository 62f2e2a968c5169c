// SPDX-License-Identifier: Apache-2.0
//
// What the user asked to have scanned: a plain value. It becomes one or more addresses. run/parcel.c hands every member
// on to workers.
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct target {
    const char *input;   // as the user wrote it
    const char *host;    // A-label, or an address in text (IPv6 without brackets)
    const char *display; // U-label form for people; equals host where they do not differ
    uint16_t port;
    bool port_given;  // the user wrote it, or a URL that means it
    bool is_address;  // host is an IPv4 or IPv6 address
    const char *sni;  // server name to send, A-label; NULL: none
    uint16_t pinned;  // the one version of the check connect's handshake; 0: TLS 1.2 and 1.3
    const char *alpn; // ... and the protocols that it offers, parted by commas; NULL: http/1.1, where it is borne
};

#endif
