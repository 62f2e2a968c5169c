// SPDX-License-Identifier: Apache-2.0
//
// The check `extensions` against servers that answer known extensions, shrink from others, staple
// late, hide one thing behind another, or say what nobody asked for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/speaker.h"
#include "base/arena.h"
#include "wire/registry.h"

enum { RAW_KEY = 20, RECORD_SIZE_LIMIT = 28, MAX_FRAGMENT_LENGTH = 1, STATUS = 5, COMPRESS = 27 };

struct truth {
    uint16_t answers[16]; // extensions answered where asked; 0 ends it
    uint16_t stumbles_on; // an extension that makes it refuse
    uint8_t alert;        // how: 0 is a reset
    bool only_once;       // ... and not when it is asked again
    unsigned staple_at;   // on which attempt a staple comes; 0: never
    uint16_t compresses[3];
    uint8_t compression;       // method, where offered
    uint8_t dies_behind_hello; // of TLS 1.3, with that alert
    uint16_t blurts_out;       // an extension nobody asked for
    bool lies_compressing;     // with an algorithm that was not offered
    bool no_points_with_key;   // leaves out its point formats where a key was shared before
};

static bool answers(const struct truth *truth, uint16_t type)
{
    for (size_t i = 0; i < 16 && truth->answers[i] != 0; i++)
        if (truth->answers[i] == type)
            return true;
    return false;
}

static struct bytes body_of(uint16_t type)
{
    static const uint8_t limit[] = {0x04, 0x01}, fragment[] = {4}, raw[] = {2}, mode[] = {1}, points[] = {1, 0},
                         next[] = {2, 'h', '2', 3, 'f', 'o', 'o'};
    switch (type) {
    case RECORD_SIZE_LIMIT:
        return (struct bytes){limit, 2};
    case MAX_FRAGMENT_LENGTH:
        return (struct bytes){fragment, 1};
    case RAW_KEY:
        return (struct bytes){raw, 1};
    case 15:
        return (struct bytes){mode, 1};
    case 11:
        return (struct bytes){points, 2};
    case 13172:
        return (struct bytes){next, 7};
    default:
        return (struct bytes){NULL, 0};
    }
}

static void staple(const struct truth *truth, const struct speech *speech)
{
    static const uint8_t response[] = {0x30, 0x03, 0x0A, 0x01, 0x00};
    bool raw = speech_asked(speech, RAW_KEY) != NULL && answers(truth, RAW_KEY);
    if (speech_asked(speech, STATUS) != NULL && !raw && truth->staple_at != 0 && speech->sample + 1 >= truth->staple_at)
        speech->flight->shown->staple = (struct bytes){response, sizeof response};
}

static void compress(const struct truth *truth, const struct speech *speech)
{
    const struct extension *offered = speech_asked(speech, COMPRESS);
    if (offered == NULL || speech->flight->retry)
        return;
    if (truth->lies_compressing)
        speech->flight->shown->certificate_compression = 77;
    struct cursor cursor = cursor_of(offered->body);
    struct cursor list = cursor_block8(&cursor);
    while (list.left != 0) {
        uint16_t code = cursor_u16(&list);
        for (size_t i = 0; i < 3; i++)
            if (code != 0 && truth->compresses[i] == code && speech->flight->shown->certificate_compression == 0)
                speech->flight->shown->certificate_compression = code;
    }
}

