// SPDX-License-Identifier: Apache-2.0
//
// The check `dns` against names whose records are known and chains that are written down: who may issue, whose keys
// are vouched for, what is promised. In any order of arrival, and with answers that never come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/fixture.h"
#include "../support/rehearsal.h"
#include "../support/zone.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "check/dns_facts.h"
#include "report/report.h"
#include "wire/keys.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NOW      1800000000

#define SECURE      DNSSEC_SECURE
#define INSECURE    DNSSEC_INSECURE
#define BOGUS       DNSSEC_BOGUS
#define UNVALIDATED DNSSEC_UNVALIDATED

// --- a host with a chain, and its DNS ------------------------------------------------------------

struct script {
    const char *host;
    uint16_t port; // 0: 443
    const struct zone_row *zone;
    enum dnssec dnssec;          // of names that are not listed
    const char *names[3];        // of the leaf; none: those of the fixture
    const char *issuer;          // organisation that the leaf names; NULL: that of the fixture
    enum verdict trusted, named; // 0: YES
    bool no_chain;
    const struct feature_fact *features;
    size_t feature_count;
};

static struct trust_store *store; // holds the fixtures' root

struct stage {
    struct arena memory;
    struct target target;
    struct host host;
    struct certificate chain[2];
    struct chain_fact fact;
    struct trust_fact trust;
    unsigned questions;
};

// SEQUENCE { SET { SEQUENCE { 2.5.4.10, UTF8String } } }
static struct bytes name_of(struct arena *arena, const char *organisation)
{
    static const uint8_t oid[] = {0x06, 0x03, 0x55, 0x04, 0x0a};
    struct builder der = builder_in(arena);
    static const uint8_t tags[] = {0x30, 0x31, 0x30};
    size_t open[3];
    for (size_t i = 0; i < 3; i++) {
        builder_u8(&der, tags[i]);
        open[i] = builder_open(&der, 1);
    }
    builder_add(&der, (struct bytes){oid, sizeof oid});
    builder_u8(&der, 0x0c);
    size_t text = builder_open(&der, 1);
    builder_add(&der, bytes_of_text(organisation));
    builder_close(&der, text, 1);
    for (size_t i = 3; i-- > 0;)
        builder_close(&der, open[i], 1);
    return builder_bytes(&der);
}

static struct fact said(enum verdict verdict, const char *reason)
{
    struct fact fact = {.verdict = verdict == 0 ? VERDICT_YES : verdict};
    if (fact.verdict != VERDICT_YES) {
        fact.reason = reason;
        fact.sentence = "as the test says";
    }
    return fact;
}

static void begin(struct stage *stage, const struct script *script)
{
    *stage = (struct stage){.target = {.input = script->host, .host = script->host, .display = script->host}};
    stage->target.port = script->port == 0 ? 443 : script->port;
    stage->target.sni = script->host;
    host_begin(&stage->host, &stage->target, store, NOW, checks_named("dns"));
    for (size_t i = 0; i < script->feature_count; i++)
        feature_add(&stage->memory, &stage->host.facts, &script->features[i]);
    if (script->no_chain)
        return;
    certificate_read(&stage->memory, fixture_certificate(&stage->memory, "ec"), &stage->chain[0]);
    certificate_read(&stage->memory, fixture_certificate(&stage->memory, "intermediate"), &stage->chain[1]);
    if (script->names[0] != NULL) {
        stage->chain[0].dns_names = (struct strings){script->names, 1};
        stage->chain[0].dns_names.count += script->names[1] != NULL;
    }
    if (script->issuer != NULL)
        stage->chain[0].issuer_der = name_of(&stage->memory, script->issuer);
    stage->fact = (struct chain_fact){.chain = stage->chain, .count = 2};
    stage->trust.fact = said(script->trusted, "expired");
    stage->fact.trust = &stage->trust;
    stage->fact.trust_count = 1;
    stage->fact.hostname = said(script->named, "no_match");
    stage->host.facts.chains = &stage->fact;
    stage->host.facts.chain_count = 1;
}

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % below;
}

// lost: of a hundred answers, so many never come.
static const struct dns_facts *play(struct stage *stage, const struct script *script, uint64_t seed, unsigned lost)
{
    struct answer *flying[256];
    struct arena scratch = {0};
    uint64_t state = seed;
    size_t count = 0;
    begin(stage, script);
    struct host *host = &stage->host;
    host_step(host, &scratch, NULL);
    for (;;) {
        always(ledger_take(&host->ledger) == NULL); // the host itself is asked nothing
        for (struct answer *wanted; (wanted = ledger_take_errand(&host->ledger)) != NULL; stage->questions++)
            flying[count++] = wanted;
        if (count == 0)
            break;
        size_t pick = draw(&state, (uint32_t)count);
        struct answer *asked = flying[pick];
        flying[pick] = flying[--count];
        struct outcome outcome = zone_answer(script->zone, script->dnssec, &host->ledger, asked);
        if ((asked->key ^ seed) % 100 < lost)
            outcome = (struct outcome){.kind = OUTCOME_NO_RESOLVER, .tries = 1};
        ledger_settle(&host->ledger, asked, &outcome);
        host_step(host, &scratch, asked);
    }
    arena_release(&scratch);
    always(host_finished(host) && host->facts.dns != NULL);
    return host->facts.dns;
}

