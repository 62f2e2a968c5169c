// SPDX-License-Identifier: Apache-2.0
//
// A hash table of endpoints, each with a ledger of its own that no host is behind.
#include "run/twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fail.h"
#include "run/address.h"

// --- the table -------------------------------------------------------------------------------------

static struct twin **bucket_of(const struct twins *twins, const char *address, uint16_t port)
{
    return &twins->bucket[(bytes_hash(bytes_of_text(address)) + port) % twins->bucket_count];
}

static void place(struct twins *twins, struct twin *twin)
{
    struct twin **bucket = bucket_of(twins, twin->address, twin->port);
    twin->next_in_bucket = *bucket;
    *bucket = twin;
}

static void grow(struct twins *twins)
{
    struct twin **old = twins->bucket;
    size_t count = twins->bucket_count;
    twins->bucket_count = count == 0 ? 64 : count * 2;
    twins->bucket = calloc(twins->bucket_count, sizeof(struct twin *));
    if (twins->bucket == NULL)
        die("out of memory");
    for (size_t i = 0; i < count; i++)
        for (struct twin *twin = old[i], *next; twin != NULL; twin = next) {
            next = twin->next_in_bucket;
            place(twins, twin);
        }
    free(old);
}

static bool same_name(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

static struct twin *find(const struct twins *twins, const struct address *address, const char *server_name)
{
    const char *text = address->endpoint.address;
    struct twin *twin = *bucket_of(twins, text, address->port);
    while (twin != NULL && (twin->port != address->port || strcmp(twin->address, text) != 0 ||
                            !same_name(twin->server_name, server_name)))
        twin = twin->next_in_bucket;
    return twin;
}

static void forget(struct twins *twins, struct twin *twin)
{
    struct twin **link = bucket_of(twins, twin->address, twin->port);
    while (*link != twin)
        link = &(*link)->next_in_bucket;
    *link = twin->next_in_bucket;
    twins->count--;
    ledger_release(&twin->ledger);
    free(twin);
}

// --- what is kept ----------------------------------------------------------------------------------

static size_t size_of(const struct twin *twin) { return sizeof *twin + twin->ledger.memory.total; }

static void wake(struct twins *twins, struct twin *twin)
{
    *(twin->before == NULL ? &twins->first : &twin->before->next) = twin->next;
    *(twin->next == NULL ? &twins->last : &twin->next->before) = twin->before;
    twin->before = twin->next = NULL;
    twins->idle_octets -= size_of(twin);
}

static void make_room(struct twins *twins, size_t most)
{
    for (struct twin *twin; (twin = twins->first) != NULL && twins->idle_octets > most;) {
        wake(twins, twin);
        forget(twins, twin);
    }
}

static void rest(struct twins *twins, struct twin *twin)
{
    twin->before = twins->last;
    *(twins->last == NULL ? &twins->first : &twins->last->next) = twin;
    twins->last = twin;
    twins->idle_octets += size_of(twin);
    make_room(twins, TWINS_IDLE);
}

// --- who uses it -----------------------------------------------------------------------------------

static struct twin *add(struct twins *twins, const struct address *address, const char *server_name)
{
    struct twin *twin = calloc(1, sizeof *twin);
    if (twin == NULL)
        die("out of memory");
    snprintf(twin->address, sizeof twin->address, "%s", address->endpoint.address);
    twin->port = address->port;
    if (server_name != NULL)
        twin->server_name = arena_text(&twin->ledger.memory, "%s", server_name);
    place(twins, twin);
    twins->count++;
    return twin;
}

struct twin *twins_enter(struct twins *twins, const struct address *address, const char *server_name)
{
    if (twins->count == twins->bucket_count)
        grow(twins);
    struct twin *twin = find(twins, address, server_name);
    if (twin == NULL)
        twin = add(twins, address, server_name);
    else if (twin->users == 0)
        wake(twins, twin);
    twin->users++;
    return twin;
}

void twins_leave(struct twins *twins, struct twin *twin)
{
    always(twin->users != 0);
    if (--twin->users == 0)
        rest(twins, twin);
}

void twins_release(struct twins *twins)
{
    make_room(twins, 0);
    always(twins->count == 0);
    free(twins->bucket);
    *twins = (struct twins){0};
}

// --- turns -----------------------------------------------------------------------------------------

void twin_queue(struct twin *twin, struct address *address)
{
    address->before_twin = twin->last;
    *(twin->last == NULL ? &twin->first : &twin->last->next_twin) = address;
    twin->last = address;
}

struct address *twin_unqueue(struct twin *twin, struct address *address)
{
    bool asks = twin->first == address;
    if (!asks && address->before_twin == NULL)
        return NULL;
    *(asks ? &twin->first : &address->before_twin->next_twin) = address->next_twin;
    *(address->next_twin == NULL ? &twin->last : &address->next_twin->before_twin) = address->before_twin;
    address->before_twin = address->next_twin = NULL;
    return asks ? twin->first : NULL;
}

// --- what it said ----------------------------------------------------------------------------------

const struct outcome *twin_said(const struct twin *twin, const struct answer *answer)
{
    struct arena scratch = {0};
    const struct answer *kept = ledger_find(&twin->ledger, answer->key);
    bool same = kept != NULL && packed_is(&kept->form, answer_form(answer, &scratch));
    arena_release(&scratch);
    return same ? kept->outcome : NULL;
}

void twin_note(struct twin *twin, const struct answer *answer, const struct outcome *outcome)
{
    struct arena scratch = {0};
    struct answer *kept = ledger_enter(&twin->ledger, answer_form(answer, &scratch));
    arena_release(&scratch);
    always(kept != NULL);
    if (kept->outcome == NULL && outcome->kind != OUTCOME_LOCAL_FAILURE)
        ledger_settle(&twin->ledger, kept, outcome);
}
