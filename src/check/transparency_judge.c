// SPDX-License-Identifier: Apache-2.0
//
// From the answers that showed a chain to facts: every SCT once, held against its log's key, and what the policies make
// of all of them.
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/opening.h"
#include "check/transparency.h"
#include "wire/trust.h"

enum { EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP = 18 };

struct gathering {
    struct sct sct[CT_ROWS];
    struct evidence evidence[CT_ROWS]; // of those that came in TLS or a staple
    size_t count;
    const char *malformed; // where a list is, in a sentence; NULL: none is
};

// --- gathering -------------------------------------------------------------------------------------

static bool same_sct(const struct sct *a, const struct sct *b)
{
    return a->source == b->source && a->timestamp == b->timestamp && a->version == b->version &&
           a->malformed == b->malformed && memcmp(a->log_id, b->log_id, sizeof a->log_id) == 0 &&
           bytes_equal(a->signature, b->signature);
}

// An answer may repeat what another has told.
static void gather_list(struct host *host, struct gathering *found, struct bytes list, enum sct_source source,
                        const struct answer *answer)
{
    struct sct *read = arena_array(host->scratch, SCTS, sizeof *read);
    size_t count = 0;
    if (!sct_list_read(list, source, read, &count))
        found->malformed = source == SCT_IN_CERTIFICATE ? "the list of SCTs in the certificate is malformed or too long"
                           : source == SCT_IN_TLS       ? "the list of SCTs in TLS is malformed or too long"
                                                        : "the list of SCTs in the staple is malformed or too long";
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < found->count && !same_sct(&found->sct[at], &read[i]))
            at++;
        if (at == CT_ROWS) {
            found->malformed = "there are too many SCTs";
            return;
        }
        if (at == found->count)
            found->sct[found->count++] = read[i];
        if (answer != NULL)
            evidence_add(&host->facts_memory, &found->evidence[at], answer->key);
    }
}

static void gather_answer(struct host *host, struct gathering *found, const struct answer *answer)
{
    const struct flight *flight = answer->outcome->flight;
    const struct extension *extension =
        extension_in(flight->version == TLS13 ? flight->shown->leaf_extensions : flight->shown->extensions,
                     EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP);
    struct bytes list;
    bool there;
    if (extension != NULL)
        gather_list(host, found, extension->body, SCT_IN_TLS, answer);
    if (flight->shown->staple.size == 0)
        return;
    bool good = sct_in_staple(flight->shown->staple, &there, &list);
    if (there && good)
        gather_list(host, found, list, SCT_IN_OCSP, answer);
    else if (!good)
        found->malformed = "the staple is malformed where SCTs could be";
}

static void gather(struct host *host, const struct chain_fact *chain, const struct deliveries *deliveries,
                   struct gathering *found)
{
    struct bytes list;
    bool there;
    bool good = sct_in_certificate(chain->chain[0].der, &there, &list);
    if (there && good)
        gather_list(host, found, list, SCT_IN_CERTIFICATE, NULL);
    else if (!good)
        found->malformed = "the certificate is malformed where SCTs could be";
    for (size_t i = 0; i < deliveries->count; i++)
        gather_answer(host, found, deliveries->answer[i]);
}

// --- the issuer ------------------------------------------------------------------------------------

// Its key is part of what logs sign. Looked for among what was sent, then in the store.
static struct bytes issuer_key(struct host *host, const struct chain_fact *chain)
{
    const struct certificate *leaf = &chain->chain[0];
    for (size_t i = 1; i < chain->count; i++)
        if (certificate_issued(&chain->chain[i], leaf) == ISSUED_YES)
            return chain->chain[i].public_key_der;
    struct certificate issuer;
    struct trust_result above;
    struct trust_question question = {.chain = &leaf->der, .count = 1, .now = host->now, .keep_path = true};
    if (host->store == NULL || leaf->self_issued)
        return leaf->self_issued ? leaf->public_key_der : (struct bytes){NULL, 0};
    trust_verify(host->store, host->scratch, &question, &above);
    if (above.certificates == NULL || above.path.count < 2)
        return (struct bytes){NULL, 0};
    certificate_read(host->scratch, above.certificates[1], &issuer);
    return certificate_issued(&issuer, leaf) == ISSUED_YES ? issuer.public_key_der : (struct bytes){NULL, 0};
}

// --- rows ------------------------------------------------------------------------------------------

static enum verdict verdict_of(enum sct_answer answer)
{
    return answer == SCT_GOOD ? VERDICT_YES : answer == SCT_BAD ? VERDICT_NO : VERDICT_UNKNOWN;
}

static struct sct_fact sct_row(struct host *host, const struct sct *sct, const struct sct_judgement *judgement,
                               struct evidence evidence)
{
    bool read = !sct->malformed && sct->version == 0;
    struct sct_fact row = {
        .source = sct->source,
        .version = sct->malformed ? 0 : sct->version + 1u,
        .log_id = read ? text_base64(&host->facts_memory, (struct bytes){sct->log_id, sizeof sct->log_id}) : NULL,
        .log = judgement->log,
        .has_time = read && sct->timestamp / 1000 <= INT64_MAX / 1000,
        .time = (int64_t)(sct->timestamp / 1000),
        .fact = fact_because(verdict_of(judgement->answer), judgement->reason, judgement->sentence),
    };
    row.fact.evidence = evidence;
    return row;
}

static const struct ct_logs *logs_of(const struct host *host)
{
    return host->ct_logs != NULL ? host->ct_logs : ct_logs_built_in();
}

