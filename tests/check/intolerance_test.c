// SPDX-License-Identifier: Apache-2.0
//
// The check `intolerance` against a server that bears everything but what its struct says. What it
// cannot bear it tells from the hello's own octets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/flights.h"
#include "../support/rehearsal.h"
#include "base/arena.h"
#include "base/fail.h"
#include "wire/registry.h"

struct seen {
    const struct hello *hello;
    size_t size, records; // of the message as it went over the wire
};

struct server {
    uint16_t lowest, best; // up to TLS 1.2; 0: TLS 1.3 alone
    bool has_13;
    bool (*hates)(const struct seen *seen);
    enum outcome_kind refusal; // OUTCOME_REPLIED: answers with the lowest version
    bool also_silent_once;     // ... in truth it was the network: every second answer is good
    size_t longest, most_suites;
    unsigned dies_after;
    uint64_t moody;      // one hello of ten is refused, whatever is in it; 0: none
    bool takes_anything; // answers with the first suite of the list
};

// --- what a server could hate -------------------------------------------------------------------------

static bool has_extension(const struct hello *hello, uint16_t type)
{
    for (size_t i = 0; i < hello->extra.count; i++)
        if (hello->extra.row[i].type == type)
            return true;
    return false;
}

static bool grease(struct codes codes)
{
    for (size_t i = 0; i < codes.count; i++)
        if ((codes.code[i] & 0x0F0F) == 0x0A0A && codes.code[i] >> 8 == (codes.code[i] & 0xFF))
            return true;
    return false;
}

#define HATES(name, expression)                                                                                        \
    static bool name(const struct seen *seen)                                                                          \
    {                                                                                                                  \
        const struct hello *hello = seen->hello;                                                                       \
        (void)hello;                                                                                                   \
        return expression;                                                                                             \
    }
HATES(version_0304, hello->version == 0x0304)
HATES(version_0305, hello->version == 0x0305)
HATES(version_04ff, hello->version == 0x04FF)
HATES(every_new_version, hello->version > 0x0303)
HATES(record_0300, hello->record_version == 0x0300)
HATES(record_0303, hello->record_version == 0x0303)
HATES(record_0304, hello->record_version == 0x0304)
HATES(grease_versions, (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0 && grease(hello->versions))
HATES(grease_suites, grease(hello->suites))
HATES(grease_groups, grease(hello->groups))
HATES(grease_schemes, grease(hello->schemes))
HATES(grease_extension, has_extension(hello, 0x4A4A))
HATES(unknown_extension, has_extension(hello, 0x3F1B))
HATES(empty_last, (hello->extensions & HELLO_EXTENDED_MASTER_SECRET_LAST) != 0)
HATES(no_session_id, !hello->session_id)
HATES(size_256, seen->size == 256)
HATES(size_384, seen->size == 384)
HATES(size_511, seen->size == 511)
HATES(f5_sizes, seen->size >= 256 && seen->size <= 511 && seen->records == 1)
HATES(many_records, seen->records > 1 && seen->size < 16384)
HATES(tiny_records, seen->records > 10)
HATES(signs_with_sha1_alone, hello->schemes.count != 0 && !codes_have(hello->schemes, 0x0201))
HATES(grease_and_unknown, grease_suites(seen) && unknown_extension(seen))

struct want {
    const char *name;
    bool (*hates)(const struct seen *seen);
    const char *want_yes; // ids, with a space before and behind each
};

static const struct want wants[] = {
    {"nothing", NULL, " "},
    {"0x0304", version_0304, " tls_version_0x0304 "},
    {"0x0305", version_0305, " tls_version_0x0305 "},
    {"0x04FF", version_04ff, " tls_version_0x04ff "},
    {"new versions", every_new_version, " tls_version_0x0304 tls_version_0x0305 tls_version_0x04ff "},
    {"record 0x0300", record_0300, " record_version_0x0300 "},
    {"record 0x0303", record_0303, " record_version_0x0303 "},
    {"record 0x0304", record_0304, " record_version_0x0304 "},
    {"GREASE versions", grease_versions, " grease_versions "},
    {"GREASE suites", grease_suites, " grease_suites "},
    {"GREASE groups", grease_groups, " grease_groups "},
    {"GREASE schemes", grease_schemes, " grease_signature_schemes "},
    {"GREASE extension", grease_extension, " grease_extension "},
    {"unknown extension", unknown_extension, " unknown_extension "},
    {"empty last", empty_last, " empty_last_extension "},
    {"no session id", no_session_id, " no_session_id "},
    {"256", size_256, " client_hello_256 "},
    {"384", size_384, " client_hello_384 "},
    {"511", size_511, " client_hello_511 "},
    {"256 to 511", f5_sizes, " client_hello_256 client_hello_384 client_hello_511 "},
    {"records", many_records, " records_of_100 records_of_1 "},
    {"tiny records", tiny_records, " records_of_1 "},
    {"what it cannot sign, behind a suite without a signature", signs_with_sha1_alone, " "},
    {"only both at once", grease_and_unknown, " "},
};

// --- the server ---------------------------------------------------------------------------------------

static struct outcome plain(enum outcome_kind kind) { return (struct outcome){.kind = kind, .tries = 1}; }

static struct outcome alert(struct ledger *ledger, uint8_t description)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight =
        (struct flight){.shown = flight->shown, .alert = true, .alert_level = 2, .alert_description = description};
    struct outcome outcome = plain(OUTCOME_ALERT);
    outcome.flight = flight;
    return outcome;
}

