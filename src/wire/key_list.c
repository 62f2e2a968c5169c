// SPDX-License-Identifier: Apache-2.0
//
// Two sorted arrays of octets, one for each kind of fingerprint. The file may be anything: a line is
// read up to its limit, a list up to its own, and the first thing that is wrong ends it with a
// sentence.
#include "wire/key_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/keys.h"

#define LINE 128 // octets of a line that are kept; no fingerprint is as long

// Fingerprints of one size, one after another.
struct rows {
    size_t size, count, room; // octets of one, how many there are, how many fit
    uint8_t *octets;
};

struct key_list {
    char *path;
    enum key_list_kind kind;
    struct rows digests, marks;
    struct key_list *next; // of a pool
};

struct reading {
    FILE *file;
    struct key_list *list;
    struct arena scratch;
    struct complaint *complaint;
    unsigned long line;
};

// --- rows ------------------------------------------------------------------------------------------

static void add(struct rows *rows, const uint8_t *octets)
{
    if (rows->count == rows->room) {
        rows->room = rows->room == 0 ? 1024 : 2 * rows->room;
        rows->octets = realloc(rows->octets, rows->room * rows->size);
        if (rows->octets == NULL)
            die("out of memory");
    }
    memcpy(rows->octets + rows->count++ * rows->size, octets, rows->size);
}

static int compare_digests(const void *a, const void *b) { return memcmp(a, b, 32); }
static int compare_marks(const void *a, const void *b) { return memcmp(a, b, KEY_MARK); }

// --- reading ---------------------------------------------------------------------------------------

static bool fail(struct reading *reading, const char *what)
{
    return complain(reading->complaint, "%s:%lu: %s", reading->list->path, reading->line, what);
}

static bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\r'; }

// The next line without its comment and the blanks around it; size is past LINE when it is too long, and
// then it was not read to its end. False: there is no more.
static bool read_line(struct reading *reading, char text[LINE], size_t *size)
{
    int c = getc_unlocked(reading->file);
    bool comment = false, blank = true;
    *size = 0;
    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n' && *size <= LINE; c = getc_unlocked(reading->file)) {
        comment = comment || (c == '#' && blank);
        blank = is_blank(c);
        if (comment || (blank && *size == 0))
            continue;
        if (*size < LINE)
            text[*size] = (char)c;
        (*size)++;
    }
    while (*size != 0 && *size <= LINE && is_blank(text[*size - 1]))
        (*size)--;
    reading->line++;
    return true;
}

// Three octets that some editors put before the first line.
static void skip_mark(char text[LINE], size_t *size)
{
    if (*size >= 3 && *size <= LINE && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        *size -= 3;
        memmove(text, text + 3, *size);
    }
}

// Octets from their digits, in either case; a NUL ends the digits too early.
static struct bytes decode(struct reading *reading, char *text, size_t size)
{
    struct bytes octets = {NULL, 0};
    if (strlen(text) != size)
        return octets;
    if (size == 44) {
        text_from_base64(&reading->scratch, text, &octets);
        return octets;
    }
    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    text_from_hex(&reading->scratch, text, &octets);
    return octets;
}

static bool take(struct reading *reading, char *text, size_t size)
{
    struct key_list *list = reading->list;
    bool mark = size == 2 * KEY_MARK;
    if (mark && reading->list->kind != KEY_LIST_WEAK)
        return fail(reading, "20 digits tell a modulus, and this list holds SHA-256 fingerprints of whole keys");
    struct bytes octets = decode(reading, text, size);
    if (octets.size != (mark ? KEY_MARK : 32))
        return fail(reading, reading->list->kind == KEY_LIST_WEAK
                                 ? "expected a fingerprint: 20 or 64 hexadecimal digits, or "
                                   "44 characters of base64"
                                 : "expected a SHA-256 fingerprint: 64 hexadecimal digits, "
                                   "or 44 characters of base64");
    if (key_list_size(list) == KEY_LIST_LIMIT)
        return fail(reading, "the list is too long: 4000000 fingerprints are as many as fit");
    add(octets.size == 32 ? &list->digests : &list->marks, octets.data);
    return true;
}

