// SPDX-License-Identifier: Apache-2.0
//
// How sound is the key exchange? Of finite-field Diffie-Hellman: how long its primes are, whether
// many servers share them (Logjam, CVE-2015-4000), whether they are safe primes (RFC 7919 section
// 1; CVE-2016-2217 was none at all). Of every kind: whether the server's public values repeat,
// which RFC 9325 section 7.4 forbids and which is the condition of Raccoon (CVE-2020-1968). All of
// it stands in answers that other checks asked for; only where those are too few is more asked.
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/offer.h"
#include "check/opening.h"
#include "check/sighting.h"
#include "check/versions.h"
#include "wire/keys.h"
#include "wire/prime.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check key_exchange_check;
const struct check key_exchange_check = {
    .id = "key_exchange",
    .question = "Which primes does finite-field Diffie-Hellman use, and do public values repeat?",
    .citations = "RFC 7919, RFC 9325, CVE-2015-4000, CVE-2020-1968",
    .flags = CHECK_DEFAULT,
    .run = run,
};

#define ENOUGH 3 // samples to say that values do not repeat

struct samples {
    const struct answer **answer;
    size_t count, capacity;
    bool static_dh;    // a suite whose public value stands in the certificate was accepted
    struct fact whole; // of the list of suites: yes, or why it is not known
};

static const struct flight *flight_of(const struct answer *answer) { return answer->outcome->flight; }

// --- samples -------------------------------------------------------------------------------------

static void add(struct arena *arena, struct samples *samples, const struct answer *answer)
{
    for (size_t i = 0; i < samples->count; i++)
        if (samples->answer[i] == answer)
            return;
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 64 : samples->capacity * 4;
        const struct answer **grown = arena_array(arena, samples->capacity, sizeof *grown);
        for (size_t i = 0; i < samples->count; i++)
            grown[i] = samples->answer[i];
        samples->answer = grown;
    }
    samples->answer[samples->count++] = answer;
}

static void add_suites(struct host *host, struct samples *samples, const struct removal_found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct suite *suite = suite_find(found->choice[i].code);
        samples->static_dh = samples->static_dh || (suite != NULL && suite->kx == KX_DH);
        add(host->scratch, samples, found->choice[i].answer);
    }
    if (found->complete.verdict != VERDICT_YES && samples->whole.verdict == VERDICT_YES)
        samples->whole = found->complete;
}

// Every suite of every version, where that is asked anyway; else the first answer of each version.
static enum progress gather_suites(struct host *host, struct samples *samples)
{
    struct version_found versions[VERSIONS];
    enum progress progress = versions_find(host, versions);
    bool suites = host_runs(host, check_find("suites"));
    samples->whole = suites ? fact_of(VERDICT_YES)
                            : fact_because(VERDICT_UNKNOWN, "not_selected", "the suites were not asked for one by one");
    for (size_t i = 1; i < VERSIONS && progress == DONE; i++) {
        struct removal_found found;
        if (versions[i].fact.verdict == VERDICT_UNKNOWN && samples->whole.verdict == VERDICT_YES)
            samples->whole = versions[i].fact;
        if (versions[i].accepted == NULL)
            continue;
        add(host->scratch, samples, versions[i].accepted);
        if (!suites)
            continue;
        if (suites_find(host, &versions[i], &found) == WAIT)
            progress = WAIT;
        else
            add_suites(host, samples, &found);
    }
    return progress;
}

static enum progress gather(struct host *host, struct samples *samples)
{
    if (gather_suites(host, samples) == WAIT)
        return WAIT;
    if (!host_runs(host, check_find("certificates")))
        return DONE;
    struct sightings *seen = arena_alloc(host->scratch, sizeof *seen);
    if (sightings_find(host, seen) == WAIT)
        return WAIT;
    for (size_t i = 0; i < seen->count; i++)
        add(host->scratch, samples, seen->row[i].answer);
    return DONE;
}

// Which values are compared: Raccoon does not work in TLS 1.3. What comes of a KEM is made from the client's key, and
// never the same.
enum field { FINITE, FINITE_12, ELLIPTIC };

static struct bytes value_in(const struct answer *answer, enum field field)
{
    const struct flight *flight = flight_of(answer);
    const struct group *group = group_find(flight->group);
    bool finite_12 = flight->shown->dh_prime.size != 0, finite = group != NULL && group->kind == GROUP_FFDHE;
    bool made = group != NULL && (group->kind == GROUP_KEM || group->kind == GROUP_HYBRID);
    bool fits = field == FINITE_12 ? finite_12 : !made && (finite_12 || finite) == (field == FINITE);
    return fits ? flight->key_share : (struct bytes){NULL, 0};
}

