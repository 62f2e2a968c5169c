// SPDX-License-Identifier: Apache-2.0
//
// The messages of a server's first flight, one reader each; used by flight.c alone. A reader takes
// the body of a message and writes what it finds into a flight that the caller throws away when
// the cursor went bad, so that a broken message leaves nothing behind. Octets that a reader leaves
// unread are trailing data. Views point into the body.
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/flight.h"

typedef void message_reader(const struct flight_reader *reader, struct cursor *body, struct flight *flight);

// TLS 1.3, drafts included: 0x0304 and 0x7Fxx.
bool version_is_tls13(uint16_t version);

// The share in a ServerHello's key_share extension; empty when it has none.
struct bytes message_server_share(const struct flight *flight);

message_reader message_server_hello, message_server_hello_done, message_certificate_status, message_server_key_exchange,
    message_encrypted_extensions, message_certificate_verify, message_finished;
message_reader message_certificate, message_certificate_request; // TLS <= 1.2
message_reader message_compressed_certificate, message_certificate_tls13, message_certificate_request_tls13; // TLS 1.3

// SSLv2: SERVER-HELLO or ERROR, without the record header.
message_reader message_ssl2;

#endif