// In TLS 1.2 these are not answered at all, and in 1.3 these.
static bool has_place(uint16_t type, bool newer)
{
    static const uint16_t only_12[] = {4, 11, 22, 23, 35, 13172, 0xFF01}, only_13[] = {34, 0xFE0D};
    for (size_t i = 0; newer && i < 7; i++)
        if (only_12[i] == type)
            return false;
    for (size_t i = 0; !newer && i < 2; i++)
        if (only_13[i] == type)
            return false;
    return true;
}

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    const struct truth *truth = speaker->context;
    struct flight *flight = speech->flight;
    bool newer = flight->version == TLS13;
    bool bears_it = truth->only_once && speech->sample != 0;
    if (truth->stumbles_on != 0 && speech_asked(speech, truth->stumbles_on) != NULL && !bears_it) {
        flight->alert_description = truth->alert;
        return false;
    }
    for (size_t i = 0; i < 16 && truth->answers[i] != 0; i++) {
        uint16_t type = truth->answers[i];
        bool outdone = type == MAX_FRAGMENT_LENGTH && answers(truth, RECORD_SIZE_LIMIT) &&
                       speech_asked(speech, RECORD_SIZE_LIMIT) != NULL;
        bool key = type == 11 && truth->no_points_with_key && suite_find(flight->suite)->kx == KX_ECDHE_PSK;
        if (speech_asked(speech, type) == NULL || outdone || key || !has_place(type, newer))
            continue;
        if (newer && (type == 18 || type == 34))
            speech_say_of_leaf(speech, type, body_of(type));
        else
            speech_say(speech, type, body_of(type));
    }
    staple(truth, speech);
    compress(truth, speech);
    if (truth->compression != 0 && !newer && speech->hello->compressions.size > 1)
        flight->compression = truth->compression;
    if (truth->dies_behind_hello != 0 && newer && !flight->retry) {
        flight->shown->certificate_message = false;
        flight->shown->certificate_count = 0;
        flight->scheme = 0;
        flight->alert = true;
        flight->alert_level = 2;
        flight->alert_description = truth->dies_behind_hello;
    }
    if (truth->blurts_out != 0) {
        speech_say(speech, truth->blurts_out, body_of(0));
        flight->faults |= FAULT_EXTENSION_NOT_OFFERED;
    }
    return true;
}

// --- tests ---------------------------------------------------------------------------------------

struct want {
    const char *id;
    uint16_t version;
    enum verdict verdict;
    const char *value, *reason;
    int64_t number;
};

