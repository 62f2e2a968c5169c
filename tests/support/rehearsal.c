// SPDX-License-Identifier: Apache-2.0
//
// A scan without a scan: takes what the checks want, answers it in a drawn order, steps the host.
#include "rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/report.h"

#define MOST_CONNECTIONS 4096

uint64_t checks_named(const char *ids)
{
    uint64_t set = 0;
    char copy[512];
    snprintf(copy, sizeof copy, "%s", ids);
    for (char *id = strtok(copy, ","); id != NULL; id = strtok(NULL, ",")) {
        bool known = false;
        for (size_t i = 0; i < check_count(); i++)
            if (strcmp(check_at(i)->id, id) == 0) {
                set |= UINT64_C(1) << i;
                known = true;
            }
        if (!known)
            die("no check %s", id);
    }
    return set;
}

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % below;
}

static struct answer *take_any(struct answer **flying, size_t *count, uint64_t *state)
{
    size_t pick = draw(state, (uint32_t)*count);
    struct answer *answer = flying[pick];
    flying[pick] = flying[--*count];
    return answer;
}

void rehearse(struct rehearsal *rehearsal, const struct circumstances *how, answer_probe *answer, void *context)
{
    static struct answer *flying[MOST_CONNECTIONS];
    struct host *host = &rehearsal->host;
    struct arena scratch = {0};
    uint64_t state = how->seed;
    size_t count = 0, wave = 0; // of it, still to be answered
    *rehearsal =
        (struct rehearsal){.target = {.input = "model", .host = "localhost", .display = "localhost", .port = 443}};
    if (how->named)
        rehearsal->target.sni = "localhost";
    if (how->port != 0)
        rehearsal->target.port = how->port;
    rehearsal->target.pinned = how->pinned;
    rehearsal->target.alpn = how->alpn;
    uint64_t selected = how->selected != 0 ? how->selected : checks_named("versions,suites,certificates");
    host_begin(host, &rehearsal->target, how->store, how->now != 0 ? how->now : 1800000000, selected);
    host->client_certificate = how->client_certificate;
    host->ct_logs = how->ct_logs;
    host_step(host, &scratch, NULL);
    for (;;) {
        if (wave == 0 || !how->in_waves) {
            for (struct answer *wanted; (wanted = ledger_take(&host->ledger)) != NULL; count++)
                flying[count] = wanted;
            for (struct answer *wanted; (wanted = ledger_take_errand(&host->ledger)) != NULL; count++)
                flying[count] = wanted;
        }
        if (count == 0)
            break;
        rehearsal->waves += wave == 0;
        wave = wave == 0 ? count - 1 : wave - 1;
        if (rehearsal->connections == MOST_CONNECTIONS)
            die("the checks ask without end (seed %llu)", (unsigned long long)how->seed);
        struct answer *asked = take_any(flying, &count, &state);
        struct outcome outcome = answer(context, &host->ledger, asked, rehearsal->connections++);
        if (how->lost_percent != 0 && (asked->key ^ how->seed) % 100 < how->lost_percent)
            outcome = (struct outcome){.kind = OUTCOME_SILENT, .tries = 2};
        ledger_settle(&host->ledger, asked, &outcome);
        host_step(host, &scratch, asked);
    }
    if (!host_finished(host))
        die("the checks wait for nothing (seed %llu)", (unsigned long long)how->seed);
    arena_release(&scratch);
}

char *rehearsal_report(struct rehearsal *rehearsal)
{
    struct report_endpoint endpoint = {.address = "127.0.0.1", .host = &rehearsal->host};
    struct report_input input = {.target = &rehearsal->target, .endpoints = &endpoint, .endpoint_count = 1};
    struct report_options options = {.reproducible = true};
    return report_json(&input, &options);
}
