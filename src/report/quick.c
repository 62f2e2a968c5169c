// SPDX-License-Identifier: Apache-2.0
//
// Reading is most of what it takes to judge or render ten thousand saved reports. This reader knows only what
// a report usually has: no large numbers, no escapes of code points, short keys. As soon as there is
// anything else it gives up, and the library reads the text from its start; so it need not be complete, only
// right. A report says the same few words thousands of times: a word that was just seen is not made again.
#include "report/quick.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "base/text.h"

#define DEPTH       64   // of values in values
#define LONGEST     128  // octets of a key, and of a string that is kept
#define KEPT        4096 // strings, by their hash
#define MOST_DIGITS 18   // of a number that cannot overflow

struct quick {
    json_t *kept[KEPT];
    const char *next, *end;
    unsigned depth;
    char *plain; // malloc'd: a string without its escapes
    size_t capacity;
};

struct quick *quick_open(void)
{
    struct quick *quick = calloc(1, sizeof *quick);
    if (quick == NULL)
        die("out of memory");
    return quick;
}

void quick_close(struct quick *quick)
{
    if (quick == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        json_decref(quick->kept[i]);
    free(quick->plain);
    free(quick);
}

static char peek(const struct quick *quick) { return quick->next < quick->end ? *quick->next : '\0'; }

static void skip_blanks(struct quick *quick)
{
    while (quick->next < quick->end && strchr(" \t\r\n", *quick->next) != NULL && *quick->next != '\0')
        quick->next++;
}

static bool take(struct quick *quick, char wanted)
{
    skip_blanks(quick);
    if (peek(quick) != wanted)
        return false;
    quick->next++;
    return true;
}

// --- strings ---------------------------------------------------------------------------------------

// Octets of a string that need nothing done to them.
static size_t plain_size(const char *text, const char *end, bool *ascii)
{
    const char *c = text;
    for (; c < end && *c != '"' && *c != '\\' && (unsigned char)*c >= ' '; c++)
        *ascii = *ascii && (unsigned char)*c < 0x80;
    return (size_t)(c - text);
}

static bool escaped(char letter, char *out)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    if (found != NULL)
        *out = meant[found - letters];
    return found != NULL;
}

static void append(struct quick *quick, size_t used, const char *text, size_t size)
{
    if (size == 0)
        return;
    if (quick->capacity - used < size) {
        quick->capacity = 2 * (used + size) + LONGEST;
        quick->plain = realloc(quick->plain, quick->capacity);
        if (quick->plain == NULL)
            die("out of memory");
    }
    memcpy(quick->plain + used, text, size);
}

// What is between the quotes, in the text itself where it has no escapes; past the first quote.
static bool read_octets(struct quick *quick, struct bytes *out)
{
    bool ascii = true;
    size_t size = plain_size(quick->next, quick->end, &ascii), used = 0;
    const char *text = quick->next;
    while (quick->next + size < quick->end && quick->next[size] == '\\') {
        char meant;
        const char *letter = quick->next + size + 1;
        if (letter >= quick->end || !escaped(*letter, &meant))
            return false;
        append(quick, used, quick->next, size);
        append(quick, used + size, &meant, 1);
        used += size + 1;
        quick->next = letter + 1;
        size = plain_size(quick->next, quick->end, &ascii);
    }
    if (used != 0) {
        append(quick, used, quick->next, size);
        text = quick->plain;
    }
    *out = (struct bytes){(const uint8_t *)text, used + size};
    quick->next += size;
    if (peek(quick) != '"')
        return false;
    quick->next++;
    return ascii || text_is_utf8(*out);
}

static json_t *make_string(struct bytes octets) { return json_stringn_nocheck((const char *)octets.data, octets.size); }

