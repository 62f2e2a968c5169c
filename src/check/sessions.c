// SPDX-License-Identifier: Apache-2.0
//
// Can a session be resumed, in which way, and how safely? By its id (RFC 5246), by a ticket (RFC 5077), in TLS
// 1.3 by a pre-shared key (RFC 8446 section 4.2.11). Tickets that can be used twice, live long, or are
// encrypted with a key that is never changed weaken forward secrecy; early data can be replayed (RFC
// 8446 section 8).
//
// Each way takes one complete handshake, and its session offered twice. Where the two differ a third
// one offers a session that nobody has used: that tells "once each" from "now and then". A handshake
// that was completed without resuming is its own control, if it was the same server that turned the session
// down. Early data is one HEAD request, sent only where HTTP is known to be spoken.
#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/http_ask.h"
#include "check/session_story.h"
#include "check/ticket_keys.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check sessions_check;
const struct check sessions_check = {
    .id = "sessions",
    .question = "Which ways are there to resume a session, and what do tickets and early data allow?",
    .citations = "RFC 5246, RFC 5077, RFC 8446, RFC 9325",
    .flags = CHECK_DEFAULT,
    .ahead = 2,
    .run = run,
};

static const struct {
    const char *resumption, *single_use; // ids of rows
} names[WAYS] = {
    [WAY_ID] = {"session_id_resumption", "session_id_single_use"},
    [WAY_TICKET] = {"ticket_resumption", "ticket_single_use"},
    [WAY_PSK] = {"psk_resumption", "psk_single_use"},
};

// --- judging ---------------------------------------------------------------------------------------

static const char *reason_of(const struct handshake_result *result)
{
    if (result->alerted)
        return "handshake_failed";
    return result->end == HANDSHAKE_CLOSED ? "closed" : result->end == HANDSHAKE_RESET ? "reset" : "silent";
}

// Tickets of TLS 1.3 may come at any time, and some servers send them with their first data, which only a request
// asks for: that none came is never a `no`.
static struct fact nothing_to_offer(struct host *host, const struct story *story)
{
    const struct handshake_result *first = story->first;
    if (story->way != WAY_PSK)
        return fact_of(VERDICT_NO);
    if (first->http_answer == HTTP_ANSWER)
        return fact_because(VERDICT_UNKNOWN, "no_ticket_so_far",
                            "the server answered a request and sent no ticket before; it may send one later");
    if (first->end == HANDSHAKE_ORDERLY && !first->alerted)
        return fact_because(VERDICT_UNKNOWN, "no_ticket_before_data",
                            "the server closed without a ticket; some send tickets only with their first data");
    if (first->end == HANDSHAKE_SILENT && !first->alerted)
        return fact_because(
            VERDICT_UNKNOWN, "no_ticket_before_data",
            "the server waits for data and has sent no ticket; some send tickets only with their first data");
    return fact_because(
        VERDICT_UNKNOWN, reason_of(first),
        arena_text(host->scratch, "%s before any ticket came", outcome_sentence(host->scratch, story->begun->outcome)));
}

// A refusal of all attempts is the word of whoever gave the session only if that was met again. A ticket that came
// instead shows it, if it is of the same key; an id shows nothing, and caches of ids are often not shared: each worker
// of nginx has one of its own where it is told `ssl_session_cache builtin`.
static struct fact who_refused(const struct story *story)
{
    if (story->way == WAY_ID)
        return fact_because(VERDICT_UNKNOWN, "other_process",
                            "the server gave an id, and whoever turned it down need not have given it: each of several "
                            "processes may know its own sessions alone");
    if (!story_met_again(story))
        return fact_because(VERDICT_UNKNOWN, "other_ticket_key",
                            "no ticket came instead that is known to be of the same key: several servers may "
                            "answer, and one need not know the keys of another");
    return fact_of(VERDICT_NO);
}

