// SPDX-License-Identifier: Apache-2.0
//
// One report as one HTML page, made from its JSON tree and from nothing else. It reads without scripts,
// offline and on paper. A new section is a function and a row in one of the two tables below. What an
// address has in common with the first one is not shown twice.
#include "report/html.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/html_parts.h"

#define KEYS 10

// --- sections ------------------------------------------------------------------------------------

struct part {
    const char *id, *title;
    void (*write)(struct html *html, const json_t *subject);
    const char *keys[KEYS]; // of an endpoint: all that the part reads, where it reads nothing else; ends with NULL
};

static const struct part parts_of_report[] = {
    {"findings", "Findings", html_findings, {NULL}},
    {"grade", "Grade", html_grades, {NULL}},
    {"limits", "Limits", html_thresholds, {NULL}},
    {"policy", "Policy", html_policy, {NULL}},
    {"waivers", "Waivers that have expired", html_waivers, {NULL}},
    {"changes", "Changes", html_changes, {NULL}},
};

static const struct part parts_of_endpoint[] = {
    {"protocols",
     "Protocols and cipher suites",
     html_protocols,
     {"versions", "cipher_suites", "suite_enumeration", "suite_preference", NULL}},
    {"groups",
     "Groups and signature schemes",
     html_groups,
     {"groups", "group_enumeration", "group_preference", "signature_schemes", "signature_scheme_enumeration",
      "signature_scheme_preference", NULL}},
    {"certificates", "Certificates", html_certificates, {"certificates", "certificate_enumeration", NULL}},
    {"http", "HTTP", html_http, {NULL}},
    {"features", "Features", html_features, {NULL}},
    {"open", "Anomalies and open questions", html_open, {NULL}},
    {"octets", "Evidence", html_octets, {NULL}},
};

