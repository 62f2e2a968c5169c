// SPDX-License-Identifier: Apache-2.0
//
// Which cipher suites does each version accept, and who chooses? RFC 5246 section 7.4.1.3 and RFC
// 8446 section 4.1.3 leave the choice to the server; RFC 9325 section 4.2.1 wants it to have an
// order of its own. How suites are found: suites_find.c. SSLv2 lists them by itself.
#include <string.h>

#include "base/arena.h"
#include "check/farm.h"
#include "check/version_control.h"
#include "check/versions.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check suites_check;
const struct check suites_check = {
    .id = "suites",
    .question = "Which cipher suites does each version accept, in which order, and who chooses?",
    .citations = "RFC 5246, RFC 8446, RFC 9325",
    .flags = CHECK_DEFAULT,
    .ahead = 2,
    .run = run,
};

// --- who chooses ---------------------------------------------------------------------------------

static bool is_chacha(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    return suite != NULL && strncmp(suite->cipher, "CHACHA20", 8) == 0;
}

// Appends the accepted suites that are ChaCha20, or are not, in the order found.
static void append(struct codes *list, uint16_t *code, const struct removal_found *found, bool chacha)
{
    for (size_t i = 0; i < found->count; i++)
        if (is_chacha(found->choice[i].code) == chacha)
            code[list->count++] = found->choice[i].code;
    list->code = code;
}

// Asks with accepted suites alone; 0 where that was not answered with one of them.
static enum progress choice(struct host *host, const struct removal_found *found, struct codes list,
                            struct preference_fact *fact, uint16_t *chosen)
{
    struct probe probe = {.hello = offer_hello(host, host->scratch, found->version, list)};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, found->version, list);
    if (reply == REPLY_PENDING)
        return WAIT;
    evidence_add(host->scratch, &fact->evidence, answer->key);
    *chosen = reply == REPLY_ACCEPTED ? answer->outcome->flight->suite : 0;
    return DONE;
}

static enum progress because(struct preference_fact *fact, enum preference preference, const char *reason,
                             const char *sentence)
{
    fact->preference = preference;
    fact->reason = reason;
    fact->sentence = sentence;
    return DONE;
}

static enum progress inconsistent(struct preference_fact *fact)
{
    return because(fact, PREFERENCE_INCONSISTENT, "partial_order",
                   "the choices follow neither one order of the server nor the client's: suites of equal rank, or "
                   "several servers behind one address");
}

// ChaCha20 at the head of the list: some servers take it then, and AES otherwise, since a client
// that prefers it has no hardware for AES.
static enum progress ask_chacha_first(struct host *host, const struct removal_found *found, bool server_order,
                                      struct preference_fact *fact)
{
    uint16_t code[1024], chosen = 0;
    struct codes list = {code, 0};
    append(&list, code, found, true);
    if (list.count == 0 || is_chacha(found->choice[0].code))
        return server_order ? because(fact, PREFERENCE_SERVER, NULL, NULL) : inconsistent(fact);
    append(&list, code, found, false);
    if (choice(host, found, list, fact, &chosen) == WAIT)
        return WAIT;
    if (is_chacha(chosen))
        return because(fact, PREFERENCE_SERVER_CHACHA_BY_CLIENT, NULL, NULL);
    if (chosen == 0)
        return because(fact, PREFERENCE_UNKNOWN, "refused",
                       "a list of accepted suites was not answered with one of them");
    return server_order ? because(fact, PREFERENCE_SERVER, NULL, NULL) : inconsistent(fact);
}

// The order is not the client's. ChaCha20 at the head of the control was chosen, or that is all; some
// servers (Go) choose it too where it is the first that they know.
static enum progress settle_fronted(const struct removal_found *found, uint16_t chosen, struct preference_fact *fact)
{
    bool taken = found->fronted != found->reversed;
    if (chosen == 0)
        return because(fact, PREFERENCE_UNKNOWN, "no_control", "the reversed list was not answered");
    if (chosen != found->choice[0].code && !(taken && is_chacha(chosen)))
        return inconsistent(fact);
    return because(fact, taken ? PREFERENCE_SERVER_CHACHA_BY_CLIENT : PREFERENCE_SERVER, NULL, NULL);
}

