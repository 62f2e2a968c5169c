// SPDX-License-Identifier: Apache-2.0
//
// What came of one connection as a careful client makes it: facts of the check `connect`.
#ifndef CHECK_CONNECT_H
#define CHECK_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "check/fact.h"

struct connection_fact {
    struct fact usable;    // yes: the client has its connection, and trusts the server
    struct fact completed; // the handshake; what is good only then stands below it
    struct fact trusted;   // the server's certificates: the path as sent, then the name

    uint16_t lowest, highest; // versions offered
    const char *offered;      // protocols in ALPN, parted by commas; NULL: none

    uint16_t version, suite, group, scheme; // as far as the ServerHello was read; 0: none
    const char *alpn;                       // escaped; NULL: none
    bool extended_master_secret, secure_renegotiation;
    bool certificate_requested, certificate_sent; // of the client
    bool stapled;                                 // an OCSP response came with the certificate
    const struct chain_fact *chain;               // NULL: none was sent
    uint32_t connect_ms, answer_ms;               // 0: it did not come so far

    struct fact http;    // whether an answer to a HEAD request came
    uint16_t status;     // 0: none
    struct strings head; // its lines, escaped; values of cookies are left out
};

#endif
