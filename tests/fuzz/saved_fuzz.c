// SPDX-License-Identifier: Apache-2.0
//
// Any octets as saved reports: each is judged, by a policy too, or complained about. What comes out is one
// line of JSON that is judged again to the same line.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "report/saved.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct judge *judge;

// The first of some octets, judged; NULL and a complaint otherwise.
static char *judge_octets(const void *data, size_t size, struct complaint *complaint)
{
    FILE *file = fmemopen((void *)data, size, "r");
    always(file != NULL);
    struct saved saved;
    struct judgement judgement;
    enum report_reach reach;
    saved_open(&saved, file, "octets");
    char *text = NULL;
    if (saved_more(&saved, complaint))
        text = saved_judge(&saved, judge, 1795442709, false, &judgement, &reach, complaint);
    while (text != NULL && saved_more(&saved, complaint)) {
        char *next = saved_judge(&saved, judge, 1795442709, false, &judgement, &reach, complaint);
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
