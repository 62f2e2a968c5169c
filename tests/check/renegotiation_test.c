// SPDX-License-Identifier: Apache-2.0
//
// The check `renegotiation` against servers of which it is known what they signal, and what they do when
// a client renegotiates.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../support/sessions.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { V30 = 1, V31 = 2, V32 = 4, V33 = 8, V34 = 16 };

static const struct {
    const char *name;
    struct session_server server;
    unsigned want_handshakes;
    const char *want[4];
} rows[] = {
    {"secure, and refused",
     {.versions = V33 | V34, .secure = true, .after = SECOND_REFUSED},
     1,
     {"secure_renegotiation 0303 yes -", "secure_renegotiation_scsv 0303 yes -",
      "client_initiated_renegotiation 0303 no - 0 of 10 attempts no_renegotiation",
      "insecure_renegotiation 0303 not_applicable secure_renegotiation"}},
    {"secure, and allowed",
     {.versions = V32 | V33, .secure = true},
     1,
     {"secure_renegotiation 0302 yes -", "client_initiated_renegotiation 0303 yes - 10 of 10 attempts -"}},
    {"allowed three times",
     {.versions = V33, .secure = true, .takes = 3, .after = SECOND_CLOSED},
     1,
     {"client_initiated_renegotiation 0303 yes - 3 of 10 attempts connection closed"}},
    {"the signalling suite is not known",
     {.versions = V33, .secure = true, .secure_by_extension = true, .after = SECOND_REFUSED},
     1,
     {"secure_renegotiation 0303 yes -", "secure_renegotiation_scsv 0303 no -"}},
    {"insecure, and allowed",
     {.versions = V31},
     1,
     {"secure_renegotiation 0301 no -", "client_initiated_renegotiation 0301 yes - 10 of 10 attempts -",
      "insecure_renegotiation 0301 yes -"}},
    {"insecure, and closed, twice",
     {.versions = V33, .after = SECOND_CLOSED},
     2,
     {"secure_renegotiation 0303 no -", "client_initiated_renegotiation 0303 unknown cut_off",
      "insecure_renegotiation 0303 unknown cut_off"}},
    {"reset, twice",
     {.versions = V33, .after = SECOND_RESET},
     2,
     {"client_initiated_renegotiation 0303 unknown cut_off", "insecure_renegotiation 0303 unknown cut_off"}},
    {"silent",
     {.versions = V33, .after = SECOND_SILENT},
     1,
     {"client_initiated_renegotiation 0303 unknown silent", "insecure_renegotiation 0303 unknown silent"}},
    {"an alert that says nothing",
     {.versions = V33, .after = SECOND_OTHER_ALERT},
     1,
     {"client_initiated_renegotiation 0303 unknown alert"}},
    {"TLS 1.3 alone",
     {.versions = V34},
     0,
     {"secure_renegotiation 0303 not_applicable no_version", "client_initiated_renegotiation 0303 not_applicable no_v",
      "insecure_renegotiation 0303 not_applicable no_version"}},
    {"SSLv3 alone",
     {.versions = V30, .secure = true},
     0,
     {"secure_renegotiation 0300 yes -", "client_initiated_renegotiation 0303 not_tested library"}},
    {"nothing that the library has",
     {.versions = V33, .secure = true, .library_fails = true},
     1,
     {"secure_renegotiation 0303 yes -", "client_initiated_renegotiation 0303 not_tested library",
      "insecure_renegotiation 0303 not_tested library"}},
};

static unsigned handshakes(const struct host *host)
{
    unsigned count = 0;
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        count += answer->kind == PROBE_HANDSHAKE;
    return count;
}

static void tell_rows(const char *checks)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *first = NULL;
        for (uint64_t seed = 0; seed < 12; seed++) {
            struct rehearsal rehearsal;
            struct session_server server = rows[i].server;
            struct circumstances how = {.seed = seed, .selected = checks_named(checks)};
            rehearse(&rehearsal, &how, answer_sessions, &server);
            const char *lines = feature_lines(&rehearsal.host, FEATURE_RENEGOTIATION);
            if (first == NULL) {
                print_message("%s\n", rows[i].name);
                for (size_t k = 0; k < COUNT(rows[i].want) && rows[i].want[k] != NULL; k++)
                    if (strstr(lines, rows[i].want[k]) == NULL)
                        fail_msg("no '%s' in\n%s", rows[i].want[k], lines);
                assert_int_equal(handshakes(&rehearsal.host), rows[i].want_handshakes);
                first = strdup(lines);
            }
            assert_string_equal(lines, first);
            host_release(&rehearsal.host);
        }
        free(first);
    }
}

static void test_rows(void **state)
{
    (void)state;
    tell_rows("renegotiation");
    tell_rows("renegotiation,intolerance");
}

