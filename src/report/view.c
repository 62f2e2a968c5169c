// SPDX-License-Identifier: Apache-2.0
//
// Reads what may be a forged report and writes the small pieces that every section has.
#include "report/view.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

void view_append(struct builder *builder, const char *text)
{
    if (text[0] != '\0')
        builder_add(builder, bytes_of_text(text));
}

// Nearly every string is, and need not be copied.
static bool is_plain(const char *text, size_t size)
{
    bool plain = size <= TEXT_LIMIT;
    for (size_t i = 0; i < size && plain; i++)
        plain = text[i] >= ' ' && text[i] <= '~';
    return plain;
}

// A report's strings are escaped already, but a saved file can be anybody's. Backslashes are let
// through, or else what was escaped once would be escaped again.
const char *view_printable(struct arena *arena, const char *text)
{
    if (is_plain(text, strlen(text)))
        return text;
    struct builder builder = builder_in(arena);
    struct bytes rest = bytes_of_text(text);
    if (rest.size > TEXT_LIMIT)
        return text_escape(arena, rest);
    for (;;) {
        const uint8_t *backslash = rest.size == 0 ? NULL : memchr(rest.data, '\\', rest.size);
        size_t size = backslash == NULL ? rest.size : (size_t)(backslash - rest.data);
        view_append(&builder, text_escape(arena, (struct bytes){rest.data, size}));
        if (backslash == NULL)
            return arena_string(arena, builder_bytes(&builder));
        builder_u8(&builder, '\\');
        rest = (struct bytes){backslash + 1, rest.size - size - 1};
    }
}

const char *view_string(struct view *view, const json_t *value)
{
    const char *text = json_string_value(value);
    return text == NULL ? NULL : view_printable(&view->memory, text);
}

const char *view_text(struct view *view, const json_t *object, const char *key)
{
    return view_string(view, json_object_get(object, key));
}

int64_t view_number(const json_t *object, const char *key) { return json_integer_value(json_object_get(object, key)); }

bool view_truth(const json_t *object, const char *key) { return json_is_true(json_object_get(object, key)); }

bool view_is(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL && strcmp(value, text) == 0;
}

size_t view_count(const json_t *list)
{
    size_t count = json_array_size(list);
    return count < VIEW_ROWS ? count : VIEW_ROWS;
}

bool view_has(const json_t *object, const char *key, const char *text)
{
    const json_t *list = json_object_get(object, key);
    for (size_t i = 0; i < view_count(list); i++) {
        const char *value = json_string_value(json_array_get(list, i));
        if (value != NULL && strcmp(value, text) == 0)
            return true;
    }
    return false;
}

const char *view_joined(struct view *view, const json_t *list, size_t most)
{
    struct builder builder = builder_in(&view->memory);
    size_t total = json_array_size(list), shown = 0;
    for (size_t i = 0; i < total && shown < most; i++) {
        const char *text = view_string(view, json_array_get(list, i));
        if (text == NULL)
            continue;
        if (shown++ != 0)
            view_append(&builder, ", ");
        view_append(&builder, text);
    }
    if (shown == 0)
        return NULL;
    if (shown == most && total > most)
        view_append(&builder, arena_text(&view->memory, " and %zu more", total - most));
    return arena_string(&view->memory, builder_bytes(&builder));
}

const char *view_counted(struct view *view, int64_t count, const char *noun)
{
    return arena_text(&view->memory, "%" PRId64 " %s%s", count, noun, count == 1 ? "" : "s");
}

enum tint view_tint(const char *verdict, enum tint yes, enum tint no)
{
    if (verdict != NULL && strcmp(verdict, "yes") == 0)
        return yes;
    if (verdict != NULL && strcmp(verdict, "no") == 0)
        return no;
    return verdict != NULL && strcmp(verdict, "unknown") == 0 ? TINT_POOR : TINT_DIM;
}

void view_title(struct view *view, const char *title)
{
    page_blank(&view->page);
    page_line(&view->page, 0, TINT_BOLD, title);
}

const char *view_evidence(struct view *view, const json_t *row)
{
    struct builder builder = builder_in(&view->memory);
    const json_t *list = json_object_get(row, "evidence");
    if (!view->options->verbose || view_count(list) == 0)
        return NULL;
    view_append(&builder, "evidence");
    for (size_t i = 0; i < view_count(list); i++) {
        const char *key = view_string(view, json_array_get(list, i));
        builder_u8(&builder, ' ');
        view_append(&builder, key == NULL ? "?" : key);
    }
    return arena_string(&view->memory, builder_bytes(&builder));
}

