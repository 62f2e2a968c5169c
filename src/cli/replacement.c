// SPDX-License-Identifier: Apache-2.0
//
// mkstemp beside the file, rename over it.
#include "cli/replacement.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// A device or a link is written as it is; a plain file is replaced in one step.
static bool is_replaceable(const char *name)
{
    struct stat status;
    return lstat(name, &status) != 0 ? errno == ENOENT : S_ISREG(status.st_mode);
}

// mkstemp makes files private; a report is as public as any other file of this user.
static void share(int descriptor)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(descriptor, 0666 & ~mask) != 0)
        return; // a file system without modes
}

static FILE *open_temporary(struct replacement *replacement)
{
    if (asprintf(&replacement->temporary, "%s.XXXXXX", replacement->name) < 0)
        die("out of memory");
    int descriptor = mkstemp(replacement->temporary);
    if (descriptor == -1) {
        free(replacement->temporary);
        replacement->temporary = NULL;
        return NULL;
    }
    share(descriptor);
    return fdopen(descriptor, "w");
}

bool replacement_open(struct replacement *replacement, const char *name, struct complaint *complaint)
{
    *replacement = (struct replacement){.name = name};
    if (is_replaceable(name))
        replacement->file = open_temporary(replacement);
    if (replacement->file == NULL) // also where the file may be written, but its folder may not
        replacement->file = fopen(name, "a");
    return replacement->file != NULL || complain(complaint, "cannot write '%s': %m", name);
}

bool replacement_empty(const struct replacement *replacement)
{
    struct stat status;
    int descriptor = fileno(replacement->file);
    return fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || ftruncate(descriptor, 0) == 0;
}

bool replacement_close(struct replacement *replacement, bool keep, struct complaint *complaint)
{
    if (replacement->file == NULL)
        return true;
    bool good = !ferror(replacement->file);
    if (fclose(replacement->file) != 0 || !good)
        good = complain(complaint, "cannot write '%s': %m", replacement->name);
    replacement->file = NULL;
    if (replacement->temporary == NULL)
        return good;
    if (good && keep && rename(replacement->temporary, replacement->name) != 0)
        good = complain(complaint, "cannot write '%s': %m", replacement->name);
    if (!good || !keep)
        unlink(replacement->temporary);
    free(replacement->temporary);
    replacement->temporary = NULL;
    return good;
}
