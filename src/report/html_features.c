// SPDX-License-Identifier: Apache-2.0
//
// Features on an HTML page: a block for each section of the report. What is the same in several versions
// has one line; trials that were passed, and what is not applicable or was not tested, are named together
// at the end of their block.
#include <inttypes.h>
#include <string.h>

#include "report/html_parts.h"

struct block {
    const char *key, *title;
    enum tint yes, no;
    bool trials;   // a yes means that the server cannot bear it
    bool gathers;  // what it has not got is named together
    bool verbatim; // its ids are protocols' names, not words
};

static const struct block blocks[] = {
    {"post_quantum", "Post-quantum", TINT_GOOD, TINT_PLAIN, false, false, false},
    {"key_exchange", "Key exchange", TINT_PLAIN, TINT_PLAIN, false, false, false},
    {"extensions", "Extensions", TINT_PLAIN, TINT_PLAIN, false, true, false},
    {"alpn", "ALPN", TINT_PLAIN, TINT_PLAIN, false, true, true},
    {"sessions", "Sessions", TINT_PLAIN, TINT_PLAIN, false, false, false},
    {"renegotiation", "Renegotiation", TINT_PLAIN, TINT_PLAIN, false, false, false},
    {"downgrade", "Downgrade", TINT_PLAIN, TINT_PLAIN, false, false, false},
    {"intolerance", "Intolerance", TINT_POOR, TINT_PLAIN, true, false, false},
    {"behaviours", "Behaviours", TINT_PLAIN, TINT_PLAIN, false, false, false},
    {"client_authentication", "Client authentication", TINT_PLAIN, TINT_PLAIN, false, false, false},
};

static const char *name_of(struct html *html, const struct block *block, const json_t *row)
{
    const char *id = html_known(html, row, "id");
    return block->verbatim ? id : html_words(html, id);
}

// "modp2048 (RFC 3526), 2048 bits"; NULL when there is neither.
static const char *detail(struct html *html, const json_t *row)
{
    const char *value = view_text(&html->view, row, "value"), *unit = view_text(&html->view, row, "unit");
    if (!json_is_integer(json_object_get(row, "number")))
        return value;
    return arena_text(&html->view.memory, "%s%s%" PRId64 "%s%s", value == NULL ? "" : value, value == NULL ? "" : ", ",
                      view_number(row, "number"), unit == NULL ? "" : " ", unit == NULL ? "" : unit);
}

// Of a trial "yes" alone would be read the wrong way round.
static void verdict(struct html *html, const struct block *block, const json_t *row)
{
    if (block->trials && view_is(row, "verdict", "yes"))
        html_mark(html, "poor", "✗", "not tolerated");
    else
        html_verdict(html, row, block->yes, block->no);
}

// --- rows ----------------------------------------------------------------------------------------

// Whether a row says of another version what one says.
static bool alike(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"id", "verdict", "reason", "sentence", "value", "number", "unit"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
            return false;
    return a != NULL && b != NULL;
}

static size_t end_of(const json_t *list, size_t from)
{
    size_t end = from + 1;
    while (end < view_count(list) && alike(json_array_get(list, from), json_array_get(list, end)))
        end++;
    return end;
}

// "extended master secret TLS 1.1, TLS 1.2"
static void name(struct html *html, const struct block *block, const json_t *list, size_t from, size_t to)
{
    html_put(html, "%s", name_of(html, block, json_array_get(list, from)));
    for (size_t i = from; i < to; i++) {
        const char *version = view_text(&html->view, json_array_get(list, i), "version");
        bool again = i != from && version != NULL && view_is(json_array_get(list, i - 1), "version", version);
        if (version != NULL && !again && !block->verbatim)
            html_put(html, i == from ? " <span class=\"why\">%s</span>" : "<span class=\"why\">, %s</span>",
                     html_version(html, version));
    }
}

static void feature(struct html *html, const struct block *block, const json_t *list, size_t from, size_t to)
{
    const json_t *row = json_array_get(list, from);
    const char *sentence = view_text(&html->view, row, "sentence"), *more = detail(html, row);
    html_put(html, "<dt>");
    name(html, block, list, from, to);
    html_put(html, "</dt><dd>");
    verdict(html, block, row);
    if (more != NULL) {
        html_put(html, " ");
        html_name(html, more);
    }
    if (sentence != NULL && (block->trials || !view_is(row, "verdict", "yes")))
        html_put(html, " <span class=\"why\">%s</span>", sentence);
    html_put(html, "</dd>\n");
}

// --- blocks --------------------------------------------------------------------------------------

static bool is_plain(const json_t *row)
{
    return !json_is_string(json_object_get(row, "value")) && !json_is_integer(json_object_get(row, "number"));
}

// What has no line of its own: the word that it is gathered under, or NULL.
static const char *gathered(const struct block *block, const json_t *row)
{
    if (view_is(row, "verdict", "not_applicable"))
        return "not applicable";
    if (view_is(row, "verdict", "not_tested"))
        return "not tested";
    if (!view_is(row, "verdict", "no"))
        return NULL;
    return block->trials ? "tolerated" : block->gathers && is_plain(row) ? "no" : NULL;
}

// "tolerated: a, b"
static void gather(struct html *html, const struct block *block, const json_t *list, const char *word)
{
    bool first = true;
    for (size_t from = 0, to; from < view_count(list); from = to) {
        const char *its = gathered(block, json_array_get(list, from));
        to = end_of(list, from);
        if (its == NULL || strcmp(its, word) != 0)
            continue;
        html_put(html, first ? "<p class=\"note\">%s: " : ", ", word);
        name(html, block, list, from, to);
        first = false;
    }
    html_put(html, first ? "" : "</p>\n");
}

static void write_block(struct html *html, const struct block *block, const json_t *list)
{
    size_t lines = 0;
    html_put(html, "<div class=\"block\">\n<h4>%s</h4>\n", block->title);
    for (size_t from = 0, to; from < view_count(list); from = to) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        to = end_of(list, from);
        if (gathered(block, json_array_get(list, from)) == NULL) {
            html_put(html, lines++ == 0 ? "<dl class=\"facts\">\n" : "");
            feature(html, block, list, from, to);
        }
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, lines == 0 ? "" : "</dl>\n");
    gather(html, block, list, "tolerated");
    gather(html, block, list, "no");
    gather(html, block, list, "not applicable");
    gather(html, block, list, "not tested");
    html_put(html, "</div>\n");
}

void html_features(struct html *html, const json_t *endpoint)
{
    size_t found = 0;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        const json_t *list = json_object_get(endpoint, blocks[i].key);
        if (view_count(list) == 0)
            continue;
        html_put(html, found++ == 0 ? "<div class=\"blocks\">\n" : "");
        write_block(html, &blocks[i], list);
    }
    html_put(html, found == 0 ? "" : "</div>\n");
}
