// SPDX-License-Identifier: Apache-2.0
//
// The library's way in for what a store has about targets.
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "narrow.h"
#include "report/archive.h"
#include "run/target.h"
#include "shakedown.h"

bool narrow(struct archive *archive, const char *name, struct complaint *complaint)
{
    struct arena scratch = {0};
    struct target target;
    struct complaint wrong = {0};
    bool good = name == NULL || target_parse(&scratch, name, &target, &wrong);
    if (name != NULL && good)
        archive_narrow(archive, target.host, target.port_given ? target.port : 0);
    arena_release(&scratch);
    return good || complain(complaint, "the target is not usable: %s", wrong.text);
}

void has_no_report(const char *store, const char *target, struct complaint *complaint)
{
    complain(complaint, "the store '%.200s' has no report%s%.200s", store, target == NULL ? "" : " of ",
             target == NULL ? "" : target);
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
    struct complaint complaint = {0};
    struct archive *archive = archive_open(store, &complaint);
    if (archive != NULL && narrow(archive, target, &complaint) && tell(archive, all, indent, calls, &complaint) == 0)
        has_no_report(store, target, &complaint);
    archive_close(archive);
    memcpy(error, complaint.text, sizeof complaint.text);
    return error[0] == '\0' ? SHAKEDOWN_OK : SHAKEDOWN_USAGE;
}
