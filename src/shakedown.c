// SPDX-License-Identifier: Apache-2.0
//
// The library's front door: settings become a scan, by this process or by several (workers.c), and what went wrong
// becomes one status. How finished targets become reports is in reporting.c. A transcript is the other way in: what it
// replays takes the same road out.
#include "shakedown.h"

#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/descriptors.h"
#include "run/lookup.h"
#include "run/resolv_conf.h"
#include "run/target.h"
#include "session.h"
#include "settings.h"

#define FEWEST_DESCRIPTORS 24 // the resolver and the event loop have most of them

#define OR(value, otherwise) ((value) != 0 ? (value) : (otherwise))

_Static_assert(EXIT_INTERNAL == SHAKEDOWN_INTERNAL, "one status for what is our fault");

// --- settings --------------------------------------------------------------------------------------

// Without the limit on descriptors in mind, what was asked for could not be done anyway.
static unsigned affordable_parallel(unsigned parallel, unsigned connections)
{
    unsigned descriptors = descriptors_raise();
    unsigned most = descriptors > 64 + connections ? (descriptors - 64) / connections : 1;
    return parallel < most ? parallel : most;
}

static void fill_scan(struct session *session, struct scan_settings *scan)
{
    const struct shakedown_settings *settings = session->settings;
    scan->selected = session->run.selected;
    scan->now = session->run.now;
    memcpy(scan->seed, session->run.seed, sizeof scan->seed);
    scan->keep_bytes = settings->evidence || settings->transcript != NULL;
    scan->connections = OR(settings->connections, 6);
    scan->parallel = affordable_parallel(OR(settings->parallel, 100), scan->connections);
    scan->tries = OR(settings->tries, 2);
    scan->rate = settings->rate;
    scan->per_network = settings->per_prefix;
    scan->connect_ms = scan->silence_ms = OR(settings->timeout_ms, 5000);
    scan->lookup_ms = scan->connect_ms;
    scan->fetch = settings->fetch;
    scan->fetch_private = settings->fetch_private;
    scan->deadline_ms = OR(settings->deadline_ms, 300000);
    scan->use_ipv4 = !settings->ipv6_only;
    scan->use_ipv6 = !settings->ipv4_only;
    scan->one_name = settings->server_name != NULL || settings->no_server_name;
}

static bool fill_run(struct session *session)
{
    const struct shakedown_settings *settings = session->settings;
    struct transcript_run *run = &session->run;
    if (getrandom(run->seed, sizeof run->seed, 0) != sizeof run->seed)
        return complain(&session->results.complaint, "the system gives no random numbers");
    session->wall_start = (int64_t)time(NULL);
    session->steady_start = net_now();
    run->now = settings->has_now ? settings->now : session->wall_start;
    run->ca_file = settings->ca_file;
    run->ca_path = settings->ca_path;
    run->weak_keys = settings->weak_keys;
    run->compromised_keys = settings->compromised_keys;
    run->ct_logs = settings->ct_logs;
    return true;
}

// --- trust stores ----------------------------------------------------------------------------------

