// SPDX-License-Identifier: Apache-2.0
//
// Hosts whose facts are written down by hand, and the reports and views that must come of them:
// fixtures/golden/<name>.json and <name>-<view>.txt. GOLDEN=write rewrites the files; read the
// difference before keeping it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/dns_sample.h"
#include "../support/flights.h"
#include "base/arena.h"
#include "check/connect.h"
#include "check/host.h"
#include "check/http_read.h"
#include "check/revocation_facts.h"
#include "check/transparency.h"
#include "check/weak_keys.h"
#include "report/report.h"
#include "wire/library.h"

#define NOW         1795442709 // 2026-11-23T14:05:09Z
#define DAY         86400
#define COUNT(a)    (sizeof(a) / sizeof(a)[0])
#define ROOT_DIGEST "5A3C1E0F2B4D6A8C9E7F1D3B5C7A9E0F1B3D5F7A9C0E2D4F6B8A0C1E3F5D7B9A"

// --- what a sample is made of --------------------------------------------------------------------

struct sample {
    struct arena memory;
    struct target target;
    struct host host[2];
    struct report_endpoint endpoint[2];
    struct report_input input;
};

static void begin(struct sample *sample, const char *input, const char *host, const char *display)
{
    *sample = (struct sample){.target = {.input = input, .host = host, .display = display, .port = 443, .sni = host}};
    sample->input = (struct report_input){
        .target = &sample->target, .endpoints = sample->endpoint, .started = NOW, .duration_ms = 1940, .now = NOW};
}

static struct host *add_host(struct sample *sample, const char *address)
{
    size_t index = sample->input.endpoint_count++;
    struct host *host = &sample->host[index];
    host_begin(host, &sample->target, NULL, NOW, 0);
    sample->endpoint[index] = (struct report_endpoint){
        .address = address, .host = host, .connections = 41, .bytes_sent = 21034, .bytes_received = 180223};
    return host;
}

static void end(struct sample *sample)
{
    for (size_t i = 0; i < sample->input.endpoint_count; i++)
        host_release(&sample->host[i]);
    arena_release(&sample->memory);
}

// One more question in the ledger, and how it ended.
static void settle(struct sample *sample, struct host *host, uint16_t version, enum outcome_kind kind,
                   const char *detail)
{
    static const uint16_t codes[] = {0xC02F, 0x009C, 0x002F};
    static const uint8_t octets[] = {0x16, 0x03, 0x03, 0x00, 0xFF};
    struct probe probe = {
        .hello = {.version = version, .suites = {codes, COUNT(codes)}, .server_name = host->target->sni},
        .sample = (uint16_t)host->ledger.count};
    struct answer *answer = ledger_want(&host->ledger, &sample->memory, &probe);
    // Not the hash: golden files shall not change with the canonical form of probes.
    answer->key = UINT64_C(0x9E3779B97F4A7C15) * host->ledger.count;
    struct flight *flight = flight_in(&host->ledger.memory);
    *flight =
        (struct flight){.shown = flight->shown, .hello = true, .complete = true, .version = version, .suite = 0xC02F};
    struct raw raw = {{NULL, 0}, {NULL, 0}};
    struct outcome outcome = {.kind = kind, .detail = detail, .tries = 1, .connect_ms = 11};
    if (kind == OUTCOME_REPLIED) {
        outcome.flight = flight;
        outcome.answer_ms = 23;
        raw.received = (struct bytes){octets, sizeof octets};
    }
    if (kind != OUTCOME_SKIPPED && kind != OUTCOME_REFUSED && kind != OUTCOME_UNREACHABLE)
        raw.sent = (struct bytes){octets, 3};
    outcome.raw = raw_keep(&host->ledger.memory, raw);
    ledger_settle(&host->ledger, answer, &outcome);
}

// Keys of questions in the ledger, from the one numbered `first` on.
static struct evidence evidence(struct sample *sample, const struct host *host, size_t first, size_t count)
{
    uint64_t *keys = arena_array(&sample->memory, count, sizeof *keys);
    const struct answer *answer = host->ledger.first;
    for (; answer != NULL && first != 0; first--)
        answer = answer->next;
    for (size_t i = 0; i < count; i++, answer = answer->next) {
        assert_non_null(answer);
        keys[i] = answer->key;
    }
    return (struct evidence){keys, count};
}

#define YES                                                                                                            \
    {                                                                                                                  \
        .verdict = VERDICT_YES                                                                                         \
    }
#define NO                                                                                                             \
    {                                                                                                                  \
        .verdict = VERDICT_NO                                                                                          \
    }
#define UNKNOWN(code, words)                                                                                           \
    {                                                                                                                  \
        .verdict = VERDICT_UNKNOWN, .reason = (code), .sentence = (words)                                              \
    }
#define NOT_APPLICABLE(words)                                                                                          \
    {                                                                                                                  \
        .verdict = VERDICT_NOT_APPLICABLE, .reason = "not_offered", .sentence = (words)                                \
    }
#define SKIP                                                                                                           \
    {                                                                                                                  \
        .verdict = VERDICT_UNKNOWN, .reason = "skipped", .sentence = "the question was not asked"                      \
    }

static const struct fact yes = YES, no = NO;

static struct fact unknown(const char *reason, const char *sentence)
{
    return (struct fact){.verdict = VERDICT_UNKNOWN, .reason = reason, .sentence = sentence};
}

static struct fact no_because(const char *reason, const char *sentence)
{
    return (struct fact){.verdict = VERDICT_NO, .reason = reason, .sentence = sentence};
}

#define COPY(sample, array) arena_copy(&(sample)->memory, (struct bytes){(const uint8_t *)(array), sizeof(array)}).data

static void set_versions(struct sample *sample, struct host *host, const struct version_fact *rows, size_t count)
{
    struct version_fact *copy = arena_array(&sample->memory, count, sizeof *copy);
    memcpy(copy, rows, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        if (copy[i].fact.evidence.count == 0)
            copy[i].fact.evidence = evidence(sample, host, 0, 1);
    host->facts.versions = copy;
    host->facts.version_count = count;
}

static void set_suites(struct sample *sample, struct host *host, const struct suite_fact *rows, size_t count)
{
    struct suite_fact *copy = arena_array(&sample->memory, count, sizeof *copy);
    memcpy(copy, rows, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i].evidence = evidence(sample, host, 0, 2);
    host->facts.suites = copy;
    host->facts.suite_count = count;
}

static void set_groups(struct sample *sample, struct host *host, const struct group_fact *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct group_fact row = rows[i];
        row.evidence = evidence(sample, host, row.version == TLS13, 1);
        group_add(&sample->memory, &host->facts, &row);
    }
}

static void set_schemes(struct sample *sample, struct host *host, const struct scheme_fact *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scheme_fact row = rows[i];
        row.evidence = evidence(sample, host, 1, 1);
        scheme_add(&sample->memory, &host->facts, &row);
    }
}

static void set_lists(struct sample *sample, struct host *host, const struct list_fact *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list_add(&sample->memory, &host->facts, &rows[i]);
}

static void set_features(struct sample *sample, struct host *host, const struct feature_fact *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct feature_fact row = rows[i];
        row.fact.evidence = evidence(sample, host, 0, 1);
        feature_add(&sample->memory, &host->facts, &row);
    }
}

