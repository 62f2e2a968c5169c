// SPDX-License-Identifier: Apache-2.0
//
// One handshake as a careful client would make it: a scan of one target with one check.
#include <stddef.h>

#include "shakedown.h"

// One target instead of the caller's own.
struct single {
    const char *target; // NULL: it was taken
    const struct shakedown_calls *calls;
};

static const char *next_single(void *context)
{
    struct single *single = context;
    const char *target = single->target;
    single->target = NULL;
    return target;
}

static void reject_single(void *context, const char *target, const char *sentence)
{
    const struct single *single = context;
    single->calls->reject(single->calls->context, target, sentence);
}

static void report_single(void *context, const char *json)
{
    const struct single *single = context;
    single->calls->report(single->calls->context, json);
}

static void warn_single(void *context, const char *sentence)
{
    const struct single *single = context;
    single->calls->warn(single->calls->context, sentence);
}

static void summarize_single(void *context, const char *json)
{
    const struct single *single = context;
    single->calls->summary(single->calls->context, json);
}

enum shakedown_status shakedown_connect(const char *target, const struct shakedown_settings *settings,
                                        const struct shakedown_calls *calls, char *error)
{
    struct single single = {target, calls};
    const struct shakedown_calls wrapped = {
        .next = next_single,
        .reject = reject_single,
        .report = calls->report == NULL ? NULL : report_single,
        .warn = calls->warn == NULL ? NULL : warn_single,
        .context = &single,
        .views = calls->views,
        .view_count = calls->view_count,
        .summary = calls->summary == NULL ? NULL : summarize_single,
    };
    struct shakedown_settings narrowed = *settings;
    narrowed.only = "connect";
    narrowed.skip = narrowed.sweep = narrowed.shard = narrowed.journal = NULL;
    narrowed.progress = NULL;
    if (!shakedown_target_valid(target, error)) { // a list of addresses or ports is not one
        calls->reject(calls->context, target, error);
        error[0] = '\0';
        return SHAKEDOWN_USAGE;
    }
    return shakedown_scan(&narrowed, &wrapped, error);
}
