// SPDX-License-Identifier: Apache-2.0
//
// Writes finished targets down, line by line. The reader is in replay.c.
#include "run/transcript.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/text.h"

static const char *text(struct arena *arena, const char *value)
{
    if (value == NULL)
        return "-";
    return *value == '\0' ? "=" : text_base64(arena, bytes_of_text(value));
}

static const char *octets(struct arena *arena, struct bytes bytes)
{
    return bytes.size == 0 ? "-" : text_base64(arena, bytes);
}

static const char *checks(struct arena *arena, uint64_t selected)
{
    const char *list = NULL;
    for (size_t i = 0; i < check_count(); i++)
        if ((selected >> i & 1) != 0)
            list = list == NULL ? check_at(i)->id : arena_text(arena, "%s,%s", list, check_at(i)->id);
    return list == NULL ? "-" : list;
}

static void write_run(FILE *file, struct arena *arena, const struct transcript_run *run)
{
    fprintf(file, "shakedown-transcript %d\n", TRANSCRIPT_VERSION);
    fprintf(file, "seed %s\n", text_hex(arena, (struct bytes){run->seed, sizeof run->seed}));
    fprintf(file, "now %" PRId64 "\n", run->now);
    fprintf(file, "started %" PRId64 "\n", run->started);
    fprintf(file, "duration %" PRIu64 "\n", run->duration_ms);
    fprintf(file, "checks %s\n", checks(arena, run->selected));
    fprintf(file, "trust %s %s", text(arena, run->ca_file), text(arena, run->ca_path));
    if (run->weak_keys != NULL || run->compromised_keys != NULL)
        fprintf(file, " %s %s", text(arena, run->weak_keys), text(arena, run->compromised_keys));
    fputc('\n', file);
    if (run->ct_logs != NULL)
        fprintf(file, "logs %s\n", text(arena, run->ct_logs));
    if (run->client_certificate != NULL)
        fprintf(file, "identity %s\n", run->client_certificate);
    if (run->resolver != NULL)
        fprintf(file, "resolver %s\n", text(arena, run->resolver));
}

static void write_target(FILE *file, struct arena *arena, const struct finished *finished)
{
    const struct target *target = finished->target;
    fprintf(file, "target %s %s %s %u %s %s", text(arena, target->input), text(arena, target->host),
            text(arena, target->display), target->port, target->is_address ? "address" : "name",
            text(arena, target->sni));
    if (target->pinned != 0 || target->alpn != NULL)
        fprintf(file, " %u %s", target->pinned, text(arena, target->alpn));
    fputc('\n', file);
    fprintf(file, "trouble %s\n", text(arena, finished->trouble));
    fprintf(file, "ended %s\n", finished->interrupted ? "interrupted" : "whole");
}

static const char *result(struct arena *arena, const struct handshake_result *handshake)
{
    struct builder out = builder_in(arena);
    if (handshake != NULL)
        handshake_result_encode(&out, handshake);
    return octets(arena, builder_bytes(&out));
}

static const char *records(struct arena *arena, const struct records_result *found)
{
    struct builder out = builder_in(arena);
    if (found != NULL)
        records_result_encode(&out, found);
    return octets(arena, builder_bytes(&out));
}

// How the document ended, which octets alone do not always tell.
static const char *ending(const struct outcome *outcome)
{
    if (outcome->fetch == NULL)
        return "-";
    return outcome->fetch->error == NULL ? "whole" : outcome->ended ? "cut" : "open";
}

static void write_probe(FILE *file, struct arena *arena, const struct answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    enum probe_kind kind = (enum probe_kind)answer->kind;
    struct raw raw = outcome_raw(outcome);
    struct arena_mark before = arena_mark(arena);
    fprintf(file, "%s %s %s %u %" PRIu32 " %" PRIu32 " %s %s %s", probe_kind_name(kind),
            text_hex(arena, answer_form(answer, arena)), outcome_code(outcome->kind), outcome->tries,
            outcome->connect_ms, outcome->answer_ms, text(arena, outcome->detail), octets(arena, raw.sent),
            octets(arena, raw.received));
    if (kind == PROBE_HANDSHAKE)
        fprintf(file, " %s", result(arena, outcome->handshake));
    if (kind == PROBE_FETCH)
        fprintf(file, " %s", ending(outcome));
    if (kind == PROBE_RECORDS)
        fprintf(file, " %s", records(arena, outcome->records));
    fputc('\n', file);
    arena_rewind(arena, before);
}

static void write_endpoint(FILE *file, struct arena *arena, const struct endpoint *endpoint)
{
    fprintf(file, "endpoint %s %u %" PRIu64 " %" PRIu64 " %s\n", endpoint->address, endpoint->connections,
            endpoint->bytes_sent, endpoint->bytes_received, endpoint->pushed_back ? "pushed_back" : "steady");
    for (const struct answer *answer = endpoint->host.ledger.first; answer != NULL; answer = answer->next)
        if (answer->outcome != NULL)
            write_probe(file, arena, answer);
}

bool transcript_write(FILE *file, const struct transcript_run *run, const struct finished *finished)
{
    struct arena arena = {0};
    write_run(file, &arena, run);
    write_target(file, &arena, finished);
    for (size_t i = 0; i < finished->endpoint_count; i++)
        write_endpoint(file, &arena, finished->endpoints[i]);
    fputs("end\n", file);
    arena_release(&arena);
    return ferror(file) == 0;
}
