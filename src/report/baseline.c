// SPDX-License-Identifier: Apache-2.0
//
// The file is read through once, and where each report begins is remembered under a hash of its target. What
// cannot be read twice (a pipe) is put into a temporary file first. A store finds reports by itself, and then what is
// remembered is who was met.
#include "report/baseline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "report/archive_tree.h"
#include "report/report_tree.h"
#include "report/saved.h"
#include "report/subject.h"

struct place_in_file {
    uint64_t hash, offset;
    bool met;
};

struct baseline {
    FILE *file;
    struct archive *archive; // instead of a file; NULL: it is none
    struct baseline_choice choice;
    struct complaint trouble;
    const char *name;
    struct place_in_file *row; // malloc'd, by hash and then by offset
    size_t count, capacity;
    bool ended; // no report is looked for any more: rows are by offset
    size_t next;
};

// --- which target --------------------------------------------------------------------------------

// What makes a target: the host in small letters as reports have it, the port, the way there, the name sent.
static const char *key_of(struct arena *scratch, const json_t *report)
{
    const json_t *target = json_object_get(report, "target");
    const char *texts[] = {member_text(target, "host"), member_text(target, "transport"),
                           member_text(target, "starttls"), member_text(target, "sni")};
    long long port = (long long)json_integer_value(json_object_get(target, "port"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        texts[i] = texts[i] == NULL ? "" : texts[i];
    return arena_text(scratch, "%s\n%lld\n%s\n%s\n%s", texts[0], port, texts[1], texts[2], texts[3]);
}

// FNV-1a; a collision is noticed, since the report itself is looked at again.
static uint64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *key != '\0'; key++)
        hash = (hash ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_of_report(const json_t *report)
{
    struct arena scratch = {0};
    uint64_t hash = hash_of(key_of(&scratch, report));
    arena_release(&scratch);
    return hash;
}

static bool same_target(const json_t *a, const json_t *b)
{
    struct arena scratch = {0};
    bool same = strcmp(key_of(&scratch, a), key_of(&scratch, b)) == 0;
    arena_release(&scratch);
    return same;
}

// --- the index -----------------------------------------------------------------------------------

static void add(struct baseline *baseline, uint64_t hash, uint64_t offset)
{
    if (baseline->count == baseline->capacity) {
        baseline->capacity = baseline->capacity == 0 ? 64 : 2 * baseline->capacity;
        baseline->row = reallocarray(baseline->row, baseline->capacity, sizeof *baseline->row);
        if (baseline->row == NULL)
            die("out of memory");
    }
    baseline->row[baseline->count++] = (struct place_in_file){hash, offset, false};
}

static int by_hash(const void *a, const void *b)
{
    const struct place_in_file *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool read_index(struct baseline *baseline, struct complaint *complaint)
{
    struct saved saved;
    saved_open(&saved, baseline->file, baseline->name);
    while (complaint->text[0] == '\0' && saved_more(&saved, complaint)) {
        struct report *report = saved_next(&saved, complaint);
        if (report != NULL)
            add(baseline, hash_of_report(report->tree), saved.begun);
        report_free(report);
    }
    saved_close(&saved);
    if (baseline->count != 0)
        qsort(baseline->row, baseline->count, sizeof *baseline->row, by_hash);
    else if (complaint->text[0] == '\0')
        complain(complaint, "%.200s holds no report", baseline->name);
    return complaint->text[0] == '\0';
}

// --- files ---------------------------------------------------------------------------------------

static FILE *copy_of(FILE *from, const char *name, struct complaint *complaint)
{
    FILE *file = tmpfile();
    char piece[4096];
    size_t size;
    int first = ungetc(getc(from), from);
    bool more = first == '{' || isspace(first); // of what begins otherwise, and may have no end, a piece tells enough
    while (file != NULL && (size = fread(piece, 1, sizeof piece, from)) != 0) {
        if (fwrite(piece, 1, size, file) != size) {
            fclose(file);
            file = NULL;
        }
        if (!more)
            break;
    }
    if (ferror(from))
        complain(complaint, "cannot read '%.200s': %m", name);
    else if (file == NULL || fflush(file) != 0)
        complain(complaint, "cannot keep what '%.200s' says in a temporary file: %m", name);
    else
        rewind(file);
    return file;
}

static FILE *open_file(const char *name, struct complaint *complaint)
{
    struct stat status;
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");
    if (file == NULL) {
        complain(complaint, "cannot read '%.200s': %m", name);
        return NULL;
    }
    if (!standard && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode))
        return file;
    FILE *copy = copy_of(file, name, complaint);
    if (!standard)
        fclose(file);
    return copy;
}

struct baseline *baseline_open(const char *file, struct baseline_choice choice, struct complaint *complaint)
{
    struct baseline *baseline = calloc(1, sizeof *baseline);
    if (baseline == NULL)
        die("out of memory");
    baseline->name = strcmp(file, "-") == 0 ? "standard input" : file;
    baseline->choice = choice;
    if (choice.before || archive_is(file))
        baseline->archive = archive_open(file, complaint);
    else
        baseline->file = open_file(file, complaint);
    if (baseline->archive != NULL || (complaint->text[0] == '\0' && read_index(baseline, complaint)))
        return baseline;
    baseline_close(baseline);
    return NULL;
}

void baseline_close(struct baseline *baseline)
{
    if (baseline == NULL)
        return;
    if (baseline->file != NULL)
        fclose(baseline->file);
    archive_close(baseline->archive);
    free(baseline->row);
    free(baseline);
}

const struct complaint *baseline_trouble(const struct baseline *baseline) { return &baseline->trouble; }

// --- looking up ----------------------------------------------------------------------------------

// NULL also where the file is another one by now.
static json_t *read_at(struct baseline *baseline, uint64_t offset)
{
    struct saved saved;
    struct complaint complaint = {0};
    if (fseeko(baseline->file, (off_t)offset, SEEK_SET) != 0)
        return NULL;
    saved_open(&saved, baseline->file, baseline->name);
    struct report *report = saved_more(&saved, &complaint) ? saved_next(&saved, &complaint) : NULL;
    json_t *tree = report == NULL ? NULL : json_incref(report->tree);
    report_free(report);
    saved_close(&saved);
    return tree;
}

static size_t first_of(const struct baseline *baseline, uint64_t hash)
{
    size_t low = 0, high = baseline->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (baseline->row[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

json_t *baseline_find(struct baseline *baseline, const json_t *report, unsigned back)
{
    uint64_t hash = hash_of_report(report);
    if (baseline->choice.until != NULL)
        return archive_find(baseline->archive, report, *baseline->choice.until, &baseline->trouble);
    if (baseline->choice.before)
        return archive_find_before(baseline->archive, report, back, &baseline->trouble);
    if (baseline->archive != NULL) {
        add(baseline, hash, baseline->count);
        return archive_find(baseline->archive, report, INT64_MAX, &baseline->trouble);
    }
    size_t first = first_of(baseline, hash), end = first;
    for (; end < baseline->count && baseline->row[end].hash == hash; end++)
        baseline->row[end].met = true;
    for (; end > first; end--) {
        json_t *found = read_at(baseline, baseline->row[end - 1].offset);
        if (found != NULL && same_target(found, report))
            return found;
        json_decref(found);
    }
    return NULL;
}

static int by_offset(const void *a, const void *b)
{
    const struct place_in_file *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

// A hash that two targets share hides one of them here, as rarely as that is.
static json_t *left_in_archive(struct baseline *baseline)
{
    struct report *report;
    if (!baseline->ended && baseline->count != 0)
        qsort(baseline->row, baseline->count, sizeof *baseline->row, by_hash);
    baseline->ended = true;
    while ((report = archive_next(baseline->archive, &baseline->trouble)) != NULL) {
        uint64_t hash = hash_of_report(report->tree);
        size_t first = first_of(baseline, hash);
        bool met = first < baseline->count && baseline->row[first].hash == hash;
        json_t *tree = met ? NULL : json_incref(report->tree);
        report_free(report);
        if (!met)
            return tree;
    }
    return NULL;
}

json_t *baseline_left(struct baseline *baseline)
{
    if (baseline->archive != NULL)
        return baseline->choice.before ? NULL : left_in_archive(baseline);
    if (!baseline->ended && baseline->count != 0)
        qsort(baseline->row, baseline->count, sizeof *baseline->row, by_offset);
    baseline->ended = true;
    while (baseline->next < baseline->count && baseline->row[baseline->next].met)
        baseline->next++;
    return baseline->next == baseline->count ? NULL : read_at(baseline, baseline->row[baseline->next++].offset);
}
