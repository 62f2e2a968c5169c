// SPDX-License-Identifier: Apache-2.0
//
// Does the server take code points that no registry has? Private suites, groups and signature schemes,
// experiments and back doors are found by offering what is not assigned, in long lists; what is
// taken is removed, until the rest is turned down. Then it is asked once more with a code at its end
// that is known to be taken: only that makes it a `no`. This costs hundreds of connections, so these
// checks run on demand alone, and ask no more than MOST_LISTS lists.
//
// Lists are asked a few at a time. When one stays unknown the sweep ends: a server that has had enough
// would turn down everything.
#include "check/sweep.h"

#include <string.h>

#include "base/arena.h"
#include "check/versions.h"
#include "wire/registry.h"

enum {
    LONG_LIST = 330,  // where the server shows that it reads so many
    LIST = 110,       // some servers and devices fail over 128
    MOST_LISTS = 200, // two connections each, and one more for each code that is taken
    MOST_TAKEN = 16,  // of one list: a server that takes more takes anything
    WAVE = 12,        // lists asked at once
    CODES = 0x10000,
};

struct taken {
    uint16_t code;
    const struct answer *answer;
};

struct sweep {
    struct host *host;
    const struct sweep_space *space;
    struct sweep_opening opening;
    uint16_t *code;  // every code point to ask, likely ones first
    size_t count;    // of these
    size_t asked;    // ... and so many were asked, and their lists whole
    struct fact why; // what ended the sweep before that; a yes: nothing
    struct taken taken[MOST_LISTS * MOST_TAKEN];
    size_t taken_count;
};

// A list, and what came of it.
struct list {
    uint16_t code[LONG_LIST + 1];
    size_t count;
    struct taken taken[MOST_TAKEN];
    size_t taken_count;
    const char *reason, *sentence; // why it is not known whole; NULL: it is
    const struct answer *last;
};

// --- code points ---------------------------------------------------------------------------------

// Near those that are assigned; then the ranges for private use; then all others.
static void fill(struct sweep *sweep)
{
    bool *registered = arena_array(sweep->host->scratch, CODES, sizeof *registered);
    int rank[0x100];
    for (unsigned high = 0; high < 0x100; high++)
        rank[high] = high >= 0xFE ? 1 : 2;
    for (size_t i = 0; i < sweep->space->count(); i++) {
        uint32_t code = sweep->space->code_at(i);
        if (code >= CODES)
            continue;
        registered[code] = true;
        if (!is_grease((uint16_t)code))
            rank[code >> 8] = 0;
    }
    sweep->code = arena_array(sweep->host->scratch, CODES, sizeof *sweep->code);
    for (int pass = 0; pass <= 2; pass++)
        for (unsigned high = 0; high < 0x100; high++)
            for (unsigned low = 0; rank[high] == pass && low < 0x100; low++)
                if (!registered[high << 8 | low] && !is_grease((uint16_t)(high << 8 | low)))
                    sweep->code[sweep->count++] = (uint16_t)(high << 8 | low);
}

// --- one list ------------------------------------------------------------------------------------

static const struct answer *ask_list(struct sweep *sweep, const struct list *list, uint16_t sample, enum reply *reply)
{
    const struct sweep_opening *opening = &sweep->opening;
    struct codes codes = {list->code, list->count};
    struct probe probe = {.hello = opening->hello, .sample = sample};
    sweep->space->put(&probe.hello, codes);
    const struct answer *answer = ask(sweep->host, &probe);
    *reply = reply_of(answer, opening->version, probe.hello.suites);
    if (*reply == REPLY_ACCEPTED && !codes_have(codes, sweep->space->chosen(answer->outcome->flight)))
        *reply = REPLY_LIED; // chosen without regard to the list
    return answer;
}

static uint16_t chosen(const struct sweep *sweep, const struct answer *answer)
{
    return sweep->space->chosen(answer->outcome->flight);
}

static void remove_code(struct list *list, uint16_t code)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->code[i] != code)
            list->code[kept++] = list->code[i];
    list->count = kept;
}

static enum progress end(struct list *list, const char *reason, const char *sentence)
{
    list->reason = reason;
    list->sentence = sentence;
    return DONE;
}

static bool turned_down(enum reply reply)
{
    return reply == REPLY_OTHER_VERSION || reply == REPLY_VERSION_REFUSED || reply == REPLY_REFUSED ||
           reply == REPLY_CUT_OFF;
}

// The same list with a code at its end that the server takes.
static enum progress find_control(struct sweep *sweep, struct list *list)
{
    enum reply reply;
    list->code[list->count++] = sweep->opening.known;
    list->last = ask_list(sweep, list, 0, &reply);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (reply == REPLY_ACCEPTED && chosen(sweep, list->last) == sweep->opening.known)
        return DONE;
    if (reply != REPLY_ACCEPTED && !turned_down(reply))
        return end(list, reply_reason(list->last, reply), reply_sentence(sweep->host->scratch, list->last, reply));
    return end(list, "no_control", "a list was turned down even with a code at its end that the server takes");
}

static enum progress find_list(struct sweep *sweep, struct list *list)
{
    while (list->count != 0) {
        enum reply reply;
        const struct answer *answer = list->last = ask_list(sweep, list, 0, &reply);
        if (reply == REPLY_CUT_OFF)
            list->last = answer = ask_list(sweep, list, 1, &reply);
        if (reply == REPLY_PENDING)
            return WAIT;
        if (turned_down(reply))
            break;
        if (reply == REPLY_LIED)
            return end(list, "ignores_offer", "the server chose what was not in the list");
        if (reply != REPLY_ACCEPTED)
            return end(list, reply_reason(answer, reply), reply_sentence(sweep->host->scratch, answer, reply));
        if (list->taken_count == MOST_TAKEN)
            return end(list, "ignores_offer", "the server takes anything");
        list->taken[list->taken_count++] = (struct taken){chosen(sweep, answer), answer};
        remove_code(list, chosen(sweep, answer));
    }
    return find_control(sweep, list);
}

