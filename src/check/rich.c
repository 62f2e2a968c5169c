// SPDX-License-Identifier: Apache-2.0
//
// The rich hello: one row for each part says what it adds. The search halves what is refused; that
// the whole of it is refused again and again by a host that has had enough is ruled out by the plain
// hello (opening_confirm).
#include "check/rich.h"

#include "base/arena.h"
#include "base/fail.h"
#include "check/alpn.h"
#include "check/offer.h"
#include "wire/registry.h"

enum {
    CERTIFICATE_TYPE_RAW = 2,
    EXTENSION_MAX_FRAGMENT_LENGTH = 1,
    EXTENSION_SERVER_CERTIFICATE_TYPE = 20,
    EXTENSION_RECORD_SIZE_LIMIT = 28,
    EXTENSION_DELEGATED_CREDENTIAL = 34,
    EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xFE0D
};

#define OCTETS(array)                                                                                                  \
    {                                                                                                                  \
        array, sizeof(array)                                                                                           \
    }

static const uint8_t peer_allowed_to_send[] = {1};
static const uint8_t two_to_the_12[] = {4};
static const uint8_t size_limit_12[] = {0x40, 0x00}; // the record's content in TLS 1.2
static const uint8_t size_limit_13[] = {0x40, 0x01}; // ... and one octet for its type
static const uint8_t raw_key_first[] = {2, CERTIFICATE_TYPE_RAW, 0};
static const uint8_t methods[] = {1, 64, 0}; // DEFLATE (RFC 3749), LZS (RFC 3943), null

// Parts that are one or two extensions with a body that stands for itself.
static const struct {
    enum rich_part part;
    uint16_t type;
    struct bytes body;
} plain_parts[] = {
    {RICH_HEARTBEAT, 15, OCTETS(peer_allowed_to_send)},
    {RICH_TRUNCATED_HMAC, 4, {NULL, 0}},
    {RICH_MAX_FRAGMENT_LENGTH, EXTENSION_MAX_FRAGMENT_LENGTH, OCTETS(two_to_the_12)},
    {RICH_NEXT_PROTOCOL_NEGOTIATION, 13172, {NULL, 0}},
    {RICH_CERTIFICATE_TYPES, 19, OCTETS(raw_key_first)},
    {RICH_CERTIFICATE_TYPES, EXTENSION_SERVER_CERTIFICATE_TYPE, OCTETS(raw_key_first)},
};

// ... and those that are a flag of the hello.
static const struct {
    enum rich_part part;
    uint32_t flag;
} flag_parts[] = {
    {RICH_STATUS_REQUEST, HELLO_STATUS_REQUEST},
    {RICH_SIGNED_CERTIFICATE_TIMESTAMP, HELLO_SIGNED_CERTIFICATE_TIMESTAMP},
    {RICH_SESSION_TICKET, HELLO_SESSION_TICKET},
    {RICH_ENCRYPT_THEN_MAC, HELLO_ENCRYPT_THEN_MAC}, // which the plain hello has too
};

// RFC 9849 section 6.2 (GREASE): what looks like an encrypted hello. HKDF-SHA256, AES-128-GCM, a
// share that is a string of octets like any other of X25519, and a payload that nobody can open.
static struct bytes grease_ech(struct arena *arena)
{
    enum { SHARE = 32, PAYLOAD = 144 };
    struct builder body = builder_in(arena);
    builder_u8(&body, 0); // outer
    builder_u16(&body, 0x0001);
    builder_u16(&body, 0x0001);
    builder_u8(&body, 0x2A); // config_id
    size_t share = builder_open(&body, 2);
    for (unsigned i = 0; i < SHARE; i++)
        builder_u8(&body, (uint8_t)(i * 37 + 11));
    builder_close(&body, share, 2);
    size_t payload = builder_open(&body, 2);
    for (unsigned i = 0; i < PAYLOAD; i++)
        builder_u8(&body, (uint8_t)(i * 73 + 5));
    builder_close(&body, payload, 2);
    return builder_bytes(&body);
}

// RFC 9345: the schemes that a delegated key may sign with.
static struct bytes delegated_schemes(struct arena *arena)
{
    static const uint16_t schemes[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808};
    struct builder body = builder_in(arena);
    size_t list = builder_open(&body, 2);
    builder_u16s(&body, schemes, sizeof schemes / sizeof schemes[0]);
    builder_close(&body, list, 2);
    return builder_bytes(&body);
}

