// SPDX-License-Identifier: Apache-2.0
//
// Is any certificate that the server shows revoked? RFC 6960 (OCSP), RFC 5280 section 6.3 (CRLs), RFC 6066 section 8
// and RFC 8446 section 4.4.2.1 (staples), RFC 7633 (must-staple). The server's own staples cost no question more than
// `extensions` asks; responders and lists are asked where the user allows it. What cannot be had is unknown.
#include <string.h>

#include "base/arena.h"
#include "check/responder.h"
#include "check/revocation_facts.h"
#include "check/staple.h"
#include "wire/crl.h"
#include "wire/ocsp.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check revocation_check;
const struct check revocation_check = {
    .id = "revocation",
    .question = "Is a certificate revoked, by the server's staples, OCSP responders and revocation lists?",
    .citations = "RFC 6960, RFC 5280, RFC 6066, RFC 7633, RFC 8446",
    .flags = CHECK_DEFAULT,
    .run = run,
};

#define CHAINS       8           // of one host that others are asked about
#define CERTIFICATES 8           // of one chain that others are asked about
#define SIGNATURES   8           // tried to find the issuer of one, among those of its name
#define URLS         2           // of each kind for one certificate
#define LIST_OCTETS  FETCH_LIMIT // of one list

const char *standing_name(enum standing standing)
{
    static const char *const names[] = {"unknown", "good", "revoked", "not_applicable", "not_tested"};
    return names[standing];
}

const char *revocation_source_name(enum revocation_source source)
{
    static const char *const names[] = {"staple", "ocsp", "crl"};
    return names[source];
}

// All that is asked is asked before any of it is judged: a list may be long, and is read once.
struct search {
    struct host *host;
    bool waiting, judging;
    const struct chain_fact *chain;
    bool too_many; // the chain is one of too many
    struct staples staples;
    const struct certificate *issuers; // of the path to a root, beside what was sent
    size_t issuer_count;
};

// The rows of one certificate.
struct found {
    struct revocation_row row[1 + 2 * URLS];
    size_t count;
};

static struct standing_fact standing(enum standing standing, const char *reason, const char *sentence)
{
    return (struct standing_fact){.standing = standing, .reason = reason, .sentence = sentence};
}

// --- the issuer ------------------------------------------------------------------------------------

static bool is_sent(const struct chain_fact *chain, struct bytes der)
{
    for (size_t i = 0; i < chain->count; i++)
        if (bytes_equal(chain->chain[i].der, der))
            return true;
    return false;
}

static void find_path(struct search *search)
{
    struct host *host = search->host;
    const struct chain_fact *chain = search->chain;
    struct bytes *sent = arena_array(host->scratch, chain->count, sizeof *sent);
    struct bytes *extra = arena_array(host->scratch, chain->fetched_count, sizeof *extra);
    struct trust_result result;
    search->issuer_count = 0;
    if (host->store == NULL)
        return;
    for (size_t i = 0; i < chain->count; i++)
        sent[i] = chain->chain[i].der;
    for (size_t i = 0; i < chain->fetched_count; i++)
        extra[i] = chain->fetched[i].certificate->der;
    const struct trust_question question = {.chain = sent,
                                            .count = chain->count,
                                            .extra = extra,
                                            .extra_count = chain->fetched_count,
                                            .now = host->now,
                                            .keep_path = true};
    trust_verify(host->store, host->scratch, &question, &result);
    size_t room = 0;
    for (size_t i = 0; result.certificates != NULL && i < result.path.count; i++)
        room += !is_sent(chain, result.certificates[i]);
    struct certificate *issuers = arena_array(&host->facts_memory, room, sizeof *issuers);
    for (size_t i = 0; result.certificates != NULL && i < result.path.count; i++)
        if (!is_sent(chain, result.certificates[i]))
            certificate_read(&host->facts_memory, result.certificates[i], &issuers[search->issuer_count++]);
    search->issuers = issuers;
}

