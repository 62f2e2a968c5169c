// SPDX-License-Identifier: Apache-2.0
//
// Reads a transcript: one function per kind of line, each with sticky fields like a parser of the
// wire. The octets go through a talk again and the outcomes into a ledger; the checks then run
// once over all of it. The file may come from a stranger: every line is bounded and judged
// before anything is made of it.
#include "run/transcript.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "probe/talk.h"
#include "run/lines.h"
#include "wire/kem.h"
#include "wire/registry.h"

// An endpoint while its probes are read.
struct replayed {
    struct endpoint endpoint;
    struct replayed *next;
};

struct reader {
    const struct transcript_reader *calls;
    struct lines lines;
    struct arena memory; // of the target
    struct transcript_run run;
    struct finished finished;
    struct target target;
    const struct trust_store *store;
    struct key_lists key_lists;
    const struct ct_logs *ct_logs;
    struct replayed *first, *last;
};

static bool fail(struct reader *reader, const char *what) { return lines_fail(&reader->lines, what); }

// --- one function per kind of line ---------------------------------------------------------------

static void read_seed(struct reader *reader)
{
    struct bytes seed = lines_hex(&reader->lines);
    if (seed.size == sizeof reader->run.seed)
        memcpy(reader->run.seed, seed.data, seed.size);
    else
        reader->lines.bad = true;
}

static void read_now(struct reader *reader) { reader->run.now = lines_seconds(&reader->lines); }
static void read_started(struct reader *reader) { reader->run.started = lines_seconds(&reader->lines); }

static void read_duration(struct reader *reader)
{
    reader->run.duration_ms = lines_number(&reader->lines, INT64_MAX);
    reader->finished.ended_ms = reader->run.duration_ms;
}

static void select_check(struct reader *reader, const char *id)
{
    for (size_t i = 0; i < check_count(); i++)
        if (strcmp(check_at(i)->id, id) == 0) {
            reader->run.selected |= UINT64_C(1) << i;
            return;
        }
    reader->lines.bad = true;
}

static void read_checks(struct reader *reader)
{
    char *list = lines_take(&reader->lines);
    if (strcmp(list, "-") == 0)
        return;
    for (char *id = list, *next; id != NULL; id = next) {
        next = strchr(id, ',');
        if (next != NULL)
            *next++ = '\0';
        select_check(reader, id);
    }
}

static void read_trust(struct reader *reader)
{
    reader->run.ca_file = lines_any_text(&reader->lines);
    reader->run.ca_path = lines_any_text(&reader->lines);
    if (reader->lines.next == NULL)
        return;
    reader->run.weak_keys = lines_any_text(&reader->lines);
    reader->run.compromised_keys = lines_any_text(&reader->lines);
}

static void read_logs(struct reader *reader)
{
    reader->run.ct_logs = lines_any_text(&reader->lines);
    if (reader->run.ct_logs == NULL)
        reader->lines.bad = true;
}

static void read_identity(struct reader *reader)
{
    struct bytes digest = lines_hex(&reader->lines);
    if (digest.size != 32)
        reader->lines.bad = true;
    reader->run.client_certificate = text_hex(&reader->memory, digest);
}

static void read_resolver(struct reader *reader)
{
    reader->run.resolver = lines_text(&reader->lines);
    if (reader->run.resolver == NULL)
        reader->lines.bad = true;
}

static void read_target(struct reader *reader)
{
    struct target *target = &reader->target;
    target->input = lines_any_text(&reader->lines);
    target->host = lines_text(&reader->lines);
    target->display = lines_any_text(&reader->lines);
    target->port = (uint16_t)lines_number(&reader->lines, UINT16_MAX);
    target->is_address = lines_choice(&reader->lines, "name", "address");
    target->sni = lines_text(&reader->lines);
    if (reader->lines.next != NULL) {
        target->pinned = (uint16_t)lines_number(&reader->lines, UINT16_MAX);
        target->alpn = lines_text(&reader->lines);
    }
    if (target->pinned != 0 && target->pinned != TLS12 && target->pinned != TLS13)
        reader->lines.bad = true;
    if (target->input == NULL || target->host == NULL || target->display == NULL || target->port == 0)
        reader->lines.bad = true;
}

