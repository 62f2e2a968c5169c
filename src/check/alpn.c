// SPDX-License-Identifier: Apache-2.0
//
// Which application protocols does the server select, in whose order, and what does it do where none
// is shared? RFC 7301: it selects one of the client's list or sends no_application_protocol. Found
// by removal over the table of known ids. A GREASE id (RFC 8701) stands first in every list: a server
// that selects it takes whatever it is offered, and its other choices prove nothing. The first question, which lists
// all of them, is that of the check `extensions` for much else where a server of TLS 1.3 bears it.
#include "check/alpn.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "check/extension_rows.h"
#include "check/removal.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check alpn_check;
const struct check alpn_check = {
    .id = "alpn",
    .question = "Which application protocols does the server select, and what where it has none of them?",
    .citations = "RFC 7301, RFC 8701",
    .flags = CHECK_DEFAULT,
    .ahead = 1,
    .run = run,
};

enum { EXTENSION_ALPN = 16, ALERT_NO_APPLICATION_PROTOCOL = 120 };
enum { CODE_NONE = 0, CODE_GREASE = 0x0A0A, CODE_STRANGE = 0xFFFF }; // others: place in the table, from 1

static const struct bytes grease = {(const uint8_t *)"\x0A\x0A", 2};

// --- asking --------------------------------------------------------------------------------------

struct codes alpn_protocols(struct arena *arena)
{
    uint16_t *code = arena_array(arena, protocol_count(), sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < protocol_count(); i++)
        if (protocol_at(i)->asked)
            code[count++] = (uint16_t)(i + 1);
    return (struct codes){code, count};
}

static void add_name(struct builder *body, struct bytes name)
{
    size_t block = builder_open(body, 1);
    builder_add(body, name);
    builder_close(body, block, 1);
}

struct extension alpn_extension(struct arena *arena, struct codes list)
{
    struct builder body = builder_in(arena);
    size_t block = builder_open(&body, 2);
    add_name(&body, grease);
    for (size_t i = 0; i < list.count; i++)
        add_name(&body, bytes_of_text(protocol_at(list.code[i] - 1u)->id));
    builder_close(&body, block, 2);
    return (struct extension){EXTENSION_ALPN, builder_bytes(&body)};
}

// What is asked of which hello, and what else its first question asks for: a set of parts.
struct context {
    struct opening opening;
    unsigned beside;
};

static const struct opening *opening_of(const struct removal *removal)
{
    const struct context *context = removal->context;
    return &context->opening;
}

static struct hello hello_with(const struct removal *removal, struct codes list)
{
    struct host *host = removal->host;
    const struct context *context = removal->context;
    bool first = list.count == removal->asked.count &&
                 memcmp(list.code, removal->asked.code, list.count * sizeof *list.code) == 0;
    if (first)
        return rich_hello(host, &context->opening, context->beside | RICH(RICH_ALPN));
    struct extension *extra = arena_array(host->scratch, 1, sizeof *extra);
    *extra = alpn_extension(host->scratch, list);
    struct hello hello = opening_hello(host, &context->opening);
    hello.extra = (struct extensions){extra, 1};
    return hello;
}

// The rich hello of the check `extensions`, unless it is turned down.
static enum progress find_beside(struct host *host, struct context *context)
{
    unsigned set = extensions_set_13(host);
    context->beside = 0;
    if (context->opening.version != TLS13 || !host_runs(host, check_find("extensions")))
        return DONE;
    enum reply reply = opening_reply(&context->opening, rich_ask(host, &context->opening, set, 0));
    if (reply == REPLY_ACCEPTED)
        context->beside = set;
    return reply == REPLY_PENDING ? WAIT : DONE;
}

// Exactly one name, or it is none of RFC 7301's.
static uint16_t code_of(const struct extension *extension)
{
    struct cursor cursor = cursor_of(extension->body);
    struct cursor list = cursor_block16(&cursor);
    struct bytes name = cursor_take8(&list);
    if (!cursor_ended(&cursor) || !cursor_ended(&list))
        return CODE_STRANGE;
    if (bytes_equal(name, grease))
        return CODE_GREASE;
    for (size_t i = 0; i < protocol_count(); i++)
        if (bytes_equal(name, bytes_of_text(protocol_at(i)->id)))
            return (uint16_t)(i + 1);
    return CODE_STRANGE;
}

static uint16_t chosen(const struct flight *flight)
{
    const struct extension *extension = opening_extension(flight, EXTENSION_ALPN);
    return extension == NULL ? CODE_NONE : code_of(extension);
}

