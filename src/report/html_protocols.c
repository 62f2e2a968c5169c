// SPDX-License-Identifier: Apache-2.0
//
// The picture of versions and cipher suites: a table with a column for each version that is spoken and a
// row for each suite, strongest version first. A cell has the suite's place in the server's order. A
// colour is a hint, and what it hints at stands in words in the last column.
#include <inttypes.h>
#include <string.h>

#include "report/html_parts.h"

#define VERSIONS 12  // columns
#define SUITES   500 // rows

// --- versions ------------------------------------------------------------------------------------

static bool is_old(const char *version)
{
    return strncmp(version, "SSL", 3) == 0 || strcmp(version, "TLSv1.0") == 0 || strcmp(version, "TLSv1.1") == 0;
}

static void versions(struct html *html, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "versions");
    if (view_count(list) == 0)
        return;
    html_put(html, "<ul class=\"versions\">\n");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *version = html_known(html, row, "version"), *sentence = view_text(&html->view, row, "sentence");
        bool old = is_old(version);
        html_put(html, "<li><b>%s</b> ", html_version(html, version));
        html_verdict(html, row, old ? TINT_BAD : TINT_GOOD, old ? TINT_GOOD : TINT_PLAIN);
        if (old && view_is(row, "verdict", "yes"))
            html_put(html, " <span class=\"why\">obsolete</span>");
        if (sentence != NULL && !view_is(row, "verdict", "no"))
            html_put(html, " <span class=\"why\">%s</span>", sentence);
        html_put(html, "</li>\n");
    }
    html_put(html, "</ul>\n");
}

// --- the picture ---------------------------------------------------------------------------------

struct picture {
    const json_t *version[VERSIONS]; // texts, newest first
    size_t version_count;
    const json_t **suite; // the row of each suite in the newest version that has it
    size_t suite_count, left_out;
};

static bool has_version(const struct picture *picture, const json_t *version)
{
    for (size_t i = 0; i < picture->version_count; i++)
        if (json_equal(picture->version[i], version))
            return true;
    return false;
}

static bool has_suite(const struct picture *picture, const char *name)
{
    for (size_t i = 0; i < picture->suite_count; i++)
        if (view_is(picture->suite[i], "name", name))
            return true;
    return false;
}

// Rows stand by version, oldest first.
static void collect_versions(const json_t *list, struct picture *picture)
{
    for (size_t i = view_count(list); i-- > 0 && picture->version_count < VERSIONS;) {
        const json_t *version = json_object_get(json_array_get(list, i), "version");
        if (json_is_string(version) && !has_version(picture, version))
            picture->version[picture->version_count++] = version;
    }
}

static void collect_suites(const json_t *list, struct picture *picture)
{
    for (size_t v = 0; v < picture->version_count; v++)
        for (size_t i = 0; i < view_count(list); i++) {
            const json_t *row = json_array_get(list, i);
            const char *name = json_string_value(json_object_get(row, "name"));
            if (name == NULL || !view_is(row, "version", json_string_value(picture->version[v])) ||
                has_suite(picture, name))
                continue;
            if (picture->suite_count < SUITES)
                picture->suite[picture->suite_count++] = row;
            else
                picture->left_out++;
        }
}

static struct picture picture_of(struct html *html, const json_t *list)
{
    struct picture picture = {0};
    size_t most = view_count(list) < SUITES ? view_count(list) : SUITES;
    picture.suite = arena_array(&html->view.memory, most, sizeof *picture.suite);
    collect_versions(list, &picture);
    collect_suites(list, &picture);
    return picture;
}

static bool is_broken(const json_t *suite)
{
    const char *cipher = json_string_value(json_object_get(suite, "cipher"));
    return view_number(suite, "strength_bits") < 112 || view_is(suite, "authentication", "anon") ||
           (cipher != NULL && (strncmp(cipher, "RC4", 3) == 0 || strncmp(cipher, "RC2", 3) == 0));
}

static const char *strength(const json_t *suite)
{
    bool sound = view_truth(suite, "forward_secrecy") && view_truth(suite, "aead");
    if (is_broken(suite))
        return "bad";
    return sound && view_number(suite, "strength_bits") >= 128 ? "good" : "poor";
}

static void remark(struct html *html, bool applies, const char *words, bool *first)
{
    if (!applies)
        return;
    html_put(html, *first ? "<span class=\"remark\">%s" : ", %s", words);
    *first = false;
}