// A server that ends every connection by itself ends that of an attempt too. One that answers a request has waited for
// it; but one connection may end for any reason.
static void test_closes(void **state)
{
    static const struct {
        struct session_server server;
        const char *want;
    } ends[] = {
        {{.versions = V33, .after = SECOND_CLOSED}, "client_initiated_renegotiation 0303 unknown cut_off"},
        {{.versions = V33, .after = SECOND_RESET}, "client_initiated_renegotiation 0303 unknown cut_off"},
        {{.versions = V33, .after = SECOND_CLOSED, .http = true}, "client_initiated_renegotiation 0303 no - 0 of 10"},
        {{.versions = V33, .after = SECOND_RESET, .http = true}, "client_initiated_renegotiation 0303 no - 0 of 10"},
        {{.versions = V33 | V34, .after = SECOND_CLOSED, .http = true}, "client_initiated_renegotiation 0303 no -"},
        {{.versions = V33 | V34, .after = SECOND_CLOSED}, "client_initiated_renegotiation 0303 unknown cut_off"},
        {{.versions = V33, .after = SECOND_CLOSED, .ends_once = true, .http = true},
         "client_initiated_renegotiation 0303 yes - 10 of 10"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct session_server server = ends[i].server;
        struct rehearsal rehearsal;
        struct circumstances how = {.seed = i, .selected = checks_named("renegotiation,http")};
        rehearse(&rehearsal, &how, answer_sessions, &server);
        const char *lines = feature_lines(&rehearsal.host, FEATURE_RENEGOTIATION);
        if (strstr(lines, ends[i].want) == NULL)
            fail_msg("no '%s' in\n%s", ends[i].want, lines);
        host_release(&rehearsal.host);
    }
}

// What one of two servers turns down, the other one need not.
static void test_farm(void **state)
{
    static const char *const want[] = {"client_initiated_renegotiation 0303 unknown mixed_backends",
                                       "insecure_renegotiation 0303 unknown mixed_backends"};
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct rehearsal rehearsal;
        struct session_server server = {.versions = V32 | V33, .others = V34, .after = SECOND_REFUSED};
        struct circumstances how = {.seed = seed, .selected = checks_named("versions,renegotiation")};
        rehearse(&rehearsal, &how, answer_sessions, &server);
        const char *lines = feature_lines(&rehearsal.host, FEATURE_RENEGOTIATION);
        for (size_t i = 0; i < COUNT(want); i++)
            if (strstr(lines, want[i]) == NULL)
                fail_msg("no '%s' in\n%s", want[i], lines);
        host_release(&rehearsal.host);
    }
}

// The signalling suite stands in a hello of `intolerance`, so that nothing but the handshake is one connection more.
static void test_shared(void **state)
{
    (void)state;
    struct session_server server = rows[0].server;
    struct rehearsal alone, both;
    struct circumstances how = {.selected = checks_named("intolerance")};
    rehearse(&alone, &how, answer_sessions, &server);
    how.selected = checks_named("intolerance,renegotiation");
    rehearse(&both, &how, answer_sessions, &server);
    assert_int_equal(both.connections, alone.connections + 1);
    host_release(&alone.host);
    host_release(&both.host);
}

// Whatever is lost: no verdict but the true one.
static void test_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rehearsal whole, part;
        struct session_server server = rows[i].server;
        struct circumstances how = {.selected = checks_named("renegotiation")};
        rehearse(&whole, &how, answer_sessions, &server);
        for (how.seed = 0; how.seed < 60; how.seed++) {
            how.lost_percent = 10 + 30 * (unsigned)(how.seed % 3);
            rehearse(&part, &how, answer_sessions, &server);
            for (size_t k = 0; k < part.host.facts.feature_count; k++) {
                const struct feature_fact *row = part.host.facts.features[k];
                bool same = row->fact.verdict != VERDICT_YES && row->fact.verdict != VERDICT_NO;
                for (size_t j = 0; j < whole.host.facts.feature_count; j++) {
                    const struct feature_fact *true_row = whole.host.facts.features[j];
                    same = same || (strcmp(row->id, true_row->id) == 0 && row->fact.verdict == true_row->fact.verdict);
                }
                if (!same)
                    fail_msg("%s, seed %d: %s is %s", rows[i].name, (int)how.seed, row->id,
                             verdict_name(row->fact.verdict));
            }
            host_release(&part.host);
        }
        host_release(&whole.host);
    }
}

// With both checks selected, what may upset a server comes last.
static void test_last(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rehearsal rehearsal;
        struct session_server server = {.versions = V33 | V34, .gives = {1, 1, 1}, .resumes = {1, 1, 1}};
        struct circumstances how = {.seed = seed, .selected = checks_named("sessions,renegotiation")};
        rehearse(&rehearsal, &how, answer_sessions, &server);
        struct probe probe;
        answer_decode(rehearsal.host.ledger.last, &rehearsal.host.ledger.memory, &probe);
        assert_int_equal(probe.handshake.renegotiations, 10);
        assert_int_equal(handshakes(&rehearsal.host), 10);
        host_release(&rehearsal.host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_closes), cmocka_unit_test(test_farm),
        cmocka_unit_test(test_shared), cmocka_unit_test(test_lost),   cmocka_unit_test(test_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
