// SPDX-License-Identifier: Apache-2.0
//
// One question, or two. What an answer means is the same for responders, lists and certificates.
#include "check/document.h"

#include <string.h>

#include "base/arena.h"
#include "wire/http.h"

enum { OK = 200, MOVED = 301, FOUND = 302, TEMPORARY = 307, PERMANENT = 308 };

bool document_has_place(struct host *host, const char *url)
{
    struct fetch_place place;
    return fetch_place_of(host->scratch, url, &place);
}

// RFC 9110 section 15.4: those after which the same question may be asked again.
static bool is_redirection(const struct fetch_result *result)
{
    static const uint16_t statuses[] = {MOVED, FOUND, TEMPORARY, PERMANENT};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (result->status == statuses[i])
            return result->location != NULL;
    return false;
}

// RFC 3986 section 5.2 as far as servers use it: a whole URL, or a path of the same host. NULL: neither of plain HTTP.
static const char *target_of(struct host *host, const char *url, const char *location)
{
    if (location[0] == '/' && location[1] != '/') {
        const char *authority = strstr(url, "://") + 3;
        int size = (int)(strcspn(authority, "/?#") + (size_t)(authority - url));
        location = arena_text(host->scratch, "%.*s%s", size, url, location);
    }
    return document_has_place(host, location) ? location : NULL;
}

static struct fact judge(struct host *host, const struct outcome *outcome)
{
    const struct fetch_result *result = outcome->fetch;
    const char *sentence = outcome_sentence(host->scratch, outcome);
    if (outcome->kind == OUTCOME_NOT_ALLOWED)
        return fact_because(VERDICT_NOT_TESTED, outcome_code(outcome->kind), sentence);
    if (outcome->kind != OUTCOME_REPLIED || result == NULL || result->status == 0)
        return fact_because(VERDICT_UNKNOWN, outcome_code(outcome->kind), sentence);
    if (is_redirection(result))
        return fact_because(VERDICT_UNKNOWN, "redirected", sentence);
    if (result->status != OK)
        return fact_because(VERDICT_UNKNOWN, "http_status", sentence);
    if (result->error != NULL)
        return fact_because(VERDICT_UNKNOWN, result->error, sentence);
    return fact_of(VERDICT_YES);
}

static enum progress ask_once(struct host *host, const struct fetch *question, struct document *out,
                              const struct fetch_result **result)
{
    struct probe probe = {.kind = PROBE_FETCH, .fetch = *question};
    const struct answer *answer = ask(host, &probe);
    if (answer->outcome == NULL)
        return WAIT;
    struct evidence evidence = out->fact.evidence;
    evidence_add(host->scratch, &evidence, answer->key);
    *result = answer->outcome->fetch;
    out->fact = judge(host, answer->outcome);
    out->fact.evidence = evidence;
    if (*result != NULL) {
        out->status = (*result)->status;
        out->octets = (*result)->body;
    }
    return DONE;
}

enum progress document_ask(struct host *host, const struct fetch *question, struct document *out)
{
    const struct fetch_result *result = NULL;
    *out = (struct document){0};
    if (!document_has_place(host, question->url)) {
        out->fact = fact_because(VERDICT_NOT_TESTED, "not_http", "the URL is none of plain HTTP");
        return DONE;
    }
    if (ask_once(host, question, out, &result) == WAIT)
        return WAIT;
    if (result == NULL || !is_redirection(result))
        return DONE;
    struct fetch moved = *question;
    moved.url = target_of(host, question->url, result->location);
    return moved.url == NULL ? DONE : ask_once(host, &moved, out, &result);
}
