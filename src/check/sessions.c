// SPDX-License-Identifier: Apache-2.0
//
// Can a session be resumed, in which way, and how safely? By its id (RFC 5246), by a ticket (RFC 5077), in TLS
// 1.3 by a pre-shared key (RFC 8446 section 4.2.11). Tickets that can be used twice, live long, or are
// encrypted with a key that is never changed weaken forward secrecy; early data can be replayed (RFC
// 8446 section 8).
//
// Each way takes one complete handshake, and its session offered twice. Where the two differ a third
// one offers a session that nobody has used: that tells "once each" from "now and then". A handshake
// that was completed without resuming is its own control. Early data is one HEAD request, sent only
// where HTTP is known to be spoken.
#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/http_ask.h"
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

#define MOST_ATTEMPTS 3

enum way { WAY_ID, WAY_TICKET, WAY_PSK };
#define WAYS 3

static const struct {
    const char *resumption, *single_use; // ids of rows
} names[WAYS] = {
    [WAY_ID] = {"session_id_resumption", "session_id_single_use"},
    [WAY_TICKET] = {"ticket_resumption", "ticket_single_use"},
    [WAY_PSK] = {"psk_resumption", "psk_single_use"},
};

// What is known of one way.
struct story {
    enum way way;
    uint16_t version; // 0: there is none to ask in
    struct handshake question;
    struct fact fact; // of the whole way, with all its evidence
    const struct handshake_result *first;
    const struct answer *asked[MOST_ATTEMPTS];
    const struct handshake_result *attempt[MOST_ATTEMPTS];
    unsigned attempts, resumed; // completed ones; of those
};

static void note(struct host *host, struct fact *fact, const struct answer *answer)
{
    evidence_add(host->scratch, &fact->evidence, answer->key);
}

static void settle(struct story *story, struct fact fact)
{
    fact.evidence = story->fact.evidence;
    story->fact = fact;
}

// --- asking ----------------------------------------------------------------------------------------

// Where the check `http` runs too, its request is the first handshake of TLS 1.3.
static enum progress ask_question(struct host *host, const struct story *story, const struct answer **answer)
{
    struct handshake question = story->question;
    if (story->way == WAY_PSK && host_runs(host, check_find("http"))) {
        question = http_question(host, story->version);
        question.alpn = story->question.alpn;
    }
    *answer = complete_ask(host, &question, 0);
    return (*answer)->outcome == NULL ? WAIT : DONE;
}

// TLS 1.3 is asked with HTTP, so that early data can follow where the server says that it speaks it.
static enum progress ask_first(struct host *host, struct story *story, const struct answer **answer)
{
    story->question = complete_question(host, story->version);
    if (story->way == WAY_TICKET)
        story->question.options |= HANDSHAKE_TICKETS;
    if (story->way == WAY_PSK)
        story->question.alpn = HTTP_PROTOCOL;
    if (ask_question(host, story, answer) == WAIT)
        return WAIT;
    note(host, &story->fact, *answer);
    if (story->way == WAY_PSK && http_turned_down(*answer)) {
        story->question.alpn = NULL;
        if (ask_question(host, story, answer) == WAIT)
            return WAIT;
        note(host, &story->fact, *answer);
    }
    story->first = complete_result(*answer);
    return DONE;
}

static uint32_t early_data_limit(const struct handshake_result *result)
{
    return result->ticket_count == 0 ? 0 : result->ticket[0].max_early_data;
}

static uint16_t options_of(const struct host *host, const struct story *story, unsigned number)
{
    uint16_t options = story->question.options;
    if (story->way == WAY_PSK && number == 0 && early_data_limit(story->first) != 0 && http_spoken(host, story->first))
        options |= HANDSHAKE_EARLY_DATA;
    if (story->way == WAY_PSK && number == 1)
        options |= HANDSHAKE_PSK_ALONE;
    return options;
}

static enum progress attempt(struct host *host, struct story *story, unsigned number, uint64_t session)
{
    struct handshake question = story->question;
    question.session = session;
    question.options = options_of(host, story, number);
    const struct answer *answer = complete_ask(host, &question, (uint16_t)number);
    if (answer->outcome == NULL)
        return WAIT;
    note(host, &story->fact, answer);
    story->asked[number] = answer;
    story->attempt[number] = complete_result(answer);
    if (story->attempt[number] == NULL)
        return DONE;
    story->attempts++;
    story->resumed += story->attempt[number]->resumed;
    return DONE;
}

static bool resumed(const struct story *story, unsigned number)
{
    return story->attempt[number] != NULL && story->attempt[number]->resumed;
}

// One after the other: with sessions that are good for one use the order matters.
static enum progress ask_attempts(struct host *host, struct story *story, uint64_t first)
{
    for (unsigned i = 0; i < 2; i++)
        if (attempt(host, story, i, first) == WAIT)
            return WAIT;
    if (story->attempt[0] == NULL || story->attempt[1] == NULL || resumed(story, 0) == resumed(story, 1))
        return DONE;
    uint64_t fresh = story->attempt[1]->resumable   ? story->asked[1]->key
                     : story->attempt[0]->resumable ? story->asked[0]->key
                                                    : first;
    return attempt(host, story, 2, fresh);
}

