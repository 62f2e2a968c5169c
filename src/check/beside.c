// SPDX-License-Identifier: Apache-2.0
//
// A server of TLS 1.2 that is asked for suites signs most of its answers, each with the scheme that it likes best. So
// where its next choice is foreseen and will be signed with a kind of key, the schemes that were seen of that kind are
// not offered any more. As long as it has another it chooses as it would have chosen, and signs with the next: one
// signature tells of two lists. That it had another shows in the answer, which is signed with that kind of key; any
// other answer, and every refusal, is not counted, and the suites are asked for plainly from there on. Only schemes are
// looked for that servers have all of, as a rule; the rest is found without suites (signature_schemes.c).
#include "check/beside.h"

#include "base/arena.h"
#include "check/key_kind.h"
#include "check/offer.h"

enum { OF_RSA, OF_ECDSA };

static unsigned kind_of(enum authentication kind)
{
    return kind == AUTH_RSA ? OF_RSA : kind == AUTH_ECDSA ? OF_ECDSA : REMOVAL_KINDS;
}

static unsigned kind_of_suite(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    bool is_signed = suite != NULL && (suite->kx == KX_ECDHE || suite->kx == KX_DHE);
    return is_signed ? kind_of(suite->auth) : REMOVAL_KINDS;
}

#define LIST(array)                                                                                                    \
    {                                                                                                                  \
        array, sizeof(array) / sizeof((array)[0])                                                                      \
    }

// In OpenSSL's order, and in that of our offer.
static struct codes row_of(unsigned kind, enum usual_order order)
{
    static const uint16_t own_rsa[] = {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601};
    static const uint16_t offered_rsa[] = {0x0804, 0x0806, 0x0805, 0x0401, 0x0501, 0x0601};
    static const uint16_t ecdsa[] = {0x0403, 0x0503, 0x0603};
    static const struct codes own[REMOVAL_KINDS] = {LIST(own_rsa), LIST(ecdsa)};
    static const struct codes offered[REMOVAL_KINDS] = {LIST(offered_rsa), LIST(ecdsa)};
    return order == USUAL_OFFERED ? offered[kind] : own[kind];
}

static void leave_out(struct host *host, struct codes codes, struct hello *hello)
{
    struct codes schemes = offer_schemes;
    for (size_t i = 0; i < codes.count; i++)
        schemes = offer_without(host->scratch, schemes, codes.code[i]);
    key_sign_with(hello, schemes);
}

// What was not offered is none of the list.
static uint16_t scheme_of(const struct flight *flight)
{
    return codes_have(offer_schemes, flight->scheme) ? flight->scheme : 0;
}

const struct removal_beside beside_schemes = {kind_of_suite, row_of, leave_out, scheme_of};

// Whether answers tell of a row one by one, in whichever of the two orders.
static bool follows(const struct beside_found *found, unsigned kind, enum usual_order order)
{
    for (size_t i = 0; i < found->count; i++)
        if (scheme_of(found->answer[i]->outcome->flight) != row_of(kind, order).code[i])
            return false;
    return true;
}

enum progress beside_find(const struct removal_found *suites, enum authentication auth, struct beside_found *found)
{
    unsigned kind = kind_of(auth);
    *found = (struct beside_found){.count = 0};
    if (kind == REMOVAL_KINDS)
        return DONE;
    size_t most = row_of(kind, USUAL_OWN).count;
    bool as_usual = true;
    while (as_usual && found->count < most && suites->told_by[kind][found->count] != NULL) {
        found->answer[found->count] = suites->told_by[kind][found->count];
        found->count++;
        as_usual = follows(found, kind, USUAL_OWN) || follows(found, kind, USUAL_OFFERED);
    }
    return suites->told || !as_usual || found->count == most ? DONE : WAIT;
}
