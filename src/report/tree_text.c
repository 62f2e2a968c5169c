// SPDX-License-Identifier: Apache-2.0
//
// A tree as one line, octet for octet what jansson's compact form is. jansson notes each node that it goes into, to
// find a tree that contains itself, and that costs more than the text does; ours are made by us or read from text, and
// contain no such thing. What a report has none of (a number with a fraction) is left to jansson.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/tree.h"

#define FIRST_ROOM 16384

struct line {
    char *text;
    size_t size, room;
};

static char *room_for(struct line *line, size_t more)
{
    if (line->room - line->size < more) {
        line->room = line->room + more > 2 * line->room ? line->room + more : 2 * line->room;
        line->text = realloc(line->text, line->room);
        if (line->text == NULL)
            die("out of memory");
    }
    return line->text + line->size;
}

static void put(struct line *line, const char *text, size_t size)
{
    memcpy(room_for(line, size), text, size);
    line->size += size;
}

static void put_char(struct line *line, char c)
{
    *room_for(line, 1) = c;
    line->size++;
}

// --- strings -------------------------------------------------------------------------------------

// What must not stand in a string as it is: RFC 8259 section 7.
static bool is_special(char c) { return (unsigned char)c < 0x20 || c == '"' || c == '\\'; }

static void put_escape(struct line *line, char c)
{
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c == '\0' ? NULL : strchr(special, c);
    char escape[8];
    int size = found != NULL ? snprintf(escape, sizeof escape, "\\%c", letters[found - special])
                             : snprintf(escape, sizeof escape, "\\u%04X", (unsigned)c);
    put(line, escape, (size_t)size);
}

static void put_string(struct line *line, const char *text, size_t size)
{
    put_char(line, '"');
    for (size_t from = 0, at = 0; from < size; from = at) {
        while (at < size && !is_special(text[at]))
            at++;
        put(line, text + from, at - from);
        if (at < size)
            put_escape(line, text[at++]);
    }
    put_char(line, '"');
}

// --- nodes ---------------------------------------------------------------------------------------

static void put_node(struct line *line, const json_t *node);

static void put_object(struct line *line, const json_t *object)
{
    json_t *walked = (json_t *)object; // which is not changed
    put_char(line, '{');
    for (void *at = json_object_iter(walked), *next; at != NULL; at = next) {
        const char *key = json_object_iter_key(at);
        put_string(line, key, strlen(key));
        put_char(line, ':');
        put_node(line, json_object_iter_value(at));
        next = json_object_iter_next(walked, at);
        if (next != NULL)
            put_char(line, ',');
    }
    put_char(line, '}');
}

static void put_list(struct line *line, const json_t *list)
{
    put_char(line, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i != 0)
            put_char(line, ',');
        put_node(line, json_array_get(list, i));
    }
    put_char(line, ']');
}

static void put_integer(struct line *line, json_int_t number)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, number);
    always(size > 0 && (size_t)size < sizeof text);
    put(line, text, (size_t)size);
}

static void put_real(struct line *line, const json_t *real)
{
    char text[128];
    size_t size = json_dumpb(real, text, sizeof text, JSON_ENCODE_ANY);
    always(size != 0 && size <= sizeof text);
    put(line, text, size);
}

static void put_node(struct line *line, const json_t *node)
{
    switch (json_typeof(node)) {
    case JSON_OBJECT:
        put_object(line, node);
        return;
    case JSON_ARRAY:
        put_list(line, node);
        return;
    case JSON_STRING:
        put_string(line, json_string_value(node), json_string_length(node));
        return;
    case JSON_INTEGER:
        put_integer(line, json_integer_value(node));
        return;
    case JSON_REAL:
        put_real(line, node);
        return;
    case JSON_TRUE:
        put(line, "true", 4);
        return;
    case JSON_FALSE:
        put(line, "false", 5);
        return;
    case JSON_NULL:
        put(line, "null", 4);
        return;
    }
    bug("a node of no type");
}

char *tree_line(const json_t *tree)
{
    struct line line = {.room = FIRST_ROOM};
    line.text = malloc(line.room);
    if (line.text == NULL)
        die("out of memory");
    put_node(&line, tree);
    put(&line, "\n", 2);
    return line.text;
}