static size_t count_values(const struct samples *samples, enum field field, const struct answer **first)
{
    size_t count = 0;
    *first = NULL;
    for (size_t i = 0; i < samples->count; i++) {
        if (value_in(samples->answer[i], field).size == 0)
            continue;
        if (count++ == 0)
            *first = samples->answer[i];
    }
    return count;
}

// The hello of more samples: the suite that showed a value, alone, and in TLS 1.3 with a share of the
// same group.
static const struct answer *ask_sample(struct host *host, const struct flight *flight, uint16_t sample)
{
    uint16_t *suite = arena_array(host->scratch, 1, sizeof *suite);
    suite[0] = flight->suite;
    struct probe probe = {
        .hello = offer_hello(host, host->scratch, flight->version, (struct codes){suite, 1}),
        .sample = sample,
    };
    if (flight->version == TLS13) {
        uint16_t *group = arena_array(host->scratch, 1, sizeof *group);
        group[0] = flight->group;
        probe.hello.groups = probe.hello.key_shares = (struct codes){group, 1};
    }
    return ask(host, &probe);
}

// Where values are few, as many more as are missing.
static enum progress gather_more(struct host *host, struct samples *samples, enum field field)
{
    enum { ANOTHER = 0xD0 };
    const struct answer *first;
    size_t count = count_values(samples, field, &first);
    bool newer = count != 0 && flight_of(first)->version == TLS13;
    if (count == 0 || count >= ENOUGH || (newer && !key_group_known(flight_of(first)->group)))
        return DONE;
    enum progress progress = DONE;
    for (uint16_t i = 0; i < ENOUGH - count; i++) {
        const struct answer *answer = ask_sample(host, flight_of(first), ANOTHER + i);
        if (answer->outcome == NULL)
            progress = WAIT;
        else if (answer->outcome->kind == OUTCOME_REPLIED)
            add(host->scratch, samples, answer);
    }
    return progress;
}

// TLS 1.3 shows no value to a hello without a share.
static enum progress gather_share(struct host *host, struct samples *samples)
{
    struct opening opening;
    if (opening_13(host, &opening) == WAIT)
        return WAIT;
    if (opening.version != 0)
        add(host->scratch, samples, opening.answer);
    return DONE;
}

// Without the list of suites: whether there is DHE at all.
static enum progress ask_for_dhe(struct host *host, struct samples *samples)
{
    struct version_found leader;
    const struct answer *first;
    if (host_runs(host, check_find("suites")) || count_values(samples, FINITE, &first) != 0)
        return DONE;
    if (version_leader(host, &leader) == WAIT)
        return WAIT;
    if (leader.version == 0)
        return DONE;
    struct codes suites = offer_exchange(host, offer_suites(host, leader.version), KX_DHE);
    struct probe probe = {.hello = offer_hello(host, host->scratch, leader.version, suites)};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, leader.version, suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (reply == REPLY_ACCEPTED)
        add(host->scratch, samples, answer);
    return DONE;
}

// --- rows ----------------------------------------------------------------------------------------

struct teller {
    struct host *host;
    struct facts *facts;
    struct feature_fact row; // what rows have in common
};

static struct feature_fact *tell(struct teller *teller, const char *id, struct fact fact)
{
    struct arena *arena = &teller->host->facts_memory;
    struct feature_fact row = teller->row;
    fact.evidence = row.fact.evidence;
    row.id = id;
    row.fact = fact_keep(arena, fact);
    feature_add(arena, teller->facts, &row);
    return (struct feature_fact *)teller->facts->features[teller->facts->feature_count - 1];
}

static void set_number(struct feature_fact *row, int64_t number, const char *unit)
{
    row->has_number = true;
    row->number = number;
    row->unit = unit;
}

static struct fact truth(bool yes) { return fact_of(yes ? VERDICT_YES : VERDICT_NO); }

static struct fact safety(struct bytes prime)
{
    switch (prime_test(prime)) {
    case PRIME_SAFE:
        return fact_of(VERDICT_YES);
    case PRIME_NOT_SAFE:
        return fact_because(VERDICT_NO, "not_safe", "the number is a prime, but half of it is not");
    case PRIME_COMPOSITE:
        return fact_because(VERDICT_NO, "composite", "the number is no prime at all");
    case PRIME_TOO_LONG:
        break;
    }
    return fact_because(VERDICT_UNKNOWN, "too_long",
                        "the number is not in the table of known primes, and too long to be tested here");
}

