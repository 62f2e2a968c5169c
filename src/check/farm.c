// SPDX-License-Identifier: Apache-2.0
//
// A farm is told by asking what was refused once more: the highest version that was, twice; and the last list of suites
// of each version, which its removal repeats. All of that is refused again where there is one server, and costs it
// little. Where servers differ each question meets another one half of the time, so that most farms are noticed in
// which several things differ.
#include "check/farm.h"

#include "check/version_control.h"

enum { ONCE_MORE = 0xFA, TIMES = 2 };

// Whether a first question was refused. What was cut off has been repeated already.
static bool refused_once(struct host *host, uint16_t version)
{
    const struct answer *answer;
    enum reply reply = version_first(host, version, &answer);
    return reply == REPLY_REFUSED || reply == REPLY_VERSION_REFUSED || reply == REPLY_OTHER_VERSION;
}

// The highest version that was refused, though it may be in doubt still. NULL: none. WAIT: it is not known yet.
static enum progress highest_refused(struct host *host, const struct version_found versions[VERSIONS],
                                     const struct version_found **refused)
{
    *refused = NULL;
    for (size_t i = VERSIONS; i-- > 0 && *refused == NULL;) {
        if (!versions[i].settled && !versions[i].doubtful)
            return WAIT;
        bool refused_so_far = versions[i].fact.verdict == VERDICT_NO || versions[i].needs_share;
        if (refused_so_far && refused_once(host, versions[i].version))
            *refused = &versions[i];
    }
    return DONE;
}

static enum progress ask_version(struct host *host, const struct version_found versions[VERSIONS], struct farm *farm)
{
    const struct version_found *refused;
    if (highest_refused(host, versions, &refused) == WAIT)
        return WAIT;
    enum progress progress = DONE;
    for (unsigned i = 0; refused != NULL && i < TIMES; i++) {
        const struct answer *again = version_ask_first(host, refused->version, (uint16_t)(ONCE_MORE + i));
        enum reply reply = reply_of(again, refused->version, offer_suites(host, refused->version));
        if (reply == REPLY_PENDING)
            progress = WAIT;
        if (reply != REPLY_ACCEPTED || farm->mixed)
            continue;
        farm->mixed = true;
        farm->accepted = again;
        farm->version = refused->version;
    }
    return progress;
}

static enum progress look_at_lists(struct host *host, const struct version_found versions[VERSIONS], struct farm *farm)
{
    enum progress progress = DONE;
    for (size_t i = 1; host_runs(host, check_find("suites")) && i < VERSIONS; i++) {
        struct removal_found found;
        if (versions[i].accepted == NULL)
            continue;
        if (suites_find(host, &versions[i], &found) == WAIT)
            progress = WAIT;
        else
            farm->mixed = farm->mixed || found.changed;
    }
    return progress;
}

enum progress farm_find(struct host *host, const struct version_found versions[VERSIONS], struct farm *farm)
{
    *farm = (struct farm){0};
    enum progress progress = ask_version(host, versions, farm);
    return look_at_lists(host, versions, farm) == WAIT ? WAIT : progress;
}

void farm_doubt(struct fact *fact)
{
    fact->verdict = VERDICT_UNKNOWN;
    fact->reason = "mixed_backends";
    fact->sentence = "servers of different configuration answer here: what one of them turned down another may have";
}

void farm_settle(const struct host *host, struct fact *absence)
{
    bool absent = absence->verdict == VERDICT_NO || absence->verdict == VERDICT_NOT_APPLICABLE;
    if (absent && host->facts.farm)
        farm_doubt(absence);
}

void farm_settle_yes(const struct host *host, struct fact *fact)
{
    if (fact->verdict == VERDICT_YES && host->facts.farm)
        farm_doubt(fact);
}
