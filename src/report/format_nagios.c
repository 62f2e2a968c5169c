// SPDX-License-Identifier: Apache-2.0
//
// The line that a plugin of Nagios, Icinga and their like prints: a state, a sentence, and numbers behind a
// bar; then a line for each address that is not well. Who asks for it on standard output gets the state as
// the command's exit status too.
//
//   CRITICAL  not reached, the policy failed, a finding of severity critical or high, or a certificate with
//             less than 7 days
//   WARNING   a finding of medium severity, or a certificate with less than 21 days
//   UNKNOWN   nothing of that, but facts are missing: an address that is partial, a policy that is incomplete
//
// In this order the worst one counts. A bar parts the numbers from the text, and a few characters are
// special to what shows it: in the text a '?' stands for them.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/rendering.h"
#include "report/view.h"

#define DAY           86400
#define WARNING_DAYS  21
#define CRITICAL_DAYS 7
#define LINES         100 // of addresses that are not well; more are counted

enum state { OK, WARNING, CRITICAL, UNKNOWN }; // the numbers are the plugins' own

struct nagios {
    struct spool lines;
    enum state state;
    const char *text; // of the address that made it so
    size_t endpoints, bad, counts[SEVERITY_CRITICAL + 1];
    bool has_days, has_time;
    int64_t days, time_ms;
};

static enum state worse(enum state a, enum state b)
{
    static const int rank[] = {[OK] = 0, [UNKNOWN] = 1, [WARNING] = 2, [CRITICAL] = 3};
    return rank[b] > rank[a] ? b : a;
}

static const char *state_name(enum state state)
{
    static const char *const names[] = {
        [OK] = "OK", [WARNING] = "WARNING", [CRITICAL] = "CRITICAL", [UNKNOWN] = "UNKNOWN"};
    return names[state];
}

static const char *plain(struct rendering *rendering, const char *text)
{
    char *copy = arena_text(&rendering->scratch, "%.200s", text);
    for (char *c = copy; *c != '\0'; c++)
        if (strchr("|<>`$&~\"'", *c) != NULL || *c < ' ' || *c > '~')
            *c = '?';
    return copy;
}

// --- what is wrong with an address -----------------------------------------------------------------

// A sentence that grows by what is wrong, and the state that goes with it.
struct health {
    struct builder text;
    enum state state;
};

static void note(struct health *health, enum state state, const char *text)
{
    if (health->text.size != 0)
        view_append(&health->text, ", ");
    view_append(&health->text, text);
    health->state = worse(health->state, state);
}

static void note_findings(struct rendering *rendering, struct health *health, const struct rendering_counts *counts)
{
    struct nagios *nagios = rendering->state;
    for (enum severity severity = SEVERITY_CRITICAL; severity > SEVERITY_NONE; severity--) {
        nagios->counts[severity] += counts->of[severity];
        enum state state = severity >= SEVERITY_HIGH ? CRITICAL : severity == SEVERITY_MEDIUM ? WARNING : OK;
        if (counts->of[severity] != 0 && severity >= SEVERITY_LOW)
            note(health, state,
                 arena_text(&rendering->scratch, "%u %s", counts->of[severity], severity_name(severity)));
    }
}

// By the time of the report: it is about then.
static void note_certificate(struct rendering *rendering, struct health *health, const json_t *report,
                             const json_t *endpoint)
{
    struct nagios *nagios = rendering->state;
    const char *end = json_string_value(json_object_get(rendering_leaf(endpoint), "not_after"));
    const char *present = json_string_value(json_object_get(report, "now"));
    int64_t not_after, now;
    if (end == NULL || present == NULL || !text_to_time(end, &not_after) || !text_to_time(present, &now))
        return;
    int64_t left = not_after - now, days = left / DAY - (left % DAY < 0);
    if (!nagios->has_days || days < nagios->days)
        nagios->days = days;
    nagios->has_days = true;
    enum state state = days < CRITICAL_DAYS ? CRITICAL : days < WARNING_DAYS ? WARNING : OK;
    if (days < 0)
        note(health, state, arena_text(&rendering->scratch, "certificate ended %" PRId64 " days ago", -days));
    else
        note(health, state, arena_text(&rendering->scratch, "certificate ends in %" PRId64 " days", days));
}

static void note_status(struct rendering *rendering, struct health *health, const json_t *report,
                        const json_t *endpoint)
{
    const char *status = rendering_text(rendering, endpoint, "status"),
               *reason = rendering_text(rendering, endpoint, "reason");
    if (endpoint == NULL)
        reason = rendering_text(rendering, report, "trouble");
    if (json_is_true(json_object_get(report, "interrupted")))
        note(health, UNKNOWN, "the scan was interrupted");
    if (view_is(endpoint, "status", "partial"))
        note(health, UNKNOWN, "some facts are unknown");
    else if (!rendering_is_reached(endpoint))
        note(health, CRITICAL, plain(rendering, reason != NULL ? reason : status != NULL ? status : "not reached"));
}

