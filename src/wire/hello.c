// SPDX-License-Identifier: Apache-2.0
//
// A ClientHello from its spec. One table says which extension is written by what and in which
// order; the rest is the struct of RFC 8446 section 4.1.2, which is that of SSLv3 too.
#include "wire/hello.h"

#include "base/arena.h"
#include "base/fail.h"
#include "wire/kem.h"
#include "wire/keys.h"
#include "wire/registry.h"

#define CONTENT_HANDSHAKE     22
#define CLIENT_HELLO          1
#define EXTENSION_PADDING     21
#define FRAGMENT_LIMIT        16384 // TLSPlaintext.length: RFC 8446 section 5.1
#define SSL2_CHALLENGE        16
#define HANGING_FROM          256 // sizes at which some servers hang: RFC 7685 section 4
#define HANGING_TO            511
#define EXTENSION_HEADER_SIZE 4
#define USUAL_EXTENSIONS      512
#define USUAL_MESSAGE         1024 // without suites
#define RECORD_HEADER_SIZE    5

// From the end: what servers choose is offered last, as a rule.
bool codes_have(struct codes codes, uint16_t code)
{
    for (size_t i = codes.count; i-- > 0;)
        if (codes.code[i] == code)
            return true;
    return false;
}

static void add_derived(struct builder *builder, const struct entropy *entropy, const char *label, size_t size)
{
    uint8_t octets[32];
    always(size <= sizeof octets);
    entropy_expand(entropy, label, octets, size);
    builder_add(builder, (struct bytes){octets, size});
}

static void add_codes(struct builder *builder, struct codes codes, unsigned width)
{
    size_t block = builder_open(builder, width);
    builder_u16s(builder, codes.code, codes.count);
    builder_close(builder, block, width);
}

// --- bodies of the extensions ---------------------------------------------------------------------

static void server_name(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)entropy;
    size_t list = builder_open(body, 2);
    builder_u8(body, 0); // host_name
    size_t name = builder_open(body, 2);
    builder_add(body, bytes_of_text(hello->server_name));
    builder_close(body, name, 2);
    builder_close(body, list, 2);
}

static void empty(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)body, (void)hello, (void)entropy;
}

// An initial handshake has an empty renegotiated_connection.
static void renegotiation_info(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)hello, (void)entropy;
    builder_u8(body, 0);
}

static void ec_point_formats(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)hello, (void)entropy;
    builder_u8(body, 1);
    builder_u8(body, 0); // uncompressed
}

static void status_request(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)hello, (void)entropy;
    builder_u8(body, 1);  // ocsp
    builder_u16(body, 0); // no responder_id_list
    builder_u16(body, 0); // no request_extensions
}

static void key_shares(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    size_t list = builder_open(body, 2);
    for (size_t i = 0; i < hello->key_shares.count; i++) {
        uint16_t group = hello->key_shares.code[i];
        builder_u16(body, group);
        size_t share = builder_open(body, 2);
        builder_add(body, kem_group_known(group) ? kem_share(body->arena, entropy, group)
                                                 : key_share(body->arena, entropy, group));
        builder_close(body, share, 2);
    }
    builder_close(body, list, 2);
}

static void psk_key_exchange_modes(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)hello, (void)entropy;
    builder_u8(body, 1);
    builder_u8(body, 1); // psk_dhe_ke
}

static void signature_algorithms_cert(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)entropy;
    add_codes(body, hello->certificate_schemes, 2);
}

static void supported_versions(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)entropy;
    add_codes(body, hello->versions, 1);
}

static void supported_groups(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)entropy;
    add_codes(body, hello->groups, 2);
}

static void signature_algorithms(struct builder *body, const struct hello *hello, const struct entropy *entropy)
{
    (void)entropy;
    add_codes(body, hello->schemes, 2);
}