static struct fact judge(struct host *host, const struct story *story)
{
    if (story->first == NULL)
        return complete_failure(host->scratch, story->begun);
    if (!story->offered)
        return nothing_to_offer(host, story);
    if (story->resumed != 0)
        return fact_of(VERDICT_YES);
    if (story_disturbed(story))
        return fact_because(VERDICT_UNKNOWN, "silent",
                            "the first connection that offered the session was not answered");
    for (unsigned i = 0; i < STORY_ATTEMPTS; i++)
        if (story->asked[i] != NULL && story->attempt[i] == NULL) {
            struct fact fact = complete_failure(host->scratch, story->asked[i]);
            if (fact.verdict == VERDICT_NOT_TESTED) // not for the library's sake: a like handshake was completed
                fact = fact_because(VERDICT_UNKNOWN, "handshake_failed",
                                    outcome_sentence(host->scratch, story->asked[i]->outcome));
            return fact;
        }
    if (story_left_open(story))
        return fact_because(VERDICT_UNKNOWN, "not_closed",
                            "the server did not close the connection that the session is of, and some forget it then");
    return who_refused(story);
}

// Who took a ticket and made another that begins unlike puts no name of a key there. The third attempt offers another
// one than the first.
static bool made_two_unlike(const struct story all[WAYS])
{
    for (size_t way = WAY_TICKET; way < WAYS; way++)
        for (unsigned i = 0; i < 2; i++)
            if (story_resumed(&all[way], i) && all[way].attempt[i]->ticket_count != 0 &&
                !ticket_keys_same(all[way].first, all[way].attempt[i]))
                return true;
    return false;
}

// Whether tickets can be of several servers, or of processes that each know their own sessions alone.
static bool several_answer(const struct story all[WAYS])
{
    return !made_two_unlike(all) && (story_differs(&all[WAY_TICKET]) || story_differs(&all[WAY_PSK]));
}

// Once, then not, and then a new one: another server may have turned it down in between. Nothing tells that of ids.
static bool used_up(const struct story *story, bool several)
{
    return story->way != WAY_ID && story_resumed(story, 0) && story_resumed(story, 2) && !story_disturbed(story) &&
           (!several || story_met_again(story));
}

static struct fact single_use(const struct story *story, bool several)
{
    struct fact fact = fact_because(VERDICT_UNKNOWN, "inconsistent", "the same session was resumed now and then");
    if (story->resumed == 0)
        fact = fact_because(VERDICT_NOT_APPLICABLE, "not_resumed", "no session was resumed");
    else if (story->attempt[0] == NULL || story->attempt[1] == NULL)
        fact = fact_because(VERDICT_UNKNOWN, "handshake_failed", "the session could not be offered twice");
    else if (story_resumed(story, 0) && story_resumed(story, 1))
        fact = fact_of(VERDICT_NO);
    else if (used_up(story, several))
        fact = fact_of(VERDICT_YES);
    fact.evidence = story->fact.evidence;
    return fact;
}

// --- rows ------------------------------------------------------------------------------------------

static void add_row(struct host *host, struct facts *facts, const struct story *story, struct feature_fact row)
{
    row.section = FEATURE_SESSION;
    row.version = story->version != 0 ? story->version : story->way == WAY_PSK ? TLS13 : TLS12;
    row.fact = fact_keep(&host->facts_memory, row.fact);
    feature_add(&host->facts_memory, facts, &row);
}

static void add(struct host *host, struct facts *facts, const struct story *story, const char *id, struct fact fact)
{
    if (fact.evidence.count == 0)
        fact.evidence = story->fact.evidence;
    add_row(host, facts, story, (struct feature_fact){.id = id, .fact = fact});
}

static void add_number(struct host *host, struct facts *facts, const struct story *story, const char *id,
                       enum verdict verdict, int64_t number, const char *unit)
{
    struct feature_fact row = {.id = id, .has_number = true, .number = number, .unit = unit};
    row.fact = fact_of(verdict);
    row.fact.evidence = story->fact.evidence;
    add_row(host, facts, story, row);
}

