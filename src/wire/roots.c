// SPDX-License-Identifier: Apache-2.0
//
// Three tables and the ways to look things up in them: by digest, which is by halves, and by name,
// which is a walk, since names are only asked for when a path has failed.
#include "wire/roots.h"

#include <string.h>

#include "base/fail.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct root_list lists[] = {
#define LIST(...) {__VA_ARGS__},
#include "root_lists.def"
#undef LIST
};
_Static_assert(COUNT(lists) == ROOT_LISTS, "a list without a column");

enum {
    ABSENT = ROOT_ABSENT,
    LISTED = ROOT_LISTED,
    BLOCKED = ROOT_BLOCKED,
    DISPUTED = ROOT_DISPUTED,
};

static const struct root {
    const char *digest, *label;
    uint8_t standing[ROOT_LISTS];
} roots[] = {
#define ROOT(digest, label, ...) {digest, label, {__VA_ARGS__}},
#include "roots.def"
#undef ROOT
};

static const struct root_limit limits[] = {
#define LIMIT(...) {__VA_ARGS__},
#include "root_limits.def"
#undef LIMIT
};

const struct root_list *root_list_at(size_t list)
{
    always(list < ROOT_LISTS);
    return &lists[list];
}

void root_digest(const uint8_t digest[32], char text[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[64] = '\0';
}

static const struct root *find(const char *digest)
{
    size_t low = 0, high = COUNT(roots);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(roots[middle].digest, digest);
        if (order == 0)
            return &roots[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

enum root_standing root_standing(size_t list, const uint8_t digest[32])
{
    char text[65];
    always(list < ROOT_LISTS);
    root_digest(digest, text);
    const struct root *root = find(text);
    return root == NULL ? ROOT_ABSENT : (enum root_standing)root->standing[list];
}

const struct root_limit *root_limit(size_t list, const uint8_t digest[32])
{
    char text[65];
    always(list < ROOT_LISTS);
    root_digest(digest, text);
    for (size_t i = 0; i < COUNT(limits); i++)
        if (strcmp(limits[i].digest, text) == 0 && strcmp(limits[i].list, lists[list].id) == 0)
            return &limits[i];
    return NULL;
}

// --- names -----------------------------------------------------------------------------------------

// The next letter or digit of a text, in lower case, and past it. What is escaped is passed over with the
// digits of its escape: \xFF, \u00FC, \U0001F600. '\0': there is none before the end.
static char next_letter(const char **text, const char *end)
{
    while (*text < end) {
        char c = *(*text)++;
        if (c == '\\' && *text < end) {
            size_t octets = **text == 'x' ? 3 : **text == 'u' ? 5 : **text == 'U' ? 9 : 1;
            *text += (size_t)(end - *text) < octets ? (size_t)(end - *text) : octets;
        } else if (c >= 'A' && c <= 'Z') {
            return (char)(c - 'A' + 'a');
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            return c;
        }
    }
    return '\0';
}

// Most labels differ in their first letter, which is told without reading on.
static bool differs_at_once(char first, const char *label)
{
    const char *next = label;
    char letter = next_letter(&next, label + 1);
    return letter != '\0' && letter != first;
}

static bool resembles(const char *a, const char *a_end, const char *b)
{
    const char *b_end = b + strlen(b);
    char first = next_letter(&a, a_end), second = next_letter(&b, b_end);
    if (first == '\0')
        return false;
    while (first == second && first != '\0') {
        first = next_letter(&a, a_end);
        second = next_letter(&b, b_end);
    }
    return first == second;
}

// The end of the part of an RFC 4514 name that begins here.
static const char *part_end(const char *part)
{
    while (*part != '\0' && *part != ',' && *part != '+')
        part += part[0] == '\\' && part[1] != '\0' ? 2 : 1;
    return part;
}

static bool is_known(const char *digest, const char *const *known, size_t known_count)
{
    for (size_t i = 0; i < known_count; i++)
        if (strcmp(known[i], digest) == 0)
            return true;
    return false;
}

// Whether one value of a name is the label of such a root.
static bool value_named(size_t list, const char *value, const char *end, const char *const *known, size_t known_count)
{
    const char *next = value;
    char first = next_letter(&next, end);
    for (size_t i = 0; first != '\0' && i < COUNT(roots); i++) {
        uint8_t standing = roots[i].standing[list];
        if ((standing == ROOT_LISTED || standing == ROOT_DISPUTED) && !differs_at_once(first, roots[i].label) &&
            resembles(value, end, roots[i].label) && !is_known(roots[i].digest, known, known_count))
            return true;
    }
    return false;
}

bool root_named(size_t list, const char *name, const char *const *known, size_t known_count)
{
    always(list < ROOT_LISTS);
    for (const char *part = name, *end; *part != '\0'; part = *end == '\0' ? end : end + 1) {
        end = part_end(part);
        const char *equals = memchr(part, '=', (size_t)(end - part));
        if (equals != NULL && value_named(list, equals + 1, end, known, known_count))
            return true;
    }
    return false;
}
