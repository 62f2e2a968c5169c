// SPDX-License-Identifier: Apache-2.0
//
// SSL_SESSION is a SEQUENCE of fields by their tags; peer is [3] (ssl/ssl_asn1.c of OpenSSL since 0.9.1).
#include "probe/session.h"

#include "base/arena.h"
#include "wire/der.h"

#define PEER (DER_CONTEXT_CONSTRUCTED + 3)

struct bytes session_without_peer(struct arena *arena, struct bytes session)
{
    struct cursor whole = cursor_of(session), fields = der_enter(&whole, DER_SEQUENCE);
    struct builder out = builder_of(arena, session.size + 4);
    builder_u8(&out, DER_SEQUENCE);
    builder_u8(&out, 0x82); // a length of two octets follows, however short it is
    size_t opened = builder_open(&out, 2);
    while (fields.left != 0 && !fields.bad) {
        struct element field = der_next(&fields);
        if (field.tag != PEER)
            builder_add(&out, field.whole);
    }
    builder_close(&out, opened, 2);
    bool good = cursor_ended(&whole) && cursor_ended(&fields) && !out.bad;
    return good ? builder_bytes(&out) : arena_copy(arena, session);
}