static enum progress settle_preference(struct host *host, const struct removal_found *found,
                                       struct preference_fact *fact)
{
    *fact = (struct preference_fact){.version = found->version};
    for (size_t i = 0; i < found->count && i < 2; i++)
        evidence_add(host->scratch, &fact->evidence, found->choice[i].answer->key);
    if (found->count == 1 && found->complete.verdict == VERDICT_YES)
        return because(fact, PREFERENCE_SINGLE, NULL, NULL);
    if (found->count == 1)
        return because(fact, PREFERENCE_UNKNOWN, "incomplete", "one suite is known, and there may be more");
    if (found->changed)
        return because(fact, PREFERENCE_INCONSISTENT, "inconsistent", "the same question was answered differently");
    if (!found->ordered)
        return because(fact, PREFERENCE_UNKNOWN, "no_order", "the suites could not be had in one chain of choices");
    bool offered_order = removal_as_offered(found);
    if (found->reversed == NULL)
        return offered_order ? because(fact, PREFERENCE_UNKNOWN, "no_control", "the reversed list was not asked")
                             : ask_chacha_first(host, found, true, fact);
    evidence_add(host->scratch, &fact->evidence, found->reversed->key);
    const struct outcome *outcome = found->reversed->outcome;
    uint16_t chosen = outcome->kind == OUTCOME_REPLIED ? outcome->flight->suite : 0;
    if (found->fronted != NULL)
        evidence_add(host->scratch, &fact->evidence, found->fronted->key);
    if (found->fronted != NULL)
        return settle_fronted(found, chosen, fact);
    if (chosen == found->choice[0].code)
        return ask_chacha_first(host, found, true, fact);
    if (chosen == found->mirrored && offered_order)
        return because(fact, PREFERENCE_CLIENT, NULL, NULL);
    if (is_chacha(chosen))
        return ask_chacha_first(host, found, false, fact);
    return chosen == 0 ? because(fact, PREFERENCE_UNKNOWN, "no_control", "the reversed list was not answered")
                       : inconsistent(fact);
}

// --- rows ----------------------------------------------------------------------------------------

struct rows {
    struct suite_fact *suite;
    size_t suite_count;
    struct enumeration_fact enumeration[VERSIONS];
    size_t enumeration_count;
    struct preference_fact preference[VERSIONS];
    size_t preference_count;
};

static struct evidence evidence_of(struct arena *arena, const struct answer *answer)
{
    struct evidence evidence = {0};
    evidence_add(arena, &evidence, answer->key);
    return evidence;
}

static struct suite_fact *add_suites(struct host *host, struct rows *rows, size_t count)
{
    struct suite_fact *all = arena_array(host->scratch, rows->suite_count + count, sizeof *all);
    if (rows->suite_count != 0)
        memcpy(all, rows->suite, rows->suite_count * sizeof *all);
    rows->suite = all;
    rows->suite_count += count;
    return all + rows->suite_count - count;
}

static struct suite_fact row_of(struct host *host, const struct removal_found *found,
                                const struct removal_choice *suite)
{
    const struct flight *flight = suite->answer->outcome->flight;
    return (struct suite_fact){
        .version = found->version,
        .code = suite->code,
        .group = flight->group,
        .dh_bits = flight->shown->dh_bits,
        .evidence = evidence_of(host->scratch, suite->answer),
    };
}

// In the order of the server's choices. Where that is the client's order it says nothing of the
// server: then as a client would list them, which our own lists do not do (offer.h).
static void add_found(struct host *host, struct rows *rows, const struct removal_found *found, bool clients_order)
{
    struct suite_fact *suite = add_suites(host, rows, found->count);
    struct codes likely = offer_likely(found->version);
    size_t count = 0;
    for (int pass = 0; pass <= 1; pass++)
        for (size_t i = 0; i < found->count; i++)
            if ((clients_order && !codes_have(likely, found->choice[i].code)) == (pass == 1))
                suite[count++] = row_of(host, found, &found->choice[i]);
    for (size_t i = 0; i < count && found->ordered; i++)
        suite[i].order = (unsigned)i + 1;
    rows->enumeration[rows->enumeration_count++] =
        (struct enumeration_fact){found->version, (unsigned)found->asked.count, found->complete};
}

