// SPDX-License-Identifier: Apache-2.0
//
// Answers as the struct says. Nothing here shares code with the checks it is to test: it decides
// from the hello alone.
#include "model.h"
#include "flights.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/keys.h"

static struct outcome plain(enum outcome_kind kind) { return (struct outcome){.kind = kind, .tries = 1}; }

static struct outcome alert(struct ledger *ledger, uint8_t description)
{
    struct flight *flight = flight_in(&ledger->memory);
    flight->alert = true;
    flight->alert_level = 2;
    flight->alert_description = description;
    struct outcome outcome = plain(OUTCOME_ALERT);
    outcome.flight = flight;
    return outcome;
}

// An alert that is encrypted, and no ServerHello before it, as picotls sends it.
static struct outcome sealed_alert(struct ledger *ledger)
{
    struct outcome outcome = plain(OUTCOME_GARBLED);
    struct flight *flight = flight_in(&ledger->memory);
    flight->faults = FAULT_UNDECRYPTABLE;
    outcome.flight = flight;
    return outcome;
}

static struct outcome refuse(const struct model *model, struct ledger *ledger)
{
    if (model->refusal == OUTCOME_GARBLED)
        return sealed_alert(ledger);
    return model->refusal == OUTCOME_ALERT ? alert(ledger, model->refusal_alert) : plain(model->refusal);
}

static struct outcome refuse_version(const struct model *model, struct ledger *ledger)
{
    return model->version_refusal == OUTCOME_ALERT ? alert(ledger, model->version_alert)
                                                   : plain(model->version_refusal);
}

static const struct model_version *find(const struct model *model, uint16_t version)
{
    for (size_t i = 0; i < 6 && model->version[i].version != 0; i++)
        if (model->version[i].version == version)
            return &model->version[i];
    return NULL;
}

// Whether no other version that it has is further in that direction.
static bool is_last(const struct model *model, uint16_t version, bool up)
{
    for (size_t i = 0; i < 6 && model->version[i].version != 0; i++)
        if (up ? model->version[i].version > version : model->version[i].version < version)
            return false;
    return true;
}

static bool speaks(const struct model *model, uint16_t version, bool poorer)
{
    return find(model, version) != NULL && !(poorer && is_last(model, version, model->farm_of_ages));
}

