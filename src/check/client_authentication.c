// SPDX-License-Identifier: Apache-2.0
//
// Does the server ask for a client certificate, and whose? RFC 5246 section 7.4.4, RFC 8446 section
// 4.3.2. Read from flights that other checks have asked for. Whether a certificate is required, only
// a complete handshake without one can tell; whether ours is taken, another one with it (client_certificate.c).
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/client_certificate.h"
#include "check/farm.h"
#include "check/opening.h"
#include "wire/der.h"
#include "wire/distinguished.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check client_authentication_check;
const struct check client_authentication_check = {
    .id = "client_authentication",
    .question = "Does the server ask for a client certificate, of which kinds and authorities?",
    .citations = "RFC 5246, RFC 8446, RFC 4514",
    .flags = CHECK_DEFAULT,
    .run = run,
};

#define NAMES 50 // authorities shown

enum { EXTENSION_SIGNATURE_ALGORITHMS = 13, EXTENSION_CERTIFICATE_AUTHORITIES = 47 };

// A CertificateRequest, of either form.
struct request {
    struct bytes types, schemes, authorities;
    bool malformed;
};

// --- reading -------------------------------------------------------------------------------------

static struct request read_request_13(struct bytes body)
{
    struct request request = {0};
    struct cursor cursor = cursor_of(body);
    struct cursor context = cursor_block8(&cursor), extensions = cursor_block16(&cursor);
    cursor_rest(&context);
    while (extensions.left != 0) {
        uint16_t type = cursor_u16(&extensions);
        struct cursor extension = cursor_block16(&extensions);
        if (type == EXTENSION_SIGNATURE_ALGORITHMS)
            request.schemes = cursor_take16(&extension);
        if (type == EXTENSION_CERTIFICATE_AUTHORITIES)
            request.authorities = cursor_take16(&extension);
        request.malformed = request.malformed || extension.bad;
    }
    request.malformed = request.malformed || cursor.bad || extensions.bad;
    return request;
}

static struct request read_request(const struct flight *flight)
{
    if (flight->version == TLS13)
        return read_request_13(flight->shown->certificate_request_body);
    struct request request = {0};
    struct cursor cursor = cursor_of(flight->shown->certificate_request_body);
    struct cursor types = cursor_block8(&cursor);
    request.types = cursor_rest(&types);
    if (flight->version == TLS12)
        request.schemes = cursor_take16(&cursor);
    request.authorities = cursor_take16(&cursor);
    request.malformed = cursor.bad;
    return request;
}

