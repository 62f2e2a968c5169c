// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a chain as it was sent? RFC 5280, RFC 8446 section 4.4.2, RFC 9525. One function for each
// question; trust is chain_trust.c's.
#include "check/chain.h"

#include "base/arena.h"
#include "base/text.h"
#include "check/chain_trust.h"
#include "check/weak_keys.h"

static const char *subject_of(const struct certificate *certificate)
{
    return certificate->subject == NULL || certificate->subject[0] == '\0' ? "(no subject)" : certificate->subject;
}

static struct fact judge_dates(struct host *host, const struct chain_fact *chain)
{
    struct arena *arena = &host->facts_memory;
    for (size_t i = 0; i < chain->count; i++) {
        const struct certificate *one = &chain->chain[i];
        if (one->error != NULL)
            return fact_because(VERDICT_UNKNOWN, "unparseable", one->error);
        if (host->now > one->not_after)
            return fact_because(
                VERDICT_NO, "expired",
                arena_text(arena, "%s expired at %s", subject_of(one), text_time(arena, one->not_after)));
        if (host->now < one->not_before)
            return fact_because(
                VERDICT_NO, "not_yet_valid",
                arena_text(arena, "%s is valid from %s on", subject_of(one), text_time(arena, one->not_before)));
    }
    return fact_of(VERDICT_YES);
}

static struct fact judge_order(struct host *host, const struct chain_fact *chain)
{
    struct fact fact = fact_of(VERDICT_YES);
    for (size_t i = 0; i + 1 < chain->count; i++) {
        enum issued issued = certificate_issued(&chain->chain[i + 1], &chain->chain[i]);
        if (issued == ISSUED_NO)
            return fact_because(
                VERDICT_NO, "wrong_order",
                arena_text(&host->facts_memory, "certificate %zu did not issue certificate %zu", i + 2, i + 1));
        if (issued == ISSUED_UNKNOWN)
            fact = fact_because(VERDICT_UNKNOWN, "unsupported",
                                "the names fit, and a signature is of a kind that the library at hand does not know");
    }
    return fact;
}

static void judge_name(struct host *host, struct chain_fact *chain)
{
    const char *name = host->target->sni != NULL ? host->target->sni : host->target->host;
    struct name_match match;
    names_match(&host->facts_memory, &chain->chain[0], name, &match);
    chain->hostname = match.reason == NULL
                          ? fact_of(VERDICT_YES)
                          : fact_because(match.matched ? VERDICT_YES : VERDICT_NO, match.reason, match.sentence);
    chain->matched = match.by;
    if (chain->chain[0].error != NULL)
        chain->hostname = fact_because(VERDICT_UNKNOWN, "unparseable", chain->chain[0].error);
}

// The first is the server's own (RFC 8446 section 4.4.2), whatever it says of itself.
static const struct lint_result *judge_rules(struct host *host, const struct chain_fact *chain)
{
    struct lint_result *results = arena_array(&host->facts_memory, chain->count, sizeof *results);
    for (size_t i = 0; i < chain->count; i++)
        lint_certificate(&host->facts_memory, &chain->chain[i], i == 0, &results[i]);
    return results;
}

void chain_judge(struct host *host, const struct bytes *sent, size_t count, struct chain_fact *chain)
{
    struct certificate *certificates = arena_array(&host->facts_memory, count, sizeof *certificates);
    for (size_t i = 0; i < count; i++)
        certificate_read(&host->facts_memory, sent[i], &certificates[i]);
    chain->chain = certificates;
    chain->count = count;
    judge_name(host, chain);
    chain->valid_now = judge_dates(host, chain);
    chain->in_order = judge_order(host, chain);
    chain->self_signed = fact_of(chain->chain[0].self_signed ? VERDICT_YES : VERDICT_NO);
    chain_trust_judge(host, sent, count, chain);
    if (!host->telling)
        return; // nobody asks by what follows
    chain->lint = judge_rules(host, chain);
    chain->weak_keys = weak_keys_judge(host, chain);
}