// --- judging ---------------------------------------------------------------------------------------

static bool brought_session(const struct story *story)
{
    if (!story->first->resumable)
        return false;
    return story->way == WAY_ID ? story->first->session_id_size != 0 : story->first->ticket_count != 0;
}

static const char *reason_of(const struct handshake_result *result)
{
    if (result->alerted)
        return "handshake_failed";
    return result->end == HANDSHAKE_CLOSED ? "closed" : result->end == HANDSHAKE_RESET ? "reset" : "silent";
}

// Tickets of TLS 1.3 may come at any time, and some servers send them with their first data, which only a request
// asks for: that none came is never a `no`.
static struct fact nothing_to_offer(struct host *host, const struct story *story, const struct answer *answer)
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
        arena_text(host->scratch, "%s before any ticket came", outcome_sentence(host->scratch, answer->outcome)));
}

// A connection that offered the session came to nothing and was made again: servers forget a session then.
static bool disturbed(const struct story *story)
{
    for (unsigned i = 0; i < MOST_ATTEMPTS; i++)
        if (story->asked[i] != NULL && story->asked[i]->outcome->tries > 1)
            return true;
    return false;
}

// Whose connection did not end before the session was offered. libssl's servers forget a session whose connection is
// given up before they have closed it; tickets they need not remember.
static bool left_open(const struct story *story)
{
    return story->way != WAY_TICKET && story->first->end == HANDSHAKE_SILENT;
}

static struct fact judge(struct host *host, const struct story *story)
{
    if (story->resumed != 0)
        return fact_of(VERDICT_YES);
    if (disturbed(story))
        return fact_because(VERDICT_UNKNOWN, "silent",
                            "the first connection that offered the session was not answered");
    for (unsigned i = 0; i < MOST_ATTEMPTS; i++)
        if (story->asked[i] != NULL && story->attempt[i] == NULL) {
            struct fact fact = complete_failure(host->scratch, story->asked[i]);
            if (fact.verdict == VERDICT_NOT_TESTED) // not for the library's sake: a like handshake was completed
                fact = fact_because(VERDICT_UNKNOWN, "handshake_failed",
                                    outcome_sentence(host->scratch, story->asked[i]->outcome));
            return fact;
        }
    if (left_open(story))
        return fact_because(VERDICT_UNKNOWN, "not_closed",
                            "the server did not close the connection that the session is of, and some forget it then");
    return fact_of(VERDICT_NO);
}

static enum progress tell(struct host *host, struct story *story)
{
    const struct answer *answer;
    enum progress versions = story->way == WAY_PSK ? complete_version_13(host, &story->version, &story->fact)
                                                   : complete_version_12(host, &story->version, &story->fact);
    if (versions == WAIT)
        return WAIT;
    if (story->version == 0)
        return DONE;
    if (ask_first(host, story, &answer) == WAIT)
        return WAIT;
    if (story->first == NULL) {
        settle(story, complete_failure(host->scratch, answer));
        return DONE;
    }
    if (!brought_session(story)) {
        settle(story, nothing_to_offer(host, story, answer));
        return DONE;
    }
    if (ask_attempts(host, story, answer->key) == WAIT)
        return WAIT;
    settle(story, judge(host, story));
    return DONE;
}

