// SPDX-License-Identifier: Apache-2.0
//
// Answers as the struct says, from the hello alone.
#include "exchange.h"
#include "flights.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/registry.h"

#define FFDHE 0x0100

static struct outcome plain(enum outcome_kind kind) { return (struct outcome){.kind = kind, .tries = 1}; }

static struct outcome alert(struct ledger *ledger, uint8_t description)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight =
        (struct flight){.shown = flight->shown, .alert = true, .alert_level = 2, .alert_description = description};
    struct outcome outcome = plain(OUTCOME_ALERT);
    outcome.flight = flight;
    return outcome;
}

static struct outcome refuse(const struct exchange *model, struct ledger *ledger)
{
    return model->refusal == OUTCOME_ALERT ? alert(ledger, 40) : plain(model->refusal);
}

static struct outcome reply(const struct exchange *model, const struct hello *hello, struct flight *flight)
{
    struct outcome outcome = plain(OUTCOME_REPLIED);
    if (model->names != 0 && flight->group != 0)
        flight->group = model->names;
    bool shared = codes_have(hello->key_shares, flight->group);
    if (flight->group != 0 && !codes_have(hello->groups, flight->group))
        flight->faults |= FAULT_GROUP_NOT_OFFERED;
    if (flight->retry && flight->group != 0 && shared)
        flight->faults |= FAULT_RETRY_FOR_SHARE;
    if (flight->version == TLS13 && !flight->retry && !shared)
        flight->faults |= FAULT_GROUP_NOT_OFFERED;
    flight->hello = flight->complete = true;
    outcome.flight = flight;
    return outcome;
}

static size_t length(const uint16_t *codes)
{
    size_t count = 0;
    while (codes[count] != 0)
        count++;
    return count;
}

// 0: none is common.
static uint16_t choose(const struct exchange *model, const uint16_t *own, struct codes offered)
{
    struct codes mine = {own, length(own)};
    if (model->ignores)
        return own[0];
    if (model->takes_any)
        return offered.code[0];
    struct codes first = model->client_order ? offered : mine, second = model->client_order ? mine : offered;
    for (size_t i = 0; i < first.count; i++)
        if (codes_have(second, first.code[i]))
            return first.code[i];
    return 0;
}

static struct bytes value_of(struct ledger *ledger, const struct answer *asked, bool repeats)
{
    uint8_t *octet = arena_alloc(&ledger->memory, 32);
    for (unsigned i = 0; i < 32; i++)
        octet[i] = (uint8_t)(repeats ? 7 : asked->key >> (i % 8 * 8));
    return (struct bytes){octet, 32};
}

static bool repeats_curve(const struct exchange *model, const struct hello *hello)
{
    return model->repeats_curve || (model->repeats_rarely && !codes_have(hello->groups, 0x001D));
}

static struct bytes finite_prime(struct ledger *ledger, uint16_t group)
{
    static const char *const names[] = {"RFC7919/ffdhe2048", "RFC7919/ffdhe3072", "RFC7919/ffdhe4096",
                                        "RFC7919/ffdhe6144", "RFC7919/ffdhe8192"};
    return exchange_prime(&ledger->memory, names[group - FFDHE]);
}

static bool add_finite(const struct exchange *model, struct ledger *ledger, const struct answer *asked,
                       const struct hello *hello, struct flight *flight)
{
    static const uint8_t two[] = {2};
    uint16_t group = model->dhe == DHE_BY_LIST ? choose(model, model->finite, hello->groups) : 0;
    if (model->dhe == DHE_BY_LIST && group == 0)
        return false;
    flight->shown->dh_prime = group != 0 ? finite_prime(ledger, group) : model->prime;
    flight->shown->dh_bits = (uint16_t)(flight->shown->dh_prime.size * 8);
    flight->shown->dh_generator = (struct bytes){two, 1};
    flight->key_share = value_of(ledger, asked, model->repeats_finite);
    return true;
}

// Whether the suite can be had with these groups.
static bool add_exchange(const struct exchange *model, struct ledger *ledger, const struct answer *asked,
                         const struct hello *hello, struct flight *flight)
{
    switch (suite_find(flight->suite)->kx) {
    case KX_ECDHE:
    case KX_ECDHE_PSK:
        if (model->curve != 0 && !codes_have(hello->groups, model->curve))
            return false;
        flight->group = choose(model, model->group, hello->groups);
        flight->key_share = value_of(ledger, asked, repeats_curve(model, hello));
        return flight->group != 0;
    case KX_DHE:
        return add_finite(model, ledger, asked, hello, flight);
    default:
        return true;
    }
}

