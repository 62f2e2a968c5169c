// SPDX-License-Identifier: Apache-2.0
//
// Kinds of key are told apart by signature schemes and suites alone: what a hello does not offer for a kind, that
// kind cannot answer with.
#include "check/key_kind.h"

#include <string.h>

#include "base/arena.h"
#include "check/offer.h"
#include "wire/certificate.h"
#include "wire/registry.h"

// Asked of every scheme of every question: most differ in their first letter.
static bool begins_with(const char *name, const char *prefix)
{
    return name[0] == prefix[0] && strncmp(name, prefix, strlen(prefix)) == 0;
}

static enum key_kind kind_of_scheme(const struct scheme *scheme)
{
    static const struct {
        const char *prefix;
        enum key_kind kind;
    } kinds[] = {
        {"rsa_pss_pss_", KIND_RSA_PSS},
        {"rsa_", KIND_RSA},
        {"ecdsa_", KIND_ECDSA},
        {"ed", KIND_EDDSA},
        {"dsa_", KIND_DSA},
        {"gost", KIND_GOST},
        {"mldsa", KIND_ML_DSA},
        {"sm2", KIND_SM2},
    };
    for (size_t i = 0; scheme != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (begins_with(scheme->name, kinds[i].prefix))
            return kinds[i].kind;
    return KIND_OTHER;
}

static enum key_kind kind_of_key(const char *type)
{
    static const struct {
        const char *type;
        enum key_kind kind;
    } kinds[] = {
        {"RSA-PSS", KIND_RSA_PSS}, {"RSA", KIND_RSA},   {"EC", KIND_ECDSA},      {"Ed", KIND_EDDSA},
        {"DSA", KIND_DSA},         {"GOST", KIND_GOST}, {"ML-DSA", KIND_ML_DSA}, {"SM2", KIND_SM2},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (begins_with(type, kinds[i].type))
            return kinds[i].kind;
    return KIND_OTHER;
}

// The signature over the handshake tells the kind of key, and so does the suite up to TLS 1.1; the
// certificate itself is read only where neither does.
enum key_kind key_kind_shown(struct host *host, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    if (flight->scheme != 0)
        return kind_of_scheme(scheme_find(flight->scheme));
    const struct suite *suite = suite_find(flight->suite);
    if (suite != NULL && flight->version < TLS12) {
        if (suite->auth == AUTH_RSA)
            return KIND_RSA;
        if (suite->auth == AUTH_ECDSA)
            return KIND_ECDSA;
        if (suite->auth == AUTH_DSS)
            return KIND_DSA;
    }
    return kind_of_key(certificate_key(host->scratch, flight->shown->certificates[0]).type);
}

// The schemes of kinds that are not in the set `seen`. RSA PKCS #1 stays in TLS 1.3, where it can
// sign certificates alone: a server that reads no signature_algorithms_cert may need it for its chain.
static struct codes narrowed(struct arena *arena, unsigned seen, uint16_t version)
{
    uint16_t *code = arena_array(arena, offer_schemes.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < offer_schemes.count; i++) {
        const struct scheme *scheme = scheme_find(offer_schemes.code[i]);
        enum key_kind kind = kind_of_scheme(scheme);
        bool chain_only = version == TLS13 && kind == KIND_RSA && !scheme->tls13;
        if ((seen >> kind & 1) == 0 || chain_only)
            code[count++] = offer_schemes.code[i];
    }
    return (struct codes){code, count};
}

void key_sign_with(struct hello *hello, struct codes schemes)
{
    hello->schemes = schemes;
    hello->extensions |= HELLO_SIGNATURE_ALGORITHMS_CERT;
    hello->certificate_schemes = offer_schemes;
}

void key_kinds_remove(struct arena *arena, struct hello *hello, unsigned seen, uint16_t version)
{
    if (seen == 0)
        hello->schemes = offer_schemes;
    else
        key_sign_with(hello, narrowed(arena, seen, version));
}

// TLS 1.3 ties a scheme to the curve, so that a key has one of them; and servers with several kinds of key, as a rule,
// prefer this one.
uint16_t key_only_scheme(struct host *host, const struct answer *answer)
{
    uint16_t scheme = answer->outcome->flight->scheme;
    return scheme != 0 && key_kind_shown(host, answer) == KIND_ECDSA ? scheme : 0;
}

// Suites whose key exchange is signed with the certificate's key; apart: those of kinds that were not seen.
static bool signed_suite(const struct suite *suite, unsigned seen, bool apart)
{
    bool ephemeral = suite->kx == KX_DHE || suite->kx == KX_ECDHE;
    switch (suite->auth) {
    case AUTH_RSA:
        return apart ? (seen >> KIND_RSA & 1) == 0 : ephemeral;
    case AUTH_ECDSA:
        return apart ? (seen >> KIND_ECDSA & 1) == 0 : ephemeral;
    case AUTH_DSS:
        return (seen >> KIND_DSA & 1) == 0;
    case AUTH_GOST:
        return (seen >> KIND_GOST & 1) == 0;
    default:
        return false;
    }
}

static struct codes signed_suites(const struct host *host, uint16_t version, unsigned seen, bool apart)
{
    struct codes likely = offer_likely(version);
    uint16_t *code = arena_array(host->scratch, likely.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < likely.count; i++)
        if (signed_suite(suite_find(likely.code[i]), seen, apart))
            code[count++] = likely.code[i];
    return (struct codes){code, count};
}

struct hello key_kind_hello_12(const struct host *host, uint16_t version, unsigned seen, bool apart)
{
    struct codes suites = signed_suites(host, version, seen, apart || version < TLS12);
    struct hello hello = offer_hello(host, host->scratch, version, suites);
    if (version >= TLS12)
        key_kinds_remove(host->scratch, &hello, seen, version);
    return hello;
}
