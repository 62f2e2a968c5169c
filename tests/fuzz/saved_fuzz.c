// SPDX-License-Identifier: Apache-2.0
//
// Any octets as saved reports: each is judged, by a policy too, or complained about. What comes out is one
// line of JSON that is judged again to the same line, and something in every format.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/format.h"
#include "report/judge.h"
#include "report/quick.h"
#include "report/saved.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct judge *judge;

// What the quick reader takes, jansson takes too, and makes the same of it.
static void check_quick(const void *data, size_t size)
{
    static struct quick *quick;
    if (quick == NULL)
        quick = quick_open();
    json_t *ours = quick_load(quick, data, size), *theirs = ours == NULL ? NULL : json_loadb(data, size, 0, NULL);
    always(ours == NULL || json_equal(ours, theirs));
    json_decref(ours);
    json_decref(theirs);
}

static void drop(void *context, const char *text, size_t size)
{
    size_t *total = context;
    always(size == 0 || text != NULL);
    *total += size;
}

// Whatever it is, each format makes something of it; which one, its length decides.
static void render(struct report *report)
{
    struct complaint complaint = {0};
    size_t total = 0, formats = 0;
    while (format_name(formats) != NULL)
        formats++;
    struct rendering *rendering = rendering_open(format_name(strlen(report_line(report)) % formats),
                                                 &(struct format_options){0}, (struct sink){drop, &total}, &complaint);
    always(rendering != NULL);
    rendering_add(rendering, report);
    always(rendering_close(rendering, &complaint) == 1 && total != 0);
}

// The next report, judged, as a line; NULL and a complaint otherwise.
static char *judge_next(struct saved *saved, struct complaint *complaint)
{
    struct judgement judgement;
    struct report *report = saved_next(saved, complaint);
    if (report == NULL)
        return NULL;
    report_reach_read(report);
    judge_report(judge, 1795442709, report, &judgement);
    render(report);
    char *text = strdup(report_line(report));
    always(text != NULL);
    report_free(report);
    return text;
}

// The first of some octets, judged; NULL and a complaint otherwise.
static char *judge_octets(const void *data, size_t size, struct complaint *complaint)
{
    FILE *file = fmemopen((void *)data, size, "r");
    always(file != NULL);
    struct saved saved;
    saved_open(&saved, file, "octets");
    char *text = NULL;
    if (saved_more(&saved, complaint))
        text = judge_next(&saved, complaint);
    while (text != NULL && saved_more(&saved, complaint)) {
        char *next = judge_next(&saved, complaint);
        free(next);
        if (next == NULL)
            break;
    }
    saved_close(&saved);
    fclose(file);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct complaint complaint = {0}, none = {0};
    if (judge == NULL)
        judge = judge_open(&(struct judge_settings){.policy = "cnsa-2.0"}, &none);
    if (size == 0)
        return 0;
    check_quick(data, size);
    char *text = judge_octets(data, size, &complaint);
    if (text == NULL)
        return 0;
    always(strchr(text, '\n') == text + strlen(text) - 1);
    char *again = judge_octets(text, strlen(text), &none);
    always(again != NULL && strcmp(text, again) == 0);
    free(again);
    free(text);
    return 0;
}
