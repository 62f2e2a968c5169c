// SPDX-License-Identifier: Apache-2.0
//
// The lists of our hellos, in an order that carries its reason beside it.
#include "check/offer.h"

#include "base/arena.h"
#include "base/fail.h"
#include "wire/registry.h"

#define LIST(array) ((struct codes){array, sizeof(array) / sizeof((array)[0])})

// At most 64: some servers read no further.
static const uint16_t likely_suites[] = {
    0xC02C, 0xC030, 0xC02B, 0xC02F,                         // ECDHE, AES-GCM
    0x009F, 0x009E,                                         // DHE, AES-GCM
    0xCCA9, 0xCCA8, 0xCCAA,                                 // ChaCha20, behind AES
    0xC0AD, 0xC0AC, 0xC09F, 0xC09E,                         // CCM
    0xC024, 0xC028, 0xC023, 0xC027, 0xC00A, 0xC014, 0xC009, // ECDHE, CBC
    0xC013, 0x006B, 0x0067, 0x0039, 0x0033,                 // DHE, CBC
    0x00C4, 0x00BE, 0x0088, 0x0045,                         // DHE, Camellia
    0x00A3, 0x00A2, 0x006A, 0x0040, 0x0038, 0x0032,         // DSS
    0x009D, 0x009C, 0x003D, 0x003C, 0x0035, 0x002F,         // RSA key transport
    0x00C0, 0x00BA, 0x0084, 0x0041,                         // ... Camellia
    0xC02E, 0xC02D, 0xC032, 0xC031, 0xC005, 0xC004,         // static ECDH
    0xC00F, 0xC00E,                                         //
    0xC008, 0xC012, 0x0016, 0x0013, 0x000A,                 // 3DES
    0x0096,                                                 // SEED
    0xC007, 0xC011, 0x0005, 0x0004,                         // RC4
};

static const uint16_t likely_suites_13[] = {0x1304, 0x1305, 0x1301, 0x1302, 0x1303}; // not as OpenSSL would choose

static const uint16_t groups_13[] = {
    0x001D, 0x0017, 0x0018, 0x0019, 0x001E,                 // what nearly everyone has
    0x11EC, 0x11EB, 0x11ED, 0x11EE,                         // hybrids
    0x0100, 0x0101, 0x0102, 0x0103, 0x0104,                 // ffdhe
    0x001F, 0x0020, 0x0021, 0x0029,                         // brainpool, SM2
    0x0201, 0x0202, 0x0200,                                 // ML-KEM alone
    0x6399, 0x639A, 0xFE31, 0xFE30, 0xFE32, 0x4138,         // Kyber drafts
    0x0022, 0x0023, 0x0024, 0x0025, 0x0026, 0x0027, 0x0028, // GOST
};

static const uint16_t groups_12[] = {
    0x001D, 0x0017, 0x0018, 0x0019, 0x001E,                         // what nearly everyone has
    0x001A, 0x001B, 0x001C, 0x0016,                                 // brainpool, secp256k1
    0x0015, 0x0014, 0x0013, 0x0012, 0x0010, 0x0011, 0x000F,         // short primes
    0x000D, 0x000E, 0x000B, 0x000C, 0x0009, 0x000A, 0x0008, 0x0006, // binary
    0x0007, 0x0004, 0x0005, 0x0001, 0x0002, 0x0003,                 //
    0x0029, 0x0022, 0x0023, 0x0024, 0x0025, 0x0026, 0x0027, 0x0028, // SM2, GOST
    0x0100, 0x0101, 0x0102, 0x0103, 0x0104,                         // ffdhe, RFC 7919
};

// Not as OpenSSL would choose, from the third of a kind on: what chooses so all the same has an order of its own, which
// then needs no control.
static const uint16_t schemes[] = {
    0x0403, 0x0503, 0x0303, 0x0603,                         // ECDSA
    0x0804, 0x0806, 0x0805,                                 // RSA-PSS with an RSA key
    0x0401, 0x0501, 0x0601,                                 // RSA PKCS #1
    0x0807, 0x0808, 0x0809, 0x080A, 0x080B,                 // EdDSA, RSA-PSS with its own key
    0x0904, 0x0905, 0x0906,                                 // ML-DSA
    0x081A, 0x081B, 0x081C, 0x0708,                         // brainpool, SM2
    0x0840, 0x0841, 0xEEEE, 0xEFEF, 0xEDED,                 // GOST, TLS 1.2
    0x0709, 0x070A, 0x070B, 0x070C, 0x070D, 0x070E, 0x070F, // GOST, TLS 1.3
    0x0402, 0x0302, 0x0301, 0x0202, 0x0203, 0x0201,         // DSA, SHA-224, SHA-1
    0x0101,                                                 // MD5
};
const struct codes offer_schemes = {schemes, sizeof schemes / sizeof schemes[0]};

