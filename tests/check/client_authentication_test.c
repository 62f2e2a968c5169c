// SPDX-License-Identifier: Apache-2.0
//
// The check `client_authentication` against servers that ask for a certificate in either form of the
// message, with hostile names too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/speaker.h"
#include "base/arena.h"
#include "wire/registry.h"

struct wish {
    bool asks, malformed;
    unsigned names; // how many authorities, the same name each time
};

// CN=A<newline>B in DER.
static const uint8_t name[] = {0x30, 0x0E, 0x31, 0x0C, 0x30, 0x0A, 0x06, 0x03,
                               0x55, 0x04, 0x03, 0x0C, 0x03, 'A',  '\n', 'B'};
static const char want_name[] = "CN=A\\u000AB";

static void add_names(struct builder *body, unsigned count)
{
    size_t list = builder_open(body, 2);
    for (unsigned i = 0; i < count; i++) {
        size_t one = builder_open(body, 2);
        builder_add(body, (struct bytes){name, sizeof name});
        builder_close(body, one, 2);
    }
    builder_close(body, list, 2);
}

static void add_schemes(struct builder *body)
{
    static const uint16_t schemes[] = {0x0804, 0x0403, 0x7A7B};
    size_t list = builder_open(body, 2);
    builder_u16s(body, schemes, 3);
    builder_close(body, list, 2);
}

static struct bytes request_12(struct arena *arena, unsigned names)
{
    struct builder body = builder_in(arena);
    builder_u8(&body, 3);
    builder_u8(&body, 1);
    builder_u8(&body, 64);
    builder_u8(&body, 99);
    add_schemes(&body);
    add_names(&body, names);
    return builder_bytes(&body);
}

static struct bytes request_13(struct arena *arena, unsigned names)
{
    struct builder body = builder_in(arena);
    builder_u8(&body, 0);
    size_t extensions = builder_open(&body, 2);
    builder_u16(&body, 13);
    size_t schemes = builder_open(&body, 2);
    add_schemes(&body);
    builder_close(&body, schemes, 2);
    builder_u16(&body, 47);
    size_t authorities = builder_open(&body, 2);
    add_names(&body, names);
    builder_close(&body, authorities, 2);
    builder_close(&body, extensions, 2);
    return builder_bytes(&body);
}

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    const struct wish *wish = speaker->context;
    struct flight *flight = speech->flight;
    if (!wish->asks || flight->retry)
        return true;
    flight->shown->certificate_request = true;
    struct bytes body =
        flight->version == TLS13 ? request_13(speech->arena, wish->names) : request_12(speech->arena, wish->names);
    flight->shown->certificate_request_body = (struct bytes){body.data, wish->malformed ? body.size - 3 : body.size};
    return true;
}

static void perform(struct rehearsal *run, const struct wish *wish, bool newer, bool older)
{
    struct speaker speaker = {.tls12 = older, .tls13 = newer, .suites = {0xC02F}, .context = wish, .speak = speak};
    const struct circumstances how = {
        .seed = 1, .named = true, .selected = checks_named("versions,client_authentication")};
    rehearse(run, &how, speaker_answer, &speaker);
}

static const struct feature_fact *row_of(const struct rehearsal *run, const char *id, uint16_t version)
{
    return feature_of(&run->host.facts, FEATURE_CLIENT_AUTHENTICATION, id, version);
}

static unsigned count_rows(const struct rehearsal *run, const char *id)
{
    unsigned count = 0;
    for (size_t i = 0; i < run->host.facts.feature_count; i++)
        count += strcmp(run->host.facts.features[i]->id, id) == 0;
    return count;
}

// A speaker that also takes complete handshakes, each as a result says: with a certificate, and without.
struct talker {
    struct speaker speaker;
    struct handshake_result result, with;
    bool refuses_http; // in ALPN
};

static struct outcome talk(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    struct talker *talker = context;
    if (asked->kind != PROBE_HANDSHAKE)
        return speaker_answer(&talker->speaker, ledger, asked, number);
    struct probe probe;
    answer_decode(asked, &ledger->memory, &probe);
    struct handshake_result *result = arena_alloc(&ledger->memory, sizeof *result);
    *result = probe.handshake.options & HANDSHAKE_CERTIFICATE ? talker->with : talker->result;
    if (talker->refuses_http && probe.handshake.alpn != NULL)
        *result = (struct handshake_result){.alerted = true, .alert = 120};
    result->version = probe.handshake.highest;
    struct outcome outcome = {.kind = result->hello ? OUTCOME_REPLIED : OUTCOME_CLOSED, .tries = 1};
    outcome.handshake = result;
    return outcome;
}

