// SPDX-License-Identifier: Apache-2.0
//
// The time line of a chain: a bar for each certificate on one axis, with the time of the report across
// them. The axis is the leaf's, with some room: a root lasts for decades, and beside it the leaf would be
// a dot. What goes beyond has an arrow. The dates stand beside the bars in words.
#include <inttypes.h>

#include "base/text.h"
#include "report/html_parts.h"

#define DAY 86400
#define ALL 10000 // parts of the axis

static bool dates(struct html *html, const json_t *certificate, int64_t *from, int64_t *to)
{
    const char *before = view_text(&html->view, certificate, "not_before");
    const char *after = view_text(&html->view, certificate, "not_after");
    return before != NULL && after != NULL && text_to_time(before, from) && text_to_time(after, to) && *from <= *to;
}

struct html_timeline html_timeline_of(struct html *html, const json_t *certificates)
{
    struct html_timeline line = {.known = html->view.has_now};
    int64_t from, to, now = html->view.now;
    if (!line.known || !dates(html, json_array_get(certificates, 0), &from, &to))
        return (struct html_timeline){0};
    line.from = from < now ? from : now;
    line.to = to > now ? to : now;
    int64_t room = (line.to - line.from) / 8 + DAY;
    line.from -= room;
    line.to += room;
    return line;
}

// A time's place on the axis, in parts of ALL.
static int64_t place(const struct html_timeline *line, int64_t time)
{
    if (time <= line->from)
        return 0;
    if (time >= line->to)
        return ALL;
    return (int64_t)((double)(time - line->from) * ALL / (double)(line->to - line->from));
}

static const char *percent(struct html *html, int64_t parts)
{
    return arena_text(&html->view.memory, "%" PRId64 ".%02" PRId64 "%%", parts / 100, parts % 100);
}

static const char *day(struct html *html, int64_t time)
{
    return arena_text(&html->view.memory, "%.10s", text_time(&html->view.memory, time));
}

void html_timeline_axis(struct html *html, const struct html_timeline *line)
{
    int64_t now = place(line, html->view.now);
    const char *anchor = now < ALL / 4 ? "start" : now > ALL - ALL / 4 ? "end" : "middle", *at = percent(html, now);
    if (!line->known)
        return;
    html_put(html,
             "<svg class=\"axis\" width=\"100%%\" height=\"34\" aria-hidden=\"true\">"
             "<text x=\"%s\" y=\"12\" text-anchor=\"%s\">scanned %s</text>"
             "<line class=\"now\" x1=\"%s\" x2=\"%s\" y1=\"16\" y2=\"20\"/>",
             at, anchor, day(html, html->view.now), at, at);
    html_put(html, "<text x=\"0\" y=\"32\">%s</text><text x=\"100%%\" y=\"32\" text-anchor=\"end\">%s</text></svg>\n",
             day(html, line->from), day(html, line->to));
}

void html_timeline_bar(struct html *html, const struct html_timeline *line, const json_t *certificate)
{
    const char *style, *state = html_remaining(html, certificate, &style);
    int64_t from, to;
    if (!line->known || !dates(html, certificate, &from, &to))
        return;
    int64_t left = place(line, from), right = place(line, to), width = right - left < 50 ? 50 : right - left;
    const char *now = percent(html, place(line, html->view.now));
    html_put(html, "<svg class=\"bar\" width=\"100%%\" height=\"16\" role=\"img\" aria-label=\"%s to %s, %s\">",
             day(html, from), day(html, to), state);
    html_put(html, "<rect class=\"track\" y=\"7\" width=\"100%%\" height=\"2\"/>");
    html_put(html, "<rect class=\"%s\" x=\"%s\" y=\"4\" width=\"%s\" height=\"8\"/>", style,
             percent(html, left + width > ALL ? ALL - width : left), percent(html, width));
    if (from < line->from)
        html_put(html, "<text x=\"2\" y=\"12\" class=\"on\">◂</text>");
    if (to > line->to)
        html_put(html, "<text x=\"99.5%%\" y=\"12\" text-anchor=\"end\" class=\"on\">▸</text>");
    html_put(html, "<line class=\"now\" x1=\"%s\" x2=\"%s\" y1=\"0\" y2=\"16\"/></svg>\n", now, now);
}
