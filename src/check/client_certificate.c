// SPDX-License-Identifier: Apache-2.0
//
// The same handshake twice, with the certificate and without. RFC 5246 section 7.4.6, RFC 8446 section
// 4.4.2.4. Up to TLS 1.2 the server's Finished answers the certificate; in TLS 1.3 it comes before, so
// that only a ticket or an answer says that the server went on, and only an alert behind our Finished
// that it did not. Web servers refuse later still, with a status, so that HTTP is asked where it is spoken. Trust
// itself is never said: a server that goes on without a certificate too may not have looked at it.
#include "check/client_certificate.h"

#include "base/arena.h"
#include "check/http_ask.h"
#include "wire/registry.h"

enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_NO_CERTIFICATE = 41,
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_CERTIFICATE_UNKNOWN = 46,
    ALERT_UNKNOWN_CA = 48,
    ALERT_ACCESS_DENIED = 49,
    ALERT_DECODE_ERROR = 50,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_CERTIFICATE_REQUIRED = 116,
};

enum { BAD_REQUEST = 400, UNAUTHORIZED = 401, FORBIDDEN = 403, CERTIFICATE_ERROR = 495, NO_CERTIFICATE = 496 };

enum course { GOES_ON, DENIES, TURNS_DOWN, UNTOLD };

// A server that does not speak HTTP, and turns its name down, is asked without it: it may want a certificate all the
// same.
static enum progress ask_either(struct host *host, struct handshake *question, const struct answer **answer)
{
    if (http_ask(host, question, answer) == WAIT)
        return WAIT;
    if (!http_turned_down(*answer))
        return DONE;
    question->alpn = NULL;
    *answer = complete_ask(host, question, 0);
    return (*answer)->outcome == NULL ? WAIT : DONE;
}

enum progress client_certificate_control(struct host *host, uint16_t version, const struct answer **answer)
{
    struct handshake without = http_question(host, version);
    without.options &= (uint16_t)~HANDSHAKE_CERTIFICATE;
    return ask_either(host, &without, answer);
}

// The status of an HTTP answer that may be about the certificate; 0: there is none.
static unsigned denial(const struct answer *answer)
{
    struct http_head head;
    if (!http_head_of(answer, &head))
        return 0;
    bool denies = head.status == BAD_REQUEST || head.status == UNAUTHORIZED || head.status == FORBIDDEN ||
                  head.status == CERTIFICATE_ERROR || head.status == NO_CERTIFICATE;
    return denies ? head.status : 0;
}

// GnuTLS before TLS 1.3: to it a list without a certificate is no Certificate message.
static bool cannot_do_without(const struct handshake_result *result)
{
    return result->alert == ALERT_DECODE_ERROR && result->version < TLS13 && result->certificate_requested &&
           !result->completed;
}

static bool wanted(const struct handshake_result *result)
{
    if (!result->hello || !result->alerted)
        return false;
    return cannot_do_without(result) || result->alert == ALERT_CERTIFICATE_REQUIRED ||
           result->alert == ALERT_NO_CERTIFICATE || result->alert == ALERT_BAD_CERTIFICATE ||
           result->alert == ALERT_HANDSHAKE_FAILURE;
}

static enum course course_of(const struct answer *answer)
{
    const struct handshake_result *result = answer->outcome->handshake;
    if (result == NULL || !result->hello)
        return UNTOLD;
    if (result->alerted)
        return TURNS_DOWN;
    if (!result->completed)
        return UNTOLD;
    if (denial(answer) != 0)
        return DENIES;
    bool heard = result->http_answer == HTTP_ANSWER || result->ticket_count != 0;
    return result->version < TLS13 || heard ? GOES_ON : UNTOLD;
}

// These speak of nothing but the certificate. RFC 8446 section 6.2.
static bool blames_certificate(uint8_t alert)
{
    return (alert >= ALERT_BAD_CERTIFICATE && alert <= ALERT_CERTIFICATE_UNKNOWN) || alert == ALERT_UNKNOWN_CA ||
           alert == ALERT_ACCESS_DENIED;
}

