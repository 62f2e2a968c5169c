// SPDX-License-Identifier: Apache-2.0
//
// Reports on their way out: to the caller as text, and into the views that the caller has opened. A view
// gets the report as it is, so that nothing is read twice.
#include "delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"
#include "report/saved.h"

struct shakedown_view {
    struct rendering *rendering;
};

void deliver(const struct shakedown_calls *calls, struct report *report, bool indented)
{
    if (calls->report != NULL)
        calls->report(calls->context, indented ? report_indented(report) : report_line(report));
    for (unsigned i = 0; i < calls->view_count; i++)
        rendering_add(calls->views[i]->rendering, report);
}

struct shakedown_view *shakedown_view_open(const char *format, const struct shakedown_view_options *options,
                                           char *error)
{
    const struct shakedown_text *text = &options->text;
    const struct format_options given = {.text = {text->width, text->color, text->verbose, text->quiet},
                                         .indent = options->indent,
                                         .list = options->list};
    struct complaint complaint = {0};
    struct shakedown_view *view = malloc(sizeof *view);
    if (view == NULL)
        die("out of memory");
    view->rendering = rendering_open(format, &given, (struct sink){options->write, options->context}, &complaint);
    memcpy(error, complaint.text, sizeof complaint.text);
    if (view->rendering != NULL)
        return view;
    free(view);
    return NULL;
}

bool shakedown_view_streams(const struct shakedown_view *view) { return rendering_streams(view->rendering); }

int shakedown_view_plugin_status(const struct shakedown_view *view) { return rendering_plugin_status(view->rendering); }

bool shakedown_view_add(struct shakedown_view *view, const char *json, char *error)
{
    struct complaint complaint = {0};
    struct saved saved;
    size_t size = strlen(json);
    FILE *file = size == 0 ? NULL : fmemopen((void *)json, size, "r");
    struct report *report = NULL;
    saved_open(&saved, file, "text");
    if (file != NULL && saved_more(&saved, &complaint))
        report = saved_next(&saved, &complaint);
    else
        complain(&complaint, "there is no report in the text");
    if (report != NULL)
        rendering_add(view->rendering, report);
    report_free(report);
    saved_close(&saved);
    if (file != NULL)
        fclose(file);
    memcpy(error, complaint.text, sizeof complaint.text);
    return report != NULL;
}

unsigned long shakedown_view_close(struct shakedown_view *view, char *error)
{
    struct complaint complaint = {0};
    size_t reports = rendering_close(view->rendering, &complaint);
    memcpy(error, complaint.text, sizeof complaint.text);
    free(view);
    return reports;
}
