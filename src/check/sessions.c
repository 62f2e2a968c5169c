// SPDX-License-Identifier: Apache-2.0
//
// Can a session be resumed, in which way, and how safely? By its id (RFC 5246), by a ticket (RFC 5077), in TLS
// 1.3 by a pre-shared key (RFC 8446 section 4.2.11). Tickets that can be used twice, live long, or are
// encrypted with a key that is never changed weaken forward secrecy; early data can be replayed (RFC
// 8446 section 8).
//
// What is asked is in session_story.c; here stands what comes of it. A handshake that was completed without resuming is
// its own control, if it was the same server that turned the session down. Early data is one HEAD request, sent only
// where HTTP is known to be spoken.
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

// A refusal of all attempts is the word of whoever gave the session only if that was met again. Nothing shows that of
// ids, and caches of ids are often not shared: each worker of nginx has one of its own where it is told
// `ssl_session_cache builtin`, and where it is told nothing it gives ids and keeps no sessions.
static struct fact refused(const struct story *story)
{
    if (story->way == WAY_ID)
        return fact_because(VERDICT_UNKNOWN, "other_process",
                            "the server gives ids and resumed no session by one: it keeps none, or each of its "
                            "processes keeps its own and another one answered");
    if (!story_met_again(story))
        return fact_because(VERDICT_UNKNOWN, "other_ticket_key",
                            "the server resumed no session by a ticket, and gave none instead that names the same key: "
                            "another server may have answered, which has not the key");
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
    return refused(story);
}

// Once, then not, and then one that nobody had used: that is how one server uses sessions up, and how two servers
// answer by chance.
static struct fact used_once(const struct story *story)
{
    if (story_met_again(story))
        return fact_of(VERDICT_YES);
    return fact_because(VERDICT_UNKNOWN, "perhaps_other_server",
                        "a session was resumed once and then no more, while a new one was: it is used up by that, or "
                        "another server answered in between");
}

static struct fact single_use(const struct story *story)
{
    struct fact fact = fact_because(VERDICT_UNKNOWN, "inconsistent", "the same session was resumed now and then");
    if (story->resumed == 0)
        fact = fact_because(VERDICT_NOT_APPLICABLE, "not_resumed", "no session was resumed");
    else if (story->attempt[0] == NULL || story->attempt[1] == NULL)
        fact = fact_because(VERDICT_UNKNOWN, "handshake_failed", "the session could not be offered twice");
    else if (story_resumed(story, 0) && story_resumed(story, 1))
        fact = fact_of(VERDICT_NO);
    else if (story_resumed(story, 0) && story_resumed(story, 2) && !story_disturbed(story))
        fact = used_once(story);
    fact.evidence = story->fact.evidence;
    return fact;
}

// --- rows ------------------------------------------------------------------------------------------

// What one of several servers has not, another may have.
static struct fact doubted(struct host *host, struct fact absence)
{
    farm_settle(host, &absence);
    return absence;
}

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
    row.fact = doubted(host, fact_of(verdict));
    row.fact.evidence = story->fact.evidence;
    add_row(host, facts, story, row);
}

static void add_resumption(struct host *host, struct facts *facts, const struct story *story)
{
    struct feature_fact row = {.id = names[story->way].resumption, .fact = doubted(host, story->fact)};
    if (story->attempts != 0) {
        row.has_number = true;
        row.number = story->resumed;
        row.unit = arena_text(&host->facts_memory, "of %u attempts", story->attempts);
    }
    add_row(host, facts, story, row);
    if (story->version != 0 && story->attempts != 0)
        add(host, facts, story, names[story->way].single_use, single_use(story));
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
        add(host, facts, story, "early_data", doubted(host, story->fact.verdict == VERDICT_NO ? none : story->fact));
        return;
    }
    uint32_t limit = story_early_data_limit(story);
    add_number(host, facts, story, "early_data_limit", limit == 0 ? VERDICT_NO : VERDICT_YES, limit, "octets");
    add(host, facts, story, "early_data", doubted(host, early_data(host, story)));
}

// --- names of ticket keys --------------------------------------------------------------------------

// Tickets of the newest version that brought some, and of the others.
struct samples {
    const struct story *story;
    struct ticket_keys newest, older;
    bool missing; // a handshake that could have brought one more was not completed
    struct evidence evidence;
};