// Sent, fetched, or on the path that the store knows. NULL: it is not at hand, or hidden among many of its name.
static const struct certificate *issuer_of(const struct search *search, const struct certificate *child)
{
    const struct chain_fact *chain = search->chain;
    const struct certificate *likely = NULL;
    size_t count = chain->count + chain->fetched_count + search->issuer_count;
    unsigned signatures = 0;
    for (size_t i = 0; i < count; i++) {
        size_t past = i < chain->count ? 0 : i - chain->count;
        const struct certificate *one = i < chain->count              ? &chain->chain[i]
                                        : past < chain->fetched_count ? chain->fetched[past].certificate
                                                                      : &search->issuers[past - chain->fetched_count];
        if (!certificate_names(one, child))
            continue;
        if (signatures++ == SIGNATURES)
            break;
        enum issued issued = certificate_issued(one, child);
        if (issued == ISSUED_YES)
            return one;
        if (issued == ISSUED_UNKNOWN)
            likely = one;
    }
    return likely;
}

// --- rows ------------------------------------------------------------------------------------------

static void add(struct search *search, struct found *found, enum revocation_source source, const char *url,
                struct standing_fact fact, struct evidence evidence)
{
    struct revocation_row *row = &found->row[found->count++];
    *row = (struct revocation_row){.source = source, .url = url, .fact = fact, .said = revocation_begin()};
    row->fact.evidence = evidence_keep(&search->host->facts_memory, evidence);
}

// What was said, which stands in the row that was added last.
static void judge_last(struct search *search, struct found *found, struct bytes octets,
                       const struct revocation_question *question)
{
    struct revocation_row *row = &found->row[found->count - 1];
    struct arena *arena = &search->host->facts_memory;
    if (row->source == SOURCE_CRL)
        crl_judge(arena, octets, question, &row->said);
    else
        ocsp_judge(arena, octets, question, &row->said);
    row->fact.standing = row->said.status == REVOCATION_GOOD      ? STANDING_GOOD
                         : row->said.status == REVOCATION_REVOKED ? STANDING_REVOKED
                                                                  : STANDING_UNKNOWN;
    row->fact.reason = row->said.reason;
    row->fact.sentence = row->said.sentence;
}

static void judge_staple(struct search *search, size_t index, const struct revocation_question *question,
                         struct found *found)
{
    const struct staples *staples = &search->staples;
    struct bytes staple = staples->flight == NULL ? (struct bytes){NULL, 0} : staple_of(staples->flight, index);
    if (staple.size != 0) {
        add(search, found, SOURCE_STAPLE, NULL, (struct standing_fact){0}, staples->evidence);
        judge_last(search, found, staple, question);
    } else if (index == 0 && staples->flight != NULL) {
        add(search, found, SOURCE_STAPLE, NULL,
            standing(STANDING_NOT_APPLICABLE, "no_staple", "The server sends no staple."), staples->evidence);
    } else if (index == 0) {
        bool unknown = staples->why.verdict == VERDICT_UNKNOWN;
        const char *sentence = arena_text(&search->host->facts_memory, "%s", staples->why.sentence);
        add(search, found, SOURCE_STAPLE, NULL,
            standing(unknown ? STANDING_UNKNOWN : STANDING_NOT_APPLICABLE, staples->why.reason, sentence),
            staples->evidence);
    }
}

static struct fetch question_of(struct search *search, enum revocation_source source, const char *url,
                                const struct revocation_question *question)
{
    if (source == SOURCE_CRL)
        return (struct fetch){.url = url, .limit = LIST_OCTETS};
    return responder_question(search->host, url, question);
}

// "good" is no more than that nothing is known against it, where whatever is asked about is called good.
static enum progress ask_control(struct search *search, const char *url, struct bytes response,
                                 const struct revocation_question *question, bool *asked, struct fact *control)
{
    struct revocation_result said;
    ocsp_judge(search->host->scratch, response, question, &said);
    *asked = said.status == REVOCATION_GOOD;
    return *asked ? responder_control(search->host, url, question, control) : DONE;
}

