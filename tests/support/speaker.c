// SPDX-License-Identifier: Apache-2.0
//
// Negotiates version, suite and group as any server would, and leaves the rest to the test.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flights.h"
#include "speaker.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/probe.h"
#include "wire/registry.h"

enum {
    X25519 = 0x001D,
    RSA_PSS_SHA256 = 0x0804,
    HANDSHAKE_FAILURE = 40,
    PROTOCOL_VERSION = 70,
    COMPRESS_CERTIFICATE = 27
};

static struct outcome refusal(struct flight *flight, uint8_t description)
{
    if (description == 0)
        return (struct outcome){.kind = OUTCOME_RESET, .tries = 1};
    const struct flight alert = {
        .shown = flight->shown, .alert = true, .alert_level = 2, .alert_description = description};
    *flight = alert;
    return (struct outcome){.kind = OUTCOME_ALERT, .flight = flight, .tries = 1};
}

static void show_certificate(const struct speaker *speaker, struct ledger *ledger, struct flight *flight)
{
    flight->shown->certificate_message = true;
    if (speaker->certificate.size == 0)
        return;
    struct bytes *row = arena_array(&ledger->memory, 1, sizeof *row);
    *row = speaker->certificate;
    flight->shown->certificates = row;
    flight->shown->certificate_count = 1;
}

static uint16_t choose(const struct speaker *speaker, const struct hello *hello, bool newer)
{
    static const uint16_t suites_13[] = {0x1302, 0x1301, 0};
    const uint16_t *suites = newer ? suites_13 : speaker->suites;
    for (size_t i = 0; i < 8 && suites[i] != 0; i++)
        if (codes_have(hello->suites, suites[i]))
            return suites[i];
    return 0;
}

// 0: none in common.
static uint16_t negotiate(const struct speaker *speaker, const struct hello *hello)
{
    bool listed = (hello->extensions & HELLO_SUPPORTED_VERSIONS) != 0;
    if (listed && speaker->tls13 && codes_have(hello->versions, TLS13))
        return TLS13;
    return speaker->tls12 && hello->version == TLS12 && (!listed || codes_have(hello->versions, TLS12)) ? TLS12 : 0;
}

static struct outcome answer_hello(const struct speaker *speaker, struct ledger *ledger, const struct probe *probe,
                                   unsigned number)
{
    struct flight *flight = flight_in(&ledger->memory);
    const struct hello *hello = &probe->hello;
    uint16_t version = hello->version == SSL2 ? 0 : negotiate(speaker, hello);
    if (version == 0)
        return refusal(flight, PROTOCOL_VERSION);
    bool newer = version == TLS13;
    uint16_t suite = choose(speaker, hello, newer);
    if (suite == 0 || (newer && !codes_have(hello->groups, X25519)))
        return refusal(flight, HANDSHAKE_FAILURE);
    *flight = (struct flight){
        .shown = flight->shown, .hello = true, .complete = true, .version = version, .suite = suite, .group = X25519};
    flight->retry = newer && !codes_have(hello->key_shares, X25519);
    memset(flight->random_begin, (int)(probe->sample + number * 7 + 1), sizeof flight->random_begin);
    if (!flight->retry) {
        show_certificate(speaker, ledger, flight);
        flight->scheme = codes_have(hello->schemes, RSA_PSS_SHA256) ? RSA_PSS_SHA256 : 0;
    }
    const struct speech speech = {&ledger->memory, hello, flight, probe->sample, number};
    if (speaker->speak != NULL && !speaker->speak(speaker, &speech))
        return refusal(flight, flight->alert_description);
    return (struct outcome){.kind = OUTCOME_REPLIED, .flight = flight, .tries = 1};
}