struct hello rich_hello(const struct host *host, const struct opening *opening, unsigned set)
{
    struct hello hello = opening_hello(host, opening);
    struct extension *extra = arena_array(host->scratch, RICH_PARTS + 1, sizeof *extra);
    size_t count = 0;
    for (size_t i = 0; i < sizeof flag_parts / sizeof flag_parts[0]; i++)
        if (set & RICH(flag_parts[i].part))
            hello.extensions |= flag_parts[i].flag;
    for (size_t i = 0; i < sizeof plain_parts / sizeof plain_parts[0]; i++)
        if (set & RICH(plain_parts[i].part))
            extra[count++] = (struct extension){plain_parts[i].type, plain_parts[i].body};
    if (set & RICH(RICH_RECORD_SIZE_LIMIT)) {
        const uint8_t *limit = opening->version == TLS13 ? size_limit_13 : size_limit_12;
        extra[count++] = (struct extension){EXTENSION_RECORD_SIZE_LIMIT, {limit, sizeof size_limit_12}};
    }
    if (set & RICH(RICH_DELEGATED_CREDENTIAL))
        extra[count++] = (struct extension){EXTENSION_DELEGATED_CREDENTIAL, delegated_schemes(host->scratch)};
    if (set & RICH(RICH_ENCRYPTED_CLIENT_HELLO))
        extra[count++] = (struct extension){EXTENSION_ENCRYPTED_CLIENT_HELLO, grease_ech(host->scratch)};
    if (set & RICH(RICH_ALPN))
        extra[count++] = alpn_extension(host->scratch, alpn_protocols(host->scratch));
    if (set & RICH(RICH_COMPRESSION))
        hello.compressions = (struct bytes)OCTETS(methods);
    hello.extra = (struct extensions){extra, count};
    return hello;
}

const struct answer *rich_ask(struct host *host, const struct opening *opening, unsigned set, uint16_t sample)
{
    struct probe probe = {.hello = rich_hello(host, opening, set), .sample = sample};
    return ask(host, &probe);
}

bool rich_raw_public_key(const struct flight *flight)
{
    const struct extension *chosen = opening_extension(flight, EXTENSION_SERVER_CERTIFICATE_TYPE);
    return chosen != NULL && chosen->body.size == 1 && chosen->body.data[0] == CERTIFICATE_TYPE_RAW;
}

// --- the search ----------------------------------------------------------------------------------

struct search {
    struct host *host;
    const struct opening *opening;
    struct rich *rich;
    bool waiting;
};

static void leave(struct search *search, unsigned set, struct fact why)
{
    for (unsigned part = 0; part < RICH_PARTS; part++)
        if (set & RICH(part)) {
            search->rich->answer[part] = NULL;
            search->rich->why[part] = why;
        }
}

static void settle(struct search *search, unsigned set, const struct answer *answer)
{
    for (unsigned part = 0; part < RICH_PARTS; part++)
        if (set & RICH(part))
            search->rich->answer[part] = answer;
}

// Protocols alone, which a server is the likeliest to turn down; else so many from the first on.
static unsigned half_of(unsigned set)
{
    if ((set & RICH(RICH_ALPN)) != 0 && set != RICH(RICH_ALPN))
        return RICH(RICH_ALPN);
    unsigned half = 0, count = 0, taken = 0;
    for (unsigned part = 0; part < RICH_PARTS; part++)
        count += set >> part & 1;
    for (unsigned part = 0; part < RICH_PARTS && taken < count / 2; part++)
        if (set & RICH(part)) {
            half |= RICH(part);
            taken++;
        }
    return half;
}

static void find(struct search *search, unsigned set)
{
    struct host *host = search->host;
    const struct answer *answer = rich_ask(host, search->opening, set, 0);
    enum reply reply = opening_reply(search->opening, answer);
    if (reply == REPLY_PENDING) {
        search->waiting = true;
        return;
    }
    if (reply == REPLY_ACCEPTED) {
        settle(search, set, answer);
        return;
    }
    struct hello hello = rich_hello(host, search->opening, set);
    struct fact why;
    bool held;
    if (opening_confirm(host, search->opening, &hello, answer, &held, &why) == WAIT) {
        search->waiting = true;
        return;
    }
    unsigned half = half_of(set);
    if (!held) {
        leave(search, set, why);
    } else if (half == 0) {
        why.verdict = VERDICT_UNKNOWN;
        why.reason = "refused";
        why.sentence = "the server turns down a ClientHello because of it";
        leave(search, set, why);
    } else {
        find(search, half);
        find(search, set & ~half);
    }
}

enum progress rich_find(struct host *host, const struct opening *opening, unsigned set, struct rich *rich)
{
    struct search search = {.host = host, .opening = opening, .rich = rich};
    const unsigned beside_certificate =
        RICH(RICH_STATUS_REQUEST) | RICH(RICH_SIGNED_CERTIFICATE_TIMESTAMP) | RICH(RICH_DELEGATED_CREDENTIAL);
    *rich = (struct rich){0};
    find(&search, set);
    if (search.waiting)
        return WAIT;
    const struct answer *typed = rich->answer[RICH_CERTIFICATE_TYPES], *limited = rich->answer[RICH_RECORD_SIZE_LIMIT];
    if (typed != NULL && rich_raw_public_key(typed->outcome->flight))
        find(&search, set & beside_certificate);
    if (limited != NULL && (set & RICH(RICH_MAX_FRAGMENT_LENGTH)) != 0 &&
        limited == rich->answer[RICH_MAX_FRAGMENT_LENGTH] &&
        opening_extension(limited->outcome->flight, EXTENSION_RECORD_SIZE_LIMIT) != NULL &&
        opening_extension(limited->outcome->flight, EXTENSION_MAX_FRAGMENT_LENGTH) == NULL)
        find(&search, RICH(RICH_MAX_FRAGMENT_LENGTH));
    return search.waiting ? WAIT : DONE;
}