// RFC 5246 section 12, RFC 8422 section 5.5, RFC 9189.
static const char *type_name(uint8_t type)
{
    static const struct {
        uint8_t type;
        const char *name;
    } names[] = {
        {1, "rsa_sign"},         {2, "dss_sign"},         {3, "rsa_fixed_dh"},    {4, "dss_fixed_dh"},
        {5, "rsa_ephemeral_dh"}, {6, "dss_ephemeral_dh"}, {20, "fortezza_dms"},   {22, "gost_sign256"},
        {23, "gost_sign512"},    {64, "ecdsa_sign"},      {65, "rsa_fixed_ecdh"}, {66, "ecdsa_fixed_ecdh"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return NULL;
}

static const char *type_names(struct arena *arena, struct bytes types)
{
    const char *text = "";
    for (size_t i = 0; i < types.size && i < 32; i++) {
        const char *name = type_name(types.data[i]), *comma = i == 0 ? "" : ", ";
        text = name != NULL ? arena_text(arena, "%s%s%s", text, comma, name)
                            : arena_text(arena, "%s%s%u", text, comma, types.data[i]);
    }
    return text;
}

static const char *scheme_names(struct arena *arena, struct bytes schemes)
{
    struct cursor cursor = cursor_of(schemes);
    const char *text = "";
    for (unsigned i = 0; i < 64 && cursor.left >= 2; i++) {
        uint16_t code = cursor_u16(&cursor);
        const struct scheme *scheme = scheme_find(code);
        const char *comma = i == 0 ? "" : ", ";
        text = scheme != NULL ? arena_text(arena, "%s%s%s", text, comma, scheme->name)
                              : arena_text(arena, "%s%s0x%04X", text, comma, code);
    }
    return text;
}

// --- required ------------------------------------------------------------------------------------

// A handshake without a certificate: up to TLS 1.2 it is completed or not; in TLS 1.3 the client is done
// before the server has looked, so that only an alert, a ticket or an answer tells.
static enum progress find_required(struct host *host, const struct opening *opening, struct fact *fact)
{
    *fact = fact_of(VERDICT_UNKNOWN);
    if (opening->version == 0 || !opening->answer->outcome->flight->shown->certificate_request)
        return DONE;
    const struct answer *answer;
    if (client_certificate_control(host, opening->version, &answer) == WAIT)
        return WAIT;
    *fact = client_certificate_required(host, answer);
    evidence_add(host->scratch, &fact->evidence, answer->key);
    return DONE;
}

// --- rows ----------------------------------------------------------------------------------------

struct view {
    struct host *host;
    struct facts *facts;
    const struct answer *answer;
    uint16_t version;
    struct fact required;
    struct client_certificate_found ours; // where the run has a client certificate
};

static void add(const struct view *view, const char *id, struct fact fact, const char *value)
{
    if (view->answer != NULL)
        evidence_add(view->host->scratch, &fact.evidence, view->answer->key);
    feature_keep(&view->host->facts_memory, view->facts,
                 (struct feature_fact){.section = FEATURE_CLIENT_AUTHENTICATION,
                                       .id = id,
                                       .version = view->version,
                                       .fact = fact,
                                       .value = value});
}

static void add_authorities(const struct view *view, struct bytes authorities)
{
    struct arena *arena = view->host->scratch;
    struct cursor list = cursor_of(authorities);
    int64_t count = 0;
    for (; list.left != 0 && !list.bad; count++) {
        struct bytes name = cursor_take16(&list);
        if (count >= NAMES || list.bad)
            continue;
        const char *text = distinguished_text(arena, name);
        if (text == NULL)
            text = arena_text(arena, "(malformed) %s",
                              text_hex(arena, (struct bytes){name.data, name.size < 64 ? name.size : 64}));
        add(view, "acceptable_authority", fact_of(VERDICT_YES), text);
    }
    struct fact fact = fact_of(count != 0 ? VERDICT_YES : VERDICT_NO);
    evidence_add(arena, &fact.evidence, view->answer->key);
    feature_keep(&view->host->facts_memory, view->facts,
                 (struct feature_fact){.section = FEATURE_CLIENT_AUTHENTICATION,
                                       .id = "acceptable_authorities",
                                       .version = view->version,
                                       .fact = fact,
                                       .has_number = true,
                                       .number = count,
                                       .unit = count > NAMES ? "names, of which 50 are shown" : "names"});
}

// The same names in an older version are not told again.
static void add_request(const struct view *view, const struct request *request, const struct request *newer)
{
    struct arena *arena = view->host->scratch;
    if (request->malformed) {
        add(view, "acceptable_authorities",
            fact_because(VERDICT_UNKNOWN, "malformed", "the request for a certificate could not be read"), NULL);
        return;
    }
    if (request->types.size != 0)
        add(view, "certificate_types", fact_of(VERDICT_YES), type_names(arena, request->types));
    if (request->schemes.size != 0)
        add(view, "signature_schemes", fact_of(VERDICT_YES), scheme_names(arena, request->schemes));
    if (newer == NULL || !bytes_equal(newer->authorities, request->authorities))
        add_authorities(view, request->authorities);
}

static void add_ours(const struct view *view)
{
    const char *fingerprint = view->host->client_certificate;
    if (fingerprint == NULL)
        return;
    add(view, "certificate_presented", view->ours.presented,
        view->ours.presented.verdict == VERDICT_YES ? fingerprint : NULL);
    add(view, "certificate_accepted", view->ours.accepted, NULL);
}

// A server that is not authenticated itself must not ask: RFC 5246 section 7.4.4.
static bool may_ask(const struct flight *flight)
{
    const struct suite *suite = suite_find(flight->suite);
    if (flight->version == TLS13)
        return true;
    return suite != NULL && (suite->auth == AUTH_RSA || suite->auth == AUTH_ECDSA || suite->auth == AUTH_DSS ||
                             suite->auth == AUTH_DH || suite->auth == AUTH_ECDH || suite->auth == AUTH_GOST);
}

static struct fact asked(struct arena *arena, const struct flight *flight)
{
    if (flight->shown->certificate_request)
        return fact_of(VERDICT_YES);
    if (!opening_readable(flight))
        return opening_unread(arena, flight);
    if (!may_ask(flight))
        return fact_because(VERDICT_UNKNOWN, "no_certificate",
                            "the suite that was chosen has no certificate of the server, and so none of the client");
    return fact_of(VERDICT_NO);
}

static void add_rows(const struct view *view, const struct request *newer, struct request *request)
{
    const struct flight *flight = view->answer->outcome->flight;
    struct fact requested = asked(view->host->scratch, flight);
    add(view, "certificate_requested", requested, NULL);
    if (requested.verdict == VERDICT_YES) {
        *request = read_request(flight);
        add_request(view, request, newer);
        add(view, "certificate_required", view->required, NULL);
        add_ours(view);
    } else if (requested.verdict == VERDICT_NO) {
        add(view, "certificate_required",
            fact_because(VERDICT_NOT_APPLICABLE, "not_requested", "no certificate was asked for in the handshake"),
            NULL);
    }
}

// What takes complete handshakes of a version: both questions are asked before either is waited for.
static enum progress find_handshakes(struct host *host, const struct opening *opening, struct view *view)
{
    bool asks = opening->version != 0 && opening->answer->outcome->flight->shown->certificate_request;
    enum progress progress = find_required(host, opening, &view->required);
    if (asks && host->client_certificate != NULL &&
        client_certificate_find(host, opening->version, &view->ours) == WAIT)
        return WAIT;
    return progress;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct opening newest, older;
    struct request request_13 = {0}, request_12 = {0};
    enum progress progress = opening_13(host, &newest);
    if (opening_12(host, &older) == WAIT || progress == WAIT)
        return WAIT;
    struct view view = {.host = host, .facts = facts, .version = TLS13};
    struct view at = {.host = host, .facts = facts, .answer = older.answer, .version = older.version};
    progress = find_handshakes(host, &newest, &view);
    if (find_handshakes(host, &older, &at) == WAIT || progress == WAIT)
        return WAIT;
    farm_settle(host, &newest.fact);
    farm_settle(host, &older.fact);
    if (newest.version != 0) {
        view.answer = newest.answer;
        add_rows(&view, NULL, &request_13);
    } else if (newest.fact.verdict == VERDICT_UNKNOWN) {
        add(&view, "certificate_requested", newest.fact, NULL);
    }
    if (older.version != 0) {
        bool told = newest.version != 0 && newest.answer->outcome->flight->shown->certificate_request;
        add_rows(&at, told ? &request_13 : NULL, &request_12);
    } else if (older.fact.verdict == VERDICT_UNKNOWN || newest.fact.verdict == VERDICT_NOT_APPLICABLE) {
        at = (struct view){.host = host, .facts = facts, .version = TLS12};
        add(&at, "certificate_requested", opening_missing(&older), NULL);
    }
    return DONE;
}