static struct outcome reply(struct ledger *ledger, uint16_t version, uint16_t suite)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight = (struct flight){
        .shown = flight->shown, .hello = true, .complete = true, .version = version, .suite = suite, .group = 0x001D};
    flight->retry = version == TLS13;
    if (grease((struct codes){&suite, 1})) // as the reader of flights does
        flight->faults = FAULT_SUITE_NOT_OFFERED;
    struct outcome outcome = plain(OUTCOME_REPLIED);
    outcome.flight = flight;
    return outcome;
}

static uint16_t negotiate(const struct server *server, const struct hello *hello)
{
    if ((hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0 && server->has_13) {
        for (uint16_t version = TLS13; version >= SSL3; version--)
            if (codes_have(hello->versions, version) && (version == TLS13 || version <= server->best))
                return version;
        return 0;
    }
    uint16_t version = hello->version < server->best ? hello->version : server->best;
    return version < server->lowest ? 0 : version;
}

static struct seen look_at(struct arena *arena, const struct hello *hello)
{
    static const struct entropy any;
    struct seen seen = {.hello = hello};
    struct cursor octets = cursor_of(hello_build(arena, hello, &any));
    for (; octets.left != 0; seen.records++) {
        cursor_take(&octets, 3);
        struct cursor record = cursor_block16(&octets);
        seen.size += record.left;
    }
    return seen;
}

static bool hated(const struct server *server, const struct seen *seen)
{
    return (server->hates != NULL && server->hates(seen)) || (server->longest != 0 && seen->size > server->longest) ||
           (server->most_suites != 0 && seen->hello->suites.count > server->most_suites);
}

static struct outcome answer_hello(const struct server *server, struct ledger *ledger, struct arena *scratch,
                                   const struct probe *probe)
{
    static const uint16_t suites[] = {0xC02F, 0x009C, 0x002F};
    const struct hello *hello = &probe->hello;
    if (hello->version == SSL2)
        return alert(ledger, 70);
    struct seen seen = look_at(scratch, hello);
    if (hated(server, &seen) && !(server->also_silent_once && probe->sample == 1)) {
        if (server->refusal == OUTCOME_REPLIED)
            return reply(ledger, server->lowest, 0x002F);
        return server->refusal == OUTCOME_ALERT ? alert(ledger, 50) : plain(server->refusal);
    }
    uint16_t version = negotiate(server, hello);
    if (version == 0)
        return alert(ledger, 70);
    if (server->takes_anything)
        return reply(ledger, version, hello->suites.code[0]);
    if (version == TLS13)
        return codes_have(hello->suites, 0x1301) ? reply(ledger, version, 0x1301) : alert(ledger, 40);
    for (size_t i = 0; i < 3; i++)
        if (codes_have(hello->suites, suites[i]) && (i == 2 || version == TLS12))
            return reply(ledger, version, suites[i]);
    return alert(ledger, 40);
}

static struct outcome answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    const struct server *server = context;
    if (server->dies_after != 0 && number >= server->dies_after)
        return plain(OUTCOME_RESET);
    if (server->moody != 0 && (asked->key ^ server->moody) % 10 == 0)
        return alert(ledger, 40);
    struct probe probe;
    struct arena scratch = {0};
    answer_decode(asked, &scratch, &probe);
    struct outcome outcome = answer_hello(server, ledger, &scratch, &probe);
    arena_release(&scratch);
    return outcome;
}