static struct outcome answer_12(const struct exchange *model, struct ledger *ledger, const struct answer *asked,
                                const struct hello *hello)
{
    for (size_t i = 0; model->tls12 && model->suite[i] != 0; i++) {
        if (!codes_have(hello->suites, model->suite[i]))
            continue;
        struct flight *flight = flight_in(&ledger->memory);
        *flight = (struct flight){.shown = flight->shown, .version = TLS12, .suite = model->suite[i]};
        if (!add_exchange(model, ledger, asked, hello, flight)) {
            if (!model->fails_late)
                continue;
            flight->alert = true;
            flight->alert_level = 2;
            flight->alert_description = 40;
            struct outcome late = reply(model, hello, flight);
            flight->complete = false;
            return late;
        }
        if (model->certificate.size != 0) {
            struct bytes *certificates = arena_array(&ledger->memory, 1, sizeof *certificates);
            certificates[0] = intern_bytes(&ledger->intern, &ledger->memory, model->certificate);
            flight->shown->certificates = certificates;
            flight->shown->certificate_count = 1;
            flight->shown->certificate_message = true;
        }
        return reply(model, hello, flight);
    }
    return refuse(model, ledger);
}

static struct outcome answer_13(const struct exchange *model, struct ledger *ledger, const struct answer *asked,
                                const struct hello *hello)
{
    struct flight *flight = flight_in(&ledger->memory);
    *flight = (struct flight){.shown = flight->shown, .version = TLS13, .suite = 0x1301};
    flight->group = choose(model, model->group13, hello->groups);
    if (model->stays_classical != 0 && codes_have(hello->key_shares, model->stays_classical))
        flight->group = model->stays_classical;
    if (flight->group == 0 && !model->retries_without_group)
        return refuse(model, ledger);
    flight->retry = flight->group == 0 || !codes_have(hello->key_shares, flight->group);
    if (flight->group == 0)
        flight->faults |= FAULT_RETRY_WITHOUT_GROUP;
    if (!flight->retry)
        flight->key_share = value_of(ledger, asked, repeats_curve(model, hello));
    return reply(model, hello, flight);
}

static bool too_much(const struct exchange *model, const struct probe *probe)
{
    return (model->longest != 0 && probe->hello.pad_to > model->longest) ||
           (model->one_record && probe->hello.fragment != 0) || (model->one_segment && probe->split != 0);
}

struct outcome exchange_answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    const struct exchange *model = context;
    struct arena scratch = {0};
    struct probe probe;
    if (model->tires_after != 0 && number >= model->tires_after)
        return model->tires_with != 0 ? alert(ledger, model->tires_with) : plain(OUTCOME_RESET);
    if (model->moody != 0 && (asked->key ^ model->moody) % 10 == 0)
        return alert(ledger, 40);
    answer_decode(asked, &scratch, &probe);
    const struct hello *hello = &probe.hello;
    bool newer = model->tls13 && codes_have(hello->versions, TLS13) && codes_have(hello->suites, 0x1301);
    struct outcome outcome = too_much(model, &probe)  ? plain(model->silent_when_long ? OUTCOME_SILENT : OUTCOME_RESET)
                             : newer                  ? answer_13(model, ledger, asked, hello)
                             : hello->version < TLS12 ? alert(ledger, 70)
                                                      : answer_12(model, ledger, asked, hello);
    arena_release(&scratch);
    return outcome;
}

// The last but one field of the row; names hold no commas, other fields may be quoted.
struct bytes exchange_prime(struct arena *arena, const char *name)
{
    static char line[16384];
    FILE *file = fopen("data/dh-primes.csv", "r");
    if (file == NULL)
        die("cannot open data/dh-primes.csv; tests run in the project's folder");
    struct bytes prime = {NULL, 0};
    while (prime.size == 0 && fgets(line, sizeof line, file) != NULL) {
        size_t size = strlen(name);
        if (strncmp(line, name, size) != 0 || line[size] != ',')
            continue;
        *strrchr(line, ',') = '\0';
        if (!text_from_hex(arena, strrchr(line, ',') + 1, &prime))
            die("the row of %s does not end in hex", name);
    }
    fclose(file);
    if (prime.size == 0)
        die("no prime %s in data/dh-primes.csv", name);
    return prime;
}

const struct feature_fact *exchange_feature(const struct facts *facts, enum feature_section section, const char *id)
{
    for (size_t i = 0; i < facts->feature_count; i++)
        if (facts->features[i]->section == section && strcmp(facts->features[i]->id, id) == 0)
            return facts->features[i];
    die("no row %s", id);
}
