// SPDX-License-Identifier: Apache-2.0
//
// What all subjects share: finding them by name, and reading a property of a row.
#include "report/subject.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"

static const struct {
    const struct subject *subjects;
    const size_t *count;
} tables[] = {
    {subjects_of_lists, &subjects_of_lists_count},   {subjects_of_certificates, &subjects_of_certificates_count},
    {subjects_of_chains, &subjects_of_chains_count}, {subjects_of_http, &subjects_of_http_count},
    {subjects_of_dns, &subjects_of_dns_count},       {subjects_of_features, &subjects_of_features_count},
};

size_t subject_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        count += *tables[i].count;
    return count;
}

const struct subject *subject_at(size_t index)
{
    size_t i = 0;
    for (; i < sizeof tables / sizeof *tables && index >= *tables[i].count; i++)
        index -= *tables[i].count;
    always(i < sizeof tables / sizeof *tables);
    return &tables[i].subjects[index];
}

const struct subject *subject_find(const char *name, size_t length)
{
    for (size_t i = 0; i < subject_count(); i++) {
        const struct subject *subject = subject_at(i);
        if (strlen(subject->name) == length && memcmp(subject->name, name, length) == 0)
            return subject;
    }
    return NULL;
}

const struct property *property_find(const struct subject *subject, const char *name)
{
    for (size_t i = 0; i < subject->property_count; i++)
        if (strcmp(subject->properties[i].name, name) == 0)
            return &subject->properties[i];
    return NULL;
}

// What a dotted way leads to.
static const json_t *member_of(const json_t *json, const char *member)
{
    char key[64];
    for (;;) {
        size_t size = strcspn(member, ".");
        always(size < sizeof key);
        memcpy(key, member, size);
        key[size] = '\0';
        json = json_object_get(json, key);
        if (member[size] == '\0')
            return json;
        member += size + 1;
    }
}

// --- making rows ---------------------------------------------------------------------------------

void rows_add(const struct query *query, struct rows *rows, struct row row)
{
    if (rows->count == SUBJECT_ROWS) {
        rows_doubt(rows, "the list is longer than any list that this program makes");
        return;
    }
    if ((rows->count & (rows->count - 1)) == 0) { // 0, 1, 2, 4, ...: as many again
        struct row *grown = arena_array(query->scene->scratch, rows->count == 0 ? 1 : rows->count * 2, sizeof *grown);
        for (size_t i = 0; i < rows->count; i++)
            grown[i] = rows->row[i];
        rows->row = grown;
    }
    row.scene = query->scene;
    rows->row[rows->count++] = row;
}

void rows_add_all(const struct query *query, struct rows *rows, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++)
        rows_add(query, rows, (struct row){.json = json_array_get(list, i), .certain = true});
}

void rows_doubt(struct rows *rows, const char *sentence)
{
    rows->whole = false;
    if (rows->reason == NULL)
        rows->reason = sentence;
}

void rows_prove(struct rows *rows, const json_t *fact)
{
    const json_t *evidence = json_object_get(fact, "evidence");
    if (rows->proof_count < sizeof rows->proof / sizeof *rows->proof && json_array_size(evidence) != 0)
        rows->proof[rows->proof_count++] = evidence;
}

const char *member_text(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

bool member_is(const json_t *object, const char *member, const char *text)
{
    const char *value = member_text(object, member);
    return value != NULL && strcmp(value, text) == 0;
}

const json_t *list_find(const json_t *list, const char *member, const char *text)
{
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++)
        if (member_is(json_array_get(list, i), member, text))
            return json_array_get(list, i);
    return NULL;
}

const char *subject_lacking(const struct query *query, const char *check, const char *otherwise)
{
    const json_t *ran = json_object_get(query->scene->endpoint, "checks");
    if (json_array_size(ran) == 0 || list_find(ran, "id", check) != NULL)
        return otherwise;
    return "the check was not selected"; // as facts of other checks say it, for findings with one reason share a row
}

// --- reading them --------------------------------------------------------------------------------

static bool is(const char *text, const char *word) { return text != NULL && strcmp(text, word) == 0; }

// A verdict stands alone, or is that of a fact, with a sentence and evidence.
static bool read_verdict(const json_t *json, struct value *out)
{
    out->text = json_string_value(json_is_object(json) ? json_object_get(json, "verdict") : json);
    if (json_is_object(json)) {
        out->sentence = json_string_value(json_object_get(json, "sentence"));
        out->evidence = json_object_get(json, "evidence");
    }
    out->not_applicable = is(out->text, "not_applicable");
    return is(out->text, "yes") || is(out->text, "no") || out->not_applicable;
}

// "unknown" is what a report says of an order that it does not know.
static bool read_text(const struct property *property, const json_t *json, struct value *out)
{
    out->text = json_string_value(json);
    return out->text != NULL && !(property->words == WORDS_PREFERENCE && is(out->text, "unknown"));
}

bool property_read(const struct property *property, const struct row *row, struct value *out)
{
    *out = (struct value){0};
    if (property->derive != NULL)
        return property->derive(row, out);
    const json_t *json = member_of(row->json, property->member);
    switch (property->kind) {
    case PROPERTY_TEXT:
        return read_text(property, json, out);
    case PROPERTY_TEXTS:
        out->texts = json;
        return json_is_array(json);
    case PROPERTY_NUMBER:
        out->number = json_integer_value(json);
        return json_is_integer(json);
    case PROPERTY_TRUTH:
        out->truth = json_is_true(json);
        return json_is_boolean(json);
    case PROPERTY_TIME:
        return json_is_string(json) && text_to_time(json_string_value(json), &out->number);
    case PROPERTY_VERDICT:
        return read_verdict(json, out);
    }
    bug("a property of no kind");
}

const json_t *row_evidence(const struct row *row)
{
    const json_t *evidence = json_object_get(row->json, "evidence");
    return json_array_size(evidence) != 0 ? evidence : json_object_get(row->chain, "evidence");
}

const char *row_text(const struct row *row, const char *member)
{
    return json_string_value(member_of(row->json, member));
}

bool row_time(const struct row *row, const char *member, int64_t *seconds)
{
    const char *text = row_text(row, member);
    return text != NULL && text_to_time(text, seconds);
}
