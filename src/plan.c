// SPDX-License-Identifier: Apache-2.0
//
// What the library tells without a network: which questions a scan would begin with, what it knows
// of checks and code points, and how a report looks on a terminal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/host.h"
#include "report/archive.h"
#include "report/diff.h"
#include "report/explain.h"
#include "report/format.h"
#include "report/report.h"
#include "run/target.h"
#include "settings.h"
#include "shakedown.h"
#include "wire/lint.h"
#include "wire/registry.h"

// A stream that ends as a malloc'd text.
struct memo {
    FILE *file;
    char *text;
    size_t size;
};

static void memo_open(struct memo *memo)
{
    memo->file = open_memstream(&memo->text, &memo->size);
    if (memo->file == NULL)
        die("out of memory");
}

static char *memo_close(struct memo *memo)
{
    if (fclose(memo->file) != 0)
        die("out of memory");
    return memo->text;
}

static void print_probes(FILE *file, struct arena *scratch, const struct ledger *ledger)
{
    unsigned number = 0;
    for (const struct answer *answer = ledger->first; answer != NULL; answer = answer->next) {
        struct probe probe;
        answer_decode(answer, scratch, &probe);
        fprintf(file, "%4u  %s\n", ++number, probe_sentence(scratch, &probe));
    }
}

static void print_plan(FILE *file, struct arena *arena, const struct target *target, int64_t now, uint64_t selected)
{
    struct arena scratch = {0};
    struct host *host = arena_alloc(arena, sizeof *host);
    host_begin(host, target, NULL, now, selected);
    host_step(host, &scratch, NULL);
    fprintf(file, "%s, port %u, %s%s\n\n", target->display, target->port,
            target->sni == NULL ? "no server name" : "server name ", target->sni == NULL ? "" : target->sni);
    fprintf(file, "The first round sends to each address:\n\n");
    print_probes(file, &scratch, &host->ledger);
    fprintf(file, "\nThe answers decide what is asked next. Expected connections for each address, these included:\n"
                  "for each version that is enabled, one more than the suites it accepts; one for each version\n"
                  "that is not; and at most 10 for order, certificates and controls. A server with 6 suites of\n"
                  "TLS 1.2 and 3 of TLS 1.3 takes 7 + 4 + 4 + 10 = 25 or fewer.\n");
    host_release(host);
    arena_release(&scratch);
}

char *shakedown_plan(const char *target, const struct shakedown_settings *settings, char *error)
{
    struct arena arena = {0};
    struct complaint complaint = {0};
    struct target parsed;
    struct memo memo = {0};
    const char *name;
    uint64_t selected;
    if (settings_checks(settings, &selected, &complaint) && settings_server_name(settings, &arena, &name, &complaint) &&
        target_parse(&arena, target, &parsed, &complaint) && settings_want_target(settings, &parsed, &complaint)) {
        settings_apply_name(settings, name, &parsed);
        memo_open(&memo);
        print_plan(memo.file, &arena, &parsed, settings->has_now ? settings->now : (int64_t)time(NULL), selected);
        memo_close(&memo);
    }
    memcpy(error, complaint.text, sizeof complaint.text);
    arena_release(&arena);
    return memo.text;
}

bool shakedown_target_valid(const char *target, char *error)
{
    struct arena memory = {0};
    struct complaint complaint = {0};
    struct target parsed;
    bool valid = target_parse(&memory, target, &parsed, &complaint);
    memcpy(error, complaint.text, sizeof complaint.text);
    arena_release(&memory);
    return valid;
}

static void list_checks(FILE *file)
{
    for (size_t i = 0; i < check_count(); i++) {
        const struct check *check = check_at(i);
        fprintf(file, "%-14s %s%s [%s]\n", check->id, check->question,
                check->flags & CHECK_DEFAULT ? "" : " (on demand)", check->citations);
    }
}

static void list_suites(FILE *file)
{
    for (size_t i = 0; i < suite_count(); i++) {
        const struct suite *suite = suite_at(i);
        fprintf(file, "0x%04X  %-48s %s\n", (unsigned)suite->code, suite->name, suite->openssl_name);
    }
}

static void list_groups(FILE *file)
{
    for (size_t i = 0; i < group_count(); i++) {
        const struct group *group = group_at(i);
        fprintf(file, "0x%04X  %s%s\n", (unsigned)group->code, group->name,
                group->post_quantum ? " (post-quantum)" : "");
    }
}

static const char *list_days(struct arena *scratch, const struct lint_rule *rule)
{
    const char *from = lint_day_text(scratch, rule->from), *until = lint_day_text(scratch, rule->until);
    if (rule->from == 0)
        return "always";
    return until == NULL ? arena_text(scratch, "from %s", from) : arena_text(scratch, "%s to %s", from, until);
}

// Two spaces or more part the columns; no column has two.
static void list_lint(FILE *file)
{
    struct arena scratch = {0};
    for (size_t i = 0; i < lint_rule_count(); i++) {
        const struct lint_rule *rule = lint_rule_at(i);
        const char *source = arena_text(&scratch, "%s %s", rule->document, rule->section);
        fprintf(file, "%-32s  %-23s  %-24s  %-14s  %-24s  %s\n", rule->id, lint_kind_name(rule->kinds), source,
                arena_text(&scratch, "%s%s", rule->must ? "must" : "should", rule->public ? ", public" : ""),
                list_days(&scratch, rule), rule->sentence);
    }
    arena_release(&scratch);
}

char *shakedown_list(const char *what)
{
    static const struct {
        const char *name;
        void (*print)(FILE *file);
    } lists[] = {
        {"checks", list_checks},  {"suites", list_suites},         {"groups", list_groups},
        {"lint", list_lint},      {"findings", explain_findings},  {"policies", explain_policies},
        {"caps", explain_caps},   {"aspects", diff_print_aspects}, {"properties", explain_properties},
        {"formats", format_list},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(lists[i].name, what) != 0)
            continue;
        struct memo memo;
        memo_open(&memo);
        lists[i].print(memo.file);
        return memo_close(&memo);
    }
    return NULL;
}

char *shakedown_render_text(const char *json, const struct shakedown_text *options)
{
    struct text_options text = {options->width, options->color, options->verbose, options->quiet};
    struct complaint complaint = {0};
    char *shown = report_text(json, &text, &complaint);
    if (shown == NULL)
        shown = diff_text(json, &text, &complaint);
    return shown != NULL ? shown : history_text(json, &text, &complaint);
}