static void ask_at(struct search *search, enum revocation_source source, const char *url,
                   const struct revocation_question *question, struct found *found)
{
    const struct fetch fetch = question_of(search, source, url, question);
    struct document document;
    if (document_ask(search->host, &fetch, &document) == WAIT) {
        search->waiting = true;
        return;
    }
    const struct fact *fact = &document.fact;
    struct fact control = {0};
    bool controlled = false, answered = source == SOURCE_OCSP && fact->verdict == VERDICT_YES;
    if (answered && ask_control(search, url, document.octets, question, &controlled, &control) == WAIT)
        search->waiting = true;
    if (!search->judging)
        return;
    enum standing standing_then = fact->verdict == VERDICT_NOT_TESTED ? STANDING_NOT_TESTED : STANDING_UNKNOWN;
    const char *sentence =
        fact->sentence == NULL ? NULL : arena_text(&search->host->facts_memory, "%s", fact->sentence);
    add(search, found, source, url, standing(standing_then, fact->reason, sentence), fact->evidence);
    if (fact->verdict == VERDICT_YES)
        judge_last(search, found, document.octets, question);
    struct revocation_row *row = &found->row[found->count - 1];
    row->controlled = controlled;
    row->unissued = fact_keep(&search->host->facts_memory, control);
}

static void ask_all(struct search *search, enum revocation_source source, const struct strings *urls,
                    const struct revocation_question *question, struct found *found)
{
    for (size_t i = 0; i < urls->count && i < URLS; i++)
        ask_at(search, source, urls->text[i], question, found);
}

// --- one certificate -------------------------------------------------------------------------------

static const struct revocation_row *first_of(const struct found *found, enum standing standing)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->row[i].fact.standing == standing)
            return &found->row[i];
    return NULL;
}

// A certificate that its own responder does not know is not made good by a list that does not have it.
static const struct revocation_row *first_stranger(const struct found *found)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->row[i].said.reason != NULL && strcmp(found->row[i].said.reason, "unknown_certificate") == 0)
            return &found->row[i];
    return NULL;
}

// Who says it is revoked is believed before all others, and who says it is good before those who say nothing.
static const struct revocation_row *decisive(const struct found *found)
{
    const struct revocation_row *rows[] = {first_of(found, STANDING_REVOKED), first_stranger(found),
                                           first_of(found, STANDING_GOOD), first_of(found, STANDING_UNKNOWN),
                                           first_of(found, STANDING_NOT_TESTED)};
    size_t i = 0;
    while (i + 1 < sizeof rows / sizeof *rows && rows[i] == NULL)
        i++;
    return rows[i];
}

static struct standing_fact summary(struct search *search, const struct found *found)
{
    const struct revocation_row *row = decisive(found);
    struct standing_fact fact = standing(STANDING_NOT_APPLICABLE, "no_source",
                                         "The certificate names neither a responder nor a list, and none is stapled.");
    if (row != NULL)
        fact = row->fact;
    fact.evidence = (struct evidence){0};
    for (size_t i = 0; i < found->count; i++)
        evidence_join(&search->host->facts_memory, &fact.evidence, found->row[i].fact.evidence);
    return fact;
}

static bool has_source(const struct search *search, const struct certificate *certificate, size_t index)
{
    return certificate->ocsp_urls.count != 0 || certificate->crl_urls.count != 0 ||
           (search->staples.flight != NULL && staple_of(search->staples.flight, index).size != 0);
}

static void judge_certificate(struct search *search, size_t index, struct certificate_revocation *out)
{
    const struct certificate *certificate = &search->chain->chain[index];
    struct found found = {0};
    bool too_many = search->too_many || index >= CERTIFICATES;
    const struct certificate *issuer = too_many ? NULL : issuer_of(search, certificate);
    const struct revocation_question question = {certificate, issuer, search->host->now};
    if (certificate->error != NULL) {
        out->fact = standing(STANDING_UNKNOWN, "unparseable", certificate->error);
    } else if (certificate->self_signed || issuer == certificate) {
        out->fact = standing(STANDING_NOT_APPLICABLE, "self_signed", "Nobody above it could revoke it.");
    } else if (too_many) {
        out->fact = standing(STANDING_NOT_TESTED, "too_many",
                             "Only the first chains of a server, and their first certificates, are asked about.");
    } else if (issuer == NULL && has_source(search, certificate, index)) {
        out->fact = standing(STANDING_UNKNOWN, "no_issuer",
                             "The issuer is not at hand, whose key would have to sign what is said.");
    } else {
        if (search->judging)
            judge_staple(search, index, &question, &found);
        ask_all(search, SOURCE_OCSP, &certificate->ocsp_urls, &question, &found);
        ask_all(search, SOURCE_CRL, &certificate->crl_urls, &question, &found);
        if (search->judging)
            out->fact = summary(search, &found);
    }
    struct revocation_row *rows = arena_array(&search->host->facts_memory, found.count, sizeof *rows);
    if (found.count != 0)
        memcpy(rows, found.row, found.count * sizeof *rows);
    out->rows = rows;
    out->row_count = found.count;
}

