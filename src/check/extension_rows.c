// SPDX-License-Identifier: Apache-2.0
//
// The rows of the check `extensions`, and the words for what stands in an extension's body.
#include "check/extension_rows.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/farm.h"
#include "probe/probe.h"
#include "wire/registry.h"

enum {
    EXTENSION_MAX_FRAGMENT_LENGTH = 1,
    EXTENSION_TRUNCATED_HMAC = 4,
    EXTENSION_STATUS_REQUEST = 5,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_EC_POINT_FORMATS = 11,
    EXTENSION_HEARTBEAT = 15,
    EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP = 18,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_COMPRESS_CERTIFICATE = 27,
    EXTENSION_RECORD_SIZE_LIMIT = 28,
    EXTENSION_DELEGATED_CREDENTIAL = 34,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_COOKIE = 44,
    EXTENSION_NEXT_PROTOCOL_NEGOTIATION = 13172,
    EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xFE0D,
    EXTENSION_RENEGOTIATION_INFO = 0xFF01,
};

static const uint16_t compression_codes[] = {1, 2, 3};
const struct codes compressions_asked = {compression_codes, 3};
static const char *const compression_ids[] = {"certificate_compression_zlib", "certificate_compression_brotli",
                                              "certificate_compression_zstd"};

// --- rows ----------------------------------------------------------------------------------------

static void add(struct host *host, struct facts *facts, struct feature_fact row)
{
    row.section = FEATURE_EXTENSION;
    feature_keep(&host->facts_memory, facts, row);
}

static struct fact seen(struct host *host, const struct answer *answer, bool yes)
{
    struct fact fact = fact_of(yes ? VERDICT_YES : VERDICT_NO);
    evidence_add(host->scratch, &fact.evidence, answer->key);
    return fact;
}

static const struct flight *flight_of(const struct answer *answer) { return answer->outcome->flight; }

static struct fact not_read(struct host *host, const struct answer *answer)
{
    struct fact fact = opening_unread(host->scratch, flight_of(answer));
    evidence_add(host->scratch, &fact.evidence, answer->key);
    return fact;
}

enum progress rows_suites(struct host *host, uint16_t version, struct removal_found *found)
{
    struct version_found versions[VERSIONS];
    versions_find(host, versions);
    *found = (struct removal_found){0};
    for (size_t i = 1; i < VERSIONS; i++)
        if (versions[i].version == version && versions[i].accepted != NULL)
            return suites_find(host, &versions[i], found);
    return DONE;
}

// --- the first answers of the versions -----------------------------------------------------------

void rows_of_versions(struct host *host, struct facts *facts, const struct version_found versions[VERSIONS])
{
    bool any = false;
    for (size_t i = VERSIONS - 1; i-- > 1;) {
        const struct answer *answer = versions[i].accepted;
        if (answer == NULL)
            continue;
        any = true;
        const struct flight *flight = flight_of(answer);
        uint16_t version = versions[i].version;
        bool renegotiation = extension_in(flight->shown->extensions, EXTENSION_RENEGOTIATION_INFO) != NULL;
        bool extended = extension_in(flight->shown->extensions, EXTENSION_EXTENDED_MASTER_SECRET) != NULL;
        add(host, facts,
            (struct feature_fact){
                .id = "renegotiation_info", .version = version, .fact = seen(host, answer, renegotiation)});
        if (version > SSL3) // that hello carries no extensions
            add(host, facts,
                (struct feature_fact){
                    .id = "extended_master_secret", .version = version, .fact = seen(host, answer, extended)});
    }
    if (any)
        return;
    struct fact none = fact_because(VERDICT_NOT_APPLICABLE, "version_not_supported",
                                    "no version up to TLS 1.2 was accepted; later ones have no use for it");
    farm_settle(host, &none);
    add(host, facts, (struct feature_fact){.id = "renegotiation_info", .version = TLS12, .fact = none});
    add(host, facts, (struct feature_fact){.id = "extended_master_secret", .version = TLS12, .fact = none});
}

// --- what stands in a body -----------------------------------------------------------------------

// Everything that can stand beside a verdict.
static void read_number(struct feature_fact *row, struct bytes body)
{
    if (row->fact.verdict != VERDICT_YES)
        return;
    if (strcmp(row->id, "record_size_limit") == 0 && body.size == 2)
        row->number = body.data[0] << 8 | body.data[1];
    else if (strcmp(row->id, "max_fragment_length") == 0 && body.size == 1 && body.data[0] >= 1 && body.data[0] <= 4)
        row->number = INT64_C(256) << body.data[0];
    else
        return;
    row->has_number = true;
    row->unit = "octets";
}

