// SPDX-License-Identifier: Apache-2.0
//
// What a server says in its first flight, message by message, and whether the hello allowed it to.
// Each reader follows the struct of the RFC it names; none decides what comes next (flight.c does).
// SSLv2's two messages are in message_ssl2.c.
#include "wire/message.h"

#include <string.h>

#include "base/arena.h"
#include "wire/registry.h"

enum {
    EXTENSION_STATUS_REQUEST = 5,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_COOKIE = 44,
    EXTENSION_KEY_SHARE = 51,
    EXTENSION_RENEGOTIATION_INFO = 0xFF01,
};

enum { SCSV_RENEGOTIATION = 0x00FF, SCSV_FALLBACK = 0x5600 };

enum { STATUS_OCSP = 1 };
enum { CURVE_EXPLICIT_PRIME = 1, CURVE_EXPLICIT_CHAR2 = 2, CURVE_NAMED = 3 };
enum { GROUP_EXPLICIT_PRIME = 0xFF01, GROUP_EXPLICIT_CHAR2 = 0xFF02 };

#define RANDOM 32 // octets

// SHA-256 of "HelloRetryRequest": RFC 8446 section 4.1.3.
static const uint8_t retry_random[RANDOM] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
};

bool version_is_tls13(uint16_t version) { return version == TLS13 || version >> 8 == 0x7F; }

// Drafts before 22 put their version where TLS 1.2's stood, and left out session id and compression.
static bool is_early_draft(uint16_t version) { return version >> 8 == 0x7F && (version & 0xFF) < 22; }

const struct extension *extension_in(struct extensions extensions, uint16_t type)
{
    for (size_t i = 0; i < extensions.count; i++)
        if (extensions.row[i].type == type)
            return extensions.row + i;
    return NULL;
}

// A block that was to be read to its end.
static void close_block(struct cursor *outer, const struct cursor *block)
{
    if (!cursor_ended(block))
        outer->bad = true;
}

// --- what the hello offered -----------------------------------------------------------------------

// Signalling values and GREASE are in a list to be ignored, never to be chosen.
static bool offered(struct codes codes, uint16_t code) { return codes_have(codes, code) && !is_grease(code); }

static bool suite_offered(const struct hello *hello, uint16_t suite)
{
    return suite != SCSV_RENEGOTIATION && suite != SCSV_FALLBACK && offered(hello->suites, suite);
}

