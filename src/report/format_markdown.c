// SPDX-License-Identifier: Apache-2.0
//
// Markdown (GitHub's flavour), for the summary of a job or a ticket: a table with a row for each address, and
// under it, folded, what was found at each. Text from a stranger stands in code spans, where nothing is
// markup, a link or a mention.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/rendering.h"
#include "report/view.h"

#define DETAILS 500 // addresses whose findings are listed: a summary may not be longer than a megabyte

struct markdown {
    struct spool details;
    size_t detailed, left_out;
};

// In a cell a bar parts columns, even in code; there is no escape for a backtick.
static void put_code(struct rendering *rendering, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    rendering_put(rendering, "`");
    for (size_t size; *text != '\0'; text += size) {
        size = strcspn(text, "`|");
        rendering_put_octets(rendering, text, size);
        if (text[size] != '\0')
            rendering_put(rendering, text[size++] == '`' ? "'" : "\\|");
    }
    rendering_put(rendering, "`");
}

static void put_character(struct rendering *rendering, const char *text)
{
    if (*text == '<' || *text == '>' || *text == '&')
        rendering_put(rendering, *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "&amp;");
    else
        rendering_put_octets(rendering, text, 1);
}

// Words of our own, but from a file that may be anybody's: whatever could be markup is escaped, and what begins
// a link of itself ("http:", "www.").
static void put_words(struct rendering *rendering, const char *text)
{
    for (char before = '\0'; text != NULL && *text != '\0'; before = *text++) {
        if (strchr("\\`*_[]|~:@$#", *text) != NULL || (*text == '.' && (before == 'w' || before == 'W')))
            rendering_put(rendering, "\\");
        put_character(rendering, text);
    }
}

// In HTML, where no Markdown is read.
static void put_html(struct rendering *rendering, const char *text)
{
    for (; *text != '\0'; text++)
        put_character(rendering, text);
}

static void put_count(struct rendering *rendering, unsigned count, bool known)
{
    if (known)
        rendering_print(rendering, " %u |", count);
    else
        rendering_put(rendering, " |");
}

static void put_row(struct rendering *rendering, const json_t *report, const json_t *endpoint, bool first)
{
    const struct rendering_counts counts = rendering_count(report, endpoint, first);
    const char *status = rendering_text(rendering, endpoint, "status");
    const char *end = rendering_text(rendering, rendering_leaf(endpoint), "not_after");
    bool known = rendering_is_reached(endpoint);
    rendering_put(rendering, "| ");
    put_code(rendering, rendering_endpoint(rendering, report, endpoint));
    rendering_put(rendering, " | ");
    put_words(rendering, endpoint == NULL ? "unresolved" : status == NULL ? "?" : status);
    rendering_put(rendering, " | ");
    if (first)
        put_words(rendering, rendering_text(rendering, json_object_get(report, "policy"), "verdict"));
    rendering_put(rendering, " |");
    for (enum severity severity = SEVERITY_CRITICAL; severity >= SEVERITY_LOW; severity--)
        put_count(rendering, counts.of[severity], known);
    rendering_put(rendering, " ");
    put_words(rendering, end == NULL ? "" : arena_text(&rendering->scratch, "%.10s", end));
    rendering_put(rendering, " |\n");
}

// --- what was found --------------------------------------------------------------------------------

static void put_finding(struct rendering *rendering, const json_t *finding)
{
    const char *waived = rendering_text(rendering, json_object_get(finding, "waived"), "reason");
    rendering_put(rendering, "| ");
    put_words(rendering, rendering_text(rendering, finding, "severity"));
    rendering_put(rendering, " | ");
    put_words(rendering, rendering_text(rendering, finding, "title"));
    rendering_put(rendering, " | ");
    put_code(rendering, rendering_text(rendering, finding, "detail"));
    rendering_put(rendering, " | ");
    if (rendering_is_waived(finding)) {
        rendering_put(rendering, "waived: ");
        put_words(rendering, waived);
    } else {
        put_words(rendering, rendering_text(rendering, finding, "advice"));
    }
    rendering_put(rendering, " |\n");
}

static void put_rule(struct rendering *rendering, const json_t *rule)
{
    rendering_put(rendering, "| ");
    put_words(rendering, rendering_text(rendering, rule, "verdict"));
    rendering_put(rendering, " | ");
    put_words(rendering, rendering_text(rendering, rule, "level"));
    rendering_put(rendering, " | ");
    put_words(rendering, rendering_text(rendering, rule, "sentence"));
    rendering_put(rendering, rendering_is_waived(rule) ? " (waived)" : "");
    rendering_put(rendering, " | ");
    put_code(rendering, rendering_text(rendering, rule, "detail"));
    rendering_put(rendering, " | ");
    put_words(rendering, rendering_citation(rendering, rule));
    rendering_put(rendering, " |\n");
}