// Next protocols: a list of strings, each behind its length.
static const char *next_protocols(struct arena *arena, struct bytes body)
{
    struct cursor list = cursor_of(body);
    const char *text = "";
    for (unsigned i = 0; i < 32 && list.left != 0; i++) {
        struct cursor name = cursor_block8(&list);
        text = arena_text(arena, "%s%s%s", text, i == 0 ? "" : ", ", text_escape(arena, cursor_rest(&name)));
    }
    return text;
}

static const char *point_formats(struct arena *arena, struct bytes body)
{
    static const char *const names[] = {"uncompressed", "ansiX962_compressed_prime", "ansiX962_compressed_char2"};
    struct cursor cursor = cursor_of(body);
    struct cursor list = cursor_block8(&cursor);
    const char *text = "";
    for (unsigned i = 0; i < 8 && list.left != 0; i++) {
        uint8_t format = cursor_u8(&list);
        const char *comma = i == 0 ? "" : ", ";
        text = format < 3 ? arena_text(arena, "%s%s%s", text, comma, names[format])
                          : arena_text(arena, "%s%s%u", text, comma, format);
    }
    return text;
}

static const char *group_names(struct arena *arena, struct bytes body)
{
    struct cursor cursor = cursor_of(body);
    struct cursor list = cursor_block16(&cursor);
    const char *text = "";
    for (unsigned i = 0; i < 64 && list.left >= 2; i++) {
        uint16_t code = cursor_u16(&list);
        const struct group *group = group_find(code);
        const char *comma = i == 0 ? "" : ", ";
        text = group == NULL ? arena_text(arena, "%s%s0x%04X", text, comma, code)
                             : arena_text(arena, "%s%s%s", text, comma, group->name);
    }
    return text;
}

static const char *heartbeat_mode(struct bytes body)
{
    if (body.size != 1)
        return "malformed";
    return body.data[0] == 1 ? "peer_allowed_to_send" : body.data[0] == 2 ? "peer_not_allowed_to_send" : "malformed";
}

// --- the rich hellos -----------------------------------------------------------------------------

enum { IN_12 = 1, IN_13 = 2, IN_BOTH = 3 };

static const struct row {
    enum rich_part part;
    uint16_t type;
    unsigned in;
    bool of_leaf; // in TLS 1.3 it stands beside the leaf
    const char *id;
} rich_rows[] = {
    {RICH_ENCRYPT_THEN_MAC, EXTENSION_ENCRYPT_THEN_MAC, IN_12, false, "encrypt_then_mac"},
    {RICH_TRUNCATED_HMAC, EXTENSION_TRUNCATED_HMAC, IN_12, false, "truncated_hmac"},
    {RICH_SESSION_TICKET, EXTENSION_SESSION_TICKET, IN_12, false, "session_ticket"},
    {RICH_HEARTBEAT, EXTENSION_HEARTBEAT, IN_BOTH, false, "heartbeat"},
    {RICH_MAX_FRAGMENT_LENGTH, EXTENSION_MAX_FRAGMENT_LENGTH, IN_BOTH, false, "max_fragment_length"},
    {RICH_RECORD_SIZE_LIMIT, EXTENSION_RECORD_SIZE_LIMIT, IN_BOTH, false, "record_size_limit"},
    {RICH_SIGNED_CERTIFICATE_TIMESTAMP, EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, IN_BOTH, true,
     "signed_certificate_timestamp"},
    {RICH_STATUS_REQUEST, EXTENSION_STATUS_REQUEST, IN_BOTH, true, "ocsp_staple"},
    {RICH_CERTIFICATE_TYPES, 20, IN_BOTH, false, "raw_public_key"},
    {RICH_NEXT_PROTOCOL_NEGOTIATION, EXTENSION_NEXT_PROTOCOL_NEGOTIATION, IN_12, false, "next_protocol_negotiation"},
    {RICH_COMPRESSION, 0, IN_12, false, "tls_compression"},
    {RICH_DELEGATED_CREDENTIAL, EXTENSION_DELEGATED_CREDENTIAL, IN_13, true, "delegated_credential"},
    {RICH_ENCRYPTED_CLIENT_HELLO, EXTENSION_ENCRYPTED_CLIENT_HELLO, IN_13, false, "encrypted_client_hello"},
};