static void read_trouble(struct reader *reader) { reader->finished.trouble = lines_text(&reader->lines); }
static void read_ended(struct reader *reader)
{
    reader->finished.interrupted = lines_choice(&reader->lines, "whole", "interrupted");
}

static void read_address(struct reader *reader, struct endpoint *endpoint)
{
    const char *address = lines_take(&reader->lines);
    size_t size = strspn(address, "0123456789abcdefABCDEF:.");
    if (size == 0 || address[size] != '\0' || size >= sizeof endpoint->address)
        reader->lines.bad = true;
    else
        memcpy(endpoint->address, address, size + 1);
}

static void read_endpoint(struct reader *reader)
{
    struct replayed *replayed = arena_alloc(&reader->memory, sizeof *replayed);
    struct endpoint *endpoint = &replayed->endpoint;
    read_address(reader, endpoint);
    endpoint->connections = (unsigned)lines_number(&reader->lines, UINT32_MAX);
    endpoint->bytes_sent = lines_number(&reader->lines, INT64_MAX);
    endpoint->bytes_received = lines_number(&reader->lines, INT64_MAX);
    endpoint->pushed_back = lines_choice(&reader->lines, "steady", "pushed_back");
    host_begin(&endpoint->host, &reader->target, reader->store, reader->run.now, reader->run.selected);
    endpoint->host.client_certificate = reader->run.client_certificate;
    endpoint->host.key_lists = reader->key_lists;
    endpoint->host.ct_logs = reader->ct_logs;
    if (reader->last == NULL)
        reader->first = replayed;
    else
        reader->last->next = replayed;
    reader->last = replayed;
    reader->finished.endpoint_count++;
}

static enum talk_end end_of(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_CLOSED:
        return TALK_CLOSED;
    case OUTCOME_RESET:
        return TALK_RESET;
    case OUTCOME_SILENT:
        return TALK_SILENT;
    default:
        return outcome->cut ? TALK_RESET : outcome->ended ? TALK_CLOSED : TALK_STOPPED;
    }
}

// What was sent is made again from the seed; as evidence stands what was sent then.
static void talk_again(struct reader *reader, struct ledger *ledger, struct bytes form, struct outcome *outcome)
{
    struct outcome told = *outcome;
    struct talk *talk = talk_begin(form, (struct bytes){NULL, 0}, NULL, reader->run.seed, false);
    talk_input(talk, told.raw->received);
    talk_outcome(talk, end_of(&told), &ledger->memory, &ledger->intern, outcome);
    talk_release(talk);
    outcome->tries = told.tries;
    outcome->connect_ms = told.connect_ms;
    outcome->answer_ms = told.answer_ms;
    outcome->raw = raw_keep(&ledger->memory, *told.raw);
}

// From the reader's memory, which is rewound after the line.
static void keep_told(struct ledger *ledger, struct outcome *outcome)
{
    struct arena *memory = &ledger->memory;
    bool talked = outcome_has_talk(outcome->kind);
    outcome->detail = outcome->detail == NULL ? NULL : arena_string(memory, bytes_of_text(outcome->detail));
    outcome->raw = talked ? raw_keep(memory, *outcome->raw) : NULL;
}

// Taken as it stands, since keys and sessions are in no transcript.
static void take_handshake(struct reader *reader, struct arena *memory, struct outcome *outcome)
{
    struct handshake_result *result = arena_alloc(memory, sizeof *result);
    struct bytes encoded = lines_octets(&reader->lines);
    bool talked = outcome_has_talk(outcome->kind);
    bool good = handshake_result_decode(memory, encoded, result);
    if (talked ? !good || result->hello != (outcome->kind == OUTCOME_REPLIED) : encoded.size != 0)
        reader->lines.bad = true;
    outcome->handshake = talked ? result : NULL;
}

// Likewise: DNS is not asked again.
static void take_records(struct reader *reader, struct arena *memory, struct outcome *outcome)
{
    struct records_result *result = arena_alloc(memory, sizeof *result);
    struct bytes encoded = lines_octets(&reader->lines);
    bool told = outcome->kind == OUTCOME_REPLIED;
    bool good = records_result_decode(memory, encoded, result);
    if ((told ? !good : encoded.size != 0) || (outcome_has_talk(outcome->kind) && !told))
        reader->lines.bad = true;
    outcome->records = told ? result : NULL;
}

