// SPDX-License-Identifier: Apache-2.0
//
// Which certificates does the server show, to whom, and what is wrong with each chain? RFC 5280,
// RFC 8446 section 4.4.2, RFC 9525. Where they are seen: sighting.c. Each distinct chain is judged
// once: chain.c.
#include <string.h>

#include "base/arena.h"
#include "check/chain.h"
#include "check/chain_repair.h"
#include "check/sighting.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check certificates_check;
const struct check certificates_check = {
    .id = "certificates",
    .question = "Which certificate chains does the server show, to whom, and do they hold?",
    .citations = "RFC 5280, RFC 8446, RFC 9525",
    .flags = CHECK_DEFAULT | CHECK_BASIS,
    .run = run,
};

// --- distinct chains -----------------------------------------------------------------------------

static bool same_chain(const struct flight *a, const struct flight *b)
{
    if (a->shown->certificate_count != b->shown->certificate_count)
        return false;
    for (size_t i = 0; i < a->shown->certificate_count; i++)
        if (!bytes_equal(a->shown->certificates[i], b->shown->certificates[i]))
            return false;
    return true;
}

static const struct flight *flight_of(const struct sighting *sighting) { return sighting->answer->outcome->flight; }

// Whether the same chain stands in an earlier row.
static bool seen_before(const struct sightings *found, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_chain(flight_of(&found->row[i]), flight_of(&found->row[index])))
            return true;
    return false;
}

static size_t count_distinct(const struct sightings *found)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        count += !seen_before(found, i);
    return count;
}

static bool served_already(const struct chain_fact *chain, const struct served_for *served)
{
    for (size_t i = 0; i < chain->served_count; i++)
        if (chain->served_for[i].version == served->version && chain->served_for[i].sni == served->sni)
            return true;
    return false;
}

static int compare_served(const struct served_for *a, const struct served_for *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    return (int)b->sni - (int)a->sni;
}

static void add_served(struct arena *arena, struct chain_fact *chain, struct served_for served)
{
    struct served_for *rows = arena_array(arena, chain->served_count + 1, sizeof *rows);
    size_t at = 0;
    while (at < chain->served_count && compare_served(&chain->served_for[at], &served) < 0) {
        rows[at] = chain->served_for[at];
        at++;
    }
    rows[at] = served;
    for (size_t i = at; i < chain->served_count; i++)
        rows[i + 1] = chain->served_for[i];
    chain->served_for = rows;
    chain->served_count++;
}

static void gather_served(struct arena *arena, const struct sightings *found, size_t first, struct chain_fact *chain)
{
    for (size_t i = first; i < found->count; i++) {
        const struct sighting *sighting = &found->row[i];
        if (!same_chain(flight_of(&found->row[first]), flight_of(sighting)))
            continue;
        struct served_for served = {sighting->version, chain->chain[0].key_type, sighting->sni};
        if (served_already(chain, &served))
            continue;
        add_served(arena, chain, served);
        evidence_add(arena, &chain->evidence, sighting->answer->key);
    }
}

// --- the check -----------------------------------------------------------------------------------

enum { UNRECOGNIZED_NAME = 112 };

static void tell_of_names(struct host *host, struct facts *facts, const struct sightings *found)
{
    struct arena *arena = &host->facts_memory;
    if (found->nameless_refused.count != 0)
        anomaly_add(arena, facts, "needs_sni", "the server turns clients away that send no server name",
                    found->nameless_refused);
    for (size_t i = 0; i < found->count; i++) {
        const struct flight *flight = flight_of(&found->row[i]);
        if (!found->row[i].sni || flight->warnings == 0 || flight->warning != UNRECOGNIZED_NAME)
            continue;
        struct evidence evidence = {0};
        evidence_add(host->scratch, &evidence, found->row[i].answer->key);
        anomaly_add(arena, facts, "name_unrecognized",
                    "the server warned that it does not know the server name, and answered all the same", evidence);
    }
}

// Where few questions were asked it is said of which clients, and nothing of others.
static struct fact asked_few(const struct host *host, struct arena *arena, uint16_t version)
{
    return fact_because(VERDICT_NOT_TESTED, "not_asked",
                        arena_text(arena,
                                   "only what clients of %s %s the server name are shown was asked for; with the check "
                                   "versions it is asked what others are shown",
                                   version_name(version), offer_has_name(host) ? "with" : "without"));
}

static struct fact summary(const struct host *host, struct arena *arena, const struct sightings *found)
{
    struct fact fact = found->whole;
    if (fact.verdict == VERDICT_YES && found->few != 0)
        fact = asked_few(host, arena, found->few);
    if (fact.verdict == VERDICT_YES && found->count == 0)
        fact = fact_because(VERDICT_NO, "no_certificate", "no answer carried a certificate");
    for (size_t i = 0; i < found->count; i++)
        if (!seen_before(found, i))
            evidence_add(arena, &fact.evidence, found->row[i].answer->key);
    return fact;
}

// Where no hello was accepted at all: why not, in the words of the newest version that is not known.
static struct fact without_handshake(struct host *host, struct fact fact)
{
    struct version_found versions[VERSIONS];
    versions_find(host, versions);
    const struct fact *unknown = NULL;
    for (size_t i = 0; i < VERSIONS; i++) {
        if (versions[i].accepted != NULL)
            return fact;
        if (versions[i].fact.verdict == VERDICT_UNKNOWN)
            unknown = &versions[i].fact;
    }
    if (unknown == NULL)
        return fact_because(VERDICT_UNKNOWN, "no_handshake", "no ClientHello was accepted");
    return fact_because(VERDICT_UNKNOWN, unknown->reason, unknown->sentence);
}

#define REPAIRED 8 // chains whose missing issuers are looked for

static enum progress run(struct host *host, struct facts *facts)
{
    struct sightings *found = arena_alloc(host->scratch, sizeof *found);
    if (sightings_find(host, found) == WAIT)
        return WAIT;
    struct arena *arena = &host->facts_memory;
    struct chain_fact *chains = arena_array(arena, count_distinct(found), sizeof *chains);
    size_t count = 0;
    bool waiting = false;
    for (size_t i = 0; i < found->count; i++) {
        if (seen_before(found, i))
            continue;
        const struct flight *flight = flight_of(&found->row[i]);
        chain_judge(host, flight->shown->certificates, flight->shown->certificate_count, &chains[count]);
        waiting = (count < REPAIRED && chain_repair(host, &chains[count]) == WAIT) || waiting;
        gather_served(arena, found, i, &chains[count]);
        count++;
    }
    if (waiting)
        return WAIT;
    facts->chains = chains;
    facts->chain_count = count;
    struct fact whole = summary(host, arena, found);
    facts->certificates = fact_keep(arena, found->few != 0 ? whole : without_handshake(host, whole));
    tell_of_names(host, facts, found);
    return DONE;
}