static const struct extension *find_extension(const struct row *row, const struct flight *flight)
{
    bool of_leaf = row->of_leaf && flight->version == TLS13;
    return of_leaf ? extension_in(flight->shown->leaf_extensions, row->type) : opening_extension(flight, row->type);
}

static struct feature_fact row_of_answer(struct host *host, const struct row *row, const struct answer *answer)
{
    const struct flight *flight = flight_of(answer);
    const struct extension *extension = find_extension(row, flight);
    struct feature_fact fact = {.id = row->id, .version = flight->version};
    bool yes = extension != NULL;
    if (row->part == RICH_CERTIFICATE_TYPES)
        yes = rich_raw_public_key(flight);
    if (row->part == RICH_COMPRESSION)
        yes = flight->compression != 0;
    bool in_server_hello = flight->version < TLS13;
    fact.fact = yes || in_server_hello || opening_readable(flight) ? seen(host, answer, yes) : not_read(host, answer);
    if (!yes)
        return fact;
    if (row->part == RICH_COMPRESSION)
        fact.value = flight->compression == 1 ? "DEFLATE" : "LZS";
    else
        read_number(&fact, extension->body);
    if (row->part == RICH_NEXT_PROTOCOL_NEGOTIATION)
        fact.value = next_protocols(host->scratch, extension->body);
    if (row->part == RICH_HEARTBEAT)
        fact.value = heartbeat_mode(extension->body);
    if (row->part == RICH_ENCRYPTED_CLIENT_HELLO)
        fact.value = "retry_configs";
    return fact;
}

static struct feature_fact row_of_staple(struct host *host, const struct row *row, const struct rich_version *version)
{
    const struct answer *first = version->rich.answer[RICH_STATUS_REQUEST], *again = version->again;
    struct feature_fact fact = {.id = row->id, .version = version->opening.version};
    bool at_once = flight_of(first)->shown->staple.size != 0;
    bool second = again != NULL && opening_reply(&version->opening, again) == REPLY_ACCEPTED;
    bool later = !at_once && second && flight_of(again)->shown->staple.size != 0;
    if (at_once || later || opening_readable(flight_of(first)))
        fact.fact = seen(host, first, at_once || later);
    else
        fact.fact = not_read(host, first);
    if (again != NULL)
        evidence_add(host->scratch, &fact.fact.evidence, again->key);
    if (!at_once && !later && again != NULL && (!second || !opening_readable(flight_of(again)))) {
        fact.fact.verdict = VERDICT_UNKNOWN;
        fact.fact.reason = "asked_once";
        fact.fact.sentence = "there was no staple when it was first asked for, and the second time was not answered";
    }
    if (fact.fact.verdict == VERDICT_YES) {
        fact.has_number = true;
        fact.number = at_once ? 1 : 2;
        fact.unit = "attempts";
    }
    return fact;
}

static struct feature_fact row_of(struct host *host, const struct row *row, const struct rich_version *version)
{
    struct feature_fact fact = {.id = row->id, .version = version->asked};
    if (version->opening.version == 0) {
        fact.fact = opening_missing(&version->opening);
        return fact;
    }
    fact.version = version->opening.version;
    if ((version->set & RICH(row->part)) == 0) {
        fact.fact = version->suites;
        if (fact.fact.verdict == VERDICT_YES)
            fact.fact = fact_because(VERDICT_NOT_APPLICABLE, "no_cbc_suite",
                                     "it means something with CBC suites alone, and none is accepted");
        return fact;
    }
    const struct answer *answer = version->rich.answer[row->part];
    if (answer == NULL) {
        fact.fact = version->rich.why[row->part];
        return fact;
    }
    return row->part == RICH_STATUS_REQUEST ? row_of_staple(host, row, version) : row_of_answer(host, row, answer);
}

void rows_of_rich(struct host *host, struct facts *facts, const struct rich_version *version,
                  const struct rich_version *other)
{
    unsigned in = version->asked == TLS13 ? IN_13 : IN_12;
    for (size_t i = 0; i < sizeof rich_rows / sizeof rich_rows[0]; i++) {
        const struct row *row = &rich_rows[i];
        bool told_by_other = version->opening.version == 0 && version->opening.fact.verdict == VERDICT_NOT_APPLICABLE &&
                             row->in == IN_BOTH && (other->opening.version != 0 || version->asked == TLS12);
        if ((row->in & in) != 0 && !told_by_other)
            add(host, facts, row_of(host, row, version));
    }
}

