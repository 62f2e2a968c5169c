// SPDX-License-Identifier: Apache-2.0
//
// `own` begins with an octet that says how the form is kept, and four that say how many follow. A canonical form has
// one list of runs for a list of codes (probe.c), so that two lists of the same codes in the same order are the same
// octets, and a set can be held against a form without writing the form.
#include "probe/packed.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/form.h"
#include "probe/probe.h"

enum how { WHOLE, AS_LIST, AS_SET };

#define OWN       5  // octets of `own` before what is kept
#define HEAD      12 // octets of a hello's form before its list of suites
#define MOST_SETS 64 // octets of a set

// A hello's form in its three parts.
struct parts {
    struct bytes head, list, tail;
};

static bool take_apart(struct bytes encoded, struct parts *parts)
{
    struct cursor in = cursor_of(encoded);
    if (probe_kind_of(encoded) != PROBE_HELLO)
        return false;
    parts->head = cursor_take(&in, HEAD);
    struct cursor list = cursor_block16(&in);
    parts->list = cursor_rest(&list);
    parts->tail = cursor_rest(&in);
    return !in.bad;
}

// --- sets ----------------------------------------------------------------------------------------

static size_t set_size(const struct codes *offers) { return (offers->count + 7) / 8; }

static bool has(const uint8_t *set, size_t at) { return (set[at / 8] >> (at % 8) & 1) != 0; }

// False: the list is not some of the offers in their order.
static bool make_set(const struct codes *offers, struct bytes runs, uint8_t *set)
{
    struct cursor in = cursor_of(runs);
    size_t at = 0;
    while (in.left != 0) {
        uint16_t first = cursor_u16(&in);
        unsigned more = cursor_u8(&in);
        for (unsigned i = 0; i <= more; i++, at++) {
            while (at < offers->count && offers->code[at] != first + i)
                at++;
            if (at == offers->count)
                return false;
            set[at / 8] |= (uint8_t)(1u << (at % 8));
        }
    }
    return !in.bad;
}

static struct codes list_of(struct arena *arena, const struct codes *offers, const uint8_t *set)
{
    uint16_t *code = arena_array(arena, offers->count, sizeof *code);
    size_t count = 0;
    for (size_t at = 0; at < offers->count; at++)
        if (has(set, at))
            code[count++] = offers->code[at];
    return (struct codes){code, count};
}

static size_t next_in(const uint8_t *set, size_t at, size_t count)
{
    while (at < count && !has(set, at))
        at++;
    return at;
}

static bool is_list_of(const struct codes *offers, const uint8_t *set, struct bytes runs)
{
    struct cursor in = cursor_of(runs);
    size_t at = next_in(set, 0, offers->count);
    while (in.left != 0) {
        uint16_t first = cursor_u16(&in);
        unsigned more = cursor_u8(&in);
        for (unsigned i = 0; i <= more; i++, at = next_in(set, at + 1, offers->count))
            if (at >= offers->count || offers->code[at] != first + i)
                return false;
    }
    return !in.bad && at >= offers->count;
}

// --- tails ---------------------------------------------------------------------------------------

// What stands behind the list. Most are like an earlier one, with one list of a few codes exchanged.
struct tail {
    const struct tail *next;
    const struct tail *like; // one that is all its own; NULL: so is this
    uint16_t before, behind; // octets of its beginning and of its end that this one has too
    uint32_t size;           // octets between them
    uint8_t octet[];
};

static bool tail_is(const struct tail *tail, struct bytes bytes)
{
    if (bytes.size != (size_t)tail->before + tail->size + tail->behind ||
        memcmp(tail->octet, bytes.data + tail->before, tail->size) != 0)
        return false;
    const struct tail *like = tail->like;
    return like == NULL ||
           (memcmp(like->octet, bytes.data, tail->before) == 0 &&
            memcmp(like->octet + like->size - tail->behind, bytes.data + tail->before + tail->size, tail->behind) == 0);
}

static void put_tail(struct builder *out, const struct tail *tail)
{
    if (tail->like != NULL)
        builder_add(out, (struct bytes){tail->like->octet, tail->before});
    builder_add(out, (struct bytes){tail->octet, tail->size});
    if (tail->like != NULL)
        builder_add(out, (struct bytes){tail->like->octet + tail->like->size - tail->behind, tail->behind});
}

