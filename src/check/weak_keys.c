// SPDX-License-Identifier: Apache-2.0
//
// Is one of the keys weak? CVE-2008-0166, CVE-2017-15361, CA/Browser Forum Baseline Requirements
// section 6.1.1.3. The keys are looked at in wire/weak_key.c; this gives the answers their evidence.
#include "check/weak_keys.h"

#include "base/arena.h"
#include "base/fail.h"
#include "wire/weak_key.h"

static enum verdict verdict_of(enum weakness answer)
{
    switch (answer) {
    case WEAKNESS_UNKNOWN:
        return VERDICT_UNKNOWN;
    case WEAKNESS_YES:
        return VERDICT_YES;
    case WEAKNESS_NO:
        return VERDICT_NO;
    case WEAKNESS_NOT_TESTED:
        return VERDICT_NOT_TESTED;
    }
    bug("no such answer");
}

static struct weak_keys judge(struct host *host, struct bytes key, struct evidence evidence)
{
    struct weakness_row rows[WEAKNESS_ROWS];
    size_t count = weak_key_rows(&host->facts_memory, key, &host->key_lists, rows);
    struct weak_key_fact *facts = arena_array(&host->facts_memory, count, sizeof *facts);
    for (size_t i = 0; i < count; i++) {
        facts[i].id = rows[i].id;
        facts[i].fact = fact_because(verdict_of(rows[i].answer), rows[i].reason, rows[i].sentence);
        if (rows[i].answer != WEAKNESS_NOT_TESTED)
            facts[i].fact.evidence = evidence;
    }
    return (struct weak_keys){facts, count};
}

const struct weak_keys *weak_keys_judge(struct host *host, const struct chain_fact *chain)
{
    struct weak_keys *keys = arena_array(&host->facts_memory, chain->count, sizeof *keys);
    for (size_t i = 0; i < chain->count; i++)
        keys[i] = judge(host, chain->chain[i].public_key_der, chain->evidence);
    return keys;
}
