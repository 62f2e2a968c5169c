// SPDX-License-Identifier: Apache-2.0
//
// What a target's facts mean for the exit status: whether the network kept any of them from us.
#include "check/connect.h"
#include "report/report.h"

// The code of an outcome as the reason: the network stood between us and the fact. Other reasons
// say that the server or this program cannot settle it, and asking again would not help.
static bool left_open(const struct fact *fact)
{
    enum outcome_kind kind;
    return fact->verdict == VERDICT_UNKNOWN && fact->reason != NULL && outcome_from_code(fact->reason, &kind);
}

static bool preference_left_open(const struct preference_fact *row)
{
    struct fact fact = {.verdict = row->preference == PREFERENCE_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_YES,
                        .reason = row->reason};
    return left_open(&fact);
}

static bool chain_left_open(const struct chain_fact *chain)
{
    for (size_t i = 0; i < chain->trust_count; i++)
        if (left_open(&chain->trust[i].fact))
            return true;
    return left_open(&chain->hostname) || left_open(&chain->in_order) || left_open(&chain->complete) ||
           left_open(&chain->repairable) || left_open(&chain->valid_now) || left_open(&chain->self_signed);
}

static bool facts_left_open(const struct facts *facts)
{
    bool open = left_open(&facts->certificates);
    for (size_t i = 0; i < facts->version_count; i++)
        open |= left_open(&facts->versions[i].fact);
    for (size_t i = 0; i < facts->enumeration_count; i++)
        open |= left_open(&facts->enumerations[i].fact);
    for (size_t i = 0; i < facts->preference_count; i++)
        open |= preference_left_open(&facts->preferences[i]);
    for (size_t i = 0; i < facts->list_count; i++)
        open |= left_open(&facts->lists[i].complete) || preference_left_open(&facts->lists[i].preference);
    for (size_t i = 0; i < facts->feature_count; i++)
        open |= left_open(&facts->features[i]->fact);
    for (size_t i = 0; i < facts->chain_count; i++)
        open |= chain_left_open(&facts->chains[i]);
    return open || (facts->connection != NULL && left_open(&facts->connection->usable));
}

enum report_reach report_reach(const struct report_input *input)
{
    bool reached = false, open = input->interrupted;
    for (size_t i = 0; i < input->endpoint_count; i++) {
        struct host *host = input->endpoints[i].host;
        const char *sentence;
        enum host_status status = host_status(host, &sentence);
        reached |= status == HOST_COMPLETE || status == HOST_PARTIAL;
        open |= status != HOST_COMPLETE || facts_left_open(&host->facts);
    }
    // Stopped before the name was resolved: nobody can say that nothing was to be reached.
    bool resolving = input->interrupted && input->endpoint_count == 0;
    if (!reached && !resolving)
        return REACH_NOTHING;
    return open ? REACH_INCOMPLETE : REACH_COMPLETE;
}