static struct certificate leaf(const char *subject, const char *issuer)
{
    static const uint8_t der[] = "not DER, but octets that a PEM can hold: sixty-four characters make a line";
    static const char *const usage[] = {"digitalSignature"}, *const purpose[] = {"serverAuth"};
    static const char *const ocsp[] = {"http://ocsp.example.net/"};
    return (struct certificate){
        .der = {der, sizeof der - 1},
        .version = 3,
        .subject = subject,
        .issuer = issuer,
        .serial = "03A1B2C3D4E5F60718",
        .not_before = NOW - 27 * DAY,
        .not_after = NOW + 63 * DAY + 7200,
        .key_type = "EC",
        .key_bits = 256,
        .curve = "secp256r1",
        .signature_algorithm = "ecdsa-with-SHA384",
        .has_basic_constraints = true,
        .path_length = -1,
        .key_usage = {usage, 1},
        .extended_key_usage = {purpose, 1},
        .ocsp_urls = {ocsp, 1},
        .sct_count = 2,
        .fingerprint_sha256 = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
        .fingerprint_sha1 = "A94A8FE5CCB19BA61C4C0873D391E987982FBBD3",
        .public_key_sha256 = "60303AE22B998861BCE3B28F33EEC1BE758A213C86C93C076DBE9F558C11C752",
    };
}

static struct certificate authority(const char *subject, const char *issuer)
{
    struct certificate certificate = leaf(subject, issuer);
    certificate.not_before = NOW - 1000 * DAY;
    certificate.not_after = NOW + 1000 * DAY;
    certificate.key_type = "RSA";
    certificate.key_bits = 2048;
    certificate.curve = NULL;
    certificate.signature_algorithm = "sha256WithRSAEncryption";
    certificate.is_ca = true;
    certificate.path_length = 0;
    certificate.fingerprint_sha256 = "FD61A03AF04F77D822FC9C05A8E7CD80E68E9F1C9D5B0DF4C0A1F8F0F2E1A3B4";
    return certificate;
}

static const char *const names[] = {"example.com", "www.example.com", "*.shop.example.com", "mail.example.com",
                                    "a-rather-long-name-to-fold.internal.services.example.com"};

// A leaf that breaks a rule for everyone and one for public authorities, and leaves one open; and an
// authority that could not be read.
static const struct lint_result *rules_of_two(struct sample *sample)
{
    static const struct lint_rule for_all = {"serial_positive",
                                             LINT_ANY,
                                             true,
                                             false,
                                             "RFC 5280",
                                             "4.1.2.2",
                                             20020501,
                                             0,
                                             "The serial number is greater than zero."};
    static const struct lint_rule for_public = {"validity_398_days",
                                                LINT_SUBSCRIBER,
                                                true,
                                                true,
                                                "CA/B Forum BR",
                                                "6.3.2",
                                                20200901,
                                                20260315,
                                                "The certificate is valid for at most 398 days."};
    static const struct lint_rule open = {"serial_entropy",
                                          LINT_ANY,
                                          true,
                                          true,
                                          "CA/B Forum BR",
                                          "7.1.2.7",
                                          20160930,
                                          0,
                                          "The serial number is long enough to hold 64 random bits."};
    const struct lint_row rows[] = {
        {&open, LINT_UNKNOWN, "perhaps_by_chance", "The serial number has 63 bits.", NULL},
        {&for_all, LINT_BROKEN, NULL, NULL, "A5"},
        {&for_public, LINT_BROKEN, NULL, NULL, "825 days"},
    };
    const struct lint_result results[] = {
        {.kinds = LINT_SUBSCRIBER,
         .rows = (const void *)COPY(sample, rows),
         .row_count = COUNT(rows),
         .held = 61,
         .broken = 2,
         .unknown = 1,
         .not_applicable = 71},
        {.kinds = LINT_ANY, .error = "This is not a certificate, or it is cut short."},
    };
    return (const void *)COPY(sample, results);
}

static const struct trust_fact trusted = {.store = "system", .fact = YES};

// What the store says, and some lists.
static void set_trust(struct sample *sample, struct chain_fact *chain, struct fact store,
                      const struct trust_fact *lists, size_t count)
{
    struct trust_fact *rows = arena_array(&sample->memory, 1 + count, sizeof *rows);
    rows[0] = (struct trust_fact){.store = "system", .fact = store};
    for (size_t i = 0; i < count; i++)
        rows[1 + i] = lists[i];
    chain->trust = rows;
    chain->trust_count = 1 + count;
}

static struct chain_fact chain(const struct certificate *certificates, size_t count, const struct served_for *served,
                               size_t served_count)
{
    return (struct chain_fact){
        .served_for = served,
        .served_count = served_count,
        .chain = certificates,
        .count = count,
        .hostname = yes,
        .matched = "example.com",
        .trust = &trusted,
        .trust_count = 1,
        .in_order = yes,
        .complete = yes,
        .repairable = {.verdict = VERDICT_NOT_APPLICABLE, .reason = "complete", .sentence = "nothing is missing"},
        .valid_now = yes,
        .self_signed = no};
}

// Rows of the leaf's key; the others have none.
// What was said of the leaf, by one source.
static void set_revocation(struct sample *sample, struct host *host, const struct chain_fact *chain,
                           struct revocation_row row, struct fact must_staple)
{
    struct chain_revocation *found = arena_alloc(&sample->memory, sizeof *found);
    struct certificate_revocation *certificates = arena_array(&sample->memory, chain->count, sizeof *certificates);
    for (size_t i = 0; i < chain->count; i++)
        certificates[i].fact = (struct standing_fact){
            STANDING_NOT_TESTED, "not_allowed", "documents are not fetched unless that is asked for", {NULL, 0}};
    row.fact.evidence = chain->evidence;
    struct revocation_row rows[] = {row};
    certificates[0] = (struct certificate_revocation){row.fact, (const void *)COPY(sample, rows), 1};
    *found = (struct chain_revocation){certificates, must_staple};
    host->facts.revocations = found;
}

static void set_weak_keys(struct sample *sample, struct chain_fact *chain, const struct weak_key_fact *rows,
                          size_t count)
{
    struct weak_keys *keys = arena_array(&sample->memory, chain->count, sizeof *keys);
    struct weak_key_fact *copy = arena_array(&sample->memory, count, sizeof *copy);
    memcpy(copy, rows, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i].fact.evidence = chain->evidence;
    keys[0] = (struct weak_keys){copy, count};
    chain->weak_keys = keys;
}

// An HTTP answer, read as the check reads it.
static void set_http(struct sample *sample, struct host *host, const char *text, struct fact effective)
{
    struct http_fact *http = arena_alloc(&sample->memory, sizeof *http);
    struct http_head *head = arena_alloc(&sample->memory, sizeof *head);
    assert_int_equal(http_head_read(bytes_of_text(text), head), HTTP_WHOLE);
    http_read(&sample->memory, head, host->target->host, false, http);
    http->fact = fact_of(VERDICT_YES);
    http->fact.evidence = evidence(sample, host, 0, 1);
    http->version = TLS13;
    http->method = "HEAD";
    http->hsts.effective = effective;
    http->http_redirect = fact_because(VERDICT_NOT_TESTED, "not_allowed", "fetching was not allowed");
    host->facts.http = http;
}

// One for each chain.
static void set_transparency(struct sample *sample, struct host *host, const struct transparency_fact *rows,
                             size_t count)
{
    struct transparency_fact *copy = arena_array(&sample->memory, count, sizeof *copy);
    memcpy(copy, rows, count * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        copy[i].logs = "built-in";
        copy[i].fact.evidence = evidence(sample, host, 0, 1);
        copy[i].policies[CT_CHROME].date = "2026-08-21";
        copy[i].policies[CT_APPLE].date = "2026-04-01";
    }
    host->facts.transparency = copy;
}

// --- the samples ---------------------------------------------------------------------------------

static const struct ct_log oak = {
    .name = "Example 'Oak2026h2' log",
    .operator= "Example",
    .standing = {{CT_USABLE, 0, "2026-08-21"}, {CT_RETIRED, 0, "2026-04-01"}},
};
static const struct ct_log pond = {
    .name = "Pond2026h2",
    .operator= "Other",
    .tiled = true,
    .standing = {{CT_QUALIFIED, 0, "2026-08-21"}, {CT_ABSENT, INT64_MIN, ""}},
};