static bool read_lines(struct reading *reading)
{
    char text[LINE + 1];
    size_t size;
    while (read_line(reading, text, &size)) {
        struct arena_mark before = arena_mark(&reading->scratch);
        if (reading->line == 1)
            skip_mark(text, &size);
        if (size == 0)
            continue;
        if (size > LINE)
            return fail(reading, "the line is too long for a fingerprint");
        text[size] = '\0';
        if (!take(reading, text, size))
            return false;
        arena_rewind(&reading->scratch, before);
    }
    if (ferror(reading->file))
        return complain(reading->complaint, "cannot read '%s': %m", reading->list->path);
    return key_list_size(reading->list) != 0 ||
           complain(reading->complaint, "'%s' holds no fingerprint", reading->list->path);
}

static FILE *open_file(const char *path, struct complaint *complaint)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file != NULL && fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        fclose(file);
        errno = EISDIR;
        file = NULL;
    }
    if (file == NULL)
        complain(complaint, "cannot read '%s': %m", path);
    return file;
}

struct key_list *key_list_open(const char *path, enum key_list_kind kind, struct complaint *complaint)
{
    FILE *file = open_file(path, complaint);
    if (file == NULL)
        return NULL;
    struct key_list *list = calloc(1, sizeof *list);
    if (list == NULL || (list->path = strdup(path)) == NULL)
        die("out of memory");
    list->kind = kind;
    list->digests.size = 32;
    list->marks.size = KEY_MARK;
    struct reading reading = {.file = file, .list = list, .complaint = complaint};
    bool good = read_lines(&reading);
    arena_release(&reading.scratch);
    fclose(file);
    if (!good) {
        key_list_close(list);
        return NULL;
    }
    if (list->digests.count > 1)
        qsort(list->digests.octets, list->digests.count, 32, compare_digests);
    if (list->marks.count > 1)
        qsort(list->marks.octets, list->marks.count, KEY_MARK, compare_marks);
    return list;
}

void key_list_close(struct key_list *list)
{
    if (list == NULL)
        return;
    free(list->digests.octets);
    free(list->marks.octets);
    free(list->path);
    free(list);
}

const struct key_list *key_pool_open(struct key_pool *pool, const char *path, enum key_list_kind kind,
                                     struct complaint *complaint)
{
    if (path == NULL)
        return NULL;
    for (struct key_list *list = pool->first; list != NULL; list = list->next)
        if (list->kind == kind && strcmp(list->path, path) == 0)
            return list;
    struct key_list *list = key_list_open(path, kind, complaint);
    if (list == NULL)
        return NULL;
    list->next = pool->first;
    pool->first = list;
    return list;
}

void key_pool_close(struct key_pool *pool)
{
    for (struct key_list *list = pool->first, *next; list != NULL; list = next) {
        next = list->next;
        key_list_close(list);
    }
    pool->first = NULL;
}

// --- asking ----------------------------------------------------------------------------------------

const char *key_list_name(const struct key_list *list) { return list->path; }
size_t key_list_size(const struct key_list *list) { return list->digests.count + list->marks.count; }
bool key_list_has_digests(const struct key_list *list) { return list->digests.count != 0; }
bool key_list_has_marks(const struct key_list *list) { return list->marks.count != 0; }

static bool find(const struct rows *rows, const uint8_t *octets, int (*compare)(const void *, const void *))
{
    return rows->count != 0 && bsearch(octets, rows->octets, rows->count, rows->size, compare) != NULL;
}

bool key_list_find_digest(const struct key_list *list, const uint8_t digest[32])
{
    return find(&list->digests, digest, compare_digests);
}

bool key_list_find_mark(const struct key_list *list, const uint8_t mark[KEY_MARK])
{
    return find(&list->marks, mark, compare_marks);
}

// openssl prints a number without leading zero digits.
void key_mark(struct bytes modulus, uint8_t mark[KEY_MARK])
{
    struct arena scratch = {0};
    uint8_t digest[20];
    const char *hex = text_hex(&scratch, modulus);
    hex += strspn(hex, "0");
    digest_sha1(bytes_of_text(arena_text(&scratch, "Modulus=%s\n", hex)), digest);
    memcpy(mark, digest + sizeof digest - KEY_MARK, KEY_MARK);
    arena_release(&scratch);
}
