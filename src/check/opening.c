// SPDX-License-Identifier: Apache-2.0
//
// Finds the hellos that open a host. Up to TLS 1.2 any accepted one does; its richer forms offer the
// likely suites and the one that was chosen. In TLS 1.3 the group that the host chose in its
// HelloRetryRequest is offered alone, with a share, so that there is nothing to retry.
#include "check/opening.h"

#include "base/arena.h"
#include "check/farm.h"
#include "check/offer.h"
#include "check/versions.h"
#include "wire/keys.h"
#include "wire/registry.h"

enum { ALERT_UNRECOGNIZED_NAME = 112, ALERT_NO_APPLICATION_PROTOCOL = 120 };

// --- TLS 1.3 -------------------------------------------------------------------------------------

static struct codes computable_groups(struct arena *arena)
{
    struct codes all = offer_groups(TLS13);
    uint16_t *code = arena_array(arena, all.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (key_group_known(all.code[i]))
            code[count++] = all.code[i];
    return (struct codes){code, count};
}

static struct codes one_group(struct arena *arena, uint16_t group)
{
    uint16_t *code = arena_array(arena, 1, sizeof *code);
    *code = group;
    return (struct codes){code, 1};
}

struct codes opening_suites_13(const struct host *host)
{
    struct codes all = offer_suites(host, TLS13);
    uint16_t *code = arena_array(host->scratch, all.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (key_suite_known(all.code[i]))
            code[count++] = all.code[i];
    return (struct codes){code, count};
}

struct hello opening_hello_13(const struct host *host, struct codes groups)
{
    struct hello hello = offer_hello(host, host->scratch, TLS13, opening_suites_13(host));
    hello.groups = groups;
    hello.key_shares = one_group(host->scratch, groups.code[0]);
    return hello;
}

enum progress opening_groups(struct host *host, const struct answer *accepted, struct codes *groups, struct fact *why)
{
    *why = fact_of(VERDICT_YES);
    uint16_t group = accepted->outcome->flight->group;
    if (key_group_known(group)) {
        *groups = one_group(host->scratch, group);
        return DONE;
    }
    *groups = computable_groups(host->scratch);
    struct probe probe = {.hello = opening_hello_13(host, *groups)};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, TLS13, probe.hello.suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (reply != REPLY_ACCEPTED) {
        *why = fact_because(VERDICT_UNKNOWN, "needs_key_exchange",
                            "TLS 1.3 was refused with every group that this build can compute");
        return DONE;
    }
    group = answer->outcome->flight->group;
    if (answer->outcome->flight->retry && key_group_known(group))
        *groups = one_group(host->scratch, group);
    return DONE;
}

// --- openings ------------------------------------------------------------------------------------

static struct codes with_accepted(const struct host *host, const struct answer *accepted)
{
    struct codes likely = offer_likely(TLS12);
    uint16_t suite = accepted->outcome->flight->suite;
    return codes_have(likely, suite) ? likely : offer_with(host->scratch, likely, suite);
}

static enum progress closed(struct opening *opening, const struct version_found *found)
{
    opening->version = 0;
    opening->fact = found->fact;
    if (found->fact.verdict == VERDICT_NO)
        opening->fact.verdict = VERDICT_NOT_APPLICABLE;
    return DONE;
}

bool opening_readable(const struct flight *flight)
{
    if (flight->version < TLS13)
        return flight->complete;
    return flight->shown->certificate_message || flight->shown->certificate_compression != 0;
}

struct fact opening_unread(struct arena *arena, const struct flight *flight)
{
    if (!flight->alert)
        return fact_because(VERDICT_UNKNOWN, "unreadable", "the server's flight could not be read to its end");
    return fact_because(VERDICT_UNKNOWN, "alert_behind_hello",
                        arena_text(arena, "the server chose a suite, and ended the handshake with alert %u (%s)",
                                   flight->alert_description, alert_label(flight->alert_description)));
}

void opening_by(const struct host *host, const struct version_found *found, struct opening *opening)
{
    *opening = (struct opening){
        .version = found->version,
        .suites = with_accepted(host, found->accepted),
        .answer = found->accepted,
        .answered = found->full_refused ? offer_likely(found->version) : offer_suites(host, found->version),
        .fact = fact_of(VERDICT_YES),
    };
}

enum progress opening_12(struct host *host, struct opening *opening)
{
    struct version_found found[VERSIONS];
    *opening = (struct opening){0};
    versions_find(host, found);
    size_t last = VERSIONS - 2;
    for (size_t i = last; found[i].version >= TLS10; i--) {
        if (!found[i].settled)
            return WAIT;
        if (found[i].accepted == NULL)
            continue;
        opening_by(host, &found[i], opening);
        return DONE;
    }
    for (size_t i = last; found[i].version >= TLS10; i--)
        if (found[i].fact.verdict != VERDICT_NO)
            return closed(opening, &found[i]);
    return closed(opening, &found[last]);
}

static enum progress cannot_open(struct opening *opening, struct fact why)
{
    opening->version = 0;
    opening->fact = why;
    return DONE;
}

enum progress opening_13(struct host *host, struct opening *opening)
{
    struct version_found found[VERSIONS];
    *opening = (struct opening){0};
    versions_find(host, found);
    const struct version_found *newest = &found[VERSIONS - 1];
    if (!newest->settled)
        return WAIT;
    if (newest->accepted == NULL)
        return closed(opening, newest);
    opening->version = TLS13;
    opening->suites = opening->answered = opening_suites_13(host);
    if (opening_groups(host, newest->accepted, &opening->groups, &opening->fact) == WAIT)
        return WAIT;
    if (opening->fact.verdict != VERDICT_YES)
        return cannot_open(opening, opening->fact);
    struct probe probe = {.hello = opening_hello(host, opening)};
    opening->answer = ask(host, &probe);
    enum reply reply = opening_reply(opening, opening->answer);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (reply == REPLY_ACCEPTED)
        return DONE;
    bool unread = reply_of(opening->answer, TLS13, opening->suites) == REPLY_ACCEPTED;
    struct fact why = unread ? opening_unread(host->scratch, opening->answer->outcome->flight)
                             : fact_because(VERDICT_UNKNOWN, reply_reason(opening->answer, reply),
                                            reply_sentence(host->scratch, opening->answer, reply));
    evidence_add(host->scratch, &why.evidence, opening->answer->key);
    return cannot_open(opening, why);
}

enum progress opening_best(struct host *host, struct opening *opening)
{
    if (opening_13(host, opening) == WAIT)
        return WAIT;
    if (opening->version != 0)
        return DONE;
    struct fact newest = opening->fact;
    if (opening_12(host, opening) == WAIT)
        return WAIT;
    if (opening->version == 0 && opening->fact.verdict == VERDICT_NOT_APPLICABLE)
        opening->fact = newest;
    if (opening->version == 0)
        farm_settle(host, &opening->fact);
    return DONE;
}

struct hello opening_hello(const struct host *host, const struct opening *opening)
{
    if (opening->version == TLS13)
        return opening_hello_13(host, opening->groups);
    return offer_hello(host, host->scratch, opening->version, opening->suites);
}

// In TLS 1.3 a server may turn a hello down behind its ServerHello.
enum reply opening_reply(const struct opening *opening, const struct answer *answer)
{
    enum reply reply = reply_of(answer, opening->version, opening->suites);
    if (reply != REPLY_ACCEPTED || opening->version != TLS13)
        return reply;
    const struct flight *flight = answer->outcome->flight;
    if (opening_readable(flight))
        return reply;
    if (flight->alert)
        return REPLY_REFUSED;
    return answer->outcome->ended ? REPLY_CUT_OFF : REPLY_GARBLED;
}

struct fact opening_missing(const struct opening *opening)
{
    struct fact fact = opening->fact;
    if (fact.verdict == VERDICT_NOT_APPLICABLE && fact.reason == NULL) {
        fact.reason = "version_not_supported";
        fact.sentence = "the server has no version in which this has a meaning";
    }
    return fact;
}

const struct extension *opening_extension(const struct flight *flight, uint16_t type)
{
    const struct extension *found = extension_in(flight->shown->extensions, type);
    return found != NULL ? found : extension_in(flight->shown->encrypted_extensions, type);
}

// --- refusals ------------------------------------------------------------------------------------

static enum progress doubt(struct fact *why, bool *held, const char *reason, const char *sentence)
{
    struct evidence evidence = why->evidence;
    *why = fact_because(VERDICT_UNKNOWN, reason, sentence);
    why->evidence = evidence;
    *held = false;
    return DONE;
}

// An answer that speaks of what was asked beside the plain hello, and of nothing else; any other alert is also how some
// say that they have had enough.
static bool speaks_of_it(const struct answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    uint8_t description = outcome->flight->alert_description;
    return outcome->kind == OUTCOME_REPLIED || description == ALERT_UNRECOGNIZED_NAME ||
           description == ALERT_NO_APPLICATION_PROTOCOL;
}

static enum progress doubt_reply(struct host *host, const struct answer *answer, enum reply reply, struct fact *why,
                                 bool *held)
{
    if (reply_of_version(reply))
        return doubt(why, held, "version_refused",
                     "this was answered as if the server had not the version, which it had accepted before: another "
                     "server may have answered");
    return doubt(why, held, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
}

// Whether the plain hello is answered still.
static enum progress find_alive(struct host *host, const struct opening *opening, const struct answer *refusal,
                                bool *held, struct fact *why)
{
    struct probe plain = {.hello = opening_hello(host, opening), .sample = canary_sample(refusal)};
    const struct answer *canary = ask(host, &plain);
    enum reply alive = opening_reply(opening, canary);
    if (alive == REPLY_PENDING)
        return WAIT;
    evidence_add(host->scratch, &why->evidence, canary->key);
    *held = alive == REPLY_ACCEPTED;
    if (!*held)
        reply_doubt(host->scratch, canary, alive,
                    "the server turned this down, and then a ClientHello like others it had answered", why);
    return DONE;
}

enum progress opening_confirm(struct host *host, const struct opening *opening, const struct hello *hello,
                              const struct answer *first, bool *held, struct fact *why)
{
    enum reply reply = opening_reply(opening, first);
    *held = true;
    *why = fact_of(VERDICT_YES);
    evidence_add(host->scratch, &why->evidence, first->key);
    evidence_add(host->scratch, &why->evidence, opening->answer->key);
    if (reply == REPLY_REFUSED && speaks_of_it(first))
        return DONE;
    if (reply != REPLY_CUT_OFF && reply != REPLY_REFUSED)
        return doubt_reply(host, first, reply, why, held);
    struct probe again = {.hello = *hello, .sample = 1};
    const struct answer *second = ask(host, &again);
    enum reply repeated = opening_reply(opening, second);
    if (repeated == REPLY_PENDING)
        return WAIT;
    evidence_add(host->scratch, &why->evidence, second->key);
    if (find_alive(host, opening, first, held, why) == WAIT)
        return WAIT;
    if (!*held)
        return DONE;
    if (repeated == REPLY_ACCEPTED)
        return doubt(why, held, "inconsistent", "the same ClientHello was once turned down and once answered");
    if (repeated != REPLY_CUT_OFF && repeated != REPLY_REFUSED)
        return doubt_reply(host, second, repeated, why, held);
    return DONE;
}