// no_application_protocol is the only alert that speaks of the list. Another may be the server's trouble
// with one protocol of it: a server that validates domains by acme-tls/1 fails where it has nothing to validate.
static bool failed_otherwise(const struct answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    return outcome->flight != NULL && outcome->flight->alert &&
           outcome->flight->alert_description != ALERT_NO_APPLICATION_PROTOCOL;
}

// To go on without a protocol is to turn all of them down.
static enum reply reply(const struct removal *removal, const struct answer *answer, struct codes list)
{
    enum reply said = opening_reply(opening_of(removal), answer);
    if ((said == REPLY_REFUSED || said == REPLY_CUT_OFF) && failed_otherwise(answer))
        return REPLY_GARBLED;
    if (said != REPLY_ACCEPTED)
        return said;
    const struct flight *flight = answer->outcome->flight;
    uint16_t code = chosen(flight);
    if (code == CODE_NONE)
        return REPLY_REFUSED;
    return codes_have(list, code) ? REPLY_ACCEPTED : REPLY_LIED;
}

// --- the last list, which was turned down --------------------------------------------------------

static struct codes not_found(struct arena *arena, const struct removal_found *found)
{
    uint16_t *code = arena_array(arena, found->asked.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < found->asked.count; i++) {
        bool taken = false;
        for (size_t j = 0; j < found->count; j++)
            taken = taken || found->choice[j].code == found->asked.code[i];
        if (!taken)
            code[count++] = found->asked.code[i];
    }
    return (struct codes){code, count};
}

static const char *refusal_of(struct arena *arena, const struct outcome *outcome)
{
    const struct flight *flight = outcome->flight;
    if (flight == NULL || !flight->alert)
        return outcome->kind != OUTCOME_REPLIED ? outcome_code(outcome->kind) : outcome->ended ? "closed" : "ignored";
    const char *name = alert_name(flight->alert_description);
    return name != NULL ? arena_text(arena, "alert %s", name)
                        : arena_text(arena, "alert %u", flight->alert_description);
}

// How it turns a list down of which it has nothing; whether that is known.
static enum progress find_refusal(const struct removal *removal, struct removal_found *found,
                                  struct feature_fact *refusal)
{
    struct host *host = removal->host;
    struct codes rest = not_found(host->scratch, found);
    struct probe probe = {.hello = hello_with(removal, rest)};
    const struct answer *answer = ask(host, &probe);
    enum reply said = reply(removal, answer, rest);
    if (said == REPLY_PENDING)
        return WAIT;
    struct fact why;
    bool held = false;
    if (said == REPLY_REFUSED && opening_reply(opening_of(removal), answer) == REPLY_ACCEPTED) {
        why = fact_of(VERDICT_YES);
        evidence_add(host->scratch, &why.evidence, answer->key);
        held = true;
    } else if (said == REPLY_GARBLED) {
        why = fact_because(VERDICT_UNKNOWN, reply_reason(answer, said), reply_sentence(host->scratch, answer, said));
        evidence_add(host->scratch, &why.evidence, answer->key);
    } else if (said == REPLY_ACCEPTED || said == REPLY_LIED) {
        why = fact_because(VERDICT_UNKNOWN, "never_refused", "no list of protocols was turned down");
        evidence_add(host->scratch, &why.evidence, answer->key);
    } else if (opening_confirm(host, opening_of(removal), &probe.hello, answer, &held, &why) == WAIT) {
        return WAIT;
    }
    if (found->count == 0 && found->complete.verdict == VERDICT_YES)
        found->complete = why;
    bool goes_on = held && opening_reply(opening_of(removal), answer) == REPLY_ACCEPTED;
    refusal->fact = why;
    refusal->fact.verdict = !held ? VERDICT_UNKNOWN : goes_on ? VERDICT_NO : VERDICT_YES;
    refusal->value = held ? refusal_of(host->scratch, answer->outcome) : NULL;
    return DONE;
}

// --- rows ----------------------------------------------------------------------------------------

// A server that takes whatever is offered: GREASE was selected, or a name that was not there.
static void judge_lies(struct host *host, const struct removal *removal, struct removal_found *found)
{
    struct probe probe = {.hello = hello_with(removal, not_found(host->scratch, found))};
    const struct answer *last = ask(host, &probe);
    if (last->outcome == NULL || reply(removal, last, found->asked) != REPLY_LIED)
        return;
    found->complete.verdict = VERDICT_UNKNOWN;
    found->complete.reason = "protocol_not_offered";
    found->complete.sentence = "the server selected a protocol that was not offered";
    if (chosen(last->outcome->flight) == CODE_GREASE) {
        found->complete.reason = "ignores_offer";
        found->complete.sentence = "the server selects whatever it is offered, names that mean nothing too";
    }
    evidence_add(host->scratch, &found->complete.evidence, last->key);
}