#define OAK  "GYbUxyiqb/66A294Kk0BkarOLXIxD67OXXBBLSVMx9Q="
#define POND "1219ENGn9XfCx+lf1wC/+YLJM1pl4dCzAXMXwMjFaXc="

static void modern_transparency(struct sample *sample, struct host *host)
{
    const struct sct_fact scts[] = {
        {SCT_IN_CERTIFICATE, 1, OAK, &oak, true, NOW - 40 * DAY, yes},
        {SCT_IN_CERTIFICATE, 1, POND, &pond, true, NOW - 40 * DAY, yes},
    };
    const struct transparency_fact rows[] = {{
        .fact = yes,
        .scts = (const void *)COPY(sample, scts),
        .sct_count = COUNT(scts),
        .policies = {{.required = 2, .counted = 2, .fact = yes}, {.required = 2, .counted = 2, .fact = yes}},
    }};
    set_transparency(sample, host, rows, COUNT(rows));
}

static void old_transparency(struct sample *sample, struct host *host)
{
    const struct sct_fact scts[] = {
        {SCT_IN_CERTIFICATE, 1, POND, NULL, true, NOW - 400 * DAY,
         unknown("unknown_log", "the table of logs does not have this one")},
        {SCT_IN_TLS, 1, OAK, &oak, true, NOW - DAY,
         no_because("bad_signature", "the signature is not the log's over this certificate")},
        {SCT_IN_OCSP, 0, NULL, NULL, false, 0, no_because("malformed", "its fields do not fill it")},
    };
    const struct transparency_fact rows[] = {{
        .fact = yes,
        .scts = (const void *)COPY(sample, scts),
        .sct_count = COUNT(scts),
        .policies = {{.required = 3,
                      .counted = 1,
                      .fact = unknown("unknown_log", "the table of logs does not have it")},
                     {.fact = unknown("lifetime", "the policy has no number of SCTs for it")}},
    }};
    set_transparency(sample, host, rows, COUNT(rows));
}

static void modern_facts(struct sample *sample, struct host *host)
{
    static const struct version_fact versions[] = {{TLS13, YES}, {SSL2, NO},  {SSL3, NO},
                                                   {TLS10, NO},  {TLS11, NO}, {TLS12, YES}};
    static const struct suite_fact suites[] = {
        {.version = TLS13, .code = 0x1303, .order = 3, .group = 0x11EC},
        {.version = TLS13, .code = 0x1301, .order = 1, .group = 0x11EC},
        {.version = TLS13, .code = 0x1302, .order = 2, .group = 0x11EC},
        {.version = TLS12, .code = 0xC02B, .order = 1, .group = 0x001D},
        {.version = TLS12, .code = 0xCCA9, .order = 2, .group = 0x001D},
        {.version = TLS12, .code = 0xC02C, .order = 3, .group = 0x0017},
    };
    static const struct enumeration_fact lists[] = {{TLS12, 330, YES}, {TLS13, 9, YES}};
    static const struct preference_fact orders[] = {
        {.version = TLS13,
         .preference = PREFERENCE_SERVER_CHACHA_BY_CLIENT,
         .reason = "chacha_first",
         .sentence = "with ChaCha20 first in the hello the server chose it, else its own first suite"},
        {.version = TLS12, .preference = PREFERENCE_SERVER}};
    static const struct served_for served[] = {{TLS13, "EC", true}, {TLS12, "EC", true}};
    struct certificate certificates[] = {leaf("CN=example.com", "CN=Example Intermediate,O=Example,C=NL"),
                                         authority("CN=Example Intermediate,O=Example,C=NL", "CN=Example Root,C=NL")};
    static const char *const path[] = {"CN=example.com", "CN=Example Intermediate,O=Example,C=NL",
                                       "CN=Example Root,C=NL"};
    certificates[0].common_name = "example.com";
    certificates[0].dns_names = (struct strings){names, COUNT(names)};
    struct chain_fact chains[] = {chain((const void *)COPY(sample, certificates), 2, served, COUNT(served))};
    settle(sample, host, TLS13, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS12, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS11, OUTCOME_ALERT, NULL);
    chains[0].lint = rules_of_two(sample);
    const struct trust_fact root_lists[] = {
        {"mozilla", "2026-07-19", yes, {path, COUNT(path)}, ROOT_DIGEST, NULL},
        {"chrome", "2026-07", yes, {path, COUNT(path)}, ROOT_DIGEST, NULL},
        {"apple",
         "2025-12-28",
         unknown("sources_disagree", "Sources disagree"),
         {path, COUNT(path)},
         ROOT_DIGEST,
         path[2]},
        {"java",
         "2026-07",
         unknown("root_not_at_hand", "The root is in none of the stores at hand"),
         {path, COUNT(path)},
         ROOT_DIGEST,
         path[2]},
    };
    chains[0].evidence = evidence(sample, host, 0, 2);
    modern_transparency(sample, host);
    struct fact store = yes;
    store.evidence = chains[0].evidence;
    set_trust(sample, &chains[0], store, root_lists, COUNT(root_lists));
    set_versions(sample, host, versions, COUNT(versions));
    set_suites(sample, host, suites, COUNT(suites));
    host->facts.enumerations = lists;
    host->facts.enumeration_count = COUNT(lists);
    host->facts.preferences = orders;
    host->facts.preference_count = COUNT(orders);
    host->facts.chains = (const void *)COPY(sample, chains);
    host->facts.chain_count = 1;
    host->facts.certificates = yes;
    set_http(
        sample, host,
        "HTTP/1.1 200 OK\r\nServer: cloud\r\nStrict-Transport-Security: max-age=63072000; includeSubDomains; "
        "preload\r\nContent-Security-Policy: default-src 'self'\r\nX-Frame-Options: DENY\r\nX-Content-Type-Options: "
        "nosniff\r\nReferrer-Policy: no-referrer\r\nSet-Cookie: __Host-session=; Secure; HttpOnly; SameSite=Lax; "
        "Path=/\r\nAlt-Svc: h3=\":443\"; ma=86400\r\nCache-Control: no-store\r\n\r\n",
        yes);
}

static void modern(struct sample *sample)
{
    begin(sample,
          "b\xC3\xBC"
          "cher.example",
          "xn--bcher-kva.example",
          "b\xC3\xBC"
          "cher.example");
    modern_facts(sample, add_host(sample, "192.0.2.17"));
    modern_facts(sample, add_host(sample, "2001:db8::17"));
    sample->endpoint[1].pushed_back = true;
}

static const struct weak_key_fact weak_key_of_old[] = {
    {"close_primes", UNKNOWN("too_long", "The modulus has 16393 bits, more than are computed with.")},
    {"predictable",
     {.verdict = VERDICT_NOT_TESTED, .reason = "no_list", .sentence = "No list of weak keys was given."}},
    {"roca", NO},
    {"small_factor", {.verdict = VERDICT_YES, .reason = "divisible", .sentence = "The modulus is divisible by 3."}},
};

static void old_revocation(struct sample *sample, struct host *host, struct chain_fact *chain)
{
    struct revocation_row listed = {
        .source = SOURCE_CRL,
        .url = "http://ca.old.example/ca.crl",
        .fact = {.standing = STANDING_REVOKED,
                 .sentence = "The certificate was revoked at 2025-11-01T00:00:00Z: superseded."},
        .said = revocation_begin()};
    listed.said.this_update = NOW - 86400;
    listed.said.next_update = NOW + 6 * 86400;
    listed.said.revoked_at = 1761955200;
    listed.said.revocation_reason = "superseded";
    listed.said.signer = "CN=localhost,O=Acme\\, Inc.";
    listed.said.number = "1F";
    set_revocation(sample, host, chain, listed,
                   no_because("no_staple", "the certificate requires a staple, and the server sends none"));
}

