// SPDX-License-Identifier: Apache-2.0
//
// A hash table by the address's text. Places come and go with the targets in flight, but for some that are slowed; so
// the table stays as large as those ever were at once.
#include "run/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "wire/names.h"

static struct place **bucket_of(const struct places *places, const char *text)
{
    return &places->bucket[bytes_hash(bytes_of_text(text)) % places->bucket_count];
}

static void add(struct places *places, struct place *place)
{
    struct place **bucket = bucket_of(places, place->text);
    place->next = *bucket;
    *bucket = place;
}

static void grow(struct places *places)
{
    struct places larger = {.bucket_count = places->bucket_count == 0 ? 64 : places->bucket_count * 2};
    larger.bucket = calloc(larger.bucket_count, sizeof(struct place *));
    if (larger.bucket == NULL)
        die("out of memory");
    for (size_t i = 0; i < places->bucket_count; i++)
        for (struct place *place = places->bucket[i], *next; place != NULL; place = next) {
            next = place->next;
            add(&larger, place);
        }
    free(places->bucket);
    places->bucket = larger.bucket;
    places->bucket_count = larger.bucket_count;
}

static struct place *new_place(struct places *places, const char *text, unsigned most, enum commons_kind kind)
{
    struct place *place = calloc(1, sizeof *place);
    if (place == NULL)
        die("out of memory");
    snprintf(place->text, sizeof place->text, "%s", text);
    bool shared = places->commons != NULL && kind == COMMONS_ADDRESS;
    pace_begin(&place->pace, most, shared ? commons_pace(places->commons, text) : (struct pace_common){0});
    if (places->commons != NULL) {
        place->common = commons_place(places->commons, kind, text);
        commons_enter(places->commons, places->seat, place->common);
    }
    add(places, place);
    places->count++;
    return place;
}

static void take_up(struct places *places, struct place *place)
{
    *(place->before_kept == NULL ? &places->kept_first : &place->before_kept->next_kept) = place->next_kept;
    *(place->next_kept == NULL ? &places->kept_last : &place->next_kept->before_kept) = place->before_kept;
    place->before_kept = place->next_kept = NULL;
    place->kept = false;
    places->kept--;
}

struct place *places_enter(struct places *places, const char *text, unsigned most, enum commons_kind kind)
{
    if (places->count == places->bucket_count)
        grow(places);
    struct place *place = *bucket_of(places, text);
    while (place != NULL && strcmp(place->text, text) != 0)
        place = place->next;
    if (place == NULL)
        place = new_place(places, text, most, kind);
    if (place->kept)
        take_up(places, place);
    place->users++;
    return place;
}

static void dispose(struct place *place)
{
    heap_release(&place->waiting);
    free(place);
}

static void drop(struct places *places, struct place *place)
{
    struct place **link = bucket_of(places, place->text);
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    places->count--;
    timers_cancel(places->timers, &place->again);
    if (places->commons != NULL)
        commons_leave(places->commons, places->seat, place->common);
    dispose(place);
}

static void keep(struct places *places, struct place *place)
{
    place->before_kept = places->kept_last;
    *(places->kept_last == NULL ? &places->kept_first : &places->kept_last->next_kept) = place;
    places->kept_last = place;
    place->kept = true;
    if (++places->kept <= PLACES_KEPT)
        return;
    struct place *oldest = places->kept_first;
    take_up(places, oldest);
    drop(places, oldest);
}

// What all workers share of a pace stays where it is.
static void retire(struct places *places, struct place *place)
{
    timers_cancel(places->timers, &place->again);
    if (places->commons == NULL && pace_is_slowed(&place->pace))
        keep(places, place);
    else
        drop(places, place);
}

void places_leave(struct places *places, struct place *place)
{
    always(place->users != 0);
    if (--place->users == 0 && !place->unsettled)
        retire(places, place);
}

bool place_begin(struct places *places, struct place *place, uint64_t now_ms)
{
    struct commons *commons = places->commons;
    unsigned most = pace_limit(&place->pace);
    if (commons == NULL)
        return true;
    if (place->ended != 0 && commons_keeps(commons, places->seat, place->common, most, now_ms)) {
        place->ended--;
        return true;
    }
    if (commons_begin(commons, places->seat, place->common, most, now_ms))
        return true;
    timers_set(places->timers, &place->again, now_ms + COMMONS_WAIT_MS);
    return false;
}

void place_end(struct places *places, struct place *place)
{
    if (places->commons == NULL)
        return;
    place->ended++;
    if (place->unsettled)
        return;
    place->unsettled = true;
    place->next_unsettled = places->unsettled;
    places->unsettled = place;
}

void places_settle(struct places *places)
{
    for (struct place *place; (place = places->unsettled) != NULL;) {
        places->unsettled = place->next_unsettled;
        place->unsettled = false;
        for (; place->ended != 0; place->ended--)
            commons_end(places->commons, places->seat, place->common);
        if (place->users == 0)
            retire(places, place);
    }
}

void place_network(const char *address, char text[ADDRESS_TEXT])
{
    int family;
    unsigned char octets[16];
    if (!name_is_address(address, &family, octets))
        bug("an address that is none");
    if (family == 4)
        snprintf(text, ADDRESS_TEXT, "%u.%u.%u.0/24", octets[0], octets[1], octets[2]);
    else
        snprintf(text, ADDRESS_TEXT, "%02x%02x:%02x%02x:%02x%02x::/48", octets[0], octets[1], octets[2], octets[3],
                 octets[4], octets[5]);
}

void places_release(struct places *places)
{
    places_settle(places);
    for (size_t i = 0; i < places->bucket_count; i++)
        for (struct place *place = places->bucket[i], *next; place != NULL; place = next) {
            next = place->next;
            dispose(place);
        }
    free(places->bucket);
    *places = (struct places){0};
}