static struct fact untold(struct host *host, const struct answer *answer)
{
    return fact_because(VERDICT_UNKNOWN, "not_told", outcome_sentence(host->scratch, answer->outcome));
}

static struct fact turned_down(struct host *host, const struct answer *with, enum course without)
{
    uint8_t alert = with->outcome->handshake->alert;
    const char *name = alert_name(alert);
    bool blamed = blames_certificate(alert) || (without == GOES_ON && alert != ALERT_INTERNAL_ERROR);
    const char *sentence =
        arena_text(host->scratch, "the server ended the handshake with alert %u (%s)", alert, alert_label(alert));
    if (blamed)
        return fact_because(VERDICT_NO, name == NULL ? "alert" : name, sentence);
    return fact_because(VERDICT_UNKNOWN, "handshake_failed",
                        arena_text(host->scratch, "%s, which need not be about the certificate", sentence));
}

// A web server completes the handshake and says its no in HTTP.
static struct fact denied(struct host *host, const struct answer *with, enum course without)
{
    unsigned status = denial(with);
    if (without == GOES_ON)
        return fact_because(VERDICT_NO, "http_status",
                            arena_text(host->scratch,
                                       "the answer has HTTP status %u, and without the certificate it "
                                       "has not",
                                       status));
    return fact_because(VERDICT_UNKNOWN, "http_status",
                        arena_text(host->scratch,
                                   "the answer has HTTP status %u with the certificate, and may be about "
                                   "it or not",
                                   status));
}

static struct fact judge(struct host *host, const struct answer *with, const struct answer *without)
{
    enum course course = course_of(with), control = course_of(without);
    if (course == TURNS_DOWN)
        return turned_down(host, with, control);
    if (course == UNTOLD)
        return untold(host, with);
    if (control == TURNS_DOWN && wanted(without->outcome->handshake))
        return fact_of(VERDICT_YES);
    if (course == DENIES)
        return denied(host, with, control);
    if (control == DENIES)
        return fact_of(VERDICT_YES);
    if (control != GOES_ON)
        return untold(host, without);
    return fact_because(VERDICT_UNKNOWN, "not_required",
                        "the server goes on with the certificate as it does without: it does not say whether it "
                        "trusts it");
}

static struct fact unpresented(struct host *host, const struct answer *with)
{
    const struct handshake_result *result = with->outcome->handshake;
    if (result == NULL || !result->hello)
        return untold(host, with);
    if (!result->certificate_requested)
        return fact_because(VERDICT_NOT_APPLICABLE, "not_requested", "no certificate was asked for in the handshake");
    return fact_because(VERDICT_NOT_TESTED, "no_common_scheme",
                        "the server lists no signature scheme that the certificate's key could sign with");
}

struct fact client_certificate_required(struct host *host, const struct answer *without)
{
    const struct handshake_result *result = without->outcome->handshake;
    if (result != NULL && wanted(result))
        return fact_of(VERDICT_YES);
    switch (course_of(without)) {
    case GOES_ON:
        return fact_of(VERDICT_NO);
    case DENIES:
        return fact_because(VERDICT_UNKNOWN, "http_status",
                            arena_text(host->scratch,
                                       "the handshake is completed without one, and the answer has HTTP status %u",
                                       denial(without)));
    case TURNS_DOWN:
    case UNTOLD:
        break;
    }
    return untold(host, without);
}

enum progress client_certificate_find(struct host *host, uint16_t version, struct client_certificate_found *found)
{
    struct handshake presenting = http_question(host, version);
    const struct answer *with, *without;
    enum progress progress = ask_either(host, &presenting, &with);
    if (client_certificate_control(host, version, &without) == WAIT || progress == WAIT)
        return WAIT;
    const struct handshake_result *result = with->outcome->handshake;
    bool sent = result != NULL && result->certificate_sent;
    found->presented = sent ? fact_of(VERDICT_YES) : unpresented(host, with);
    found->accepted = sent ? judge(host, with, without) : found->presented;
    evidence_add(host->scratch, &found->presented.evidence, with->key);
    evidence_add(host->scratch, &found->accepted.evidence, with->key);
    if (sent)
        evidence_add(host->scratch, &found->accepted.evidence, without->key);
    return DONE;
}