// In the order of enum hello_extension, which is the order on the wire.
static const struct row {
    enum hello_extension bit;
    uint16_t type;
    void (*write)(struct builder *body, const struct hello *hello, const struct entropy *entropy);
} rows[] = {
    {HELLO_SERVER_NAME, 0, server_name},
    {HELLO_EXTENDED_MASTER_SECRET, 23, empty},
    {HELLO_ENCRYPT_THEN_MAC, 22, empty},
    {HELLO_RENEGOTIATION_INFO, 0xFF01, renegotiation_info},
    {HELLO_EC_POINT_FORMATS, 11, ec_point_formats},
    {HELLO_SESSION_TICKET, 35, empty},
    {HELLO_STATUS_REQUEST, 5, status_request},
    {HELLO_SIGNED_CERTIFICATE_TIMESTAMP, 18, empty},
    {HELLO_KEY_SHARE, 51, key_shares},
    {HELLO_PSK_KEY_EXCHANGE_MODES, 45, psk_key_exchange_modes},
    {HELLO_SIGNATURE_ALGORITHMS_CERT, 50, signature_algorithms_cert},
    {HELLO_SUPPORTED_VERSIONS, 43, supported_versions},
    {HELLO_SUPPORTED_GROUPS, 10, supported_groups},
    {HELLO_SIGNATURE_ALGORITHMS, 13, signature_algorithms},
    {HELLO_EXTENDED_MASTER_SECRET_LAST, 23, empty},
};

#define ROWS (sizeof rows / sizeof *rows)

static bool written(const struct hello *hello, const struct row *row)
{
    return (hello->extensions & row->bit) != 0 && (row->bit != HELLO_SERVER_NAME || hello->server_name != NULL);
}

bool hello_carries(const struct hello *hello, uint16_t type)
{
    for (size_t i = 0; i < hello->extra.count; i++)
        if (hello->extra.row[i].type == type)
            return true;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].type == type && hello->version != SSL2 && written(hello, &rows[i]))
            return true;
    return false;
}

bool hello_shares(const struct hello *hello, uint16_t group)
{
    return (hello->extensions & HELLO_KEY_SHARE) != 0 && codes_have(hello->key_shares, group);
}

// --- TLS ------------------------------------------------------------------------------------------

static void add_extra(struct builder *block, struct extensions extra)
{
    for (size_t i = 0; i < extra.count; i++) {
        builder_u16(block, extra.row[i].type);
        size_t body = builder_open(block, 2);
        builder_add(block, extra.row[i].body);
        builder_close(block, body, 2);
    }
}

// All extensions without the length before them; *last is where the last one begins.
static struct bytes extensions(struct arena *arena, const struct hello *hello, const struct entropy *entropy,
                               size_t *last)
{
    struct builder block = builder_of(arena, USUAL_EXTENSIONS);
    *last = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].bit == HELLO_SUPPORTED_VERSIONS)
            add_extra(&block, hello->extra);
        if (!written(hello, &rows[i]))
            continue;
        *last = block.size;
        builder_u16(&block, rows[i].type);
        size_t body = builder_open(&block, 2);
        rows[i].write(&block, hello, entropy);
        builder_close(&block, body, 2);
    }
    always(!block.bad);
    return builder_bytes(&block);
}

// Brings a message of `size` octets to `wanted`, or four more than it has where that is not enough
// for an extension's header.
static void add_padding(struct builder *message, size_t size, size_t wanted)
{
    size_t missing = wanted - size;
    builder_u16(message, EXTENSION_PADDING);
    size_t body = builder_open(message, 2);
    for (size_t i = EXTENSION_HEADER_SIZE; i < missing; i++)
        builder_u8(message, 0);
    builder_close(message, body, 2);
}

