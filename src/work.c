// SPDX-License-Identifier: Apache-2.0
//
// A worker is a scan whose targets come from a queue and whose reports go there, made of the same calls that any
// program has. The connection to the queue is stepped whenever the scan asks for a target or tells its progress, and
// while it is lost the scan goes on with what it has. A job is held from the moment it was taken until the queue has
// said that its result counts, or that another's did.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "report/report.h"
#include "run/expansion.h"
#include "run/net.h"
#include "run/queue.h"
#include "run/target.h"
#include "shakedown.h"

#define BUCKETS       4096
#define AHEAD         64 // jobs that are taken before there is a slot for them, or what PACE_MS take, if that is more
#define MOST_AHEAD    4096
#define PACE_MS       500
#define RENEWED       256   // jobs in one command
#define IDLE_MS       500   // between questions when there was nothing
#define SEARCH_MS     1000  // between looks at what others left behind
#define LAST_WORDS_MS 10000 // after an interrupt, for what is to be told to the queue

enum job_state { WAITING, BEGUN, ENDED };

struct job {
    char entry[QUEUE_ENTRY], id[QUEUE_ID + 1], target[QUEUE_PLAIN + 1];
    enum job_state state;
    enum queue_kind kind;
    char *text; // ENDED: the report, or the sentence
    bool sent;  // ... and it is on its way
    struct job *next_waiting, *next_in_bucket;
};

struct worker {
    struct queue queue;
    bool follow;
    const struct shakedown_settings *settings;
    const struct shakedown_calls *calls; // of our caller
    struct job *bucket[BUCKETS];         // by target
    struct job *first, *last;            // of those WAITING
    unsigned waiting, held, ended_jobs, unsent;
    unsigned least, ahead; // of jobs to have WAITING, at any pace and at this one
    unsigned begun;        // since pace_ms
    uint64_t pace_ms;
    uint64_t ask_ms, search_ms, renew_ms; // not before
    bool asked;                           // for jobs, and there is no answer yet
    struct queue_state state;
    bool known; // the state, since the connection was made
    bool piled; // somebody was told that the reports are too many
    bool ended; // the scan was told that there are no more
};

static void tell(struct worker *worker, const char *sentence)
{
    if (worker->calls->warn != NULL)
        worker->calls->warn(worker->calls->context, sentence);
}

// --- jobs ------------------------------------------------------------------------------------------

static struct job **bucket_of(struct worker *worker, const char *target)
{
    return &worker->bucket[bytes_hash(bytes_of_text(target)) % BUCKETS];
}

static struct job *find_entry(struct worker *worker, const char *target, const char *entry)
{
    struct job *job = *bucket_of(worker, target);
    while (job != NULL && strcmp(job->entry, entry) != 0)
        job = job->next_in_bucket;
    return job;
}

static struct job *find_begun(struct worker *worker, const char *target)
{
    struct job *job = *bucket_of(worker, target);
    while (job != NULL && (job->state != BEGUN || strcmp(job->target, target) != 0))
        job = job->next_in_bucket;
    return job;
}

static void forget(struct worker *worker, struct job *job)
{
    struct job **place = bucket_of(worker, job->target);
    while (*place != job)
        place = &(*place)->next_in_bucket;
    *place = job->next_in_bucket;
    worker->held--;
    worker->ended_jobs -= job->state == ENDED;
    free(job->text);
    free(job);
}

static void publish(struct worker *worker, struct job *job)
{
    job->sent = queue_finish(&worker->queue, job->entry, job->id, job->target, job->kind, job->text, job);
    worker->unsent -= job->sent;
}

static void finish(struct worker *worker, struct job *job, enum queue_kind kind, const char *text)
{
    job->state = ENDED;
    job->kind = kind;
    job->text = strdup(text);
    if (job->text == NULL)
        die("out of memory");
    worker->ended_jobs++;
    worker->unsent++;
    publish(worker, job);
}

static void publish_all(struct worker *worker)
{
    for (size_t i = 0; i < BUCKETS && worker->unsent != 0; i++)
        for (struct job *job = worker->bucket[i]; job != NULL; job = job->next_in_bucket)
            if (job->state == ENDED && !job->sent)
                publish(worker, job);
}

