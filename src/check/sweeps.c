// SPDX-License-Identifier: Apache-2.0
//
// What can be swept (sweep.c): cipher suites, groups and signature schemes, each in one version,
// where its choice is to be seen at the least cost. RFC 8447 section 3 lets anyone use code points
// that are not recommended; what is not registered at all nobody has reviewed.
#include "base/arena.h"
#include "check/offer.h"
#include "check/sweep.h"
#include "check/versions.h"
#include "wire/keys.h"
#include "wire/registry.h"

// --- the registry --------------------------------------------------------------------------------

static uint32_t suite_code(size_t index) { return suite_at(index)->code; }

static uint32_t group_code(size_t index) { return group_at(index)->code; }

static uint32_t scheme_code(size_t index) { return scheme_at(index)->code; }

// --- hellos --------------------------------------------------------------------------------------

static void put_suites(struct hello *hello, struct codes list) { hello->suites = list; }

static void put_groups(struct hello *hello, struct codes list) { hello->groups = list; }

static void put_schemes(struct hello *hello, struct codes list) { hello->schemes = list; }

static uint16_t chosen_suite(const struct flight *flight) { return flight->suite; }

static uint16_t chosen_group(const struct flight *flight) { return flight->group; }

static uint16_t chosen_scheme(const struct flight *flight) { return flight->scheme; }

// The likely suites whose key exchange shows a group and a signature.
static struct codes ephemeral_suites(struct host *host) { return offer_exchange(host, offer_likely(TLS12), KX_ECDHE); }

// --- openings ------------------------------------------------------------------------------------

// The highest version up to `highest` that the host has.
static const struct version_found *best_version(const struct version_found versions[VERSIONS], uint16_t highest)
{
    for (size_t i = VERSIONS; i-- > 1;)
        if (versions[i].version <= highest && versions[i].accepted != NULL)
            return &versions[i];
    return NULL;
}

static enum progress open_with(struct host *host, uint16_t version, const struct hello *hello,
                               uint16_t (*chosen)(const struct flight *flight), struct sweep_opening *opening)
{
    struct probe probe = {.hello = *hello};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, version, hello->suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    *opening = (struct sweep_opening){.answer = answer, .hello = *hello, .version = version};
    opening->known = reply == REPLY_ACCEPTED ? chosen(answer->outcome->flight) : 0;
    return DONE;
}

// Up to TLS 1.2, where private suites are; TLS 1.3 has few of any kind.
static enum progress open_suites(struct host *host, struct sweep_opening *opening)
{
    struct version_found versions[VERSIONS];
    if (versions_find(host, versions) == WAIT)
        return WAIT;
    const struct version_found *best = best_version(versions, TLS12);
    if (best == NULL)
        best = best_version(versions, TLS13);
    // SSLv3's hello has an SCSV among its suites, which a list would replace.
    if (best == NULL || best->version == SSL3)
        return DONE;
    *opening = (struct sweep_opening){
        .answer = best->accepted,
        .hello = offer_hello(host, host->scratch, best->version, offer_likely(best->version)),
        .version = best->version,
        .known = best->accepted->outcome->flight->suite,
    };
    return DONE;
}

// TLS 1.3 names a group without any key exchange.
static enum progress open_groups(struct host *host, struct sweep_opening *opening)
{
    struct version_found versions[VERSIONS];
    if (versions_find(host, versions) == WAIT)
        return WAIT;
    const struct version_found *best = best_version(versions, TLS13);
    if (best == NULL || best->version == SSL3)
        return DONE;
    struct codes suites = best->version == TLS13 ? offer_likely(TLS13) : ephemeral_suites(host);
    struct hello hello = offer_hello(host, host->scratch, best->version, suites);
    return open_with(host, best->version, &hello, chosen_group, opening);
}

static enum progress open_schemes_13(struct host *host, const struct version_found *version,
                                     struct sweep_opening *opening)
{
    uint16_t *group = arena_array(host->scratch, 1, sizeof *group);
    group[0] = version->accepted->outcome->flight->group;
    if (!key_group_known(group[0]))
        return DONE;
    struct hello hello = offer_hello(host, host->scratch, TLS13, offer_likely(TLS13));
    hello.groups = hello.key_shares = (struct codes){group, 1};
    return open_with(host, TLS13, &hello, chosen_scheme, opening);
}

// TLS 1.2 signs in the clear; in TLS 1.3 it takes a key share to see what was signed with.
static enum progress open_schemes(struct host *host, struct sweep_opening *opening)
{
    struct version_found versions[VERSIONS];
    if (versions_find(host, versions) == WAIT)
        return WAIT;
    const struct version_found *best = best_version(versions, TLS12), *newest = &versions[VERSIONS - 1];
    if (best != NULL && best->version == TLS12) {
        struct hello hello = offer_hello(host, host->scratch, TLS12, ephemeral_suites(host));
        if (open_with(host, TLS12, &hello, chosen_scheme, opening) == WAIT)
            return WAIT;
    }
    if (opening->known != 0 || newest->accepted == NULL)
        return DONE;
    return open_schemes_13(host, newest, opening);
}

// --- the checks ----------------------------------------------------------------------------------

static enum progress run_suites(struct host *host, struct facts *facts)
{
    static const struct sweep_space space = {"suite", suite_count, suite_code, open_suites, put_suites, chosen_suite};
    return sweep_run(host, facts, &space);
}

static enum progress run_groups(struct host *host, struct facts *facts)
{
    static const struct sweep_space space = {"group", group_count, group_code, open_groups, put_groups, chosen_group};
    return sweep_run(host, facts, &space);
}

static enum progress run_schemes(struct host *host, struct facts *facts)
{
    static const struct sweep_space space = {"signature_scheme", scheme_count, scheme_code,
                                             open_schemes,       put_schemes,  chosen_scheme};
    return sweep_run(host, facts, &space);
}

extern const struct check sweep_suites_check, sweep_groups_check, sweep_schemes_check;

const struct check sweep_suites_check = {
    .id = "sweep_suites",
    .question = "Does the server take cipher suites that no registry has?",
    .citations = "RFC 8446, RFC 8447",
    .flags = CHECK_DEEP,
    .run = run_suites,
};

const struct check sweep_groups_check = {
    .id = "sweep_groups",
    .question = "Does the server take groups that no registry has?",
    .citations = "RFC 8446, RFC 8447",
    .flags = CHECK_DEEP,
    .run = run_groups,
};

const struct check sweep_schemes_check = {
    .id = "sweep_schemes",
    .question = "Does the server sign with schemes that no registry has?",
    .citations = "RFC 8446, RFC 8447",
    .flags = CHECK_DEEP,
    .run = run_schemes,
};