static void perform(struct rehearsal *run, struct server *server, struct circumstances how)
{
    how.selected = checks_named("intolerance");
    how.named = true;
    rehearse(run, &how, answer, server);
}

static const struct server modern = {.lowest = TLS10, .best = TLS12, .has_13 = true, .refusal = OUTCOME_ALERT};

// --- what is found ------------------------------------------------------------------------------------

static const struct feature_fact *row_of(const struct facts *facts, const char *id)
{
    for (size_t i = 0; i < facts->feature_count; i++)
        if (strcmp(facts->features[i]->id, id) == 0)
            return facts->features[i];
    fail_msg("no row %s", id);
    return NULL;
}

static bool has_anomaly(const struct facts *facts, const char *code)
{
    for (size_t i = 0; i < facts->anomaly_count; i++)
        if (strcmp(facts->anomalies[i].code, code) == 0)
            return true;
    return false;
}

// Every row is `no` but those in `yes`. unknown_too: `unknown` is no offence.
static void assert_rows(const char *name, const struct facts *facts, const char *yes, bool unknown_too)
{
    assert_true(facts->feature_count >= 24);
    for (size_t i = 0; i < facts->feature_count; i++) {
        const struct feature_fact *row = facts->features[i];
        char word[64];
        snprintf(word, sizeof word, " %s ", row->id);
        enum verdict want = strstr(yes, word) != NULL ? VERDICT_YES : VERDICT_NO;
        assert_int_equal(row->section, FEATURE_INTOLERANCE);
        if (row->fact.verdict != want && !(unknown_too && row->fact.verdict == VERDICT_UNKNOWN))
            fail_msg("%s: %s in %04X is %s (%s)", name, row->id, row->version, verdict_name(row->fact.verdict),
                     row->fact.reason);
        if ((row->fact.verdict == VERDICT_NO) != (row->fact.reason == NULL) || row->fact.evidence.count == 0)
            fail_msg("%s: %s has no reason or no evidence", name, row->id);
    }
}

// --- tests --------------------------------------------------------------------------------------------

static void what_is_hated_is_found(void **state)
{
    (void)state;
    static const struct server servers[] = {
        {.lowest = TLS10, .best = TLS12, .has_13 = true},
        {.lowest = TLS10, .best = TLS12},
        {.lowest = TLS10, .best = TLS10},
        {.best = 0, .has_13 = true, .lowest = TLS13},
    };
    static const enum outcome_kind refusals[] = {OUTCOME_ALERT, OUTCOME_RESET, OUTCOME_CLOSED};
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
        for (size_t j = 0; j < sizeof servers / sizeof *servers; j++)
            for (size_t k = 0; k < 3; k++) {
                struct server server = servers[j];
                server.hates = wants[i].hates;
                server.refusal = refusals[k];
                struct rehearsal run;
                perform(&run, &server, (struct circumstances){.seed = i * 100 + j});
                assert_rows(wants[i].name, &run.host.facts, wants[i].want_yes, false);
                assert_int_equal(has_anomaly(&run.host.facts, "combination_refused"),
                                 wants[i].hates == grease_and_unknown);
                host_release(&run.host);
            }
}

