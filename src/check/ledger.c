// SPDX-License-Identifier: Apache-2.0
//
// A hash table of probes by their canonical form, and one list in the order they were asked: the
// unsent ones are in its tail.
#include "check/ledger.h"

#include "base/fail.h"

#define FIRST_BUCKETS 32

struct bytes answer_form(const struct answer *answer, struct arena *arena)
{
    return packed_whole(&answer->form, arena);
}

void answer_decode(const struct answer *answer, struct arena *arena, struct probe *probe)
{
    if (!probe_decode(arena, answer_form(answer, arena), probe))
        bug("a probe that we encoded does not decode");
}

bool answer_is_errand(const struct answer *answer)
{
    return answer->kind == PROBE_FETCH || answer->kind == PROBE_RECORDS;
}

static void place(struct ledger *ledger, struct answer *answer)
{
    struct answer **bucket = &ledger->bucket[answer->key % ledger->bucket_count];
    answer->next_in_bucket = *bucket;
    *bucket = answer;
}

static void grow(struct ledger *ledger)
{
    ledger->bucket_count = ledger->bucket_count == 0 ? FIRST_BUCKETS : ledger->bucket_count * 4;
    ledger->bucket = arena_array(&ledger->memory, ledger->bucket_count, sizeof *ledger->bucket);
    for (struct answer *answer = ledger->first; answer != NULL; answer = answer->next)
        place(ledger, answer);
}

static struct answer *find(const struct ledger *ledger, uint64_t key)
{
    return ledger->bucket_count == 0 ? NULL : ledger->bucket[key % ledger->bucket_count];
}

static struct answer *find_form(const struct ledger *ledger, uint64_t key, struct bytes encoded)
{
    struct answer *answer = find(ledger, key);
    while (answer != NULL && (answer->key != key || !packed_is(&answer->form, encoded)))
        answer = answer->next_in_bucket;
    return answer;
}

static struct answer *add(struct ledger *ledger, uint64_t key, struct bytes encoded)
{
    if (ledger->count == ledger->bucket_count)
        grow(ledger);
    struct answer *answer = arena_alloc(&ledger->memory, sizeof *answer);
    answer->key = key;
    answer->kind = (uint8_t)probe_kind_of(encoded);
    answer->form = packed_form(&ledger->memory, &ledger->tails, ledger->offers, encoded);
    if (ledger->last == NULL)
        ledger->first = answer;
    else
        ledger->last->next = answer;
    ledger->last = answer;
    ledger->count++;
    place(ledger, answer);
    return answer;
}

struct answer *ledger_want(struct ledger *ledger, struct arena *scratch, const struct probe *probe)
{
    struct bytes encoded = probe_encode(scratch, probe);
    uint64_t key = probe_key(encoded);
    struct answer *answer = find_form(ledger, key, encoded);
    if (answer != NULL)
        return answer;
    answer = add(ledger, key, encoded);
    struct answer **queue = answer_is_errand(answer) ? &ledger->errand : &ledger->unsent;
    if (*queue == NULL)
        *queue = answer;
    return answer;
}

struct answer *ledger_enter(struct ledger *ledger, struct bytes encoded)
{
    struct probe probe;
    struct arena memory = {0};
    bool good = probe_decode(&memory, encoded, &probe);
    arena_release(&memory);
    if (!good)
        return NULL;
    uint64_t key = probe_key(encoded);
    struct answer *answer = find_form(ledger, key, encoded);
    return answer != NULL ? answer : add(ledger, key, encoded);
}

struct answer *ledger_find(const struct ledger *ledger, uint64_t key)
{
    struct answer *answer = find(ledger, key);
    while (answer != NULL && answer->key != key)
        answer = answer->next_in_bucket;
    return answer;
}

// The first from `answer` on that is of one of the two kinds, not taken and without an outcome.
static struct answer *first_open(struct answer *answer, bool errand)
{
    while (answer != NULL && (answer->taken || answer->outcome != NULL || answer_is_errand(answer) != errand))
        answer = answer->next;
    return answer;
}

static struct answer *take(struct answer **queue, bool errand)
{
    struct answer *first = first_open(*queue, errand), *best = first;
    for (struct answer *answer = first; answer != NULL; answer = first_open(answer->next, errand))
        if (answer->ahead > best->ahead)
            best = answer;
    if (best != NULL)
        best->taken = true;
    *queue = first_open(first, errand);
    return best;
}

struct answer *ledger_take(struct ledger *ledger) { return take(&ledger->unsent, false); }

struct answer *ledger_take_errand(struct ledger *ledger) { return take(&ledger->errand, true); }

struct answer *ledger_take_chosen(struct ledger *ledger, bool (*chosen)(void *context, const struct answer *answer),
                                  void *context)
{
    struct answer *first = first_open(ledger->unsent, false), *answer = first;
    while (answer != NULL && !chosen(context, answer))
        answer = first_open(answer->next, false);
    if (answer != NULL)
        answer->taken = true;
    ledger->unsent = first_open(first, false);
    return answer;
}

void ledger_settle(struct ledger *ledger, struct answer *answer, const struct outcome *outcome)
{
    always(answer->outcome == NULL);
    struct outcome *kept = arena_alloc(&ledger->memory, sizeof *kept);
    *kept = *outcome;
    answer->outcome = kept;
}

void ledger_release(struct ledger *ledger)
{
    arena_release(&ledger->memory);
    *ledger = (struct ledger){0};
}
