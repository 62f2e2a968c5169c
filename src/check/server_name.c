// SPDX-License-Identifier: Apache-2.0
//
// What does the server do with a name it cannot have, and without one? RFC 6066 section 3 lets it go
// on with a default certificate or send unrecognized_name, as a warning or fatally. The three hellos
// differ in the name alone. Their randoms, and those of other versions, show also whether the server
// still puts its clock there (RFC 5246 section 7.4.1.2), which tells the time it believes in.
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/offer.h"
#include "check/opening.h"
#include "check/versions.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check server_name_check;
const struct check server_name_check = {
    .id = "server_name",
    .question =
        "What does the server do with an unknown server name and without one, and does its random show a clock?",
    .citations = "RFC 6066, RFC 5246",
    .flags = CHECK_DEFAULT,
    .run = run,
};

enum { EXTENSION_SERVER_NAME = 0, ALERT_UNRECOGNIZED_NAME = 112, AGAIN = 0xC1 };

static void add(struct host *host, struct facts *facts, struct feature_fact row)
{
    row.section = FEATURE_OTHER;
    feature_keep(&host->facts_memory, facts, row);
}

// --- names ---------------------------------------------------------------------------------------

static const struct answer *ask_name(struct host *host, const struct opening *opening, const char *name,
                                     struct hello *hello)
{
    *hello = opening_hello(host, opening);
    hello->server_name = name;
    hello->extensions |= HELLO_SERVER_NAME;
    if (name == NULL)
        hello->extensions &= ~(uint32_t)HELLO_SERVER_NAME;
    struct probe probe = {.hello = *hello};
    return ask(host, &probe);
}

static const char *certificate_shown(const struct flight *usual, const struct flight *flight)
{
    if (usual->shown->certificate_count == 0 || flight->shown->certificate_count == 0)
        return "no certificate seen";
    return bytes_equal(usual->shown->certificates[0], flight->shown->certificates[0]) ? "same certificate"
                                                                                      : "another certificate";
}

static const char *refusal(struct arena *arena, const struct outcome *outcome)
{
    const struct flight *flight = outcome->flight;
    if (flight == NULL || !flight->alert)
        return outcome->ended ? "closed" : outcome_code(outcome->kind);
    const char *name = alert_name(flight->alert_description);
    const char *level = flight->alert_level == 2 ? "fatal" : "warning";
    return name != NULL ? arena_text(arena, "%s alert %s", level, name)
                        : arena_text(arena, "%s alert %u", level, flight->alert_description);
}

// Yes: the handshake goes on. opening: how the usual hello is answered.
static enum progress judge(struct host *host, const struct opening *opening, const struct answer *answer,
                           const struct hello *hello, struct feature_fact *row)
{
    struct arena *arena = host->scratch;
    enum reply reply = opening_reply(opening, answer);
    if (reply == REPLY_PENDING)
        return WAIT;
    const struct flight *flight = answer->outcome->flight;
    if (reply == REPLY_ACCEPTED) {
        row->fact = fact_of(VERDICT_YES);
        evidence_add(arena, &row->fact.evidence, answer->key);
        evidence_add(arena, &row->fact.evidence, opening->answer->key);
        row->value = certificate_shown(opening->answer->outcome->flight, flight);
        if (flight->warnings != 0 && flight->warning == ALERT_UNRECOGNIZED_NAME)
            row->value = arena_text(arena, "%s, after a warning alert unrecognized_name", row->value);
        return DONE;
    }
    bool held;
    if (opening_confirm(host, opening, hello, answer, &held, &row->fact) == WAIT)
        return WAIT;
    if (held) {
        row->fact.verdict = VERDICT_NO;
        row->value = refusal(arena, answer->outcome);
    }
    return DONE;
}

static void add_acknowledged(struct host *host, struct facts *facts, const struct opening *opening)
{
    struct feature_fact row = {.id = "server_name_acknowledged", .version = opening->version};
    if (!offer_has_name(host)) {
        row.fact = fact_because(VERDICT_NOT_APPLICABLE, "no_server_name", "there is no server name to send");
    } else {
        bool yes = opening_extension(opening->answer->outcome->flight, EXTENSION_SERVER_NAME) != NULL;
        row.fact = fact_of(yes ? VERDICT_YES : VERDICT_NO);
        evidence_add(host->scratch, &row.fact.evidence, opening->answer->key);
    }
    add(host, facts, row);
}

// --- the clock -----------------------------------------------------------------------------------

#define SAMPLES 12
#define DAY     (24 * 60 * 60)

struct clock {
    int64_t second[SAMPLES];
    size_t count;
    struct evidence evidence;
};

