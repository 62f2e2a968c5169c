// SPDX-License-Identifier: Apache-2.0
//
// Between reports and a store. A scan must not stand still because somebody holds the store locked, so what cannot be
// written at once waits in a queue, and goes first next time.
#include "report/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "report/archive_tree.h"
#include "report/quick.h"
#include "report/report_tree.h"
#include "report/saved.h"
#include "report/state.h"
#include "report/store_name.h"
#include "report/subject.h"
#include "report/tree.h"
#include "wire/keys.h"

#define GLANCE_MS   50                  // that a scan stands still for a lock
#define WAIT_MS     30000               // ... and the end of one
#define QUEUE_LIMIT ((size_t)256 << 20) // octets that wait

// A scan on its way into the store.
struct entry {
    struct arena memory; // all that it points to, and itself
    struct store_target target;
    struct store_scan scan;
    struct entry *next;
};

struct archive {
    struct store *store;
    const char *name;
    struct quick *quick;
    struct entry *first, *last; // that wait
    size_t waiting;             // octets
    struct store_target ahead;  // whose history is next, once one was asked for
    bool begun, more;
};

// --- opening -------------------------------------------------------------------------------------

static struct archive *archive_of(struct store *store, const char *name)
{
    struct archive *archive = store == NULL ? NULL : calloc(1, sizeof *archive);
    if (store == NULL)
        return NULL;
    if (archive == NULL)
        die("out of memory");
    *archive = (struct archive){.store = store, .name = name, .quick = quick_open()};
    return archive;
}

struct archive *archive_create(const char *name, struct complaint *complaint)
{
    return archive_of(store_create(name, complaint), name);
}

struct archive *archive_open(const char *name, struct complaint *complaint)
{
    return archive_of(store_open(name, complaint), name);
}

static void drop_first(struct archive *archive)
{
    struct entry *entry = archive->first;
    struct arena memory = entry->memory;
    archive->waiting -= entry->scan.state.size;
    archive->first = entry->next;
    if (archive->first == NULL)
        archive->last = NULL;
    arena_release(&memory);
}

void archive_close(struct archive *archive)
{
    if (archive == NULL)
        return;
    while (archive->first != NULL)
        drop_first(archive);
    store_close(archive->store);
    quick_close(archive->quick);
    free(archive);
}

bool archive_is(const char *name) { return store_is(name); }

void archive_harden(struct archive *archive) { store_harden(archive->store); }

void archive_narrow(struct archive *archive, const char *host, unsigned port)
{
    store_narrow(archive->store, host, port);
}

// --- writing -------------------------------------------------------------------------------------

static struct bytes dump(struct arena *arena, const json_t *tree)
{
    char *text = json_dumps(tree, JSON_PRESERVE_ORDER | JSON_COMPACT);
    if (text == NULL)
        die("out of memory");
    struct bytes own = arena_copy(arena, bytes_of_text(text));
    free(text);
    return own;
}

static int64_t time_of(const json_t *report, int64_t present)
{
    int64_t at = present;
    const char *started = member_text(report, "started"), *now = member_text(report, "now");
    if ((started == NULL || !text_to_time(started, &at)) && now != NULL)
        text_to_time(now, &at);
    return at;
}

static const char *keep(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_text(arena, "%s", text);
}

// Points into the report, which is parted for a moment.
static struct store_scan scan_of(struct arena *arena, json_t *report, int64_t present)
{
    struct store_scan scan = {.at = time_of(report, present), .line = state_line(arena, report)};
    json_t *circumstances = state_take(report);
    scan.state = dump(arena, report);
    scan.kept = dump(arena, circumstances);
    if (!state_give(report, circumstances))
        bug("a report cannot be put together again");
    json_decref(circumstances);
    digest_sha256(scan.state, scan.hash);
    return scan;
}

static struct entry *entry_of(const json_t *report, int64_t present)
{
    struct arena memory = {0};
    struct entry *entry = arena_alloc(&memory, sizeof *entry);
    struct store_target target = state_target(report);
    struct store_scan scan = scan_of(&memory, (json_t *)report, present);
    const char **texts[] = {&target.host,      &target.transport, &target.starttls,   &target.server_name,
                            &scan.line.status, &scan.line.grade,  &scan.line.at_best, &scan.line.at_worst,
                            &scan.line.policy, &scan.line.verdict};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = keep(&memory, *texts[i]);
    *entry = (struct entry){.memory = memory, .target = target, .scan = scan};
    return entry;
}

