// SPDX-License-Identifier: Apache-2.0
//
// One judge for a run: what it judges by is read once, and each report is judged in memory of its own.
#include "report/judge.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "report/baseline.h"
#include "report/compare.h"
#include "report/diff.h"
#include "report/finding.h"
#include "report/grade.h"
#include "report/judge_tree.h"
#include "report/policy.h"
#include "report/report_tree.h"
#include "report/tree.h"
#include "report/waiver.h"

#define MOST_STATES 64 // of a target that are looked at for a change

const char *const judge_keys[] = {"findings", "unjudged", "policy", "waivers", "grade", "thresholds", "changes", NULL};

struct judge {
    struct judge_settings settings;
    struct arena memory;
    struct findings findings;
    const struct policy *policy; // NULL: none was asked for
    const struct caps *caps;
    struct waivers *waivers;   // NULL: no file was given
    struct baseline *baseline; // NULL: no file was given
    json_t *texts;             // what the rules point into
};

void judge_close(struct judge *judge)
{
    if (judge == NULL)
        return;
    baseline_close(judge->baseline);
    json_decref(judge->texts);
    arena_release(&judge->memory);
    free(judge);
}

struct judge *judge_open(const struct judge_settings *settings, struct complaint *complaint)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        die("out of memory");
    judge->settings = *settings;
    judge->texts = tree_list();
    findings_load(&judge->memory, &judge->findings, judge->texts);
    judge->caps = caps_load(&judge->memory, judge->texts);
    if (settings->policy != NULL)
        judge->policy = policy_load(&judge->memory, settings->policy, judge->texts, complaint);
    struct waivable waivable = {&judge->findings, judge->policy};
    if (settings->waivers != NULL && complaint->text[0] == '\0')
        judge->waivers = waivers_load(&judge->memory, settings->waivers, &waivable, judge->texts, complaint);
    struct baseline_choice choice = {settings->before, settings->has_since ? &judge->settings.since : NULL};
    if (complaint->text[0] == '\0' && compare_words(settings->ignore, complaint) && settings->baseline != NULL)
        judge->baseline = baseline_open(settings->baseline, choice, complaint);
    if (complaint->text[0] == '\0')
        return judge;
    judge_close(judge);
    return NULL;
}

// The report's own time, unless another one was asked for: judged again it says the same.
static int64_t time_of(const struct judge *judge, int64_t present, const json_t *report)
{
    const char *text = json_string_value(json_object_get(report, "now"));
    int64_t now = present;
    if (judge->settings.has_now)
        now = judge->settings.now;
    else if (text != NULL)
        text_to_time(text, &now);
    return now;
}

static enum severity worst_of(const json_t *report)
{
    enum severity worst = SEVERITY_NONE;
    const json_t *list = json_object_get(report, "findings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        enum severity severity = SEVERITY_NONE;
        bool waived = json_is_object(json_object_get(row, "waived"));
        if (!waived && severity_find(member_text(row, "severity"), &severity) && severity > worst)
            worst = severity;
    }
    return worst;
}

// Waivers have had their say by now.
static void settle_policy(json_t *policy, struct arena *scratch, struct judgement *out)
{
    enum ruling_verdict verdict = policy_verdict(policy);
    tree_set(policy, "verdict", tree_text(scratch, ruling_name(verdict)));
    out->failed = out->failed || verdict == RULING_FAIL;
    out->incomplete = out->incomplete || verdict == RULING_INCOMPLETE;
}

// Whoever had a connection made wants to know whether a client would have kept it.
static void settle_connections(const json_t *report, struct judgement *out)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        const json_t *connection = json_object_get(json_array_get(endpoints, i), "connection");
        if (!json_is_object(connection))
            continue;
        bool unusable = member_is(connection, "verdict", "no");
        out->failed = out->failed || unusable;
        out->incomplete = out->incomplete || (!unusable && !member_is(connection, "verdict", "yes"));
    }
}

static void judge_facts(const struct judge *judge, const struct scene *scene, json_t *report)
{
    for (size_t i = 0; judge_keys[i] != NULL; i++)
        json_object_del(report, judge_keys[i]); // set anew they stand at the end, in one order
    findings_judge(&judge->findings, report, scene);
    tree_set(report, "policy",
             judge->policy == NULL ? tree_text(scene->scratch, NULL) : policy_judge(judge->policy, report, scene));
    waivers_apply(judge->waivers, report, scene);
    tree_set(report, "grade", grade_judge(judge->caps, report, scene));
}

// The earlier report is judged like the new one, so that what has changed is the server and not the judge.
static json_t *compare_with(const struct judge *judge, json_t *was, int64_t present, const struct scene *scene,
                            struct compared *compared)
{
    if (was != NULL) {
        struct scene before = {.report = was, .now = time_of(judge, present, was), .scratch = scene->scratch};
        judge_facts(judge, &before, was);
    }
    json_t *changes = compare_reports(was, scene->report, scene, judge->settings.ignore, compared);
    json_decref(was);
    return changes;
}

// States of a store may differ in what nobody calls a change; then the one before is looked at.
static json_t *changes_of(const struct judge *judge, int64_t present, const struct scene *scene,
                          struct judgement *judgement)
{
    struct compared compared;
    json_t *changes = compare_with(judge, baseline_find(judge->baseline, scene->report, 0), present, scene, &compared);
    bool more = judge->settings.before && !judge->settings.has_since;
    for (unsigned back = 1; more && !compared.changed && back < MOST_STATES; back++) {
        json_t *was = baseline_find(judge->baseline, scene->report, back);
        if (was == NULL)
            break;
        json_decref(changes);
        changes = compare_with(judge, was, present, scene, &compared);
    }
    judgement->changed = compared.changed;
    judgement->worse = compared.worse;
    return changes;
}

void judge_tree(const struct judge *judge, int64_t present, json_t *report, struct judgement *out)
{
    struct arena scratch = {0};
    struct scene scene = {.report = report, .now = time_of(judge, present, report), .scratch = &scratch};
    judge_facts(judge, &scene, report);
    *out = (struct judgement){.worst = worst_of(report)};
    tree_set(report, "thresholds", thresholds_judge(&judge->settings, &scene, out));
    settle_connections(report, out);
    if (judge->policy != NULL)
        settle_policy(json_object_get(report, "policy"), &scratch, out);
    tree_set(report, "changes",
             judge->baseline == NULL ? tree_text(&scratch, NULL) : changes_of(judge, present, &scene, out));
    arena_release(&scratch);
}

void judge_report(const struct judge *judge, int64_t present, struct report *report, struct judgement *out)
{
    judge_tree(judge, present, report->tree, out);
    report->judged = true;
}

char *judge_left(const struct judge *judge)
{
    struct arena scratch = {0};
    json_t *was = baseline_left(judge->baseline);
    if (was == NULL)
        return NULL;
    json_t *vanished = compare_vanished(was, &scratch);
    char *text = tree_dump(vanished, false);
    json_decref(vanished);
    json_decref(was);
    arena_release(&scratch);
    return text;
}

const char *judge_trouble(const struct judge *judge)
{
    const struct complaint *trouble = judge->baseline == NULL ? NULL : baseline_trouble(judge->baseline);
    return trouble == NULL || trouble->text[0] == '\0' ? NULL : trouble->text;
}

void judge_tell(const struct judge *judge, void (*tell)(void *context, const char *sentence), void *context)
{
    if (judge != NULL && judge->waivers != NULL && tell != NULL)
        waivers_tell(judge->waivers, tell, context);
}
