// SPDX-License-Identifier: Apache-2.0
//
// One test runs at a time, so one arena is enough.
#include "arenas.h"

#include "base/arena.h"

int arena_begin(void **state)
{
    static struct arena arena;
    *state = &arena;
    return 0;
}

int arena_end(void **state)
{
    arena_release(*state);
    return 0;
}
