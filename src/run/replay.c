// SPDX-License-Identifier: Apache-2.0
//
// Reads a transcript: one function per kind of line, each with sticky fields like a parser of the
// wire. The octets go through a talk again and the outcomes into a ledger; the checks then run
// once over all of it. The file may come from a stranger: every line is bounded and judged
// before anything is made of it.
#include "run/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "probe/talk.h"
#include "wire/kem.h"

// An endpoint while its probes are read.
struct replayed {
    struct endpoint endpoint;
    struct replayed *next;
};

struct reader {
    FILE *file;
    const char *name;
    const struct transcript_reader *calls;
    struct complaint *complaint;
    char *line;
    size_t line_room;
    unsigned long number; // of the line
    char *next;           // the fields not taken yet; NULL: none
    bool bad;             // a field was missing or malformed
    char empty[1];        // stands for a missing field

    struct arena memory; // of the target
    struct arena scratch;
    struct transcript_run run;
    struct finished finished;
    struct target target;
    const struct trust_store *store;
    struct replayed *first, *last;
};

static bool fail(struct reader *reader, const char *what)
{
    return complain(reader->complaint, "%s:%lu: %s", reader->name, reader->number, what);
}

// --- lines ---------------------------------------------------------------------------------------

static void make_room(struct reader *reader, size_t size)
{
    if (size < reader->line_room)
        return;
    reader->line_room = reader->line_room == 0 ? 4096 : reader->line_room * 2;
    reader->line = realloc(reader->line, reader->line_room);
    if (reader->line == NULL)
        die("out of memory");
}

// The next line without its LF. False: a complaint, or the end of the file at a line's start.
static bool read_line(struct reader *reader, bool *ended)
{
    size_t size = 0;
    reader->number++;
    for (int c; (c = getc(reader->file)) != '\n'; reader->line[size++] = (char)c) {
        make_room(reader, size + 1);
        if (c == EOF) {
            *ended = size == 0;
            return ferror(reader->file) ? fail(reader, "cannot be read") : *ended ? false : fail(reader, "ends early");
        }
        if (c == '\0' || size + 2 > TRANSCRIPT_LINE)
            return fail(reader, c == '\0' ? "a NUL octet" : "the line is too long");
    }
    make_room(reader, size);
    reader->line[size] = '\0';
    reader->next = reader->line;
    reader->bad = false;
    return true;
}

// --- fields --------------------------------------------------------------------------------------

static char *take(struct reader *reader)
{
    char *field = reader->next;
    if (field == NULL) {
        reader->bad = true;
        return reader->empty;
    }
    reader->next = strchr(field, ' ');
    if (reader->next != NULL)
        *reader->next++ = '\0';
    return field;
}

static bool take_word(struct reader *reader, const char *word) { return strcmp(take(reader), word) == 0; }

// One of two words; true for the second.
static bool take_choice(struct reader *reader, const char *no, const char *yes)
{
    const char *field = take(reader);
    bool chosen = strcmp(field, yes) == 0;
    if (!chosen && strcmp(field, no) != 0)
        reader->bad = true;
    return chosen;
}

static uint64_t take_number(struct reader *reader, uint64_t most)
{
    const char *field = take(reader);
    uint64_t number = 0;
    size_t digits = strspn(field, "0123456789");
    if (digits == 0 || field[digits] != '\0')
        reader->bad = true;
    for (size_t i = 0; i < digits && !reader->bad; i++) {
        uint64_t digit = (uint64_t)(field[i] - '0');
        if (number > (most - digit) / 10)
            reader->bad = true;
        number = number * 10 + digit;
    }
    return reader->bad ? 0 : number;
}

static int64_t take_seconds(struct reader *reader)
{
    bool negative = reader->next != NULL && *reader->next == '-';
    if (negative)
        reader->next++;
    int64_t seconds = (int64_t)take_number(reader, INT64_MAX);
    return negative ? -seconds : seconds;
}