static void a_tolerant_server_is_asked_nine_times(void **state)
{
    (void)state;
    struct server server = modern;
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 1});
    assert_rows("modern", &run.host.facts, " ", false);
    assert_int_equal(run.host.facts.feature_count, 24 + 8);
    unsigned connections = run.connections;
    host_release(&run.host);
    struct circumstances versions = {.seed = 1, .named = true, .selected = checks_named("versions")};
    rehearse(&run, &versions, answer, &server);
    assert_int_equal(connections + 2 - run.connections, 9); // the check versions repeats one of its own twice
    host_release(&run.host);
}

static void moods_are_no_intolerance(void **state)
{
    (void)state;
    unsigned found = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct server server = modern;
        struct rehearsal run;
        server.moody = seed * UINT64_C(0x9E3779B97F4A7C15);
        perform(&run, &server, (struct circumstances){.seed = seed});
        for (size_t i = 0; i < run.host.facts.feature_count; i++)
            found += run.host.facts.features[i]->fact.verdict == VERDICT_YES;
        host_release(&run.host);
    }
    assert_in_range(found, 0, 2);
}

static void limits_are_found(void **state)
{
    (void)state;
    static const struct {
        size_t longest, most_suites;
        const char *want_yes, *want_row;
    } rows[] = {
        {600, 0, " client_hello_1500 client_hello_4096 client_hello_16384 many_suites ", "client_hello_1500"},
        {2000, 0, " client_hello_4096 client_hello_16384 ", "client_hello_4096"},
        {4096, 0, " client_hello_16384 ", "client_hello_16384"},
        {9999, 0, " client_hello_16384 ", "client_hello_16384"},
        {16383, 0, " client_hello_16384 ", "client_hello_16384"},
        {0, 64, " many_suites ", "many_suites"},
        {0, 128, " many_suites ", "many_suites"},
        {0, 150, " many_suites ", "many_suites"},
        {0, 339, " many_suites ", "many_suites"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = modern;
        server.longest = rows[i].longest;
        server.most_suites = rows[i].most_suites;
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = i});
        assert_rows(rows[i].want_row, &run.host.facts, rows[i].want_yes, false);
        const struct feature_fact *row = row_of(&run.host.facts, rows[i].want_row);
        unsigned low, high;
        assert_int_equal(sscanf(row->value, "answered with %u %*s turned down with %u", &low, &high), 2);
        size_t limit = rows[i].longest + rows[i].most_suites;
        if (low > limit || high <= limit || (high - low > 1 && high - low > high / 64) || row->number != low)
            fail_msg("%s: limit %zu is said to be between %u and %u", row->id, limit, low, high);
        host_release(&run.host);
    }
}

static void a_lower_version_is_intolerance(void **state)
{
    (void)state;
    struct server server = modern;
    server.hates = every_new_version;
    server.refusal = OUTCOME_REPLIED;
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 4});
    assert_rows("lower", &run.host.facts, " tls_version_0x0304 tls_version_0x0305 tls_version_0x04ff ", false);
    assert_string_equal(row_of(&run.host.facts, "tls_version_0x0305")->fact.reason, "lower_version");
    host_release(&run.host);
}

static void silence_stays_unknown(void **state)
{
    (void)state;
    struct server server = modern;
    server.hates = f5_sizes;
    server.refusal = OUTCOME_SILENT;
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 4});
    assert_rows("silent", &run.host.facts, " ", true);
    static const char *const silent[] = {"client_hello_256", "client_hello_384", "client_hello_511"};
    for (size_t i = 0; i < 3; i++) {
        const struct feature_fact *row = row_of(&run.host.facts, silent[i]);
        assert_int_equal(row->fact.verdict, VERDICT_UNKNOWN);
        assert_string_equal(row->fact.reason, "silent");
    }
    assert_int_equal(row_of(&run.host.facts, "tls_version_0x0304")->fact.verdict, VERDICT_NO);
    host_release(&run.host);
}

static void what_is_not_repeated_is_not_intolerance(void **state)
{
    (void)state;
    struct server server = modern;
    server.hates = version_0305;
    server.also_silent_once = true;
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 4});
    assert_rows("once", &run.host.facts, " ", true);
    assert_string_equal(row_of(&run.host.facts, "tls_version_0x0305")->fact.reason, "inconsistent");
    host_release(&run.host);
}

