// SPDX-License-Identifier: Apache-2.0
//
// The three scores of the rating method. Each is worked out twice: from what is known, and from the worst
// that what is not known would let it be.
#include <string.h>

#include "report/grade.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FULL         200 // halves of a point

static void rows_of(const struct scene *scene, const char *name, const char *id, struct rows *out)
{
    struct query query = {.scene = scene, .subject = subject_find(name, strlen(name)), .id = id};
    *out = (struct rows){0};
    query.subject->rows(&query, out);
}

static bool number_of(const struct rows *rows, size_t index, const char *subject, const char *property, int64_t *out)
{
    struct value value;
    const struct property *found = property_find(subject_find(subject, strlen(subject)), property);
    bool known = property_read(found, &rows->row[index], &value);
    *out = value.number;
    return known;
}

static void doubt(struct score *score, const char *reason)
{
    if (score->doubt == NULL)
        score->doubt = reason;
}

// --- protocol ------------------------------------------------------------------------------------

static const struct {
    const char *version;
    unsigned points;
} protocols[] = {{"SSLv2", 0}, {"SSLv3", 80}, {"TLSv1.0", 90}, {"TLSv1.1", 95}, {"TLSv1.2", 100}, {"TLSv1.3", 100}};

// Half the best and half the worst: in halves, their sum.
static void score_protocol(const struct scene *scene, struct score *out)
{
    const json_t *list = json_object_get(scene->endpoint, "versions");
    size_t best = COUNT(protocols), worst = COUNT(protocols), open_best = COUNT(protocols),
           open_worst = COUNT(protocols);
    for (size_t i = 0; i < COUNT(protocols); i++) {
        const json_t *row = list_find(list, "version", protocols[i].version);
        bool yes = member_is(row, "verdict", "yes");
        if (!yes && member_is(row, "verdict", "no"))
            continue;
        if (!yes)
            doubt(out, arena_text(scene->scratch, "whether the server has %s is not known", protocols[i].version));
        open_worst = open_worst == COUNT(protocols) ? i : open_worst;
        open_best = i;
        worst = yes && worst == COUNT(protocols) ? i : worst;
        best = yes ? i : best;
    }
    if (open_best == COUNT(protocols)) {
        out->detail = "no version is accepted";
        return;
    }
    // Without a version that is known, one of those that are not has to be there.
    bool any = best != COUNT(protocols);
    out->halves = protocols[open_best].points + protocols[any ? worst : open_best].points;
    out->lowest = protocols[any ? best : open_worst].points + protocols[open_worst].points;
    out->detail = !any ? "no version is known to be accepted"
                       : arena_text(scene->scratch, "best %s %u, worst %s %u", protocols[best].version,
                                    protocols[best].points, protocols[worst].version, protocols[worst].points);
}

// --- key exchange --------------------------------------------------------------------------------

// By the length of an RSA key, or of a prime.
static unsigned points_of_bits(int64_t bits)
{
    return bits < 512 ? 20 : bits < 1024 ? 40 : bits < 2048 ? 80 : bits < 4096 ? 90 : 100;
}

// NIST SP 800-57 part 1, table 2; 512 bits are worth about 57.
static unsigned points_of_strength(int64_t strength)
{
    return strength < 57 ? 20 : strength < 80 ? 40 : strength < 112 ? 80 : strength < 192 ? 90 : 100;
}

static void weaken(struct score *score, unsigned points, const char *detail)
{
    if (2 * points >= score->halves && score->detail != NULL)
        return;
    score->halves = 2 * points < score->halves ? 2 * points : score->halves;
    score->detail = detail;
}

static void weigh_key(const struct row *row, struct score *out)
{
    const json_t *key = json_object_get(row->json, "key"), *bits = json_object_get(key, "bits");
    const char *type = member_text(key, "type");
    struct arena *scratch = row->scene->scratch;
    int64_t size = json_integer_value(bits);
    bool curve = type != NULL && (strcmp(type, "EC") == 0 || strncmp(type, "Ed", 2) == 0 || strcmp(type, "SM2") == 0);
    bool rsa = type != NULL && (strncmp(type, "RSA", 3) == 0 || strcmp(type, "DSA") == 0);
    if (!json_is_integer(bits) || (!curve && !rsa)) {
        doubt(out, arena_text(scratch, "the method has no number for a key of type %.32s", type == NULL ? "?" : type));
        return;
    }
    unsigned points = curve ? points_of_strength(size / 2) : points_of_bits(size);
    weaken(out, points, arena_text(scratch, "%.32s key of %lld bits %u", type, (long long)size, points));
}

static void weigh_keys(const struct scene *scene, struct score *out)
{
    struct rows leaves;
    struct value nameless;
    const struct property *property = property_find(subject_find("leaves", 6), "nameless");
    rows_of(scene, "leaves", NULL, &leaves);
    for (size_t i = 0; i < leaves.count; i++)
        if (property_read(property, &leaves.row[i], &nameless) && !nameless.truth)
            weigh_key(&leaves.row[i], out);
    if (!leaves.whole)
        doubt(out, leaves.reason);
}

