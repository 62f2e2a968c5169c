// SPDX-License-Identifier: Apache-2.0
//
// Saved reports one by one through the judge, of which only the differences go on.
#include "report/diff.h"

#include "report/compare.h"
#include "report/judge_tree.h"
#include "report/report_tree.h"
#include "report/tree.h"

char *diff_of(struct report *report, const struct judge *judge, int64_t present, struct judgement *judgement)
{
    judge_tree(judge, present, report->tree, judgement);
    return tree_dump(json_object_get(report->tree, "changes"), false);
}

char *diff_indented(struct report *report) { return tree_dump(json_object_get(report->tree, "changes"), true); }

void diff_print_aspects(FILE *file)
{
    for (size_t i = 0; i < aspect_count(); i++) {
        const char *help, *word = aspect_at(i, &help);
        fprintf(file, "%-20s %s\n", word, help);
    }
}
