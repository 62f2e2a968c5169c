// SPDX-License-Identifier: Apache-2.0
//
// Answers are made from the question alone, so that they do not depend on the order of arrival; how often
// a session was offered before is counted in the ledger.
#include "sessions.h"
#include "flights.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/registry.h"

static struct outcome plain(enum outcome_kind kind) { return (struct outcome){.kind = kind, .tries = 1}; }

static bool has(const struct session_server *server, uint16_t version)
{
    return server->versions >> (version - SSL3) & 1;
}

// --- raw hellos ------------------------------------------------------------------------------------

static struct outcome refuse(struct ledger *ledger, uint8_t alert)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight = (struct flight){.shown = flight->shown, .alert = true, .alert_level = 2, .alert_description = alert};
    struct outcome outcome = plain(OUTCOME_ALERT);
    outcome.flight = flight;
    return outcome;
}

static uint16_t negotiate(const struct session_server *server, const struct hello *hello)
{
    bool listed = has(server, TLS13) && (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0;
    for (uint16_t version = TLS13; version >= SSL3; version--) {
        bool offered = listed ? codes_have(hello->versions, version) : version < TLS13 && version <= hello->version;
        if (offered && has(server, version))
            return version;
    }
    return 0;
}

static struct outcome answer_hello(const struct session_server *server, struct ledger *ledger,
                                   const struct hello *hello)
{
    static const struct extension info = {0xFF01, {(const uint8_t *)"", 1}};
    uint16_t version = hello->version == SSL2 ? 0 : negotiate(server, hello);
    uint16_t suite = version == TLS13 ? 0x1301 : 0x002F;
    if (version == 0 || !codes_have(hello->suites, suite))
        return refuse(ledger, version == 0 ? 70 : 40);
    struct flight *flight = flight_in(&ledger->memory);
    *flight = (struct flight){.shown = flight->shown,
                              .hello = true,
                              .complete = true,
                              .version = version,
                              .suite = suite,
                              .retry = version == TLS13};
    bool extension = hello_carries(hello, info.type);
    bool signalled = extension || (codes_have(hello->suites, 0x00FF) && !server->secure_by_extension);
    if (server->secure && signalled && version < TLS13)
        flight->shown->extensions = (struct extensions){&info, 1};
    struct outcome outcome = plain(OUTCOME_REPLIED);
    outcome.flight = flight;
    return outcome;
}

// --- complete handshakes ---------------------------------------------------------------------------

static struct outcome with(struct ledger *ledger, enum outcome_kind kind, const struct handshake_result *result)
{
    struct outcome outcome = plain(kind);
    struct handshake_result *kept = arena_alloc(&ledger->memory, sizeof *kept);
    *kept = *result;
    outcome.handshake = kept;
    return outcome;
}

static unsigned way_of(const struct handshake *question)
{
    return question->highest == TLS13 ? 2 : question->options & HANDSHAKE_TICKETS ? 1 : 0;
}

// Questions with the same session that were answered before this one.
static unsigned offered_before(struct ledger *ledger, uint64_t session)
{
    unsigned count = 0;
    struct arena scratch = {0};
    for (const struct answer *answer = ledger->first; answer != NULL; answer = answer->next)
        count += answer->outcome != NULL && probe_session(answer_form(answer, &scratch)) == session;
    arena_release(&scratch);
    return count;
}

static unsigned process_of(const struct session_server *server, uint64_t key)
{
    uint64_t mixed = (key ^ server->salt) * 0x9E3779B97F4A7C15u;
    return server->processes == 0 ? 0 : (unsigned)((mixed >> 32) % server->processes);
}

static bool resumes(const struct session_server *server, struct ledger *ledger, const struct answer *asked,
                    const struct probe *probe)
{
    uint64_t session = probe->handshake.session;
    if (session == 0 || !server->resumes[way_of(&probe->handshake)])
        return false;
    const struct answer *source = ledger_find(ledger, session);
    always(source != NULL && source->outcome != NULL && source->outcome->handshake->resumable);
    if (process_of(server, session) != process_of(server, asked->key))
        return false;
    if (server->resumes_once_in != 0 && probe->sample % server->resumes_once_in != 0)
        return false;
    return !server->single_use || offered_before(ledger, session) == 0;
}

static void give_tickets(const struct session_server *server, struct handshake_result *result, uint64_t key,
                         unsigned way, bool offers)
{
    result->ticket_count = way == 2 ? 2 : 1;
    for (size_t i = 0; i < result->ticket_count; i++) {
        struct ticket *ticket = &result->ticket[i];
        *ticket = (struct ticket){.lifetime = server->lifetime, .length = 180, .name_size = TICKET_NAME};
        ticket->max_early_data = way == 2 ? server->limit : 0;
        memset(ticket->name, server->rotates && way == 2 ? 0xBB : 0xAA, sizeof ticket->name);
        ticket->name[0] = (uint8_t)(ticket->name[0] + process_of(server, key));
        if (server->other_keys && offers)
            memset(ticket->name, 0xCC, sizeof ticket->name);
        if (server->nameless || (server->nameless_13 && way == 2))
            memcpy(ticket->name, &key, sizeof key);
    }
}

static void renegotiate(const struct session_server *server, struct handshake_result *result, unsigned wanted,
                        uint16_t sample)
{
    bool all = server->after == SECOND_TAKEN || server->takes > wanted || (server->ends_once && sample != 0);
    result->renegotiations = (uint8_t)(all ? wanted : server->takes);
    if (result->renegotiations == wanted)
        return;
    switch (server->after) {
    case SECOND_TAKEN:
        return;
    case SECOND_REFUSED:
    case SECOND_OTHER_ALERT:
        result->alerted = true;
        result->alert = server->after == SECOND_REFUSED ? 100 : 80;
        result->end = HANDSHAKE_FAILED;
        return;
    case SECOND_CLOSED:
        result->end = HANDSHAKE_CLOSED;
        return;
    case SECOND_RESET:
        result->end = HANDSHAKE_RESET;
        return;
    case SECOND_SILENT:
        result->end = HANDSHAKE_SILENT;
        return;
    }
}

static struct outcome fail(const struct session_server *server, struct ledger *ledger, const struct handshake *question)
{
    struct handshake_result result = {.version = question->highest, .end = HANDSHAKE_FAILED};
    if (server->library_gives_up) {
        result.hello = true;
        result.error = "dh key too small";
        return with(ledger, OUTCOME_REPLIED, &result);
    }
    result.alerted = true;
    bool of_name = server->refuses_alpn && question->alpn != NULL;
    result.alert = server->fails_with != 0 ? server->fails_with : of_name ? 120 : 40;
    return with(ledger, OUTCOME_ALERT, &result);
}

static struct outcome answer_handshake(const struct session_server *server, struct ledger *ledger,
                                       const struct answer *asked, const struct probe *probe)
{
    const struct handshake *question = &probe->handshake;
    unsigned way = way_of(question);
    always(has(server, question->highest) && question->lowest == question->highest);
    bool fails = server->library_fails || server->library_gives_up || server->fails_with != 0;
    bool refuses =
        (server->refuses_alpn && question->alpn != NULL) || (server->refuses_sessions && question->session != 0);
    if (fails || refuses)
        return fail(server, ledger, question);
    struct handshake_result result = {.hello = true, .completed = true, .version = question->highest, .suite = 0x002F};
    result.resumed = resumes(server, ledger, asked, probe);
    result.group = result.resumed && server->without_exchange && question->options & HANDSHAKE_PSK_ALONE ? 0 : 0x001D;
    result.secure_renegotiation = server->secure && way != 2;
    result.resumable = server->gives[way] && !(result.resumed && way != 2);
    result.session_id_size = way == 0 && server->gives[0] ? 32 : 0;
    result.end = server->never_closes ? HANDSHAKE_SILENT : HANDSHAKE_ORDERLY;
    if (server->http && question->alpn != NULL)
        result.alpn = bytes_of_text(question->alpn);
    if (question->options & HANDSHAKE_HTTP) {
        result.http_answer = server->http ? HTTP_ANSWER : HTTP_NO_ANSWER;
        result.end = server->http ? HANDSHAKE_ORDERLY : HANDSHAKE_CLOSED;
    }
    if (question->options & HANDSHAKE_EARLY_DATA)
        result.early_data = server->takes_early && result.resumed ? EARLY_DATA_ACCEPTED : EARLY_DATA_REJECTED;
    if (way != 0 && server->gives[way] && result.resumable)
        give_tickets(server, &result, asked->key, way, question->session != 0);
    if (server->wants_certificate && way == 2) {
        result.ticket_count = 0;
        result.resumable = false;
        result.alerted = true;
        result.alert = 116;
        result.end = HANDSHAKE_FAILED;
    }
    if (question->renegotiations != 0)
        renegotiate(server, &result, question->renegotiations, probe->sample);
    return with(ledger, OUTCOME_REPLIED, &result);
}

struct outcome answer_sessions(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    struct probe probe;
    (void)number;
    answer_decode(asked, &ledger->memory, &probe);
    struct session_server server = *(const struct session_server *)context;
    if (probe.kind == PROBE_HELLO && probe.sample == 0xFA)
        server.versions |= server.others;
    return probe.kind == PROBE_HANDSHAKE ? answer_handshake(&server, ledger, asked, &probe)
                                         : answer_hello(&server, ledger, &probe.hello);
}

const char *feature_lines(struct host *host, enum feature_section section)
{
    struct arena *arena = &host->facts_memory;
    const char *text = "";
    for (size_t i = 0; i < host->facts.feature_count; i++) {
        const struct feature_fact *row = host->facts.features[i];
        if (row->section != section)
            continue;
        always((row->fact.reason != NULL) == (row->fact.verdict != VERDICT_YES && row->fact.verdict != VERDICT_NO));
        const char *number = row->has_number ? arena_text(arena, "%lld", (long long)row->number) : "-";
        text = arena_text(arena, "%s%s %04X %s %s %s %s %s\n", text, row->id, row->version,
                          verdict_name(row->fact.verdict), row->fact.reason == NULL ? "-" : row->fact.reason, number,
                          row->unit == NULL ? "-" : row->unit, row->value == NULL ? "-" : row->value);
    }
    return text;
}
