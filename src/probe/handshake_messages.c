// SPDX-License-Identifier: Apache-2.0
//
// Reads the few messages that say what libssl keeps to itself: the ServerHello of a handshake that failed, the
// group before OpenSSL 3.2, alerts, and whether certificates of clients were wanted and shown.
#include "probe/handshake_messages.h"

#include "base/arena.h"
#include "wire/registry.h"

enum {
    MESSAGE_SERVER_HELLO = 2,
    MESSAGE_CERTIFICATE = 11,
    MESSAGE_SERVER_KEY_EXCHANGE = 12,
    MESSAGE_CERTIFICATE_REQUEST = 13,
    MESSAGE_CERTIFICATE_VERIFY = 15,
    MESSAGE_CERTIFICATE_STATUS = 22
};
enum { EXTENSION_STATUS_REQUEST = 5, EXTENSION_SUPPORTED_VERSIONS = 43, EXTENSION_KEY_SHARE = 51, NAMED_CURVE = 3 };
enum { ALERT_FATAL = 2, ALERT_CLOSE_NOTIFY = 0, ALERT_USER_CANCELED = 90, ALERT_NO_RENEGOTIATION = 100 };

static void read_extensions(struct handshake_result *result, struct cursor extensions)
{
    while (extensions.left != 0 && !extensions.bad) {
        uint16_t type = cursor_u16(&extensions);
        struct cursor body = cursor_block16(&extensions);
        if (type == EXTENSION_SUPPORTED_VERSIONS)
            result->version = cursor_u16(&body);
        if (type == EXTENSION_KEY_SHARE)
            result->group = cursor_u16(&body);
    }
}

// RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3. A HelloRetryRequest is overwritten by what follows it.
static void read_server_hello(struct handshake_result *result, struct cursor in)
{
    result->version = cursor_u16(&in);
    cursor_take(&in, 32);
    struct cursor session_id = cursor_block8(&in);
    size_t session_id_size = session_id.left;
    result->suite = cursor_u16(&in);
    cursor_u8(&in);
    result->hello = !in.bad;
    result->group = 0;
    if (in.left != 0)
        read_extensions(result, cursor_block16(&in));
    result->session_id_size = result->version >= TLS13 || session_id_size > 32 ? 0 : (uint8_t)session_id_size;
}

// RFC 8422 section 5.4, RFC 5246 section 7.4.3. The signature's scheme stands behind the parameters.
static void read_server_key_exchange(struct handshake_result *result, struct cursor in)
{
    const struct suite *suite = suite_find(result->suite);
    if (suite == NULL || (suite->kx != KX_ECDHE && suite->kx != KX_DHE))
        return;
    if (suite->kx == KX_ECDHE) {
        if (cursor_u8(&in) != NAMED_CURVE)
            return;
        result->group = cursor_u16(&in);
        cursor_block8(&in);
    }
    for (unsigned i = 0; suite->kx == KX_DHE && i < 3; i++) // prime, generator, public value
        cursor_block16(&in);
    if (result->version == TLS12 && in.left != 0)
        result->scheme = cursor_u16(&in);
}

// RFC 6066 section 8: an OCSP response behind its kind.
static struct bytes read_staple(struct cursor in)
{
    enum { KIND_OCSP = 1 };
    bool ocsp = cursor_u8(&in) == KIND_OCSP;
    return ocsp && !in.bad ? cursor_take24(&in) : (struct bytes){NULL, 0};
}

// What stands beside a certificate of TLS 1.3.
static void read_entry_extensions(struct handshake_result *result, struct cursor extensions, struct arena *keep)
{
    while (extensions.left != 0 && !extensions.bad) {
        uint16_t type = cursor_u16(&extensions);
        struct cursor body = cursor_block16(&extensions);
        if (type == EXTENSION_STATUS_REQUEST && result->certificate_count == 1)
            result->staple = arena_copy(keep, read_staple(body));
    }
}

// RFC 5246 section 7.4.2, RFC 8446 section 4.4.2.
static void read_certificates(struct handshake_result *result, struct cursor in, struct arena *keep)
{
    struct bytes *rows = arena_array(keep, HANDSHAKE_CERTIFICATES, sizeof *rows);
    if (result->version >= TLS13)
        cursor_block8(&in);
    struct cursor list = cursor_block24(&in);
    result->certificates = rows;
    result->certificate_count = 0;
    while (list.left != 0 && !list.bad && result->certificate_count < HANDSHAKE_CERTIFICATES) {
        struct cursor one = cursor_block24(&list);
        rows[result->certificate_count++] = arena_copy(keep, cursor_rest(&one));
        if (result->version >= TLS13)
            read_entry_extensions(result, cursor_block16(&list), keep);
    }
}

void handshake_alerted(struct handshake_result *result, struct bytes alert)
{
    struct cursor in = cursor_of(alert);
    uint8_t level = cursor_u8(&in), description = cursor_u8(&in);
    bool parting = description == ALERT_CLOSE_NOTIFY || description == ALERT_USER_CANCELED;
    if (in.bad || (parting && result->hello))
        return; // RFC 8446 section 6.1: these end a connection in order; in place of a ServerHello they turn us down
    if (level != ALERT_FATAL && !parting && description != ALERT_NO_RENEGOTIATION && result->version < TLS13)
        return;
    result->alerted = true;
    result->alert = description;
}

// RFC 8446 section 4.4.2, RFC 5246 section 7.4.6: an empty list is how a client says that it has none.
static bool holds_certificate(uint16_t version, struct cursor in)
{
    if (version >= TLS13)
        cursor_block8(&in);
    return cursor_u24(&in) != 0 && !in.bad;
}

void handshake_heard(struct handshake_result *result, struct bytes octets, struct arena *keep)
{
    struct cursor in = cursor_of(octets);
    uint8_t message = cursor_u8(&in);
    struct cursor body = cursor_block24(&in);
    if (message == MESSAGE_SERVER_HELLO)
        read_server_hello(result, body);
    if (message == MESSAGE_SERVER_KEY_EXCHANGE)
        read_server_key_exchange(result, body);
    if (message == MESSAGE_CERTIFICATE && keep != NULL)
        read_certificates(result, body, keep);
    if (message == MESSAGE_CERTIFICATE_STATUS && keep != NULL)
        result->staple = arena_copy(keep, read_staple(body));
    if (message == MESSAGE_CERTIFICATE_VERIFY)
        result->scheme = cursor_u16(&body);
    if (message == MESSAGE_CERTIFICATE_REQUEST)
        result->certificate_requested = true;
}

void handshake_said(struct handshake_result *result, struct bytes octets)
{
    struct cursor in = cursor_of(octets);
    uint8_t message = cursor_u8(&in);
    struct cursor body = cursor_block24(&in);
    if (message == MESSAGE_CERTIFICATE)
        result->certificate_sent = holds_certificate(result->version, body);
}
