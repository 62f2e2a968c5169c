// SPDX-License-Identifier: Apache-2.0
//
// A hash table of keys by their digest, each with a list of places. Texts may be a stranger's: they are escaped and cut
// before they are kept. What is full stays as it is, and says that there was more.
#include "report/sightings.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "report/summary.h"
#include "wire/keys.h"
#include "wire/rsa.h"

// A digest is as good as random.
static struct sighted_key **bucket_of(const struct sightings *sightings, const uint8_t digest[DIGEST])
{
    uint64_t hash;
    memcpy(&hash, digest, sizeof hash);
    return &sightings->bucket[hash % sightings->bucket_count];
}

static void grow(struct sightings *sightings)
{
    sightings->bucket_count = sightings->bucket_count == 0 ? 256 : 2 * sightings->bucket_count;
    free(sightings->bucket);
    sightings->bucket = calloc(sightings->bucket_count, sizeof *sightings->bucket);
    if (sightings->bucket == NULL)
        die("out of memory");
    for (struct sighted_key *key = sightings->first; key != NULL; key = key->next) {
        struct sighted_key **bucket = bucket_of(sightings, key->digest);
        key->next_in_bucket = *bucket;
        *bucket = key;
    }
}

static struct sighted_key *find(const struct sightings *sightings, const uint8_t digest[DIGEST])
{
    struct sighted_key *key = sightings->bucket_count == 0 ? NULL : *bucket_of(sightings, digest);
    while (key != NULL && memcmp(key->digest, digest, DIGEST) != 0)
        key = key->next_in_bucket;
    return key;
}

// NULL: there is no room for one more.
static struct sighted_key *enter(struct sightings *sightings, const uint8_t digest[DIGEST])
{
    struct sighted_key *key = find(sightings, digest);
    if (key != NULL || sightings->key_count == SUMMARY_SIGHTINGS)
        return key;
    if (sightings->key_count == sightings->bucket_count)
        grow(sightings);
    key = arena_alloc(&sightings->memory, sizeof *key);
    memcpy(key->digest, digest, DIGEST);
    struct sighted_key **bucket = bucket_of(sightings, digest);
    key->next_in_bucket = *bucket;
    *bucket = key;
    if (sightings->last == NULL)
        sightings->first = key;
    else
        sightings->last->next = key;
    sightings->last = key;
    sightings->key_count++;
    return key;
}

void sightings_learn(struct sightings *sightings, struct bytes info)
{
    struct rsa_key rsa;
    uint8_t digest[DIGEST];
    if (!rsa_read(info, &rsa) || rsa.modulus.size > SUMMARY_MODULUS / 8 || sightings->moduli == SUMMARY_MODULI)
        return;
    digest_sha256(info, digest);
    struct sighted_key *key = enter(sightings, digest);
    if (key == NULL || key->modulus.size != 0)
        return;
    key->modulus = arena_copy(&sightings->memory, rsa.modulus);
    sightings->moduli++;
}

static uint64_t hash_of(const struct sighted_target *target)
{
    uint64_t hash = bytes_hash(bytes_of_text(target->host)) * 31 + target->port;
    return hash * 31 + (target->sni == NULL ? 1 : bytes_hash(bytes_of_text(target->sni)));
}

static bool is_new_target(const struct sighted_key *key, uint64_t target)
{
    for (const struct sighting *sighting = key->first; sighting != NULL; sighting = sighting->next)
        if (sighting->target == target)
            return false;
    return true;
}

// One endpoint may serve a certificate in several chains.
static bool is_told(const struct sighted_key *key, const struct sighting *new)
{
    for (const struct sighting *sighting = key->first; sighting != NULL; sighting = sighting->next)
        if (sighting->target == new->target && memcmp(sighting->certificate, new->certificate, DIGEST) == 0 &&
            strcmp(sighting->address, new->address) == 0)
            return true;
    return false;
}

static void add_place(struct sightings *sightings, struct sighted_key *key, const struct sighting *new)
{
    struct sighting *sighting = arena_alloc(&sightings->memory, sizeof *sighting);
    *sighting = *new;
    // The places of one target come one after the other.
    bool same = key->last != NULL && key->last->target == new->target;
    sighting->host = same ? key->last->host : arena_string(&sightings->memory, bytes_of_text(new->host));
    sighting->address = arena_string(&sightings->memory, bytes_of_text(new->address));
    if (key->last == NULL)
        key->first = sighting;
    else
        key->last->next = sighting;
    key->last = sighting;
    key->places++;
    sightings->count++;
}

void sightings_add(struct sightings *sightings, const struct sighted_target *target, const char *address,
                   const struct sighted_certificate *certificate)
{
    struct sighted_key *key = enter(sightings, certificate->key);
    if (key == NULL) {
        sightings->cut = true;
        return;
    }
    if (key->type == NULL && certificate->type != NULL) {
        key->type = arena_string(&sightings->memory, bytes_of_text(certificate->type));
        key->bits = certificate->bits;
    }
    struct sighting new = {.host = target->host, .address = address, .port = target->port, .target = hash_of(target)};
    memcpy(new.certificate, certificate->certificate, DIGEST);
    if (is_told(key, &new))
        return;
    if (key->places == SUMMARY_PLACES || sightings->count == SUMMARY_SIGHTINGS) {
        key->cut = sightings->cut = true;
        return;
    }
    key->targets += is_new_target(key, new.target);
    add_place(sightings, key, &new);
}

void sightings_release(struct sightings *sightings)
{
    free(sightings->bucket);
    arena_release(&sightings->memory);
}