// The highest version that both have; NULL: none.
static const struct model_version *negotiate(const struct model *model, const struct hello *hello, bool poorer)
{
    bool listed = model->version_aware && (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0;
    for (uint16_t version = TLS13; version >= SSL3; version--) {
        bool offered = listed ? codes_have(hello->versions, version) : version <= hello->version && version < TLS13;
        if (offered && speaks(model, version, poorer))
            return find(model, version);
    }
    return NULL;
}

static bool chacha(uint16_t suite) { return suite == 0x1303 || suite == 0xCCA8 || suite == 0xCCA9 || suite == 0xCCAA; }

static size_t count_of(const struct model_version *version)
{
    size_t count = 0;
    while (count < 64 && version->suite[count] != 0)
        count++;
    return count;
}

static bool has(const struct model_version *version, size_t count, uint16_t suite)
{
    for (size_t i = 0; i < count; i++)
        if (version->suite[i] == suite)
            return true;
    return false;
}

// The first suite of the client's list that a library with these would know at all.
static bool chacha_first(const struct model_version *version, size_t count, struct codes offered)
{
    for (size_t i = 0; i < offered.count; i++)
        if (has(version, count, offered.code[i]))
            return chacha(offered.code[i]);
    return false;
}

static bool is_ecdsa(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    return suite != NULL && suite->auth == AUTH_ECDSA;
}

static bool offers_ecdsa(struct codes offered)
{
    for (size_t i = 0; i < offered.count; i++)
        if (is_ecdsa(offered.code[i]))
            return true;
    return false;
}

static bool offers_scheme(const struct hello *hello, uint16_t first, uint16_t last)
{
    for (uint16_t scheme = first; scheme <= last; scheme++)
        if (codes_have(hello->schemes, scheme))
            return true;
    return false;
}

// Whether a key of the kind can sign for this client.
static bool signs_rsa(const struct model *model, const struct hello *hello)
{
    return model->rsa.size != 0 &&
           ((hello->extensions & HELLO_SIGNATURE_ALGORITHMS) == 0 || offers_scheme(hello, 0x0804, 0x0806));
}

static bool signs_ecdsa(const struct model *model, const struct hello *hello)
{
    return model->ecdsa.size != 0 &&
           ((hello->extensions & HELLO_SIGNATURE_ALGORITHMS) == 0 || codes_have(hello->schemes, 0x0403));
}

// GnuTLS with %FORCE_ETM.
static bool lacks_mac(const struct model *model, const struct hello *hello, const struct suite *suite)
{
    enum { ENCRYPT_THEN_MAC = 22 };
    return model->binds_mac && hello->extensions != 0 && !hello_carries(hello, ENCRYPT_THEN_MAC) && suite != NULL &&
           strstr(suite->cipher, "-CBC") != NULL;
}

static struct codes fitting(const struct model *model, struct arena *arena, const struct hello *hello)
{
    uint16_t *code = arena_array(arena, hello->suites.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < hello->suites.count; i++) {
        const struct suite *suite = suite_find(hello->suites.code[i]);
        bool rsa = suite == NULL || suite->auth != AUTH_RSA || suite->kx == KX_RSA || signs_rsa(model, hello);
        bool ecdsa = suite == NULL || suite->auth != AUTH_ECDSA || signs_ecdsa(model, hello);
        if (rsa && ecdsa && !lacks_mac(model, hello, suite))
            code[count++] = hello->suites.code[i];
    }
    return (struct codes){code, count};
}

static uint16_t choose(const struct model *model, const struct model_version *version, struct codes offered,
                       bool poorer)
{
    size_t count = count_of(version) - (poorer && !model->farm_of_ages ? 1 : 0);
    if (model->reads != 0 && offered.count > model->reads)
        offered.count = model->reads;
    if (version->order == MODEL_CLIENT_ORDER) {
        for (size_t i = 0; i < offered.count; i++)
            if (has(version, count, offered.code[i]))
                return offered.code[i];
        return 0;
    }
    if (version->order == MODEL_CHACHA_BY_CLIENT && chacha_first(version, count, offered))
        for (size_t i = 0; i < count; i++)
            if (chacha(version->suite[i]) && codes_have(offered, version->suite[i]))
                return version->suite[i];
    bool blind = model->ecdsa_first && offers_ecdsa(offered) && version->version != TLS13;
    for (size_t i = 0; i < count; i++)
        if (codes_have(offered, version->suite[i]) && (!blind || is_ecdsa(version->suite[i])))
            return version->suite[i];
    return 0;
}

static void show(struct flight *flight, struct ledger *ledger, struct bytes certificate)
{
    if (certificate.size == 0)
        return;
    struct bytes *certificates = arena_array(&ledger->memory, 1, sizeof *certificates);
    certificates[0] = intern_bytes(&ledger->intern, &ledger->memory, certificate);
    flight->shown->certificate_message = true;
    flight->shown->certificates = certificates;
    flight->shown->certificate_count = 1;
}

// False: no certificate can be shown to this client, and the handshake fails.
static bool certify(const struct model *model, struct ledger *ledger, const struct hello *hello, struct flight *flight)
{
    bool newer = flight->version == TLS13;
    const struct suite *suite = suite_find(flight->suite);
    if (newer ? flight->retry : suite->auth != AUTH_RSA && suite->auth != AUTH_ECDSA)
        return true;
    bool transport = !newer && suite->kx == KX_RSA && model->rsa.size != 0;
    bool rsa = (newer || suite->auth == AUTH_RSA) && (transport || signs_rsa(model, hello));
    bool ecdsa = (newer || suite->auth == AUTH_ECDSA) && signs_ecdsa(model, hello);
    show(flight, ledger, ecdsa ? model->ecdsa : model->rsa);
    if (flight->version >= TLS12 && (newer || suite->kx != KX_RSA))
        flight->scheme = ecdsa ? 0x0403 : 0x0804;
    return rsa || ecdsa;
}

static struct outcome reply(struct flight *flight)
{
    struct outcome outcome = plain(OUTCOME_REPLIED);
    flight->hello = true;
    flight->complete = true;
    outcome.flight = flight;
    return outcome;
}

static struct outcome reply_cut(struct flight *flight)
{
    struct outcome outcome = reply(flight);
    flight->complete = flight->retry;
    outcome.cut = outcome.ended = !flight->retry;
    return outcome;
}

static struct outcome answer_ssl2(const struct model *model, struct ledger *ledger)
{
    if (model->kinds == NULL)
        return model->reads_text ? plain(OUTCOME_NOT_TLS) : refuse_version(model, ledger);
    struct flight *flight = flight_in(&ledger->memory);
    flight->version = SSL2;
    flight->shown->kinds = model->kinds;
    flight->shown->kind_count = model->kind_count;
    show(flight, ledger, model->rsa);
    return reply(flight);
}

static struct outcome answer_tls(const struct model *model, struct ledger *ledger, const struct hello *hello,
                                 bool poorer)
{
    if (model->wants_name && hello->server_name == NULL)
        return alert(ledger, 112);
    if ((model->longest != 0 && hello->suites.count > model->longest) || codes_have(hello->suites, 0x5600))
        return model->drops ? plain(OUTCOME_SILENT) : refuse(model, ledger);
    if (model->old_signer && codes_have(hello->schemes, 0x0904))
        return refuse(model, ledger);
    if (model->stumbles_on != 0 && codes_have(hello->suites, model->stumbles_on))
        return refuse(model, ledger);
    const struct model_version *version = negotiate(model, hello, poorer);
    if (model->hates_drafts && codes_have(hello->versions, 0x7F1C))
        return alert(ledger, 70);
    if (version == NULL)
        return refuse_version(model, ledger);
    struct flight *flight = flight_in(&ledger->memory);
    flight->version = version->version;
    if (version->version == TLS13 && model->draft != 0 && codes_have(hello->versions, model->draft))
        flight->version = model->draft;
    struct codes offered = (model->fits_keys || model->binds_mac) && version->version < TLS13
                               ? fitting(model, &ledger->memory, hello)
                               : hello->suites;
    flight->suite = choose(model, version, offered, poorer);
    if (flight->suite == 0 && model->repeats)
        flight->suite = version->suite[0];
    if (flight->suite == 0 && model->lies_with != 0)
        flight->suite = model->lies_with;
    if (flight->suite == 0)
        return refuse(model, ledger);
    if (!codes_have(hello->suites, flight->suite))
        flight->faults |= FAULT_SUITE_NOT_OFFERED;
    flight->group = model->group == 0 ? 0x001D : model->group;
    flight->retry = version->version == TLS13 && !codes_have(hello->key_shares, flight->group);
    bool no_group = version->version == TLS13 && !codes_have(hello->groups, flight->group);
    if (no_group || (flight->retry && model->wants_share))
        return refuse(model, ledger);
    if (model->breaks_off)
        return reply_cut(flight);
    if (certify(model, ledger, hello, flight))
        return reply(flight);
    if (model->breaks_off_late && flight->version == TLS13) {
        flight->shown->certificate_message = false;
        flight->shown->certificate_count = 0;
        return reply_cut(flight);
    }
    return refuse(model, ledger);
}

struct outcome model_answer(const struct model *model, struct ledger *ledger, const struct answer *asked,
                            unsigned number)
{
    if (model->tires_after != 0 && number >= model->tires_after)
        return plain(OUTCOME_RESET);
    if (model->over_after != 0 && number >= model->over_after)
        return plain(OUTCOME_SKIPPED);
    struct probe probe;
    struct arena scratch = {0};
    answer_decode(asked, &scratch, &probe);
    bool poorer = (model->farm || model->farm_of_ages) && number % 2 == 1;
    struct outcome outcome =
        probe.hello.version == SSL2 ? answer_ssl2(model, ledger) : answer_tls(model, ledger, &probe.hello, poorer);
    arena_release(&scratch);
    return outcome;
}