static void tell_generator(struct teller *teller, struct bytes generator)
{
    uint64_t value = 0;
    while (generator.size != 0 && generator.data[0] == 0)
        generator = (struct bytes){generator.data + 1, generator.size - 1};
    for (size_t i = 0; i < generator.size && i < 4; i++)
        value = value << 8 | generator.data[i];
    bool small = generator.size <= 4;
    struct fact fact = fact_of(VERDICT_YES);
    if (small && value < 2)
        fact = fact_because(VERDICT_NO, "no_generator", "0 and 1 generate nothing: every key is known beforehand");
    struct feature_fact *row = tell(teller, "dh_generator", fact);
    if (small)
        set_number(row, (int64_t)value, "as a number");
    else
        row->value = text_hex(&teller->host->facts_memory,
                              (struct bytes){generator.data, generator.size < 512 ? generator.size : 512});
}

static const char *name_of_prime(struct arena *arena, struct bytes number)
{
    const struct prime *known = prime_find(number);
    return known != NULL ? known->name : arena_text(arena, "of no known group");
}

static void tell_prime(struct host *host, struct facts *facts, const struct answer *answer)
{
    const struct flight *flight = flight_of(answer);
    struct teller teller = {host, facts, {.section = FEATURE_KEY_EXCHANGE, .version = flight->version}};
    evidence_add(host->scratch, &teller.row.fact.evidence, answer->key);
    teller.row.value = name_of_prime(&host->facts_memory, flight->shown->dh_prime);
    set_number(tell(&teller, "dh_prime", fact_of(VERDICT_YES)), flight->shown->dh_bits, "bits");
    tell(&teller, "dh_safe_prime", safety(flight->shown->dh_prime));
    tell(&teller, "dh_common_prime", truth(prime_find(flight->shown->dh_prime) != NULL));
    tell(&teller, "dh_under_1024_bits", truth(flight->shown->dh_bits < 1024));
    tell(&teller, "dh_at_most_1024_bits", truth(flight->shown->dh_bits <= 1024));
    if (prime_find(flight->shown->dh_prime) == NULL) {
        teller.row.value = arena_text(&host->facts_memory, "0x%s", text_hex(host->scratch, flight->shown->dh_prime));
        tell(&teller, "dh_prime_value", fact_of(VERDICT_YES));
    }
    teller.row.value = NULL;
    tell_generator(&teller, flight->shown->dh_generator);
}

#define MOST_PRIMES 4 // that are told: a test of a long one takes seconds

static void tell_primes(struct host *host, struct facts *facts, const struct samples *samples)
{
    const struct answer *told[MOST_PRIMES];
    size_t count = 0;
    for (size_t i = 0; i < samples->count && count < MOST_PRIMES; i++) {
        const struct flight *flight = flight_of(samples->answer[i]);
        bool known = flight->shown->dh_prime.size == 0;
        for (size_t j = 0; j < count; j++)
            known = known || (bytes_equal(flight_of(told[j])->shown->dh_prime, flight->shown->dh_prime) &&
                              bytes_equal(flight_of(told[j])->shown->dh_generator, flight->shown->dh_generator));
        if (known)
            continue;
        told[count++] = samples->answer[i];
        tell_prime(host, facts, samples->answer[i]);
    }
    if (count != 0)
        return;
    struct teller teller = {host, facts, {.section = FEATURE_KEY_EXCHANGE}};
    struct fact fact = fact_because(VERDICT_NOT_APPLICABLE, "no_dhe", "the server accepts no suite with DHE");
    if (samples->whole.verdict != VERDICT_YES)
        fact = fact_because(VERDICT_UNKNOWN, samples->whole.reason, samples->whole.sentence);
    tell(&teller, "dh_prime", fact);
}

// --- repeated values -----------------------------------------------------------------------------

// Some servers repeat a value now and then, two of their processes for a while, or one for those who list few groups.
// So all that the host has shown is compared, whichever check asked. A question has one answer, and no two have the
// same client random: equal values are those of two connections. What was asked ahead is left out, as it may still be
// on its way when the host is finished.
struct repetition {
    size_t samples, repeated; // repeated: samples whose value another one has too
    size_t values;            // ... and how many values those are
    struct evidence evidence; // the repeated ones, or all where there is none
};

static int by_value(const void *a, const void *b)
{
    const struct bytes x = flight_of(*(const struct answer *const *)a)->key_share;
    const struct bytes y = flight_of(*(const struct answer *const *)b)->key_share;
    if (x.size != y.size)
        return x.size < y.size ? -1 : 1;
    return memcmp(x.data, y.data, x.size);
}

