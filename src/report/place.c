// SPDX-License-Identifier: Apache-2.0
//
// A walk through a text that jansson has found to be JSON already: values are passed over without
// being understood, until the one that a place leads to.
#include "report/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct walk {
    const char *next;
    unsigned line;
};

static void blanks(struct walk *walk)
{
    for (; *walk->next != '\0' && strchr(" \t\r\n", *walk->next) != NULL; walk->next++)
        walk->line += *walk->next == '\n';
}

// Past a string, from its first quote. Its content lies between, escapes and all.
static size_t string(struct walk *walk, const char **content)
{
    *content = ++walk->next;
    while (*walk->next != '"' && *walk->next != '\0')
        walk->next += *walk->next == '\\' && walk->next[1] != '\0' ? 2 : 1;
    size_t size = (size_t)(walk->next - *content);
    walk->next += *walk->next == '"';
    return size;
}

// Past a value of any kind, however deep: only the brackets outside of strings count.
static void value(struct walk *walk)
{
    const char *ignored;
    unsigned depth = 0;
    do {
        blanks(walk);
        if (*walk->next == '\0')
            return;
        if (*walk->next == '"') {
            string(walk, &ignored);
        } else if (strchr("{[", *walk->next) != NULL) {
            depth++;
            walk->next++;
        } else if (strchr("}]", *walk->next) != NULL) {
            depth--;
            walk->next++;
        } else {
            walk->next += strchr(",:", *walk->next) != NULL ? 1 : strcspn(walk->next, ",:]} \t\r\n");
        }
    } while (depth != 0);
}

// To the value of the step, from the bracket that opens what it is in. False: there is none.
static bool enter(struct walk *walk, const struct place *step)
{
    bool object = *walk->next == '{';
    if (object != (step->key != NULL) || (!object && *walk->next != '['))
        return false;
    walk->next++;
    for (size_t index = 0;; index++) {
        const char *key = NULL;
        size_t size = 0;
        blanks(walk);
        if (strchr("]}", *walk->next) != NULL) // the NUL too
            return false;
        if (object) {
            size = string(walk, &key);
            blanks(walk);
            walk->next += *walk->next == ':';
            blanks(walk);
        }
        if (object ? strlen(step->key) == size && memcmp(step->key, key, size) == 0 : index == step->index)
            return true;
        value(walk);
        blanks(walk);
        walk->next += *walk->next == ',';
    }
}

static bool reach(struct walk *walk, const struct place *place)
{
    if (place == NULL) {
        blanks(walk);
        return true;
    }
    if (!reach(walk, place->above))
        return false;
    struct walk before = *walk;
    if (enter(walk, place))
        return true;
    *walk = before;
    return false;
}

unsigned place_line(const char *text, const struct place *place)
{
    struct walk walk = {text, 1};
    reach(&walk, place);
    return walk.line;
}

static void write_way(FILE *file, const struct place *place)
{
    if (place == NULL)
        return;
    write_way(file, place->above);
    if (place->key == NULL)
        fprintf(file, "[%zu]", place->index);
    else
        fprintf(file, "%s%.64s", place->above == NULL ? "" : ".", place->key);
}

bool place_complain(struct complaint *complaint, const struct source *source, const struct place *place,
                    const char *format, ...)
{
    char text[sizeof complaint->text] = "";
    FILE *file = fmemopen(text, sizeof text - 1, "w");
    if (file == NULL)
        die("out of memory");
    fprintf(file, "%.200s:%u: ", source->name, place_line(source->text, place));
    write_way(file, place);
    fputs(place == NULL ? "" : ": ", file);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
    return complain(complaint, "%s", text);
}

json_t *place_load(const struct source *source, struct complaint *complaint)
{
    json_error_t error;
    json_t *value = json_loads(source->text, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL)
        complain(complaint, "%.200s:%d: this is not JSON: %.200s", source->name, error.line, error.text);
    return value;
}
