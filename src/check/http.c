// SPDX-License-Identifier: Apache-2.0
//
// Where the service is HTTP: what does its answer say about how browsers are to treat it? RFC 9110, RFC 6797 (HSTS),
// RFC 6265 (cookies). One HEAD request over a complete handshake, and a GET where the server cannot bear HEAD.
// Redirections are told and not followed. Whether port 80 sends browsers here takes a request without TLS, and
// so the user's permission to fetch.
#include "check/http.h"

#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/http_ask.h"
#include "check/http_read.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check http_check;
const struct check http_check = {
    .id = "http",
    .question = "Where it is HTTP: which status, HSTS, security headers and cookies does the site answer with?",
    .citations = "RFC 9110, RFC 6797, RFC 6265, CVE-2013-3587",
    .flags = CHECK_DEFAULT,
    .run = run,
};

// --- asking ----------------------------------------------------------------------------------------

enum { BAD_REQUEST = 400, METHOD_NOT_ALLOWED = 405, NOT_IMPLEMENTED = 501 };

static bool refuses_head(uint16_t status)
{
    return status == METHOD_NOT_ALLOWED || status == NOT_IMPLEMENTED || status == BAD_REQUEST;
}

// Whether the fault may be HEAD's: a status that says so, or a connection that ends without an answer.
static bool wants_get(const struct answer *answer)
{
    const struct handshake_result *result = complete_result(answer);
    struct http_head head;
    if (http_head_of(answer, &head))
        return refuses_head(head.status);
    return result != NULL && result->http_answer == HTTP_NO_ANSWER && !result->alerted &&
           result->end == HANDSHAKE_CLOSED;
}

static enum progress ask_site(struct host *host, struct http_fact *http, const struct answer **answer)
{
    struct handshake question = http_question(host, http->version);
    if (http_ask(host, &question, answer) == WAIT)
        return WAIT;
    evidence_add(host->scratch, &http->fact.evidence, (*answer)->key);
    const struct handshake_result *result = complete_result(*answer);
    if (result != NULL && !http_spoken(host, result))
        return DONE;
    http->method = "HEAD";
    if (!wants_get(*answer))
        return DONE;
    question.options |= HANDSHAKE_HTTP_GET;
    const struct answer *second = complete_ask(host, &question, 0);
    if (second->outcome == NULL)
        return WAIT;
    evidence_add(host->scratch, &http->fact.evidence, second->key);
    struct http_head head;
    if (!http_head_of(second, &head) && http_head_of(*answer, &head))
        return DONE;
    http->method = "GET";
    *answer = second;
    return DONE;
}

static enum progress choose_version(struct host *host, struct http_fact *http)
{
    struct fact older;
    if (complete_versions(host) == WAIT || complete_version_13(host, &http->version, &http->fact) == WAIT)
        return WAIT;
    if (http->version != 0)
        return DONE;
    if (complete_version_12(host, &http->version, &older) == WAIT)
        return WAIT;
    if (older.verdict != VERDICT_NOT_APPLICABLE || http->fact.verdict == VERDICT_NOT_APPLICABLE)
        http->fact = older;
    if (http->version == 0)
        farm_settle(host, &http->fact);
    return DONE;
}

// --- what it means ---------------------------------------------------------------------------------

static struct fact without_answer(struct host *host, const struct answer *answer)
{
    const char *sentence = outcome_sentence(host->scratch, answer->outcome);
    const struct handshake_result *result = complete_result(answer);
    if (result == NULL)
        return complete_failure(host->scratch, answer);
    switch (result->http_answer) {
    case HTTP_NOT_ASKED:
        return fact_because(VERDICT_NOT_TESTED, "not_http", "nobody said that HTTP is spoken here");
    case HTTP_NO_HTTP:
        return fact_because(VERDICT_NO, "other_protocol", "the answer to an HTTP request was another protocol");
    case HTTP_BROKEN_HEAD:
        return fact_because(VERDICT_UNKNOWN, "malformed", "the answer's head could not be read, or does not end");
    case HTTP_NO_ANSWER:
    case HTTP_ANSWER:
        break;
    }
    const char *reason = result->alerted                   ? "alert"
                         : result->end == HANDSHAKE_SILENT ? "silent"
                         : result->end == HANDSHAKE_RESET  ? "reset"
                                                           : "closed";
    return fact_because(VERDICT_UNKNOWN, reason, sentence);
}

static bool shows(const struct chain_fact *chain, const struct handshake_result *result)
{
    if (chain->count != result->certificate_count)
        return false;
    for (size_t i = 0; i < chain->count; i++)
        if (!bytes_equal(chain->chain[i].der, result->certificates[i]))
            return false;
    return chain->count != 0;
}

// RFC 6797 section 8.1: a browser heeds the field only on a connection without any error, and never for an address
// (section 8.1.1). The check `certificates` has judged the chain that was shown here.
static struct fact is_heeded(const struct host *host, const struct facts *facts, const struct handshake_result *result)
{
    const struct chain_fact *chain = NULL;
    for (size_t i = 0; i < facts->chain_count && chain == NULL; i++)
        if (shows(&facts->chains[i], result))
            chain = &facts->chains[i];
    if (host->target->is_address && host->target->sni == NULL)
        return fact_because(VERDICT_NO, "ip_address", "browsers do not keep it for addresses");
    if (!host_runs(host, check_find("certificates")))
        return fact_because(VERDICT_NOT_TESTED, "not_selected", "the chain was not judged");
    if (chain == NULL)
        return fact_because(VERDICT_UNKNOWN, "other_chain", "the chain shown here is none of those that were judged");
    if (chain->trust_count == 0)
        return fact_because(VERDICT_NOT_TESTED, "no_store", "no trust store was given");
    const struct fact *const needed[] = {&chain->hostname, &chain->trust[0].fact, &chain->valid_now};
    return fact_all(needed, sizeof needed / sizeof *needed);
}