static struct bytes take_hex(struct reader *reader)
{
    struct bytes bytes;
    if (!text_from_hex(&reader->memory, take(reader), &bytes))
        reader->bad = true;
    return bytes;
}

static struct bytes take_octets(struct reader *reader)
{
    const char *field = take(reader);
    struct bytes bytes = {NULL, 0};
    if (strcmp(field, "-") != 0 && (!text_from_base64(&reader->memory, field, &bytes) || bytes.size == 0))
        reader->bad = true;
    return bytes;
}

// What escaping would change did not come from us. A backslash is how escaping itself writes.
static bool is_clean(struct reader *reader, const char *text)
{
    struct arena_mark before = arena_mark(&reader->scratch);
    char *plain = arena_string(&reader->scratch, bytes_of_text(text));
    for (char *c = plain; *c != '\0'; c++)
        if (*c == '\\')
            *c = '/';
    bool clean = strcmp(text_escape(&reader->scratch, bytes_of_text(plain)), plain) == 0;
    arena_rewind(&reader->scratch, before);
    return clean;
}

static const char *take_any_text(struct reader *reader)
{
    const char *field = take(reader);
    struct bytes bytes = {NULL, 0};
    if (strcmp(field, "-") == 0)
        return NULL;
    if (strcmp(field, "=") != 0 && (!text_from_base64(&reader->memory, field, &bytes) || bytes.size == 0))
        reader->bad = true;
    if (bytes.size != 0 && memchr(bytes.data, '\0', bytes.size) != NULL)
        reader->bad = true;
    return arena_string(&reader->memory, bytes);
}

static const char *take_text(struct reader *reader)
{
    const char *text = take_any_text(reader);
    if (text != NULL && !is_clean(reader, text))
        reader->bad = true;
    return text;
}

// --- one function per kind of line ---------------------------------------------------------------

static void read_seed(struct reader *reader)
{
    struct bytes seed = take_hex(reader);
    if (seed.size == sizeof reader->run.seed)
        memcpy(reader->run.seed, seed.data, seed.size);
    else
        reader->bad = true;
}

static void read_now(struct reader *reader) { reader->run.now = take_seconds(reader); }
static void read_started(struct reader *reader) { reader->run.started = take_seconds(reader); }

static void read_duration(struct reader *reader)
{
    reader->run.duration_ms = take_number(reader, INT64_MAX);
    reader->finished.ended_ms = reader->run.duration_ms;
}

static void select_check(struct reader *reader, const char *id)
{
    for (size_t i = 0; i < check_count(); i++)
        if (strcmp(check_at(i)->id, id) == 0) {
            reader->run.selected |= UINT64_C(1) << i;
            return;
        }
    reader->bad = true;
}

static void read_checks(struct reader *reader)
{
    char *list = take(reader);
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
    reader->run.ca_file = take_any_text(reader);
    reader->run.ca_path = take_any_text(reader);
}

static void read_target(struct reader *reader)
{
    struct target *target = &reader->target;
    target->input = take_any_text(reader);
    target->host = take_text(reader);
    target->display = take_any_text(reader);
    target->port = (uint16_t)take_number(reader, UINT16_MAX);
    target->is_address = take_choice(reader, "name", "address");
    target->sni = take_text(reader);
    if (target->input == NULL || target->host == NULL || target->display == NULL || target->port == 0)
        reader->bad = true;
}

static void read_trouble(struct reader *reader) { reader->finished.trouble = take_text(reader); }
static void read_ended(struct reader *reader)
{
    reader->finished.interrupted = take_choice(reader, "whole", "interrupted");
}

static void read_address(struct reader *reader, struct endpoint *endpoint)
{
    const char *address = take(reader);
    size_t size = strspn(address, "0123456789abcdefABCDEF:.");
    if (size == 0 || address[size] != '\0' || size >= sizeof endpoint->address)
        reader->bad = true;
    else
        memcpy(endpoint->address, address, size + 1);
}