static void add_resumption(struct host *host, struct facts *facts, const struct story *story, bool several)
{
    struct feature_fact row = {.id = names[story->way].resumption, .fact = story->fact};
    if (story->attempts != 0) {
        row.has_number = true;
        row.number = story->resumed;
        row.unit = arena_text(&host->facts_memory, "of %u attempts", story->attempts);
    }
    add_row(host, facts, story, row);
    if (story->version != 0 && story->attempts != 0)
        add(host, facts, story, names[story->way].single_use, single_use(story, several));
}

static void add_tickets(struct host *host, struct facts *facts, const struct story *story)
{
    const struct handshake_result *first = story->first;
    if (first == NULL || story->way == WAY_ID || (first->ticket_count == 0 && story->fact.verdict != VERDICT_NO))
        return;
    add_number(host, facts, story, "tickets_issued", first->ticket_count == 0 ? VERDICT_NO : VERDICT_YES,
               first->ticket_count, "per handshake");
    if (first->ticket_count == 0)
        return;
    const struct ticket *ticket = &first->ticket[0];
    add_number(host, facts, story, "ticket_length", VERDICT_YES, ticket->length, "octets");
    if (ticket->lifetime != 0 || story->way == WAY_PSK)
        add_number(host, facts, story, "ticket_lifetime", VERDICT_YES, ticket->lifetime, "seconds");
    else
        add(host, facts, story, "ticket_lifetime", fact_because(VERDICT_UNKNOWN, "not_said", "the hint is zero"));
}

static void add_key_exchange(struct host *host, struct facts *facts, const struct story *story)
{
    bool with = false;
    if (story->resumed == 0)
        return;
    for (unsigned i = 0; i < STORY_ATTEMPTS; i++)
        with = with || (story_resumed(story, i) && story->attempt[i]->group != 0);
    bool without = story_resumed(story, 1) && story->attempt[1]->group == 0;
    add(host, facts, story, "psk_with_key_exchange",
        with ? fact_of(VERDICT_YES)
             : fact_because(VERDICT_UNKNOWN, "not_seen", "no session was resumed with a key exchange"));
    add(host, facts, story, "psk_without_key_exchange",
        without
            ? fact_of(VERDICT_YES)
            : fact_because(VERDICT_NOT_TESTED, "library",
                           "the server chose a key exchange, and the TLS library cannot offer to go without alone"));
}

static struct fact early_data(const struct host *host, const struct story *story)
{
    const struct handshake_result *result = story->attempt[0];
    if (story_early_data_limit(story) == 0)
        return fact_of(VERDICT_NO);
    if (!http_spoken(host, story->first))
        return fact_because(VERDICT_NOT_TESTED, "not_http",
                            "nothing is sent as early data where HTTP is not known to be spoken");
    if (result != NULL && result->early_data == EARLY_DATA_ACCEPTED)
        return fact_of(VERDICT_YES);
    if (result != NULL && result->resumed && result->early_data == EARLY_DATA_REJECTED)
        return fact_of(VERDICT_NO);
    return fact_because(VERDICT_UNKNOWN, "not_resumed", "the session that early data needs was not resumed");
}

static void add_early_data(struct host *host, struct facts *facts, const struct story *story)
{
    if (story->first == NULL || story->first->ticket_count == 0) {
        const struct fact none = fact_because(VERDICT_NOT_APPLICABLE, "no_ticket", "there is no ticket to use it with");
        add(host, facts, story, "early_data", story->fact.verdict == VERDICT_NO ? none : story->fact);
        return;
    }
    uint32_t limit = story_early_data_limit(story);
    add_number(host, facts, story, "early_data_limit", limit == 0 ? VERDICT_NO : VERDICT_YES, limit, "octets");
    add(host, facts, story, "early_data", early_data(host, story));
}

// --- names of ticket keys --------------------------------------------------------------------------

struct samples {
    struct ticket_keys keys;
    bool missing; // a handshake that could have brought one more was not completed
};

static void collect(struct host *host, struct samples *samples, const struct story *story)
{
    bool unknown = story->version != 0 || story->fact.verdict == VERDICT_UNKNOWN;
    samples->missing = samples->missing || (story->first == NULL && unknown);
    ticket_keys_add(&host->facts_memory, &samples->keys, story->first);
    for (unsigned i = 0; i < STORY_ATTEMPTS; i++) {
        samples->missing = samples->missing || (story->asked[i] != NULL && story->attempt[i] == NULL);
        ticket_keys_add(&host->facts_memory, &samples->keys, story->attempt[i]);
    }
}

