// SPDX-License-Identifier: Apache-2.0
//
// SQLite gives names like ":memory:" and "file:x" a meaning. As part of a URI a name has none. And it wants to put two
// files beside the one that it reads; where that cannot be, it has to be told that nobody else can be at work there.
#include "report/store_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

// Whether new files can be made beside it.
static bool folder_takes(const char *name)
{
    struct arena scratch = {0};
    char *folder = arena_text(&scratch, "%s", name), *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    bool takes = access(slash == NULL ? "." : folder, W_OK) == 0;
    arena_release(&scratch);
    return takes;
}

bool store_name_usable(const char *name, bool writing, struct complaint *complaint)
{
    struct stat status;
    if (stat(name, &status) != 0 && errno == ENOENT && writing)
        return folder_takes(name) || complain(complaint, "cannot write the store '%.200s': %m", name);
    if (stat(name, &status) != 0)
        return complain(complaint, "cannot read the store '%.200s': %m", name);
    return S_ISREG(status.st_mode) || complain(complaint, "'%.200s' is no store: it is no plain file", name);
}

// No log that somebody writes, and no place for one.
static bool stands_still(const char *name)
{
    struct arena scratch = {0};
    bool still = !folder_takes(name) && access(arena_text(&scratch, "%s-wal", name), F_OK) != 0;
    arena_release(&scratch);
    return still;
}

char *store_uri(const char *name, bool writing)
{
    char *uri = NULL;
    size_t size;
    FILE *file = open_memstream(&uri, &size);
    if (file == NULL)
        die("out of memory");
    fputs(name[0] == '/' ? "file:" : "file:./", file);
    for (const char *c = name; *c != '\0'; c++)
        fprintf(file, strchr("%?#", *c) != NULL ? "%%%02X" : "%c", (unsigned char)*c);
    if (!writing && stands_still(name))
        fputs("?immutable=1", file);
    if (fclose(file) != 0)
        die("out of memory");
    return uri;
}

// Nothing is taken from a pipe to see.
bool store_is(const char *name)
{
    static const char magic[16] = "SQLite format 3";
    char start[sizeof magic];
    struct stat status;
    if (stat(name, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    FILE *file = fopen(name, "r");
    bool is =
        file != NULL && fread(start, 1, sizeof start, file) == sizeof start && memcmp(start, magic, sizeof magic) == 0;
    if (file != NULL)
        fclose(file);
    return is;
}
