// SPDX-License-Identifier: Apache-2.0
//
// The two messages that an SSLv2 server can begin with: SERVER-HELLO and ERROR, sections 2.6 and
// 2.7 of the draft (draft-hickman-netscape-ssl-00).
#include "wire/message.h"

#include "base/arena.h"
#include "wire/registry.h"

enum { ERROR = 0, SERVER_HELLO = 4 };

static void read_kinds(const struct flight_reader *reader, struct bytes specs, struct flight *flight)
{
    struct cursor cursor = cursor_of(specs);
    uint32_t *kinds = arena_array(reader->arena, specs.size / 3, sizeof *kinds);
    for (size_t i = 0; i < specs.size / 3; i++)
        kinds[i] = cursor_u24(&cursor);
    flight->shown->kinds = kinds;
    flight->shown->kind_count = specs.size / 3;
}

static void read_certificate(const struct flight_reader *reader, struct bytes der, struct flight *flight)
{
    if (der.size == 0)
        return;
    struct bytes *certificates = arena_alloc(reader->arena, sizeof *certificates);
    *certificates = der;
    flight->shown->certificates = certificates;
    flight->shown->certificate_count = 1;
    flight->shown->certificate_message = true;
}

static void read_hello(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    cursor_u8(body); // SESSION-ID-HIT
    cursor_u8(body); // CERTIFICATE-TYPE
    flight->legacy_version = cursor_u16(body);
    size_t certificate_size = cursor_u16(body);
    size_t specs_size = cursor_u16(body);
    size_t connection_id_size = cursor_u16(body);
    struct bytes certificate = cursor_take(body, certificate_size);
    struct bytes specs = cursor_take(body, specs_size);
    cursor_take(body, connection_id_size);
    if (specs.size % 3 != 0)
        body->bad = true;
    read_certificate(reader, certificate, flight);
    read_kinds(reader, specs, flight);
    flight->version = flight->legacy_version;
    if (flight->version != SSL2)
        flight->faults |= FAULT_VERSION_NOT_OFFERED;
    flight->hello = true;
}

void message_ssl2(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    uint8_t type = cursor_u8(body);
    if (type == SERVER_HELLO) {
        read_hello(reader, body, flight);
    } else {
        flight->ssl2_error = type == ERROR;
        flight->ssl2_error_code = cursor_u16(body);
    }
}