// RFC 8446 and the drafts before it that were deployed.
static const uint16_t versions_13[] = {0x0304, 0x7F1C, 0x7F1B, 0x7F1A, 0x7F19, 0x7F18,
                                       0x7F17, 0x7F16, 0x7F15, 0x7F14, 0x7F12};

struct codes offer_likely(uint16_t version) { return version == TLS13 ? LIST(likely_suites_13) : LIST(likely_suites); }

struct codes offer_groups(uint16_t version) { return version == TLS13 ? LIST(groups_13) : LIST(groups_12); }

static struct codes joined(struct arena *arena, struct codes a, struct codes b)
{
    uint16_t *code = arena_array(arena, a.count + b.count, sizeof *code);
    for (size_t i = 0; i < a.count; i++)
        code[i] = a.code[i];
    for (size_t i = 0; i < b.count; i++)
        code[a.count + i] = b.code[i];
    return (struct codes){code, a.count + b.count};
}

struct codes offer_with(struct arena *arena, struct codes codes, uint16_t code)
{
    return joined(arena, codes, (struct codes){&code, 1});
}

struct codes offer_without(struct arena *arena, struct codes codes, uint16_t code)
{
    uint16_t *left = arena_array(arena, codes.count, sizeof *left);
    size_t count = 0;
    for (size_t i = 0; i < codes.count; i++)
        if (codes.code[i] != code)
            left[count++] = codes.code[i];
    return (struct codes){left, count};
}

// Suites with SRP want the name of a user, and a server that has them turns every hello down which offers them without
// it (RFC 5054 section 2.5.1.3), or with one that it does not know.
static bool askable(const struct suite *suite, uint16_t version)
{
    if (suite->kx == KX_SRP || suite->status == STATUS_SCSV || suite->status == STATUS_GREASE ||
        suite->status == STATUS_SSL2)
        return false;
    return suite->code != 0x0000 && (suite->min_version == TLS13) == (version == TLS13);
}

// 0 strong, 1 middling, 2 what no client should accept.
static int weakness(const struct suite *suite)
{
    if (suite->export || suite->strength_bits < 112 || suite->auth == AUTH_ANON)
        return 2;
    return suite->aead ? 0 : 1;
}

struct codes offer_every_suite(struct arena *arena, uint16_t version)
{
    struct codes likely = offer_likely(version);
    uint16_t code[512];
    size_t count = 0;
    always(suite_count() <= sizeof code / sizeof code[0]);
    for (int pass = 0; pass <= 2; pass++)
        for (size_t i = 0; i < suite_count(); i++) {
            const struct suite *suite = suite_at(i);
            if (suite->code > 0xFFFF || !askable(suite, version) || weakness(suite) != pass)
                continue;
            if (!codes_have(likely, (uint16_t)suite->code))
                code[count++] = (uint16_t)suite->code;
        }
    return joined(arena, (struct codes){code, count}, likely);
}

struct codes offer_suites(const struct host *host, uint16_t version)
{
    return version == TLS13 ? host->offers->suites_13 : host->offers->suites;
}

static struct codes with_exchange(struct arena *arena, struct codes suites, enum key_exchange exchange)
{
    uint16_t *code = arena_array(arena, suites.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < suites.count; i++) {
        const struct suite *suite = suite_find(suites.code[i]);
        if (suite != NULL && suite->kx == exchange)
            code[count++] = suites.code[i];
    }
    return (struct codes){code, count};
}

struct codes offer_exchange(const struct host *host, struct codes suites, enum key_exchange exchange)
{
    const struct offers *offers = host->offers;
    bool all = suites.code == offers->suites.code && suites.count == offers->suites.count;
    if (all && exchange == KX_ECDHE)
        return offers->ecdhe;
    if (all && exchange == KX_DHE)
        return offers->dhe;
    return with_exchange(host->scratch, suites, exchange);
}