static void required_or_not(void **state)
{
    (void)state;
    static const struct wish wish = {.asks = true, .names = 1};
    static const struct {
        const char *name;
        struct handshake_result result;
        enum verdict want_12, want_13;
    } rows[] = {
        {"goes on, with tickets", {.hello = true, .completed = true, .ticket_count = 1}, VERDICT_NO, VERDICT_NO},
        {"goes on, and nothing more", {.hello = true, .completed = true}, VERDICT_NO, VERDICT_UNKNOWN},
        {"certificate_required",
         {.hello = true, .completed = true, .alerted = true, .alert = 116},
         VERDICT_YES,
         VERDICT_YES},
        {"handshake_failure", {.hello = true, .alerted = true, .alert = 40}, VERDICT_YES, VERDICT_YES},
        {"internal_error", {.hello = true, .alerted = true, .alert = 80}, VERDICT_UNKNOWN, VERDICT_UNKNOWN},
        {"decode_error, as GnuTLS",
         {.hello = true, .certificate_requested = true, .alerted = true, .alert = 50},
         VERDICT_YES,
         VERDICT_UNKNOWN},
        {"decode_error without a request",
         {.hello = true, .alerted = true, .alert = 50},
         VERDICT_UNKNOWN,
         VERDICT_UNKNOWN},
        {"refused before its hello", {.alerted = true, .alert = 40}, VERDICT_UNKNOWN, VERDICT_UNKNOWN},
    };
    // Of a server that speaks another protocol than HTTP the same is said.
    for (size_t n = 0; n < 2 * sizeof rows / sizeof *rows; n++) {
        const size_t i = n / 2;
        print_message("%s\n", rows[i].name);
        struct talker talker = {
            .speaker = {.tls12 = true, .tls13 = true, .suites = {0xC02F}, .context = &wish, .speak = speak},
            .result = rows[i].result,
            .refuses_http = n % 2 != 0,
        };
        const struct circumstances how = {
            .seed = i + 1, .named = true, .port = 993, .selected = checks_named("versions,client_authentication")};
        struct rehearsal run;
        rehearse(&run, &how, talk, &talker);
        assert_int_equal(row_of(&run, "certificate_required", TLS12)->fact.verdict, rows[i].want_12);
        assert_int_equal(row_of(&run, "certificate_required", TLS13)->fact.verdict, rows[i].want_13);
        host_release(&run.host);
    }
}

#define GOES_ON                                                                                                        \
    {                                                                                                                  \
        .hello = true, .completed = true, .ticket_count = 1                                                            \
    }
#define SHOWN         .hello = true, .certificate_requested = true, .certificate_sent = true
#define ALERTED(code) .completed = true, .alerted = true, .alert = (code)

static const struct {
    const char *name;
    struct handshake_result without, with;
    enum verdict want_presented, want_accepted;
    const char *want_reason; // of the latter in TLS 1.3
} shown[] = {
    {"only with it",
     {.hello = true, ALERTED(116)},
     {SHOWN, .completed = true, .ticket_count = 1},
     VERDICT_YES,
     VERDICT_YES,
     NULL},
    {"with it, without a word",
     {.hello = true, ALERTED(116)},
     {SHOWN, .completed = true},
     VERDICT_YES,
     VERDICT_UNKNOWN,
     "not_told"},
    {"either way",
     GOES_ON,
     {SHOWN, .completed = true, .ticket_count = 1},
     VERDICT_YES,
     VERDICT_UNKNOWN,
     "not_required"},
    {"unknown_ca, required",
     {.hello = true, ALERTED(116)},
     {SHOWN, ALERTED(48)},
     VERDICT_YES,
     VERDICT_NO,
     "unknown_ca"},
    {"unknown_ca, not required", GOES_ON, {SHOWN, ALERTED(48)}, VERDICT_YES, VERDICT_NO, "unknown_ca"},
    {"handshake_failure with it alone", GOES_ON, {SHOWN, ALERTED(40)}, VERDICT_YES, VERDICT_NO, "handshake_failure"},
    {"handshake_failure either way",
     {.hello = true, ALERTED(40)},
     {SHOWN, ALERTED(40)},
     VERDICT_YES,
     VERDICT_UNKNOWN,
     "handshake_failed"},
    {"internal_error with it", GOES_ON, {SHOWN, ALERTED(80)}, VERDICT_YES, VERDICT_UNKNOWN, "handshake_failed"},
    {"internal_error without",
     {.hello = true, ALERTED(80)},
     {SHOWN, .completed = true, .ticket_count = 1},
     VERDICT_YES,
     VERDICT_UNKNOWN,
     "not_told"},
    {"closed with it", GOES_ON, {SHOWN, .end = HANDSHAKE_CLOSED}, VERDICT_YES, VERDICT_UNKNOWN, "not_told"},
    {"no scheme in common",
     GOES_ON,
     {.hello = true, .completed = true, .certificate_requested = true},
     VERDICT_NOT_TESTED,
     VERDICT_NOT_TESTED,
     "no_common_scheme"},
    {"not asked after all", GOES_ON, GOES_ON, VERDICT_NOT_APPLICABLE, VERDICT_NOT_APPLICABLE, "not_requested"},
    {"no hello", GOES_ON, {.completed = false}, VERDICT_UNKNOWN, VERDICT_UNKNOWN, "not_told"},
};

