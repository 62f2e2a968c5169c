// SPDX-License-Identifier: Apache-2.0
//
// The texts themselves are made by make, from the files that people edit.
#include "report/embedded.h"

#include <string.h>

#include "base/fail.h"
#include "report/place.h"
#include "report/quick.h"

#define TEXT(name, text) {name, text},

static const struct embedded findings[] = {
#include "findings.def"
};

static const struct embedded policies[] = {
#include "policies.def"
};

static const struct embedded grade[] = {
#include "grade.def"
};

static const struct embedded schemas[] = {
#include "schemas.def"
};

static const struct embedded pages[] = {
#include "pages.def"
};

static const struct {
    const struct embedded *text;
    size_t count;
} kinds[] = {
    [EMBEDDED_FINDINGS] = {findings, sizeof findings / sizeof *findings},
    [EMBEDDED_POLICIES] = {policies, sizeof policies / sizeof *policies},
    [EMBEDDED_GRADE] = {grade, sizeof grade / sizeof *grade},
    [EMBEDDED_SCHEMAS] = {schemas, sizeof schemas / sizeof *schemas},
    [EMBEDDED_PAGES] = {pages, sizeof pages / sizeof *pages},
};

size_t embedded_count(enum embedded_kind kind) { return kinds[kind].count; }

const struct embedded *embedded_at(enum embedded_kind kind, size_t index)
{
    always(index < kinds[kind].count);
    return &kinds[kind].text[index];
}

const struct embedded *embedded_find(enum embedded_kind kind, const char *name)
{
    for (size_t i = 0; i < kinds[kind].count; i++)
        if (strcmp(kinds[kind].text[i].name, name) == 0)
            return &kinds[kind].text[i];
    return NULL;
}

// The library reads what the quick reader leaves to it, and tells what is wrong with a file that is no JSON.
json_t *embedded_load(const struct embedded *file)
{
    struct source source = {file->name, file->text};
    struct complaint complaint = {0};
    struct quick *quick = quick_open();
    json_t *value = quick_load(quick, file->text, strlen(file->text));
    quick_close(quick);
    if (value == NULL)
        value = place_load(&source, &complaint);
    if (value == NULL)
        bug(complaint.text);
    return value;
}
