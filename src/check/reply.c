// SPDX-License-Identifier: Apache-2.0
//
// Sorts outcomes by what they prove. Everything that could be the network's or a device's doing
// is kept apart from what only the server can have said.
#include "check/reply.h"

#include <string.h>

#include "base/arena.h"
#include "wire/registry.h"

enum { ALERT_INTERNAL_ERROR = 80, ALERT_PROTOCOL_VERSION = 70 };

#define LIES                                                                                                           \
    (FAULT_SUITE_NOT_OFFERED | FAULT_VERSION_NOT_OFFERED | FAULT_GROUP_NOT_OFFERED | FAULT_RETRY_FOR_SHARE |           \
     FAULT_COMPRESSION)

static bool is_draft_13(uint16_t version) { return version >> 8 == 0x7F; }

static enum reply of_flight(const struct flight *flight, uint16_t version, struct codes offered)
{
    if (flight->version == SSL2)
        return version == SSL2 ? REPLY_ACCEPTED : REPLY_LIED;
    unsigned lies = flight->faults & LIES;
    bool other = flight->version > version && flight->version <= TLS12;
    if (other && lies == FAULT_VERSION_NOT_OFFERED)
        return REPLY_OTHER_VERSION; // not to be used, but it tells what the server does not speak
    if (version == SSL2 || lies != 0)
        return REPLY_LIED;
    if (is_draft_13(flight->version))
        return version == TLS13 ? REPLY_DRAFT : REPLY_LIED;
    if (flight->version > version)
        return REPLY_LIED;
    if (flight->version < version)
        return REPLY_OTHER_VERSION;
    return codes_have(offered, flight->suite) ? REPLY_ACCEPTED : REPLY_LIED;
}

static enum reply of_alert(const struct flight *flight)
{
    if (flight->ssl2_error)
        return REPLY_REFUSED;
    if (flight->alert_description == ALERT_PROTOCOL_VERSION)
        return REPLY_VERSION_REFUSED;
    return flight->alert_description == ALERT_INTERNAL_ERROR ? REPLY_CUT_OFF : REPLY_REFUSED;
}

// picotls turns a hello down by an alert that is encrypted, and sends no ServerHello by which it could be read.
static bool is_sealed(const struct outcome *outcome)
{
    const struct flight *flight = outcome->flight;
    return flight != NULL && !flight->hello && (flight->faults & FAULT_UNDECRYPTABLE) != 0;
}

enum reply reply_of(const struct answer *answer, uint16_t version, struct codes offered)
{
    const struct outcome *outcome = answer->outcome;
    if (outcome == NULL)
        return REPLY_PENDING;
    switch (outcome->kind) {
    case OUTCOME_REPLIED:
        return of_flight(outcome->flight, version, offered);
    case OUTCOME_ALERT:
        return of_alert(outcome->flight);
    case OUTCOME_CLOSED:
    case OUTCOME_RESET:
        return REPLY_CUT_OFF;
    case OUTCOME_SILENT:
        return REPLY_SILENT;
    case OUTCOME_GARBLED:
        return is_sealed(outcome) ? REPLY_CUT_OFF : REPLY_GARBLED;
    case OUTCOME_NOT_TLS: // an SSLv2 hello is no record of TLS, and is answered so by who takes it for plain HTTP
        return version == SSL2 ? REPLY_REFUSED : REPLY_GARBLED;
    default:
        return REPLY_MISSING;
    }
}

bool reply_of_version(enum reply reply) { return reply == REPLY_VERSION_REFUSED || reply == REPLY_OTHER_VERSION; }

static const char *lie(const struct answer *answer)
{
    unsigned faults = answer->outcome->flight->faults & LIES;
    for (unsigned bit = 0; bit < FLIGHT_FAULTS; bit++)
        if (faults >> bit & 1)
            return flight_fault_name((enum flight_fault)(1u << bit));
    return "version_not_offered";
}

const char *reply_reason(const struct answer *answer, enum reply reply)
{
    if (reply == REPLY_LIED)
        return lie(answer);
    return outcome_code(answer->outcome->kind);
}

const char *reply_sentence(struct arena *arena, const struct answer *answer, enum reply reply)
{
    const char *sentence = outcome_sentence(arena, answer->outcome);
    if (reply == REPLY_LIED)
        return arena_text(arena, "%s, which the ClientHello did not allow (%s)", sentence, lie(answer));
    return sentence;
}

void reply_doubt(struct arena *arena, const struct answer *canary, enum reply reply, const char *sentence,
                 struct fact *fact)
{
    bool asked = reply != REPLY_MISSING;
    fact->verdict = VERDICT_UNKNOWN;
    fact->reason = asked ? "pushed_back" : reply_reason(canary, reply);
    fact->sentence = asked ? sentence : reply_sentence(arena, canary, reply);
}

bool reply_downgraded(const struct flight *flight)
{
    static const uint8_t sentinel[] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
    return memcmp(flight->random_end, sentinel, sizeof sentinel) == 0;
}
