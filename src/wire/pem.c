// SPDX-License-Identifier: Apache-2.0
//
// Line by line, as the format is defined: a boundary is a line of its own. Blanks at the end of a line are forgiven,
// and lines of any length.
#include "wire/pem.h"

#include <string.h>

#include "base/text.h"

static struct bytes trim(struct bytes line)
{
    while (line.size != 0 && line.data[line.size - 1] <= ' ')
        line.size--;
    return line;
}

static bool next_line(struct bytes *text, struct bytes *line)
{
    if (text->size == 0)
        return false;
    const uint8_t *end = memchr(text->data, '\n', text->size);
    size_t size = end == NULL ? text->size : (size_t)(end - text->data) + 1;
    *line = trim((struct bytes){text->data, size});
    *text = (struct bytes){text->data + size, text->size - size};
    return true;
}

// word: what stands before the label.
static bool is_boundary(struct bytes line, const char *word, struct bytes *label)
{
    struct bytes before = bytes_of_text(word), after = bytes_of_text("-----");
    if (line.size < before.size + after.size)
        return false;
    *label = (struct bytes){line.data + before.size, line.size - before.size - after.size};
    return bytes_equal((struct bytes){line.data, before.size}, before) &&
           bytes_equal((struct bytes){label->data + label->size, after.size}, after);
}

bool pem_next(struct bytes *text, struct arena *arena, struct pem_block *out)
{
    bool inside = false;
    struct bytes line, label;
    const uint8_t *body = NULL;
    while (next_line(text, &line)) {
        if (is_boundary(line, PEM_BEGIN, &label)) {
            inside = true;
            out->label = label;
            body = text->data;
        } else if (inside && is_boundary(line, "-----END ", &label)) {
            inside = false;
            if (bytes_equal(label, out->label) &&
                text_from_base64_lines(arena, (struct bytes){body, (size_t)(line.data - body)}, &out->octets))
                return true;
        }
    }
    return false;
}