// --- must-staple -----------------------------------------------------------------------------------

// RFC 7633 section 4.2.3: a staple must come, and must be good for something.
static struct fact judge_promise(struct search *search, const struct certificate_revocation *leaf)
{
    const struct staples *staples = &search->staples;
    const struct revocation_row *row = leaf->row_count == 0 ? NULL : &leaf->rows[0];
    if (search->chain->count == 0 || !search->chain->chain[0].must_staple)
        return fact_because(VERDICT_NOT_APPLICABLE, "not_required", "the leaf does not require a staple");
    if (staples->flight == NULL)
        return fact_because(VERDICT_UNKNOWN, staples->why.reason, staples->why.sentence);
    if (staple_of(staples->flight, 0).size == 0 && staples->asked < 2)
        return fact_because(VERDICT_UNKNOWN, "asked_once", "no staple came, and a second question was not answered");
    if (staple_of(staples->flight, 0).size == 0)
        return fact_because(VERDICT_NO, "no_staple", "the certificate requires a staple, and the server sends none");
    if (row == NULL)
        return fact_because(VERDICT_UNKNOWN, leaf->fact.reason, leaf->fact.sentence);
    if (row->fact.standing != STANDING_UNKNOWN)
        return fact_of(VERDICT_YES);
    bool judged = strcmp(row->fact.reason, "unsupported") != 0;
    return fact_because(judged ? VERDICT_NO : VERDICT_UNKNOWN, row->fact.reason,
                        arena_text(search->host->scratch, "the staple is good for nothing: %s", row->fact.sentence));
}

// --- the check -------------------------------------------------------------------------------------

static void judge_chain(struct search *search, const struct chain_fact *chain, struct chain_revocation *out)
{
    struct host *host = search->host;
    struct certificate_revocation *certificates = arena_array(&host->facts_memory, chain->count, sizeof *certificates);
    search->chain = chain;
    search->staples = (struct staples){.why = fact_because(VERDICT_UNKNOWN, "too_many", "there are too many chains")};
    if (!search->too_many && staples_find(host, chain, &search->staples) == WAIT)
        search->waiting = true;
    find_path(search);
    for (size_t i = 0; i < chain->count; i++)
        judge_certificate(search, i, &certificates[i]);
    out->certificates = certificates;
    if (!search->judging || chain->count == 0)
        return;
    struct fact promise = judge_promise(search, &certificates[0]);
    promise.evidence = search->staples.evidence;
    out->must_staple = fact_keep(&host->facts_memory, promise);
}

static void judge_all(struct search *search, const struct facts *facts, struct chain_revocation *out)
{
    for (size_t i = 0; i < facts->chain_count; i++) {
        search->too_many = i >= CHAINS;
        judge_chain(search, &facts->chains[i], &out[i]);
    }
}

static enum progress run(struct host *host, struct facts *facts)
{
    const struct check *certificates = check_find("certificates"), *extensions = check_find("extensions");
    if (!host_runs(host, certificates))
        return DONE;
    if (!host_done(host, certificates) || (host_runs(host, extensions) && !host_done(host, extensions)))
        return WAIT;
    struct chain_revocation *chains = arena_array(&host->facts_memory, facts->chain_count, sizeof *chains);
    struct search search = {.host = host};
    judge_all(&search, facts, chains);
    if (search.waiting)
        return WAIT;
    search.judging = true;
    judge_all(&search, facts, chains);
    facts->revocations = chains;
    return DONE;
}