// --- what cannot be scanned ------------------------------------------------------------------------

// One target and no more: who fills the queue is not asked for ranges.
static bool understand(struct arena *arena, const char *text, struct target *target, struct complaint *wrong)
{
    struct expansion expansion = {0};
    if (!queue_target_is_plain(bytes_of_text(text)))
        return complain(wrong, "it holds what no target in a queue may");
    if (!expansion_begin(&expansion, text, wrong))
        return false;
    if (expansion_left(&expansion) != 1)
        return complain(wrong, "it stands for more than one target");
    return target_parse(arena, text, target, wrong);
}

static void give_up(struct worker *worker, struct job *job, const struct target *target)
{
    char trouble[128];
    snprintf(trouble, sizeof trouble, "abandoned: %d workers began with it, and none came to its end",
             QUEUE_DELIVERIES);
    int64_t now = (int64_t)time(NULL);
    struct report_input input = {
        .target = target,
        .trouble = trouble,
        .started = now,
        .now = worker->settings->has_now ? worker->settings->now : now,
    };
    struct report_options options = {.reproducible = worker->settings->reproducible};
    struct report *report = report_make(&input, &options);
    finish(worker, job, QUEUE_REPORT, report_line(report));
    report_free(report);
}

// --- taking ----------------------------------------------------------------------------------------

static bool copy(char *out, size_t room, struct bytes text)
{
    bool fits = text.size < room;
    snprintf(out, room, "%.*s", fits ? (int)text.size : 0, text.size == 0 ? "" : (const char *)text.data);
    return fits && text.size != 0 && strlen(out) == text.size;
}

static void await_slot(struct worker *worker, struct job *job)
{
    if (worker->first == NULL)
        worker->first = job;
    else
        worker->last->next_waiting = job;
    worker->last = job;
    worker->waiting++;
}

static void take_entry(struct worker *worker, const struct queue_entry *entry)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        die("out of memory");
    copy(job->entry, sizeof job->entry, entry->entry);
    bool good = copy(job->id, sizeof job->id, entry->id) && copy(job->target, sizeof job->target, entry->target);
    if (find_entry(worker, job->target, job->entry) != NULL) { // ours, and late
        free(job);
        return;
    }
    struct job **place = bucket_of(worker, job->target);
    job->next_in_bucket = *place;
    *place = job;
    worker->held++;
    struct arena scratch = {0};
    struct target target;
    struct complaint wrong = {0};
    if (!good)
        complain(&wrong, "it is no job of ours");
    if (!good || !understand(&scratch, job->target, &target, &wrong))
        finish(worker, job, QUEUE_REJECTED, wrong.text);
    else if (entry->deliveries > QUEUE_DELIVERIES)
        give_up(worker, job, &target);
    else
        await_slot(worker, job);
    arena_release(&scratch);
}

// Once, as long as it is full again and again.
static void tell_piled(struct worker *worker)
{
    uint64_t most = worker->queue.url.results;
    if (worker->state.results >= most && !worker->piled)
        tell(worker, "the queue is full of reports: work goes on when somebody has collected them");
    worker->piled = worker->state.results >= (worker->piled ? most / 2 : most);
}

static void taken(struct worker *worker, const struct redis_value *answer)
{
    size_t count = queue_entry_count(answer);
    worker->state = queue_state_of(answer);
    worker->known = true;
    queue_keep_cursor(&worker->queue, answer);
    for (size_t i = 0; i < count; i++) {
        struct queue_entry entry = queue_entry_at(answer, i);
        take_entry(worker, &entry);
    }
    worker->ask_ms = net_now() + (count == 0 ? IDLE_MS : 0);
    tell_piled(worker);
}

static void answered(void *context, void *about, const struct redis_value *answer)
{
    struct worker *worker = context;
    struct job *job = about;
    if (about == NULL)
        return;
    if (about != worker) {
        if (answer != NULL) {
            worker->state.results = queue_state_of(answer).results;
            forget(worker, job);
        } else {
            job->sent = false;
            worker->unsent++;
        }
        return;
    }
    worker->asked = worker->known = false;
    if (answer != NULL)
        taken(worker, answer);
}

