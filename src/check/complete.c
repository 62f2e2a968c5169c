// SPDX-License-Identifier: Apache-2.0
//
// The TLS library has fewer versions and suites than our own hellos. A host that answers those and not the
// library's is not judged by what the library could not ask.
#include "check/complete.h"

#include "base/arena.h"
#include "check/versions.h"
#include "wire/registry.h"

static const char *library_lacks = "the TLS library at hand has nothing that the server accepts";

// The highest version of found[lowest] to found[highest] that is a yes.
static enum progress choose(struct host *host, size_t lowest, size_t highest, uint16_t *version, struct fact *why)
{
    struct version_found found[VERSIONS];
    versions_find(host, found);
    *version = 0;
    *why = fact_because(VERDICT_NOT_APPLICABLE, "no_version", "the server has no version that this could be seen in");
    for (size_t i = highest + 1; i-- > lowest;) {
        if (!found[i].settled)
            return WAIT;
        if (found[i].fact.verdict == VERDICT_YES) {
            *version = found[i].version;
            return DONE;
        }
        if (found[i].fact.verdict == VERDICT_UNKNOWN)
            *why =
                fact_because(VERDICT_UNKNOWN, "version_unknown", "it is not known whether the server has the version");
    }
    return DONE;
}

// Places in versions_asked_for.
enum { PLACE_SSL3 = 1, PLACE_TLS10 = 2, PLACE_TLS12 = 4, PLACE_TLS13 = 5 };

enum progress complete_version_12(struct host *host, uint16_t *version, struct fact *why)
{
    struct fact older;
    if (choose(host, PLACE_TLS10, PLACE_TLS12, version, why) == WAIT)
        return WAIT;
    if (*version != 0 || why->verdict == VERDICT_UNKNOWN)
        return DONE;
    if (choose(host, PLACE_SSL3, PLACE_SSL3, version, &older) == WAIT)
        return WAIT;
    if (*version != 0)
        *why = fact_because(VERDICT_NOT_TESTED, "library", library_lacks);
    *version = 0;
    return DONE;
}

enum progress complete_version_13(struct host *host, uint16_t *version, struct fact *why)
{
    return choose(host, PLACE_TLS13, PLACE_TLS13, version, why);
}

enum progress complete_versions(struct host *host)
{
    struct version_found found[VERSIONS];
    return versions_accepted(host, found);
}

struct handshake complete_question(const struct host *host, uint16_t version)
{
    return (struct handshake){.lowest = version,
                              .highest = version,
                              .options = host->client_certificate != NULL ? HANDSHAKE_CERTIFICATE : 0,
                              .server_name = host->target->sni};
}

const struct answer *complete_ask(struct host *host, const struct handshake *question, uint16_t sample)
{
    struct probe probe = {.kind = PROBE_HANDSHAKE, .handshake = *question, .sample = sample};
    return ask(host, &probe);
}

const struct handshake_result *complete_result(const struct answer *answer)
{
    const struct handshake_result *result = answer->outcome == NULL ? NULL : answer->outcome->handshake;
    return result != NULL && result->completed ? result : NULL;
}

enum { ALERT_HANDSHAKE_FAILURE = 40, ALERT_ILLEGAL_PARAMETER = 47 };
enum { ALERT_PROTOCOL_VERSION = 70, ALERT_INSUFFICIENT_SECURITY = 71 };

// Alerts for a hello that offers nothing to agree on: RFC 8446 section 6.2.
static bool speaks_of_offer(uint8_t alert)
{
    return alert == ALERT_HANDSHAKE_FAILURE || alert == ALERT_ILLEGAL_PARAMETER || alert == ALERT_INSUFFICIENT_SECURITY;
}

struct fact complete_failure(struct arena *arena, const struct answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    const struct handshake_result *result = outcome->handshake;
    const char *sentence = outcome_sentence(arena, outcome);
    bool turned_down = outcome->kind == OUTCOME_ALERT && result != NULL;
    if (turned_down && speaks_of_offer(result->alert))
        return fact_because(VERDICT_NOT_TESTED, "library", arena_text(arena, "%s: %s", library_lacks, sentence));
    if (turned_down && result->alert == ALERT_PROTOCOL_VERSION)
        return fact_because(VERDICT_UNKNOWN, "version_refused",
                            "the server turned down a version that it had accepted before: another may have answered");
    if (outcome->kind != OUTCOME_REPLIED)
        return fact_because(VERDICT_UNKNOWN, outcome_code(outcome->kind), sentence);
    switch (result->end) {
    case HANDSHAKE_FAILED:
        if (!result->alerted)
            return fact_because(VERDICT_NOT_TESTED, "library", sentence);
        return fact_because(VERDICT_UNKNOWN, "handshake_failed", sentence);
    case HANDSHAKE_RESET:
        return fact_because(VERDICT_UNKNOWN, "reset", sentence);
    case HANDSHAKE_SILENT:
        return fact_because(VERDICT_UNKNOWN, "silent", sentence);
    default:
        return fact_because(VERDICT_UNKNOWN, "closed", sentence);
    }
}