static bool write_waiting(struct archive *archive, unsigned patience_ms, struct complaint *complaint)
{
    while (archive->first != NULL) {
        struct entry *entry = archive->first;
        if (!store_add(archive->store, &entry->target, &entry->scan, patience_ms, complaint))
            return false;
        drop_first(archive);
    }
    return true;
}

bool archive_add(struct archive *archive, int64_t present, const struct report *report, struct complaint *complaint)
{
    struct entry *entry = entry_of(report->tree, present);
    if (archive->last == NULL)
        archive->first = entry;
    else
        archive->last->next = entry;
    archive->last = entry;
    archive->waiting += entry->scan.state.size;
    if (write_waiting(archive, GLANCE_MS, complaint) || complaint->text[0] != '\0')
        return complaint->text[0] == '\0';
    return archive->waiting <= QUEUE_LIMIT || archive_flush(archive, complaint);
}

bool archive_flush(struct archive *archive, struct complaint *complaint)
{
    return write_waiting(archive, WAIT_MS, complaint) ||
           complain(complaint, "the store '%.200s' has been locked by another process for %d s", archive->name,
                    WAIT_MS / 1000);
}

// --- reading -------------------------------------------------------------------------------------

static json_t *parse(struct archive *archive, struct bytes text)
{
    json_t *tree = text.size == 0 ? NULL : quick_load(archive->quick, (const char *)text.data, text.size);
    return tree != NULL || text.size == 0 ? tree : json_loadb((const char *)text.data, text.size, 0, NULL);
}

// A stranger may have written the file.
static json_t *report_from(struct archive *archive, const struct store_scan *scan, struct complaint *complaint)
{
    json_t *report = parse(archive, scan->state), *circumstances = parse(archive, scan->kept);
    bool good = json_is_object(report) && json_is_array(circumstances) && state_give(report, circumstances);
    const char *wrong = good ? report_wrong(report) : NULL;
    json_decref(circumstances);
    if (good && wrong == NULL && member_is(report, "schema", SAVED_SCHEMA))
        return report;
    json_decref(report);
    complain(complaint, "the store '%.200s' holds something that is no report%s%s", archive->name,
             wrong == NULL ? "" : ": ", wrong == NULL ? "" : wrong);
    return NULL;
}

struct report *archive_next(struct archive *archive, struct complaint *complaint)
{
    struct store_target target;
    struct store_scan scan;
    if (!store_next_target(archive->store, &target, complaint) ||
        !store_last(archive->store, target.id, INT64_MAX, &scan, complaint))
        return NULL;
    json_t *tree = report_from(archive, &scan, complaint);
    return tree == NULL ? NULL : report_of(tree, NULL, 0);
}

json_t *archive_find(struct archive *archive, const json_t *report, int64_t until, struct complaint *complaint)
{
    struct store_target target = state_target(report);
    struct store_scan scan;
    if (!store_find(archive->store, &target, complaint) ||
        !store_last(archive->store, target.id, until, &scan, complaint))
        return NULL;
    return report_from(archive, &scan, complaint);
}

json_t *archive_find_before(struct archive *archive, const json_t *report, unsigned back, struct complaint *complaint)
{
    struct store_target target = state_target(report);
    struct store_scan scan;
    if (!store_find(archive->store, &target, complaint) ||
        !store_before(archive->store, target.id, back, &scan, complaint))
        return NULL;
    return report_from(archive, &scan, complaint);
}

// Whether a history is the only one is known when there is no other.
char *archive_history(struct archive *archive, bool all, bool indent, struct complaint *complaint)
{
    bool first = !archive->begun;
    if (first)
        archive->more = store_next_target(archive->store, &archive->ahead, complaint);
    archive->begun = true;
    if (!archive->more)
        return NULL;
    json_t *history = history_of(archive->store, &archive->ahead, all, complaint);
    archive->more = complaint->text[0] == '\0' && store_next_target(archive->store, &archive->ahead, complaint);
    char *text = complaint->text[0] == '\0' ? tree_dump(history, indent && first && !archive->more) : NULL;
    json_decref(history);
    return text;
}
