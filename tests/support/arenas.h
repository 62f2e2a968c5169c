// SPDX-License-Identifier: Apache-2.0
//
// For tests whose state is an arena of their own.
#ifndef SUPPORT_ARENAS_H
#define SUPPORT_ARENAS_H

// A set-up and a tear-down as cmocka calls them: *state is a struct arena.
int arena_begin(void **state);
int arena_end(void **state);

#endif