static const struct row {
    const char *name;
    struct truth truth;
    uint16_t suites[3];
    struct want want[14];
} rows[] = {
    {"nothing",
     {.stumbles_on = 0},
     {0xC02F, 0xC014},
     {{"extended_master_secret", TLS12, VERDICT_NO, NULL, NULL, 0},
      {"encrypt_then_mac", TLS12, VERDICT_NO, NULL, NULL, 0},
      {"ocsp_staple", TLS12, VERDICT_NO, NULL, NULL, 0},
      {"ocsp_staple", TLS13, VERDICT_NO, NULL, NULL, 0},
      {"record_size_limit", TLS13, VERDICT_NO, NULL, NULL, 0},
      {"certificate_compression_zlib", TLS13, VERDICT_NO, NULL, NULL, 0},
      {"encrypted_client_hello", TLS13, VERDICT_NO, NULL, NULL, 0},
      {"tls_compression", TLS12, VERDICT_NO, NULL, NULL, 0},
      {"unsolicited_extension", 0, VERDICT_NO, NULL, NULL, 0},
      {"raw_public_key", TLS13, VERDICT_NO, NULL, NULL, 0}}},
    {"everything",
     {{22, 23, 35, 11, 15, 4, 1, 28, 18, 34, 0xFE0D, 13172, 0xFF01},
      .staple_at = 1,
      .compresses = {2},
      .compression = 1},
     {0xC02F, 0xC014},
     {{"extended_master_secret", TLS12, VERDICT_YES, NULL, NULL, 0},
      {"renegotiation_info", TLS12, VERDICT_YES, NULL, NULL, 0},
      {"encrypt_then_mac", TLS12, VERDICT_YES, NULL, NULL, 0},
      {"truncated_hmac", TLS12, VERDICT_YES, NULL, NULL, 0},
      {"heartbeat", TLS12, VERDICT_YES, "peer_allowed_to_send", NULL, 0},
      {"max_fragment_length", TLS12, VERDICT_YES, NULL, NULL, 4096},
      {"record_size_limit", TLS13, VERDICT_YES, NULL, NULL, 1025},
      {"next_protocol_negotiation", TLS12, VERDICT_YES, "h2, foo", NULL, 0},
      {"ec_point_formats", TLS12, VERDICT_YES, "uncompressed", NULL, 0},
      {"encrypted_client_hello", TLS13, VERDICT_YES, "retry_configs", NULL, 0},
      {"delegated_credential", TLS13, VERDICT_YES, NULL, NULL, 0},
      {"certificate_compression_brotli", TLS13, VERDICT_YES, NULL, NULL, 0},
      {"certificate_compression_zlib", TLS13, VERDICT_NO, NULL, NULL, 0},
      {"tls_compression", TLS12, VERDICT_YES, "DEFLATE", NULL, 0}}},
    {"a staple on the second attempt, a raw key before it",
     {{RAW_KEY}, .staple_at = 2, .compresses = {3, 1}},
     {0xC02F},
     {{"ocsp_staple", TLS13, VERDICT_YES, NULL, NULL, 2},
      {"ocsp_staple", TLS12, VERDICT_YES, NULL, NULL, 2},
      {"raw_public_key", TLS12, VERDICT_YES, NULL, NULL, 0},
      {"encrypt_then_mac", TLS12, VERDICT_NOT_APPLICABLE, NULL, "no_cbc_suite", 0},
      {"certificate_compression_zlib", TLS13, VERDICT_YES, NULL, NULL, 0},
      {"certificate_compression_zstd", TLS13, VERDICT_YES, NULL, NULL, 0},
      {"certificate_compression_brotli", TLS13, VERDICT_NO, NULL, NULL, 0}}},
    {"stumbles over heartbeat",
     {{22, 28}, .stumbles_on = 15, .alert = 47},
     {0xC014},
     {{"heartbeat", TLS12, VERDICT_UNKNOWN, NULL, "refused", 0},
      {"heartbeat", TLS13, VERDICT_UNKNOWN, NULL, "refused", 0},
      {"encrypt_then_mac", TLS12, VERDICT_YES, NULL, NULL, 0},
      {"record_size_limit", TLS13, VERDICT_YES, NULL, NULL, 1025},
      {"session_ticket", TLS12, VERDICT_NO, NULL, NULL, 0}}},
    {"resets on status_request",
     {{28}, .stumbles_on = STATUS, .alert = 0, .compresses = {2}},
     {0xC014},
     {{"ocsp_staple", TLS12, VERDICT_UNKNOWN, NULL, "refused", 0},
      {"certificate_compression_brotli", TLS13, VERDICT_YES, NULL, NULL, 0},
      {"certificate_compression_zlib", TLS13, VERDICT_NO, NULL, NULL, 0},
      {"record_size_limit", TLS13, VERDICT_YES, NULL, NULL, 1025},
      {"signed_certificate_timestamp", TLS13, VERDICT_NO, NULL, NULL, 0}}},
    {"turns protocols down",
     {{28}, .stumbles_on = 16, .alert = 120},
     {0xC014},
     {{"heartbeat", TLS13, VERDICT_NO, NULL, NULL, 0}, {"record_size_limit", TLS13, VERDICT_YES, NULL, NULL, 1025}}},
    {"resets on protocols",
     {{28}, .stumbles_on = 16, .alert = 0},
     {0xC014},
     {{"heartbeat", TLS13, VERDICT_NO, NULL, NULL, 0}, {"record_size_limit", TLS13, VERDICT_YES, NULL, NULL, 1025}}},
    {"a raw key that hides a staple",
     {{RAW_KEY, 18}, .staple_at = 1},
     {0xC014},
     {{"ocsp_staple", TLS12, VERDICT_YES, NULL, NULL, 1},
      {"ocsp_staple", TLS13, VERDICT_YES, NULL, NULL, 1},
      {"signed_certificate_timestamp", TLS13, VERDICT_YES, NULL, NULL, 0},
      {"raw_public_key", TLS13, VERDICT_YES, NULL, NULL, 0}}},
    {"resets once",
     {{28}, .stumbles_on = 15, .alert = 0, .only_once = true},
     {0xC014},
     {{"heartbeat", TLS13, VERDICT_UNKNOWN, NULL, "inconsistent", 0},
      {"record_size_limit", TLS13, VERDICT_UNKNOWN, NULL, "inconsistent", 0}}},
    {"says and compresses what was not asked for",
     {{0}, .blurts_out = 0x3374, .lies_compressing = true},
     {0xC014},
     {{"unsolicited_extension", 0, VERDICT_YES, NULL, NULL, 0},
      {"certificate_compression_zlib", TLS13, VERDICT_UNKNOWN, NULL, "compression_not_offered", 0}}},
};

