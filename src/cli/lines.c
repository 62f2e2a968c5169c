// SPDX-License-Identifier: Apache-2.0
//
// The descriptor is good for writing alone; to read, the file is opened again by way of /dev/fd.
#include "cli/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// A file's end in memory; text NULL: there is none.
struct tail {
    char *text;
    size_t size;
    off_t start; // in the file
};

static int open_to_read(int descriptor)
{
    char name[32];
    snprintf(name, sizeof name, "/dev/fd/%d", descriptor);
    return open(name, O_RDONLY | O_CLOEXEC);
}

static struct tail map_tail(int descriptor)
{
    struct tail tail = {0};
    struct stat status;
    int flags = fcntl(descriptor, F_GETFL);
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0 || !(flags & O_APPEND))
        return tail;
    int readable = open_to_read(descriptor);
    if (readable == -1)
        return tail;
    off_t page = (off_t)sysconf(_SC_PAGESIZE);
    if (status.st_size > (off_t)LINES_TAIL)
        tail.start = (status.st_size - (off_t)LINES_TAIL) / page * page;
    tail.size = (size_t)(status.st_size - tail.start);
    void *text = mmap(NULL, tail.size, PROT_READ, MAP_SHARED, readable, tail.start);
    close(readable);
    tail.text = text == MAP_FAILED ? NULL : text;
    return tail;
}

static void unmap(struct tail *tail)
{
    if (tail->text != NULL)
        munmap(tail->text, tail->size);
}

// Some file systems have no locks, and then nobody is kept off.
bool lines_hold(int descriptor, const char *name, struct complaint *complaint)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK ||
           complain(complaint, "'%s' is being written by another run", name);
}

bool lines_mend(int descriptor, const char *name, struct complaint *complaint)
{
    struct tail tail = map_tail(descriptor);
    if (tail.text == NULL)
        return true;
    const char *newline = memrchr(tail.text, '\n', tail.size);
    size_t whole = newline == NULL ? 0 : (size_t)(newline - tail.text) + 1;
    bool ours = whole == tail.size || (tail.text[whole] == '{' && (newline != NULL || tail.start == 0));
    unmap(&tail);
    if (!ours)
        return complain(complaint, "'%s' does not end in lines of reports", name);
    return whole == tail.size || ftruncate(descriptor, tail.start + (off_t)whole) == 0 ||
           complain(complaint, "cannot write '%s': %m", name);
}

bool lines_end_at(int descriptor, uint64_t size)
{
    char last = '\n';
    int readable = size == 0 ? -1 : open_to_read(descriptor);
    if (readable == -1)
        return true;
    bool good = pread(readable, &last, 1, (off_t)size - 1) == 1 && last == '\n';
    close(readable);
    return good;
}

bool lines_have(int descriptor, const char *line)
{
    struct tail tail = map_tail(descriptor);
    size_t size = strlen(line);
    bool found = false;
    const char *at = tail.text;
    while (at != NULL && !found) {
        at = memmem(at, tail.size - (size_t)(at - tail.text), line, size);
        found = at != NULL && (at == tail.text || at[-1] == '\n');
        at += at != NULL;
    }
    unmap(&tail);
    return found;
}