// --- point formats -------------------------------------------------------------------------------

static bool on_curve(const struct answer *answer)
{
    const struct suite *suite = suite_find(flight_of(answer)->suite);
    return suite != NULL &&
           (suite->kx == KX_ECDHE || suite->kx == KX_ECDH || suite->kx == KX_ECDHE_PSK || suite->auth == AUTH_ECDSA);
}

static bool lists_points(const struct answer *answer)
{
    return extension_in(flight_of(answer)->shown->extensions, EXTENSION_EC_POINT_FORMATS) != NULL;
}

static bool with_shared_key(const struct answer *answer)
{
    return suite_find(flight_of(answer)->suite)->kx == KX_ECDHE_PSK;
}

// An answer in which the server would have listed them (RFC 8422 section 5.2), and did if it does at all: OpenSSL
// leaves them out with a pre-shared key. whole: all suites were looked at.
static const struct answer *with_curve(struct host *host, const struct rich_version *version, bool *whole)
{
    const struct answer *seen[] = {version->opening.answer, version->rich.answer[RICH_SESSION_TICKET]};
    struct removal_found found = {0};
    const struct answer *best = NULL;
    bool told = host_runs(host, check_find("suites")) && rows_suites(host, version->opening.version, &found) == DONE;
    *whole = told && found.complete.verdict == VERDICT_YES;
    for (size_t i = 0; i < 2 + (told ? found.count : 0); i++) {
        const struct answer *answer = i < 2 ? seen[i] : found.choice[i - 2].answer;
        if (answer != NULL && on_curve(answer) && (best == NULL || (lists_points(answer) && !lists_points(best))))
            best = answer;
    }
    return best;
}

void rows_of_points(struct host *host, struct facts *facts, const struct rich_version *version)
{
    struct feature_fact row = {.id = "ec_point_formats", .version = version->asked};
    bool whole;
    if (version->opening.version == 0) {
        row.fact = opening_missing(&version->opening);
        add(host, facts, row);
        return;
    }
    row.version = version->opening.version;
    const struct answer *answer = with_curve(host, version, &whole);
    if (answer == NULL) {
        row.fact = fact_because(VERDICT_NOT_APPLICABLE, "no_ec_suite", "no suite with elliptic curves was seen");
    } else {
        const struct extension *formats =
            extension_in(flight_of(answer)->shown->extensions, EXTENSION_EC_POINT_FORMATS);
        row.fact = seen(host, answer, formats != NULL);
        row.value = formats == NULL ? NULL : point_formats(host->scratch, formats->body);
        if (formats == NULL && with_shared_key(answer) && !whole) {
            row.fact.verdict = VERDICT_UNKNOWN;
            row.fact.reason = "pre_shared_key";
            row.fact.sentence = "none were listed beside a pre-shared key, and not every suite is known";
        }
    }
    add(host, facts, row);
}

// --- TLS 1.3 -------------------------------------------------------------------------------------

const struct answer *rows_ask_compression(struct host *host, const struct opening *opening, struct codes list,
                                          bool staple)
{
    struct builder body = builder_in(host->scratch);
    size_t block = builder_open(&body, 1);
    builder_u16s(&body, list.code, list.count);
    builder_close(&body, block, 1);
    struct extension *extra = arena_array(host->scratch, 1, sizeof *extra);
    *extra = (struct extension){EXTENSION_COMPRESS_CERTIFICATE, builder_bytes(&body)};
    struct probe probe = {.hello = opening_hello(host, opening)};
    probe.hello.extra = (struct extensions){extra, 1};
    if (staple)
        probe.hello.extensions |= HELLO_STATUS_REQUEST;
    return ask(host, &probe);
}

static void rows_of_compression(struct host *host, struct facts *facts, const struct rich_version *version,
                                const struct compressions *compressions)
{
    for (size_t i = 0; i < compressions_asked.count; i++) {
        struct feature_fact row = {.id = compression_ids[i], .version = TLS13, .fact = compressions->whole};
        if (version->opening.version == 0)
            row.fact = opening_missing(&version->opening);
        else if (row.fact.verdict == VERDICT_YES)
            row.fact.verdict = VERDICT_NO;
        for (size_t j = 0; j < compressions->count; j++)
            if (compressions->code[j] == compressions_asked.code[i])
                row.fact = seen(host, compressions->answer[j], true);
        add(host, facts, row);
    }
}

