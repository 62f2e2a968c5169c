// SPDX-License-Identifier: Apache-2.0
//
// From reports to a status. A policy or a threshold that was asked for and failed fails the run by itself, and so does
// what got worse since the baseline that was named; findings do so only where the user says from which severity on.
#include "tally.h"

#include <string.h>

// The worst that applies wins; worst first.
static const enum shakedown_status worst_first[] = {
    SHAKEDOWN_INTERNAL, SHAKEDOWN_USAGE, SHAKEDOWN_UNREACHABLE, SHAKEDOWN_INCOMPLETE, SHAKEDOWN_FAILED, SHAKEDOWN_OK,
};

enum shakedown_status shakedown_worse(enum shakedown_status a, enum shakedown_status b)
{
    size_t i = 0;
    while (worst_first[i] != a && worst_first[i] != b)
        if (++i == sizeof worst_first / sizeof *worst_first)
            bug("a status that is not in the list");
    return worst_first[i];
}

static bool take_word(struct tally *tally, const char *word, const struct shakedown_settings *settings,
                      struct complaint *complaint)
{
    enum severity severity;
    if (severity_find(word, &severity)) {
        if (tally->fail_on == SEVERITY_NONE || severity < tally->fail_on)
            tally->fail_on = severity;
        return true;
    }
    if (strcmp(word, "change") == 0) {
        tally->fail_on_change = true;
        return settings->baseline != NULL || complain(complaint, "to fail on a change there has to be a baseline");
    }
    if (strcmp(word, "expiry") == 0)
        return settings->has_expires_within || complain(complaint, "to fail on expiry there has to be a limit of days");
    if (strcmp(word, "policy") != 0)
        return complain(complaint, "'%.64s' is nothing that a run can fail on", word);
    return settings->policy != NULL || complain(complaint, "to fail on a policy there has to be one");
}

bool tally_begin(struct tally *tally, const struct shakedown_settings *settings, struct complaint *complaint)
{
    *tally = (struct tally){0};
    for (const char *words = settings->fail_on == NULL ? "" : settings->fail_on; *words != '\0';
         words += strspn(words, ", ")) {
        char word[64];
        size_t size = strcspn(words, ", ");
        if (size >= sizeof word)
            return complain(complaint, "'%.64s' is nothing that a run can fail on", words);
        memcpy(word, words, size);
        word[size] = '\0';
        words += size;
        if (size != 0 && !take_word(tally, word, settings, complaint))
            return false;
    }
    return true;
}

void tally_count(struct tally *tally, enum report_reach reach, const struct judgement *judgement)
{
    tally->reports++;
    tally->reached += reach != REACH_NOTHING;
    bool findings = tally->fail_on != SEVERITY_NONE && judgement->worst >= tally->fail_on;
    bool changed = judgement->worse || (tally->fail_on_change && judgement->changed);
    tally->failed = tally->failed || findings || judgement->failed || changed;
    tally->incomplete = tally->incomplete || reach == REACH_INCOMPLETE || judgement->incomplete;
}

enum shakedown_status tally_status(const struct tally *tally)
{
    enum shakedown_status status = SHAKEDOWN_OK;
    if (tally->reports != 0 && tally->reached == 0)
        status = shakedown_worse(status, SHAKEDOWN_UNREACHABLE);
    if (tally->incomplete || tally->reached != tally->reports)
        status = shakedown_worse(status, SHAKEDOWN_INCOMPLETE);
    return tally->failed ? shakedown_worse(status, SHAKEDOWN_FAILED) : status;
}