static void read_endpoint(struct reader *reader)
{
    struct replayed *replayed = arena_alloc(&reader->memory, sizeof *replayed);
    struct endpoint *endpoint = &replayed->endpoint;
    read_address(reader, endpoint);
    endpoint->connections = (unsigned)take_number(reader, UINT32_MAX);
    endpoint->bytes_sent = take_number(reader, INT64_MAX);
    endpoint->bytes_received = take_number(reader, INT64_MAX);
    endpoint->pushed_back = take_choice(reader, "steady", "pushed_back");
    host_begin(&endpoint->host, &reader->target, reader->store, reader->run.now, reader->run.selected);
    if (reader->last == NULL)
        reader->first = replayed;
    else
        reader->last->next = replayed;
    reader->last = replayed;
    reader->finished.endpoint_count++;
}

static enum talk_end end_of(enum outcome_kind kind)
{
    switch (kind) {
    case OUTCOME_CLOSED:
        return TALK_CLOSED;
    case OUTCOME_RESET:
        return TALK_RESET;
    case OUTCOME_SILENT:
        return TALK_SILENT;
    default:
        return TALK_STOPPED;
    }
}

// What was sent is made again from the seed; as evidence stands what was sent then.
static void talk_again(struct reader *reader, struct ledger *ledger, struct bytes form, struct outcome *outcome)
{
    struct outcome told = *outcome;
    struct talk talk;
    talk_begin(&talk, form, (struct bytes){NULL, 0}, reader->run.seed, true);
    talk_input(&talk, told.received);
    talk_outcome(&talk, end_of(told.kind), &ledger->memory, &ledger->intern, outcome);
    talk_release(&talk);
    outcome->tries = told.tries;
    outcome->connect_ms = told.connect_ms;
    outcome->answer_ms = told.answer_ms;
    outcome->sent = arena_copy(&ledger->memory, told.sent);
}

// From the reader's memory, which is rewound after the line.
static void keep_told(struct ledger *ledger, struct outcome *outcome)
{
    struct arena *memory = &ledger->memory;
    bool talked = outcome_has_talk(outcome->kind);
    outcome->detail = outcome->detail == NULL ? NULL : arena_string(memory, bytes_of_text(outcome->detail));
    outcome->sent = talked ? arena_copy(memory, outcome->sent) : (struct bytes){NULL, 0};
    outcome->received = talked ? arena_copy(memory, outcome->received) : (struct bytes){NULL, 0};
}

// Taken as it stands, since keys and sessions are in no transcript.
static void take_result(struct reader *reader, struct ledger *ledger, struct outcome *outcome)
{
    struct handshake_result *result = arena_alloc(&ledger->memory, sizeof *result);
    struct bytes encoded = take_octets(reader);
    bool talked = outcome_has_talk(outcome->kind);
    bool good = handshake_result_decode(&ledger->memory, encoded, result);
    if (talked ? !good || result->hello != (outcome->kind == OUTCOME_REPLIED) : encoded.size != 0)
        reader->bad = true;
    outcome->handshake = talked ? result : NULL;
}

static void read_asked(struct reader *reader, enum probe_kind kind)
{
    struct arena_mark before = arena_mark(&reader->memory);
    struct outcome outcome = {0};
    struct bytes form = take_hex(reader);
    if (!outcome_from_code(take(reader), &outcome.kind) || reader->last == NULL || probe_kind_of(form) != kind)
        reader->bad = true;
    outcome.tries = (uint8_t)take_number(reader, UINT8_MAX);
    outcome.connect_ms = (uint32_t)take_number(reader, UINT32_MAX);
    outcome.answer_ms = (uint32_t)take_number(reader, UINT32_MAX);
    outcome.detail = take_text(reader);
    outcome.sent = take_octets(reader);
    outcome.received = take_octets(reader);
    if (reader->bad)
        return;
    struct ledger *ledger = &reader->last->endpoint.host.ledger;
    struct answer *answer = ledger_enter(ledger, form);
    if (kind == PROBE_HANDSHAKE)
        take_result(reader, ledger, &outcome);
    if (reader->bad || answer == NULL || answer->outcome != NULL) {
        reader->bad = true;
        return;
    }
    if (kind == PROBE_HELLO && outcome_has_talk(outcome.kind))
        talk_again(reader, ledger, form, &outcome);
    else
        keep_told(ledger, &outcome);
    ledger_settle(ledger, answer, &outcome);
    arena_rewind(&reader->memory, before);
}