static void put_unjudged(struct rendering *rendering, const json_t *row)
{
    rendering_put(rendering, "- not judged: ");
    put_code(rendering, rendering_joined(rendering, json_object_get(row, "ids"), ", "));
    rendering_put(rendering, " ");
    put_code(rendering, rendering_text(rendering, row, "reason"));
    rendering_put(rendering, "\n");
}

static bool has_more(const json_t *report, const json_t *endpoint, bool first)
{
    static const char *const lists[] = {"findings", "unjudged"};
    const json_t *rules = json_object_get(json_object_get(report, "policy"), "rules");
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *list = json_object_get(report, lists[k]);
        for (size_t i = 0; i < view_count(list); i++)
            if (rendering_belongs(json_array_get(list, i), endpoint, first))
                return true;
    }
    for (size_t i = 0; i < view_count(rules); i++)
        if (rendering_is_open(json_array_get(rules, i)) && rendering_belongs(json_array_get(rules, i), endpoint, first))
            return true;
    return endpoint == NULL;
}

// A table, if there is a row for it.
static void put_table(struct rendering *rendering, const char *head, const json_t *list, const json_t *endpoint,
                      bool first, bool (*wanted)(const json_t *row),
                      void (*put)(struct rendering *rendering, const json_t *row))
{
    bool begun = false;
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!rendering_belongs(row, endpoint, first) || (wanted != NULL && !wanted(row)))
            continue;
        if (!begun)
            rendering_put(rendering, head);
        begun = true;
        put(rendering, row);
    }
    if (begun)
        rendering_put(rendering, "\n");
}

static void put_details(struct rendering *rendering, const json_t *report, const json_t *endpoint, bool first)
{
    const char *reason = rendering_text(rendering, endpoint, "reason");
    if (endpoint == NULL)
        reason = rendering_text(rendering, report, "trouble");
    rendering_put(rendering, "\n<details><summary><code>");
    put_html(rendering, rendering_endpoint(rendering, report, endpoint));
    rendering_put(rendering, "</code></summary>\n\n");
    put_code(rendering, reason);
    rendering_put(rendering, reason == NULL ? "" : "\n\n");
    put_table(rendering, "| Severity | Finding | Seen | What to do |\n|---|---|---|---|\n",
              json_object_get(report, "findings"), endpoint, first, NULL, put_finding);
    put_table(rendering, "| Policy | Level | Rule | Seen | Where it stands |\n|---|---|---|---|---|\n",
              json_object_get(json_object_get(report, "policy"), "rules"), endpoint, first, rendering_is_open,
              put_rule);
    put_table(rendering, "", json_object_get(report, "unjudged"), endpoint, first, NULL, put_unjudged);
    rendering_put(rendering, "</details>\n");
}

static void add_endpoint(struct rendering *rendering, const json_t *report, const json_t *endpoint, bool first)
{
    struct markdown *markdown = rendering->state;
    put_row(rendering, report, endpoint, first);
    if (!has_more(report, endpoint, first))
        return;
    if (markdown->detailed == DETAILS) {
        markdown->left_out++;
        return;
    }
    markdown->detailed++;
    rendering_divert(rendering, &markdown->details);
    put_details(rendering, report, endpoint, first);
    rendering_divert(rendering, NULL);
}

static void add(struct rendering *rendering, struct report *report)
{
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    for (size_t i = 0; i < view_count(endpoints); i++)
        add_endpoint(rendering, report->tree, json_array_get(endpoints, i), i == 0);
    if (view_count(endpoints) == 0)
        add_endpoint(rendering, report->tree, NULL, true);
}

static void begin(struct rendering *rendering)
{
    rendering_put(rendering, "## shakedown\n\n"
                             "| Target | Status | Policy | Critical | High | Medium | Low | Certificate ends |\n"
                             "|---|---|---|--:|--:|--:|--:|---|\n");
}

static void end(struct rendering *rendering)
{
    struct markdown *markdown = rendering->state;
    rendering_recall(rendering, &markdown->details);
    if (markdown->left_out != 0)
        rendering_print(rendering, "\nWhat was found at %zu more addresses is left out here.\n", markdown->left_out);
}

const struct format_view format_markdown = {sizeof(struct markdown), begin, add, end};
