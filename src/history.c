// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for what a store has about targets.
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "report/archive.h"
#include "run/target.h"
#include "shakedown.h"

// Whoever names no port means any.
static bool narrow(struct archive *archive, struct arena *scratch, const char *name, struct complaint *complaint)
{
    struct target target;
    struct complaint wrong = {0};
    if (!target_parse(scratch, name, &target, &wrong))
        return complain(complaint, "the target is not usable: %s", wrong.text);
    archive_narrow(archive, target.host, target.port_given ? target.port : 0);
    return true;
}

static unsigned long tell(struct archive *archive, bool all, bool indent, const struct shakedown_calls *calls,
                          struct complaint *complaint)
{
    unsigned long count = 0;
    char *text;
    while ((text = archive_history(archive, all, indent, complaint)) != NULL) {
        calls->report(calls->context, text);
        free(text);
        count++;
    }
    return count;
}

enum shakedown_status shakedown_history(const char *store, const char *target, bool all, bool indent,
                                        const struct shakedown_calls *calls, char *error)
{
    struct arena scratch = {0};
    struct complaint complaint = {0};
    struct archive *archive = archive_open(store, &complaint);
    bool good = archive != NULL && (target == NULL || narrow(archive, &scratch, target, &complaint));
    if (good && tell(archive, all, indent, calls, &complaint) == 0)
        complain(&complaint, "the store '%.200s' has no report%s%.200s", store, target == NULL ? "" : " of ",
                 target == NULL ? "" : target);
    archive_close(archive);
    arena_release(&scratch);
    memcpy(error, complaint.text, sizeof complaint.text);
    return error[0] == '\0' ? SHAKEDOWN_OK : SHAKEDOWN_USAGE;
}
