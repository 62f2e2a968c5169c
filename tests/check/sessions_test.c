// SPDX-License-Identifier: Apache-2.0
//
// The check `sessions` against servers of which it is known how they resume: every row, whatever the
// order in which answers arrive; and nothing that got lost becomes a yes or a no.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/sessions.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { V30 = 1, V31 = 2, V32 = 4, V33 = 8, V34 = 16 };

#define EVERYTHING .versions = V33 | V34, .gives = {1, 1, 1}, .resumes = {1, 1, 1}, .lifetime = 300, .secure = true

static const struct {
    const char *name;
    struct session_server server;
    unsigned want_handshakes;
    const char *want[12];
} rows[] = {
    {"everything",
     {EVERYTHING},
     9,
     {"session_id_resumption 0303 yes - 2 of 2 attempts -", "session_id_single_use 0303 no - - - -",
      "ticket_resumption 0303 yes - 2 of 2 attempts -", "ticket_single_use 0303 no - - - -",
      "psk_resumption 0304 yes - 2 of 2 attempts -", "psk_single_use 0304 no - - - -",
      "tickets_issued 0304 yes - 2 per handshake -", "ticket_lifetime 0303 yes - 300 seconds -",
      "ticket_key_name 0304 yes - - - AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "several_ticket_keys 0304 no - - - -",
      "early_data_limit 0304 no - 0 octets -", "psk_without_key_exchange 0304 not_tested library - - -"}},
    {"nothing is resumed",
     {.versions = V33 | V34, .gives = {1, 1, 1}},
     9,
     {"session_id_resumption 0303 unknown other_process 0 of 2 attempts -",
      "ticket_resumption 0303 no - 0 of 2 attempts -", "psk_resumption 0304 no - 0 of 2 attempts -",
      "psk_single_use 0304 not_applicable not_resumed - - -", "ticket_lifetime 0303 unknown not_said - - -",
      "ticket_lifetime 0304 yes - 0 seconds -"}},
    {"nothing is resumed by servers with a key each",
     {.versions = V33 | V34, .gives = {1, 1, 1}, .other_keys = true},
     9,
     {"session_id_resumption 0303 unknown other_process 0 of 2 attempts -",
      "ticket_resumption 0303 unknown other_ticket_key 0 of 2 attempts -",
      "psk_resumption 0304 unknown other_ticket_key 0 of 2 attempts -"}},
    {"nothing is resumed, and no key has a name",
     {.versions = V33 | V34, .gives = {1, 1, 1}, .nameless = true},
     9,
     {"session_id_resumption 0303 unknown other_process 0 of 2 attempts -",
      "ticket_resumption 0303 unknown other_ticket_key 0 of 2 attempts -",
      "psk_resumption 0304 unknown other_ticket_key 0 of 2 attempts -",
      "ticket_key_name 0304 unknown no_two_alike - - -"}},
    {"nothing is resumed, and no connection ends",
     {.versions = V33 | V34, .gives = {1, 1, 1}, .never_closes = true},
     9,
     {"session_id_resumption 0303 unknown not_closed 0 of 2 attempts -",
      "ticket_resumption 0303 no - 0 of 2 attempts -", "psk_resumption 0304 unknown not_closed 0 of 2 attempts -"}},
    {"nothing is given",
     {.versions = V32 | V34},
     3,
     {"session_id_resumption 0302 no - - - -", "ticket_resumption 0302 no - - - -",
      "tickets_issued 0302 no - 0 per handshake -", "psk_resumption 0304 unknown no_ticket_before_data - - -",
      "early_data 0304 unknown no_ticket_before_data - - -"}},
    {"TLS 1.3 alone",
     {.versions = V34, .gives = {1, 1, 1}, .resumes = {1, 1, 1}},
     3,
     {"session_id_resumption 0303 not_applicable no_version - - -", "psk_resumption 0304 yes - 2 of 2 attempts -"}},
    {"TLS 1.2 alone, with one ticket more to compare",
     {.versions = V33, .gives = {1, 1, 1}, .resumes = {1, 1, 1}},
     7,
     {"psk_resumption 0304 not_applicable no_version - - -", "early_data 0304 not_applicable no_version - - -",
      "ticket_key_name 0303 yes - - - AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
    {"SSLv3 alone",
     {.versions = V30},
     0,
     {"session_id_resumption 0303 not_tested library - - -", "ticket_resumption 0303 not_tested library - - -"}},
    {"single use",
     {EVERYTHING, .single_use = true},
     12,
     {"psk_resumption 0304 yes - 2 of 3 attempts -", "psk_single_use 0304 yes - - - -"}},
    {"one backend of two", {EVERYTHING, .resumes_once_in = 2}, 12, {"ticket_resumption 0303 yes - 2 of 3 attempts -"}},
    {"another key, and no names",
     {EVERYTHING, .nameless = true},
     9,
     {"ticket_key_name 0304 no - - - -", "several_ticket_keys 0304 not_applicable no_key_name - - -"}},
    {"tickets of TLS 1.2 begin otherwise",
     {EVERYTHING, .rotates = true},
     9,
     {"ticket_key_name 0304 yes - - - BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
      "several_ticket_keys 0304 unknown other_version - - -"}},
    {"tickets of TLS 1.3 are ids, those of TLS 1.2 name a key and are not resumed",
     {.versions = V33 | V34, .gives = {1, 1, 1}, .resumes = {1, 0, 1}, .lifetime = 300, .nameless_13 = true},
     9,
     {"ticket_key_name 0304 no - - - -", "several_ticket_keys 0304 not_applicable no_key_name - - -"}},
    {"the key is changed with every session that is offered",
     {EVERYTHING, .other_keys = true},
     9,
     {"ticket_key_name 0304 yes - - - AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
      "several_ticket_keys 0304 yes - - - -"}},
    {"single use, and no key has a name",
     {EVERYTHING, .single_use = true, .nameless = true},
     12,
     {"psk_resumption 0304 yes - 2 of 3 attempts -", "psk_single_use 0304 unknown perhaps_other_server - - -"}},
    {"early data",
     {EVERYTHING, .limit = 16384, .takes_early = true, .http = true},
     9,
     {"early_data_limit 0304 yes - 16384 octets -", "early_data 0304 yes - - - -"}},
    {"early data, rejected",
     {EVERYTHING, .limit = 16384, .http = true},
     9,
     {"early_data_limit 0304 yes - 16384 octets -", "early_data 0304 no - - - -"}},
    {"early data of what is not known to be HTTP, and a server that refuses its name",
     {EVERYTHING, .limit = 16384, .takes_early = true, .refuses_alpn = true},
     10,
     {"early_data_limit 0304 yes - 16384 octets -", "psk_resumption 0304 yes - 2 of 2 attempts -"}},
    {"without a key exchange",
     {EVERYTHING, .without_exchange = true},
     9,
     {"psk_with_key_exchange 0304 yes - - - -", "psk_without_key_exchange 0304 yes - - - -"}},
    {"a client certificate is wanted",
     {EVERYTHING, .wants_certificate = true},
     8,
     {"psk_resumption 0304 unknown handshake_failed - - -", "early_data 0304 unknown handshake_failed - - -"}},
    {"never closes, and gives no ticket",
     {.versions = V34, .never_closes = true},
     1,
     {"psk_resumption 0304 unknown no_ticket_before_data - - -"}},
    {"nothing that the library has",
     {EVERYTHING, .library_fails = true},
     3,
     {"session_id_resumption 0303 not_tested library - - -", "psk_resumption 0304 not_tested library - - -"}},
    {"turned down for a reason of the server's own",
     {EVERYTHING, .fails_with = 80},
     3,
     {"session_id_resumption 0303 unknown alert - - -", "psk_resumption 0304 unknown alert - - -"}},
    {"the version is turned down that it had",
     {EVERYTHING, .fails_with = 70},
     3,
     {"session_id_resumption 0303 unknown version_refused - - -", "psk_resumption 0304 unknown version_refused - - -"}},
    {"turned down where a session is offered",
     {EVERYTHING, .refuses_sessions = true},
     10,
     {"session_id_resumption 0303 unknown handshake_failed - - -",
      "psk_resumption 0304 unknown handshake_failed - - -"}},
    {"the library gives up",
     {EVERYTHING, .library_gives_up = true},
     3,
     {"session_id_resumption 0303 not_tested library - - -", "psk_resumption 0304 not_tested library - - -"}},
};

static struct circumstances shuffled(uint64_t seed, unsigned lost)
{
    return (struct circumstances){.seed = seed, .lost_percent = lost, .selected = checks_named("sessions")};
}

static unsigned handshakes(const struct host *host)
{
    unsigned count = 0;
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        count += answer->kind == PROBE_HANDSHAKE;
    return count;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *first = NULL;
        for (uint64_t seed = 0; seed < 12; seed++) {
            struct rehearsal rehearsal;
            struct session_server server = rows[i].server;
            struct circumstances how = shuffled(seed, 0);
            rehearse(&rehearsal, &how, answer_sessions, &server);
            const char *lines = feature_lines(&rehearsal.host, FEATURE_SESSION);
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

// What one of two servers has not, the other one may have.
static void test_farm(void **state)
{
    static const char *const want[] = {"session_id_resumption 0303 unknown",
                                       "ticket_resumption 0303 unknown mixed_backends",
                                       "psk_resumption 0304 unknown mixed_backends"};
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct rehearsal rehearsal;
        struct session_server server = {.versions = V32 | V33 | V34, .others = V31, .gives = {seed % 2, seed % 2, 1}};
        struct circumstances how = {.seed = seed, .selected = checks_named("versions,sessions")};
        rehearse(&rehearsal, &how, answer_sessions, &server);
        const char *lines = feature_lines(&rehearsal.host, FEATURE_SESSION);
        for (size_t i = 0; i < COUNT(want); i++)
            if (strstr(lines, want[i]) == NULL)
                fail_msg("no '%s' in\n%s", want[i], lines);
        if (strstr(lines, " no - ") != NULL)
            fail_msg("something is denied in\n%s", lines);
        host_release(&rehearsal.host);
    }
}

// Where HTTP is looked at too the first handshake is its request: what is said of tickets is said of that.
static void test_first_is_a_request(void **state)
{
    static const struct {
        struct session_server server;
        const char *want;
        unsigned want_more; // handshakes than without `http`: a GET where HEAD is not answered
    } requests[] = {
        {{.versions = V34, .http = true}, "psk_resumption 0304 unknown no_ticket_so_far - - -", 0},
        {{.versions = V34}, "psk_resumption 0304 unknown closed - - -", 1},
        {{EVERYTHING, .http = true}, "psk_resumption 0304 yes - 2 of 2 attempts -", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct rehearsal alone, both;
        struct session_server server = requests[i].server;
        struct circumstances how = shuffled(1, 0);
        rehearse(&alone, &how, answer_sessions, &server);
        how.selected = checks_named("sessions,http");
        rehearse(&both, &how, answer_sessions, &server);
        assert_non_null(strstr(feature_lines(&both.host, FEATURE_SESSION), requests[i].want));
        assert_int_equal(handshakes(&both.host), handshakes(&alone.host) + requests[i].want_more);
        host_release(&alone.host);
        host_release(&both.host);
    }
}

// On the port of HTTP early data is tried without the server's word for it.
static void test_not_http(void **state)
{
    (void)state;
    struct rehearsal rehearsal;
    struct session_server server = {EVERYTHING, .limit = 100, .takes_early = true};
    struct circumstances how = shuffled(1, 0);
    rehearse(&rehearsal, &how, answer_sessions, &server);
    assert_int_equal(rehearsal.target.port, 443);
    assert_non_null(strstr(feature_lines(&rehearsal.host, FEATURE_SESSION), "early_data 0304 yes"));
    host_release(&rehearsal.host);
}

static const char *verdict_in(const char *lines, const char *id, char word[32])
{
    const char *line = strstr(lines, id);
    strcpy(word, "-");
    if (line != NULL)
        assert_int_equal(sscanf(line, "%*s %*s %31s", word), 1);
    return word;
}

// Of several processes each knows its own sessions alone. That none was met which knew the session is no `no`, and that
// one was met between two others does not use a session up, whether or not tickets name their keys.
static void test_processes(void **state)
{
    (void)state;
    static const char *const denied[] = {"session_id_resumption", "ticket_resumption", "psk_resumption",
                                         "ticket_key_name"};
    static const char *const claimed[] = {"session_id_single_use", "ticket_single_use", "psk_single_use"};
    for (uint64_t salt = 0; salt < 800; salt++) {
        struct rehearsal rehearsal;
        struct session_server server = {EVERYTHING, .processes = 2 + (unsigned)(salt % 5), .salt = salt};
        struct circumstances how = shuffled(salt, 0);
        server.nameless = salt >= 400;
        rehearse(&rehearsal, &how, answer_sessions, &server);
        const char *lines = feature_lines(&rehearsal.host, FEATURE_SESSION);
        char word[32];
        for (size_t i = 0; i < COUNT(denied) - server.nameless; i++)
            if (strcmp(verdict_in(lines, denied[i], word), "no") == 0)
                fail_msg("%u processes, %d: %s is denied\n%s", server.processes, (int)salt, denied[i], lines);
        for (size_t i = 0; i < COUNT(claimed); i++)
            if (strcmp(verdict_in(lines, claimed[i], word), "yes") == 0)
                fail_msg("%u processes, %d: %s is claimed\n%s", server.processes, (int)salt, claimed[i], lines);
        host_release(&rehearsal.host);
    }
}

// The verdicts with answers lost are those without, or none.
static void test_lost(void **state)
{
    (void)state;
    static const char *const ids[] = {"session_id_resumption", "session_id_single_use", "ticket_resumption",
                                      "ticket_single_use",     "psk_resumption",        "psk_single_use",
                                      "early_data 0304",       "early_data_limit",      "\nseveral_ticket_keys"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rehearsal whole, part;
        struct session_server server = rows[i].server;
        struct circumstances how = shuffled(0, 0);
        rehearse(&whole, &how, answer_sessions, &server);
        const char *truth = feature_lines(&whole.host, FEATURE_SESSION);
        for (uint64_t seed = 0; seed < 240; seed++) {
            how = shuffled(seed, 10 + 30 * (unsigned)(seed % 3));
            rehearse(&part, &how, answer_sessions, &server);
            const char *lines = feature_lines(&part.host, FEATURE_SESSION);
            for (size_t k = 0; k < COUNT(ids); k++) {
                char want[32], found[32];
                verdict_in(truth, ids[k], want);
                verdict_in(lines, ids[k], found);
                bool settled = strcmp(found, "yes") == 0 || strcmp(found, "no") == 0;
                if (settled && strcmp(want, found) != 0)
                    fail_msg("%s, seed %d: %s is %s\n%s\nwas\n%s", rows[i].name, (int)seed, ids[k], found, lines,
                             truth);
            }
            host_release(&part.host);
        }
        host_release(&whole.host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_farm),      cmocka_unit_test(test_first_is_a_request),
        cmocka_unit_test(test_not_http), cmocka_unit_test(test_processes), cmocka_unit_test(test_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
