// SPDX-License-Identifier: Apache-2.0
//
// Is renegotiation bound to the connection it happens on, and can a client start it at will? Without the
// renegotiation_info extension or its signalling suite (RFC 5746) an attacker's octets can be put before a
// client's (CVE-2009-3555); and each renegotiation a client starts costs the server far more than the
// client (CVE-2011-1473). TLS 1.3 has none. What a server signals is in its answers to raw hellos; what
// it does is seen by trying, up to ten times on one connection after a handshake that worked.
#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/http_ask.h"
#include "check/trial.h"
#include "check/versions.h"
#include "wire/registry.h"

enum { RENEGOTIATION_INFO = 0xFF01, RENEGOTIATION_SCSV = 0x00FF };
enum { ALERT_UNEXPECTED_MESSAGE = 10, ALERT_HANDSHAKE_FAILURE = 40, ALERT_NO_RENEGOTIATION = 100 };

static enum progress run(struct host *host, struct facts *facts);

extern const struct check renegotiation_check;
const struct check renegotiation_check = {
    .id = "renegotiation",
    .question = "Is renegotiation secure, and can a client start it?",
    .citations = "RFC 5746, CVE-2009-3555, CVE-2011-1473",
    .flags = CHECK_DEFAULT,
    .run = run,
};

static void note(struct host *host, struct fact *fact, const struct answer *answer)
{
    evidence_add(host->scratch, &fact->evidence, answer->key);
}

static void add_row(struct host *host, struct facts *facts, struct feature_fact row)
{
    row.section = FEATURE_RENEGOTIATION;
    row.fact = fact_keep(&host->facts_memory, row.fact);
    feature_add(&host->facts_memory, facts, &row);
}

static void add(struct host *host, struct facts *facts, const char *id, uint16_t version, struct fact fact)
{
    add_row(host, facts, (struct feature_fact){.id = id, .version = version, .fact = fact});
}

// --- what is signalled -----------------------------------------------------------------------------

static struct fact signalled(struct host *host, const struct answer *answer)
{
    bool there = extension_in(answer->outcome->flight->shown->extensions, RENEGOTIATION_INFO) != NULL;
    struct fact fact = fact_of(there ? VERDICT_YES : VERDICT_NO);
    note(host, &fact, answer);
    return fact;
}

// A hello of the check `intolerance` carries the signalling suite instead of the extension. False: it is turned down,
// or there is none.
static bool signalled_beside(struct host *host, const struct version_found *version, struct fact *fact,
                             enum reply *reply)
{
    struct probe probe = {.sample = 0};
    *reply = REPLY_REFUSED;
    if (!host_runs(host, check_find("intolerance")) || !trial_shared(host, version, TRIAL_OF_SIGNAL, &probe.hello))
        return false;
    const struct answer *answer = ask(host, &probe);
    *reply = reply_of(answer, version->version, (struct codes){probe.hello.suites.code, 1});
    if (*reply == REPLY_ACCEPTED)
        *fact = signalled(host, answer);
    return *reply == REPLY_ACCEPTED;
}