// How a document ended: noted in the outcome until it is read again.
static void take_ending(struct reader *reader, struct outcome *outcome)
{
    const char *word = lines_take(&reader->lines);
    bool talked = outcome_has_talk(outcome->kind);
    outcome->ended = strcmp(word, "whole") == 0;
    outcome->cut = strcmp(word, "cut") == 0;
    bool known = outcome->ended || outcome->cut || strcmp(word, "open") == 0;
    if (talked ? !known : strcmp(word, "-") != 0)
        reader->lines.bad = true;
}

static void take_rest(struct reader *reader, enum probe_kind kind, struct ledger *ledger, struct outcome *outcome)
{
    switch (kind) {
    case PROBE_HELLO:
        return;
    case PROBE_HANDSHAKE:
        take_handshake(reader, &ledger->memory, outcome);
        return;
    case PROBE_FETCH:
        take_ending(reader, outcome);
        return;
    case PROBE_RECORDS:
        take_records(reader, &ledger->memory, outcome);
        return;
    }
}

static bool is_read_again(enum probe_kind kind, const struct outcome *outcome)
{
    return (kind == PROBE_HELLO || kind == PROBE_FETCH) && outcome_has_talk(outcome->kind);
}

static void read_asked(struct reader *reader, enum probe_kind kind)
{
    struct arena_mark before = arena_mark(&reader->memory);
    struct outcome outcome = {0};
    struct bytes form = lines_hex(&reader->lines);
    if (!outcome_from_code(lines_take(&reader->lines), &outcome.kind) || reader->last == NULL ||
        probe_kind_of(form) != kind)
        reader->lines.bad = true;
    outcome.tries = (uint8_t)lines_number(&reader->lines, UINT8_MAX);
    outcome.connect_ms = (uint32_t)lines_number(&reader->lines, UINT32_MAX);
    outcome.answer_ms = (uint32_t)lines_number(&reader->lines, UINT32_MAX);
    outcome.detail = lines_text(&reader->lines);
    struct raw raw = {.sent = lines_octets(&reader->lines)};
    raw.received = lines_octets(&reader->lines);
    outcome.raw = &raw;
    if (reader->lines.bad)
        return;
    struct ledger *ledger = &reader->last->endpoint.host.ledger;
    struct answer *answer = ledger_enter(ledger, form);
    take_rest(reader, kind, ledger, &outcome);
    if (reader->lines.bad || answer == NULL || answer->outcome != NULL) {
        reader->lines.bad = true;
        return;
    }
    if (is_read_again(kind, &outcome))
        talk_again(reader, ledger, form, &outcome);
    else
        keep_told(ledger, &outcome);
    ledger_settle(ledger, answer, &outcome);
    arena_rewind(&reader->memory, before);
}

// --- a target ------------------------------------------------------------------------------------

static void step(struct reader *reader, struct host *host, const struct answer *answer)
{
    struct arena_mark before = arena_mark(&reader->lines.scratch);
    host_step(host, &reader->lines.scratch, answer);
    arena_rewind(&reader->lines.scratch, before);
}

static struct answer *take_any(struct ledger *ledger)
{
    struct answer *answer = ledger_take(ledger);
    return answer != NULL ? answer : ledger_take_errand(ledger);
}

static void run_checks(struct reader *reader, struct host *host)
{
    struct outcome missing = {.kind = OUTCOME_SKIPPED, .detail = "not in the transcript"};
    step(reader, host, NULL);
    for (struct answer *answer; (answer = take_any(&host->ledger)) != NULL;) {
        ledger_settle(&host->ledger, answer, &missing);
        if (!host_finished(host))
            step(reader, host, answer);
    }
}

static void hand_over(struct reader *reader)
{
    struct finished *finished = &reader->finished;
    const struct endpoint **endpoints = arena_array(&reader->memory, finished->endpoint_count, sizeof *endpoints);
    size_t count = 0;
    for (struct replayed *row = reader->first; row != NULL; row = row->next) {
        run_checks(reader, &row->endpoint.host);
        endpoints[count++] = &row->endpoint;
    }
    finished->target = &reader->target;
    finished->endpoints = endpoints;
    reader->calls->replay(reader->calls->context, &reader->run, finished);
}