static void note_policy(struct rendering *rendering, struct health *health, const json_t *report)
{
    const json_t *policy = json_object_get(report, "policy");
    const char *name = rendering_text(rendering, policy, "name"), *state = rendering_text(rendering, policy, "verdict");
    if (name == NULL || state == NULL)
        return;
    bool failed = view_is(policy, "verdict", "fail"), passed = view_is(policy, "verdict", "pass");
    note(health,
         failed   ? CRITICAL
         : passed ? OK
                  : UNKNOWN,
         arena_text(&rendering->scratch, "policy %s %s", plain(rendering, name), plain(rendering, state)));
}

// --- reports ---------------------------------------------------------------------------------------

static void take(struct rendering *rendering, const json_t *report, const json_t *endpoint, bool first)
{
    struct nagios *nagios = rendering->state;
    struct health health = {builder_in(&rendering->scratch), OK};
    const struct rendering_counts counts = rendering_count(report, endpoint, first);
    note_status(rendering, &health, report, endpoint);
    note_findings(rendering, &health, &counts);
    note_certificate(rendering, &health, report, endpoint);
    if (first)
        note_policy(rendering, &health, report);
    const char *words = arena_string(&rendering->scratch, builder_bytes(&health.text));
    const char *text =
        arena_text(&rendering->scratch, "%s%s%s", plain(rendering, rendering_endpoint(rendering, report, endpoint)),
                   words[0] == '\0' ? "" : " ", words);
    bool worst = worse(nagios->state, health.state) != nagios->state;
    if (nagios->endpoints++ == 0 || worst)
        nagios->text = arena_text(&rendering->memory, "%s", text);
    nagios->state = worse(nagios->state, health.state);
    if (health.state == OK || nagios->bad++ >= LINES)
        return;
    rendering_divert(rendering, &nagios->lines);
    rendering_print(rendering, "%s: %s\n", state_name(health.state), text);
    rendering_divert(rendering, NULL);
}

static void add(struct rendering *rendering, struct report *report)
{
    struct nagios *nagios = rendering->state;
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    const json_t *duration = json_object_get(report->tree, "duration_ms");
    for (size_t i = 0; i < view_count(endpoints); i++)
        take(rendering, report->tree, json_array_get(endpoints, i), i == 0);
    if (view_count(endpoints) == 0)
        take(rendering, report->tree, NULL, true);
    if (json_is_integer(duration) && json_integer_value(duration) > nagios->time_ms)
        nagios->time_ms = json_integer_value(duration);
    nagios->has_time = nagios->has_time || json_is_integer(duration);
    rendering->plugin_status = (int)nagios->state;
}

// "'label'=value[unit];warning;critical;minimum": a range "21:" is left by what is below 21.
static void put_numbers(struct rendering *rendering)
{
    const struct nagios *nagios = rendering->state;
    rendering_put(rendering, " |");
    if (nagios->has_days)
        rendering_print(rendering, " 'days'=%" PRId64 ";%d:;%d:", nagios->days, WARNING_DAYS, CRITICAL_DAYS);
    rendering_print(rendering, " 'critical'=%zu;;0;0 'high'=%zu;;0;0 'medium'=%zu;0;;0 'low'=%zu;;;0",
                    nagios->counts[SEVERITY_CRITICAL], nagios->counts[SEVERITY_HIGH], nagios->counts[SEVERITY_MEDIUM],
                    nagios->counts[SEVERITY_LOW]);
    rendering_print(rendering, " 'addresses'=%zu;;;0 'bad'=%zu;;;0", nagios->endpoints, nagios->bad);
    if (nagios->has_time)
        rendering_print(rendering, " 'time'=%" PRId64 ".%03" PRId64 "s;;;0", nagios->time_ms / 1000,
                        nagios->time_ms % 1000);
    rendering_put(rendering, "\n");
}

static void end(struct rendering *rendering)
{
    struct nagios *nagios = rendering->state;
    rendering_print(rendering, "SHAKEDOWN %s - ", state_name(nagios->state));
    if (nagios->endpoints > 1 && nagios->bad == 0)
        rendering_print(rendering, "all %zu addresses are well: ", nagios->endpoints);
    else if (nagios->endpoints > 1)
        rendering_print(rendering, "%zu of %zu addresses are not well: ", nagios->bad, nagios->endpoints);
    rendering_put(rendering, nagios->text);
    put_numbers(rendering);
    if (nagios->endpoints > 1)
        rendering_recall(rendering, &nagios->lines);
    else
        spool_close(&nagios->lines);
    if (nagios->endpoints > 1 && nagios->bad > LINES)
        rendering_print(rendering, "and %zu more\n", nagios->bad - LINES);
}

const struct format_view format_nagios = {sizeof(struct nagios), NULL, add, end};