// Padding goes before the last extension: it may come out empty, and old servers that refuse an
// empty last extension are the very ones for whom the order of the others was chosen.
static void add_extensions(struct builder *message, const struct hello *hello, const struct entropy *entropy)
{
    size_t last;
    struct bytes all = extensions(message->arena, hello, entropy, &last);
    size_t block = builder_open(message, 2);
    size_t size = block + all.size;
    builder_add(message, (struct bytes){all.data, last});
    size_t wanted = hello->pad_to != 0                           ? hello->pad_to
                    : size >= HANGING_FROM && size <= HANGING_TO ? HANGING_TO + 1
                                                                 : 0;
    if (wanted > size)
        add_padding(message, size, wanted);
    if (all.size != 0)
        builder_add(message, (struct bytes){all.data + last, all.size - last});
    builder_close(message, block, 2);
}

static struct bytes client_hello(struct arena *arena, const struct hello *hello, const struct entropy *entropy)
{
    struct builder message = builder_of(arena, USUAL_MESSAGE + 2 * hello->suites.count);
    builder_u8(&message, CLIENT_HELLO);
    size_t body = builder_open(&message, 3);
    builder_u16(&message, hello->version);
    add_derived(&message, entropy, "random", 32);
    size_t session_id = builder_open(&message, 1);
    if (hello->session_id)
        add_derived(&message, entropy, "session id", 32);
    builder_close(&message, session_id, 1);
    add_codes(&message, hello->suites, 2);
    size_t compressions = builder_open(&message, 1);
    if (hello->compressions.size == 0)
        builder_u8(&message, 0); // null
    builder_add(&message, hello->compressions);
    builder_close(&message, compressions, 1);
    if (hello->extensions != 0 || hello->extra.count != 0)
        add_extensions(&message, hello, entropy);
    builder_close(&message, body, 3);
    always(!message.bad);
    return builder_bytes(&message);
}

static uint16_t record_version(const struct hello *hello)
{
    if (hello->record_version != 0)
        return hello->record_version;
    return hello->version == SSL3 ? SSL3 : TLS10;
}

static struct bytes tls(struct arena *arena, const struct hello *hello, const struct entropy *entropy)
{
    struct arena scratch = {0};
    size_t most = hello->fragment != 0 ? hello->fragment : FRAGMENT_LIMIT;
    struct cursor message = cursor_of(client_hello(&scratch, hello, entropy));
    struct builder records = builder_of(arena, message.left + RECORD_HEADER_SIZE);
    while (message.left != 0) {
        builder_u8(&records, CONTENT_HANDSHAKE);
        builder_u16(&records, record_version(hello));
        size_t fragment = builder_open(&records, 2);
        builder_add(&records, cursor_take(&message, message.left < most ? message.left : most));
        builder_close(&records, fragment, 2);
    }
    arena_release(&scratch);
    return builder_bytes(&records);
}

// --- SSLv2 ----------------------------------------------------------------------------------------

static void add_kinds(struct builder *message)
{
    for (size_t i = 0; i < suite_count(); i++)
        if (suite_at(i)->status == STATUS_SSL2)
            builder_u24(message, suite_at(i)->code);
}

// CLIENT-HELLO behind a record header of two octets (no padding): the draft's section 1.1, 2.5.
static struct bytes ssl2(struct arena *arena, const struct entropy *entropy)
{
    struct builder kinds = builder_in(arena);
    add_kinds(&kinds);
    struct builder record = builder_in(arena);
    size_t message = builder_open(&record, 2);
    builder_u8(&record, CLIENT_HELLO);
    builder_u16(&record, SSL2);
    builder_u16(&record, (uint16_t)kinds.size);
    builder_u16(&record, 0); // no session id
    builder_u16(&record, SSL2_CHALLENGE);
    builder_add(&record, builder_bytes(&kinds));
    add_derived(&record, entropy, "random", SSL2_CHALLENGE);
    builder_close(&record, message, 2);
    always(record.size < 0x8000);
    record.data[0] |= 0x80;
    return builder_bytes(&record);
}

struct bytes hello_build(struct arena *arena, const struct hello *hello, const struct entropy *entropy)
{
    return hello->version == SSL2 ? ssl2(arena, entropy) : tls(arena, hello, entropy);
}