static void old(struct sample *sample)
{
    begin(sample, "old.example:443", "old.example", "old.example");
    static const struct version_fact versions[] = {{SSL2, YES},  {SSL3, YES},  {TLS10, YES},
                                                   {TLS11, YES}, {TLS12, YES}, {TLS13, NO}};
    static const struct suite_fact suites[] = {
        {.version = SSL2, .code = 0x010080},
        {.version = SSL2, .code = 0x000000},
        {.version = SSL2, .code = 0x0700C0},
        {.version = SSL3, .code = 0x0005, .order = 1},
        {.version = SSL3, .code = 0x0003, .order = 2},
        {.version = SSL3, .code = 0x0018, .order = 3, .dh_bits = 512},
        {.version = TLS10, .code = 0x000A, .order = 2},
        {.version = TLS10, .code = 0x0033, .order = 1, .dh_bits = 1024},
        {.version = TLS10, .code = 0xC013, .order = 3, .group = 0x0017},
        {.version = TLS12, .code = 0xC02F, .group = 0x0017},
        {.version = TLS12, .code = 0x003B},
        {.version = TLS12, .code = 0x009F, .group = 0x0100, .dh_bits = 2048},
    };
    static const struct enumeration_fact lists[] = {
        {SSL2, 13, YES}, {SSL3, 130, YES}, {TLS10, 180, YES}, {TLS12, 330, YES}};
    static const struct preference_fact orders[] = {
        {.version = SSL3, .preference = PREFERENCE_CLIENT},
        {.version = TLS10, .preference = PREFERENCE_SERVER},
        {.version = TLS12,
         .preference = PREFERENCE_INCONSISTENT,
         .reason = "contradiction",
         .sentence = "the same two suites were chosen one before the other and the other way round"}};
    static const struct anomaly_fact anomalies[] = {
        {.code = "suite_repeated", .sentence = "a suite was chosen again after it was left out of the hello"},
        {.code = "mixed_backends",
         .sentence = "answers to the same question differ: there may be more than one server behind this address"}};
    static const struct served_for served[] = {{TLS10, "RSA", true}, {SSL3, "RSA", true}, {SSL2, "RSA", false}};
    struct certificate certificates[] = {leaf("CN=localhost,O=Acme\\, Inc.", "CN=localhost,O=Acme\\, Inc."),
                                         authority("CN=Not needed", "CN=Not needed")};
    static const char *const extra[] = {"CN=Not needed"};
    certificates[0].key_type = "RSA";
    certificates[0].key_bits = 1024;
    certificates[0].curve = NULL;
    certificates[0].signature_algorithm = "md5WithRSAEncryption";
    certificates[0].not_before = NOW - 4000 * DAY;
    certificates[0].not_after = NOW - 350 * DAY;
    certificates[0].self_issued = certificates[0].self_signed = true;
    struct chain_fact chains[] = {chain((const void *)COPY(sample, certificates), 2, served, COUNT(served))};
    chains[0].hostname = no_because("no_match", "old.example is none of the certificate's names");
    chains[0].matched = NULL;
    set_trust(sample, &chains[0], no_because("self_signed", "self-signed certificate (CN=localhost,O=Acme\\, Inc.)"),
              NULL, 0);
    chains[0].valid_now = no_because("expired", "the leaf ended on 2025-12-08");
    chains[0].in_order = no_because("out_of_order", "certificate 2 did not issue certificate 1");
    chains[0].self_signed = yes;
    chains[0].extra = (struct strings){extra, 1};
    struct host *host = add_host(sample, "192.0.2.99");
    settle(sample, host, TLS10, OUTCOME_REPLIED, NULL);
    settle(sample, host, SSL3, OUTCOME_REPLIED, NULL);
    set_versions(sample, host, versions, COUNT(versions));
    set_suites(sample, host, suites, COUNT(suites));
    host->facts.enumerations = lists;
    host->facts.enumeration_count = COUNT(lists);
    host->facts.preferences = orders;
    host->facts.preference_count = COUNT(orders);
    host->facts.anomalies = anomalies;
    host->facts.anomaly_count = COUNT(anomalies);
    chains[0].evidence = evidence(sample, host, 0, 1);
    old_transparency(sample, host);
    set_weak_keys(sample, &chains[0], weak_key_of_old, COUNT(weak_key_of_old));
    old_revocation(sample, host, &chains[0]);
    host->facts.chains = (const void *)COPY(sample, chains);
    host->facts.chain_count = 1;
    host->facts.certificates = yes;
}

static void two_certificates(struct sample *sample)
{
    static const struct version_fact versions[] = {{TLS12, YES}};
    static const struct suite_fact suites[] = {{.version = TLS12, .code = 0xC02F, .order = 1, .group = 0x001D}};
    static const struct preference_fact orders[] = {{.version = TLS12, .preference = PREFERENCE_SINGLE}};
    static const struct enumeration_fact lists[] = {{TLS12, 330, YES}};
    static const struct served_for other[] = {{TLS12, "RSA", false}}, served[] = {{TLS12, "EC", true}};
    struct certificate default_leaf = leaf("CN=default.hosting.example", "CN=Hosting CA");
    struct certificate certificate = leaf("CN=example.com", "CN=Example Intermediate,O=Example,C=NL");
    default_leaf.key_type = "RSA";
    default_leaf.key_bits = 3072;
    default_leaf.curve = NULL;
    default_leaf.not_after = NOW + 3600;
    certificate.dns_names = (struct strings){names, 2};
    certificate.not_before = NOW + 2 * DAY;
    begin(sample, "example.com", "example.com", "example.com");
    struct host *host = add_host(sample, "192.0.2.20");
    settle(sample, host, TLS12, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS12, OUTCOME_ALERT, NULL);
    struct certificate *copies = arena_array(&sample->memory, 2, sizeof *copies);
    copies[0] = default_leaf;
    copies[1] = certificate;
    struct chain_fact chains[] = {chain(&copies[0], 1, other, 1), chain(&copies[1], 1, served, 1)};
    chains[0].hostname = no_because("no_match", "example.com is none of the certificate's names");
    chains[0].matched = NULL;
    set_trust(sample, &chains[0], unknown("unparseable", "a certificate of the chain could not be read"), NULL, 0);
    set_trust(sample, &chains[1], no_because("incomplete_chain", "the issuer of CN=example.com was not sent"), NULL, 0);
    chains[1].complete = no_because("missing_intermediate", "the issuer of the last certificate was not sent");
    static const char *const urls[] = {"http://ca.example/i.der"};
    chains[1].repairable = unknown("not_fetched", "the certificate says where its issuer is to be had");
    chains[1].issuer_urls = (struct strings){urls, 1};
    chains[1].missing_issuer = "CN=Example Intermediate,O=Example,C=NL";
    set_versions(sample, host, versions, COUNT(versions));
    set_suites(sample, host, suites, COUNT(suites));
    host->facts.enumerations = lists;
    host->facts.enumeration_count = COUNT(lists);
    host->facts.preferences = orders;
    host->facts.preference_count = COUNT(orders);
    host->facts.chains = (const void *)COPY(sample, chains);
    host->facts.chain_count = 2;
    const struct fact none = no_because("no_scts", "no SCT comes with it"),
                      private = {.verdict = VERDICT_NOT_APPLICABLE,
                                 .reason = "not_public",
                                 .sentence = "no list of roots trusts the chain"};
    const struct transparency_fact transparency[] = {
        {.fact = none, .policies = {{.required = 2, .fact = none}, {.required = 3, .fact = none}}},
        {.fact = none, .policies = {{.required = 2, .fact = private}, {.fact = private}}},
    };
    set_transparency(sample, host, transparency, COUNT(transparency));
    host->facts.certificates = yes;
}

