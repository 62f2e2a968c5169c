// SPDX-License-Identifier: Apache-2.0
//
// Baseline Requirements section 4.9.10 forbids that a responder calls good what was never issued; RFC 6960 section 2.2
// allows it, and wants such a number to be called revoked where it is known not to be issued.
#include "check/responder.h"

#include <string.h>

#include "base/arena.h"
#include "wire/keys.h"
#include "wire/ocsp.h"

#define RESPONSE_OCTETS (64 * 1024)
#define SERIAL_OCTETS   16

struct fetch responder_question(struct host *host, const char *url, const struct revocation_question *question)
{
    return (struct fetch){.method = FETCH_POST,
                          .url = url,
                          .body = ocsp_request(host->scratch, question->certificate, question->issuer),
                          .content_type = "application/ocsp-request",
                          .accept = "application/ocsp-response",
                          .limit = RESPONSE_OCTETS};
}

// Positive, and of the length that authorities use. That it was issued by chance is as likely as a guessed key.
static struct bytes invented_serial(struct host *host, const struct certificate *issuer)
{
    static const char label[] = "shakedown: a serial number that nobody has issued";
    uint8_t digest[32];
    struct builder text = builder_in(host->scratch);
    builder_add(&text, bytes_of_text(label));
    builder_add(&text, issuer->public_key_der);
    digest_sha256(builder_bytes(&text), digest);
    digest[0] = (uint8_t)((digest[0] & 0x7F) | 0x40);
    return arena_copy(host->scratch, (struct bytes){digest, SERIAL_OCTETS});
}

static struct fact judge(const struct revocation_result *said)
{
    if (said->status == REVOCATION_GOOD)
        return fact_because(VERDICT_YES, "good_for_unissued",
                            "the responder calls a serial number good that nobody has issued");
    bool refused = said->status == REVOCATION_REVOKED || strcmp(said->reason, "unknown_certificate") == 0 ||
                   strcmp(said->reason, "unauthorized") == 0;
    return refused ? fact_of(VERDICT_NO) : fact_because(VERDICT_UNKNOWN, said->reason, said->sentence);
}

enum progress responder_control(struct host *host, const char *url, const struct revocation_question *question,
                                struct fact *out)
{
    struct certificate nobody = *question->certificate;
    const struct revocation_question control = {&nobody, question->issuer, question->now};
    struct revocation_result said;
    struct document document;
    nobody.serial_octets = invented_serial(host, question->issuer);
    const struct fetch fetch = responder_question(host, url, &control);
    if (document_ask(host, &fetch, &document) == WAIT)
        return WAIT;
    *out = document.fact;
    if (document.fact.verdict != VERDICT_YES)
        return DONE;
    ocsp_judge(host->scratch, document.octets, &control, &said);
    *out = judge(&said);
    out->evidence = document.fact.evidence;
    return DONE;
}