// --- port 80 ---------------------------------------------------------------------------------------

enum { HTTPS = 443 };

static const char *site_name(const struct host *host)
{
    return host->target->sni != NULL ? host->target->sni : host->target->host;
}

static struct fact judge_redirect(struct host *host, const struct answer *answer, struct http_fact *http)
{
    const struct fetch_result *result = answer->outcome->fetch;
    const char *sentence = outcome_sentence(host->scratch, answer->outcome);
    struct http_redirect_fact leads;
    struct http_head head;
    if (answer->outcome->kind == OUTCOME_REFUSED)
        return fact_because(VERDICT_NOT_APPLICABLE, "refused", "nobody listens on port 80");
    if (answer->outcome->kind == OUTCOME_NOT_ALLOWED)
        return fact_because(VERDICT_NOT_TESTED, "not_allowed", sentence);
    if (result == NULL || http_head_read(result->head, &head) != HTTP_WHOLE)
        return fact_because(VERDICT_UNKNOWN, outcome_code(answer->outcome->kind), sentence);
    if (refuses_head(head.status))
        return fact_because(VERDICT_UNKNOWN, "head_refused",
                            arena_text(host->scratch, "port 80 turns HEAD down with status %u", head.status));
    struct bytes location = http_value(&head, "Location");
    http_read_location(&host->facts_memory, location, site_name(host), &leads);
    bool redirects = head.status >= 300 && head.status < 400 && location.data != NULL;
    http->http_location = redirects ? leads.location : NULL;
    bool secure = redirects && http_begins(location, bytes_of_text("https:"));
    if (!secure)
        return fact_because(VERDICT_NO, redirects ? "other_target" : "no_redirect",
                            arena_text(host->scratch, "port 80 answers with status %u%s", head.status,
                                       redirects ? " and leads elsewhere" : ""));
    return fact_of(VERDICT_YES);
}

static enum progress find_redirect(struct host *host, struct http_fact *http)
{
    const char *name = site_name(host);
    bool brackets = strchr(name, ':') != NULL;
    if (host->target->port != HTTPS) {
        http->http_redirect = fact_because(VERDICT_NOT_APPLICABLE, "other_port", "port 80 belongs to port 443");
        return DONE;
    }
    struct probe probe = {
        .kind = PROBE_FETCH,
        .fetch = {.method = FETCH_HEAD,
                  .url = arena_text(host->scratch, "http://%s%s%s/", brackets ? "[" : "", name, brackets ? "]" : ""),
                  .accept = "*/*",
                  .own_address = true}};
    const struct answer *answer = ask(host, &probe);
    if (answer->outcome == NULL)
        return WAIT;
    http->http_redirect = judge_redirect(host, answer, http);
    evidence_add(host->scratch, &http->http_redirect.evidence, answer->key);
    return DONE;
}

// --- the check -------------------------------------------------------------------------------------

static void settle(struct http_fact *http, struct fact fact)
{
    fact.evidence = http->fact.evidence;
    http->fact = fact;
}

// What hangs on a response says why there is none.
static void leave_open(struct http_fact *http)
{
    struct fact why = fact_because(VERDICT_NOT_APPLICABLE, "no_answer", "there is no HTTP response");
    http->method = NULL;
    http->hsts.fact = http->hsts.effective = http->compression = http->http_redirect = why;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct arena *arena = &host->facts_memory;
    struct http_fact *http = arena_alloc(arena, sizeof *http);
    const struct answer *answer = NULL;
    struct http_head head;
    const struct check *certificates = check_find("certificates");
    if (choose_version(host, http) == WAIT || (http->version != 0 && ask_site(host, http, &answer) == WAIT))
        return WAIT;
    if (host_runs(host, certificates) && !host_done(host, certificates))
        return WAIT;
    if (answer != NULL && http_head_of(answer, &head)) {
        settle(http, fact_of(VERDICT_YES));
        http_read(arena, &head, site_name(host), strcmp(http->method, "GET") == 0, http);
        http->hsts.fact.evidence = http->compression.evidence = evidence_keep(arena, http->fact.evidence);
        http->hsts.effective = http->hsts.fact.verdict == VERDICT_YES
                                   ? is_heeded(host, facts, complete_result(answer))
                                   : fact_because(VERDICT_NOT_APPLICABLE, "no_policy", "there is nothing to be heeded");
        if (find_redirect(host, http) == WAIT)
            return WAIT;
    } else {
        if (answer != NULL)
            settle(http, without_answer(host, answer));
        leave_open(http);
    }
    http->fact = fact_keep(arena, http->fact);
    http->hsts.effective = fact_keep(arena, http->hsts.effective);
    http->http_redirect = fact_keep(arena, http->http_redirect);
    facts->http = http;
    return DONE;
}
