// SPDX-License-Identifier: Apache-2.0
//
// Where one JSON value ends and the next begins is found by counting brackets outside of strings; only
// then it is read, whole (quick.c, or jansson). What a saved report means for the exit status is read from its
// endpoints and its unknown facts, as it is for one that was just made.
#include "report/saved.h"

#include <stdlib.h>
#include <string.h>

#include "check/host.h"
#include "report/quick.h"
#include "report/report_tree.h"

#define CHUNK ((size_t)64 << 10)

void saved_open(struct saved *saved, FILE *file, const char *name)
{
    *saved = (struct saved){.file = file, .name = name, .line = 1, .quick = quick_open()};
}

void saved_close(struct saved *saved)
{
    free(saved->buffer);
    saved->buffer = NULL;
    quick_close(saved->quick);
    saved->quick = NULL;
}

// --- octets --------------------------------------------------------------------------------------

// What was used is dropped before more is read, so that the buffer holds one report and a little.
static bool fill(struct saved *saved, struct complaint *complaint)
{
    if (saved->ended)
        return false;
    if (saved->next != 0) {
        memmove(saved->buffer, saved->buffer + saved->next, saved->size - saved->next);
        saved->size -= saved->next;
        saved->offset += saved->next;
        saved->next = 0;
    }
    if (saved->capacity - saved->size < CHUNK) {
        saved->capacity = saved->capacity == 0 ? 2 * CHUNK : 2 * saved->capacity;
        char *grown = realloc(saved->buffer, saved->capacity);
        if (grown == NULL)
            die("out of memory");
        saved->buffer = grown;
    }
    size_t count = fread(saved->buffer + saved->size, 1, CHUNK, saved->file);
    saved->size += count;
    saved->ended = count == 0;
    if (ferror(saved->file))
        complain(complaint, "cannot read '%.200s': %m", saved->name);
    return count != 0;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool saved_more(struct saved *saved, struct complaint *complaint)
{
    static const char mark[] = "\xef\xbb\xbf";
    for (;;) {
        while (saved->next < saved->size && is_blank(saved->buffer[saved->next]))
            saved->line += saved->buffer[saved->next++] == '\n';
        if (saved->size - saved->next < sizeof mark - 1 && fill(saved, complaint))
            continue;
        if (saved->next == saved->size)
            return false;
        if (saved->line != 1 || saved->size - saved->next < sizeof mark - 1 ||
            memcmp(saved->buffer + saved->next, mark, sizeof mark - 1) != 0)
            return true;
        saved->next += sizeof mark - 1;
    }
}

// How far a value has been read.
struct span {
    size_t size;
    unsigned depth;
    bool in_string, escaped, whole;
};

static void read_on(struct span *span, const char *text, size_t size)
{
    for (; span->size < size && !span->whole; span->size++) {
        char c = text[span->size];
        if (span->in_string) {
            span->in_string = span->escaped || c != '"';
            span->escaped = !span->escaped && c == '\\';
        } else if (c == '"') {
            span->in_string = true;
        } else if (c == '{' || c == '[') {
            span->depth++;
        } else if (c == '}' || c == ']') {
            span->whole = span->depth <= 1;
            span->depth--;
        }
    }
}

// The octets of the next value, from next on. What does not begin like an object ends with its line.
static bool find_value(struct saved *saved, size_t *size, struct complaint *complaint)
{
    struct span span = {0};
    bool object = saved->buffer[saved->next] == '{';
    for (;;) {
        const char *text = saved->buffer + saved->next;
        size_t left = saved->size - saved->next;
        const char *newline = object ? NULL : memchr(text, '\n', left);
        read_on(&span, text, left);
        *size = newline != NULL ? (size_t)(newline - text) : span.size;
        if (span.whole || newline != NULL)
            return true;
        if (left > SAVED_LIMIT)
            return complain(complaint, "%.200s:%lu: the report is longer than %zu octets", saved->name, saved->line,
                            SAVED_LIMIT);
        if (!fill(saved, complaint))
            break;
    }
    return complaint->text[0] == '\0';
}

// --- reports -------------------------------------------------------------------------------------

const char *report_wrong(const json_t *report)
{
    if (!json_is_object(report) || !json_is_string(json_object_get(report, "schema")))
        return "this is no report: it has no \"schema\"";
    if (!json_is_object(json_object_get(report, "target")))
        return "this is no whole report: \"target\" is missing";
    const json_t *endpoints = json_object_get(report, "endpoints");
    if (!json_is_array(endpoints))
        return "this is no whole report: \"endpoints\" is missing";
    for (size_t i = 0; i < json_array_size(endpoints); i++)
        if (!json_is_object(json_array_get(endpoints, i)))
            return "this is no whole report: an endpoint is no object";
    return NULL;
}

static json_t *parse(struct saved *saved, const char *text, size_t size, struct complaint *complaint)
{
    json_error_t error;
    json_t *report = quick_load(saved->quick, text, size);
    if (report == NULL)
        report = json_loadb(text, size, 0, &error);
    const char *schema = report == NULL ? NULL : json_string_value(json_object_get(report, "schema"));
    const char *wrong = report == NULL ? NULL : report_wrong(report);
    if (report == NULL)
        complain(complaint, "%.200s:%lu: this is not JSON, or it is cut off: %.200s", saved->name,
                 saved->line + (error.line > 0 ? (unsigned long)error.line - 1 : 0), error.text);
    else if (schema != NULL && strcmp(schema, SAVED_SCHEMA) != 0)
        complain(complaint, "%.200s:%lu: the schema of this report is \"%.64s\", and only \"%s\" is understood",
                 saved->name, saved->line, schema, SAVED_SCHEMA);
    else if (wrong != NULL)
        complain(complaint, "%.200s:%lu: %s", saved->name, saved->line, wrong);
    else
        return report;
    json_decref(report);
    return NULL;
}

static void pass_over(struct saved *saved, size_t size)
{
    for (size_t i = 0; i < size; i++)
        saved->line += saved->buffer[saved->next + i] == '\n';
    saved->next += size;
}

// Most reports have none, and then the tree need not be walked for it.
static bool mentions_unknown(const char *text, size_t size) { return memmem(text, size, "\"unknown\"", 9) != NULL; }

// An unknown fact whose reason is how a question ended: the network kept it from us.
static bool left_open(const json_t *value)
{
    const char *key, *reason = json_string_value(json_object_get(value, "reason"));
    const char *verdict = json_string_value(json_object_get(value, "verdict"));
    json_t *below;
    enum outcome_kind kind;
    if (verdict != NULL && strcmp(verdict, "unknown") == 0 && reason != NULL && outcome_from_code(reason, &kind))
        return true;
    json_object_foreach((json_t *)value, key, below) if (left_open(below)) return true;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (left_open(json_array_get(value, i)))
            return true;
    return false;
}

static bool status_is(const json_t *endpoint, const char *status)
{
    const char *value = json_string_value(json_object_get(endpoint, "status"));
    return value != NULL && strcmp(value, status) == 0;
}

enum report_reach report_reach_read(const struct report *from)
{
    const json_t *report = from->tree;
    bool unknown = from->text == NULL || mentions_unknown(from->text, from->size);
    const json_t *endpoints = json_object_get(report, "endpoints");
    bool interrupted = json_is_true(json_object_get(report, "interrupted")), reached = false, open = interrupted;
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        const json_t *endpoint = json_array_get(endpoints, i);
        bool complete = status_is(endpoint, "complete");
        reached = reached || complete || status_is(endpoint, "partial");
        open = open || !complete || (unknown && left_open(endpoint));
    }
    if (!reached && !(interrupted && json_array_size(endpoints) == 0))
        return REACH_NOTHING;
    return open ? REACH_INCOMPLETE : REACH_COMPLETE;
}

struct report *saved_next(struct saved *saved, struct complaint *complaint)
{
    size_t size;
    if (!find_value(saved, &size, complaint))
        return NULL;
    const char *text = saved->buffer + saved->next;
    json_t *tree = parse(saved, text, size, complaint);
    if (tree == NULL)
        return NULL;
    saved->begun = saved->offset + saved->next;
    pass_over(saved, size);
    return report_of(tree, text, size);
}

struct report *saved_of(const char *text, size_t size, struct complaint *complaint)
{
    struct saved saved;
    while (size != 0 && is_blank(text[size - 1]))
        size--;
    saved_open(&saved, NULL, "text");
    json_t *tree = parse(&saved, text, size, complaint);
    saved_close(&saved);
    return tree == NULL ? NULL : report_of(tree, text, size);
}