static struct list *list_from(struct sweep *sweep, size_t from, size_t most)
{
    struct list *list = arena_alloc(sweep->host->scratch, sizeof *list);
    size_t left = sweep->count - from;
    *list = (struct list){.count = left < most ? left : most};
    memcpy(list->code, sweep->code + from, list->count * sizeof *list->code);
    return list;
}

// --- all lists -----------------------------------------------------------------------------------

static void take(struct sweep *sweep, const struct list *list)
{
    for (size_t i = 0; i < list->taken_count; i++)
        sweep->taken[sweep->taken_count++] = list->taken[i];
    if (list->reason == NULL || sweep->why.verdict != VERDICT_YES)
        return;
    sweep->why = fact_because(VERDICT_UNKNOWN, list->reason, list->sentence);
    evidence_add(sweep->host->scratch, &sweep->why.evidence, list->last->key);
}

// How long the lists are: long ones where the first of them is answered with a known code at its end.
static enum progress find_length(struct sweep *sweep, size_t *most)
{
    struct list *list = list_from(sweep, 0, LONG_LIST);
    if (find_list(sweep, list) == WAIT)
        return WAIT;
    *most = list->reason == NULL ? LONG_LIST : LIST;
    return DONE;
}

static enum progress find_wave(struct sweep *sweep, size_t first, size_t most)
{
    enum progress progress = DONE;
    for (size_t i = first; i < first + WAVE && i < MOST_LISTS && i * most < sweep->count; i++) {
        struct arena_mark before = arena_mark(sweep->host->scratch);
        struct list *list = list_from(sweep, i * most, most);
        size_t size = list->count;
        if (find_list(sweep, list) == WAIT)
            progress = WAIT;
        else
            take(sweep, list);
        if (list->reason == NULL)
            sweep->asked += size;
        if (sweep->why.verdict == VERDICT_YES)
            arena_rewind(sweep->host->scratch, before);
    }
    return progress;
}

static enum progress find_all(struct sweep *sweep)
{
    size_t most;
    sweep->why = fact_of(VERDICT_YES);
    fill(sweep);
    if (find_length(sweep, &most) == WAIT)
        return WAIT;
    for (size_t i = 0; i < MOST_LISTS && i * most < sweep->count && sweep->why.verdict == VERDICT_YES; i += WAVE)
        if (find_wave(sweep, i, most) == WAIT)
            return WAIT;
    if (sweep->why.verdict == VERDICT_YES && sweep->asked < sweep->count)
        sweep->why = fact_because(VERDICT_UNKNOWN, "budget", "the number of connections for a sweep was used up");
    return DONE;
}

// --- facts ---------------------------------------------------------------------------------------

static void add(struct sweep *sweep, struct facts *facts, const char *id, struct fact fact, const char *value)
{
    struct arena *arena = &sweep->host->facts_memory;
    struct feature_fact row = {.section = FEATURE_OTHER, .id = id, .version = sweep->opening.version, .value = value};
    row.fact = fact_keep(arena, fact);
    if (value != NULL) {
        row.has_number = true;
        row.number = (int64_t)sweep->asked;
        row.unit = "code points";
    }
    feature_add(arena, facts, &row);
}

static void add_taken(struct sweep *sweep, struct facts *facts)
{
    struct arena *arena = &sweep->host->facts_memory;
    for (size_t i = 0; i < sweep->taken_count; i++) {
        struct fact fact = fact_of(VERDICT_YES);
        evidence_add(sweep->host->scratch, &fact.evidence, sweep->taken[i].answer->key);
        add(sweep, facts, arena_text(arena, "unregistered_%s_0x%04x", sweep->space->noun, sweep->taken[i].code), fact,
            NULL);
    }
}

// yes: some were taken; no: all were asked, and none was.
static struct fact summary(struct sweep *sweep)
{
    struct fact fact = sweep->why;
    if (fact.verdict == VERDICT_YES && sweep->taken_count == 0)
        fact.verdict = VERDICT_NO;
    if (sweep->taken_count != 0)
        fact.verdict = VERDICT_YES;
    for (size_t i = 0; i < sweep->taken_count; i++)
        evidence_add(sweep->host->scratch, &fact.evidence, sweep->taken[i].answer->key);
    evidence_add(sweep->host->scratch, &fact.evidence, sweep->opening.answer->key);
    return fact;
}

enum progress sweep_run(struct host *host, struct facts *facts, const struct sweep_space *space)
{
    struct sweep *sweep = arena_alloc(host->scratch, sizeof *sweep);
    struct arena *arena = &host->facts_memory;
    sweep->host = host;
    sweep->space = space;
    if (space->open(host, &sweep->opening) == WAIT)
        return WAIT;
    const char *id = arena_text(arena, "unregistered_%ss", space->noun);
    if (sweep->opening.known == 0) {
        add(sweep, facts, id,
            fact_because(VERDICT_UNKNOWN, "no_control", "no ClientHello was answered with one that is registered"),
            NULL);
        return DONE;
    }
    if (find_all(sweep) == WAIT)
        return WAIT;
    // A server that takes anything has nothing of its own.
    bool believed = sweep->why.reason == NULL || strcmp(sweep->why.reason, "ignores_offer") != 0;
    if (!believed)
        sweep->taken_count = 0;
    add_taken(sweep, facts);
    add(sweep, facts, id, summary(sweep),
        arena_text(arena, "%zu of %zu code points asked, %zu taken", sweep->asked, sweep->count, sweep->taken_count));
    return DONE;
}
