// SPDX-License-Identifier: Apache-2.0
//
// The runner: calls the checks of a host, again and again from their first line, until each is
// done. It knows nothing of what they ask.
#include "check/host.h"

#include <string.h>

#include "base/fail.h"
#include "check/offer.h"
#include "check/shared.h"
#include "wire/registry.h"

#define CHECK(name) extern const struct check name;
#include "checks.def"
#undef CHECK

static const struct check *const checks[] = {
#define CHECK(name) &name,
#include "checks.def"
#undef CHECK
};

_Static_assert(sizeof checks / sizeof checks[0] <= 32, "an answer has a bit for each check");

size_t check_count(void) { return sizeof checks / sizeof checks[0]; }

const struct check *check_at(size_t index)
{
    always(index < check_count());
    return checks[index];
}

const struct check *check_find(const char *id)
{
    for (size_t i = 0; i < check_count(); i++)
        if (strcmp(checks[i]->id, id) == 0)
            return checks[i];
    return NULL;
}

uint64_t check_defaults(void)
{
    uint64_t set = 0;
    for (size_t i = 0; i < check_count(); i++)
        if (checks[i]->flags & CHECK_DEFAULT)
            set |= UINT64_C(1) << i;
    return set;
}

static unsigned index_of(const struct check *check)
{
    for (unsigned i = 0; i < check_count(); i++)
        if (checks[i] == check)
            return i;
    bug("no such check");
}

static uint64_t bit_of(const struct check *check) { return UINT64_C(1) << index_of(check); }

bool host_runs(const struct host *host, const struct check *check) { return (host->selected & bit_of(check)) != 0; }

bool host_done(const struct host *host, const struct check *check) { return (host->finished & bit_of(check)) != 0; }

static void note_asker(struct answer *answer, unsigned asker)
{
    answer->askers |= UINT32_C(1) << asker;
    if (answer->ahead < checks[asker]->ahead)
        answer->ahead = (uint8_t)checks[asker]->ahead;
}

static void note_asked(struct host *host, struct answer *answer)
{
    struct asked *asked = arena_alloc(host->scratch, sizeof *asked);
    *asked = (struct asked){answer, host->asked};
    host->asked = asked;
}

const struct answer *ask_again(struct host *host, struct answer *answer)
{
    note_asker(answer, host->asking);
    answer->asked = true;
    if (host->sharing != 0)
        note_asked(host, answer);
    if (answer->outcome == NULL)
        answer->waiting |= UINT32_C(1) << host->asking;
    return answer;
}

const struct answer *ask(struct host *host, const struct probe *probe)
{
    return ask_again(host, ledger_want(&host->ledger, host->scratch, probe));
}

void ask_ahead(struct host *host, const struct probe *probe, const struct check *whose)
{
    unsigned asker = host_runs(host, whose) ? index_of(whose) : host->asking;
    note_asker(ledger_want(&host->ledger, host->scratch, probe), asker);
}

uint16_t canary_sample(const struct answer *refusal) { return (uint16_t)(0x8000 | (refusal->key & 0x7FFF)); }

const struct answer *ask_following(struct host *host, const struct answer *before, unsigned way, const void **note)
{
    const struct following *following = before->following;
    while (following != NULL && following->way != way)
        following = following->next;
    if (following == NULL)
        return NULL;
    *note = following->note;
    return ask_again(host, following->answer);
}

// Answers belong to the ledger, which is not const: only checks see them so.
void note_following(struct host *host, const struct answer *before, unsigned way, const struct answer *following,
                    const void *note, size_t size)
{
    struct following *noted = arena_alloc(&host->ledger.memory, sizeof *noted + size);
    *noted = (struct following){.next = before->following, .answer = (struct answer *)following, .way = way};
    memcpy(noted->note, note, size);
    ((struct answer *)before)->following = noted;
}

void host_begin(struct host *host, const struct target *target, const struct trust_store *store, int64_t now,
                uint64_t selected)
{
    host->target = target;
    host->store = store;
    host->now = now;
    host->selected = selected;
    if (host->offers == NULL)
        host->offers = offers_make(&host->ledger.memory);
    host->ledger.offers = &host->offers->all;
}

// A check leaves nothing behind but its facts, where they are to stay, and what others share.
static void run(struct host *host, unsigned index, bool keeping)
{
    struct facts found = host->facts;
    struct arena_mark before = arena_mark(&host->facts_memory);
    host->kept = arena_mark(host->scratch);
    host->asking = index;
    bool done = checks[index]->run(host, &found) == DONE;
    if (done)
        host->finished |= UINT64_C(1) << index;
    else
        host->finished &= ~(UINT64_C(1) << index);
    if (done && keeping)
        host->facts = found;
    else
        arena_rewind(&host->facts_memory, before);
    arena_rewind(host->scratch, host->kept);
}

// Facts take as much memory as the answers they are concluded from. So a host has most of them no sooner than it is
// finished: each check says then, in the order of the list, what it concludes from all the answers there are. One that
// sees in them that it must ask once more does so, and all of it is done again after that.
static void tell(struct host *host)
{
    struct facts before = host->facts;
    struct arena_mark nothing_told = arena_mark(&host->facts_memory);
    host->telling = true;
    for (unsigned i = 0; i < check_count(); i++)
        if ((host->selected & UINT64_C(1) << i) != 0)
            run(host, i, true);
    host->telling = false;
    if (host_finished(host))
        return;
    host->facts = before;
    arena_rewind(&host->facts_memory, nothing_told);
}

void host_step(struct host *host, struct arena *scratch, const struct answer *answer)
{
    struct arena_mark before = arena_mark(scratch);
    host->scratch = scratch;
    host->step++;
    bool told = host_finished(host), all = answer == NULL;
    for (unsigned i = 0; i < check_count(); i++) {
        uint64_t bit = UINT64_C(1) << i;
        bool wanted = (host->selected & ~host->finished & bit) != 0;
        if (wanted && (all || (answer->waiting & bit) != 0))
            run(host, i, (checks[i]->flags & CHECK_BASIS) != 0);
        all = all || (wanted && (host->finished & bit) != 0);
    }
    if (host_finished(host) && !told)
        tell(host);
    arena_rewind(scratch, before);
    host->scratch = NULL;
    host->asked = NULL;
}

bool host_finished(const struct host *host) { return (host->selected & ~host->finished) == 0; }

void host_release(struct host *host)
{
    ledger_release(&host->ledger);
    arena_release(&host->facts_memory);
}