static void told(void *context, const char *sentence) { tell(context, sentence); }

// As many as are begun until the queue is likely to be asked again; who has more keeps them from others.
static void keep_pace(struct worker *worker, uint64_t now)
{
    uint64_t passed = now - worker->pace_ms;
    if (passed < PACE_MS)
        return;
    uint64_t pace = (uint64_t)worker->begun * PACE_MS / passed;
    worker->ahead = pace < worker->least ? worker->least : pace < MOST_AHEAD ? (unsigned)pace : MOST_AHEAD;
    worker->begun = 0;
    worker->pace_ms = now;
}

// No more than will have room as reports; of none the question is still how things stand.
static unsigned wanted_jobs(const struct worker *worker)
{
    uint64_t wanted = worker->ahead - worker->waiting, there = worker->state.results + worker->held;
    uint64_t room = there < worker->queue.url.results ? worker->queue.url.results - there : 0;
    return (unsigned)(wanted < room ? wanted : room);
}

static void ask_for_jobs(struct worker *worker, uint64_t now)
{
    keep_pace(worker, now);
    if (worker->asked || worker->ended || now < worker->ask_ms || worker->waiting >= worker->ahead)
        return;
    bool search = now >= worker->search_ms;
    worker->asked = queue_take(&worker->queue, QUEUE_JOBS, wanted_jobs(worker), search, worker);
    if (worker->asked && search)
        worker->search_ms = now + SEARCH_MS;
}

// --- keeping ---------------------------------------------------------------------------------------

// Tells the queue something about all that is held.
static bool tell_held(struct worker *worker, bool (*command)(struct queue *, const char *const *, size_t))
{
    const char *entries[RENEWED];
    size_t count = 0;
    bool sent = true;
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct job *job = worker->bucket[i]; job != NULL; job = job->next_in_bucket) {
            entries[count++] = job->entry;
            if (count == RENEWED) {
                sent = sent && command(&worker->queue, entries, count);
                count = 0;
            }
        }
    return sent && (count == 0 || command(&worker->queue, entries, count));
}

static bool renew_some(struct queue *queue, const char *const *entries, size_t count)
{
    return queue_renew(queue, QUEUE_JOBS, entries, count, NULL);
}

static bool give_back_some(struct queue *queue, const char *const *entries, size_t count)
{
    return queue_give_back(queue, entries, count, NULL);
}

static void step(struct worker *worker, unsigned wait_ms)
{
    uint64_t now = net_now();
    if (now >= worker->renew_ms && tell_held(worker, renew_some))
        worker->renew_ms = now + worker->queue.url.lease_ms / 3;
    publish_all(worker);
    ask_for_jobs(worker, now);
    redis_step(worker->queue.redis, wait_ms);
}

// --- the scan's calls ------------------------------------------------------------------------------

static bool is_over(const struct worker *worker)
{
    if (redis_trouble(worker->queue.redis) != NULL)
        return true;
    return !worker->follow && worker->known && worker->state.jobs == 0 && worker->state.writers == 0;
}

static const char *next(void *context)
{
    struct worker *worker = context;
    struct job *job;
    step(worker, worker->first == NULL && worker->asked ? 1 : 0);
    if ((job = worker->first) != NULL) {
        worker->first = job->next_waiting;
        worker->waiting--;
        worker->begun++;
        job->state = BEGUN;
        return job->target;
    }
    worker->ended = is_over(worker);
    return worker->ended ? NULL : shakedown_later;
}

static void reject(void *context, const char *target, const char *sentence)
{
    struct worker *worker = context;
    struct job *job = find_begun(worker, target);
    if (job != NULL)
        finish(worker, job, QUEUE_REJECTED, sentence);
}

// The target's text stands before all that a peer could have put into a report, and needs no escaping.
static struct job *find_reported(struct worker *worker, const char *json)
{
    static const char before[] = "\"target\":{\"input\":\"";
    char target[QUEUE_PLAIN + 1];
    const char *start = strstr(json, before);
    always(start != NULL);
    start += sizeof before - 1;
    snprintf(target, sizeof target, "%.*s", (int)strcspn(start, "\""), start);
    return find_begun(worker, target);
}

