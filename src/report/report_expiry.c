// SPDX-License-Identifier: Apache-2.0
//
// How long certificates last: one, and a chain as a whole, of which the first to end is the end. Days
// are counted from the time that the report was judged by.
#include "report/tree.h"

#define DAY 86400

// Whole days, rounded down: below 0 it is over, 0 on its last day.
static int64_t days_between(int64_t from, int64_t to)
{
    int64_t seconds = to - from, days = seconds / DAY;
    return seconds % DAY < 0 ? days - 1 : days;
}

void tree_set_days_left(struct arena *scratch, json_t *object, int64_t not_after, const struct tree_clock *clock)
{
    bool known = not_after != INT64_MIN && not_after != INT64_MAX;
    if (clock->shown)
        tree_set(object, "days_left",
                 known ? tree_integer(days_between(clock->now, not_after)) : tree_text(scratch, NULL));
}

// Null where one of the dates could not be read: that certificate may be the first to end.
static const struct certificate *first_to_end(const struct chain_fact *chain)
{
    const struct certificate *first = NULL;
    for (size_t i = 0; i < chain->count; i++) {
        const struct certificate *one = &chain->chain[i];
        if (one->not_after == INT64_MIN || one->not_after == INT64_MAX)
            return NULL;
        if (first == NULL || one->not_after < first->not_after)
            first = one;
    }
    return first;
}

json_t *tree_expiry(struct arena *scratch, const struct chain_fact *chain, const struct tree_clock *clock)
{
    const struct certificate *first = first_to_end(chain);
    int64_t not_after = first == NULL ? INT64_MAX : first->not_after;
    json_t *object = tree_object();
    tree_set(object, "certificate",
             first == NULL ? tree_text(scratch, NULL) : tree_number((uint64_t)(first - chain->chain)));
    tree_set(object, "not_after", tree_time(scratch, not_after));
    tree_set_days_left(scratch, object, not_after, clock);
    return object;
}