static void no_answer(struct sample *sample, enum outcome_kind kind, const char *detail)
{
    const struct fact skipped = SKIP;
    static const struct version_fact versions[] = {{SSL2, SKIP}, {TLS12, SKIP}, {TLS13, SKIP}};
    struct host *host = add_host(sample, "192.0.2.200");
    settle(sample, host, TLS12, kind, detail);
    settle(sample, host, TLS13, kind, detail);
    set_versions(sample, host, versions, COUNT(versions));
    host->facts.certificates = skipped;
    sample->endpoint[0].connections = 2;
}

static void unreachable(struct sample *sample)
{
    begin(sample, "192.0.2.200", "192.0.2.200", "192.0.2.200");
    sample->target.is_address = true;
    sample->target.sni = NULL;
    no_answer(sample, OUTCOME_UNREACHABLE, NULL);
}

static void not_tls(struct sample *sample)
{
    begin(sample, "mail.example:25", "mail.example", "mail.example");
    sample->target.port = 25;
    no_answer(sample, OUTCOME_NOT_TLS, "220 mail.example ESMTP\\u000D\\u000A");
}

static void unresolved(struct sample *sample)
{
    begin(sample, "nowhere.invalid", "nowhere.invalid", "nowhere.invalid");
    sample->input.trouble = "nowhere.invalid does not resolve: there is no such name";
}

// Strings that nobody escaped on the way, as if a layer below had failed to.
static void hostile(struct sample *sample)
{
    begin(sample, "ho\xFFst\033[1m", "host.example", "host.example");
    static const char *const nasty[] = {"\033[2Jclear",
                                        "rtl\xE2\x80\xAE"
                                        "txt",
                                        "bad\xFF\xC3", "new\nline\ttab",
                                        "c1\xC2\x9B"
                                        "31m"};
    static const struct version_fact versions[] = {{0x0305, YES}, {TLS12, YES}};
    static const struct suite_fact suites[] = {{.version = TLS12, .code = 0xC02F, .order = 1, .group = 0xFE30}};
    static const struct anomaly_fact anomalies[] = {
        {.code = "banner", .sentence = "it said \033]0;title\007 and \xC0\xAF"}};
    static const struct served_for served[] = {{TLS12, "2.5.4.\xFE", true}};
    struct certificate certificates[] = {
        leaf("CN=\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E,O=\033[31mred\xED\xA0\x80", "CN=\xFF")};
    certificates[0].dns_names = certificates[0].other_names = (struct strings){nasty, COUNT(nasty)};
    certificates[0].not_before = INT64_MIN;
    certificates[0].not_after = INT64_MAX;
    certificates[0].error = "the validity could not be read";
    struct chain_fact chains[] = {chain((const void *)COPY(sample, certificates), 1, served, 1)};
    chains[0].matched = NULL;
    chains[0].hostname = no_because("no_match", "none of \"\xFF\" is it");
    chains[0].missing_issuer = "CN=\xFF";
    chains[0].extra = (struct strings){nasty, COUNT(nasty)};
    static const struct group_fact groups[] = {{.code = 0xFFFF, .version = TLS13, .order = UINT32_MAX},
                                               {.code = 0x0A0A, .version = SSL3}};
    static const struct scheme_fact schemes[] = {{.code = 0xABCD, .version = 0x7F1C}};
    static const struct feature_fact features[] = {
        {FEATURE_ALPN, "h\xFF\033[1m_2", 0x0305, YES, "\xE2\x80\xAE, \033]0;x\007", true, INT64_MIN, "by\nte"},
        {FEATURE_CLIENT_AUTHENTICATION, "required", 0, UNKNOWN("odd", "it said \033[31m"), "CN=\xFF", false, 0, NULL}};
    struct host *host = add_host(sample, "192.0.2.66");
    settle(sample, host, TLS12, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS12, OUTCOME_CLOSED, NULL);
    set_groups(sample, host, groups, COUNT(groups));
    set_schemes(sample, host, schemes, COUNT(schemes));
    set_features(sample, host, features, COUNT(features));
    set_versions(sample, host, versions, COUNT(versions));
    set_suites(sample, host, suites, COUNT(suites));
    host->facts.anomalies = anomalies;
    host->facts.anomaly_count = COUNT(anomalies);
    host->facts.chains = (const void *)COPY(sample, chains);
    host->facts.chain_count = 1;
    host->facts.certificates = yes;
    set_http(
        sample, host,
        "HTTP/1.1 302 \033[31mFound\nServer: \xFF\033]0;x\007\nX-Powered-By: \xE2\x80\xAEtxt\nLocation: "
        "http://elsewhere.example/\033[1m\nStrict-Transport-Security: max-age=1; "
        "max-age=\033\nStrict-Transport-Security: "
        "max-age=1\nSet-Cookie: \033[1m__Secure-\xFF=; SameSite=None\nSet-Cookie: __Host-a=; Partitioned\nSet-Cookie: "
        "value alone\nContent-Encoding: \007gzip\nAlt-Svc: \xFFh3=\"a\", clear\n\n",
        fact_because(VERDICT_NOT_APPLICABLE, "no_policy", "there is nothing to be heeded"));
    host->facts.dns = dns_sample_hostile(&sample->memory, evidence(sample, host, 0, 1));
}

// Two addresses of a name, one of which keeps what DNS says.
static void dns(struct sample *sample)
{
    static const char leaf_sha256[] = "0102030405060708090A0B0C0D0E0F10112233445566778899AABBCCDDEEFF00";
    begin(sample, "www.example.com", "www.example.com", "www.example.com");
    sample->input.resolver = "192.0.2.53 2001:db8::53@5353";
    for (size_t i = 0; i < 2; i++) {
        struct host *host = add_host(sample, i == 0 ? "192.0.2.40" : "192.0.2.41");
        settle(sample, host, TLS12, OUTCOME_REPLIED, NULL);
        host->facts.dns = dns_sample(&sample->memory, evidence(sample, host, 0, 1), leaf_sha256, i == 0);
    }
}

static void partial(struct sample *sample)
{
    const struct fact silent = unknown("silent", "the server took the ClientHello and said nothing");
    const struct version_fact versions[] = {{SSL2, silent}, {TLS12, yes}, {TLS13, silent}};
    static const struct suite_fact suites[] = {{.version = TLS12, .code = 0x009C}};
    const struct enumeration_fact lists[] = {
        {TLS12, 330, unknown("reset", "the server reset the connection without an answer")}};
    static const struct preference_fact orders[] = {
        {.version = TLS12, .reason = "silent", .sentence = "the server took the ClientHello and said nothing"}};
    begin(sample, "slow.example", "slow.example", "slow.example");
    struct host *host = add_host(sample, "192.0.2.50");
    settle(sample, host, TLS12, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS13, OUTCOME_SILENT, NULL);
    settle(sample, host, TLS12, OUTCOME_SKIPPED, NULL);
    set_versions(sample, host, versions, COUNT(versions));
    set_suites(sample, host, suites, COUNT(suites));
    host->facts.enumerations = (const void *)COPY(sample, lists);
    host->facts.enumeration_count = COUNT(lists);
    host->facts.preferences = orders;
    host->facts.preference_count = COUNT(orders);
    static const struct group_fact groups[] = {{.code = 0x001D, .version = TLS12}};
    static const struct list_fact whole[] = {
        {LIST_GROUPS,
         TLS12,
         60,
         UNKNOWN("reset", "the server reset the connection without an answer"),
         {.reason = "reset", .sentence = "the server reset the connection without an answer"}},
        {LIST_GROUPS, TLS13, 60, NOT_APPLICABLE("the server has no TLS 1.3"), {.preference = PREFERENCE_SINGLE}},
        {LIST_SIGNATURE_SCHEMES, TLS12, 41, UNKNOWN("ignores_offer", "the server takes any list"), {0}},
    };
    static const struct feature_fact features[] = {
        {FEATURE_EXTENSION, "heartbeat", TLS12, SKIP, NULL, false, 0, NULL},
        {FEATURE_INTOLERANCE, "long_hello", TLS12, YES, NULL, true, 256, "octets"},
        {FEATURE_INTOLERANCE, "split_record", TLS12, UNKNOWN("silent", "the control was not answered either"), NULL,
         false, 0, NULL},
        {FEATURE_INTOLERANCE, "many_suites", TLS12, NO, NULL, false, 0, NULL},
        {FEATURE_INTOLERANCE, "grease", TLS13, NOT_APPLICABLE("the server has no TLS 1.3"), NULL, false, 0, NULL},
        {FEATURE_SESSION,
         "ticket_resumption",
         TLS12,
         {.verdict = VERDICT_NOT_TESTED, .reason = "no_handshake", .sentence = "no handshake could be completed"},
         NULL,
         false,
         0,
         NULL},
        {FEATURE_ALPN, "h2", 0, UNKNOWN("local_failure", "this machine had no descriptor left"), NULL, false, 0, NULL},
    };
    set_groups(sample, host, groups, COUNT(groups));
    set_lists(sample, host, whole, COUNT(whole));
    set_features(sample, host, features, COUNT(features));
    host->facts.certificates =
        unknown("needs_rsa_key_exchange", "no suite that shows a certificate could be asked for");
    sample->input.interrupted = true;
}

