// SPDX-License-Identifier: Apache-2.0
//
// A modulus that shares one of its primes has that prime in common with all others together, so those of one group show
// the same. One that shares both shows its whole self; whom with is then found pair by pair, among the few that share
// anything.
#include "wire/factor_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/common_factor.h"

#define MOST_PAIRS 50000 // that are looked at one by one: about ten seconds

// A modulus that shares something, and what.
struct suspect {
    size_t index;
    struct bytes factor;
    bool settled; // it is in a group with others that show the same
};

struct gathering {
    struct arena *arena;
    const struct bytes *number;
    struct suspect *suspect;
    size_t suspect_count;
    struct factor_group *group;
    size_t count, room, pairs;
    bool whole;
};

static int compare_bytes(struct bytes a, struct bytes b)
{
    if (a.size != b.size)
        return a.size < b.size ? -1 : 1;
    return a.size == 0 ? 0 : memcmp(a.data, b.data, a.size);
}

static int compare_indexes(size_t a, size_t b) { return (a > b) - (a < b); }

static int compare_suspects(const void *a, const void *b)
{
    const struct suspect *x = a, *y = b;
    int order = compare_bytes(x->factor, y->factor);
    return order != 0 ? order : compare_indexes(x->index, y->index);
}

static int compare_members(const void *a, const void *b)
{
    return compare_indexes(*(const size_t *)a, *(const size_t *)b);
}

static int compare_groups(const void *a, const void *b)
{
    const struct factor_group *x = a, *y = b;
    int order = compare_indexes(x->member[0], y->member[0]);
    return order != 0 ? order : compare_bytes(x->factor, y->factor);
}

static void find_suspects(struct gathering *gathering, size_t count)
{
    const struct bytes *factor = common_factors(gathering->arena, gathering->number, count);
    gathering->suspect = arena_array(gathering->arena, count, sizeof *gathering->suspect);
    for (size_t i = 0; i < count; i++)
        if (!common_factor_none(factor[i]))
            gathering->suspect[gathering->suspect_count++] = (struct suspect){i, factor[i], false};
    if (gathering->suspect_count > 1)
        qsort(gathering->suspect, gathering->suspect_count, sizeof *gathering->suspect, compare_suspects);
}

// --- groups --------------------------------------------------------------------------------------

static struct factor_group *add_group(struct gathering *gathering, struct bytes factor)
{
    if (gathering->count == gathering->room) {
        size_t room = gathering->room == 0 ? 16 : 2 * gathering->room;
        struct factor_group *larger = arena_array(gathering->arena, room, sizeof *larger);
        if (gathering->count != 0)
            memcpy(larger, gathering->group, gathering->count * sizeof *larger);
        gathering->group = larger;
        gathering->room = room;
    }
    struct factor_group *group = &gathering->group[gathering->count++];
    *group = (struct factor_group){.factor = factor};
    return group;
}

static struct factor_group *group_of(struct gathering *gathering, struct bytes factor)
{
    for (size_t i = 0; i < gathering->count; i++)
        if (bytes_equal(gathering->group[i].factor, factor))
            return &gathering->group[i];
    return add_group(gathering, factor);
}

static void add_member(struct gathering *gathering, struct factor_group *group, size_t index)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->member[i] == index)
            return;
    size_t *larger = arena_array(gathering->arena, group->count + 1, sizeof *larger);
    if (group->count != 0)
        memcpy(larger, group->member, group->count * sizeof *larger);
    larger[group->count++] = index;
    qsort(larger, group->count, sizeof *larger, compare_members);
    group->member = larger;
}

// Those that show the same factor, and not all of themselves, stand side by side.
static void gather_equals(struct gathering *gathering)
{
    struct suspect *suspect = gathering->suspect;
    for (size_t first = 0, end; first < gathering->suspect_count; first = end) {
        for (end = first + 1;
             end < gathering->suspect_count && bytes_equal(suspect[end].factor, suspect[first].factor);)
            end++;
        if (end == first + 1)
            continue;
        size_t *member = arena_array(gathering->arena, end - first, sizeof *member);
        for (size_t i = first; i < end; i++) {
            member[i - first] = suspect[i].index;
            suspect[i].settled = true;
        }
        *add_group(gathering, suspect[first].factor) =
            (struct factor_group){suspect[first].factor, member, end - first};
    }
}

static void compare_pair(struct gathering *gathering, size_t a, size_t b)
{
    struct arena_mark before = arena_mark(gathering->arena);
    struct bytes factor = common_factor(gathering->arena, gathering->number[a], gathering->number[b]);
    if (common_factor_none(factor)) {
        arena_rewind(gathering->arena, before);
        return;
    }
    struct factor_group *group = group_of(gathering, factor);
    add_member(gathering, group, a);
    add_member(gathering, group, b);
}

// Each of the others with all that share anything.
static void gather_others(struct gathering *gathering)
{
    const struct suspect *suspect = gathering->suspect;
    for (size_t i = 0; i < gathering->suspect_count; i++)
        for (size_t k = 0; k < gathering->suspect_count && !suspect[i].settled; k++) {
            if (k == i || (k < i && !suspect[k].settled))
                continue;
            if (gathering->pairs++ == MOST_PAIRS) {
                gathering->whole = false;
                return;
            }
            compare_pair(gathering, suspect[i].index, suspect[k].index);
        }
}

struct factor_groups factor_groups_of(struct arena *arena, const struct bytes *number, size_t count)
{
    struct gathering gathering = {.arena = arena, .number = number, .whole = true};
    find_suspects(&gathering, count);
    gather_equals(&gathering);
    gather_others(&gathering);
    if (gathering.count > 1)
        qsort(gathering.group, gathering.count, sizeof *gathering.group, compare_groups);
    return (struct factor_groups){gathering.group, gathering.count, gathering.whole};
}