static struct speaker speaker_of(const struct row *row)
{
    struct speaker speaker = {.tls12 = true, .tls13 = true, .context = &row->truth, .speak = speak};
    memcpy(speaker.suites, row->suites, sizeof row->suites);
    return speaker;
}

static void assert_wanted(const char *name, const struct facts *facts, const struct want *want)
{
    const struct feature_fact *row = feature_of(facts, FEATURE_EXTENSION, want->id, want->version);
    if (row == NULL)
        fail_msg("%s: no row %s", name, want->id);
    if (row->fact.verdict != want->verdict)
        fail_msg("%s: %s %04X is said to be %s (%s)", name, want->id, want->version, verdict_name(row->fact.verdict),
                 row->fact.reason == NULL ? "" : row->fact.reason);
    if (want->value != NULL)
        assert_string_equal(row->value, want->value);
    if (want->reason != NULL)
        assert_string_equal(row->fact.reason, want->reason);
    if (want->number != 0)
        assert_int_equal(row->number, want->number);
    if (row->fact.verdict != VERDICT_NOT_APPLICABLE)
        assert_true(row->fact.evidence.count != 0);
}

static void extensions_are_found(void **state)
{
    (void)state;
    static const char *const selections[] = {"versions,extensions", "versions,suites,extensions",
                                             "versions,extensions,alpn"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t selection = 0; selection < 3; selection++) {
            struct speaker speaker = speaker_of(&rows[i]);
            const struct circumstances how = {
                .seed = 1, .named = true, .selected = checks_named(selections[selection])};
            struct rehearsal run;
            rehearse(&run, &how, speaker_answer, &speaker);
            for (size_t j = 0; j < 14 && rows[i].want[j].id != NULL; j++)
                assert_wanted(rows[i].name, &run.host.facts, &rows[i].want[j]);
            host_release(&run.host);
        }
}

// Suites without a certificate, which the rich hello does not offer: CBC is asked about by itself.
static void suites_without_certificates(void **state)
{
    (void)state;
    static const struct row bare[] = {
        {"anonymous, both",
         {.answers = {22, 4, 11}},
         {0xC02F, 0xC019},
         {{"encrypt_then_mac", TLS12, VERDICT_YES, NULL, NULL, 0},
          {"truncated_hmac", TLS12, VERDICT_YES, NULL, NULL, 0},
          {"session_ticket", TLS12, VERDICT_NO, NULL, NULL, 0}}},
        {"anonymous, neither",
         {.answers = {11}},
         {0xC02F, 0xC019},
         {{"encrypt_then_mac", TLS12, VERDICT_NO, NULL, NULL, 0},
          {"truncated_hmac", TLS12, VERDICT_NO, NULL, NULL, 0}}},
        {"anonymous, stumbles",
         {.answers = {22}, .stumbles_on = 4, .alert = 47},
         {0xC02F, 0xC019},
         {{"encrypt_then_mac", TLS12, VERDICT_YES, NULL, NULL, 0},
          {"truncated_hmac", TLS12, VERDICT_UNKNOWN, NULL, "refused", 0}}},
        {"points, and none with a pre-shared key",
         {.answers = {11}, .no_points_with_key = true},
         {0xC035, 0xC018},
         {{"ec_point_formats", TLS12, VERDICT_YES, "uncompressed", NULL, 0}}},
        {"points with a pre-shared key alone",
         {.answers = {11}, .no_points_with_key = true},
         {0xC035},
         {{"ec_point_formats", TLS12, VERDICT_NO, NULL, NULL, 0}}},
    };
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
        struct speaker speaker = speaker_of(&bare[i]);
        const uint64_t selected = checks_named("versions,suites,extensions");
        const struct circumstances how = {.seed = 1, .named = true, .selected = selected};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        for (size_t j = 0; j < 14 && bare[i].want[j].id != NULL; j++)
            assert_wanted(bare[i].name, &run.host.facts, &bare[i].want[j]);
        host_release(&run.host);
        assert_order_does_not_matter(&speaker, selected);
        assert_losses_do_no_harm(&speaker, selected);
    }
}