static const struct feature_fact picture_features[] = {
    {FEATURE_OTHER, "unknown_name", 0, NO, "alert unrecognized_name", false, 0, NULL},
    {FEATURE_OTHER, "clock", TLS12, YES, NULL, true, -2, "seconds"},
    {FEATURE_INTOLERANCE, "unknown_extension", TLS13, NO, NULL, false, 0, NULL},
    {FEATURE_INTOLERANCE, "many_suites", TLS12, NO, NULL, false, 0, NULL},
    {FEATURE_INTOLERANCE, "split_record", TLS12, NO, NULL, false, 0, NULL},
    {FEATURE_DOWNGRADE, "fallback_scsv", 0, YES, NULL, false, 0, NULL},
    {FEATURE_DOWNGRADE, "sentinel_tls12", TLS12, YES, NULL, false, 0, NULL},
    {FEATURE_RENEGOTIATION, "secure", TLS12, YES, NULL, false, 0, NULL},
    {FEATURE_RENEGOTIATION,
     "client_initiated",
     TLS12,
     {.verdict = VERDICT_NO, .reason = "alert", .sentence = "the server answered with alert no_renegotiation"},
     NULL,
     true,
     0,
     "of 10 tries"},
    {FEATURE_SESSION, "ticket_resumption", TLS12, YES, NULL, true, 3, "of 3 attempts"},
    {FEATURE_SESSION, "ticket_lifetime", TLS13, YES, NULL, true, 7200, "seconds"},
    {FEATURE_SESSION, "early_data", TLS13, NO, NULL, false, 0, NULL},
    {FEATURE_CLIENT_AUTHENTICATION, "requested", 0, YES, "CN=Clients,O=Example; CN=Partners,O=Example", true, 2,
     "names"},
    {FEATURE_ALPN, "h2", TLS13, YES, NULL, false, 0, NULL},
    {FEATURE_ALPN, "http/1.1", TLS13, YES, NULL, false, 0, NULL},
    {FEATURE_ALPN, "acme-tls/1", TLS13, NO, NULL, false, 0, NULL},
    {FEATURE_EXTENSION, "extended_master_secret", TLS12, YES, NULL, false, 0, NULL},
    {FEATURE_EXTENSION, "renegotiation_info", TLS12, YES, NULL, false, 0, NULL},
    {FEATURE_EXTENSION, "record_size_limit", TLS13, YES, NULL, true, 16385, "octets"},
    {FEATURE_EXTENSION, "record_size_limit", TLS12, YES, NULL, true, 16384, "octets"},
    {FEATURE_EXTENSION, "certificate_compression", TLS13, YES, "zlib, brotli", false, 0, NULL},
    {FEATURE_EXTENSION, "encrypt_then_mac", TLS12, NO, NULL, false, 0, NULL},
    {FEATURE_EXTENSION, "heartbeat", TLS13, NO, NULL, false, 0, NULL},
    {FEATURE_EXTENSION, "heartbeat", TLS12, NO, NULL, false, 0, NULL},
    {FEATURE_EXTENSION, "next_protocol", 0, NOT_APPLICABLE("no suite with a key exchange that allows it"), NULL, false,
     0, NULL},
    {FEATURE_KEY_EXCHANGE, "dh_prime", TLS12, YES, "modp2048 (RFC 3526)", true, 2048, "bits"},
    {FEATURE_KEY_EXCHANGE, "dh_reuse", TLS12, NO, NULL, true, 0, "of 3 attempts"},
    {FEATURE_POST_QUANTUM, "hybrid_chosen", TLS13, YES, "X25519MLKEM768", false, 0, NULL},
    {FEATURE_POST_QUANTUM, "hybrid_supported", TLS13, YES, NULL, false, 0, NULL},
    {FEATURE_POST_QUANTUM, "two_segments", TLS13, NO, NULL, false, 0, NULL},
};

// Every section of the picture has its rows, filed in no order.
static void picture(struct sample *sample)
{
    static const struct version_fact versions[] = {{TLS12, YES}, {TLS13, YES}};
    static const struct group_fact groups[] = {
        {.code = 0x0017, .version = TLS12, .order = 2},
        {.code = 0x001D, .version = TLS12, .order = 1},
        {.code = 0x0018, .version = TLS12, .order = 3},
        {.code = 0x000A, .version = TLS12, .order = 4},
        {.code = 0x0100, .version = TLS12},
        {.code = 0x001D, .version = TLS13, .order = 2},
        {.code = 0x11EC, .version = TLS13, .order = 1},
        {.code = 0x0017, .version = TLS13, .order = 3},
        {.code = 0x0201, .version = TLS13, .order = 4},
        {.code = 0x7F01, .version = TLS13, .order = 5},
    };
    static const struct scheme_fact schemes[] = {
        {.code = 0x0401, .version = TLS12, .order = 3},
        {.code = 0x0804, .version = TLS12, .order = 1},
        {.code = 0x0201, .version = TLS12, .order = 4},
        {.code = 0x0806, .version = TLS12, .order = 2},
        {.code = 0x0806, .version = TLS13},
        {.code = 0x0804, .version = TLS13},
    };
    static const struct list_fact lists[] = {
        {LIST_SIGNATURE_SCHEMES, TLS13, 41, YES, {.preference = PREFERENCE_CLIENT}},
        {LIST_GROUPS, TLS13, 60, YES, {.preference = PREFERENCE_SERVER}},
        {LIST_SIGNATURE_SCHEMES, TLS12, 41, YES, {.preference = PREFERENCE_SERVER}},
        {LIST_GROUPS, TLS12, 60, YES, {.preference = PREFERENCE_SERVER}},
    };
    begin(sample, "picture.example", "picture.example", "picture.example");
    struct host *host = add_host(sample, "192.0.2.80");
    settle(sample, host, TLS12, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS13, OUTCOME_REPLIED, NULL);
    settle(sample, host, TLS13, OUTCOME_ALERT, NULL);
    set_versions(sample, host, versions, COUNT(versions));
    set_groups(sample, host, groups, COUNT(groups));
    set_schemes(sample, host, schemes, COUNT(schemes));
    set_lists(sample, host, lists, COUNT(lists));
    set_features(sample, host, picture_features, COUNT(picture_features));
    host->facts.certificates = no_because("no_certificate", "no version that was found shows one");
    // The first question was asked by two checks, the second by the later of them alone.
    host->selected = host->finished = 7;
    host->ledger.first->askers = 3;
    host->ledger.first->next->askers = 6;
    host->ledger.last->askers = 1;
}