static const struct part parts_after[] = {
    {"dns", "DNS", html_dns, {NULL}},
    {"scan", "About this scan", html_scan, {NULL}},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

// What the reader can jump to.
struct entry {
    const char *id, *title;
    struct entry *next;
};

struct contents {
    struct entry *first, *last;
};

static void list(struct html *html, struct contents *contents, const char *id, const char *title)
{
    struct entry *entry = arena_alloc(&html->memory, sizeof *entry);
    *entry = (struct entry){arena_text(&html->memory, "%s", id), arena_text(&html->memory, "%s", title), NULL};
    *(contents->last == NULL ? &contents->first : &contents->last->next) = entry;
    contents->last = entry;
}

static const char *id_of(struct html *html, const struct part *part, size_t endpoint)
{
    return endpoint == 0 ? part->id : arena_text(&html->view.memory, "%s-%zu", part->id, endpoint);
}

static bool same_as_first(const struct part *part, const json_t *endpoint, const json_t *first)
{
    size_t i = 0;
    for (; part->keys[i] != NULL; i++)
        if (!json_equal(json_object_get(endpoint, part->keys[i]), json_object_get(first, part->keys[i])))
            return false;
    return i != 0 && endpoint != first;
}

void html_same(struct html *html, const json_t *endpoint)
{
    html_put(html, "<p>The same as at %s.</p>\n", html_address(html, endpoint));
}

// The body of a part; what came of it is told by what is there now.
static void body(struct html *html, const struct part *part, const json_t *subject)
{
    const json_t *first = json_array_get(json_object_get(html->report, "endpoints"), 0);
    size_t before = html->out.size;
    part->write(html, subject);
    if (html->out.size == before || !same_as_first(part, subject, first))
        return;
    html->out.size = before;
    html_same(html, first);
}

// endpoint: its number from 1; 0: the part is about the whole report. Returns whether there was anything to say.
static bool section(struct html *html, const struct part *part, const json_t *subject, size_t endpoint)
{
    struct arena_mark mark = arena_mark(&html->view.memory);
    const char *level = endpoint == 0 ? "2" : "3", *id = id_of(html, part, endpoint);
    size_t start = html->out.size;
    html_put(html, "<section aria-labelledby=\"%s\">\n<h%s id=\"%s\">%s</h%s>\n", id, level, id, part->title, level);
    size_t before = html->out.size;
    body(html, part, subject);
    bool empty = html->out.size == before;
    if (empty)
        html->out.size = start;
    else
        html_put(html, "</section>\n");
    arena_rewind(&html->view.memory, mark);
    return !empty;
}

static void state(struct html *html, const json_t *endpoint)
{
    const char *reason = view_text(&html->view, endpoint, "reason");
    if (reason != NULL)
        html_put(html, "<p>This address was not scanned to the end (%s): %s.</p>\n",
                 html_words(html, html_known(html, endpoint, "status")), reason);
    if (view_truth(json_object_get(endpoint, "traffic"), "pushed_back"))
        html_put(html, "<p>The server pushed back, so the scan went slower.</p>\n");
}

// Where no TLS was found each fact is unknown for the reason that stands at the top.
static bool has_part(const json_t *endpoint, const struct part *part)
{
    return html_reached(endpoint) || part->write == html_octets;
}

static void endpoint_sections(struct html *html, const json_t *endpoint, struct contents *contents)
{
    const char *number = html_number(html, (int64_t)html->endpoint + 1), *address = html_address(html, endpoint);
    bool only = json_array_size(json_object_get(html->report, "endpoints")) == 1;
    html_put(html, "<section class=\"endpoint\" aria-labelledby=\"at-%s\">\n<h2 id=\"at-%s\">", number, number);
    html_put(html, "%s</h2>\n", address);
    if (!only)
        list(html, contents, arena_text(&html->memory, "at-%s", number), address);
    state(html, endpoint);
    for (size_t i = 0; i < COUNT(parts_of_endpoint); i++) {
        const struct part *part = &parts_of_endpoint[i];
        if (has_part(endpoint, part) && section(html, part, endpoint, html->endpoint + 1) && only)
            list(html, contents, id_of(html, part, 1), part->title);
    }
    html_put(html, "</section>\n");
}

static void report_sections(struct html *html, const struct part *parts, size_t count, struct contents *contents)
{
    for (size_t i = 0; i < count; i++)
        if (section(html, &parts[i], html->report, 0))
            list(html, contents, parts[i].id, parts[i].title);
}

static void sections(struct html *html, struct contents *contents)
{
    const json_t *endpoints = json_object_get(html->report, "endpoints");
    report_sections(html, parts_of_report, COUNT(parts_of_report), contents);
    for (size_t i = 0; i < view_count(endpoints); i++) {
        html->endpoint = i;
        endpoint_sections(html, json_array_get(endpoints, i), contents);
    }
    report_sections(html, parts_after, COUNT(parts_after), contents);
}

// --- the whole -----------------------------------------------------------------------------------

static void navigation(struct html *html, const struct contents *contents)
{
    html_put(html, "<nav aria-label=\"Contents\"><ul>\n");
    for (const struct entry *entry = contents->first; entry != NULL; entry = entry->next)
        html_put(html, "<li><a href=\"#%s\">%s</a></li>\n", entry->id, entry->title);
    html_put(html, "</ul></nav>\n");
}

// What there is is known only when all was written, and stands before it.
static void write_page(struct html *html)
{
    struct contents contents = {0};
    sections(html, &contents);
    struct builder written = html->out;
    html->out = builder_of(&html->memory, written.size + written.size / 8);
    html_open_page(html, arena_text(&html->memory, "%s: TLS report", html_target(html, html->report)), NULL);
    html_head(html, html->report);
    navigation(html, &contents);
    html_put(html, "<main id=\"content\">\n");
    builder_add(&html->out, builder_bytes(&written));
    html_put(html, "</main>\n");
    html_close_page(html);
}

char *html_page(const json_t *report, struct complaint *complaint)
{
    struct html html;
    html_begin(&html, report);
    html.rules = html_rules();
    html_probes_open(&html);
    write_page(&html);
    json_decref(html.rules);
    char *text = html_end(&html);
    if (text == NULL)
        complain(complaint, "the report is too long to show");
    return text;
}
