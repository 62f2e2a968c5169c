// SPDX-License-Identifier: Apache-2.0
//
// Can a client connect, and would it trust what it finds? One complete handshake as the user configured it, with what
// a careful client offers (HANDSHAKE_CAREFUL), and judged as such a client judges: the handshake is completed, the
// certificates lead to a trusted root, they have the name, and the server goes on. Where it is HTTP one HEAD
// request is made. It asks nothing else, so it says what happened and not what the server could do.
#include "check/connect.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/chain.h"
#include "check/http_ask.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check connect_check;
const struct check connect_check = {
    .id = "connect",
    .question = "Can a careful client connect, and would it trust the server?",
    .citations = "RFC 5280, RFC 8446, RFC 9525",
    .run = run,
};

// --- asking ----------------------------------------------------------------------------------------

static struct handshake question_of(const struct host *host)
{
    const struct target *target = host->target;
    struct handshake question = http_question(host, TLS13);
    question.options |= HANDSHAKE_CAREFUL;
    question.lowest = target->pinned != 0 ? target->pinned : TLS12;
    question.highest = target->pinned != 0 ? target->pinned : TLS13;
    if (target->alpn != NULL)
        question.alpn = target->alpn;
    return question;
}

// A server that turns our guess at its protocol down is asked without it: that was not the user's wish.
static enum progress ask_server(struct host *host, struct handshake *question, const struct answer **answer,
                                struct evidence *evidence)
{
    *question = question_of(host);
    *answer = complete_ask(host, question, 0);
    if ((*answer)->outcome == NULL)
        return WAIT;
    evidence_add(host->scratch, evidence, (*answer)->key);
    if (host->target->alpn != NULL || !http_turned_down(*answer))
        return DONE;
    question->alpn = NULL;
    *answer = complete_ask(host, question, 0);
    if ((*answer)->outcome == NULL)
        return WAIT;
    evidence_add(host->scratch, evidence, (*answer)->key);
    return DONE;
}

// --- the handshake ---------------------------------------------------------------------------------

static struct fact alerted(struct arena *arena, const struct handshake_result *result, const char *what)
{
    const char *name = alert_name(result->alert);
    return fact_because(
        VERDICT_NO, name == NULL ? "alert" : name,
        arena_text(arena, "the server %s with alert %u (%s)", what, result->alert, alert_label(result->alert)));
}

static struct fact unfinished(struct arena *arena, const struct handshake_result *result)
{
    static const struct {
        const char *reason, *sentence;
    } ends[HANDSHAKE_ENDS] = {
        [HANDSHAKE_ORDERLY] = {"closed", "the server closed the connection in the handshake"},
        [HANDSHAKE_CLOSED] = {"closed", "the server closed the connection in the handshake"},
        [HANDSHAKE_RESET] = {"reset", "the server reset the connection in the handshake"},
        [HANDSHAKE_SILENT] = {"silent", "the server fell silent in the handshake"},
        [HANDSHAKE_STOPPED] = {"skipped", "the handshake was ended here"},
    };
    if (result->alerted)
        return alerted(arena, result, "ended the handshake");
    if (result->end == HANDSHAKE_FAILED)
        return fact_because(VERDICT_NO, "client_gave_up",
                            arena_text(arena, "the client gave the handshake up: %s",
                                       result->error == NULL ? "no reason given" : result->error));
    return fact_because(VERDICT_UNKNOWN, ends[result->end].reason, ends[result->end].sentence);
}

static struct fact judge_handshake(struct arena *arena, const struct answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    const struct handshake_result *result = outcome->handshake;
    if (result != NULL && result->completed)
        return fact_of(VERDICT_YES);
    if (outcome->kind == OUTCOME_NOT_TLS)
        return fact_because(VERDICT_NO, "not_tls", outcome_sentence(arena, outcome));
    if (result != NULL && (result->hello || result->alerted))
        return unfinished(arena, result);
    return fact_because(VERDICT_UNKNOWN, outcome_code(outcome->kind), outcome_sentence(arena, outcome));
}

// --- the certificates ------------------------------------------------------------------------------

// Evidence stands with the connection as a whole.
static struct fact judge_trust(const struct chain_fact *chain)
{
    if (chain == NULL)
        return fact_because(VERDICT_NO, "no_certificate", "the server showed no certificate");
    const struct fact *const needed[] = {&chain->trust[0].fact, &chain->hostname};
    return fact_all(needed, sizeof needed / sizeof *needed);
}

static const struct chain_fact *read_chain(struct host *host, const struct handshake_result *result, uint64_t key)
{
    struct arena *arena = &host->facts_memory;
    if (result->certificate_count == 0)
        return NULL;
    struct chain_fact *chain = arena_alloc(arena, sizeof *chain);
    struct served_for *served = arena_alloc(arena, sizeof *served);
    chain_judge(host, result->certificates, result->certificate_count, chain);
    *served = (struct served_for){result->version, chain->chain[0].key_type, host->target->sni != NULL};
    chain->served_for = served;
    chain->served_count = 1;
    evidence_add(arena, &chain->evidence, key);
    return chain;
}

