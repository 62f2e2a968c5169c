// SPDX-License-Identifier: Apache-2.0
//
// Which groups does the server agree on keys with, up to TLS 1.2 and in TLS 1.3, and who chooses?
// RFC 8422 and RFC 7919 let the client list them, RFC 8446 section 4.2.7 keeps the list, and leaves
// the choice to the server; post-quantum groups and hybrids are in it like all others. How they
// are found: groups_find.c.
#include "check/groups.h"

#include <string.h>

#include "base/arena.h"
#include "check/farm.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check groups_check;
const struct check groups_check = {
    .id = "groups",
    .question = "Which groups does the server agree on keys with, in which order, and who chooses?",
    .citations = "RFC 8422, RFC 7919, RFC 8446, RFC 9325",
    .flags = CHECK_DEFAULT,
    .ahead = 2,
    .run = run,
};

// --- rows ----------------------------------------------------------------------------------------

// Two lists of one version are never chosen from at once: then only the first has an order.
static void add_rows(struct host *host, struct facts *facts, uint16_t version, const struct removal_found *list,
                     bool ordered)
{
    for (size_t i = 0; i < list->count; i++) {
        struct group_fact row = {
            .code = list->choice[i].code,
            .version = version,
            .order = ordered && list->ordered ? (unsigned)i + 1 : 0,
        };
        evidence_add(&host->facts_memory, &row.evidence, list->choice[i].answer->key);
        group_add(&host->facts_memory, facts, &row);
    }
}

static struct preference_fact preference_of(struct host *host, const struct groups_found *found)
{
    const struct removal_found *list = found->named.count != 0 ? &found->named : &found->finite;
    struct preference_fact fact = removal_preference(host->scratch, list);
    bool ignores = found->complete.verdict == VERDICT_UNKNOWN && strcmp(found->complete.reason, "ignores_offer") == 0;
    bool whole = list->complete.verdict == VERDICT_YES;
    if (ignores || (fact.preference == PREFERENCE_SINGLE && !whole))
        fact.preference = PREFERENCE_UNKNOWN;
    if (fact.preference != PREFERENCE_UNKNOWN)
        return fact;
    if (ignores) {
        fact.reason = "ignores_offer";
        fact.sentence = "the server takes no notice of the list";
    } else if (list->count == 1) {
        fact.reason = list->complete.reason;
        fact.sentence = list->complete.sentence;
    } else if (list->count != 0) {
        fact.reason = list->ordered ? "no_control" : "no_order";
        fact.sentence = list->ordered ? "the reversed list was not answered"
                                      : "the groups could not be had in one chain of choices";
    } else {
        fact.reason = "no_groups";
        fact.sentence = "no group was accepted";
    }
    return fact;
}

static void add_list(struct host *host, struct facts *facts, uint16_t version, const struct groups_found *found)
{
    struct arena *arena = &host->facts_memory;
    struct list_fact row = {
        .kind = LIST_GROUPS,
        .version = version,
        .offered = found->offered,
        .complete = fact_keep(arena, found->complete),
        .preference = preference_of(host, found),
    };
    row.preference.version = version;
    row.preference.evidence = evidence_keep(arena, row.preference.evidence);
    if (row.preference.sentence != NULL)
        row.preference.sentence = arena_text(arena, "%s", row.preference.sentence);
    list_add(arena, facts, &row);
}

// --- what else was seen --------------------------------------------------------------------------

static void tell_of_faults(struct host *host, struct facts *facts, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    const unsigned of_groups = FAULT_GROUP_NOT_OFFERED | FAULT_RETRY_WITHOUT_GROUP | FAULT_RETRY_FOR_SHARE;
    for (unsigned bit = 0; flight != NULL && bit < FLIGHT_FAULTS; bit++) {
        enum flight_fault fault = (enum flight_fault)(1u << bit);
        if ((flight->faults & of_groups & fault) == 0)
            continue;
        const char *name = flight_fault_name(fault);
        struct evidence evidence = {0};
        evidence_add(host->scratch, &evidence, answer->key);
        anomaly_add(&host->facts_memory, facts, name,
                    arena_text(host->scratch, "a server flight broke the protocol (%s)", name), evidence);
    }
}

static void tell_of_anomalies(struct host *host, struct facts *facts, const struct groups_found *found)
{
    struct arena *arena = &host->facts_memory;
    const struct fact *complete = &found->complete;
    if (found->version.version == 0)
        return;
    if (found->made_up != NULL)
        tell_of_faults(host, facts, found->made_up);
    if (found->named.changed || found->finite.changed)
        anomaly_add(
            arena, facts, "mixed_backends",
            "the same ClientHello was answered differently: several servers behind one address, or one that changes",
            complete->evidence);
    else if (complete->verdict == VERDICT_UNKNOWN && strcmp(complete->reason, "ignores_offer") == 0)
        anomaly_add(arena, facts, "groups_ignored", complete->sentence, complete->evidence);
    else if (complete->verdict == VERDICT_UNKNOWN)
        anomaly_add(arena, facts, complete->reason, complete->sentence, complete->evidence);
}

// --- the check -----------------------------------------------------------------------------------

static enum progress run(struct host *host, struct facts *facts)
{
    static const uint16_t versions[] = {TLS12, TLS13};
    struct groups_found found[2];
    enum progress progress = DONE;
    for (size_t i = 0; i < 2; i++)
        if (groups_find(host, versions[i], &found[i]) == WAIT)
            progress = WAIT;
    if (progress == WAIT)
        return WAIT;
    for (size_t i = 0; i < 2; i++) {
        farm_settle_yes(host, &found[i].complete);
        add_rows(host, facts, versions[i], &found[i].named, true);
        add_rows(host, facts, versions[i], &found[i].finite, found[i].named.count == 0);
        add_list(host, facts, versions[i], &found[i]);
        tell_of_anomalies(host, facts, &found[i]);
    }
    return DONE;
}
