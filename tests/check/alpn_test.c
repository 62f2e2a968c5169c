// SPDX-License-Identifier: Apache-2.0
//
// The check `alpn` against servers whose protocols, order and way of refusing are known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/speaker.h"
#include "base/arena.h"
#include "wire/registry.h"

enum { ALPN = 16, IGNORES = 1 };

struct protocols {
    const char *name[6]; // in the server's order; NULL ends it
    bool client_order, takes_anything, always_first;
    unsigned mismatch; // IGNORES, an alert, or 0: reset
};

static bool listed(struct bytes body, const char *name)
{
    struct cursor cursor = cursor_of(body);
    struct cursor list = cursor_block16(&cursor);
    while (list.left != 0) {
        struct cursor one = cursor_block8(&list);
        if (bytes_equal(cursor_rest(&one), bytes_of_text(name)))
            return true;
    }
    return false;
}

static struct bytes first_of(struct bytes body, const struct protocols *known)
{
    struct cursor cursor = cursor_of(body);
    struct cursor list = cursor_block16(&cursor);
    while (list.left != 0) {
        struct bytes name = cursor_take8(&list);
        if (known == NULL)
            return name;
        for (size_t i = 0; i < 6 && known->name[i] != NULL; i++)
            if (bytes_equal(name, bytes_of_text(known->name[i])))
                return name;
    }
    return (struct bytes){NULL, 0};
}

static struct bytes choose(const struct protocols *known, struct bytes body)
{
    if (known->takes_anything)
        return first_of(body, NULL);
    if (known->always_first)
        return bytes_of_text(known->name[0]);
    if (known->client_order)
        return first_of(body, known);
    for (size_t i = 0; i < 6 && known->name[i] != NULL; i++)
        if (listed(body, known->name[i]))
            return bytes_of_text(known->name[i]);
    return (struct bytes){NULL, 0};
}

static bool speak(const struct speaker *speaker, const struct speech *speech)
{
    const struct protocols *known = speaker->context;
    const struct extension *asked = speech_asked(speech, ALPN);
    if (asked == NULL)
        return true;
    struct bytes name = choose(known, asked->body);
    if (name.size == 0) {
        speech->flight->alert_description = (uint8_t)known->mismatch;
        return known->mismatch == IGNORES;
    }
    struct builder body = builder_in(speech->arena);
    builder_u16(&body, (uint16_t)(name.size + 1));
    builder_u8(&body, (uint8_t)name.size);
    builder_add(&body, name);
    speech_say(speech, ALPN, builder_bytes(&body));
    return true;
}

static const struct row {
    const char *name;
    struct protocols known;
    const char *want_order, *want_refusal;
    enum verdict want_refused;
    unsigned want_connections; // of the check itself, at most
} rows[] = {
    {"web server",
     {{"h2", "http/1.1"}, .mismatch = 120},
     "order: server",
     "alert no_application_protocol",
     VERDICT_YES,
     3},
    {"ignores", {{"h2", "http/1.1"}, .mismatch = IGNORES}, "order: server", "ignored", VERDICT_NO, 3},
    {"client's order",
     {{"h2", "http/1.1", "http/1.0"}, .client_order = true, .mismatch = 120},
     "order: client",
     "alert no_application_protocol",
     VERDICT_YES,
     5},
    {"one protocol", {{"imap"}, .mismatch = 120}, "order: single", "alert no_application_protocol", VERDICT_YES, 2},
    {"resets", {{"h2"}, .mismatch = 0}, "order: single", "reset", VERDICT_YES, 6},
    {"none, ignored", {{NULL}, .mismatch = IGNORES}, NULL, "ignored", VERDICT_NO, 1},
    {"none, refused", {{NULL}, .mismatch = 120}, NULL, "alert no_application_protocol", VERDICT_YES, 1},
    {"none, reset", {{NULL}, .mismatch = 0}, NULL, "reset", VERDICT_YES, 3},
};

static struct speaker speaker_of(const struct row *row, bool newer)
{
    return (struct speaker){
        .tls12 = true, .tls13 = newer, .suites = {0xC02F, 0xC014}, .context = &row->known, .speak = speak};
}

static bool truly_has(const struct protocols *known, const char *name)
{
    for (size_t i = 0; i < 6 && known->name[i] != NULL; i++)
        if (strcmp(known->name[i], name) == 0)
            return true;
    return false;
}

static void assert_protocols(const struct row *row, const struct facts *facts, uint16_t version)
{
    size_t asked = 0;
    for (size_t i = 0; i < protocol_count(); i++) {
        const struct feature_fact *fact = feature_of(facts, FEATURE_ALPN, protocol_at(i)->id, version);
        if (fact == NULL)
            continue;
        asked++;
        enum verdict want = truly_has(&row->known, fact->id) ? VERDICT_YES : VERDICT_NO;
        if (fact->fact.verdict != want)
            fail_msg("%s: %s is said to be %s", row->name, fact->id, verdict_name(fact->fact.verdict));
        if (fact->has_number && strcmp(row->known.name[fact->number - 1], fact->id) != 0)
            fail_msg("%s: %s is not number %d", row->name, fact->id, (int)fact->number);
    }
    assert_true(asked > 20);
}