static void report(void *context, const char *json)
{
    struct worker *worker = context;
    struct job *job = find_reported(worker, json);
    if (job != NULL)
        finish(worker, job, QUEUE_REPORT, json);
    if (worker->calls->report != NULL)
        worker->calls->report(worker->calls->context, json);
}

static void warn(void *context, const char *sentence) { tell(context, sentence); }

static bool go_on(void *context)
{
    const struct worker *worker = context;
    return worker->calls->go_on == NULL || worker->calls->go_on(worker->calls->context);
}

static void summary(void *context, const char *json)
{
    const struct worker *worker = context;
    worker->calls->summary(worker->calls->context, json);
}

static void progress(void *context, const struct shakedown_progress *now)
{
    struct worker *worker = context;
    step(worker, 0);
    if (worker->settings->progress != NULL)
        worker->settings->progress(worker->calls->context, now);
}

// ---------------------------------------------------------------------------------------------------

// What was found is told to the queue, what was not begun or not ended is given back.
static void take_leave(struct worker *worker)
{
    uint64_t limit = net_now() + LAST_WORDS_MS;
    while (worker->ended_jobs != 0 && redis_trouble(worker->queue.redis) == NULL &&
           (worker->ended || net_now() < limit)) {
        publish_all(worker);
        redis_step(worker->queue.redis, 50);
    }
    if (tell_held(worker, give_back_some) && queue_leave(&worker->queue, QUEUE_JOBS, worker))
        for (worker->asked = true; worker->asked && net_now() < limit + LAST_WORDS_MS;)
            redis_step(worker->queue.redis, 50);
}

static void release(struct worker *worker)
{
    queue_close(&worker->queue);
    for (size_t i = 0; i < BUCKETS; i++)
        while (worker->bucket[i] != NULL)
            forget(worker, worker->bucket[i]);
    free(worker);
}

static enum shakedown_status scan(struct worker *worker, char *error)
{
    struct shakedown_settings settings = *worker->settings;
    const struct shakedown_calls calls = {
        .next = next,
        .reject = reject,
        .report = report,
        .warn = warn,
        .context = worker,
        .views = worker->calls->views,
        .view_count = worker->calls->view_count,
        .summary = worker->calls->summary == NULL ? NULL : summary,
        .go_on = go_on,
    };
    settings.queued = true;
    settings.shard = settings.journal = NULL;
    settings.indent = false;
    settings.progress = progress;
    unsigned parallel = settings.parallel == 0 ? 100 : settings.parallel;
    worker->least = worker->ahead = parallel < AHEAD ? parallel : AHEAD;
    worker->pace_ms = net_now();
    enum shakedown_status status = shakedown_scan(&settings, &calls, error);
    if (error[0] != '\0' || status == SHAKEDOWN_INTERNAL)
        return status;
    return worker->ended ? SHAKEDOWN_OK : SHAKEDOWN_INCOMPLETE;
}

enum shakedown_status shakedown_work(const struct shakedown_queue *queue, const struct shakedown_settings *settings,
                                     const struct shakedown_calls *calls, char *error)
{
    struct complaint complaint = {0};
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        die("out of memory");
    worker->follow = queue->follow;
    worker->settings = settings;
    worker->calls = calls;
    enum shakedown_status status = SHAKEDOWN_USAGE;
    if (queue_open(&worker->queue, queue->url, queue->pass, &(struct redis_calls){answered, told, go_on, worker},
                   &complaint)) {
        status = scan(worker, complaint.text);
        take_leave(worker);
        const char *trouble = redis_trouble(worker->queue.redis);
        if (trouble != NULL) {
            complain(&complaint, "%s", trouble);
            status = shakedown_worse(status, SHAKEDOWN_USAGE);
        }
    } else if (complaint.text[0] == '\0') {
        status = SHAKEDOWN_INCOMPLETE;
    }
    memcpy(error, complaint.text, sizeof complaint.text);
    release(worker);
    return status;
}