static bool same(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

static const char *keep(struct session *session, const char *text)
{
    return text == NULL ? NULL : arena_text(&session->memory, "%s", text);
}

static const struct trust_store *open_store(struct session *session, const char *ca_file, const char *ca_path)
{
    for (struct opened *opened = session->stores; opened != NULL; opened = opened->next)
        if (same(opened->ca_file, ca_file) && same(opened->ca_path, ca_path))
            return opened->store;
    struct trust_store *store = trust_open(ca_file, ca_path, &session->results.complaint);
    if (store == NULL)
        return NULL;
    struct opened *opened = arena_alloc(&session->memory, sizeof *opened);
    *opened = (struct opened){keep(session, ca_file), keep(session, ca_path), store, session->stores};
    session->stores = opened;
    return store;
}

// --- lists of bad keys -----------------------------------------------------------------------------

static struct key_lists open_lists(struct session *session, const char *weak, const char *compromised)
{
    return (struct key_lists){
        key_pool_open(&session->keys, weak, KEY_LIST_WEAK, &session->results.complaint),
        key_pool_open(&session->keys, compromised, KEY_LIST_COMPROMISED, &session->results.complaint),
    };
}

// --- scanning --------------------------------------------------------------------------------------

struct job *job_new(void)
{
    struct arena memory = {0};
    struct job *job = arena_alloc(&memory, sizeof *job);
    job->memory = memory;
    return job;
}

void job_free(struct job *job)
{
    struct arena memory = job->memory;
    arena_release(&memory);
}

void session_put_back(struct session *session, struct job *job)
{
    struct job **link = &session->pulled;
    while (*link != NULL)
        link = &(*link)->next;
    job->next = NULL;
    *link = job;
}

enum source_answer session_pull(struct session *session, struct job **out)
{
    struct job *job = session->pulled;
    enum source_answer answer = SOURCE_TARGET;
    if (job != NULL) {
        session->pulled = job->next;
    } else {
        job = job_new();
        answer = source_next(&session->source, &job->memory, &job->target);
        if (answer == SOURCE_TARGET)
            settings_apply_offer(session->settings, &job->target);
    }
    *out = answer == SOURCE_TARGET ? job : NULL;
    if (answer != SOURCE_TARGET)
        job_free(job);
    return answer;
}

static bool next_target(void *context, struct target **target)
{
    struct job *job;
    enum source_answer answer = session_pull(context, &job);
    *target = job == NULL ? NULL : &job->target;
    return answer != SOURCE_END;
}

static void finish_target(void *context, const struct finished *finished)
{
    reporting_finished(context, finished);
    job_free((struct job *)((char *)finished->target - offsetof(struct job, target)));
}

static void show_progress(void *context, const struct scan_counts *counts, bool asked)
{
    reporting_progress(context, counts, asked, false);
}

static bool open_identity(struct session *session, struct scan_settings *scan)
{
    const struct shakedown_settings *settings = session->settings;
    if (settings->cert == NULL && settings->key == NULL && settings->key_pass == NULL)
        return true;
    if (settings->cert == NULL)
        return complain(&session->results.complaint, "a key and its passphrase are of no use without a certificate");
    session->identity = identity_open(settings->cert, settings->key, settings->key_pass, &session->results.complaint);
    if (session->identity == NULL)
        return false;
    scan->identity = session->identity;
    session->run.client_certificate = identity_fingerprint(session->identity);
    return true;
}

static bool understand(struct session *session, struct scan_settings *scan)
{
    const struct shakedown_settings *settings = session->settings;
    struct complaint *complaint = &session->results.complaint;
    const char *server_name;
    if (!settings_checks(settings, &session->run.selected, complaint) ||
        !settings_server_name(settings, &session->memory, &server_name, complaint) ||
        !settings_offer(settings, complaint) ||
        !settings_address(settings, &session->memory, &scan->address, complaint) ||
        !settings_resolver(settings, &session->memory, &session->resolver, complaint) || !fill_run(session))
        return false;
    if (settings_want_dns(session->run.selected) && !settings->system_resolver)
        session->run.resolver =
            session->resolver != NULL ? session->resolver : resolv_conf_servers(&session->memory, RESOLV_CONF);
    if (settings->trust_anchor != NULL && !lookups_anchor_good(settings->trust_anchor, complaint))
        return false;
    if (descriptors_raise() < FEWEST_DESCRIPTORS)
        return complain(complaint, "the system lets this process have fewer than %d files open", FEWEST_DESCRIPTORS);
    fill_scan(session, scan);
    return source_open(&session->source, &session->results, server_name);
}

static bool open_trust(struct session *session, struct scan_settings *scan)
{
    if (!settings_want_trust(scan->selected))
        return true;
    scan->store = open_store(session, session->settings->ca_file, session->settings->ca_path);
    scan->key_lists = open_lists(session, session->settings->weak_keys, session->settings->compromised_keys);
    scan->ct_logs = ct_pool_open(&session->logs, session->settings->ct_logs, &session->results.complaint);
    return session->results.complaint.text[0] == '\0';
}

// In this process.
static void scan_alone(struct session *session, const struct scan_settings *settings, const struct net_settings *net)
{
    bool interrupted = false;
    struct scan *scan =
        scan_new(settings, (struct target_source){next_target, session}, (struct finish_sink){finish_target, session});
    net_run(scan, net, &interrupted, &session->results.complaint);
    struct scan_counts counts = scan_counts(scan);
    if (net->progress != NULL)
        reporting_progress(session, &counts, false, true);
    scan_free(scan);
    session->results.interrupted = session->results.interrupted || interrupted;
}

static void run_scan(struct session *session)
{
    struct scan_settings settings = {0};
    if (!results_open(&session->results, session->settings, session->calls) || !understand(session, &settings) ||
        !open_identity(session, &settings) || !open_trust(session, &settings) ||
        !results_open_transcript(&session->results))
        return;
    struct net_settings net = {
        .resolver = {.system = session->settings->system_resolver,
                     .dns = {.limit_ms = settings.connect_ms * settings.tries,
                             .forward = session->resolver,
                             .anchor = session->settings->trust_anchor}},
        .progress = session->settings->progress == NULL ? NULL : show_progress,
        .context = session,
    };
    if (!workers_scan(session, &settings, &net))
        scan_alone(session, &settings, &net);
}

static enum shakedown_status end(struct session *session, char *error)
{
    struct results *results = &session->results;
    reporting_end(session, true);
    bool none = results->tally.reports == 0 && results->rejected == 0 && results->elsewhere == 0;
    if (none && !results->interrupted && !session->settings->queued)
        complain(&results->complaint, "there is no target to scan");
    for (struct opened *opened = session->stores; opened != NULL; opened = opened->next)
        trust_close(opened->store);
    source_close(&session->source);
    identity_close(session->identity);
    key_pool_close(&session->keys);
    ct_pool_close(&session->logs);
    enum shakedown_status status = results_end(results, error);
    arena_release(&session->memory);
    return status;
}

enum shakedown_status shakedown_scan(const struct shakedown_settings *settings, const struct shakedown_calls *calls,
                                     char *error)
{
    struct session session = {.settings = settings, .calls = calls};
    run_scan(&session);
    return end(&session, error);
}

// --- replaying -------------------------------------------------------------------------------------

static const struct trust_store *replay_store(void *context, const char *ca_file, const char *ca_path)
{
    struct session *session = context;
    const struct shakedown_settings *settings = session->settings;
    if (settings->ca_file != NULL || settings->ca_path != NULL)
        return open_store(session, settings->ca_file, settings->ca_path);
    return open_store(session, ca_file, ca_path);
}

static struct key_lists replay_lists(void *context, const struct transcript_run *run)
{
    struct session *session = context;
    const struct shakedown_settings *settings = session->settings;
    if (settings->weak_keys != NULL || settings->compromised_keys != NULL)
        return open_lists(session, settings->weak_keys, settings->compromised_keys);
    return open_lists(session, run->weak_keys, run->compromised_keys);
}

static const struct ct_logs *replay_logs(void *context, const struct transcript_run *run)
{
    struct session *session = context;
    const char *given = session->settings->ct_logs;
    return ct_pool_open(&session->logs, given != NULL ? given : run->ct_logs, &session->results.complaint);
}

static void replay_target(void *context, const struct transcript_run *run, const struct finished *finished)
{
    reporting_replayed(context, run, finished);
}

enum shakedown_status shakedown_replay(const char *transcript, const struct shakedown_settings *settings,
                                       const struct shakedown_calls *calls, char *error)
{
    struct session session = {.settings = settings, .calls = calls};
    struct complaint *complaint = &session.results.complaint;
    FILE *file = fopen(transcript, "r");
    if (file == NULL)
        complain(complaint, "cannot read '%s': %m", transcript);
    if (file == NULL || !results_open(&session.results, settings, calls)) {
        if (file != NULL)
            fclose(file);
        return end(&session, error);
    }
    struct transcript_reader reader = {replay_store, replay_target, &session, replay_lists, replay_logs};
    transcript_read(file, transcript, &reader, complaint);
    fclose(file);
    if (session.results.tally.reports == 0)
        complain(complaint, "'%s' holds no finished target", transcript);
    return end(&session, error);
}