// --- HTTP ------------------------------------------------------------------------------------------

// The lines of a head, each without its end.
static struct strings lines_of(struct arena *arena, struct bytes head)
{
    const char **line = arena_array(arena, head.size + 1, sizeof *line);
    size_t count = 0;
    while (head.size != 0) {
        const uint8_t *end = memchr(head.data, '\n', head.size);
        size_t size = end == NULL ? head.size : (size_t)(end - head.data), used = end == NULL ? size : size + 1;
        size -= size != 0 && head.data[size - 1] == '\r';
        if (size != 0)
            line[count++] = text_escape(arena, (struct bytes){head.data, size});
        head = (struct bytes){head.data + used, head.size - used};
    }
    return (struct strings){line, count};
}

static void read_http(struct host *host, const struct answer *answer, const struct handshake_result *result,
                      struct connection_fact *out)
{
    struct http_head head;
    switch (result->http_answer) {
    case HTTP_NOT_ASKED:
        out->http = fact_because(VERDICT_NOT_TESTED, "not_http", "nobody said that HTTP is spoken here");
        return;
    case HTTP_NO_HTTP:
        out->http = fact_because(VERDICT_NO, "other_protocol", "the answer to an HTTP request was another protocol");
        return;
    case HTTP_NO_ANSWER:
        out->http = fact_because(VERDICT_UNKNOWN, "no_answer", outcome_sentence(host->scratch, answer->outcome));
        return;
    case HTTP_ANSWER:
    case HTTP_BROKEN_HEAD:
        break;
    }
    if (!http_head_of(answer, &head)) {
        out->http = fact_because(VERDICT_UNKNOWN, "malformed", "the answer's head could not be read, or does not end");
        return;
    }
    out->http = fact_of(VERDICT_YES);
    out->status = head.status;
    out->head = lines_of(&host->facts_memory, result->http);
}

// --- the check -------------------------------------------------------------------------------------

static void read_result(struct host *host, const struct answer *answer, const struct handshake_result *result,
                        struct connection_fact *out)
{
    struct arena *arena = &host->facts_memory;
    out->certificate_requested = result->certificate_requested;
    out->certificate_sent = result->certificate_sent;
    if (result->hello) {
        out->version = result->version;
        out->suite = result->suite;
        out->group = result->group;
        out->scheme = result->scheme;
    }
    out->chain = read_chain(host, result, answer->key);
    out->stapled = result->staple.size != 0;
    if (!result->completed)
        return;
    out->alpn = result->alpn.size == 0 ? NULL : text_escape(arena, result->alpn);
    out->extended_master_secret = result->extended_master_secret;
    out->secure_renegotiation = result->secure_renegotiation;
    read_http(host, answer, result, out);
}

static struct fact judge_use(struct arena *arena, const struct connection_fact *found,
                             const struct handshake_result *result)
{
    if (found->completed.verdict != VERDICT_YES)
        return found->completed;
    if (result->alerted) // TLS 1.3 says so behind a client's Finished: RFC 8446 section 4.4.2.4
        return alerted(arena, result, "ended the connection");
    return found->trusted;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct arena *arena = &host->facts_memory;
    struct connection_fact *found = arena_alloc(arena, sizeof *found);
    struct handshake question;
    struct evidence evidence = {0};
    const struct answer *answer;
    if (ask_server(host, &question, &answer, &evidence) == WAIT)
        return WAIT;
    const struct handshake_result *result = answer->outcome->handshake;
    struct fact nothing = fact_because(VERDICT_NOT_APPLICABLE, "no_handshake", "the handshake was not completed");
    *found = (struct connection_fact){
        .lowest = question.lowest,
        .highest = question.highest,
        .offered = question.alpn,
        .connect_ms = answer->outcome->connect_ms,
        .answer_ms = answer->outcome->answer_ms,
        .http = nothing,
        .completed = judge_handshake(host->scratch, answer),
    };
    if (result != NULL)
        read_result(host, answer, result, found);
    found->trusted =
        found->completed.verdict == VERDICT_YES || found->chain != NULL ? judge_trust(found->chain) : nothing;
    found->usable = judge_use(host->scratch, found, result);
    found->usable.evidence = found->completed.evidence = evidence;
    if (found->trusted.verdict != VERDICT_NOT_APPLICABLE)
        found->trusted.evidence = evidence;
    struct fact *const kept[] = {&found->usable, &found->completed, &found->trusted, &found->http};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        *kept[i] = fact_keep(arena, *kept[i]);
    facts->connection = found;
    return DONE;
}
