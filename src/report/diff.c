// SPDX-License-Identifier: Apache-2.0
//
// Saved reports one by one through the judge, of which only the differences go on.
#include "report/diff.h"

#include "report/compare.h"
#include "report/judge_tree.h"
#include "report/report_tree.h"
#include "report/tree.h"

char *diff_next(struct saved *saved, const struct judge *judge, int64_t present, bool indent,
                struct judgement *judgement, struct complaint *complaint)
{
    struct report *report = saved_next(saved, complaint);
    if (report == NULL)
        return NULL;
    judge_tree(judge, present, report->tree, judgement);
    char *text = tree_dump(json_object_get(report->tree, "changes"), indent && !saved_more(saved, complaint));
    report_free(report);
    return text;
}

void diff_print_aspects(FILE *file)
{
    for (size_t i = 0; i < aspect_count(); i++) {
        const char *help, *word = aspect_at(i, &help);
        fprintf(file, "%-20s %s\n", word, help);
    }
}
