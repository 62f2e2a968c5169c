// SPDX-License-Identifier: Apache-2.0
//
// What was sent is judged as it was sent, together with the store: what a client could fetch is a fact
// of its own, and changes no row.
#include "check/chain_trust.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

// --- rows ------------------------------------------------------------------------------------------

static struct trust_fact row_of(const struct trust_result *result, const char *store, const char *date)
{
    struct fact fact = fact_of(VERDICT_YES);
    if (result->reason != NULL) {
        enum verdict verdict = result->trusted ? VERDICT_YES : result->known ? VERDICT_NO : VERDICT_UNKNOWN;
        fact = fact_because(verdict, result->reason, result->sentence);
    }
    return (struct trust_fact){store, date, fact, result->path, result->root, result->at};
}

void chain_trust_rows(struct host *host, const struct trust_question *question, const struct trust_fact **rows,
                      size_t *count)
{
    struct arena *arena = &host->facts_memory;
    struct trust_fact *row = arena_array(arena, 1 + ROOT_LISTS, sizeof *row);
    struct trust_verdicts *verdicts = arena_alloc(host->scratch, sizeof *verdicts);
    trust_judge(host->store, arena, question, verdicts);
    row[0] = row_of(&verdicts->store, trust_name(host->store), NULL);
    for (size_t i = 0; i < ROOT_LISTS; i++)
        row[1 + i] = row_of(&verdicts->list[i], root_list_at(i)->id, root_list_at(i)->date);
    *rows = row;
    *count = 1 + ROOT_LISTS;
}

static void without_store(struct host *host, struct chain_fact *chain)
{
    struct trust_fact *row = arena_alloc(&host->facts_memory, sizeof *row);
    row->fact = fact_because(VERDICT_NOT_TESTED, "no_store", "no trust store was given");
    chain->trust = row;
    chain->trust_count = 1;
}

// --- what is missing, and what is not needed -------------------------------------------------------

#define LONGEST    128
#define SIGNATURES 200 // tried: twice as many as an honest chain of a hundred certificates needs

struct climb {
    bool used[LONGEST];
    const struct certificate *top; // the last one reached
    unsigned signatures;
    const char *reason, *sentence; // why it is not known whether that is the last; NULL: it is
};

// The certificate that signed the one given, among those that were sent and are not used yet. NULL: there is none, or
// too many of that name were tried.
static const struct certificate *find_signer(struct climb *climb, const struct chain_fact *chain)
{
    for (size_t i = 1; i < chain->count; i++) {
        if (climb->used[i] || !certificate_names(&chain->chain[i], climb->top))
            continue;
        if (climb->signatures++ == SIGNATURES) {
            climb->reason = "too_many_signatures";
            climb->sentence = "the chain has so many certificates under one name that not all signatures were tried";
            return NULL;
        }
        enum issued issued = certificate_issued(&chain->chain[i], climb->top);
        if (issued == ISSUED_UNKNOWN) {
            climb->reason = "unsupported";
            climb->sentence = "a signature is of a kind that the library at hand does not know";
        }
        if (issued != ISSUED_NO) {
            climb->used[i] = true;
            return &chain->chain[i];
        }
    }
    return NULL;
}

// From the leaf upwards among the certificates that were sent.
static void climb_up(struct climb *climb, const struct chain_fact *chain)
{
    const struct certificate *next = &chain->chain[0];
    *climb = (struct climb){.used = {true}};
    while (next != NULL) {
        climb->top = next;
        next = next->self_issued ? NULL : find_signer(climb, chain);
    }
}

static void gather_extra(struct host *host, struct chain_fact *chain, const bool used[LONGEST])
{
    const char **text = arena_array(&host->facts_memory, chain->count, sizeof *text);
    size_t count = 0;
    for (size_t i = 0; i < chain->count; i++)
        if (!used[i])
            text[count++] = chain->chain[i].subject == NULL || chain->chain[i].subject[0] == '\0'
                                ? "(no subject)"
                                : chain->chain[i].subject;
    chain->extra = (struct strings){text, count};
}

