// SPDX-License-Identifier: Apache-2.0
#include "forged.h"

#include <stdlib.h>
#include <string.h>

#define MOST_KEYS 64 // of an object

struct work {
    const struct forger *forger;
    json_t *root;
    unsigned count;
};

static void forge_below(struct work *work, json_t *value);

static json_t *stranger(struct work *work, size_t index)
{
    work->count++;
    return json_loads(work->forger->strangers[index], JSON_DECODE_ANY, NULL);
}

static void forge_member(struct work *work, json_t *object, const char *key)
{
    json_t *kept = json_incref(json_object_get(object, key));
    for (size_t i = 0; i < work->forger->stranger_count; i++) {
        json_object_set_new(object, key, stranger(work, i));
        work->forger->try(work->root);
    }
    json_object_set_new(object, key, kept);
    forge_below(work, kept);
}

static void forge_item(struct work *work, json_t *list, size_t index)
{
    json_t *kept = json_incref(json_array_get(list, index));
    for (size_t i = 0; i < work->forger->stranger_count; i++) {
        json_array_set_new(list, index, stranger(work, i));
        work->forger->try(work->root);
    }
    json_array_set_new(list, index, kept);
    forge_below(work, kept);
}

// Keys are copied: the object loses each for a while.
static void forge_below(struct work *work, json_t *value)
{
    for (size_t i = 0; i < json_array_size(value) && i < work->forger->alike; i++)
        forge_item(work, value, i);
    char *keys[MOST_KEYS];
    size_t count = 0;
    for (void *at = json_object_iter(value); at != NULL && count < MOST_KEYS; at = json_object_iter_next(value, at))
        keys[count++] = strdup(json_object_iter_key(at));
    for (size_t i = 0; i < count; i++) {
        forge_member(work, value, keys[i]);
        free(keys[i]);
    }
}

unsigned forge(const struct forger *forger, json_t *root)
{
    struct work work = {.forger = forger, .root = root};
    forge_below(&work, root);
    return work.count;
}
