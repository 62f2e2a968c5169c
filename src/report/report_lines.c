// SPDX-License-Identifier: Apache-2.0
//
// A report between its tree and its text. Each text is made when it is first asked for; a line that was
// read is not made again, but what was judged since is put into it.
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/judge_tree.h"
#include "report/report_tree.h"
#include "report/tree.h"

struct report *report_of(json_t *tree, const char *text, size_t size)
{
    struct report *report = malloc(sizeof *report);
    if (report == NULL)
        die("out of memory");
    *report = (struct report){.tree = tree, .text = text, .size = size};
    return report;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    json_decref(report->tree);
    free(report->line);
    free(report->indented);
    free(report);
}

static char *with_newline(const char *text, size_t size)
{
    char *line = malloc(size + 2);
    if (line == NULL)
        die("out of memory");
    memcpy(line, text, size);
    memcpy(line + size, "\n", 2);
    return line;
}

static char *make_line(const struct report *report)
{
    if (report->text == NULL || memchr(report->text, '\n', report->size) != NULL)
        return tree_dump(report->tree, false);
    if (report->judged)
        return splice(report->text, report->size, report->tree);
    return with_newline(report->text, report->size);
}

const char *report_line(struct report *report)
{
    if (report->line == NULL)
        report->line = make_line(report);
    return report->line;
}

const char *report_indented(struct report *report)
{
    if (report->indented == NULL)
        report->indented = tree_dump(report->tree, true);
    return report->indented;
}
