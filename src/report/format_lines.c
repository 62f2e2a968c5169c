// SPDX-License-Identifier: Apache-2.0
//
// The formats that are as good as ready: the report itself, and what a terminal shows of it.
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/rendering.h"
#include "report/view.h"

// --- NDJSON ----------------------------------------------------------------------------------------

static void add_line(struct rendering *rendering, struct report *report)
{
    rendering_put(rendering, report_line(report));
}

const struct format_view format_ndjson = {.add = add_line};

// --- JSON ------------------------------------------------------------------------------------------

// The first report, until it is known whether it is the only one.
struct held {
    char *line, *indented;
};

static char *copy(const char *text)
{
    char *copied = strdup(text);
    if (copied == NULL)
        die("out of memory");
    return copied;
}

static void let_go(struct held *held)
{
    free(held->line);
    free(held->indented);
    *held = (struct held){0};
}

static void add_json(struct rendering *rendering, struct report *report)
{
    struct held *held = rendering->state;
    if (rendering->options.indent && rendering->reports == 0) {
        held->line = copy(report_line(report));
        held->indented = copy(report_indented(report));
        return;
    }
    if (held->line != NULL)
        rendering_put(rendering, held->line);
    let_go(held);
    add_line(rendering, report);
}

static void end_json(struct rendering *rendering)
{
    struct held *held = rendering->state;
    if (held->indented != NULL)
        rendering_put(rendering, held->indented);
    let_go(held);
}

const struct format_view format_json = {sizeof(struct held), NULL, add_json, end_json};

// --- text ------------------------------------------------------------------------------------------

static void add_text(struct rendering *rendering, struct report *report)
{
    char *text = view_report(report->tree, &rendering->options.text, &rendering->complaint);
    if (rendering->reports != 0 && !rendering->options.text.quiet)
        rendering_put(rendering, "\n");
    if (text != NULL)
        rendering_put(rendering, text);
    free(text);
}

const struct format_view format_text = {.add = add_text};
