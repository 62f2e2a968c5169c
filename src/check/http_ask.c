// SPDX-License-Identifier: Apache-2.0
//
// What makes a handshake a request. The check `sessions` begins with the same one where both run, and sends early data
// by the same rule.
#include "check/http_ask.h"

#include <string.h>

#include "base/arena.h"

enum { HTTPS = 443, HTTPS_OTHER = 8443 };
enum { ALERT_NO_APPLICATION_PROTOCOL = 120 };

bool http_port(const struct host *host) { return host->target->port == HTTPS || host->target->port == HTTPS_OTHER; }

bool http_spoken(const struct host *host, const struct handshake_result *result)
{
    return result->alpn.size != 0 ? bytes_equal(result->alpn, bytes_of_text(HTTP_PROTOCOL)) : http_port(host);
}

// RFC 9110 section 7.2: the port where it is not the scheme's own, an IPv6 address in brackets.
static const char *authority(const struct host *host)
{
    const struct target *target = host->target;
    const char *name = target->sni != NULL ? target->sni : target->host;
    bool brackets = strchr(name, ':') != NULL;
    const char *text = arena_text(host->scratch, "%s%s%s", brackets ? "[" : "", name, brackets ? "]" : "");
    return target->port == HTTPS ? text : arena_text(host->scratch, "%s:%u", text, target->port);
}

struct handshake http_question(const struct host *host, uint16_t version)
{
    struct handshake question = complete_question(host, version);
    question.options |= HANDSHAKE_HTTP | HANDSHAKE_CHAIN | (http_port(host) ? HANDSHAKE_HTTP_UNSAID : 0);
    question.alpn = HTTP_PROTOCOL;
    question.authority = authority(host);
    return question;
}

bool http_turned_down(const struct answer *answer)
{
    const struct handshake_result *result = answer->outcome->handshake;
    return result != NULL && result->alerted && result->alert == ALERT_NO_APPLICATION_PROTOCOL;
}

enum progress http_ask(struct host *host, struct handshake *question, const struct answer **answer)
{
    *answer = complete_ask(host, question, 0);
    if ((*answer)->outcome == NULL)
        return WAIT;
    if (question->alpn == NULL || !http_port(host) || !http_turned_down(*answer))
        return DONE;
    question->alpn = NULL;
    *answer = complete_ask(host, question, 0);
    return (*answer)->outcome == NULL ? WAIT : DONE;
}

bool http_head_of(const struct answer *answer, struct http_head *head)
{
    const struct handshake_result *result = complete_result(answer);
    return result != NULL && result->http_answer == HTTP_ANSWER && http_head_read(result->http, head) == HTTP_WHOLE;
}
