// SPDX-License-Identifier: Apache-2.0
//
// A judged report as one line. What was not judged anew stands in the text that was read, and is taken
// from there: to write all of it again would take as long as to judge it.
#include "report/judge_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/tree.h"

struct line {
    char *text; // malloc'd
    size_t size, capacity;
};

static void append(struct line *line, const char *text, size_t size)
{
    if (line->capacity - line->size < size) {
        line->capacity = (line->capacity + size) * 2;
        line->text = realloc(line->text, line->capacity);
        if (line->text == NULL)
            die("out of memory");
    }
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

// Past a string that begins at `at`.
static size_t string_end(const char *text, size_t at)
{
    for (at++; text[at] != '"'; at++)
        at += text[at] == '\\';
    return at + 1;
}

// From somewhere inside an object to the ',' or '}' that ends the member there.
static size_t member_end(const char *text, size_t at)
{
    for (unsigned depth = 0;; at++) {
        char c = text[at];
        if (c == '"')
            at = string_end(text, at) - 1;
        else if (c == '{' || c == '[')
            depth++;
        else if (depth == 0 && (c == ',' || c == '}'))
            return at;
        else if (c == '}' || c == ']')
            depth--;
    }
}

static bool is_judgement(const char *key, size_t size)
{
    for (size_t i = 0; judge_keys[i] != NULL; i++)
        if (strlen(judge_keys[i]) == size && memcmp(judge_keys[i], key, size) == 0)
            return true;
    return false;
}

static void append_member(struct line *line, const char *text, size_t size)
{
    if (line->size > 1)
        append(line, ",", 1);
    append(line, text, size);
}

static void append_judgement(struct line *line, const json_t *report)
{
    for (size_t i = 0; judge_keys[i] != NULL; i++) {
        const json_t *value = json_object_get(report, judge_keys[i]);
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        if (text == NULL)
            die("out of memory");
        append_member(line, "\"", 1);
        append(line, judge_keys[i], strlen(judge_keys[i]));
        append(line, "\":", 2);
        append(line, text, strlen(text));
        free(text);
    }
}

char *splice(const char *text, size_t size, const json_t *report)
{
    struct line line = {0};
    append(&line, "{", 1);
    for (size_t at = 1; at < size && text[at] != '}';) {
        size_t key = at + strcspn(text + at, "\"}");
        if (text[key] == '}')
            break;
        size_t value = string_end(text, key), end = member_end(text, value);
        if (!is_judgement(text + key + 1, value - key - 2))
            append_member(&line, text + key, end - key);
        at = text[end] == ',' ? end + 1 : end;
    }
    append_judgement(&line, report);
    append(&line, "}\n", 3);
    return line.text;
}
