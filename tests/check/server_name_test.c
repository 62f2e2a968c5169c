// SPDX-License-Identifier: Apache-2.0
//
// The check `server_name` against servers that warn, refuse, fall back to another certificate, and
// put their clock into the random.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/speaker.h"
#include "base/arena.h"
#include "wire/registry.h"

enum manner { GOES_ON, OTHER_CERTIFICATE, WARNS, ALERTS, FAILS, RESETS };
enum { NOW = 1800000000, NO_CLOCK = 0, STOPPED = -1 }; // NOW: of every rehearsal

struct habits {
    enum manner unknown, nameless;
    bool acknowledges;
    int64_t clock; // seconds since 1970; NO_CLOCK: random octets; STOPPED: zero in every hello
};

static const uint8_t usual[] = {0x30, 0x01, 0x01}, other[] = {0x30, 0x01, 0x02};

static bool behave(enum manner manner, const struct speech *speech)
{
    struct flight *flight = speech->flight;
    static const struct bytes another = {other, sizeof other};
    if (manner == OTHER_CERTIFICATE && flight->shown->certificate_count != 0)
        flight->shown->certificates = &another;
    if (manner == WARNS) {
        flight->warnings = 1;
        flight->warning = 112;
    }
    flight->alert_description = manner == ALERTS ? 112 : manner == FAILS ? 40 : 0;
    return manner < ALERTS;
}

static uint8_t octet_of_clock(int64_t clock, unsigned number, unsigned place)
{
    return clock == STOPPED ? 0 : (uint8_t)((clock + number) >> (24 - 8 * place));
}

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    const struct habits *habits = speaker->context;
    const char *name = speech->hello->server_name;
    if (habits->clock != NO_CLOCK)
        for (unsigned i = 0; i < 4; i++)
            speech->flight->random_begin[i] = octet_of_clock(habits->clock, speech->number, i);
    if (name == NULL)
        return behave(habits->nameless, speech);
    if (habits->acknowledges)
        speech_say(speech, 0, (struct bytes){NULL, 0});
    return strcmp(name, "localhost") == 0 || behave(habits->unknown, speech);
}

static const struct row {
    const char *name;
    struct habits habits;
    bool newer;
    enum verdict want_unknown, want_nameless, want_acknowledged, want_clock;
    const char *want_unknown_value, *want_nameless_value;
} rows[] = {
    {"one certificate",
     {GOES_ON, GOES_ON, false, NO_CLOCK},
     true,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_NO,
     VERDICT_NO,
     "same certificate",
     "same certificate"},
    {"a default one",
     {OTHER_CERTIFICATE, OTHER_CERTIFICATE, true, NO_CLOCK},
     true,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_NO,
     "another certificate",
     "another certificate"},
    {"strict, with a clock",
     {ALERTS, ALERTS, true, NOW - 3600},
     false,
     VERDICT_NO,
     VERDICT_NO,
     VERDICT_YES,
     VERDICT_YES,
     "fatal alert unrecognized_name",
     "fatal alert unrecognized_name"},
    {"warns",
     {WARNS, GOES_ON, true, NOW},
     false,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_YES,
     "same certificate, after a warning alert unrecognized_name",
     "same certificate"},
    {"fails",
     {FAILS, FAILS, false, NO_CLOCK},
     false,
     VERDICT_NO,
     VERDICT_NO,
     VERDICT_NO,
     VERDICT_NO,
     "fatal alert handshake_failure",
     "fatal alert handshake_failure"},
    {"resets",
     {RESETS, RESETS, false, NO_CLOCK},
     true,
     VERDICT_NO,
     VERDICT_NO,
     VERDICT_NO,
     VERDICT_NO,
     "reset",
     "reset"},
    {"no time in the place of time",
     {GOES_ON, GOES_ON, false, STOPPED},
     false,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_NO,
     VERDICT_NO,
     "same certificate",
     "same certificate"},
    {"a clock that is years late",
     {GOES_ON, GOES_ON, false, NOW - 400000000},
     false,
     VERDICT_YES,
     VERDICT_YES,
     VERDICT_NO,
     VERDICT_YES,
     "same certificate",
     "same certificate"},
};

static struct speaker speaker_of(const struct row *row)
{
    return (struct speaker){.tls12 = true,
                            .tls13 = row->newer,
                            .suites = {0xC02F, 0x002F},
                            .certificate = {usual, sizeof usual},
                            .context = &row->habits,
                            .speak = speak};
}