unsigned offer_rank(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    bool secret = suite != NULL && suite->forward_secrecy && suite->strength_bits > 112 && suite->auth != AUTH_ANON;
    return (secret ? 0u : 2u) + (suite != NULL && suite->aead ? 0u : 1u);
}

const uint8_t *offer_ranks(struct arena *arena, struct codes suites)
{
    uint8_t *ranks = arena_alloc(arena, suites.count);
    for (size_t i = 0; i < suites.count; i++)
        ranks[i] = (uint8_t)offer_rank(suites.code[i]);
    return ranks;
}

static const uint16_t signals[] = {0x00FF, 0x5600}; // of RFC 5746 and RFC 7507

static struct codes likely_of(struct arena *arena, enum authentication auth)
{
    struct codes likely = offer_likely(TLS12);
    uint16_t *code = arena_array(arena, likely.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < likely.count; i++)
        if (suite_find(likely.code[i])->auth == auth)
            code[count++] = likely.code[i];
    return (struct codes){code, count};
}

const struct offers *offers_make(struct arena *arena)
{
    struct offers *offers = arena_alloc(arena, sizeof *offers);
    offers->suites = offer_every_suite(arena, TLS12);
    offers->suite_ranks = offer_ranks(arena, offers->suites);
    offers->suites_13 = offer_every_suite(arena, TLS13);
    offers->likely_rsa = likely_of(arena, AUTH_RSA);
    offers->ecdhe = with_exchange(arena, offers->suites, KX_ECDHE);
    offers->dhe = with_exchange(arena, offers->suites, KX_DHE);
    offers->all = joined(arena, joined(arena, offers->suites, offers->suites_13), LIST(signals));
    return offers;
}

bool offer_has_name(const struct host *host) { return host->target->sni != NULL; }

struct hello offer_hello(const struct host *host, struct arena *arena, uint16_t version, struct codes suites)
{
    static const uint16_t renegotiation_scsv[] = {0x00FF}, final_13[] = {TLS13};
    struct hello hello = {.version = version, .session_id = version != SSL2, .suites = suites};
    if (version == SSL2)
        return hello;
    if (version == SSL3) {
        hello.suites = joined(arena, suites, LIST(renegotiation_scsv));
        return hello;
    }
    hello.extensions =
        HELLO_EXTENDED_MASTER_SECRET | HELLO_RENEGOTIATION_INFO | HELLO_EC_POINT_FORMATS | HELLO_SUPPORTED_GROUPS;
    hello.groups = offer_groups(version);
    if (offer_has_name(host)) {
        hello.extensions |= HELLO_SERVER_NAME;
        hello.server_name = host->target->sni;
    }
    if (version <= TLS12) // some servers have no CBC suite for clients without it (GnuTLS with %FORCE_ETM)
        hello.extensions |= HELLO_ENCRYPT_THEN_MAC;
    if (version >= TLS12) {
        hello.extensions |= HELLO_SIGNATURE_ALGORITHMS;
        hello.schemes = offer_schemes;
    }
    if (version == TLS13) {
        hello.version = TLS12;
        hello.extensions |= HELLO_KEY_SHARE | HELLO_SUPPORTED_VERSIONS;
        hello.versions = LIST(final_13);
    }
    return hello;
}

struct hello offer_first(const struct host *host, struct arena *arena, uint16_t version)
{
    if (version == SSL2)
        return offer_hello(host, arena, version, (struct codes){NULL, 0});
    struct codes suites = offer_suites(host, version);
    if (version != TLS13)
        return offer_hello(host, arena, version, suites);
    struct hello hello = offer_hello(host, arena, version, joined(arena, offer_suites(host, TLS12), suites));
    hello.versions = LIST(versions_13);
    return hello;
}

struct hello offer_modest(const struct host *host, struct arena *arena, uint16_t version, struct codes suites)
{
    static const uint16_t signers[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806,
                                       0x0401, 0x0501, 0x0601, 0x0402, 0x0203, 0x0201};
    struct hello hello = offer_hello(host, arena, version, suites);
    if (version >= TLS12)
        hello.schemes = LIST(signers);
    return hello;
}
