// SPDX-License-Identifier: Apache-2.0
//
// The page of many reports, but for its rows: what was counted, as a map, a time line and lists, and the
// frame of the table. It reads without its script, which sorts and filters the table and does nothing else.
#include "report/html_fleet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/embedded.h"

#define WEEK  (7 * 86400)
#define SHOWN 20 // of the most frequent findings and rules
#define TALL  72 // pixels of the tallest bar

static const char *number(struct html *html, size_t count) { return html_number(html, (int64_t)count); }

static const char *day(struct html *html, int64_t time)
{
    return arena_text(&html->view.memory, "%.10s", text_time(&html->view.memory, time));
}

// --- the map -------------------------------------------------------------------------------------

static size_t rank(const char *label)
{
    static const char *const order[] = {"A+",   "A",    "A-",   "B",        "C",          "D",       "E",
                                        "F",    "T",    "M",    "critical", "high",       "medium",  "low",
                                        "info", "none", "pass", "complete", "incomplete", "partial", "fail"};
    size_t i = 0;
    while (i < sizeof order / sizeof *order && strcmp(order[i], label) != 0)
        i++;
    return i;
}

// Places of the labels in the order in which they are read.
static void sort(const char *const *labels, size_t count, size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at != 0 && rank(labels[order[at - 1]]) > rank(labels[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

// Four depths of one colour; the number stands in it.
static const char *depth(size_t hosts, size_t all)
{
    static const char *const depths[] = {"none", "some", "many", "most"};
    return depths[hosts == 0 ? 0 : hosts * 20 < all ? 1 : hosts * 4 < all ? 2 : 3];
}

static void map(struct html *html, const struct html_fleet *fleet)
{
    const struct fleet_map *of = &fleet->map;
    size_t across[FLEET_LABELS], down[FLEET_LABELS];
    sort(of->across, of->across_count, across);
    sort(of->down, of->down_count, down);
    html_put(html,
             "<h2 id=\"map\">%s</h2>\n<table class=\"map\">\n<caption>Hosts by %s and %s</caption>\n<thead><tr>"
             "<td></td>",
             fleet->has_grade || fleet->has_policy ? "Grades and policy" : "How they stand",
             fleet->has_grade ? "grade" : "worst finding", fleet->has_policy ? "policy" : "scan");
    for (size_t i = 0; i < of->across_count; i++)
        html_put(html, "<th scope=\"col\">%s</th>", of->across[across[i]]);
    html_put(html, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < of->down_count; i++) {
        html_put(html, "<tr><th scope=\"row\">%s</th>", of->down[down[i]]);
        for (size_t k = 0; k < of->across_count; k++) {
            size_t hosts = of->hosts[down[i]][across[k]];
            html_put(html, "<td class=\"%s\">%s</td>", depth(hosts, fleet->hosts), number(html, hosts));
        }
        html_put(html, "</tr>\n");
    }
    html_put(html, "</tbody>\n</table>\n");
}

// --- the time line -------------------------------------------------------------------------------

static size_t tallest(const struct html_fleet *fleet)
{
    size_t most = 1;
    for (size_t i = 0; i < FLEET_WEEKS; i++)
        most = fleet->weeks[i] > most ? fleet->weeks[i] : most;
    return most;
}

static const char *percent(struct html *html, size_t week)
{
    return arena_text(&html->view.memory, "%.2f%%", 100.0 * (double)week / FLEET_WEEKS);
}

static void bars(struct html *html, const struct html_fleet *fleet)
{
    size_t most = tallest(fleet);
    html_put(html,
             "<svg class=\"weeks\" width=\"100%%\" height=\"112\" role=\"img\" aria-label=\"Certificates that end in "
             "each week; the numbers stand below\">\n");
    for (size_t i = 0; i < FLEET_WEEKS; i++) {
        size_t height = fleet->weeks[i] == 0 ? 0 : 2 + fleet->weeks[i] * (TALL - 2) / most;
        if (height != 0)
            html_put(
                html,
                "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"1.5%%\" height=\"%s\"><title>%s: %s</title></rect>\n",
                i < 4 ? "poor" : "good", percent(html, i), number(html, 14 + TALL - height), number(html, height),
                day(html, fleet->now + (int64_t)i * WEEK), number(html, fleet->weeks[i]));
    }
    html_put(html, "<rect class=\"track\" y=\"%s\" width=\"100%%\" height=\"1\"/>\n", number(html, 14 + TALL));
    for (size_t i = 0; i + 13 <= FLEET_WEEKS; i += 13)
        html_put(html, "<text x=\"%s\" y=\"104\">%s</text>\n", percent(html, i),
                 arena_text(&html->view.memory, "%.7s", day(html, fleet->now + (int64_t)i * WEEK)));
    html_put(html, "<text x=\"0\" y=\"10\">%s in the fullest week</text></svg>\n", number(html, most));
}

// The same in words, by the time that is left.
static void remaining(struct html *html, const struct html_fleet *fleet)
{
    static const struct {
        size_t to;
        const char *title;
    } spans[] = {{1, "within a week"},
                 {4, "in one to four weeks"},
                 {13, "in one to three months"},
                 {26, "in three to six months"},
                 {FLEET_WEEKS, "in six to twelve months"}};
    size_t week = 0;
    html_put(html, "<dl class=\"facts\">\n<dt>ended</dt><dd>");
    html_mark(html, fleet->ended == 0 ? "dim" : "bad", fleet->ended == 0 ? "✓" : "✗", number(html, fleet->ended));
    html_put(html, "</dd>\n");
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        size_t hosts = 0;
        for (; week < spans[i].to; week++)
            hosts += fleet->weeks[week];
        html_put(html, "<dt>%s</dt><dd>%s</dd>\n", spans[i].title, number(html, hosts));
    }
    html_put(html, "<dt>later</dt><dd>%s</dd>\n<dt>not known</dt><dd>%s</dd>\n</dl>\n", number(html, fleet->later),
             number(html, fleet->without_end));
}

static void next(struct html *html, const struct html_fleet *fleet)
{
    if (fleet->next_count == 0)
        return;
    html_put(html, "<table>\n<caption>Those that end next</caption>\n<thead><tr><th scope=\"col\">Host</th>"
                   "<th scope=\"col\" class=\"number\">Ends</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < fleet->next_count; i++) {
        html_put(html, "<tr><th scope=\"row\">");
        html_name(html, fleet->next[i].host);
        html_put(html, "</th><td class=\"number\">%s</td></tr>\n", day(html, fleet->next[i].end));
    }
    html_put(html, "</tbody>\n</table>\n");
}

static void expiry(struct html *html, const struct html_fleet *fleet)
{
    html_put(html, "<h2 id=\"expiry\">When certificates end</h2>\n");
    if (fleet->has_now)
        bars(html, fleet);
    html_put(html, "<div class=\"beside\"><div>\n");
    remaining(html, fleet);
    html_put(html, "</div><div>\n");
    next(html, fleet);
    html_put(html, "</div></div>\n");
}

// --- what is most frequent -----------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const struct fleet_count *one = a, *other = b;
    if (one->hosts != other->hosts)
        return one->hosts < other->hosts ? 1 : -1;
    return strcmp(one->id, other->id);
}

static void share(struct html *html, size_t hosts, size_t all)
{
    html_put(html,
             "<td class=\"wide share\"><svg width=\"100%%\" height=\"10\" aria-hidden=\"true\"><rect class=\"track\" "
             "width=\"100%%\" height=\"10\"/><rect class=\"dim\" width=\"%s\" height=\"10\"/></svg></td>",
             arena_text(&html->view.memory, "%.2f%%", 100.0 * (double)hosts / (double)(all == 0 ? 1 : all)));
}

static void frequent(struct html *html, struct fleet_counts *counts, size_t all, const char *id, const char *title)
{
    if (counts->count == 0)
        return;
    qsort(counts->row, counts->count, sizeof *counts->row, compare);
    html_put(html,
             "<h2 id=\"%s\">%s</h2>\n<table>\n<caption>By the number of hosts</caption>\n<thead><tr>"
             "<th scope=\"col\">What</th><th scope=\"col\" class=\"number\">Hosts</th>"
             "<th scope=\"col\" class=\"wide share\">Share</th></tr></thead>\n<tbody>\n",
             id, title);
    for (size_t i = 0; i < counts->count && i < SHOWN; i++) {
        const struct fleet_count *row = &counts->row[i];
        html_put(html, "<tr><th scope=\"row\">");
        html_severity(html, row->style, row->style);
        html_put(html, " %s</th><td class=\"number\">%s</td>", row->title, number(html, row->hosts));
        share(html, row->hosts, all);
        html_put(html, "</tr>\n");
    }
    html_put(html, "</tbody>\n</table>\n");
    if (counts->count > SHOWN || counts->left_out != 0)
        html_put(html, "<p class=\"note\">and %s more</p>\n",
                 number(html, counts->count - (counts->count > SHOWN ? SHOWN : 0)));
}

// --- the frame -----------------------------------------------------------------------------------

static void top(struct html *html, const struct html_fleet *fleet)
{
    html_put(html, "<header>\n<p class=\"kicker\">TLS report");
    if (fleet->has_now)
        html_put(html,
                 strcmp(fleet->first, fleet->last) == 0 ? " · <time>%s</time>"
                                                        : " · <time>%s</time> to <time>%s</time>",
                 fleet->first, fleet->last);
    html_put(html, "</p>\n<h1>%s</h1>\n</header>\n", view_counted(&html->view, (int64_t)fleet->hosts, "host"));
    html_put(html, "<nav aria-label=\"Contents\"><ul>\n<li><a href=\"#map\">Overview</a></li>\n"
                   "<li><a href=\"#expiry\">When certificates end</a></li>\n");
    if (fleet->findings.count != 0)
        html_put(html, "<li><a href=\"#findings\">Findings</a></li>\n");
    if (fleet->rules.count != 0)
        html_put(html, "<li><a href=\"#rules\">Rules not met</a></li>\n");
    html_put(html, "<li><a href=\"#hosts\">Hosts</a></li>\n</ul></nav>\n<main id=\"content\">\n");
}

static void table_head(struct html *html, const struct html_fleet *fleet)
{
    html_put(html,
             "<h2 id=\"hosts\">Hosts</h2>\n<div id=\"tools\" hidden><label for=\"filter\">Show hosts with</label> "
             "<input id=\"filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"> "
             "<output id=\"shown\" for=\"filter\"></output></div>\n");
    html_put(
        html,
        "<table id=\"fleet\" class=\"fleet%s%s\">\n<caption>Each name unfolds to its worst findings</caption>\n"
        "<thead><tr><th scope=\"col\">Host</th><th scope=\"col\" class=\"of-grade\">Grade</th>"
        "<th scope=\"col\" class=\"of-policy\">Policy</th><th scope=\"col\" class=\"cell\">Critical</th>"
        "<th scope=\"col\" class=\"cell\">High</th><th scope=\"col\" class=\"cell wide\">Medium</th>"
        "<th scope=\"col\" class=\"cell wide\">Low</th><th scope=\"col\" class=\"wide\">Versions</th>"
        "<th scope=\"col\" class=\"number\">Days left</th><th scope=\"col\" class=\"wide\">Scan</th></tr></thead>\n"
        "<tbody>\n",
        fleet->has_grade ? "" : " no-grade", fleet->has_policy ? "" : " no-policy");
}

char *html_fleet_head(struct html_fleet *fleet)
{
    struct html html;
    const char *script = embedded_find(EMBEDDED_PAGES, "fleet.js")->text;
    html_begin(&html, NULL);
    html_open_page(&html, arena_text(&html.memory, "TLS report: %zu hosts", fleet->hosts), script);
    top(&html, fleet);
    map(&html, fleet);
    expiry(&html, fleet);
    frequent(&html, &fleet->findings, fleet->hosts, "findings", "Findings");
    frequent(&html, &fleet->rules, fleet->hosts, "rules", "Rules not met");
    table_head(&html, fleet);
    return html_end(&html);
}

char *html_fleet_foot(void)
{
    struct html html;
    html_begin(&html, NULL);
    html_put(&html,
             "</tbody>\n</table>\n<p><button id=\"more\" type=\"button\" hidden></button></p>\n</main>\n<script>");
    html_own(&html, embedded_find(EMBEDDED_PAGES, "fleet.js")->text);
    html_put(&html, "</script>\n");
    html_close_page(&html);
    return html_end(&html);
}

void html_fleet_close(struct html_fleet *fleet) { arena_release(&fleet->memory); }