// What the colour of its cells comes from.
static void remarks(struct html *html, const json_t *suite)
{
    const char *cipher = json_string_value(json_object_get(suite, "cipher"));
    int64_t bits = view_number(suite, "strength_bits");
    bool first = true, none = bits == 0;
    remark(html, view_truth(suite, "export"), "export", &first);
    remark(html, none, "no encryption", &first);
    remark(html, cipher != NULL && strncmp(cipher, "RC4", 3) == 0, "RC4", &first);
    remark(html, !none && bits < 128, "weak cipher", &first);
    remark(html, view_is(suite, "authentication", "anon"), "not authenticated", &first);
    remark(html, !view_truth(suite, "forward_secrecy"), "no forward secrecy", &first);
    remark(html, !view_truth(suite, "aead") && !none, "not AEAD", &first);
    html_put(html, first ? "" : "</span>");
}

static const json_t *suite_in(const json_t *list, const char *name, const char *version)
{
    for (size_t i = 0; i < view_count(list); i++)
        if (view_is(json_array_get(list, i), "name", name) && view_is(json_array_get(list, i), "version", version))
            return json_array_get(list, i);
    return NULL;
}

static void cell(struct html *html, const json_t *suite)
{
    const json_t *order = json_object_get(suite, "order");
    if (suite == NULL)
        html_put(html, "<td></td>");
    else
        html_put(html, "<td class=\"cell %s\">%s</td>", strength(suite),
                 json_is_integer(order) ? html_number(html, json_integer_value(order)) : "•");
}

// TLS 1.3 suites leave it open.
static const char *unless_any(const char *text) { return text == NULL || strcmp(text, "any") == 0 ? NULL : text; }

// "ECDHE, x25519"
static const char *exchange(struct html *html, const json_t *suite)
{
    const char *text = unless_any(view_text(&html->view, suite, "key_exchange"));
    const char *group = view_text(&html->view, suite, "group");
    int64_t bits = view_number(suite, "dh_bits");
    if (group == NULL && bits != 0)
        group = arena_text(&html->view.memory, "%" PRId64 " bits", bits);
    if (text == NULL)
        return group;
    return group == NULL ? text : arena_text(&html->view.memory, "%s, %s", text, group);
}

static void suite_row(struct html *html, const json_t *list, const struct picture *picture, const json_t *suite)
{
    const char *name = json_string_value(json_object_get(suite, "name"));
    html_put(html, "<tr><th scope=\"row\"><code>");
    html_name(html, view_text(&html->view, suite, "name"));
    html_put(html, "</code>");
    remarks(html, suite);
    html_put(html, "</th>");
    for (size_t v = 0; v < picture->version_count; v++)
        cell(html, suite_in(list, name, json_string_value(picture->version[v])));
    html_put(html, "<td class=\"wide\">%s</td><td class=\"wide\">%s</td>", exchange(html, suite),
             unless_any(view_text(&html->view, suite, "authentication")));
    html_put(html, "<td class=\"number wide\">%s</td></tr>\n", html_number(html, view_number(suite, "strength_bits")));
}

static void table(struct html *html, const json_t *list, const struct picture *picture)
{
    html_put(html, "<table class=\"picture\">\n<caption>Cipher suites: a number is the place in the order of "
                   "choice.</caption>\n<thead><tr><th scope=\"col\">Suite</th>");
    for (size_t v = 0; v < picture->version_count; v++)
        html_put(html, "<th scope=\"col\" class=\"cell\">%s</th>",
                 html_version(html, view_string(&html->view, picture->version[v])));
    html_put(html, "<th scope=\"col\" class=\"wide\">Exchange</th><th scope=\"col\" class=\"wide\">Authentication</th>"
                   "<th scope=\"col\" class=\"number wide\">Bits</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < picture->suite_count; i++) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        suite_row(html, list, picture, picture->suite[i]);
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, "</tbody>\n</table>\n");
    if (picture->left_out != 0)
        html_put(html, "<p>and %s more</p>\n", html_number(html, (int64_t)picture->left_out));
}

// --- who chooses ---------------------------------------------------------------------------------

static void order(struct html *html, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "suite_preference");
    if (view_count(list) == 0)
        return;
    html_put(html, "<dl class=\"facts\">\n");
    for (size_t i = view_count(list); i-- > 0;) {
        const json_t *row = json_array_get(list, i), *whole;
        const char *version = html_known(html, row, "version"), *sentence = view_text(&html->view, row, "sentence");
        whole = view_about(endpoint, "suite_enumeration", version);
        html_put(html, "<dt>%s</dt><dd>%s", html_version(html, version), view_order(row));
        if (whole != NULL && !view_is(whole, "verdict", "yes"))
            html_put(html, "; there may be more suites");
        html_put(html, sentence == NULL ? "%s</dd>\n" : " <span class=\"why\">%s</span></dd>\n", sentence);
    }
    html_put(html, "</dl>\n");
}

void html_protocols(struct html *html, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "cipher_suites");
    struct picture picture = picture_of(html, list);
    versions(html, endpoint);
    if (picture.suite_count != 0)
        table(html, list, &picture);
    order(html, endpoint);
}