static void a_server_that_dies_is_not_intolerant(void **state)
{
    (void)state;
    for (unsigned dies_after = 6; dies_after < 40; dies_after++)
        for (uint64_t seed = 0; seed < 8; seed++) {
            struct server server = modern;
            server.hates = version_0305;
            server.dies_after = dies_after;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = seed});
            assert_rows("dies", &run.host.facts, " tls_version_0x0305 ", true);
            assert_true(run.connections < 40);
            host_release(&run.host);
        }
}

static void lost_answers_never_turn_a_verdict(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        const struct want *want = &wants[seed % (sizeof wants / sizeof *wants)];
        struct server server = modern;
        server.hates = want->hates;
        struct rehearsal run;
        perform(&run, &server, (struct circumstances){.seed = seed, .lost_percent = 1 + (unsigned)(seed % 40)});
        if (run.host.facts.features[0]->version != 0)
            assert_true(run.host.facts.feature_count >= 24);
        for (size_t i = 0; i < run.host.facts.feature_count; i++) {
            const struct feature_fact *row = run.host.facts.features[i];
            char word[64];
            snprintf(word, sizeof word, " %s ", row->id);
            enum verdict lie = strstr(want->want_yes, word) != NULL ? VERDICT_NO : VERDICT_YES;
            if (row->fact.verdict == lie)
                fail_msg("seed %u: %s turned", (unsigned)seed, row->id);
        }
        host_release(&run.host);
    }
}

static void order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        char *first = NULL;
        for (uint64_t shuffle = 0; shuffle < 4; shuffle++) {
            struct server server = modern;
            server.hates = wants[i].hates;
            server.most_suites = i % 2 == 0 ? 0 : 200;
            struct rehearsal run;
            perform(&run, &server, (struct circumstances){.seed = i * 1000 + shuffle});
            char *report = rehearsal_report(&run);
            if (first == NULL) {
                first = report;
            } else {
                assert_string_equal(first, report);
                free(report);
            }
            host_release(&run.host);
        }
        free(first);
    }
}

static void a_server_that_takes_anything_proves_nothing(void **state)
{
    (void)state;
    struct server server = modern;
    server.has_13 = false;
    server.takes_anything = true;
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 2});
    assert_rows("takes anything", &run.host.facts, " ", true);
    assert_string_equal(row_of(&run.host.facts, "grease_suites")->fact.reason, "suite_not_offered");
    host_release(&run.host);
}

static void without_a_version_nothing_is_said(void **state)
{
    (void)state;
    struct server server = {.lowest = 0xFFFF, .best = TLS12};
    struct rehearsal run;
    perform(&run, &server, (struct circumstances){.seed = 2});
    for (size_t i = 0; i < run.host.facts.feature_count; i++) {
        assert_int_equal(run.host.facts.features[i]->fact.verdict, VERDICT_UNKNOWN);
        assert_string_equal(run.host.facts.features[i]->fact.reason, "no_control");
    }
    host_release(&run.host);
    server = (struct server){.lowest = SSL3, .best = SSL3};
    perform(&run, &server, (struct circumstances){.seed = 2});
    assert_int_equal(row_of(&run.host.facts, "grease_groups")->fact.verdict, VERDICT_NOT_APPLICABLE);
    assert_int_equal(row_of(&run.host.facts, "tls_version_0x0304")->fact.verdict, VERDICT_NO);
    host_release(&run.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hated_is_found),
        cmocka_unit_test(a_tolerant_server_is_asked_nine_times),
        cmocka_unit_test(moods_are_no_intolerance),
        cmocka_unit_test(limits_are_found),
        cmocka_unit_test(a_lower_version_is_intolerance),
        cmocka_unit_test(silence_stays_unknown),
        cmocka_unit_test(what_is_not_repeated_is_not_intolerance),
        cmocka_unit_test(a_server_that_dies_is_not_intolerant),
        cmocka_unit_test(lost_answers_never_turn_a_verdict),
        cmocka_unit_test(order_of_arrival_does_not_matter),
        cmocka_unit_test(a_server_that_takes_anything_proves_nothing),
        cmocka_unit_test(without_a_version_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