// One connection to each of two addresses: one that a client keeps, and one that it is turned away from.
static void connect_twice(struct sample *sample)
{
    static const char *const lines[] = {"HTTP/1.1 302 Found", "Server: nginx/1.22.1", "Location: /\\u001B[31m"};
    static const struct served_for served = {TLS13, "EC", true};
    begin(sample, "example.com", "example.com", "example.com");
    struct host *good = add_host(sample, "192.0.2.50"), *bad = add_host(sample, "192.0.2.51");
    struct certificate *certificates = arena_array(&sample->memory, 2, sizeof *certificates);
    certificates[0] = leaf("CN=example.com", "CN=Example CA");
    certificates[0].dns_names = (struct strings){names, 2};
    certificates[1] = authority("CN=Example CA", "CN=Example Root");
    struct chain_fact *shown = arena_alloc(&sample->memory, sizeof *shown);
    *shown = chain(certificates, 2, &served, 1);
    settle(sample, good, TLS13, OUTCOME_REPLIED, NULL);
    settle(sample, bad, TLS13, OUTCOME_ALERT, NULL);
    shown->evidence = evidence(sample, good, 0, 1);
    const struct connection_fact made = {
        .usable = {.verdict = VERDICT_YES, .evidence = shown->evidence},
        .completed = {.verdict = VERDICT_YES, .evidence = shown->evidence},
        .trusted = {.verdict = VERDICT_YES, .evidence = shown->evidence},
        .lowest = TLS12,
        .highest = TLS13,
        .offered = "http/1.1",
        .version = TLS13,
        .suite = 0x1301,
        .group = 0x001D,
        .scheme = 0x0403,
        .alpn = "http/1.1",
        .extended_master_secret = true,
        .secure_renegotiation = true,
        .certificate_requested = true,
        .stapled = true,
        .chain = shown,
        .connect_ms = 11,
        .answer_ms = 23,
        .http = YES,
        .status = 302,
        .head = {lines, COUNT(lines)},
    };
    const struct fact refused = {.verdict = VERDICT_NO,
                                 .reason = "protocol_version",
                                 .sentence = "the server ended the handshake with alert 70 (protocol_version)",
                                 .evidence = evidence(sample, bad, 0, 1)};
    const struct connection_fact turned_down = {
        .usable = refused,
        .completed = refused,
        .trusted = NOT_APPLICABLE("the handshake was not completed"),
        .lowest = TLS13,
        .highest = TLS13,
        .connect_ms = 9,
        .answer_ms = 4,
        .http = NOT_APPLICABLE("the handshake was not completed"),
    };
    good->facts.connection =
        (const void *)arena_copy(&sample->memory, (struct bytes){(const uint8_t *)&made, sizeof made}).data;
    bad->facts.connection =
        (const void *)arena_copy(&sample->memory, (struct bytes){(const uint8_t *)&turned_down, sizeof turned_down})
            .data;
}

static const struct {
    const char *name;
    void (*make)(struct sample *sample);
    struct report_options options;
    enum report_reach want_reach;
    struct judge_settings judge;
} samples[] = {
    {"modern", modern, {.evidence = true, .pem = true, .indent = true}, REACH_COMPLETE, {0}},
    {"old", old, {.indent = true}, REACH_COMPLETE, {0}},
    {"two-certificates", two_certificates, {.indent = true}, REACH_COMPLETE, {0}},
    {"unreachable", unreachable, {.indent = true}, REACH_NOTHING, {0}},
    {"not-tls", not_tls, {.evidence = true, .indent = true}, REACH_NOTHING, {0}},
    {"unresolved", unresolved, {.indent = true}, REACH_NOTHING, {0}},
    {"hostile", hostile, {.indent = true}, REACH_COMPLETE, {0}},
    {"picture", picture, {.indent = true}, REACH_COMPLETE, {0}},
    {"dns", dns, {.evidence = true, .indent = true}, REACH_COMPLETE, {0}},
    {"connect", connect_twice, {.evidence = true, .indent = true}, REACH_COMPLETE, {0}},
    {"partial", partial, {.evidence = true, .reproducible = true, .indent = true}, REACH_INCOMPLETE, {0}},
    {"judged",
     old,
     {.indent = true},
     REACH_COMPLETE,
     {.policy = "mozilla-intermediate-5.7", .waivers = "fixtures/waivers/golden.json"}},
};

// --- comparing -----------------------------------------------------------------------------------

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 20) - 1, file), 0, (1 << 20) - 2);
    fclose(file);
    return text;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void show_difference(const char *path, const char *want, const char *got)
{
    unsigned line = 1;
    size_t start = 0;
    for (size_t i = 0; want[i] == got[i] && want[i] != '\0'; i++)
        if (want[i] == '\n') {
            line++;
            start = i + 1;
        }
    print_error("%s:%u\n  want %.*s\n  got  %.*s\n", path, line, (int)strcspn(want + start, "\n"), want + start,
                (int)strcspn(got + start, "\n"), got + start);
}

static void compare(const char *name, const char *ending, const char *got)
{
    char path[256];
    const char *mode = getenv("GOLDEN");
    snprintf(path, sizeof path, "fixtures/golden/%s%s", name, ending);
    if (mode != NULL && strcmp(mode, "write") == 0)
        write_file(path, got);
    char *want = read_file(path);
    if (want == NULL)
        fail_msg("%s is missing: make golden writes it", path);
    bool same = strcmp(want, got) == 0;
    if (!same)
        show_difference(path, want, got);
    free(want);
    assert_true(same);
}

// The library's version is the machine's; all other text is ours.
static char *without_library(char *json)
{
    const char *version = library_version();
    char *at = strstr(json, version);
    assert_non_null(at);
    char *out = malloc(strlen(json) + 8);
    assert_non_null(out);
    sprintf(out, "%.*sOpenSSL%s", (int)(at - json), json, at + strlen(version));
    free(json);
    return out;
}

// A whole report: with what follows from its facts.
static char *judged_json(const struct sample *sample, const struct report_options *options,
                         const struct judge_settings *settings)
{
    struct report_options judged = *options;
    struct judge_settings limited = *settings;
    limited.has_expires_within = true;
    limited.expires_within = 60;
    struct complaint complaint = {0};
    struct judgement judgement;
    struct judge *judge = judge_open(&limited, &complaint);
    assert_string_equal(complaint.text, "");
    judged.judge = judge;
    judged.judgement = &judgement;
    char *json = report_json(&sample->input, &judged);
    judge_close(judge);
    return json;
}

static void test_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample sample;
        samples[i].make(&sample);
        char *json = without_library(judged_json(&sample, &samples[i].options, &samples[i].judge));
        compare(samples[i].name, ".json", json);
        free(json);
        end(&sample);
    }
}

static void test_text(void **state)
{
    static const struct {
        const char *ending;
        struct text_options options;
    } views[] = {
        {"-80.txt", {.width = 80}},
        {"-80-color.txt", {.width = 80, .color = true}},
        {"-wide.txt", {.width = 0, .verbose = true}},
        {"-wide-color.txt", {.width = 0, .color = true}},
        {"-quiet.txt", {.width = 80, .quiet = true}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample sample;
        samples[i].make(&sample);
        char *json = judged_json(&sample, &samples[i].options, &samples[i].judge);
        for (size_t v = 0; v < COUNT(views); v++) {
            struct complaint complaint = {0};
            char *text = report_text(json, &views[v].options, &complaint);
            assert_string_equal(complaint.text, "");
            assert_non_null(text);
            compare(samples[i].name, views[v].ending, text);
            free(text);
        }
        free(json);
        end(&sample);
    }
}

// --- options and exit status ---------------------------------------------------------------------

static void test_reach(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample sample;
        samples[i].make(&sample);
        enum report_reach reach = report_reach(&sample.input);
        if (reach != samples[i].want_reach)
            print_error("sample %s\n", samples[i].name);
        assert_int_equal(reach, samples[i].want_reach);
        end(&sample);
    }
}

