// SPDX-License-Identifier: Apache-2.0
//
// From the last certificate upwards: the issuer is fetched from where caIssuers leads, then the issuer's issuer, until
// a root is reached. A stranger has written the URLs, and may lead in circles: their number is bounded.
#include "check/chain_repair.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/chain_trust.h"
#include "check/document.h"
#include "wire/bundle.h"

#define STEPS      4            // certificates that are fetched for one chain
#define URLS       2            // tried for each of them
#define BUNDLE     32           // certificates of one document that are looked at
#define SIGNATURES 8            // tried among those that were sent, for each of them
#define OCTETS     (256 * 1024) // of one document

struct repair {
    struct host *host;
    const struct chain_fact *chain;
    struct fetched_fact fetched[STEPS];
    struct bytes der[STEPS];
    size_t count;
    struct fact obstacle; // why the issuer in question is not to be had
    struct evidence evidence;
};

// --- one step --------------------------------------------------------------------------------------

// An unknown among several answers leaves it open.
static void hinder(struct repair *repair, struct fact why)
{
    if (repair->obstacle.reason == NULL || repair->obstacle.verdict == VERDICT_NO)
        repair->obstacle = why;
}

static struct fact not_fetched(const struct document *document)
{
    enum { NOT_FOUND = 404, GONE = 410 };
    if (document->status == NOT_FOUND || document->status == GONE)
        return fact_because(VERDICT_NO, "not_found", document->fact.sentence);
    if (document->fact.verdict == VERDICT_NOT_TESTED)
        return fact_because(VERDICT_UNKNOWN, "not_fetched",
                            "the certificate says where its issuer is to be had, and it was not fetched");
    return fact_because(VERDICT_UNKNOWN, document->fact.reason, document->fact.sentence);
}

// The one of a document that signed the child. NULL: none did, and the obstacle says so.
static const struct certificate *pick(struct repair *repair, struct bytes octets, const struct certificate *child)
{
    struct arena *arena = &repair->host->facts_memory;
    struct bytes *der = arena_array(repair->host->scratch, BUNDLE, sizeof *der);
    size_t count = bundle_read(octets, der, BUNDLE);
    bool unsupported = false;
    for (size_t i = 0; i < count; i++) {
        struct certificate *read = arena_alloc(arena, sizeof *read);
        certificate_read(arena, der[i], read);
        enum issued issued = certificate_issued(read, child);
        if (issued == ISSUED_YES)
            return read;
        unsupported = unsupported || issued == ISSUED_UNKNOWN;
    }
    if (count == 0)
        hinder(repair, fact_because(VERDICT_NO, "unreadable", "what is there is neither a certificate nor PKCS #7"));
    else if (unsupported)
        hinder(repair, fact_because(VERDICT_UNKNOWN, "unsupported",
                                    "a signature is of a kind that the library at hand does not know"));
    else
        hinder(repair, fact_because(VERDICT_NO, "wrong_issuer", "the certificate that is there is not the issuer's"));
    return NULL;
}

// The first of its URLs that has the issuer; *issuer is NULL where none has.
static enum progress fetch_issuer(struct repair *repair, const struct certificate *child,
                                  const struct certificate **issuer, const char **url)
{
    unsigned tried = 0;
    *issuer = NULL;
    repair->obstacle = (struct fact){0};
    for (size_t i = 0; i < child->issuer_urls.count && tried < URLS && *issuer == NULL; i++) {
        const struct fetch question = {.url = child->issuer_urls.text[i], .limit = OCTETS};
        struct document document;
        if (!document_has_place(repair->host, question.url))
            continue;
        if (document_ask(repair->host, &question, &document) == WAIT)
            return WAIT;
        tried++;
        *url = question.url;
        evidence_join(repair->host->scratch, &repair->evidence, document.fact.evidence);
        if (document.fact.verdict == VERDICT_YES)
            *issuer = pick(repair, document.octets, child);
        else
            hinder(repair, not_fetched(&document));
    }
    if (tried == 0)
        hinder(repair, fact_because(VERDICT_NO, "no_issuer_url", "no certificate says where its issuer is to be had"));
    return DONE;
}