static struct ct_row *judge_scts(struct host *host, const struct chain_fact *chain, const struct gathering *found,
                                 struct transparency_fact *out)
{
    struct arena *arena = &host->facts_memory;
    struct sct_question question = {
        .leaf = chain->chain[0].der,
        .issuer_key = found->count == 0 ? (struct bytes){NULL, 0} : issuer_key(host, chain),
        .now = host->now,
        .leaf_ends = chain->chain[0].not_after,
        .logs = logs_of(host),
    };
    struct sct_judgement *judgements = arena_array(host->scratch, found->count, sizeof *judgements);
    struct ct_row *rows = arena_array(host->scratch, found->count, sizeof *rows);
    struct sct_fact *facts = arena_array(arena, found->count, sizeof *facts);
    for (size_t i = 0; i < found->count; i++) {
        sct_judge(host->scratch, &question, &found->sct[i], &judgements[i]);
        rows[i] = (struct ct_row){&found->sct[i], &judgements[i]};
        facts[i] = sct_row(host, &found->sct[i], &judgements[i],
                           found->sct[i].source == SCT_IN_CERTIFICATE ? chain->evidence : found->evidence[i]);
    }
    out->scts = facts;
    out->sct_count = found->count;
    return rows;
}

// --- policies --------------------------------------------------------------------------------------

enum verdict transparency_public(const struct chain_fact *chain)
{
    enum verdict verdict = VERDICT_NO;
    bool lists = false;
    for (size_t i = 0; i < chain->trust_count; i++) {
        const struct trust_fact *row = &chain->trust[i];
        if (row->date == NULL)
            continue;
        lists = true;
        if (row->fact.verdict == VERDICT_YES)
            return VERDICT_YES;
        if (row->fact.verdict != VERDICT_NO)
            verdict = VERDICT_UNKNOWN;
    }
    return lists ? verdict : VERDICT_UNKNOWN;
}

static struct fact policy_fact(const struct ct_verdict *verdict)
{
    if (verdict->answer == CT_YES)
        return fact_of(VERDICT_YES);
    return fact_because(verdict->answer == CT_NO ? VERDICT_NO : VERDICT_UNKNOWN, verdict->reason, verdict->sentence);
}

// The evidence of a policy is that of all SCTs, and of the answers that had none.
static struct evidence evidence_of(struct host *host, const struct chain_fact *chain,
                                   const struct deliveries *deliveries)
{
    struct evidence evidence = {0};
    evidence_join(&host->facts_memory, &evidence, chain->evidence);
    for (size_t i = 0; i < deliveries->count; i++)
        evidence_add(&host->facts_memory, &evidence, deliveries->answer[i]->key);
    return evidence;
}

static void judge_policies(struct host *host, const struct chain_fact *chain, const struct ct_question *question,
                           struct transparency_fact *out)
{
    enum verdict public = transparency_public(chain);
    for (size_t i = 0; i < CT_PROGRAMS; i++) {
        struct ct_policy_fact *row = &out->policies[i];
        struct ct_verdict verdict;
        ct_policy_judge((enum ct_program)i, question, &verdict);
        row->date = ct_logs_date(logs_of(host), (enum ct_program)i);
        row->required = verdict.required;
        row->counted = verdict.counted;
        if (chain->chain[0].error != NULL)
            row->fact = fact_because(VERDICT_UNKNOWN, "unparseable", chain->chain[0].error);
        else if (public == VERDICT_NO)
            row->fact = fact_because(VERDICT_NOT_APPLICABLE, "not_public",
                                     "the policy is about chains that a list of roots trusts, and none does");
        else if (row->date == NULL)
            row->fact = fact_because(VERDICT_UNKNOWN, "no_list", "the table of logs has none of this program's list");
        else if (public == VERDICT_UNKNOWN && verdict.answer != CT_YES)
            row->fact =
                fact_because(VERDICT_UNKNOWN, "trust_unknown",
                             "it is not known whether a list of roots trusts the chain, so that the policy applies");
        else
            row->fact = policy_fact(&verdict);
    }
}

// --- the whole -------------------------------------------------------------------------------------

static struct fact summary(const struct gathering *found, const struct deliveries *deliveries)
{
    if (found->count != 0)
        return found->malformed == NULL ? fact_of(VERDICT_YES)
                                        : fact_because(VERDICT_YES, "malformed_list", found->malformed);
    if (found->malformed != NULL)
        return fact_because(VERDICT_UNKNOWN, "malformed_list", found->malformed);
    if (deliveries->fact.verdict != VERDICT_YES)
        return deliveries->fact;
    return fact_because(VERDICT_NO, "no_scts", "no SCT comes with the certificate, in TLS or in an OCSP response");
}

void transparency_judge(struct host *host, const struct chain_fact *chain, const struct deliveries *deliveries,
                        struct transparency_fact *out)
{
    struct gathering *found = arena_alloc(host->scratch, sizeof *found);
    *out = (struct transparency_fact){.logs = ct_logs_name(logs_of(host))};
    gather(host, chain, deliveries, found);
    struct ct_question question = {
        .row = judge_scts(host, chain, found, out),
        .count = found->count,
        .not_before = chain->chain[0].not_before,
        .not_after = chain->chain[0].not_after,
        .now = host->now,
    };
    if (found->malformed != NULL) {
        question.more = "malformed_list";
        question.more_sentence = found->malformed;
    } else if (deliveries->fact.verdict != VERDICT_YES) {
        question.more = deliveries->fact.reason;
        question.more_sentence = deliveries->fact.sentence;
    }
    judge_policies(host, chain, &question, out);
    struct evidence evidence = evidence_of(host, chain, deliveries);
    out->fact = summary(found, deliveries);
    out->fact.evidence = evidence;
    for (size_t i = 0; i < CT_PROGRAMS; i++)
        out->policies[i].fact.evidence = evidence;
}