void view_fact(struct view *view, unsigned indent, const char *label, const json_t *fact, enum tint yes, enum tint no,
               const char *detail)
{
    const char *verdict = view_text(view, fact, "verdict"), *reason = view_text(view, fact, "reason");
    const char *sentence = view_text(view, fact, "sentence"), *evidence = view_evidence(view, fact);
    if (verdict == NULL)
        return;
    bool explained = sentence != NULL && (view->options->verbose || strcmp(verdict, "yes") != 0);
    const char *parted = explained || detail != NULL ? ":" : "";
    page_label(&view->page, indent, label);
    page_words(&view->page, view_tint(verdict, yes, no), arena_text(&view->memory, "%s%s", verdict, parted));
    if (detail != NULL)
        page_words(&view->page, TINT_PLAIN, arena_text(&view->memory, "%s%s", detail, explained ? ";" : ""));
    if (explained)
        page_words(&view->page, TINT_PLAIN, sentence);
    if (explained && view->options->verbose && reason != NULL)
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", reason));
    page_end(&view->page);
    if (evidence != NULL)
        page_line(&view->page, indent + PAGE_LABEL, TINT_DIM, evidence);
}

void view_labelled(struct view *view, unsigned indent, const char *label, const char *words)
{
    if (words == NULL || words[0] == '\0')
        return;
    page_label(&view->page, indent, label);
    page_words(&view->page, TINT_PLAIN, words);
    page_end(&view->page);
}

const char *view_note(struct view *view, const json_t *row)
{
    const char *reason = view_text(view, row, "reason"), *sentence = view_text(view, row, "sentence");
    const char *evidence = view_evidence(view, row);
    if (!view->options->verbose || (evidence == NULL && sentence == NULL))
        return NULL;
    return arena_text(&view->memory, "%s%s%s%s%s", sentence == NULL ? "" : sentence, sentence == NULL ? "" : " (",
                      sentence == NULL ? ""
                      : reason == NULL ? "?"
                                       : reason,
                      sentence == NULL ? "" : ") ", evidence == NULL ? "" : evidence);
}

const json_t *view_about(const json_t *endpoint, const char *list_name, const char *version)
{
    const json_t *list = json_object_get(endpoint, list_name);
    for (size_t i = 0; version != NULL && i < view_count(list); i++)
        if (view_is(json_array_get(list, i), "version", version))
            return json_array_get(list, i);
    return NULL;
}

const json_t *view_http_row(const json_t *report, const json_t *endpoint)
{
    const json_t *list = json_object_get(report, "http");
    const char *address = json_string_value(json_object_get(endpoint, "address"));
    for (size_t i = 0; address != NULL && i < view_count(list); i++)
        if (view_is(json_array_get(list, i), "address", address))
            return json_array_get(list, i);
    return NULL;
}

static bool is_open(const json_t *fact)
{
    return view_is(fact, "verdict", "unknown") ||
           (view_is(fact, "verdict", "not_tested") && !view_is(fact, "reason", "not_selected"));
}

void view_each_open(const json_t *endpoint, void (*tell)(void *context, const json_t *fact, const char *what),
                    void *context)
{
    static const struct {
        const char *list, *what;
    } lists[] = {{"versions", "version"},
                 {"suite_enumeration", "list of suites"},
                 {"suite_preference", "order of suites"},
                 {"group_enumeration", "list of groups"},
                 {"group_preference", "order of groups"},
                 {"signature_scheme_enumeration", "list of signature schemes"},
                 {"signature_scheme_preference", "order of signature schemes"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *list = json_object_get(endpoint, lists[i].list);
        for (size_t row = 0; row < view_count(list); row++)
            if (is_open(json_array_get(list, row)))
                tell(context, json_array_get(list, row), lists[i].what);
    }
    const json_t *certificates = json_object_get(endpoint, "certificate_enumeration");
    if (is_open(certificates))
        tell(context, certificates, "certificates");
}

const char *view_order(const json_t *preference)
{
    static const struct {
        const char *verdict, *text;
    } orders[] = {
        {"server", "in the server's order"},
        {"client", "in the client's order: the server takes the first it knows"},
        {"server_chacha_by_client", "in the server's order, with ChaCha20 first for a client that puts it first"},
        {"single", "only one, so there is no order"},
        {"inconsistent", "in no consistent order"},
    };
    if (preference == NULL)
        return "";
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (view_is(preference, "verdict", orders[i].verdict))
            return orders[i].text;
    return "order not known";
}