static void end(struct stage *stage)
{
    host_release(&stage->host);
    arena_release(&stage->memory);
}

static bool is(const struct fact *fact, enum verdict verdict, const char *reason)
{
    bool same = fact->reason == NULL || reason == NULL ? fact->reason == reason : strcmp(fact->reason, reason) == 0;
    return fact->verdict == verdict && same && (fact->reason == NULL) == (fact->sentence == NULL);
}

#define SHOW(fact) verdict_name((fact)->verdict), (fact)->reason == NULL ? "-" : (fact)->reason

// --- CAA -------------------------------------------------------------------------------------------

static const struct zone_row nothing[] = {{0}};
#define ZONE(...)                                                                                                      \
    (const struct zone_row[])                                                                                          \
    {                                                                                                                  \
        __VA_ARGS__, { 0 }                                                                                             \
    }
#define CAA(name, ...)                                                                                                 \
    {                                                                                                                  \
        name, RECORD_CAA, {__VA_ARGS__}, INSECURE, NULL, 0, 0                                                          \
    }

static const struct caa_case {
    const char *what;
    struct script script;
    enum verdict want_found;
    const char *want_name; // where the records stand
    enum verdict want;
    const char *want_reason;
    unsigned want_lookups;
} caa_cases[] = {
    {"no records anywhere",
     {"www.example.test", .zone = nothing, .issuer = "Let's Encrypt"},
     VERDICT_NO,
     NULL,
     VERDICT_YES,
     "no_records",
     3},
    {"the issuer is listed",
     {"www.example.test", .zone = ZONE(CAA("www.example.test", "issue letsencrypt.org")), .issuer = "Let's Encrypt",
      .names = {"www.example.test"}},
     VERDICT_YES,
     "www.example.test",
     VERDICT_YES,
     "listed",
     1},
    {"... one label above",
     {"www.example.test",
      .zone = ZONE(CAA("example.test", "issue digicert.com", "issue LetsEncrypt.org; validationmethods=dns-01")),
      .issuer = "Let's Encrypt", .names = {"www.example.test"}},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "listed",
     2},
    {"... at the top",
     {"www.example.test", .zone = ZONE(CAA("test", "issue letsencrypt.org")), .issuer = "Let's Encrypt",
      .names = {"www.example.test"}},
     VERDICT_YES,
     "test",
     VERDICT_YES,
     "listed",
     3},
    {"the nearest records count, whatever is above",
     {"www.example.test",
      .zone = ZONE(CAA("www.example.test", "issue digicert.com"), CAA("example.test", "issue letsencrypt.org")),
      .issuer = "Let's Encrypt", .names = {"www.example.test"}},
     VERDICT_YES,
     "www.example.test",
     VERDICT_NO,
     "not_listed",
     1},
    {"another CA",
     {"example.test", .zone = ZONE(CAA("example.test", "issue pki.goog", "issue digicert.com")),
      .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_NO,
     "not_listed",
     1},
    {"a domain that is nobody's we know",
     {"example.test", .zone = ZONE(CAA("example.test", "issue pki.goog", "issue ca.example")),
      .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_UNKNOWN,
     "domain_unknown",
     1},
    {"a CA that we do not know",
     {"example.test", .zone = ZONE(CAA("example.test", "issue pki.goog"))},
     VERDICT_YES,
     "example.test",
     VERDICT_UNKNOWN,
     "issuer_identifier_unknown",
     1},
    {"nobody may issue",
     {"example.test", .zone = ZONE(CAA("example.test", "issue ;"))},
     VERDICT_YES,
     "example.test",
     VERDICT_NO,
     "nobody_may_issue",
     1},
    {"nobody, but for one",
     {"example.test", .zone = ZONE(CAA("example.test", "issue ;", "issue letsencrypt.org")), .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "listed",
     1},
    {"nobody, or another",
     {"example.test", .zone = ZONE(CAA("example.test", "issue ;", "issue pki.goog")), .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_NO,
     "not_listed",
     1},
    {"records without issue",
     {"example.test", .zone = ZONE(CAA("example.test", "iodef mailto:x@example.test", "issuewild ;"))},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "not_restricted",
     1},
    {"a value that breaks the grammar",
     {"example.test", .zone = ZONE(CAA("example.test", "issue letsencrypt.org; a=b;")), .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_UNKNOWN,
     "malformed",
     1},
    {"a critical tag",
     {"example.test", .zone = ZONE(CAA("example.test", "issue letsencrypt.org", "!tbs x")), .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_UNKNOWN,
     "critical_tag",
     1},
    {"a critical tag that all CAs know",
     {"example.test", .zone = ZONE(CAA("example.test", "!issue letsencrypt.org")), .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "listed",
     1},
    {"a tag of others",
     {"example.test", .zone = ZONE(CAA("example.test", "tbs x", "issue letsencrypt.org")), .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "listed",
     1},
    {"an alias",
     {"example.test",
      .zone = ZONE({"example.test", RECORD_CAA, {"issue letsencrypt.org"}, SECURE, "elsewhere.test", 0, 0}),
      .issuer = "Let's Encrypt"},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "listed",
     1},
    {"a leaf for other names",
     {"example.test", .zone = ZONE(CAA("example.test", "issue ;")), .names = {"other.test"}},
     VERDICT_YES,
     "example.test",
     VERDICT_NOT_APPLICABLE,
     "not_covered",
     1},
    {"SERVFAIL",
     {"example.test", .zone = ZONE({"example.test", RECORD_CAA, {0}, INSECURE, NULL, RCODE_SERVFAIL, 0})},
     VERDICT_UNKNOWN,
     NULL,
     VERDICT_UNKNOWN,
     "servfail",
     1},
    {"SERVFAIL above",
     {"example.test", .zone = ZONE({"test", RECORD_CAA, {0}, INSECURE, NULL, RCODE_SERVFAIL, 0})},
     VERDICT_UNKNOWN,
     NULL,
     VERDICT_UNKNOWN,
     "servfail",
     2},
    {"REFUSED",
     {"example.test", .zone = ZONE({"example.test", RECORD_CAA, {0}, INSECURE, NULL, 5, 0})},
     VERDICT_UNKNOWN,
     NULL,
     VERDICT_UNKNOWN,
     "dns_error",
     1},
    {"no resolver",
     {"example.test", .zone = ZONE({"example.test", RECORD_CAA, {0}, INSECURE, NULL, 0, OUTCOME_NO_RESOLVER})},
     VERDICT_UNKNOWN,
     NULL,
     VERDICT_UNKNOWN,
     "no_resolver",
     1},
    {"bogus",
     {"example.test", .zone = ZONE({"example.test", RECORD_CAA, {"issue letsencrypt.org"}, BOGUS, NULL, 0, 0}),
      .issuer = "Let's Encrypt"},
     VERDICT_UNKNOWN,
     NULL,
     VERDICT_UNKNOWN,
     "bogus",
     1},
    {"a name that does not exist",
     {"www.example.test",
      .zone = ZONE({"www.example.test", RECORD_CAA, {0}, SECURE, NULL, RCODE_NXDOMAIN, 0},
                   CAA("example.test", "issue pki.goog")),
      .issuer = "Google Trust Services", .names = {"www.example.test"}},
     VERDICT_YES,
     "example.test",
     VERDICT_YES,
     "listed",
     2},
};

static void caa(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(caa_cases); i++) {
        const struct caa_case *row = &caa_cases[i];
        struct stage stage;
        const struct caa_facts *found = &play(&stage, &row->script, i, 0)->caa;
        assert_int_equal(found->issuer_count, 1);
        const struct fact *fact = &found->issuers[0].fact;
        if (found->fact.verdict != row->want_found || !is(fact, row->want, row->want_reason))
            fail_msg("%s: %s; %s (%s)", row->what, verdict_name(found->fact.verdict), SHOW(fact));
        assert_true((found->name == NULL) == (row->want_name == NULL));
        if (row->want_name != NULL)
            assert_string_equal(found->name, row->want_name);
        if (found->lookup_count != row->want_lookups)
            fail_msg("%s: %zu look-ups", row->what, found->lookup_count);
        assert_true(fact->verdict == VERDICT_NOT_APPLICABLE || fact->evidence.count != 0);
        end(&stage);
    }
}

static const struct {
    const char *what, *names[3];
    const struct zone_row *zone;
    const char *want_covers[2], *want_reason[2], *want_name[2];
} wildcard_cases[] = {
    {"issuewild forbids",
     {"*.example.test"},
     ZONE(CAA("example.test", "issue letsencrypt.org", "issuewild ;")),
     {"*.example.test"},
     {"nobody_may_issue"},
     {"example.test"}},
    {"issue counts without issuewild",
     {"*.example.test"},
     ZONE(CAA("example.test", "issue letsencrypt.org")),
     {"*.example.test"},
     {"listed"},
     {"example.test"}},
    {"issuewild allows what issue does not",
     {"*.example.test"},
     ZONE(CAA("example.test", "issue pki.goog", "issuewild letsencrypt.org")),
     {"*.example.test"},
     {"listed"},
     {"example.test"}},
    {"the name's own records do not bind it",
     {"*.example.test"},
     ZONE(CAA("www.example.test", "issue pki.goog"), CAA("example.test", "issue letsencrypt.org")),
     {"*.example.test"},
     {"listed"},
     {"example.test"}},
    {"both",
     {"*.example.test", "www.example.test"},
     ZONE(CAA("www.example.test", "issue pki.goog"), CAA("test", "issuewild letsencrypt.org")),
     {"www.example.test", "*.example.test"},
     {"not_listed", "listed"},
     {"www.example.test", "test"}},
    {"no records above",
     {"*.example.test"},
     ZONE(CAA("www.example.test", "issue pki.goog")),
     {"*.example.test"},
     {"no_records"},
     {NULL}},
};

// A wildcard is bound by issuewild where there is one, and by the records above the name.
static void caa_of_wildcards(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wildcard_cases); i++) {
        struct script script = {"www.example.test", .zone = wildcard_cases[i].zone, .issuer = "Let's Encrypt"};
        memcpy(script.names, wildcard_cases[i].names, sizeof script.names);
        struct stage stage;
        const struct caa_facts *found = &play(&stage, &script, i, 0)->caa;
        size_t want = wildcard_cases[i].want_covers[1] != NULL ? 2 : 1;
        assert_int_equal(found->issuer_count, want);
        for (size_t j = 0; j < want; j++) {
            const struct caa_issuer *issuer = &found->issuers[j];
            assert_string_equal(issuer->covers, wildcard_cases[i].want_covers[j]);
            if (issuer->fact.reason == NULL || strcmp(issuer->fact.reason, wildcard_cases[i].want_reason[j]) != 0)
                fail_msg("%s: %s: %s (%s)", wildcard_cases[i].what, issuer->covers, SHOW(&issuer->fact));
            assert_true(issuer->name == NULL ? wildcard_cases[i].want_name[j] == NULL
                                             : strcmp(issuer->name, wildcard_cases[i].want_name[j]) == 0);
        }
        end(&stage);
    }
}

// --- TLSA ------------------------------------------------------------------------------------------

enum part { LEAF, ISSUER, ROOT, STRANGER };

// "<usage><selector><matching><data>" in hex, of a fixture.
static const char *tlsa_of(struct arena *arena, unsigned usage, unsigned selector, unsigned matching, enum part part)
{
    static const char *const names[] = {"ec", "intermediate", "root", "ed25519"};
    struct certificate certificate;
    uint8_t digest[64];
    certificate_read(arena, fixture_certificate(arena, names[part]), &certificate);
    struct bytes whole = selector == 1 ? certificate.public_key_der : certificate.der, data = whole;
    if (matching == 1) {
        digest_sha256(whole, digest);
        data = (struct bytes){digest, 32};
    } else if (matching == 2) {
        digest_sha512(whole, digest);
        data = (struct bytes){digest, 64};
    }
    return arena_text(arena, "%02X%02X%02X%s", usage, selector, matching, text_hex(arena, data));
}

struct pick {
    unsigned usage, selector, matching;
    enum part part;
    bool there;
};
#define RECORD(...)                                                                                                    \
    {                                                                                                                  \
        __VA_ARGS__, true                                                                                              \
    }

static const struct tlsa_case {
    const char *what;
    struct pick record[3];
    enum dnssec dnssec;
    enum verdict trusted, named;
    enum verdict want;
    const char *want_reason;
} tlsa_cases[] = {
    {"the leaf's key", {RECORD(3, 1, 1, LEAF)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"the leaf, by SHA-512", {RECORD(3, 0, 2, LEAF)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"the whole leaf", {RECORD(3, 0, 0, LEAF)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"the whole key", {RECORD(3, 1, 0, LEAF)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"DANE-EE minds neither names nor trust",
     {RECORD(3, 1, 1, LEAF)},
     SECURE,
     VERDICT_NO,
     VERDICT_NO,
     VERDICT_YES,
     NULL},
    {"another leaf", {RECORD(3, 1, 1, STRANGER)}, SECURE, 0, 0, VERDICT_NO, "no_match"},
    {"an authority is no leaf", {RECORD(3, 1, 1, ISSUER)}, SECURE, 0, 0, VERDICT_NO, "no_match"},
    {"one of two", {RECORD(3, 1, 1, STRANGER), RECORD(3, 1, 1, LEAF)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"PKIX-EE", {RECORD(1, 1, 1, LEAF)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"PKIX-EE of an untrusted chain", {RECORD(1, 1, 1, LEAF)}, SECURE, VERDICT_NO, 0, VERDICT_NO, "expired"},
    {"PKIX-EE of a chain whose trust is not known",
     {RECORD(1, 1, 1, LEAF)},
     SECURE,
     VERDICT_NOT_TESTED,
     0,
     VERDICT_UNKNOWN,
     "expired"},
    {"PKIX-EE of another name", {RECORD(1, 1, 1, LEAF)}, SECURE, 0, VERDICT_NO, VERDICT_NO, "no_match"},
    {"PKIX-EE, unmatched and untrusted", {RECORD(1, 1, 1, STRANGER)}, SECURE, VERDICT_NO, 0, VERDICT_NO, "no_match"},
    {"PKIX-TA", {RECORD(0, 1, 2, ISSUER)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"PKIX-TA of a root that was not sent", {RECORD(0, 0, 1, ROOT)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"PKIX-TA of another name", {RECORD(0, 0, 1, ROOT)}, SECURE, 0, VERDICT_NO, VERDICT_NO, "no_match"},
    {"PKIX-TA of an untrusted chain", {RECORD(0, 0, 1, ISSUER)}, SECURE, VERDICT_NO, 0, VERDICT_NO, "expired"},
    {"PKIX-TA of a chain whose trust is not known",
     {RECORD(0, 0, 1, ROOT)},
     SECURE,
     VERDICT_NOT_TESTED,
     0,
     VERDICT_UNKNOWN,
     "expired"},
    {"PKIX-TA of another authority", {RECORD(0, 0, 1, STRANGER)}, SECURE, 0, 0, VERDICT_NO, "no_match"},
    {"PKIX-TA is no leaf", {RECORD(0, 0, 1, LEAF)}, SECURE, 0, 0, VERDICT_NO, "no_match"},
    {"DANE-TA", {RECORD(2, 0, 1, ISSUER)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"DANE-TA by key", {RECORD(2, 1, 1, ISSUER)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"DANE-TA needs no store", {RECORD(2, 0, 1, ISSUER)}, SECURE, VERDICT_NO, 0, VERDICT_YES, NULL},
    {"DANE-TA of another name", {RECORD(2, 0, 1, ISSUER)}, SECURE, 0, VERDICT_NO, VERDICT_NO, "no_match"},
    {"DANE-TA of a root that was not sent", {RECORD(2, 0, 1, ROOT)}, SECURE, 0, 0, VERDICT_NO, "no_match"},
    {"DANE-TA with the whole root", {RECORD(2, 0, 0, ROOT)}, SECURE, 0, 0, VERDICT_YES, NULL},
    {"DANE-TA with a whole stranger", {RECORD(2, 0, 0, STRANGER)}, SECURE, 0, 0, VERDICT_NO, "other_authority"},
    {"DANE-TA with the root's key alone", {RECORD(2, 1, 0, ROOT)}, SECURE, 0, 0, VERDICT_UNKNOWN, "key_alone"},
    {"DANE-TA is no leaf", {RECORD(2, 1, 1, LEAF)}, SECURE, 0, 0, VERDICT_NO, "no_match"},
    {"unusable ones alone",
     {RECORD(4, 1, 1, LEAF), RECORD(3, 2, 1, LEAF), RECORD(3, 1, 3, LEAF)},
     SECURE,
     0,
     0,
     VERDICT_NOT_APPLICABLE,
     "no_usable_record"},
    {"an unusable one beside",
     {RECORD(9, 1, 1, LEAF), RECORD(3, 1, 1, STRANGER)},
     SECURE,
     0,
     0,
     VERDICT_NO,
     "no_match"},
    {"not signed", {RECORD(3, 1, 1, LEAF)}, INSECURE, 0, 0, VERDICT_NOT_APPLICABLE, "insecure"},
    {"bogus", {RECORD(3, 1, 1, LEAF)}, BOGUS, 0, 0, VERDICT_UNKNOWN, "bogus"},
    {"not validated", {RECORD(3, 1, 1, LEAF)}, UNVALIDATED, 0, 0, VERDICT_UNKNOWN, "unvalidated"},
    {"no records", {{0}}, SECURE, 0, 0, VERDICT_NOT_APPLICABLE, "no_records"},
};

static void tlsa(void **state)
{
    (void)state;
    struct arena memory = {0};
    for (size_t i = 0; i < COUNT(tlsa_cases); i++) {
        const struct tlsa_case *row = &tlsa_cases[i];
        struct zone_row zone[2] = {{.name = "_443._tcp.example.test", .type = RECORD_TLSA, .dnssec = row->dnssec}};
        for (size_t j = 0; j < 3 && row->record[j].there; j++)
            zone[0].records[j] = tlsa_of(&memory, row->record[j].usage, row->record[j].selector,
                                         row->record[j].matching, row->record[j].part);
        const struct script script = {"example.test", .zone = zone, .dnssec = SECURE, .trusted = row->trusted,
                                      .named = row->named};
        struct stage stage;
        const struct tlsa_facts *found = &play(&stage, &script, i, 0)->tlsa;
        assert_int_equal(found->chain_count, 1);
        const struct fact *fact = &found->chains[0].fact;
        if (!is(fact, row->want, row->want_reason))
            fail_msg("%s: %s (%s): %s", row->what, SHOW(fact), fact->sentence == NULL ? "" : fact->sentence);
        assert_true(fact->evidence.count != 0);
        end(&stage);
    }
    arena_release(&memory);
}

// Whose records count where the name is an alias (RFC 7671 section 7).
static void tlsa_of_aliases(void **state)
{
    (void)state;
    struct arena memory = {0};
    const char *right = tlsa_of(&memory, 3, 1, 1, LEAF), *wrong = tlsa_of(&memory, 3, 1, 1, STRANGER);
    const struct {
        const char *what;
        enum dnssec alias;
        const char *at_target, *at_name;
        const char *want_name;
        enum verdict want;
        size_t want_lookups;
    } rows[] = {
        {"the target's", SECURE, right, wrong, "_8443._tcp.target.test", VERDICT_YES, 1},
        {"the name's, for the target has none", SECURE, NULL, right, "_8443._tcp.www.test", VERDICT_YES, 2},
        {"the name's, for the alias is not proven", INSECURE, wrong, right, "_8443._tcp.www.test", VERDICT_YES, 1},
        {"neither has any", SECURE, NULL, NULL, "_8443._tcp.www.test", VERDICT_NOT_APPLICABLE, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct zone_row zone[] = {
            {"www.test", RECORD_CAA, {0}, rows[i].alias, "target.test", 0, 0},
            {"_8443._tcp.target.test", RECORD_TLSA, {rows[i].at_target}, SECURE, NULL, 0, 0},
            {"_8443._tcp.www.test", RECORD_TLSA, {rows[i].at_name}, SECURE, NULL, 0, 0},
            {0},
        };
        const struct script script = {"www.test", .port = 8443, .zone = zone, .dnssec = SECURE};
        struct stage stage;
        const struct tlsa_facts *found = &play(&stage, &script, i, 0)->tlsa;
        if (strcmp(found->name, rows[i].want_name) != 0 || found->chains[0].fact.verdict != rows[i].want ||
            found->lookup_count != rows[i].want_lookups)
            fail_msg("%s: %s, %s (%s)", rows[i].what, found->name, SHOW(&found->chains[0].fact));
        end(&stage);
    }
    arena_release(&memory);
}

// --- HTTPS -----------------------------------------------------------------------------------------

#define PLAIN "000100000100030268320004000401020304" // 1 . alpn=h2 ipv4hint=1.2.3.4
#define ALPNS "00010000010006026832026833"           // 1 . alpn=h2,h3
#define OTHERPORT                                                                                                      \
    "0001000001000302683200030002"                                                                                     \
    "20FB"                                                 // 1 . alpn=h2 port=8443
#define ELSEWHERE "00010373766304746573740000010003026832" // 1 svc.test alpn=h2
#define ALIAS     "000003737663047465737400"               // 0 svc.test
#define NOWHERE   "000000"                                 // 0 .
#define BROKEN                                                                                                         \
    "00010000030002"                                                                                                   \
    "20FB"                                                                                                             \
    "0001000302"                                                                                                       \
    "6832" // parameters out of order
#define HTTPS(name, ...)                                                                                               \
    {                                                                                                                  \
        name, RECORD_HTTPS, {__VA_ARGS__}, SECURE, NULL, 0, 0                                                          \
    }
#define ADDRESS(name, hex)                                                                                             \
    {                                                                                                                  \
        name, RECORD_A, {hex}, SECURE, NULL, 0, 0                                                                      \
    }

static const struct feature_fact served[] = {
    {.section = FEATURE_ALPN, .id = "h2", .version = TLS13, .fact = {.verdict = VERDICT_YES}},
    {.section = FEATURE_ALPN, .id = "http/1.1", .version = TLS13, .fact = {.verdict = VERDICT_NO}},
};
static const struct feature_fact refused[] = {
    {.section = FEATURE_ALPN, .id = "h2", .version = TLS13, .fact = {.verdict = VERDICT_NO}},
};

static const struct https_case {
    const char *what;
    struct script script;
    const char *want; // "found target rows", each row "id[:value]=verdict(reason)"
} https_cases[] = {
    {"none", {"example.test", .zone = nothing}, "no"},
    {"kept",
     {"example.test", .zone = ZONE(HTTPS("example.test", PLAIN), ADDRESS("example.test", "01020304")),
      .features = served, .feature_count = 2},
     "yes well_formed=yes ipv4_hints:example.test=yes port=yes alpn:h2=yes"},
    {"another address",
     {"example.test", .zone = ZONE(HTTPS("example.test", PLAIN), ADDRESS("example.test", "01020305")),
      .features = served, .feature_count = 2},
     "yes well_formed=yes ipv4_hints:example.test=no(other_address) port=yes alpn:h2=yes"},
    {"no address",
     {"example.test", .zone = ZONE(HTTPS("example.test", PLAIN)), .features = served, .feature_count = 2},
     "yes well_formed=yes ipv4_hints:example.test=no(other_address) port=yes alpn:h2=yes"},
    {"addresses that are not known",
     {"example.test",
      .zone = ZONE(HTTPS("example.test", PLAIN), {"example.test", RECORD_A, {0}, INSECURE, NULL, RCODE_SERVFAIL, 0}),
      .features = served, .feature_count = 2},
     "yes well_formed=yes ipv4_hints:example.test=unknown(servfail) port=yes alpn:h2=yes"},
    {"a protocol that the server does not select",
     {"example.test", .zone = ZONE(HTTPS("example.test", ALPNS)), .features = refused, .feature_count = 1},
     "yes well_formed=yes port=yes alpn:h2=no(not_selected_by_server) alpn:h3=not_tested(quic_alone)"},
    {"the server was not asked",
     {"example.test", .zone = ZONE(HTTPS("example.test", ALPNS))},
     "yes well_formed=yes port=yes alpn:h2=not_tested(not_selected) alpn:h3=not_tested(quic_alone)"},
    {"another port",
     {"example.test", .zone = ZONE(HTTPS("example.test", OTHERPORT)), .features = served, .feature_count = 2},
     "yes well_formed=yes port=no(other_port)"},
    {"another name",
     {"example.test", .zone = ZONE(HTTPS("example.test", ELSEWHERE)), .features = served, .feature_count = 2},
     "yes well_formed=yes port=not_applicable(other_name)"},
    {"malformed",
     {"example.test", .zone = ZONE(HTTPS("example.test", PLAIN, BROKEN)), .features = served, .feature_count = 2},
     "yes well_formed=no(malformed)"},
    {"an alias",
     {"example.test",
      .zone = ZONE(HTTPS("example.test", ALIAS), HTTPS("svc.test", PLAIN), ADDRESS("svc.test", "01020304")),
      .features = served, .feature_count = 2},
     "yes svc.test alias_target:svc.test=yes well_formed=yes ipv4_hints:svc.test=yes port=not_applicable(other_name)"},
    {"an alias of a name without records",
     {"example.test", .zone = ZONE(HTTPS("example.test", ALIAS))},
     "yes svc.test alias_target:svc.test=no(no_records) well_formed=yes port=not_applicable(other_name)"},
    {"an alias of an alias",
     {"example.test", .zone = ZONE(HTTPS("example.test", ALIAS), HTTPS("svc.test", ALIAS))},
     "yes svc.test alias_target:svc.test=unknown(alias_chain) well_formed=yes port=not_applicable(other_name)"},
    {"an alias of nothing",
     {"example.test", .zone = ZONE(HTTPS("example.test", NOWHERE))},
     "yes . alias_target:.=no(no_service) well_formed=yes port=not_applicable(other_name)"},
    {"an alias whose target is not known",
     {"example.test", .zone = ZONE(HTTPS("example.test", ALIAS),
                                   {"svc.test", RECORD_HTTPS, {0}, INSECURE, NULL, 0, OUTCOME_NO_RESOLVER})},
     "yes svc.test alias_target:svc.test=unknown(no_resolver) well_formed=yes port=not_applicable(other_name)"},
    {"an alias in DNS",
     {"example.test", .zone = ZONE({"example.test", RECORD_HTTPS, {ALPNS}, SECURE, "cdn.test", 0, 0}),
      .features = served, .feature_count = 2},
     "yes well_formed=yes port=yes alpn:h2=yes alpn:h3=not_tested(quic_alone)"},
    {"bogus", {"example.test", .zone = ZONE({"example.test", RECORD_HTTPS, {PLAIN}, BOGUS, NULL, 0, 0})}, "unknown"},
    {"another port is another name", {"example.test", .port = 8443, .zone = ZONE(HTTPS("example.test", PLAIN))}, "no"},
    {"... which leads back",
     {"example.test", .port = 8443,
      .zone = ZONE(HTTPS("_8443._https.example.test", "0001076578616D706C650474657374000001000302683200030002"
                                                      "20FB")),
      .features = served, .feature_count = 2},
     "yes well_formed=yes port=yes alpn:h2=yes"},
};

static const char *tell(struct arena *arena, const struct https_facts *found)
{
    const char *text = verdict_name(found->fact.verdict);
    if (found->target != NULL)
        text = arena_text(arena, "%s %s", text, found->target);
    for (size_t i = 0; i < found->row_count; i++) {
        const struct https_row *row = &found->rows[i];
        text = arena_text(arena, "%s %s%s%s=%s%s%s%s", text, row->id, row->value == NULL ? "" : ":",
                          row->value == NULL ? "" : row->value, verdict_name(row->fact.verdict),
                          row->fact.reason == NULL ? "" : "(", row->fact.reason == NULL ? "" : row->fact.reason,
                          row->fact.reason == NULL ? "" : ")");
    }
    return text;
}

static void https(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(https_cases); i++) {
        struct stage stage;
        const struct https_facts *found = &play(&stage, &https_cases[i].script, i, 0)->https;
        const char *told = tell(&stage.memory, found);
        if (strcmp(told, https_cases[i].want) != 0)
            fail_msg("%s: %s", https_cases[i].what, told);
        end(&stage);
    }
}

// --- targets without a name ------------------------------------------------------------------------

static void names_that_dns_does_not_have(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool address;
        const char *want;
    } rows[] = {
        {"192.0.2.1", true, "address"},       {"2001:db8::1", true, "address"},
        {"localhost", false, "local_name"},   {"printer.local", false, "local_name"},
        {"a.localhost", false, "local_name"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct script script = {rows[i].host, .zone = nothing};
        struct stage stage;
        begin(&stage, &script);
        stage.target.is_address = rows[i].address;
        struct arena scratch = {0};
        host_step(&stage.host, &scratch, NULL);
        assert_true(host_finished(&stage.host));
        assert_null(stage.host.ledger.first);
        const struct dns_facts *facts = stage.host.facts.dns;
        assert_null(facts->name);
        assert_true(is(&facts->fact, VERDICT_NOT_APPLICABLE, rows[i].want));
        assert_int_equal(facts->tlsa.fact.verdict, VERDICT_NOT_APPLICABLE);
        arena_release(&scratch);
        end(&stage);
    }
}

// --- order and losses ------------------------------------------------------------------------------

static char *report_of(struct stage *stage)
{
    struct report_endpoint endpoint = {.address = "127.0.0.1", .host = &stage->host};
    struct report_input input = {.target = &stage->target, .endpoints = &endpoint, .endpoint_count = 1};
    struct report_options options = {.reproducible = true};
    return report_json(&input, &options);
}

static bool flips(const struct fact *truth, const struct fact *fact)
{
    bool decided = fact->verdict == VERDICT_YES || fact->verdict == VERDICT_NO;
    return decided && fact->verdict != truth->verdict;
}

static void assert_no_flip(const struct dns_facts *truth, const struct dns_facts *facts, const char *what)
{
    bool flipped = flips(&truth->caa.fact, &facts->caa.fact) || flips(&truth->tlsa.fact, &facts->tlsa.fact) ||
                   flips(&truth->https.fact, &facts->https.fact);
    for (size_t i = 0; i < facts->caa.issuer_count; i++)
        flipped |= flips(&truth->caa.issuers[i].fact, &facts->caa.issuers[i].fact);
    for (size_t i = 0; i < facts->tlsa.chain_count; i++)
        flipped |= flips(&truth->tlsa.chains[i].fact, &facts->tlsa.chains[i].fact);
    for (size_t i = 0; i < facts->https.row_count; i++)
        for (size_t j = 0; j < truth->https.row_count; j++)
            if (strcmp(facts->https.rows[i].id, truth->https.rows[j].id) == 0 &&
                strcmp(facts->https.rows[i].id, "alpn") != 0)
                flipped |= flips(&truth->https.rows[j].fact, &facts->https.rows[i].fact);
    if (flipped)
        fail_msg("%s: a verdict turned when an answer was lost", what);
}

// Each case in a dozen orders of arrival, then with more and more answers that never come.
static void try_script(const struct script *script, const char *what)
{
    struct stage whole, stage;
    const struct dns_facts *truth = play(&whole, script, 0, 0);
    char *first = report_of(&whole);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        play(&stage, script, seed, 0);
        char *report = report_of(&stage);
        if (strcmp(first, report) != 0)
            fail_msg("%s: the order of arrival changes the report", what);
        free(report);
        end(&stage);
    }
    for (uint64_t seed = 1; seed <= 40; seed++) {
        assert_no_flip(truth, play(&stage, script, seed, 10 + (unsigned)seed), what);
        end(&stage);
    }
    free(first);
    end(&whole);
}

static void order_and_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(caa_cases); i++)
        try_script(&caa_cases[i].script, caa_cases[i].what);
    for (size_t i = 0; i < COUNT(https_cases); i++)
        try_script(&https_cases[i].script, https_cases[i].what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caa),
        cmocka_unit_test(caa_of_wildcards),
        cmocka_unit_test(tlsa),
        cmocka_unit_test(tlsa_of_aliases),
        cmocka_unit_test(https),
        cmocka_unit_test(names_that_dns_does_not_have),
        cmocka_unit_test(order_and_losses),
    };
    struct complaint complaint = {0};
    store = trust_open("fixtures/certificates/root.pem", NULL, &complaint);
    if (store == NULL)
        die("%s", complaint.text);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    trust_close(store);
    return failed;
}
