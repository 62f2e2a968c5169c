// SPDX-License-Identifier: Apache-2.0
//
// Each kind of outcome has a code for programs and a sentence for people.
#include "probe/outcome.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/registry.h"

static const struct {
    const char *code, *sentence;
} kinds[OUTCOME_KINDS] = {
    [OUTCOME_REPLIED] = {"replied", "the server answered with a ServerHello"},
    [OUTCOME_ALERT] = {"alert", "the server answered with an alert"},
    [OUTCOME_CLOSED] = {"closed", "the server closed the connection without an answer"},
    [OUTCOME_RESET] = {"reset", "the server reset the connection without an answer"},
    [OUTCOME_SILENT] = {"silent", "the server took the ClientHello and said nothing"},
    [OUTCOME_GARBLED] = {"garbled", "the server answered with records of TLS that do not make a flight"},
    [OUTCOME_NOT_TLS] = {"not_tls", "the server answered in another protocol"},
    [OUTCOME_REFUSED] = {"refused", "the connection was refused"},
    [OUTCOME_UNREACHABLE] = {"unreachable", "the address could not be reached"},
    [OUTCOME_LOCAL_FAILURE] = {"local_failure", "this machine could not open a connection"},
    [OUTCOME_SKIPPED] = {"skipped", "the question was not asked"},
    [OUTCOME_NOT_ALLOWED] = {"not_allowed", "documents are not fetched unless that is asked for"},
    [OUTCOME_PRIVATE] = {"private_address", "the URL leads to an address that is not public"},
    [OUTCOME_NO_RESOLVER] = {"no_resolver", "no resolver answered"},
};

const char *outcome_code(enum outcome_kind kind)
{
    always((unsigned)kind < OUTCOME_KINDS);
    return kinds[kind].code;
}

bool outcome_from_code(const char *code, enum outcome_kind *kind)
{
    for (unsigned i = 0; i < OUTCOME_KINDS; i++)
        if (strcmp(kinds[i].code, code) == 0) {
            *kind = (enum outcome_kind)i;
            return true;
        }
    return false;
}

static bool is_internal_error(const struct outcome *outcome)
{
    enum { INTERNAL_ERROR = 80 };
    const struct flight *flight = outcome->flight;
    if (outcome->kind != OUTCOME_ALERT)
        return false;
    if (flight == NULL)
        return outcome->handshake != NULL && outcome->handshake->alert == INTERNAL_ERROR;
    return !flight->ssl2_error && flight->alert_description == INTERNAL_ERROR;
}

bool outcome_is_abrupt(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_RESET || is_internal_error(outcome);
}

bool outcome_is_cut_off(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_CLOSED || outcome_is_abrupt(outcome);
}

static const char *alert_text(struct arena *arena, const struct flight *flight)
{
    if (flight->ssl2_error)
        return arena_text(arena, "the server answered with SSLv2 error %u", flight->ssl2_error_code);
    return arena_text(arena, "the server answered with alert %u (%s)", flight->alert_description,
                      alert_label(flight->alert_description));
}

static const char *reply_text(struct arena *arena, const struct flight *flight)
{
    const struct suite *suite = suite_find(flight->suite);
    const char *version = version_name(flight->version);
    if (flight->version == SSL2)
        return arena_text(arena, "the server answered with an SSLv2 SERVER-HELLO and %zu cipher kinds",
                          flight->shown->kind_count);
    return arena_text(arena, "the server answered with a %s, %s, %s (0x%04X)",
                      flight->retry ? "HelloRetryRequest" : "ServerHello",
                      version == NULL ? arena_text(arena, "version 0x%04X", flight->version) : version,
                      suite == NULL ? "a suite that is not in the registry" : suite->name, flight->suite);
}

static const char *fetch_text(struct arena *arena, const struct outcome *outcome, const char *otherwise)
{
    if (outcome->kind == OUTCOME_SILENT)
        return "the server took the request and said nothing";
    bool told = outcome->fetch->status != 0 || outcome->kind == OUTCOME_GARBLED;
    return told ? fetch_result_sentence(arena, outcome->fetch) : otherwise;
}

const char *outcome_sentence(struct arena *arena, const struct outcome *outcome)
{
    const struct flight *flight = outcome->flight;
    const char *text = kinds[outcome->kind].sentence;
    if (outcome->kind == OUTCOME_REPLIED && flight != NULL)
        text = reply_text(arena, flight);
    if (outcome->kind == OUTCOME_ALERT && flight != NULL)
        text = alert_text(arena, flight);
    if (outcome->handshake != NULL && (outcome->handshake->hello || outcome->handshake->alerted))
        text = handshake_result_sentence(arena, outcome->handshake);
    if (outcome->fetch != NULL)
        text = fetch_text(arena, outcome, text);
    if (outcome->records != NULL)
        text = records_result_sentence(arena, outcome->records);
    return outcome->detail == NULL ? text : arena_text(arena, "%s: %s", text, outcome->detail);
}

const struct raw *raw_keep(struct arena *arena, struct raw raw)
{
    struct raw *kept = arena_alloc(arena, sizeof *kept);
    *kept = (struct raw){arena_copy(arena, raw.sent), arena_copy(arena, raw.received)};
    return kept;
}

struct raw outcome_raw(const struct outcome *outcome)
{
    return outcome->raw == NULL ? (struct raw){{NULL, 0}, {NULL, 0}} : *outcome->raw;
}

bool outcome_has_talk(enum outcome_kind kind)
{
    switch (kind) {
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_LOCAL_FAILURE:
    case OUTCOME_SKIPPED:
    case OUTCOME_NOT_ALLOWED:
    case OUTCOME_PRIVATE:
    case OUTCOME_NO_RESOLVER:
        return false;
    default:
        return true;
    }
}
