// SPDX-License-Identifier: Apache-2.0
//
// Which targets of a long run are finished, so that the same command can go on after it was killed. A text file that
// only grows: a first line, and one for each finished target,
//
//     shakedown-journal 1
//     done DIGEST OUTCOME MARK TARGET
//
// DIGEST says which target it was (run/seen.h); OUTCOME what its report meant for the exit status; MARK is how far the
// outputs had got with it, in the caller's words; TARGET is for people. Lines are written in groups, after what they
// speak of is on the disk, and each group is put on the disk too. A last line without LF was torn off and does not
// count.
#ifndef RUN_JOURNAL_H
#define RUN_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/seen.h"

#define JOURNAL_MARK  544  // octets of a mark, the NUL included
#define JOURNAL_GROUP 64   // lines after which they are written at once
#define JOURNAL_MS    1000 // ... or when the last group is so long ago
#define JOURNAL_LINE  2048

// What a report meant, as five letters: how far it reached (c, i, n), the worst finding (a digit), whether the policy
// failed (f, -) or is incomplete (i, -), and whether it has changed since an earlier report (w: for the worse, c, -).
#define JOURNAL_OUTCOME 6

struct journal {
    const char *name;
    int descriptor;          // -1: not open
    struct seen finished;    // without a bound: 16 to 43 octets for each target
    uint64_t earlier;        // targets that the file told
    char mark[JOURNAL_MARK]; // of its last line; "": there is none
    // private to journal.c from here on
    struct arena pending;
    struct builder lines;
    size_t count;
    uint64_t written_ms;
};

// Opens or begins the file, and reads what it tells; each outcome goes to `told`. Only one run at a time can have it.
bool journal_open(struct journal *journal, const char *name, void (*told)(void *context, const char *outcome),
                  void *context, struct complaint *complaint);

// A target is finished. The line is written with its group.
void journal_add(struct journal *journal, const struct seen_digest *digest, const char outcome[JOURNAL_OUTCOME],
                 const char *mark, const char *target);

// Whether a group is ready to be written.
bool journal_due(const struct journal *journal, uint64_t now_ms);

// Writes the group and puts it on the disk. What it speaks of must be there. False: the file is as it was before.
bool journal_write(struct journal *journal, uint64_t now_ms, struct complaint *complaint);

void journal_close(struct journal *journal);

#endif