// SSLv2: the SERVER-HELLO lists every kind, and the client chooses.
static void add_sslv2(struct host *host, struct rows *rows, const struct version_found *version)
{
    const struct flight *flight = version->accepted->outcome->flight;
    struct suite_fact *suite = add_suites(host, rows, flight->shown->kind_count);
    size_t known = 0;
    for (size_t i = 0; i < flight->shown->kind_count; i++)
        if (suite_find_ssl2(flight->shown->kinds[i]) != NULL)
            suite[known++] = (struct suite_fact){.version = SSL2,
                                                 .code = flight->shown->kinds[i],
                                                 .evidence = evidence_of(host->scratch, version->accepted)};
    rows->suite_count -= flight->shown->kind_count - known;
    struct fact complete = fact_of(VERDICT_YES);
    complete.evidence = version->fact.evidence;
    size_t offered = 0;
    for (size_t i = 0; i < suite_count(); i++)
        offered += suite_at(i)->status == STATUS_SSL2;
    rows->enumeration[rows->enumeration_count++] = (struct enumeration_fact){SSL2, (unsigned)offered, complete};
}

// --- what else was seen --------------------------------------------------------------------------

static void tell_of_faults(struct host *host, struct facts *facts, const struct removal_found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct answer *answer = found->choice[i].answer;
        for (unsigned bit = 0; bit < FLIGHT_FAULTS; bit++) {
            enum flight_fault fault = (enum flight_fault)(1u << bit);
            if ((answer->outcome->flight->faults & fault) == 0)
                continue;
            const char *name = flight_fault_name(fault);
            anomaly_add(&host->facts_memory, facts, name,
                        arena_text(host->scratch, "a server flight broke the protocol (%s)", name),
                        evidence_of(host->scratch, answer));
        }
    }
}

static void tell_of_anomalies(struct host *host, struct facts *facts, const struct removal_found *found)
{
    struct arena *arena = &host->facts_memory;
    const struct fact *complete = &found->complete;
    if (found->full_refused && complete->verdict == VERDICT_YES)
        anomaly_add(
            arena, facts, "long_list_refused",
            "ClientHellos with long lists of suites are turned down although shorter ones with the same suites are not",
            complete->evidence);
    if (found->changed)
        anomaly_add(
            arena, facts, "mixed_backends",
            "a suite was once refused and once accepted: several servers behind one address, or one that changes",
            complete->evidence);
    if (found->unsteady)
        anomaly_add(arena, facts, "unsteady",
                    "the same ClientHello was once cut off and once answered: a lossy path, several servers behind "
                    "one address, or one that has had enough",
                    complete->evidence);
    if (complete->verdict == VERDICT_UNKNOWN && !found->changed && !found->unsteady)
        anomaly_add(arena, facts, complete->reason, complete->sentence, complete->evidence);
    tell_of_faults(host, facts, found);
}

// --- the check -----------------------------------------------------------------------------------

static bool listed(const struct version_found *version)
{
    return version->settled && version->accepted != NULL && version->version != SSL2;
}

static enum progress find_all(struct host *host, const struct version_found versions[VERSIONS],
                              struct removal_found found[VERSIONS], bool done[VERSIONS])
{
    enum progress progress = DONE;
    for (size_t i = 1; i < VERSIONS; i++) {
        if (!versions[i].settled)
            progress = WAIT;
        if (!listed(&versions[i]))
            continue;
        done[i] = suites_find(host, &versions[i], &found[i]) == DONE;
        if (!done[i])
            progress = WAIT;
    }
    return progress;
}