static void weigh_groups(const struct scene *scene, struct score *out)
{
    struct rows groups;
    int64_t strength;
    rows_of(scene, "groups", NULL, &groups);
    for (size_t i = 0; i < groups.count; i++) {
        const char *name = row_text(&groups.row[i], "name");
        if (!groups.row[i].certain || name == NULL || !number_of(&groups, i, "groups", "strength_bits", &strength)) {
            doubt(out,
                  arena_text(scene->scratch, "how strong the group %.64s is, is not known", name == NULL ? "?" : name));
            continue;
        }
        unsigned points = points_of_strength(strength);
        weaken(out, points, arena_text(scene->scratch, "group %.64s %u", name, points));
    }
    if (!groups.whole)
        doubt(out, groups.reason);
}

// The prime of DHE is known by a feature, and of some suites.
static void weigh_primes(const struct scene *scene, const struct rows *suites, struct score *out)
{
    struct rows primes;
    int64_t bits;
    rows_of(scene, "key_exchange", "dh_prime", &primes);
    bool open = !primes.whole;
    for (size_t i = 0; i < primes.count; i++) {
        bool known = number_of(&primes, i, "key_exchange", "number", &bits);
        open = open || !known;
        if (known)
            weaken(out, points_of_bits(bits),
                   arena_text(scene->scratch, "prime of %lld bits %u", (long long)bits, points_of_bits(bits)));
    }
    for (size_t i = 0; i < suites->count; i++) {
        const char *kx = row_text(&suites->row[i], "key_exchange");
        bool dhe = kx != NULL && strncmp(kx, "DHE", 3) == 0;
        if (dhe && number_of(suites, i, "cipher_suites", "dh_bits", &bits))
            weaken(out, points_of_bits(bits),
                   arena_text(scene->scratch, "prime of %lld bits %u", (long long)bits, points_of_bits(bits)));
        else if (dhe && open)
            doubt(out, "how long the prime of Diffie-Hellman is, is not known");
    }
}

static void weigh_suites(const struct rows *suites, struct score *out)
{
    for (size_t i = 0; i < suites->count; i++) {
        const json_t *row = suites->row[i].json;
        if (member_is(row, "authentication", "anon"))
            weaken(out, 0, "suites without authentication 0");
        else if (json_is_true(json_object_get(row, "export")))
            weaken(out, 40, "export suites 40");
    }
}

// The weakest of all that takes part.
static void score_key_exchange(const struct scene *scene, const struct rows *suites, struct score *out)
{
    out->halves = FULL;
    weigh_keys(scene, out);
    weigh_groups(scene, out);
    weigh_primes(scene, suites, out);
    weigh_suites(suites, out);
    if (!suites->whole)
        doubt(out, suites->reason);
    out->lowest = out->doubt == NULL ? out->halves : 0;
    if (out->detail == NULL)
        out->detail = "no key is known";
}

// --- cipher --------------------------------------------------------------------------------------

static unsigned points_of_cipher(int64_t bits) { return bits <= 0 ? 0 : bits < 128 ? 20 : bits < 256 ? 80 : 100; }

// Half the strongest and half the weakest.
static void score_cipher(const struct scene *scene, const struct rows *suites, struct score *out)
{
    int64_t bits, strongest = -1, weakest = INT64_MAX;
    for (size_t i = 0; i < suites->count; i++) {
        if (!number_of(suites, i, "cipher_suites", "strength_bits", &bits)) {
            doubt(out, "how strong a cipher is, is not known");
            continue;
        }
        strongest = bits > strongest ? bits : strongest;
        weakest = bits < weakest ? bits : weakest;
    }
    bool any = strongest >= 0;
    if (!suites->whole)
        doubt(out, suites->reason);
    else if (!any)
        doubt(out, "no suite is known to be accepted");
    out->halves = any ? points_of_cipher(strongest) + points_of_cipher(weakest) : 0;
    out->lowest = out->doubt == NULL ? out->halves : any ? points_of_cipher(strongest) : 0;
    if (out->doubt != NULL)
        out->halves = 100 + (any ? points_of_cipher(weakest) : 100);
    out->detail = any ? arena_text(scene->scratch, "strongest %lld bits %u, weakest %lld bits %u", (long long)strongest,
                                   points_of_cipher(strongest), (long long)weakest, points_of_cipher(weakest))
                      : "no suite is known to be accepted";
}

void grade_score(const struct scene *scene, struct scores *out)
{
    struct rows suites;
    *out = (struct scores){0};
    rows_of(scene, "cipher_suites", NULL, &suites);
    score_protocol(scene, &out->protocol);
    score_key_exchange(scene, &suites, &out->key_exchange);
    score_cipher(scene, &suites, &out->cipher);
}