static json_t *read_string(struct quick *quick)
{
    struct bytes octets;
    if (!read_octets(quick, &octets))
        return NULL;
    if (octets.size > LONGEST)
        return make_string(octets);
    json_t **kept = &quick->kept[bytes_hash(octets) % KEPT];
    if (*kept == NULL || json_string_length(*kept) != octets.size ||
        memcmp(json_string_value(*kept), octets.data, octets.size) != 0) {
        json_decref(*kept);
        *kept = make_string(octets);
    }
    return json_incref(*kept);
}

// --- other values ----------------------------------------------------------------------------------

// A fraction is the library's to read: it knows about locales.
static json_t *read_fraction(const char *text, size_t size)
{
    return size > LONGEST ? NULL : json_loadb(text, size, JSON_DECODE_ANY, NULL);
}

static bool at_digit(const struct quick *quick) { return peek(quick) >= '0' && peek(quick) <= '9'; }

static json_t *read_number(struct quick *quick)
{
    const char *start = quick->next;
    bool negative = peek(quick) == '-';
    json_int_t value = 0;
    size_t digits = 0;
    quick->next += negative;
    bool zero = peek(quick) == '0';
    for (; at_digit(quick) && digits < MOST_DIGITS; digits++)
        value = value * 10 + (*quick->next++ - '0');
    if (digits == 0 || at_digit(quick) || (zero && digits > 1))
        return NULL;
    if (peek(quick) != '.' && peek(quick) != 'e' && peek(quick) != 'E')
        return json_integer(negative ? -value : value);
    while (peek(quick) != '\0' && strchr("0123456789.eE+-", peek(quick)) != NULL)
        quick->next++;
    return read_fraction(start, (size_t)(quick->next - start));
}

static bool read_word(struct quick *quick, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(quick->end - quick->next) < size || memcmp(quick->next, word, size) != 0)
        return false;
    quick->next += size;
    return true;
}

static json_t *read_value(struct quick *quick);

static bool read_member(struct quick *quick, json_t *object)
{
    struct bytes octets;
    char key[LONGEST + 1];
    if (!take(quick, '"') || !read_octets(quick, &octets) || octets.size > LONGEST)
        return false;
    memcpy(key, octets.data, octets.size);
    key[octets.size] = '\0';
    if (memchr(key, '\0', octets.size) != NULL || !take(quick, ':'))
        return false;
    return json_object_set_new_nocheck(object, key, read_value(quick)) == 0;
}

static bool read_element(struct quick *quick, json_t *list)
{
    return json_array_append_new(list, read_value(quick)) == 0;
}

// Takes the value over, which may be NULL.
static json_t *read_all(struct quick *quick, json_t *value, char close, bool (*read_one)(struct quick *, json_t *))
{
    if (value == NULL)
        die("out of memory");
    bool good = quick->depth++ < DEPTH;
    quick->next++;
    if (good && !take(quick, close)) {
        do
            good = read_one(quick, value);
        while (good && take(quick, ','));
        good = good && take(quick, close);
    }
    quick->depth--;
    if (good)
        return value;
    json_decref(value);
    return NULL;
}

// A word that goes on is caught where a comma or a bracket has to come.
static json_t *read_value(struct quick *quick)
{
    skip_blanks(quick);
    switch (peek(quick)) {
    case '{':
        return read_all(quick, json_object(), '}', read_member);
    case '[':
        return read_all(quick, json_array(), ']', read_element);
    case '"':
        quick->next++;
        return read_string(quick);
    case 'n':
        return read_word(quick, "null") ? json_null() : NULL;
    case 't':
        return read_word(quick, "true") ? json_true() : NULL;
    case 'f':
        return read_word(quick, "false") ? json_false() : NULL;
    default:
        return read_number(quick);
    }
}

json_t *quick_load(struct quick *quick, const char *text, size_t size)
{
    quick->next = text;
    quick->end = text + size;
    quick->depth = 0;
    skip_blanks(quick);
    json_t *value = peek(quick) == '{' || peek(quick) == '[' ? read_value(quick) : NULL;
    skip_blanks(quick);
    if (value == NULL || quick->next == quick->end)
        return value;
    json_decref(value);
    return NULL;
}