void rows_of_13(struct host *host, struct facts *facts, const struct rich_version *version,
                const struct version_found *newest, const struct compressions *compressions)
{
    rows_of_compression(host, facts, version, compressions);
    if (newest->accepted == NULL)
        return;
    const struct flight *first = flight_of(newest->accepted);
    bool echoed = extension_in(first->shown->extensions, EXTENSION_SUPPORTED_VERSIONS) != NULL;
    bool cookie = extension_in(first->shown->extensions, EXTENSION_COOKIE) != NULL;
    add(host, facts,
        (struct feature_fact){
            .id = "supported_versions", .version = TLS13, .fact = seen(host, newest->accepted, echoed)});
    struct feature_fact row = {.id = "cookie", .version = TLS13, .fact = seen(host, newest->accepted, cookie)};
    if (!first->retry)
        row.fact = fact_because(VERDICT_UNKNOWN, "no_retry", "the server sent no HelloRetryRequest to look at");
    add(host, facts, row);
    if (version->opening.version == 0)
        return;
    const struct answer *plain = version->opening.answer;
    const struct extension *groups =
        extension_in(flight_of(plain)->shown->encrypted_extensions, EXTENSION_SUPPORTED_GROUPS);
    row = (struct feature_fact){.id = "supported_groups", .version = TLS13, .fact = seen(host, plain, groups != NULL)};
    row.value = groups == NULL ? NULL : group_names(host->scratch, groups->body);
    add(host, facts, row);
}

// --- what was never asked for --------------------------------------------------------------------

struct unsolicited {
    struct host *host;
    uint16_t type[16];
    size_t count;
    struct fact fact;
};

static void note_type(struct unsolicited *found, uint16_t type)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->type[i] == type)
            return;
    if (found->count < sizeof found->type / sizeof found->type[0])
        found->type[found->count++] = type;
}

static bool asked_for(const struct hello *hello, uint16_t type, bool retry)
{
    return hello_carries(hello, type) || (retry && type == EXTENSION_COOKIE) ||
           (type == EXTENSION_RENEGOTIATION_INFO && codes_have(hello->suites, 0x00FF));
}

static void look_at(struct unsolicited *found, const struct answer *answer)
{
    if (answer == NULL || answer->outcome == NULL || answer->outcome->kind != OUTCOME_REPLIED)
        return;
    const struct flight *flight = flight_of(answer);
    struct probe probe;
    if (found->fact.evidence.count == 0)
        evidence_add(found->host->scratch, &found->fact.evidence, answer->key);
    if ((flight->faults & FAULT_EXTENSION_NOT_OFFERED) == 0)
        return;
    answer_decode(answer, found->host->scratch, &probe);
    const struct extensions lists[] = {flight->shown->extensions, flight->shown->encrypted_extensions,
                                       flight->shown->leaf_extensions};
    for (size_t list = 0; list < 3; list++)
        for (size_t i = 0; i < lists[list].count; i++)
            if (!asked_for(&probe.hello, lists[list].row[i].type, flight->retry))
                note_type(found, lists[list].row[i].type);
    evidence_add(found->host->scratch, &found->fact.evidence, answer->key);
    found->fact.verdict = VERDICT_YES;
}

void rows_of_unsolicited(struct host *host, struct facts *facts, const struct version_found versions[VERSIONS],
                         const struct rich_version *older, const struct rich_version *newer)
{
    struct unsolicited found = {.host = host, .fact = fact_of(VERDICT_NO)};
    for (size_t i = VERSIONS; i-- > 1;)
        look_at(&found, versions[i].accepted);
    for (unsigned part = 0; part < RICH_PARTS; part++) {
        look_at(&found, older->rich.answer[part]);
        look_at(&found, newer->rich.answer[part]);
    }
    look_at(&found, newer->opening.version == 0 ? NULL : newer->opening.answer);
    if (found.fact.evidence.count == 0)
        found.fact = fact_because(VERDICT_UNKNOWN, "no_control", "no ServerHello with extensions was seen");
    const char *text = NULL;
    for (size_t i = 0; i < found.count; i++) {
        const char *name = extension_name(found.type[i]);
        const char *before = text == NULL ? "" : arena_text(host->scratch, "%s, ", text);
        text = name != NULL ? arena_text(host->scratch, "%s%s", before, name)
                            : arena_text(host->scratch, "%s0x%04X", before, found.type[i]);
    }
    add(host, facts, (struct feature_fact){.id = "unsolicited_extension", .fact = found.fact, .value = text});
}