// Whoever offers one protocol then may have to speak another.
static void tell_of_lies(struct host *host, struct facts *facts, const struct fact *complete)
{
    static const char *const lies[] = {"ignores_offer", "protocol_not_offered", "protocol_repeated"};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        if (complete->reason != NULL && strcmp(complete->reason, lies[i]) == 0)
            anomaly_add(&host->facts_memory, facts, i == 0 ? "protocols_ignored" : lies[i], complete->sentence,
                        complete->evidence);
}

static void add(struct host *host, struct facts *facts, enum feature_section section, struct feature_fact row)
{
    row.section = section;
    feature_keep(&host->facts_memory, facts, row);
}

static void add_protocol(struct host *host, struct facts *facts, const struct removal_found *found, size_t place,
                         enum preference preference)
{
    const struct removal_choice *choice = &found->choice[place];
    struct feature_fact row = {.id = protocol_at(choice->code - 1u)->id, .version = found->version};
    bool unreliable = found->complete.reason != NULL && strcmp(found->complete.reason, "ignores_offer") == 0;
    row.fact = unreliable ? found->complete : fact_of(VERDICT_YES);
    evidence_add(host->scratch, &row.fact.evidence, choice->answer->key);
    if (preference == PREFERENCE_SERVER || preference == PREFERENCE_SINGLE) {
        row.has_number = true;
        row.number = (int64_t)place + 1;
        row.unit = "in the server's order";
    }
    add(host, facts, FEATURE_ALPN, row);
}

static void add_rows(struct host *host, struct facts *facts, const struct removal_found *found,
                     struct feature_fact refusal)
{
    enum preference preference = removal_preference_spared(host->scratch, found).preference;
    struct codes others = not_found(host->scratch, found);
    for (size_t i = 0; i < found->count; i++)
        add_protocol(host, facts, found, i, preference);
    for (size_t i = 0; i < others.count; i++) {
        struct feature_fact row = {.id = protocol_at(others.code[i] - 1u)->id, .version = found->version};
        row.fact = found->complete;
        if (row.fact.verdict == VERDICT_YES)
            row.fact.verdict = VERDICT_NO;
        add(host, facts, FEATURE_ALPN, row);
    }
    struct feature_fact alpn = {.id = "application_layer_protocol_negotiation", .version = found->version};
    alpn.fact = found->complete;
    if (found->count != 0) {
        alpn.fact = fact_of(VERDICT_YES);
        evidence_add(host->scratch, &alpn.fact.evidence, found->choice[0].answer->key);
        alpn.value = arena_text(host->scratch, "order: %s", preference_name(preference));
    } else if (alpn.fact.verdict == VERDICT_YES) {
        // An alert about protocols is an answer to the extension, too.
        bool knows = refusal.value != NULL && strcmp(refusal.value, "alert no_application_protocol") == 0;
        alpn.fact.verdict = knows ? VERDICT_YES : VERDICT_NO;
    }
    add(host, facts, FEATURE_EXTENSION, alpn);
    add(host, facts, FEATURE_OTHER, refusal);
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct context context;
    const struct opening *opening = &context.opening;
    if (opening_best(host, &context.opening) == WAIT)
        return WAIT;
    struct feature_fact refusal = {.id = "alpn_mismatch_refused", .version = opening->version};
    if (opening->version == 0) {
        struct feature_fact none = {.id = "application_layer_protocol_negotiation", .fact = opening_missing(opening)};
        add(host, facts, FEATURE_EXTENSION, none);
        return DONE;
    }
    if (find_beside(host, &context) == WAIT)
        return WAIT;
    const struct removal removal = {
        .host = host,
        .version = opening->version,
        .asked = alpn_protocols(host->scratch),
        .context = &context,
        .hello = hello_with,
        .reply = reply,
        .chosen = chosen,
        .control = removal_spare,
        .repeated = "protocol_repeated",
    };
    struct removal_found found;
    if (removal_find(&removal, &found) == WAIT || find_refusal(&removal, &found, &refusal) == WAIT)
        return WAIT;
    judge_lies(host, &removal, &found);
    tell_of_lies(host, facts, &found.complete);
    add_rows(host, facts, &found, refusal);
    return DONE;
}
