// SPDX-License-Identifier: Apache-2.0
//
// Asks about each way to resume a session: one complete handshake, and its session offered twice. Where the two differ
// a third one offers a session that nobody has used: that tells "once each" from "now and then".
#include "check/session_story.h"

#include "check/http_ask.h"
#include "check/ticket_keys.h"

static void note(struct host *host, struct fact *fact, const struct answer *answer)
{
    evidence_add(host->scratch, &fact->evidence, answer->key);
}

void story_settle(struct story *story, struct fact fact)
{
    fact.evidence = story->fact.evidence;
    story->fact = fact;
}

// --- the first handshake ---------------------------------------------------------------------------

// Where the check `http` runs too, its request is the first handshake of TLS 1.3.
static enum progress ask_question(struct host *host, struct story *story)
{
    struct handshake question = story->question;
    if (story->way == WAY_PSK && host_runs(host, check_find("http"))) {
        question = http_question(host, story->version);
        question.alpn = story->question.alpn;
    }
    story->begun = complete_ask(host, &question, 0);
    if (story->begun->outcome == NULL)
        return WAIT;
    note(host, &story->fact, story->begun);
    return DONE;
}

// TLS 1.3 is asked with HTTP, so that early data can follow where the server says that it speaks it.
static enum progress ask_first(struct host *host, struct story *story)
{
    story->question = complete_question(host, story->version);
    if (story->way == WAY_TICKET)
        story->question.options |= HANDSHAKE_TICKETS;
    if (story->way == WAY_PSK)
        story->question.alpn = HTTP_PROTOCOL;
    if (ask_question(host, story) == WAIT)
        return WAIT;
    if (story->way == WAY_PSK && http_turned_down(story->begun)) {
        story->question.alpn = NULL;
        if (ask_question(host, story) == WAIT)
            return WAIT;
    }
    story->first = complete_result(story->begun);
    return DONE;
}

static bool brought_session(const struct story *story)
{
    if (!story->first->resumable)
        return false;
    return story->way == WAY_ID ? story->first->session_id_size != 0 : story->first->ticket_count != 0;
}

// --- attempts --------------------------------------------------------------------------------------

uint32_t story_early_data_limit(const struct story *story)
{
    return story->first->ticket_count == 0 ? 0 : story->first->ticket[0].max_early_data;
}

static uint16_t options_of(const struct host *host, const struct story *story, unsigned number)
{
    uint16_t options = story->question.options;
    if (story->way == WAY_PSK && number == 0 && story_early_data_limit(story) != 0 && http_spoken(host, story->first))
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

bool story_resumed(const struct story *story, unsigned number)
{
    return story->attempt[number] != NULL && story->attempt[number]->resumed;
}

// One after the other: with sessions that are good for one use the order matters.
static enum progress ask_attempts(struct host *host, struct story *story)
{
    for (unsigned i = 0; i < 2; i++)
        if (attempt(host, story, i, story->begun->key) == WAIT)
            return WAIT;
    if (story->attempts != 2 || story_resumed(story, 0) == story_resumed(story, 1))
        return DONE;
    uint64_t fresh = story->attempt[1]->resumable   ? story->asked[1]->key
                     : story->attempt[0]->resumable ? story->asked[0]->key
                                                    : story->begun->key;
    return attempt(host, story, 2, fresh);
}

enum progress story_ask(struct host *host, struct story *story)
{
    enum progress versions = story->way == WAY_PSK ? complete_version_13(host, &story->version, &story->fact)
                                                   : complete_version_12(host, &story->version, &story->fact);
    if (versions == WAIT)
        return WAIT;
    if (story->version == 0)
        return DONE;
    if (ask_first(host, story) == WAIT)
        return WAIT;
    story->offered = story->first != NULL && brought_session(story);
    return story->offered ? ask_attempts(host, story) : DONE;
}

// --- how they ended --------------------------------------------------------------------------------

bool story_disturbed(const struct story *story)
{
    for (unsigned i = 0; i < STORY_ATTEMPTS; i++)
        if (story->asked[i] != NULL && story->asked[i]->outcome->tries > 1)
            return true;
    return false;
}

bool story_left_open(const struct story *story)
{
    return story->way != WAY_TICKET && story->first->end == HANDSHAKE_SILENT;
}

bool story_met_again(const struct story *story)
{
    for (unsigned i = 0; i < STORY_ATTEMPTS; i++)
        if (!story_resumed(story, i) && ticket_keys_same(story->first, story->attempt[i]))
            return true;
    return false;
}

bool story_has_ticket(const struct story *story) { return story->first != NULL && story->first->ticket_count != 0; }