// One address of two does not answer; the scan was stopped; a fact is left open by the network.
static void test_reach_is_incomplete(void **state)
{
    struct sample sample;
    (void)state;
    modern(&sample);
    sample.input.interrupted = true;
    assert_int_equal(report_reach(&sample.input), REACH_INCOMPLETE);
    sample.input.interrupted = false;
    assert_int_equal(report_reach(&sample.input), REACH_COMPLETE);
    struct chain_fact *row = arena_alloc(&sample.memory, sizeof *row);
    *row = sample.host[1].facts.chains[0];
    sample.host[1].facts.chains = row;
    row->hostname = unknown("silent", "nothing was said");
    assert_int_equal(report_reach(&sample.input), REACH_INCOMPLETE);
    row->hostname = unknown("unparseable", "the leaf could not be read");
    assert_int_equal(report_reach(&sample.input), REACH_COMPLETE);
    end(&sample);

    struct list_fact list = {LIST_GROUPS, TLS13, 60, YES, {.preference = PREFERENCE_SERVER}};
    struct feature_fact feature = {.section = FEATURE_EXTENSION, .id = "heartbeat", .fact = NO};
    static const struct {
        const char *reason;
        enum report_reach want;
    } reasons[] = {{"silent", REACH_INCOMPLETE}, {"ignores_offer", REACH_COMPLETE}};
    for (size_t i = 0; i < COUNT(reasons); i++)
        for (unsigned which = 0; which < 3; which++) {
            struct list_fact open_list = list;
            struct feature_fact open_feature = feature;
            if (which == 0)
                open_list.complete = unknown(reasons[i].reason, "it is not known");
            else if (which == 1)
                open_list.preference = (struct preference_fact){.reason = reasons[i].reason, .sentence = "not known"};
            else
                open_feature.fact = unknown(reasons[i].reason, "it is not known");
            picture(&sample);
            list_add(&sample.memory, &sample.host[0].facts, &open_list);
            feature_add(&sample.memory, &sample.host[0].facts, &open_feature);
            assert_int_equal(report_reach(&sample.input), reasons[i].want);
            end(&sample);
        }

    unresolved(&sample);
    sample.input.interrupted = true;
    assert_int_equal(report_reach(&sample.input), REACH_INCOMPLETE);
    end(&sample);

    two_certificates(&sample);
    settle(&sample, add_host(&sample, "192.0.2.21"), TLS12, OUTCOME_UNREACHABLE, NULL);
    assert_int_equal(report_reach(&sample.input), REACH_INCOMPLETE);
    end(&sample);
}

static void test_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample sample;
        struct report_options options = samples[i].options;
        samples[i].make(&sample);
        options.indent = false;
        char *json = report_json(&sample.input, &options);
        assert_ptr_equal(strchr(json, '\n'), json + strlen(json) - 1);
        free(json);
        end(&sample);
    }
}

static void test_reproducible(void **state)
{
    static const char *const absent[] = {"\"started\"", "\"duration_ms\"", "\"now\"",  "\"bytes_received\"",
                                         "\"ms\"",      "\"connect_ms\"",  "\"tries\""};
    struct report_options options = {.reproducible = true, .evidence = true};
    struct sample sample;
    (void)state;
    modern(&sample);
    char *json = report_json(&sample.input, &options);
    sample.input.started += 100;
    sample.input.now += 100;
    sample.input.duration_ms += 100;
    sample.endpoint[0].bytes_received += 1;
    char *again = report_json(&sample.input, &options);
    assert_string_equal(json, again);
    for (size_t i = 0; i < COUNT(absent); i++)
        assert_null(strstr(json, absent[i]));
    free(json);
    free(again);
    end(&sample);
}

// A check that was not selected leaves zeroed facts behind: that is no "unknown".
static void test_not_selected(void **state)
{
    static const struct {
        const char *selected, *want;
    } rows[] = {
        {"versions", "\"certificate_enumeration\":{\"verdict\":\"not_tested\",\"reason\":\"not_selected\""},
        {"certificates", "\"certificate_enumeration\":{\"verdict\":\"unknown\",\"reason\":\"skipped\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report_options options = {0};
        struct sample sample;
        two_certificates(&sample);
        sample.host[0].facts.certificates = (struct fact){0};
        for (size_t check = 0; check < check_count(); check++)
            if (strcmp(check_at(check)->id, rows[i].selected) == 0)
                sample.host[0].selected = UINT64_C(1) << check;
        char *json = report_json(&sample.input, &options);
        assert_non_null(strstr(json, rows[i].want));
        free(json);
        end(&sample);
    }
}

// The order in which a check filed its rows does not show.
static void test_sorted(void **state)
{
    static const struct version_fact a[] = {{TLS12, YES}, {SSL2, NO}, {TLS13, YES}};
    static const struct version_fact b[] = {{TLS13, YES}, {TLS12, YES}, {SSL2, NO}};
    struct report_options options = {.indent = true};
    struct sample sample;
    (void)state;
    two_certificates(&sample);
    set_versions(&sample, &sample.host[0], a, COUNT(a));
    char *json = report_json(&sample.input, &options);
    set_versions(&sample, &sample.host[0], b, COUNT(b));
    struct chain_fact turned[] = {sample.host[0].facts.chains[1], sample.host[0].facts.chains[0]};
    const struct transparency_fact transparency[] = {sample.host[0].facts.transparency[1],
                                                     sample.host[0].facts.transparency[0]};
    sample.host[0].facts.chains = turned;
    sample.host[0].facts.transparency = transparency;
    char *again = report_json(&sample.input, &options);
    assert_string_equal(json, again);
    free(json);
    free(again);
    end(&sample);
}

static void turn(void *rows, size_t count, size_t size)
{
    char kept[256];
    assert_in_range(size, 1, sizeof kept);
    for (size_t i = 0; i < count / 2; i++) {
        char *a = (char *)rows + i * size, *b = (char *)rows + (count - 1 - i) * size;
        memcpy(kept, a, size);
        memcpy(a, b, size);
        memcpy(b, kept, size);
    }
}

// The same for the picture; but ALPN's rows stay as filed, for that is the server's order.
static void test_picture_sorted(void **state)
{
    struct report_options options = {.indent = true};
    struct sample sample;
    (void)state;
    picture(&sample);
    struct facts *facts = &sample.host[0].facts;
    for (size_t i = 0; i < facts->feature_count; i++)
        if (facts->features[i]->section == FEATURE_ALPN)
            ((struct feature_fact *)facts->features[i])->section = FEATURE_OTHER;
    char *json = report_json(&sample.input, &options);
    turn((void *)facts->features, facts->feature_count, sizeof *facts->features);
    turn((void *)facts->groups, facts->group_count, sizeof *facts->groups);
    turn((void *)facts->schemes, facts->scheme_count, sizeof *facts->schemes);
    turn((void *)facts->lists, facts->list_count, sizeof *facts->lists);
    char *again = report_json(&sample.input, &options);
    assert_string_equal(json, again);
    free(json);
    free(again);
    end(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),         cmocka_unit_test(test_text),
        cmocka_unit_test(test_reach),        cmocka_unit_test(test_reach_is_incomplete),
        cmocka_unit_test(test_one_line),     cmocka_unit_test(test_reproducible),
        cmocka_unit_test(test_sorted),       cmocka_unit_test(test_picture_sorted),
        cmocka_unit_test(test_not_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