// Where resuming brought no new tickets there is one to look at, and another handshake brings a second.
static enum progress find_samples(struct host *host, const struct story story[WAYS], struct samples *samples)
{
    *samples = (struct samples){0};
    collect(host, samples, &story[WAY_TICKET]);
    collect(host, samples, &story[WAY_PSK]);
    if (samples->keys.count != 1)
        return DONE;
    const struct story *source = &story[story_has_ticket(&story[WAY_PSK]) ? WAY_PSK : WAY_TICKET];
    const struct answer *answer = complete_ask(host, &source->question, 1);
    ticket_keys_add(&host->facts_memory, &samples->keys, complete_result(answer));
    samples->missing = samples->missing || complete_result(answer) == NULL;
    return answer->outcome == NULL ? WAIT : DONE;
}

// That no two tickets begin alike shows that they bear no name only where one server is known to have made two of them.
static struct fact without_name(const struct story story[WAYS], const struct samples *samples, struct fact few)
{
    if (samples->missing || samples->keys.count == 1)
        return few;
    if (made_two_unlike(story))
        return fact_of(VERDICT_NO);
    return fact_because(VERDICT_UNKNOWN, "no_two_alike",
                        "no two tickets begin alike: they bear no name of a key, or each that of another");
}

// That a key is never changed does not show in a second; that there are several does.
static struct fact several_keys(const struct samples *samples, struct fact few)
{
    const struct ticket_keys *keys = &samples->keys;
    if (ticket_keys_named(keys) && keys->distinct > 1)
        return fact_of(VERDICT_YES);
    if (samples->missing || keys->count == 1)
        return few;
    if (ticket_keys_named(keys))
        return fact_of(VERDICT_NO);
    return fact_because(VERDICT_NOT_APPLICABLE, "no_key_name", "no two tickets begin with the same 16 octets");
}

static void add_names(struct host *host, struct facts *facts, const struct story story[WAYS],
                      const struct samples *samples)
{
    const struct story *newest = &story[story_has_ticket(&story[WAY_PSK]) ? WAY_PSK : WAY_TICKET];
    bool named = ticket_keys_named(&samples->keys);
    if (samples->keys.count == 0)
        return;
    const struct fact few =
        fact_because(VERDICT_UNKNOWN, "few_samples", "not every handshake brought a ticket to look at");
    struct feature_fact name = {.id = "ticket_key_name",
                                .fact = named ? fact_of(VERDICT_YES) : without_name(story, samples, few),
                                .value = named ? samples->keys.list : NULL};
    struct feature_fact several = {.id = "several_ticket_keys", .fact = several_keys(samples, few)};
    name.fact.evidence = several.fact.evidence = newest->fact.evidence;
    add_row(host, facts, newest, name);
    add_row(host, facts, newest, several);
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct story story[WAYS] = {{.way = WAY_ID}, {.way = WAY_TICKET}, {.way = WAY_PSK}};
    enum progress progress = DONE;
    for (size_t i = 0; i < WAYS; i++)
        if (story_ask(host, &story[i]) == WAIT)
            progress = WAIT;
    struct samples samples;
    if (complete_versions(host) == WAIT || progress == WAIT || find_samples(host, story, &samples) == WAIT)
        return WAIT;
    bool several = several_answer(story);
    for (size_t i = 0; i < WAYS; i++) {
        if (story[i].version != 0)
            story_settle(&story[i], judge(host, &story[i]));
        if (farm_settle(host, &story[i].fact) == WAIT)
            return WAIT;
    }
    for (size_t i = 0; i < WAYS; i++) {
        add_resumption(host, facts, &story[i], several);
        add_tickets(host, facts, &story[i]);
    }
    add_names(host, facts, story, &samples);
    add_key_exchange(host, facts, &story[WAY_PSK]);
    add_early_data(host, facts, &story[WAY_PSK]);
    return DONE;
}
