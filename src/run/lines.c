// SPDX-License-Identifier: Apache-2.0
//
// Sticky like the cursor over octets: a field that is missing or malformed makes the line bad, and whoever
// reads asks once, at its end.
#include "run/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "run/transcript.h"

bool lines_fail(const struct lines *lines, const char *what)
{
    return complain(lines->complaint, "%s:%lu: %s", lines->name, lines->number, what);
}

// --- lines ---------------------------------------------------------------------------------------

static void make_room(struct lines *lines, size_t size)
{
    if (size < lines->room)
        return;
    lines->room = lines->room == 0 ? 4096 : lines->room * 2;
    lines->line = realloc(lines->line, lines->room);
    if (lines->line == NULL)
        die("out of memory");
}

// The next line without its LF. False: a complaint, or the end of the file at a line's start.
bool lines_next(struct lines *lines, bool *ended)
{
    size_t size = 0;
    lines->number++;
    for (int c; (c = getc(lines->file)) != '\n'; lines->line[size++] = (char)c) {
        make_room(lines, size + 1);
        if (c == EOF) {
            *ended = size == 0;
            return ferror(lines->file) ? lines_fail(lines, "cannot be read")
                   : *ended            ? false
                                       : lines_fail(lines, "ends early");
        }
        if (c == '\0' || size + 2 > TRANSCRIPT_LINE)
            return lines_fail(lines, c == '\0' ? "a NUL octet" : "the line is too long");
    }
    make_room(lines, size);
    lines->line[size] = '\0';
    lines->next = lines->line;
    lines->bad = false;
    return true;
}

// --- fields --------------------------------------------------------------------------------------

char *lines_take(struct lines *lines)
{
    char *field = lines->next;
    if (field == NULL) {
        lines->bad = true;
        return lines->empty;
    }
    lines->next = strchr(field, ' ');
    if (lines->next != NULL)
        *lines->next++ = '\0';
    return field;
}

bool lines_word(struct lines *lines, const char *word) { return strcmp(lines_take(lines), word) == 0; }

// One of two words; true for the second.
bool lines_choice(struct lines *lines, const char *no, const char *yes)
{
    const char *field = lines_take(lines);
    bool chosen = strcmp(field, yes) == 0;
    if (!chosen && strcmp(field, no) != 0)
        lines->bad = true;
    return chosen;
}

uint64_t lines_number(struct lines *lines, uint64_t most)
{
    const char *field = lines_take(lines);
    uint64_t number = 0;
    size_t digits = strspn(field, "0123456789");
    if (digits == 0 || field[digits] != '\0')
        lines->bad = true;
    for (size_t i = 0; i < digits && !lines->bad; i++) {
        uint64_t digit = (uint64_t)(field[i] - '0');
        if (number > (most - digit) / 10)
            lines->bad = true;
        number = number * 10 + digit;
    }
    return lines->bad ? 0 : number;
}

int64_t lines_seconds(struct lines *lines)
{
    bool negative = lines->next != NULL && *lines->next == '-';
    if (negative)
        lines->next++;
    int64_t seconds = (int64_t)lines_number(lines, INT64_MAX);
    return negative ? -seconds : seconds;
}

struct bytes lines_hex(struct lines *lines)
{
    struct bytes bytes;
    if (!text_from_hex(lines->memory, lines_take(lines), &bytes))
        lines->bad = true;
    return bytes;
}

struct bytes lines_octets(struct lines *lines)
{
    const char *field = lines_take(lines);
    struct bytes bytes = {NULL, 0};
    if (strcmp(field, "-") != 0 && (!text_from_base64(lines->memory, field, &bytes) || bytes.size == 0))
        lines->bad = true;
    return bytes;
}

// What escaping would change did not come from us. A backslash is how escaping itself writes.
static bool is_clean(struct lines *lines, const char *text)
{
    struct arena_mark before = arena_mark(&lines->scratch);
    char *plain = arena_string(&lines->scratch, bytes_of_text(text));
    for (char *c = plain; *c != '\0'; c++)
        if (*c == '\\')
            *c = '/';
    bool clean = strcmp(text_escape(&lines->scratch, bytes_of_text(plain)), plain) == 0;
    arena_rewind(&lines->scratch, before);
    return clean;
}

const char *lines_any_text(struct lines *lines)
{
    const char *field = lines_take(lines);
    struct bytes bytes = {NULL, 0};
    if (strcmp(field, "-") == 0)
        return NULL;
    if (strcmp(field, "=") != 0 && (!text_from_base64(lines->memory, field, &bytes) || bytes.size == 0))
        lines->bad = true;
    if (bytes.size != 0 && memchr(bytes.data, '\0', bytes.size) != NULL)
        lines->bad = true;
    return arena_string(lines->memory, bytes);
}

const char *lines_text(struct lines *lines)
{
    const char *text = lines_any_text(lines);
    if (text != NULL && !is_clean(lines, text))
        lines->bad = true;
    return text;
}

void lines_release(struct lines *lines)
{
    arena_release(&lines->scratch);
    free(lines->line);
}
