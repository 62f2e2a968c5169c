// SPDX-License-Identifier: Apache-2.0
//
// A chain that no answer with a request for staples has shown is asked for once more, by the hello that showed it
// and that request. Where a staple must come and did not, it is asked for twice: servers fetch it when it is first
// wanted.
#include "check/staple.h"

#include <stdlib.h>

#include "base/arena.h"
#include "check/reply.h"

static bool shows(const struct flight *flight, const struct chain_fact *chain)
{
    if (flight == NULL || chain->count == 0 || flight->shown->certificate_count != chain->count)
        return false;
    for (size_t i = 0; i < chain->count; i++)
        if (!bytes_equal(flight->shown->certificates[i], chain->chain[i].der))
            return false;
    return true;
}

struct bytes staple_of(const struct flight *flight, size_t index)
{
    if (index == 0)
        return flight->shown->staple;
    return flight->shown->staples == NULL ? (struct bytes){NULL, 0} : flight->shown->staples[index];
}

static bool is_stapled(const struct flight *flight)
{
    for (size_t i = 0; i < flight->shown->certificate_count; i++)
        if (staple_of(flight, i).size != 0)
            return true;
    return false;
}

// A staple is better than none, and TLS 1.3, which has one for each certificate, than the versions before it.
static bool is_better(const struct flight *flight, const struct flight *than)
{
    if (than == NULL || is_stapled(flight) != is_stapled(than))
        return than == NULL || is_stapled(flight);
    return flight->version > than->version;
}

// A question with a sample number comes after the answer to the same one without. Others may all be first ones, asked
// at once, before the server has fetched a staple.
static void see(struct host *host, struct staples *out, const struct answer *answer, uint16_t sample)
{
    const struct flight *flight = answer->outcome->flight;
    if (sample != 0 || out->asked == 0)
        out->asked = sample != 0 ? 2 : 1;
    evidence_add(host->scratch, &out->evidence, answer->key);
    if (is_better(flight, out->flight))
        out->flight = flight;
}

// --- what was asked already ------------------------------------------------------------------------

static uint64_t bit_of(const struct check *check)
{
    uint64_t bit = 1;
    for (size_t i = 0; check_at(i) != check; i++)
        bit <<= 1;
    return bit;
}

// What was asked with a request for a staple, and which repetition of that it was.
struct request {
    struct answer *answer;
    uint16_t sample;
};

static bool is_request(struct host *host, struct answer *answer, struct request *request)
{
    struct probe probe;
    struct arena_mark before = arena_mark(host->scratch);
    if (answer->kind != PROBE_HELLO)
        return false;
    answer_decode(answer, host->scratch, &probe);
    bool requests = (probe.hello.extensions & HELLO_STATUS_REQUEST) != 0;
    *request = (struct request){answer, probe.sample};
    arena_rewind(host->scratch, before);
    return requests;
}

static int by_key(const void *a, const void *b)
{
    const struct request *x = a, *y = b;
    return (x->answer->key > y->answer->key) - (x->answer->key < y->answer->key);
}

// In the order of their keys, since that of the ledger is chance.
static void look_back(struct host *host, const struct chain_fact *chain, struct staples *out)
{
    const struct check *extensions = check_find("extensions");
    uint64_t bit = bit_of(extensions);
    if (!host_runs(host, extensions))
        return;
    struct request *asked = arena_array(host->scratch, host->ledger.count, sizeof *asked);
    size_t count = 0;
    for (struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        if ((answer->askers & bit) != 0 && answer->outcome != NULL && shows(answer->outcome->flight, chain) &&
            is_request(host, answer, &asked[count]))
            count++;
    if (count != 0)
        qsort(asked, count, sizeof *asked, by_key);
    for (size_t i = 0; i < count; i++)
        see(host, out, ask_again(host, asked[i].answer), asked[i].sample);
}

// --- asking ----------------------------------------------------------------------------------------

// The newest hello that showed the chain. False: none that could carry the request.
static bool find_hello(struct host *host, const struct chain_fact *chain, struct probe *out)
{
    uint16_t version = 0;
    for (size_t i = 0; i < chain->evidence.count; i++) {
        const struct answer *answer = ledger_find(&host->ledger, chain->evidence.key[i]);
        struct probe probe;
        if (answer == NULL || answer->outcome == NULL || !shows(answer->outcome->flight, chain) ||
            answer->outcome->flight->version <= version || answer->outcome->flight->version <= SSL3 ||
            answer->kind != PROBE_HELLO)
            continue;
        answer_decode(answer, host->scratch, &probe);
        version = answer->outcome->flight->version;
        *out = probe;
    }
    return version != 0;
}

static enum progress ask_for_it(struct host *host, const struct chain_fact *chain, const struct probe *shown,
                                uint16_t sample, struct staples *out)
{
    struct probe probe = *shown;
    probe.hello.extensions |= HELLO_STATUS_REQUEST;
    probe.sample = sample;
    const struct answer *answer = ask(host, &probe);
    const struct outcome *outcome = answer->outcome;
    if (outcome == NULL)
        return WAIT;
    if (shows(outcome->flight, chain)) {
        see(host, out, answer, sample);
        return DONE;
    }
    evidence_add(host->scratch, &out->evidence, answer->key);
    out->why =
        outcome->kind == OUTCOME_REPLIED
            ? fact_because(VERDICT_UNKNOWN, "other_chain", "another chain came with a request for staples")
            : fact_because(VERDICT_UNKNOWN, outcome_code(outcome->kind), outcome_sentence(host->scratch, outcome));
    return DONE;
}

enum progress staples_find(struct host *host, const struct chain_fact *chain, struct staples *out)
{
    struct probe probe;
    *out = (struct staples){0};
    look_back(host, chain, out);
    bool required = chain->count != 0 && chain->chain[0].must_staple;
    unsigned wanted = required ? 2 : 1;
    if (out->flight != NULL && (is_stapled(out->flight) || out->asked >= wanted))
        return DONE;
    if (!find_hello(host, chain, &probe)) {
        if (out->flight == NULL)
            out->why = fact_because(VERDICT_NOT_APPLICABLE, "version_not_supported",
                                    "no version in which the chain is shown knows staples");
        return DONE;
    }
    for (uint16_t sample = out->asked != 0; out->asked < wanted && sample < 2; sample++) {
        if (ask_for_it(host, chain, &probe, sample, out) == WAIT)
            return WAIT;
        if (out->flight != NULL && is_stapled(out->flight))
            return DONE;
    }
    return DONE;
}
