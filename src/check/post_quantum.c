// SPDX-License-Identifier: Apache-2.0
//
// Is the server ready for post-quantum key exchange? Whether it has a hybrid with ML-KEM
// (draft-ietf-tls-ecdhe-mlkem), whether it chooses it when its share is there, whether it asks for
// it when only a classical share was sent (RFC 8446 section 4.1.4), and whether it can read the
// ClientHellos that carry such shares: longer than one TCP segment, as one record or several
// (RFC 8446 section 5.1), as one segment or two.
#include "base/arena.h"
#include "check/farm.h"
#include "check/groups.h"
#include "check/opening.h"
#include "check/trial.h"
#include "wire/kem.h"
#include "wire/keys.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check post_quantum_check;
const struct check post_quantum_check = {
    .id = "post_quantum",
    .question = "Does the server have hybrid key exchange with ML-KEM, prefer it, and bear its long ClientHellos?",
    .citations = "FIPS 203, draft-ietf-tls-ecdhe-mlkem, RFC 8446",
    .flags = CHECK_DEFAULT,
    .run = run,
};

enum { LONG = TRIAL_LONG, FRAGMENT = 600, SEGMENT = 700 }; // octets

static void add(struct host *host, struct facts *facts, const char *id, uint16_t version, struct fact fact,
                const char *value)
{
    struct feature_fact row = {
        .section = FEATURE_POST_QUANTUM,
        .id = id,
        .version = version,
        .fact = fact_keep(&host->facts_memory, fact),
        .value = value == NULL ? NULL : arena_text(&host->facts_memory, "%s", value),
    };
    feature_add(&host->facts_memory, facts, &row);
}

static void note(struct host *host, struct fact *fact, const struct answer *answer)
{
    evidence_add(host->scratch, &fact->evidence, answer->key);
}

// --- the groups ----------------------------------------------------------------------------------

// Names of the accepted groups of a kind, and evidence for them. NULL: there are none.
static const char *names_of(struct host *host, const struct groups_found *found, enum group_kind kind,
                            struct fact *fact)
{
    const char *names = NULL;
    for (size_t i = 0; i < found->named.count; i++) {
        const struct group *group = group_find(found->named.choice[i].code);
        if (group == NULL || group->kind != kind)
            continue;
        names = names == NULL ? group->name : arena_text(host->scratch, "%s, %s", names, group->name);
        note(host, fact, found->named.choice[i].answer);
    }
    return names;
}

static struct fact tell_groups(struct host *host, struct facts *facts, const struct groups_found *found,
                               enum group_kind kind, const char *id)
{
    struct fact fact = fact_of(VERDICT_YES);
    const char *names = names_of(host, found, kind, &fact);
    if (names == NULL) {
        fact = found->complete;
        if (fact.verdict == VERDICT_YES)
            fact.verdict = VERDICT_NO;
    }
    farm_settle(host, &fact);
    add(host, facts, id, TLS13, fact, names);
    return fact;
}

// --- the choice ----------------------------------------------------------------------------------

// The first hybrid and the first classical group in the order of the server. A server that has
// nothing but hybrids is sent a share of x25519, which it cannot take.
struct pair {
    uint16_t hybrid, classical;
    const char *name;
};

static struct pair find_pair(const struct groups_found *found)
{
    struct pair pair = {0};
    for (size_t i = 0; i < found->named.count; i++) {
        uint16_t code = found->named.choice[i].code;
        const struct group *group = group_find(code);
        if (group != NULL && group->kind == GROUP_HYBRID && pair.hybrid == 0) {
            pair.hybrid = code;
            pair.name = group->name;
        }
        if (key_group_known(code) && pair.classical == 0)
            pair.classical = code;
    }
    if (pair.classical == 0)
        pair.classical = 0x001D;
    return pair;
}

static const struct answer *ask_pair(struct host *host, const struct pair *pair, bool with_share, struct codes *suites)
{
    uint16_t *code = arena_array(host->scratch, 2, sizeof *code);
    code[0] = pair->hybrid;
    code[1] = pair->classical;
    *suites = offer_suites(host, TLS13);
    struct probe probe = {.hello = offer_hello(host, host->scratch, TLS13, *suites)};
    probe.hello.groups = (struct codes){code, 2};
    probe.hello.key_shares = with_share ? probe.hello.groups : (struct codes){code + 1, 1};
    return ask(host, &probe);
}

