// SPDX-License-Identifier: Apache-2.0
//
// From a format's name to its functions, and the buffer between these and whoever takes the octets.
// What a format is and how one is added stands in rendering.h.
#include "report/format.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/rendering.h"

#define BUFFER ((size_t)64 << 10)

#define FORMAT(id, lines, media, help) extern const struct format_view format_##id;
#include "formats.def"
#undef FORMAT

struct format {
    const char *id, *media, *help;
    bool lines;
    const struct format_view *view;
};

static const struct format formats[] = {
#define FORMAT(id, lines, media, help) {#id, media, help, lines, &format_##id},
#include "formats.def"
#undef FORMAT
};

#define FORMATS (sizeof formats / sizeof *formats)

static const struct format *find(const char *id)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].id, id) == 0)
            return &formats[i];
    return NULL;
}

const char *format_name(size_t index) { return index < FORMATS ? formats[index].id : NULL; }

void format_list(FILE *file)
{
    for (size_t i = 0; i < FORMATS; i++)
        fprintf(file, "%-12s  %-30s  %s\n", formats[i].id, formats[i].media, formats[i].help);
}

// --- writing ---------------------------------------------------------------------------------------

static void flush(struct rendering *rendering)
{
    if (rendering->size != 0)
        rendering->sink.write(rendering->sink.context, rendering->buffer, rendering->size);
    rendering->size = 0;
}

void rendering_put_octets(struct rendering *rendering, const char *text, size_t size)
{
    if (rendering->spool != NULL) {
        spool_write(rendering, rendering->spool, text, size);
        return;
    }
    if (size > BUFFER - rendering->size)
        flush(rendering);
    if (size > BUFFER) {
        rendering->sink.write(rendering->sink.context, text, size);
        return;
    }
    memcpy(rendering->buffer + rendering->size, text, size);
    rendering->size += size;
}

void rendering_put(struct rendering *rendering, const char *text)
{
    rendering_put_octets(rendering, text, strlen(text));
}

void rendering_print(struct rendering *rendering, const char *format, ...)
{
    char short_text[512], *text = short_text;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(short_text, sizeof short_text, format, arguments);
    always(size >= 0);
    if ((size_t)size >= sizeof short_text) {
        text = arena_alloc(&rendering->scratch, (size_t)size + 1);
        vsnprintf(text, (size_t)size + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    rendering_put_octets(rendering, text, (size_t)size);
}

void rendering_put_json(struct rendering *rendering, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
    if (text == NULL)
        die("out of memory");
    rendering_put(rendering, text);
    free(text);
    json_decref(value);
}

// --- a rendering -----------------------------------------------------------------------------------

struct rendering *rendering_open(const char *format, const struct format_options *options, struct sink sink,
                                 struct complaint *complaint)
{
    const struct format *found = find(format);
    if (found == NULL) {
        complain(complaint, "there is no format '%.64s' (see --list formats)", format);
        return NULL;
    }
    struct rendering *rendering = calloc(1, sizeof *rendering);
    char *buffer = malloc(BUFFER);
    if (rendering == NULL || buffer == NULL)
        die("out of memory");
    rendering->options = *options;
    rendering->format = found;
    rendering->sink = sink;
    rendering->plugin_status = -1;
    rendering->buffer = buffer;
    rendering->state = arena_alloc(&rendering->memory, found->view->state_size);
    return rendering;
}

bool rendering_streams(const struct rendering *rendering)
{
    return rendering->format->lines && !rendering->options.indent;
}

int rendering_plugin_status(const struct rendering *rendering)
{
    bool none = rendering->reports == 0 && rendering->format->view == &format_nagios;
    return none ? 3 : rendering->plugin_status; // what was not looked at is UNKNOWN
}

static void call(struct rendering *rendering, void (*function)(struct rendering *))
{
    if (function != NULL)
        function(rendering);
}

void rendering_add(struct rendering *rendering, struct report *report)
{
    const struct format_view *view = rendering->format->view;
    if (rendering->reports == 0)
        call(rendering, view->begin);
    struct arena_mark mark = arena_mark(&rendering->scratch);
    view->add(rendering, report);
    arena_rewind(&rendering->scratch, mark);
    rendering->reports++;
    flush(rendering);
}

size_t rendering_close(struct rendering *rendering, struct complaint *complaint)
{
    size_t reports = rendering->reports;
    if (reports != 0)
        call(rendering, rendering->format->view->end);
    flush(rendering);
    if (rendering->complaint.text[0] != '\0')
        complain(complaint, "%s", rendering->complaint.text);
    arena_release(&rendering->scratch);
    arena_release(&rendering->memory);
    free(rendering->buffer);
    free(rendering);
    return reports;
}