// A server that does not know supported_versions goes by the legacy field, whatever the list says.
static bool version_offered(const struct hello *hello, uint16_t version)
{
    if (version_is_tls13(version))
        return (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0 && offered(hello->versions, version);
    return version >= SSL3 && version <= TLS12 && version <= hello->version;
}

static bool compression_offered(const struct hello *hello, uint8_t method)
{
    return method == 0 || (hello->compressions.size != 0 &&
                           memchr(hello->compressions.data, method, hello->compressions.size) != NULL);
}

static bool group_offered(const struct hello *hello, uint16_t group)
{
    return (hello->extensions & HELLO_SUPPORTED_GROUPS) == 0 || offered(hello->groups, group);
}

// A server answers extensions, it does not begin any. RFC 5746 section 3.6 lets the SCSV stand for
// renegotiation_info; RFC 8446 section 4.2.2 lets a HelloRetryRequest bring a cookie.
static bool extension_offered(const struct hello *hello, uint16_t type, bool retry)
{
    return hello_carries(hello, type) || (retry && type == EXTENSION_COOKIE) ||
           (type == EXTENSION_RENEGOTIATION_INFO && codes_have(hello->suites, SCSV_RENEGOTIATION));
}

// --- extensions -----------------------------------------------------------------------------------

static size_t skip_extensions(struct cursor *list)
{
    size_t count = 0;
    for (; list->left != 0; count++) {
        cursor_u16(list);
        cursor_block16(list);
    }
    return count;
}

static struct extensions read_extensions(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    struct cursor list = cursor_block16(body);
    struct cursor counted = list;
    size_t count = skip_extensions(&counted);
    if (count > FLIGHT_EXTENSIONS) {
        flight->faults |= FAULT_TOO_LONG;
        count = FLIGHT_EXTENSIONS;
    }
    struct extension *row = arena_array(reader->arena, count, sizeof *row);
    for (size_t i = 0; list.left != 0; i++) {
        struct extension read = {.type = cursor_u16(&list)};
        read.body = cursor_take16(&list);
        if (!extension_offered(reader->hello, read.type, flight->retry))
            flight->faults |= FAULT_EXTENSION_NOT_OFFERED;
        if (i < count)
            row[i] = read;
    }
    close_block(body, &list);
    return (struct extensions){row, count};
}

// A staple's CertificateStatus: RFC 6066 section 8. Empty: it is of another kind than OCSP.
static struct bytes read_status(struct cursor *body)
{
    uint8_t type = cursor_u8(body);
    struct bytes response = cursor_take24(body);
    return type == STATUS_OCSP ? response : (struct bytes){NULL, 0};
}

// --- ServerHello: RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3 --------------------------------

// supported_versions decides where it is sent; the field it stands in for says TLS 1.2 then.
static uint16_t selected_version(struct cursor *body, const struct flight *flight)
{
    const struct extension *extension = extension_in(flight->shown->extensions, EXTENSION_SUPPORTED_VERSIONS);
    if (extension == NULL)
        return flight->legacy_version;
    struct cursor cursor = cursor_of(extension->body);
    uint16_t version = cursor_u16(&cursor);
    close_block(body, &cursor);
    return version;
}

static struct cursor key_share_of(const struct flight *flight)
{
    const struct extension *extension = extension_in(flight->shown->extensions, EXTENSION_KEY_SHARE);
    return cursor_of(extension == NULL ? (struct bytes){NULL, 0} : extension->body);
}

// In a HelloRetryRequest the group alone, else the group and the server's share.
static uint16_t selected_group(struct cursor *body, const struct flight *flight)
{
    struct cursor cursor = key_share_of(flight);
    if (cursor.left == 0)
        return 0;
    uint16_t group = cursor_u16(&cursor);
    if (!flight->retry)
        cursor_block16(&cursor);
    close_block(body, &cursor);
    return group;
}

struct bytes message_server_share(const struct flight *flight)
{
    struct cursor cursor = key_share_of(flight);
    cursor_u16(&cursor);
    return cursor_take16(&cursor);
}

// The legacy_session_id of the hello as it was sent: behind record header, message header, version
// and random.
static struct bytes sent_session_id(const struct flight_reader *reader)
{
    struct cursor cursor = cursor_of(reader->sent);
    cursor_take(&cursor, 5 + 4 + 2 + 32);
    return cursor_take8(&cursor);
}

static unsigned group_faults(const struct hello *hello, const struct flight *flight)
{
    if (!flight->retry)
        return flight->group != 0 && !hello_shares(hello, flight->group) ? FAULT_GROUP_NOT_OFFERED : 0;
    if (flight->group == 0) // a cookie alone is a good reason to ask again, if there was a share
        return extension_in(flight->shown->extensions, EXTENSION_COOKIE) != NULL && hello->key_shares.count != 0
                   ? 0
                   : FAULT_RETRY_WITHOUT_GROUP;
    return (group_offered(hello, flight->group) ? 0u : FAULT_GROUP_NOT_OFFERED) |
           (hello_shares(hello, flight->group) ? FAULT_RETRY_FOR_SHARE : 0u);
}

static unsigned hello_faults(const struct flight_reader *reader, const struct flight *flight, struct bytes session_id)
{
    unsigned faults = 0;
    if (!suite_offered(reader->hello, flight->suite))
        faults |= FAULT_SUITE_NOT_OFFERED;
    if (!version_offered(reader->hello, flight->version))
        faults |= FAULT_VERSION_NOT_OFFERED;
    if (!compression_offered(reader->hello, flight->compression))
        faults |= FAULT_COMPRESSION;
    if (!version_is_tls13(flight->version))
        return flight->retry ? faults | FAULT_UNEXPECTED : faults;
    bool comparable = !is_early_draft(flight->legacy_version) && reader->hello->fragment == 0;
    if (comparable && !bytes_equal(session_id, sent_session_id(reader)))
        faults |= FAULT_SESSION_ID;
    return faults | group_faults(reader->hello, flight);
}

static void keep_random(struct flight *flight, const uint8_t random[RANDOM])
{
    memcpy(flight->random_begin, random, sizeof flight->random_begin);
    memcpy(flight->random_end, random + RANDOM - sizeof flight->random_end, sizeof flight->random_end);
    flight->retry = memcmp(random, retry_random, RANDOM) == 0;
}

void message_server_hello(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    flight->legacy_version = cursor_u16(body);
    bool early = is_early_draft(flight->legacy_version);
    struct bytes random = cursor_take(body, RANDOM);
    if (!body->bad)
        keep_random(flight, random.data);
    struct bytes session_id = early ? (struct bytes){NULL, 0} : cursor_take8(body);
    if (session_id.size > 32)
        body->bad = true;
    flight->suite = cursor_u16(body);
    if (!early)
        flight->compression = cursor_u8(body);
    if (body->left != 0)
        flight->shown->extensions = read_extensions(reader, body, flight);
    flight->version = selected_version(body, flight);
    if (version_is_tls13(flight->version))
        flight->group = selected_group(body, flight);
    if (version_is_tls13(flight->version) && !flight->retry)
        flight->key_share = message_server_share(flight);
    flight->faults |= hello_faults(reader, flight, session_id);
    flight->hello = true;
}

void message_encrypted_extensions(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    flight->shown->encrypted_extensions = read_extensions(reader, body, flight);
}

// --- Certificate: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2 ----------------------------------

#define LEAF_EXTENSIONS 16 // kept of the leaf's entry

static void keep_leaf_extension(const struct flight_reader *reader, struct flight *flight, uint16_t type,
                                const struct cursor *body)
{
    size_t count = flight->shown->leaf_extensions.count;
    if (count == LEAF_EXTENSIONS)
        return;
    struct extension *row = arena_array(reader->arena, count + 1, sizeof *row);
    if (count != 0)
        memcpy(row, flight->shown->leaf_extensions.row, count * sizeof *row);
    row[count] = (struct extension){type, {body->next, body->left}};
    flight->shown->leaf_extensions = (struct extensions){row, count + 1};
}

static void read_entry_extensions(const struct flight_reader *reader, struct cursor *list, bool leaf,
                                  struct flight *flight, struct bytes *staple)
{
    struct cursor extensions = cursor_block16(list);
    while (extensions.left != 0) {
        uint16_t type = cursor_u16(&extensions);
        struct cursor extension = cursor_block16(&extensions);
        if (!extension_offered(reader->hello, type, false))
            flight->faults |= FAULT_EXTENSION_NOT_OFFERED;
        if (leaf)
            keep_leaf_extension(reader, flight, type, &extension);
        if (type == EXTENSION_STATUS_REQUEST) {
            struct bytes response = read_status(&extension);
            if (leaf)
                close_block(list, &extension);
            if (cursor_ended(&extension))
                *staple = response;
        }
    }
    close_block(list, &extensions);
}

static const struct bytes *keep_list(struct arena *arena, const struct bytes *list, size_t count)
{
    struct bytes *kept = arena_array(arena, count, sizeof *kept);
    if (count != 0)
        memcpy(kept, list, count * sizeof *kept);
    return kept;
}

static void read_certificates(const struct flight_reader *reader, struct cursor *body, bool with_extensions,
                              struct flight *flight)
{
    struct bytes kept[FLIGHT_CERTIFICATES], staples[FLIGHT_CERTIFICATES];
    size_t count = 0;
    struct cursor list = cursor_block24(body);
    while (list.left != 0) {
        struct bytes der = cursor_take24(&list), staple = {NULL, 0};
        if (der.size == 0)
            list.bad = true;
        if (with_extensions)
            read_entry_extensions(reader, &list, count == 0, flight, &staple);
        if (list.bad)
            break;
        if (count < FLIGHT_CERTIFICATES) {
            staples[count] = staple;
            kept[count++] = der;
        } else {
            flight->faults |= FAULT_TOO_LONG;
        }
    }
    close_block(body, &list);
    flight->shown->certificates = keep_list(reader->arena, kept, count);
    flight->shown->certificate_count = count;
    flight->shown->certificate_message = true;
    if (with_extensions)
        flight->shown->staples = keep_list(reader->arena, staples, count);
    if (with_extensions && count != 0)
        flight->shown->staple = staples[0];
}

void message_certificate(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    read_certificates(reader, body, false, flight);
}

void message_certificate_tls13(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    if (cursor_take8(body).size != 0) // certificate_request_context
        flight->faults |= FAULT_UNEXPECTED;
    read_certificates(reader, body, true, flight);
}

// RFC 8879: the algorithm is what we want to know; what is compressed stays so.
void message_compressed_certificate(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    (void)reader;
    flight->shown->certificate_compression = cursor_u16(body);
    cursor_u24(body);
    cursor_block24(body);
}

void message_certificate_status(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    if (!hello_carries(reader->hello, EXTENSION_STATUS_REQUEST))
        flight->faults |= FAULT_UNEXPECTED;
    flight->shown->staple = read_status(body);
}

// --- ServerKeyExchange: RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279, RFC 5489 ----------

static uint16_t bits_of(struct bytes number)
{
    while (number.size != 0 && number.data[0] == 0)
        number = (struct bytes){number.data + 1, number.size - 1};
    size_t bits = number.size * 8;
    for (unsigned top = number.size == 0 ? 0x80 : number.data[0]; top < 0x80; top <<= 1)
        bits--;
    return bits > UINT16_MAX ? UINT16_MAX : (uint16_t)bits;
}

static void read_dh(struct cursor *body, struct flight *flight)
{
    flight->shown->dh_prime = cursor_take16(body);
    flight->shown->dh_generator = cursor_take16(body);
    flight->key_share = cursor_take16(body);
    flight->shown->dh_bits = bits_of(flight->shown->dh_prime);
}

static bool is_explicit(uint16_t group) { return group == GROUP_EXPLICIT_PRIME || group == GROUP_EXPLICIT_CHAR2; }

// What follows an explicit curve is not read: nobody has answered with one for twenty years.
static void read_ecdh(const struct hello *hello, struct cursor *body, struct flight *flight)
{
    uint8_t type = cursor_u8(body);
    if (type == CURVE_NAMED) {
        flight->group = cursor_u16(body);
        flight->key_share = cursor_take8(body);
    } else if (type == CURVE_EXPLICIT_PRIME || type == CURVE_EXPLICIT_CHAR2) {
        flight->group = type == CURVE_EXPLICIT_PRIME ? GROUP_EXPLICIT_PRIME : GROUP_EXPLICIT_CHAR2;
        cursor_rest(body);
    } else {
        body->bad = true;
    }
    if (!group_offered(hello, flight->group))
        flight->faults |= FAULT_GROUP_NOT_OFFERED;
}

static void read_signature(struct cursor *body, struct flight *flight)
{
    if (flight->version == TLS12)
        flight->scheme = cursor_u16(body);
    cursor_block16(body);
}

static void read_unsigned(const struct hello *hello, const struct suite *suite, struct cursor *body,
                          struct flight *flight)
{
    cursor_block16(body); // psk_identity_hint
    if (suite->kx == KX_DHE_PSK)
        read_dh(body, flight);
    else if (suite->kx == KX_ECDHE_PSK)
        read_ecdh(hello, body, flight);
}

void message_server_key_exchange(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    const struct suite *suite = suite_find(flight->suite);
    switch (suite == NULL ? KX_OTHER : suite->kx) {
    case KX_PSK:
    case KX_RSA_PSK:
    case KX_DHE_PSK:
    case KX_ECDHE_PSK:
        read_unsigned(reader->hello, suite, body, flight);
        return;
    case KX_DHE:
        read_dh(body, flight);
        break;
    case KX_ECDHE:
        read_ecdh(reader->hello, body, flight);
        break;
    case KX_RSA: // with export suites alone: a short modulus and its exponent, RFC 2246 section 7.4.3
        if (!suite->export)
            flight->faults |= FAULT_UNEXPECTED;
        cursor_block16(body);
        cursor_block16(body);
        break;
    case KX_DH:
    case KX_ECDH:
        flight->faults |= FAULT_UNEXPECTED;
        cursor_rest(body);
        return;
    default: // SRP, GOST, a suite the registry does not know: nothing in it that we ask for
        cursor_rest(body);
        return;
    }
    if (suite->auth != AUTH_ANON && !is_explicit(flight->group))
        read_signature(body, flight);
}

// --- the others -----------------------------------------------------------------------------------

void message_server_hello_done(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    (void)reader, (void)body, (void)flight;
}

// RFC 5246 section 7.4.4; before TLS 1.2 without signature schemes.
void message_certificate_request(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    (void)reader;
    flight->shown->certificate_request = true;
    flight->shown->certificate_request_body = (struct bytes){body->next, body->left};
    cursor_block8(body); // certificate_types
    if (flight->version == TLS12)
        cursor_block16(body); // supported_signature_algorithms
    cursor_block16(body);     // certificate_authorities
}

// RFC 8446 section 4.3.2.
void message_certificate_request_tls13(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    (void)reader;
    flight->shown->certificate_request = true;
    flight->shown->certificate_request_body = (struct bytes){body->next, body->left};
    cursor_block8(body); // certificate_request_context
    struct cursor extensions = cursor_block16(body);
    skip_extensions(&extensions);
    close_block(body, &extensions);
}

void message_certificate_verify(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    (void)reader;
    flight->scheme = cursor_u16(body);
    cursor_block16(body);
}

// Not verified: nothing is sent or believed on the strength of it.
void message_finished(const struct flight_reader *reader, struct cursor *body, struct flight *flight)
{
    (void)reader, (void)flight;
    cursor_rest(body);
}