static void protocols_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned newer = 0; newer < 2; newer++) {
            const struct row *row = &rows[i];
            struct speaker speaker = speaker_of(row, newer != 0);
            uint16_t version = newer != 0 ? TLS13 : TLS12;
            struct rehearsal base, run;
            struct circumstances how = {
                .seed = 1, .named = true, .selected = checks_named("versions,client_authentication")};
            rehearse(&base, &how, speaker_answer, &speaker);
            how.selected = checks_named("versions,client_authentication,alpn");
            rehearse(&run, &how, speaker_answer, &speaker);
            const struct facts *facts = &run.host.facts;
            assert_protocols(row, facts, version);
            const struct feature_fact *alpn =
                feature_of(facts, FEATURE_EXTENSION, "application_layer_protocol_negotiation", version);
            const struct feature_fact *refusal = feature_of(facts, FEATURE_OTHER, "alpn_mismatch_refused", version);
            if (row->want_order != NULL)
                assert_string_equal(alpn->value, row->want_order);
            if (refusal->fact.verdict != row->want_refused || strcmp(refusal->value, row->want_refusal) != 0)
                fail_msg("%s: refusal is %s, %s", row->name, verdict_name(refusal->fact.verdict), refusal->value);
            if (run.connections - base.connections > row->want_connections)
                fail_msg("%s: %u connections, %u allowed", row->name, run.connections - base.connections,
                         row->want_connections);
            host_release(&base.host);
            host_release(&run.host);
        }
}

static unsigned connections(struct speaker *speaker, const char *checks)
{
    const struct circumstances how = {.seed = 1, .named = true, .selected = checks_named(checks)};
    struct rehearsal run;
    rehearse(&run, &how, speaker_answer, speaker);
    unsigned count = run.connections;
    host_release(&run.host);
    return count;
}

// The first question is that of `extensions`, unless it is turned down; what is found is the same.
static void first_question_is_shared(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct speaker speaker = speaker_of(&rows[i], true);
        const struct circumstances how = {
            .seed = 1, .named = true, .selected = checks_named("versions,alpn,extensions")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        assert_protocols(&rows[i], &run.host.facts, TLS13);
        const struct feature_fact *refusal = feature_of(&run.host.facts, FEATURE_OTHER, "alpn_mismatch_refused", TLS13);
        assert_int_equal(refusal->fact.verdict, rows[i].want_refused);
        assert_string_equal(refusal->value, rows[i].want_refusal);
        host_release(&run.host);
        assert_order_does_not_matter(&speaker, checks_named("versions,alpn,extensions"));
        assert_losses_do_no_harm(&speaker, checks_named("versions,alpn,extensions"));
    }
    struct speaker web = speaker_of(&rows[0], true);
    assert_int_equal(connections(&web, "versions,extensions,alpn"), connections(&web, "versions,extensions") + 2);
}

static void order_of_arrival_and_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct speaker speaker = speaker_of(&rows[i], i % 2 == 0);
        assert_order_does_not_matter(&speaker, checks_named("versions,alpn"));
        assert_losses_do_no_harm(&speaker, checks_named("versions,alpn"));
    }
}

// Servers whose choices prove nothing: nothing they did not mean is told, and they are not asked long.
static void lying_servers_are_described(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct protocols known;
        const char *want_reason, *want_anomaly;
    } liars[] = {
        {"takes anything", {{NULL}, .takes_anything = true}, "ignores_offer", "protocols_ignored"},
        {"h2 whatever is offered", {{"h2"}, .always_first = true}, "protocol_repeated", "protocol_repeated"},
        {"a name never offered", {{"made-up"}, .always_first = true}, "protocol_not_offered", "protocol_not_offered"},
    };
    for (size_t i = 0; i < sizeof liars / sizeof liars[0]; i++) {
        struct speaker speaker = {
            .tls12 = true, .tls13 = true, .suites = {0xC02F}, .context = &liars[i].known, .speak = speak};
        const struct circumstances how = {.seed = 1, .named = true, .selected = checks_named("versions,alpn")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        const struct feature_fact *imap = feature_of(&run.host.facts, FEATURE_ALPN, "imap", TLS13);
        assert_int_equal(imap->fact.verdict, VERDICT_UNKNOWN);
        assert_string_equal(imap->fact.reason, liars[i].want_reason);
        assert_int_equal(run.host.facts.anomaly_count, 1);
        assert_string_equal(run.host.facts.anomalies[0].code, liars[i].want_anomaly);
        assert_true(run.host.facts.anomalies[0].evidence.count != 0);
        assert_true(run.connections < 20);
        host_release(&run.host);
    }
}

// A host that has had enough turns everything down: nothing is refused then.
static void a_host_that_tires_is_not_a_no(void **state)
{
    (void)state;
    for (unsigned after = 6; after < 14; after++) {
        struct speaker speaker = speaker_of(&rows[0], true);
        speaker.tires_after = after;
        speaker.tires_with = after % 2 == 0 ? 40 : 0;
        const struct circumstances how = {.seed = after, .named = true, .selected = checks_named("versions,alpn")};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, &speaker);
        const struct feature_fact *h2 = feature_of(&run.host.facts, FEATURE_ALPN, "http/1.1", TLS13);
        assert_true(h2 == NULL || h2->fact.verdict != VERDICT_NO);
        host_release(&run.host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_are_found),           cmocka_unit_test(first_question_is_shared),
        cmocka_unit_test(order_of_arrival_and_losses),   cmocka_unit_test(lying_servers_are_described),
        cmocka_unit_test(a_host_that_tires_is_not_a_no),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