// A HelloRetryRequest has a random of its own, and SSLv2 has none.
static void sample(struct host *host, struct clock *clock, const struct answer *answer)
{
    if (answer == NULL || answer->outcome == NULL || answer->outcome->kind != OUTCOME_REPLIED ||
        clock->count == SAMPLES)
        return;
    const struct flight *flight = answer->outcome->flight;
    if (flight->retry || flight->version == SSL2 || !flight->hello)
        return;
    struct cursor random = cursor_of((struct bytes){flight->random_begin, 4});
    clock->second[clock->count++] = cursor_u32(&random);
    evidence_add(host->scratch, &clock->evidence, answer->key);
}

// Two random numbers are within a day of now once in 600 million times, three within a day of each
// other as rarely. Zeros in all of them are what a server without a clock writes (BearSSL). Unknown: more are needed.
static enum verdict is_clock(const struct clock *clock, int64_t now)
{
    bool near_now = true, zero = true;
    for (size_t i = 0; i < clock->count; i++) {
        zero = zero && clock->second[i] == 0;
        if (llabs(clock->second[i] - clock->second[0]) > DAY)
            return VERDICT_NO;
        near_now = near_now && llabs(clock->second[i] - now) <= DAY;
    }
    if (clock->count < 3 && !(near_now && clock->count == 2))
        return VERDICT_UNKNOWN;
    return zero ? VERDICT_NO : VERDICT_YES;
}

static void add_clock(struct host *host, struct facts *facts, const struct clock *clock)
{
    struct feature_fact row = {.id = "random_clock", .fact = {.evidence = clock->evidence}};
    row.fact.verdict = is_clock(clock, host->now);
    if (row.fact.verdict == VERDICT_UNKNOWN) {
        row.fact.reason = "too_few_samples";
        row.fact.sentence = "too few ServerHellos with a random of their own were seen";
    } else if (row.fact.verdict == VERDICT_YES) {
        row.has_number = true;
        row.number = clock->second[0] - host->now;
        row.unit = "seconds";
    }
    add(host, facts, row);
}

// --- the check -----------------------------------------------------------------------------------

struct names {
    struct opening opening; // with the suites of its plain hello
    const struct answer *unknown, *nameless;
    struct feature_fact unknown_row, nameless_row;
};

static enum progress ask_names(struct host *host, struct names *names)
{
    struct hello hello, nameless;
    enum progress progress = DONE;
    names->opening.suites = names->opening.answered;
    names->unknown = ask_name(host, &names->opening, "unknown-name.invalid", &hello);
    if (judge(host, &names->opening, names->unknown, &hello, &names->unknown_row) == WAIT)
        progress = WAIT;
    if (!offer_has_name(host)) {
        names->nameless_row.fact = fact_of(VERDICT_YES);
        evidence_add(host->scratch, &names->nameless_row.fact.evidence, names->opening.answer->key);
        return progress;
    }
    names->nameless = ask_name(host, &names->opening, NULL, &nameless);
    if (judge(host, &names->opening, names->nameless, &nameless, &names->nameless_row) == WAIT)
        progress = WAIT;
    return progress;
}

static enum progress read_clock(struct host *host, const struct names *names, struct clock *clock)
{
    struct version_found versions[VERSIONS];
    if (versions_accepted(host, versions) == WAIT)
        return WAIT;
    for (size_t i = VERSIONS; i-- > 1;)
        sample(host, clock, versions[i].accepted);
    if (names->opening.version == 0)
        return DONE;
    if (names->opening.version == TLS13)
        sample(host, clock, names->opening.answer);
    sample(host, clock, names->unknown);
    sample(host, clock, names->nameless);
    if (is_clock(clock, host->now) != VERDICT_UNKNOWN)
        return DONE;
    struct probe probe = {.hello = opening_hello(host, &names->opening), .sample = AGAIN};
    const struct answer *again = ask(host, &probe);
    sample(host, clock, again);
    return again->outcome == NULL ? WAIT : DONE;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct names names = {.unknown_row.id = "unknown_server_name", .nameless_row.id = "no_server_name"};
    struct clock clock = {.count = 0};
    if (opening_best(host, &names.opening) == WAIT)
        return WAIT;
    names.unknown_row.version = names.nameless_row.version = names.opening.version;
    if (names.opening.version == 0)
        names.unknown_row.fact = names.nameless_row.fact = opening_missing(&names.opening);
    else if (ask_names(host, &names) == WAIT)
        return WAIT;
    if (read_clock(host, &names, &clock) == WAIT)
        return WAIT;
    add(host, facts, names.unknown_row);
    add(host, facts, names.nameless_row);
    if (names.opening.version != 0)
        add_acknowledged(host, facts, &names.opening);
    add_clock(host, facts, &clock);
    return DONE;
}
