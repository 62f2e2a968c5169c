// SPDX-License-Identifier: Apache-2.0
//
// What became of a host as a whole: told from what it answered itself, and from the facts that stayed unknown
// because an outcome was missing.
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/connect.h"
#include "check/host.h"

const char *host_status_name(enum host_status status)
{
    switch (status) {
    case HOST_COMPLETE:
        return "complete";
    case HOST_PARTIAL:
        return "partial";
    case HOST_UNREACHABLE:
        return "unreachable";
    case HOST_NOT_TLS:
        return "not_tls";
    case HOST_REFUSED:
        return "refused";
    }
    bug("no such status");
}

struct tally {
    size_t of[OUTCOME_KINDS];
    const struct answer *first[OUTCOME_KINDS];
};

static struct tally count(const struct ledger *ledger)
{
    struct tally tally = {0};
    for (const struct answer *answer = ledger->first; answer != NULL; answer = answer->next) {
        if (answer_is_errand(answer))
            continue;
        enum outcome_kind kind = answer->outcome == NULL ? OUTCOME_SKIPPED : answer->outcome->kind;
        if (tally.of[kind]++ == 0)
            tally.first[kind] = answer;
    }
    return tally;
}

static const char *told(struct host *host, const struct tally *tally, enum outcome_kind kind)
{
    const struct answer *answer = tally->first[kind];
    return answer->outcome == NULL ? "the question was not asked"
                                   : outcome_sentence(&host->facts_memory, answer->outcome);
}

// The first unknown fact that a missing outcome explains, or NULL.
static const struct fact *first_unknown(const struct facts *facts)
{
    for (size_t i = 0; i < facts->version_count; i++)
        if (facts->versions[i].fact.verdict == VERDICT_UNKNOWN)
            return &facts->versions[i].fact;
    for (size_t i = 0; i < facts->enumeration_count; i++)
        if (facts->enumerations[i].fact.verdict == VERDICT_UNKNOWN)
            return &facts->enumerations[i].fact;
    if (facts->certificates.verdict == VERDICT_UNKNOWN && facts->certificates.reason != NULL)
        return &facts->certificates;
    return NULL;
}

// An alert tells all that was to be known of the one handshake that was to be made.
static bool turned_down(const struct host *host, const struct tally *tally)
{
    const struct connection_fact *connection = host->facts.connection;
    return tally->of[OUTCOME_ALERT] != 0 && connection != NULL && connection->completed.verdict == VERDICT_NO;
}

enum host_status host_status(struct host *host, const char **sentence)
{
    struct tally tally = count(&host->ledger);
    *sentence = NULL;
    if (tally.of[OUTCOME_REPLIED] == 0 && !turned_down(host, &tally)) {
        static const struct {
            enum outcome_kind kind;
            enum host_status status;
        } order[] = {
            {OUTCOME_ALERT, HOST_PARTIAL},
            {OUTCOME_NOT_TLS, HOST_NOT_TLS},
            {OUTCOME_GARBLED, HOST_PARTIAL},
            {OUTCOME_CLOSED, HOST_PARTIAL},
            {OUTCOME_RESET, HOST_PARTIAL},
            {OUTCOME_SILENT, HOST_PARTIAL},
            {OUTCOME_REFUSED, HOST_REFUSED},
            {OUTCOME_UNREACHABLE, HOST_UNREACHABLE},
            {OUTCOME_LOCAL_FAILURE, HOST_UNREACHABLE},
            {OUTCOME_SKIPPED, HOST_PARTIAL},
        };
        for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
            if (tally.of[order[i].kind] != 0) {
                *sentence = told(host, &tally, order[i].kind);
                return order[i].status;
            }
        return HOST_COMPLETE;
    }
    const struct fact *unknown = first_unknown(&host->facts);
    if (unknown == NULL && host_finished(host))
        return HOST_COMPLETE;
    *sentence = unknown == NULL || unknown->sentence == NULL ? "not every question was answered" : unknown->sentence;
    return HOST_PARTIAL;
}