static struct fact judge_choice(struct host *host, const struct pair *pair, bool with_share,
                                const struct answer *answer, enum reply reply)
{
    const struct flight *flight = answer->outcome->flight;
    if (reply != REPLY_ACCEPTED)
        return fact_because(VERDICT_UNKNOWN, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
    if (flight->group == pair->hybrid && flight->retry == !with_share)
        return fact_of(VERDICT_YES);
    if (flight->group == pair->classical && !flight->retry)
        return fact_because(VERDICT_NO, "classical_chosen",
                            "the server chose the classical group, whose share was sent");
    return fact_because(VERDICT_UNKNOWN, "other_group", "the server named neither of the groups as it should have");
}

// Whether a share was made up does not matter here: see kem.h.
static enum progress tell_choice(struct host *host, struct facts *facts, const struct groups_found *found,
                                 struct fact supported, bool with_share)
{
    const char *id = with_share ? "hybrid_chosen_with_share" : "hybrid_asked_by_retry";
    struct pair pair = find_pair(found);
    struct fact fact = supported;
    if (supported.verdict == VERDICT_NO)
        fact = fact_because(VERDICT_NOT_APPLICABLE, "no_hybrid", "the server has no hybrid group");
    else if (pair.hybrid != 0 && with_share && !kem_group_known(pair.hybrid))
        fact = fact_because(VERDICT_NOT_TESTED, "no_share", "this build cannot make a share of the group");
    else if (pair.hybrid != 0) {
        struct codes suites;
        const struct answer *answer = ask_pair(host, &pair, with_share, &suites);
        enum reply reply = reply_of(answer, TLS13, suites);
        if (reply == REPLY_PENDING)
            return WAIT;
        fact = judge_choice(host, &pair, with_share, answer, reply);
        note(host, &fact, answer);
    }
    add(host, facts, id, TLS13, fact, pair.name);
    return DONE;
}

// --- long hellos ---------------------------------------------------------------------------------

struct stretch {
    const char *id;
    uint16_t fragment, split;
};

static const struct stretch stretches[] = {
    {"long_hello", 0, 0},
    {"fragmented_long_hello", FRAGMENT, 0},
    {"long_hello_split_segments", 0, SEGMENT},
};
#define STRETCHES (sizeof stretches / sizeof *stretches)

static const struct answer *ask_long(struct host *host, const struct opening *opening, const struct stretch *stretch,
                                     uint16_t sample)
{
    struct probe probe = {.hello = opening_hello(host, opening), .sample = sample, .split = stretch->split};
    probe.hello.pad_to = LONG;
    probe.hello.fragment = stretch->fragment;
    return ask(host, &probe);
}

static bool turned_down(enum reply reply) { return reply == REPLY_CUT_OFF || reply == REPLY_REFUSED; }

// It was turned down: a `no` if that happens twice, and the short hello is answered still.
static enum progress confirm(struct host *host, const struct opening *opening, const struct stretch *stretch,
                             const struct answer *first, struct fact *fact)
{
    const struct answer *again = ask_long(host, opening, stretch, 1);
    struct probe plain = {.hello = opening_hello(host, opening), .sample = canary_sample(again)};
    enum reply reply = opening_reply(opening, again);
    if (reply == REPLY_PENDING)
        return WAIT;
    const struct answer *canary = ask(host, &plain);
    enum reply still = opening_reply(opening, canary);
    if (still == REPLY_PENDING)
        return WAIT;
    *fact = fact_of(VERDICT_UNKNOWN);
    note(host, fact, first);
    note(host, fact, opening->answer);
    note(host, fact, again);
    note(host, fact, canary);
    struct evidence evidence = fact->evidence;
    if (still != REPLY_ACCEPTED)
        reply_doubt(host->scratch, canary, still,
                    "the long ClientHello was turned down, and so was the short one afterwards", fact);
    else if (!turned_down(reply))
        *fact = fact_because(VERDICT_UNKNOWN, "inconsistent",
                             "the same ClientHello was once turned down and then met with something else");
    else
        *fact = fact_because(VERDICT_NO, reply == REPLY_CUT_OFF ? "cut_off" : "refused",
                             "the long ClientHello was turned down twice, the short one was answered");
    fact->evidence = evidence;
    return DONE;
}

// A HelloRetryRequest shows as well as a whole flight that all of a hello was read, and costs the server no key and no
// signature: so a hello of TLS 1.3 carries no share at first. False: it is to be asked in earnest, or waiting.
static bool bears_lightly(struct host *host, const struct opening *opening, struct probe *probe, struct fact *fact,
                          enum reply *reply)
{
    const struct answer *answer = ask(host, probe);
    bool retried = answer->outcome != NULL && answer->outcome->flight != NULL && answer->outcome->flight->retry;
    *reply = retried ? reply_of(answer, TLS13, probe->hello.suites) : opening_reply(opening, answer);
    if (*reply != REPLY_ACCEPTED)
        return false;
    *fact = fact_of(VERDICT_YES);
    note(host, fact, answer);
    note(host, fact, opening->answer);
    return true;
}

static struct hello light_hello(const struct host *host, const struct opening *opening)
{
    struct hello hello = opening_hello(host, opening);
    hello.key_shares = (struct codes){NULL, 0};
    hello.pad_to = LONG;
    return hello;
}

// Split in both ways at once: a server that bears that bears each.
static bool bears_both(struct host *host, const struct opening *opening, struct fact *fact, enum reply *reply)
{
    struct probe probe = {.hello = light_hello(host, opening), .split = SEGMENT};
    probe.hello.fragment = FRAGMENT;
    return bears_lightly(host, opening, &probe, fact, reply);
}

// In one piece, with the oddities that the check `intolerance` asks about where that runs too.
static bool bears_whole(struct host *host, const struct opening *opening, struct fact *fact, enum reply *reply)
{
    struct version_found versions[VERSIONS];
    struct probe probe = {.hello = light_hello(host, opening)};
    versions_accepted(host, versions);
    if (opening->version == TLS13 && host_runs(host, check_find("intolerance")))
        trial_shared(host, &versions[VERSIONS - 1], TRIAL_OF_LENGTH, &probe.hello);
    return bears_lightly(host, opening, &probe, fact, reply);
}

static enum progress judge_long(struct host *host, const struct opening *opening, const struct stretch *stretch,
                                struct fact *fact)
{
    bool split = stretch->fragment != 0 || stretch->split != 0;
    enum reply lightly;
    if (split ? bears_both(host, opening, fact, &lightly) : bears_whole(host, opening, fact, &lightly))
        return DONE;
    if (lightly == REPLY_PENDING)
        return WAIT;
    const struct answer *answer = ask_long(host, opening, stretch, 0);
    enum reply reply = opening_reply(opening, answer);
    switch (reply) {
    case REPLY_PENDING:
        return WAIT;
    case REPLY_ACCEPTED:
        *fact = fact_of(VERDICT_YES);
        break;
    case REPLY_REFUSED:
    case REPLY_CUT_OFF:
        return confirm(host, opening, stretch, answer, fact);
    default:
        *fact =
            fact_because(VERDICT_UNKNOWN, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
    }
    note(host, fact, answer);
    note(host, fact, opening->answer);
    return DONE;
}

static enum progress tell_long(struct host *host, struct facts *facts)
{
    struct opening opening;
    struct fact fact[STRETCHES];
    if (opening_best(host, &opening) == WAIT)
        return WAIT;
    enum progress progress = DONE;
    for (size_t i = 0; i < STRETCHES; i++) {
        fact[i] = opening.version == 0 ? opening_missing(&opening) : fact_of(VERDICT_UNKNOWN);
        if (opening.version != 0 && judge_long(host, &opening, &stretches[i], &fact[i]) == WAIT)
            progress = WAIT;
    }
    for (size_t i = 0; i < STRETCHES && progress == DONE; i++) {
        add(host, facts, stretches[i].id, opening.version, fact[i], NULL);
        struct feature_fact *row = (struct feature_fact *)facts->features[facts->feature_count - 1];
        row->has_number = opening.version != 0;
        row->number = opening.version != 0 ? LONG : 0;
        row->unit = opening.version != 0 ? "octets" : NULL;
    }
    return progress;
}

// --- the check -----------------------------------------------------------------------------------

static enum progress run(struct host *host, struct facts *facts)
{
    struct groups_found found;
    enum progress progress = groups_find(host, TLS13, &found);
    if (progress == DONE) {
        struct fact supported = tell_groups(host, facts, &found, GROUP_HYBRID, "hybrid_supported");
        tell_groups(host, facts, &found, GROUP_KEM, "kem_supported");
        if (tell_choice(host, facts, &found, supported, true) == WAIT)
            progress = WAIT;
        if (tell_choice(host, facts, &found, supported, false) == WAIT)
            progress = WAIT;
    }
    return tell_long(host, facts) == WAIT ? WAIT : progress;
}