// The suite that the host chose, and the signalling suite instead of the extension.
static enum progress find_scsv(struct host *host, const struct version_found *version, struct fact *fact)
{
    enum reply reply;
    if (signalled_beside(host, version, fact, &reply))
        return DONE;
    if (reply == REPLY_PENDING)
        return WAIT;
    uint16_t suite = version->accepted->outcome->flight->suite;
    const uint16_t codes[] = {suite, RENEGOTIATION_SCSV};
    const struct codes offered = {codes, 1};
    struct hello hello = offer_hello(host, host->scratch, version->version, (struct codes){codes, 2});
    hello.extensions &= ~(uint32_t)HELLO_RENEGOTIATION_INFO;
    struct probe probe = {.hello = hello};
    const struct answer *answer = ask(host, &probe);
    reply = reply_of(answer, version->version, offered);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (reply == REPLY_ACCEPTED) {
        *fact = signalled(host, answer);
        return DONE;
    }
    *fact = fact_because(VERDICT_UNKNOWN, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
    note(host, fact, answer);
    return DONE;
}

// One row for each version up to TLS 1.2: it is the same code in nearly every server, but not in all.
static enum progress find_signals(struct host *host, struct facts *facts, bool *any)
{
    struct version_found found[VERSIONS];
    const struct version_found *highest = NULL;
    struct fact scsv;
    *any = false;
    if (versions_accepted(host, found) == WAIT)
        return WAIT;
    for (size_t i = 1; i < VERSIONS; i++)
        if (found[i].version <= TLS12 && found[i].accepted != NULL)
            highest = &found[i];
    if (highest == NULL)
        return DONE;
    if (highest->version != SSL3 && find_scsv(host, highest, &scsv) == WAIT)
        return WAIT;
    *any = true;
    for (size_t i = 1; i < VERSIONS; i++)
        if (found[i].version <= TLS12 && found[i].accepted != NULL)
            add(host, facts, "secure_renegotiation", found[i].version, signalled(host, found[i].accepted));
    if (highest->version != SSL3) // whose hello says it by the suite anyway
        add(host, facts, "secure_renegotiation_scsv", highest->version, scsv);
    return DONE;
}

// --- what is done ----------------------------------------------------------------------------------

static const struct answer *try_it(struct host *host, uint16_t version, uint16_t sample)
{
    struct handshake question = complete_question(host, version);
    question.renegotiations = HANDSHAKE_RENEGOTIATIONS;
    return complete_ask(host, &question, sample);
}

static bool is_refusal(const struct handshake_result *result)
{
    return result->alerted && (result->alert == ALERT_NO_RENEGOTIATION || result->alert == ALERT_HANDSHAKE_FAILURE ||
                               result->alert == ALERT_UNEXPECTED_MESSAGE);
}

// Ended without a word: in answer to the attempt, or as the server ends every connection. NULL: there was no attempt.
static bool is_cut(const struct handshake_result *result)
{
    return result != NULL && result->renegotiations == 0 && !result->alerted &&
           (result->end == HANDSHAKE_CLOSED || result->end == HANDSHAKE_RESET);
}

// The control of a cut: a connection that is like the other but for a request instead of the attempt, and whose
// request is answered, so that the server had not ended it before. Where HTTP is asked about at all.
static enum progress waits_for_client(struct host *host, uint16_t version, bool *waits, struct fact *fact)
{
    const struct answer *answer;
    *waits = false;
    if (!host_runs(host, check_find("http")))
        return DONE;
    struct handshake question = http_question(host, version);
    if (http_ask(host, &question, &answer) == WAIT)
        return WAIT;
    const struct handshake_result *result = complete_result(answer);
    *waits = result != NULL && result->http_answer == HTTP_ANSWER;
    note(host, fact, answer);
    return DONE;
}

static struct fact left_open(struct host *host, const struct answer *answer, const struct handshake_result *result)
{
    // With a reset or in order: which of them it is depends on what the server had read by then.
    if (is_cut(result))
        return fact_because(
            VERDICT_UNKNOWN, "cut_off",
            "the connection ended twice where renegotiation was tried, and may have ended without that");
    const char *sentence = outcome_sentence(host->scratch, answer->outcome);
    const char *reason = result->alerted                   ? "alert"
                         : result->end == HANDSHAKE_SILENT ? "silent"
                                                           : "renegotiation_failed";
    return fact_because(VERDICT_UNKNOWN, reason, sentence);
}

static const char *how_it_ended(const struct handshake_result *last)
{
    if (last->renegotiations == HANDSHAKE_RENEGOTIATIONS)
        return NULL;
    if (last->alerted)
        return last->alert == ALERT_NO_RENEGOTIATION ? "no_renegotiation" : alert_name(last->alert);
    return last->end == HANDSHAKE_SILENT ? "silence" : "connection closed";
}

// What was cut without a word is the server's only when that happens twice, and if it would have gone on else.
// *last: the answer that settled it.
static enum progress find_client_initiated(struct host *host, uint16_t version, struct fact *fact,
                                           const struct handshake_result **last)
{
    const struct answer *answer = try_it(host, version, 0), *first = answer;
    if (answer->outcome == NULL)
        return WAIT;
    *last = complete_result(answer);
    if (is_cut(*last)) {
        answer = try_it(host, version, 1);
        if (answer->outcome == NULL)
            return WAIT;
        *last = complete_result(answer);
    }
    *fact = (struct fact){0};
    note(host, fact, first);
    note(host, fact, answer);
    bool cut = is_cut(*last), waits = false;
    if (cut && waits_for_client(host, version, &waits, fact) == WAIT)
        return WAIT;
    struct evidence evidence = fact->evidence;
    if (*last == NULL)
        *fact = complete_failure(host->scratch, answer);
    else if ((*last)->renegotiations != 0)
        *fact = fact_of(VERDICT_YES);
    else if (is_refusal(*last) || (cut && waits))
        *fact = fact_of(VERDICT_NO);
    else
        *fact = left_open(host, answer, *last);
    fact->evidence = evidence;
    return DONE;
}

// Proven by one that was completed without RFC 5746; the library always signals it, so a server that
// answers the signal shows nothing of what it would do without.
static struct fact insecure(const struct fact *client_initiated, const struct handshake_result *last)
{
    struct fact fact = *client_initiated;
    if (last != NULL && last->secure_renegotiation)
        fact = fact_because(VERDICT_NOT_APPLICABLE, "secure_renegotiation", "the server has secure renegotiation");
    fact.evidence = client_initiated->evidence;
    return fact;
}

static enum progress run(struct host *host, struct facts *facts)
{
    bool any;
    uint16_t version;
    struct fact fact;
    const struct handshake_result *last = NULL;
    const struct check *before = check_find("sessions");
    enum progress signals = find_signals(host, facts, &any);
    if (host_runs(host, before) && !host_done(host, before)) // it may keep a server busy, or upset it
        return WAIT;
    if (complete_version_12(host, &version, &fact) == WAIT)
        return WAIT;
    if (version != 0 && find_client_initiated(host, version, &fact, &last) == WAIT)
        return WAIT;
    if (signals == WAIT)
        return WAIT;
    farm_settle(host, &fact);
    if (!any)
        add(host, facts, "secure_renegotiation", TLS12, fact);
    struct feature_fact row = {.id = "client_initiated_renegotiation", .version = version, .fact = fact};
    if (version == 0)
        row.version = TLS12;
    if (fact.verdict == VERDICT_YES || fact.verdict == VERDICT_NO) {
        row.has_number = true;
        row.number = last->renegotiations;
        row.unit = "of 10 attempts";
        row.value = how_it_ended(last);
    }
    add_row(host, facts, row);
    add(host, facts, "insecure_renegotiation", row.version, insecure(&fact, last));
    return DONE;
}