static void accepted_or_not(void **state)
{
    (void)state;
    static const struct wish wish = {.asks = true, .names = 1};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        print_message("%s\n", shown[i].name);
        struct talker talker = {
            .speaker = {.tls12 = true, .tls13 = true, .suites = {0xC02F}, .context = &wish, .speak = speak},
            .result = shown[i].without,
            .with = shown[i].with,
        };
        const struct circumstances how = {.seed = i + 1,
                                          .named = true,
                                          .client_certificate = "AB12",
                                          .selected = checks_named("versions,client_authentication,sessions")};
        struct rehearsal run;
        rehearse(&run, &how, talk, &talker);
        const struct feature_fact *presented = row_of(&run, "certificate_presented", TLS13);
        const struct feature_fact *accepted = row_of(&run, "certificate_accepted", TLS13);
        assert_int_equal(presented->fact.verdict, shown[i].want_presented);
        assert_int_equal(accepted->fact.verdict, shown[i].want_accepted);
        assert_true((accepted->fact.reason == NULL) == (shown[i].want_reason == NULL));
        if (shown[i].want_reason != NULL)
            assert_string_equal(accepted->fact.reason, shown[i].want_reason);
        assert_true((presented->value != NULL) == (shown[i].want_presented == VERDICT_YES));
        assert_non_null(row_of(&run, "certificate_accepted", TLS12));
        host_release(&run.host);
    }
}

static void requests_are_read(void **state)
{
    (void)state;
    static const struct wish wish = {.asks = true, .names = 2};
    struct rehearsal run;
    perform(&run, &wish, true, true);
    for (uint16_t version = TLS12; version <= TLS13; version++) {
        assert_int_equal(row_of(&run, "certificate_requested", version)->fact.verdict, VERDICT_YES);
        assert_string_equal(row_of(&run, "certificate_required", version)->fact.reason, "not_told");
        assert_string_equal(row_of(&run, "signature_schemes", version)->value,
                            "rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256, 0x7A7B");
    }
    assert_string_equal(row_of(&run, "certificate_types", TLS12)->value, "rsa_sign, ecdsa_sign, 99");
    assert_string_equal(row_of(&run, "acceptable_authority", TLS13)->value, want_name);
    assert_int_equal(row_of(&run, "acceptable_authorities", TLS13)->number, 2);
    assert_null(row_of(&run, "acceptable_authority", TLS12)); // the same: not told twice
    host_release(&run.host);
    perform(&run, &wish, false, true);
    assert_string_equal(row_of(&run, "acceptable_authority", TLS12)->value, want_name);
    host_release(&run.host);
}

static void names_are_bounded(void **state)
{
    (void)state;
    static const struct wish wish = {.asks = true, .names = 700};
    struct rehearsal run;
    perform(&run, &wish, true, true);
    assert_int_equal(count_rows(&run, "acceptable_authority"), 50);
    assert_int_equal(row_of(&run, "acceptable_authorities", TLS13)->number, 700);
    host_release(&run.host);
}

static void malformed_requests_are_described(void **state)
{
    (void)state;
    static const struct wish wish = {.asks = true, .malformed = true, .names = 1};
    struct rehearsal run;
    perform(&run, &wish, true, true);
    assert_int_equal(row_of(&run, "certificate_requested", TLS13)->fact.verdict, VERDICT_YES);
    assert_string_equal(row_of(&run, "acceptable_authorities", TLS13)->fact.reason, "malformed");
    assert_string_equal(row_of(&run, "acceptable_authorities", TLS12)->fact.reason, "malformed");
    host_release(&run.host);
}

static void nobody_is_asked(void **state)
{
    (void)state;
    static const struct wish wish = {.asks = false};
    struct rehearsal run;
    perform(&run, &wish, true, true);
    assert_int_equal(row_of(&run, "certificate_requested", TLS12)->fact.verdict, VERDICT_NO);
    assert_int_equal(row_of(&run, "certificate_requested", TLS13)->fact.verdict, VERDICT_NO);
    assert_int_equal(row_of(&run, "certificate_required", TLS13)->fact.verdict, VERDICT_NOT_APPLICABLE);
    host_release(&run.host);
}

static void order_of_arrival_and_losses(void **state)
{
    (void)state;
    static const struct wish wishes[] = {{.asks = true, .names = 2}, {.asks = false}};
    for (size_t i = 0; i < 2; i++) {
        struct speaker speaker = {
            .tls12 = true, .tls13 = true, .suites = {0xC02F}, .context = &wishes[i], .speak = speak};
        assert_order_does_not_matter(&speaker, checks_named("versions,client_authentication"));
        assert_losses_do_no_harm(&speaker, checks_named("versions,client_authentication"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_or_not),
        cmocka_unit_test(accepted_or_not),
        cmocka_unit_test(requests_are_read),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(malformed_requests_are_described),
        cmocka_unit_test(nobody_is_asked),
        cmocka_unit_test(order_of_arrival_and_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