// How the octets would be kept as another tail and a difference.
static struct tail compare(const struct tail *like, struct bytes bytes)
{
    size_t most = bytes.size < like->size ? bytes.size : like->size, before = 0, behind = 0;
    most = most < UINT16_MAX ? most : UINT16_MAX;
    while (before < most && like->octet[before] == bytes.data[before])
        before++;
    while (before + behind < most && like->octet[like->size - 1 - behind] == bytes.data[bytes.size - 1 - behind])
        behind++;
    return (struct tail){.like = like,
                         .before = (uint16_t)before,
                         .behind = (uint16_t)behind,
                         .size = (uint32_t)(bytes.size - before - behind)};
}

static const struct tail *keep_tail(struct arena *arena, struct tails *tails, struct bytes bytes)
{
    struct tail best = {.size = (uint32_t)bytes.size};
    for (const struct tail *tail = tails->first; tail != NULL; tail = tail->next) {
        if (tail_is(tail, bytes))
            return tail;
        struct tail as = tail->like == NULL ? compare(tail, bytes) : best;
        if (as.size < best.size && as.size < bytes.size / 2)
            best = as;
    }
    struct tail *kept = arena_alloc(arena, sizeof *kept + best.size);
    *kept = best;
    kept->next = tails->first;
    memcpy(kept->octet, bytes.data + best.before, best.size);
    tails->first = kept;
    return kept;
}

// --- forms ---------------------------------------------------------------------------------------

static const uint8_t *write_own(struct arena *arena, enum how how, struct bytes head, struct bytes list)
{
    struct builder out = builder_of(arena, OWN + head.size + list.size);
    builder_u8(&out, (uint8_t)how);
    builder_u32(&out, (uint32_t)(head.size + list.size));
    builder_add(&out, head);
    builder_add(&out, list);
    always(!out.bad && out.size <= UINT32_MAX);
    return builder_bytes(&out).data;
}

static enum how how_kept(const struct packed *packed) { return (enum how)packed->own[0]; }

static struct bytes own_octets(const struct packed *packed)
{
    struct cursor size = cursor_of((struct bytes){packed->own + 1, OWN - 1});
    return (struct bytes){packed->own + OWN, cursor_u32(&size)};
}

static struct bytes own_list(const struct packed *packed)
{
    struct bytes own = own_octets(packed);
    return (struct bytes){own.data + HEAD, own.size - HEAD};
}

struct packed packed_form(struct arena *arena, struct tails *tails, const struct codes *offers, struct bytes encoded)
{
    struct parts parts;
    uint8_t set[MOST_SETS] = {0};
    if (!take_apart(encoded, &parts))
        return (struct packed){.own = write_own(arena, WHOLE, encoded, (struct bytes){NULL, 0})};
    struct packed packed = {.tail = keep_tail(arena, tails, parts.tail), .offers = offers};
    bool is_set = offers != NULL && set_size(offers) <= sizeof set && parts.list.size > set_size(offers) &&
                  make_set(offers, parts.list, set);
    struct bytes list = is_set ? (struct bytes){set, set_size(offers)} : parts.list;
    packed.own = write_own(arena, is_set ? AS_SET : AS_LIST, parts.head, list);
    return packed;
}

struct bytes packed_whole(const struct packed *packed, struct arena *arena)
{
    if (how_kept(packed) == WHOLE)
        return arena_copy(arena, own_octets(packed));
    struct bytes list = own_list(packed);
    struct builder out = builder_in(arena);
    builder_add(&out, (struct bytes){packed->own + OWN, HEAD});
    if (how_kept(packed) == AS_SET) {
        form_put_codes(&out, list_of(arena, packed->offers, list.data));
    } else {
        size_t opened = builder_open(&out, 2);
        builder_add(&out, list);
        builder_close(&out, opened, 2);
    }
    put_tail(&out, packed->tail);
    always(!out.bad);
    return builder_bytes(&out);
}

bool packed_is(const struct packed *packed, struct bytes encoded)
{
    struct parts parts;
    if (how_kept(packed) == WHOLE)
        return bytes_equal(own_octets(packed), encoded);
    if (!take_apart(encoded, &parts) || memcmp(packed->own + OWN, parts.head.data, HEAD) != 0 ||
        !tail_is(packed->tail, parts.tail))
        return false;
    struct bytes list = own_list(packed);
    return how_kept(packed) == AS_SET ? is_list_of(packed->offers, list.data, parts.list)
                                      : bytes_equal(list, parts.list);
}