static void order_of_arrival_and_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct speaker speaker = speaker_of(&rows[i]);
        assert_order_does_not_matter(&speaker, checks_named("versions,suites,extensions"));
        assert_losses_do_no_harm(&speaker, checks_named("versions,suites,extensions"));
        assert_order_does_not_matter(&speaker, checks_named("versions,extensions,alpn"));
    }
}

static void versions_that_are_not_there(void **state)
{
    (void)state;
    struct speaker speaker = {.tls13 = true};
    const struct circumstances how = {.seed = 1, .selected = checks_named("versions,extensions")};
    struct rehearsal run;
    rehearse(&run, &how, speaker_answer, &speaker);
    const struct facts *facts = &run.host.facts;
    assert_int_equal(feature_of(facts, FEATURE_EXTENSION, "encrypt_then_mac", TLS12)->fact.verdict,
                     VERDICT_NOT_APPLICABLE);
    assert_null(feature_of(facts, FEATURE_EXTENSION, "heartbeat", TLS12));
    host_release(&run.host);
    speaker = (struct speaker){.tls12 = true, .suites = {0xC014}};
    rehearse(&run, &how, speaker_answer, &speaker);
    assert_int_equal(feature_of(facts, FEATURE_EXTENSION, "encrypted_client_hello", TLS13)->fact.verdict,
                     VERDICT_NOT_APPLICABLE);
    assert_null(feature_of(facts, FEATURE_EXTENSION, "heartbeat", TLS13));
    host_release(&run.host);
}

// A server that has TLS 1.3 by its ServerHello, and never gets further.
static void handshakes_that_end_behind_the_hello(void **state)
{
    (void)state;
    const struct truth truth = {.dies_behind_hello = 80};
    struct speaker speaker = {.tls12 = true, .tls13 = true, .suites = {0xC02F}, .context = &truth, .speak = speak};
    const struct circumstances how = {
        .seed = 1, .named = true, .selected = checks_named("versions,certificates,extensions,client_authentication")};
    struct rehearsal run;
    rehearse(&run, &how, speaker_answer, &speaker);
    const struct facts *facts = &run.host.facts;
    const struct fact said[] = {
        facts->certificates,
        feature_of(facts, FEATURE_EXTENSION, "encrypted_client_hello", TLS13)->fact,
        feature_of(facts, FEATURE_CLIENT_AUTHENTICATION, "certificate_requested", TLS13)->fact,
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        assert_int_equal(said[i].verdict, VERDICT_UNKNOWN);
        assert_string_equal(said[i].reason, "alert_behind_hello");
        assert_string_equal(said[i].sentence,
                            "the server chose a suite, and ended the handshake with alert 80 (internal_error)");
    }
    host_release(&run.host);
}

// One rich hello for each version, the staple once more, and the compressions.
static void connections_stay_in_budget(void **state)
{
    (void)state;
    struct speaker speaker = speaker_of(&rows[0]);
    struct circumstances how = {.seed = 1, .named = true, .selected = checks_named("versions,suites,certificates")};
    struct rehearsal base, run;
    rehearse(&base, &how, speaker_answer, &speaker);
    how.selected = checks_named("versions,suites,certificates,extensions");
    rehearse(&run, &how, speaker_answer, &speaker);
    assert_in_range(run.connections - base.connections, 3, 5);
    host_release(&base.host);
    host_release(&run.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions_are_found),
        cmocka_unit_test(suites_without_certificates),
        cmocka_unit_test(order_of_arrival_and_losses),
        cmocka_unit_test(versions_that_are_not_there),
        cmocka_unit_test(handshakes_that_end_behind_the_hello),
        cmocka_unit_test(connections_stay_in_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
