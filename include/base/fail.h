// SPDX-License-Identifier: Apache-2.0
//
// The third of the three failures: we are wrong, or memory is out. Both end the process with
// status 70. The peer's failures are outcomes (probe/outcome.h); the user's are messages in the
// object that failed (struct complaint, below), printed once by main.
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_INTERNAL 70

// A broken promise of our own: prints where and what, ends with EXIT_INTERNAL.
_Noreturn void bug_at(const char *file, int line, const char *what);
#define bug(what) bug_at(__FILE__, __LINE__, what)

// Stays on in release builds.
#define always(condition) ((condition) ? (void)0 : bug(#condition))

// The machine cannot go on (out of memory): prints one sentence, ends with EXIT_INTERNAL.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

// One sentence about what the user or the machine got wrong. Empty text: nothing is wrong.
struct complaint {
    char text[512];
};

// Writes the sentence (cut to fit, control characters replaced by '?') and returns false, so that
// a function can `return complain(...)`. The first complaint stands; later ones are dropped.
bool complain(struct complaint *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