static int by_key(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Every answer with a value, equal values side by side.
static struct samples all_values(struct host *host, enum field field)
{
    struct samples all = {.answer = arena_array(host->scratch, host->ledger.count, sizeof *all.answer)};
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next) {
        bool shows = answer->asked && answer->outcome != NULL && answer->outcome->flight != NULL;
        if (shows && value_in(answer, field).size != 0)
            all.answer[all.count++] = answer;
    }
    if (all.count != 0)
        qsort(all.answer, all.count, sizeof *all.answer, by_value);
    return all;
}

static struct repetition find_repetition(struct host *host, enum field field)
{
    struct samples all = all_values(host, field);
    struct repetition found = {.samples = all.count};
    uint64_t *key = arena_array(host->scratch, all.count, sizeof *key);
    for (size_t i = 0; i < all.count; i++) {
        bool before = i != 0 && by_value(&all.answer[i - 1], &all.answer[i]) == 0;
        bool after = i + 1 < all.count && by_value(&all.answer[i], &all.answer[i + 1]) == 0;
        if (before || after)
            key[found.repeated++] = all.answer[i]->key;
        found.values += after && !before;
    }
    for (size_t i = 0; i < all.count && found.repeated == 0; i++)
        key[i] = all.answer[i]->key;
    found.evidence = (struct evidence){key, found.repeated != 0 ? found.repeated : all.count};
    if (all.count != 0)
        qsort(key, found.evidence.count, sizeof *key, by_key); // the values' order is chance
    return found;
}

static struct fact judge_repetition(const struct repetition *found, const struct fact *whole)
{
    if (found->repeated != 0)
        return fact_of(VERDICT_YES);
    if (found->samples >= ENOUGH)
        return fact_of(VERDICT_NO);
    if (found->samples != 0)
        return fact_because(VERDICT_UNKNOWN, "too_few_samples", "too few public values were seen to tell");
    if (whole->verdict != VERDICT_YES)
        return fact_because(VERDICT_UNKNOWN, whole->reason, whole->sentence);
    return fact_because(VERDICT_NOT_APPLICABLE, "no_values", "the server showed no public value of this kind");
}

static void tell_repetition(struct host *host, struct facts *facts, const struct samples *samples, enum field field)
{
    struct repetition found = find_repetition(host, field);
    struct teller teller = {host, facts, {.section = FEATURE_KEY_EXCHANGE, .fact.evidence = found.evidence}};
    struct fact fact = judge_repetition(&found, &samples->whole);
    struct feature_fact *row = tell(&teller, field == FINITE ? "dh_value_reused" : "ecdh_value_reused", fact);
    if (found.samples == 0)
        return;
    set_number(row, (int64_t)found.samples, "samples");
    if (found.values == 1 && found.repeated == found.samples)
        row->value = "one value in all samples";
    else if (found.values == 1)
        row->value = arena_text(&host->facts_memory, "one value in %zu of %zu samples", found.repeated, found.samples);
    else if (found.values != 0)
        row->value = arena_text(&host->facts_memory, "%zu values in %zu of %zu samples", found.values, found.repeated,
                                found.samples);
}

// A server that keeps its DH value lets whoever recorded a handshake try premasters against it.
static void tell_raccoon(struct host *host, struct facts *facts, const struct samples *samples)
{
    struct repetition found = find_repetition(host, FINITE_12);
    struct teller teller = {host, facts, {.section = FEATURE_KEY_EXCHANGE, .fact.evidence = found.evidence}};
    struct fact reused = judge_repetition(&found, &samples->whole), fact = reused;
    if (samples->static_dh)
        fact = fact_because(VERDICT_YES, "static_dh", "a suite with a static Diffie-Hellman key is accepted");
    else if (reused.verdict == VERDICT_NO && samples->whole.verdict != VERDICT_YES)
        fact = fact_because(VERDICT_UNKNOWN, samples->whole.reason, samples->whole.sentence);
    tell(&teller, "raccoon_condition", fact);
}

// --- the check -----------------------------------------------------------------------------------

static enum progress run(struct host *host, struct facts *facts)
{
    struct samples samples = {0};
    if (gather(host, &samples) == WAIT || gather_share(host, &samples) == WAIT || ask_for_dhe(host, &samples) == WAIT)
        return WAIT;
    enum progress finite = gather_more(host, &samples, FINITE), elliptic = gather_more(host, &samples, ELLIPTIC);
    if (finite == WAIT || elliptic == WAIT)
        return WAIT;
    tell_primes(host, facts, &samples);
    tell_repetition(host, facts, &samples, FINITE);
    tell_repetition(host, facts, &samples, ELLIPTIC);
    tell_raccoon(host, facts, &samples);
    return DONE;
}