static struct fact single_use(const struct story *story)
{
    struct fact fact = fact_because(VERDICT_UNKNOWN, "inconsistent", "the same session was resumed now and then");
    if (story->resumed == 0)
        fact = fact_because(VERDICT_NOT_APPLICABLE, "not_resumed", "no session was resumed");
    else if (story->attempt[0] == NULL || story->attempt[1] == NULL)
        fact = fact_because(VERDICT_UNKNOWN, "handshake_failed", "the session could not be offered twice");
    else if (resumed(story, 0) && resumed(story, 1))
        fact = fact_of(VERDICT_NO);
    else if (resumed(story, 0) && resumed(story, 2) && !disturbed(story))
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

static void add_resumption(struct host *host, struct facts *facts, const struct story *story)
{
    struct feature_fact row = {.id = names[story->way].resumption, .fact = story->fact};
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
    for (unsigned i = 0; i < MOST_ATTEMPTS; i++)
        with = with || (resumed(story, i) && story->attempt[i]->group != 0);
    bool without = resumed(story, 1) && story->attempt[1]->group == 0;
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
    if (early_data_limit(story->first) == 0)
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
    uint32_t limit = early_data_limit(story->first);
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
    for (unsigned i = 0; i < MOST_ATTEMPTS; i++) {
        samples->missing = samples->missing || (story->asked[i] != NULL && story->attempt[i] == NULL);
        ticket_keys_add(&host->facts_memory, &samples->keys, story->attempt[i]);
    }
}

static bool has_ticket(const struct story *story) { return story->first != NULL && story->first->ticket_count != 0; }

// Where resuming brought no new tickets there is one to look at, and another handshake brings a second.
static enum progress find_samples(struct host *host, const struct story story[WAYS], struct samples *samples)
{
    *samples = (struct samples){0};
    collect(host, samples, &story[WAY_TICKET]);
    collect(host, samples, &story[WAY_PSK]);
    if (samples->keys.count != 1)
        return DONE;
    const struct story *source = &story[has_ticket(&story[WAY_PSK]) ? WAY_PSK : WAY_TICKET];
    const struct answer *answer = complete_ask(host, &source->question, 1);
    ticket_keys_add(&host->facts_memory, &samples->keys, complete_result(answer));
    samples->missing = samples->missing || complete_result(answer) == NULL;
    return answer->outcome == NULL ? WAIT : DONE;
}

static void add_names(struct host *host, struct facts *facts, const struct story story[WAYS],
                      const struct samples *samples)
{
    const struct story *newest =
        story[WAY_PSK].first != NULL && story[WAY_PSK].first->ticket_count != 0 ? &story[WAY_PSK] : &story[WAY_TICKET];
    struct feature_fact name = {.id = "ticket_key_name", .fact = fact_of(VERDICT_NO)};
    struct feature_fact rotation = {.id = "ticket_key_rotation", .fact = fact_of(VERDICT_NO)};
    const struct ticket_keys *keys = &samples->keys;
    bool named = ticket_keys_named(keys);
    if (keys->count == 0)
        return;
    const struct fact few =
        fact_because(VERDICT_UNKNOWN, "few_samples", "not every handshake brought a ticket to look at");
    if (named)
        name = (struct feature_fact){.id = name.id, .fact = fact_of(VERDICT_YES), .value = keys->list};
    else if (samples->missing || keys->count == 1)
        name = (struct feature_fact){.id = name.id, .fact = few, .value = keys->list};
    if (named && keys->distinct > 1)
        rotation.fact = fact_of(VERDICT_YES);
    else if (samples->missing || keys->count == 1)
        rotation.fact = few;
    else if (!named)
        rotation.fact =
            fact_because(VERDICT_NOT_APPLICABLE, "no_key_name", "no two tickets begin with the same 16 octets");
    name.fact.evidence = rotation.fact.evidence = newest->fact.evidence;
    add_row(host, facts, newest, name);
    add_row(host, facts, newest, rotation);
}

// A refusal of all attempts is the word of whoever gave the session only if that was met. A ticket that came instead
// shows it, if it is of the same key.
static bool met_again(const struct story *story)
{
    for (unsigned i = 0; i < MOST_ATTEMPTS; i++)
        if (ticket_keys_same(story->first, story->attempt[i]))
            return true;
    return false;
}

// Tickets of one way are of several keys: of several servers, as a rule.
static bool differs(const struct story *story)
{
    for (unsigned i = 0; i < MOST_ATTEMPTS; i++) {
        const struct handshake_result *result = story->attempt[i];
        if (result != NULL && result->ticket_count != 0 && has_ticket(story) && !ticket_keys_same(story->first, result))
            return true;
    }
    return false;
}

static void doubt_refusal(struct story *story, const struct story all[WAYS], const struct samples *samples)
{
    bool several = ticket_keys_named(&samples->keys) && (differs(&all[WAY_TICKET]) || differs(&all[WAY_PSK]));
    if (story->fact.verdict != VERDICT_NO || story->attempts == 0)
        return;
    if (story->way == WAY_ID && several)
        settle(story, fact_because(VERDICT_UNKNOWN, "several_ticket_keys",
                                   "tickets are of different keys here: several servers may answer, and one need not "
                                   "know the sessions of another"));
    else if (story->way == WAY_ID && samples->missing)
        settle(story, fact_because(VERDICT_UNKNOWN, "few_samples",
                                   "not every handshake was completed that could show several servers"));
    else if (story->way != WAY_ID && !met_again(story))
        settle(story, fact_because(VERDICT_UNKNOWN, "other_ticket_key",
                                   "no ticket came instead that is known to be of the same key: several servers may "
                                   "answer, and one need not know the keys of another"));
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct story story[WAYS] = {{.way = WAY_ID}, {.way = WAY_TICKET}, {.way = WAY_PSK}};
    enum progress progress = DONE;
    for (size_t i = 0; i < WAYS; i++)
        if (tell(host, &story[i]) == WAIT)
            progress = WAIT;
    struct samples samples;
    if (complete_versions(host) == WAIT || progress == WAIT || find_samples(host, story, &samples) == WAIT)
        return WAIT;
    for (size_t i = 0; i < WAYS; i++) {
        doubt_refusal(&story[i], story, &samples);
        if (farm_settle(host, &story[i].fact) == WAIT)
            return WAIT;
    }
    for (size_t i = 0; i < WAYS; i++) {
        add_resumption(host, facts, &story[i]);
        add_tickets(host, facts, &story[i]);
    }
    add_names(host, facts, story, &samples);
    add_key_exchange(host, facts, &story[WAY_PSK]);
    add_early_data(host, facts, &story[WAY_PSK]);
    return DONE;
}
