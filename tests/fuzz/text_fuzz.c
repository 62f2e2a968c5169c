// SPDX-License-Identifier: Apache-2.0
//
// Any file as a saved report: the first octet chooses the options, the rest is the JSON. Whatever
// it is, a complaint or a view comes of it, and the view holds no control character and no line
// that is too long.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned widths[] = {0, 1, 7, 40, 60, 80, 120, 200};

static struct text_options options_of(uint8_t octet)
{
    return (struct text_options){.width = widths[octet & 7], .verbose = (octet & 8) != 0, .quiet = (octet & 16) != 0};
}

// Octets without colour: everything below a space is a line's end.
static void check(char *text, const struct text_options *options)
{
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        for (const char *c = line; *c != '\0'; c++)
            always((unsigned char)*c >= 0x20 && *c != 0x7F);
        // Only lines of ASCII are measured: there an octet is a column.
        size_t ascii = strlen(line);
        for (const char *c = line; *c != '\0'; c++)
            if ((unsigned char)*c >= 0x80)
                ascii = 0;
        always(options->width == 0 || ascii <= options->width);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena arena = {0};
    struct complaint complaint = {0};
    struct text_options options = options_of(data[0]);
    char *text = report_text(arena_string(&arena, (struct bytes){data + 1, size - 1}), &options, &complaint);
    always((text == NULL) == (complaint.text[0] != '\0'));
    if (text != NULL)
        check(text, &options);
    free(text);
    arena_release(&arena);
    return 0;
}