static void forget_target(struct reader *reader)
{
    for (struct replayed *row = reader->first; row != NULL; row = row->next)
        host_release(&row->endpoint.host);
    arena_release(&reader->memory);
    reader->first = reader->last = NULL;
    reader->run = (struct transcript_run){0};
    reader->finished = (struct finished){0};
    reader->target = (struct target){0};
}

// The lines between the first and the endpoints, in their order; some only where there was something to tell.
static const struct row {
    const char *word;
    void (*read)(struct reader *reader);
    bool optional;
} head[] = {
    {"seed", read_seed, false},         {"now", read_now, false},          {"started", read_started, false},
    {"duration", read_duration, false}, {"checks", read_checks, false},    {"trust", read_trust, false},
    {"logs", read_logs, true},          {"identity", read_identity, true}, {"resolver", read_resolver, true},
    {"target", read_target, false},     {"trouble", read_trouble, false},  {"ended", read_ended, false},
};

static bool begins_with(const struct reader *reader, const char *word)
{
    size_t size = strlen(word);
    return strncmp(reader->lines.line, word, size) == 0 && reader->lines.line[size] == ' ';
}

static bool good_line(struct reader *reader)
{
    return (!reader->lines.bad && reader->lines.next == NULL) || fail(reader, "malformed line");
}

static bool read_head(struct reader *reader)
{
    bool unread = false; // the line that stands instead of an optional one
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        bool ended = false;
        if (!unread && !lines_next(&reader->lines, &ended))
            return fail(reader, "ends in the middle of a target");
        unread = head[i].optional && !begins_with(reader, head[i].word);
        if (unread)
            continue;
        if (!lines_word(&reader->lines, head[i].word))
            return complain(reader->lines.complaint, "%s:%lu: expected '%s'", reader->lines.name, reader->lines.number,
                            head[i].word);
        head[i].read(reader);
        if (!good_line(reader))
            return false;
    }
    reader->store = reader->calls->open_store(reader->calls->context, reader->run.ca_file, reader->run.ca_path);
    if (reader->calls->open_keys != NULL)
        reader->key_lists = reader->calls->open_keys(reader->calls->context, &reader->run);
    if (reader->calls->open_logs != NULL)
        reader->ct_logs = reader->calls->open_logs(reader->calls->context, &reader->run);
    return true;
}

// Endpoints, probes and the end, until the end.
static bool read_body(struct reader *reader)
{
    for (;;) {
        bool ended = false;
        if (!lines_next(&reader->lines, &ended))
            return fail(reader, "ends in the middle of a target");
        const char *word = lines_take(&reader->lines);
        bool over = strcmp(word, "end") == 0;
        enum probe_kind kind;
        if (strcmp(word, "endpoint") == 0)
            read_endpoint(reader);
        else if (probe_kind_named(word, &kind))
            read_asked(reader, kind);
        else if (!over)
            return fail(reader, "expected 'endpoint', 'probe', 'handshake', 'fetch', 'records' or 'end'");
        if (!good_line(reader))
            return false;
        if (over)
            return true;
    }
}

static bool read_one(struct reader *reader)
{
    if (!lines_word(&reader->lines, "shakedown-transcript"))
        return fail(reader, "not a transcript of shakedown");
    if (lines_number(&reader->lines, UINT32_MAX) != TRANSCRIPT_VERSION || !good_line(reader))
        return fail(reader, "a version of the format that this program does not know");
    if (!read_head(reader) || !read_body(reader))
        return false;
    hand_over(reader);
    return true;
}

bool transcript_read(FILE *file, const char *name, const struct transcript_reader *calls, struct complaint *complaint)
{
    struct reader reader = {.calls = calls};
    reader.lines = (struct lines){.file = file, .name = name, .complaint = complaint, .memory = &reader.memory};
    bool good = true, ended = false;
    while (good && lines_next(&reader.lines, &ended)) {
        good = read_one(&reader);
        forget_target(&reader);
    }
    lines_release(&reader.lines);
    return good && ended;
}
