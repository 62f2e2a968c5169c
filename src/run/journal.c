// SPDX-License-Identifier: Apache-2.0
//
// One file, locked for as long as it is open. What a crash or a full disk leaves behind the last LF is cut off before
// anything else is written.
#include "run/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define HEAD "shakedown-journal 1"

// --- reading -------------------------------------------------------------------------------------

static bool is_outcome(const char *text)
{
    return strlen(text) == JOURNAL_OUTCOME - 1 && strchr("cin", text[0]) != NULL && text[1] >= '0' && text[1] <= '5' &&
           strchr("f-", text[2]) != NULL && strchr("i-", text[3]) != NULL && strchr("wc-", text[4]) != NULL;
}

static bool is_mark(const char *text) { return text[0] != '\0' && strlen(text) < JOURNAL_MARK; }

static char *take(char **rest)
{
    char *word = *rest, *blank = strchr(word, ' ');
    *rest = blank == NULL ? word + strlen(word) : blank + 1;
    if (blank != NULL)
        *blank = '\0';
    return word;
}

static bool read_done(struct journal *journal, char *line, const char **outcome)
{
    struct arena scratch = {0};
    struct bytes octets = {NULL, 0};
    struct seen_digest digest = {{0}};
    bool good = strcmp(take(&line), "done") == 0 && text_from_hex(&scratch, take(&line), &octets) &&
                octets.size == sizeof digest.octet;
    if (good)
        memcpy(digest.octet, octets.data, sizeof digest.octet);
    arena_release(&scratch);
    const char *mark;
    good = good && is_outcome(*outcome = take(&line)) && is_mark(mark = take(&line)) && *line != '\0';
    if (!good)
        return false;
    journal->earlier += seen_add(&journal->finished, &digest);
    snprintf(journal->mark, sizeof journal->mark, "%s", mark);
    return true;
}

struct reading {
    void (*told)(void *context, const char *outcome);
    void *context;
    off_t whole; // octets up to the last LF
    unsigned long number;
};

static bool read_line(struct journal *journal, struct reading *reading, char *line, struct complaint *complaint)
{
    const char *outcome = NULL;
    reading->number++;
    if (reading->number == 1)
        return strcmp(line, HEAD) == 0 || complain(complaint, "'%.200s' is no journal", journal->name);
    if (!read_done(journal, line, &outcome))
        return complain(complaint, "%.200s:%lu: this is no line of a journal", journal->name, reading->number);
    reading->told(reading->context, outcome);
    return true;
}

static bool read_lines(struct journal *journal, struct reading *reading, FILE *file, struct complaint *complaint)
{
    char line[JOURNAL_LINE];
    while (fgets(line, sizeof line, file) != NULL) {
        size_t size = strlen(line);
        if (size == 0 || line[size - 1] != '\n') {
            if (size + 1 == sizeof line)
                return complain(complaint, "%.200s:%lu: the line is too long", journal->name, reading->number + 1);
            if (reading->number == 0 && (size == 0 || strncmp(line, HEAD, size) != 0))
                return complain(complaint, "'%.200s' is no journal", journal->name);
            break; // torn off
        }
        reading->whole += (off_t)size;
        line[size - 1] = '\0';
        if (!read_line(journal, reading, line, complaint))
            return false;
    }
    return !ferror(file) || complain(complaint, "cannot read the journal '%.200s': %m", journal->name);
}

static bool read_all(struct journal *journal, struct reading *reading, struct complaint *complaint)
{
    int copy = dup(journal->descriptor);
    FILE *file = copy == -1 ? NULL : fdopen(copy, "r");
    if (file == NULL)
        return complain(complaint, "cannot read the journal '%.200s': %m", journal->name);
    bool good = read_lines(journal, reading, file, complaint);
    fclose(file);
    return good;
}

// --- writing -------------------------------------------------------------------------------------

static bool write_all(int descriptor, const char *text, size_t size)
{
    while (size != 0) {
        ssize_t written = write(descriptor, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        size -= (size_t)written;
    }
    return true;
}

// All of it on the disk, or nothing in the file.
static bool append(struct journal *journal, const char *text, size_t size, struct complaint *complaint)
{
    struct stat before;
    bool known = fstat(journal->descriptor, &before) == 0;
    if (known && write_all(journal->descriptor, text, size) && fsync(journal->descriptor) == 0)
        return true;
    complain(complaint, "cannot write the journal '%.200s': %m", journal->name);
    if (known && ftruncate(journal->descriptor, before.st_size) != 0)
        return false; // the torn line is cut off by whoever reads it
    return false;
}

// That the file is there at all is to last too.
static void settle_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(name, (size_t)(slash - name) + 1);
    int descriptor = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor != -1) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

static bool begin(struct journal *journal, const struct reading *reading, struct complaint *complaint)
{
    if (ftruncate(journal->descriptor, reading->whole) != 0)
        return complain(complaint, "cannot write the journal '%.200s': %m", journal->name);
    if (reading->whole != 0)
        return true;
    settle_name(journal->name);
    return append(journal, HEAD "\n", sizeof HEAD, complaint);
}

bool journal_open(struct journal *journal, const char *name, void (*told)(void *context, const char *outcome),
                  void *context, struct complaint *complaint)
{
    struct reading reading = {.told = told, .context = context};
    struct stat status;
    *journal = (struct journal){.name = name, .descriptor = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)};
    if (journal->descriptor == -1 || fstat(journal->descriptor, &status) != 0)
        return complain(complaint, "cannot open the journal '%.200s': %m", name);
    if (!S_ISREG(status.st_mode))
        return complain(complaint, "the journal '%.200s' is no plain file", name);
    if (flock(journal->descriptor, LOCK_EX | LOCK_NB) != 0)
        return complain(complaint, "the journal '%.200s' is in use by another run", name);
    return read_all(journal, &reading, complaint) && begin(journal, &reading, complaint);
}

void journal_add(struct journal *journal, const struct seen_digest *digest, const char outcome[JOURNAL_OUTCOME],
                 const char *mark, const char *target)
{
    struct arena scratch = {0};
    if (journal->count++ == 0)
        journal->lines = builder_in(&journal->pending);
    seen_add(&journal->finished, digest);
    const char *line = arena_text(&scratch, "done %s %s %s %.*s\n",
                                  text_hex(&scratch, (struct bytes){digest->octet, sizeof digest->octet}), outcome,
                                  mark[0] == '\0' ? "-" : mark, JOURNAL_LINE / 2, target);
    builder_add(&journal->lines, bytes_of_text(line));
    arena_release(&scratch);
}

bool journal_due(const struct journal *journal, uint64_t now_ms)
{
    return journal->count >= JOURNAL_GROUP || (journal->count != 0 && now_ms - journal->written_ms >= JOURNAL_MS);
}

bool journal_write(struct journal *journal, uint64_t now_ms, struct complaint *complaint)
{
    struct bytes lines = builder_bytes(&journal->lines);
    bool good = journal->count == 0 || append(journal, (const char *)lines.data, lines.size, complaint);
    journal->count = 0;
    journal->written_ms = now_ms;
    arena_release(&journal->pending);
    return good;
}

void journal_close(struct journal *journal)
{
    if (journal->descriptor != -1)
        close(journal->descriptor);
    journal->descriptor = -1;
    seen_release(&journal->finished);
    arena_release(&journal->pending);
}