static void assert_row(const char *name, const struct feature_fact *row, enum verdict verdict, const char *value)
{
    assert_non_null(row);
    if (row->fact.verdict != verdict || (value != NULL && (row->value == NULL || strcmp(row->value, value) != 0)))
        fail_msg("%s: %s is said to be %s, %s", name, row->id, verdict_name(row->fact.verdict),
                 row->value == NULL ? "(nothing)" : row->value);
    assert_true(row->fact.evidence.count != 0);
}

static void names_and_clocks_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct speaker speaker = speaker_of(row);
        const struct circumstances how = {.seed = i, .named = true, .selected = checks_named("versions,server_name")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        const struct facts *facts = &run.host.facts;
        uint16_t version = row->newer ? TLS13 : TLS12;
        assert_row(row->name, feature_of(facts, FEATURE_OTHER, "unknown_server_name", version), row->want_unknown,
                   row->want_unknown_value);
        assert_row(row->name, feature_of(facts, FEATURE_OTHER, "no_server_name", version), row->want_nameless,
                   row->want_nameless_value);
        assert_row(row->name, feature_of(facts, FEATURE_OTHER, "server_name_acknowledged", version),
                   row->want_acknowledged, NULL);
        const struct feature_fact *clock = feature_of(facts, FEATURE_OTHER, "random_clock", 0);
        assert_row(row->name, clock, row->want_clock, NULL);
        if (row->want_clock == VERDICT_YES)
            assert_in_range(clock->number - (row->habits.clock - NOW), 0, 13);
        host_release(&run.host);
    }
}

static void order_of_arrival_and_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct speaker speaker = speaker_of(&rows[i]);
        assert_order_does_not_matter(&speaker, checks_named("versions,certificates,server_name"));
        assert_losses_do_no_harm(&speaker, checks_named("versions,server_name"));
    }
}

// One that has had enough turns everything down, and not the name.
static void a_host_that_tires_is_not_strict(void **state)
{
    (void)state;
    static const uint8_t alerts[] = {0, 40, 49, 80};
    for (unsigned after = 2; after < 16; after++)
        for (size_t i = 0; i < sizeof alerts; i++) {
            struct speaker speaker = speaker_of(&rows[0]);
            speaker.tires_after = after;
            speaker.tires_with = alerts[i];
            const struct circumstances how = {
                .seed = after, .named = true, .selected = checks_named("versions,certificates,server_name")};
            struct rehearsal run;
            rehearse(&run, &how, speaker_answer, &speaker);
            for (size_t k = 0; k < run.host.facts.feature_count; k++) {
                const struct feature_fact *row = run.host.facts.features[k];
                if (strcmp(row->id, "unknown_server_name") == 0 || strcmp(row->id, "no_server_name") == 0)
                    assert_int_not_equal(row->fact.verdict, VERDICT_NO);
            }
            host_release(&run.host);
        }
}

static void a_host_without_a_name(void **state)
{
    (void)state;
    struct speaker speaker = speaker_of(&rows[0]);
    const struct circumstances how = {.seed = 1, .selected = checks_named("versions,server_name")};
    struct rehearsal run;
    rehearse(&run, &how, speaker_answer, &speaker);
    const struct facts *facts = &run.host.facts;
    assert_int_equal(feature_of(facts, FEATURE_OTHER, "no_server_name", TLS13)->fact.verdict, VERDICT_YES);
    assert_int_equal(feature_of(facts, FEATURE_OTHER, "server_name_acknowledged", TLS13)->fact.verdict,
                     VERDICT_NOT_APPLICABLE);
    host_release(&run.host);
}

// Beside the certificates, which ask without a name themselves, one connection.
static void connections_stay_in_budget(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct speaker speaker = speaker_of(&rows[i * 6]);
        struct circumstances how = {.seed = 1, .named = true, .selected = checks_named("versions,certificates")};
        struct rehearsal base, run;
        rehearse(&base, &how, speaker_answer, &speaker);
        how.selected = checks_named("versions,certificates,server_name");
        rehearse(&run, &how, speaker_answer, &speaker);
        assert_int_equal(run.connections - base.connections, 1);
        host_release(&base.host);
        host_release(&run.host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_clocks_are_told),       cmocka_unit_test(order_of_arrival_and_losses),
        cmocka_unit_test(a_host_that_tires_is_not_strict), cmocka_unit_test(a_host_without_a_name),
        cmocka_unit_test(connections_stay_in_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