// --- all of them -----------------------------------------------------------------------------------

static bool had_before(const struct repair *repair, const struct certificate *certificate)
{
    for (size_t i = 0; i < repair->count; i++)
        if (bytes_equal(repair->der[i], certificate->der))
            return true;
    for (size_t i = 0; i < repair->chain->count; i++)
        if (bytes_equal(repair->chain->chain[i].der, certificate->der))
            return true;
    return false;
}

static void keep(struct repair *repair, const struct certificate *certificate, const char *url)
{
    repair->der[repair->count] = certificate->der;
    repair->fetched[repair->count++] = (struct fetched_fact){certificate, url};
}

// What was fetched may have been signed by one that was sent.
static const struct certificate *sent_issuer(const struct repair *repair, const struct certificate *child)
{
    unsigned signatures = 0;
    for (size_t i = 0; i < repair->chain->count && signatures < SIGNATURES; i++) {
        const struct certificate *one = &repair->chain->chain[i];
        if (bytes_equal(one->der, child->der) || !certificate_names(one, child))
            continue;
        if (certificate_issued(one, child) == ISSUED_YES)
            return one;
        signatures++;
    }
    return NULL;
}

// Upwards until the path ends; then *fact is yes.
static enum progress climb(struct repair *repair, struct fact *fact)
{
    const struct certificate *top = repair->chain->last, *issuer;
    const char *url = NULL;
    size_t steps = 0; // among those that were sent, who may lead in circles too
    while (repair->count == 0 || !chain_trust_ends(repair->host, top)) {
        const struct certificate *sent = repair->count == 0 ? NULL : sent_issuer(repair, top);
        if (sent != NULL && steps++ < repair->chain->count) {
            top = sent;
            continue;
        }
        if (repair->count == STEPS) {
            *fact = fact_because(VERDICT_UNKNOWN, "too_many", "more than four certificates would have to be fetched");
            return DONE;
        }
        if (fetch_issuer(repair, top, &issuer, &url) == WAIT)
            return WAIT;
        if (issuer == NULL) {
            *fact = repair->obstacle;
            return DONE;
        }
        if (had_before(repair, issuer)) {
            *fact = fact_because(VERDICT_NO, "loop", "the certificates lead in a circle");
            return DONE;
        }
        keep(repair, issuer, url);
        top = issuer;
    }
    *fact = fact_of(VERDICT_YES);
    return DONE;
}

static void judge_trust(struct repair *repair, struct chain_fact *chain)
{
    struct host *host = repair->host;
    struct bytes *sent = arena_array(host->scratch, chain->count, sizeof *sent);
    for (size_t i = 0; i < chain->count; i++)
        sent[i] = chain->chain[i].der;
    const struct trust_question question = {
        .chain = sent, .count = chain->count, .extra = repair->der, .extra_count = repair->count, .now = host->now};
    if (host->store != NULL)
        chain_trust_rows(host, &question, &chain->repaired, &chain->repaired_count);
}

enum progress chain_repair(struct host *host, struct chain_fact *chain)
{
    struct repair *repair = arena_alloc(host->scratch, sizeof *repair);
    struct fact fact;
    *repair = (struct repair){.host = host, .chain = chain};
    if (chain->missing_issuer == NULL || chain->issuer_urls.count == 0)
        return DONE;
    if (climb(repair, &fact) == WAIT)
        return WAIT;
    fact.evidence = repair->evidence;
    chain->repairable = fact_keep(&host->facts_memory, fact);
    struct fetched_fact *fetched = arena_array(&host->facts_memory, repair->count, sizeof *fetched);
    for (size_t i = 0; i < repair->count; i++)
        fetched[i] = repair->fetched[i];
    chain->fetched = fetched;
    chain->fetched_count = repair->count;
    if (fact.verdict == VERDICT_YES)
        judge_trust(repair, chain);
    return DONE;
}