struct outcome speaker_answer(void *context, struct ledger *ledger, const struct answer *asked, unsigned number)
{
    const struct speaker *speaker = context;
    if (speaker->tires_after != 0 && number >= speaker->tires_after)
        return refusal(arena_alloc(&ledger->memory, sizeof(struct flight)), speaker->tires_with);
    struct probe probe;
    answer_decode(asked, &ledger->memory, &probe);
    return answer_hello(speaker, ledger, &probe, (unsigned)(asked->key % 13));
}

const struct extension *speech_asked(const struct speech *speech, uint16_t type)
{
    static const struct extension by_flag = {0, {NULL, 0}};
    const struct extension *extra = extension_in(speech->hello->extra, type);
    return extra != NULL ? extra : hello_carries(speech->hello, type) ? &by_flag : NULL;
}

static void append(const struct speech *speech, struct extensions *list, uint16_t type, struct bytes body)
{
    struct extension *row = arena_array(speech->arena, list->count + 1, sizeof *row);
    if (list->count != 0)
        memcpy(row, list->row, list->count * sizeof *row);
    row[list->count] = (struct extension){type, arena_copy(speech->arena, body)};
    *list = (struct extensions){row, list->count + 1};
}

bool speech_asks_again(const struct speech *speech)
{
    return speech->sample != 0 || speech_asked(speech, COMPRESS_CERTIFICATE) != NULL;
}

void speech_say(const struct speech *speech, uint16_t type, struct bytes body)
{
    struct flight *flight = speech->flight;
    if (!flight->retry)
        append(speech, flight->version == TLS13 ? &flight->shown->encrypted_extensions : &flight->shown->extensions,
               type, body);
}

void speech_say_of_leaf(const struct speech *speech, uint16_t type, struct bytes body)
{
    if (!speech->flight->retry)
        append(speech, &speech->flight->shown->leaf_extensions, type, body);
}

const struct feature_fact *feature_of(const struct facts *facts, enum feature_section section, const char *id,
                                      uint16_t version)
{
    for (size_t i = 0; i < facts->feature_count; i++) {
        const struct feature_fact *row = facts->features[i];
        if (row->section == section && row->version == version && strcmp(row->id, id) == 0)
            return row;
    }
    return NULL;
}

void assert_order_does_not_matter(const struct speaker *speaker, uint64_t selected)
{
    char *first = NULL;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        const struct circumstances how = {.seed = seed, .named = true, .selected = selected};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, (void *)speaker);
        char *report = rehearsal_report(&run);
        host_release(&run.host);
        if (first != NULL) {
            assert_string_equal(first, report);
            free(report);
        } else {
            first = report;
        }
    }
    free(first);
}

static bool decided(const struct fact *fact) { return fact->verdict == VERDICT_YES || fact->verdict == VERDICT_NO; }

void assert_losses_do_no_harm(const struct speaker *speaker, uint64_t selected)
{
    struct rehearsal whole;
    const struct circumstances calm = {.seed = 1, .named = true, .selected = selected};
    rehearse(&whole, &calm, speaker_answer, (void *)speaker);
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const struct circumstances how = {
            .seed = seed, .lost_percent = 3 + (unsigned)(seed % 30), .named = true, .selected = selected};
        struct rehearsal run;
        rehearse(&run, &how, speaker_answer, (void *)speaker);
        for (size_t i = 0; i < run.host.facts.feature_count; i++) {
            const struct feature_fact *row = run.host.facts.features[i];
            const struct feature_fact *truth = feature_of(&whole.host.facts, row->section, row->id, row->version);
            if (row->fact.verdict == VERDICT_UNKNOWN && row->fact.reason == NULL)
                fail_msg("seed %llu: %s is unknown without a reason", (unsigned long long)seed, row->id);
            if (truth != NULL && decided(&truth->fact) && decided(&row->fact) &&
                truth->fact.verdict != row->fact.verdict)
                fail_msg("seed %llu: %s is said to be %s", (unsigned long long)seed, row->id,
                         verdict_name(row->fact.verdict));
        }
        host_release(&run.host);
    }
    host_release(&whole.host);
}