// Lists whose last refusal has no control of its own: one more question, after all of them, shows
// whether the host still answers as it did.
static enum progress ask_canary(struct host *host, struct removal_found found[VERSIONS], const bool done[VERSIONS])
{
    enum { CANARY = 0xCB };
    struct version_found leader;
    bool spared = false;
    for (size_t i = 1; i < VERSIONS; i++)
        spared = spared || (done[i] && found[i].reversed == NULL && found[i].complete.verdict == VERDICT_YES);
    if (!spared || version_leader(host, &leader) == WAIT || leader.version == 0)
        return DONE;
    const struct answer *answer = version_ask_first(host, leader.version, CANARY);
    enum reply reply = reply_of(answer, leader.version, offer_suites(host, leader.version));
    for (size_t i = 1; i < VERSIONS && reply != REPLY_PENDING; i++) {
        if (!done[i] || found[i].reversed != NULL || found[i].complete.verdict != VERDICT_YES)
            continue;
        evidence_add(host->scratch, &found[i].complete.evidence, answer->key);
        if (reply != REPLY_ACCEPTED)
            reply_doubt(host->scratch, answer, reply,
                        "the server turned down a ClientHello like one it had accepted before", &found[i].complete);
    }
    return reply == REPLY_PENDING ? WAIT : DONE;
}

static enum progress settle_preferences(struct host *host, const struct removal_found found[VERSIONS],
                                        const bool done[VERSIONS], struct rows *rows)
{
    enum progress progress = DONE;
    for (size_t i = 0; i < VERSIONS; i++) {
        if (!done[i])
            continue;
        struct preference_fact *fact = &rows->preference[rows->preference_count++];
        if (settle_preference(host, &found[i], fact) == WAIT)
            progress = WAIT;
    }
    return progress;
}

static void keep(struct arena *arena, struct facts *facts, const struct rows *rows)
{
    struct suite_fact *suites = arena_array(arena, rows->suite_count, sizeof *suites);
    for (size_t i = 0; i < rows->suite_count; i++) {
        suites[i] = rows->suite[i];
        suites[i].evidence = evidence_keep(arena, suites[i].evidence);
    }
    struct enumeration_fact *enumerations = arena_array(arena, rows->enumeration_count, sizeof *enumerations);
    for (size_t i = 0; i < rows->enumeration_count; i++) {
        enumerations[i] = rows->enumeration[i];
        enumerations[i].fact = fact_keep(arena, enumerations[i].fact);
    }
    struct preference_fact *preferences = arena_array(arena, rows->preference_count, sizeof *preferences);
    for (size_t i = 0; i < rows->preference_count; i++) {
        preferences[i] = rows->preference[i];
        preferences[i].evidence = evidence_keep(arena, preferences[i].evidence);
    }
    facts->suites = suites;
    facts->suite_count = rows->suite_count;
    facts->enumerations = enumerations;
    facts->enumeration_count = rows->enumeration_count;
    facts->preferences = preferences;
    facts->preference_count = rows->preference_count;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct version_found versions[VERSIONS];
    struct removal_found found[VERSIONS];
    bool done[VERSIONS] = {false};
    enum progress progress = versions_find(host, versions);
    if (find_all(host, versions, found, done) == WAIT)
        progress = WAIT;
    struct rows rows = {0};
    if (settle_preferences(host, found, done, &rows) == WAIT || progress == WAIT)
        return WAIT;
    struct farm farm;
    if (ask_canary(host, found, done) == WAIT || farm_find(host, versions, &farm) == WAIT)
        return WAIT;
    if (versions[0].accepted != NULL)
        add_sslv2(host, &rows, &versions[0]);
    size_t preference = 0;
    for (size_t i = 1; i < VERSIONS; i++)
        if (done[i]) {
            bool clients_order = rows.preference[preference++].preference == PREFERENCE_CLIENT;
            tell_of_anomalies(host, facts, &found[i]);
            if (farm.mixed && found[i].complete.verdict == VERDICT_YES)
                farm_doubt(&found[i].complete);
            add_found(host, &rows, &found[i], clients_order);
        }
    keep(&host->facts_memory, facts, &rows);
    return DONE;
}
