// SPDX-License-Identifier: Apache-2.0
//
// Searches are pure: what they find, and what they ask, depends on nothing but the answers that are there. So it is
// enough to know what was asked.
#include "check/shared.h"

#include "base/arena.h"

static void note_asker(const struct host *host, struct shared *shared)
{
    if (shared->final)
        shared->askers |= UINT64_C(1) << host->asking;
}

bool shared_holds(struct host *host, struct shared *shared)
{
    if ((shared->askers >> host->asking & 1) != 0)
        return true;
    if (shared->step == 0 || shared->step != host->step)
        return false;
    for (const struct asked *asked = shared->asked; asked != shared->from; asked = asked->before)
        ask_again(host, asked->answer);
    note_asker(host, shared);
    return true;
}

void shared_begin(struct host *host, struct shared *shared)
{
    shared->from = host->asked;
    host->sharing++;
}

bool shared_end(struct host *host, struct shared *shared, enum progress progress)
{
    bool fresh = !shared->final;
    host->sharing--;
    host->kept = arena_mark(host->scratch);
    shared->step = host->step;
    shared->asked = host->asked;
    shared->progress = progress;
    shared->final = true;
    for (const struct asked *asked = shared->asked; asked != shared->from; asked = asked->before)
        shared->final = shared->final && asked->answer->outcome != NULL;
    note_asker(host, shared);
    return fresh;
}