static void collect(struct host *host, struct samples *samples, struct ticket_keys *keys, const struct story *story)
{
    bool unknown = story->version != 0 || story->fact.verdict == VERDICT_UNKNOWN;
    samples->missing = samples->missing || (story->first == NULL && unknown);
    ticket_keys_add(keys, story->first);
    for (unsigned i = 0; i < STORY_ATTEMPTS; i++) {
        samples->missing = samples->missing || (story->asked[i] != NULL && story->attempt[i] == NULL);
        ticket_keys_add(keys, story->attempt[i]);
    }
    evidence_join(host->scratch, &samples->evidence, story->fact.evidence);
}

// Where resuming brought no new tickets there is one to look at, and another handshake brings a second.
static enum progress find_samples(struct host *host, const struct story story[WAYS], struct samples *samples)
{
    bool newer = story_has_ticket(&story[WAY_PSK]);
    *samples = (struct samples){.story = &story[newer ? WAY_PSK : WAY_TICKET]};
    collect(host, samples, &samples->newest, samples->story);
    collect(host, samples, &samples->older, &story[newer ? WAY_TICKET : WAY_PSK]);
    if (samples->newest.count != 1)
        return DONE;
    const struct answer *answer = complete_ask(host, &samples->story->question, 1);
    ticket_keys_add(&samples->newest, complete_result(answer));
    samples->missing = samples->missing || complete_result(answer) == NULL;
    evidence_add(host->scratch, &samples->evidence, answer->key);
    return answer->outcome == NULL ? WAIT : DONE;
}

// Who took a ticket and made another that begins unlike puts no name of a key there. The third attempt offers another
// one than the first.
static bool made_two_unlike(const struct story *story)
{
    for (unsigned i = 0; i < 2; i++)
        if (story_resumed(story, i) && story->attempt[i]->ticket_count != 0 &&
            !ticket_keys_same(story->first, story->attempt[i]))
            return true;
    return false;
}

// That no two tickets begin alike shows that they bear no name only where one server is known to have made two of them.
static struct fact key_name(const struct samples *samples, struct fact few)
{
    if (ticket_keys_named(&samples->newest))
        return fact_of(VERDICT_YES);
    if (samples->missing || samples->newest.count == 1)
        return few;
    if (made_two_unlike(samples->story))
        return fact_of(VERDICT_NO);
    return fact_because(VERDICT_UNKNOWN, "no_two_alike",
                        "no two tickets begin alike: they bear no name of a key, or each that of another");
}

// That a key is never changed does not show in a second; that there are several does.
static struct fact several_keys(const struct samples *samples, struct fact few)
{
    bool named = ticket_keys_named(&samples->newest);
    if (named && samples->newest.distinct > 1)
        return fact_of(VERDICT_YES);
    if (samples->missing || samples->newest.count == 1)
        return few;
    if (!named)
        return fact_because(VERDICT_NOT_APPLICABLE, "no_key_name", "no two tickets begin with the same 16 octets");
    if (!ticket_keys_within(&samples->older, &samples->newest))
        return fact_because(VERDICT_UNKNOWN, "other_version",
                            "tickets of an older version begin otherwise: with the name of another key, or with none");
    return fact_of(VERDICT_NO);
}

static void add_names(struct host *host, struct facts *facts, const struct samples *samples)
{
    struct arena *arena = &host->facts_memory;
    if (samples->newest.count == 0)
        return;
    const struct fact few =
        fact_because(VERDICT_UNKNOWN, "few_samples", "not every handshake brought a ticket to look at");
    struct feature_fact name = {.id = "ticket_key_name", .fact = key_name(samples, few)};
    struct feature_fact several = {.id = "several_ticket_keys", .fact = doubted(host, several_keys(samples, few))};
    name.value = name.fact.verdict == VERDICT_YES ? ticket_keys_list(arena, &samples->newest) : NULL;
    name.fact.evidence = several.fact.evidence = samples->evidence;
    add_row(host, facts, samples->story, name);
    add_row(host, facts, samples->story, several);
}

// --- the check -------------------------------------------------------------------------------------

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
    for (size_t i = 0; i < WAYS; i++) {
        if (story[i].version != 0)
            story_settle(&story[i], judge(host, &story[i]));
        add_resumption(host, facts, &story[i]);
        add_tickets(host, facts, &story[i]);
    }
    add_names(host, facts, &samples);
    add_key_exchange(host, facts, &story[WAY_PSK]);
    add_early_data(host, facts, &story[WAY_PSK]);
    return DONE;
}