// --- a target ------------------------------------------------------------------------------------

static void step(struct reader *reader, struct host *host, const struct answer *answer)
{
    struct arena_mark before = arena_mark(&reader->scratch);
    host_step(host, &reader->scratch, answer);
    arena_rewind(&reader->scratch, before);
}

static void run_checks(struct reader *reader, struct host *host)
{
    struct outcome missing = {.kind = OUTCOME_SKIPPED, .detail = "not in the transcript"};
    step(reader, host, NULL);
    for (struct answer *answer; (answer = ledger_take(&host->ledger)) != NULL;) {
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

// The lines between the first and the endpoints, in their order.
static const struct row {
    const char *word;
    void (*read)(struct reader *reader);
} head[] = {
    {"seed", read_seed},         {"now", read_now},         {"started", read_started},
    {"duration", read_duration}, {"checks", read_checks},   {"trust", read_trust},
    {"target", read_target},     {"trouble", read_trouble}, {"ended", read_ended},
};

static bool good_line(struct reader *reader)
{
    return (!reader->bad && reader->next == NULL) || fail(reader, "malformed line");
}

static bool read_head(struct reader *reader)
{
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        bool ended = false;
        if (!read_line(reader, &ended))
            return fail(reader, "ends in the middle of a target");
        if (!take_word(reader, head[i].word))
            return complain(reader->complaint, "%s:%lu: expected '%s'", reader->name, reader->number, head[i].word);
        head[i].read(reader);
        if (!good_line(reader))
            return false;
    }
    reader->store = reader->calls->open_store(reader->calls->context, reader->run.ca_file, reader->run.ca_path);
    return true;
}

// Endpoints, probes and the end, until the end.
static bool read_body(struct reader *reader)
{
    for (;;) {
        bool ended = false;
        if (!read_line(reader, &ended))
            return fail(reader, "ends in the middle of a target");
        const char *word = take(reader);
        bool over = strcmp(word, "end") == 0;
        if (strcmp(word, "endpoint") == 0)
            read_endpoint(reader);
        else if (strcmp(word, "probe") == 0)
            read_asked(reader, PROBE_HELLO);
        else if (strcmp(word, "handshake") == 0)
            read_asked(reader, PROBE_HANDSHAKE);
        else if (!over)
            return fail(reader, "expected 'endpoint', 'probe', 'handshake' or 'end'");
        if (!good_line(reader))
            return false;
        if (over)
            return true;
    }
}

static bool read_one(struct reader *reader)
{
    if (!take_word(reader, "shakedown-transcript"))
        return fail(reader, "not a transcript of shakedown");
    if (take_number(reader, UINT32_MAX) != TRANSCRIPT_VERSION || !good_line(reader))
        return fail(reader, "a version of the format that this program does not know");
    if (!read_head(reader) || !read_body(reader))
        return false;
    hand_over(reader);
    return true;
}

bool transcript_read(FILE *file, const char *name, const struct transcript_reader *calls, struct complaint *complaint)
{
    struct reader reader = {.file = file, .name = name, .calls = calls, .complaint = complaint};
    bool good = true, ended = false;
    while (good && read_line(&reader, &ended)) {
        good = read_one(&reader);
        forget_target(&reader);
    }
    arena_release(&reader.scratch);
    free(reader.line);
    return good && ended;
}
