// SPDX-License-Identifier: Apache-2.0
//
// The sums on the page of many reports: how they stand, when their certificates end, what is wrong with
// most of them. All is counted while reports go by.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/embedded.h"
#include "report/html_fleet.h"

#define WEEK  (7 * 86400)
#define SHOWN 20 // of the most frequent findings and rules
#define ALL   10000

// --- counting ------------------------------------------------------------------------------------

static void count_name(struct html_fleet *fleet, struct fleet_counts *counts, const char *id, const char *title,
                       const char *style)
{
    if (counts->row == NULL)
        counts->row = arena_array(&fleet->memory, FLEET_RULES, sizeof *counts->row);
    for (size_t i = 0; i < counts->count; i++)
        if (strcmp(counts->row[i].id, id) == 0) {
            counts->row[i].hosts++;
            return;
        }
    if (counts->count == FLEET_RULES) {
        counts->left_out++;
        return;
    }
    struct arena *memory = &fleet->memory;
    counts->row[counts->count++] = (struct fleet_count){arena_text(memory, "%s", id), arena_text(memory, "%s", title),
                                                        arena_text(memory, "%s", style), 1};
}

static bool is_waived(const json_t *row) { return json_is_object(json_object_get(row, "waived")); }

// Rows of one finding stand together, and a target counts once.
static void count_findings(struct html_fleet *fleet, struct view *view, const json_t *report)
{
    const json_t *list = json_object_get(report, "findings");
    const char *before = "";
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *id = view_text(view, row, "id"), *title = view_text(view, row, "title");
        const char *severity = view_text(view, row, "severity");
        if (id == NULL || title == NULL || severity == NULL || is_waived(row) || strcmp(id, before) == 0)
            continue;
        count_name(fleet, &fleet->findings, id, title, severity);
        before = id;
    }
}

static void count_rules(struct html_fleet *fleet, struct view *view, const json_t *report)
{
    const json_t *list = json_object_get(json_object_get(report, "policy"), "rules");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *id = view_text(view, row, "id"), *title = view_text(view, row, "sentence");
        const char *level = view_text(view, row, "level"), *policy = view_text(view, row, "policy");
        if (id == NULL || title == NULL || level == NULL || is_waived(row) || !view_is(row, "verdict", "fail"))
            continue;
        id = policy == NULL ? id : arena_text(&view->memory, "%s/%s", policy, id);
        count_name(fleet, &fleet->rules, id, title, level);
    }
}

// The place of a label; the last one stands for all that had no room.
static size_t place(struct html_fleet *fleet, const char **labels, size_t *count, const char *label)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(labels[i], label) == 0)
            return i;
    if (*count == FLEET_LABELS)
        return FLEET_LABELS - 1;
    labels[*count] = *count == FLEET_LABELS - 1 ? "other" : arena_text(&fleet->memory, "%s", label);
    return (*count)++;
}

static void count_map(struct html_fleet *fleet, const struct fleet_host *host)
{
    struct fleet_map *map = &fleet->map;
    size_t row = place(fleet, map->down, &map->down_count, host->down);
    map->hosts[row][place(fleet, map->across, &map->across_count, host->across)]++;
    fleet->has_grade = fleet->has_grade || host->grade[0] != '\0';
    fleet->has_policy = fleet->has_policy || host->policy[0] != '\0';
}

// A text cut to fit, never inside a code point.
static void keep(char *place_of_it, size_t size, const char *text)
{
    size_t length = strlen(text) < size ? strlen(text) : size - 1;
    while (length != 0 && length < strlen(text) && ((uint8_t)text[length] & 0xC0) == 0x80)
        length--;
    memcpy(place_of_it, text, length);
    place_of_it[length] = '\0';
}

// Those that end first, in order; what has ended is counted, and not here.
static void count_next(struct html_fleet *fleet, const struct fleet_host *host)
{
    size_t at = fleet->next_count;
    while (at != 0 && fleet->next[at - 1].end > host->end)
        at--;
    if (at == FLEET_NEXT)
        return;
    if (fleet->next_count < FLEET_NEXT)
        fleet->next_count++;
    memmove(&fleet->next[at + 1], &fleet->next[at], (fleet->next_count - 1 - at) * sizeof *fleet->next);
    fleet->next[at].end = host->end;
    keep(fleet->next[at].host, sizeof fleet->next[at].host, host->name);
}

static void count_end(struct html_fleet *fleet, const struct fleet_host *host)
{
    if (!host->has_end || !fleet->has_now) {
        fleet->without_end++;
        return;
    }
    if (host->end < fleet->now) {
        fleet->ended++;
        return;
    }
    uint64_t week = ((uint64_t)host->end - (uint64_t)fleet->now) / WEEK;
    *(week < FLEET_WEEKS ? &fleet->weeks[week] : &fleet->later) += 1;
    count_next(fleet, host);
}

static void count_time(struct html_fleet *fleet, struct view *view, const json_t *report)
{
    const char *now = view_text(view, report, "now");
    if (now == NULL || !text_to_time(now, &(int64_t){0}))
        return;
    if (!fleet->has_now) {
        fleet->has_now = text_to_time(now, &fleet->now);
        snprintf(fleet->first, sizeof fleet->first, "%s", now);
        snprintf(fleet->last, sizeof fleet->last, "%s", now);
    }
    if (strcmp(now, fleet->first) < 0)
        snprintf(fleet->first, sizeof fleet->first, "%s", now);
    if (strcmp(now, fleet->last) > 0)
        snprintf(fleet->last, sizeof fleet->last, "%s", now);
}

void html_fleet_count(struct html_fleet *fleet, const json_t *report, const struct fleet_host *host)
{
    struct view view = {0};
    fleet->hosts++;
    count_time(fleet, &view, report);
    count_findings(fleet, &view, report);
    count_rules(fleet, &view, report);
    count_map(fleet, host);
    count_end(fleet, host);
    arena_release(&view.memory);
}
