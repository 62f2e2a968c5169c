// SPDX-License-Identifier: Apache-2.0
//
// The scans of a target in the order of their times. Those that found the same are one row: when it was seen first and
// last, and how often.
#include <string.h>

#include "base/text.h"
#include "report/archive_tree.h"
#include "report/subject.h"
#include "report/tree.h"

#define HISTORY_SCHEMA "shakedown-history/1"

static json_t *text_or_null(struct arena *scratch, const char *text)
{
    return tree_text(scratch, text == NULL || text[0] == '\0' ? NULL : text);
}

static json_t *target_tree(struct arena *scratch, const struct store_target *target)
{
    json_t *object = tree_object();
    tree_set(object, "host", tree_text(scratch, target->host == NULL ? "" : target->host));
    tree_set(object, "port", tree_integer(target->port));
    tree_set(object, "transport", text_or_null(scratch, target->transport));
    tree_set(object, "starttls", text_or_null(scratch, target->starttls));
    tree_set(object, "sni", text_or_null(scratch, target->server_name));
    return object;
}

static json_t *grade_tree(struct arena *scratch, const struct store_line *line)
{
    if (line->grade == NULL && line->at_best == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_object();
    tree_set(object, "letter", tree_text(scratch, line->grade));
    tree_set(object, "at_best", tree_text(scratch, line->at_best));
    tree_set(object, "at_worst", tree_text(scratch, line->at_worst));
    return object;
}

static json_t *policy_tree(struct arena *scratch, const struct store_line *line)
{
    if (line->policy == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_object();
    tree_set(object, "name", tree_text(scratch, line->policy));
    tree_set(object, "verdict", tree_text(scratch, line->verdict));
    return object;
}

static json_t *counts_tree(const struct store_line *line)
{
    json_t *object = tree_object();
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--)
        tree_set(object, severity_name((enum severity)severity), tree_integer(line->findings[severity]));
    return object;
}

// The store has it as JSON, which anybody may have written.
static json_t *texts_tree(const char *text)
{
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL), *own = tree_list();
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++)
        if (json_is_string(json_array_get(list, i)))
            tree_add(own, json_incref(json_array_get(list, i)));
    json_decref(list);
    return own;
}

// What a row shows; two that show the same are one.
static json_t *shown(struct arena *scratch, const struct store_line *line)
{
    json_t *row = tree_object();
    tree_set(row, "status", tree_text(scratch, line->status == NULL ? "?" : line->status));
    tree_set(row, "grade", grade_tree(scratch, line));
    tree_set(row, "policy", policy_tree(scratch, line));
    tree_set(row, "findings", counts_tree(line));
    tree_set(row, "finding_ids", texts_tree(line->ids));
    tree_set(row, "certificates", texts_tree(line->certificates));
    tree_set(row, "ends", tree_time(scratch, line->ends));
    return row;
}

struct line {
    json_t *rows;
    json_t *last; // what the last row shows; NULL: there is none
    int64_t first_at, last_at, scans, in_row;
    uint8_t hash[32]; // of the last scan
};

// The times of the last row are known when the next one begins.
static void end_row(struct line *line, struct arena *scratch)
{
    if (line->last == NULL)
        return;
    json_t *row = tree_object();
    tree_set(row, "first", tree_time(scratch, line->first_at));
    tree_set(row, "last", tree_time(scratch, line->last_at));
    tree_set(row, "scans", tree_integer(line->in_row));
    json_object_update(row, line->last);
    tree_set(row, "state", tree_text(scratch, text_hex(scratch, (struct bytes){line->hash, sizeof line->hash})));
    tree_add(line->rows, row);
    json_decref(line->last);
    line->last = NULL;
}

static void add_scan(struct line *line, const struct store_scan *scan, bool all, struct arena *scratch)
{
    json_t *row = shown(scratch, &scan->line);
    bool same = !all && line->last != NULL && json_equal(line->last, row);
    if (same) {
        json_decref(row);
    } else {
        end_row(line, scratch);
        line->last = row;
        line->first_at = scan->at;
        line->in_row = 0;
    }
    line->last_at = scan->at;
    line->in_row++;
    line->scans++;
    memcpy(line->hash, scan->hash, sizeof line->hash);
}

json_t *history_of(struct store *store, const struct store_target *target, bool all, struct complaint *complaint)
{
    struct arena scratch = {0};
    struct line line = {.rows = tree_list()};
    struct store_scan scan;
    json_t *history = tree_object();
    tree_set(history, "schema", tree_text(&scratch, HISTORY_SCHEMA));
    tree_set(history, "target", target_tree(&scratch, target));
    while (store_next_scan(store, target->id, &scan, complaint))
        add_scan(&line, &scan, all, &scratch);
    end_row(&line, &scratch);
    tree_set(history, "scans", tree_integer(line.scans));
    tree_set(history, "rows", line.rows);
    arena_release(&scratch);
    return history;
}