// Whether the store has the issuer of the last certificate that was reached. What is wrong with those
// below it does not matter here, so the store is asked about the top alone.
static bool store_goes_on(struct host *host, const struct certificate *top)
{
    struct trust_result above;
    struct trust_question question = {.chain = &top->der, .count = 1, .now = host->now};
    if (host->store == NULL)
        return false;
    trust_verify(host->store, host->scratch, &question, &above);
    return above.trusted || above.path.count > 1;
}

bool chain_trust_ends(struct host *host, const struct certificate *top)
{
    return top->self_issued || store_goes_on(host, top);
}

static bool some_list_has(const char *name)
{
    for (size_t i = 0; i < ROOT_LISTS; i++)
        if (root_named(i, name, NULL, 0))
            return true;
    return false;
}

static bool any_trusts(const struct chain_fact *chain)
{
    for (size_t i = 0; i < chain->trust_count; i++)
        if (chain->trust[i].fact.verdict == VERDICT_YES)
            return true;
    return false;
}

// Whether the path ends: in a self-signed certificate that was sent, or in a root that is at hand.
static void judge_completeness(struct host *host, struct chain_fact *chain, const struct climb *climb)
{
    const struct certificate *top = climb->top;
    if (chain->chain[0].error != NULL) {
        chain->complete = fact_because(VERDICT_UNKNOWN, "unparseable", chain->chain[0].error);
    } else if (climb->reason != NULL && !any_trusts(chain)) {
        chain->complete = fact_because(VERDICT_UNKNOWN, climb->reason, climb->sentence);
    } else if (any_trusts(chain) || chain_trust_ends(host, top)) {
        chain->complete = fact_of(VERDICT_YES);
    } else {
        chain->missing_issuer = top->issuer;
        chain->complete =
            some_list_has(top->issuer)
                ? fact_because(VERDICT_UNKNOWN, "root_not_at_hand",
                               "an issuer was neither sent nor found in the store; lists of roots have "
                               "one of that name, and roots need not be sent")
                : fact_because(VERDICT_NO, "missing_issuer", "an issuer was neither sent nor found in the store");
    }
}

static bool is_http(const char *url) { return strncmp(url, "http://", 7) == 0; }

// RFC 5280 section 4.2.2.1: caIssuers by HTTP.
static void judge_repair(struct host *host, struct chain_fact *chain, const struct certificate *top)
{
    const char **url = arena_array(&host->facts_memory, top->issuer_urls.count, sizeof *url);
    size_t count = 0;
    if (chain->missing_issuer == NULL) {
        chain->repairable = chain->complete.verdict == VERDICT_YES
                                ? fact_because(VERDICT_NOT_APPLICABLE, "complete", "nothing is missing")
                                : chain->complete;
        return;
    }
    for (size_t i = 0; i < top->issuer_urls.count; i++)
        if (is_http(top->issuer_urls.text[i]))
            url[count++] = top->issuer_urls.text[i];
    chain->issuer_urls = (struct strings){url, count};
    chain->repairable =
        count == 0 ? fact_because(VERDICT_NO, "no_issuer_url", "no certificate says where its issuer is to be had")
                   : fact_because(VERDICT_UNKNOWN, "not_fetched",
                                  "the certificate says where its issuer is to be had, and it was not fetched");
}

void chain_trust_judge(struct host *host, const struct bytes *sent, size_t count, struct chain_fact *chain)
{
    struct trust_question question = {.chain = sent, .count = count, .now = host->now};
    struct climb climb;
    if (host->store == NULL)
        without_store(host, chain);
    else
        chain_trust_rows(host, &question, &chain->trust, &chain->trust_count);
    climb_up(&climb, chain);
    chain->last = climb.top;
    if (climb.signatures <= SIGNATURES) // else nobody knows what is not needed
        gather_extra(host, chain, climb.used);
    judge_completeness(host, chain, &climb);
    judge_repair(host, chain, climb.top);
}
