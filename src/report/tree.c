// SPDX-License-Identifier: Apache-2.0
//
// Leaves and small branches of the JSON tree. jansson tells "not UTF-8" and "out of memory" apart
// by nothing but NULL, so every string goes through text() and every node through made().
#include "report/tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "probe/probe.h"
#include "wire/registry.h"

static json_t *made(json_t *value)
{
    if (value == NULL)
        die("out of memory");
    return value;
}

json_t *tree_object(void) { return made(json_object()); }

json_t *tree_list(void) { return made(json_array()); }

void tree_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        die("out of memory");
}

void tree_add(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0)
        die("out of memory");
}

json_t *tree_text(struct arena *scratch, const char *text)
{
    if (text == NULL)
        return made(json_null());
    json_t *value = json_string(text);
    if (value == NULL)
        value = json_string(text_escape(scratch, bytes_of_text(text)));
    return made(value);
}

json_t *tree_texts(struct arena *scratch, struct strings texts)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < texts.count; i++)
        tree_add(list, tree_text(scratch, texts.text[i]));
    return list;
}

json_t *tree_number(uint64_t number) { return made(json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number)); }

json_t *tree_number_or_null(uint64_t number) { return number == 0 ? made(json_null()) : tree_number(number); }

json_t *tree_integer(int64_t number) { return made(json_integer(number)); }

json_t *tree_truth(bool truth) { return made(json_boolean(truth)); }

json_t *tree_time(struct arena *scratch, int64_t seconds)
{
    if (seconds == INT64_MIN || seconds == INT64_MAX)
        return made(json_null());
    return tree_text(scratch, text_time(scratch, seconds));
}

json_t *tree_version(struct arena *scratch, uint16_t version)
{
    const char *name = version_name(version);
    return name == NULL ? tree_code(scratch, version) : tree_text(scratch, name);
}

json_t *tree_code(struct arena *scratch, uint32_t code)
{
    return tree_text(scratch, arena_text(scratch, "0x%04" PRIX32, code));
}

json_t *tree_kind(struct arena *scratch, uint32_t kind)
{
    return tree_text(scratch, arena_text(scratch, "0x%06" PRIX32, kind));
}

json_t *tree_evidence(struct arena *scratch, struct evidence evidence)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < evidence.count; i++)
        tree_add(list, tree_text(scratch, probe_key_text(scratch, evidence.key[i])));
    return list;
}

void tree_set_fact(struct arena *scratch, json_t *object, const struct fact *fact)
{
    tree_set(object, "verdict", tree_text(scratch, verdict_name(fact->verdict)));
    tree_set(object, "reason", tree_text(scratch, fact->reason));
    tree_set(object, "sentence", tree_text(scratch, fact->sentence));
    tree_set(object, "evidence", tree_evidence(scratch, fact->evidence));
}

json_t *tree_fact(struct arena *scratch, const struct fact *fact)
{
    json_t *object = tree_object();
    tree_set_fact(scratch, object, fact);
    return object;
}

void tree_set_preference(struct arena *scratch, json_t *object, const struct preference_fact *row)
{
    tree_set(object, "verdict", tree_text(scratch, preference_name(row->preference)));
    tree_set(object, "reason", tree_text(scratch, row->reason));
    tree_set(object, "sentence", tree_text(scratch, row->sentence));
    tree_set(object, "evidence", tree_evidence(scratch, row->evidence));
}

char *tree_dump(const json_t *tree, bool indent)
{
    if (!indent)
        return tree_line(tree);
    char *text = json_dumps(tree, JSON_PRESERVE_ORDER | JSON_INDENT(2));
    size_t size = text == NULL ? 0 : strlen(text);
    text = size == 0 ? NULL : realloc(text, size + 2);
    if (text == NULL)
        die("out of memory");
    memcpy(text + size, "\n", 2);
    return text;
}

int tree_order(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

const void **tree_sorted(struct arena *scratch, const void *rows, size_t count, size_t size,
                         int (*compare)(const void *, const void *))
{
    const void **sorted = arena_array(scratch, count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (const char *)rows + i * size;
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, compare);
    return sorted;
}
